//! The figures of a report line by line, for spreadsheets.

use super::figures::{AnnualUseFigures, AnnualUseLabel, AnnualUseMatrix, AnnualUsePart};
use kernel::{Money, closed_set};
use serde::Serialize;
use service::{Column, Row};
use utoipa::ToSchema;

closed_set! {
    /// A table of a report on the use of unearmarked money.
    pub enum AnnualUseTable {
        Income = "income",
        Received = "received",
        Windows = "windows",
        Criteria = "criteria",
        Decided = "decided",
        RegionAndCategory = "region_and_category",
        Country = "country",
        Plan = "plan",
        Quarter = "quarter",
        Window = "window",
        Nature = "nature",
        DonorAndRegion = "donor_and_region",
        DonorAndCategory = "donor_and_category",
        Redeployed = "redeployed",
        Unspent = "unspent",
        Shortfalls = "shortfalls",
        Allocations = "allocations",
    }
}

/// A figure of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct AnnualUseLine {
    /// Its place in the report, from 1.
    #[schema(minimum = 1)]
    pub(crate) number: i64,
    pub(crate) table: AnnualUseTable,
    /// The row of the table: a name, or a word or code where it has none. Null for a project that is not public.
    #[schema(max_length = 500)]
    pub(crate) row: Option<String>,
    /// The column, of a table that has several. Of allocations it is the donor.
    #[schema(max_length = 500)]
    pub(crate) column: Option<String>,
    /// In US dollars.
    pub(crate) amount: Option<Money>,
    #[schema(minimum = 0)]
    pub(crate) count: Option<i64>,
}

impl Row for AnnualUseLine {
    const COLUMNS: &'static [Column<Self>] = &[
        ("number", |row| row.number.into()),
        ("table", |row| row.table.as_str().into()),
        ("row", |row| row.row.clone().into()),
        ("column", |row| row.column.clone().into()),
        ("amount_usd", |row| row.amount.into()),
        ("count", |row| row.count.into()),
    ];
}

/// All figures, table by table.
pub(super) fn lines(figures: &AnnualUseFigures) -> Vec<AnnualUseLine> {
    let mut list = Lines(Vec::new());
    list.money(figures);
    list.decisions(figures);
    list.matrix(AnnualUseTable::RegionAndCategory, &figures.by_region_and_category);
    list.parts(AnnualUseTable::Country, &figures.by_country);
    list.parts(AnnualUseTable::Plan, &figures.by_plan);
    list.parts(AnnualUseTable::Quarter, &figures.by_quarter);
    list.parts(AnnualUseTable::Window, &figures.by_window);
    list.parts(AnnualUseTable::Nature, &figures.by_nature);
    list.matrix(AnnualUseTable::DonorAndRegion, &figures.by_donor_and_region);
    list.matrix(AnnualUseTable::DonorAndCategory, &figures.by_donor_and_category);
    list.rest(figures);
    list.0
}

/// What a label is called: its name, else its word.
fn said(label: &AnnualUseLabel) -> String {
    label.name.clone().filter(|name| !name.is_empty()).unwrap_or_else(|| label.key.clone())
}

struct Lines(Vec<AnnualUseLine>);

impl Lines {
    fn add(
        &mut self,
        table: AnnualUseTable,
        (row, column): (Option<String>, Option<String>),
        amount: Option<Money>,
        count: Option<i64>,
    ) {
        let number = i64::try_from(self.0.len()).unwrap_or(i64::MAX).saturating_add(1);
        self.0.push(AnnualUseLine { number, table, row, column, amount, count });
    }

    fn amount(&mut self, table: AnnualUseTable, row: String, column: &str, amount: Money) {
        self.add(table, (Some(row), Some(column.to_owned())), Some(amount), None);
    }

    fn parts(&mut self, table: AnnualUseTable, parts: &[AnnualUsePart]) {
        for part in parts {
            self.add(table, (Some(said(&part.label)), None), Some(part.amount), Some(part.count));
        }
    }

    fn matrix(&mut self, table: AnnualUseTable, matrix: &AnnualUseMatrix) {
        for row in &matrix.rows {
            for (column, amount) in matrix.columns.iter().zip(&row.amounts) {
                if amount.minor() != 0 {
                    self.amount(table, said(&row.label), &said(column), *amount);
                }
            }
        }
    }

    fn money(&mut self, figures: &AnnualUseFigures) {
        for income in &figures.income {
            let columns = [
                ("unearmarked", income.unearmarked),
                ("softly_earmarked", income.softly_earmarked),
                ("other", income.other),
                ("all", income.all),
            ];
            for (column, amount) in columns {
                self.amount(AnnualUseTable::Income, income.year.to_string(), column, amount);
            }
        }
        for received in &figures.received {
            for (income, amount) in figures.income.iter().zip(&received.years) {
                let column = income.year.to_string();
                self.amount(AnnualUseTable::Received, said(&received.donor), &column, *amount);
            }
        }
    }

    fn decisions(&mut self, figures: &AnnualUseFigures) {
        let decided = &figures.decided;
        for window in &decided.windows {
            let row = (Some(window.title.clone()), Some(window.kind.as_str().to_owned()));
            self.add(AnnualUseTable::Windows, row, Some(window.envelope), Some(window.proposals));
            for criterion in &window.criteria {
                let row = (Some(window.title.clone()), Some(criterion.name.clone()));
                self.add(AnnualUseTable::Criteria, row, None, Some(i64::from(criterion.weight)));
            }
        }
        let numbers = [
            ("meetings", decided.meetings),
            ("motions", decided.motions),
            ("circulations", decided.circulations),
            ("recusals", decided.recusals),
            ("score_sheets", decided.score_sheets),
            ("approved", decided.approved),
            ("partly_approved", decided.partly_approved),
            ("deferred", decided.deferred),
            ("rejected", decided.rejected),
        ];
        for (row, count) in numbers {
            self.add(AnnualUseTable::Decided, (Some(row.to_owned()), None), None, Some(count));
        }
    }

    fn rest(&mut self, figures: &AnnualUseFigures) {
        for step in &figures.redeployed {
            self.add(
                AnnualUseTable::Redeployed,
                (step.from.clone(), step.to.clone()),
                Some(step.amount),
                None,
            );
        }
        let unspent = &figures.unspent;
        let amounts = [
            ("undisbursed", unspent.undisbursed),
            ("unspent", unspent.unspent),
            ("returned", unspent.returned),
            ("restored", unspent.restored),
            ("available", unspent.available),
        ];
        for (row, amount) in amounts {
            self.add(AnnualUseTable::Unspent, (Some(row.to_owned()), None), Some(amount), None);
        }
        for case in &figures.shortfalls {
            let amounts =
                [("uncovered", case.uncovered), ("covered", case.covered), ("absorbed", case.absorbed)];
            for (column, amount) in amounts {
                self.amount(AnnualUseTable::Shortfalls, said(&case.donor), column, amount);
            }
        }
        for allocation in &figures.allocations {
            for lot in &allocation.lots {
                let row = (allocation.reference.clone(), Some(said(&lot.donor)));
                self.add(AnnualUseTable::Allocations, row, Some(lot.amount), None);
            }
        }
    }
}
