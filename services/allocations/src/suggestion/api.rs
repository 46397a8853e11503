use super::{
    Action, State,
    store::{self, Filter, Model},
    transition,
};
use crate::known;
use ::store::{StoreError, sql};
use actix_web::{HttpRequest, get, post, web::Data};
use auth::{Caller, perm};
use chrono::{DateTime, Utc};
use kernel::{ContributionId, DonorId, Money, OfficeId, PrincipalId, Problem, ProposalId, SuggestionId};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use service::{
    ApiResult, Changed, Checks, Column, Context, Envelope, Id, JsonBody, Listed, Paging, Row,
    openapi::{ReadProblems, UpdateProblems},
    response,
};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::{IntoParams, ToSchema};

/// A suggestion to replace an allocation by earmarked money that came for the same country or plan.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct AllocationSuggestion {
    pub(crate) id: SuggestionId,
    #[schema(minimum = 1)]
    pub(crate) version: i64,
    /// The office of the proposal.
    pub(crate) office_id: OfficeId,
    pub(crate) proposal_id: ProposalId,
    #[schema(example = "MIR-2026-00042", max_length = 40)]
    pub(crate) proposal_reference: String,
    #[schema(max_length = 300)]
    pub(crate) proposal_title: String,
    /// The first record of the earmarked money.
    pub(crate) contribution_id: ContributionId,
    pub(crate) donor_id: Option<DonorId>,
    #[schema(max_length = 500)]
    pub(crate) donor_name: Option<String>,
    pub(crate) state: State,
    /// What could be withdrawn: no more than what is not disbursed, than there is of the money, and than a bridge waits for.
    /// Of an accepted one, what was withdrawn.
    pub(crate) amount: Money,
    /// What of the money no accepted suggestion has taken.
    pub(crate) money: Money,
    #[schema(max_length = 2000)]
    pub(crate) reason: Option<String>,
    pub(crate) decided_by: Option<PrincipalId>,
    pub(crate) decided_at: Option<DateTime<Utc>>,
    pub(crate) created_at: DateTime<Utc>,
}

impl Row for AllocationSuggestion {
    const COLUMNS: &'static [Column<Self>] = &[
        ("id", |row| row.id.into()),
        ("proposal", |row| row.proposal_reference.as_str().into()),
        ("title", |row| row.proposal_title.as_str().into()),
        ("contribution_id", |row| row.contribution_id.into()),
        ("donor", |row| row.donor_name.clone().into()),
        ("state", |row| row.state.as_str().into()),
        ("amount_usd", |row| row.amount.into()),
        ("money_usd", |row| row.money.into()),
        ("reason", |row| row.reason.clone().into()),
        ("decided_at", |row| row.decided_at.map(|at| at.to_rfc3339()).into()),
        ("created_at", |row| row.created_at.to_rfc3339().into()),
    ];
}

/// What names the proposals and donors of suggestions.
struct Names {
    proposals: BTreeMap<ProposalId, (String, String)>,
    donors: BTreeMap<DonorId, String>,
}

impl Names {
    async fn of(db: &impl ConnectionTrait, rows: &[Model]) -> Result<Self, StoreError> {
        let ids: BTreeSet<ProposalId> = rows.iter().map(|row| row.proposal_id).collect();
        let donors: BTreeSet<DonorId> = rows.iter().filter_map(|row| row.donor_id).collect();
        let text = "SELECT id, reference, title FROM allocation_proposal WHERE true";
        let found = sql::select_by_keys(db, text, vec![], "id", ids.into_iter().map(Into::into)).await?;
        let mut proposals = BTreeMap::new();
        for row in found {
            let names = (row.try_get_by_index(1)?, row.try_get_by_index(2)?);
            proposals.insert(row.try_get_by_index(0)?, names);
        }
        Ok(Self { proposals, donors: known::donor::names(db, &donors).await? })
    }

    fn shown(&self, row: Model) -> AllocationSuggestion {
        let (reference, title) = self.proposals.get(&row.proposal_id).cloned().unwrap_or_default();
        AllocationSuggestion {
            id: row.id,
            version: row.version,
            office_id: row.office_id,
            proposal_id: row.proposal_id,
            proposal_reference: reference,
            proposal_title: title,
            contribution_id: row.contribution_id,
            donor_id: row.donor_id,
            donor_name: row.donor_id.and_then(|id| self.donors.get(&id).cloned()),
            state: row.state,
            amount: Money::usd(row.amount),
            money: Money::usd(row.money),
            reason: row.reason,
            decided_by: row.decided_by,
            decided_at: row.decided_at,
            created_at: row.created_at,
        }
    }
}

/// Filters of the list of suggestions.
#[derive(Debug, Clone, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SuggestionFilter {
    /// Only in this state.
    state: Option<State>,
    /// Only on this proposal.
    proposal_id: Option<ProposalId>,
}

/// Lists suggestions to replace allocations
///
/// Made when earmarked money comes for a country or a plan that an allocation pays for, on proposals of the caller's office
/// and those below it, newest first. To follow one, the committee decides and the money is withdrawn
/// (`POST /v1/allocation-proposals/{id}/withdraw-funds`). Staff only.
#[utoipa::path(tag = "allocations", params(SuggestionFilter, Paging), security(("oauth2" = ["proposals:read"])),
    responses((status = 200, description = "The suggestions", body = Envelope<AllocationSuggestion>), ReadProblems))]
#[get("/v1/suggestions")]
pub(crate) async fn list(
    request: HttpRequest,
    caller: Caller<perm::ProposalsRead>,
    context: Data<Context>,
    listed: Listed<SuggestionFilter>,
) -> ApiResult {
    let scope = context.scope(&caller.claims).await?;
    let asked = listed.filter;
    let filter = Filter { state: asked.state, proposal_id: asked.proposal_id };
    let page = listed.paging.of("suggestions", &(asked, caller.claims.sub))?;
    service::list(&request, &context, scope, page, async move |db, scope, page| {
        let rows = store::list(scope, db, &filter, page, page.after()?).await?;
        let page = page.page(rows, |row| row.id);
        let names = Names::of(db, &page.items).await?;
        Ok(page.map(|row| names.shown(row)))
    })
    .await
}

/// Gets a suggestion
///
/// On a proposal of the caller's office or one below it. Staff only.
#[utoipa::path(tag = "allocations", params(("id" = Uuid, Path, description = "The suggestion")),
    security(("oauth2" = ["proposals:read"])),
    responses((status = 200, description = "The suggestion", body = AllocationSuggestion), ReadProblems))]
#[get("/v1/suggestions/{id}")]
pub(crate) async fn get(
    request: HttpRequest,
    caller: Caller<perm::ProposalsRead>,
    context: Data<Context>,
    id: Id<SuggestionId>,
) -> ApiResult {
    let shown = service::read(&context, &caller.claims, async |db, scope| {
        let row = store::get(scope, db, id.0).await?.ok_or_else(Problem::not_found)?;
        let names = Names::of(db, std::slice::from_ref(&row)).await?;
        Ok(names.shown(row))
    });
    let shown = shown.await?;
    response::record(&request, shown.version, &shown)
}

/// Why a suggestion is not followed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SuggestionDismissal {
    #[schema(example = "The money is for another part of the country", min_length = 1, max_length = 2000)]
    reason: String,
}

/// Dismisses a suggestion
///
/// Headquarters only, with the reason, while it is open (409 otherwise). It is not made again for the same money. Send the
/// suggestion's ETag (its `version`) in `If-Match`.
#[utoipa::path(tag = "allocations", request_body = SuggestionDismissal, security(("oauth2" = ["proposals:screen"])),
    params(("id" = Uuid, Path, description = "The suggestion"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The suggestion", body = AllocationSuggestion), UpdateProblems))]
#[post("/v1/suggestions/{id}/dismiss")]
pub(crate) async fn dismiss(
    request: HttpRequest,
    caller: Caller<perm::ProposalsScreen>,
    context: Data<Context>,
    id: Id<SuggestionId>,
    body: JsonBody<SuggestionDismissal>,
) -> ApiResult {
    let claims = &caller.claims;
    let mut checks = Checks::new();
    checks.required_long_text("/reason", &body.value.reason, 2000);
    checks.finish()?;
    context.headquarters(claims).await?;
    service::change(&context, &request, claims, async |tx, scope, precondition| {
        let before = store::get_to_change(scope, tx, id.0).await?.ok_or_else(Problem::not_found)?;
        precondition.check(before.version)?;
        let state = transition(before.state, Action::Dismiss)?;
        let now = tx.now();
        let after = Model {
            version: before.version + 1,
            state,
            reason: Some(body.value.reason.clone()),
            decided_by: Some(claims.sub),
            decided_at: Some(now),
            updated_at: now,
            ..before.clone()
        };
        store::save(tx, &after).await?;
        tx.audit_changed("allocation_suggestion.dismiss", &after, &before.state, &after.state).await?;
        let names = Names::of(tx.db(), std::slice::from_ref(&after)).await?;
        Ok(Changed::new(after.version, names.shown(after)))
    })
    .await
}
