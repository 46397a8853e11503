//! Who answers which donor's questions: the donors by focal point, those that nobody answers first, and giving several of
//! them to somebody else at once.

use super::donor::{
    assigned::{self, Assigned},
    store,
};
use ::store::{StoreError, TenantScope, params, sql};
use actix_web::{HttpRequest, get, post, web::Data};
use auth::{ApiError, Caller, perm};
use kernel::{
    Code, DonorId, DonorStatus, Fault, FieldCode, OfficeId, PersonId, Problem, RecordKind, closed_set,
    text::search_key,
};
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde::{Deserialize, Serialize};
use service::{
    ApiResult, Checks, Column, Context, Envelope, JsonBody, Listed, PageRequest, Paging, Row,
    openapi::{CreateProblems, ReadProblems},
};
use std::collections::BTreeSet;
use utoipa::{IntoParams, ToSchema};

/// Maximum number of donors that are reassigned at once.
const MAX_DONORS: usize = 200;

closed_set! {
    /// Whether somebody answers a donor's questions: nobody is named, whoever is named is no longer active, or is.
    pub(crate) enum FocalPointState {
        Absent = "absent",
        Inactive = "inactive",
        Active = "active",
    }
}

/// A donor and its focal point.
#[derive(Debug, Serialize, ToSchema, FromQueryResult)]
pub(crate) struct AssignedDonor {
    donor_id: DonorId,
    /// The version of the donor.
    #[schema(minimum = 1)]
    version: i64,
    #[schema(example = "Norway, Ministry of Foreign Affairs", max_length = 300)]
    name: String,
    #[schema(max_length = 300)]
    name_fr: Option<String>,
    #[schema(max_length = 300)]
    name_es: Option<String>,
    status: DonorStatus,
    liaison_office_id: Option<OfficeId>,
    /// The focal point, also one who is no longer active.
    focal_point_id: Option<PersonId>,
    state: FocalPointState,
}

/// The place of a donor in the list.
type Place = (FocalPointState, PersonId, String, DonorId);

impl AssignedDonor {
    fn place(&self) -> Place {
        let focal_point = self.focal_point_id.unwrap_or(PersonId::nil());
        (self.state, focal_point, self.name.clone(), self.donor_id)
    }
}

impl Row for AssignedDonor {
    const COLUMNS: &'static [Column<Self>] = &[
        ("donor_id", |row| row.donor_id.into()),
        ("name", |row| row.name.as_str().into()),
        ("status", |row| row.status.as_str().into()),
        ("liaison_office_id", |row| row.liaison_office_id.into()),
        ("focal_point_id", |row| row.focal_point_id.into()),
        ("state", |row| row.state.as_str().into()),
    ];
}

/// Filters of the list.
#[derive(Debug, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FocalPointFilter {
    /// Words of a donor's name, in any order, with or without accents.
    #[param(max_length = 200)]
    q: Option<String>,
    /// `absent`, `inactive` or `active`.
    state: Option<FocalPointState>,
    /// Only the donors of this focal point.
    focal_point_id: Option<PersonId>,
    /// Only the donors of this liaison office.
    liaison_office_id: Option<OfficeId>,
    /// `prospect`, `active` or `dormant`.
    status: Option<DonorStatus>,
}

/// Lists donors by focal point
///
/// Donors without a focal point first, then those whose focal point is no longer active, then the others by focal point;
/// each by name. Staff only: 404 for donor representatives.
#[utoipa::path(tag = "donors", params(FocalPointFilter, Paging), security(("oauth2" = ["donors:read"])),
    responses((status = 200, description = "The donors", body = Envelope<AssignedDonor>), ReadProblems))]
#[get("/v1/focal-points")]
pub(crate) async fn list(
    request: HttpRequest,
    caller: Caller<perm::DonorsRead>,
    context: Data<Context>,
    listed: Listed<FocalPointFilter>,
) -> ApiResult {
    let scope = context.scope(&caller.claims).await?;
    if matches!(scope, TenantScope::Donor { .. }) {
        return Err(Problem::not_found().into());
    }
    let filter = listed.filter;
    let page = listed.paging.of("focal-points", &(scope.organisation_id(), &filter))?;
    service::list(&request, &context, scope, page, async move |db, scope, page| {
        let rows = assigned_donors(scope, db, &filter, page, page.after()?).await?;
        Ok(page.page(rows, AssignedDonor::place))
    })
    .await
}

/// The states as they are sorted.
const RANK: &str = "CASE WHEN donor.focal_point_id IS NULL THEN 0 WHEN person.is_active THEN 2 ELSE 1 END";

fn rank(state: FocalPointState) -> i32 {
    match state {
        FocalPointState::Absent => 0,
        FocalPointState::Inactive => 1,
        FocalPointState::Active => 2,
    }
}

async fn assigned_donors(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    filter: &FocalPointFilter,
    page: &PageRequest,
    after: Option<Place>,
) -> Result<Vec<AssignedDonor>, StoreError> {
    let mut values = params![scope.organisation_id(), PersonId::nil()];
    let mut wanted = String::new();
    let mut having = |condition: &str, value: sea_orm::Value| {
        values.push(value);
        wanted.push_str(&format!(" AND {condition} ${}", values.len()));
    };
    let key = filter.q.as_deref().map(search_key).unwrap_or_default();
    for word in key.split(' ').filter(|word| !word.is_empty()) {
        having("names LIKE", format!("%{word}%").into());
    }
    if let Some(state) = filter.state {
        having("place =", rank(state).into());
    }
    if let Some(person) = filter.focal_point_id {
        having("focal_point_id =", person.into());
    }
    if let Some(office) = filter.liaison_office_id {
        having("liaison_office_id =", office.into());
    }
    if let Some(status) = filter.status {
        having("status =", status.into());
    }
    if let Some((state, person, name, id)) = after {
        let from = values.len();
        values.extend(params![rank(state), person, name, id]);
        let [place, focal_point, name, id] = [1, 2, 3, 4].map(|number| format!("${}", from + number));
        wanted.push_str(&format!(
            " AND (place > {place} OR (place = {place} AND (focal_point > {focal_point}
               OR (focal_point = {focal_point} AND (name > {name} OR (name = {name} AND donor_id > {id}))))))"
        ));
    }
    let text = format!(
        "SELECT * FROM (
           SELECT donor.id AS donor_id, donor.version, donor.name, donor.name_fr, donor.name_es, donor.names,
                  donor.status, donor.liaison_office_id, donor.focal_point_id,
                  coalesce(donor.focal_point_id, $2) AS focal_point, {RANK} AS place,
                  CASE {RANK} WHEN 0 THEN 'absent' WHEN 1 THEN 'inactive' ELSE 'active' END AS state
           FROM donor LEFT JOIN known_person person
             ON person.id = donor.focal_point_id AND person.organisation_id = donor.organisation_id
           WHERE donor.organisation_id = $1 AND donor.merged_into IS NULL) AS assigned
         WHERE true{wanted} ORDER BY place, focal_point, name, donor_id LIMIT {}",
        page.limit + 1
    );
    sql::all(db, &text, values).await
}

/// A donor at the version that was read.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReadDonor {
    id: DonorId,
    /// The version that was read.
    #[schema(minimum = 1)]
    version: i64,
}

/// Donors that get another focal point.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reassignment {
    /// The active member of staff who answers their questions from now on; null, or left out, for nobody.
    focal_point_id: Option<PersonId>,
    #[schema(min_items = 1, max_items = 200)]
    donors: Vec<ReadDonor>,
}

/// Gives donors another focal point
///
/// Up to 200 donors at once, all of them or none: 409 at the donor that has changed since its `version` was read, or was
/// merged. A donor that has this focal point already stays as it is. Headquarters only.
#[utoipa::path(tag = "donors", request_body = Reassignment, security(("oauth2" = ["donors:write"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "Idempotency key: makes retries safe")),
    responses((status = 204, description = "The donors have this focal point"), CreateProblems))]
#[post("/v1/focal-points/reassign")]
pub(crate) async fn reassign(
    request: HttpRequest,
    caller: Caller<perm::DonorsWrite>,
    context: Data<Context>,
    body: JsonBody<Reassignment>,
) -> ApiResult {
    context.headquarters(&caller.claims).await?;
    let Reassignment { focal_point_id, donors } = body.value;
    check(&donors)?;
    let named = Assigned { focal_point_id, liaison_office_id: None };
    assigned::check(&context, &caller.claims, named, Assigned::default()).await?;
    service::act(&context, &request, &caller.claims, &body.digest, async |tx, scope| {
        let mut changed = Vec::new();
        // In one order everywhere, or two transactions could wait for each other.
        let mut in_order: Vec<(usize, &ReadDonor)> = donors.iter().enumerate().collect();
        in_order.sort_by_key(|(_, read)| read.id);
        for (index, read) in in_order {
            let unknown = || at(index, "id", Fault::unknown(RecordKind::Donor));
            let before = store::get_to_change(scope, tx, read.id).await?.ok_or_else(unknown)?;
            check_as_read(index, read, &before)?;
            if before.focal_point_id != focal_point_id {
                changed.push(before);
            }
        }
        if changed.is_empty() {
            return Ok(());
        }
        let ids: Vec<DonorId> = changed.iter().map(|donor| donor.id).collect();
        let mut parameters = params![focal_point_id, tx.now()];
        let listed = sql::bind_list(&mut parameters, ids.iter().map(|id| (*id).into()));
        let text = format!(
            "UPDATE donor SET focal_point_id = $1, version = version + 1, updated_at = $2 WHERE id IN ({listed})"
        );
        sql::execute(tx.db(), &text, parameters).await?;
        store::tell(scope, tx, &ids).await?;
        let shown = |id: Option<PersonId>| serde_json::json!({ "focal_point_id": id });
        for donor in &changed {
            let (before, after) = (shown(donor.focal_point_id), shown(focal_point_id));
            tx.audit_changed("donor.reassign", donor, &before, &after).await?;
        }
        Ok(())
    })
    .await
}

fn check(donors: &[ReadDonor]) -> Result<(), Problem> {
    let mut checks = Checks::new();
    checks.require(!donors.is_empty(), "/donors", (FieldCode::Required, "must have 1 to 200 entries"));
    let mut seen = BTreeSet::new();
    for (index, read) in checks.at_most("/donors", donors, MAX_DONORS).iter().enumerate() {
        let is_new = seen.insert(read.id);
        checks.require(is_new, &format!("/donors/{index}/id"), (FieldCode::Duplicate, "is given twice"));
    }
    checks.finish()
}

/// Whether a donor still is what was read.
fn check_as_read(index: usize, read: &ReadDonor, donor: &store::Model) -> Result<(), ApiError> {
    let conflict = |field: &str, fault: Fault| {
        Err(Problem::new(Code::Conflict).field(format!("/donors/{index}/{field}"), fault).into())
    };
    if let Some(into) = donor.merged_into {
        let fault = FieldCode::Merged.says("was merged into another donor");
        return conflict("id", fault.with("into", into.to_string()));
    }
    if donor.version != read.version {
        let fault = FieldCode::Stale.says(format!("the version is now {}", donor.version));
        return conflict("version", fault.with("version", donor.version));
    }
    Ok(())
}

fn at(index: usize, field: &str, fault: Fault) -> Problem {
    Problem::invalid_field(format!("/donors/{index}/{field}"), fault)
}
