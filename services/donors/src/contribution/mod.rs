//! Contributions: pledge, commitment, paid. A pledge never counts as funding.

pub(crate) mod api;
pub(crate) mod create;
pub(crate) mod ending;
pub(crate) mod entry;
pub(crate) mod steps;
pub(crate) mod store;
pub(crate) mod target;

/// How firm the money is.
pub(crate) const STATUSES: [&str; 3] = ["pledge", "commitment", "paid"];
/// Money, or goods and services.
pub(crate) const TYPES: [&str; 2] = ["financial", "in_kind"];
/// Grand Bargain earmarking categories 1 to 4.
pub(crate) const EARMARKINGS: [&str; 4] =
    ["unearmarked", "softly_earmarked", "earmarked", "tightly_earmarked"];
/// Who may see a record: staff, also the donor, everyone.
pub(crate) const VISIBILITIES: [&str; 3] = ["internal", "donor", "public"];

/// Values as one searchable text: `,2020,2021,`; empty for none.
pub(crate) fn joined(values: &[String]) -> String {
    if values.is_empty() { String::new() } else { format!(",{},", values.join(",")) }
}

/// The values of such a text.
pub(crate) fn split(text: &str) -> Vec<String> {
    text.split(',').filter(|value| !value.is_empty()).map(str::to_owned).collect()
}
