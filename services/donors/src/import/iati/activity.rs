//! An activity and its transactions, as far as contributions need them.
use kernel::Earmarking;

/// An organisation as a file names it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Organisation {
    /// Its IATI organisation identifier.
    pub(super) reference: Option<String>,
    /// Its kind (codelist OrganisationType).
    pub(super) kind: String,
    /// Its name, in the first language given.
    pub(super) name: String,
}

impl Organisation {
    /// The same for the same organisation.
    pub(super) fn key(&self) -> String {
        self.reference.clone().unwrap_or_else(|| kernel::text::search_key(&self.name))
    }

    /// The donor type that goes with its kind, where one does.
    pub(super) fn donor_type(&self) -> Option<&'static str> {
        match self.kind.as_str() {
            "10" | "11" | "15" => Some("government"),
            "40" => Some("intergovernmental"),
            "21" | "22" | "23" | "24" | "80" => Some("civil_society"),
            "60" | "70" | "71" | "72" | "73" => Some("private_sector"),
            _ => None,
        }
    }

    fn is_named(&self) -> bool {
        self.reference.is_some() || !self.name.is_empty()
    }
}

/// What a transaction states, the firmest last: what is committed is the whole, what is paid a part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Statement {
    Pledged,
    Paid,
    Committed,
}

impl Statement {
    /// As a contribution calls it.
    pub(super) fn status(self) -> &'static str {
        match self {
            Self::Pledged => "pledge",
            Self::Paid => "paid",
            Self::Committed => "commitment",
        }
    }
}

/// A transaction as in the file.
#[derive(Debug, Default)]
pub(super) struct Transaction {
    pub(super) reference: String,
    /// Codelist TransactionType.
    pub(super) kind: String,
    pub(super) date: String,
    pub(super) value: String,
    /// Whose exchange rate the value takes; that of the transaction where it is not stated.
    pub(super) value_date: String,
    /// Of the value; the activity's where it is not stated.
    pub(super) currency: String,
    pub(super) provider: Option<Organisation>,
    pub(super) receiver: Option<Organisation>,
    /// ISO 3166-1 alpha-3 codes, or what the file has instead.
    pub(super) countries: Vec<String>,
    pub(super) earmarking: Option<String>,
    pub(super) description: String,
}

impl Transaction {
    pub(super) fn add_country(&mut self, iso2: &str) {
        add_country(&mut self.countries, iso2);
    }
}

/// An activity.
#[derive(Debug, Default)]
pub(super) struct Activity {
    pub(super) identifier: String,
    pub(super) title: String,
    pub(super) currency: String,
    pub(super) reporting: Organisation,
    /// Those that fund it.
    pub(super) funding: Vec<Organisation>,
    /// Whether the participant that was read last is another than a funding one.
    pub(super) other_participant: bool,
    pub(super) countries: Vec<String>,
    pub(super) earmarking: Option<String>,
    pub(super) transactions: Vec<Transaction>,
}

impl Activity {
    /// What a transaction states of us and who gives; nothing when it is none of ours.
    pub(super) fn giver_of<'a>(
        &'a self,
        transaction: &'a Transaction,
        is_ours: impl Fn(&Organisation) -> bool,
    ) -> Option<(Statement, &'a Organisation)> {
        let (statement, incoming) = match transaction.kind.as_str() {
            "1" => (Statement::Paid, true),
            "11" => (Statement::Committed, true),
            "13" => (Statement::Pledged, true),
            "2" => (Statement::Committed, false),
            "3" => (Statement::Paid, false),
            "12" => (Statement::Pledged, false),
            _ => return None,
        };
        let named =
            |organisation: &'a Option<Organisation>| organisation.as_ref().filter(|org| org.is_named());
        let receiver = named(&transaction.receiver).or(incoming.then_some(&self.reporting))?;
        let funding = if let [one] = self.funding.as_slice() { Some(one) } else { None };
        let otherwise = if incoming { funding } else { Some(&self.reporting) };
        let unnamed = &UNNAMED_ORGANISATION;
        let donor = named(&transaction.provider).or(otherwise).unwrap_or(unnamed);
        (is_ours(receiver) && !is_ours(donor)).then_some((statement, donor))
    }

    /// An element has ended; `text` is what stood in it.
    pub(super) fn end(&mut self, path: &[&str], text: &str) {
        let name = |organisation: &mut Organisation| {
            if organisation.name.is_empty() {
                organisation.name = on_one_line(text);
            }
        };
        match path {
            ["iati-activity", "iati-identifier"] => self.identifier = text.to_owned(),
            ["iati-activity", "title", "narrative"] if self.title.is_empty() => {
                self.title = text.to_owned();
            }
            ["iati-activity", "reporting-org", "narrative"] => name(&mut self.reporting),
            ["iati-activity", "participating-org", "narrative"] if !self.other_participant => {
                self.funding.last_mut().into_iter().for_each(name);
            }
            ["iati-activity", "participating-org"] => self.other_participant = false,
            ["iati-activity", "transaction", part @ ..] => {
                let Some(transaction) = self.transactions.last_mut() else { return };
                match part {
                    ["value"] => transaction.value = text.to_owned(),
                    ["provider-org", "narrative"] => transaction.provider.iter_mut().for_each(name),
                    ["receiver-org", "narrative"] => transaction.receiver.iter_mut().for_each(name),
                    ["description", "narrative"] if transaction.description.is_empty() => {
                        transaction.description = text.to_owned();
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }

    pub(super) fn add_country(&mut self, iso2: &str) {
        add_country(&mut self.countries, iso2);
    }
}

/// A name with one blank between its words: programs that indent a file wrap its texts.
fn on_one_line(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}

static UNNAMED_ORGANISATION: Organisation =
    Organisation { reference: None, kind: String::new(), name: String::new() };

/// Adds the country of an alpha-2 code; one that is unknown stays as it is, for the row to name it.
fn add_country(countries: &mut Vec<String>, iso2: &str) {
    let code = iso2.trim().to_uppercase();
    let known = kernel::country::all().iter().find(|country| country.iso2 == code);
    if !code.is_empty() && countries.len() < 250 {
        countries.push(known.map_or(code, |country| country.iso3.clone()));
    }
}

/// The Grand Bargain category of an aid type, where it is one (vocabulary 2, codelist EarmarkingCategory).
pub(super) fn earmarking(vocabulary: &str, code: &str) -> Option<String> {
    let place = code.parse::<usize>().ok()?.checked_sub(1)?;
    let category = Earmarking::ALL.get(place).filter(|_| vocabulary == "2")?;
    Some(category.to_string())
}
