use super::{
    compute::figures,
    facts::{Facts, Form, LotFact, Move, PlanFact, Project, Redeployed, ShortfallFact, region_of},
    figures::{
        AnnualUseAllocation, AnnualUseDecided, AnnualUseFigures, AnnualUseLabel, AnnualUseMatrix,
        AnnualUsePart, AnnualUseRegion,
    },
    lines,
};
use crate::{
    ledger::{Account, LedgerEntryKind},
    proposal::{State, fields::AllocationNature},
    window::Kind,
};
use chrono::NaiveDate;
use kernel::{CommitteeId, Earmarking, LotId, Money, PlanId, ProposalId};
use proptest::prelude::*;
use std::collections::BTreeMap;

const SWEDEN: LotId = LotId::from_u128(1);
const NORWAY: LotId = LotId::from_u128(2);
const DENMARK: LotId = LotId::from_u128(3);
const OWN: LotId = LotId::from_u128(4);
const SUDAN: ProposalId = ProposalId::from_u128(11);
const UKRAINE: ProposalId = ProposalId::from_u128(12);
const CHAD: ProposalId = ProposalId::from_u128(13);

fn day(month: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, month, 15).unwrap()
}

fn lot(place: usize, name: &str, is_public: bool, received: i64) -> LotFact {
    LotFact {
        place,
        donor: AnnualUseLabel::named(name, name),
        is_public,
        earmarking: if name == "Denmark" { Earmarking::SoftlyEarmarked } else { Earmarking::Unearmarked },
        intake_year: 2026,
        received,
    }
}

fn project(id: ProposalId, country: &str, category: &str, is_public: bool) -> Project {
    Project {
        id,
        reference: format!("MIR-2026-{:05}", id.as_u128()),
        title: format!("Project in {country}"),
        category: category.to_owned(),
        nature: AllocationNature::Grant,
        countries: vec![country.to_owned()],
        plan_ids: vec![PlanId::from_u128(7)],
        window: Kind::Reserve,
        state: State::Disbursing,
        is_public,
        results: vec![("People moved".to_owned(), "12,000".to_owned(), Some("11,480".to_owned()))],
        is_accepted: false,
    }
}

fn facts(moves: Vec<Move>) -> Facts {
    let plan = PlanFact { name: "Sudan Plan".to_owned(), is_public: false };
    Facts {
        year: 2026,
        until: NaiveDate::from_ymd_opt(2026, 12, 31).unwrap(),
        committee_id: CommitteeId::from_u128(1),
        committee: AnnualUseLabel::word("committee"),
        income: vec![
            (2026, Some(Earmarking::Unearmarked), 20),
            (2026, Some(Earmarking::SoftlyEarmarked), 5),
            (2026, None, 75),
            (2021, None, 900),
        ],
        decided: AnnualUseDecided::default(),
        lots: BTreeMap::from([
            (SWEDEN, lot(0, "Sweden", true, 100_000_000)),
            (NORWAY, lot(1, "Norway", false, 10_000_000)),
            (DENMARK, lot(2, "Denmark", false, 30_000_000)),
            (OWN, lot(3, "own", true, 0)),
        ]),
        projects: BTreeMap::from([
            (SUDAN, project(SUDAN, "SDN", "Emergency", true)),
            (UKRAINE, project(UKRAINE, "UKR", "Strategy", false)),
            (CHAD, project(CHAD, "TCD", "Emergency", false)),
        ]),
        plans: BTreeMap::from([(PlanId::from_u128(7), plan)]),
        moves,
        available: 51_500_000,
        redeployed: Vec::new(),
        shortfalls: Vec::new(),
    }
}

/// The lines of a step: what each lot has more, or less, on an account of a proposal.
fn step(
    (kind, month): (LedgerEntryKind, u32),
    account: Account,
    proposal_id: ProposalId,
    amounts: &[(LotId, i64)],
) -> Vec<Move> {
    let line = |(lot_id, amount): &(LotId, i64)| Move {
        proposal_id,
        lot_id: *lot_id,
        account,
        amount: *amount,
        kind,
        day: day(month),
    };
    amounts.iter().map(line).collect()
}

/// The worked example of the ledger, steps 4 to 10.
fn example() -> Facts {
    use Account::{Allocated, Disbursed};
    use LedgerEntryKind::{Allocate, Cover, Disburse, Withdraw};
    let paid = [(SWEDEN, 4_705_882), (NORWAY, 3_294_118), (DENMARK, 12_000_000)];
    let less = |amounts: &[(LotId, i64)]| -> Vec<(LotId, i64)> {
        amounts.iter().map(|(lot_id, amount)| (*lot_id, -amount)).collect()
    };
    let back = [(SWEDEN, 3_529_412), (NORWAY, 2_470_588), (DENMARK, 9_000_000)];
    let moves = [
        step(
            (Allocate, 2),
            Allocated,
            SUDAN,
            &[(DENMARK, 30_000_000), (SWEDEN, 11_764_706), (NORWAY, 8_235_294)],
        ),
        step((Allocate, 3), Allocated, UKRAINE, &[(SWEDEN, 23_529_412), (NORWAY, 16_470_588)]),
        step((Disburse, 4), Allocated, SUDAN, &less(&paid)),
        step((Disburse, 4), Disbursed, SUDAN, &paid),
        step((Withdraw, 5), Allocated, SUDAN, &less(&back)),
        step(
            (Allocate, 8),
            Allocated,
            CHAD,
            &[(DENMARK, 9_000_000), (SWEDEN, 3_529_412), (NORWAY, 2_470_588)],
        ),
        step((Cover, 9), Allocated, SUDAN, &[(NORWAY, -1_696_833), (SWEDEN, 1_696_833)]),
        step((Cover, 9), Allocated, UKRAINE, &[(NORWAY, -11_312_217), (SWEDEN, 11_312_217)]),
        step((Cover, 9), Allocated, CHAD, &[(NORWAY, -1_696_832), (SWEDEN, 1_696_832)]),
    ];
    let withdrawal = Redeployed {
        day: day(5),
        from: SUDAN,
        to: None,
        replaced_by: Some((AnnualUseLabel::named("Germany", "Germany"), false)),
        amount: 15_000_000,
        reason: "Earmarked money came".to_owned(),
    };
    let shortfall = ShortfallFact { lot_id: NORWAY, uncovered: 14_705_882, covered: 14_705_882, absorbed: 0 };
    Facts {
        redeployed: vec![withdrawal],
        shortfalls: vec![shortfall],
        ..facts(moves.into_iter().flatten().collect())
    }
}

fn sum(parts: &[AnnualUsePart]) -> i64 {
    parts.iter().map(|part| part.amount.minor()).sum()
}

fn sums(matrix: &AnnualUseMatrix) -> [i64; 2] {
    let rows = matrix.rows.iter().map(|row| row.total.minor()).sum();
    [rows, matrix.totals.iter().map(Money::minor).sum()]
}

/// Every table of what was allocated adds up to the same.
fn adds_up(shown: &AnnualUseFigures) -> bool {
    let whole = shown.allocated.minor();
    let lists = [&shown.by_country, &shown.by_plan, &shown.by_quarter, &shown.by_window, &shown.by_nature];
    let tables = [&shown.by_region_and_category, &shown.by_donor_and_region, &shown.by_donor_and_category];
    let of_lots =
        |lots: &[super::figures::AnnualUseLot]| lots.iter().map(|lot| lot.amount.minor()).sum::<i64>();
    let annex: i64 = shown.allocations.iter().map(|row| row.amount.minor()).sum();
    lists.iter().all(|list| sum(list) == whole)
        && tables.iter().all(|table| sums(table) == [whole; 2])
        && shown.allocations.iter().all(|row| of_lots(&row.lots) == row.amount.minor())
        && annex == whole
}

#[test]
fn every_table_of_the_worked_example_adds_up_to_what_was_allocated() {
    for form in [Form::Internal, Form::Public] {
        let shown = figures(&example(), form);
        assert_eq!(shown.allocated, Money::usd(105_000_000));
        assert_eq!(shown.withdrawn, Money::usd(15_000_000));
        assert!(adds_up(&shown), "{shown:?}");
        assert_eq!(shown.unspent.unspent, Money::usd(20_000_000));
        assert_eq!(
            shown.unspent.undisbursed,
            Money::usd(50_000_000 - 20_000_000 - 15_000_000 + 40_000_000 + 15_000_000)
        );
        let quarters: Vec<&str> = shown.by_quarter.iter().map(|part| part.label.key.as_str()).collect();
        assert_eq!(quarters, ["1", "3"]);
    }
}

#[test]
fn who_took_the_place_of_a_contribution_that_became_less_pays_now() {
    let shown = figures(&example(), Form::Internal);
    let norway = shown.by_donor_and_region.rows.iter().find(|row| row.label.key == "Norway").unwrap();
    let before: i64 = 8_235_294 + 16_470_588 + 2_470_588;
    assert_eq!(norway.total, Money::usd(before - 14_705_882));
}

#[test]
fn an_allocation_of_an_earlier_year_is_not_told_again() {
    let mut told = example();
    told.year = 2027;
    told.until = NaiveDate::from_ymd_opt(2027, 12, 31).unwrap();
    told.redeployed.clear();
    let shown = figures(&told, Form::Internal);
    assert_eq!((shown.allocated.minor(), shown.allocations.len()), (0, 0));
    assert!(adds_up(&shown));
}

#[test]
fn what_is_not_public_has_no_name_for_everyone_and_the_sums_are_the_same() {
    let (internal, public) = (figures(&example(), Form::Internal), figures(&example(), Form::Public));
    let text = public.text().unwrap();
    let secrets = [
        "Norway",
        "Denmark",
        "Germany",
        "Project in UKR",
        "Project in TCD",
        "MIR-2026-00012",
        "Sudan Plan",
        "Earmarked money came",
        "11,480",
    ];
    for secret in secrets {
        assert!(internal.text().unwrap().contains(secret) && !text.contains(secret), "{secret}");
    }
    assert!(text.contains("Project in SDN") && text.contains("Sweden"));
    assert_eq!(public.by_region_and_category, internal.by_region_and_category);
    assert_eq!(public.by_country, internal.by_country);
    let keys: Vec<&str> = public.by_donor_and_region.rows.iter().map(|row| row.label.key.as_str()).collect();
    assert_eq!(keys, ["Sweden", "others"]);
    let steps = &public.redeployed[0];
    assert_eq!(steps.replaced_by, Some(AnnualUseLabel::word("others")));
    assert_eq!(steps.reason, None, "it may name the donor, who is not public");
    assert_eq!(public.by_plan[0].label, AnnualUseLabel::word("others"));
    let named = public.allocations.iter().filter(|row| row.title.is_some());
    assert_eq!(named.map(|row| row.results.len()).collect::<Vec<_>>(), [1]);
}

#[test]
fn why_money_was_withdrawn_is_told_with_all_that_it_may_name() {
    let told = |to: Option<ProposalId>, is_public: bool| {
        let mut facts = example();
        let replaced_by = Some((AnnualUseLabel::named("Germany", "Germany"), is_public));
        let step = facts.redeployed.remove(0);
        facts.redeployed.push(Redeployed { to, replaced_by, ..step });
        figures(&facts, Form::Public).redeployed[0].reason.is_some()
    };
    assert!(told(None, true) && told(Some(SUDAN), true));
    assert!(!told(Some(UKRAINE), true) && !told(None, false));
}

#[test]
fn what_was_reached_is_for_everyone_once_the_report_is_accepted() {
    let mut facts = example();
    let reached = |facts: &Facts, form: Form| {
        let shown = figures(facts, form);
        let is_sudan = |row: &&AnnualUseAllocation| row.title.as_deref() == Some("Project in SDN");
        shown.allocations.iter().find(is_sudan).unwrap().results[0].reached.clone()
    };
    assert_eq!(reached(&facts, Form::Internal).as_deref(), Some("11,480"));
    assert_eq!(reached(&facts, Form::Public), None);
    facts.projects.get_mut(&SUDAN).unwrap().is_accepted = true;
    assert_eq!(reached(&facts, Form::Public).as_deref(), Some("11,480"));
}

#[test]
fn what_was_restored_by_mistake_and_put_back_is_not_restored() {
    use Account::Returned;
    use LedgerEntryKind::{Restore, Return, Reverse};
    let moves = [
        step((Return, 4), Returned, SUDAN, &[(SWEDEN, 500)]),
        step((Restore, 5), Returned, SUDAN, &[(SWEDEN, -300)]),
        step((Reverse, 6), Returned, SUDAN, &[(SWEDEN, 300)]),
        step((Restore, 7), Returned, SUDAN, &[(SWEDEN, -200)]),
        step((Return, 8), Returned, SUDAN, &[(SWEDEN, 50)]),
        step((Reverse, 9), Returned, SUDAN, &[(SWEDEN, -50)]),
    ];
    let shown = figures(&facts(moves.into_iter().flatten().collect()), Form::Internal).unspent;
    assert_eq!((shown.restored, shown.returned), (Money::usd(200), Money::usd(300)));
}

#[test]
fn the_flexible_share_is_of_all_income_of_the_year() {
    let shown = figures(&example(), Form::Internal);
    assert_eq!(
        shown.income.iter().map(|income| income.year).collect::<Vec<_>>(),
        [2022, 2023, 2024, 2025, 2026]
    );
    assert_eq!((shown.income[4].all, shown.income[4].share.as_deref()), (Money::usd(100), Some("25.0")));
    assert_eq!(shown.income[0].share, None);
    let donors: Vec<&str> = shown.received.iter().map(|received| received.donor.key.as_str()).collect();
    assert_eq!(donors, ["Sweden", "Denmark", "Norway"]);
    assert_eq!(shown.received[1].softly_earmarked, Money::usd(30_000_000));
}

#[test]
fn the_lines_are_numbered_and_add_up_as_the_tables_do() {
    let shown = figures(&example(), Form::Public);
    let told = lines::lines(&shown);
    assert!(told.iter().zip(1..).all(|(line, number)| line.number == number));
    let whole = |table: lines::AnnualUseTable| -> i64 {
        let own = told.iter().filter(|line| line.table == table);
        own.filter_map(|line| line.amount).map(|money| money.minor()).sum()
    };
    for table in [
        lines::AnnualUseTable::RegionAndCategory,
        lines::AnnualUseTable::Country,
        lines::AnnualUseTable::DonorAndRegion,
        lines::AnnualUseTable::Allocations,
    ] {
        assert_eq!(whole(table), 105_000_000, "{table}");
    }
}

#[test]
fn figures_that_were_read_are_those_that_were_written() {
    let shown = figures(&example(), Form::Internal);
    let read: AnnualUseFigures = serde_json::from_str(&shown.text().unwrap()).unwrap();
    assert_eq!(read, shown);
}

#[test]
fn a_place_is_in_the_region_of_its_countries() {
    let cases: [(&[&str], AnnualUseRegion); 6] = [
        (&[], AnnualUseRegion::Global),
        (&["SDN"], AnnualUseRegion::Africa),
        (&["SDN", "TCD"], AnnualUseRegion::Africa),
        (&["SDN", "UKR"], AnnualUseRegion::Several),
        (&["VEN"], AnnualUseRegion::Americas),
        (&["BGD"], AnnualUseRegion::Asia),
    ];
    for (countries, region) in cases {
        let countries: Vec<String> = countries.iter().map(|code| (*code).to_owned()).collect();
        assert_eq!(region_of(&countries), region, "{countries:?}");
    }
}

proptest! {
    #[test]
    fn whatever_is_allocated_every_table_adds_up(
        given in proptest::collection::vec((0u128..3, 1u128..5, 1u32..13, 1i64..1_000_000_000), 0..40),
    ) {
        let line = |(project, lot, month, amount): (u128, u128, u32, i64)| Move {
            proposal_id: ProposalId::from_u128(11 + project),
            lot_id: LotId::from_u128(lot),
            account: Account::Allocated,
            amount,
            kind: LedgerEntryKind::Allocate,
            day: day(month),
        };
        let whole: i64 = given.iter().map(|(_, _, _, amount)| amount).sum();
        let told = facts(given.into_iter().map(line).collect());
        for form in [Form::Internal, Form::Public] {
            let shown = figures(&told, form);
            prop_assert_eq!(shown.allocated.minor(), whole);
            prop_assert!(adds_up(&shown));
        }
    }
}
