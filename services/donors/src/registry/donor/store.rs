use super::{names::match_key, rows::external_ref, search};
use crate::{counted, to_link};
use events::{DonorChanged, ExternalRef};
use kernel::{DonorId, DonorStatus, DonorType, OfficeId, OrganisationId, PersonId};
use kernel::{Segment, text::search_key};
use sea_orm::entity::prelude::*;
use sea_orm::{
    ActiveModelTrait, IntoActiveModel, QueryOrder, QuerySelect,
    sea_query::{Condition, Expr, ExprTrait, Func},
};
use service::PageRequest;
use std::collections::{BTreeMap, HashMap};
use store::{StoreError, TenantScope, TenantTx, Transaction, audit, insert_models, params, sql};

/// Most donors that one statement of [`also_called`] is about.
const MAX_CALLED: usize = 1000;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "donor")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DonorId,
    pub version: i64,
    pub organisation_id: OrganisationId,
    pub office_id: OfficeId,
    pub name: String,
    pub name_fr: Option<String>,
    pub name_es: Option<String>,
    pub short_name: Option<String>,
    pub search: String,
    pub donor_type: DonorType,
    pub iati_organisation_type: Option<super::IatiOrganisationType>,
    pub segment: Option<Segment>,
    pub country: Option<String>,
    pub parent_id: Option<DonorId>,
    pub iati_identifier: Option<String>,
    pub liaison_post: Option<String>,
    pub liaison_office_id: Option<OfficeId>,
    pub focal_point_id: Option<PersonId>,
    pub status: DonorStatus,
    /// Every name it has, as they are searched.
    pub names: String,
    /// The words of its name that tell it apart.
    pub match_key: String,
    /// What it likes to give to (JSON).
    pub preferences: Option<String>,
    /// The donor that this one was a duplicate of.
    pub merged_into: Option<DonorId>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<&Model> for audit::Subject {
    fn from(row: &Model) -> Self {
        Self {
            resource: "donor",
            id: row.id.as_uuid(),
            organisation_id: row.organisation_id,
            office_id: row.office_id,
        }
    }
}

impl Model {
    /// The same donor with what is searched worked out from its names.
    pub(crate) fn searchable(self) -> Self {
        let others = [&self.name_fr, &self.name_es, &self.short_name];
        let names: Vec<String> = std::iter::once(&self.name)
            .chain(others.into_iter().flatten())
            .map(|name| search_key(name))
            .filter(|key| !key.is_empty())
            .collect();
        Self { names: names.join(" | "), match_key: match_key(&search_key(&self.name)), ..self }
    }
}

/// Staff read every donor of their organisation, a representative its own.
fn readable(scope: &TenantScope) -> Select<Entity> {
    let organisation_id = scope.organisation_id();
    limited(scope, Entity::find().filter(Column::OrganisationId.eq(organisation_id)))
}

/// Whether a donor is of this organisation, where it is found by its id: an expression, because an index that begins with
/// the organisation would be searched from end to end.
pub(crate) fn is_of(organisation_id: OrganisationId) -> Expr {
    let column = || Expr::col((Entity, Column::OrganisationId));
    Expr::expr(Func::coalesce([column(), column()])).eq(organisation_id)
}

/// The same as SQL; `$1` is the organisation.
pub(super) const OWN: &str = "coalesce(organisation_id, organisation_id) = $1";

fn limited(scope: &TenantScope, query: Select<Entity>) -> Select<Entity> {
    match scope {
        TenantScope::Offices { .. } | TenantScope::Organisation { .. } => query,
        TenantScope::Donor { donor_id, .. } => query.filter(Column::Id.eq(*donor_id)),
        TenantScope::Public { .. } => query.filter(Expr::value(false)),
    }
}

/// Filters of the donor list.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    pub(crate) search: Option<String>,
    pub(crate) donor_type: Option<DonorType>,
    pub(crate) status: Option<DonorStatus>,
    pub(crate) country: Option<String>,
    pub(crate) segment: Option<Segment>,
    pub(crate) liaison_post: Option<String>,
    pub(crate) liaison_office_id: Option<OfficeId>,
    pub(crate) focal_point_id: Option<PersonId>,
    pub(crate) external: Option<ExternalRef>,
    pub(crate) ids: Option<Vec<DonorId>>,
}

pub(crate) async fn get(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    id: DonorId,
) -> Result<Option<Model>, StoreError> {
    Ok(readable(scope).filter(Column::Id.eq(id)).one(db).await?)
}

/// The time zone of a donor's country (IANA); none where the country, or its zone, is not known.
pub(crate) async fn time_zone(tx: &TenantTx, id: DonorId) -> Result<Option<&'static str>, StoreError> {
    Ok(get(tx.scope(), tx.db(), id).await?.as_ref().and_then(zone_of))
}

/// The same, of a donor that was read.
pub(crate) fn zone_of(donor: &Model) -> Option<&'static str> {
    kernel::country::by_iso3(donor.country.as_deref()?)?.time_zone.as_deref()
}

/// The row, locked until this transaction ends.
pub(crate) async fn get_to_change(
    scope: &TenantScope,
    tx: &Transaction,
    id: DonorId,
) -> Result<Option<Model>, StoreError> {
    Ok(readable(scope).filter(Column::Id.eq(id)).lock_exclusive().one(tx.db()).await?)
}

/// Donors of the organisation by id.
pub(crate) async fn by_ids(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = DonorId>,
) -> Result<HashMap<DonorId, Model>, StoreError> {
    // By the key alone: an index that begins with the organisation would be searched from end to end.
    let text = "SELECT * FROM donor WHERE true";
    let rows = sql::select_by_keys(db, text, vec![], "id", ids.into_iter().map(Into::into)).await?;
    let donors = sql::read::<Model>(&rows)?;
    let own = |donor: &Model| donor.organisation_id == scope.organisation_id();
    Ok(donors.into_iter().filter(own).map(|donor| (donor.id, donor)).collect())
}

/// By name. Words that are found in no name are taken for words that are like them: then the most like come first, on one
/// page.
pub(crate) async fn list(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    filter: &Filter,
    page: &PageRequest,
    after: Option<(String, DonorId)>,
) -> Result<Vec<Model>, StoreError> {
    let begins = after.is_none();
    let search = filter.search.as_deref().filter(|search| !search.is_empty());
    let telling = match search {
        Some(search) => search::telling(scope, db, search).await?,
        None => Some(Vec::new()),
    };
    let found = match telling {
        Some(telling) => {
            let mut query = match telling.as_slice() {
                [] => filtered(scope, db, filter, readable(scope)).await?,
                telling => search::having(found_by_id(scope, db, filter).await?, scope, telling),
            };
            for word in search.iter().flat_map(|text| text.split(' ')) {
                query = query.filter(Column::Names.contains(word));
            }
            if let Some((name, id)) = after {
                let same_name = Condition::all().add(Column::Name.eq(name.as_str())).add(Column::Id.gt(id));
                query = query.filter(Column::Name.gte(name.as_str()));
                query = query.filter(Condition::any().add(Column::Name.gt(name)).add(same_name));
            }
            query.order_by_asc(Column::Name).order_by_asc(Column::Id).limit(page.limit + 1).all(db).await?
        }
        None => Vec::new(),
    };
    match search {
        Some(search) if found.is_empty() && begins => {
            search::search(scope, db, found_by_id(scope, db, filter).await?, search, page.limit).await
        }
        _ => Ok(found),
    }
}

/// The donors that the filters leave, to be found by their ids.
async fn found_by_id(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    filter: &Filter,
) -> Result<Select<Entity>, StoreError> {
    let of_organisation = Entity::find().filter(is_of(scope.organisation_id()));
    filtered(scope, db, filter, limited(scope, of_organisation)).await
}

/// Those of a query that the filters leave, but for the words of the name.
async fn filtered(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    filter: &Filter,
    query: Select<Entity>,
) -> Result<Select<Entity>, StoreError> {
    let mut query = query.filter(Column::MergedInto.is_null());
    let equal = [
        (Column::DonorType, filter.donor_type.map(DonorType::as_str)),
        (Column::Status, filter.status.map(DonorStatus::as_str)),
        (Column::Country, filter.country.as_deref()),
        (Column::Segment, filter.segment.map(Segment::as_str)),
        (Column::LiaisonPost, filter.liaison_post.as_deref()),
    ];
    for (column, value) in equal {
        if let Some(value) = value {
            query = query.filter(column.eq(value));
        }
    }
    if let Some(office) = filter.liaison_office_id {
        query = query.filter(Column::LiaisonOfficeId.eq(office));
    }
    if let Some(person) = filter.focal_point_id {
        query = query.filter(Column::FocalPointId.eq(person));
    }
    if let Some(external) = &filter.external {
        let ids = by_refs(scope, db, &external.source, std::slice::from_ref(&external.r#ref)).await?;
        query = query.filter(Column::Id.is_in(ids.into_values()));
    }
    if let Some(ids) = &filter.ids {
        query = query.filter(Column::Id.is_in(ids.iter().copied()));
    }
    Ok(query)
}

/// Donors by what a source calls them: reference → donor.
pub(crate) async fn by_refs(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    source: &str,
    refs: &[String],
) -> Result<HashMap<String, DonorId>, StoreError> {
    if refs.is_empty() {
        return Ok(HashMap::new());
    }
    let text = "SELECT ref, donor_id FROM donor_external_ref WHERE organisation_id = $1 AND source = $2";
    let refs = refs.iter().map(|reference| reference.as_str().into());
    let rows = sql::select_by_keys(db, text, params![scope.organisation_id(), source], "ref", refs).await?;
    rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
}

/// The survivors of those of these donors that were merged: duplicate → survivor.
pub(crate) async fn survivors(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    ids: Vec<DonorId>,
) -> Result<HashMap<DonorId, DonorId>, StoreError> {
    let mut survivors: HashMap<DonorId, DonorId> = HashMap::new();
    let mut asked: Vec<(DonorId, DonorId)> = ids.into_iter().map(|id| (id, id)).collect();
    // Few are duplicates, and only those are read.
    let text = format!("SELECT id, merged_into FROM donor WHERE {OWN} AND merged_into IS NOT NULL");
    while !asked.is_empty() {
        let present = asked.iter().map(|(_, now)| (*now).into());
        let rows = sql::select_by_keys(db, &text, params![scope.organisation_id()], "id", present).await?;
        let merged = rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?)));
        let merged = merged.collect::<Result<HashMap<DonorId, DonorId>, StoreError>>()?;
        let next = |(first, now): (DonorId, DonorId)| Some((first, *merged.get(&now)?));
        asked = asked.into_iter().filter_map(next).collect();
        survivors.extend(asked.iter().copied());
    }
    Ok(survivors)
}

/// Donors by their IATI identifier: identifier → donor.
pub(crate) async fn by_iati_identifiers(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    identifiers: &[String],
) -> Result<HashMap<String, DonorId>, StoreError> {
    if identifiers.is_empty() {
        return Ok(HashMap::new());
    }
    let text = "SELECT iati_identifier, id FROM donor WHERE organisation_id = $1";
    let keys = identifiers.iter().map(|identifier| identifier.as_str().into());
    let rows =
        sql::select_by_keys(db, text, params![scope.organisation_id()], "iati_identifier", keys).await?;
    rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
}

pub(crate) async fn refs(
    db: &impl ConnectionTrait,
    donors: &[DonorId],
) -> Result<HashMap<DonorId, Vec<ExternalRef>>, StoreError> {
    let mut found: HashMap<DonorId, Vec<ExternalRef>> = HashMap::new();
    for chunk in donors.chunks(1000) {
        let mut parameters = Vec::new();
        let listed = sql::bind_list(&mut parameters, chunk.iter().map(|id| (*id).into()));
        let text = format!(
            "SELECT donor_id, source, ref FROM donor_external_ref WHERE donor_id IN ({listed}) ORDER BY source, ref"
        );
        for row in sql::rows(db, &text, parameters).await? {
            let external = ExternalRef { source: row.try_get_by_index(1)?, r#ref: row.try_get_by_index(2)? };
            found.entry(row.try_get_by_index(0)?).or_default().push(external);
        }
    }
    Ok(found)
}

pub(crate) async fn insert(
    tx: &mut Transaction,
    donor: &Model,
    refs: &[ExternalRef],
) -> Result<(), StoreError> {
    insert_all(tx, std::slice::from_ref(donor), &[refs.to_vec()]).await
}

/// Records donors and what others call each of them.
pub(crate) async fn insert_all(
    tx: &mut Transaction,
    donors: &[Model],
    refs: &[Vec<ExternalRef>],
) -> Result<(), StoreError> {
    insert_models(tx.db(), donors).await?;
    search::add(tx, donors).await?;
    let (mut rows, mut events) = (Vec::new(), Vec::with_capacity(donors.len()));
    for (donor, refs) in donors.iter().zip(refs) {
        rows.extend(ref_rows(donor.organisation_id, donor.id, refs));
        let mut refs = refs.clone();
        refs.sort_by(|a, b| (&a.source, &a.r#ref).cmp(&(&b.source, &b.r#ref)));
        events.push(changed(donor.clone(), refs));
    }
    insert_models(tx.db(), &rows).await?;
    tx.emit_all(&events).await
}

/// Writes the new version over `donor.version - 1`.
pub(crate) async fn update(
    tx: &mut Transaction,
    donor: &Model,
    refs: &[ExternalRef],
) -> Result<(), StoreError> {
    let change = counted::store::AttributeChange::begin(tx, donor.id).await?;
    let text = "SELECT parent_id FROM donor WHERE id = $1";
    let parent = sql::row(tx.db(), text, params![donor.id]).await?;
    let parent = parent.map(|row| row.try_get_by_index::<Option<DonorId>>(0)).transpose()?.flatten();
    donor.clone().into_active_model().reset_all().update(tx.db()).await?;
    search::index(tx, donor).await?;
    change.end(tx).await?;
    if parent != donor.parent_id {
        to_link::donors(tx, donor.organisation_id, [donor.id]);
    }
    add_refs(tx, donor, refs).await?;
    emit(tx, donor).await
}

fn ref_rows(
    organisation_id: OrganisationId,
    donor_id: DonorId,
    refs: &[ExternalRef],
) -> impl Iterator<Item = external_ref::Model> {
    refs.iter().cloned().map(move |ExternalRef { source, r#ref }| external_ref::Model {
        organisation_id,
        source,
        r#ref,
        donor_id,
    })
}

async fn add_refs(tx: &Transaction, donor: &Model, refs: &[ExternalRef]) -> Result<(), StoreError> {
    let rows: Vec<_> = ref_rows(donor.organisation_id, donor.id, refs).collect();
    insert_models(tx.db(), &rows).await?;
    Ok(())
}

/// Notes what else others call donors that are there: of each a new version, whatever somebody else is changing in it.
pub(crate) async fn also_called(
    scope: &TenantScope,
    tx: &mut Transaction,
    names: &BTreeMap<DonorId, Vec<ExternalRef>>,
) -> Result<(), StoreError> {
    let ids: Vec<DonorId> = names.keys().copied().collect();
    for ids in ids.chunks(MAX_CALLED) {
        let mut parameters = Vec::new();
        let listed = sql::bind_list(&mut parameters, ids.iter().map(|id| (*id).into()));
        // In one order everywhere, or two transactions could wait for each other.
        let text =
            format!("SELECT id FROM donor WHERE id IN ({listed}) ORDER BY id{}", sql::for_update(tx.db()));
        sql::rows(tx.db(), &text, parameters).await?;
        let mut parameters = params![tx.now()];
        let listed = sql::bind_list(&mut parameters, ids.iter().map(|id| (*id).into()));
        let text = format!("UPDATE donor SET version = version + 1, updated_at = $1 WHERE id IN ({listed})");
        sql::execute(tx.db(), &text, parameters).await?;
        let organisation_id = scope.organisation_id();
        let rows = ids.iter().flat_map(|id| {
            let refs = names.get(id).map(Vec::as_slice).unwrap_or_default();
            ref_rows(organisation_id, *id, refs)
        });
        insert_models(tx.db(), &rows.collect::<Vec<_>>()).await?;
        tell(scope, tx, ids).await?;
    }
    Ok(())
}

pub(crate) async fn remove_refs(tx: &Transaction, donor: DonorId) -> Result<(), StoreError> {
    sql::execute(tx.db(), "DELETE FROM donor_external_ref WHERE donor_id = $1", params![donor]).await?;
    Ok(())
}

/// Tells how donors that were written by their columns alone are now. Duplicates have no references of their own.
pub(crate) async fn tell(
    scope: &TenantScope,
    tx: &mut Transaction,
    ids: &[DonorId],
) -> Result<(), StoreError> {
    let donors = by_ids(scope, tx.db(), ids.iter().copied()).await?;
    let mut refs = refs(tx.db(), ids).await?;
    let events = ids.iter().filter_map(|id| {
        let external_refs = refs.remove(id).unwrap_or_default();
        Some(changed(donors.get(id)?.clone(), external_refs))
    });
    let events: Vec<DonorChanged> = events.collect();
    tx.emit_all(&events).await
}

async fn emit(tx: &mut Transaction, donor: &Model) -> Result<(), StoreError> {
    let external_refs = refs(tx.db(), &[donor.id]).await?.remove(&donor.id).unwrap_or_default();
    tx.emit(&changed(donor.clone(), external_refs)).await
}

fn changed(donor: Model, external_refs: Vec<ExternalRef>) -> DonorChanged {
    DonorChanged {
        id: donor.id,
        sequence: donor.version,
        organisation_id: donor.organisation_id,
        office_id: donor.office_id,
        name: donor.name,
        name_fr: donor.name_fr,
        name_es: donor.name_es,
        donor_type: donor.donor_type.into(),
        country: donor.country,
        status: donor.status.into(),
        external_refs,
        focal_point_id: donor.focal_point_id,
        liaison_office_id: donor.liaison_office_id,
        merged_into: donor.merged_into,
    }
}
