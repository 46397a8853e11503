//! Who signs: one person, and a second one above the organisation's threshold.

use crate::{agreement::store, exchange_rate};
use ::store::{StoreError, TenantScope, Transaction};
use actix_web::{HttpRequest, get, put, web::Data};
use auth::{ApiError, Caller, perm};
use chrono::{DateTime, Utc};
use kernel::{Code, Currency, Fault, FieldCode, Money, Problem};
use serde::{Deserialize, Serialize};
use service::{
    ApiResult, Checks, Context, JsonBody, Setting,
    openapi::{ReadProblems, UpdateProblems},
    response, setting, write_setting,
};
use utoipa::ToSchema;

/// The organisation's signature rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct SignatureRule {
    /// 0 if no rule has been set.
    #[schema(minimum = 0)]
    version: i64,
    #[serde(flatten)]
    fields: SignatureRuleFields,
    updated_at: Option<DateTime<Utc>>,
}

/// The fields of the signature rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignatureRuleFields {
    /// Agreements above this amount in US dollars need two signatures; null: one signature is always enough.
    threshold_usd: Option<Money>,
}

/// A row of `signature_rule`.
mod row {
    use kernel::OrganisationId;
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "signature_rule")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub organisation_id: OrganisationId,
        pub version: i64,
        /// In cents.
        pub threshold_usd: Option<i64>,
        pub updated_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl Setting for SignatureRule {
    type Row = row::Model;
    const RESOURCE: &'static str = "signature_rule";
    const CHANGE: &'static str = "signature_rule.update";

    fn of(row: Option<row::Model>) -> Result<Self, StoreError> {
        let (version, threshold, updated_at) = match row {
            Some(row) => (row.version, row.threshold_usd.map(Money::usd), Some(row.updated_at)),
            None => (0, None, None),
        };
        Ok(Self { version, fields: SignatureRuleFields { threshold_usd: threshold }, updated_at })
    }

    fn version(&self) -> i64 {
        self.version
    }
}

/// What a signature does.
pub(super) enum Signature {
    /// The agreement is signed.
    Complete,
    /// A second person has to sign.
    First,
}

/// Whether a signature by the caller completes the agreement.
///
/// # Errors
/// 409 when the same person has signed already, or the amount of the agreement cannot be converted.
pub(super) async fn of(tx: &Transaction, agreement: &store::Model) -> Result<Signature, ApiError> {
    if !is_above(tx, agreement).await? {
        return Ok(Signature::Complete);
    }
    match agreement.first_signed_by {
        None => Ok(Signature::First),
        Some(first) if first == tx.actor().id => {
            let why = "was signed by you: above the threshold a second person has to sign";
            let fault = FieldCode::SecondPerson.says(why);
            Err(Problem::new(Code::Conflict).field("/first_signature", fault).into())
        }
        Some(_) => Ok(Signature::Complete),
    }
}

/// Whether the agreement is above the threshold at today's rate.
async fn is_above(tx: &Transaction, agreement: &store::Model) -> Result<bool, ApiError> {
    let rule: SignatureRule = setting(tx.db(), agreement.organisation_id).await?;
    let Some(threshold) = rule.fields.threshold_usd else { return Ok(false) };
    let today = tx.now().date_naive();
    let converted =
        exchange_rate::convert(tx.db(), agreement.organisation_id, agreement.amount()?, None, today).await;
    let converted = converted.map_err(|ApiError(problem)| match problem.errors.first() {
        Some(error) => Problem::new(Code::Conflict).field("/amount", error.clone()).into(),
        None => ApiError(problem),
    })?;
    Ok(converted.amount.minor() > threshold.minor())
}

/// An amendment that takes an agreement above the threshold is recorded by another person than the one who signed it.
///
/// # Errors
/// 409 for the person who signed alone.
pub(super) async fn check_amendment(
    tx: &Transaction,
    before: &store::Model,
    after: &store::Model,
) -> Result<(), ApiError> {
    let alone = before.first_signed_by == Some(tx.actor().id);
    if alone && after.amount > before.amount && is_above(tx, after).await? && !is_above(tx, before).await? {
        let why = "takes the agreement above the threshold: a second person has to sign, other than the one who signed first";
        return Err(Problem::new(Code::Conflict).field("/amount", FieldCode::SecondPerson.says(why)).into());
    }
    Ok(())
}

/// Gets the signature rule
///
/// The amount in US dollars above which an agreement needs the signatures of two people; null if one is always
/// enough. At version 0 headquarters has set no rule yet. Staff only: 404 for donor representatives.
#[utoipa::path(tag = "agreements", security(("oauth2" = ["agreements:read"])),
    responses((status = 200, description = "The rule", body = SignatureRule), ReadProblems))]
#[get("/v1/signature-rule")]
pub(crate) async fn read(
    request: HttpRequest,
    caller: Caller<perm::AgreementsRead>,
    context: Data<Context>,
) -> ApiResult {
    service::read(&context, &caller.claims, async |db, scope| {
        if matches!(scope, TenantScope::Donor { .. }) {
            return Err(Problem::not_found().into());
        }
        let rule: SignatureRule = setting(db, caller.claims.organisation_id).await?;
        response::record(&request, rule.version, &rule)
    })
    .await
}

/// Updates the signature rule
///
/// Headquarters only. Send the ETag of the rule in `If-Match` (`"0"` if there is no rule yet).
#[utoipa::path(tag = "agreements", request_body = SignatureRuleFields, security(("oauth2" = ["donors:write"])),
    params(("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The rule", body = SignatureRule), UpdateProblems))]
#[put("/v1/signature-rule")]
pub(crate) async fn write(
    request: HttpRequest,
    caller: Caller<perm::DonorsWrite>,
    context: Data<Context>,
    body: JsonBody<SignatureRuleFields>,
) -> ApiResult {
    let threshold_usd = body.value.threshold_usd;
    write_setting::<SignatureRule>(&context, &request, &caller.claims, |written| {
        let mut checks = Checks::new();
        if let Some(threshold) = threshold_usd {
            let in_dollars = threshold.currency() == Currency::USD;
            checks.require(in_dollars, "/threshold_usd/currency", Fault::wrong_currency("USD"));
            checks.require(!threshold.is_negative(), "/threshold_usd/amount", Fault::negative());
        }
        checks.finish()?;
        Ok(row::Model {
            organisation_id: written.organisation_id,
            version: written.version,
            threshold_usd: threshold_usd.map(|money| money.minor()),
            updated_at: written.at,
        })
    })
    .await
}
