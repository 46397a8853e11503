//! A row of named fields: what spreadsheets and IATI files are turned into, and the checks that all of them share.

use super::{
    dates,
    fields::FIELDS,
    flow::{DonorRef, Flow, Refused},
    grouping,
};
use crate::known::plan::MAX_PLANS;
use chrono::NaiveDate;
use events::FlowObject;
use kernel::{
    ClosedSet, ContributionStatus, ContributionType, Currency, DonorId, Fault, FieldCode, FieldError, Money,
    MoneyError, Situation, date::unusual_for_money, fault, money::parse_decimal, text::joined,
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::Map;
use service::Checks;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Set where the rate is the organisation's and not the row's.
pub(super) const RATE_OF_MONTH: &str = "rate_of_month";
/// What is set there when the table has a column neither for a rate nor for dollars.
pub(super) const UNASKED: &str = "unasked";
/// The organisation type that a file states, where no donor type goes with it: it is for the refusal of an unknown donor.
pub(crate) const UNMAPPED_TYPE: &str = "unmapped_type";
/// The dates that decide on the rate, the first that is stated.
pub(super) const RATE_DATES: [&str; 3] = ["value_date", "flow_date", "decision_date"];
/// How far a stated amount in dollars may be from what the stated rate gives before it is remarked on: one in so many.
const TOLERANCE: i64 = 100;

/// A row: field → text, empty for what it states to be empty, nothing for what it does not state.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Record(BTreeMap<String, String>);

impl Record {
    /// States a field; blank is the same as not stated.
    pub(crate) fn set(&mut self, field: &'static str, text: &str) {
        let text = text.trim();
        if !text.is_empty() {
            // No database keeps a NUL in a text.
            self.0.insert(field.to_owned(), text.replace('\0', "\u{fffd}"));
        }
    }

    /// States that a field is empty, unless something is stated of it: what is held of it is erased.
    pub(crate) fn erase(&mut self, field: &'static str) {
        self.0.entry(field.to_owned()).or_default();
    }

    pub(crate) fn text(&self, field: &str) -> Option<&str> {
        self.0.get(field).map(String::as_str).filter(|text| !text.is_empty())
    }

    /// Whether its amount is zero, written in any way.
    pub(super) fn is_zero(&self) -> bool {
        self.text("amount").and_then(|text| parse_decimal(text).ok()).is_some_and(|amount| amount.is_zero())
    }

    /// Whether it says anything of a field, if only that it is empty.
    pub(super) fn has(&self, field: &str) -> bool {
        self.0.contains_key(field)
    }

    /// The fields of which the row says nothing, not even that they are empty.
    pub(crate) fn silent(&self) -> BTreeSet<&'static str> {
        let unasked = self.text(RATE_OF_MONTH) == Some(UNASKED);
        let says = |field: &str| self.has(field) && !(unasked && field.starts_with("exchange_rate"));
        FIELDS.iter().map(|field| field.name).filter(|field| !says(field)).collect()
    }

    /// What the row states, as text.
    fn stated(&self) -> String {
        let by_month = self.text(RATE_OF_MONTH).is_some();
        let added = |field: &str| {
            [RATE_OF_MONTH, UNMAPPED_TYPE].contains(&field) || by_month && field.starts_with("exchange_rate")
        };
        if !self.0.keys().any(|field| added(field)) {
            return self.to_text();
        }
        let mut stated = self.clone();
        stated.0.retain(|field, _| !added(field));
        stated.to_text()
    }

    /// As it is staged.
    pub(crate) fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// From what was staged.
    ///
    /// # Errors
    /// A text that is no record.
    pub(crate) fn from_text(text: &str) -> Result<Self, Refused> {
        serde_json::from_str(text)
            .map_err(|_| (None, vec![FieldError::new("", (FieldCode::WrongType, "is not a row of fields"))]))
    }

    /// Reads the row. `wrong` is what was wrong before it could be read.
    ///
    /// # Errors
    /// Everything that is wrong with it, each at its field.
    pub(crate) fn read(&self, wrong: Vec<FieldError>) -> Result<Flow, Refused> {
        let mut reader = Reader { record: self, checks: Checks::new(), warnings: Vec::new() };
        let read = reader.read();
        // What could not be read is not "required" on top.
        let known = |error: &FieldError| wrong.iter().any(|wrong| wrong.pointer == error.pointer);
        let found = reader.checks.into_errors().into_iter().filter(|error| !known(error));
        let errors: Vec<FieldError> = found.chain(wrong.iter().cloned()).collect();
        match read {
            Some(flow) if errors.is_empty() => Ok(Flow { warnings: reader.warnings, ..flow }),
            _ => Err((self.text("external_ref").map(|id| id.chars().take(100).collect()), errors)),
        }
    }
}

fn pointer(field: &str) -> String {
    format!("/{field}")
}

/// `In kind`, `in-kind` and `in_kind` are one word.
fn word(text: &str) -> String {
    text.to_lowercase().replace([' ', '-'], "_")
}

fn listed(text: &str) -> impl Iterator<Item = &str> {
    text.split([';', '|']).map(str::trim).filter(|part| !part.is_empty())
}

struct Reader<'a> {
    record: &'a Record,
    checks: Checks,
    warnings: Vec<FieldError>,
}

impl<'a> Reader<'a> {
    fn read(&mut self) -> Option<Flow> {
        let id = self.required("external_ref", 100);
        let donor_ref = self.donor_ref();
        let status =
            self.required("status", 40).and_then(|text| self.one_of::<ContributionStatus>("status", &text));
        let amount = self.amount();
        let rate = self.exchange_rate();
        let amount_usd = self.amount_usd(amount, rate);
        let [decision_date, flow_date, rate_date] =
            ["decision_date", "flow_date", "exchange_rate_date"].map(|field| self.date(field));
        let value_date = self.date("value_date");
        self.in_force([decision_date, flow_date, value_date]);
        let budget_year = self.record.text("budget_year").map(str::to_owned);
        let budget_year = budget_year.and_then(|text| self.year("budget_year", &text));
        let years = self.usage_years();
        let countries = self.countries();
        let plans = self.plans();
        let keywords = self.keywords();
        let visibility = self.word("visibility");
        let earmarking = self.word("earmarking");
        let contribution_type = self.word("contribution_type").unwrap_or(ContributionType::Financial);
        let new_money = self.new_money();
        let method = self.optional("method", 200);
        let rate_source = self.optional("exchange_rate_source", 200);
        let agreement = self.optional("agreement", 100);
        let description = self.record.text("description").map(str::to_owned);
        self.checks.optional_long_text("/description", description.as_deref(), 20_000);
        if rate.is_some() {
            let dated = self.record.text("exchange_rate_date").is_some();
            for (there, field) in
                [(dated, "exchange_rate_date"), (rate_source.is_some(), "exchange_rate_source")]
            {
                if !there {
                    let why = "is required with an exchange rate";
                    let fault = Fault::required_with(Situation::ExchangeRate, why);
                    self.checks.refuse(pointer(field), fault);
                }
            }
        }
        let fingerprint = Sha256::digest(self.record.stated()).into();
        Some(Flow {
            id: id?,
            version: 0,
            fingerprint,
            donor_ref: Some(donor_ref?),
            status: status?.to_owned(),
            amount_usd: amount_usd?.minor(),
            original: amount,
            exchange_rate: rate.map(|rate| rate.to_string()),
            exchange_rate_date: rate.and(rate_date),
            exchange_rate_source: rate.and(rate_source),
            decision_date,
            flow_date,
            first_reported_date: None,
            budget_year,
            destination_objects: destinations(&countries, &years),
            usage_years: joined(&years),
            countries: joined(&countries),
            new_money,
            contribution_type,
            method,
            earmarking,
            keywords,
            parent_ref: None,
            child_refs: String::new(),
            visibility,
            agreement,
            plans,
            description,
            source_objects: Vec::new(),
            detail: Map::new(),
            silent: BTreeSet::new(),
            warnings: Vec::new(),
        })
    }

    fn required(&mut self, field: &str, longest: usize) -> Option<String> {
        let text = self.optional(field, longest);
        self.checks.require(text.is_some(), &pointer(field), Fault::required());
        text
    }

    fn optional(&mut self, field: &str, longest: usize) -> Option<String> {
        let text = self.record.text(field)?;
        self.checks.text(&pointer(field), text, longest);
        Some(text.to_owned())
    }

    fn one_of<T: ClosedSet>(&mut self, field: &str, text: &str) -> Option<T> {
        self.checks.word(&pointer(field), &word(text))
    }

    fn word<T: ClosedSet>(&mut self, field: &str) -> Option<T> {
        let text = self.record.text(field)?;
        self.one_of(field, text)
    }

    fn donor_ref(&mut self) -> Option<DonorRef> {
        let name = self.record.text("donor").map(kernel::text::on_one_line);
        self.checks.optional_text("/donor", name.as_deref(), 500);
        let reference = self.optional("donor_ref", 100);
        let id = self.record.text("donor_id").map(str::to_owned);
        let donor_type = self.word("donor_type");
        if name.is_none() && reference.is_none() && id.is_none() {
            let fault = FieldCode::RequiredOneOf.says("is required: its name, or donor_ref, or donor_id");
            self.checks.refuse("/donor", fault.with("fields", "donor, donor_ref, donor_id"));
            return None;
        }
        let parsed = id.as_deref().map(str::parse::<DonorId>);
        if let Some(Err(_)) = parsed {
            self.checks.refuse("/donor_id", (FieldCode::NotAnId, "is not an id (a UUID)"));
        }
        let nameless = name.as_deref().is_some_and(|name| kernel::text::search_key(name).is_empty());
        let fault = (FieldCode::NoLetters, "contains neither letters nor digits");
        self.checks.require(!nameless, "/donor", fault);
        let unmapped_type = self.record.text(UNMAPPED_TYPE).map(str::to_owned);
        Some(DonorRef { id: parsed.and_then(Result::ok), reference, name, donor_type, unmapped_type })
    }

    fn number(&mut self, field: &str) -> Option<Decimal> {
        let text = self.record.text(field)?;
        // Scientific notation is what a spreadsheet makes of a number that it no longer shows in full.
        let plain = !text.contains(['e', 'E', '_', '+']);
        match parse_decimal(text) {
            Ok(number) if plain && number.is_sign_negative() && !number.is_zero() => {
                self.checks.refuse(pointer(field), below_zero(field));
                None
            }
            Ok(number) if plain => Some(number),
            _ if text.contains(',') => {
                let value = fault::shown(text);
                let why = format!(
                    "\"{value}\" holds a comma: write a decimal point and no thousands separators, or say \
                     \"decimal\": \",\" in the mapping"
                );
                self.checks.refuse(pointer(field), FieldCode::DecimalComma.says(why).with("value", value));
                None
            }
            _ if grouping::plain(text, '.').is_some() => {
                let value = fault::shown(text);
                let why = format!(
                    "\"{value}\" holds signs between the thousands: leave them out, or say \"decimal\": \".\" in the \
                     mapping"
                );
                self.checks.refuse(pointer(field), FieldCode::NotANumber.says(why).with("value", value));
                None
            }
            _ => {
                self.checks.refuse(pointer(field), MoneyError::NotANumber(fault::shown(text)));
                None
            }
        }
    }

    fn money(&mut self, field: &str, currency: Currency) -> Option<Money> {
        let number = self.number(field)?;
        Money::from_decimal(number, currency).map_err(|error| self.checks.refuse(pointer(field), error)).ok()
    }

    fn amount(&mut self) -> Option<Money> {
        self.checks.require(self.record.text("amount").is_some(), "/amount", Fault::required());
        let code = self.required("currency", 3)?;
        match Currency::from_code(&code) {
            Ok(currency) => self.money("amount", currency),
            Err(error) => {
                self.checks.refuse("/currency", error);
                None
            }
        }
    }

    /// A currency that was withdrawn before any of the row's dates is refused.
    fn in_force(&mut self, dates: [Option<NaiveDate>; 3]) {
        let currency = self.record.text("currency").and_then(|code| Currency::from_code(code).ok());
        let first = dates.into_iter().flatten().min();
        if let Some(Err(fault)) = currency.zip(first).map(|(currency, first)| currency.in_force(first)) {
            self.checks.refuse("/currency", fault);
        }
    }

    fn exchange_rate(&mut self) -> Option<Decimal> {
        let rate = self.number("exchange_rate")?;
        self.checks.require(rate > Decimal::ZERO, "/exchange_rate", Fault::not_above_zero());
        (rate > Decimal::ZERO).then_some(rate)
    }

    /// Its amount in US dollars: as stated, else converted at the rate, else the amount itself when it is in dollars.
    fn amount_usd(&mut self, amount: Option<Money>, rate: Option<Decimal>) -> Option<Money> {
        let stated = self.money("amount_usd", Currency::USD);
        let amount = amount?;
        if amount.currency() == Currency::USD {
            if rate.is_some() {
                self.checks.refuse("/exchange_rate", crate::exchange_rate::not_for_dollars());
            }
            if stated.is_some_and(|stated| stated != amount) {
                let fault = FieldCode::Differs.says("is not the amount, which is in US dollars");
                self.checks.refuse("/amount_usd", fault.with("field", "amount"));
            }
            return Some(amount);
        }
        let by_rate = match rate.map(|rate| amount.to_usd_at(rate)) {
            Some(Ok(converted)) => Some(converted),
            Some(Err(error)) => {
                self.checks.refuse("/amount", error);
                return None;
            }
            None => None,
        };
        if let (Some(stated), Some(converted)) = (stated, by_rate)
            && (stated.minor() - converted.minor()).abs() > converted.minor() / TOLERANCE
        {
            let why = format!("is {stated}, but {converted} by the exchange rate: kept as stated");
            let fault = FieldCode::KeptAsStated.says(why).with("stated", stated.to_string());
            self.warnings.push(FieldError::new("/amount_usd", fault.with("computed", converted.to_string())));
        }
        if stated.is_none() && by_rate.is_none() {
            let states = |field: &str| self.record.text(field).is_some();
            let month = self.record.rate_month();
            // What is stated and cannot be read is an error of its own.
            let unreadable = states("amount_usd")
                || states("exchange_rate")
                || month.is_none() && RATE_DATES.iter().any(|field| states(field));
            if !unreadable {
                self.checks.refuse("/amount_usd", no_rate(amount.currency().code(), month));
            }
        }
        stated.or(by_rate)
    }

    fn date(&mut self, field: &str) -> Option<NaiveDate> {
        let text = self.record.text(field)?;
        let day = dates::day(text);
        let wrong = match day {
            Some(day) => unusual_for_money(day),
            None => {
                let value = fault::shown(text);
                let fault = FieldCode::NotADate.says(format!("\"{value}\" is not a date (YYYY-MM-DD)"));
                Some(fault.with("value", value))
            }
        };
        match wrong {
            Some(fault) => {
                self.checks.refuse(pointer(field), fault);
                None
            }
            None => day,
        }
    }

    fn year(&mut self, field: &str, text: &str) -> Option<i32> {
        let year = text.parse().ok().filter(|year| (1900..=2200).contains(year));
        if year.is_none() {
            let value = fault::shown(text);
            let fault =
                Fault::not_a_year(1900, 2200).saying(format!("\"{value}\" is not a year (1900 to 2200)"));
            self.checks.refuse(pointer(field), fault.with("value", value));
        }
        year
    }

    fn usage_years(&mut self) -> Vec<String> {
        let text = self.record.text("usage_years").unwrap_or_default();
        let mut years: Vec<i32> = Vec::new();
        for part in text.split([';', '|', ',', ' ']).filter(|part| !part.is_empty()).take(31) {
            years.extend(self.year("usage_years", part));
        }
        self.checks.at_most("/usage_years", &years, 30);
        years.sort_unstable();
        years.dedup();
        years.iter().map(i32::to_string).collect()
    }

    fn countries(&mut self) -> Vec<String> {
        let text = self.record.text("countries").unwrap_or_default();
        let parts = text.split([';', '|', ',', ' ']).filter(|part| !part.is_empty()).take(51);
        let mut countries: Vec<String> = parts.map(str::to_uppercase).collect();
        self.checks.at_most("/countries", &countries, 50);
        for code in &countries {
            self.checks.country("/countries", code);
        }
        countries.sort();
        countries.dedup();
        countries
    }

    fn plans(&mut self) -> Vec<String> {
        let text = self.record.text("plan").unwrap_or_default();
        let parts = text.split(';').map(str::trim).filter(|part| !part.is_empty());
        let plans: Vec<String> = parts.take(MAX_PLANS + 1).map(str::to_owned).collect();
        self.checks.at_most("/plan", &plans, MAX_PLANS);
        for plan in &plans {
            self.checks.text("/plan", plan, 300);
        }
        plans
    }

    fn keywords(&mut self) -> Vec<String> {
        let text = self.record.text("keywords").unwrap_or_default();
        let keywords: Vec<String> = listed(text).take(51).map(str::to_owned).collect();
        self.checks.at_most("/keywords", &keywords, 50);
        for keyword in &keywords {
            self.checks.text("/keywords", keyword, 100);
        }
        keywords
    }

    fn new_money(&mut self) -> bool {
        match self.record.text("new_money").map(word).as_deref() {
            None | Some("true" | "yes" | "1") => true,
            Some("false" | "no" | "0") => false,
            Some(_) => {
                self.checks.refuse("/new_money", (FieldCode::NotABoolean, "is neither true nor false"));
                true
            }
        }
    }
}

/// A row is a contribution, and no correction of another one.
fn below_zero(field: &str) -> Fault {
    let why = "must not be negative: a row states what its contribution comes to. Send the row of the contribution \
               that is corrected again, with what is left of it (0 if nothing is)";
    if field == "exchange_rate" { Fault::not_above_zero() } else { FieldCode::NegativeRow.says(why) }
}

/// An amount whose dollars nothing gives.
fn no_rate(currency: &str, month: Option<String>) -> Fault {
    let instead = "a row of a table may state amount_usd instead, or exchange_rate with its date and source";
    let why = match &month {
        Some(month) => {
            format!("there is no rate of {currency} for {month}: import the rates of that month; {instead}")
        }
        None => format!(
            "there is no rate of {currency} without a date, by whose month it would be taken; {instead}"
        ),
    };
    let fault = FieldCode::NoRate.says(why).with("currency", currency);
    match month {
        Some(month) => fault.with("month", month),
        None => fault,
    }
}

pub(super) fn destinations(countries: &[String], years: &[String]) -> Vec<FlowObject> {
    let countries = countries.iter().filter_map(|code| kernel::country::by_iso3(code));
    countries.map(FlowObject::location).chain(years.iter().map(FlowObject::usage_year)).collect()
}

#[cfg(test)]
#[path = "record_tests.rs"]
mod tests;
