//! IATI 2.0x activities: the transactions that say what we were promised, committed or paid.
//!
//! From our own file, and those of whoever received for us: incoming funds (1), commitments (11) and pledges (13). From a
//! donor's file: outgoing commitments (2), disbursements (3) and pledges (12) whose receiver we are. The rest is no
//! contribution to us. What those of an activity come to is in `settle.rs`: an activity whose identifier stands several times
//! is one activity, so a file is read twice, first for its identifiers.
//! Sources: iatistandard.org, codelists TransactionType, OrganisationType, EarmarkingCategory, version 2.03.

mod activity;
mod settle;
mod space;

use super::{
    flow::Staged,
    format::{Found, Reading, Sink, not_what_it_says},
    record::{Record, UNMAPPED_TYPE},
    seen::Seen,
    spool,
    xml::{Node, Xml, cut},
};
use crate::{contribution::recipient::Us, exchange_rate::Rates};
use activity::{Activity, Organisation, Statement, Transaction};
use kernel::{FieldCode, Problem, fault, text::search_key};
use quick_xml::events::BytesStart;
use settle::{Row, Stated, settle};
use space::Namespaces;
use std::{
    collections::BTreeMap,
    fs::File,
    io::{Read, Seek},
};

/// Maximum length of the text of an element, in bytes; the rest is cut off.
const MAX_TEXT_BYTES: usize = 32 * 1024;
/// Maximum length to which a description is kept, in bytes: a title is repeated at each transaction of an activity.
const MAX_DESCRIPTION_BYTES: usize = 2000;
/// Maximum number of transactions of an activity, and of those of ours that wait for the rest of theirs.
const MAX_TRANSACTIONS: usize = 100_000;
/// Maximum number of remarks in the message of an import.
const MAX_REMARKS: usize = 8;

/// Who we are in the file.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ours {
    /// The organisation's name.
    pub(crate) name: String,
    /// The names under which it receives money.
    pub(crate) us: Us,
    /// Its IATI organisation identifier, where the sender says so.
    pub(crate) identifier: Option<String>,
}

impl Ours {
    fn is(&self, organisation: &Organisation) -> bool {
        let named = organisation.reference.as_deref();
        let by_identifier =
            self.identifier.as_deref().zip(named).is_some_and(|(own, named)| own.eq_ignore_ascii_case(named));
        let key = search_key(&organisation.name);
        let by_name = !key.is_empty() && key == search_key(&self.name);
        by_identifier || by_name || self.us.is_called(&organisation.name)
    }
}

/// Reads the activities into `sink`.
///
/// # Errors
/// 400 when the file is no such XML, 422 when nothing in it is ours, 503 when there is no room for it.
pub(super) fn parse(reader: impl Read, reading: &Reading, sink: &mut Sink) -> Result<Found, Problem> {
    let mut file = spool::unnamed(reader, &reading.spool)?;
    let occurrences = occurrences(&file)?;
    file.rewind().map_err(spool::unwritten)?;
    let mut found = Contributions { rates: &reading.rates, sink, tally: Tally::default() };
    let mut waiting: BTreeMap<String, (u32, Vec<Stated>)> = BTreeMap::new();
    let (mut activities, mut index, mut held) = (Activities::new(&file), 0_u64, 0);
    while let Some(activity) = activities.next()? {
        let stated = found.tally.ours_of(&activity, index, &reading.ours);
        index += 1;
        let all = occurrences.get(activity.identifier.as_str()).copied().unwrap_or(1);
        if all == 1 || activity.identifier.is_empty() {
            found.add(&activity.identifier, stated)?;
            continue;
        }
        held += stated.len();
        if held > MAX_TRANSACTIONS {
            let why =
                format!("activities whose identifiers repeat have more than {MAX_TRANSACTIONS} transactions");
            let fault = FieldCode::TooMany.says(why).with("max", MAX_TRANSACTIONS);
            return Err(Problem::invalid_field("/file", fault));
        }
        let (so_far, together) = waiting.entry(activity.identifier.clone()).or_default();
        *so_far += 1;
        together.extend(stated);
        if *so_far == all
            && let Some((_, together)) = waiting.remove(&activity.identifier)
        {
            held -= together.len();
            found.add(&activity.identifier, together)?;
        }
    }
    // Two identifiers may share a fingerprint: then neither stands as often as was counted.
    for (identifier, (_, together)) in waiting {
        found.add(&identifier, together)?;
    }
    Ok(Found { columns: Vec::new(), note: found.tally.note(&reading.ours)? })
}

/// How often each identifier stands in the file.
fn occurrences(file: &File) -> Result<Seen<u32>, Problem> {
    let mut occurrences = Seen::default();
    let mut activities = Activities::new(file);
    while let Some(activity) = activities.next()? {
        let identifier = activity.identifier.as_str();
        let before = occurrences.get(identifier).copied().unwrap_or(0_u32);
        occurrences.insert(identifier, before.saturating_add(1));
    }
    Ok(occurrences)
}

/// The contributions of a file on their way into the sink.
struct Contributions<'a> {
    rates: &'a Rates,
    sink: &'a mut Sink,
    tally: Tally,
}

impl Contributions<'_> {
    /// Adds those of an activity.
    fn add(&mut self, identifier: &str, stated: Vec<Stated>) -> Result<(), Problem> {
        let settled = settle(identifier, stated, self.rates);
        self.tally.repeated += settled.repeated;
        self.tally.returned += settled.returned;
        self.tally.not_compared += settled.not_compared;
        let room = MAX_REMARKS.saturating_sub(self.tally.remarks.len());
        self.tally.more_remarks += settled.remarks.len().saturating_sub(room);
        self.tally.remarks.extend(settled.remarks.into_iter().take(room));
        for Row { pointer, record, warnings, only_if_held } in settled.rows {
            let mut row = Staged::of_record(pointer, &record.priced(self.rates), Vec::new());
            // What counts no longer refuses no file.
            if only_if_held && !row.errors.is_empty() {
                continue;
            }
            row.only_if_held = only_if_held;
            row.warnings.extend(warnings);
            self.sink.push_one_of_many(row)?;
        }
        Ok(())
    }
}

/// What a file has besides contributions.
#[derive(Default)]
struct Tally {
    /// Transactions in which we receive.
    ours: usize,
    /// Transactions with others, or of kinds that are no contribution.
    others: u64,
    /// Transactions that state money which others state already.
    repeated: u64,
    /// Transactions that corrections set off in full.
    returned: u64,
    /// Givers whose payments could not be compared with their commitments.
    not_compared: u64,
    remarks: Vec<String>,
    /// Remarks beyond [`MAX_REMARKS`].
    more_remarks: usize,
}

impl Tally {
    /// The transactions of an activity in which we receive; `index` is its place in the file.
    fn ours_of(&mut self, activity: &Activity, index: u64, ours: &Ours) -> Vec<Stated> {
        let mut stated = Vec::new();
        for (number, transaction) in activity.transactions.iter().enumerate() {
            match activity.giver_of(transaction, |organisation| ours.is(organisation)) {
                Some((statement, donor)) => stated.push(Stated {
                    pointer: format!("/iati-activity/{index}/transaction/{number}"),
                    kind: transaction.kind.clone(),
                    statement,
                    reference: transaction.reference.clone(),
                    giver: donor.key(),
                    date: transaction.date.clone(),
                    record: record(activity, transaction, statement, donor),
                }),
                None => self.others += 1,
            }
        }
        self.ours += stated.len();
        stated
    }

    /// What the sender should know of the file.
    ///
    /// # Errors
    /// 422 when it has transactions, but none of ours.
    fn note(&self, ours: &Ours) -> Result<Option<String>, Problem> {
        let Self { others, repeated, returned, not_compared, more_remarks, .. } = self;
        if self.ours == 0 && *others > 0 {
            let why = format!(
                "holds {others} transactions, but none names {} as the one who receives: say your IATI organisation \
                 identifier (receiver)",
                ours.name
            );
            let fault =
                FieldCode::NoReceiver.says(why).with("count", *others).with("name", ours.name.as_str());
            return Err(Problem::invalid_field("/file", fault));
        }
        let mut notes = Vec::new();
        if others + repeated > 0 {
            notes.push(format!(
                "Left out: {others} transactions with others, {repeated} that state money once more (payments under a \
                 commitment, commitments that payments exceed, pledges that became firm)."
            ));
        }
        if *returned > 0 {
            notes.push(format!(
                "{returned} transactions count for nothing: corrections set them off in full."
            ));
        }
        notes.extend(self.remarks.iter().cloned());
        if *more_remarks > 0 {
            notes.push(format!("{more_remarks} more remarks of this kind."));
        }
        if *not_compared > 0 {
            notes.push(format!(
                "Payments of {not_compared} givers could not be compared with their commitments for want of exchange \
                 rates: the commitments count."
            ));
        }
        Ok((!notes.is_empty()).then(|| notes.join(" ")))
    }
}

/// The contribution of a transaction, without a reference.
fn record(
    activity: &Activity,
    transaction: &Transaction,
    statement: Statement,
    donor: &Organisation,
) -> Record {
    let mut record = Record::default();
    record.set("donor", &donor.name);
    record.set("donor_ref", donor.reference.as_deref().unwrap_or_default());
    match donor.donor_type() {
        Some(donor_type) => record.set("donor_type", donor_type),
        None => record.set(UNMAPPED_TYPE, &donor.kind),
    }
    record.set("status", statement.status());
    record.set("amount", &transaction.value);
    let currency = if transaction.currency.is_empty() { &activity.currency } else { &transaction.currency };
    record.set("currency", currency);
    let date_field = if statement == Statement::Paid { "flow_date" } else { "decision_date" };
    record.set(date_field, &transaction.date);
    // The date of the value decides on the rate alone.
    if currency != "USD" && transaction.value_date != transaction.date {
        record.set("value_date", &transaction.value_date);
    }
    let places = if transaction.countries.is_empty() { &activity.countries } else { &transaction.countries };
    record.set("countries", &places.join(";"));
    let category = transaction.earmarking.as_deref().or(activity.earmarking.as_deref());
    record.set("earmarking", category.unwrap_or_default());
    let description =
        if transaction.description.trim().is_empty() { &activity.title } else { &transaction.description };
    record.set("description", cut(description.trim(), MAX_DESCRIPTION_BYTES));
    record
}

/// The activities of a file, one after the other.
struct Activities<R> {
    xml: Xml<R>,
    names: Namespaces,
    path: Vec<String>,
    text: String,
    /// How many elements are open that are not IATI's own, or stand in one that is not.
    foreign: usize,
}

impl<R: Read> Activities<R> {
    fn new(source: R) -> Self {
        let (xml, names) = (Xml::new(source), Namespaces::new());
        Self { xml, names, path: Vec::new(), text: String::new(), foreign: 0 }
    }

    /// The next activity; none after the last.
    fn next(&mut self) -> Result<Option<Activity>, Problem> {
        let mut activity = Activity::default();
        loop {
            match self.xml.next()? {
                Node::Start(element) => {
                    if self.foreign > 0 || !self.names.enter(&element)? {
                        self.foreign += 1;
                        continue;
                    }
                    let name = element.local_name().into_inner().to_owned();
                    if self.path.is_empty() {
                        check_root(&name, self.names.attribute(&element, "version")?)?;
                    }
                    self.path.push(name);
                    self.text.clear();
                    self.begin(&mut activity, &element)?;
                }
                Node::Text(_) if self.foreign > 0 => {}
                Node::Text(text) => {
                    self.text.push_str(cut(&text, MAX_TEXT_BYTES.saturating_sub(self.text.len())));
                }
                Node::End if self.foreign > 0 => {
                    self.foreign -= 1;
                    if self.foreign == 0 {
                        self.names.leave();
                    }
                }
                Node::End => {
                    let path: Vec<&str> = self.path.iter().skip(1).map(String::as_str).collect();
                    activity.end(&path, self.text.trim());
                    let ended = path == ["iati-activity"];
                    self.text.clear();
                    self.path.pop();
                    self.names.leave();
                    if ended {
                        return Ok(Some(activity));
                    }
                }
                Node::Eof => return Ok(None),
            }
        }
    }

    fn begin(&self, activity: &mut Activity, element: &BytesStart<'_>) -> Result<(), Problem> {
        let path: Vec<&str> = self.path.iter().skip(1).map(String::as_str).collect();
        let stated = |name: &str| -> Result<String, Problem> {
            Ok(self.names.attribute(element, name)?.unwrap_or_default().trim().to_owned())
        };
        let organisation = || -> Result<Organisation, Problem> {
            Ok(Organisation {
                reference: Some(stated("ref")?).filter(|text| !text.is_empty()),
                kind: stated("type")?,
                name: String::new(),
            })
        };
        match path.as_slice() {
            ["iati-activity"] => activity.currency = stated("default-currency")?,
            ["iati-activity", "reporting-org"] => activity.reporting = organisation()?,
            ["iati-activity", "participating-org"] => {
                // Role 1 is "funding" (codelist OrganisationRole).
                if stated("role")? == "1" && activity.funding.len() < 100 {
                    activity.funding.push(organisation()?);
                } else {
                    activity.other_participant = true;
                }
            }
            ["iati-activity", "recipient-country"] => activity.add_country(&stated("code")?),
            ["iati-activity", "default-aid-type"] => {
                let (vocabulary, code) = (stated("vocabulary")?, stated("code")?);
                activity.earmarking = activity::earmarking(&vocabulary, &code).or(activity.earmarking.take());
            }
            ["iati-activity", "transaction"] => {
                if activity.transactions.len() == MAX_TRANSACTIONS {
                    let why = format!("an activity has more than {MAX_TRANSACTIONS} transactions");
                    let fault = FieldCode::TooMany.says(why).with("max", MAX_TRANSACTIONS);
                    return Err(Problem::invalid_field("/file", fault));
                }
                activity
                    .transactions
                    .push(Transaction { reference: stated("ref")?, ..Transaction::default() });
            }
            ["iati-activity", "transaction", part] => {
                let Some(transaction) = activity.transactions.last_mut() else { return Ok(()) };
                match *part {
                    "transaction-type" => transaction.kind = stated("code")?,
                    "transaction-date" => transaction.date = stated("iso-date")?,
                    "value" => {
                        transaction.currency = stated("currency")?;
                        transaction.value_date = stated("value-date")?;
                    }
                    "provider-org" => transaction.provider = Some(organisation()?),
                    "receiver-org" => transaction.receiver = Some(organisation()?),
                    "recipient-country" => transaction.add_country(&stated("code")?),
                    "aid-type" => {
                        let (vocabulary, code) = (stated("vocabulary")?, stated("code")?);
                        let category = activity::earmarking(&vocabulary, &code);
                        transaction.earmarking = category.or(transaction.earmarking.take());
                    }
                    _ => {}
                }
            }
            _ => {}
        }
        Ok(())
    }
}

fn check_root(name: &str, version: Option<String>) -> Result<(), Problem> {
    if name != "iati-activities" {
        let why = format!("the file is not an IATI activities file: it begins with <{name}>");
        return Err(not_what_it_says(FieldCode::WrongFileFormat.says(why).with("expected", "IATI")));
    }
    let version = version.unwrap_or_default();
    if !["2.01", "2.02", "2.03"].contains(&version.as_str()) {
        let why = format!("the file is IATI version \"{version}\": 2.01 to 2.03 are supported");
        let fault = FieldCode::UnsupportedVersion.says(why).with("version", fault::shown(&version));
        return Err(not_what_it_says(fault.with("expected", "2.01, 2.02, 2.03")));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
