//! Due-diligence clearances of private-sector donors, recorded by headquarters.

use super::donor::{self, store};
use ::store::{StoreError, Transaction, audit, insert_new, params, sql};
use actix_web::{HttpRequest, get, post, web::Data};
use auth::{Caller, perm};
use chrono::{DateTime, NaiveDate, Utc};
use events::ClearanceDecided;
use kernel::{ClearanceDecision, ClearanceId, DonorId, Fault, Problem, Word};
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde::{Deserialize, Serialize};
use service::{
    ApiResult, Checks, Column, Context, Created, Envelope, Id, JsonBody, Paging, Parameters, Row,
    openapi::{CreateProblems, ReadProblems},
};
use utoipa::ToSchema;

/// A due-diligence clearance.
#[derive(Debug, Clone, Serialize, ToSchema, FromQueryResult)]
pub(crate) struct Clearance {
    id: ClearanceId,
    donor_id: DonorId,
    #[schema(value_type = ClearanceDecision)]
    decision: Word<ClearanceDecision>,
    valid_from: NaiveDate,
    valid_until: NaiveDate,
    /// Where the supporting document is kept.
    #[schema(example = "DD-2026-014", max_length = 100)]
    reference: String,
    created_at: DateTime<Utc>,
}

/// A row of `clearance`.
mod row {
    use kernel::{ClearanceDecision, ClearanceId, DonorId, OfficeId, OrganisationId, Word};
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "clearance")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: ClearanceId,
        pub organisation_id: OrganisationId,
        pub office_id: OfficeId,
        pub donor_id: DonorId,
        pub decision: Word<ClearanceDecision>,
        pub valid_from: Date,
        pub valid_until: Date,
        pub reference: String,
        pub created_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
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
        ("decision", |row| row.decision.as_str().into()),
        ("valid_from", |row| row.valid_from.to_string().into()),
        ("valid_until", |row| row.valid_until.to_string().into()),
        ("reference", |row| row.reference.as_str().into()),
        ("created_at", |row| row.created_at.to_rfc3339().into()),
    ];
}

/// Keeps decisions; one that is there already stays as it is.
pub(crate) async fn keep(tx: &Transaction, decisions: &[ClearanceDecided]) -> Result<(), StoreError> {
    let row = |event: &ClearanceDecided| row::Model {
        id: event.id,
        organisation_id: event.organisation_id,
        office_id: event.office_id,
        donor_id: event.donor_id,
        decision: event.decision.clone(),
        valid_from: event.valid_from,
        valid_until: event.valid_until,
        reference: event.reference.clone(),
        created_at: event.decided_at,
    };
    insert_new(tx.db(), &decisions.iter().map(row).collect::<Vec<_>>()).await?;
    Ok(())
}

/// Whether the latest decision about a donor clears it on `day`.
pub(crate) async fn holds(
    db: &impl ConnectionTrait,
    donor: DonorId,
    day: NaiveDate,
) -> Result<bool, StoreError> {
    let text = "SELECT decision, valid_from, valid_until FROM clearance WHERE donor_id = $1 ORDER BY id DESC LIMIT 1";
    let Some(row) = sql::row(db, text, params![donor]).await? else { return Ok(false) };
    let decision: String = row.try_get_by_index(0)?;
    let (from, until): (NaiveDate, NaiveDate) = (row.try_get_by_index(1)?, row.try_get_by_index(2)?);
    Ok(decision == "cleared" && from <= day && day <= until)
}

/// Lists a donor's due-diligence decisions
///
/// Newest first. The latest decision applies.
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
    if matches!(scope, ::store::TenantScope::Donor { .. }) {
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

/// Records a due-diligence decision
///
/// Headquarters only. An agreement with a private-sector donor can be signed only while the latest decision clears it.
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
    let fault = Fault::before("valid_from", new.valid_from);
    checks.require(new.valid_from <= new.valid_until, "/valid_until", fault);
    checks.text("/reference", &new.reference, 100);
    checks.finish()?;
    let organisation_id = caller.claims.organisation_id;
    service::create(&context, &request, &caller.claims, &body.digest, async |tx, _| {
        donor::merge_lock::shared(tx, organisation_id).await?;
        let donor = store::get(tx.scope(), tx.db(), id.0).await?.ok_or_else(Problem::not_found)?;
        donor::check_not_merged(&donor)?;
        let clearance = Clearance {
            id: tx.new_id(),
            donor_id: id.0,
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
