//! IATI 2.0x activities: the transactions that say what we were promised, committed or paid.
//!
//! From our own file, and those of whoever received for us: incoming funds (1), commitments (11) and pledges (13). From a
//! donor's file: outgoing commitments (2), disbursements (3) and pledges (12) whose receiver we are. The rest is no
//! contribution to us. IATI states the same money as it is pledged, committed and paid; a contribution counts its own
//! amount, so of an activity only the firmest complete statement of each donor is taken: its commitments, else what was
//! paid, else its pledges.
//! Sources: iatistandard.org, codelists TransactionType, OrganisationType, EarmarkingCategory, version 2.03.

mod activity;

use super::{
    flow::Staged,
    format::{Found, Sink, not_what_it_says},
    record::Record,
    xml::{Node, Xml, attribute, cut},
};
use crate::exchange_rate::Rates;
use activity::{Activity, Organisation, Statement, Transaction};
use kernel::{FieldCode, Problem, fault, text::search_key};
use quick_xml::events::BytesStart;
use sha2::{Digest, Sha256};
use std::{collections::HashMap, io::Read};

/// Maximum length of the text of an element, in bytes; the rest is cut off.
const MAX_TEXT_BYTES: usize = 32 * 1024;
/// Maximum length to which a description is kept, in bytes: a title is repeated at each transaction of an activity.
const MAX_DESCRIPTION_BYTES: usize = 2000;
/// Maximum number of transactions of an activity.
const MAX_TRANSACTIONS: usize = 100_000;
/// Maximum length of a contribution's reference, in characters.
const MAX_REFERENCE_LENGTH: usize = 100;

/// Who we are in the file.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ours {
    /// The organisation's name.
    pub(crate) name: String,
    /// Its IATI organisation identifier, where the sender says so.
    pub(crate) identifier: Option<String>,
}

impl Ours {
    fn is(&self, organisation: &Organisation) -> bool {
        let named = organisation.reference.as_deref();
        let by_identifier =
            self.identifier.as_deref().zip(named).is_some_and(|(own, named)| own.eq_ignore_ascii_case(named));
        let key = search_key(&organisation.name);
        by_identifier || !key.is_empty() && key == search_key(&self.name)
    }
}

/// Reads the activities into `sink`.
///
/// # Errors
/// 400 when the file is no such XML, 422 when nothing in it is ours.
pub(super) fn parse(
    reader: impl Read,
    ours: &Ours,
    rates: &Rates,
    sink: &mut Sink,
) -> Result<Found, Problem> {
    let mut file = File { xml: Xml::new(reader), path: Vec::new(), text: String::new() };
    let (mut others, mut repeated, mut index) = (0_u64, 0_u64, 0_u64);
    while let Some(activity) = file.next_activity()? {
        let taken = take(&activity, ours);
        others += taken.others;
        repeated += taken.repeated;
        for (number, record) in taken.records {
            let pointer = format!("/iati-activity/{index}/transaction/{number}");
            sink.push_one_of_many(Staged::of_record(pointer, &record.priced(rates), Vec::new()))?;
        }
        index += 1;
    }
    if sink.count() == 0 && others > 0 {
        let why = format!(
            "holds {others} transactions, but none names {} as the one who receives: say your IATI organisation \
             identifier (receiver)",
            ours.name
        );
        let fault = FieldCode::NoReceiver.says(why).with("count", others).with("name", ours.name.as_str());
        return Err(Problem::invalid_field("/file", fault));
    }
    let note = (others + repeated > 0).then(|| {
        format!(
            "Left out: {others} transactions with others, {repeated} that state money once more (payments under a \
             commitment, pledges that became firm)."
        )
    });
    Ok(Found { columns: Vec::new(), note })
}

/// What an activity says of us.
struct Taken {
    records: Vec<(usize, Record)>,
    /// Transactions with others, or of kinds that are no contribution.
    others: u64,
    /// Transactions that state money which a firmer one states already.
    repeated: u64,
}

fn take(activity: &Activity, ours: &Ours) -> Taken {
    let (mut stated, mut others) = (Vec::new(), 0);
    for (number, transaction) in activity.transactions.iter().enumerate() {
        match activity.giver_of(transaction, |organisation| ours.is(organisation)) {
            Some((statement, donor)) => stated.push((number, statement, donor, transaction)),
            None => others += 1,
        }
    }
    let mut firmest: HashMap<String, Statement> = HashMap::new();
    for (_, statement, donor, _) in &stated {
        let held = firmest.entry(donor.key()).or_insert(*statement);
        *held = (*held).max(*statement);
    }
    let (mut records, mut repeated) = (Vec::new(), 0);
    let mut places: HashMap<&str, u32> = HashMap::new();
    for (number, statement, donor, transaction) in stated {
        let place = places.entry(transaction.kind.as_str()).or_default();
        *place += 1;
        if firmest.get(&donor.key()) == Some(&statement) {
            let reference = reference(activity, transaction, *place);
            records.push((number, record(activity, transaction, statement, donor, &reference)));
        } else {
            repeated += 1;
        }
    }
    Taken { records, others, repeated }
}

/// What the transaction is called: by its own reference, else by its place among those of its kind to us, which holds as
/// long as the publisher only adds.
fn reference(activity: &Activity, transaction: &Transaction, place: u32) -> String {
    let own = match transaction.reference.trim() {
        "" => format!("n{place}"),
        own => own.to_owned(),
    };
    let whole = format!("{}#{}#{own}", activity.identifier.trim(), transaction.kind);
    if activity.identifier.trim().is_empty() {
        return String::new();
    }
    if whole.chars().count() <= MAX_REFERENCE_LENGTH {
        return whole;
    }
    let digest = hex::encode(&Sha256::digest(&whole)[..16]);
    let start: String = whole.chars().take(MAX_REFERENCE_LENGTH - digest.len() - 1).collect();
    format!("{start}~{digest}")
}

fn record(
    activity: &Activity,
    transaction: &Transaction,
    statement: Statement,
    donor: &Organisation,
    reference: &str,
) -> Record {
    let mut record = Record::default();
    record.set("external_ref", reference);
    record.set("donor", &donor.name);
    record.set("donor_ref", donor.reference.as_deref().unwrap_or_default());
    record.set("donor_type", donor.donor_type().unwrap_or_default());
    record.set("status", statement.status());
    record.set("amount", &transaction.value);
    let currency = if transaction.currency.is_empty() { &activity.currency } else { &transaction.currency };
    record.set("currency", currency);
    let date_field = if statement == Statement::Paid { "flow_date" } else { "decision_date" };
    record.set(date_field, &transaction.date);
    let places = if transaction.countries.is_empty() { &activity.countries } else { &transaction.countries };
    record.set("countries", &places.join(";"));
    let category = transaction.earmarking.as_deref().or(activity.earmarking.as_deref());
    record.set("earmarking", category.unwrap_or_default());
    let description =
        if transaction.description.trim().is_empty() { &activity.title } else { &transaction.description };
    record.set("description", cut(description.trim(), MAX_DESCRIPTION_BYTES));
    record
}

struct File<R> {
    xml: Xml<R>,
    path: Vec<String>,
    text: String,
}

impl<R: Read> File<R> {
    /// The next activity; none after the last.
    fn next_activity(&mut self) -> Result<Option<Activity>, Problem> {
        let mut activity = Activity::default();
        loop {
            match self.xml.next()? {
                Node::Start(element) => {
                    let name = element.local_name().as_ref().to_owned();
                    if self.path.is_empty() {
                        check_root(&name, &element)?;
                    }
                    self.path.push(name);
                    self.text.clear();
                    self.begin(&mut activity, &element)?;
                }
                Node::Text(text) => {
                    self.text.push_str(cut(&text, MAX_TEXT_BYTES.saturating_sub(self.text.len())));
                }
                Node::End => {
                    let path: Vec<&str> = self.path.iter().skip(1).map(String::as_str).collect();
                    activity.end(&path, self.text.trim());
                    let ended = path == ["iati-activity"];
                    self.text.clear();
                    self.path.pop();
                    if ended {
                        return Ok(Some(activity));
                    }
                }
                Node::Eof => return Ok(None),
            }
        }
    }

    fn begin(&mut self, activity: &mut Activity, element: &BytesStart<'_>) -> Result<(), Problem> {
        let path: Vec<&str> = self.path.iter().skip(1).map(String::as_str).collect();
        let stated = |name: &str| attribute(element, name).map(Option::unwrap_or_default);
        match path.as_slice() {
            ["iati-activity"] => activity.currency = stated("default-currency")?,
            ["iati-activity", "reporting-org"] => activity.reporting = organisation(element)?,
            ["iati-activity", "participating-org"] => {
                // Role 1 is "funding" (codelist OrganisationRole).
                if stated("role")? == "1" && activity.funding.len() < 100 {
                    activity.funding.push(organisation(element)?);
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
                    "value" => transaction.currency = stated("currency")?,
                    "provider-org" => transaction.provider = Some(organisation(element)?),
                    "receiver-org" => transaction.receiver = Some(organisation(element)?),
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

fn check_root(name: &str, element: &BytesStart<'_>) -> Result<(), Problem> {
    if name != "iati-activities" {
        let why = format!("the file is not an IATI activities file: it begins with <{name}>");
        return Err(not_what_it_says(FieldCode::WrongFileFormat.says(why).with("expected", "IATI")));
    }
    let version = attribute(element, "version")?.unwrap_or_default();
    if !["2.01", "2.02", "2.03"].contains(&version.as_str()) {
        let why = format!("the file is IATI version \"{version}\": 2.01 to 2.03 are supported");
        let fault = FieldCode::UnsupportedVersion.says(why).with("version", fault::shown(&version));
        return Err(not_what_it_says(fault.with("expected", "2.01, 2.02, 2.03")));
    }
    Ok(())
}

fn organisation(element: &BytesStart<'_>) -> Result<Organisation, Problem> {
    Ok(Organisation {
        reference: attribute(element, "ref")?
            .map(|text| text.trim().to_owned())
            .filter(|text| !text.is_empty()),
        kind: attribute(element, "type")?.unwrap_or_default(),
        name: String::new(),
    })
}

#[cfg(test)]
mod tests;
