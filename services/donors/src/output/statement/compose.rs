//! A statement as a document.

use super::{
    Agreed, Statement, Sums, day_of,
    format::Formats,
    texts::{Texts, texts},
};
use crate::{
    contribution::{self, store::targets},
    reporting::{calendar::name_of, report::api::Report},
};
use chrono::Datelike;
use kernel::{ContributionStatus, ContributionType, Currency, Money, ReportState, money::MoneyError};
use locale::Language;
use pdf::{Block, Column, Document, Row, Table};

/// Characters of a description; the rest is in the lists.
const MAX_PURPOSE_LENGTH: usize = 160;

/// The document of a statement.
///
/// # Errors
/// [`MoneyError::TooLarge`] when a sum cannot be held.
pub(super) fn document(statement: &Statement, language: Language) -> Result<Document, MoneyError> {
    let composer = Composer { statement, texts: texts(language), formats: Formats::of(language), language };
    composer.document()
}

struct Composer<'a> {
    statement: &'a Statement,
    texts: &'static Texts,
    formats: Formats,
    language: Language,
}

fn column(heading: &str, share: u16) -> Column {
    Column { heading: heading.to_owned(), share, number: false }
}

fn numbers(heading: &str, share: u16) -> Column {
    Column { heading: heading.to_owned(), share, number: true }
}

fn row(cells: Vec<String>) -> Row {
    Row { cells, total: false }
}

impl Composer<'_> {
    fn document(&self) -> Result<Document, MoneyError> {
        let (statement, texts) = (self.statement, self.texts);
        let donor = self.donor_name();
        let period = statement.year.map_or_else(|| texts.all_years.to_owned(), |year| year.to_string());
        let covers = match &statement.office {
            Some(office) => texts.covers_office.replace("{office}", office),
            None => texts.covers_donor.to_owned(),
        };
        let facts = [
            (texts.donor, donor.to_owned()),
            (texts.organisation, statement.organisation.clone()),
            (texts.period, period.clone()),
            (texts.made_on, self.formats.day(statement.on)),
            (texts.covers, covers),
        ];
        let mut blocks = vec![Block::Facts(facts.map(|(name, value)| (name.to_owned(), value)).to_vec())];
        let of = |status: ContributionStatus| {
            statement.contributions.iter().filter(move |row| row.status == status)
        };
        let paid = Sums::of(of(ContributionStatus::Paid))?;
        let committed = Sums::of(of(ContributionStatus::Commitment))?;
        let pledged = Sums::of(of(ContributionStatus::Pledge))?;
        blocks.push(Block::Heading(texts.summary.to_owned()));
        blocks.push(self.summary(&paid, &committed, &pledged)?);
        for (status, heading, sums) in [
            (ContributionStatus::Paid, texts.paid, &paid),
            (ContributionStatus::Commitment, texts.commitments, &committed),
            (ContributionStatus::Pledge, texts.pledges, &pledged),
        ] {
            blocks.push(Block::Heading(heading.to_owned()));
            blocks.push(self.contributions(of(status), sums));
        }
        blocks.push(Block::Heading(texts.agreements.to_owned()));
        blocks.push(self.agreements());
        blocks.push(Block::Heading(texts.reports.to_owned()));
        blocks.push(self.reports());
        blocks.push(Block::Heading(texts.counting.to_owned()));
        blocks.extend(texts.rules.iter().map(|rule| Block::Paragraph((*rule).to_owned())));
        let title = texts.title.replace("{donor}", donor).replace("{period}", &period);
        let footer = texts
            .footer
            .replace("{organisation}", &statement.organisation)
            .replace("{day}", &self.formats.day(statement.on));
        let on = statement.on;
        let part = |number: u32| u8::try_from(number).unwrap_or(1);
        Ok(Document {
            title,
            language: self.language.to_string(),
            author: statement.organisation.clone(),
            footer,
            date: (u16::try_from(on.year()).unwrap_or_default(), part(on.month()), part(on.day())),
            missing: texts.missing.to_owned(),
            blocks,
        })
    }

    fn donor_name(&self) -> &str {
        let donor = &self.statement.donor;
        let translated = match self.language {
            Language::English => None,
            Language::French => donor.name_fr.as_deref(),
            Language::Spanish => donor.name_es.as_deref(),
        };
        translated.unwrap_or(&donor.name)
    }

    fn usd(&self, minor: i64) -> String {
        self.formats.amount(Money::usd(minor))
    }

    fn summary(&self, paid: &Sums, committed: &Sums, pledged: &Sums) -> Result<Block, MoneyError> {
        let texts = self.texts;
        let line = |name: &str, records: usize, usd: i64| {
            vec![name.to_owned(), self.formats.number(&records.to_string()), self.usd(usd)]
        };
        let funding = line(texts.funding, paid.records + committed.records, paid.and(committed)?);
        Ok(Block::Table(Table {
            caption: texts.summary_caption.to_owned(),
            columns: vec![column(texts.status, 4), numbers(texts.records, 2), numbers("USD", 3)],
            rows: vec![
                row(line(texts.paid, paid.records, paid.usd)),
                row(line(texts.commitments, committed.records, committed.usd)),
                Row { cells: funding, total: true },
                row(line(texts.pledges_apart, pledged.records, pledged.usd)),
            ],
        }))
    }

    fn contributions<'a>(
        &self,
        rows: impl Iterator<Item = &'a contribution::store::Model>,
        sums: &Sums,
    ) -> Block {
        let texts = self.texts;
        if sums.records == 0 {
            return Block::Paragraph(texts.none.to_owned());
        }
        let mut rows: Vec<Row> = rows.map(|record| row(self.contribution(record))).collect();
        let original = sums.original.iter().filter_map(|(code, minor)| {
            let currency = Currency::from_code(code).ok()?;
            Some(self.formats.money(Money::from_minor(*minor, currency)))
        });
        let original = original.collect::<Vec<_>>().join(" ");
        let none = String::new;
        let cells = vec![
            texts.total.to_owned(),
            none(),
            none(),
            none(),
            none(),
            none(),
            original,
            self.usd(sums.usd),
        ];
        rows.push(Row { cells, total: true });
        Block::Table(Table {
            caption: String::new(),
            columns: vec![
                column(texts.reference, 9),
                column(texts.day, 8),
                column(texts.recipient, 10),
                column(texts.purpose, 12),
                column(texts.for_years, 5),
                column(texts.earmarking, 9),
                numbers(texts.amount, 13),
                numbers("USD", 11),
            ],
            rows,
        })
    }

    fn contribution(&self, record: &contribution::store::Model) -> Vec<String> {
        let (years, _) = targets(record);
        let years: Vec<String> = years.iter().map(i32::to_string).collect();
        let description = record.description.as_deref().unwrap_or_default();
        let mut purpose: String = description.chars().take(MAX_PURPOSE_LENGTH).collect();
        if purpose.len() < description.len() {
            purpose.push('…');
        }
        if record.contribution_type == ContributionType::InKind {
            purpose = format!("{} ({})", purpose, self.texts.in_kind).trim().to_owned();
        }
        let original = record.original().map(|amount| self.formats.money(amount));
        vec![
            reference(record),
            day_of(record).map(|day| self.formats.day(day)).unwrap_or_default(),
            self.statement.recipients.get(&record.id).cloned().unwrap_or_default(),
            purpose,
            years.join(", "),
            self.texts.earmarked(record.earmarking).to_owned(),
            original.unwrap_or_default(),
            self.usd(record.amount_usd),
        ]
    }

    fn agreements(&self) -> Block {
        let texts = self.texts;
        if self.statement.agreements.is_empty() {
            return Block::Paragraph(texts.none.to_owned());
        }
        let line = |agreement: &Agreed| {
            let Agreed { row: terms, agreed, paid } = agreement;
            let outstanding =
                Money::from_minor(agreed.minor().saturating_sub(paid.minor()), agreed.currency());
            row(vec![
                terms.reference.clone(),
                terms.title.clone(),
                format!("{} – {}", self.formats.day(terms.start_date), self.formats.day(terms.end_date)),
                texts.state(terms.state).to_owned(),
                self.formats.money(*agreed),
                self.formats.money(*paid),
                self.formats.money(outstanding),
            ])
        };
        Block::Table(Table {
            caption: String::new(),
            columns: vec![
                column(texts.reference, 12),
                column(texts.purpose, 12),
                column(texts.period, 12),
                column(texts.status, 7),
                numbers(texts.agreed, 12),
                numbers(texts.paid, 12),
                numbers(texts.outstanding, 12),
            ],
            rows: self.statement.agreements.iter().map(line).collect(),
        })
    }

    fn reports(&self) -> Block {
        let texts = self.texts;
        if self.statement.reports.is_empty() {
            return Block::Paragraph(texts.none.to_owned());
        }
        let line = |report: &Report| {
            let delivered = report.state.is_delivered();
            let handed_in = report.submitted_at.filter(|_| delivered).map(|at| at.date_naive());
            let state = match (report.state, report.overdue) {
                (ReportState::Accepted, _) => texts.accepted,
                (ReportState::Submitted, _) => texts.handed_in,
                (_, true) => texts.overdue,
                (_, false) => texts.due,
            };
            row(vec![
                format!("{}, {}", report.agreement_reference, name_of(report.kind, self.language)),
                format!(
                    "{} – {}",
                    self.formats.day(report.period_start),
                    self.formats.day(report.period_end)
                ),
                self.formats.day(report.due_date),
                handed_in.map(|day| self.formats.day(day)).unwrap_or_default(),
                state.to_owned(),
            ])
        };
        Block::Table(Table {
            caption: String::new(),
            columns: vec![
                column(texts.report, 14),
                column(texts.period, 12),
                column(texts.due_on, 7),
                column(texts.handed_in_on, 7),
                column(texts.status, 6),
            ],
            rows: self.statement.reports.iter().map(line).collect(),
        })
    }
}

/// What a contribution is called: by its source, else by the end of its own id.
fn reference(record: &contribution::store::Model) -> String {
    match &record.external_ref {
        Some(external) => format!("{} {external}", record.source.to_uppercase()),
        None => record.id.as_uuid().simple().to_string().chars().skip(24).collect::<String>().to_uppercase(),
    }
}
