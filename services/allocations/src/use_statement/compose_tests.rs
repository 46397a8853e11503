//! Norway's document of the worked example of the ledger says what the API says.

use super::compose::{Told, document};
use crate::{
    known,
    proposal::State,
    use_of_funds::{
        given::{DonorMoney, UnearmarkedContribution, UnearmarkedUse},
        results::ContributionUseResult,
        trace::{PromisedAmounts, Stages},
        uses::ContributionUse,
    },
};
use chrono::NaiveDate;
use kernel::{ContributionId, DonorId, Earmarking, Money, OrganisationId, ProposalId};
use locale::Language;
use pdf::{Block, Document, Table};

fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 28).unwrap()
}

fn amounts(allocated: i64, spent: i64) -> PromisedAmounts {
    PromisedAmounts::from(&Stages { allocated, spent, ..Stages::default() })
}

fn usage(project: Option<(u128, &str)>, amounts: PromisedAmounts) -> UnearmarkedUse {
    let result = |reached: Option<&str>| ContributionUseResult {
        indicator: "People transported".to_owned(),
        target: "12,000".to_owned(),
        reached: reached.map(str::to_owned),
    };
    let usage = ContributionUse {
        proposal_id: project.map(|(number, _)| ProposalId::from_u128(number)),
        reference: project.map(|(number, _)| format!("MIR-2026-{number:05}")),
        title: project.map(|(_, title)| title.to_owned()),
        category: None,
        countries: project.map(|_| "SDN".to_owned()).into_iter().collect(),
        state: project.map(|_| State::Disbursing),
        amounts,
        share: None,
        results: project.map(|(number, _)| result((number == 1).then_some("11,480"))).into_iter().collect(),
    };
    UnearmarkedUse {
        contribution_id: ContributionId::from_u128(1),
        earmarking: Earmarking::Unearmarked,
        received_on: day(),
        usage,
    }
}

fn norway() -> Told {
    let donor = known::donor::Model {
        id: DonorId::from_u128(2),
        organisation_id: OrganisationId::from_u128(1),
        name: "Norway".to_owned(),
        name_fr: Some("Norvège".to_owned()),
        name_es: None,
        country: None,
        merged_into: None,
    };
    let contribution = UnearmarkedContribution {
        contribution_id: ContributionId::from_u128(1),
        donor_id: Some(donor.id),
        donor_name: Some(donor.name.clone()),
        earmarking: Earmarking::Unearmarked,
        received_on: day(),
        intake_year: 2026,
        use_by: None,
        received: Money::usd(10_000_000),
        uncovered: Money::usd(0),
        available: Money::usd(247_059),
        promised: amounts(6_705_882, 3_047_059),
    };
    let uses = vec![
        usage(Some((1, "Onward transport")), amounts(773_755, 3_047_059)),
        usage(Some((2, "Heating")), amounts(5_158_371, 0)),
        usage(None, amounts(773_756, 0)),
    ];
    let money = DonorMoney { donor, contributions: vec![contribution], uses };
    Told { organisation: "Meridian".to_owned(), money, on: day() }
}

/// The tables of a document: stages, contributions, projects, results.
fn tables(document: &Document) -> Vec<&Table> {
    let blocks = document.blocks.iter();
    blocks.filter_map(|block| if let Block::Table(table) = block { Some(table) } else { None }).collect()
}

/// The cents of a cell, however its language writes them.
fn cents(cell: &str) -> i64 {
    let digits: String = cell.chars().filter(|letter| letter.is_ascii_digit() || *letter == '-').collect();
    digits.parse().unwrap()
}

/// The cents of a column: of the rows that are no sum, and of the sum.
fn column(table: &Table, at: usize) -> (Vec<i64>, i64) {
    let (sums, rows): (Vec<_>, Vec<_>) = table.rows.iter().partition(|row| row.total);
    (rows.iter().map(|row| cents(&row.cells[at])).collect(), cents(&sums[0].cells[at]))
}

#[test]
fn the_document_has_the_amounts_of_the_api_and_they_add_up_in_every_language() {
    let told = norway();
    for language in [Language::English, Language::French, Language::Spanish] {
        let document = document(&told, language);
        let [stages, contributions, projects, results] = tables(&document)[..] else {
            panic!("{language}: {document:?}")
        };
        assert_eq!(column(stages, 1), (vec![247_059, 6_705_882, 3_047_059, 0], 10_000_000));
        assert_eq!(column(contributions, 2), (vec![10_000_000], 10_000_000));
        assert_eq!(column(contributions, 4), (vec![6_705_882], 6_705_882));
        let (amounts, all) = column(projects, 3);
        assert_eq!((amounts.iter().sum::<i64>(), all), (9_752_941, 9_752_941));
        assert_eq!(amounts, [5_158_371, 3_820_814, 773_756], "the largest first, without a name last");
        assert_eq!(column(projects, 4), (vec![0, 3_047_059, 0], 3_047_059));
        let reached: Vec<&str> = results.rows.iter().map(|row| row.cells[3].as_str()).collect();
        assert_eq!((results.rows.len(), reached[1]), (2, "11,480"));
        assert!(document.title.contains(if language == Language::French { "Norvège" } else { "Norway" }));
        assert!(pdf::write(&document).is_ok());
    }
}

#[test]
fn what_counts_no_longer_is_taken_off() {
    let mut told = norway();
    told.money.contributions[0].received = Money::usd(9_000_000);
    told.money.contributions[0].uncovered = Money::usd(1_000_000);
    let document = document(&told, Language::English);
    let (parts, given) = column(tables(&document)[0], 1);
    assert_eq!((parts.iter().sum::<i64>(), given), (9_000_000, 9_000_000));
    assert_eq!(parts.last(), Some(&-1_000_000));
}

#[test]
fn a_donor_that_gave_nothing_has_a_document_that_says_so() {
    let mut told = norway();
    (told.money.contributions, told.money.uses) = (Vec::new(), Vec::new());
    let document = document(&told, Language::English);
    assert!(tables(&document).is_empty());
    let said = document.blocks.iter().filter(|block| **block == Block::Paragraph("None yet.".to_owned()));
    assert_eq!(said.count(), 4);
}
