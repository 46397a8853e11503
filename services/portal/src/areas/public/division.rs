//! Funding divided, for a drawing and its table.

use crate::{
    draw,
    figures::{minor, usd},
    i18n::{Language, text},
};
use serde_json::{Value, json};
use std::{cmp::Reverse, collections::BTreeMap};

/// A funding divided: by the key of each part's text, its cents and its flows.
fn division(language: Language, parts: impl Iterator<Item = (Option<String>, i64, i64)>) -> Value {
    let (mut rows, mut marks) = (Vec::new(), Vec::new());
    for (key, cents, flows) in parts.filter(|(_, _, flows)| *flows > 0) {
        let name = text(language, key.as_deref().unwrap_or("not-stated"), None);
        let funding = usd(cents);
        marks.push(draw::mark(language, &name, &funding));
        rows.push(json!({ "name": name, "stated": key.is_some(), "funding": funding, "flow_count": flows }));
    }
    json!({ "rows": rows, "marks": marks })
}

fn figures(part: &Value) -> (i64, i64) {
    (minor(&part["funding"]), part["flow_count"].as_i64().unwrap_or(0))
}

/// The key of an earmarking category's text, by its name in FTS.
pub(crate) fn earmarking_key(name: &str) -> String {
    format!("earmarking-{}", name.replace(' ', "-"))
}

/// A funding by its earmarking.
pub(crate) fn by_earmarking(language: Language, list: &Value) -> Value {
    let parts = list.as_array().into_iter().flatten().map(|part| {
        let (cents, flows) = figures(part);
        (part["external_ref"].as_str().map(earmarking_key), cents, flows)
    });
    division(language, parts)
}

/// By the kind of donor, the largest first.
pub(crate) fn by_donor_type(language: Language, donors: &Value) -> Value {
    let mut kinds: BTreeMap<Option<&str>, (i64, i64)> = BTreeMap::new();
    for donor in donors.as_array().into_iter().flatten() {
        let (cents, flows) = figures(donor);
        let sum = kinds.entry(donor["donor_type"].as_str()).or_default();
        *sum = (sum.0 + cents, sum.1 + flows);
    }
    let mut kinds: Vec<_> = kinds.into_iter().collect();
    kinds.sort_by_key(|(kind, (cents, _))| (kind.is_none(), Reverse(*cents)));
    let key = |kind: &str| format!("donor-{}", kind.replace('_', "-"));
    division(language, kinds.into_iter().map(|(kind, (cents, flows))| (kind.map(key), cents, flows)))
}
