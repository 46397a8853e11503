//! A column that a table does not have says nothing: what is held of its field stays as it is.

use super::{flow::Flow, record::destinations};
use crate::contribution::store::Model as Contribution;
use store::StoreError;

/// Fills the fields that the row is silent about with what is held.
///
/// # Errors
/// What is held cannot be read.
pub(super) fn keep(flow: &mut Flow, held: &Contribution) -> Result<(), StoreError> {
    let unstated = std::mem::take(&mut flow.silent);
    let silent = |field: &str| unstated.contains(field);
    if silent("decision_date") {
        flow.decision_date = held.decision_date;
    }
    if silent("flow_date") {
        flow.flow_date = held.flow_date;
    }
    // Dollars at a rate of the month follow the day; stated ones do not.
    let same_day = (held.flow_date, held.decision_date) == (flow.flow_date, flow.decision_date);
    let original = flow.original.map(|money| (money.minor(), money.currency().code()));
    let same_money = held.original_amount.zip(held.original_currency.as_deref()) == original;
    if same_money && silent("exchange_rate") {
        let dollars_stay = silent("amount_usd") && (held.exchange_rate.is_none() || same_day);
        if dollars_stay {
            flow.amount_usd = held.amount_usd;
        }
        if dollars_stay || !silent("amount_usd") && flow.amount_usd == held.amount_usd {
            flow.exchange_rate = held.exchange_rate.clone();
            flow.exchange_rate_date = held.exchange_rate_date;
            flow.exchange_rate_source = held.exchange_rate_source.clone();
        }
    }
    if silent("budget_year") {
        flow.budget_year = held.budget_year;
    }
    if silent("new_money") {
        flow.new_money = held.new_money;
    }
    if silent("contribution_type") {
        flow.contribution_type = held.contribution_type;
    }
    if silent("method") {
        flow.method = held.method.clone();
    }
    if silent("earmarking") {
        flow.earmarking = held.earmarking;
    }
    if silent("keywords") {
        flow.keywords = serde_json::from_str(&held.keywords)?;
    }
    if silent("description") {
        flow.description = held.description.clone();
    }
    let (years, countries) = (silent("usage_years"), silent("countries"));
    if years {
        flow.usage_years = held.usage_years.clone();
    }
    if countries {
        flow.countries = held.countries.clone();
    }
    if years || countries {
        let listed = kernel::text::split;
        flow.destination_objects = destinations(&listed(&flow.countries), &listed(&flow.usage_years));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        counted::tests::{OFFICES, Random},
        import::{format::ImportFormat, record::Record},
    };
    use kernel::{ContributionStatus, ContributionType, Earmarking};

    fn held() -> Contribution {
        Contribution {
            original_amount: Some(100_000),
            original_currency: Some("USD".to_owned()),
            amount_usd: 100_000,
            exchange_rate: None,
            flow_date: kernel::date::parse("2024-03-01"),
            decision_date: None,
            budget_year: Some(2024),
            usage_years: ",2024,2025,".to_owned(),
            countries: ",AFG,PAK,".to_owned(),
            new_money: false,
            contribution_type: ContributionType::InKind,
            method: Some("Traditional aid".to_owned()),
            earmarking: Some(Earmarking::Earmarked),
            keywords: r#"["shelter"]"#.to_owned(),
            description: Some("Tents".to_owned()),
            ..Random(7).record(1, OFFICES[0], 1)
        }
    }

    fn row(fields: &[(&'static str, &str)]) -> Flow {
        let mut record = Record::default();
        let stated =
            [("external_ref", "G-1"), ("donor", "Testland"), ("status", "paid"), ("amount", "1000.00")];
        for (field, text) in stated.iter().chain(fields) {
            record.set(field, text);
            record.erase(field);
        }
        ImportFormat::Csv.read(&record.to_text()).unwrap_or_else(|(_, errors)| panic!("{errors:?}"))
    }

    #[test]
    fn a_table_without_a_column_changes_nothing_of_its_field() {
        let held = held();
        let mut flow = row(&[("currency", "USD")]);
        keep(&mut flow, &held).unwrap();
        assert_eq!(flow.status, ContributionStatus::Paid, "what is stated changes");
        assert_eq!((flow.flow_date, flow.decision_date), (held.flow_date, held.decision_date));
        assert_eq!((flow.budget_year, flow.new_money), (held.budget_year, false));
        assert_eq!((flow.contribution_type, flow.earmarking), (held.contribution_type, held.earmarking));
        assert_eq!((flow.usage_years, flow.countries), (held.usage_years, held.countries));
        assert_eq!((flow.method, flow.description), (held.method, held.description));
        assert_eq!((flow.keywords.len(), flow.destination_objects.len()), (1, 4));
    }

    #[test]
    fn an_empty_cell_of_a_column_that_is_there_erases() {
        let empty = [
            "flow_date",
            "countries",
            "usage_years",
            "new_money",
            "contribution_type",
            "keywords",
            "description",
        ];
        let fields: Vec<(&'static str, &str)> =
            empty.map(|field| (field, "")).into_iter().chain([("currency", "USD")]).collect();
        let mut flow = row(&fields);
        keep(&mut flow, &held()).unwrap();
        assert_eq!((flow.flow_date, flow.description, flow.new_money), (None, None, true));
        assert_eq!((flow.countries.as_str(), flow.usage_years.as_str()), ("", ""));
        assert!(flow.destination_objects.is_empty() && flow.keywords.is_empty());
        assert_eq!(flow.contribution_type, ContributionType::Financial);
        assert_eq!(flow.budget_year, Some(2024), "of this the row says nothing");
    }

    #[test]
    fn dollars_that_were_stated_stay_with_an_amount_that_stays() {
        let held = Contribution { original_currency: Some("EUR".to_owned()), amount_usd: 111_111, ..held() };
        let kept = |amount: &str, held: &Contribution| {
            let mut flow = row(&[("amount", amount), ("currency", "EUR"), ("amount_usd", "1")]);
            // As the month's rate gives them, where the table has no column for them.
            flow.silent.extend(["amount_usd", "exchange_rate"]);
            keep(&mut flow, held).unwrap();
            flow.amount_usd
        };
        assert_eq!(kept("1000.00", &held), 111_111);
        assert_eq!(kept("1000.01", &held), 100, "another amount has other dollars");
    }
}
