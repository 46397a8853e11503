//! Figures that the API gives, in US dollars.

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

/// The parts of a figure that are not nothing: the end of the key of each part’s text (`of-which-…`), its amount and, where it answers a
/// question of its own, that. Without a second part there are none: one says what the figure says.
pub(crate) fn parts(parts: &[(&str, &Value, Option<String>)]) -> Value {
    let some = parts.iter().filter(|(_, amount, _)| minor(amount) != 0);
    let part = |(key, amount, figure): &(&str, &Value, Option<String>)| json!({ "key": key, "amount": amount, "figure": figure });
    let shown: Vec<Value> = some.map(part).collect();
    if shown.len() < 2 { json!([]) } else { shown.into() }
}

/// The largest amount in a field of the rows, to which drawings are scaled.
pub(crate) fn most(rows: &Value, field: &str) -> Value {
    let rows = rows.as_array().into_iter().flatten();
    usd(rows.map(|row| minor(&row[field])).max().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_nothing_are_left_out_and_one_part_is_no_division() {
        let (none, some) = (usd(0), usd(700));
        let shown = parts(&[("a", &some, None), ("b", &none, None), ("c", &some, Some("q|2026".to_owned()))]);
        assert_eq!(shown.as_array().map(Vec::len), Some(2));
        assert_eq!((&shown[1]["key"], &shown[1]["figure"]), (&json!("c"), &json!("q|2026")));
        assert_eq!(parts(&[("a", &some, None), ("b", &none, None)]), json!([]));
    }
}
