//! What a report is made of, as the tables have it.

use super::figures::{AnnualUseDecided, AnnualUseLabel, AnnualUseRegion};
use crate::{
    ledger::{Account, LedgerEntryKind},
    proposal::{State, fields::AllocationNature},
    window::Kind,
};
use chrono::NaiveDate;
use kernel::{CommitteeId, Earmarking, LotId, PlanId, ProposalId, country};
use sea_orm::FromQueryResult;
use std::collections::BTreeMap;

/// For whom a report is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// For staff: everything has its name.
    Internal,
    /// For everyone: what is not public has none.
    Public,
}

/// Everything that the figures are worked out of. Amounts are US cents.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    pub(super) year: i32,
    /// The last day that is counted.
    pub(super) until: NaiveDate,
    pub(super) committee_id: CommitteeId,
    pub(super) committee: AnnualUseLabel,
    /// By year and earmarking.
    pub(super) income: Vec<(i32, Option<Earmarking>, i64)>,
    pub(super) decided: AnnualUseDecided,
    pub(super) lots: BTreeMap<LotId, LotFact>,
    pub(super) projects: BTreeMap<ProposalId, Project>,
    pub(super) plans: BTreeMap<PlanId, PlanFact>,
    /// What moved of proposals until the last day, in order.
    pub(super) moves: Vec<Move>,
    /// What the pools had available at the end of that day.
    pub(super) available: i64,
    pub(super) redeployed: Vec<Redeployed>,
    pub(super) shortfalls: Vec<ShortfallFact>,
}

/// A contribution that a pool counts.
#[derive(Debug, Clone)]
pub(super) struct LotFact {
    /// Its place among the others: they are told in the order in which they came.
    pub(super) place: usize,
    pub(super) donor: AnnualUseLabel,
    /// Whether everyone may know that its donor gave it.
    pub(super) is_public: bool,
    pub(super) earmarking: Earmarking,
    pub(super) intake_year: i32,
    pub(super) received: i64,
}

/// A proposal of the committee.
#[derive(Debug, Clone)]
pub(super) struct Project {
    pub(super) id: ProposalId,
    pub(super) reference: String,
    pub(super) title: String,
    pub(super) category: String,
    pub(super) nature: AllocationNature,
    pub(super) countries: Vec<String>,
    pub(super) plan_ids: Vec<PlanId>,
    pub(super) window: Kind,
    pub(super) state: State,
    pub(super) is_public: bool,
    /// Indicator, target, and what was reached of it.
    pub(super) results: Vec<(String, String, Option<String>)>,
    /// Whether headquarters has accepted the report that says what was reached.
    pub(super) is_accepted: bool,
}

/// A response plan.
#[derive(Debug, Clone)]
pub(super) struct PlanFact {
    pub(super) name: String,
    pub(super) is_public: bool,
}

/// A line of an entry of a ledger, on an account of a proposal.
#[derive(Debug, Clone, FromQueryResult)]
pub(super) struct Move {
    pub(super) proposal_id: ProposalId,
    pub(super) lot_id: LotId,
    pub(super) account: Account,
    pub(super) amount: i64,
    pub(super) kind: LedgerEntryKind,
    pub(super) day: NaiveDate,
}

/// Money that was withdrawn in the year.
#[derive(Debug, Clone)]
pub(super) struct Redeployed {
    pub(super) day: NaiveDate,
    pub(super) from: ProposalId,
    pub(super) to: Option<ProposalId>,
    /// The donor whose money took its place, and whether everyone may know.
    pub(super) replaced_by: Option<(AnnualUseLabel, bool)>,
    pub(super) amount: i64,
    pub(super) reason: String,
}

/// A contribution that became less than what was promised of it.
#[derive(Debug, Clone)]
pub(super) struct ShortfallFact {
    pub(super) lot_id: LotId,
    pub(super) uncovered: i64,
    pub(super) covered: i64,
    pub(super) absorbed: i64,
}

/// The label of donors, or of plans, that are not named.
fn others() -> AnnualUseLabel {
    AnnualUseLabel::word("others")
}

/// A plan as a form names it.
pub(super) fn plan_in(form: Form, id: PlanId, plan: Option<&PlanFact>) -> AnnualUseLabel {
    match (form, plan) {
        (Form::Public, None | Some(PlanFact { is_public: false, .. })) => others(),
        (Form::Internal, None) => AnnualUseLabel::word(id.to_string()),
        (Form::Internal | Form::Public, Some(plan)) => {
            AnnualUseLabel::named(id.to_string(), plan.name.as_str())
        }
    }
}

/// A donor as a form names it.
pub(super) fn donor_in(form: Form, donor: &AnnualUseLabel, is_public: bool) -> AnnualUseLabel {
    match form {
        Form::Public if !is_public => others(),
        Form::Internal | Form::Public => donor.clone(),
    }
}

impl LotFact {
    /// Its donor as a form names it.
    pub(super) fn donor_in(&self, form: Form) -> AnnualUseLabel {
        donor_in(form, &self.donor, self.is_public)
    }
}

impl Project {
    /// Whether a form names it.
    pub(super) fn is_named_in(&self, form: Form) -> bool {
        self.is_public || form == Form::Internal
    }

    /// Its reference and title, where a form names it.
    pub(super) fn name_in(&self, form: Form) -> Option<String> {
        self.is_named_in(form).then(|| format!("{} {}", self.reference, self.title))
    }

    /// Its results: everyone reads what was reached once headquarters has accepted the report that says it.
    pub(super) fn results_in(&self, form: Form) -> impl Iterator<Item = (&str, &str, Option<&str>)> {
        let is_told = self.is_accepted || form == Form::Internal;
        self.results.iter().map(move |(indicator, target, reached)| {
            (indicator.as_str(), target.as_str(), reached.as_deref().filter(|_| is_told))
        })
    }

    pub(super) fn region(&self) -> AnnualUseRegion {
        region_of(&self.countries)
    }
}

/// The region of some countries, by UN M49.
pub(super) fn region_of(countries: &[String]) -> AnnualUseRegion {
    let of_country = |code: &String| match country::by_iso3(code).and_then(|country| country.region_code) {
        Some(2) => AnnualUseRegion::Africa,
        Some(19) => AnnualUseRegion::Americas,
        Some(142) => AnnualUseRegion::Asia,
        Some(150) => AnnualUseRegion::Europe,
        Some(9) => AnnualUseRegion::Oceania,
        Some(_) | None => AnnualUseRegion::Other,
    };
    let mut regions = countries.iter().map(of_country);
    let Some(first) = regions.next() else { return AnnualUseRegion::Global };
    if regions.all(|region| region == first) { first } else { AnnualUseRegion::Several }
}
