//! What people type: read once, shown again when it is refused, kept when the sign-in has ended meanwhile.

use crate::{
    error::PageError,
    format::{typed_amount, typed_rate},
    i18n::Language,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use kernel::{
    Code, Fault, FieldCode, Problem, RecordKind,
    country::{self, Country},
    text::search_key,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A form that was sent: name and value pairs, in order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Typed(pub(crate) Vec<(String, String)>);

impl Typed {
    /// Reads a form's body.
    pub(crate) fn read(body: &[u8]) -> Self {
        Self(serde_html_form::from_bytes(body).unwrap_or_default())
    }

    /// What stands in a field; empty when it is not there.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.trim())
    }

    /// What stands in a field, when anything does.
    pub(crate) fn some(&self, name: &str) -> Option<&str> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    /// Puts something else into a field.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.0.retain(|(key, _)| key != name);
        self.0.push((name.to_owned(), value.to_owned()));
    }

    /// Every value of a field that can be chosen several times.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        let of = self.0.iter().filter(|(key, _)| key == name);
        of.map(|(_, value)| value.trim()).filter(|value| !value.is_empty()).collect()
    }

    /// Everything, to fill the form again.
    pub(crate) fn values(&self) -> Value {
        let mut values: BTreeMap<&str, Value> = BTreeMap::new();
        for (name, value) in &self.0 {
            match values.get_mut(name.as_str()) {
                None => {
                    values.insert(name, value.as_str().into());
                }
                Some(Value::Array(list)) => list.push(value.as_str().into()),
                Some(first) => *first = json!([first, value]),
            }
        }
        json!(values)
    }
}

/// A key that goes with a form: sent twice, it is done once.
pub(crate) fn key() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 16]>())
}

/// A refusal that the form shows again; what else went wrong is passed on. `prefix` is where the form's fields stand in
/// the body of the API.
pub(crate) fn refused(
    result: Result<Value, PageError>,
    prefix: &str,
) -> Result<Result<Value, Value>, PageError> {
    match result {
        Ok(done) => Ok(Ok(done)),
        Err(PageError::Refused(problem)) if shows_again(problem.status) => Ok(Err(shown(&problem, prefix))),
        Err(error) => Err(error),
    }
}

fn shows_again(status: u16) -> bool {
    [400, 403, 409, 412, 413, 415, 422].contains(&status)
}

/// A problem for the error summary: its status and, for each field, the id of its input and the reason.
pub(crate) fn shown(problem: &Problem, prefix: &str) -> Value {
    let field = |pointer: &str| input_of(pointer.strip_prefix(prefix).unwrap_or(pointer));
    let errors: Vec<Value> = problem
        .errors
        .iter()
        .map(|error| {
            json!({ "field": field(&error.pointer), "code": error.code, "params": error.params, "detail": error.detail })
        })
        .collect();
    json!({ "status": problem.status, "errors": errors, "code": problem.code, "reason": problem.reason,
            "params": problem.params })
}

/// The id of the input that a pointer of the API speaks of; empty when it is about the record and no input.
fn input_of(pointer: &str) -> String {
    let name = pointer.trim_start_matches('/').replace('/', "-");
    // An amount and its currency are one input to the reader; what stands once has its own id.
    let name = name.strip_suffix("-amount").filter(|rest| !rest.is_empty()).map_or(name.clone(), |rest| {
        if rest.starts_with("instalments-") && !rest.ends_with("-amount") {
            name.clone()
        } else {
            rest.to_owned()
        }
    });
    match name.as_str() {
        "amount-currency" => "currency".to_owned(),
        "expenditure-currency" => "expenditure".to_owned(),
        "donor_id" => "donor".to_owned(),
        "focal_point_id" => "focal_point".to_owned(),
        "responsible_id" => "responsible".to_owned(),
        "person_id" => "person".to_owned(),
        "instalments" => "instalments-0-due_date".to_owned(),
        "reporting-template" => "template".to_owned(),
        // One input for several.
        _ if name.starts_with("plan_ids-") => "plan_ids".to_owned(),
        _ if name.starts_with("names-") => "names".to_owned(),
        _ if name.starts_with("intake-earmarkings-") => "intake-earmarkings".to_owned(),
        _ if name.starts_with("intake-office_ids-") => "intake-office_ids".to_owned(),
        _ if name.starts_with("intake-sources-") => "intake-sources".to_owned(),
        _ if name.starts_with("fts_organisation_ids-") => "fts_organisation_ids".to_owned(),
        "state" | "status" | "standing" | "first_signature" | "if-match" => String::new(),
        _ => name,
    }
}

/// A refusal of one input that the portal itself finds.
pub(crate) fn own(field: &str, fault: &Fault) -> Value {
    let error = json!({ "field": field, "code": fault.code, "params": fault.params });
    json!({ "status": 422, "errors": [error], "code": Code::InvalidField })
}

/// Why a donor that was typed is not taken: none is called so, or several are.
pub(crate) fn no_donor(choices: &[Value]) -> Value {
    let fault = match choices {
        [] => Fault::unknown(RecordKind::Donor),
        _ => FieldCode::Ambiguous.says("is the name of several donors"),
    };
    own("donor", &fault)
}

/// An amount as it was typed; what is none goes as it is, and the platform says what is wrong with it.
pub(crate) fn money(language: Language, amount: &str, currency: &str) -> Value {
    let amount = typed_amount(language, amount).unwrap_or_else(|| amount.to_owned());
    json!({ "amount": amount, "currency": currency.to_uppercase() })
}

/// A rate that was typed, with its date and source.
pub(crate) fn rate(language: Language, typed: &Typed) -> Option<Value> {
    let rate = typed.some("rate")?;
    let rate = typed_rate(language, rate).unwrap_or_else(|| rate.to_owned());
    Some(json!({ "rate": rate, "date": typed.text("rate_date"), "source": typed.text("rate_source") }))
}

/// Years as people write them: `2026, 2027`.
pub(crate) fn years(text: &str) -> Value {
    let words = text.split([' ', ',', ';']).filter(|word| !word.is_empty());
    words.map(|word| word.parse::<i32>().map_or_else(|_| word.into(), Value::from)).collect()
}

/// The countries that a form lets choose from, in the order of the names that the reader sees.
pub(crate) fn country_codes(language: Language) -> Vec<&'static str> {
    let mut countries: Vec<&Country> = country::all().iter().collect();
    countries.sort_by_cached_key(|country| search_key(country.name(language.as_str())));
    countries.into_iter().map(|country| country.iso3.as_str()).collect()
}

/// The time zones that a form lets choose from: those of places.
pub(crate) fn time_zones() -> Vec<&'static str> {
    let names = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name());
    names.filter(|name| name.contains('/') && !name.starts_with("Etc/")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_and_filled_again() {
        let typed = Typed::read(b"title=A+b&country=TCD&country=SDN&note=%20");
        assert_eq!((typed.text("title"), typed.some("note"), typed.text("none")), ("A b", None, ""));
        assert_eq!(typed.all("country"), ["TCD", "SDN"]);
        assert_eq!(typed.values(), json!({ "title": "A b", "country": ["TCD", "SDN"], "note": " " }));
    }

    #[test]
    fn countries_stand_in_the_order_of_their_names() {
        let place = |language: Language, code: &str| {
            country_codes(language).iter().position(|listed| *listed == code).unwrap()
        };
        for (language, first, then) in [
            (Language::English, "MNG", "MKD"),
            (Language::English, "EST", "SWZ"),
            (Language::English, "SWZ", "ETH"),
            (Language::French, "ZAF", "DEU"),
            (Language::French, "DEU", "ESP"),
            (Language::Spanish, "DEU", "BEL"),
        ] {
            assert!(place(language, first) < place(language, then), "{first} stands before {then}");
        }
    }

    #[test]
    fn years_are_read_as_people_write_them() {
        assert_eq!(years("2026, 2027;2028 "), json!([2026, 2027, 2028]));
        assert_eq!(years("next year"), json!(["next", "year"]), "the platform says what is wrong");
    }

    #[test]
    fn a_refusal_names_the_inputs() {
        let problem = Problem::invalid_field("/terms/instalments/0/amount", Fault::not_above_zero());
        let error = &shown(&problem, "/terms")["errors"][0];
        assert_eq!(
            (&error["field"], &error["code"]),
            (&"instalments-0-amount".into(), &"not_above_zero".into())
        );
        for (pointer, input) in [
            ("/amount/amount", "amount"),
            ("/amount", "amount"),
            ("/amount/currency", "currency"),
            ("/instalments/1/amount/amount", "instalments-1-amount"),
            ("/instalments/1/due_date", "instalments-1-due_date"),
            ("/expenditure/amount", "expenditure"),
            ("/sections/visibility", "sections-visibility"),
            ("/donor_id", "donor"),
            ("/plan_ids", "plan_ids"),
            ("/plan_ids/3", "plan_ids"),
            ("/names/3", "names"),
            ("/intake/from", "intake-from"),
            ("/intake/sources/2", "intake-sources"),
            ("/fts_organisation_ids/0", "fts_organisation_ids"),
            ("/state", ""),
        ] {
            assert_eq!(input_of(pointer), input, "{pointer}");
        }
    }
}
