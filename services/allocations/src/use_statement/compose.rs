//! The document in a language.

use super::words::{Words, words};
use crate::{
    unearmarked_report::number::{amount, percent},
    use_of_funds::{
        given::{DonorMoney, UnearmarkedContribution, UnearmarkedUse},
        trace::PromisedAmounts,
        uses::ContributionUse,
    },
};
use chrono::{Datelike, NaiveDate};
use kernel::{Money, ProposalId, country};
use locale::Language;
use pdf::{Block, Column, Document, Row, Table};
use std::{cmp::Reverse, collections::BTreeMap};

/// Everything that the document tells.
pub(super) struct Told {
    pub(super) organisation: String,
    pub(super) money: DonorMoney,
    /// The day on which it is made.
    pub(super) on: NaiveDate,
}

/// How far the money of some contributions is, in US cents: what was given, with what is missing, is all others together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sums {
    given: i64,
    missing: i64,
    available: i64,
    promised: i64,
    spent: i64,
    returned: i64,
}

impl Sums {
    fn of(contributions: &[UnearmarkedContribution]) -> Self {
        let sum = |of: fn(&UnearmarkedContribution) -> i64| -> i64 { contributions.iter().map(of).sum() };
        Self {
            given: sum(|row| row.received.minor()),
            missing: sum(|row| row.uncovered.minor()),
            available: sum(|row| row.available.minor()),
            promised: sum(|row| promised(&row.promised)),
            spent: sum(|row| row.promised.spent.minor()),
            returned: sum(|row| row.promised.returned.minor()),
        }
    }

    /// All that is somewhere.
    const fn whole(&self) -> i64 {
        self.given + self.missing
    }
}

/// What is promised to projects and neither spent nor returned.
const fn promised(amounts: &PromisedAmounts) -> i64 {
    amounts.reserved.minor() + amounts.allocated.minor() + amounts.disbursed.minor()
}

/// What a project has of all contributions, in US cents; of those that the reader is not told of, what they have together.
struct Project<'a> {
    usage: &'a ContributionUse,
    amount: i64,
    spent: i64,
}

/// The largest first, those that the reader is not told of last.
fn projects(uses: &[UnearmarkedUse]) -> Vec<Project<'_>> {
    let mut found: BTreeMap<Option<ProposalId>, Project<'_>> = BTreeMap::new();
    for UnearmarkedUse { usage, .. } in uses {
        let project =
            found.entry(usage.proposal_id).or_insert_with(|| Project { usage, amount: 0, spent: 0 });
        let spent = usage.amounts.spent.minor();
        project.amount += promised(&usage.amounts) + spent + usage.amounts.returned.minor();
        project.spent += spent;
    }
    let mut projects: Vec<Project<'_>> = found.into_values().collect();
    projects.sort_by_key(|project| (project.usage.proposal_id.is_none(), Reverse(project.amount)));
    projects
}

/// The document.
pub(super) fn document(told: &Told, language: Language) -> Document {
    let composer = Composer { told, words: words(language), language };
    composer.document()
}

struct Composer<'a> {
    told: &'a Told,
    words: &'static Words,
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

fn table(columns: Vec<Column>, rows: Vec<Row>) -> Block {
    Block::Table(Table { caption: String::new(), columns, rows })
}

impl Composer<'_> {
    fn document(&self) -> Document {
        let (told, words) = (self.told, self.words);
        let money = &told.money;
        let sums = Sums::of(&money.contributions);
        let projects = projects(&money.uses);
        let day = self.language.date(told.on);
        let facts = [
            (words.donor, self.donor().to_owned()),
            (words.organisation, told.organisation.clone()),
            (words.made_on, day.clone()),
        ];
        let mut blocks = vec![Block::Facts(facts.map(|(name, value)| (name.to_owned(), value)).to_vec())];
        let mut section = |heading: &str, about: &str, parts: Vec<Block>| {
            blocks.push(Block::Heading(heading.to_owned()));
            if parts.is_empty() {
                blocks.push(Block::Paragraph(words.none.to_owned()));
            } else {
                blocks.push(Block::Paragraph(about.to_owned()));
                blocks.extend(parts);
            }
        };
        section(words.stages, words.stages_about, self.stages(&sums));
        section(words.contributions, words.contributions_about, self.contributions(&sums));
        section(words.projects, words.projects_about, self.projects(&projects, sums.whole()));
        section(words.results, words.results_about, self.results(&projects));
        let part = |number: u32| u8::try_from(number).unwrap_or(1);
        let on = told.on;
        Document {
            title: words.title.replace("{donor}", self.donor()),
            language: self.language.to_string(),
            author: told.organisation.clone(),
            footer: words.footer.replace("{organisation}", &told.organisation).replace("{day}", &day),
            date: (u16::try_from(on.year()).unwrap_or_default(), part(on.month()), part(on.day())),
            missing: words.missing_characters.to_owned(),
            blocks,
        }
    }

    /// The donor's name, in the language where that is known.
    fn donor(&self) -> &str {
        let donor = &self.told.money.donor;
        let translated = match self.language {
            Language::English => None,
            Language::French => donor.name_fr.as_deref(),
            Language::Spanish => donor.name_es.as_deref(),
        };
        translated.unwrap_or(&donor.name)
    }

    fn usd(&self, cents: i64) -> String {
        amount(self.language, Money::usd(cents))
    }

    fn share(&self, part: i64, whole: i64) -> String {
        percent(self.language, kernel::money::percent(part, whole).as_deref())
    }

    /// Where the money is: the stages, less what counts no longer, are what was given.
    fn stages(&self, sums: &Sums) -> Vec<Block> {
        if self.told.money.contributions.is_empty() {
            return Vec::new();
        }
        let words = self.words;
        let stages = [
            (words.available, sums.available),
            (words.promised, sums.promised),
            (words.spent, sums.spent),
            (words.returned, sums.returned),
        ];
        let line = |(name, cents): (&str, i64)| {
            row(vec![name.to_owned(), self.usd(cents), self.share(cents, sums.whole())])
        };
        let mut rows: Vec<Row> = stages.map(line).into();
        if sums.missing > 0 {
            rows.push(row(vec![words.missing.to_owned(), self.usd(-sums.missing), String::new()]));
        }
        let cells = vec![words.given.to_owned(), self.usd(sums.given), String::new()];
        rows.push(Row { cells, total: true });
        let columns = vec![column(words.stage, 8), numbers("USD", 6), numbers(words.share, 3)];
        let mut blocks = vec![table(columns, rows)];
        if sums.missing > 0 {
            blocks.push(Block::Paragraph(words.missing_about.to_owned()));
        }
        blocks
    }

    fn contributions(&self, sums: &Sums) -> Vec<Block> {
        let (words, contributions) = (self.words, &self.told.money.contributions);
        if contributions.is_empty() {
            return Vec::new();
        }
        let amounts = |sums: &Sums| {
            let amounts = [sums.given, sums.available, sums.promised, sums.spent, sums.returned];
            amounts.map(|cents| self.usd(cents))
        };
        let line = |contribution: &UnearmarkedContribution| {
            let day = self.language.date(contribution.received_on);
            let mut cells = vec![day, words.earmarked(contribution.earmarking).to_owned()];
            cells.extend(amounts(&Sums::of(std::slice::from_ref(contribution))));
            row(cells)
        };
        let mut rows: Vec<Row> = contributions.iter().map(line).collect();
        let mut cells = vec![words.total.to_owned(), String::new()];
        cells.extend(amounts(sums));
        rows.push(Row { cells, total: true });
        let columns = vec![
            column(words.received_on, 8),
            column(words.earmarking, 8),
            numbers(words.given, 9),
            numbers(words.available, 9),
            numbers(words.promised, 9),
            numbers(words.spent, 9),
            numbers(words.returned, 9),
        ];
        vec![table(columns, rows)]
    }

    /// What a project is called.
    fn name(&self, usage: &ContributionUse) -> String {
        match (&usage.reference, &usage.title) {
            (Some(reference), Some(title)) => format!("{title} ({reference})"),
            (None, _) | (_, None) => self.words.not_published.to_owned(),
        }
    }

    fn projects(&self, projects: &[Project<'_>], given: i64) -> Vec<Block> {
        if projects.is_empty() {
            return Vec::new();
        }
        let words = self.words;
        let line = |project: &Project<'_>| {
            let Project { usage, amount, spent } = project;
            let places = usage.countries.iter().map(|code| {
                country::by_iso3(code).map_or(code.as_str(), |known| known.name(self.language.as_str()))
            });
            row(vec![
                self.name(usage),
                places.collect::<Vec<_>>().join(", "),
                usage.state.map(|state| words.state(state).to_owned()).unwrap_or_default(),
                self.usd(*amount),
                self.usd(*spent),
                self.share(*amount, given),
            ])
        };
        let mut rows: Vec<Row> = projects.iter().map(line).collect();
        let all: i64 = projects.iter().map(|project| project.amount).sum();
        let spent: i64 = projects.iter().map(|project| project.spent).sum();
        let cells = vec![
            words.all_projects.to_owned(),
            String::new(),
            String::new(),
            self.usd(all),
            self.usd(spent),
            self.share(all, given),
        ];
        rows.push(Row { cells, total: true });
        let columns = vec![
            column(words.project, 11),
            column(words.country, 7),
            column(words.state_heading, 7),
            numbers("USD", 9),
            numbers(words.of_which_spent, 9),
            numbers(words.share, 5),
        ];
        vec![table(columns, rows)]
    }

    fn results(&self, projects: &[Project<'_>]) -> Vec<Block> {
        let words = self.words;
        let mut rows = Vec::new();
        for project in projects {
            for result in &project.usage.results {
                rows.push(row(vec![
                    self.name(project.usage),
                    result.indicator.clone(),
                    result.target.clone(),
                    result.reached.clone().unwrap_or_else(|| words.awaited.to_owned()),
                ]));
            }
        }
        if rows.is_empty() {
            return Vec::new();
        }
        let columns = vec![
            column(words.project, 8),
            column(words.indicator, 8),
            column(words.target, 5),
            column(words.reached, 5),
        ];
        vec![table(columns, rows)]
    }
}
