//! What a row of any format says, once it has been read and holds.

use super::record::Record;
use crate::exchange_rate::Rates;
use chrono::NaiveDate;
use events::FlowObject;
use kernel::{
    ContributionStatus, ContributionType, DonorId, DonorType, Earmarking, Fault, FieldCode, FieldError,
    Money, Visibility,
};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Maximum length of a name by which a source calls a donor, in characters: one less than that of a reference.
const MAX_CALLED_LENGTH: usize = 99;

/// Why a row does not hold: what it calls itself, and everything that is wrong with it.
pub(crate) type Refused = (Option<String>, Vec<FieldError>);

/// A row that holds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Flow {
    /// Its name in the source.
    pub(crate) id: String,
    /// The version the source gives it; 0 where the source counts none.
    pub(crate) version: i64,
    /// SHA-256 over everything that belongs to the flow.
    pub(crate) fingerprint: [u8; 32],
    pub(crate) donor_ref: Option<DonorRef>,
    pub(crate) status: ContributionStatus,
    pub(crate) amount_usd: i64,
    pub(crate) original: Option<Money>,
    /// Units of the original currency per US dollar.
    pub(crate) exchange_rate: Option<String>,
    pub(crate) exchange_rate_date: Option<NaiveDate>,
    pub(crate) exchange_rate_source: Option<String>,
    pub(crate) decision_date: Option<NaiveDate>,
    pub(crate) flow_date: Option<NaiveDate>,
    pub(crate) first_reported_date: Option<NaiveDate>,
    pub(crate) budget_year: Option<i32>,
    pub(crate) usage_years: String,
    pub(crate) countries: String,
    pub(crate) new_money: bool,
    pub(crate) contribution_type: ContributionType,
    pub(crate) method: Option<String>,
    pub(crate) earmarking: Option<Earmarking>,
    pub(crate) keywords: Vec<String>,
    pub(crate) parent_ref: Option<String>,
    pub(crate) child_refs: String,
    /// What the row says of who may see it; what it does not say stays as it is.
    pub(crate) visibility: Option<Visibility>,
    /// The agreement's reference.
    pub(crate) agreement: Option<String>,
    /// The response plans that the row names, as it names them; when it names none they stay as they are. Those of FTS are
    /// destinations.
    pub(crate) plans: Vec<String>,
    pub(crate) description: Option<String>,
    pub(crate) source_objects: Vec<FlowObject>,
    pub(crate) destination_objects: Vec<FlowObject>,
    /// What has no field of its own here, as the source gave it.
    pub(crate) detail: Map<String, Value>,
    /// Fields for which its table has no column: of these the row says nothing.
    pub(crate) silent: BTreeSet<&'static str>,
    pub(crate) warnings: Vec<FieldError>,
}

/// The donor that a row names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DonorRef {
    pub(crate) id: Option<DonorId>,
    /// What the source calls the donor.
    pub(crate) reference: Option<String>,
    pub(crate) name: Option<String>,
    /// With it, a donor that the registry does not know is recorded.
    pub(crate) donor_type: Option<DonorType>,
    /// The IATI organisation type that the file states, where no donor type goes with it.
    pub(crate) unmapped_type: Option<String>,
}

impl DonorRef {
    /// The same for rows that mean the same donor.
    pub(crate) fn key(&self) -> String {
        match (self.id, &self.reference) {
            (Some(id), _) => format!("id {id}"),
            (None, Some(reference)) => format!("ref {reference}"),
            (None, None) => {
                format!("name {} {}", self.search(), self.donor_type.map_or("", DonorType::as_str))
            }
        }
    }

    /// The name by which the source calls the donor, where it has no reference: a decision on it is remembered so, in
    /// whatever case and with whatever accents it is written later. It begins with a blank, as no reference of a source does:
    /// a reference may be the name of another donor.
    pub(crate) fn called_by_name(&self) -> Option<String> {
        let name = Some(self.search()).filter(|_| self.id.is_none() && self.reference.is_none());
        let name = name.filter(|name| !name.is_empty() && name.chars().count() <= MAX_CALLED_LENGTH);
        name.map(|name| format!(" {name}"))
    }

    /// The name as the registry is searched for it.
    pub(crate) fn search(&self) -> String {
        self.name.as_deref().map(kernel::text::search_key).unwrap_or_default()
    }
}

/// What a row names: its donor, the reference of its agreement, its plans.
pub(crate) struct Names {
    pub(crate) donor: DonorRef,
    pub(crate) agreement: Option<String>,
    pub(crate) plans: Vec<String>,
}

/// A row of the file, validated.
pub(crate) struct Staged {
    /// Where in the file.
    pub(crate) pointer: String,
    /// What is kept until it is applied.
    pub(crate) raw: String,
    pub(crate) external_ref: Option<String>,
    /// Version and fingerprint of a row that holds.
    pub(crate) content: Option<(i64, [u8; 32])>,
    /// What has to be looked up before it is valid.
    pub(crate) names: Option<Names>,
    /// When it was paid, where it is a payment with a date.
    pub(crate) paid_on: Option<NaiveDate>,
    /// Whether it only matters where an earlier import made a contribution of it, which counts no longer.
    pub(crate) only_if_held: bool,
    /// Whether it is a row of a table whose amount is zero.
    pub(crate) is_zero: bool,
    pub(crate) errors: Vec<FieldError>,
    pub(crate) warnings: Vec<FieldError>,
}

impl Staged {
    /// Whether nothing is wrong with it but that its donor is not in the registry, and nobody has said what it is.
    pub(crate) fn is_undecided(&self) -> bool {
        matches!(self.errors.as_slice(), [only] if is_undecided(only))
    }

    /// A row of named fields. `wrong` is what was wrong before they could be read.
    pub(crate) fn of_record(pointer: String, record: &Record, wrong: Vec<FieldError>) -> Self {
        match record.read(wrong) {
            Ok(flow) => Self {
                pointer,
                raw: record.to_text(),
                content: Some((flow.version, flow.fingerprint)),
                external_ref: Some(flow.id),
                paid_on: flow.flow_date.filter(|_| flow.status == ContributionStatus::Paid),
                names: flow.donor_ref.map(|donor| Names {
                    donor,
                    agreement: flow.agreement,
                    plans: flow.plans,
                }),
                only_if_held: false,
                is_zero: false,
                errors: Vec::new(),
                warnings: flow.warnings,
            },
            Err(refused) => Self::refused(pointer, refused),
        }
    }

    /// A row of a table, with the organisation's rates.
    pub(crate) fn of_table(pointer: String, record: Record, rates: &Rates, wrong: Vec<FieldError>) -> Self {
        let record = record.priced(rates);
        let mut staged = Self::of_record(pointer, &record, wrong);
        staged.is_zero = record.is_zero();
        if staged.errors.is_empty() {
            staged.warnings.extend(record.far_from_month(rates));
        }
        staged
    }

    /// An amount of zero is a correction, where an earlier import made a contribution of the row; anywhere else it is none, as
    /// for whoever records a contribution.
    pub(crate) fn weigh_zero(&mut self, is_held: bool) {
        if !self.is_zero {
            return;
        }
        if !is_held {
            self.errors.push(FieldError::new("/amount", Fault::not_above_zero()));
        } else if self.errors.is_empty() {
            let why = "is zero: the contribution counts no longer";
            self.warnings.push(FieldError::new("/amount", FieldCode::CountsNoLonger.says(why)));
        }
    }

    pub(crate) fn refused(pointer: String, (external_ref, errors): Refused) -> Self {
        Self {
            pointer,
            raw: String::new(),
            external_ref,
            content: None,
            names: None,
            paid_on: None,
            only_if_held: false,
            is_zero: false,
            errors,
            warnings: Vec::new(),
        }
    }
}

/// Whether a row is refused because its donor, which has a name, is not in the registry: that can be decided on.
pub(crate) fn is_undecided(error: &FieldError) -> bool {
    error.code == FieldCode::NotInRegistry && error.pointer == "/donor"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn donor_ref(name: &str, reference: Option<&str>) -> DonorRef {
        let (name, reference) = (Some(name.to_owned()), reference.map(str::to_owned));
        DonorRef { id: None, reference, name, donor_type: None, unmapped_type: None }
    }

    #[test]
    fn a_name_that_is_remembered_is_no_reference() {
        let called = |name: &str, reference| donor_ref(name, reference).called_by_name();
        assert_eq!(called("NORWÉGEN", None).as_deref(), Some(" norwegen"));
        assert_eq!(called("Norwegen", Some("norwegen")), None);
        assert_eq!(called(&"x".repeat(99), None).map(|name| name.len()), Some(100));
        assert_eq!(called(&"x".repeat(100), None), None);
    }

    #[test]
    fn an_amount_of_zero_corrects_what_is_held_and_is_nothing_new() {
        let of = |amount: &str, is_held: bool| {
            let mut record = Record::default();
            for (field, text) in [
                ("external_ref", "G-1"),
                ("donor", "Testland"),
                ("status", "paid"),
                ("amount", amount),
                ("currency", "USD"),
            ] {
                record.set(field, text);
            }
            let mut row = Staged::of_table("/lines/2".to_owned(), record, &Rates::default(), Vec::new());
            row.weigh_zero(is_held);
            let codes = |errors: &[FieldError]| errors.iter().map(|error| error.code).collect::<Vec<_>>();
            (codes(&row.errors), codes(&row.warnings))
        };
        for zero in ["0", "0.00", "-0"] {
            assert_eq!(of(zero, false), (vec![FieldCode::NotAboveZero], vec![]), "{zero}");
            assert_eq!(of(zero, true), (vec![], vec![FieldCode::CountsNoLonger]), "{zero}");
        }
        assert_eq!(of("0.01", false), (vec![], vec![]));
        assert_eq!(of("-5", true), (vec![FieldCode::NegativeRow], vec![]));
    }

    #[test]
    fn a_row_waits_for_a_decision_when_nothing_else_is_wrong_with_it() {
        let unknown = || FieldError::new("/donor", (FieldCode::NotInRegistry, "is not in the registry"));
        let nameless = FieldError::new("/donor_ref", (FieldCode::NotInRegistry, "is not in the registry"));
        let other = || FieldError::new("/plan", (FieldCode::UnknownReference, "is no plan"));
        let of = |errors| Staged::refused("/lines/2".to_owned(), (None, errors)).is_undecided();
        assert!(of(vec![unknown()]));
        assert!(!of(vec![]) && !of(vec![nameless]) && !of(vec![other()]) && !of(vec![unknown(), other()]));
    }
}
