//! The due-diligence decisions on a donor: listed, and recorded by headquarters as long as partnerships has taken none.

use super::donor::{self, store};
use crate::clearance::{
    standing::{self, ClearanceStanding},
    store::{keep, next_ordinal},
};
use ::store::{TenantScope, audit, params, sql};
use actix_web::{HttpRequest, get, http::StatusCode, post, web::Data};
use auth::{Caller, perm};
use chrono::{DateTime, NaiveDate, Utc};
use events::ClearanceDecided;
use kernel::{
    ClearanceDecision, ClearanceId, ClearanceProducer, Code, DonorId, Fault, OfficeId, Problem, Reason, Word,
};
use sea_orm::FromQueryResult;
use serde::{Deserialize, Serialize};
use service::{
    ApiResult, Checks, Column, Context, Created, Envelope, Id, JsonBody, Paging, Parameters, Row,
    openapi::{CreateProblems, ReadProblems},
    response,
};
use utoipa::ToSchema;

/// A due-diligence clearance.
#[derive(Debug, Clone, Serialize, ToSchema, FromQueryResult)]
pub(crate) struct Clearance {
    id: ClearanceId,
    donor_id: DonorId,
    /// The office that took it.
    office_id: OfficeId,
    /// Who took it: headquarters in the donor registry, or partnerships, whose decisions alone count once there are any.
    #[schema(value_type = ClearanceProducer)]
    producer: Word<ClearanceProducer>,
    /// Its number among the producer's decisions on the donor: the highest is the latest.
    #[schema(minimum = 0)]
    ordinal: i64,
    #[schema(value_type = ClearanceDecision)]
    decision: Word<ClearanceDecision>,
    valid_from: NaiveDate,
    valid_until: NaiveDate,
    /// Where the supporting document is kept.
    #[schema(example = "DD-2026-014", max_length = 100)]
    reference: String,
    created_at: DateTime<Utc>,
}

/// A new due-diligence decision.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewClearance {
    decision: ClearanceDecision,
    #[serde(deserialize_with = "kernel::date::day")]
    valid_from: NaiveDate,
    /// The last day on which it is valid.
    #[serde(deserialize_with = "kernel::date::day")]
    valid_until: NaiveDate,
    /// Where the supporting document is kept.
    #[schema(example = "DD-2026-014", min_length = 1, max_length = 100)]
    reference: String,
}

impl Row for Clearance {
    const COLUMNS: &'static [Column<Self>] = &[
        ("id", |row| row.id.into()),
        ("producer", |row| row.producer.as_str().into()),
        ("ordinal", |row| row.ordinal.into()),
        ("decision", |row| row.decision.as_str().into()),
        ("valid_from", |row| row.valid_from.to_string().into()),
        ("valid_until", |row| row.valid_until.to_string().into()),
        ("reference", |row| row.reference.as_str().into()),
        ("created_at", |row| row.created_at.to_rfc3339().into()),
    ];
}

/// Lists a donor's due-diligence decisions
///
/// Newest first. Of the decisions whose first day has come, the one with the highest `ordinal` is in force: among those of
/// partnerships if there are any, else among those of headquarters. After a merger, a refusal of either donor counts until
/// a later decision on the donor that stayed. `/v1/donors/{id}/clearance` says what holds today.
#[utoipa::path(tag = "donors", security(("oauth2" = ["agreements:read"])),
    params(("id" = Uuid, Path, description = "The donor"), Paging),
    responses((status = 200, description = "The decisions", body = Envelope<Clearance>), ReadProblems))]
#[get("/v1/donors/{id}/clearances")]
pub(crate) async fn list(
    request: HttpRequest,
    caller: Caller<perm::AgreementsRead>,
    context: Data<Context>,
    id: Id<DonorId>,
    paging: Parameters<Paging>,
) -> ApiResult {
    let scope = context.scope(&caller.claims).await?;
    // What was found out about a donor is not for the donor.
    if matches!(scope, TenantScope::Donor { .. }) {
        return Err(Problem::not_found().into());
    }
    donor::known(&context, &scope, id.0).await?;
    let page = paging.0.of("clearances", &id.0)?;
    service::list(&request, &context, scope, page, async move |db, scope, page| {
        let mut parameters = params![id.0, scope.organisation_id()];
        let mut text = "SELECT * FROM clearance WHERE donor_id = $1 AND organisation_id = $2".to_owned();
        if let Some(last) = page.after::<ClearanceId>()? {
            parameters.push(last.into());
            text.push_str(" AND id < $3");
        }
        text.push_str(&format!(" ORDER BY id DESC LIMIT {}", page.limit + 1));
        let found: Vec<Clearance> = sql::all(db, &text, parameters).await?;
        Ok(page.page(found, |row| row.id))
    })
    .await
}

/// Gets the clearance of a donor
///
/// Whether agreements with the donor need a due-diligence clearance, and what its decisions say today. Of a duplicate that
/// was merged: what is said of the donor that replaced it. Staff only: 404 for donor representatives.
#[utoipa::path(tag = "donors", security(("oauth2" = ["agreements:read"])),
    params(("id" = Uuid, Path, description = "The donor")),
    responses((status = 200, description = "How the donor stands today", body = ClearanceStanding), ReadProblems))]
#[get("/v1/donors/{id}/clearance")]
pub(crate) async fn get(
    caller: Caller<perm::AgreementsRead>,
    context: Data<Context>,
    id: Id<DonorId>,
) -> ApiResult {
    let today = context.store.clock().now().date_naive();
    let found = service::read(&context, &caller.claims, async |db, scope| {
        if matches!(scope, TenantScope::Donor { .. }) {
            return Err(Problem::not_found().into());
        }
        let donor = store::get(scope, db, id.0).await?.ok_or_else(Problem::not_found)?;
        let decided_on = donor.merged_into.unwrap_or(donor.id);
        Ok(standing::of(db, donor.organisation_id, decided_on, today).await?)
    });
    response::json(StatusCode::OK, &[("cache-control", "no-cache".to_owned())], &found.await?)
}

/// Records a due-diligence decision
///
/// Headquarters only. With a donor whose type needs a clearance (`/v1/clearance-rule`), agreements are signed, activated
/// and extended at a cost only while one holds. A decision may begin later, such as a renewal: until then, the one before
/// it stays in force. 409 (`kept_elsewhere`) once partnerships has decided on the donor.
#[utoipa::path(tag = "donors", request_body = NewClearance, security(("oauth2" = ["donors:write"])),
    params(("id" = Uuid, Path, description = "The donor"),
           ("Idempotency-Key" = Option<String>, Header, description = "Idempotency key: makes retries safe")),
    responses((status = 201, description = "The decision", body = Clearance), CreateProblems))]
#[post("/v1/donors/{id}/clearances")]
pub(crate) async fn create(
    request: HttpRequest,
    caller: Caller<perm::DonorsWrite>,
    context: Data<Context>,
    id: Id<DonorId>,
    body: JsonBody<NewClearance>,
) -> ApiResult {
    let new = body.value;
    let scope = context.scope(&caller.claims).await?;
    donor::known(&context, &scope, id.0).await?;
    let office_id = context.headquarters(&caller.claims).await?;
    let mut checks = Checks::new();
    checks.day("/valid_from", new.valid_from);
    checks.day("/valid_until", new.valid_until);
    let fault = Fault::before("valid_from", new.valid_from);
    checks.require(new.valid_from <= new.valid_until, "/valid_until", fault);
    checks.text("/reference", &new.reference, 100);
    checks.finish()?;
    let organisation_id = caller.claims.organisation_id;
    service::create(&context, &request, &caller.claims, &body.digest, async |tx, _| {
        donor::merge_lock::shared(tx, organisation_id).await?;
        let donor = store::get(tx.scope(), tx.db(), id.0).await?.ok_or_else(Problem::not_found)?;
        donor::check_not_merged(&donor)?;
        let Some(ordinal) = next_ordinal(tx, id.0).await? else {
            let why = "due diligence of this donor is decided in partnerships";
            let refused = Problem::new(Code::Conflict).because(Reason::KeptElsewhere, why);
            return Err(refused.with("source", ClearanceProducer::Partnerships.as_str()).into());
        };
        let clearance = Clearance {
            id: tx.new_id(),
            donor_id: id.0,
            office_id,
            producer: ClearanceProducer::Donors.into(),
            ordinal,
            decision: new.decision.into(),
            valid_from: new.valid_from,
            valid_until: new.valid_until,
            reference: new.reference,
            created_at: tx.now(),
        };
        let event = ClearanceDecided {
            id: clearance.id,
            sequence: 1,
            organisation_id,
            office_id,
            donor_id: clearance.donor_id,
            decision: clearance.decision.clone(),
            valid_from: clearance.valid_from,
            valid_until: clearance.valid_until,
            reference: clearance.reference.clone(),
            decided_at: clearance.created_at,
            producer: clearance.producer.clone(),
            ordinal,
        };
        keep(tx, std::slice::from_ref(&event)).await?;
        tx.emit(&event).await?;
        tx.audit_created(
            "clearance.create",
            audit::Subject { resource: "clearance", id: clearance.id.as_uuid(), organisation_id, office_id },
            &clearance,
        )
        .await?;
        Ok(Created::new(format!("/v1/donors/{}/clearances", id.0), 1, clearance))
    })
    .await
}
