//! The votes of the brief's `scoring.py`: seven seats A to G, of which A is the chair, and a quorum of at least three.

use super::{
    Ballot::{self, Abstain, No, Yes},
    rule::*,
};
use crate::committee::{
    rules::{QuorumRule, Rules, TieRule, VoteMajority},
    seat::{Seat, SeatKind},
};
use kernel::{OfficeId, PersonId, SeatId};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn number(letter: char) -> u128 {
    u128::from(u32::from(letter))
}

fn person(letter: char) -> PersonId {
    PersonId::from_u128(number(letter))
}

fn seat(letter: char) -> Seat {
    let kind = if letter == 'A' { SeatKind::Chair } else { SeatKind::Member };
    Seat {
        id: SeatId::from_u128(number(letter)),
        person_id: person(letter),
        office_id: OfficeId::from_u128(1),
        kind,
        alternate_of: None,
    }
}

fn alternate(letter: char, of: char) -> Seat {
    let alternate_of = Some(SeatId::from_u128(number(of)));
    Seat { kind: SeatKind::Alternate, alternate_of, ..seat(letter) }
}

fn members() -> Vec<Seat> {
    ('A'..='G').map(seat).collect()
}

fn people(letters: &str) -> BTreeSet<PersonId> {
    letters.chars().map(person).collect()
}

/// The votes of people who vote for their own seats.
fn votes(yes: &str, no: &str, abstain: &str) -> Votes {
    let of = |letters: &str, ballot: Ballot| -> Votes {
        letters.chars().map(|letter| (seat(letter).id, (person(letter), ballot))).collect()
    };
    let mut votes = of(yes, Yes);
    votes.extend(of(no, No));
    votes.extend(of(abstain, Abstain));
    votes
}

fn vote(recused: &str, present: &str, votes: &Votes, rules: &Rules) -> (Outcome, Tally) {
    let entitled = entitled(&members(), &people(recused), &people(present), false);
    outcome(&entitled, votes, rules)
}

#[test]
fn the_votes_of_the_brief_end_as_it_says() {
    let rules = Rules::default();
    for (name, recused, present, cast, expected) in [
        ("7 members, 5 here, 3-2", "", "ABCDE", votes("ABC", "DE", ""), (Outcome::Passed, 3, 2)),
        ("3 of 7 here", "", "ABC", votes("ABC", "", ""), (Outcome::NoQuorum, 3, 0)),
        ("2 recused: 5 entitled, 3 here", "FG", "ABC", votes("ABC", "", ""), (Outcome::Passed, 3, 0)),
        ("recused F votes yes: not counted", "FG", "ABCDF", votes("ABF", "CD", ""), (Outcome::Tied, 2, 2)),
        ("5 recused: 2 entitled", "CDEFG", "AB", votes("AB", "", ""), (Outcome::ToTheHead, 2, 0)),
        ("1 yes, 3 abstain", "", "ABCD", votes("A", "", "BCD"), (Outcome::NotDecided, 1, 0)),
        ("2-2", "", "ABCD", votes("AB", "CD", ""), (Outcome::Tied, 2, 2)),
        ("all abstain", "", "ABCD", votes("", "", "ABCD"), (Outcome::NotDecided, 0, 0)),
        ("one leaves before the close", "", "ABC", votes("ABC", "D", ""), (Outcome::NoQuorum, 3, 0)),
    ] {
        let (outcome, tally) = vote(recused, present, &cast, &rules);
        assert_eq!((outcome, tally.yes, tally.no), expected, "{name}");
    }
}

#[test]
fn the_quorums_of_the_brief_are_four_of_seven_and_three_of_five() {
    let rule = QuorumRule { numerator: 1, denominator: 2, least: 3 };
    for (entitled, expected) in [(7, 4), (6, 4), (5, 3), (4, 3), (3, 3), (2, 3)] {
        assert_eq!(quorum(entitled, &rule), expected, "{entitled}");
    }
    assert!(is_for_the_head(2, &rule) && !is_for_the_head(3, &rule));
}

#[test]
fn a_tie_is_decided_by_the_chair_where_the_rules_say_so() {
    let rules = Rules { tie: TieRule::ChairCasting, ..Rules::default() };
    let cast = |yes: &str, no: &str, abstain: &str| vote("", "ABCDE", &votes(yes, no, abstain), &rules).0;
    assert_eq!(cast("AB", "CD", ""), Outcome::Passed);
    assert_eq!(cast("CD", "AB", ""), Outcome::Lost);
    assert_eq!(cast("BC", "DE", "A"), Outcome::Tied, "the chair abstains");
    // The chair has a conflict, so the vice-chair chairs.
    let mut seats = members();
    seats[1].kind = SeatKind::ViceChair;
    let entitled = entitled(&seats, &people("A"), &people("ABCDE"), false);
    let (outcome, _) = outcome(&entitled, &votes("BC", "DE", ""), &rules);
    assert_eq!(outcome, Outcome::Passed);
}

#[test]
fn two_thirds_are_of_those_who_vote_for_or_against() {
    let rules = Rules { majority: VoteMajority::TwoThirds, ..Rules::default() };
    assert_eq!(vote("", "ABCDEF", &votes("ABCD", "EF", ""), &rules).0, Outcome::Passed);
    assert_eq!(vote("", "ABCDE", &votes("ABC", "DE", ""), &rules).0, Outcome::Lost);
}

#[test]
fn an_absolute_majority_is_of_the_entitled() {
    let rules = Rules { majority: VoteMajority::Absolute, ..Rules::default() };
    assert_eq!(vote("", "ABCDE", &votes("ABC", "DE", ""), &rules).0, Outcome::Lost, "3 of 7");
    assert_eq!(vote("", "ABCDE", &votes("ABCD", "E", ""), &rules).0, Outcome::Passed, "4 of 7");
    assert_eq!(vote("FG", "ABCDE", &votes("ABC", "DE", ""), &rules).0, Outcome::Passed, "3 of 5");
}

#[test]
fn an_alternate_votes_for_a_member_who_is_away_and_not_for_a_recused_one() {
    let mut seats = members();
    seats.push(alternate('X', 'G'));
    let voter = |recused: &str, present: &str, for_recused: bool| {
        let all = entitled(&seats, &people(recused), &people(present), for_recused);
        let of_seat = all.iter().find(|seat| seat.seat_id == SeatId::from_u128(number('G')));
        of_seat.map(|seat| seat.voter)
    };
    assert_eq!(voter("", "ABX", false), Some(Some(person('X'))), "the member is away");
    assert_eq!(voter("", "ABGX", false), Some(Some(person('G'))), "the member is here");
    assert_eq!(voter("", "AB", false), Some(None), "nobody is here");
    assert_eq!(voter("G", "ABX", false), None, "the member has a conflict");
    assert_eq!(voter("G", "ABGX", true), Some(Some(person('X'))), "the rules allow it");
    assert_eq!(voter("GX", "ABX", true), None, "both have one");
    assert_eq!(voter("X", "ABX", false), Some(None), "the alternate has one");
}

#[test]
fn what_an_alternate_cast_does_not_count_once_the_member_is_back() {
    let mut seats = members();
    seats.push(alternate('X', 'G'));
    let mut cast = votes("ABC", "", "");
    cast.insert(seat('G').id, (person('X'), Yes));
    let count = |present: &str| {
        let entitled = entitled(&seats, &BTreeSet::new(), &people(present), false);
        outcome(&entitled, &cast, &Rules::default()).1.yes
    };
    assert_eq!((count("ABCX"), count("ABCGX")), (4, 3));
}

#[test]
fn observers_have_no_vote() {
    let mut seats = members();
    seats[6].kind = SeatKind::Observer;
    let entitled = entitled(&seats, &BTreeSet::new(), &people("ABCDEFG"), false);
    assert_eq!(entitled.len(), 6);
}

fn letters() -> impl Strategy<Value = String> {
    prop::collection::btree_set(0_u8..7, 0..=7)
        .prop_map(|numbers| numbers.into_iter().map(|number| char::from(b'A' + number)).collect::<String>())
}

fn ballots() -> impl Strategy<Value = Votes> {
    let ballot = prop::option::of(prop::sample::select(vec![Yes, No, Abstain]));
    prop::collection::vec(ballot, 7).prop_map(|ballots| {
        let cast = ('A'..='G').zip(ballots).filter_map(|(letter, ballot)| Some((letter, ballot?)));
        cast.map(|(letter, ballot)| (seat(letter).id, (person(letter), ballot))).collect::<Votes>()
    })
}

proptest! {
    /// The outcome is the same without the votes of those with a conflict.
    #[test]
    fn a_recused_vote_never_counts(recused in letters(), present in letters(), cast in ballots()) {
        let rules = Rules { tie: TieRule::ChairCasting, ..Rules::default() };
        let mut without = cast.clone();
        without.retain(|_, (voter, _)| !people(&recused).contains(voter));
        prop_assert_eq!(vote(&recused, &present, &cast, &rules), vote(&recused, &present, &without, &rules));
    }

    /// One more vote for a motion that passed does not lose it.
    #[test]
    fn a_vote_for_a_motion_does_not_harm_it(present in letters(), cast in ballots(), letter in 0_u8..7) {
        let rules = Rules::default();
        let (before, _) = vote("", &present, &cast, &rules);
        let mut more = cast;
        let letter = char::from(b'A' + letter);
        more.insert(seat(letter).id, (person(letter), Yes));
        let (after, _) = vote("", &present, &more, &rules);
        prop_assert!(before != Outcome::Passed || after == Outcome::Passed);
    }

    /// Nothing passes without a quorum, or with fewer votes than the rules ask for.
    #[test]
    fn nothing_passes_without_a_quorum(recused in letters(), present in letters(), cast in ballots()) {
        let (outcome, tally) = vote(&recused, &present, &cast, &Rules::default());
        prop_assert!(outcome != Outcome::Passed || (tally.cast() >= tally.quorum && tally.yes >= 2));
        prop_assert!(tally.cast() <= tally.entitled);
    }
}
