//! What moves an agreement on: negotiation, signature, activation, closure, cancellation, amendments.

use super::signature;
use crate::{
    agreement::{
        Action, AmendmentKind, Refused, amendment,
        api::AgreementRecord,
        create::{changed, own},
        store,
        terms::{self, Instalment},
        transition,
    },
    clearance::standing,
    reporting::report,
};
use ::store::TenantTx;
use actix_web::{HttpRequest, post, web::Data};
use auth::{ApiError, Caller, Claims, perm};
use chrono::NaiveDate;
use kernel::{AgreementId, Code, Fault, FieldCode, Money, Problem, RecordKind, Situation};
use serde::Deserialize;
use service::{ApiResult, Checks, Context, Id, JsonBody, openapi::UpdateProblems};
use utoipa::ToSchema;

impl From<Refused> for ApiError {
    fn from(refused: Refused) -> Self {
        let fault = Fault::state(RecordKind::Agreement, refused.from, refused.to_string());
        Problem::new(Code::Conflict).field("/state", fault.with("to", refused.to)).into()
    }
}

async fn step(
    request: &HttpRequest,
    context: &Context,
    claims: &Claims,
    id: AgreementId,
    (action, name): (Action, &'static str),
) -> ApiResult {
    service::change(context, request, claims, async |tx, _, precondition| {
        let before = own(tx, claims, id).await?;
        precondition.check(before.version)?;
        let state = transition(before.state, action)?;
        let after =
            store::Model { version: before.version + 1, state, updated_at: tx.now(), ..before.clone() };
        match action {
            Action::Activate => check_clearance(tx, &before, tx.now().date_naive()).await?,
            Action::Cancel => report::store::cancel_open(tx, &after).await?,
            Action::Negotiate | Action::Sign | Action::Close | Action::Amend => {}
        }
        changed(tx, before, after, name).await
    })
    .await
}

/// With a donor whose type needs one, an agreement is signed, activated and extended at a cost under a due-diligence
/// clearance that holds on that day.
///
/// # Errors
/// 409 at the donor when none holds.
pub(super) async fn check_clearance(
    tx: &TenantTx,
    agreement: &store::Model,
    day: NaiveDate,
) -> Result<(), ApiError> {
    let standing = standing::of(tx.db(), agreement.organisation_id, agreement.donor_id, day).await?;
    if !standing.suffices() {
        let why = format!("the donor needs a due-diligence clearance and has none that holds on {day}");
        return Err(Problem::new(Code::Conflict).field("/donor_id", FieldCode::NoClearance.says(why)).into());
    }
    Ok(())
}

macro_rules! steps {
    ($($(#[$doc:meta])* $handler:ident $path:literal $action:ident $audit:literal;)+) => {
        $($(#[$doc])*
        #[utoipa::path(tag = "agreements", security(("oauth2" = ["agreements:write"])),
            params(("id" = Uuid, Path, description = "The agreement"),
                   ("If-Match" = String, Header, description = "The ETag of the version you read")),
            responses((status = 200, description = "The agreement", body = AgreementRecord), UpdateProblems))]
        #[post($path)]
        pub(crate) async fn $handler(
            request: HttpRequest,
            caller: Caller<perm::AgreementsWrite>,
            context: Data<Context>,
            id: Id<AgreementId>,
        ) -> ApiResult {
            step(&request, &context, &caller.claims, id.0, (Action::$action, $audit)).await
        })+
    };
}

steps! {
    /// Starts negotiating a draft agreement
    ///
    /// From the state `draft` only (409 otherwise). The terms can still be changed until the agreement is signed.
    /// Only the office that owns the agreement (403 for the others that see it). Send the agreement's ETag in
    /// `If-Match`.
    negotiate "/v1/agreements/{id}/negotiate" Negotiate "agreement.negotiate";
    /// Activates a signed agreement
    ///
    /// From the state `signed` only (409 otherwise), and under a due-diligence clearance if the donor's type needs one.
    /// Its terms and its reports stay as they are. Only the office that owns the agreement (403 for the others that see
    /// it). Send the agreement's ETag in `If-Match`.
    activate "/v1/agreements/{id}/activate" Activate "agreement.activate";
    /// Closes an agreement
    ///
    /// From the state `active` only (409 otherwise); it cannot be reopened or amended. Reports that are still owed
    /// remain due: cancel the agreement instead if they are not. Only the office that owns the agreement (403 for
    /// the others that see it). Send the agreement's ETag in `If-Match`.
    close "/v1/agreements/{id}/close" Close "agreement.close";
    /// Cancels an agreement
    ///
    /// Reports that have not been submitted are no longer due.
    cancel "/v1/agreements/{id}/cancel" Cancel "agreement.cancel";
}

/// A new amendment.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAmendment {
    kind: AmendmentKind,
    #[schema(example = "Floods cut the roads for two months", min_length = 1, max_length = 2000)]
    reason: String,
    /// When the office requested it; an extension requested after the end date is recorded as late.
    #[serde(deserialize_with = "kernel::date::day")]
    requested_on: NaiveDate,
    /// The new end date.
    #[serde(default, deserialize_with = "kernel::date::optional_day")]
    end_date: Option<NaiveDate>,
    /// The new amount, in the agreement's currency.
    amount: Option<Money>,
    /// The new instalments.
    #[schema(max_items = 60)]
    instalments: Option<Vec<Instalment>>,
}

/// Amends a signed agreement
///
/// The former terms are kept in the amendment. The report schedule is adjusted: reports for unchanged periods keep
/// their dates; final reports move and keep their original due date. A cost extension needs a due-diligence clearance if
/// the donor's type does. Send the agreement's ETag in `If-Match`.
#[utoipa::path(tag = "agreements", request_body = NewAmendment, security(("oauth2" = ["agreements:write"])),
    params(("id" = Uuid, Path, description = "The agreement"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The agreement", body = AgreementRecord), UpdateProblems))]
#[post("/v1/agreements/{id}/amendments")]
pub(crate) async fn amend(
    request: HttpRequest,
    caller: Caller<perm::AgreementsWrite>,
    context: Data<Context>,
    id: Id<AgreementId>,
    body: JsonBody<NewAmendment>,
) -> ApiResult {
    let new = body.value;
    service::change(&context, &request, &caller.claims, async |tx, _, precondition| {
        let before = own(tx, &caller.claims, id.0).await?;
        precondition.check(before.version)?;
        transition(before.state, Action::Amend)?;
        check(&new, &before, tx.now().date_naive())?;
        if new.kind == AmendmentKind::CostExtension {
            check_clearance(tx, &before, tx.now().date_naive()).await?;
        }
        let signed = before.terms()?;
        let mut terms = signed.clone();
        terms.end_date = new.end_date.unwrap_or(terms.end_date);
        terms.amount = new.amount.unwrap_or(terms.amount);
        terms.instalments = new.instalments.unwrap_or(terms.instalments);
        terms::check_change(&signed, &terms)?;
        let amendment = amendment::Model {
            agreement_id: before.id,
            number: i32::try_from(amendment::of(tx.db(), before.id).await?.len()).unwrap_or(i32::MAX - 1) + 1,
            kind: new.kind,
            reason: new.reason,
            requested_on: new.requested_on,
            late: new.requested_on > before.end_date,
            terms_before: before.terms.clone(),
            recorded_at: tx.now(),
        };
        let renewed = store::Model { version: before.version + 1, updated_at: tx.now(), ..before.clone() };
        let after = renewed.under(&terms)?;
        signature::check_amendment(tx, &before, &after).await?;
        amendment::add(tx, amendment).await?;
        report::store::reconcile(tx, &after).await?;
        changed(tx, before, after, "agreement.amend").await
    })
    .await
}

fn check(new: &NewAmendment, before: &store::Model, today: NaiveDate) -> Result<(), Problem> {
    let mut checks = Checks::new();
    checks.required_long_text("/reason", &new.reason, 2000);
    checks.require(new.requested_on <= today, "/requested_on", Fault::in_future());
    if let Some(amount) = new.amount
        && amount.currency().code() != before.currency
    {
        checks.refuse("/amount/currency", Fault::currency_of(RecordKind::Agreement, &before.currency));
    }
    let later = new.end_date.is_some_and(|end| end > before.end_date);
    let not_later = FieldCode::NotAfter.says("must be after the current end").with("field", "end_date");
    let not_later = not_later.with("date", before.end_date.to_string());
    match new.kind {
        AmendmentKind::NoCostExtension => {
            checks.require(later, "/end_date", not_later);
            let fault =
                Fault::not_allowed_with(Situation::NoCostExtension, "must not change in a no-cost extension");
            checks.require(new.amount.is_none(), "/amount", fault);
        }
        AmendmentKind::CostExtension => {
            checks.require(later, "/end_date", not_later);
            let fault = Fault::required_with(Situation::CostExtension, "is required in a cost extension");
            checks.require(new.amount.is_some(), "/amount", fault);
        }
        AmendmentKind::BudgetRevision => {
            let fault =
                Fault::not_allowed_with(Situation::BudgetRevision, "must not change in a budget revision");
            checks.require(new.end_date.is_none(), "/end_date", fault);
            let something = new.amount.is_some() || new.instalments.is_some();
            let fault = (FieldCode::NoChange, "change the amount or the instalments");
            checks.require(something, "/amount", fault);
        }
    }
    checks.finish()
}
