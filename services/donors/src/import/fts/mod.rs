//! A flow of OCHA's Financial Tracking Service: reading one, and saying all that is wrong with it.

pub(crate) mod page;

use super::flow::{DonorRef, Flow, Refused};
use crate::registry::donor;
use chrono::NaiveDate;
use events::FlowObject;
use kernel::{
    ContributionStatus, ContributionType, Currency, Earmarking, Fault, FieldCode, FieldError, Money,
    MoneyError, fault,
    money::parse_decimal,
    text::{joined, on_one_line},
};
use rust_decimal::Decimal;
use serde_json::{Map, Value};
use service::Checks;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// Maximum length of the name of an object.
const MAX_NAME_LENGTH: usize = 500;
const MAX_ID_LENGTH: usize = 100;
/// Maximum length of a description.
const MAX_DESCRIPTION_LENGTH: usize = 20_000;

/// The one organisation the money comes from; none when the source names none, or several.
fn donor_ref(source_objects: &[FlowObject]) -> Option<DonorRef> {
    let mut organisations = source_objects.iter().filter(|object| object.kind == FlowObject::ORGANISATION);
    let object = organisations.next().filter(|_| organisations.next().is_none())?;
    Some(DonorRef {
        id: None,
        reference: Some(object.id.clone()),
        name: Some(object.name.clone()),
        donor_type: Some(donor::type_of_fts(&object.organization_types, &object.organization_sub_types)),
        unmapped_type: None,
    })
}

/// The id of a flow that may be wrong otherwise.
pub(crate) fn id_of(flow: &Map<String, Value>) -> Option<String> {
    text_or_number(flow.get("id")?).filter(|id| !id.chars().any(char::is_control))
}

fn text_or_number(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Reads a flow.
///
/// # Errors
/// Everything that is wrong with it, each at its JSON pointer inside the flow.
pub(crate) fn read(raw: &str) -> Result<Flow, Refused> {
    let value: Value = serde_json::from_str(raw).unwrap_or_default();
    let mut checks = Checks::new();
    checks.without_control_characters("", &value);
    let Value::Object(mut flow) = value else {
        return Err((None, vec![FieldError::new("", of_type("object", "is not an object"))]));
    };
    let known_id = id_of(&flow);
    flow.remove("boundary");
    flow.remove("onBoundary");
    let fingerprint = fingerprint_of(&flow);
    let mut reader = Reader { flow, checks, warnings: Vec::new() };
    let read = reader.read(fingerprint);
    let errors = reader.checks.into_errors();
    match read {
        Some(mut read) if errors.is_empty() => {
            read.detail = reader.flow;
            read.warnings = reader.warnings;
            Ok(read)
        }
        _ => Err((known_id, errors)),
    }
}

fn fingerprint_of(flow: &Map<String, Value>) -> [u8; 32] {
    // `boundary` and `onBoundary` are gone by now: they belong to the question, not to the flow.
    // serde_json's map is sorted by key, so the text does not depend on the order in the file.
    Sha256::digest(serde_json::to_vec(flow).unwrap_or_default()).into()
}

const INEXACT: (FieldCode, &str) = (FieldCode::Inexact, "is not a number that can be stored exactly");

/// Another JSON type than the one expected.
fn of_type(expected: &str, why: &'static str) -> Fault {
    FieldCode::WrongType.says(why).with("expected", expected)
}

struct Reader {
    flow: Map<String, Value>,
    checks: Checks,
    warnings: Vec<FieldError>,
}

impl Reader {
    fn read(&mut self, fingerprint: [u8; 32]) -> Option<Flow> {
        let id = self.take("id").as_ref().and_then(text_or_number);
        self.checks.require(id.is_some(), "/id", (FieldCode::Required, "is required: a text or a number"));
        self.id("/id", id.as_deref().unwrap_or_default());
        let version = match self.flow.get("versionId") {
            None | Some(Value::Null) => Some(0),
            Some(value) => value.as_i64(),
        };
        if version.is_none() {
            self.checks.refuse("/versionId", of_type("integer", "is not a whole number"));
        }
        let status = self.status();
        let amount_usd = self.amount_usd();
        let new_money = self.take("newMoney").and_then(|value| value.as_bool());
        let fault = (FieldCode::NotABoolean, "is required: true or false");
        self.checks.require(new_money.is_some(), "/newMoney", fault);
        let contribution_type = self.contribution_type();
        let original = self.original();
        let exchange_rate = self.exchange_rate();
        let [decision_date, flow_date, first_reported_date] =
            ["decisionDate", "date", "firstReportedDate"].map(|name| self.date(name));
        let budget_year = self.budget_year();
        let earmarking = self.earmarking();
        let keywords = self.texts("keywords");
        let child_refs = joined(self.texts("childFlowIds"));
        let parent_ref = self.take("parentFlowId").as_ref().and_then(text_or_number);
        let method = self.text("method", MAX_NAME_LENGTH);
        self.checks.one_line("/method", method.as_deref().unwrap_or_default());
        for (index, keyword) in keywords.iter().enumerate() {
            self.checks.one_line(&format!("/keywords/{index}"), keyword);
        }
        let description = self.text("description", MAX_DESCRIPTION_LENGTH);
        let source_objects = self.objects("sourceObjects");
        let destination_objects = self.objects("destinationObjects");
        let (usage_years, countries) = targets(&destination_objects);
        let organisations =
            source_objects.iter().filter(|object| object.kind == FlowObject::ORGANISATION).count();
        if organisations > 1 {
            let why = "names several organisations: no donor is recorded";
            self.warn("/sourceObjects", FieldCode::SeveralDonors.says(why));
        }
        Some(Flow {
            id: id?,
            version: version?,
            fingerprint,
            donor_ref: donor_ref(&source_objects),
            status: status?,
            amount_usd: amount_usd?,
            original,
            exchange_rate_date: exchange_rate.as_ref().and(flow_date),
            exchange_rate_source: exchange_rate.as_ref().map(|_| "fts".to_owned()),
            exchange_rate,
            decision_date,
            flow_date,
            first_reported_date,
            budget_year,
            usage_years,
            countries,
            new_money: new_money?,
            contribution_type: contribution_type?,
            method,
            earmarking,
            keywords,
            parent_ref,
            child_refs,
            visibility: None,
            agreement: None,
            plans: Vec::new(),
            description,
            source_objects,
            destination_objects,
            detail: Map::new(),
            silent: BTreeSet::new(),
            warnings: Vec::new(),
        })
    }

    /// The number of a flow or of an object, in FTS.
    fn id(&mut self, pointer: &str, id: &str) {
        if id.len() > MAX_ID_LENGTH {
            self.checks.refuse(pointer, Fault::too_long(MAX_ID_LENGTH));
        }
        self.checks.one_line(pointer, id);
    }

    /// A field that is moved out; null is the same as absent.
    fn take(&mut self, name: &str) -> Option<Value> {
        self.flow.remove(name).filter(|value| !value.is_null())
    }

    fn warn(&mut self, pointer: &str, fault: Fault) {
        self.warnings.push(FieldError::new(pointer, fault));
    }

    fn status(&mut self) -> Option<ContributionStatus> {
        match self.take("status") {
            Some(Value::String(status)) => self.checks.word("/status", &status),
            _ => {
                let fault = (FieldCode::Required, "is required: pledge, commitment or paid");
                self.checks.refuse("/status", fault);
                None
            }
        }
    }

    fn decimal(&mut self, name: &str) -> Option<Decimal> {
        let value = self.take(name)?;
        let parsed = value.as_number().and_then(|number| parse_decimal(&number.to_string()).ok());
        if parsed.is_none() {
            self.checks.refuse(format!("/{name}"), INEXACT);
        }
        parsed
    }

    fn amount_usd(&mut self) -> Option<i64> {
        if self.flow.get("amountUSD").is_none_or(Value::is_null) {
            self.checks.refuse("/amountUSD", Fault::required());
        }
        let amount = self.decimal("amountUSD")?;
        match Money::from_decimal(amount, Currency::USD) {
            Ok(money) if money.is_negative() => {
                self.checks.refuse("/amountUSD", Fault::negative());
                None
            }
            Ok(money) => Some(money.minor()),
            Err(error) => {
                self.checks.refuse("/amountUSD", error);
                None
            }
        }
    }

    fn original(&mut self) -> Option<Money> {
        let code = match self.flow.get("originalCurrency") {
            None | Some(Value::Null) => None,
            Some(Value::String(code)) => Some(code.clone()),
            Some(_) => {
                self.checks.refuse("/originalCurrency", of_type("string", "is not a text"));
                None
            }
        };
        if let Some(Value::Number(number)) = self.flow.get("originalAmount")
            && number.as_f64().is_some_and(|amount| amount < 0.0)
        {
            self.checks.refuse("/originalAmount", Fault::negative());
            return None;
        }
        let code = code?;
        let currency = match Currency::from_code(&code) {
            Ok(currency) => currency,
            Err(error) => {
                self.checks.refuse("/originalCurrency", error);
                return None;
            }
        };
        let Some(amount) = self.flow.get("originalAmount").filter(|value| !value.is_null()) else {
            self.warn("/originalAmount", FieldCode::TakenAsNotStated.says("is not stated"));
            return None;
        };
        let Some(amount) = amount.as_number().and_then(|number| parse_decimal(&number.to_string()).ok())
        else {
            self.checks.refuse("/originalAmount", INEXACT);
            return None;
        };
        match Money::from_decimal(amount, currency) {
            Ok(money) => {
                self.flow.remove("originalAmount");
                self.flow.remove("originalCurrency");
                Some(money)
            }
            Err(error @ (MoneyError::TooPrecise { .. } | MoneyError::TooLarge(_))) => {
                let why = format!("{error}: kept as reported");
                self.warn("/originalAmount", Fault::from(error).saying(why).kept_as_reported());
                None
            }
            Err(error @ (MoneyError::UnknownCurrency(_) | MoneyError::NotANumber(_))) => {
                self.checks.refuse("/originalAmount", error);
                None
            }
            Err(error @ MoneyError::CurrencyMismatch(..)) => {
                self.checks.refuse("/originalCurrency", error);
                None
            }
        }
    }

    fn exchange_rate(&mut self) -> Option<String> {
        let rate = self.decimal("exchangeRate")?;
        if rate == Decimal::ZERO {
            self.warn(
                "/exchangeRate",
                FieldCode::TakenAsNotStated.says("is zero: taken as not stated").with("value", 0),
            );
            return None;
        }
        self.checks.require(rate > Decimal::ZERO, "/exchangeRate", Fault::not_above_zero());
        Some(rate.to_string())
    }

    fn date(&mut self, name: &str) -> Option<NaiveDate> {
        let value = self.take(name)?;
        let text = value.as_str().unwrap_or_default();
        let day = text.get(..10).and_then(|day| NaiveDate::parse_from_str(day, "%Y-%m-%d").ok());
        let Some(day) = day else {
            self.checks.refuse(format!("/{name}"), (FieldCode::NotADate, "is not a date (YYYY-MM-DD…)"));
            return None;
        };
        if kernel::date::unusual_for_money(day).is_some() {
            let fault = FieldCode::TakenAsNotStated.says("lies outside 1900 to 2200: taken as not stated");
            self.warn(&format!("/{name}"), fault.with("value", day.to_string()));
            return None;
        }
        Some(day)
    }

    fn budget_year(&mut self) -> Option<i32> {
        let value = self.take("budgetYear")?;
        let year = text_or_number(&value)
            .and_then(|text| text.parse().ok())
            .filter(|year| (1900..=2200).contains(year));
        if year.is_none() {
            self.checks.refuse("/budgetYear", Fault::not_a_year(1900, 2200));
        }
        year
    }

    fn contribution_type(&mut self) -> Option<ContributionType> {
        match self.take("contributionType") {
            None => Some(ContributionType::Financial),
            Some(Value::String(kind)) if kind.eq_ignore_ascii_case("financial") => {
                Some(ContributionType::Financial)
            }
            Some(Value::String(kind))
                if ["in kind", "in-kind", "in_kind"].contains(&kind.to_lowercase().as_str()) =>
            {
                Some(ContributionType::InKind)
            }
            Some(_) => {
                let fault = FieldCode::NotOneOf.says("is neither \"financial\" nor \"in kind\"");
                self.checks.refuse("/contributionType", fault.with("allowed", "financial, in kind"));
                None
            }
        }
    }

    /// FTS gives a list; one entry is the category, several are not one.
    fn earmarking(&mut self) -> Option<Earmarking> {
        let stated = self.texts("grandBargainEarmarkingType");
        match stated.as_slice() {
            [] => None,
            [one] => {
                let name = one.trim().to_lowercase().replace([' ', '-'], "_");
                let found = name.parse().ok();
                if found.is_none() {
                    let words: Vec<&str> = Earmarking::ALL.iter().map(|known| known.as_str()).collect();
                    let fault = Fault::not_one_of(one, &words).saying("is not a Grand Bargain category");
                    self.checks.refuse("/grandBargainEarmarkingType/0", fault);
                }
                found
            }
            _ => {
                let why = "states several categories: taken as not stated";
                self.warn(
                    "/grandBargainEarmarkingType",
                    FieldCode::TakenAsNotStated.says(why).with("value", fault::shown(&stated.join(", "))),
                );
                self.flow.insert("grandBargainEarmarkingType".into(), stated.into());
                None
            }
        }
    }

    /// A list of texts or numbers.
    fn texts(&mut self, name: &str) -> Vec<String> {
        match self.take(name) {
            None => Vec::new(),
            Some(Value::Array(values)) if values.len() <= 10_000 => {
                let texts: Vec<String> = values.iter().filter_map(text_or_number).collect();
                if texts.len() != values.len() {
                    self.checks
                        .refuse(format!("/{name}"), of_type("string", "contains values other than texts"));
                }
                texts
            }
            Some(_) => {
                self.checks.refuse(format!("/{name}"), of_type("array", "is not a list of texts"));
                Vec::new()
            }
        }
    }

    fn text(&mut self, name: &str, longest: usize) -> Option<String> {
        let value = self.take(name)?;
        let Value::String(text) = value else {
            self.checks.refuse(format!("/{name}"), of_type("string", "is not a text"));
            return None;
        };
        self.checks.long_text(&format!("/{name}"), &text, longest);
        (!text.trim().is_empty()).then_some(text)
    }

    fn objects(&mut self, name: &str) -> Vec<FlowObject> {
        let values = match self.take(name) {
            None => Vec::new(),
            Some(Value::Array(values)) if values.len() <= 1000 => values,
            Some(_) => {
                self.checks.refuse(format!("/{name}"), of_type("array", "is not a list of objects"));
                Vec::new()
            }
        };
        let read = |(index, value): (usize, Value)| self.object(&format!("/{name}/{index}"), &value);
        values.into_iter().enumerate().filter_map(read).collect()
    }

    fn object(&mut self, pointer: &str, value: &Value) -> Option<FlowObject> {
        let kind = value["type"].as_str().unwrap_or_default().to_owned();
        let id = text_or_number(&value["id"]);
        let name = value["name"].as_str().map(on_one_line).or_else(|| text_or_number(&value["name"]));
        self.checks.one_line(&format!("{pointer}/type"), &kind);
        if kind.is_empty() || kind.len() > 100 {
            let fault = (FieldCode::Required, "is required: 1 to 100 characters");
            self.checks.refuse(format!("{pointer}/type"), fault);
        }
        let (Some(id), Some(name)) = (id, name) else {
            let fault = FieldCode::Required.says("needs an id and a name");
            self.checks.refuse(pointer, fault);
            return None;
        };
        self.checks.length(&format!("{pointer}/name"), &name, MAX_NAME_LENGTH);
        self.checks.one_line(&format!("{pointer}/name"), &name);
        self.id(&format!("{pointer}/id"), &id);
        let mut country = None;
        if kind == FlowObject::LOCATION {
            country = kernel::country::by_fts_id(&id).map(|country| country.iso3.clone());
            if country.is_none() {
                let why = "is not a country that the platform knows: kept as it is";
                let fault = FieldCode::NotACountry.says(why).with("value", fault::shown(&id));
                self.warn(&format!("{pointer}/id"), fault.kept_as_reported());
            }
        }
        if kind == FlowObject::USAGE_YEAR {
            let fits = name.parse::<i32>().is_ok_and(|year| (1900..=2200).contains(&year));
            if !fits {
                self.checks.refuse(format!("{pointer}/name"), Fault::not_a_year(1900, 2200));
            }
        }
        let texts = |name: &str| -> Vec<String> {
            let listed = value[name].as_array().into_iter().flatten();
            listed.filter_map(|text| text.as_str().map(str::to_owned)).collect()
        };
        Some(FlowObject {
            kind,
            id,
            name,
            behavior: value["behavior"].as_str().map(str::to_owned),
            country,
            organization_types: texts("organizationTypes"),
            organization_sub_types: texts("organizationSubTypes"),
        })
    }
}

fn targets(destination: &[FlowObject]) -> (String, String) {
    let mut years: Vec<String> = destination
        .iter()
        .filter(|object| object.kind == FlowObject::USAGE_YEAR)
        .map(|object| object.name.clone())
        .collect();
    let mut countries: Vec<String> = destination.iter().filter_map(|object| object.country.clone()).collect();
    years.sort();
    years.dedup();
    countries.sort();
    countries.dedup();
    (joined(&years), joined(&countries))
}

#[cfg(test)]
mod tests;
