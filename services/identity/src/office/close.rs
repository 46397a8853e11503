//! Closing an office that nothing is open in any more, and opening it again.

use super::{
    Kind, OfficeState,
    api::Office,
    change::{to_change, written},
    check_open_for_new, store,
};
use crate::known::agreement;
use ::store::StoreError;
use actix_web::{HttpRequest, get, http::StatusCode, post, web::Data};
use auth::{ApiError, Caller, perm};
use kernel::{
    AgreementId, AgreementState, Code, Fault, OfficeId, OrganisationId, Problem, Reason, RecordKind, Word,
};
use sea_orm::ConnectionTrait;
use serde::Serialize;
use service::{
    ApiResult, Context, Id,
    openapi::{ReadProblems, UpdateProblems},
    response,
};
use utoipa::ToSchema;

/// Open agreements that are named.
const NAMED_AGREEMENTS: u32 = 20;

/// What keeps an office open.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OpenBusiness {
    /// Open offices directly below it.
    #[schema(minimum = 0)]
    offices: i64,
    /// People with a role there, and accounts that it manages, but for those who are suspended; each person counts once.
    #[schema(minimum = 0)]
    people: i64,
    /// API clients that act for it.
    #[schema(minimum = 0)]
    clients: i64,
    /// The first 20 of the agreements that it implements and that are neither closed nor cancelled, by reference.
    #[schema(max_items = 20)]
    agreements: Vec<OpenAgreement>,
    /// How many such agreements there are.
    #[schema(minimum = 0)]
    agreements_total: i64,
}

/// An agreement that is neither closed nor cancelled.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OpenAgreement {
    id: AgreementId,
    #[schema(example = "AGR-2026-00042", max_length = 40)]
    reference: String,
    #[schema(value_type = AgreementState)]
    state: Word<AgreementState>,
}

impl OpenBusiness {
    /// `db` sees the whole organisation.
    async fn of(
        db: &impl ConnectionTrait,
        organisation_id: OrganisationId,
        office_id: OfficeId,
    ) -> Result<Self, StoreError> {
        let (offices, people, clients) = store::open_there(db, organisation_id, office_id).await?;
        let (first, agreements_total) =
            agreement::open(db, organisation_id, office_id, NAMED_AGREEMENTS).await?;
        let shown = |agreement: agreement::Open| OpenAgreement {
            id: agreement.id,
            reference: agreement.reference,
            state: agreement.state,
        };
        let agreements = first.into_iter().map(shown).collect();
        Ok(Self { offices, people, clients, agreements, agreements_total })
    }

    /// Refuses to close the office, unless there is nothing.
    fn check_none(&self) -> Result<(), Problem> {
        let Self { offices, people, clients, agreements, agreements_total } = self;
        if [offices, people, clients, agreements_total].into_iter().all(|count| *count == 0) {
            return Ok(());
        }
        let references: Vec<&str> = agreements.iter().map(|agreement| agreement.reference.as_str()).collect();
        let why = "something is still open there: GET open-business of the office says what";
        Err(Problem::new(Code::Conflict)
            .because(Reason::OpenBusiness, why)
            .with("offices", *offices)
            .with("people", *people)
            .with("clients", *clients)
            .with("agreements", *agreements_total)
            .with("references", references.join(", ")))
    }
}

/// Gets what keeps an office open
///
/// Offices below it, people, API clients and agreements: an office is closed once there are none. Agreements are those that
/// the donors service has told of, usually within a second. Only the office itself or one above it; 404 for any other.
#[utoipa::path(tag = "offices", params(("id" = Uuid, Path, description = "The office")),
    security(("oauth2" = ["offices:write"])),
    responses((status = 200, description = "What is open there", body = OpenBusiness), ReadProblems))]
#[get("/v1/offices/{id}/open-business")]
pub(crate) async fn open_business(
    caller: Caller<perm::OfficesWrite>,
    context: Data<Context>,
    id: Id<OfficeId>,
) -> ApiResult {
    service::read(&context, &caller.claims, async |db, scope| {
        let office = store::get(scope, db, id.0).await?.ok_or_else(Problem::not_found)?;
        if !scope.office_ids().contains(&office.id) {
            return Err(Problem::not_found().into());
        }
        let organisation_id = office.organisation_id;
        let open = db
            .across_offices(scope, async |all| OpenBusiness::of(all, organisation_id, office.id).await)
            .await?;
        response::json(StatusCode::OK, &[], &open)
    })
    .await
}

/// Closes an office
///
/// Nothing new is given to a closed office: no records, roles, API clients or offices below it. What it has stays, can be
/// read and goes on. 409 while something is open there: the reason `open_business` says how much, and `references` names
/// the first agreements. Headquarters stays open. Only the office itself or one above it may do this. Send the office's
/// ETag in `If-Match`.
#[utoipa::path(tag = "offices", security(("oauth2" = ["offices:write"])),
    params(("id" = Uuid, Path, description = "The office"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The closed office", body = Office), UpdateProblems))]
#[post("/v1/offices/{id}/close")]
pub(crate) async fn close(
    request: HttpRequest,
    caller: Caller<perm::OfficesWrite>,
    context: Data<Context>,
    id: Id<OfficeId>,
) -> ApiResult {
    service::change(&context, &request, &caller.claims, async |tx, _, precondition| {
        let before = to_change(tx, &caller.claims, id.0, precondition).await?;
        check_state(&before, OfficeState::Open)?;
        if before.kind == Kind::Headquarters {
            let others: Vec<&str> =
                Kind::ALL.iter().filter(|kind| **kind != before.kind).map(|kind| kind.as_str()).collect();
            let fault = Fault::not_one_of(before.kind.as_str(), &others);
            return Err(Problem::new(Code::Conflict).field("/kind", fault).into());
        }
        let organisation_id = before.organisation_id;
        let open =
            tx.across_offices(async |all| OpenBusiness::of(all, organisation_id, before.id).await).await?;
        open.check_none()?;
        let after = store::Model {
            version: before.version + 1,
            is_closed: true,
            closed_at: Some(tx.now()),
            ..before.clone()
        };
        written(tx, "office.close", before, after).await
    })
    .await
}

/// Reopens an office
///
/// One below an office that is open. Only an office above it may do this, or the office itself. Send the office's ETag in
/// `If-Match`.
#[utoipa::path(tag = "offices", security(("oauth2" = ["offices:write"])),
    params(("id" = Uuid, Path, description = "The office"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The open office", body = Office), UpdateProblems))]
#[post("/v1/offices/{id}/reopen")]
pub(crate) async fn reopen(
    request: HttpRequest,
    caller: Caller<perm::OfficesWrite>,
    context: Data<Context>,
    id: Id<OfficeId>,
) -> ApiResult {
    service::change(&context, &request, &caller.claims, async |tx, _, precondition| {
        let before = to_change(tx, &caller.claims, id.0, precondition).await?;
        check_state(&before, OfficeState::Closed)?;
        let above: Vec<(String, OfficeId)> =
            before.parent_id.into_iter().map(|parent| ("/parent_id".to_owned(), parent)).collect();
        check_open_for_new(tx, before.organisation_id, &above).await?;
        let after =
            store::Model { version: before.version + 1, is_closed: false, closed_at: None, ..before.clone() };
        written(tx, "office.reopen", before, after).await
    })
    .await
}

/// An office is closed once, and opened when it is closed.
fn check_state(office: &store::Model, needed: OfficeState) -> Result<(), ApiError> {
    let state = office.state();
    if state == needed {
        return Ok(());
    }
    let fault = Fault::state(RecordKind::Office, state.as_str(), format!("the office is {state}"));
    Err(Problem::new(Code::Conflict).field("/state", fault).into())
}
