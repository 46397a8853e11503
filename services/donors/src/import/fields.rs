//! The fields of a row: those in the template, to which columns can be mapped.

use kernel::closed_set;

closed_set! {
    /// A field of a contribution to which a column of a table can be mapped.
    pub enum ImportField {
        ExternalRef = "external_ref",
        Donor = "donor",
        DonorRef = "donor_ref",
        DonorId = "donor_id",
        DonorType = "donor_type",
        Status = "status",
        Amount = "amount",
        Currency = "currency",
        AmountUsd = "amount_usd",
        ExchangeRate = "exchange_rate",
        ExchangeRateDate = "exchange_rate_date",
        ExchangeRateSource = "exchange_rate_source",
        DecisionDate = "decision_date",
        FlowDate = "flow_date",
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
    }
}

/// What a cell of a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Number,
    Date,
}

/// A field of a row.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// Whether a table without this column is refused.
    pub(crate) required: bool,
    /// The value in the example row of the template.
    pub(crate) example: &'static str,
    /// What it means, as the template explains it.
    pub(crate) meaning: &'static str,
}

const fn field(
    name: ImportField,
    kind: Kind,
    required: bool,
    example: &'static str,
    meaning: &'static str,
) -> Field {
    Field { name: name.as_str(), kind, required, example, meaning }
}

/// The fields, in the order of the template.
pub(crate) const FIELDS: [Field; 26] = [
    field(
        ImportField::ExternalRef,
        Kind::Text,
        true,
        "G-2026-0001",
        "What the sending system calls the contribution. The same reference is the same record: it is made once, \
         and a changed row is a new version. 1 to 100 characters.",
    ),
    field(
        ImportField::Donor,
        Kind::Text,
        false,
        "Examplia, Government of",
        "The donor's name as the registry has it. One of donor, donor_ref and donor_id is required.",
    ),
    field(
        ImportField::DonorRef,
        Kind::Text,
        false,
        "",
        "What the sending system calls the donor, where the registry knows it.",
    ),
    field(ImportField::DonorId, Kind::Text, false, "", "The donor's id in Passerelle (a UUID)."),
    field(
        ImportField::DonorType,
        Kind::Text,
        false,
        "government",
        "government, intergovernmental, civil_society or private_sector. With it, a donor that the registry does not \
         know is recorded; without it, the row is refused.",
    ),
    field(ImportField::Status, Kind::Text, true, "commitment", "pledge, commitment or paid."),
    field(
        ImportField::Amount,
        Kind::Number,
        true,
        "1250000.00",
        "In the currency of the next column, with a decimal point. Blanks and apostrophes between thousands are read \
         where the mapping states the decimal sign. Above zero; 0 only for a contribution that was imported before \
         and of which nothing is left.",
    ),
    field(
        ImportField::Currency,
        Kind::Text,
        true,
        "CHF",
        "ISO 4217 code, in capitals; of a withdrawn currency until its last month.",
    ),
    field(
        ImportField::AmountUsd,
        Kind::Number,
        false,
        "",
        "In US dollars. Unless the currency is USD, this or the exchange rate is required.",
    ),
    field(ImportField::ExchangeRate, Kind::Number, false, "0.884", "Units of the currency per US dollar."),
    field(
        ImportField::ExchangeRateDate,
        Kind::Date,
        false,
        "2026-01-31",
        "YYYY-MM-DD; required with an exchange rate.",
    ),
    field(
        ImportField::ExchangeRateSource,
        Kind::Text,
        false,
        "UN operational rates of exchange",
        "Who publishes the rate; required with one.",
    ),
    field(ImportField::DecisionDate, Kind::Date, false, "2026-01-15", "When the donor decided, YYYY-MM-DD."),
    field(
        ImportField::FlowDate,
        Kind::Date,
        false,
        "",
        "When the money was pledged, committed or paid, YYYY-MM-DD.",
    ),
    field(ImportField::BudgetYear, Kind::Text, false, "2026", "The donor's budget year."),
    field(
        ImportField::UsageYears,
        Kind::Text,
        false,
        "2026; 2027",
        "The years the money is for, with semicolons between.",
    ),
    field(
        ImportField::Countries,
        Kind::Text,
        false,
        "AFG; PAK",
        "Where it goes: ISO 3166-1 alpha-3 codes, with semicolons between.",
    ),
    field(
        ImportField::Plan,
        Kind::Text,
        false,
        "",
        "The response plans it funds, with semicolons between: each by its number in FTS, its id in Passerelle or its \
         exact name.",
    ),
    field(
        ImportField::Earmarking,
        Kind::Text,
        false,
        "earmarked",
        "unearmarked, softly_earmarked, earmarked or tightly_earmarked.",
    ),
    field(
        ImportField::ContributionType,
        Kind::Text,
        false,
        "financial",
        "financial or in_kind. Defaults to financial.",
    ),
    field(
        ImportField::Method,
        Kind::Text,
        false,
        "",
        "How it is given, in the source's words. Up to 200 characters.",
    ),
    field(ImportField::Keywords, Kind::Text, false, "shelter; health", "Separated by semicolons."),
    field(
        ImportField::Visibility,
        Kind::Text,
        false,
        "internal",
        "internal, donor or public. Defaults to internal for new records; unchanged for existing ones.",
    ),
    field(
        ImportField::NewMoney,
        Kind::Text,
        false,
        "",
        "false for a re-allocation of funds counted before. Defaults to true.",
    ),
    field(ImportField::Description, Kind::Text, false, "", "Up to 20,000 characters."),
    field(
        ImportField::Agreement,
        Kind::Text,
        false,
        "",
        "The reference of the agreement it is given under: one with this donor, of this office, that binds.",
    ),
];

/// The field of this name.
pub(crate) fn field_of(name: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|field| field.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_explained_once_in_the_order_of_the_template() {
        let names: Vec<&str> = FIELDS.iter().map(|field| field.name).collect();
        let all: Vec<&str> = ImportField::ALL.iter().map(|field| field.as_str()).collect();
        assert_eq!(names, all);
    }
}
