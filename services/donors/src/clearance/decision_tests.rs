use super::*;
use chrono::Days;
use proptest::prelude::*;

/// The first day of the tests; others are counted from it.
fn day(number: u64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 1).unwrap().checked_add_days(Days::new(number)).unwrap()
}

fn donor(number: u128) -> DonorId {
    DonorId::from_u128(number)
}

fn producer(letter: &str) -> Word<ClearanceProducer> {
    match letter {
        "d" => ClearanceProducer::Donors.into(),
        _ => ClearanceProducer::Partnerships.into(),
    }
}

/// `p2 1 cleared 5-9`: partnerships' second decision, on donor 1, clears it from day 5 to day 9.
fn decision(text: &str) -> Decision {
    let words: Vec<&str> = text.split(' ').collect();
    let (letter, ordinal) = words[0].split_at(1);
    let (from, until) = words[3].split_once('-').unwrap();
    let subject: u128 = words[1].parse().unwrap();
    let ordinal: i64 = ordinal.parse().unwrap();
    let id = (u128::from(letter == "p") << 100) | (subject << 64) | u128::try_from(ordinal).unwrap();
    Decision {
        id: ClearanceId::from_u128(id),
        subject: donor(subject),
        producer: producer(letter),
        ordinal,
        decision: serde_json::from_value(words[2].into()).unwrap(),
        valid_from: day(from.parse().unwrap()),
        valid_until: day(until.parse().unwrap()),
    }
}

/// `1: p2 1, d1 2`: a merger into donor 1 that found partnerships' second decision on donor 1 and the registry's first on
/// donor 2.
fn merger(text: &str) -> Merger {
    let (survivor, marks) = text.split_once(": ").unwrap();
    let mark = |text: &str| {
        let (place, subject) = text.split_once(' ').unwrap();
        let (letter, ordinal) = place.split_at(1);
        Mark {
            subject: donor(subject.parse().unwrap()),
            producer: producer(letter),
            ordinal: ordinal.parse().unwrap(),
        }
    };
    Merger {
        survivor: donor(survivor.parse().unwrap()),
        marks: marks.split(", ").filter(|text| !text.is_empty()).map(mark).collect(),
    }
}

fn history(decisions: &[&str], mergers: &[&str]) -> History {
    History {
        decisions: decisions.iter().map(|text| decision(text)).collect(),
        mergers: mergers.iter().map(|text| merger(text)).collect(),
    }
}

/// Days 0 to 9, a letter for each: `c`leared, `r`efused, `e`xpired, `-` undecided.
fn days(history: &History) -> String {
    let letter = |number| match history.on(day(number)) {
        Outcome::Undecided => '-',
        Outcome::Cleared(_) => 'c',
        Outcome::Expired => 'e',
        Outcome::Refused => 'r',
    };
    (0..10).map(letter).collect()
}

#[test]
fn the_latest_decision_that_has_begun_is_in_force() {
    let cases: &[(&[&str], &str)] = &[
        (&[], "----------"),
        (&["d1 1 cleared 2-5"], "--cccceeee"),
        (&["d1 1 refused 2-5"], "--rrrrrrrr"),
        // A renewal that was recorded early leaves today's clearance in force, and follows it without a gap.
        (&["d1 1 cleared 0-3", "d2 1 cleared 4-7"], "ccccccccee"),
        (&["d1 1 cleared 0-5", "d2 1 cleared 7-9"], "cccccceccc"),
        // A shorter decision that is later takes the place of a longer one.
        (&["d1 1 cleared 0-9", "d2 1 cleared 2-4"], "ccccceeeee"),
        (&["d1 1 cleared 0-9", "d2 1 refused 3-9", "d3 1 cleared 6-9"], "cccrrrcccc"),
        // In whatever order they come, and whatever their ids are.
        (&["d3 1 cleared 6-9", "d1 1 cleared 0-9", "d2 1 refused 3-9"], "cccrrrcccc"),
        // A word of a newer program is no clearance.
        (&["d1 1 cleared 0-9", "d2 1 suspended 5-9"], "cccccrrrrr"),
    ];
    for (decisions, expected) in cases {
        assert_eq!(days(&history(decisions, &[])), *expected, "{decisions:?}");
    }
}

#[test]
fn once_partnerships_has_decided_its_decisions_alone_count() {
    let cases: &[(&[&str], &str)] = &[
        (&["d7 1 cleared 0-9", "p1 1 refused 0-9"], "rrrrrrrrrr"),
        (&["d7 1 refused 0-9", "p1 1 cleared 0-9"], "cccccccccc"),
        // Also before its first one begins.
        (&["d7 1 cleared 0-9", "p1 1 cleared 4-9"], "----cccccc"),
    ];
    for (decisions, expected) in cases {
        let history = history(decisions, &[]);
        assert_eq!(days(&history), *expected, "{decisions:?}");
        assert_eq!(history.producer(), ClearanceProducer::Partnerships);
    }
    assert_eq!(history(&["d1 1 cleared 0-9"], &[]).producer(), ClearanceProducer::Donors);
    assert_eq!(History::default().producer(), ClearanceProducer::Donors);
}

#[test]
fn of_merged_donors_a_refusal_of_either_counts_until_a_decision_on_the_one_that_stayed() {
    let cases: &[(&[&str], &[&str], &str)] = &[
        // The higher number of the one does not hide the refusal of the other, whichever stayed.
        (&["d5 1 cleared 0-9", "d1 2 refused 0-9"], &["1: d5 1, d1 2"], "rrrrrrrrrr"),
        (&["d1 1 refused 0-9", "d5 2 cleared 0-9"], &["1: d1 1, d5 2"], "rrrrrrrrrr"),
        // Both clear: as long as one of them does.
        (&["d1 1 cleared 0-3", "d1 2 cleared 2-6"], &["1: d1 1, d1 2"], "ccccccceee"),
        // A decision after the merger counts from its first day.
        (&["d5 1 cleared 0-9", "d1 2 refused 0-9", "d6 1 cleared 4-9"], &["1: d5 1, d1 2"], "rrrrcccccc"),
        // The first decision on the one that stayed is one after the merger.
        (&["d1 2 refused 0-9", "d1 1 cleared 4-9"], &["1: d1 2"], "rrrrcccccc"),
        // One on the donor that was merged, which came late, does not lift the other's refusal; its refusal counts.
        (&["d1 1 refused 0-9", "p1 2 cleared 0-9"], &["1: d1 1"], "rrrrrrrrrr"),
        (&["p1 1 cleared 0-9", "p2 2 refused 3-9"], &["1: p1 1, p1 2"], "cccrrrrrrr"),
        (&["p1 1 cleared 0-9", "p2 1 cleared 1-9", "p2 2 refused 3-9"], &["1: p1 1, p1 2"], "cccrrrrrrr"),
        // Partnerships' decision on the one that stayed lifts what the registry said of the other.
        (&["d1 2 refused 0-9", "p1 1 cleared 2-9"], &["1: d1 2"], "rrcccccccc"),
        // Merged into one that was merged itself: the last one's decisions lift both.
        (
            &["d1 1 refused 0-9", "d1 2 refused 0-9", "d1 3 cleared 5-9"],
            &["2: d1 1, d1 2", "3: d1 1, d1 2"],
            "rrrrrccccc",
        ),
        (
            &["d1 1 refused 0-9", "d2 2 cleared 0-9", "d1 3 cleared 5-9"],
            &["2: d1 1, d1 2", "3: d1 1, d2 2, d1 3"],
            "cccccccccc",
        ),
    ];
    for (decisions, mergers, expected) in cases {
        assert_eq!(days(&history(decisions, mergers)), *expected, "{decisions:?} {mergers:?}");
    }
}

#[test]
fn how_long_it_holds_is_told_over_renewals_and_up_to_a_refusal() {
    let holds = |decisions: &[&str], on: u64| history(decisions, &[]).holds_until(day(on));
    assert_eq!(holds(&["d1 1 cleared 0-3", "d2 1 cleared 4-7"], 1), Some(day(7)));
    assert_eq!(holds(&["d1 1 cleared 0-3", "d2 1 cleared 5-7"], 1), Some(day(3)));
    assert_eq!(holds(&["d1 1 cleared 0-9", "d2 1 refused 6-9"], 1), Some(day(5)));
    assert_eq!(holds(&["d1 1 cleared 2-9"], 1), None);
    let endless = Decision { valid_until: NaiveDate::MAX, ..decision("d1 1 cleared 0-0") };
    let endless = History { decisions: vec![endless], mergers: Vec::new() };
    assert_eq!(endless.holds_until(day(1)), Some(NaiveDate::MAX));
}

/// The same, said of each decision alone and slowly.
fn slow(history: &History, day: NaiveDate) -> Outcome {
    let of_partnerships = |subject: DonorId| {
        history
            .decisions
            .iter()
            .any(|other| other.subject == subject && !other.producer.is(ClearanceProducer::Donors))
    };
    let counts = |one: &&Decision| {
        one.valid_from <= day
            && one.producer.is(ClearanceProducer::Donors) != of_partnerships(one.subject)
            && !history.decisions.iter().any(|other| {
                other.subject == one.subject
                    && other.producer == one.producer
                    && other.valid_from <= day
                    && (other.ordinal > one.ordinal || (other.ordinal == one.ordinal && other.id > one.id))
            })
    };
    let counting: Vec<&Decision> = history.decisions.iter().filter(counts).collect();
    let was_there = |merger: &Merger, one: &Decision| {
        let mut marks = merger.marks.iter();
        marks.any(|mark| {
            mark.subject == one.subject && mark.producer == one.producer && mark.ordinal >= one.ordinal
        })
    };
    let mut outcome = Outcome::Undecided;
    for one in &counting {
        let replaced = history.mergers.iter().any(|merger| {
            one.subject != merger.survivor
                && was_there(merger, one)
                && counting.iter().any(|later| later.subject == merger.survivor && !was_there(merger, later))
        });
        if replaced {
            continue;
        }
        outcome = match (outcome, one.decision.is(ClearanceDecision::Cleared)) {
            (Outcome::Refused, _) | (_, false) => Outcome::Refused,
            (Outcome::Cleared(until), true) => Outcome::Cleared(until.max(one.valid_until)),
            (Outcome::Undecided | Outcome::Expired, true) if one.valid_until >= day => {
                Outcome::Cleared(one.valid_until)
            }
            (Outcome::Undecided | Outcome::Expired, true) => Outcome::Expired,
        };
    }
    outcome
}

fn any_decision() -> impl Strategy<Value = Decision> {
    (1u128..4, any::<bool>(), 1i64..5, any::<bool>(), 0u64..12, 0u64..8).prop_map(
        |(subject, is_own, ordinal, clears, from, length)| Decision {
            id: ClearanceId::nil(),
            subject: donor(subject),
            producer: producer(if is_own { "d" } else { "p" }),
            ordinal,
            decision: if clears { ClearanceDecision::Cleared } else { ClearanceDecision::Refused }.into(),
            valid_from: day(from),
            valid_until: day(from + length),
        },
    )
}

fn any_merger() -> impl Strategy<Value = Merger> {
    let mark = (1u128..4, any::<bool>(), 1i64..5).prop_map(|(subject, is_own, ordinal)| Mark {
        subject: donor(subject),
        producer: producer(if is_own { "d" } else { "p" }),
        ordinal,
    });
    (1u128..4, prop::collection::vec(mark, 0..6))
        .prop_map(|(survivor, marks)| Merger { survivor: donor(survivor), marks })
}

proptest! {
    #[test]
    fn every_history_counts_as_the_slow_rule_says(
        decisions in prop::collection::vec(any_decision(), 0..10),
        mergers in prop::collection::vec(any_merger(), 0..3),
    ) {
        // Each has an id of its own, in no order.
        let with_id = |(index, decision): (usize, Decision)| Decision {
            id: ClearanceId::from_u128(u128::try_from(index * 7 % 11).unwrap()),
            ..decision
        };
        let decisions = decisions.into_iter().enumerate().map(with_id).collect();
        let history = History { decisions, mergers };
        let expected: Vec<(NaiveDate, Outcome)> =
            (0..24).map(day).map(|day| (day, slow(&history, day))).collect();
        for (number, (day, outcome)) in expected.iter().enumerate() {
            prop_assert_eq!(history.on(*day), *outcome, "{}", day);
            let cleared = expected[number..].iter().take_while(|(_, on)| matches!(on, Outcome::Cleared(_)));
            prop_assert_eq!(history.holds_until(*day), cleared.last().map(|(day, _)| *day), "from {}", day);
        }
    }
}
