use super::{check_own, check_permissions, each_once};
use crate::{
    State,
    person::{announcement, links},
    role::{self, RoleId, store},
    session::ending,
};
use ::store::{StoreError, TenantScope, Transaction, audit};
use actix_web::{HttpRequest, delete, get, http::StatusCode, post, put, web::Data};
use auth::{ApiError, Caller, Claims, perm, permissions_of};
use kernel::{Code, Fault, FieldCode, OrganisationId, Problem, RecordKind, StaffRole, pagination::Page};
use serde::{Deserialize, Serialize};
use service::{
    ApiResult, Changed, Checks, Column, Context, Created, Envelope, Id, Listed, PageRequest, Paging, Row,
    UncheckedBody,
    openapi::{CreateProblems, ReadProblems, UpdateProblems},
    response,
};
use std::collections::{BTreeSet, HashMap};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// A role: a named set of permissions that people hold in offices. Built-in roles cannot be changed; custom roles are the
/// organisation's own.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Role {
    /// The built-in role; null for a custom role.
    role: Option<StaffRole>,
    /// The id of a custom role; null for a built-in role.
    id: Option<RoleId>,
    #[schema(minimum = 1)]
    version: i64,
    /// In English for built-in roles.
    #[schema(example = "Grants accountant", max_length = 100)]
    name: String,
    /// In English for built-in roles.
    #[schema(example = "Records contributions of the trust funds.", max_length = 500)]
    description: Option<String>,
    /// What its holders may do in the office in which they hold it, and in the offices below.
    #[schema(max_items = 100, value_type = Vec<service::openapi::words::Permission>)]
    permissions: Vec<String>,
    is_built_in: bool,
    /// Number of people in the organisation who hold it in at least one office.
    #[schema(minimum = 0)]
    holders: i64,
}

impl Row for Role {
    const COLUMNS: &'static [Column<Self>] = &[
        ("role", |row| row.role.map(StaffRole::as_str).into()),
        ("id", |row| row.id.into()),
        ("name", |row| row.name.as_str().into()),
        ("description", |row| row.description.clone().into()),
        ("permissions", |row| row.permissions.join(" ").into()),
        ("is_built_in", |row| row.is_built_in.into()),
        ("holders", |row| row.holders.into()),
    ];
}

/// Where a role stands in the list: the built-in ones by their number, from 1, then the custom ones by name and id.
type Place = (usize, String, RoleId);
/// The number of all custom roles in a [`Place`].
const CUSTOM: usize = usize::MAX;

impl Role {
    fn built_in(role: StaffRole, holders: i64) -> Self {
        let (name, description) = role::described(role);
        Self {
            role: Some(role),
            id: None,
            version: 1,
            name: name.to_owned(),
            description: Some(description.to_owned()),
            permissions: permissions_of(role).iter().map(|name| (*name).to_owned()).collect(),
            is_built_in: true,
            holders,
        }
    }

    fn custom(row: store::Model, holders: i64) -> Self {
        let permissions = row.permissions().map(str::to_owned).collect();
        let store::Model { id, version, name, description, .. } = row;
        Self {
            role: None,
            id: Some(id),
            version,
            name,
            description,
            permissions,
            is_built_in: false,
            holders,
        }
    }

    fn place(&self) -> Place {
        let is_it = |role: &StaffRole| self.role == Some(*role);
        match StaffRole::ALL.iter().position(is_it) {
            Some(index) => (index + 1, String::new(), RoleId::nil()),
            None => (CUSTOM, role::name_key(&self.name), self.id.unwrap_or_else(RoleId::nil)),
        }
    }
}

/// Filters of the list of roles.
#[derive(Debug, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RoleFilter {
    /// Only roles with this permission.
    #[param(value_type = Option<service::openapi::words::Permission>)]
    permission: Option<String>,
    /// Only built-in roles, or only custom roles.
    is_built_in: Option<bool>,
}

/// The fields of a custom role.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RoleFields {
    /// Unique in the organisation, whatever its case, accents and punctuation.
    #[schema(example = "Grants accountant", min_length = 1, max_length = 100)]
    name: String,
    /// What the role is for.
    #[schema(example = "Records contributions of the trust funds.", max_length = 500)]
    description: Option<String>,
    /// Its permissions; never one that the caller lacks.
    #[schema(example = json!(["contributions:read", "contributions:write"]), min_items = 1, max_items = 100, value_type = Vec<service::openapi::words::Permission>)]
    permissions: Vec<String>,
}

fn check(fields: &RoleFields, checks: &mut Checks) {
    checks.text("/name", &fields.name, 100);
    checks.optional_text("/description", fields.description.as_deref(), 500);
    check_permissions(checks, "/permissions", &fields.permissions);
}

/// Lists roles
///
/// The built-in roles first, then the custom roles of the organisation by name. Roles belong to the whole organisation.
#[utoipa::path(tag = "roles", params(RoleFilter, Paging), security(("oauth2" = ["people:read"])),
    responses((status = 200, description = "The roles", body = Envelope<Role>), ReadProblems))]
#[get("/v1/roles")]
pub(crate) async fn list(
    request: HttpRequest,
    caller: Caller<perm::PeopleRead>,
    context: Data<Context>,
    listed: Listed<RoleFilter>,
) -> ApiResult {
    let RoleFilter { permission, is_built_in } = listed.filter;
    let permission = service::one_of("permission", permission.as_deref(), auth::ALL_PERMISSIONS)?;
    let organisation_id = caller.claims.organisation_id;
    let page = listed.paging.of("roles", &(organisation_id, &permission, is_built_in))?;
    let scope = TenantScope::Organisation { organisation_id };
    service::list(&request, &context, scope, page, async move |db, _, page| {
        let filter = (permission.as_deref(), is_built_in);
        page_of(db, organisation_id, filter, page).await
    })
    .await
}

async fn page_of(
    db: &impl sea_orm::ConnectionTrait,
    organisation_id: OrganisationId,
    (permission, is_built_in): (Option<&str>, Option<bool>),
    page: &PageRequest,
) -> Result<Page<Role>, ApiError> {
    let after: Option<Place> = page.after()?;
    let wanted = usize::try_from(page.limit).unwrap_or(usize::MAX).saturating_add(1);
    let mut found: Vec<Role> = Vec::new();
    if is_built_in != Some(false) {
        let held = store::built_in_holders(db, organisation_id).await?;
        let holders = |role: StaffRole| held.get(role.as_str()).copied().unwrap_or(0);
        let holds = |role: &StaffRole| permission.is_none_or(|name| permissions_of(*role).contains(&name));
        let rest = StaffRole::ALL.iter().skip(after.as_ref().map_or(0, |place| place.0));
        let roles = rest.copied().filter(holds).map(|role| Role::built_in(role, holders(role)));
        found.extend(roles.take(wanted));
    }
    if is_built_in != Some(true) && found.len() < wanted {
        let after = after.filter(|place| place.0 == CUSTOM).map(|(_, name, id)| (name, id));
        let rest = u64::try_from(wanted - found.len()).unwrap_or(u64::MAX);
        let rows = store::list(db, organisation_id, permission, rest, after).await?;
        let ids: Vec<RoleId> = rows.iter().map(|row| row.id).collect();
        let held = store::holders(db, &ids).await?;
        let holders = |row: &store::Model| held.get(&row.id).copied().unwrap_or(0);
        found.extend(rows.into_iter().map(|row| {
            let holders = holders(&row);
            Role::custom(row, holders)
        }));
    }
    Ok(page.page(found, Role::place))
}

/// Gets a custom role
///
/// Any custom role of the caller's organisation. Built-in roles are in the list.
#[utoipa::path(tag = "roles", params(("id" = Uuid, Path, description = "The custom role")),
    security(("oauth2" = ["people:read"])),
    responses((status = 200, description = "The role", body = Role), ReadProblems))]
#[get("/v1/roles/{id}")]
pub(crate) async fn get(
    caller: Caller<perm::PeopleRead>,
    context: Data<Context>,
    id: Id<RoleId>,
) -> ApiResult {
    let organisation_id = caller.claims.organisation_id;
    let scope = TenantScope::Organisation { organisation_id };
    service::read_within(&context, &scope, async |db| {
        let row = store::get(db, organisation_id, id.0).await?.ok_or_else(Problem::not_found)?;
        let version = row.version;
        // Not compared with what the caller has: its holders change without it.
        let role = with_holders(db, row).await?;
        response::json(StatusCode::OK, &[("etag", response::etag(version))], &role)
    })
    .await
}

async fn with_holders(db: &impl sea_orm::ConnectionTrait, row: store::Model) -> Result<Role, StoreError> {
    let held: HashMap<RoleId, i64> = store::holders(db, &[row.id]).await?;
    let holders = held.get(&row.id).copied().unwrap_or(0);
    Ok(Role::custom(row, holders))
}

/// Creates a custom role
///
/// Only headquarters can create roles, never with a permission that the caller lacks.
#[utoipa::path(tag = "roles", request_body = RoleFields, security(("oauth2" = ["people:write"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "Idempotency key: makes retries safe")),
    responses((status = 201, description = "The role", body = Role), CreateProblems))]
#[post("/v1/roles")]
pub(crate) async fn create(
    request: HttpRequest,
    caller: Caller<perm::PeopleWrite>,
    context: Data<Context>,
    body: UncheckedBody<RoleFields>,
) -> ApiResult {
    context.headquarters(&caller.claims).await?;
    let digest = body.digest;
    let fields = body.checked(check)?;
    check_own(&caller.claims, "/permissions", fields.permissions.iter().map(String::as_str))?;
    service::create(&context, &request, &caller.claims, &digest, async |tx, _| {
        let row = store::Model {
            id: tx.new_id(),
            version: 1,
            organisation_id: caller.claims.organisation_id,
            name_key: role::name_key(&fields.name),
            name: fields.name.clone(),
            description: fields.description.clone(),
            permissions: store::written(&each_once(&fields.permissions)),
            created_at: tx.now(),
        };
        store::insert(tx, &row).await.map_err(taken)?;
        let (location, subject) = (format!("/v1/roles/{}", row.id), subject(row.id, &caller.claims));
        let shown = Role::custom(row, 0);
        tx.audit_created("role.create", subject, &shown).await?;
        Ok(Created::new(location, 1, shown))
    })
    .await
}

/// Updates a custom role
///
/// Only headquarters can update roles, and no permission is given or taken that the caller lacks. The change applies to
/// everybody who holds the role. If a permission is removed, their sessions end, and they sign in again. If one is added,
/// open links into their accounts (invitations, links to a new password) stop working. Send the role's ETag in `If-Match`.
#[utoipa::path(tag = "roles", request_body = RoleFields, security(("oauth2" = ["people:write"])),
    params(("id" = Uuid, Path, description = "The custom role"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The role", body = Role), UpdateProblems))]
#[put("/v1/roles/{id}")]
pub(crate) async fn update(
    request: HttpRequest,
    caller: Caller<perm::PeopleWrite>,
    context: Data<Context>,
    state: Data<State>,
    id: Id<RoleId>,
    body: UncheckedBody<RoleFields>,
) -> ApiResult {
    context.headquarters(&caller.claims).await?;
    let fields = body.checked(check)?;
    let mut ended = Vec::new();
    let answer = service::change(&context, &request, &caller.claims, async |tx, _, precondition| {
        role::rights::lock_all(tx, caller.claims.organisation_id).await?;
        let found = store::get_to_change(tx, caller.claims.organisation_id, id.0).await?;
        let before = found.ok_or_else(Problem::not_found)?;
        precondition.check(before.version)?;
        let (had, has) = (before.permissions().collect::<BTreeSet<_>>(), words(&fields.permissions));
        check_own(&caller.claims, "/permissions", had.symmetric_difference(&has).copied())?;
        let after = store::Model {
            version: before.version + 1,
            name_key: role::name_key(&fields.name),
            name: fields.name.clone(),
            description: fields.description.clone(),
            permissions: store::written(&each_once(&fields.permissions)),
            ..before.clone()
        };
        store::update(tx, &after).await.map_err(taken)?;
        if had != has {
            let (gains, loses) = (!has.is_subset(&had), !had.is_subset(&has));
            // Its holders may be in any office of the organisation.
            ended = tx.as_platform(async |tx| follow(tx, after.id, gains, loses).await).await?;
        }
        let (before, after) = (with_holders(tx.db(), before).await?, with_holders(tx.db(), after).await?);
        tx.audit_changed("role.update", subject(id.0, &caller.claims), &before, &after).await?;
        Ok(Changed::new(after.version, after))
    })
    .await?;
    ending::announce_ended(&state, &ended).await;
    Ok(answer)
}

fn words(permissions: &[String]) -> BTreeSet<&str> {
    permissions.iter().map(String::as_str).collect()
}

/// What a change of a role's permissions entails for its holders: other services are told of their new rights; where it
/// gains one, links into their accounts end, and where it loses one they sign in again. The sessions that ended.
async fn follow(
    tx: &mut Transaction,
    role: RoleId,
    gains: bool,
    loses: bool,
) -> Result<Vec<Uuid>, StoreError> {
    let people = store::people_with(tx.db(), role).await?;
    announcement::announce_again(tx, &people).await?;
    if gains {
        links::end(tx, &people).await?;
    }
    if loses { ending::end_all_sessions(tx, &people).await } else { Ok(Vec::new()) }
}

/// Deletes a custom role
///
/// Only headquarters can delete roles. A role that somebody holds cannot be deleted (409): take it from its holders
/// first.
#[utoipa::path(tag = "roles", security(("oauth2" = ["people:write"])),
    params(("id" = Uuid, Path, description = "The custom role"),
           ("Idempotency-Key" = Option<String>, Header, description = "Idempotency key: makes retries safe")),
    responses((status = 204, description = "The role was deleted"), UpdateProblems))]
#[delete("/v1/roles/{id}")]
pub(crate) async fn remove(
    request: HttpRequest,
    caller: Caller<perm::PeopleWrite>,
    context: Data<Context>,
    id: Id<RoleId>,
) -> ApiResult {
    context.headquarters(&caller.claims).await?;
    service::act(&context, &request, &caller.claims, &[], async |tx, _| {
        // Locked: nobody is given the role from here on.
        let found = store::get_to_change(tx, caller.claims.organisation_id, id.0).await?;
        let row = found.ok_or_else(Problem::not_found)?;
        // In whichever office.
        let before = tx.as_platform(async |tx| with_holders(tx.db(), row).await).await?;
        if before.holders > 0 {
            let why = format!("is held by {} people: take it from them first", before.holders);
            let fault = Fault::state(RecordKind::Role, "held", why);
            return Err(Problem::new(Code::Conflict).field("/holders", fault).into());
        }
        store::delete(tx, id.0).await?;
        let (subject, before) = (subject(id.0, &caller.claims), Some(audit::snapshot(&before)?));
        Ok(tx.audit(audit::Entry { action: "role.delete", subject, before, after: None }).await?)
    })
    .await
}

/// The organisation has a role of this name.
fn taken(error: StoreError) -> ApiError {
    if !error.is_duplicate() {
        return error.into();
    }
    let fault = FieldCode::AlreadyExists.says("is the name of another role").kind(RecordKind::Role);
    Problem::new(Code::Conflict).field("/name", fault).into()
}

/// A role belongs to no office: its changes are in the trail of headquarters, which makes them.
fn subject(id: RoleId, claims: &Claims) -> audit::Subject {
    let (organisation_id, office_id) = (claims.organisation_id, claims.office_id);
    audit::Subject { resource: "role", id: id.as_uuid(), organisation_id, office_id }
}
