//! What the transactions of an activity come to: corrections are set off, of each giver one statement counts, and every
//! transaction has a name that stays its own.
//!
//! IATI states the same money as it is pledged, committed and paid; a contribution counts its own amount. So of each giver
//! the firmest statement counts: its commitments, or what was paid where that is more, else its pledges. A value below zero
//! is money returned or no longer committed.

use super::activity::Statement;
use crate::{
    exchange_rate::{self, Rates},
    import::record::Record,
};
use kernel::{Currency, FieldCode, FieldError, Money, fault::shown, money::parse_decimal};
use rust_decimal::Decimal;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Maximum length of a contribution's reference, in characters.
const MAX_REFERENCE_LENGTH: usize = 100;

/// A transaction of ours, with all that its activity says of it.
#[derive(Debug, Clone)]
pub(super) struct Stated {
    /// Where in the file.
    pub(super) pointer: String,
    /// Codelist TransactionType.
    pub(super) kind: String,
    pub(super) statement: Statement,
    /// Its own reference; blank where it has none.
    pub(super) reference: String,
    /// The same for the same giver.
    pub(super) giver: String,
    pub(super) date: String,
    /// Its contribution without a reference; the amount is the value as the file has it.
    pub(super) record: Record,
}

impl Stated {
    fn text(&self, field: &str) -> &str {
        self.record.text(field).unwrap_or_default()
    }

    /// Its value, where that is an amount of money.
    fn value(&self) -> Option<Money> {
        let (value, currency) = (self.text("amount"), Currency::from_code(self.text("currency")).ok()?);
        let plain = !value.contains(['e', 'E', '_', '+']);
        let number = parse_decimal(value).ok().filter(|_| plain)?;
        Money::from_decimal(number, currency).ok()
    }

    /// A value of it in US cents, where there is a rate.
    fn in_dollars(&self, value: Money, rates: &Rates) -> Option<i128> {
        if value.currency() == Currency::USD {
            return Some(i128::from(value.minor()));
        }
        let rate = rates.get(value.currency().code(), &self.record.rate_month()?)?;
        let rate = exchange_rate::parse(&rate.rate).ok()?;
        value.to_usd_at(rate).ok().map(|dollars| i128::from(dollars.minor()))
    }
}

/// A contribution as it is staged.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) pointer: String,
    pub(super) record: Record,
    pub(super) warnings: Vec<FieldError>,
    /// Whether it only matters where an earlier file made a contribution of it, which counts no longer.
    pub(super) only_if_held: bool,
}

/// What the transactions come to.
#[derive(Debug, Default)]
pub(super) struct Settled {
    pub(super) rows: Vec<Row>,
    /// How many state money that others state already.
    pub(super) repeated: u64,
    /// How many are set off in full by corrections.
    pub(super) returned: u64,
    /// How many givers' payments cannot be compared with their commitments, for want of a rate.
    pub(super) not_compared: u64,
    /// What the sender should know.
    pub(super) remarks: Vec<String>,
}

/// An amount in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sum {
    minor: i128,
    currency: Currency,
}

impl Sum {
    /// The number alone.
    fn number(self) -> String {
        Decimal::from_i128_with_scale(self.minor, self.currency.exponent()).to_string()
    }
}

impl std::fmt::Display for Sum {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.number(), self.currency.code())
    }
}

/// Payments that are more than the commitments.
#[derive(Debug, Clone, Copy)]
struct Beyond {
    paid: Sum,
    committed: Sum,
}

/// Settles the transactions of the activity with this identifier, in the order of the file.
pub(super) fn settle(identifier: &str, stated: Vec<Stated>, rates: &Rates) -> Settled {
    let values: Vec<Option<Money>> = stated.iter().map(Stated::value).collect();
    let left = corrected(&stated, &values);
    let names = references(identifier, &stated, &values);
    let mut settled = Settled::default();
    let chosen = choose(identifier, &stated, (values.as_slice(), left.as_slice()), rates, &mut settled);
    let mut excess: BTreeMap<(String, &str), (Sum, String)> = BTreeMap::new();
    let with_all = values.into_iter().zip(left).zip(names);
    for (transaction, ((value, left), name)) in stated.into_iter().zip(with_all) {
        let counts = chosen.get(&transaction.giver).filter(|(firmest, _)| *firmest == transaction.statement);
        settled.repeated += u64::from(counts.is_none());
        if let Some(value) = value.filter(|value| value.is_negative()) {
            if counts.is_some() && left < 0 {
                let currency = value.currency();
                let giver = giver_of(&transaction);
                let none = || (Sum { minor: 0, currency }, giver);
                excess.entry((transaction.giver, currency.code())).or_insert_with(none).0.minor -= left;
            }
            continue;
        }
        let Stated { pointer, mut record, .. } = transaction;
        record.set("external_ref", &name);
        let mut warnings = Vec::new();
        let stays = counts.is_some() && (left > 0 || value.is_none_or(|value| value.minor() == 0));
        settled.returned += u64::from(counts.is_some() && !stays);
        match value {
            Some(value) if stays => {
                let whole = Sum { minor: i128::from(value.minor()), currency: value.currency() };
                let rest = Sum { minor: left, ..whole };
                if rest != whole {
                    record.set("amount", &rest.number());
                    warnings.push(reduced(whole, rest));
                }
                warnings.extend(counts.and_then(|(_, beyond)| *beyond).map(paid_more));
            }
            Some(_) => {
                record.set("amount", "0");
                record.set("amount_usd", "0");
                warnings.push(counts_no_longer());
            }
            None => {}
        }
        settled.rows.push(Row { pointer, record, warnings, only_if_held: !stays });
    }
    settled.remarks.extend(excess.into_values().map(|(sum, giver)| {
        format!(
            "Corrections of {sum} are more than they can correct ({}, {giver}): left out.",
            shown(identifier)
        )
    }));
    settled
}

fn giver_of(transaction: &Stated) -> String {
    let named = transaction.record.text("donor").or_else(|| transaction.record.text("donor_ref"));
    shown(named.unwrap_or("no giver is named"))
}

fn reduced(whole: Sum, rest: Sum) -> FieldError {
    let by = Sum { minor: whole.minor - rest.minor, ..whole };
    let fault = FieldCode::Corrected.says(format!("is {rest}: {whole}, less corrections of {by}"));
    FieldError::new("/amount", fault.with("amount", by.number()).with("currency", by.currency.code()))
}

fn paid_more(Beyond { paid, committed }: Beyond) -> FieldError {
    let why = format!("payments of {paid} exceed the commitments of {committed}: the payments count");
    let fault = FieldCode::PaidMore.says(why).with("amount", paid.number());
    let fault = fault.with("committed", committed.number()).with("currency", paid.currency.code());
    FieldError::new("/amount", fault)
}

fn counts_no_longer() -> FieldError {
    let why = "is zero: the money was returned, or others state it by now";
    FieldError::new("/amount", FieldCode::CountsNoLonger.says(why))
}

/// What is left of each value, in minor units, once corrections are set off against the values of their type, giver and
/// currency: those of the same reference first. What stays below zero is more than there is to correct.
fn corrected(stated: &[Stated], values: &[Option<Money>]) -> Vec<i128> {
    let mut left: Vec<i128> =
        values.iter().map(|value| value.map_or(0, |value| i128::from(value.minor()))).collect();
    let mut groups: HashMap<(&str, &str, Currency), Vec<usize>> = HashMap::new();
    for (place, (transaction, value)) in stated.iter().zip(values).enumerate() {
        if let Some(value) = value {
            let group = (transaction.kind.as_str(), transaction.giver.as_str(), value.currency());
            groups.entry(group).or_default().push(place);
        }
    }
    for mut group in groups.into_values() {
        if group.iter().all(|place| left[*place] >= 0) {
            continue;
        }
        // What a day's corrections correct is stated by that day, wherever it stands in the file.
        group.sort_by_key(|place| (stated[*place].date.as_str(), left[*place] < 0, *place));
        let mut same: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for place in &group {
            let reference = stated[*place].reference.as_str();
            if !reference.is_empty() {
                same.entry(reference).or_default().push(*place);
            }
        }
        for places in same.into_values().chain([group]) {
            set_off(&mut left, &places);
        }
    }
    left
}

/// Sets corrections off against the amounts before them, the latest first, then against those after them, the earliest
/// first. The sum stays the same.
fn set_off(left: &mut [i128], places: &[usize]) {
    let mut before: Vec<usize> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    for &place in places {
        if left[place] > 0 {
            before.push(place);
        }
        while left[place] < 0
            && let Some(&latest) = before.last()
        {
            take(left, latest, place);
            if left[latest] == 0 {
                before.pop();
            }
        }
        if left[place] < 0 {
            open.push(place);
        }
    }
    let after: Vec<usize> = places.iter().copied().filter(|place| left[*place] > 0).collect();
    let mut after = after.into_iter().peekable();
    for place in open {
        while left[place] < 0
            && let Some(&earliest) = after.peek()
        {
            take(left, earliest, place);
            if left[earliest] == 0 {
                after.next();
            }
        }
    }
}

/// Takes as much of a correction as it can from an amount.
fn take(left: &mut [i128], amount: usize, correction: usize) {
    let part = left[amount].min(-left[correction]);
    left[amount] -= part;
    left[correction] += part;
}

/// Which statement of each giver counts.
fn choose(
    identifier: &str,
    stated: &[Stated],
    (values, left): (&[Option<Money>], &[i128]),
    rates: &Rates,
    settled: &mut Settled,
) -> HashMap<String, (Statement, Option<Beyond>)> {
    let mut givers: BTreeMap<&str, BTreeMap<Statement, Vec<usize>>> = BTreeMap::new();
    for (place, transaction) in stated.iter().enumerate() {
        let statements = givers.entry(transaction.giver.as_str()).or_default();
        statements.entry(transaction.statement).or_default().push(place);
    }
    let mut chosen = HashMap::new();
    for (giver, statements) in givers {
        let Some((&firmest, places)) = statements.last_key_value() else { continue };
        let paid = statements.get(&Statement::Paid).filter(|_| firmest == Statement::Committed);
        let readable = |paid: &&Vec<usize>| paid.iter().chain(places).all(|place| values[*place].is_some());
        let compared = paid.filter(readable).map(|paid| sums(stated, values, rates, paid, places));
        // Commitments that were taken back as a whole are less than any payment, whatever the currencies.
        let nothing = places.iter().all(|place| values[*place].is_some() && left[*place] <= 0);
        settled.not_compared += u64::from(matches!(compared, Some(None)) && !nothing);
        let beyond = compared.flatten().filter(|beyond| beyond.paid.minor > beyond.committed.minor);
        if let Some(Beyond { paid, committed }) = beyond {
            let giver = places.first().map(|place| giver_of(&stated[*place])).unwrap_or_default();
            settled.remarks.push(format!(
                "Payments of {paid} exceed the commitments of {committed} ({}, {giver}): the payments count.",
                shown(identifier)
            ));
        }
        let pays = beyond.is_some() || paid.is_some() && nothing;
        let statement = if pays { Statement::Paid } else { firmest };
        chosen.insert(giver.to_owned(), (statement, beyond));
    }
    chosen
}

/// What was paid and what was committed: in their currency where they have one, else in US dollars. Nothing where a rate is
/// missing.
fn sums(
    stated: &[Stated],
    values: &[Option<Money>],
    rates: &Rates,
    paid: &[usize],
    committed: &[usize],
) -> Option<Beyond> {
    let both = paid.iter().chain(committed).map(|place| values[*place].map(|value| value.currency()));
    let currencies = both.collect::<Option<HashSet<Currency>>>()?;
    let one = currencies.iter().next().copied().filter(|_| currencies.len() == 1);
    let minor = |place: &usize| -> Option<i128> {
        let value = values[*place]?;
        if one.is_some() { Some(i128::from(value.minor())) } else { stated[*place].in_dollars(value, rates) }
    };
    let currency = one.unwrap_or(Currency::USD);
    let paid: i128 = paid.iter().map(minor).sum::<Option<i128>>()?;
    let committed: i128 = committed.iter().map(minor).sum::<Option<i128>>()?;
    Some(Beyond { paid: Sum { minor: paid, currency }, committed: Sum { minor: committed, currency } })
}

/// What the contributions are called: by the identifier, the type and the transaction's own reference, else its place among
/// those of its type, which holds as long as the publisher only adds. References are not unique: those that share one are
/// numbered from the second on, in the order of their dates and contents, so that the order of the file means nothing. A
/// correction is no contribution and takes no number. Blank where the activity has no identifier.
fn references(identifier: &str, stated: &[Stated], values: &[Option<Money>]) -> Vec<String> {
    let mut names = vec![String::new(); stated.len()];
    if identifier.is_empty() {
        return names;
    }
    let mut places: HashMap<&str, u32> = HashMap::new();
    let mut groups: BTreeMap<(&str, String), Vec<usize>> = BTreeMap::new();
    for (index, (transaction, value)) in stated.iter().zip(values).enumerate() {
        let place = places.entry(transaction.kind.as_str()).or_default();
        *place += 1;
        if value.is_some_and(|value| value.is_negative()) {
            continue;
        }
        let own = match transaction.reference.as_str() {
            "" => format!("n{place}"),
            own => own.to_owned(),
        };
        groups.entry((transaction.kind.as_str(), own)).or_default().push(index);
    }
    for ((kind, own), group) in &groups {
        let mut group = group.clone();
        group.sort_by_key(|index| {
            let transaction = &stated[*index];
            let content = (transaction.text("amount"), transaction.text("currency"));
            (transaction.date.as_str(), content, transaction.giver.as_str(), *index)
        });
        let mut number = 1_u32;
        for (place, index) in group.into_iter().enumerate() {
            let mut called = own.clone();
            while place > 0 && groups.contains_key(&(*kind, called.clone())) {
                number += 1;
                called = format!("{own}#{number}");
            }
            names[index] = whole(identifier, kind, &called);
        }
    }
    names
}

/// A reference of at most [`MAX_REFERENCE_LENGTH`] characters.
fn whole(identifier: &str, kind: &str, own: &str) -> String {
    let whole = format!("{identifier}#{kind}#{own}");
    if whole.chars().count() <= MAX_REFERENCE_LENGTH {
        return whole;
    }
    let digest = hex::encode(&Sha256::digest(&whole)[..16]);
    let start: String = whole.chars().take(MAX_REFERENCE_LENGTH - digest.len() - 1).collect();
    format!("{start}~{digest}")
}

#[cfg(test)]
#[path = "settle_tests.rs"]
mod tests;
