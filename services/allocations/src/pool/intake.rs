//! Which contributions a pool takes in, as a pure function.

use crate::known::contribution::{Model as Fact, REPORTING_SOURCE};
use chrono::NaiveDate;
use kernel::{ContributionStatus, ContributionType, Earmarking, OfficeId, closed_set};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

closed_set! {
    /// From when on a contribution is counted in a pool: once it is paid, or once it is committed.
    pub enum Firmness {
        Paid = "paid",
        Commitment = "commitment",
    }
}

/// Which contributions a pool takes in. A contribution is counted in one pool: the oldest that takes it in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Intake {
    /// The sources of records, such as `api`. None named: all but flows that FTS reports.
    #[serde(default)]
    #[schema(max_items = 20, value_type = Vec<kernel::items::SourceText>)]
    pub(crate) sources: Vec<String>,
    /// The offices that record them. None named: headquarters alone.
    #[serde(default)]
    #[schema(max_items = 200)]
    pub(crate) office_ids: Vec<OfficeId>,
    /// `unearmarked`, `softly_earmarked` or both, which is also what holds when none is named.
    #[serde(default)]
    #[schema(max_items = 2)]
    pub(crate) earmarkings: Vec<Earmarking>,
    /// From when on they are counted. Defaults to `paid`.
    #[serde(default = "paid")]
    pub(crate) firmness: Firmness,
    /// Only those that were decided on this day or later.
    #[serde(default, deserialize_with = "kernel::date::optional_day")]
    pub(crate) from: Option<NaiveDate>,
}

fn paid() -> Firmness {
    Firmness::Paid
}

/// A contribution, as far as taking it in goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Candidate<'a> {
    pub(crate) source: &'a str,
    pub(crate) office_id: OfficeId,
    pub(crate) status: Option<ContributionStatus>,
    pub(crate) contribution_type: Option<ContributionType>,
    pub(crate) earmarking: Option<Earmarking>,
    /// Whether it counts in totals of what the organisation received.
    pub(crate) counts: bool,
    /// Whether it goes to a country or a plan.
    pub(crate) has_destination: bool,
    pub(crate) received_on: NaiveDate,
}

impl<'a> From<&'a Fact> for Candidate<'a> {
    fn from(fact: &'a Fact) -> Self {
        Self {
            source: &fact.source,
            office_id: fact.office_id,
            status: fact.status.known(),
            contribution_type: fact.contribution_type.known(),
            earmarking: fact.earmarking(),
            counts: fact.counts,
            has_destination: fact.has_destination(),
            received_on: fact.received_on,
        }
    }
}

impl Intake {
    /// Whether it counts a contribution. An unearmarked one with a destination was allotted already, outside of pools.
    pub(crate) fn takes(&self, candidate: &Candidate<'_>, headquarters: OfficeId) -> bool {
        let of_source = if self.sources.is_empty() {
            candidate.source != REPORTING_SOURCE
        } else {
            self.sources.iter().any(|source| source == candidate.source)
        };
        let of_office = if self.office_ids.is_empty() {
            candidate.office_id == headquarters
        } else {
            self.office_ids.contains(&candidate.office_id)
        };
        let is_financial = candidate.contribution_type == Some(ContributionType::Financial);
        let in_time = self.from.is_none_or(|from| candidate.received_on >= from);
        candidate.counts
            && of_source
            && of_office
            && is_financial
            && in_time
            && self.is_free(candidate)
            && self.is_firm(candidate.status)
    }

    fn is_free(&self, candidate: &Candidate<'_>) -> bool {
        let is_wanted = |earmarking| self.earmarkings.is_empty() || self.earmarkings.contains(&earmarking);
        match candidate.earmarking {
            Some(Earmarking::Unearmarked) => is_wanted(Earmarking::Unearmarked) && !candidate.has_destination,
            Some(Earmarking::SoftlyEarmarked) => is_wanted(Earmarking::SoftlyEarmarked),
            Some(Earmarking::Earmarked | Earmarking::TightlyEarmarked) | None => false,
        }
    }

    fn is_firm(&self, status: Option<ContributionStatus>) -> bool {
        match status {
            Some(ContributionStatus::Paid) => true,
            Some(ContributionStatus::Commitment) => self.firmness == Firmness::Commitment,
            Some(ContributionStatus::Pledge) | None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADQUARTERS: OfficeId = OfficeId::from_u128(1);

    fn usual() -> Intake {
        serde_json::from_str("{}").unwrap()
    }

    fn gift() -> Candidate<'static> {
        Candidate {
            source: "api",
            office_id: HEADQUARTERS,
            status: Some(ContributionStatus::Paid),
            contribution_type: Some(ContributionType::Financial),
            earmarking: Some(Earmarking::Unearmarked),
            counts: true,
            has_destination: false,
            received_on: NaiveDate::from_ymd_opt(2026, 3, 1).unwrap(),
        }
    }

    #[test]
    fn unearmarked_money_that_headquarters_was_paid_is_taken_in() {
        let takes = |candidate: Candidate<'_>| usual().takes(&candidate, HEADQUARTERS);
        assert!(takes(gift()));
        assert!(takes(Candidate { earmarking: Some(Earmarking::SoftlyEarmarked), ..gift() }));
        let refused = [
            Candidate { source: "fts", ..gift() },
            Candidate { office_id: OfficeId::from_u128(2), ..gift() },
            Candidate { status: Some(ContributionStatus::Commitment), ..gift() },
            Candidate { status: Some(ContributionStatus::Pledge), ..gift() },
            Candidate { status: None, ..gift() },
            Candidate { contribution_type: Some(ContributionType::InKind), ..gift() },
            Candidate { earmarking: Some(Earmarking::Earmarked), ..gift() },
            Candidate { earmarking: None, ..gift() },
            Candidate { counts: false, ..gift() },
            Candidate { has_destination: true, ..gift() },
        ];
        for candidate in refused {
            assert!(!takes(candidate.clone()), "{candidate:?}");
        }
    }

    #[test]
    fn a_pool_may_take_in_more_or_less() {
        let committed = Candidate { status: Some(ContributionStatus::Commitment), ..gift() };
        assert!(Intake { firmness: Firmness::Commitment, ..usual() }.takes(&committed, HEADQUARTERS));
        let reported = Candidate { source: "fts", ..gift() };
        assert!(Intake { sources: vec!["fts".to_owned()], ..usual() }.takes(&reported, HEADQUARTERS));
        let later = gift().received_on.succ_opt();
        assert!(!Intake { from: later, ..usual() }.takes(&gift(), HEADQUARTERS));
        let soft = Intake { earmarkings: vec![Earmarking::SoftlyEarmarked], ..usual() };
        assert!(!soft.takes(&gift(), HEADQUARTERS));
    }
}
