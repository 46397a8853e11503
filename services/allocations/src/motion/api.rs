use super::{
    MotionState, Resolution,
    new_motion::{self, Wording},
    roll,
    store::{self, Filter},
};
use crate::{
    committee::{
        day_in,
        refusal::{conflict, unknown},
        store as committees,
        trail::trail,
    },
    conflict as conflicts,
    meeting::{
        self,
        item::{self, ItemState},
    },
};
use ::store::StoreError;
use actix_web::{HttpRequest, get, post, web::Data};
use auth::{ApiError, Caller, perm};
use chrono::{DateTime, Utc};
use kernel::{AgendaItemId, DecisionId, MeetingId, Money, MotionId, PersonId, Problem, ProposalId, SeatId};
use serde::{Deserialize, Serialize};
use service::{
    ApiResult, Column, Context, Created, Envelope, Id, JsonBody, Listed, Paging, Row,
    openapi::{CreateProblems, ReadProblems},
    response,
};
use utoipa::{IntoParams, ToSchema};

/// A motion in a meeting.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Motion {
    pub(crate) id: MotionId,
    #[schema(minimum = 1)]
    pub(crate) version: i64,
    pub(crate) meeting_id: MeetingId,
    pub(crate) item_id: AgendaItemId,
    /// Its number in the meeting.
    #[schema(minimum = 1)]
    pub(crate) number: i64,
    pub(crate) proposal_id: Option<ProposalId>,
    pub(crate) resolution: Resolution,
    /// In US dollars.
    pub(crate) amount: Option<Money>,
    #[schema(max_length = 5000)]
    pub(crate) conditions: Option<String>,
    #[schema(max_length = 5000)]
    pub(crate) reason: String,
    /// The seat of whoever moved it.
    pub(crate) mover_id: SeatId,
    pub(crate) state: MotionState,
    /// The roll that was called last: when it was put to the vote, or when the vote ended.
    pub(crate) roll: Option<MotionRoll>,
    /// The figures of the vote, once it has ended.
    pub(crate) tally: Option<MotionTally>,
    /// Why it was taken back.
    #[schema(max_length = 2000)]
    pub(crate) void_reason: Option<String>,
    pub(crate) decision_id: Option<DecisionId>,
    pub(crate) opened_at: Option<DateTime<Utc>>,
    pub(crate) closed_at: Option<DateTime<Utc>>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
}

/// Who may vote on a motion.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct MotionRoll {
    /// Seats that have a vote.
    #[schema(max_items = 1000)]
    pub(crate) entitled: Vec<SeatId>,
    /// Members with a conflict of interest.
    #[schema(max_items = 1000)]
    pub(crate) recused: Vec<PersonId>,
    #[schema(max_items = 1000)]
    pub(crate) present: Vec<PersonId>,
}

/// The figures of a vote.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct MotionTally {
    /// Votes that were needed for a quorum.
    #[schema(minimum = 0)]
    pub(crate) quorum: i64,
    #[schema(minimum = 0)]
    pub(crate) yes: i64,
    #[schema(minimum = 0)]
    pub(crate) no: i64,
    #[schema(minimum = 0)]
    pub(crate) abstain: i64,
}

impl TryFrom<store::Model> for Motion {
    type Error = StoreError;

    fn try_from(row: store::Model) -> Result<Self, StoreError> {
        let roll = row.roll()?.map(|roll| MotionRoll {
            entitled: roll.entitled.iter().map(|seat| seat.seat_id).collect(),
            recused: roll.recused.into_iter().collect(),
            present: roll.present.into_iter().collect(),
        });
        let tally = row.quorum.map(|quorum| MotionTally {
            quorum,
            yes: row.votes_yes.unwrap_or(0),
            no: row.votes_no.unwrap_or(0),
            abstain: row.votes_abstain.unwrap_or(0),
        });
        Ok(Self {
            id: row.id,
            version: row.version,
            meeting_id: row.meeting_id,
            item_id: row.item_id,
            number: row.number,
            proposal_id: row.proposal_id,
            resolution: row.resolution,
            amount: row.amount.map(Money::usd),
            conditions: row.conditions,
            reason: row.reason,
            mover_id: row.mover_id,
            state: row.state,
            roll,
            tally,
            void_reason: row.void_reason,
            decision_id: row.decision_id,
            opened_at: row.opened_at,
            closed_at: row.closed_at,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

impl Row for Motion {
    const COLUMNS: &'static [Column<Self>] = &[
        ("id", |row| row.id.into()),
        ("meeting_id", |row| row.meeting_id.into()),
        ("number", |row| row.number.into()),
        ("proposal_id", |row| row.proposal_id.into()),
        ("resolution", |row| row.resolution.as_str().into()),
        ("amount_usd", |row| row.amount.into()),
        ("state", |row| row.state.as_str().into()),
        ("yes", |row| row.tally.as_ref().map(|tally| tally.yes).into()),
        ("no", |row| row.tally.as_ref().map(|tally| tally.no).into()),
        ("abstain", |row| row.tally.as_ref().map(|tally| tally.abstain).into()),
        ("reason", |row| row.reason.as_str().into()),
        ("decision_id", |row| row.decision_id.into()),
    ];
}

/// A new motion.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewMotion {
    item_id: AgendaItemId,
    /// The seat of whoever moves it: of a voting member without a conflict of interest.
    mover_id: SeatId,
    wording: Wording,
}

/// Filters of the list of motions.
#[derive(Debug, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct MotionFilter {
    /// Only of this meeting.
    meeting_id: Option<MeetingId>,
    /// Only on this proposal.
    proposal_id: Option<ProposalId>,
    /// Only in this state.
    state: Option<MotionState>,
}

/// Lists motions
///
/// Newest first. Staff only.
#[utoipa::path(tag = "meetings", params(MotionFilter, Paging), security(("oauth2" = ["meetings:read"])),
    responses((status = 200, description = "The motions", body = Envelope<Motion>), ReadProblems))]
#[get("/v1/motions")]
pub(crate) async fn list(
    request: HttpRequest,
    caller: Caller<perm::MeetingsRead>,
    context: Data<Context>,
    listed: Listed<MotionFilter>,
) -> ApiResult {
    let scope = context.scope(&caller.claims).await?;
    let page = listed.paging.of("motions", &(scope.organisation_id(), &listed.filter))?;
    let MotionFilter { meeting_id, proposal_id, state } = listed.filter;
    let filter = Filter { meeting_id, proposal_id, state };
    service::list(&request, &context, scope, page, async move |db, scope, page| {
        let rows = store::list(scope, db, filter, page.after()?, page.limit + 1).await?;
        Ok(page.page(rows, |row| row.id).try_map(Motion::try_from)?)
    })
    .await
}

/// Gets a motion
///
/// With the roll that was called last and, once the vote has ended, its figures. Staff only.
#[utoipa::path(tag = "meetings", params(("id" = Uuid, Path, description = "The motion")),
    security(("oauth2" = ["meetings:read"])),
    responses((status = 200, description = "The motion", body = Motion), ReadProblems))]
#[get("/v1/motions/{id}")]
pub(crate) async fn get(
    request: HttpRequest,
    caller: Caller<perm::MeetingsRead>,
    context: Data<Context>,
    id: Id<MotionId>,
) -> ApiResult {
    let row = service::read(&context, &caller.claims, async |db, scope| {
        Ok(store::get(scope, db, id.0).await?.ok_or_else(Problem::not_found)?)
    });
    let row = row.await?;
    response::record(&request, row.version, &Motion::try_from(row)?)
}

/// Makes a motion
///
/// On an item of a meeting that is convened or open and that is still pending (409 otherwise). 403 when the mover has a
/// conflict of interest. Headquarters only.
#[utoipa::path(tag = "meetings", request_body = NewMotion, security(("oauth2" = ["meetings:write"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "Idempotency key: makes retries safe")),
    responses((status = 201, description = "The motion", body = Motion), CreateProblems))]
#[post("/v1/motions")]
pub(crate) async fn create(
    request: HttpRequest,
    caller: Caller<perm::MeetingsWrite>,
    context: Data<Context>,
    body: JsonBody<NewMotion>,
) -> ApiResult {
    context.headquarters(&caller.claims).await?;
    let NewMotion { item_id, mover_id, wording } = body.value;
    service::create(&context, &request, &caller.claims, &body.digest, async |tx, scope| {
        let found = item::get(tx.db(), scope.organisation_id(), item_id).await?;
        let item = found.ok_or_else(|| Problem::invalid_field("/item_id", unknown("agenda_item")))?;
        let found = meeting::store::get_to_change(scope, tx, item.meeting_id).await?;
        let meeting = found.ok_or_else(Problem::not_found)?;
        // Again, now that the meeting is locked: the agenda may have changed meanwhile.
        let found = item::get(tx.db(), scope.organisation_id(), item_id).await?;
        let item = found.ok_or_else(|| Problem::invalid_field("/item_id", unknown("agenda_item")))?;
        check_place(&meeting, &item)?;
        let found = committees::get(scope, tx.db(), meeting.committee_id).await?;
        let committee = found.ok_or_else(Problem::not_found)?;
        let decided = match item.proposal_id {
            Some(id) => Some(new_motion::decided(scope, tx.db(), (committee.id, id), "/item_id").await?),
            None => None,
        };
        let amount = under_wording(new_motion::check(&wording, decided.as_ref().map(|one| &one.proposal)))?;
        if let Some(decided) = &decided {
            conflicts::refresh(tx, &decided.proposal).await?;
        }
        let recused = roll::recused(tx.db(), item.proposal_id).await?;
        let now = tx.now();
        let day = day_in(&committee.time_zone, now);
        new_motion::mover(tx.db(), (committee.id, day), mover_id, &recused).await?;
        let motion = store::Model {
            id: tx.new_id(),
            version: 1,
            organisation_id: meeting.organisation_id,
            office_id: meeting.office_id,
            committee_id: committee.id,
            meeting_id: meeting.id,
            item_id: item.id,
            number: store::next_number(tx, meeting.id).await?,
            proposal_id: item.proposal_id,
            window_id: decided.map(|decided| decided.terms.id),
            resolution: wording.resolution,
            amount,
            conditions: wording.conditions,
            reason: wording.reason,
            mover_id,
            state: MotionState::Proposed,
            at_opening: None,
            at_closing: None,
            votes_yes: None,
            votes_no: None,
            votes_abstain: None,
            quorum: None,
            void_reason: None,
            decision_id: None,
            opened_at: None,
            closed_at: None,
            created_at: now,
            updated_at: now,
        };
        store::save(tx, &motion).await?;
        let shown = Motion::try_from(motion.clone())?;
        tx.audit_created("motion.create", &motion, &trail(&shown)?).await?;
        Ok(Created::new(format!("/v1/motions/{}", motion.id), 1, shown))
    })
    .await
}

/// Whether a motion may be made on an item now.
fn check_place(meeting: &meeting::store::Model, item: &item::Model) -> Result<(), ApiError> {
    use meeting::MeetingState::{Convened, Open};
    if !matches!(meeting.state, Convened | Open) {
        let why = format!(
            "motions are made in a meeting that is convened or open, and this one is {}",
            meeting.state
        );
        return Err(conflict("meeting", meeting.state.as_str(), why));
    }
    if item.state != ItemState::Pending {
        let why = format!("the item is {}", item.state);
        return Err(conflict("agenda_item", item.state.as_str(), why));
    }
    Ok(())
}

/// Errors of the wording are reported under `/wording`, as it is a part of the body.
pub(crate) fn under_wording<T>(result: Result<T, ApiError>) -> Result<T, ApiError> {
    result.map_err(|ApiError(mut problem)| {
        if problem.status == 422 {
            for error in &mut problem.errors {
                error.pointer = format!("/wording{}", error.pointer);
            }
        }
        ApiError(problem)
    })
}
