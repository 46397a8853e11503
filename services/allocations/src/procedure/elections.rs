//! The proposals of a window as an election in pabulib's format, for the tools of participatory budgeting.

use crate::window::{State, store};
use crate::{
    proposal::access,
    score::board::{self, Scores},
    what_if::pabulib::{Election, Project, write},
};
use actix_web::{HttpResponse, get, http::header, web::Data};
use auth::{Caller, perm};
use kernel::{Problem, WindowId};
use service::{ApiResult, Context, Id, openapi::ReadProblems};

/// A window as an election: what is asked for in dollars, and points of 0 to 100; selected is what the committee approved, once
/// it approved anything.
pub(crate) fn election(window: &store::Model, scores: &Scores) -> Election {
    let ranks = scores.ranks(window.envelope);
    let ranked = || scores.proposals.iter().filter(|proposal| ranks.contains_key(&proposal.id));
    let is_decided = ranked().any(|proposal| proposal.approved.is_some());
    let project = |proposal: &crate::proposal::store::Model| Project {
        id: proposal.reference.clone(),
        name: proposal.title.clone(),
        cost: proposal.asked,
        score: scores.points(proposal.id).map_or(0, i64::from),
        selected: is_decided.then_some(proposal.approved.is_some()),
    };
    Election {
        description: window.title.clone(),
        budget: window.envelope,
        rule: "greedy".to_owned(),
        projects: ranked().map(project).collect(),
        cost_places: 2,
        score_places: 2,
    }
}

/// Exports the scored proposals of a window as a pabulib file
///
/// What is asked for, points without the lenience of reviewers, and what was approved. For the secretariat, and for members of
/// the committee from the deliberation on (404 for others).
#[utoipa::path(tag = "allocation windows", params(("id" = Uuid, Path, description = "The window")),
    security(("oauth2" = ["proposals:read"])),
    responses((status = 200, description = "The file", content_type = "text/plain", body = String), ReadProblems))]
#[get("/v1/allocation-windows/{id}/proposals.pb")]
pub(crate) async fn get(
    caller: Caller<perm::ProposalsRead>,
    context: Data<Context>,
    id: Id<WindowId>,
) -> ApiResult {
    let (now, claims) = (context.store.clock().now(), &caller.claims);
    let file = service::read(&context, claims, async |db, scope| {
        let window = store::get(scope, db, id.0).await?.ok_or_else(Problem::not_found)?;
        let is_late = matches!(window.state, State::Deliberation | State::Closed);
        let is_member = is_late && access::is_seated(db, &window, claims, now).await?;
        if !is_member && !access::is_secretariat(db, claims).await? {
            return Err(Problem::not_found().into());
        }
        let scores = db.across_offices(scope, async |all| board::scores(all, &window).await).await?;
        Ok(write(&election(&window, &scores)))
    });
    let disposition = (header::CONTENT_DISPOSITION, "attachment; filename=\"proposals.pb\"");
    let content = "text/plain; charset=utf-8";
    Ok(HttpResponse::Ok().content_type(content).insert_header(disposition).body(file.await?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        committee::rules::ScoreNormalisation,
        proposal::{self, store::tests::row},
        window::{fields_check::tests::window as fields, store::tests::blank},
    };
    use kernel::ProposalId;
    use std::collections::BTreeMap;

    #[test]
    fn a_window_is_an_election_of_what_was_scored() {
        let window = blank().with(&fields()).unwrap();
        let of = |number: u128, approved: Option<i64>, state: proposal::State| proposal::store::Model {
            id: ProposalId::from_u128(number),
            reference: format!("MIR-2026-{number:05}"),
            approved,
            ..row(state)
        };
        let scores = Scores {
            proposals: vec![
                of(1, Some(30_000_000), proposal::State::PartlyApproved),
                of(2, None, proposal::State::Rejected),
                of(3, None, proposal::State::Withdrawn),
            ],
            sheets: BTreeMap::new(),
            normalisation: ScoreNormalisation::Centred,
            adjusted: [(1, 7_878), (2, 7_100), (3, 7_400)]
                .map(|(number, points)| (ProposalId::from_u128(number), points))
                .into(),
            lenience: BTreeMap::new(),
        };
        let election = election(&window, &scores);
        assert_eq!((election.budget, election.projects.len()), (200_000_000, 2));
        let first = &election.projects[0];
        assert_eq!((first.cost, first.score, first.selected), (64_200_000, 7_878, Some(true)));
        assert_eq!(election.projects[1].selected, Some(false));
        assert!(write(&election).contains("MIR-2026-00001;642000;78.78;Onward transport;1"));
    }
}
