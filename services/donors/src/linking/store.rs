//! The rows of links, and the names by which reported flows are found.

use super::{record::LinkedRecord, score::Points};
use crate::contribution::partner::{LinkId, LinkState, member_name, member_of};
use kernel::{ContributionId, DonorId, OfficeId, OrganisationId, PrincipalId};
use sea_orm::entity::prelude::*;
use serde::Serialize;
use service::PageRequest;
use std::collections::{BTreeMap, BTreeSet};
use store::list::{Conditions, Listed};
use store::{StoreError, TenantScope, Transaction, audit, insert_new, params, sql, upsert_models};

/// A row of `contribution_link`: it belongs to the office of our own record.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "contribution_link")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: LinkId,
    pub version: i64,
    pub organisation_id: OrganisationId,
    pub office_id: OfficeId,
    pub donor_id: Option<DonorId>,
    /// The first record of the money that we know.
    pub own_id: ContributionId,
    /// The first flow of the money that FTS reports.
    pub reported_id: ContributionId,
    pub state: LinkState,
    pub points: i32,
    /// What each reason counts, as JSON.
    pub reasons: String,
    /// Both records as whoever decides sees them, as JSON: they may be of an office that the reader does not read.
    pub own: String,
    pub reported: String,
    /// Who decided; nobody where a shared reference did, or nothing is decided.
    pub decided_by: Option<PrincipalId>,
    pub decided_at: Option<DateTimeUtc>,
    pub reason: Option<String>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<&Model> for audit::Subject {
    fn from(row: &Model) -> Self {
        Self {
            resource: "contribution_link",
            id: row.id.as_uuid(),
            organisation_id: row.organisation_id,
            office_id: row.office_id,
        }
    }
}

impl Model {
    /// Whether somebody decided it.
    pub(super) fn is_decided(&self) -> bool {
        self.decided_by.is_some()
    }

    pub(super) fn pair(&self) -> (ContributionId, ContributionId) {
        (self.own_id, self.reported_id)
    }

    /// The same with what is known of the two by now.
    pub(super) fn knowing(
        self,
        points: &Points,
        own: &LinkedRecord,
        reported: &LinkedRecord,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            office_id: own.office_id,
            donor_id: own.donor_id.or(reported.donor_id),
            points: points.total(),
            reasons: serde_json::to_string(&points.reasons)?,
            own: serde_json::to_string(own)?,
            reported: serde_json::to_string(reported)?,
            ..self
        })
    }
}

/// A name by which a reported flow is found: a row of `contribution_link_key`.
pub(super) mod key {
    use kernel::{ContributionId, OrganisationId};
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "contribution_link_key")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub organisation_id: OrganisationId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub name: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub root_id: ContributionId,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Filters of the list of links.
#[derive(Debug, Clone, Default)]
pub(super) struct Filter {
    pub(super) state: Option<LinkState>,
    pub(super) donor_id: Option<DonorId>,
    pub(super) min_points: Option<i32>,
    /// Our own record.
    pub(super) own_id: Option<ContributionId>,
    /// The flow that FTS reports.
    pub(super) reported_id: Option<ContributionId>,
}

/// Newest first. Weak ones are listed where they, or so few points, are asked for.
pub(super) async fn list(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    filter: &Filter,
    page: &PageRequest,
    after: Option<LinkId>,
) -> Result<Vec<Model>, StoreError> {
    let mut conditions = Conditions::of(scope, "l");
    conditions.and_few("l.donor_id = ?", filter.donor_id);
    conditions.and_few("l.own_id = ?", filter.own_id);
    conditions.and_few("l.reported_id = ?", filter.reported_id);
    conditions.and_some("l.state = ?", filter.state);
    conditions.and_some("l.points >= ?", filter.min_points);
    if filter.state.is_none() && filter.min_points.is_none() {
        conditions.and_also("l.state <> 'weak'");
    }
    conditions.and_some("l.id < ?", after);
    let (select, from) = ("SELECT l.* FROM contribution_link l", "contribution_link l");
    let listed = Listed { select, from, order: &["id"], descending: true, limit: page.limit + 1 };
    sql::read(&conditions.rows(db, &listed).await?)
}

/// The link, for whoever reads our own record.
pub(super) async fn get(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    id: LinkId,
) -> Result<Option<Model>, StoreError> {
    let found = Entity::find().filter(Column::Id.eq(id)).one(db).await?;
    Ok(found.filter(|row| is_read(scope, row)))
}

/// The link of two records, for whoever reads our own one.
pub(super) async fn of_pair(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    (own_id, reported_id): (ContributionId, ContributionId),
) -> Result<Option<Model>, StoreError> {
    let query = Entity::find().filter(Column::OwnId.eq(own_id)).filter(Column::ReportedId.eq(reported_id));
    Ok(query.one(db).await?.filter(|row| is_read(scope, row)))
}

fn is_read(scope: &TenantScope, row: &Model) -> bool {
    row.organisation_id == scope.organisation_id() && scope.office_ids().contains(&row.office_id)
}

/// Every link that names one of these records on either side.
pub(super) async fn of_records(
    db: &impl ConnectionTrait,
    ids: &BTreeSet<ContributionId>,
) -> Result<BTreeMap<LinkId, Model>, StoreError> {
    let mut found = BTreeMap::new();
    if ids.is_empty() {
        return Ok(found);
    }
    for key in ["own_id", "reported_id"] {
        let keys = ids.iter().map(|id| (*id).into());
        let text = "SELECT * FROM contribution_link WHERE true";
        let rows = sql::read::<Model>(&sql::select_by_keys(db, text, vec![], key, keys).await?)?;
        found.extend(rows.into_iter().map(|row| (row.id, row)));
    }
    Ok(found)
}

/// Another link of one of the two that holds.
pub(super) async fn rival(db: &impl ConnectionTrait, link: &Model) -> Result<Option<LinkId>, StoreError> {
    let text = "SELECT id FROM contribution_link
                WHERE (own_id = $1 OR reported_id = $2) AND id <> $3 AND state = 'linked'";
    let row = sql::row(db, text, params![link.own_id, link.reported_id, link.id]).await?;
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?)
}

pub(super) async fn save(tx: &Transaction, links: &[Model]) -> Result<(), StoreError> {
    upsert_models(tx.db(), links).await?;
    Ok(())
}

pub(super) async fn forget(tx: &Transaction, links: &[LinkId]) -> Result<(), StoreError> {
    for chunk in links.chunks(256) {
        let mut parameters = Vec::new();
        let listed = sql::bind_list(&mut parameters, chunk.iter().map(|id| (*id).into()));
        let text = format!("DELETE FROM contribution_link WHERE id IN ({listed})");
        sql::execute(tx.db(), &text, parameters).await?;
    }
    Ok(())
}

/// Reported flows by their names.
pub(super) async fn named(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    names: &BTreeSet<String>,
) -> Result<BTreeSet<ContributionId>, StoreError> {
    if names.is_empty() {
        return Ok(BTreeSet::new());
    }
    let text = "SELECT name, root_id FROM contribution_link_key WHERE organisation_id = $1";
    let keys = names.iter().map(|name| name.as_str().into());
    let rows = sql::select_by_keys(db, text, params![organisation_id], "name", keys).await?;
    rows.iter().map(|row| Ok(row.try_get_by_index(1)?)).collect()
}

/// The flows that were one sum of money with any of these when they were looked at last: by now they may be another one, and
/// a flow that says of which it is a part need not be named by that.
pub(super) async fn together(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    ids: &BTreeSet<ContributionId>,
) -> Result<BTreeSet<ContributionId>, StoreError> {
    let names = ids.iter().map(|id| member_name(*id)).collect();
    let roots = named(db, organisation_id, &names).await?;
    if roots.is_empty() {
        return Ok(BTreeSet::new());
    }
    let text = "SELECT name FROM contribution_link_key WHERE true";
    let rows = sql::select_by_keys(db, text, vec![], "root_id", roots.into_iter().map(Into::into)).await?;
    let names = rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<Vec<String>, _>>()?;
    Ok(names.iter().filter_map(|name| member_of(name)).collect())
}

/// The flows that say of one of these that they are a part of it, and were a sum of money by themselves when they were looked
/// at last.
pub(super) async fn parts_of(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    ids: &BTreeSet<ContributionId>,
) -> Result<BTreeSet<ContributionId>, StoreError> {
    let text = "SELECT external_ref FROM contribution WHERE source = 'fts' AND is_ours";
    let keys = ids.iter().map(|id| (*id).into());
    let rows = sql::select_by_keys(db, text, vec![], "id", keys).await?;
    let numbers =
        rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<BTreeSet<Option<String>>, _>>()?;
    if numbers.is_empty() {
        return Ok(BTreeSet::new());
    }
    // Flows that have parents are few, and those of them that are ours even fewer.
    let text = "SELECT DISTINCT c.id, c.parent_ref FROM contribution_link_key k JOIN contribution c ON c.id = k.root_id
                WHERE k.organisation_id = $1 AND k.name LIKE 'id:%' AND c.parent_ref IS NOT NULL";
    let mut parts = BTreeSet::new();
    for row in sql::rows(db, text, params![organisation_id]).await? {
        if numbers.contains(&row.try_get_by_index::<Option<String>>(1)?) {
            parts.insert(row.try_get_by_index(0)?);
        }
    }
    Ok(parts)
}

/// Whether FTS reports any flow of the organisation's own money.
pub(super) async fn is_any_named(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
) -> Result<bool, StoreError> {
    let text = "SELECT 1 FROM contribution_link_key WHERE organisation_id = $1 LIMIT 1";
    Ok(sql::row(db, text, params![organisation_id]).await?.is_some())
}

/// Brings the names of reported flows to what they are: by flow, those that it has.
pub(super) async fn name(
    tx: &Transaction,
    organisation_id: OrganisationId,
    wanted: &BTreeMap<ContributionId, BTreeSet<String>>,
) -> Result<(), StoreError> {
    if wanted.is_empty() {
        return Ok(());
    }
    let text = "SELECT root_id, name FROM contribution_link_key WHERE true";
    let keys = wanted.keys().map(|id| (*id).into());
    let mut held: BTreeMap<ContributionId, BTreeSet<String>> = BTreeMap::new();
    for row in sql::select_by_keys(tx.db(), text, vec![], "root_id", keys).await? {
        held.entry(row.try_get_by_index(0)?).or_default().insert(row.try_get_by_index(1)?);
    }
    let mut new = Vec::new();
    for (root_id, names) in wanted {
        let held = held.remove(root_id).unwrap_or_default();
        for gone in held.difference(names) {
            let text =
                "DELETE FROM contribution_link_key WHERE organisation_id = $1 AND name = $2 AND root_id = $3";
            sql::execute(tx.db(), text, params![organisation_id, gone.as_str(), *root_id]).await?;
        }
        let row = |name: &String| key::Model { organisation_id, name: name.clone(), root_id: *root_id };
        new.extend(names.difference(&held).map(row));
    }
    insert_new(tx.db(), &new).await?;
    Ok(())
}
