//! The board of a window: every proposal with its scores as they are and without the lenience of reviewers, its rank, and
//! what is still missing.

use super::{
    normalise::{Sheet, normalise},
    points::{self, SPREAD_TO_DISCUSS, decimal},
    rank::{Candidate, Rank, ranks},
    store::{self, Model, sees_others},
};
use crate::{
    committee::rules::{self, ScoreNormalisation},
    need::{AllocationNeed, Needs},
    proposal::{self, State, access, fields::AllocationNature},
    window::{self, fields::WindowFields},
};
use ::store::StoreError;
use actix_web::{get, http::StatusCode, web::Data};
use auth::{ApiError, Caller, Claims, perm};
use chrono::Datelike;
use kernel::{Money, OfficeId, PersonId, PlanId, Problem, ProposalId, WindowId};
use sea_orm::ConnectionTrait;
use serde::Serialize;
use service::{ApiResult, Context, Id, openapi::ReadProblems, response};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The board of a window.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ScoringBoard {
    window_id: WindowId,
    /// Whether the lenience of reviewers is taken out of `adjusted`. `none` also where the committee asks for it and the
    /// sheets have too few reviewers in common: then nothing can be compared.
    normalisation: ScoreNormalisation,
    envelope: Money,
    /// What all ranked proposals together ask for.
    asked: Money,
    /// Best first; proposals that nobody has scored, by reference, at the end.
    #[schema(max_items = 2000)]
    proposals: Vec<BoardProposal>,
    /// How lenient each reviewer is beside the others, in points; empty without normalisation, and while the caller has
    /// sheets to submit.
    #[schema(max_items = 200)]
    reviewers: Vec<ReviewerLenience>,
}

/// A proposal on the board of its window.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BoardProposal {
    id: ProposalId,
    #[schema(example = "MIR-2026-00042", max_length = 40)]
    reference: String,
    office_id: OfficeId,
    #[schema(max_length = 300)]
    title: String,
    state: State,
    #[schema(max_length = 100)]
    category: String,
    nature: AllocationNature,
    #[schema(max_items = 50, value_type = Vec<kernel::items::CountryCode>)]
    countries: Vec<String>,
    /// The group of the window's balance that it belongs to.
    #[schema(max_length = 100)]
    group: Option<String>,
    asked: Money,
    least: Money,
    approved: Option<Money>,
    /// Sheets that count.
    #[schema(minimum = 0)]
    submitted: usize,
    /// Sheets that are begun.
    #[schema(minimum = 0)]
    outstanding: usize,
    /// Sheets that were struck.
    #[schema(minimum = 0)]
    struck: usize,
    /// Sheets that are still missing.
    #[schema(minimum = 0)]
    missing: usize,
    /// The mean of the sheets as they are, 0.00 to 100.00; null while the caller may not see it.
    #[schema(example = "74.00", max_length = 10)]
    mean: Option<String>,
    /// The same without the lenience of reviewers; as `mean` without normalisation.
    #[schema(example = "78.78", max_length = 10)]
    adjusted: Option<String>,
    /// Highest less lowest sheet.
    #[schema(example = "12.50", max_length = 10)]
    spread: Option<String>,
    /// Whether the sheets are so far apart (more than 30 points) that it is to be discussed.
    is_to_be_discussed: bool,
    /// What its countries need in the year in which it begins, in their order, and then what its plans need. It is no
    /// part of any score.
    #[schema(max_items = 100)]
    needs: Vec<AllocationNeed>,
    /// The highest priority among its countries, 0.000 to 1.000; null where none is known.
    #[schema(example = "0.436", max_length = 5)]
    priority: Option<String>,
    /// 1 for the best, by `adjusted`; null while the caller may not see it.
    #[schema(minimum = 1)]
    rank: Option<i32>,
    /// Whether everything down to it fits into the envelope.
    is_above_cut: Option<bool>,
}

/// How lenient a reviewer is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReviewerLenience {
    person_id: PersonId,
    /// In points, above the others' or below.
    #[schema(example = "-9.03", max_length = 10)]
    lenience: String,
}

/// The scores of a window.
pub(crate) struct Scores {
    pub(crate) proposals: Vec<proposal::store::Model>,
    pub(crate) sheets: BTreeMap<ProposalId, Vec<Model>>,
    pub(crate) normalisation: ScoreNormalisation,
    /// With the lenience taken out where that can be, in hundredths.
    pub(crate) adjusted: BTreeMap<ProposalId, i32>,
    pub(crate) lenience: BTreeMap<PersonId, i32>,
}

impl Scores {
    /// The points of the sheets of a proposal that count, in hundredths.
    pub(crate) fn counted(&self, id: ProposalId) -> Vec<i32> {
        let sheets = self.sheets.get(&id).into_iter().flatten();
        sheets.filter(|sheet| sheet.is_counted()).filter_map(|sheet| sheet.points).collect()
    }

    /// What a proposal is ranked by, in hundredths.
    pub(crate) fn points(&self, id: ProposalId) -> Option<i32> {
        self.adjusted.get(&id).copied().or_else(|| points::mean(&self.counted(id)))
    }

    /// The ranks within an envelope (US cents): of what is scored and not withdrawn.
    pub(crate) fn ranks(&self, envelope: i64) -> BTreeMap<ProposalId, Rank> {
        let candidate = |row: &proposal::store::Model| Candidate {
            id: row.id,
            reference: row.reference.clone(),
            points: self.points(row.id),
            asked: row.asked,
        };
        let ranked = self.proposals.iter().filter(|row| is_ranked(row.state));
        ranks(&ranked.map(candidate).collect::<Vec<_>>(), envelope)
    }
}

/// Whether a proposal takes part in the ranking.
fn is_ranked(state: State) -> bool {
    !matches!(state, State::Draft | State::Submitted | State::Ineligible | State::Withdrawn | State::Lapsed)
}

/// The scores of a window; `db` reads the proposals of all offices.
pub(crate) async fn scores(
    db: &impl ConnectionTrait,
    window: &window::store::Model,
) -> Result<Scores, StoreError> {
    let proposals = proposal::store::of_window(db, window.id).await?;
    let mut sheets: BTreeMap<ProposalId, Vec<Model>> = BTreeMap::new();
    for sheet in store::of_window(db, window.id).await? {
        sheets.entry(sheet.proposal_id).or_default().push(sheet);
    }
    let rules = rules::current(db, window.committee_id).await?;
    let compared = |row: &&proposal::store::Model| is_ranked(row.state);
    let counted: Vec<Sheet<ProposalId, PersonId>> = proposals
        .iter()
        .filter(compared)
        .flat_map(|row| sheets.get(&row.id).into_iter().flatten())
        .filter(|sheet| sheet.is_counted())
        .filter_map(|sheet| {
            let (proposal, reviewer, points) = (sheet.proposal_id, sheet.person_id, sheet.points?);
            Some(Sheet { proposal, reviewer, points })
        })
        .collect();
    let found = normalise(rules.normalisation, &counted);
    let normalisation = if found.is_some() { rules.normalisation } else { ScoreNormalisation::None };
    let (adjusted, lenience) = found.map(|found| (found.points, found.lenience)).unwrap_or_default();
    Ok(Scores { proposals, sheets, normalisation, adjusted, lenience })
}

/// What the caller sees of the scores of each proposal: a reviewer those on which they have submitted their own sheet.
struct Sight<'a> {
    claims: &'a Claims,
    is_reviewer: bool,
}

/// What a row of the board shows beside the scores.
struct Beside<'a> {
    fields: &'a WindowFields,
    ranks: BTreeMap<ProposalId, Rank>,
    needs: &'a Needs,
}

fn row(
    proposal: &proposal::store::Model,
    scores: &Scores,
    beside: &Beside<'_>,
    sight: &Sight<'_>,
) -> BoardProposal {
    let Beside { fields, ranks, needs } = beside;
    let none = Vec::new();
    let sheets = scores.sheets.get(&proposal.id).unwrap_or(&none);
    let is_shown = sees_others(sheets, sight.claims, sight.is_reviewer);
    let counted = scores.counted(proposal.id);
    let spread = points::spread(&counted).filter(|_| is_shown);
    let shown = |points: Option<i32>| points.filter(|_| is_shown).map(decimal);
    let rank = ranks.get(&proposal.id).filter(|_| is_shown);
    let countries = kernel::text::split(&proposal.countries);
    let plan_ids: Vec<PlanId> =
        kernel::text::split(&proposal.plan_ids).iter().filter_map(|id| id.parse().ok()).collect();
    let year = proposal.start_date.year();
    let submitted = sheets.iter().filter(|sheet| sheet.is_counted()).count();
    BoardProposal {
        id: proposal.id,
        reference: proposal.reference.clone(),
        office_id: proposal.office_id,
        title: proposal.title.clone(),
        state: proposal.state,
        category: proposal.category.clone(),
        nature: proposal.nature,
        group: fields.group_of(&countries).map(|group| group.group.clone()),
        needs: needs.of(&countries, &plan_ids, year),
        priority: needs.priority(&countries, year),
        countries,
        asked: Money::usd(proposal.asked),
        least: Money::usd(proposal.least),
        approved: proposal.approved.map(Money::usd),
        submitted,
        outstanding: sheets.iter().filter(|sheet| sheet.is_outstanding()).count(),
        struck: sheets.iter().filter(|sheet| sheet.struck_at.is_some()).count(),
        missing: usize::try_from(fields.reviews_needed).unwrap_or(0).saturating_sub(submitted),
        mean: shown(points::mean(&counted)),
        adjusted: shown(scores.points(proposal.id)),
        spread: spread.map(decimal),
        is_to_be_discussed: spread.is_some_and(|spread| spread > SPREAD_TO_DISCUSS),
        rank: rank.map(|rank| rank.place),
        is_above_cut: rank.map(|rank| rank.is_above_cut),
    }
}

/// The board as the caller sees it.
fn board(
    window: &window::store::Model,
    (fields, needs): (&WindowFields, &Needs),
    scores: &Scores,
    sight: &Sight<'_>,
) -> ScoringBoard {
    let beside = Beside { fields, ranks: scores.ranks(window.envelope), needs };
    let ranks = &beside.ranks;
    let mut order: Vec<&proposal::store::Model> = scores.proposals.iter().collect();
    order.sort_by_key(|proposal| {
        let place = ranks.get(&proposal.id).map_or(i32::MAX, |rank| rank.place);
        (place, proposal.reference.clone())
    });
    let mut proposals: Vec<BoardProposal> =
        order.into_iter().map(|proposal| row(proposal, scores, &beside, sight)).collect();
    // A reviewer who has not submitted a sheet learns nothing from the order either.
    proposals.sort_by_key(|row| row.rank.unwrap_or(i32::MAX));
    if proposals.iter().any(|row| row.rank.is_none()) {
        let unranked = proposals.iter().position(|row| row.rank.is_none()).unwrap_or(0);
        if let Some(rest) = proposals.get_mut(unranked..) {
            rest.sort_by(|one, other| one.reference.cmp(&other.reference));
        }
    }
    let sees_all = scores.sheets.values().all(|sheets| sees_others(sheets, sight.claims, sight.is_reviewer));
    let lenience = scores.lenience.iter().filter(|_| sees_all);
    let asked: i64 =
        scores.proposals.iter().filter(|row| ranks.contains_key(&row.id)).map(|row| row.asked).sum();
    ScoringBoard {
        window_id: window.id,
        normalisation: scores.normalisation,
        envelope: Money::usd(window.envelope),
        asked: Money::usd(asked),
        proposals,
        reviewers: lenience
            .map(|(person_id, points)| ReviewerLenience { person_id: *person_id, lenience: decimal(*points) })
            .collect(),
    }
}

/// Gets the scoring board of a window
///
/// For the secretariat and the members of the committee (404 for others): every proposal that was sent, the mean of its sheets
/// as they are and without the lenience of reviewers, its rank, and whether it is above the cut. A reviewer sees the scores of a
/// proposal once their own sheet on it is submitted.
#[utoipa::path(tag = "allocation windows", params(("id" = Uuid, Path, description = "The window")),
    security(("oauth2" = ["proposals:read"])),
    responses((status = 200, description = "The board", body = ScoringBoard), ReadProblems))]
#[get("/v1/allocation-windows/{id}/board")]
pub(crate) async fn get(
    caller: Caller<perm::ProposalsRead>,
    context: Data<Context>,
    id: Id<WindowId>,
) -> ApiResult {
    let (now, claims) = (context.store.clock().now(), &caller.claims);
    service::read(&context, claims, async |db, scope| {
        let window = window::store::get(scope, db, id.0).await?.ok_or_else(Problem::not_found)?;
        let is_seated = access::is_seated(db, &window, claims, now).await?;
        let is_secretariat = access::is_secretariat(db, claims).await?;
        if !is_seated && !is_secretariat {
            return Err(Problem::not_found().into());
        }
        let scores = db.across_offices(scope, async |all| scores(all, &window).await).await?;
        // A reviewer stays one with a token that does not let them score.
        let is_reviewer = !is_secretariat || access::is_reviewer(db, &window, claims, now).await?;
        let sight = Sight { claims, is_reviewer };
        let fields = window.fields().map_err(ApiError::from)?;
        let needs = Needs::read(db, window.organisation_id).await?;
        response::json(StatusCode::OK, &[], &board(&window, (&fields, &needs), &scores, &sight))
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proposal::store::tests::row as proposal_row;

    #[test]
    fn what_is_not_sent_or_taken_back_is_not_ranked() {
        let of = |number: u128, state: State| proposal::store::Model {
            id: ProposalId::from_u128(number),
            reference: format!("MIR-2026-{number:05}"),
            ..proposal_row(state)
        };
        let scores = Scores {
            proposals: vec![of(1, State::Scored), of(2, State::Withdrawn), of(3, State::Approved)],
            sheets: BTreeMap::new(),
            normalisation: ScoreNormalisation::Centred,
            adjusted: (1..=3).map(|number| (ProposalId::from_u128(number), 7_000)).collect(),
            lenience: BTreeMap::new(),
        };
        let ranks = scores.ranks(64_200_000 * 2);
        let places: Vec<(u128, i32, bool)> =
            ranks.iter().map(|(id, rank)| (id.as_u128(), rank.place, rank.is_above_cut)).collect();
        assert_eq!(places, [(1, 1, true), (3, 1, true)]);
        assert!(!scores.ranks(64_200_000).values().any(|rank| rank.is_above_cut));
    }
}
