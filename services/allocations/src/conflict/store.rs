use super::{Ground, Tree, automatic};
use crate::{
    committee::{self, seat::Seat},
    proposal, score, window,
};
use ::store::{StoreError, Transaction, audit, insert_new, params, sql, upsert_models};
use chrono::{DateTime, Utc};
use kernel::{
    CommitteeId, ConflictId, OfficeId, OfficeKind, OrganisationId, PersonId, PrincipalId, ProposalId, Word,
};
use sea_orm::{
    ActiveModelBehavior, ConnectionTrait, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use std::collections::{BTreeMap, HashSet};

/// A row of `proposal_conflict`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "proposal_conflict")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ConflictId,
    pub version: i64,
    pub organisation_id: OrganisationId,
    /// The office that proposes.
    pub office_id: OfficeId,
    pub proposal_id: ProposalId,
    pub person_id: PersonId,
    pub ground: Ground,
    pub reason: Option<String>,
    /// Nil when the platform found it.
    pub recorded_by: PrincipalId,
    pub recorded_at: DateTime<Utc>,
    pub lifted_by: Option<PrincipalId>,
    pub lifted_at: Option<DateTime<Utc>>,
    pub lift_reason: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// Whether it holds.
    pub(crate) const fn is_standing(&self) -> bool {
        self.lifted_at.is_none()
    }
}

impl From<&Model> for audit::Subject {
    fn from(row: &Model) -> Self {
        Self {
            resource: "proposal_conflict",
            id: row.id.as_uuid(),
            organisation_id: row.organisation_id,
            office_id: row.office_id,
        }
    }
}

/// The conflicts of interest in a proposal, those that were lifted included, oldest first. `db` reads the whole organisation,
/// or at least its staff's rows. [`refresh`] has written those that the platform finds.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn of_proposal(
    db: &impl ConnectionTrait,
    proposal_id: ProposalId,
) -> Result<Vec<Model>, StoreError> {
    let text = "SELECT * FROM proposal_conflict WHERE proposal_id = $1 ORDER BY id";
    sql::all(db, text, params![proposal_id]).await
}

/// The people who neither score nor vote on a proposal.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn recused(
    db: &impl ConnectionTrait,
    proposal_id: ProposalId,
) -> Result<HashSet<PersonId>, StoreError> {
    let found = of_proposal(db, proposal_id).await?;
    Ok(found.into_iter().filter(Model::is_standing).map(|row| row.person_id).collect())
}

/// A conflict of an organisation.
pub(crate) async fn find(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    id: ConflictId,
) -> Result<Option<Model>, StoreError> {
    let text = "SELECT * FROM proposal_conflict WHERE id = $1 AND organisation_id = $2";
    Ok(sql::all::<Model>(db, text, params![id, organisation_id]).await?.pop())
}

/// The offices of an organisation as a tree, and its headquarters.
pub(crate) async fn tree_of(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
) -> Result<(Tree, Option<OfficeId>), StoreError> {
    let text = "SELECT id, parent_id, kind FROM office WHERE organisation_id = $1";
    let (mut offices, mut headquarters) = (Vec::new(), None);
    for row in sql::rows(db, text, params![organisation_id]).await? {
        let (id, parent): (OfficeId, Option<OfficeId>) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        let kind: Word<OfficeKind> = row.try_get_by_index(2)?;
        if kind.is(OfficeKind::Headquarters) {
            headquarters = Some(id);
        }
        offices.push((id, parent));
    }
    Ok((Tree::of(offices), headquarters))
}

/// Writes the conflicts of interest that the platform finds in a proposal and that are not there yet, and strikes the score
/// sheets of those who have one: when the proposal is submitted, when seats change, and before anybody scores or votes.
/// `tx` reads and writes for the whole organisation.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn refresh(tx: &Transaction, proposal: &proposal::store::Model) -> Result<(), StoreError> {
    let Some(window) = window::store::find(tx.db(), proposal.organisation_id, proposal.window_id).await?
    else {
        return Ok(());
    };
    let seats = window::store::seats(tx.db(), &window, tx.now()).await?;
    let offices = tree_of(tx.db(), proposal.organisation_id).await?;
    let known = of_proposal(tx.db(), proposal.id).await?;
    record_found(tx, proposal, (seats.as_slice(), &offices), &known).await
}

/// Writes what the platform finds in a proposal and does not know yet.
async fn record_found(
    tx: &Transaction,
    proposal: &proposal::store::Model,
    (seats, (tree, headquarters)): (&[Seat], &(Tree, Option<OfficeId>)),
    known: &[Model],
) -> Result<(), StoreError> {
    let subject = proposal.subject();
    for seat in seats {
        let is_headquarters = *headquarters == Some(seat.office_id);
        let found = automatic(seat.office_id, is_headquarters, seat.person_id, &subject, tree);
        let Some(ground) = found else { continue };
        // One that was lifted by the chair stays lifted.
        let is_known = known.iter().any(|row| row.person_id == seat.person_id && row.ground == ground);
        if !is_known {
            record(tx, new_row(tx, proposal, seat.person_id, (ground, None))).await?;
        }
    }
    Ok(())
}

/// [`refresh`] of every proposal before a committee, when its seats change.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn refresh_committee(
    tx: &Transaction,
    organisation_id: OrganisationId,
    committee_id: CommitteeId,
) -> Result<(), StoreError> {
    let text = "SELECT p.* FROM allocation_proposal p JOIN allocation_window w ON w.id = p.window_id
                WHERE w.committee_id = $1
                  AND p.state IN ('submitted', 'eligible', 'scored', 'shortlisted', 'deferred')
                ORDER BY p.id";
    let rows: Vec<proposal::store::Model> = sql::all(tx.db(), text, params![committee_id]).await?;
    if rows.is_empty() {
        return Ok(());
    }
    let day = committee::store::day_of(tx.db(), organisation_id, committee_id, tx.now()).await?;
    let seats = committee::seat::on(tx.db(), committee_id, day).await?;
    let offices = tree_of(tx.db(), organisation_id).await?;
    let keys = rows.iter().map(|row| row.id.into());
    let text = "SELECT * FROM proposal_conflict WHERE true";
    let found = sql::select_by_keys(tx.db(), text, vec![], "proposal_id", keys).await?;
    let mut known: BTreeMap<ProposalId, Vec<Model>> = BTreeMap::new();
    for conflict in sql::read::<Model>(&found)? {
        known.entry(conflict.proposal_id).or_default().push(conflict);
    }
    for row in &rows {
        let own = known.get(&row.id).map_or(&[][..], Vec::as_slice);
        record_found(tx, row, (seats.as_slice(), &offices), own).await?;
    }
    Ok(())
}

/// A conflict that is found, declared or ruled now.
pub(crate) fn new_row(
    tx: &Transaction,
    proposal: &proposal::store::Model,
    person_id: PersonId,
    (ground, reason): (Ground, Option<String>),
) -> Model {
    let recorded_by = if ground.is_automatic() { PrincipalId::nil() } else { tx.actor().id };
    Model {
        id: tx.new_id(),
        version: 1,
        organisation_id: proposal.organisation_id,
        office_id: proposal.office_id,
        proposal_id: proposal.id,
        person_id,
        ground,
        reason,
        recorded_by,
        recorded_at: tx.now(),
        lifted_by: None,
        lifted_at: None,
        lift_reason: None,
    }
}

/// What the audit trail keeps of a conflict: the reason may name people.
#[derive(serde::Serialize)]
pub(crate) struct Trace {
    proposal_id: ProposalId,
    person_id: PersonId,
    ground: Ground,
    is_lifted: bool,
}

impl From<&Model> for Trace {
    fn from(row: &Model) -> Self {
        Self {
            proposal_id: row.proposal_id,
            person_id: row.person_id,
            ground: row.ground,
            is_lifted: !row.is_standing(),
        }
    }
}

/// Writes a new conflict, and strikes the sheet of whoever has it.
pub(crate) async fn record(tx: &Transaction, row: Model) -> Result<(), StoreError> {
    if insert_new(tx.db(), std::slice::from_ref(&row)).await? == 0 {
        return Ok(());
    }
    tx.audit_created("proposal_conflict.create", &row, &Trace::from(&row)).await?;
    let why = format!("a conflict of interest ({})", row.ground);
    score::store::strike(tx, row.proposal_id, row.person_id, &why).await
}

/// Writes the next version.
pub(crate) async fn save(tx: &Transaction, row: &Model) -> Result<(), StoreError> {
    upsert_models(tx.db(), std::slice::from_ref(row)).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migration::Migrator;
    use ::store::{Actor, Store, migration::migrate};
    use kernel::{ScoreSheetId, SystemClock};
    use std::sync::Arc;

    const MEMBER: PersonId = PersonId::from_u128(21);

    #[tokio::test]
    async fn a_conflict_strikes_the_sheet_of_whoever_has_it_and_is_recorded_once() {
        let folder = testkit::folder();
        let file = folder.path().join("allocations.db");
        let database = Store::open_sqlite(&file, Arc::new(SystemClock)).await.unwrap();
        migrate::<Migrator>(&database).await.unwrap();
        let mut tx = database.system(Actor::system()).await.unwrap();
        let blank = window::store::tests::blank();
        let sent_to = blank.with(&window::fields_check::tests::window()).unwrap();
        window::store::insert(&mut tx, &sent_to).await.unwrap();
        let proposal = proposal::store::tests::row(proposal::State::Eligible);
        proposal::store::insert(&tx, &proposal).await.unwrap();
        let sheet = score::store::Model {
            id: ScoreSheetId::from_u128(1),
            version: 1,
            organisation_id: proposal.organisation_id,
            window_id: proposal.window_id,
            proposal_id: proposal.id,
            person_id: MEMBER,
            answers: "[]".to_owned(),
            points: Some(7_000),
            submitted_at: Some(tx.now()),
            struck: None,
            struck_at: None,
            created_at: tx.now(),
            updated_at: tx.now(),
        };
        score::store::save(&tx, &sheet).await.unwrap();
        for _ in 0..2 {
            let row = new_row(&tx, &proposal, MEMBER, (Ground::Declared, Some("Friends".to_owned())));
            record(&tx, row).await.unwrap();
        }
        let found = of_proposal(tx.db(), proposal.id).await.unwrap();
        assert_eq!(found.len(), 1);
        assert!(recused(tx.db(), proposal.id).await.unwrap().contains(&MEMBER));
        let sheets = score::store::of_proposal(tx.db(), proposal.id).await.unwrap();
        assert_eq!(sheets[0].struck.as_deref(), Some("a conflict of interest (declared)"));
        assert!(!sheets[0].is_counted() && sheets[0].version == 2);
        let lifted =
            Model { lifted_by: Some(PrincipalId::nil()), lifted_at: Some(tx.now()), ..found[0].clone() };
        save(&tx, &lifted).await.unwrap();
        assert!(recused(tx.db(), proposal.id).await.unwrap().is_empty());
        tx.commit().await.unwrap();
    }
}
