pub(crate) use super::moves::{apply, decide};

use super::Subject;
use super::{
    State,
    budget::ProposalBudgetLine,
    fields::{AllocationNature, ProposalFields},
    search_key,
};
use crate::reference;
use ::store::{
    StoreError, TenantScope, TenantTx, Transaction, audit, insert_models,
    list::{Conditions, Listed},
    params, sql, upsert_models,
};
use chrono::{DateTime, NaiveDate, Utc};
use kernel::{
    DecisionId, Money, OfficeId, OrganisationId, PrincipalId, ProposalId, Visibility, WindowId,
    text::{joined, split},
};
use sea_orm::{
    ActiveModelBehavior, ConnectionTrait, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use serde::Serialize;
use service::PageRequest;

/// A row of `allocation_proposal`. Amounts are US cents.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "allocation_proposal")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ProposalId,
    pub version: i64,
    pub organisation_id: OrganisationId,
    pub office_id: OfficeId,
    pub window_id: WindowId,
    /// `MIR-2026-00042`
    pub reference: String,
    pub state: State,
    pub title: String,
    /// What a search of the list looks in.
    pub search: String,
    pub category: String,
    pub nature: AllocationNature,
    /// `,SDN,TCD,`
    pub countries: String,
    pub plan_ids: String,
    pub asked: i64,
    pub least: i64,
    pub start_date: NaiveDate,
    pub end_date: NaiveDate,
    pub visibility: Visibility,
    /// All of its fields.
    pub fields: String,
    pub created_by: PrincipalId,
    /// Everybody who wrote in it, as a list.
    pub authors: String,
    pub endorsed_by: Option<PrincipalId>,
    pub endorsed_at: Option<DateTime<Utc>>,
    pub submitted_by: Option<PrincipalId>,
    pub submitted_at: Option<DateTime<Utc>>,
    pub screened_by: Option<PrincipalId>,
    pub screened_at: Option<DateTime<Utc>>,
    /// The verdicts of the last screening, as a JSON list.
    pub verdicts: String,
    /// Whether the secretariat looked again, which it does once.
    pub is_reopened: bool,
    pub approved: Option<i64>,
    pub decision_id: Option<DecisionId>,
    /// The budget of exactly what was approved, once the office filed it.
    pub final_budget: Option<String>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// A row of `allocation_proposal_step`: a step in the history of a proposal.
pub(crate) mod step {
    use super::super::{Action, State};
    use kernel::{PrincipalId, ProposalId};
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "allocation_proposal_step")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub proposal_id: ProposalId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub number: i32,
        pub action: Action,
        pub from_state: State,
        pub to_state: State,
        pub actor_id: PrincipalId,
        pub comment: Option<String>,
        pub taken_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl From<&Model> for audit::Subject {
    fn from(row: &Model) -> Self {
        Self {
            resource: "allocation_proposal",
            id: row.id.as_uuid(),
            organisation_id: row.organisation_id,
            office_id: row.office_id,
        }
    }
}

/// What the audit trail keeps of a proposal: what people wrote may name people, and the trail is never changed, so it holds
/// a digest of that.
#[derive(Debug, Serialize)]
pub(crate) struct Trace {
    reference: String,
    window_id: WindowId,
    state: State,
    asked: Money,
    least: Money,
    approved: Option<Money>,
    decision_id: Option<DecisionId>,
    digest: String,
}

impl From<&Model> for Trace {
    fn from(row: &Model) -> Self {
        let budget = row.final_budget.as_deref().unwrap_or_default();
        Self {
            reference: row.reference.clone(),
            window_id: row.window_id,
            state: row.state,
            asked: Money::usd(row.asked),
            least: Money::usd(row.least),
            approved: row.approved.map(Money::usd),
            decision_id: row.decision_id,
            digest: service::digest_of(&[row.fields.as_bytes(), row.verdicts.as_bytes(), budget.as_bytes()]),
        }
    }
}

impl Model {
    /// Its fields.
    ///
    /// # Errors
    /// [`StoreError::Document`].
    pub(crate) fn fields(&self) -> Result<ProposalFields, StoreError> {
        Ok(serde_json::from_str(&self.fields)?)
    }

    /// The same proposal with these fields, written by somebody.
    ///
    /// # Errors
    /// [`StoreError::Document`].
    pub(crate) fn with(self, fields: &ProposalFields, author: PrincipalId) -> Result<Self, StoreError> {
        let mut authors = split(&self.authors);
        if !authors.contains(&author.to_string()) {
            authors.push(author.to_string());
        }
        Ok(Self {
            window_id: fields.window_id,
            title: fields.title.clone(),
            search: search_key(&self.reference, &fields.title),
            category: fields.category.clone(),
            nature: fields.nature,
            countries: joined(&fields.countries),
            plan_ids: joined(&fields.plan_ids),
            asked: fields.asked.minor(),
            least: fields.least.minor(),
            start_date: fields.start_date,
            end_date: fields.end_date,
            visibility: fields.visibility,
            fields: serde_json::to_string(fields)?,
            authors: joined(&authors),
            ..self
        })
    }

    /// Whose conflicts of interest are looked for.
    pub(crate) fn subject(&self) -> Subject {
        let wrote =
            split(&self.authors).iter().filter_map(|id| id.parse().ok()).collect::<Vec<PrincipalId>>();
        let handled = [Some(self.created_by), self.submitted_by, self.endorsed_by, self.screened_by];
        Subject {
            office_id: self.office_id,
            people: wrote.into_iter().chain(handled.into_iter().flatten()).collect(),
        }
    }

    /// The budget of exactly what was approved; none while the office owes it. A proposal that got all it asked for has one.
    ///
    /// # Errors
    /// [`StoreError::Document`].
    pub(crate) fn final_budget(&self) -> Result<Option<Vec<ProposalBudgetLine>>, StoreError> {
        if let Some(text) = &self.final_budget {
            return Ok(Some(serde_json::from_str(text)?));
        }
        let is_whole = self.approved == Some(self.asked);
        if is_whole { Ok(Some(self.fields()?.budget)) } else { Ok(None) }
    }
}

/// Whether a scope reads a proposal: staff those of their offices, a donor's representative and the public those that are
/// shown to them.
fn is_readable(scope: &TenantScope, row: &Model) -> bool {
    match scope {
        TenantScope::Offices { office_ids, .. } => office_ids.contains(&row.office_id),
        TenantScope::Organisation { .. } => true,
        TenantScope::Donor { .. } => row.visibility != Visibility::Internal,
        TenantScope::Public { .. } => row.visibility == Visibility::Public,
    }
}

/// Filters of the list of proposals.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    pub(crate) window_id: Option<WindowId>,
    pub(crate) state: Option<State>,
    pub(crate) office_id: Option<OfficeId>,
    pub(crate) country: Option<String>,
    pub(crate) category: Option<String>,
    pub(crate) search: Option<String>,
}

/// What a scope reads of the proposals (`p`) that a filter leaves.
pub(crate) fn conditions(scope: &TenantScope, filter: &Filter) -> Conditions {
    let mut conditions = Conditions::of(scope, "p");
    conditions.and_few("p.window_id = ?", filter.window_id);
    conditions.and_some("p.state = ?", filter.state);
    conditions.and_some("p.countries LIKE ?", filter.country.as_ref().map(|code| format!("%,{code},%")));
    conditions.and_some("p.category = ?", filter.category.clone());
    if let Some(office_id) = filter.office_id {
        conditions.within(&[office_id]);
    }
    for word in filter.search.iter().flat_map(|text| text.split(' ')).filter(|word| !word.is_empty()) {
        conditions.and("p.search LIKE ?", format!("%{word}%"));
    }
    conditions
}

/// The proposals that staff read, newest first.
pub(crate) async fn list(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    filter: &Filter,
    page: &PageRequest,
    after: Option<ProposalId>,
) -> Result<Vec<Model>, StoreError> {
    if matches!(scope, TenantScope::Donor { .. } | TenantScope::Public { .. }) {
        return Ok(Vec::new());
    }
    let mut conditions = conditions(scope, filter);
    conditions.and_some("p.id < ?", after);
    let listed = Listed {
        select: "SELECT p.* FROM allocation_proposal p",
        from: "allocation_proposal p",
        order: &["id"],
        descending: true,
        limit: page.limit + 1,
    };
    sql::read(&conditions.rows(db, &listed).await?)
}

/// A proposal that a scope reads.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn get(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    id: ProposalId,
) -> Result<Option<Model>, StoreError> {
    let found = find(db, scope.organisation_id(), id).await?;
    Ok(found.filter(|row| is_readable(scope, row)))
}

/// A proposal of an organisation, whichever office's: for what has to see all.
pub(crate) async fn find(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    id: ProposalId,
) -> Result<Option<Model>, StoreError> {
    let text = "SELECT * FROM allocation_proposal WHERE id = $1 AND organisation_id = $2";
    Ok(sql::all::<Model>(db, text, params![id, organisation_id]).await?.pop())
}

/// The proposals of a window that were sent, in the order of their references.
pub(crate) async fn of_window(
    db: &impl ConnectionTrait,
    window_id: WindowId,
) -> Result<Vec<Model>, StoreError> {
    let text =
        "SELECT * FROM allocation_proposal WHERE window_id = $1 AND state <> 'draft' ORDER BY reference";
    sql::all(db, text, params![window_id]).await
}

/// The lock on a proposal, which is taken after that of its pool.
pub(crate) fn lock_of(id: ProposalId) -> String {
    format!("allocations:proposal:{id}")
}

/// The proposal, locked until this transaction ends.
pub(crate) async fn get_to_change(
    scope: &TenantScope,
    tx: &Transaction,
    id: ProposalId,
) -> Result<Option<Model>, StoreError> {
    tx.lock(&lock_of(id)).await?;
    get(scope, tx.db(), id).await
}

/// The next reference of the organisation in a year: `MIR-2026-00042`.
pub(crate) async fn next_reference(
    tx: &TenantTx,
    organisation_id: OrganisationId,
    year: i32,
) -> Result<String, StoreError> {
    tx.lock(&format!("allocations:reference:{organisation_id}:{year}")).await?;
    let prefix = reference::prefix("MIR", year);
    tx.across_offices(async |db| reference::next(db, "allocation_proposal", organisation_id, &prefix).await)
        .await
}

pub(crate) async fn insert(tx: &Transaction, row: &Model) -> Result<(), StoreError> {
    insert_models(tx.db(), std::slice::from_ref(row)).await?;
    Ok(())
}

/// Writes the next version.
pub(crate) async fn save(tx: &Transaction, row: &Model) -> Result<(), StoreError> {
    upsert_models(tx.db(), std::slice::from_ref(row)).await?;
    Ok(())
}

/// The history of a proposal, oldest first.
pub(crate) async fn steps(db: &impl ConnectionTrait, id: ProposalId) -> Result<Vec<step::Model>, StoreError> {
    let text = "SELECT * FROM allocation_proposal_step WHERE proposal_id = $1 ORDER BY number";
    sql::all(db, text, params![id]).await
}

#[cfg(test)]
pub(crate) mod tests {
    use super::super::fields_check::tests::proposal;
    use super::*;

    /// The proposal of the tests as a row.
    pub(crate) fn row(state: State) -> Model {
        let at: DateTime<Utc> = "2026-02-10T08:00:00Z".parse().unwrap();
        let author = PrincipalId::from_u128(7);
        let blank = Model {
            id: ProposalId::from_u128(1),
            version: 1,
            organisation_id: OrganisationId::from_u128(1),
            office_id: OfficeId::from_u128(1),
            window_id: WindowId::from_u128(1),
            reference: "MIR-2026-00042".to_owned(),
            state,
            title: String::new(),
            search: String::new(),
            category: String::new(),
            nature: AllocationNature::Grant,
            countries: String::new(),
            plan_ids: String::new(),
            asked: 1,
            least: 1,
            start_date: at.date_naive(),
            end_date: at.date_naive(),
            visibility: Visibility::Internal,
            fields: String::new(),
            created_by: author,
            authors: String::new(),
            endorsed_by: None,
            endorsed_at: None,
            submitted_by: None,
            submitted_at: None,
            screened_by: None,
            screened_at: None,
            verdicts: "[]".to_owned(),
            is_reopened: false,
            approved: None,
            decision_id: None,
            final_budget: None,
            created_at: at,
            updated_at: at,
        };
        blank.with(&proposal(), author).unwrap()
    }

    #[test]
    fn a_budget_is_owed_of_what_was_cut() {
        let whole = Model { approved: Some(64_200_000), ..row(State::Approved) };
        assert_eq!(whole.final_budget().unwrap().map(|lines| lines.len()), Some(2));
        let part = Model { approved: Some(40_000_000), ..row(State::PartlyApproved) };
        assert_eq!(part.final_budget().unwrap(), None);
    }

    #[test]
    fn the_row_says_what_the_fields_say() {
        let row = row(State::Draft);
        assert_eq!(row.fields().unwrap(), proposal());
        assert_eq!(
            (row.countries.as_str(), row.search.as_str()),
            (",SDN,", "mir 2026 00042 onward transport")
        );
        let purpose = super::super::purpose(&row);
        assert_eq!((purpose.countries, purpose.years), (vec!["SDN".to_owned()], vec![2026, 2027]));
        assert_eq!(purpose.last_day.to_string(), "2027-04-30");
        assert_eq!(row.subject().people.len(), 2);
    }
}
