//! The report on the use of the money, and the closing of an allocation.

use super::{
    api::second_person,
    funds::{self, AllocationFunds},
    store, unaccounted,
};
use crate::{
    allocation_event,
    proposal::{self, State, state_fault},
    window,
};
use ::store::{StoreError, Transaction, params, sql, upsert_models};
use actix_web::{HttpRequest, post, web::Data};
use auth::{ApiError, Caller, Claims, perm};
use chrono::{DateTime, NaiveDate, Utc};
use kernel::{Code, FieldCode, Money, PrincipalId, Problem, ProposalId, Reason};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use service::{ApiResult, Changed, Checks, Context, Id, JsonBody, openapi::UpdateProblems};
use utoipa::ToSchema;

/// A row of `use_report`.
pub(crate) mod row {
    use kernel::{OfficeId, OrganisationId, PrincipalId, ProposalId};
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "use_report")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub proposal_id: ProposalId,
        pub organisation_id: OrganisationId,
        pub office_id: OfficeId,
        pub narrative: String,
        /// The results, as a JSON list.
        pub results: String,
        pub filed_by: PrincipalId,
        pub filed_at: DateTimeUtc,
        pub accepted_by: Option<PrincipalId>,
        pub accepted_at: Option<DateTimeUtc>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What was reached of a result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReachedResult {
    /// The indicator, as the proposal names it.
    #[schema(example = "People transported", min_length = 1, max_length = 300)]
    pub(crate) indicator: String,
    #[schema(example = "11,480", min_length = 1, max_length = 300)]
    pub(crate) reached: String,
}

/// A report on the use of the money, as an office files it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewUseReport {
    /// What was done with the money.
    #[schema(min_length = 1, max_length = 20000)]
    pub(crate) narrative: String,
    /// What was reached of every result of the proposal.
    #[serde(default)]
    #[schema(max_items = 30)]
    pub(crate) results: Vec<ReachedResult>,
}

/// A report on the use of the money.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct UseReport {
    #[schema(max_length = 20000)]
    pub(crate) narrative: String,
    #[schema(max_items = 30)]
    pub(crate) results: Vec<ReachedResult>,
    pub(crate) filed_by: PrincipalId,
    pub(crate) filed_at: DateTime<Utc>,
    /// Who accepted it; null until the allocation is closed.
    pub(crate) accepted_by: Option<PrincipalId>,
    pub(crate) accepted_at: Option<DateTime<Utc>>,
}

impl TryFrom<row::Model> for UseReport {
    type Error = StoreError;

    fn try_from(row: row::Model) -> Result<Self, StoreError> {
        Ok(Self {
            results: serde_json::from_str(&row.results)?,
            narrative: row.narrative,
            filed_by: row.filed_by,
            filed_at: row.filed_at,
            accepted_by: row.accepted_by,
            accepted_at: row.accepted_at,
        })
    }
}

impl NewUseReport {
    /// What is wrong with it: every result of the proposal is reported on, once.
    fn check(&self, indicators: &[String]) -> Result<(), Problem> {
        let mut checks = Checks::new();
        checks.required_long_text("/narrative", &self.narrative, 20_000);
        for (index, result) in checks.at_most("/results", &self.results, 30).iter().enumerate() {
            checks.text(&format!("/results/{index}/indicator"), &result.indicator, 300);
            checks.text(&format!("/results/{index}/reached"), &result.reached, 300);
            let is_again = self.results.iter().take(index).any(|other| other.indicator == result.indicator);
            let again = FieldCode::Duplicate.says("is given twice");
            checks.require(!is_again, &format!("/results/{index}/indicator"), again);
        }
        let is_named = |indicator: &String| self.results.iter().any(|result| result.indicator == *indicator);
        let missing = FieldCode::Required.says("must name every indicator of the proposal");
        checks.require(indicators.iter().all(is_named), "/results", missing);
        checks.finish()
    }
}

async fn find(db: &impl ConnectionTrait, id: ProposalId) -> Result<Option<row::Model>, StoreError> {
    let text = "SELECT * FROM use_report WHERE proposal_id = $1";
    Ok(sql::all::<row::Model>(db, text, params![id]).await?.pop())
}

/// The report on a proposal's money; none until it is filed.
pub(crate) async fn of(db: &impl ConnectionTrait, id: ProposalId) -> Result<Option<UseReport>, StoreError> {
    find(db, id).await?.map(UseReport::try_from).transpose()
}

/// What the audit trail keeps of a report: people wrote it, so a digest.
fn digest(row: Option<&row::Model>) -> String {
    row.map(|row| service::digest_of(&[row.narrative.as_bytes(), row.results.as_bytes()])).unwrap_or_default()
}

/// Files the report on the use of the money
///
/// The office of the proposal only, once its last day has passed (409 before): a proposal that is `disbursing` becomes
/// `reporting`, in which the report may be filed again until it is accepted. It names every result of the proposal. Send the
/// proposal's ETag in `If-Match`.
#[utoipa::path(tag = "allocation proposals", request_body = NewUseReport, security(("oauth2" = ["proposals:write"])),
    params(("id" = Uuid, Path, description = "The proposal"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "How far the money is", body = AllocationFunds), UpdateProblems))]
#[post("/v1/allocation-proposals/{id}/report")]
pub(crate) async fn file(
    request: HttpRequest,
    caller: Caller<perm::ProposalsWrite>,
    context: Data<Context>,
    id: Id<ProposalId>,
    body: JsonBody<NewUseReport>,
) -> ApiResult {
    let claims = &caller.claims;
    service::change(&context, &request, claims, async |tx, scope, precondition| {
        let (before, _) = store::to_change(scope, tx, id.0).await?;
        office_only(&before, claims)?;
        precondition.check(before.version)?;
        let today =
            window::store::day_of(tx.db(), before.organisation_id, before.window_id, tx.now()).await?;
        may_report(&before, today)?;
        let indicators: Vec<String> =
            before.fields()?.results.into_iter().map(|result| result.indicator).collect();
        body.value.check(&indicators)?;
        let after = filed(tx, before, &body.value, claims.sub).await?;
        tx.as_platform(async |tx| allocation_event::emit(tx, id.0).await).await?;
        let shown = funds::funds(tx.db(), after).await?;
        Ok(Changed::new(shown.version, shown))
    })
    .await
}

fn office_only(row: &proposal::store::Model, claims: &Claims) -> Result<(), ApiError> {
    if row.office_id == claims.office_id {
        return Ok(());
    }
    let why = "only the office of the proposal reports on it";
    Err(Problem::new(Code::Forbidden).because(Reason::OfficeOnly, why).into())
}

/// Whether the report may be filed, for the first time or again.
fn may_report(row: &proposal::store::Model, today: NaiveDate) -> Result<(), ApiError> {
    if row.state != State::Reporting {
        proposal::transition(row.state, proposal::Action::Report)?;
    }
    if today > row.end_date {
        return Ok(());
    }
    let fault = FieldCode::NotAfter.says("the report is filed after the last day of the project");
    let fault = fault.with("field", "end_date").with("date", row.end_date.to_string());
    Err(Problem::new(Code::Conflict).field("/end_date", fault).into())
}

/// Writes the report and the next version of the proposal.
async fn filed(
    tx: &mut Transaction,
    before: proposal::store::Model,
    new: &NewUseReport,
    by: PrincipalId,
) -> Result<proposal::store::Model, ApiError> {
    let known = find(tx.db(), before.id).await?;
    let results = serde_json::to_string(&new.results).map_err(|error| ApiError::internal(&error))?;
    let report = row::Model {
        proposal_id: before.id,
        organisation_id: before.organisation_id,
        office_id: before.office_id,
        narrative: new.narrative.clone(),
        results,
        filed_by: by,
        filed_at: tx.now(),
        accepted_by: None,
        accepted_at: None,
    };
    upsert_models(tx.db(), std::slice::from_ref(&report)).await?;
    let after = if before.state == State::Reporting {
        store::touch(tx, before).await?
    } else {
        proposal::moves::apply(tx, before, proposal::Action::Report).await?
    };
    let (old, new) = (digest(known.as_ref()), digest(Some(&report)));
    tx.audit_changed("allocation_funds.report", funds::subject(&after), &old, &new).await?;
    Ok(after)
}

/// Closes an allocation
///
/// Headquarters only, from the state `reporting`, when all is spent or returned (409 otherwise: what is left is spent,
/// returned, or withdrawn by a decision). It accepts the report, so it is not for whoever filed that (403). Send the
/// proposal's ETag in `If-Match`.
#[utoipa::path(tag = "allocation proposals", security(("oauth2" = ["proposals:screen"])),
    params(("id" = Uuid, Path, description = "The proposal"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "How far the money is", body = AllocationFunds), UpdateProblems))]
#[post("/v1/allocation-proposals/{id}/close")]
pub(crate) async fn close(
    request: HttpRequest,
    caller: Caller<perm::ProposalsScreen>,
    context: Data<Context>,
    id: Id<ProposalId>,
) -> ApiResult {
    let claims = &caller.claims;
    context.headquarters(claims).await?;
    service::change(&context, &request, claims, async |tx, scope, precondition| {
        let (before, _) = store::to_change(scope, tx, id.0).await?;
        precondition.check(before.version)?;
        proposal::transition(before.state, proposal::Action::Close)?;
        let report = find(tx.db(), before.id).await?;
        let report =
            report.ok_or_else(|| not_closable("the report on the use of the money is missing", None))?;
        if report.filed_by == claims.sub {
            return Err(second_person("whoever filed the report cannot accept it"));
        }
        let left = unaccounted(&funds::amounts(tx.db(), before.id).await?);
        if left != 0 {
            return Err(not_closable("money is neither spent nor returned", Some(left)).into());
        }
        let accepted = row::Model { accepted_by: Some(claims.sub), accepted_at: Some(tx.now()), ..report };
        upsert_models(tx.db(), &[accepted]).await?;
        let after = proposal::moves::apply(tx, before, proposal::Action::Close).await?;
        tx.as_platform(async |tx| allocation_event::emit(tx, id.0).await).await?;
        let shown = funds::funds(tx.db(), after).await?;
        Ok(Changed::new(shown.version, shown))
    })
    .await
}

/// Something is missing before an allocation can be closed (409).
fn not_closable(why: &'static str, left: Option<i64>) -> Problem {
    let fault = state_fault(State::Reporting.as_str(), why);
    let fault = match left {
        Some(cents) => fault.amount(Money::usd(cents)),
        None => fault,
    };
    Problem::new(Code::Conflict).field("/state", fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(indicator: &str) -> ReachedResult {
        ReachedResult { indicator: indicator.to_owned(), reached: "11,480".to_owned() }
    }

    fn wrong(results: &[&str], indicators: &[&str]) -> Vec<(String, FieldCode)> {
        let results = results.iter().map(|indicator| result(indicator)).collect();
        let report = NewUseReport { narrative: "Buses from Renk".to_owned(), results };
        let indicators: Vec<String> = indicators.iter().map(|indicator| (*indicator).to_owned()).collect();
        let errors = report.check(&indicators).err().map(|problem| problem.errors).unwrap_or_default();
        errors.into_iter().map(|error| (error.pointer, error.code)).collect()
    }

    #[test]
    fn every_result_of_a_proposal_is_reported_on_once() {
        assert!(wrong(&["People", "Buses"], &["Buses", "People"]).is_empty());
        assert!(wrong(&["People", "Trucks"], &["People"]).is_empty(), "more may be reported");
        assert_eq!(wrong(&["People"], &["Buses", "People"]), [("/results".to_owned(), FieldCode::Required)]);
        let twice = wrong(&["People", "People"], &["People"]);
        assert_eq!(twice, [("/results/1/indicator".to_owned(), FieldCode::Duplicate)]);
    }
}
