//! The terms of an agreement, and what is wrong with them.

use crate::known::plan::MAX_PLANS;
use chrono::NaiveDate;
use kernel::{
    DonorId, Earmarking, Fault, FieldCode, Money, PlanId, Problem, RecordKind, ReportKind, ReportTemplate,
    Visibility, closed_set, money::parse_plain,
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use service::Checks;
use utoipa::ToSchema;

closed_set! {
    /// A modality of the Grand Bargain's earmarking categories (IATI codelist EarmarkingModality).
    pub(crate) enum Modality {
        A = "A",
        B = "B",
        C = "C",
        D = "D",
        E = "E",
        F = "F",
        G = "G",
        H = "H",
        I = "I",
        J = "J",
        K = "K",
        L = "L",
    }
}

/// The terms of an agreement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Terms {
    pub(crate) donor_id: DonorId,
    #[schema(example = "Shelter and relief for displaced people", min_length = 1, max_length = 300)]
    pub(crate) title: String,
    /// The title in French, where it is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 300)]
    pub(crate) title_fr: Option<String>,
    /// The title in Spanish, where it is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 300)]
    pub(crate) title_es: Option<String>,
    /// Start date.
    #[serde(deserialize_with = "kernel::date::day")]
    pub(crate) start_date: NaiveDate,
    /// End date.
    #[serde(deserialize_with = "kernel::date::day")]
    pub(crate) end_date: NaiveDate,
    /// The agreed amount, in the donor's currency.
    pub(crate) amount: Money,
    /// Overhead (programme support costs) as a percentage of direct costs.
    #[schema(example = "7", max_length = 10)]
    pub(crate) overhead_percent: Option<String>,
    pub(crate) earmarking: Option<Earmarking>,
    pub(crate) modality: Option<Modality>,
    /// ISO 3166-1 alpha-3 codes of the destination countries.
    #[serde(default)]
    #[schema(example = json!(["TCD"]), max_items = 50, value_type = Vec<kernel::items::CountryCode>)]
    pub(crate) countries: Vec<String>,
    /// Response plans it funds.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub(crate) plan_ids: Vec<PlanId>,
    /// DAC purpose codes, five digits.
    #[serde(default)]
    #[schema(example = json!(["72010"]), max_items = 20, value_type = Vec<kernel::items::SectorCode>)]
    pub(crate) sectors: Vec<String>,
    /// The payment schedule; the instalments together do not exceed the amount.
    #[serde(default)]
    #[schema(max_items = 60)]
    pub(crate) instalments: Vec<Instalment>,
    /// The reporting requirements. Fields that are not set follow the organisation's defaults.
    #[serde(default)]
    pub(crate) reporting: Reporting,
    /// The donor's visibility requirements.
    #[schema(max_length = 4000)]
    pub(crate) visibility_clause: Option<String>,
    /// `internal`, `donor` or `public`. Defaults to `internal`.
    #[serde(default = "internal")]
    pub(crate) visibility: Visibility,
}

/// An instalment: a part of the amount and its due date.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Instalment {
    #[serde(deserialize_with = "kernel::date::day")]
    pub(crate) due_date: NaiveDate,
    pub(crate) amount: Money,
    /// The condition for payment.
    #[schema(example = "On signature", max_length = 300)]
    pub(crate) condition: Option<String>,
}

/// The reporting clause.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Reporting {
    pub(crate) template: ReportTemplate,
    /// Months between interim reports. Defaults to 6 for agreements of twelve months or more.
    #[schema(minimum = 1, maximum = 60)]
    pub(crate) interim_every_months: Option<u32>,
    /// Days after the end of the period by which interim reports are due. Defaults to 42.
    #[schema(minimum = 1, maximum = 730)]
    pub(crate) interim_due_days: Option<u32>,
    /// Months after the end date by which final reports are due. Defaults to 3.
    #[schema(minimum = 1, maximum = 36)]
    pub(crate) final_due_months: Option<u32>,
    /// Whether a certified financial report is required as well.
    pub(crate) certified: bool,
    /// An irregular schedule: only these reports are due.
    #[schema(max_items = 60)]
    pub(crate) schedule: Vec<Milestone>,
}

impl Default for Reporting {
    fn default() -> Self {
        Self {
            template: ReportTemplate::Standard,
            interim_every_months: None,
            interim_due_days: None,
            final_due_months: None,
            certified: false,
            schedule: Vec::new(),
        }
    }
}

/// A report in an irregular schedule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Milestone {
    pub(crate) kind: ReportKind,
    #[serde(deserialize_with = "kernel::date::day")]
    pub(crate) period_start: NaiveDate,
    #[serde(deserialize_with = "kernel::date::day")]
    pub(crate) period_end: NaiveDate,
    #[serde(deserialize_with = "kernel::date::day")]
    pub(crate) due_date: NaiveDate,
}

fn internal() -> Visibility {
    Visibility::Internal
}

pub(crate) const NOT_A_PURPOSE_CODE: (FieldCode, &str) =
    (FieldCode::NotAPurposeCode, "is not a DAC purpose code of five digits");

/// What is wrong with terms, field by field.
///
/// # Errors
/// 422 with every field.
pub(crate) fn check(terms: &Terms) -> Result<(), Problem> {
    let mut checks = Checks::new();
    checks.text("/title", &terms.title, 300);
    checks.optional_text("/title_fr", terms.title_fr.as_deref(), 300);
    checks.optional_text("/title_es", terms.title_es.as_deref(), 300);
    let not_after = Fault::not_after("start_date", terms.start_date);
    checks.require(terms.start_date < terms.end_date, "/end_date", not_after);
    checks.date("/start_date", terms.start_date);
    checks.date("/end_date", terms.end_date);
    checks.require(terms.amount.minor() > 0, "/amount/amount", Fault::not_above_zero());
    if let Err(fault) = terms.amount.currency().in_force(terms.start_date) {
        checks.refuse("/amount/currency", fault);
    }
    if let Some(percent) = &terms.overhead_percent {
        let fits = parse_plain(percent)
            .is_ok_and(|percent| percent >= Decimal::ZERO && percent <= Decimal::ONE_HUNDRED);
        let fault = FieldCode::OutOfRange.says("must be a decimal number from 0 to 100");
        checks.require(fits, "/overhead_percent", fault.with("min", 0).with("max", 100));
    }
    checks.optional_long_text("/visibility_clause", terms.visibility_clause.as_deref(), 4000);
    for (index, code) in checks.at_most("/countries", &terms.countries, 50).iter().enumerate() {
        checks.country(&format!("/countries/{index}"), code);
    }
    checks.at_most("/plan_ids", &terms.plan_ids, MAX_PLANS);
    for (index, code) in checks.at_most("/sectors", &terms.sectors, 20).iter().enumerate() {
        let is_code = code.len() == 5 && code.bytes().all(|byte| byte.is_ascii_digit());
        checks.require(is_code, &format!("/sectors/{index}"), NOT_A_PURPOSE_CODE);
    }
    check_instalments(terms, &mut checks);
    check_reporting(&terms.reporting, &mut checks);
    checks.finish()
}

/// What is wrong with terms that was not wrong with those before them: what was signed is not judged by a later rule.
///
/// # Errors
/// 422 with every such field.
pub(crate) fn check_change(before: &Terms, after: &Terms) -> Result<(), Problem> {
    let Err(mut problem) = check(after) else { return Ok(()) };
    let known = check(before).err().map(|problem| problem.errors).unwrap_or_default();
    problem.errors.retain(|error| !known.contains(error));
    if problem.errors.is_empty() { Ok(()) } else { Err(problem) }
}

fn check_instalments(terms: &Terms, checks: &mut Checks) {
    let instalments = checks.at_most("/instalments", &terms.instalments, 60);
    let mut sum: i128 = 0;
    let mut before: Option<NaiveDate> = None;
    for (index, instalment) in instalments.iter().enumerate() {
        let at = |field: &str| format!("/instalments/{index}/{field}");
        checks.require(instalment.amount.minor() > 0, &at("amount"), Fault::not_above_zero());
        if instalment.amount.currency() != terms.amount.currency() {
            let currency = terms.amount.currency().code();
            checks.refuse(at("amount"), Fault::currency_of(RecordKind::Agreement, currency));
        }
        if let Some(before) = before.filter(|before| *before >= instalment.due_date) {
            let fault = FieldCode::NotAfter.says("must be after the previous instalment");
            let fault = fault.with("field", "due_date").with("date", before.to_string());
            checks.refuse(at("due_date"), fault);
        }
        checks.date(&at("due_date"), instalment.due_date);
        checks.optional_text(&at("condition"), instalment.condition.as_deref(), 300);
        before = Some(instalment.due_date);
        sum += i128::from(instalment.amount.minor());
    }
    if sum > i128::from(terms.amount.minor()) {
        let fault = FieldCode::SumTooLarge.says("together exceed the amount of the agreement");
        checks.refuse("/instalments", fault.amount(terms.amount));
    }
}

fn check_reporting(reporting: &Reporting, checks: &mut Checks) {
    let ranges = [
        ("/reporting/interim_every_months", reporting.interim_every_months, 60),
        ("/reporting/interim_due_days", reporting.interim_due_days, 730),
        ("/reporting/final_due_months", reporting.final_due_months, 36),
    ];
    for (pointer, value, most) in ranges {
        if value.is_some_and(|value| !(1..=most).contains(&value)) {
            checks.refuse(pointer, Fault::out_of_range(1, most.into()));
        }
    }
    let schedule = checks.at_most("/reporting/schedule", &reporting.schedule, 60);
    let mut seen = Vec::new();
    for (index, milestone) in schedule.iter().enumerate() {
        let at = |field: &str| format!("/reporting/schedule/{index}/{field}");
        let (start, end, due) = (milestone.period_start, milestone.period_end, milestone.due_date);
        checks.require(start < end, &at("period_end"), Fault::not_after("period_start", start));
        checks.require(end < due, &at("due_date"), Fault::not_after("period_end", end));
        checks.date(&at("period_start"), start);
        checks.date(&at("due_date"), due);
        let key = (milestone.kind, milestone.period_start);
        let twice = (FieldCode::Duplicate, "is the same as that of another report of this type");
        checks.require(!seen.contains(&key), &at("period_start"), twice);
        seen.push(key);
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    pub(crate) fn terms(start: &str, end: &str) -> Terms {
        serde_json::from_value(serde_json::json!({
            "donor_id": DonorId::nil(), "title": "Shelter", "start_date": start, "end_date": end,
            "amount": { "amount": "1000000.00", "currency": "EUR" },
        }))
        .unwrap()
    }

    #[test]
    fn an_amendment_answers_for_what_it_changes_and_not_for_a_rule_younger_than_the_agreement() {
        let mut before = terms("2026-01-01", "2026-12-31");
        before.title = "Shelter \u{202e}retlehs".to_owned();
        let mut after = before.clone();
        after.end_date = day("2027-06-30");
        check(&after).unwrap_err();
        check_change(&before, &after).unwrap();
        after.end_date = day("2111-01-01");
        let problem = check_change(&before, &after).unwrap_err();
        assert_eq!(problem.errors.len(), 1);
        assert_eq!(problem.errors[0].pointer, "/end_date");
    }

    #[test]
    fn lists_of_any_length_are_judged_by_their_first_entries() {
        let mut long = terms("2026-01-01", "2026-12-31");
        long.plan_ids = vec![PlanId::nil(); 26_000];
        long.countries = vec!["nowhere".to_owned(); 90_000];
        long.sectors = vec!["none".to_owned(); 100_000];
        let milestone = Milestone {
            kind: ReportKind::FinalNarrative,
            period_start: day("2026-01-01"),
            period_end: day("2026-06-30"),
            due_date: day("2026-07-31"),
        };
        long.reporting.schedule = vec![milestone; 9_000];
        let problem = check(&long).unwrap_err();
        let fields: Vec<&str> = problem.errors.iter().map(|error| error.pointer.as_str()).collect();
        for list in ["/plan_ids", "/countries", "/sectors", "/reporting/schedule"] {
            assert!(fields.contains(&list), "{list}: {fields:?}");
        }
        // Fifty countries, twenty sectors, and fifty-nine of sixty reports that are there twice.
        assert_eq!(fields.len(), 4 + 50 + 20 + 59);
    }

    #[test]
    fn a_currency_holds_that_was_in_force_when_the_agreement_began() {
        let mut old = terms("2014-06-01", "2015-06-01");
        old.amount = Money::parse("1000", kernel::Currency::from_code("LTL").unwrap()).unwrap();
        check(&old).unwrap();
        old.start_date = day("2015-01-01");
        let problem = check(&old).unwrap_err();
        let error = &problem.errors[0];
        assert_eq!((error.pointer.as_str(), error.code), ("/amount/currency", FieldCode::WithdrawnCurrency));
        old.amount = Money::parse("1500000000000", kernel::Currency::from_code("IDR").unwrap()).unwrap();
        check(&old).unwrap();
    }

    #[test]
    fn sound_terms_pass_and_each_wrong_field_is_named() {
        check(&terms("2026-01-01", "2026-12-31")).unwrap();
        let mut wrong = terms("2026-12-31", "2026-01-01");
        wrong.overhead_percent = Some("101".to_owned());
        wrong.sectors = vec!["720".to_owned()];
        let part = |date: &str, amount: &str, currency: &str| Instalment {
            due_date: day(date),
            amount: Money::parse(amount, kernel::Currency::from_code(currency).unwrap()).unwrap(),
            condition: None,
        };
        wrong.instalments = vec![part("2026-03-01", "600000", "EUR"), part("2026-03-01", "600000", "USD")];
        wrong.reporting.schedule = vec![Milestone {
            kind: ReportKind::FinalNarrative,
            period_start: day("2026-02-01"),
            period_end: day("2026-01-01"),
            due_date: day("2025-01-01"),
        }];
        let problem = check(&wrong).unwrap_err();
        let fields: Vec<&str> = problem.errors.iter().map(|error| error.pointer.as_str()).collect();
        for field in [
            "/end_date",
            "/overhead_percent",
            "/sectors/0",
            "/instalments/1/amount",
            "/instalments/1/due_date",
            "/instalments",
            "/reporting/schedule/0/period_end",
            "/reporting/schedule/0/due_date",
        ] {
            assert!(fields.contains(&field), "{field} is not named: {fields:?}");
        }
    }
}
