use super::{
    CirculationState,
    store::{self, EntitledSeat, Filter, Model},
};
use crate::{
    committee::{
        day_in,
        refusal::{conflict, taken, unknown},
        rules, seat, store as committees,
        trail::trail,
    },
    conflict as conflicts, decision,
    motion::{
        self, Resolution,
        api::under_wording,
        new_motion::{self, Wording},
        roll,
        rule::is_for_the_head,
    },
    notice::{self, Notice},
    proposal,
    window::{self, WindowKind},
};
use ::store::TenantTx;
use actix_web::{HttpRequest, get, post, web::Data};
use auth::{ApiError, Caller, perm};
use chrono::{DateTime, TimeDelta, Utc};
use kernel::{
    AgendaItemId, AllocationNoticeKind, CirculationId, CommitteeId, DecisionId, FieldCode, Money, Problem,
    ProposalId, SeatId,
};
use serde::{Deserialize, Serialize};
use service::{
    ApiResult, Checks, Column, Context, Created, Envelope, Id, JsonBody, Listed, Paging, Row,
    openapi::{CreateProblems, ReadProblems},
    response,
};
use utoipa::{IntoParams, ToSchema};

/// A circulation: a decision without a meeting.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Circulation {
    id: CirculationId,
    #[schema(minimum = 1)]
    version: i64,
    committee_id: CommitteeId,
    proposal_id: ProposalId,
    resolution: Resolution,
    /// In US dollars.
    amount: Option<Money>,
    #[schema(max_length = 5000)]
    conditions: Option<String>,
    #[schema(max_length = 5000)]
    reason: String,
    /// Why it cannot wait for a meeting, as the chair ruled.
    #[schema(max_length = 2000)]
    urgency_reason: Option<String>,
    /// The version of the committee's rules by which it is held.
    #[schema(minimum = 1)]
    rules_number: i64,
    state: CirculationState,
    opened_at: DateTime<Utc>,
    /// When its time is over.
    closes_at: DateTime<Utc>,
    closed_at: Option<DateTime<Utc>>,
    /// The figures, once it has ended.
    #[schema(minimum = 0)]
    yes: Option<i64>,
    #[schema(minimum = 0)]
    no: Option<i64>,
    #[schema(minimum = 0)]
    abstain: Option<i64>,
    decision_id: Option<DecisionId>,
    /// The item of a meeting that continues it.
    carried_to: Option<AgendaItemId>,
}

impl From<Model> for Circulation {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            version: row.version,
            committee_id: row.committee_id,
            proposal_id: row.proposal_id,
            resolution: row.resolution,
            amount: row.amount.map(Money::usd),
            conditions: row.conditions,
            reason: row.reason,
            urgency_reason: row.urgency_reason,
            rules_number: row.rules_number,
            state: row.state,
            opened_at: row.opened_at,
            closes_at: row.closes_at,
            closed_at: row.closed_at,
            yes: row.votes_yes,
            no: row.votes_no,
            abstain: row.votes_abstain,
            decision_id: row.decision_id,
            carried_to: row.carried_to,
        }
    }
}

impl Row for Circulation {
    const COLUMNS: &'static [Column<Self>] = &[
        ("id", |row| row.id.into()),
        ("committee_id", |row| row.committee_id.into()),
        ("proposal_id", |row| row.proposal_id.into()),
        ("resolution", |row| row.resolution.as_str().into()),
        ("amount_usd", |row| row.amount.into()),
        ("state", |row| row.state.as_str().into()),
        ("opened_at", |row| row.opened_at.to_rfc3339().into()),
        ("closes_at", |row| row.closes_at.to_rfc3339().into()),
        ("yes", |row| row.yes.into()),
        ("no", |row| row.no.into()),
        ("abstain", |row| row.abstain.into()),
        ("decision_id", |row| row.decision_id.into()),
    ];
}

/// A new circulation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCirculation {
    committee_id: CommitteeId,
    proposal_id: ProposalId,
    /// The seat of whoever proposes it: of a voting member without a conflict of interest.
    mover_id: SeatId,
    wording: Wording,
    /// Why it cannot wait for a meeting, as the chair ruled: required unless the proposal's window is a reserve window.
    #[schema(min_length = 1, max_length = 2000)]
    urgency_reason: Option<String>,
}

/// Filters of the list of circulations.
#[derive(Debug, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CirculationFilter {
    /// Only of this committee.
    committee_id: Option<CommitteeId>,
    /// Only on this proposal.
    proposal_id: Option<ProposalId>,
    state: Option<CirculationState>,
}

/// Lists circulations
///
/// Newest first. Staff only.
#[utoipa::path(tag = "decisions", params(CirculationFilter, Paging), security(("oauth2" = ["meetings:read"])),
    responses((status = 200, description = "The circulations", body = Envelope<Circulation>), ReadProblems))]
#[get("/v1/circulations")]
pub(crate) async fn list(
    request: HttpRequest,
    caller: Caller<perm::MeetingsRead>,
    context: Data<Context>,
    listed: Listed<CirculationFilter>,
) -> ApiResult {
    let scope = context.scope(&caller.claims).await?;
    let page = listed.paging.of("circulations", &(scope.organisation_id(), &listed.filter))?;
    let CirculationFilter { committee_id, proposal_id, state } = listed.filter;
    let filter = Filter { committee_id, proposal_id, state };
    service::list(&request, &context, scope, page, async move |db, scope, page| {
        let rows = store::list(scope, db, filter, page.after()?, page.limit + 1).await?;
        Ok(page.page(rows, |row| row.id).map(Circulation::from))
    })
    .await
}

/// Gets a circulation
///
/// With its figures once it has ended. Staff only.
#[utoipa::path(tag = "decisions", params(("id" = Uuid, Path, description = "The circulation")),
    security(("oauth2" = ["meetings:read"])),
    responses((status = 200, description = "The circulation", body = Circulation), ReadProblems))]
#[get("/v1/circulations/{id}")]
pub(crate) async fn get(
    request: HttpRequest,
    caller: Caller<perm::MeetingsRead>,
    context: Data<Context>,
    id: Id<CirculationId>,
) -> ApiResult {
    let row = service::read(&context, &caller.claims, async |db, scope| {
        Ok(store::get(scope, db, id.0).await?.ok_or_else(Problem::not_found)?)
    });
    let row = row.await?;
    response::record(&request, row.version, &Circulation::from(row))
}

/// Begins a circulation
///
/// Members vote for as many hours as the rules say (by default 48); silence is no consent. For proposals of reserve
/// windows, and for others with the chair's reason why they cannot wait. 409 while another circulation, or a motion, on the
/// proposal is open, and when too few members without a conflict of interest hold a seat. Headquarters only.
#[utoipa::path(tag = "decisions", request_body = NewCirculation, security(("oauth2" = ["meetings:write"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "Idempotency key: makes retries safe")),
    responses((status = 201, description = "The circulation", body = Circulation), CreateProblems))]
#[post("/v1/circulations")]
pub(crate) async fn create(
    request: HttpRequest,
    caller: Caller<perm::MeetingsWrite>,
    context: Data<Context>,
    body: JsonBody<NewCirculation>,
) -> ApiResult {
    let office_id = context.headquarters(&caller.claims).await?;
    let NewCirculation { committee_id, proposal_id, mover_id, wording, urgency_reason } = body.value;
    service::create(&context, &request, &caller.claims, &body.digest, async |tx, scope| {
        let found = committees::get(scope, tx.db(), committee_id).await?;
        let committee = found.ok_or_else(|| Problem::invalid_field("/committee_id", unknown("committee")))?;
        let place = (committee.id, proposal_id);
        // Its window does not end meanwhile.
        if let Some(sighted) = proposal::store::get(scope, tx.db(), proposal_id).await? {
            tx.lock_shared(&window::store::lock_of(sighted.window_id)).await?;
        }
        tx.lock(&proposal::store::lock_of(proposal_id)).await?;
        let decided = new_motion::decided(scope, tx.db(), place, "/proposal_id").await?;
        check_urgency(decided.terms.kind, urgency_reason.as_deref())?;
        let amount = under_wording(new_motion::check(&wording, Some(&decided.proposal)))?;
        check_free(tx, proposal_id).await?;
        conflicts::refresh(tx, &decided.proposal).await?;
        let recused = roll::recused(tx.db(), Some(proposal_id)).await?;
        let now = tx.now();
        let day = day_in(&committee.time_zone, now);
        let mover = new_motion::mover(tx.db(), (committee.id, day), mover_id, &recused).await?;
        let rules = rules::at(tx.db(), committee.id, committee.rules_number).await?;
        let seats = seat::on(tx.db(), committee.id, day).await?;
        let voting = seats.iter().filter(|seat| seat.kind.votes() && !recused.contains(&seat.person_id));
        let seat_of = |seat: &seat::Seat| EntitledSeat {
            seat_id: seat.id,
            person_id: seat.person_id,
            has_moved: seat.id == mover.id,
        };
        let entitled: Vec<EntitledSeat> = voting.map(seat_of).collect();
        if is_for_the_head(entitled.len(), &rules.quorum) {
            let why =
                "too few members without a conflict of interest hold a seat: a meeting refers it to the head";
            return Err(conflict("committee", "too_few", why));
        }
        let circulation = Model {
            id: tx.new_id(),
            version: 1,
            organisation_id: committee.organisation_id,
            office_id,
            committee_id: committee.id,
            proposal_id,
            window_id: decided.terms.id,
            resolution: wording.resolution,
            amount,
            conditions: wording.conditions,
            reason: wording.reason,
            urgency_reason,
            rules_number: committee.rules_number,
            state: CirculationState::Open,
            entitled: serde_json::to_string(&entitled).map_err(::store::StoreError::from)?,
            opened_at: now,
            closes_at: now + TimeDelta::hours(rules.circulation.hours.into()),
            closed_at: None,
            votes_yes: None,
            votes_no: None,
            votes_abstain: None,
            decision_id: None,
            carried_to: None,
            updated_at: now,
        };
        store::save(tx, &circulation).await?;
        let asked = Notice {
            office_id,
            record_id: circulation.id.as_uuid(),
            ..proposal::notice(&decided.proposal, AllocationNoticeKind::CirculationOpened)
        };
        notice::to_people(tx, &asked, entitled.iter().map(|seat| seat.person_id)).await?;
        let shown = Circulation::from(circulation.clone());
        tx.audit_created("circulation.create", &circulation, &trail(&shown)?).await?;
        Ok(Created::new(format!("/v1/circulations/{}", circulation.id), 1, shown))
    })
    .await
}

/// Whether a proposal of such a window may circulate.
fn check_urgency(kind: WindowKind, reason: Option<&str>) -> Result<(), Problem> {
    let mut checks = Checks::new();
    match reason {
        Some(reason) => checks.required_long_text("/urgency_reason", reason, 2000),
        None => {
            let fault = FieldCode::Required.says("is required unless the window is a reserve window");
            checks.require(kind == WindowKind::Reserve, "/urgency_reason", fault);
        }
    }
    checks.finish()
}

/// Whether nothing else on a proposal is under way. The proposal has to be locked, so that it stays so.
async fn check_free(tx: &TenantTx, proposal_id: ProposalId) -> Result<(), ApiError> {
    if store::is_open_on_proposal(tx.db(), proposal_id).await? {
        return Err(taken("/proposal_id", "circulates already"));
    }
    if motion::store::is_open_on_proposal(tx.db(), proposal_id).await? {
        return Err(taken("/proposal_id", "is put to the vote in a meeting"));
    }
    if decision::store::is_awaited(tx.db(), proposal_id).await? {
        return Err(taken("/proposal_id", "waits for the head of the organisation"));
    }
    Ok(())
}
