//! Money that was withdrawn, and contributions that became less.

use super::{
    facts::{Facts, Form, Project, Redeployed, donor_in},
    figures::{AnnualUseRedeployment, AnnualUseShortfall},
};
use kernel::{Money, ProposalId};

/// What was withdrawn in the year, in order.
pub(super) fn rows(facts: &Facts, form: Form) -> Vec<AnnualUseRedeployment> {
    let project = |id: ProposalId| facts.projects.get(&id);
    let name = |id: ProposalId| project(id).and_then(|project| project.name_in(form));
    let row = |step: &Redeployed| {
        let is_named = |id: ProposalId| project(id).is_some_and(|found: &Project| found.is_named_in(form));
        let donor = step.replaced_by.as_ref();
        // Why may name whatever the step is about.
        let may_know = form == Form::Internal || donor.is_none_or(|(_, is_public)| *is_public);
        let is_told = may_know && is_named(step.from) && step.to.is_none_or(is_named);
        AnnualUseRedeployment {
            on: step.day,
            from: name(step.from),
            to: step.to.and_then(name),
            is_given_on: step.to.is_some(),
            replaced_by: donor.map(|(donor, is_public)| donor_in(form, donor, *is_public)),
            amount: Money::usd(step.amount),
            reason: is_told.then(|| step.reason.clone()),
        }
    };
    facts.redeployed.iter().map(row).collect()
}

/// Contributions that became less than what was promised of them; their cases opened in the year.
pub(super) fn shortfalls(facts: &Facts, form: Form) -> Vec<AnnualUseShortfall> {
    let rows = facts.shortfalls.iter().filter_map(|case| {
        let lot = facts.lots.get(&case.lot_id)?;
        Some(AnnualUseShortfall {
            donor: lot.donor_in(form),
            uncovered: Money::usd(case.uncovered),
            covered: Money::usd(case.covered),
            absorbed: Money::usd(case.absorbed),
        })
    });
    rows.collect()
}
