//! Votes and decisions as rows, on SQLite.

use super::{
    Action, DecisionState, answer, store,
    testing::{ITEM, World, scope, seat_of},
    verify::first_broken,
};
use crate::{
    committee::{DecidedBy, rules},
    meeting::{self, MeetingState, item},
    motion::{
        self,
        Ballot::{Abstain, No, Yes},
        MotionState,
    },
    proposal::{self, State},
    window,
};
use ::store::{params, sql};
use kernel::{
    AgendaItemId, CirculationId, DecisionId, MeetingId, MotionId, PersonId, PrincipalId, ProposalId, Reason,
    SeatId,
};
use serde_json::json;

/// Who confirms, and who writes down what a meeting decides.
const HEAD: u128 = 900;
const SECRETARY: u128 = 901;

#[tokio::test]
async fn what_passes_is_a_decision_with_a_hash_that_shows_a_change() {
    let world = World::new(DecidedBy::Committee).await;
    let mut tx = world.begin().await;
    let (state, decision) = world.decide(&mut tx, 1, &[Yes, Yes, No, Abstain]).await;
    assert_eq!(state, MotionState::Passed);
    let decision = decision.unwrap();
    assert_eq!((decision.reference.as_str(), decision.state), ("DEC-2026-00001", DecisionState::InForce));
    let content = decision.said().unwrap();
    let tally = &content.tally;
    assert_eq!((tally.entitled, tally.quorum, tally.yes, tally.no, tally.abstain), (5, 3, 2, 1, 1));
    let (_, second) = world.decide(&mut tx, 2, &[Yes, Yes, Yes]).await;
    assert_eq!(second.unwrap().reference, "DEC-2026-00002");
    tx.commit().await.unwrap();

    let db = world.store.system_read().await.unwrap();
    assert_eq!(first_broken(&db).await.unwrap(), None);
    drop(db);
    let tx = world.begin().await;
    let text = "UPDATE decision SET content = replace(content, 'revised', 'kept') WHERE id = $1";
    sql::execute(tx.db(), text, params![decision.id]).await.unwrap();
    tx.commit().await.unwrap();
    let db = world.store.system_read().await.unwrap();
    assert_eq!(first_broken(&db).await.unwrap(), Some(decision.id));
}

#[tokio::test]
async fn an_amount_that_was_written_over_is_found() {
    let world = World::new(DecidedBy::Committee).await;
    let mut tx = world.begin().await;
    let (_, decision) = world.decide(&mut tx, 1, &[Yes, Yes, Yes]).await;
    let decision = decision.unwrap();
    assert!(decision.is_intact());
    let text = "UPDATE decision SET amount = 100 WHERE id = $1";
    sql::execute(tx.db(), text, params![decision.id]).await.unwrap();
    assert_eq!(first_broken(tx.db()).await.unwrap(), Some(decision.id));
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn too_few_votes_decide_nothing_and_the_last_vote_of_a_seat_counts() {
    let world = World::new(DecidedBy::Committee).await;
    let mut tx = world.begin().await;
    assert_eq!(world.decide(&mut tx, 1, &[Yes, Yes]).await, (MotionState::NoQuorum, None));
    let motion = MotionId::from_u128(401);
    let row = motion::store::get(&scope(), tx.db(), motion).await.unwrap().unwrap();
    let (seat, person) = seat_of(1);
    motion::store::vote(&tx, &row, seat, (person, No)).await.unwrap();
    let votes = motion::store::votes(tx.db(), motion).await.unwrap();
    assert_eq!((votes.len(), votes[&seat]), (2, (person, No)));
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn the_head_answers_once() {
    let world = World::new(DecidedBy::Head).await;
    let mut tx = world.begin().await;
    let (_, decision) = world.decide(&mut tx, 1, &[Yes, Yes, Yes]).await;
    let decision = decision.unwrap();
    assert_eq!(decision.state, DecisionState::AwaitingHead);
    assert_eq!(decision.confirm_until, Some(decision.decided_at + chrono::TimeDelta::days(14)));
    tx.commit().await.unwrap();
    let mut tx = world.begin_as(HEAD).await;
    let before = answer::to_change(&scope(), &tx, decision.id).await.unwrap();
    let confirm = (Action::Confirm, Some("Agreed".to_owned()));
    let after = answer::answer(&scope(), &mut tx, before, confirm).await.unwrap();
    assert_eq!((after.state, after.version), (DecisionState::InForce, 2));
    assert_eq!((&after.content, &after.sha256), (&decision.content, &decision.sha256), "what it says stays");
    let again = answer::to_change(&scope(), &tx, decision.id).await.unwrap();
    let refused = answer::answer(&scope(), &mut tx, again, (Action::Decline, None)).await.unwrap_err();
    assert_eq!(refused.0.status, 409);
    let listed = store::list(&scope(), tx.db(), store::Filter::default(), None, 10).await.unwrap();
    assert_eq!(listed, [after]);
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn whoever_moved_a_circulation_took_part_in_its_decision_without_a_vote() {
    let world = World::new(DecidedBy::Head).await;
    let mut tx = world.begin().await;
    let (_, decision) = world.decide(&mut tx, 1, &[Yes, Yes, Yes]).await;
    let id = decision.unwrap().id;
    let (committee, at) = (&world.committee, world.meeting.starts_at);
    let text = "INSERT INTO circulation (id, version, organisation_id, office_id, committee_id, proposal_id,
                  window_id, resolution, reason, rules_number, state, entitled, opened_at, closes_at, updated_at)
                VALUES ($1, 1, $2, $3, $4, $1, $1, 'approve', 'It cannot wait', 1, 'passed', $5, $6, $6, $6)";
    let entitled = json!([
        { "seat_id": SeatId::from_u128(1), "person_id": PersonId::from_u128(777), "has_moved": true },
        { "seat_id": SeatId::from_u128(2), "person_id": PersonId::from_u128(778) },
    ]);
    let circulation = CirculationId::from_u128(5);
    let (organisation_id, office_id) = (committee.organisation_id, committee.office_id);
    let values = params![circulation, organisation_id, office_id, committee.id, entitled.to_string(), at];
    sql::execute(tx.db(), text, values).await.unwrap();
    let text = "UPDATE decision SET circulation_id = $1 WHERE id = $2";
    sql::execute(tx.db(), text, params![circulation, id]).await.unwrap();
    for (person, expected) in [(777, true), (778, false)] {
        let who = PrincipalId::from_u128(person);
        assert_eq!(store::took_part(tx.db(), id, who).await.unwrap(), expected, "{person}");
    }
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn nobody_answers_a_decision_that_they_moved_voted_on_or_recorded() {
    let world = World::new(DecidedBy::Head).await;
    let mut tx = world.begin_as(SECRETARY).await;
    let (_, decision) = world.decide(&mut tx, 1, &[Yes, Yes, Yes]).await;
    let id = decision.unwrap().id;
    tx.commit().await.unwrap();
    // The chair, who moved and voted; a member who voted; whoever ended the vote.
    for person in [201, 203, SECRETARY] {
        for action in [Action::Confirm, Action::Decline] {
            let mut tx = world.begin_as(person).await;
            let before = answer::to_change(&scope(), &tx, id).await.unwrap();
            let refused = answer::answer(&scope(), &mut tx, before, (action, None)).await.unwrap_err();
            assert_eq!((refused.0.status, refused.0.reason), (403, Some(Reason::SecondPerson)), "{person}");
            tx.rollback().await.unwrap();
        }
    }
    // A member who was there and did not vote may be the head.
    let mut tx = world.begin_as(204).await;
    let before = answer::to_change(&scope(), &tx, id).await.unwrap();
    assert!(answer::answer(&scope(), &mut tx, before, (Action::Confirm, None)).await.is_ok());
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_meeting_keeps_who_had_the_last_word_when_it_was_convened() {
    let mut world = World::new(DecidedBy::Committee).await;
    // Its rules stay those of number 1, whatever the committee is told later.
    world.committee.decision_by = DecidedBy::Head;
    let mut tx = world.begin().await;
    let (_, decision) = world.decide(&mut tx, 1, &[Yes, Yes, Yes]).await;
    assert_eq!(decision.unwrap().state, DecisionState::InForce);
    // A version that an earlier program wrote does not say so, until it is about to change.
    sql::execute(tx.db(), "UPDATE committee_rules SET decision_by = NULL", vec![]).await.unwrap();
    let now = rules::decision_by(tx.db(), &world.committee, 1).await.unwrap();
    assert_eq!(now, DecidedBy::Head);
    world.committee.decision_by = DecidedBy::Committee;
    rules::pin(tx.db(), &world.committee).await.unwrap();
    world.committee.decision_by = DecidedBy::Head;
    let pinned = rules::decision_by(tx.db(), &world.committee, 1).await.unwrap();
    assert_eq!(pinned, DecidedBy::Committee);
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn what_a_meeting_leaves_is_on_the_agenda_of_the_next() {
    let world = World::new(DecidedBy::Committee).await;
    let tx = world.begin().await;
    item::carry_over(&tx, world.meeting.id).await.unwrap();
    let next = meeting::store::Model {
        id: MeetingId::from_u128(5),
        number: meeting::store::next_number(&tx, world.committee.id).await.unwrap(),
        state: MeetingState::Planned,
        ..world.meeting.clone()
    };
    assert_eq!(next.number, 2);
    meeting::store::save(&tx, &next).await.unwrap();
    item::take_over(&tx, &next).await.unwrap();
    let items = item::of_meeting(tx.db(), next.id).await.unwrap();
    assert_eq!((items.len(), items[0].title.as_str()), (1, "Terms of reference"));
    let left = item::get(tx.db(), next.organisation_id, ITEM).await.unwrap().unwrap();
    assert_eq!((left.state, left.carried_to), (item::ItemState::CarriedOver, Some(items[0].id)));
    // Once.
    let third = meeting::store::Model { id: MeetingId::from_u128(6), number: 3, ..next };
    meeting::store::save(&tx, &third).await.unwrap();
    item::take_over(&tx, &third).await.unwrap();
    assert!(item::of_meeting(tx.db(), third.id).await.unwrap().is_empty());
    // What the second leaves as well goes to the third, which was planned before, after what is on its agenda.
    let own = item::Model { id: AgendaItemId::from_u128(301), meeting_id: third.id, ..items[0].clone() };
    item::save_all(&tx, &[own]).await.unwrap();
    item::carry_over(&tx, items[0].meeting_id).await.unwrap();
    item::take_over(&tx, &third).await.unwrap();
    let items = item::of_meeting(tx.db(), third.id).await.unwrap();
    assert_eq!(items.iter().map(|item| item.position).collect::<Vec<_>>(), [1, 2]);
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn what_was_withdrawn_or_decided_elsewhere_is_on_no_later_agenda() {
    let world = World::new(DecidedBy::Committee).await;
    let mut tx = world.begin().await;
    let fields = window::fields_check::tests::window();
    let sent_to = window::store::tests::blank().with(&fields).unwrap();
    window::store::insert(&mut tx, &sent_to).await.unwrap();
    let general = item::get(tx.db(), world.meeting.organisation_id, ITEM).await.unwrap().unwrap();
    let mut items = Vec::new();
    for (number, state) in [(1, State::Shortlisted), (2, State::Withdrawn), (3, State::Approved)] {
        let proposal_id = ProposalId::from_u128(number);
        let reference = format!("MIR-2026-{number:05}");
        let row = proposal::store::Model { id: proposal_id, reference, ..proposal::store::tests::row(state) };
        proposal::store::insert(&tx, &row).await.unwrap();
        items.push(item::Model {
            id: AgendaItemId::from_u128(310 + number),
            proposal_id: Some(proposal_id),
            title: format!("Proposal {number}"),
            ..general.clone()
        });
    }
    item::save_all(&tx, &items).await.unwrap();
    // By a circulation, after the meeting.
    let text =
        "INSERT INTO decision (id, version, organisation_id, office_id, reference, committee_id, proposal_id,
                  resolution, state, content, sha256, decided_at, updated_at)
                VALUES ($1, 1, $2, $3, 'DEC-2026-00001', $4, $5, 'approve', 'in_force', '{}', '', $6, $6)";
    let later = world.meeting.starts_at + chrono::TimeDelta::days(1);
    let (id, proposal_id) = (DecisionId::from_u128(1), ProposalId::from_u128(3));
    let committee = &world.committee;
    let values =
        params![id, committee.organisation_id, committee.office_id, committee.id, proposal_id, later];
    sql::execute(tx.db(), text, values).await.unwrap();
    item::carry_over(&tx, world.meeting.id).await.unwrap();
    let next = meeting::store::Model {
        id: MeetingId::from_u128(5),
        number: 2,
        state: MeetingState::Planned,
        ..world.meeting.clone()
    };
    meeting::store::save(&tx, &next).await.unwrap();
    item::take_over(&tx, &next).await.unwrap();
    let items = item::of_meeting(tx.db(), next.id).await.unwrap();
    let titles: Vec<&str> = items.iter().map(|item| item.title.as_str()).collect();
    assert_eq!(titles, ["Terms of reference", "Proposal 1"]);
    tx.commit().await.unwrap();
}
