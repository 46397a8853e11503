//! Sums of what lists say, in US dollars.

use kernel::{Currency, Money};
use serde_json::{Value, json};

/// Cents of an amount; nothing when there is none.
pub(crate) fn minor(money: &Value) -> i64 {
    let amount = money["amount"].as_str().and_then(|text| Money::parse(text, Currency::USD).ok());
    amount.map_or(0, |amount| amount.minor())
}

pub(crate) fn usd(minor: i64) -> Value {
    json!(Money::usd(minor))
}

/// The sum of a field of every row.
pub(crate) fn sum(rows: &[Value], field: &str) -> i64 {
    rows.iter().map(|row| minor(&row[field])).sum()
}

/// The largest amount in a field of the rows, to which drawings are scaled.
pub(crate) fn most(rows: &Value, field: &str) -> Value {
    let rows = rows.as_array().into_iter().flatten();
    usd(rows.map(|row| minor(&row[field])).max().unwrap_or(0))
}
