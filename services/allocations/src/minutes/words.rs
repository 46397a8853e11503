//! The texts of minutes in three languages. Terms are those of docs/glossary.md and of the console.

use super::translations::{FRENCH, SPANISH};
use crate::{
    circulation::CirculationState,
    committee::{rules::VoteMajority, seat::SeatKind},
    conflict::Ground,
    motion::{MotionState, Resolution},
};
use kernel::{DecisionState, Money};
use locale::Language;

/// The texts of a language.
pub(super) const fn words(language: Language) -> &'static Words {
    match language {
        Language::English => &ENGLISH,
        Language::French => &FRENCH,
        Language::Spanish => &SPANISH,
    }
}

/// The texts of a language. `{…}` is filled in.
pub(super) struct Words {
    /// What stands between thousands, and before cents.
    pub(super) marks: (&'static str, &'static str),
    /// What stands between the parts of a list.
    pub(super) separator: &'static str,
    pub(super) title: &'static str,
    pub(super) footer: &'static str,
    pub(super) missing: &'static str,
    pub(super) committee: &'static str,
    pub(super) meeting: &'static str,
    pub(super) place: &'static str,
    pub(super) planned: &'static str,
    pub(super) opened: &'static str,
    pub(super) closed: &'static str,
    pub(super) time_zone: &'static str,
    pub(super) language: &'static str,
    pub(super) rules: &'static str,
    pub(super) rules_version: &'static str,
    pub(super) quorum: &'static str,
    pub(super) quorum_rule: &'static str,
    pub(super) majority: &'static str,
    pub(super) short_notice: &'static str,
    pub(super) attendance: &'static str,
    pub(super) seat: &'static str,
    pub(super) presence: &'static str,
    pub(super) from: &'static str,
    pub(super) to: &'static str,
    pub(super) absent: &'static str,
    pub(super) present: &'static str,
    pub(super) remote: &'static str,
    pub(super) proposal: &'static str,
    pub(super) asked: &'static str,
    pub(super) least: &'static str,
    pub(super) score: &'static str,
    pub(super) score_plain: &'static str,
    pub(super) score_adjusted: &'static str,
    pub(super) conflict: &'static str,
    pub(super) out_of_room: &'static str,
    pub(super) motion: &'static str,
    pub(super) mover: &'static str,
    pub(super) amount: &'static str,
    pub(super) conditions: &'static str,
    pub(super) reason: &'static str,
    pub(super) at_opening: &'static str,
    pub(super) at_close: &'static str,
    pub(super) roll: &'static str,
    pub(super) recused: &'static str,
    pub(super) votes: &'static str,
    pub(super) tally: &'static str,
    pub(super) outcome: &'static str,
    pub(super) taken_back: &'static str,
    pub(super) decision: &'static str,
    pub(super) left: &'static str,
    pub(super) left_entry: &'static str,
    pub(super) circulations: &'static str,
    pub(super) resolution: &'static str,
    pub(super) for_against: &'static str,
    pub(super) ended: &'static str,
    pub(super) none: &'static str,
    pub(super) optimum: &'static str,
    pub(super) optimum_about: &'static str,
    pub(super) envelope: &'static str,
    pub(super) scores: &'static str,
    pub(super) scores_plain: &'static str,
    pub(super) scores_adjusted: &'static str,
    pub(super) best: &'static str,
    pub(super) decided: &'static str,
    pub(super) worth: &'static str,
    pub(super) no_best: &'static str,
    pub(super) not_proven: &'static str,
    pub(super) total: &'static str,
    pub(super) actions: &'static str,
    pub(super) signature: &'static str,
    pub(super) drafted: &'static str,
    pub(super) signed_by: &'static str,
    pub(super) signed: &'static str,
    pub(super) unsigned: &'static str,
    /// In the order of [`SeatKind`].
    pub(super) seats: [&'static str; 5],
    /// In the order of [`VoteMajority`].
    pub(super) majorities: [&'static str; 3],
    /// In the order of [`Resolution`].
    pub(super) resolutions: [&'static str; 8],
    /// In the order of [`MotionState`].
    pub(super) outcomes: [&'static str; 9],
    /// In the order of [`CirculationState`].
    pub(super) circulated: [&'static str; 5],
    /// In the order of [`DecisionState`].
    pub(super) decisions: [&'static str; 5],
    /// In the order of [`Ground`].
    pub(super) grounds: [&'static str; 4],
}

impl Words {
    pub(super) fn seat_kind(&self, kind: SeatKind) -> &'static str {
        self.seats[kind as usize]
    }

    pub(super) fn carried_by(&self, majority: VoteMajority) -> &'static str {
        self.majorities[majority as usize]
    }

    pub(super) fn resolved(&self, resolution: Resolution) -> &'static str {
        self.resolutions[resolution as usize]
    }

    pub(super) fn ended_as(&self, state: MotionState) -> &'static str {
        self.outcomes[state as usize]
    }

    pub(super) fn circulated_as(&self, state: CirculationState) -> &'static str {
        self.circulated[state as usize]
    }

    pub(super) fn decided_as(&self, state: DecisionState) -> &'static str {
        self.decisions[state as usize]
    }

    pub(super) fn ground(&self, ground: Ground) -> &'static str {
        self.grounds[ground as usize]
    }

    /// A decimal (`1234567.50`) as the language writes it.
    pub(super) fn number(&self, plain: &str) -> String {
        let (group, point) = self.marks;
        let (sign, unsigned) = plain.strip_prefix('-').map_or(("", plain), |rest| ("-", rest));
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let mut text = String::from(sign);
        for (index, digit) in whole.chars().enumerate() {
            if index > 0 && (whole.len() - index).is_multiple_of(3) {
                text.push_str(group);
            }
            text.push(digit);
        }
        if !fraction.is_empty() {
            text.push_str(point);
            text.push_str(fraction);
        }
        text
    }

    /// An amount without its currency.
    pub(super) fn figure(&self, cents: i64) -> String {
        self.number(&Money::usd(cents).to_string())
    }

    /// An amount in US dollars.
    pub(super) fn dollars(&self, cents: i64) -> String {
        format!("USD\u{a0}{}", self.figure(cents))
    }
}

/// A text with what is filled in.
pub(super) fn fill(text: &str, parts: &[(&str, &str)]) -> String {
    parts.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
}

static ENGLISH: Words = Words {
    marks: (",", "."),
    separator: "; ",
    title: "{committee}: minutes of meeting {number}",
    footer: "{organisation} · {committee} · meeting {number}",
    missing: "Some characters are missing from this document’s font and are shown as �; screen readers, search and copying find the original characters.",
    committee: "Committee",
    meeting: "Meeting",
    place: "Place",
    planned: "Planned for",
    opened: "Opened",
    closed: "Closed",
    time_zone: "Time zone",
    language: "Language of this document",
    rules: "Rules",
    rules_version: "version {number}",
    quorum: "Quorum",
    quorum_rule: "{numerator}/{denominator} of the entitled and one more, at least {least}",
    majority: "Majority",
    short_notice: "Short notice",
    attendance: "Attendance",
    seat: "Seat",
    presence: "Presence",
    from: "From",
    to: "To",
    absent: "absent",
    present: "present",
    remote: "remote",
    proposal: "Proposal",
    asked: "Asked for",
    least: "At least",
    score: "Score",
    score_plain: "{mean} (mean of the sheets)",
    score_adjusted: "{mean} (mean of the sheets), {adjusted} (without the lenience of reviewers)",
    conflict: "Conflict of interest",
    out_of_room: "Out of the room at the vote",
    motion: "Motion {number}",
    mover: "Moved by",
    amount: "Amount",
    conditions: "Conditions",
    reason: "Reason",
    at_opening: "At the opening",
    at_close: "At the close",
    roll: "{entitled} seats have a vote, {present} people are present",
    recused: "recused: {people}",
    votes: "Votes",
    tally: "{yes} for, {no} against, {abstain} abstained; quorum {quorum}",
    outcome: "Outcome",
    taken_back: "Taken back",
    decision: "Decision",
    left: "Left in the window",
    left_entry: "{amount} (entry {number} of the pool)",
    circulations: "Circulations since the last meeting",
    resolution: "Resolution",
    for_against: "For, against, abstained",
    ended: "Ended",
    none: "None.",
    optimum: "Optimum beside decisions: {window}",
    optimum_about: "What the envelope of the window would buy best by the scores and under the window’s balance, beside what was decided until the end of the meeting. Envelope and scores are those of the moment at which this document was made. It is advice and decides nothing.",
    envelope: "Envelope of the window",
    scores: "Scores",
    scores_plain: "means of the sheets",
    scores_adjusted: "without the lenience of reviewers",
    best: "Optimum",
    decided: "Decided",
    worth: "{amount}, {points} points per dollar",
    no_best: "No choice of proposals meets all floors of the balance.",
    not_proven: "A better choice of proposals could not be ruled out.",
    total: "Total",
    actions: "Actions",
    signature: "Signature",
    drafted: "Drafted",
    signed_by: "Signed by",
    signed: "Signed",
    unsigned: "not yet: this is a draft",
    seats: ["Chair", "Vice-chair", "Member", "Alternate", "Observer"],
    majorities: [
        "more votes for than against",
        "more than half of the entitled",
        "two thirds of the votes for or against",
    ],
    resolutions: [
        "approve",
        "approve in part",
        "defer",
        "reject",
        "withdraw funds",
        "extend the period",
        "re-allocate to another proposal",
        "other resolution",
    ],
    outcomes: [
        "not put to the vote",
        "put to the vote",
        "passed",
        "lost",
        "tied",
        "not decided",
        "no quorum",
        "to the head of the organisation",
        "withdrawn",
    ],
    circulated: ["open", "passed", "lost", "lapsed", "referred to the next meeting"],
    decisions: [
        "waits for the head of the organisation",
        "in force",
        "declined",
        "expired without an answer",
        "superseded",
    ],
    grounds: ["office", "author", "declared", "ruled by the chair"],
};
