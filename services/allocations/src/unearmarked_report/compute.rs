//! The figures of a report, worked out of what the tables have: pure functions.
//!
//! What an allocation was given in the year is what the entries `allocate` of the year put on its account, lot by lot.
//! Where other money took the place of a contribution that became less, of an allocation that is of this year alone,
//! the lots are those that pay for it now. Withdrawals are told beside it, so that the same dollar, given again, is
//! seen twice here and once there.

use super::{
    facts::{Facts, Form, Move, Project, plan_in},
    figures::{
        AnnualUseAllocation, AnnualUseFigures, AnnualUseIncome, AnnualUseLabel, AnnualUseLot, AnnualUsePart,
        AnnualUseReceived, AnnualUseResult, AnnualUseUnspent,
    },
    redeployed,
    tables::{matrix, parts},
};
use crate::{
    ledger::{Account, LedgerEntryKind},
    use_of_funds::trace::Stages,
};
use chrono::{Datelike, NaiveDate};
use kernel::{Earmarking, LotId, Money, ProposalId, money::percent};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

/// Years that are told of income.
const YEARS_TOLD: i32 = 5;

/// The five years that end with that of the report.
pub(super) fn years_told(year: i32) -> impl Iterator<Item = i32> {
    year - YEARS_TOLD + 1..=year
}

/// The figures of a report, in a form.
pub(super) fn figures(facts: &Facts, form: Form) -> AnnualUseFigures {
    let given = given(facts);
    let work = Work { facts, form, given: &given };
    let allocated: i64 = given.values().sum();
    AnnualUseFigures {
        year: facts.year,
        until: facts.until,
        committee_id: facts.committee_id,
        committee: facts.committee.clone(),
        income: income(facts),
        received: received(facts, form),
        decided: facts.decided.clone(),
        allocated: Money::usd(allocated),
        withdrawn: Money::usd(facts.redeployed.iter().map(|step| step.amount).sum()),
        by_region_and_category: matrix(work.cells(|project, _| {
            let region = AnnualUseLabel::word(project.region().as_str());
            (region, AnnualUseLabel::named(&project.category, &project.category))
        })),
        by_country: work
            .parts(|project| only(&project.countries, |code| AnnualUseLabel::word(code.as_str()))),
        by_plan: work.parts(|project| only(&project.plan_ids, |id| plan_in(form, *id, facts.plans.get(id)))),
        by_quarter: by_quarter(facts),
        by_window: work.parts(|project| AnnualUseLabel::word(project.window.as_str())),
        by_nature: work.parts(|project| AnnualUseLabel::word(project.nature.as_str())),
        by_donor_and_region: matrix(
            work.cells(|project, lot_id| {
                (work.donor(lot_id), AnnualUseLabel::word(project.region().as_str()))
            }),
        ),
        by_donor_and_category: matrix(work.cells(|project, lot_id| {
            (work.donor(lot_id), AnnualUseLabel::named(&project.category, &project.category))
        })),
        redeployed: redeployed::rows(facts, form),
        unspent: unspent(facts),
        shortfalls: redeployed::shortfalls(facts, form),
        allocations: work.allocations(),
    }
}

/// What each allocation was given of each lot in the year.
type Given = BTreeMap<(ProposalId, LotId), i64>;

/// The accounts of what was given: not what is held until somebody confirms.
const GIVEN: [Account; 4] = [Account::Allocated, Account::Disbursed, Account::Spent, Account::Returned];

fn given(facts: &Facts) -> Given {
    let is_known = |step: &&Move| facts.projects.contains_key(&step.proposal_id);
    let is_allocation =
        |step: &Move| step.kind == LedgerEntryKind::Allocate && step.account == Account::Allocated;
    let earlier: BTreeSet<ProposalId> = facts
        .moves
        .iter()
        .filter(|step| is_allocation(step) && step.day.year() < facts.year)
        .map(|step| step.proposal_id)
        .collect();
    let is_replacement = |step: &Move| {
        let replaces = matches!(step.kind, LedgerEntryKind::Cover | LedgerEntryKind::Absorb);
        replaces && GIVEN.contains(&step.account) && !earlier.contains(&step.proposal_id)
    };
    let mut given = Given::new();
    for step in facts.moves.iter().filter(is_known).filter(|step| step.day.year() == facts.year) {
        if is_allocation(step) || is_replacement(step) {
            *given.entry((step.proposal_id, step.lot_id)).or_default() += step.amount;
        }
    }
    given.retain(|_, amount| *amount != 0);
    given
}

/// What the tables of what was allocated are made of.
struct Work<'a> {
    facts: &'a Facts,
    form: Form,
    given: &'a Given,
}

impl Work<'_> {
    fn donor(&self, lot_id: LotId) -> AnnualUseLabel {
        let lot = self.facts.lots.get(&lot_id);
        lot.map_or_else(|| AnnualUseLabel::word("others"), |lot| lot.donor_in(self.form))
    }

    /// The cells of a table of two labels.
    fn cells(
        &self,
        labels: impl Fn(&Project, LotId) -> (AnnualUseLabel, AnnualUseLabel),
    ) -> Vec<(AnnualUseLabel, AnnualUseLabel, i64)> {
        let cell = |((proposal_id, lot_id), amount): (&(ProposalId, LotId), &i64)| {
            let (row, column) = labels(self.facts.projects.get(proposal_id)?, *lot_id);
            Some((row, column, *amount))
        };
        self.given.iter().filter_map(cell).collect()
    }

    /// A table of one label.
    fn parts(&self, label: impl Fn(&Project) -> AnnualUseLabel) -> Vec<AnnualUsePart> {
        let part = |((proposal_id, _), amount): (&(ProposalId, LotId), &i64)| {
            Some((label(self.facts.projects.get(proposal_id)?), *proposal_id, *amount))
        };
        parts(self.given.iter().filter_map(part))
    }

    /// Every allocation of the year, the largest first.
    fn allocations(&self) -> Vec<AnnualUseAllocation> {
        let mut of_project: BTreeMap<ProposalId, Vec<(LotId, i64)>> = BTreeMap::new();
        for ((proposal_id, lot_id), amount) in self.given {
            of_project.entry(*proposal_id).or_default().push((*lot_id, *amount));
        }
        let ends = stages(self.facts);
        let withdrawn = withdrawn(self.facts);
        let row = |(id, lots): (&ProposalId, &Vec<(LotId, i64)>)| {
            let project = self.facts.projects.get(id)?;
            let end = ends.get(id).copied().unwrap_or_default();
            let is_named = project.is_named_in(self.form);
            Some(AnnualUseAllocation {
                proposal_id: is_named.then_some(project.id),
                reference: is_named.then(|| project.reference.clone()),
                title: is_named.then(|| project.title.clone()),
                category: project.category.clone(),
                region: project.region(),
                countries: project.countries.clone(),
                nature: project.nature,
                window: project.window,
                state: project.state,
                amount: Money::usd(lots.iter().map(|(_, amount)| amount).sum()),
                withdrawn: Money::usd(withdrawn.get(id).copied().unwrap_or(0)),
                disbursed: Money::usd(end.disbursed),
                spent: Money::usd(end.spent),
                lots: self.lots(lots),
                results: if is_named { results(project, self.form) } else { Vec::new() },
            })
        };
        let mut rows: Vec<AnnualUseAllocation> = of_project.iter().filter_map(row).collect();
        rows.sort_by_key(|row| Reverse(row.amount.minor()));
        rows
    }

    /// The contributions of an allocation, in the order in which they came; those of donors that are not named
    /// together.
    fn lots(&self, lots: &[(LotId, i64)]) -> Vec<AnnualUseLot> {
        let known = |(lot_id, amount): &(LotId, i64)| Some((self.facts.lots.get(lot_id)?, *amount));
        let mut known: Vec<_> = lots.iter().filter_map(known).collect();
        known.sort_by_key(|(lot, _)| lot.place);
        let mut shown: Vec<AnnualUseLot> = Vec::new();
        for (lot, amount) in known {
            let (donor, earmarking, intake_year) = (lot.donor_in(self.form), lot.earmarking, lot.intake_year);
            let is_same = |other: &&mut AnnualUseLot| {
                other.donor == donor && other.earmarking == earmarking && other.intake_year == intake_year
            };
            match shown.iter_mut().find(is_same) {
                Some(other) => other.amount = Money::usd(other.amount.minor() + amount),
                None => {
                    shown.push(AnnualUseLot { donor, earmarking, intake_year, amount: Money::usd(amount) })
                }
            }
        }
        shown
    }
}

fn results(project: &Project, form: Form) -> Vec<AnnualUseResult> {
    let result = |(indicator, target, reached): (&str, &str, Option<&str>)| AnnualUseResult {
        indicator: indicator.to_owned(),
        target: target.to_owned(),
        reached: reached.map(str::to_owned),
    };
    project.results_in(form).map(result).collect()
}

/// The only one of some, as a label; `several` or `none` otherwise.
fn only<T>(all: &[T], label: impl Fn(&T) -> AnnualUseLabel) -> AnnualUseLabel {
    match all {
        [] => AnnualUseLabel::word("none"),
        [one] => label(one),
        [_, _, ..] => AnnualUseLabel::word("several"),
    }
}

/// How far the money of each proposal was at the end.
fn stages(facts: &Facts) -> BTreeMap<ProposalId, Stages> {
    let mut found: BTreeMap<ProposalId, Stages> = BTreeMap::new();
    for step in facts.moves.iter().filter(|step| facts.projects.contains_key(&step.proposal_id)) {
        found.entry(step.proposal_id).or_default().add(step.account, step.amount);
    }
    found
}

/// What was withdrawn from each allocation in the year.
fn withdrawn(facts: &Facts) -> BTreeMap<ProposalId, i64> {
    let mut found: BTreeMap<ProposalId, i64> = BTreeMap::new();
    for step in &facts.redeployed {
        *found.entry(step.from).or_default() += step.amount;
    }
    found
}

/// By the quarter of the entry.
fn by_quarter(facts: &Facts) -> Vec<AnnualUsePart> {
    let quarter = |day: NaiveDate| AnnualUseLabel::word((day.month0() / 3 + 1).to_string());
    let of_year = facts.moves.iter().filter(|step| {
        let is_allocation = step.kind == LedgerEntryKind::Allocate && step.account == Account::Allocated;
        is_allocation && step.day.year() == facts.year && facts.projects.contains_key(&step.proposal_id)
    });
    let mut rows = parts(of_year.map(|step| (quarter(step.day), step.proposal_id, step.amount)));
    rows.sort_by(|one, other| one.label.cmp(&other.label));
    rows
}

fn income(facts: &Facts) -> Vec<AnnualUseIncome> {
    let row = |year: i32| {
        let of_year = facts.income.iter().filter(|(of, _, _)| *of == year);
        let (mut unearmarked, mut softly, mut other) = (0, 0, 0);
        for (_, earmarking, amount) in of_year {
            match earmarking {
                Some(Earmarking::Unearmarked) => unearmarked += amount,
                Some(Earmarking::SoftlyEarmarked) => softly += amount,
                Some(Earmarking::Earmarked | Earmarking::TightlyEarmarked) | None => other += amount,
            }
        }
        let all = unearmarked + softly + other;
        AnnualUseIncome {
            year,
            unearmarked: Money::usd(unearmarked),
            softly_earmarked: Money::usd(softly),
            other: Money::usd(other),
            all: Money::usd(all),
            share: percent(unearmarked + softly, all),
        }
    };
    years_told(facts.year).map(row).collect()
}

/// By donor, the largest of the year first, then of the five years.
fn received(facts: &Facts, form: Form) -> Vec<AnnualUseReceived> {
    let years: Vec<i32> = years_told(facts.year).collect();
    let mut by_donor: BTreeMap<AnnualUseLabel, (Vec<i64>, i64, i64)> = BTreeMap::new();
    for lot in facts.lots.values().filter(|lot| lot.received != 0) {
        let Some(place) = years.iter().position(|year| *year == lot.intake_year) else { continue };
        let row = by_donor.entry(lot.donor_in(form)).or_insert_with(|| (vec![0; years.len()], 0, 0));
        if let Some(sum) = row.0.get_mut(place) {
            *sum += lot.received;
        }
        if lot.intake_year == facts.year {
            match lot.earmarking {
                Earmarking::Unearmarked => row.1 += lot.received,
                Earmarking::SoftlyEarmarked | Earmarking::Earmarked | Earmarking::TightlyEarmarked => {
                    row.2 += lot.received;
                }
            }
        }
    }
    let mut rows: Vec<_> = by_donor.into_iter().collect();
    rows.sort_by_key(|(_, (sums, _, _))| Reverse((sums.last().copied(), sums.iter().sum::<i64>())));
    let row =
        |(donor, (sums, unearmarked, softly)): (AnnualUseLabel, (Vec<i64>, i64, i64))| AnnualUseReceived {
            donor,
            years: sums.into_iter().map(Money::usd).collect(),
            unearmarked: Money::usd(unearmarked),
            softly_earmarked: Money::usd(softly),
        };
    rows.into_iter().map(row).collect()
}

fn unspent(facts: &Facts) -> AnnualUseUnspent {
    let mut all = Stages::default();
    for end in stages(facts).values() {
        all.add_all(end);
    }
    // What is restored leaves what was returned; what was restored by mistake is put back there.
    let is_restored = |step: &&Move| match step.kind {
        LedgerEntryKind::Restore => true,
        LedgerEntryKind::Reverse => step.amount > 0,
        LedgerEntryKind::Receive
        | LedgerEntryKind::Reduce
        | LedgerEntryKind::Reserve
        | LedgerEntryKind::Release
        | LedgerEntryKind::Allocate
        | LedgerEntryKind::Disburse
        | LedgerEntryKind::Spend
        | LedgerEntryKind::Return
        | LedgerEntryKind::Withdraw
        | LedgerEntryKind::Cover
        | LedgerEntryKind::Absorb => false,
    };
    let of_year = facts.moves.iter().filter(|step| {
        let is_known = facts.projects.contains_key(&step.proposal_id);
        is_known && step.account == Account::Returned && step.day.year() == facts.year
    });
    let restored = of_year.filter(is_restored);
    AnnualUseUnspent {
        undisbursed: Money::usd(all.allocated),
        unspent: Money::usd(all.disbursed),
        returned: Money::usd(all.returned),
        restored: Money::usd(restored.map(|step| -step.amount).sum()),
        available: Money::usd(facts.available),
    }
}
