//! What a row changes of a contribution that is there: field by field, before it happens and after.

use super::store::ImportId;
use crate::contribution::store::Model as Contribution;
use events::FlowObject;
use kernel::{Money, closed_set};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use std::fmt;
use store::StoreError;
use utoipa::ToSchema;

/// Maximum length to which a value is kept, in characters.
const MAX_VALUE_LENGTH: usize = 500;

closed_set! {
    /// A field that a row changes, by the name of its column in a table. `other` is what the source tells and no column
    /// has.
    pub enum ChangedField {
        Donor = "donor",
        DonorRef = "donor_ref",
        Status = "status",
        Amount = "amount",
        AmountUsd = "amount_usd",
        ExchangeRate = "exchange_rate",
        ExchangeRateDate = "exchange_rate_date",
        ExchangeRateSource = "exchange_rate_source",
        DecisionDate = "decision_date",
        FlowDate = "flow_date",
        FirstReportedDate = "first_reported_date",
        BudgetYear = "budget_year",
        UsageYears = "usage_years",
        Countries = "countries",
        Plan = "plan",
        Earmarking = "earmarking",
        ContributionType = "contribution_type",
        Method = "method",
        Keywords = "keywords",
        Visibility = "visibility",
        NewMoney = "new_money",
        Description = "description",
        Agreement = "agreement",
        Other = "other",
    }
}

/// A field of an existing contribution that a row changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct RowChange {
    field: ChangedField,
    /// The value before; null if there was none. An agreement is shown by its id; long texts are cut.
    #[schema(max_length = 501)]
    from: Option<String>,
    /// The value after; null if it is erased.
    #[schema(max_length = 501)]
    to: Option<String>,
    /// Whether a value is overwritten or erased. False where there was none.
    overwritten: bool,
}

/// In a cell of a table: `status: commitment → paid`.
impl fmt::Display for RowChange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
        write!(formatter, "{}: {} → {}", self.field, shown(&self.from), shown(&self.to))
    }
}

/// What the rows of an import change.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "import_change")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub import_id: ImportId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i64,
    /// A JSON list of [`RowChange`].
    pub changes: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The changes of a row, to be kept with its import.
pub(super) fn of_row(
    import_id: ImportId,
    number: i64,
    old: &Contribution,
    new: &Contribution,
) -> Result<Model, StoreError> {
    let changes = serde_json::to_string(&between(old, new)?)?;
    Ok(Model { import_id, number, changes })
}

/// Whether a row makes of a record what it is already: it says the same in other words, or of other columns.
pub(super) fn is_same(old: &Contribution, new: &Contribution) -> bool {
    let fingerprint = old.fingerprint.clone();
    let new = Contribution { version: old.version, updated_at: old.updated_at, fingerprint, ..new.clone() };
    new == *old
}

/// What differs between a record and what a row makes of it, in the order of the columns of a table.
fn between(old: &Contribution, new: &Contribution) -> Result<Vec<RowChange>, StoreError> {
    let mut changes = Vec::new();
    for ((field, from), (_, to)) in values(old)?.into_iter().zip(values(new)?) {
        if from == to {
            continue;
        }
        let overwritten = from.is_some();
        changes.push(RowChange { field, from: from.map(cut), to: to.map(cut), overwritten });
    }
    if changes.is_empty() {
        changes.push(RowChange { field: ChangedField::Other, from: None, to: None, overwritten: false });
    }
    Ok(changes)
}

/// What stands in each field, as a reader sees it.
fn values(record: &Contribution) -> Result<[(ChangedField, Option<String>); 23], StoreError> {
    let (_, destinations) = record.objects()?;
    let plans = destinations.into_iter().filter(|object| object.kind == FlowObject::PLAN);
    let keywords: Vec<String> = serde_json::from_str(&record.keywords)?;
    let amount = record.original().map(|money| format!("{money} {}", money.currency().code()));
    let day = |date: Option<Date>| date.map(|date| date.to_string());
    let listed = |text: &str| together(kernel::text::split(text));
    Ok([
        (ChangedField::Donor, record.donor_name.clone()),
        (ChangedField::DonorRef, record.donor_external_ref.clone()),
        (ChangedField::Status, Some(record.status.to_string())),
        (ChangedField::Amount, amount),
        (ChangedField::AmountUsd, Some(Money::usd(record.amount_usd).to_string())),
        (ChangedField::ExchangeRate, record.exchange_rate.clone()),
        (ChangedField::ExchangeRateDate, day(record.exchange_rate_date)),
        (ChangedField::ExchangeRateSource, record.exchange_rate_source.clone()),
        (ChangedField::DecisionDate, day(record.decision_date)),
        (ChangedField::FlowDate, day(record.flow_date)),
        (ChangedField::FirstReportedDate, day(record.first_reported_date)),
        (ChangedField::BudgetYear, record.budget_year.map(|year| year.to_string())),
        (ChangedField::UsageYears, listed(&record.usage_years)),
        (ChangedField::Countries, listed(&record.countries)),
        (ChangedField::Plan, together(plans.map(|plan| plan.name).collect())),
        (ChangedField::Earmarking, record.earmarking.map(|category| category.to_string())),
        (ChangedField::ContributionType, Some(record.contribution_type.to_string())),
        (ChangedField::Method, record.method.clone()),
        (ChangedField::Keywords, together(keywords)),
        (ChangedField::Visibility, Some(record.visibility.to_string())),
        (ChangedField::NewMoney, Some(record.new_money.to_string())),
        (ChangedField::Description, record.description.clone()),
        (ChangedField::Agreement, record.agreement_id.map(|id| id.to_string())),
    ])
}

/// Several values in one cell; nothing for none.
fn together(values: Vec<String>) -> Option<String> {
    if values.is_empty() { None } else { Some(values.join("; ")) }
}

fn cut(text: String) -> String {
    match text.char_indices().nth(MAX_VALUE_LENGTH) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counted::tests::{OFFICES, Random};
    use kernel::{AgreementId, ContributionStatus, ContributionType, Earmarking, Visibility};

    fn held() -> Contribution {
        Contribution {
            donor_name: Some("Testland".to_owned()),
            donor_external_ref: None,
            status: ContributionStatus::Commitment,
            original_amount: Some(100_000),
            original_currency: Some("EUR".to_owned()),
            amount_usd: 110_000,
            exchange_rate: None,
            exchange_rate_date: None,
            exchange_rate_source: None,
            decision_date: None,
            flow_date: kernel::date::parse("2026-03-01"),
            first_reported_date: kernel::date::parse("2026-03-02"),
            budget_year: None,
            usage_years: ",2026,".to_owned(),
            countries: ",AFG,PAK,".to_owned(),
            contribution_type: ContributionType::Financial,
            method: None,
            earmarking: None,
            keywords: "[]".to_owned(),
            visibility: Visibility::Internal,
            new_money: true,
            description: Some("Tents".to_owned()),
            agreement_id: None,
            destination_objects: "[]".to_owned(),
            ..Random(7).record(1, OFFICES[0], 1)
        }
    }

    fn shown(new: &Contribution) -> Vec<(String, Option<String>, Option<String>, bool)> {
        let changes = between(&held(), new).unwrap();
        let one = |change: RowChange| (change.field.to_string(), change.from, change.to, change.overwritten);
        changes.into_iter().map(one).collect()
    }

    fn change(field: &str, from: &str, to: &str) -> (String, Option<String>, Option<String>, bool) {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        (field.to_owned(), some(from), some(to), !from.is_empty())
    }

    #[test]
    fn every_field_that_differs_is_told_with_what_is_overwritten() {
        let plan = FlowObject::plan("1", "Sudan 2026");
        let agreement = AgreementId::from_u128(5);
        let new = Contribution {
            donor_name: Some("Otherland".to_owned()),
            donor_external_ref: Some("D-1".to_owned()),
            status: ContributionStatus::Paid,
            original_amount: Some(50_000),
            original_currency: Some("JPY".to_owned()),
            amount_usd: 33_050,
            exchange_rate: Some("151.3".to_owned()),
            exchange_rate_date: kernel::date::parse("2026-02-28"),
            exchange_rate_source: Some("UN".to_owned()),
            decision_date: kernel::date::parse("2026-01-05"),
            flow_date: None,
            first_reported_date: kernel::date::parse("2026-03-03"),
            budget_year: Some(2026),
            usage_years: ",2026,2027,".to_owned(),
            countries: String::new(),
            destination_objects: serde_json::to_string(&[plan]).unwrap(),
            contribution_type: ContributionType::InKind,
            method: Some("Cash".to_owned()),
            earmarking: Some(Earmarking::Earmarked),
            keywords: r#"["shelter","health"]"#.to_owned(),
            visibility: Visibility::Donor,
            new_money: false,
            description: None,
            agreement_id: Some(agreement),
            ..held()
        };
        let expected = [
            change("donor", "Testland", "Otherland"),
            change("donor_ref", "", "D-1"),
            change("status", "commitment", "paid"),
            change("amount", "1000.00 EUR", "50000 JPY"),
            change("amount_usd", "1100.00", "330.50"),
            change("exchange_rate", "", "151.3"),
            change("exchange_rate_date", "", "2026-02-28"),
            change("exchange_rate_source", "", "UN"),
            change("decision_date", "", "2026-01-05"),
            change("flow_date", "2026-03-01", ""),
            change("first_reported_date", "2026-03-02", "2026-03-03"),
            change("budget_year", "", "2026"),
            change("usage_years", "2026", "2026; 2027"),
            change("countries", "AFG; PAK", ""),
            change("plan", "", "Sudan 2026"),
            change("earmarking", "", "earmarked"),
            change("contribution_type", "financial", "in_kind"),
            change("method", "", "Cash"),
            change("keywords", "", "shelter; health"),
            change("visibility", "internal", "donor"),
            change("new_money", "true", "false"),
            change("description", "Tents", ""),
            change("agreement", "", &agreement.to_string()),
        ];
        assert_eq!(shown(&new), expected);
        assert_eq!(expected.len() + 1, ChangedField::ALL.len(), "all but `other`");
    }

    #[test]
    fn a_row_that_says_the_same_in_other_words_changes_nothing() {
        let held = held();
        let said = Contribution {
            version: held.version + 1,
            fingerprint: "other".to_owned(),
            updated_at: held.updated_at + chrono::Duration::days(1),
            ..held.clone()
        };
        assert!(is_same(&held, &said));
        assert!(!is_same(&held, &Contribution { new_money: false, ..said.clone() }));
        assert!(
            !is_same(&held, &Contribution { source_version: Some(9), ..said }),
            "a later version of a flow"
        );
    }

    #[test]
    fn what_no_column_has_is_told_as_other_and_long_texts_are_cut() {
        let detail = Contribution { detail: r#"{"refCode": "x"}"#.to_owned(), ..held() };
        assert_eq!(shown(&detail), [("other".to_owned(), None, None, false)]);
        let long = Contribution { description: Some("é".repeat(600)), ..held() };
        let to = shown(&long)[0].2.clone().unwrap();
        assert_eq!((to.chars().count(), to.ends_with('…')), (501, true));
    }
}
