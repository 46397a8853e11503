//! The list of people, and one of them.

use super::shape::{self, Person};
use crate::{
    person::{
        PersonKind, PersonState,
        list::{Filter, page as rows_of},
        store,
    },
    role::RoleId,
};
use actix_web::{HttpRequest, get, http::StatusCode, web::Data};
use auth::{Caller, perm};
use kernel::{DonorId, Fault, FieldCode, OfficeId, PersonId, Problem, StaffRole, pagination::Page};
use serde::{Deserialize, Serialize};
use service::{ApiResult, Context, Envelope, Id, Listed, Paging, openapi::ReadProblems, response};
use utoipa::IntoParams;

/// People that are asked for by their ids, at most.
const MAX_IDS: usize = 100;

/// Filters of the people list.
#[derive(Debug, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PeopleFilter {
    /// Full-text search in name and e-mail address; accents do not matter.
    #[param(max_length = 200)]
    q: Option<String>,
    /// Only accounts managed by this office.
    office_id: Option<OfficeId>,
    /// Only accounts in this state.
    state: Option<PersonState>,
    /// Only people who have this built-in role, in any office.
    role: Option<StaffRole>,
    /// Only people who have this custom role, in any office.
    role_id: Option<RoleId>,
    /// Only people who have a role, built-in or custom, in this office. If it is one of the caller's offices, staff whose
    /// accounts offices beyond the caller's manage are included, by name alone, unless `q`, `role` or `role_id` is sent as
    /// well.
    role_office_id: Option<OfficeId>,
    /// Only representatives of this donor.
    donor_id: Option<DonorId>,
    /// Only staff, or only donors' representatives.
    #[param(inline)]
    kind: Option<PersonKind>,
    /// Only these people, for their names: up to 100 ids, separated by commas. Staff beyond the caller's offices are
    /// included, by name alone, unless `q`, `role`, `role_id` or another office's `role_office_id` is sent as well; ids of
    /// nobody are left out.
    #[param(max_length = 3699)]
    ids: Option<String>,
}

impl PeopleFilter {
    fn checked(&self) -> Result<Filter, Problem> {
        Ok(Filter {
            words: self.q.as_deref().map(str::to_lowercase),
            office_id: self.office_id,
            state: self.state,
            role: self.role,
            role_id: self.role_id.map(RoleId::as_uuid),
            role_office_id: self.role_office_id,
            donor_id: self.donor_id,
            kind: self.kind,
            ids: self.ids.as_deref().map(ids).transpose()?,
        })
    }
}

fn ids(text: &str) -> Result<Vec<PersonId>, Problem> {
    let ids = text.split(',').map(|id| id.trim().parse::<PersonId>()).collect::<Result<Vec<_>, _>>();
    let not_ids = (FieldCode::NotAnId, "must be ids (UUIDs), separated by commas");
    let ids = ids.map_err(|_| Problem::invalid_parameter("ids", not_ids))?;
    if ids.len() > MAX_IDS {
        return Err(Problem::invalid_parameter("ids", Fault::too_many(MAX_IDS as u64, "ids")));
    }
    Ok(ids)
}

/// Lists people
///
/// By name. Accounts managed by the caller's office and the offices below it; with `ids`, staff of the whole organisation,
/// and with `role_office_id`, everybody who has a role in that office of the caller's.
#[utoipa::path(tag = "people", params(PeopleFilter, Paging), security(("oauth2" = ["people:read"])),
    responses((status = 200, description = "The people, by name", body = Envelope<Person>), ReadProblems))]
#[get("/v1/people")]
pub(crate) async fn list(
    request: HttpRequest,
    caller: Caller<perm::PeopleRead>,
    context: Data<Context>,
    listed: Listed<PeopleFilter>,
) -> ApiResult {
    let filter = listed.filter.checked()?;
    let page = listed.paging.of("people", &(caller.claims.office_id, &listed.filter))?;
    let scope = context.scope(&caller.claims).await?;
    let now = context.store.clock().now();
    service::list(&request, &context, scope, page, async move |db, scope, page| {
        let rows = rows_of(scope, db, &filter, now.date_naive(), page, page.after()?).await?;
        let Page { items, next } = page.page(rows, |row| (row.sort_name.clone(), row.id));
        let as_seen = |person: Person| {
            if scope.office_ids().contains(&person.office_id) { person } else { person.by_name() }
        };
        let items = shape::all(db, items, now).await?.into_iter().map(as_seen).collect();
        Ok(Page { items, next })
    })
    .await
}

/// Gets a user account
///
/// With its roles by office or, for a donor's representative, the donor. Only accounts managed by the caller's
/// office and the offices below it; 404 for any other. The caller's own account is at `GET /v1/me`.
#[utoipa::path(tag = "people", params(("id" = Uuid, Path, description = "The person")),
    security(("oauth2" = ["people:read"])),
    responses((status = 200, description = "The person", body = Person), ReadProblems))]
#[get("/v1/people/{id}")]
pub(crate) async fn get(
    caller: Caller<perm::PeopleRead>,
    context: Data<Context>,
    id: Id<PersonId>,
) -> ApiResult {
    let now = context.store.clock().now();
    service::read(&context, &caller.claims, async |db, scope| {
        let row = store::get(scope, db, id.0).await?.ok_or_else(Problem::not_found)?;
        let etag = response::etag(row.version);
        // Always whole: sign-ins and invitations make no new version, and a state ends with a day.
        response::json(StatusCode::OK, &[("etag", etag)], &shape::one(db, row, now).await?)
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_a_short_list_with_commas() {
        let id = "0199a1b2-0000-7000-8000-000000000001";
        assert_eq!(ids(&format!("{id}, {id}")).unwrap(), [id.parse::<PersonId>().unwrap(); 2]);
        assert_eq!(ids(&[id; MAX_IDS].join(",")).unwrap().len(), MAX_IDS);
        for (wrong, code) in [
            (format!("{id},"), FieldCode::NotAnId),
            ("amina".to_owned(), FieldCode::NotAnId),
            ([id; MAX_IDS + 1].join(","), FieldCode::TooMany),
        ] {
            let problem = ids(&wrong).unwrap_err();
            assert_eq!((problem.status, problem.errors[0].code), (400, code), "{wrong}");
        }
    }
}
