//! The screening of a proposal: a verdict for each rule of its window, computed; a failure is waived only with a reason.

use super::{
    budget::{BudgetLineKind, overhead},
    fields::ProposalFields,
};
use crate::window::fields::WindowFields;
use kernel::{Fault, FieldCode, OfficeKind, Problem, closed_set};
use serde::{Deserialize, Serialize};
use service::Checks;
use utoipa::ToSchema;

closed_set! {
    /// What a proposal is screened for: the kind of its office, its countries, its category, what it asks for, its period, its
    /// budget, the endorsement of the region, and what the secretariat finds besides.
    pub enum ScreeningRule {
        OfficeKind = "office_kind",
        Countries = "countries",
        Category = "category",
        Amount = "amount",
        Period = "period",
        Budget = "budget",
        Endorsement = "endorsement",
        Judgement = "judgement",
    }
}

/// The verdict on a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Verdict {
    pub(crate) rule: ScreeningRule,
    pub(crate) is_met: bool,
    /// Why a rule that is not met does not matter here.
    #[schema(max_length = 2000)]
    pub(crate) waived: Option<String>,
    /// What the secretariat found.
    #[schema(max_length = 2000)]
    pub(crate) finding: Option<String>,
}

/// A rule that is not met, and why that does not matter.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScreeningWaiver {
    pub(crate) rule: ScreeningRule,
    #[schema(example = "The office covers the neighbouring country", min_length = 1, max_length = 2000)]
    pub(crate) reason: String,
}

/// What is known of the office that proposes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ProposingOffice {
    /// None while it is not known here.
    pub(crate) kind: Option<OfficeKind>,
    /// Whether the regional office above has endorsed the proposal, or there is none.
    pub(crate) is_endorsed: bool,
}

/// The verdicts on a proposal, one for each computed rule; `rate` is the pool's for overhead, in hundredths of a percent.
pub(crate) fn verdicts(
    fields: &ProposalFields,
    window: &WindowFields,
    rate: i32,
    office: ProposingOffice,
) -> Vec<Verdict> {
    let eligibility = &window.eligibility;
    let kinds = &eligibility.office_kinds;
    let in_countries = |code: &String| eligibility.countries.contains(code);
    let least = eligibility.least.map_or(1, |least| least.minor());
    let most = eligibility.most.unwrap_or(window.envelope).minor();
    let starts = eligibility.starts_from.is_none_or(|from| fields.start_date >= from);
    let ends = eligibility.ends_until.is_none_or(|until| fields.end_date <= until);
    let met = [
        (
            ScreeningRule::OfficeKind,
            kinds.is_empty() || office.kind.is_some_and(|kind| kinds.contains(&kind)),
        ),
        (
            ScreeningRule::Countries,
            eligibility.countries.is_empty()
                || (!fields.countries.is_empty() && fields.countries.iter().all(in_countries)),
        ),
        (
            ScreeningRule::Category,
            window.categories.is_empty() || window.categories.contains(&fields.category),
        ),
        (ScreeningRule::Amount, (least..=most).contains(&fields.asked.minor())),
        (ScreeningRule::Period, starts && ends),
        (ScreeningRule::Budget, is_sound(fields, rate)),
        (ScreeningRule::Endorsement, !eligibility.is_regional_endorsement_needed || office.is_endorsed),
    ];
    let verdict = |(rule, is_met)| Verdict { rule, is_met, waived: None, finding: None };
    met.into_iter().map(verdict).collect()
}

/// Whether a budget adds up to what is asked for, with no more overhead than the rate gives.
fn is_sound(fields: &ProposalFields, rate: i32) -> bool {
    let sum = |kind: BudgetLineKind| -> i64 {
        let lines = fields.budget.iter().filter(|line| line.kind == kind);
        lines.map(|line| line.amount.minor()).fold(0, i64::saturating_add)
    };
    let (direct, charged) = (sum(BudgetLineKind::Direct), sum(BudgetLineKind::Overhead));
    direct.saturating_add(charged) == fields.asked.minor() && charged <= overhead(direct, rate)
}

/// The verdicts with what the secretariat waives and finds, and whether the proposal is eligible by them.
///
/// # Errors
/// 422 for a waiver of a rule that is met, of one twice, or without a reason.
pub(crate) fn judge(
    computed: Vec<Verdict>,
    waivers: &[ScreeningWaiver],
    finding: Option<String>,
) -> Result<(Vec<Verdict>, bool), Problem> {
    let mut checks = Checks::new();
    let mut verdicts = computed;
    for (index, waiver) in checks.at_most("/waivers", waivers, ScreeningRule::ALL.len()).iter().enumerate() {
        let pointer = format!("/waivers/{index}/rule");
        checks.required_long_text(&format!("/waivers/{index}/reason"), &waiver.reason, 2000);
        match verdicts.iter_mut().find(|verdict| verdict.rule == waiver.rule) {
            Some(verdict) if verdict.waived.is_some() => {
                checks.refuse(pointer, Fault::from((FieldCode::Duplicate, "is waived twice")));
            }
            Some(verdict) if !verdict.is_met => verdict.waived = Some(waiver.reason.clone()),
            Some(_) | None => {
                checks
                    .refuse(pointer, Fault::from((FieldCode::NoChange, "is met: there is nothing to waive")));
            }
        }
    }
    checks.optional_long_text("/finding", finding.as_deref(), 2000);
    checks.finish()?;
    if let Some(finding) = finding.filter(|text| !text.trim().is_empty()) {
        let rule = ScreeningRule::Judgement;
        verdicts.push(Verdict { rule, is_met: false, waived: None, finding: Some(finding) });
    }
    let is_eligible = verdicts.iter().all(|verdict| verdict.is_met || verdict.waived.is_some());
    Ok((verdicts, is_eligible))
}

#[cfg(test)]
mod tests {
    use super::super::fields_check::tests::proposal;
    use super::*;
    use crate::window::fields_check::tests::window;
    use kernel::Money;

    const SUDAN: ProposingOffice = ProposingOffice { kind: Some(OfficeKind::Country), is_endorsed: false };

    fn failed(fields: &ProposalFields, window: &WindowFields, office: ProposingOffice) -> Vec<ScreeningRule> {
        let all = verdicts(fields, window, 700, office);
        all.into_iter().filter(|verdict| !verdict.is_met).map(|verdict| verdict.rule).collect()
    }

    #[test]
    fn each_rule_has_its_verdict() {
        assert!(failed(&proposal(), &window(), SUDAN).is_empty());
        let mut strict = window();
        strict.eligibility.office_kinds = vec![OfficeKind::Regional];
        strict.eligibility.countries = vec!["TCD".to_owned()];
        strict.eligibility.least = Some(Money::usd(64_200_001));
        strict.eligibility.ends_until = "2027-04-29".parse().ok();
        strict.eligibility.is_regional_endorsement_needed = true;
        strict.categories = vec!["Internal systems".to_owned()];
        let mut unsound = proposal();
        unsound.budget.truncate(1);
        let all: Vec<ScreeningRule> = ScreeningRule::ALL[..7].to_vec();
        assert_eq!(failed(&unsound, &strict, SUDAN), all);
        let endorsed = ProposingOffice { kind: Some(OfficeKind::Regional), is_endorsed: true };
        let rest: Vec<ScreeningRule> = ScreeningRule::ALL[1..6].to_vec();
        assert_eq!(failed(&unsound, &strict, endorsed), rest);
        let mut nowhere = proposal();
        nowhere.countries.clear();
        assert_eq!(failed(&nowhere, &window(), SUDAN), [ScreeningRule::Countries]);
    }

    #[test]
    fn a_failure_is_waived_with_a_reason_and_what_is_met_is_not() {
        let mut abroad = proposal();
        abroad.countries = vec!["SSD".to_owned()];
        let computed = verdicts(&abroad, &window(), 700, SUDAN);
        assert!(!judge(computed.clone(), &[], None).unwrap().1);
        let waiver = |rule, reason: &str| ScreeningWaiver { rule, reason: reason.to_owned() };
        let waived = [waiver(ScreeningRule::Countries, "It covers South Sudan")];
        let (verdicts, is_eligible) = judge(computed.clone(), &waived, None).unwrap();
        assert!(is_eligible && verdicts.iter().any(|verdict| verdict.waived.is_some()));
        let (verdicts, is_eligible) = judge(computed.clone(), &waived, Some("Twice".to_owned())).unwrap();
        assert!(!is_eligible && verdicts.len() == 8, "the secretariat's own finding counts");
        for (wrong, pointer) in [
            (vec![waiver(ScreeningRule::Budget, "Why not")], "/waivers/0/rule"),
            (vec![waiver(ScreeningRule::Countries, " ")], "/waivers/0/reason"),
            (vec![waived[0].clone(), waived[0].clone()], "/waivers/1/rule"),
        ] {
            let problem = judge(computed.clone(), &wrong, None).unwrap_err();
            assert_eq!(problem.errors[0].pointer, pointer);
        }
    }
}
