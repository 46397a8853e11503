//! Minutes as a document. People are named by the seats they hold: their names are not known here.

use super::{
    optimum::Judged,
    words::{Words, fill, words},
};
use crate::{
    circulation, committee,
    committee::{rules::Rules, seat::Seat},
    conflict, decision, meeting,
    meeting::{attendance::AttendanceInterval, item},
    minutes, motion,
    motion::roll::Roll,
    proposal,
    what_if::Answer,
};
use ::store::StoreError;
use chrono::{DateTime, Datelike, Timelike, Utc};
use chrono_tz::Tz;
use kernel::{AgendaItemId, OfficeId, PersonId, ProposalId};
use locale::Language;
use pdf::{Block, Column, Document, Row, Table};
use std::collections::{BTreeSet, HashMap};

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
    /// Conflicts of interest that held during the meeting.
    pub(crate) conflicts: Vec<conflict::store::Model>,
    /// The windows of the proposals that have scores.
    pub(crate) judged: Vec<Judged>,
    /// Circulations that ended since the meeting before.
    pub(crate) circulations: Vec<circulation::store::Model>,
    pub(crate) minutes: minutes::store::Model,
}

/// The document of minutes in a language. `best` is what the solver found for each window that has scores.
///
/// # Errors
/// [`StoreError::Document`] when a row cannot be read.
pub(crate) fn document(
    record: &Record,
    best: &[Option<Answer>],
    language: Language,
) -> Result<Document, StoreError> {
    let zone = record.committee.time_zone.parse().unwrap_or(Tz::UTC);
    Composer { record, best, zone, language, words: words(language) }.document()
}

struct Composer<'a> {
    record: &'a Record,
    best: &'a [Option<Answer>],
    zone: Tz,
    language: Language,
    words: &'static Words,
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

impl Composer<'_> {
    fn document(&self) -> Result<Document, StoreError> {
        let Record { meeting, organisation, minutes, .. } = self.record;
        let words = self.words;
        let mut blocks = vec![Block::Facts(self.head())];
        blocks.push(Block::Heading(words.attendance.to_owned()));
        blocks.push(self.attendance()?);
        let texts = minutes.texts()?;
        for item in &self.record.items {
            blocks.push(Block::Heading(format!("{}. {}", item.position, item.title)));
            blocks.extend(self.subject(item)?.map(Block::Facts));
            blocks.extend(item.text.as_deref().into_iter().flat_map(paragraphs));
            blocks.extend(texts.get(&item.id).into_iter().flat_map(|text| paragraphs(text)));
            for motion in self.motions(item.id) {
                blocks.push(Block::Facts(self.motion(motion)?));
            }
        }
        blocks.push(Block::Heading(words.circulations.to_owned()));
        blocks.push(self.circulations());
        for (judged, best) in self.record.judged.iter().zip(self.best) {
            blocks.extend(judged.blocks(words, best.as_ref()));
        }
        if let Some(actions) = &minutes.actions {
            blocks.push(Block::Heading(words.actions.to_owned()));
            blocks.extend(paragraphs(actions));
        }
        blocks.push(Block::Heading(words.signature.to_owned()));
        blocks.push(Block::Facts(self.signature()));
        let on = meeting.starts_at.with_timezone(&self.zone).date_naive();
        let part = |number: u32| u8::try_from(number).unwrap_or(1);
        let number = meeting.number.to_string();
        let filled = |text: &str| {
            let parts = [("{organisation}", organisation.as_str()), ("{number}", &number)];
            fill(&fill(text, &parts), &[("{committee}", self.committee())])
        };
        Ok(Document {
            title: filled(words.title),
            language: self.language.to_string(),
            author: organisation.clone(),
            footer: filled(words.footer),
            date: (u16::try_from(on.year()).unwrap_or_default(), part(on.month()), part(on.day())),
            missing: words.missing.to_owned(),
            blocks,
        })
    }

    /// What the committee is called in the language, where it has a name in it.
    fn committee(&self) -> &str {
        let committee = &self.record.committee;
        let translated = match self.language {
            Language::English => None,
            Language::French => committee.name_fr.as_deref(),
            Language::Spanish => committee.name_es.as_deref(),
        };
        translated.unwrap_or(&committee.name)
    }

    fn motions(&self, item: AgendaItemId) -> impl Iterator<Item = &motion::store::Model> {
        self.record.motions.iter().filter(move |motion| motion.item_id == item)
    }

    fn at(&self, at: DateTime<Utc>) -> String {
        let local = at.with_timezone(&self.zone).naive_local();
        format!("{} {:02}:{:02}", local.date(), local.hour(), local.minute())
    }

    fn head(&self) -> Vec<(String, String)> {
        let Record { committee, meeting, rules, .. } = self.record;
        let words = self.words;
        let time = |at: Option<DateTime<Utc>>| at.map(|at| self.at(at)).unwrap_or_default();
        let quorum = [
            ("{numerator}", rules.quorum.numerator.to_string()),
            ("{denominator}", rules.quorum.denominator.to_string()),
            ("{least}", rules.quorum.least.to_string()),
        ];
        let quorum = quorum.each_ref().map(|(name, value)| (*name, value.as_str()));
        let version = meeting.rules_number.to_string();
        let mut facts = vec![
            fact(words.committee, self.committee()),
            fact(words.meeting, meeting.number.to_string()),
            fact(words.place, meeting.place.as_str()),
            fact(words.planned, self.at(meeting.starts_at)),
            fact(words.opened, time(meeting.opened_at)),
            fact(words.closed, time(meeting.closed_at)),
            fact(words.time_zone, committee.time_zone.as_str()),
            fact(words.language, self.language.own_name()),
            fact(words.rules, fill(words.rules_version, &[("{number}", &version)])),
            fact(words.quorum, fill(words.quorum_rule, &quorum)),
            fact(words.majority, words.carried_by(rules.majority)),
        ];
        facts.extend(meeting.short_notice_reason.as_deref().map(|why| fact(words.short_notice, why)));
        facts
    }

    /// What a seat is called.
    fn seat(&self, seat: &Seat) -> String {
        let office = self.record.offices.get(&seat.office_id).map_or("", String::as_str);
        format!("{}, {office}", self.words.seat_kind(seat.kind))
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
                return vec![row(vec![self.seat(seat), self.words.absent.to_owned(), none(), none()])];
            }
            rows
        };
        Ok(Block::Table(Table {
            caption: String::new(),
            columns: vec![
                column(self.words.seat, 8),
                column(self.words.presence, 4),
                column(self.words.from, 4),
                column(self.words.to, 4),
            ],
            rows: self.record.seats.iter().flat_map(of_seat).collect(),
        }))
    }

    fn interval(&self, seat: &Seat, interval: &AttendanceInterval) -> Row {
        let presence = if interval.remote { self.words.remote } else { self.words.present };
        let to = interval.to.map(|at| self.at(at)).unwrap_or_default();
        row(vec![self.seat(seat), presence.to_owned(), self.at(interval.from), to])
    }

    /// The proposal of an item: its scores, who has a conflict of interest, and who was out of the room.
    fn subject(&self, item: &item::Model) -> Result<Option<Vec<(String, String)>>, StoreError> {
        let words = self.words;
        let known = item.proposal_id.and_then(|id| self.record.proposals.get(&id));
        let Some(proposal) = known else { return Ok(None) };
        let mut facts = vec![
            fact(words.proposal, format!("{} {}", proposal.reference, proposal.title)),
            fact(words.asked, words.dollars(proposal.asked)),
            fact(words.least, words.dollars(proposal.least)),
        ];
        let judged = self.record.judged.iter().find(|judged| judged.window.id == proposal.window_id);
        if let Some((mean, adjusted)) = judged.and_then(|judged| judged.score(proposal.id)) {
            let mean = words.number(&mean);
            let score = match adjusted.map(|adjusted| words.number(&adjusted)) {
                Some(adjusted) => fill(words.score_adjusted, &[("{mean}", &mean), ("{adjusted}", &adjusted)]),
                None => fill(words.score_plain, &[("{mean}", &mean)]),
            };
            facts.push(fact(words.score, score));
        }
        let conflicts = self.conflicts(proposal.id).into_iter();
        facts.extend(conflicts.map(|conflict| fact(words.conflict, conflict)));
        let out = self.out_of_room(item)?;
        let out: Vec<String> = out.into_iter().map(|person| self.holder(person)).collect();
        if !out.is_empty() {
            facts.push(fact(words.out_of_room, out.join(words.separator)));
        }
        Ok(Some(facts))
    }

    /// The conflicts of interest of members in a proposal, with their grounds.
    fn conflicts(&self, id: ProposalId) -> Vec<String> {
        let own = self.record.conflicts.iter().filter(|conflict| conflict.proposal_id == id);
        let told = own.filter_map(|conflict| {
            let seat = self.record.seats.iter().find(|seat| seat.person_id == conflict.person_id)?;
            let mut text = format!("{} ({})", self.seat(seat), self.words.ground(conflict.ground));
            if let Some(reason) = &conflict.reason {
                text.push_str(self.words.separator);
                text.push_str(reason);
            }
            Some(text)
        });
        told.collect()
    }

    /// Who took part in the meeting before the votes on an item, and was out of the room at one of them.
    fn out_of_room(&self, item: &item::Model) -> Result<BTreeSet<PersonId>, StoreError> {
        let intervals = self.record.meeting.intervals()?;
        let mut out = BTreeSet::new();
        for motion in self.motions(item.id) {
            let rolls = [(&motion.at_opening, motion.opened_at), (&motion.at_closing, motion.closed_at)];
            for (roll, at) in rolls {
                let (Some(text), Some(at)) = (roll, at) else { continue };
                let roll: Roll = serde_json::from_str(text)?;
                let came = intervals.iter().filter(|interval| interval.from <= at);
                let came = came.map(|interval| interval.person_id);
                out.extend(came.filter(|person| !roll.present.contains(person)));
            }
        }
        Ok(out)
    }

    fn motion(&self, motion: &motion::store::Model) -> Result<Vec<(String, String)>, StoreError> {
        let words = self.words;
        let mover = self.record.seats.iter().find(|seat| seat.id == motion.mover_id);
        let number = motion.number.to_string();
        let mut facts = vec![
            fact(&fill(words.motion, &[("{number}", &number)]), words.resolved(motion.resolution)),
            fact(words.mover, mover.map(|seat| self.seat(seat)).unwrap_or_default()),
        ];
        facts.extend(motion.amount.map(|cents| fact(words.amount, words.dollars(cents))));
        facts.extend(motion.conditions.as_deref().map(|text| fact(words.conditions, text)));
        facts.push(fact(words.reason, motion.reason.as_str()));
        for (name, roll) in [(words.at_opening, &motion.at_opening), (words.at_close, &motion.at_closing)] {
            if let Some(text) = roll {
                facts.push(fact(name, self.roll(&serde_json::from_str(text)?)));
            }
        }
        if let Some(quorum) = motion.quorum {
            let counts = [motion.votes_yes, motion.votes_no, motion.votes_abstain, Some(quorum)];
            let [yes, no, abstain, quorum] = counts.map(|count| count.unwrap_or(0).to_string());
            let parts =
                [("{yes}", yes.as_str()), ("{no}", &no), ("{abstain}", &abstain), ("{quorum}", &quorum)];
            facts.push(fact(words.votes, fill(words.tally, &parts)));
        }
        facts.push(fact(words.outcome, words.ended_as(motion.state)));
        facts.extend(motion.void_reason.as_deref().map(|why| fact(words.taken_back, why)));
        let decision = self.record.decisions.iter().find(|decision| Some(decision.id) == motion.decision_id);
        if let Some(decision) = decision {
            facts.extend(self.decision(decision)?);
        }
        Ok(facts)
    }

    fn roll(&self, roll: &Roll) -> String {
        let words = self.words;
        let (entitled, present) = (roll.entitled.len().to_string(), roll.present.len().to_string());
        let mut text = fill(words.roll, &[("{entitled}", &entitled), ("{present}", &present)]);
        if !roll.recused.is_empty() {
            let recused: Vec<String> = roll.recused.iter().map(|person| self.holder(*person)).collect();
            text.push_str(words.separator);
            text.push_str(&fill(words.recused, &[("{people}", &recused.join(words.separator))]));
        }
        text
    }

    fn decision(&self, decision: &decision::store::Model) -> Result<Vec<(String, String)>, StoreError> {
        let words = self.words;
        let content = decision.said()?;
        let mut facts = vec![
            fact(words.decision, format!("{}, {}", decision.reference, words.decided_as(decision.state))),
            fact("SHA-256", decision.sha256.as_str()),
        ];
        if let Some(entry) = content.entry {
            let (amount, number) = (words.dollars(entry.headroom_after.minor()), entry.number.to_string());
            let left = fill(words.left_entry, &[("{amount}", &amount), ("{number}", &number)]);
            facts.push(fact(words.left, left));
        }
        Ok(facts)
    }

    fn circulations(&self) -> Block {
        let words = self.words;
        let line = |circulation: &circulation::store::Model| {
            let proposal = self.record.proposals.get(&circulation.proposal_id);
            let votes = [circulation.votes_yes, circulation.votes_no, circulation.votes_abstain];
            let [yes, no, abstain] = votes.map(|count| count.unwrap_or(0));
            row(vec![
                proposal.map(|proposal| proposal.reference.clone()).unwrap_or_default(),
                words.resolved(circulation.resolution).to_owned(),
                circulation.amount.map(|cents| words.dollars(cents)).unwrap_or_default(),
                format!("{yes}–{no}–{abstain}"),
                words.circulated_as(circulation.state).to_owned(),
                circulation.closed_at.map(|at| self.at(at)).unwrap_or_default(),
            ])
        };
        if self.record.circulations.is_empty() {
            return Block::Paragraph(words.none.to_owned());
        }
        Block::Table(Table {
            caption: String::new(),
            columns: vec![
                column(words.proposal, 5),
                column(words.resolution, 4),
                column(words.amount, 4),
                column(words.for_against, 4),
                column(words.outcome, 3),
                column(words.ended, 4),
            ],
            rows: self.record.circulations.iter().map(line).collect(),
        })
    }

    fn signature(&self) -> Vec<(String, String)> {
        let (words, minutes) = (self.words, &self.record.minutes);
        let mut facts = vec![fact(words.drafted, self.at(minutes.drafted_at))];
        match (minutes.signed_by, minutes.signed_at) {
            (Some(person), Some(at)) => {
                facts.push(fact(words.signed_by, self.holder(person)));
                facts.push(fact(words.signed, self.at(at)));
            }
            (Some(_) | None, _) => facts.push(fact(words.signed, words.unsigned)),
        }
        facts
    }
}
