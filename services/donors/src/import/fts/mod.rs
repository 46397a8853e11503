//! A flow of OCHA's Financial Tracking Service: reading one, and saying all that is wrong with it.

pub(crate) mod page;

use super::flow::{Flow, Giver, Refused};
use crate::registry::donor;
use chrono::NaiveDate;
use events::FlowObject;
use kernel::text::joined;
use kernel::{
    ContributionStatus, ContributionType, Currency, Earmarking, FieldError, Money, MoneyError,
    money::parse_decimal,
};
use rust_decimal::Decimal;
use serde_json::{Map, Value};
use service::Checks;
use sha2::{Digest, Sha256};

/// The longest name of an object.
const LONGEST_NAME: usize = 500;
/// The longest description.
const LONGEST_DESCRIPTION: usize = 20_000;
/// ISO 4217 codes withdrawn since FTS began (list three): the amount is kept as the source gave it, without minor units.
const WITHDRAWN: [&str; 59] = [
    "AFA", "ANG", "AON", "ATS", "AZM", "BEF", "BGL", "BYB", "BYR", "CSD", "CUC", "CYP", "DEM", "ECS", "EEK",
    "ESP", "FIM", "FRF", "GHC", "GRD", "GWP", "HRK", "IEP", "ITL", "LTL", "LUF", "LVL", "MGF", "MRO", "MTL",
    "MXV", "MZM", "NLG", "PTE", "ROL", "RUR", "SDD", "SDP", "SIT", "SKK", "SLL", "SRG", "STD", "SVC", "TJR",
    "TMM", "TPE", "TRL", "VEB", "VEF", "XEU", "YUM", "ZAL", "ZMK", "ZRN", "ZWD", "ZWL", "ZWN", "ZWR",
];

/// The one organisation the money comes from; none when the source names none, or several.
fn giver(source_objects: &[FlowObject]) -> Option<Giver> {
    let mut organisations = source_objects.iter().filter(|object| object.kind == "Organization");
    let object = organisations.next().filter(|_| organisations.next().is_none())?;
    Some(Giver {
        id: None,
        reference: Some(object.id.clone()),
        name: Some(object.name.clone()),
        donor_type: Some(donor::type_of_fts(&object.organization_types, &object.organization_sub_types)),
    })
}

/// The id of a flow that may be wrong otherwise.
pub(crate) fn id_of(flow: &Map<String, Value>) -> Option<String> {
    text_or_number(flow.get("id")?)
}

fn text_or_number(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() && !text.contains('\0') => {
            Some(text.trim().to_owned())
        }
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Reads a flow.
///
/// # Errors
/// Everything that is wrong with it, each at its JSON pointer inside the flow.
pub(crate) fn read(raw: &str) -> Result<Flow, Refused> {
    let mut flow: Map<String, Value> = match serde_json::from_str(raw) {
        Ok(Value::Object(flow)) => flow,
        _ => return Err((None, vec![FieldError::new("", "is not an object")])),
    };
    let known_id = id_of(&flow);
    flow.remove("boundary");
    flow.remove("onBoundary");
    let fingerprint = fingerprint_of(&flow);
    let mut reader = Reader { flow, checks: Checks::new(), warnings: Vec::new() };
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

struct Reader {
    flow: Map<String, Value>,
    checks: Checks,
    warnings: Vec<FieldError>,
}

impl Reader {
    fn read(&mut self, fingerprint: [u8; 32]) -> Option<Flow> {
        for (name, value) in &self.flow {
            self.checks.without_nul(&format!("/{name}"), value);
        }
        let id = self.take("id").as_ref().and_then(text_or_number);
        self.checks.require(id.is_some(), "/id", "is required: a text or a number");
        let id_fits = id.as_ref().is_none_or(|id| id.len() <= 100);
        self.checks.require(id_fits, "/id", "has more than 100 characters");
        let version = match self.flow.get("versionId") {
            None | Some(Value::Null) => Some(0),
            Some(value) => value.as_i64(),
        };
        self.checks.require(version.is_some(), "/versionId", "is not a whole number");
        let status = self.status();
        let amount_usd = self.amount_usd();
        let new_money = self.take("newMoney").and_then(|value| value.as_bool());
        self.checks.require(new_money.is_some(), "/newMoney", "is required: true or false");
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
        let method = self.text("method", LONGEST_NAME);
        let description = self.text("description", LONGEST_DESCRIPTION);
        let source_objects = self.objects("sourceObjects");
        let destination_objects = self.objects("destinationObjects");
        let (usage_years, countries) = targets(&destination_objects);
        let organisations = source_objects.iter().filter(|object| object.kind == "Organization").count();
        if organisations > 1 {
            self.warn("/sourceObjects", "names several organisations: no donor is recorded");
        }
        Some(Flow {
            id: id?,
            version: version?,
            fingerprint,
            giver: giver(&source_objects),
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
            description,
            source_objects,
            destination_objects,
            detail: Map::new(),
            warnings: Vec::new(),
        })
    }

    /// A field that is moved out; null is the same as absent.
    fn take(&mut self, name: &str) -> Option<Value> {
        self.flow.remove(name).filter(|value| !value.is_null())
    }

    fn warn(&mut self, pointer: &str, detail: &str) {
        self.warnings.push(FieldError::new(pointer, detail));
    }

    fn status(&mut self) -> Option<ContributionStatus> {
        match self.take("status") {
            Some(Value::String(status)) => self.checks.word("/status", &status),
            _ => {
                self.checks.refuse("/status", "is required: pledge, commitment or paid");
                None
            }
        }
    }

    fn decimal(&mut self, name: &str) -> Option<Decimal> {
        let value = self.take(name)?;
        let parsed = value.as_number().and_then(|number| parse_decimal(&number.to_string()).ok());
        if parsed.is_none() {
            self.checks.refuse(format!("/{name}"), "is not a number that can be kept exactly");
        }
        parsed
    }

    fn amount_usd(&mut self) -> Option<i64> {
        if self.flow.get("amountUSD").is_none_or(Value::is_null) {
            self.checks.refuse("/amountUSD", "is required");
        }
        let amount = self.decimal("amountUSD")?;
        match Money::from_decimal(amount, Currency::USD) {
            Ok(money) if money.is_negative() => {
                self.checks.refuse("/amountUSD", "must not be negative");
                None
            }
            Ok(money) => Some(money.minor()),
            Err(error) => {
                self.checks.refuse("/amountUSD", error.to_string());
                None
            }
        }
    }

    fn original(&mut self) -> Option<Money> {
        let code = match self.flow.get("originalCurrency") {
            None | Some(Value::Null) => None,
            Some(Value::String(code)) => Some(code.clone()),
            Some(_) => {
                self.checks.refuse("/originalCurrency", "is not a text");
                None
            }
        };
        if let Some(Value::Number(number)) = self.flow.get("originalAmount")
            && number.as_f64().is_some_and(|amount| amount < 0.0)
        {
            self.checks.refuse("/originalAmount", "must not be negative");
            return None;
        }
        let code = code?;
        let currency = match Currency::from_code(&code) {
            Ok(currency) => currency,
            Err(_) if WITHDRAWN.contains(&code.as_str()) => {
                self.warn("/originalCurrency", "is withdrawn: the original amount is kept as reported");
                return None;
            }
            Err(error) => {
                self.checks.refuse("/originalCurrency", error.to_string());
                return None;
            }
        };
        let Some(amount) = self.flow.get("originalAmount").filter(|value| !value.is_null()) else {
            self.warn("/originalAmount", "is not stated");
            return None;
        };
        let Some(amount) = amount.as_number().and_then(|number| parse_decimal(&number.to_string()).ok())
        else {
            self.checks.refuse("/originalAmount", "is not a number that can be kept exactly");
            return None;
        };
        match Money::from_decimal(amount, currency) {
            Ok(money) => {
                self.flow.remove("originalAmount");
                self.flow.remove("originalCurrency");
                Some(money)
            }
            Err(error @ (MoneyError::TooPrecise { .. } | MoneyError::TooLarge(_))) => {
                self.warn("/originalAmount", &format!("{error}: kept as reported"));
                None
            }
            Err(error @ (MoneyError::UnknownCurrency(_) | MoneyError::NotANumber(_))) => {
                self.checks.refuse("/originalAmount", error.to_string());
                None
            }
            Err(error @ MoneyError::CurrencyMismatch(..)) => {
                self.checks.refuse("/originalCurrency", error.to_string());
                None
            }
        }
    }

    fn exchange_rate(&mut self) -> Option<String> {
        let rate = self.decimal("exchangeRate")?;
        if rate == Decimal::ZERO {
            self.warn("/exchangeRate", "is zero: taken as not stated");
            return None;
        }
        self.checks.require(rate > Decimal::ZERO, "/exchangeRate", "must be above zero");
        Some(rate.to_string())
    }

    fn date(&mut self, name: &str) -> Option<NaiveDate> {
        let value = self.take(name)?;
        let text = value.as_str().unwrap_or_default();
        let day = text.get(..10).and_then(|day| NaiveDate::parse_from_str(day, "%Y-%m-%d").ok());
        if day.is_none() {
            self.checks.refuse(format!("/{name}"), "is not a date (YYYY-MM-DD…)");
        }
        day
    }

    fn budget_year(&mut self) -> Option<i32> {
        let value = self.take("budgetYear")?;
        let year = text_or_number(&value)
            .and_then(|text| text.parse().ok())
            .filter(|year| (1900..=2200).contains(year));
        if year.is_none() {
            self.checks.refuse("/budgetYear", "is not a year");
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
                self.checks.refuse("/contributionType", "is neither \"financial\" nor \"in kind\"");
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
                    self.checks.refuse("/grandBargainEarmarkingType/0", "is no Grand Bargain category");
                }
                found
            }
            _ => {
                self.warn("/grandBargainEarmarkingType", "states several categories: taken as not stated");
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
                self.checks.require(
                    texts.len() == values.len(),
                    &format!("/{name}"),
                    "holds more than texts",
                );
                texts
            }
            Some(_) => {
                self.checks.refuse(format!("/{name}"), "is not a list of texts");
                Vec::new()
            }
        }
    }

    fn text(&mut self, name: &str, longest: usize) -> Option<String> {
        let value = self.take(name)?;
        let Value::String(text) = value else {
            self.checks.refuse(format!("/{name}"), "is not a text");
            return None;
        };
        let length = text.chars().count();
        if length > longest {
            self.checks.refuse(format!("/{name}"), format!("has {length} characters; {longest} are allowed"));
        }
        (!text.trim().is_empty()).then_some(text)
    }

    fn objects(&mut self, name: &str) -> Vec<FlowObject> {
        let values = match self.take(name) {
            None => Vec::new(),
            Some(Value::Array(values)) if values.len() <= 1000 => values,
            Some(_) => {
                self.checks.refuse(format!("/{name}"), "is not a list of objects");
                Vec::new()
            }
        };
        let read = |(index, value): (usize, Value)| self.object(&format!("/{name}/{index}"), &value);
        values.into_iter().enumerate().filter_map(read).collect()
    }

    fn object(&mut self, pointer: &str, value: &Value) -> Option<FlowObject> {
        let kind = value["type"].as_str().unwrap_or_default().to_owned();
        let id = text_or_number(&value["id"]);
        let name = value["name"].as_str().map(str::to_owned).or_else(|| text_or_number(&value["name"]));
        if kind.is_empty() || kind.len() > 100 {
            self.checks.refuse(format!("{pointer}/type"), "is required: 1 to 100 characters");
        }
        let (Some(id), Some(name)) = (id, name) else {
            self.checks.refuse(pointer, "needs an id and a name");
            return None;
        };
        let length = name.chars().count();
        if length > LONGEST_NAME {
            let why = format!("has {length} characters; {LONGEST_NAME} are allowed");
            self.checks.refuse(format!("{pointer}/name"), why);
        }
        self.checks.require(id.len() <= 100, &format!("{pointer}/id"), "has more than 100 characters");
        let mut country = None;
        if kind == "Location" {
            country = kernel::country::by_fts_id(&id).map(|country| country.iso3.clone());
            if country.is_none() {
                self.warn(&format!("{pointer}/id"), "is no country the platform knows: kept as it is");
            }
        }
        if kind == "UsageYear" {
            let fits = name.parse::<i32>().is_ok_and(|year| (1900..=2200).contains(&year));
            self.checks.require(fits, &format!("{pointer}/name"), "is not a year");
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
        .filter(|object| object.kind == "UsageYear")
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
