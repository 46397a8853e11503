//! Minutes as a document. People are named by the seats they hold: their names are not known here.

use crate::{
    circulation, committee,
    committee::{
        rules::Rules,
        seat::{Seat, SeatKind},
    },
    decision, meeting,
    meeting::{attendance::AttendanceInterval, item},
    minutes, motion,
    motion::roll::Roll,
    proposal,
};
use ::store::StoreError;
use chrono::{DateTime, Datelike, Timelike, Utc};
use chrono_tz::Tz;
use kernel::{Money, OfficeId, PersonId, ProposalId};
use pdf::{Block, Column, Document, Row, Table};
use std::collections::HashMap;

/// Everything that minutes tell.
pub(crate) struct Record {
    pub(crate) organisation: String,
    pub(crate) committee: committee::store::Model,
    pub(crate) rules: Rules,
    pub(crate) meeting: meeting::store::Model,
    /// The seats of the day of the meeting.
    pub(crate) seats: Vec<Seat>,
    pub(crate) offices: HashMap<OfficeId, String>,
    pub(crate) items: Vec<item::Model>,
    pub(crate) motions: Vec<motion::store::Model>,
    pub(crate) decisions: Vec<decision::store::Model>,
    pub(crate) proposals: HashMap<ProposalId, proposal::store::Model>,
    /// Circulations that ended since the meeting before.
    pub(crate) circulations: Vec<circulation::store::Model>,
    pub(crate) minutes: minutes::store::Model,
}

/// The document of minutes.
///
/// # Errors
/// [`StoreError::Document`] when a row cannot be read.
pub(crate) fn document(record: &Record) -> Result<Document, StoreError> {
    let composer = Composer { record, zone: record.committee.time_zone.parse().unwrap_or(Tz::UTC) };
    composer.document()
}

struct Composer<'a> {
    record: &'a Record,
    zone: Tz,
}

fn fact(name: &str, value: impl Into<String>) -> (String, String) {
    (name.to_owned(), value.into())
}

fn column(heading: &str, share: u16) -> Column {
    Column { heading: heading.to_owned(), share, number: false }
}

fn row(cells: Vec<String>) -> Row {
    Row { cells, total: false }
}

/// A text of several lines, a paragraph each.
fn paragraphs(text: &str) -> impl Iterator<Item = Block> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(|line| Block::Paragraph(line.to_owned()))
}

/// A word of a closed set as people write it: `not_decided` is two words.
fn plain(word: &str) -> String {
    word.replace('_', " ")
}

/// An amount in US cents.
fn dollars(cents: i64) -> String {
    format!("USD {}", Money::usd(cents))
}

impl Composer<'_> {
    fn document(&self) -> Result<Document, StoreError> {
        let Record { committee, meeting, organisation, minutes, .. } = self.record;
        let mut blocks = vec![Block::Facts(self.head())];
        blocks.push(Block::Heading("Attendance".to_owned()));
        blocks.push(self.attendance()?);
        let texts = minutes.texts()?;
        for item in &self.record.items {
            blocks.push(Block::Heading(format!("{}. {}", item.position, item.title)));
            blocks.extend(self.subject(item).map(Block::Facts));
            blocks.extend(item.text.as_deref().into_iter().flat_map(paragraphs));
            blocks.extend(texts.get(&item.id).into_iter().flat_map(|text| paragraphs(text)));
            for motion in self.record.motions.iter().filter(|motion| motion.item_id == item.id) {
                blocks.push(Block::Facts(self.motion(motion)?));
            }
        }
        blocks.push(Block::Heading("Circulations since the last meeting".to_owned()));
        blocks.push(self.circulations());
        if let Some(actions) = &minutes.actions {
            blocks.push(Block::Heading("Actions".to_owned()));
            blocks.extend(paragraphs(actions));
        }
        blocks.push(Block::Heading("Signature".to_owned()));
        blocks.push(Block::Facts(self.signature()));
        let on = meeting.starts_at.with_timezone(&self.zone).date_naive();
        let part = |number: u32| u8::try_from(number).unwrap_or(1);
        Ok(Document {
            title: format!("{}: minutes of meeting {}", committee.name, meeting.number),
            language: "en".to_owned(),
            author: organisation.clone(),
            footer: format!("{organisation} · {} · meeting {}", committee.name, meeting.number),
            date: (u16::try_from(on.year()).unwrap_or_default(), part(on.month()), part(on.day())),
            missing: "The mark \u{fffd} stands for a character that the font does not have.".to_owned(),
            blocks,
        })
    }

    fn at(&self, at: DateTime<Utc>) -> String {
        let local = at.with_timezone(&self.zone).naive_local();
        format!("{} {:02}:{:02}", local.date(), local.hour(), local.minute())
    }

    fn head(&self) -> Vec<(String, String)> {
        let Record { committee, meeting, rules, .. } = self.record;
        let time = |at: Option<DateTime<Utc>>| at.map(|at| self.at(at)).unwrap_or_default();
        let quorum = &rules.quorum;
        let quorum = format!(
            "{}/{} of the entitled and one more, at least {}",
            quorum.numerator, quorum.denominator, quorum.least
        );
        let mut facts = vec![
            fact("Committee", committee.name.as_str()),
            fact("Meeting", meeting.number.to_string()),
            fact("Place", meeting.place.as_str()),
            fact("Planned for", self.at(meeting.starts_at)),
            fact("Opened", time(meeting.opened_at)),
            fact("Closed", time(meeting.closed_at)),
            fact("Time zone", committee.time_zone.as_str()),
            fact("Rules", format!("version {}", meeting.rules_number)),
            fact("Quorum", quorum),
            fact("Majority", plain(rules.majority.as_str())),
        ];
        facts.extend(meeting.short_notice_reason.as_deref().map(|why| fact("Short notice", why)));
        facts
    }

    /// What a seat is called.
    fn seat(&self, seat: &Seat) -> String {
        let office = self.record.offices.get(&seat.office_id).map_or("", String::as_str);
        let kind = match seat.kind {
            SeatKind::Chair => "Chair",
            SeatKind::ViceChair => "Vice-chair",
            SeatKind::Member => "Member",
            SeatKind::Alternate => "Alternate",
            SeatKind::Observer => "Observer",
        };
        format!("{kind}, {office}")
    }

    fn holder(&self, person: PersonId) -> String {
        let held = self.record.seats.iter().find(|seat| seat.person_id == person);
        held.map(|seat| self.seat(seat)).unwrap_or_default()
    }

    fn attendance(&self) -> Result<Block, StoreError> {
        let intervals = self.record.meeting.intervals()?;
        let of_seat = |seat: &Seat| -> Vec<Row> {
            let own = intervals.iter().filter(|interval| interval.person_id == seat.person_id);
            let rows: Vec<Row> = own.map(|interval| self.interval(seat, interval)).collect();
            if rows.is_empty() {
                let none = String::new;
                return vec![row(vec![self.seat(seat), "absent".to_owned(), none(), none()])];
            }
            rows
        };
        Ok(Block::Table(Table {
            caption: String::new(),
            columns: vec![column("Seat", 8), column("Presence", 4), column("From", 4), column("To", 4)],
            rows: self.record.seats.iter().flat_map(of_seat).collect(),
        }))
    }

    fn interval(&self, seat: &Seat, interval: &AttendanceInterval) -> Row {
        let presence = if interval.remote { "remote" } else { "present" };
        let to = interval.to.map(|at| self.at(at)).unwrap_or_default();
        row(vec![self.seat(seat), presence.to_owned(), self.at(interval.from), to])
    }

    /// The proposal of an item.
    fn subject(&self, item: &item::Model) -> Option<Vec<(String, String)>> {
        let proposal = self.record.proposals.get(&item.proposal_id?)?;
        Some(vec![
            fact("Proposal", format!("{} {}", proposal.reference, proposal.title)),
            fact("Asked for", dollars(proposal.asked)),
            fact("At least", dollars(proposal.least)),
        ])
    }

    fn motion(&self, motion: &motion::store::Model) -> Result<Vec<(String, String)>, StoreError> {
        let mover = self.record.seats.iter().find(|seat| seat.id == motion.mover_id);
        let mut facts = vec![
            fact(&format!("Motion {}", motion.number), plain(motion.resolution.as_str())),
            fact("Moved by", mover.map(|seat| self.seat(seat)).unwrap_or_default()),
        ];
        facts.extend(motion.amount.map(|cents| fact("Amount", dollars(cents))));
        facts.extend(motion.conditions.as_deref().map(|text| fact("Conditions", text)));
        facts.push(fact("Reason", motion.reason.as_str()));
        for (name, roll) in [("At the opening", &motion.at_opening), ("At the close", &motion.at_closing)] {
            if let Some(text) = roll {
                facts.push(fact(name, self.roll(&serde_json::from_str(text)?)));
            }
        }
        if let Some(quorum) = motion.quorum {
            let votes = [motion.votes_yes, motion.votes_no, motion.votes_abstain];
            let [yes, no, abstain] = votes.map(|count| count.unwrap_or(0));
            let votes = format!("{yes} for, {no} against, {abstain} abstained; quorum {quorum}");
            facts.push(fact("Votes", votes));
        }
        facts.push(fact("Outcome", plain(motion.state.as_str())));
        facts.extend(motion.void_reason.as_deref().map(|why| fact("Taken back", why)));
        let decision = self.record.decisions.iter().find(|decision| Some(decision.id) == motion.decision_id);
        if let Some(decision) = decision {
            facts.extend(self.decision(decision)?);
        }
        Ok(facts)
    }

    fn roll(&self, roll: &Roll) -> String {
        let mut text =
            format!("{} seats have a vote, {} people are present", roll.entitled.len(), roll.present.len());
        if !roll.recused.is_empty() {
            let recused: Vec<String> = roll.recused.iter().map(|person| self.holder(*person)).collect();
            text.push_str(&format!("; conflict of interest: {}", recused.join("; ")));
        }
        text
    }

    fn decision(&self, decision: &decision::store::Model) -> Result<Vec<(String, String)>, StoreError> {
        let content = decision.said()?;
        let mut facts = vec![
            fact("Decision", format!("{}, {}", decision.reference, plain(decision.state.as_str()))),
            fact("SHA-256", decision.sha256.as_str()),
        ];
        if let Some(entry) = content.entry {
            let left = format!("USD {} (entry {} of the pool)", entry.headroom_after, entry.number);
            facts.push(fact("Left in the window", left));
        }
        Ok(facts)
    }

    fn circulations(&self) -> Block {
        let line = |circulation: &circulation::store::Model| {
            let proposal = self.record.proposals.get(&circulation.proposal_id);
            let votes = [circulation.votes_yes, circulation.votes_no, circulation.votes_abstain];
            let [yes, no, abstain] = votes.map(|count| count.unwrap_or(0));
            row(vec![
                proposal.map(|proposal| proposal.reference.clone()).unwrap_or_default(),
                plain(circulation.resolution.as_str()),
                circulation.amount.map(dollars).unwrap_or_default(),
                format!("{yes}–{no}–{abstain}"),
                plain(circulation.state.as_str()),
                circulation.closed_at.map(|at| self.at(at)).unwrap_or_default(),
            ])
        };
        if self.record.circulations.is_empty() {
            return Block::Paragraph("None.".to_owned());
        }
        Block::Table(Table {
            caption: String::new(),
            columns: vec![
                column("Proposal", 5),
                column("Resolution", 4),
                column("Amount", 4),
                column("For, against, abstained", 4),
                column("Outcome", 3),
                column("Ended", 4),
            ],
            rows: self.record.circulations.iter().map(line).collect(),
        })
    }

    fn signature(&self) -> Vec<(String, String)> {
        let minutes = &self.record.minutes;
        let mut facts = vec![fact("Drafted", self.at(minutes.drafted_at))];
        match (minutes.signed_by, minutes.signed_at) {
            (Some(person), Some(at)) => {
                facts.push(fact("Signed by", self.holder(person)));
                facts.push(fact("Signed", self.at(at)));
            }
            (Some(_) | None, _) => facts.push(fact("Signed", "not yet: this is a draft")),
        }
        facts
    }
}
