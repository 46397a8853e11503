//! The rules of the IATI standard ruleset (<https://github.com/IATI/IATI-Rulesets>, version 2.03) that what we publish
//! could break, by the ruleset's own ids and paths. Those about elements that the file never has, and those that the types
//! of [`Activity`] leave no room for (a language and a currency for every text and value; sectors and countries of the
//! activity, never of a transaction; one code of a vocabulary), are not in the table. Whether an identifier begins with a
//! code of org-id.guide (1.14.8) needs a list that the platform does not keep.

use super::activity::{Activity, AidTypes, Organisation, Share};
use chrono::NaiveDate;

kernel::closed_set! {
    /// Severity of a finding: with an error the activity is held back, with a warning it is published.
    pub(crate) enum Severity {
        Error = "error",
        Warning = "warning",
    }
}

/// A rule.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) id: &'static str,
    pub(crate) severity: Severity,
    /// Below `/iati-activities/iati-activity`.
    pub(crate) path: &'static str,
    pub(crate) message: &'static str,
    holds: fn(&Activity, NaiveDate) -> bool,
}

const fn error(
    id: &'static str,
    path: &'static str,
    message: &'static str,
    holds: fn(&Activity, NaiveDate) -> bool,
) -> Rule {
    Rule { id, severity: Severity::Error, path, message, holds }
}

const fn warning(
    id: &'static str,
    path: &'static str,
    message: &'static str,
    holds: fn(&Activity, NaiveDate) -> bool,
) -> Rule {
    Rule { id, severity: Severity::Warning, path, message, holds }
}

/// The rules that an activity breaks on a day, in the order of the table.
pub(crate) fn broken(activity: &Activity, today: NaiveDate) -> impl Iterator<Item = &'static Rule> {
    RULES.iter().filter(move |rule| !(rule.holds)(activity, today))
}

/// Whether an activity may be published.
pub(crate) fn publishable(activity: &Activity, today: NaiveDate) -> bool {
    broken(activity, today).all(|rule| rule.severity == Severity::Warning)
}

/// Every rule.
pub(crate) static RULES: [Rule; 36] = [
    error("1.1.3", "iati-identifier", "is the identifier of the organisation itself", |a, _| {
        Some(&a.identifier) != a.reporting.reference.as_ref()
    }),
    warning(
        "1.1.21",
        "iati-identifier",
        "does not begin with the organisation's identifier and a hyphen",
        |a, _| {
            let rest =
                a.reporting.reference.as_deref().and_then(|reference| a.identifier.strip_prefix(reference));
            rest.is_some_and(|rest| rest.len() > 1 && rest.starts_with('-'))
        },
    ),
    warning("1.3.1", "iati-identifier", "begins or ends with a space", |a, _| is_trimmed(&a.identifier)),
    warning("1.3.13", "iati-identifier", "contains one of / & | ?", |a, _| has_no_symbols(&a.identifier)),
    warning("1.14.1", "reporting-org/@ref", "begins or ends with a space", |a, _| {
        of_ref(&a.reporting, is_trimmed)
    }),
    warning("1.14.13", "reporting-org/@ref", "contains one of / & | ?", |a, _| {
        of_ref(&a.reporting, has_no_symbols)
    }),
    warning(
        "1.8.1",
        "participating-org/@ref",
        "the donor's identifier begins or ends with a space",
        |a, _| of_ref(&a.donor, is_trimmed),
    ),
    warning("1.8.13", "participating-org/@ref", "the donor's identifier contains one of / & | ?", |a, _| {
        of_ref(&a.donor, has_no_symbols)
    }),
    warning("1.10.1", "transaction/provider-org/@ref", "begins or ends with a space", |a, _| {
        !provides(a) || of_ref(&a.donor, is_trimmed)
    }),
    warning("1.10.13", "transaction/provider-org/@ref", "contains one of / & | ?", |a, _| {
        !provides(a) || of_ref(&a.donor, has_no_symbols)
    }),
    error("4.3.1", "title", "is empty", |a, _| a.title.iter().any(|text| !text.text.trim().is_empty())),
    error("4.4.1", "description", "is empty", |a, _| {
        a.description.iter().any(|text| !text.text.trim().is_empty())
    }),
    error("6.10.1", "participating-org", "the donor has neither a name nor an identifier", |a, _| {
        is_named(&a.donor)
    }),
    error("6.9.1", "transaction/provider-org", "has neither a name nor an identifier", |a, _| {
        !provides(a) || is_named(&a.donor)
    }),
    error("6.9.2", "transaction/receiver-org", "has neither a name nor an identifier", |a, _| {
        !provides(a) || is_named(&a.reporting)
    }),
    error("6.11.1", "activity-date", "has no start, planned or actual", |a, _| {
        a.dates.planned_start.or(a.dates.actual_start).is_some()
    }),
    error("11.1.1", "@last-updated-datetime", "is in the future", |a, today| {
        a.updated_at.date_naive() <= today
    }),
    error("11.1.2", "activity-date", "the planned end is before the planned start", |a, _| {
        in_order(a.dates.planned_start, a.dates.planned_end)
    }),
    error("11.1.3", "activity-date", "the actual end is before the actual start", |a, _| {
        in_order(a.dates.actual_start, a.dates.actual_end)
    }),
    error("11.1.4", "activity-date", "the actual start is in the future", |a, today| {
        in_order(a.dates.actual_start, Some(today))
    }),
    error("11.1.5", "activity-date", "the actual end is in the future", |a, today| {
        in_order(a.dates.actual_end, Some(today))
    }),
    error("11.2.1", "transaction/transaction-date", "is in the future", |a, today| {
        a.transactions.iter().all(|transaction| transaction.date <= today)
    }),
    error("11.2.2", "transaction/value/@value-date", "is in the future", |a, today| {
        a.transactions.iter().all(|transaction| transaction.value_date <= today)
    }),
    error("8.6.3", "planned-disbursement", "the period ends before it starts", |a, _| {
        a.planned.iter().all(|planned| in_order(Some(planned.start), planned.end))
    }),
    error("6.2.2", "sector", "has no sector", |a, _| !a.sectors.is_empty()),
    error("2.1.1", "sector/@percentage", "several sectors, and not all with a percentage", |a, _| {
        all_have_parts(&a.sectors)
    }),
    error("2.1.2", "sector/@percentage", "the percentages do not add up to 100", |a, _| add_up(&a.sectors)),
    error("2.1.4", "sector/@percentage", "the percentage of the only sector is not 100", |a, _| {
        only_one_is_whole(&a.sectors)
    }),
    error("12.3.1", "sector/@percentage", "is above 100", |a, _| within_range(&a.sectors)),
    error("3.7.1", "recipient-country", "has neither a country nor a region", |a, _| {
        a.worldwide || !a.countries.is_empty()
    }),
    error(
        "3.1.1",
        "recipient-country/@percentage",
        "several countries, and not all with a percentage",
        |a, _| a.worldwide || all_have_parts(&a.countries),
    ),
    error("3.1.2", "recipient-country/@percentage", "the percentages do not add up to 100", |a, _| {
        a.worldwide || add_up(&a.countries)
    }),
    error(
        "3.1.4",
        "recipient-country/@percentage",
        "the percentage of the only country is not 100",
        |a, _| a.worldwide || only_one_is_whole(&a.countries),
    ),
    error("12.1.1", "recipient-country/@percentage", "is above 100", |a, _| within_range(&a.countries)),
    warning(
        "107.1.1",
        "default-aid-type",
        "has no DAC aid type in addition to the Grand Bargain ones",
        |a, _| has_dac(&a.aid_types),
    ),
    warning(
        "107.2.1",
        "transaction/aid-type",
        "has no DAC aid type in addition to the Grand Bargain ones",
        |a, _| {
            let own: Vec<_> =
                a.transactions.iter().filter_map(|transaction| transaction.aid_types.as_ref()).collect();
            own.iter().all(|types| types.codes().next().is_none())
                || own.iter().any(|types| types.dac.is_some())
        },
    ),
];

fn is_trimmed(text: &str) -> bool {
    text.trim() == text
}

fn has_no_symbols(text: &str) -> bool {
    !text.contains(['/', '&', '|', '?'])
}

fn of_ref(organisation: &Organisation, holds: fn(&str) -> bool) -> bool {
    organisation.reference.as_deref().is_none_or(holds)
}

fn is_named(organisation: &Organisation) -> bool {
    organisation.reference.is_some() || !organisation.names.is_empty()
}

/// Whether the file names the donor as a provider.
fn provides(activity: &Activity) -> bool {
    !activity.transactions.is_empty() || !activity.planned.is_empty()
}

/// The ruleset takes two equal dates for an order.
fn in_order(first: Option<NaiveDate>, second: Option<NaiveDate>) -> bool {
    first.zip(second).is_none_or(|(first, second)| first <= second)
}

fn all_have_parts(shares: &[Share]) -> bool {
    shares.len() < 2 || shares.iter().all(|share| share.percentage.is_some())
}

fn add_up(shares: &[Share]) -> bool {
    let parts: Vec<u32> = shares.iter().filter_map(|share| share.percentage).collect();
    parts.len() < 2 || parts.iter().copied().map(u64::from).sum::<u64>() == 10_000
}

fn only_one_is_whole(shares: &[Share]) -> bool {
    shares.len() != 1 || shares.iter().all(|share| share.percentage.is_none_or(|part| part == 10_000))
}

fn within_range(shares: &[Share]) -> bool {
    shares.iter().all(|share| share.percentage.is_none_or(|part| part <= 10_000))
}

fn has_dac(types: &AidTypes) -> bool {
    types.dac.is_some() || types.codes().next().is_none()
}
