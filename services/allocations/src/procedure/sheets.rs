//! Score sheets: each reviewer fills in their own, and sees the others' once it is submitted.

use super::window_steps::is_reviewing;
use crate::score::{
    points::{self, CriterionScore, decimal},
    store::{self, Model, sees_others},
};
use crate::{
    committee::{
        refusal::{person_of, recused, seat_needed},
        seat::SeatKind,
    },
    conflict,
    proposal::{self, Action, State, access},
    window::{self, fields::WindowCriterion},
};
use ::store::{StoreError, Transaction};
use actix_web::{HttpRequest, get, http::StatusCode, put, web::Data};
use auth::{ApiError, Caller, Claims, perm};
use chrono::{DateTime, Utc};
use kernel::{Code, Fault, FieldCode, PersonId, PrincipalId, Problem, ProposalId, ScoreSheetId};
use serde::{Deserialize, Serialize};
use service::{
    ApiResult, Changed, Checks, Context, Id, JsonBody,
    openapi::{ReadProblems, UpdateProblems},
    response,
};
use utoipa::ToSchema;

/// A score sheet: what a reviewer thinks of a proposal.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ScoreSheet {
    id: ScoreSheetId,
    #[schema(minimum = 1)]
    version: i64,
    proposal_id: ProposalId,
    person_id: PersonId,
    /// In the order of the window's criteria.
    #[schema(max_items = 12)]
    scores: Vec<CriterionScore>,
    /// What it comes to, 0.00 to 100.00; null until it is submitted, and when no criterion applies.
    #[schema(example = "78.25", max_length = 10)]
    points: Option<String>,
    submitted_at: Option<DateTime<Utc>>,
    /// Why it does not count: its reviewer has a conflict of interest.
    #[schema(max_length = 200)]
    struck: Option<String>,
    struck_at: Option<DateTime<Utc>>,
    updated_at: DateTime<Utc>,
}

impl TryFrom<Model> for ScoreSheet {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        Ok(Self {
            scores: row.answers()?,
            id: row.id,
            version: row.version,
            proposal_id: row.proposal_id,
            person_id: row.person_id,
            points: row.points.map(decimal),
            submitted_at: row.submitted_at,
            struck: row.struck,
            struck_at: row.struck_at,
            updated_at: row.updated_at,
        })
    }
}

/// The score sheets of a proposal.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ScoreSheets {
    /// Those that the caller may see.
    #[schema(max_items = 100)]
    items: Vec<ScoreSheet>,
    /// Sheets that count.
    #[schema(minimum = 0)]
    submitted: usize,
    /// Sheets that the window asks for.
    #[schema(minimum = 0)]
    needed: i32,
}

/// What a reviewer says.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScoreSheetFields {
    /// One entry for each criterion of the window, in their order.
    #[schema(min_items = 1, max_items = 12)]
    scores: Vec<CriterionScore>,
    /// Whether the sheet is submitted: then it is not changed any more.
    #[serde(default)]
    is_submitted: bool,
}

/// Lists the score sheets of a proposal
///
/// The secretariat sees those that are submitted; a member of the committee sees their own, and the others' once their own is
/// submitted.
#[utoipa::path(tag = "allocation proposals", params(("id" = Uuid, Path, description = "The proposal")),
    security(("oauth2" = ["proposals:read"])),
    responses((status = 200, description = "The score sheets", body = ScoreSheets), ReadProblems))]
#[get("/v1/allocation-proposals/{id}/score-sheets")]
pub(crate) async fn list(
    caller: Caller<perm::ProposalsRead>,
    context: Data<Context>,
    id: Id<ProposalId>,
) -> ApiResult {
    let (now, claims) = (context.store.clock().now(), &caller.claims);
    service::read(&context, claims, async |db, scope| {
        let proposal = access::read(db, scope, claims, id.0, now).await?;
        let window = window::store::get(scope, db, proposal.window_id).await?;
        let window = window.ok_or_else(Problem::not_found)?;
        let may_score = claims.may("scores:write") && access::is_seated(db, &window, claims, now).await?;
        let is_secretariat = access::is_secretariat(db, claims).await?;
        // The office that proposes learns who judged it when the committee has decided.
        if !may_score && !is_secretariat {
            return Err(Problem::not_found().into());
        }
        let sheets = store::of_proposal(db, proposal.id).await?;
        // A reviewer stays one with a token that does not let them score.
        let is_reviewer = !is_secretariat || access::is_reviewer(db, &window, claims, now).await?;
        let shows_others = sees_others(&sheets, claims, is_reviewer);
        let submitted = sheets.iter().filter(|sheet| sheet.is_counted()).count();
        let is_shown = |sheet: &Model| {
            PrincipalId::from(sheet.person_id) == claims.sub || (shows_others && sheet.submitted_at.is_some())
        };
        let shown = sheets.into_iter().filter(is_shown).map(ScoreSheet::try_from);
        let items = shown.collect::<Result<Vec<_>, _>>()?;
        let needed = window.fields()?.reviews_needed;
        response::json(StatusCode::OK, &[], &ScoreSheets { items, submitted, needed })
    })
    .await
}

/// Fills in the caller's own score sheet
///
/// For members of the window's committee without a conflict of interest in the proposal (403 otherwise), while the proposal is
/// eligible or scored. A sheet that was submitted is not changed any more (409). With the last review an eligible proposal is
/// scored. Send the ETag of the sheet (its version) in `If-Match` (`"0"` for a new one).
#[utoipa::path(tag = "allocation proposals", request_body = ScoreSheetFields, security(("oauth2" = ["scores:write"])),
    params(("id" = Uuid, Path, description = "The proposal"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The score sheet", body = ScoreSheet), UpdateProblems))]
#[put("/v1/allocation-proposals/{id}/score-sheets")]
pub(crate) async fn update(
    request: HttpRequest,
    caller: Caller<perm::ScoresWrite>,
    context: Data<Context>,
    id: Id<ProposalId>,
    body: JsonBody<ScoreSheetFields>,
) -> ApiResult {
    let (claims, fields) = (&caller.claims, body.value);
    let person_id = person_of(claims)?;
    service::change(&context, &request, claims, async |tx, _, precondition| {
        // Reviewers sit in any office: what they write belongs to the proposal's.
        let written = tx.as_platform(async |tx| {
            tx.lock(&proposal::store::lock_of(id.0)).await?;
            let (proposal, window) = reviewed(tx, claims, person_id, id.0).await?;
            let sheets = store::of_proposal(tx.db(), proposal.id).await?;
            let before = sheets.into_iter().find(|sheet| sheet.person_id == person_id);
            precondition.check(before.as_ref().map_or(0, |sheet| sheet.version))?;
            let criteria = window.fields()?.criteria;
            check(&criteria, &fields.scores)?;
            if before.as_ref().is_some_and(|sheet| sheet.submitted_at.is_some()) {
                let fault = FieldCode::State.says("was submitted and is not changed any more");
                let fault = fault.with("kind", "score_sheet").with("state", "submitted");
                return Err(Problem::new(Code::Conflict).field("/submitted_at", fault).into());
            }
            let after = filled(tx, &proposal, person_id, before, (criteria.as_slice(), &fields))?;
            store::save(tx, &after).await?;
            let audited = (after.submitted_at, after.points);
            tx.audit_created("score_sheet.write", after.audited(proposal.office_id), &audited).await?;
            score_if_complete(tx, proposal, &window).await?;
            Ok::<_, ApiError>(after)
        });
        let after = written.await?;
        Ok(Changed::new(after.version, ScoreSheet::try_from(after)?))
    })
    .await
}

/// The proposal and its window, for a member of the committee who may review it now.
///
/// # Errors
/// 404 for a proposal that is not there or not sent, 403 for who has no seat or a conflict of interest, 409 in another state.
async fn reviewed(
    tx: &Transaction,
    claims: &Claims,
    person_id: PersonId,
    id: ProposalId,
) -> Result<(proposal::store::Model, window::store::Model), ApiError> {
    let organisation_id = claims.organisation_id;
    let found = proposal::store::find(tx.db(), organisation_id, id).await?;
    let proposal = found.filter(|row| row.state != State::Draft).ok_or_else(Problem::not_found)?;
    let window = window::store::find(tx.db(), organisation_id, proposal.window_id).await?;
    let window = window.ok_or_else(Problem::not_found)?;
    let seats = window::store::seats(tx.db(), &window, tx.now()).await?;
    let reviews = |kind: SeatKind| kind != SeatKind::Observer;
    if !seats.iter().any(|seat| seat.person_id == person_id && reviews(seat.kind)) {
        return Err(seat_needed("only members of the committee score its proposals"));
    }
    conflict::refresh(tx, &proposal).await?;
    if conflict::store::recused(tx.db(), proposal.id).await?.contains(&person_id) {
        return Err(recused("you have a conflict of interest in this proposal, so you cannot score it"));
    }
    let is_open = matches!(proposal.state, State::Eligible | State::Scored) && is_reviewing(&window);
    proposal::moves::require_state(&proposal, is_open, "is not scored now")?;
    Ok((proposal, window))
}

/// The sheet as it is filled in.
fn filled(
    tx: &Transaction,
    proposal: &proposal::store::Model,
    person_id: PersonId,
    before: Option<Model>,
    (criteria, fields): (&[WindowCriterion], &ScoreSheetFields),
) -> Result<Model, StoreError> {
    let now = tx.now();
    let (id, version, created_at) = match &before {
        Some(sheet) => (sheet.id, sheet.version, sheet.created_at),
        None => (tx.new_id(), 0, now),
    };
    let points = if fields.is_submitted { points::of_sheet(criteria, &fields.scores) } else { None };
    Ok(Model {
        id,
        version: version + 1,
        organisation_id: proposal.organisation_id,
        window_id: proposal.window_id,
        proposal_id: proposal.id,
        person_id,
        answers: serde_json::to_string(&fields.scores)?,
        points,
        submitted_at: fields.is_submitted.then_some(now),
        // A conflict that was lifted: the reviewer begins anew.
        struck: None,
        struck_at: None,
        created_at,
        updated_at: now,
    })
}

/// What is wrong with a sheet: one entry for each criterion, points within its bounds, and only where it allows it none.
fn check(criteria: &[WindowCriterion], scores: &[CriterionScore]) -> Result<(), Problem> {
    let mut checks = Checks::new();
    if scores.len() != criteria.len() {
        let count = i64::try_from(criteria.len()).unwrap_or(i64::MAX);
        let fault = FieldCode::OutOfRange.says(format!("must have {count} entries, one for each criterion"));
        checks.refuse("/scores", fault.with("min", count).with("max", count));
    }
    for (index, (criterion, score)) in criteria.iter().zip(scores).enumerate() {
        let pointer = format!("/scores/{index}/points");
        match score.points {
            Some(points) => checks.within(&pointer, points, 0..=criterion.max_points),
            None => checks.require(criterion.may_not_apply, &pointer, Fault::required()),
        }
        checks.optional_long_text(&format!("/scores/{index}/comment"), score.comment.as_deref(), 2000);
    }
    checks.finish()
}

/// An eligible proposal whose last review has come is scored.
pub(crate) async fn score_if_complete(
    tx: &mut Transaction,
    proposal: proposal::store::Model,
    window: &window::store::Model,
) -> Result<(), ApiError> {
    let needed = window.fields()?.reviews_needed;
    let sheets = store::of_proposal(tx.db(), proposal.id).await?;
    let is_done = if window.state == window::State::Deliberation {
        store::has_enough(&sheets, needed)
    } else {
        store::is_complete(&sheets, needed)
    };
    if proposal.state == State::Eligible && is_done {
        proposal::store::apply(tx, proposal, Action::Score).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_lie_within_their_criterion_and_each_has_an_answer() {
        let criteria = crate::window::fields_check::tests::window().criteria;
        let wrong = |points: &[Option<i32>]| {
            let one = |points: &Option<i32>| CriterionScore { points: *points, comment: None };
            let scores: Vec<CriterionScore> = points.iter().map(one).collect();
            let errors = check(&criteria, &scores).err().map(|problem| problem.errors).unwrap_or_default();
            errors.into_iter().map(|error| error.pointer).collect::<Vec<_>>()
        };
        assert!(wrong(&[Some(5), None]).is_empty());
        assert_eq!(wrong(&[None, Some(11)]), ["/scores/0/points", "/scores/1/points"]);
        assert_eq!(wrong(&[Some(-1), Some(0)]), ["/scores/0/points"]);
        assert_eq!(wrong(&[Some(5)]), ["/scores"]);
    }
}
