//! What committees allocated of contributions that are not earmarked. A contribution is counted in parts then: each
//! part where the contribution says nothing itself and the allocation does, and the rest where it was counted before.
//! So the parts are together what was given, and no dollar is counted twice.

use super::fact::{Fact, Member};
use kernel::{ContributionId, ContributionStatus, Earmarking, ProposalId, Visibility, Word};
use serde::{Deserialize, Serialize};

/// A part of a contribution that was allocated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Part {
    pub(crate) allocation_id: ProposalId,
    /// In cents.
    pub(crate) amount: i64,
    /// The country and the year that it is for, where it is for one of each.
    pub(crate) country_year: Option<(String, i32)>,
    /// The plan that it is for, where it is for one.
    pub(crate) plan: Option<Member>,
}

/// What one allocation holds of one contribution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Allotment {
    pub(crate) allocation_id: ProposalId,
    pub(crate) amount: i64,
    pub(crate) visibility: Word<Visibility>,
    pub(crate) country_year: Option<(String, i32)>,
    pub(crate) plan: Option<Member>,
}

/// Shares out what is allocated of one contribution over its records, in their order: never more of a record than was
/// given with it. `allotments` come in one order, so that the order of events makes no difference.
pub(crate) fn share(records: &[(ContributionId, Fact)], allotments: &[Allotment]) -> Vec<Vec<Part>> {
    let mut left: Vec<i64> = records.iter().map(|(_, fact)| available(fact)).collect();
    let mut parts = vec![Vec::new(); records.len()];
    for allotment in allotments {
        let mut open = allotment.amount;
        for (((_, fact), left), parts) in records.iter().zip(&mut left).zip(&mut parts) {
            let amount = open.min(*left);
            if amount <= 0 || !counts_for(fact, allotment) {
                continue;
            }
            parts.push(Part {
                allocation_id: allotment.allocation_id,
                amount,
                country_year: allotment.country_year.clone(),
                plan: allotment.plan.clone(),
            });
            *left -= amount;
            open -= amount;
        }
    }
    parts
}

/// What of a record can be allocated, in cents: money of the organisation that is given, and not earmarked.
fn available(fact: &Fact) -> i64 {
    let status = fact.status.known();
    let is_given = matches!(status, Some(ContributionStatus::Paid | ContributionStatus::Commitment));
    let free = [Earmarking::Unearmarked.as_str(), Earmarking::SoftlyEarmarked.as_str()];
    let is_free = fact.earmarking.as_ref().is_some_and(|member| free.contains(&member.key.as_str()));
    if is_given && is_free && fact.is_ours() { fact.amount } else { 0 }
}

/// Whether an allocation is told to whoever sees the record, and says something of it that the record does not.
fn counts_for(fact: &Fact, allotment: &Allotment) -> bool {
    let is_told = match fact.visibility.known() {
        Some(Visibility::Public) => allotment.visibility.is(Visibility::Public),
        Some(Visibility::Donor) => {
            allotment.visibility.is(Visibility::Donor) || allotment.visibility.is(Visibility::Public)
        }
        Some(Visibility::Internal) | None => false,
    };
    let for_plan = names_no_plan(fact) && allotment.plan.is_some();
    let for_country = fact.country_year.is_none() && allotment.country_year.is_some();
    is_told && (for_plan || for_country)
}

fn names_no_plan(fact: &Fact) -> bool {
    fact.plan.is_none() && fact.plans.is_empty()
}

/// What a piece of a contribution is counted for because it was allocated.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Allocated {
    pub(crate) to_plan: bool,
    pub(crate) to_country: bool,
}

/// The pieces in which a contribution is counted: the rest of it, if there is one, and each part that was allocated.
pub(crate) fn pieces(fact: &Fact) -> Vec<(Fact, Allocated)> {
    let allocated: i64 = fact.allocated.iter().map(|part| part.amount).sum();
    let rest = Fact { amount: fact.amount - allocated, allocated: Vec::new(), ..fact.clone() };
    let piece = |part: &Part| {
        let to_plan = names_no_plan(fact) && part.plan.is_some();
        let to_country = fact.country_year.is_none() && part.country_year.is_some();
        let mut piece = Fact { amount: part.amount, ..rest.clone() };
        if to_plan {
            piece.plans = part.plan.iter().cloned().collect();
            piece.plan.clone_from(&part.plan);
        }
        if to_country {
            piece.country_year.clone_from(&part.country_year);
        }
        (piece, Allocated { to_plan, to_country })
    };
    let parts: Vec<(Fact, Allocated)> = fact.allocated.iter().map(piece).collect();
    let is_rest = rest.amount != 0 || parts.is_empty();
    is_rest.then(|| (rest, Allocated::default())).into_iter().chain(parts).collect()
}

#[cfg(test)]
#[path = "allocated_tests.rs"]
mod tests;
