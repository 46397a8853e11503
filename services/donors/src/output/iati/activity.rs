//! An IATI 2.03 activity as this organisation publishes one. What the types make impossible needs no rule: a language,
//! a currency and a date beside every value, sectors and countries at the activity and not at its transactions, one code
//! of each aid-type vocabulary.

use chrono::{DateTime, NaiveDate, Utc};
use kernel::Money;
use locale::Language;

/// A text, in the activity's language unless another is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Narrative {
    pub(crate) language: Option<&'static str>,
    pub(crate) text: String,
}

impl Narrative {
    pub(crate) fn of(text: impl Into<String>) -> Self {
        Self { language: None, text: text.into() }
    }
}

/// An organisation as an activity names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Organisation {
    /// Its IATI organisation identifier, where it is known.
    pub(crate) reference: Option<String>,
    /// Codelist OrganisationType.
    pub(crate) kind: Option<String>,
    pub(crate) names: Vec<Narrative>,
}

/// A sector or a country and its part of the activity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Share {
    pub(crate) code: String,
    /// Hundredths of a percent; none where there is only one.
    pub(crate) percentage: Option<u32>,
}

/// Codelist ActivityStatus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Pipeline,
    Implementation,
    Finalisation,
    Closed,
}

impl Status {
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Status::Pipeline => "1",
            Status::Implementation => "2",
            Status::Finalisation => "3",
            Status::Closed => "4",
        }
    }
}

/// The first and the last day, as planned and as they were (codelist ActivityDateType, 1 to 4).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Dates {
    pub(crate) planned_start: Option<NaiveDate>,
    pub(crate) actual_start: Option<NaiveDate>,
    pub(crate) planned_end: Option<NaiveDate>,
    pub(crate) actual_end: Option<NaiveDate>,
}

/// Codes of the codelists FlowType, FinanceType and TiedStatus that hold for every transaction.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Defaults {
    pub(crate) flow_type: Option<String>,
    pub(crate) finance_type: Option<String>,
    pub(crate) tied_status: Option<String>,
}

/// Kinds of aid: the DAC's (vocabulary 1), and the Grand Bargain's earmarking category (2) and modality (3).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct AidTypes {
    pub(crate) dac: Option<String>,
    pub(crate) earmarking: Option<&'static str>,
    pub(crate) modality: Option<&'static str>,
}

impl AidTypes {
    /// Code and vocabulary of each that is there.
    pub(crate) fn codes(&self) -> impl Iterator<Item = (&str, &'static str)> {
        let codes = [(self.dac.as_deref(), "1"), (self.earmarking, "2"), (self.modality, "3")];
        codes.into_iter().filter_map(|(code, vocabulary)| Some((code?, vocabulary)))
    }
}

/// Money that is to come in.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Planned {
    /// Codelist BudgetType: whether it was changed since it was first agreed.
    pub(crate) revised: bool,
    pub(crate) start: NaiveDate,
    pub(crate) end: Option<NaiveDate>,
    pub(crate) value: Money,
}

/// What is agreed for a part of the activity's time: of at most a year, as the standard asks (ruleset 7.5.3, 8.6.3).
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Budget {
    /// Codelist BudgetType: whether it was changed since it was first agreed.
    pub(crate) revised: bool,
    pub(crate) start: NaiveDate,
    pub(crate) end: NaiveDate,
    pub(crate) value: Money,
}

/// What comes in, or is handed on (codelist TransactionType).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    Funds,
    Disbursement,
    Commitment,
    Pledge,
}

impl Flow {
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Flow::Funds => "1",
            Flow::Disbursement => "3",
            Flow::Commitment => "11",
            Flow::Pledge => "13",
        }
    }
}

/// Who provides the money of a transaction, where that is not the donor of the activity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Provider {
    pub(crate) organisation: Organisation,
    /// The identifier of the activity that it comes from.
    pub(crate) activity: Option<String>,
}

/// Money promised, committed, received or handed on.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Transaction {
    /// The record's id, where the transaction is one.
    pub(crate) reference: Option<String>,
    pub(crate) flow: Flow,
    pub(crate) date: NaiveDate,
    pub(crate) value: Money,
    pub(crate) value_date: NaiveDate,
    pub(crate) description: Option<String>,
    /// Where they are not the activity's.
    pub(crate) aid_types: Option<AidTypes>,
    /// Where it is not the donor of the activity.
    pub(crate) provider: Option<Provider>,
}

/// An activity.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Activity {
    pub(crate) identifier: String,
    pub(crate) updated_at: DateTime<Utc>,
    pub(crate) language: Language,
    pub(crate) currency: &'static str,
    /// The organisation: it reports, carries out and receives.
    pub(crate) reporting: Organisation,
    pub(crate) contact_email: Option<String>,
    /// The donor: it funds and provides.
    pub(crate) donor: Organisation,
    pub(crate) title: Vec<Narrative>,
    pub(crate) description: Vec<Narrative>,
    pub(crate) status: Status,
    pub(crate) dates: Dates,
    pub(crate) countries: Vec<Share>,
    /// Given for the developing world, or a wide part of it, without a country: region 998 of the DAC.
    pub(crate) worldwide: bool,
    /// DAC purpose codes (vocabulary 1).
    pub(crate) sectors: Vec<Share>,
    pub(crate) defaults: Defaults,
    pub(crate) aid_types: AidTypes,
    /// By time, without gaps.
    pub(crate) budgets: Vec<Budget>,
    pub(crate) planned: Vec<Planned>,
    pub(crate) transactions: Vec<Transaction>,
}
