//! The tables of a report's document.

use super::{
    figures::{AnnualUseFigures, AnnualUseLabel, AnnualUseMatrix, AnnualUsePart, AnnualUseRegion},
    number::{amount, number, percent},
    words::Words,
};
use crate::{proposal::fields::AllocationNature, window::Kind};
use kernel::{Money, country};
use locale::Language;
use pdf::{Block, Column, Row, Table};

/// Columns of a table by two things on a page; with more, each pair is a row.
const MAX_COLUMNS: usize = 5;

/// What the tables are made of.
pub(super) struct Tables<'a> {
    pub(super) words: &'static Words,
    pub(super) language: Language,
    pub(super) figures: &'a AnnualUseFigures,
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

/// A table; none without rows.
fn table(caption: &str, columns: Vec<Column>, rows: Vec<Row>) -> Option<Block> {
    let table = Table { caption: caption.to_owned(), columns, rows };
    (!table.rows.is_empty()).then_some(Block::Table(table))
}

impl Tables<'_> {
    fn usd(&self, money: Money) -> String {
        amount(self.language, money)
    }

    fn count(&self, count: i64) -> String {
        number(self.language, &count.to_string())
    }

    /// What people called it, in the language where it has that name.
    fn named(&self, label: &AnnualUseLabel) -> Option<String> {
        let translated = match self.language {
            Language::English => None,
            Language::French => label.name_fr.clone(),
            Language::Spanish => label.name_es.clone(),
        };
        translated.or_else(|| label.name.clone()).filter(|name| !name.is_empty())
    }

    fn donor(&self, label: &AnnualUseLabel) -> String {
        match label.key.as_str() {
            "own" => self.words.own.to_owned(),
            "others" => self.words.others.to_owned(),
            key => self.named(label).unwrap_or_else(|| key.to_owned()),
        }
    }

    fn region(&self, label: &AnnualUseLabel) -> String {
        let region = label.key.parse::<AnnualUseRegion>();
        region.map_or_else(|_| label.key.clone(), |region| self.words.region(region).to_owned())
    }

    fn category(&self, label: &AnnualUseLabel) -> String {
        self.named(label).unwrap_or_else(|| label.key.clone())
    }

    fn country(&self, label: &AnnualUseLabel) -> String {
        match label.key.as_str() {
            "several" => self.words.several_countries.to_owned(),
            "none" => self.words.no_country.to_owned(),
            code => {
                let known = country::by_iso3(code).map(|known| known.name(self.language.as_str()));
                known.unwrap_or(code).to_owned()
            }
        }
    }

    fn plan(&self, label: &AnnualUseLabel) -> String {
        match label.key.as_str() {
            "several" => self.words.several_plans.to_owned(),
            "none" => self.words.no_plan.to_owned(),
            "others" => self.words.other_plans.to_owned(),
            key => self.named(label).unwrap_or_else(|| key.to_owned()),
        }
    }

    pub(super) fn income(&self) -> Block {
        let words = self.words;
        let rows = self.figures.income.iter().map(|income| {
            row(vec![
                income.year.to_string(),
                self.usd(income.unearmarked),
                self.usd(income.softly_earmarked),
                self.usd(income.other),
                self.usd(income.all),
                percent(self.language, income.share.as_deref()),
            ])
        });
        Block::Table(Table {
            caption: String::new(),
            columns: vec![
                column(words.year, 3),
                numbers(words.unearmarked, 7),
                numbers(words.softly, 7),
                numbers(words.other_income, 7),
                numbers(words.all, 7),
                numbers(words.free_share, 4),
            ],
            rows: rows.collect(),
        })
    }

    pub(super) fn received(&self) -> Option<Block> {
        let line = |received: &super::figures::AnnualUseReceived| {
            let mut cells = vec![self.donor(&received.donor)];
            cells.extend(received.years.iter().map(|money| self.usd(*money)));
            row(cells)
        };
        let mut columns = vec![column(self.words.donor, 8)];
        columns.extend(self.figures.income.iter().map(|income| numbers(&income.year.to_string(), 6)));
        table("", columns, self.figures.received.iter().map(line).collect())
    }

    pub(super) fn decided(&self) -> Vec<Block> {
        let (words, decided) = (self.words, &self.figures.decided);
        let votes = [decided.approved, decided.partly_approved, decided.deferred, decided.rejected];
        let facts = [
            (words.meetings, self.count(decided.meetings)),
            (words.motions, self.count(decided.motions)),
            (words.circulations, self.count(decided.circulations)),
            (words.recusals, self.count(decided.recusals)),
            (words.sheets, self.count(decided.score_sheets)),
            (words.decisions, votes.map(|count| self.count(count)).join(" · ")),
        ];
        let mut blocks = vec![Block::Facts(facts.map(|(name, value)| (name.to_owned(), value)).to_vec())];
        let window = |window: &super::figures::AnnualUseWindow| {
            row(vec![
                window.title.clone(),
                words.kind(window.kind).to_owned(),
                self.usd(window.envelope),
                self.count(window.proposals),
                self.usd(window.asked),
            ])
        };
        let columns = vec![
            column(words.window, 10),
            column(words.kind, 4),
            numbers(words.envelope, 6),
            numbers(words.proposals, 4),
            numbers(words.asked, 6),
        ];
        blocks.extend(table(words.windows, columns, decided.windows.iter().map(window).collect()));
        let mut criteria = Vec::new();
        for window in &decided.windows {
            for criterion in &window.criteria {
                let translated = match self.language {
                    Language::English => None,
                    Language::French => criterion.name_fr.clone(),
                    Language::Spanish => criterion.name_es.clone(),
                };
                let name = translated.unwrap_or_else(|| criterion.name.clone());
                criteria.push(row(vec![window.title.clone(), name, criterion.weight.to_string()]));
            }
        }
        let columns = vec![column(words.window, 10), column(words.criterion, 10), numbers(words.weight, 4)];
        blocks.extend(table(words.criteria, columns, criteria));
        blocks
    }

    /// A table by two things, with its sums.
    fn matrix(
        &self,
        matrix: &AnnualUseMatrix,
        (first, second): (&str, &str),
        row_name: impl Fn(&AnnualUseLabel) -> String,
        column_name: impl Fn(&AnnualUseLabel) -> String,
    ) -> Option<Block> {
        let words = self.words;
        let whole = self.usd(self.figures.allocated);
        if matrix.columns.len() > MAX_COLUMNS {
            let pairs = matrix.rows.iter().flat_map(|line| {
                let cells = matrix.columns.iter().zip(&line.amounts).filter(|(_, money)| money.minor() != 0);
                let cells = cells.map(|(label, money)| {
                    row(vec![row_name(&line.label), column_name(label), self.usd(*money)])
                });
                cells.collect::<Vec<_>>()
            });
            let mut rows: Vec<Row> = pairs.collect();
            rows.push(Row { cells: vec![words.total.to_owned(), String::new(), whole], total: true });
            return table("", vec![column(first, 8), column(second, 8), numbers("USD", 6)], rows);
        }
        let mut columns = vec![column(first, 7)];
        columns.extend(matrix.columns.iter().map(|label| numbers(&column_name(label), 6)));
        columns.push(numbers(words.total, 6));
        let line = |line: &super::figures::AnnualUseMatrixRow| {
            let mut cells = vec![row_name(&line.label)];
            cells.extend(line.amounts.iter().map(|money| self.usd(*money)));
            cells.push(self.usd(line.total));
            row(cells)
        };
        let mut rows: Vec<Row> = matrix.rows.iter().map(line).collect();
        if rows.is_empty() {
            return None;
        }
        let mut cells = vec![words.total.to_owned()];
        cells.extend(matrix.totals.iter().map(|money| self.usd(*money)));
        cells.push(whole);
        rows.push(Row { cells, total: true });
        table("", columns, rows)
    }

    fn parts(
        &self,
        parts: &[AnnualUsePart],
        first: &str,
        name: impl Fn(&AnnualUseLabel) -> String,
    ) -> Option<Block> {
        let words = self.words;
        let line = |part: &AnnualUsePart| {
            row(vec![
                name(&part.label),
                self.usd(part.amount),
                percent(self.language, part.share.as_deref()),
                self.count(part.count),
            ])
        };
        let columns = vec![
            column(first, 10),
            numbers(words.amount, 6),
            numbers(words.share, 4),
            numbers(words.count, 4),
        ];
        table("", columns, parts.iter().map(line).collect())
    }

    pub(super) fn where_to(&self) -> Vec<Block> {
        let (words, figures) = (self.words, self.figures);
        let kind = |label: &AnnualUseLabel| {
            let known = label.key.parse::<Kind>();
            known.map_or_else(|_| label.key.clone(), |kind| words.kind(kind).to_owned())
        };
        let nature = |label: &AnnualUseLabel| {
            let known = label.key.parse::<AllocationNature>();
            known.map_or_else(|_| label.key.clone(), |nature| words.nature(nature).to_owned())
        };
        let tables = [
            self.matrix(
                &figures.by_region_and_category,
                (words.region, words.category),
                |label| self.region(label),
                |label| self.category(label),
            ),
            self.parts(&figures.by_country, words.country, |label| self.country(label)),
            self.parts(&figures.by_plan, words.plan, |label| self.plan(label)),
            self.parts(&figures.by_quarter, words.quarter, |label| label.key.clone()),
            self.parts(&figures.by_window, words.kind, kind),
            self.parts(&figures.by_nature, words.nature, nature),
        ];
        let mut blocks: Vec<Block> = tables.into_iter().flatten().collect();
        if !blocks.is_empty() {
            blocks.push(Block::Paragraph(words.sums.to_owned()));
        }
        blocks
    }

    pub(super) fn donor_region(&self) -> Option<Block> {
        self.matrix(
            &self.figures.by_donor_and_region,
            (self.words.donor, self.words.region),
            |label| self.donor(label),
            |label| self.region(label),
        )
    }

    pub(super) fn donor_category(&self) -> Option<Block> {
        self.matrix(
            &self.figures.by_donor_and_category,
            (self.words.donor, self.words.category),
            |label| self.donor(label),
            |label| self.category(label),
        )
    }

    pub(super) fn redeployed(&self) -> Option<Block> {
        let words = self.words;
        let hidden = || words.not_published.to_owned();
        let line = |step: &super::figures::AnnualUseRedeployment| {
            let back = || if step.is_given_on { hidden() } else { words.pool.to_owned() };
            row(vec![
                self.language.date(step.on),
                step.from.clone().unwrap_or_else(hidden),
                step.to.clone().unwrap_or_else(back),
                step.replaced_by.as_ref().map(|donor| self.donor(donor)).unwrap_or_default(),
                self.usd(step.amount),
                step.reason.clone().unwrap_or_default(),
            ])
        };
        let columns = vec![
            column(words.day, 5),
            column(words.from, 7),
            column(words.to, 7),
            column(words.replaced_by, 5),
            numbers("USD", 5),
            column(words.reason, 8),
        ];
        table("", columns, self.figures.redeployed.iter().map(line).collect())
    }

    pub(super) fn unspent(&self) -> Block {
        let (words, unspent) = (self.words, &self.figures.unspent);
        let facts = [
            (words.undisbursed, unspent.undisbursed),
            (words.not_spent, unspent.unspent),
            (words.returned, unspent.returned),
            (words.restored, unspent.restored),
            (words.available, unspent.available),
        ];
        let facts =
            facts.map(|(name, money)| (name.to_owned(), format!("USD\u{a0}{}", self.usd(money)))).to_vec();
        Block::Facts(facts)
    }

    pub(super) fn shortfalls(&self) -> Option<Block> {
        let words = self.words;
        let line = |case: &super::figures::AnnualUseShortfall| {
            row(vec![
                self.donor(&case.donor),
                self.usd(case.uncovered),
                self.usd(case.covered),
                self.usd(case.absorbed),
            ])
        };
        let columns = vec![
            column(words.donor, 8),
            numbers(words.uncovered, 6),
            numbers(words.covered, 6),
            numbers(words.absorbed, 6),
        ];
        table("", columns, self.figures.shortfalls.iter().map(line).collect())
    }

    pub(super) fn results(&self) -> Option<Block> {
        let words = self.words;
        let mut rows = Vec::new();
        for allocation in &self.figures.allocations {
            let name = allocation.title.clone().unwrap_or_else(|| words.not_published.to_owned());
            for result in &allocation.results {
                rows.push(row(vec![
                    name.clone(),
                    result.indicator.clone(),
                    result.target.clone(),
                    result.reached.clone().unwrap_or_default(),
                ]));
            }
        }
        let columns = vec![
            column(words.project, 8),
            column(words.indicator, 8),
            column(words.target, 4),
            column(words.reached, 4),
        ];
        table("", columns, rows)
    }

    /// Every allocation, and below it its contributions.
    pub(super) fn annex(&self) -> Vec<Block> {
        let words = self.words;
        let mut blocks = Vec::new();
        for allocation in &self.figures.allocations {
            let name = match (&allocation.reference, &allocation.title) {
                (Some(reference), Some(title)) => format!("{reference} {title}"),
                (Some(_) | None, _) => words.not_published.to_owned(),
            };
            let places =
                allocation.countries.iter().map(|code| self.country(&AnnualUseLabel::word(code.as_str())));
            let places: Vec<String> = places.collect();
            let facts = [
                (words.region, words.region(allocation.region).to_owned()),
                (words.country, places.join(", ")),
                (words.category, allocation.category.clone()),
                (words.kind, words.kind(allocation.window).to_owned()),
                (words.nature, words.nature(allocation.nature).to_owned()),
                (words.withdrawn, self.usd(allocation.withdrawn)),
                (words.disbursed, self.usd(allocation.disbursed)),
                (words.spent, self.usd(allocation.spent)),
            ];
            blocks.push(Block::Heading(name));
            blocks.push(Block::Facts(facts.map(|(name, value)| (name.to_owned(), value)).to_vec()));
            let line = |lot: &super::figures::AnnualUseLot| {
                row(vec![
                    self.donor(&lot.donor),
                    words.earmarked(lot.earmarking).to_owned(),
                    lot.intake_year.to_string(),
                    self.usd(lot.amount),
                ])
            };
            let mut rows: Vec<Row> = allocation.lots.iter().map(line).collect();
            let none = String::new;
            let cells = vec![words.total.to_owned(), none(), none(), self.usd(allocation.amount)];
            rows.push(Row { cells, total: true });
            let columns = vec![
                column(words.donor, 8),
                column(words.earmarking, 6),
                column(words.intake, 4),
                numbers("USD", 6),
            ];
            blocks.extend(table("", columns, rows));
        }
        blocks
    }
}
