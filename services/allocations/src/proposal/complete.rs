//! What a proposal needs to be submitted to a window: a pure function of both.

use super::{
    budget,
    fields::{AllocationNature, ProposalFields},
};
use crate::window::fields::WindowFields;
use kernel::{Fault, FieldCode, Money, Problem};
use service::Checks;

/// What keeps a proposal from being submitted, field by field: texts that are missing, a budget that does not add up to what is
/// asked for, an amount or a period outside of the window's. Countries, categories and offices are judged by the screening.
/// `rate` is the pool's for overhead, in hundredths of a percent.
///
/// # Errors
/// 422 with every field.
pub(crate) fn check(fields: &ProposalFields, window: &WindowFields, rate: i32) -> Result<(), Problem> {
    let mut checks = Checks::new();
    let missing = (FieldCode::Required, "is required to submit the proposal");
    for (pointer, text) in
        [("/need", &fields.need), ("/strategy_fit", &fields.strategy_fit), ("/risks", &fields.risks)]
    {
        let is_written = text.as_deref().is_some_and(|text| !text.trim().is_empty());
        checks.require(is_written, pointer, missing);
    }
    checks.require(!fields.results.is_empty(), "/results", missing);
    checks.require(!fields.budget.is_empty(), "/budget", missing);
    if !fields.budget.is_empty() {
        budget::check_sum("/budget", &fields.budget, fields.asked, rate, &mut checks);
    }
    check_amount(fields, window, &mut checks);
    check_period(fields, window, &mut checks);
    if fields.nature == AllocationNature::Bridge && fields.expected.is_none() {
        checks.refuse("/expected", FieldCode::Required.says("is required for a bridge"));
    }
    checks.finish()
}

fn check_amount(fields: &ProposalFields, window: &WindowFields, checks: &mut Checks) {
    let eligibility = &window.eligibility;
    if let Some(least) = eligibility.least.filter(|least| fields.asked.minor() < least.minor()) {
        let fault = FieldCode::OutOfRange.says("is less than the least that may be asked for in this window");
        checks.refuse("/asked/amount", with_bounds(fault, Some(least), eligibility.most));
    }
    let most = eligibility.most.unwrap_or(window.envelope);
    if fields.asked.minor() > most.minor() {
        let fault = FieldCode::OutOfRange.says("is more than the most that may be asked for in this window");
        checks.refuse("/asked/amount", with_bounds(fault, eligibility.least, Some(most)));
    }
    if !window.is_partial_funding_allowed && fields.least != fields.asked {
        let fault = FieldCode::Differs.says("must be what is asked for: this window gives all or nothing");
        checks.refuse("/least", fault.with("field", "asked"));
    }
}

fn with_bounds(fault: Fault, least: Option<Money>, most: Option<Money>) -> Fault {
    let least = least.map_or_else(|| "0.00".to_owned(), |least| least.to_string());
    let fault = fault.with("min", least);
    match most {
        Some(most) => fault.with("max", most.to_string()),
        None => fault,
    }
}

fn check_period(fields: &ProposalFields, window: &WindowFields, checks: &mut Checks) {
    let eligibility = &window.eligibility;
    if let Some(from) = eligibility.starts_from.filter(|from| fields.start_date < *from) {
        checks.refuse("/start_date", Fault::before("starts_from", from));
    }
    if let Some(until) = eligibility.ends_until.filter(|until| fields.end_date > *until) {
        let fault = FieldCode::OutOfRange.says("must not be after the last day of the window's period");
        checks.refuse(
            "/end_date",
            fault.with("min", fields.start_date.to_string()).with("max", until.to_string()),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::fields_check::tests::proposal;
    use super::*;
    use crate::window::fields_check::tests::window;

    fn wrong(fields: &ProposalFields, window: &WindowFields) -> Vec<String> {
        let errors = check(fields, window, 700).err().map(|problem| problem.errors).unwrap_or_default();
        errors.into_iter().map(|error| error.pointer).collect()
    }

    #[test]
    fn a_complete_proposal_adds_up_to_the_cent() {
        assert!(wrong(&proposal(), &window()).is_empty());
        let mut fields = proposal();
        fields.asked = Money::usd(64_200_001);
        assert_eq!(wrong(&fields, &window()), ["/budget"]);
    }

    #[test]
    fn everything_that_is_missing_is_named() {
        let mut fields = proposal();
        fields.need = Some("  ".to_owned());
        fields.risks = None;
        fields.results.clear();
        fields.budget.clear();
        assert_eq!(wrong(&fields, &window()), ["/need", "/risks", "/results", "/budget"]);
    }

    #[test]
    fn amounts_and_period_lie_in_those_of_the_window() {
        let mut narrow = window();
        narrow.eligibility.most = Some(Money::usd(64_199_999));
        narrow.eligibility.starts_from = "2026-05-02".parse().ok();
        narrow.eligibility.ends_until = "2027-04-29".parse().ok();
        assert_eq!(wrong(&proposal(), &narrow), ["/asked/amount", "/start_date", "/end_date"]);
        let mut whole = window();
        whole.is_partial_funding_allowed = false;
        assert_eq!(wrong(&proposal(), &whole), ["/least"]);
        whole.eligibility.least = Some(Money::usd(64_200_001));
        assert_eq!(wrong(&proposal(), &whole), ["/asked/amount", "/least"]);
    }
}
