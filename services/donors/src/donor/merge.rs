//! Two records of one donor become one: everything of the duplicate goes to the record that stays, and can go back.

use super::{api::headquarters_only, standing, store};
use crate::{agreement, contribution, report};
use ::store::{StoreError, TenantScope, TenantTx, Transaction, audit, sql, values};
use actix_web::{HttpRequest, get, post, web::Data};
use auth::{Caller, Failure, perm};
use chrono::{DateTime, Utc};
use events::{ExternalRef, FlowObject};
use kernel::{Code, Problem};
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde::{Deserialize, Serialize};
use service::{
    Answer, Checks, Context, Created, Id, JsonBody, answer,
    openapi::{CreateProblems, ReadProblems, UpdateProblems},
};
use utoipa::ToSchema;
use uuid::Uuid;

/// Levels of donors above each other.
pub(super) const DEEPEST: usize = 100;
/// Contributions that are rewritten at once.
const CHUNK: usize = 500;

/// A merger of two donors.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Merge {
    id: Uuid,
    #[schema(minimum = 1)]
    version: i64,
    /// The record that stays.
    survivor_id: Uuid,
    /// The record that everything was taken from.
    duplicate_id: Uuid,
    #[schema(max_length = 300)]
    duplicate_name: String,
    #[schema(max_length = 2000)]
    reason: String,
    /// How many records were moved.
    #[schema(minimum = 0)]
    contributions: usize,
    #[schema(minimum = 0)]
    agreements: usize,
    #[schema(minimum = 0)]
    reports: usize,
    merged_at: DateTime<Utc>,
    /// When it was taken back.
    undone_at: Option<DateTime<Utc>>,
}

/// The mergers of a donor.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Merges {
    /// The latest first.
    #[schema(max_items = 1000)]
    items: Vec<Merge>,
}

/// What is to be merged into a donor.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewMerge {
    /// The record that goes.
    duplicate_id: Uuid,
    #[schema(example = "The same ministry, recorded twice", min_length = 1, max_length = 2000)]
    reason: String,
}

/// What was moved, so that it can go back.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Moved {
    contributions: Vec<Uuid>,
    agreements: Vec<Uuid>,
    reports: Vec<Uuid>,
    documents: Vec<Uuid>,
    clearances: Vec<Uuid>,
    notifications: Vec<Uuid>,
    #[serde(default)]
    agreement_documents: Vec<Uuid>,
    #[serde(default)]
    contacts: Vec<Uuid>,
    children: Vec<Uuid>,
    external_refs: Vec<ExternalRef>,
}

#[derive(FromQueryResult)]
struct Row {
    id: Uuid,
    version: i64,
    survivor_id: Uuid,
    duplicate_id: Uuid,
    duplicate_name: String,
    reason: String,
    moved: String,
    merged_at: DateTime<Utc>,
    undone_at: Option<DateTime<Utc>>,
}

impl Row {
    fn moved(&self) -> Result<Moved, StoreError> {
        Ok(serde_json::from_str(&self.moved)?)
    }
}

impl TryFrom<Row> for Merge {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let moved = row.moved()?;
        Ok(Self {
            contributions: moved.contributions.len(),
            agreements: moved.agreements.len(),
            reports: moved.reports.len(),
            id: row.id,
            version: row.version,
            survivor_id: row.survivor_id,
            duplicate_id: row.duplicate_id,
            duplicate_name: row.duplicate_name,
            reason: row.reason,
            merged_at: row.merged_at,
            undone_at: row.undone_at,
        })
    }
}

const SELECT: &str =
    "SELECT m.*, d.name AS duplicate_name FROM donor_merge m JOIN donor d ON d.id = m.duplicate_id";

/// Nothing new is recorded under a duplicate that was merged.
pub(crate) fn check(donor: &store::Model) -> Result<(), Problem> {
    match donor.merged_into {
        Some(into) => {
            Err(Problem::invalid_field("/donor_id", format!("is a duplicate that was merged into {into}")))
        }
        None => Ok(()),
    }
}

/// Lists the mergers into a donor
#[utoipa::path(tag = "donors", params(("id" = Uuid, Path, description = "The donor")),
    security(("oauth2" = ["donors:read"])),
    responses((status = 200, description = "The mergers", body = Merges), ReadProblems))]
#[get("/v1/donors/{id}/merges")]
pub(crate) async fn list(
    request: HttpRequest,
    caller: Caller<perm::DonorsRead>,
    context: Data<Context>,
    id: Id,
) -> Answer {
    service::read(&context, &caller.claims, async |db, scope| {
        if matches!(scope, TenantScope::Donor { .. }) {
            return Err(Problem::not_found().into());
        }
        let donor = store::get(scope, db, id.0).await?.ok_or_else(Problem::not_found)?;
        let text = format!("{SELECT} WHERE m.survivor_id = $1 AND m.organisation_id = $2 ORDER BY m.id DESC");
        let rows: Vec<Row> = sql::all(db, &text, values![donor.id, donor.organisation_id]).await?;
        let items = rows.into_iter().map(Merge::try_from).collect::<Result<_, _>>()?;
        answer::record(&request, donor.version, &Merges { items })
    })
    .await
}

/// Merges a duplicate into a donor
///
/// Contributions, agreements, reports and references of the duplicate become this donor's; its representatives see this
/// donor from their next sign-in. The duplicate stays on record, out of every list, and the merger can be undone. Only
/// headquarters does. Send the version of this donor you read as `If-Match`.
#[utoipa::path(tag = "donors", request_body = NewMerge, security(("oauth2" = ["donors:write"])),
    params(("id" = Uuid, Path, description = "The donor that stays"),
           ("If-Match" = String, Header, description = "The ETag you read"),
           ("Idempotency-Key" = Option<String>, Header, description = "Makes a repetition safe")),
    responses((status = 201, description = "The merger", body = Merge), CreateProblems))]
#[post("/v1/donors/{id}/merges")]
pub(crate) async fn create(
    request: HttpRequest,
    caller: Caller<perm::DonorsWrite>,
    context: Data<Context>,
    id: Id,
    body: JsonBody<NewMerge>,
) -> Answer {
    let new = body.value;
    let scope = context.scope(&caller.claims).await?;
    super::known(&context, &scope, id.0).await?;
    let office_id = headquarters_only(&context, &caller.claims).await?;
    let mut checks = Checks::new();
    checks.require(new.duplicate_id != id.0, "/duplicate_id", "is this donor itself");
    let fits = !new.reason.trim().is_empty() && new.reason.chars().count() <= 2000;
    checks.require(fits, "/reason", "must have 1 to 2000 characters");
    checks.finish()?;
    service::create(&context, &request, &caller.claims, &body.digest, async |tx, _| {
        standing::change(tx, caller.claims.organisation_id).await?;
        let (survivor, duplicate) = pair(tx, id.0, new.duplicate_id).await?;
        answer::if_match(&request, survivor.version)?;
        for (pointer, donor) in [("/id", &survivor), ("/duplicate_id", &duplicate)] {
            if donor.merged_into.is_some() {
                let why = "is merged into another donor already";
                return Err(Problem::new(Code::Conflict).field(pointer, why).into());
            }
        }
        if is_above(tx, &duplicate, &survivor).await? {
            let why = "is a donor above this one: give this one another parent first";
            return Err(Problem::new(Code::Conflict).field("/duplicate_id", why).into());
        }
        let mut moved = collect(tx, &duplicate).await?;
        let refs = store::refs(tx.db(), &[duplicate.id]).await?.remove(&duplicate.id).unwrap_or_default();
        moved.external_refs = refs;
        carry(tx, &moved, &duplicate, &survivor).await?;
        let gone = store::Model {
            version: duplicate.version + 1,
            merged_into: Some(survivor.id),
            updated_at: tx.now(),
            ..duplicate.clone()
        };
        store::remove_refs(tx, duplicate.id).await?;
        store::update(tx, &gone, &[]).await?;
        touch(tx, &survivor, &moved.external_refs).await?;
        let row = Row {
            id: tx.new_id(),
            version: 1,
            survivor_id: survivor.id,
            duplicate_id: duplicate.id,
            duplicate_name: duplicate.name.clone(),
            reason: new.reason.clone(),
            moved: serde_json::to_string(&moved).map_err(|error| Failure::internal(&error))?,
            merged_at: tx.now(),
            undone_at: None,
        };
        save(tx, &survivor, office_id, &row).await?;
        let merge = Merge::try_from(row)?;
        tx.audit(entry(&survivor, office_id, "donor.merge", None, &merge)).await?;
        Ok(Created::new(format!("/v1/donor-merges/{}", merge.id), 1, merge))
    })
    .await
}

/// Undoes a merger
///
/// What was moved goes back to the donor it came from; what was recorded since stays where it is. Only headquarters does.
/// Send the version you read as `If-Match`.
#[utoipa::path(tag = "donors", security(("oauth2" = ["donors:write"])),
    params(("id" = Uuid, Path, description = "The merger"),
           ("If-Match" = String, Header, description = "The version of the merger, as an ETag")),
    responses((status = 200, description = "The merger, undone", body = Merge), UpdateProblems))]
#[post("/v1/donor-merges/{id}/undo")]
pub(crate) async fn undo(
    request: HttpRequest,
    caller: Caller<perm::DonorsWrite>,
    context: Data<Context>,
    id: Id,
) -> Answer {
    let scope = context.scope(&caller.claims).await?;
    let found = service::read_within(&context, &scope, async |db| Ok(find(&scope, db, id.0).await?));
    found.await?.ok_or_else(Problem::not_found)?;
    let office_id = headquarters_only(&context, &caller.claims).await?;
    let mut tx = context.store.begin(scope.clone(), context.actor(&caller.claims, &request)).await?;
    standing::change(&tx, caller.claims.organisation_id).await?;
    let first = find(&scope, tx.db(), id.0).await?.ok_or_else(Problem::not_found)?;
    let (survivor, duplicate) = pair(&tx, first.survivor_id, first.duplicate_id).await?;
    let row = find(&scope, tx.db(), id.0).await?.ok_or_else(Problem::not_found)?;
    answer::if_match(&request, row.version)?;
    let moved_on = duplicate.merged_into != Some(survivor.id) || survivor.merged_into.is_some();
    if row.undone_at.is_some() || moved_on {
        let why = "the merger is undone, or its donors were merged again since";
        return Err(Problem::new(Code::Conflict).field("/undone_at", why).into());
    }
    let moved = row.moved()?;
    carry(&mut tx, &moved, &survivor, &duplicate).await?;
    let back = store::Model {
        version: duplicate.version + 1,
        merged_into: None,
        updated_at: tx.now(),
        ..duplicate.clone()
    };
    for external in &moved.external_refs {
        let text = "DELETE FROM donor_external_ref WHERE donor_id = $1 AND source = $2 AND ref = $3";
        let parameters = values![survivor.id, external.source.as_str(), external.r#ref.as_str()];
        sql::execute(tx.db(), text, parameters).await?;
    }
    store::update(&mut tx, &back, &moved.external_refs).await.map_err(taken_meanwhile)?;
    touch(&mut tx, &survivor, &[]).await?;
    let before = Merge::try_from(find(&scope, tx.db(), id.0).await?.ok_or_else(Problem::not_found)?)?;
    let undone = Row { version: row.version + 1, undone_at: Some(tx.now()), ..row };
    save(&tx, &survivor, office_id, &undone).await?;
    let after = Merge::try_from(undone)?;
    tx.audit(entry(&survivor, office_id, "donor.unmerge", Some(&before), &after)).await?;
    tx.commit().await?;
    answer::json(actix_web::http::StatusCode::OK, &[("etag", answer::etag(after.version))], &after)
}

fn taken_meanwhile(error: StoreError) -> Failure {
    if error.is_duplicate() {
        let why = "another donor has its name, or one of its references, since";
        return Problem::new(Code::Conflict).field("/duplicate_id", why).into();
    }
    error.into()
}

async fn find(scope: &TenantScope, db: &impl ConnectionTrait, id: Uuid) -> Result<Option<Row>, StoreError> {
    let text = format!("{SELECT} WHERE m.id = $1 AND m.organisation_id = $2");
    Ok(sql::all(db, &text, values![id, scope.organisation_id()]).await?.pop())
}

/// Both donors, which nobody else changes before the transaction ends; always in one order, so that two mergers wait for
/// each other and not in a circle.
async fn pair(
    tx: &TenantTx,
    survivor: Uuid,
    duplicate: Uuid,
) -> Result<(store::Model, store::Model), Failure> {
    let swapped = duplicate < survivor;
    let (first, second) = if swapped { (duplicate, survivor) } else { (survivor, duplicate) };
    let unknown = || Problem::invalid_field("/duplicate_id", "is no donor of your organisation");
    let first = store::get_to_change(tx.scope(), tx, first).await?.ok_or_else(unknown)?;
    let second = store::get_to_change(tx.scope(), tx, second).await?.ok_or_else(unknown)?;
    Ok(if swapped { (second, first) } else { (first, second) })
}

async fn is_above(tx: &TenantTx, above: &store::Model, below: &store::Model) -> Result<bool, StoreError> {
    let mut next = below.parent_id;
    for _ in 0..DEEPEST {
        let Some(id) = next else { return Ok(false) };
        if id == above.id {
            return Ok(true);
        }
        next = store::get(tx.scope(), tx.db(), id).await?.and_then(|donor| donor.parent_id);
    }
    Ok(false)
}

async fn ids(tx: &Transaction, table: &str, column: &str, donor: Uuid) -> Result<Vec<Uuid>, StoreError> {
    let text = format!("SELECT id FROM {table} WHERE {column} = $1 ORDER BY id");
    let rows = sql::rows(tx.db(), &text, values![donor]).await?;
    rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
}

async fn collect(tx: &Transaction, donor: &store::Model) -> Result<Moved, StoreError> {
    Ok(Moved {
        contributions: ids(tx, "contribution", "donor_id", donor.id).await?,
        agreements: ids(tx, "agreement", "donor_id", donor.id).await?,
        reports: ids(tx, "report", "donor_id", donor.id).await?,
        documents: ids(tx, "document", "donor_id", donor.id).await?,
        clearances: ids(tx, "clearance", "donor_id", donor.id).await?,
        notifications: ids(tx, "notification", "donor_id", donor.id).await?,
        agreement_documents: ids(tx, "agreement_document", "donor_id", donor.id).await?,
        contacts: ids(tx, "contact", "donor_id", donor.id).await?,
        children: ids(tx, "donor", "parent_id", donor.id).await?,
        external_refs: Vec::new(),
    })
}

/// Takes records from one donor to another; those that are not the first one's any more stay.
async fn carry(
    tx: &mut TenantTx,
    moved: &Moved,
    from: &store::Model,
    to: &store::Model,
) -> Result<(), Failure> {
    for chunk in moved.contributions.chunks(CHUNK) {
        let mut pairs = Vec::with_capacity(chunk.len());
        for before in contribution::store::to_change(tx.scope(), tx, chunk).await? {
            if before.donor_id == Some(from.id) {
                let after = given_by(tx, &before, from, to)?;
                pairs.push((before, after));
            }
        }
        contribution::store::replace_all(tx, pairs).await?;
    }
    for id in &moved.agreements {
        let Some(before) = agreement::store::get_to_change(tx.scope(), tx, *id).await? else { continue };
        if before.donor_id == from.id {
            let terms = agreement::terms::Terms { donor_id: to.id, ..before.terms()? };
            let (version, donor_name) = (before.version + 1, to.name.clone());
            // Its last change is when it was closed: a merger is none of its own.
            let closed = before.state()? == agreement::State::Closed;
            let updated_at = if closed { before.updated_at } else { tx.now() };
            let after = agreement::store::Model { version, donor_name, updated_at, ..before };
            agreement::store::save(tx, &after.under(&terms)?).await?;
        }
    }
    for id in &moved.reports {
        let Some(before) = report::store::get_to_change(tx.scope(), tx, *id).await? else { continue };
        if before.donor_id == from.id {
            let after = report::store::Model {
                version: before.version + 1,
                donor_id: to.id,
                updated_at: tx.now(),
                ..before
            };
            report::store::save_all(tx, &[after]).await?;
        }
    }
    let plain = [
        ("document", "donor_id", &moved.documents),
        ("clearance", "donor_id", &moved.clearances),
        ("notification", "donor_id", &moved.notifications),
        ("agreement_document", "donor_id", &moved.agreement_documents),
        ("contact", "donor_id", &moved.contacts),
        ("donor", "parent_id", &moved.children),
    ];
    for (table, column, ids) in plain {
        for chunk in ids.chunks(CHUNK) {
            let mut parameters = values![to.id, from.id];
            let listed = sql::members(&mut parameters, chunk.iter().map(|id| (*id).into()));
            // A donor cannot be its own parent; whoever is changing one has to see its other parent.
            let (next, own) = match table {
                "donor" => (", version = version + 1", " AND id <> $1"),
                _ => ("", ""),
            };
            let text = format!(
                "UPDATE {table} SET {column} = $1{next} WHERE {column} = $2 AND id IN ({listed}){own}"
            );
            sql::execute(tx.db(), &text, parameters).await?;
        }
    }
    Ok(())
}

/// The same contribution, from the other donor.
fn given_by(
    tx: &Transaction,
    record: &contribution::store::Model,
    from: &store::Model,
    to: &store::Model,
) -> Result<contribution::store::Model, StoreError> {
    let (sources, _) = record.objects()?;
    let renamed = |object: FlowObject| {
        if object.kind == "Organization" && object.id == from.id.to_string() {
            FlowObject { id: to.id.to_string(), name: to.name.clone(), ..object }
        } else {
            object
        }
    };
    let sources: Vec<FlowObject> = sources.into_iter().map(renamed).collect();
    Ok(contribution::store::Model {
        version: record.version + 1,
        donor_id: Some(to.id),
        donor_name: Some(to.name.clone()),
        source_objects: serde_json::to_string(&sources)?,
        updated_at: tx.now(),
        ..record.clone()
    })
}

/// The next version of the donor that stays, with these references beside its own.
async fn touch(tx: &mut Transaction, donor: &store::Model, refs: &[ExternalRef]) -> Result<(), StoreError> {
    let next = store::Model { version: donor.version + 1, updated_at: tx.now(), ..donor.clone() };
    store::update(tx, &next, refs).await
}

async fn save(
    tx: &Transaction,
    survivor: &store::Model,
    office_id: Uuid,
    row: &Row,
) -> Result<(), StoreError> {
    let columns = [
        "id",
        "version",
        "organisation_id",
        "office_id",
        "survivor_id",
        "duplicate_id",
        "reason",
        "moved",
        "merged_at",
        "undone_at",
    ];
    let values = values![
        row.id,
        row.version,
        survivor.organisation_id,
        office_id,
        row.survivor_id,
        row.duplicate_id,
        row.reason.as_str(),
        row.moved.as_str(),
        row.merged_at,
        row.undone_at,
    ];
    sql::replace_many(tx.db(), "donor_merge", &columns, vec![values]).await?;
    Ok(())
}

fn entry(
    survivor: &store::Model,
    office_id: Uuid,
    action: &'static str,
    before: Option<&Merge>,
    after: &Merge,
) -> audit::Entry {
    audit::Entry {
        organisation_id: survivor.organisation_id,
        office_id,
        action,
        resource: "donor_merge",
        resource_id: after.id,
        before: before.and_then(|merge| serde_json::to_value(merge).ok()),
        after: serde_json::to_value(after).ok(),
    }
}
