//! The seats of a committee.

use crate::committee::{
    refusal::{taken, unknown},
    seat::{self, Model, SeatKind},
    store,
};
use crate::conflict;
use ::store::{TenantTx, person};
use actix_web::{HttpRequest, get, post, put, web::Data};
use auth::{ApiError, Caller, perm};
use chrono::NaiveDate;
use kernel::{CommitteeId, Fault, FieldCode, OfficeId, PersonId, Problem, RecordKind, SeatId};
use serde::{Deserialize, Serialize};
use service::{
    ApiResult, Changed, Checks, Column, Context, Created, Envelope, Id, JsonBody, Listed, Paging, Row,
    openapi::{CreateProblems, ReadProblems, UpdateProblems},
    response,
};
use utoipa::{IntoParams, ToSchema};

/// A seat in a committee.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CommitteeSeat {
    id: SeatId,
    #[schema(minimum = 1)]
    version: i64,
    committee_id: CommitteeId,
    person_id: PersonId,
    /// The office that it represents.
    office_id: OfficeId,
    kind: SeatKind,
    /// The seat that an alternate stands in for while its holder is absent.
    alternate_of: Option<SeatId>,
    /// Its first day, in the committee's time zone.
    from: NaiveDate,
    /// Its last day; null while none is known.
    to: Option<NaiveDate>,
}

impl From<Model> for CommitteeSeat {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            version: row.version,
            committee_id: row.committee_id,
            person_id: row.person_id,
            office_id: row.represented_id,
            kind: row.kind,
            alternate_of: row.alternate_of,
            from: row.from_day,
            to: row.to_day,
        }
    }
}

impl Row for CommitteeSeat {
    const COLUMNS: &'static [Column<Self>] = &[
        ("id", |row| row.id.into()),
        ("person_id", |row| row.person_id.into()),
        ("office_id", |row| row.office_id.into()),
        ("kind", |row| row.kind.as_str().into()),
        ("alternate_of", |row| row.alternate_of.into()),
        ("from", |row| row.from.into()),
        ("to", |row| row.to.into()),
    ];
}

/// A new seat in a committee.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSeat {
    /// An active member of staff, who has no other seat in the committee on the same days.
    person_id: PersonId,
    /// The office that it represents.
    office_id: OfficeId,
    kind: SeatKind,
    /// The seat that an alternate stands in for; for no other kind.
    alternate_of: Option<SeatId>,
    /// Its first day, in the committee's time zone.
    #[serde(deserialize_with = "kernel::date::day")]
    from: NaiveDate,
    /// Its last day, if it is known.
    #[serde(default, deserialize_with = "kernel::date::optional_day")]
    to: Option<NaiveDate>,
}

/// The days of a seat.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeatTerm {
    /// Its first day, in the committee's time zone.
    #[serde(deserialize_with = "kernel::date::day")]
    from: NaiveDate,
    /// Its last day, if it is known.
    #[serde(default, deserialize_with = "kernel::date::optional_day")]
    to: Option<NaiveDate>,
}

/// Filters of the seats of a committee.
#[derive(Debug, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SeatFilter {
    /// Only seats that are held on this day.
    #[serde(default, deserialize_with = "kernel::date::optional_day")]
    on: Option<NaiveDate>,
}

/// Lists the seats of a committee
///
/// Newest first, those that have ended as well unless `on` names a day.
#[utoipa::path(tag = "committees", params(("id" = Uuid, Path, description = "The committee"), SeatFilter, Paging),
    security(("oauth2" = ["committees:read"])),
    responses((status = 200, description = "The seats", body = Envelope<CommitteeSeat>), ReadProblems))]
#[get("/v1/committees/{id}/seats")]
pub(crate) async fn list(
    request: HttpRequest,
    caller: Caller<perm::CommitteesRead>,
    context: Data<Context>,
    id: Id<CommitteeId>,
    listed: Listed<SeatFilter>,
) -> ApiResult {
    let scope = context.scope(&caller.claims).await?;
    let (id, day) = (id.0, listed.filter.on);
    let page = listed.paging.of("committee-seats", &(id, day))?;
    service::list(&request, &context, scope, page, async move |db, scope, page| {
        let committee = store::get(scope, db, id).await?.ok_or_else(Problem::not_found)?;
        let rows = seat::list(db, committee.id, day, page.after()?, page.limit + 1).await?;
        Ok(page.page(rows, |row| row.id).map(CommitteeSeat::from))
    })
    .await
}

/// Gets a seat in a committee
///
/// Also one that has ended. Staff only.
#[utoipa::path(tag = "committees", params(("id" = Uuid, Path, description = "The seat")),
    security(("oauth2" = ["committees:read"])),
    responses((status = 200, description = "The seat", body = CommitteeSeat), ReadProblems))]
#[get("/v1/committee-seats/{id}")]
pub(crate) async fn get(
    request: HttpRequest,
    caller: Caller<perm::CommitteesRead>,
    context: Data<Context>,
    id: Id<SeatId>,
) -> ApiResult {
    let row = service::read(&context, &caller.claims, async |db, scope| {
        Ok(seat::get(scope, db, id.0).await?.ok_or_else(Problem::not_found)?)
    });
    let row = row.await?;
    response::record(&request, row.version, &CommitteeSeat::from(row))
}

/// Gives somebody a seat in a committee
///
/// A person has one seat in a committee at a time, and a committee has one chair (409). An alternate votes for the seat in
/// `alternate_of` while its holder is absent. Headquarters only.
#[utoipa::path(tag = "committees", request_body = NewSeat, security(("oauth2" = ["committees:write"])),
    params(("id" = Uuid, Path, description = "The committee"),
           ("Idempotency-Key" = Option<String>, Header, description = "Idempotency key: makes retries safe")),
    responses((status = 201, description = "The seat", body = CommitteeSeat), CreateProblems))]
#[post("/v1/committees/{id}/seats")]
pub(crate) async fn create(
    request: HttpRequest,
    caller: Caller<perm::CommitteesWrite>,
    context: Data<Context>,
    id: Id<CommitteeId>,
    body: JsonBody<NewSeat>,
) -> ApiResult {
    let new = body.value;
    let office_id = context.headquarters(&caller.claims).await?;
    check(&context, &caller.claims, &new).await?;
    service::create(&context, &request, &caller.claims, &body.digest, async |tx, scope| {
        let committee = store::get_to_change(scope, tx, id.0).await?.ok_or_else(Problem::not_found)?;
        let now = tx.now();
        let seat = Model {
            id: tx.new_id(),
            version: 1,
            organisation_id: committee.organisation_id,
            office_id,
            committee_id: committee.id,
            person_id: new.person_id,
            represented_id: new.office_id,
            kind: new.kind,
            alternate_of: new.alternate_of,
            from_day: new.from,
            to_day: new.to,
            created_at: now,
            updated_at: now,
        };
        check_others(tx, &seat).await?;
        seat::save(tx, &seat).await?;
        conflict::refresh_committee(tx, seat.organisation_id, seat.committee_id).await?;
        let shown = CommitteeSeat::from(seat.clone());
        tx.audit_created("seat.create", &seat, &shown).await?;
        Ok(Created::new(format!("/v1/committee-seats/{}", seat.id), 1, shown))
    })
    .await
}

/// Changes the days of a seat
///
/// To end it, send its last day. Whoever follows gets a seat of their own. Headquarters only. Send the seat's version in
/// `If-Match`.
#[utoipa::path(tag = "committees", request_body = SeatTerm, security(("oauth2" = ["committees:write"])),
    params(("id" = Uuid, Path, description = "The seat"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The seat", body = CommitteeSeat), UpdateProblems))]
#[put("/v1/committee-seats/{id}")]
pub(crate) async fn update(
    request: HttpRequest,
    caller: Caller<perm::CommitteesWrite>,
    context: Data<Context>,
    id: Id<SeatId>,
    body: JsonBody<SeatTerm>,
) -> ApiResult {
    let SeatTerm { from, to } = body.value;
    context.headquarters(&caller.claims).await?;
    service::change(&context, &request, &caller.claims, async |tx, scope, precondition| {
        let seen = seat::get(scope, tx.db(), id.0).await?.ok_or_else(Problem::not_found)?;
        tx.lock(&format!("committee {}", seen.committee_id)).await?;
        let before = seat::get(scope, tx.db(), id.0).await?.ok_or_else(Problem::not_found)?;
        precondition.check(before.version)?;
        let mut checks = Checks::new();
        check_days(&mut checks, from, to);
        checks.finish()?;
        let after = Model {
            version: before.version + 1,
            from_day: from,
            to_day: to,
            updated_at: tx.now(),
            ..before.clone()
        };
        check_others(tx, &after).await?;
        seat::save(tx, &after).await?;
        conflict::refresh_committee(tx, after.organisation_id, after.committee_id).await?;
        let (was, is) = (CommitteeSeat::from(before), CommitteeSeat::from(after.clone()));
        tx.audit_changed("seat.update", &after, &was, &is).await?;
        Ok(Changed::new(after.version, is))
    })
    .await
}

fn check_days(checks: &mut Checks, from: NaiveDate, to: Option<NaiveDate>) {
    checks.date("/from", from);
    if let Some(to) = to {
        checks.date("/to", to);
        checks.require(from <= to, "/to", Fault::before("from", from));
    }
}

/// What can be told without the other seats.
async fn check(context: &Context, claims: &auth::Claims, new: &NewSeat) -> Result<(), ApiError> {
    let mut checks = Checks::new();
    check_days(&mut checks, new.from, new.to);
    let is_alternate = new.kind == SeatKind::Alternate;
    let missing = FieldCode::Required.says("is required of an alternate");
    checks.require(!is_alternate || new.alternate_of.is_some(), "/alternate_of", missing);
    let other = FieldCode::Invalid.says("is for an alternate only");
    checks.require(is_alternate || new.alternate_of.is_none(), "/alternate_of", other);
    checks.finish()?;
    person::check(&context.store, claims.organisation_id, new.person_id, "/person_id").await?;
    match context.store.await_office(claims.organisation_id, new.office_id).await? {
        Some(_) => Ok(()),
        None => Err(Problem::invalid_field("/office_id", Fault::unknown(RecordKind::Office)).into()),
    }
}

/// Whether a seat goes with the other ones of its committee.
async fn check_others(tx: &TenantTx, seat: &Model) -> Result<(), ApiError> {
    let mut others = seat::all(tx.db(), seat.committee_id).await?;
    others.retain(|other| other.id != seat.id);
    if let Some(stands_in_for) = seat.alternate_of {
        let is_known = others.iter().any(|other| other.id == stands_in_for && other.kind.votes());
        if !is_known {
            return Err(Problem::invalid_field("/alternate_of", unknown("seat")).into());
        }
    }
    others.retain(|other| other.meets(seat));
    if others.iter().any(|other| other.person_id == seat.person_id) {
        return Err(taken("/person_id", "has a seat in the committee on these days already"));
    }
    if seat.kind == SeatKind::Chair && others.iter().any(|other| other.kind == SeatKind::Chair) {
        return Err(taken("/kind", "the committee has a chair on these days already"));
    }
    let is_represented = |other: &Model| {
        other.kind == SeatKind::Alternate
            && seat.kind == SeatKind::Alternate
            && other.alternate_of == seat.alternate_of
    };
    if others.iter().any(is_represented) {
        return Err(taken("/alternate_of", "has an alternate on these days already"));
    }
    Ok(())
}
