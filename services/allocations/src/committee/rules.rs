//! The rules of a committee, in numbered versions: a meeting and a circulation keep the version they began with.

use super::{DecidedBy, store};
use ::store::{StoreError, insert_models, params, sql};
use chrono::{DateTime, Utc};
use kernel::{
    CommitteeId, Fault, FieldCode, Money, OfficeId, OrganisationId, PrincipalId, Problem, closed_set,
};
use sea_orm::{
    ActiveModelBehavior, ConnectionTrait, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use serde::{Deserialize, Serialize};
use service::Checks;
use utoipa::ToSchema;

pub(crate) use CommitteeRules as Rules;

/// Steps of authority at most.
const MAX_STEPS: usize = 10;

closed_set! {
    /// What carries a motion: more votes for it than against it; those of more than half of the entitled; two thirds of the
    /// votes for or against it.
    pub enum VoteMajority {
        Simple = "simple",
        Absolute = "absolute",
        TwoThirds = "two_thirds",
    }
}

closed_set! {
    /// What carries a circulation: the votes of more than half of the entitled, or of two thirds of them.
    pub enum CirculationMajority {
        Absolute = "absolute",
        TwoThirds = "two_thirds",
    }
}

closed_set! {
    /// What a tie does to the proposal: it is deferred or rejected, or the vote of whoever chairs decides.
    pub enum TieRule {
        Deferred = "deferred",
        Rejected = "rejected",
        ChairCasting = "chair_casting",
    }
}

closed_set! {
    /// Whether the points of reviewers are compared as they are, or after the lenience of each reviewer is taken out.
    pub enum ScoreNormalisation {
        None = "none",
        Centred = "centred",
    }
}

/// The quorum: the part of the entitled whose votes make a decision, and one more, and a least number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct QuorumRule {
    #[schema(example = 1, minimum = 0, maximum = 100)]
    pub(crate) numerator: i32,
    #[schema(example = 2, minimum = 1, maximum = 100)]
    pub(crate) denominator: i32,
    /// With fewer entitled seats than this the head of the organisation decides.
    #[schema(example = 3, minimum = 1, maximum = 100)]
    pub(crate) least: i32,
}

/// How the committee decides without a meeting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CirculationRule {
    /// How long votes are taken, in hours.
    #[schema(example = 48, minimum = 24, maximum = 720)]
    pub(crate) hours: i32,
    pub(crate) majority: CirculationMajority,
    /// As many objections to the procedure refer it to the next meeting.
    #[schema(example = 1, minimum = 1, maximum = 100)]
    pub(crate) objections: i32,
}

/// Who has the last word from an amount on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AuthorityStep {
    /// In US dollars.
    pub(crate) from: Money,
    pub(crate) decided_by: DecidedBy,
}

/// The rules by which a committee decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CommitteeRules {
    pub(crate) quorum: QuorumRule,
    pub(crate) majority: VoteMajority,
    /// Votes for a motion that carry it at least, unless there are more against it.
    #[schema(example = 2, minimum = 1, maximum = 100)]
    pub(crate) least_yes: i32,
    pub(crate) tie: TieRule,
    /// Days between the notice of a meeting and the meeting.
    #[schema(example = 7, minimum = 0, maximum = 90)]
    pub(crate) notice_days: i32,
    pub(crate) circulation: CirculationRule,
    pub(crate) normalisation: ScoreNormalisation,
    /// Whether a named alternate also votes for a member with a conflict of interest. Both represent the same office.
    pub(crate) alternates_for_recused: bool,
    /// Who has the last word on larger amounts, by rising amounts.
    #[schema(max_items = 10)]
    pub(crate) authority: Vec<AuthorityStep>,
}

impl Default for CommitteeRules {
    /// More than half of the entitled and at least three, simple majority with two votes, ties deferred, a week's notice,
    /// circulations of two days.
    fn default() -> Self {
        Self {
            quorum: QuorumRule { numerator: 1, denominator: 2, least: 3 },
            majority: VoteMajority::Simple,
            least_yes: 2,
            tie: TieRule::Deferred,
            notice_days: 7,
            circulation: CirculationRule {
                hours: 48,
                majority: CirculationMajority::Absolute,
                objections: 1,
            },
            normalisation: ScoreNormalisation::None,
            alternates_for_recused: false,
            authority: Vec::new(),
        }
    }
}

impl CommitteeRules {
    /// Who has the last word on an amount (US cents): `decision_by` of the committee, unless a step of authority says
    /// otherwise. A committee that only recommends never decides.
    pub(crate) fn decided_by(&self, decision_by: DecidedBy, amount: Option<i64>) -> DecidedBy {
        if decision_by == DecidedBy::Head {
            return DecidedBy::Head;
        }
        let reached = |step: &&AuthorityStep| amount.is_some_and(|amount| step.from.minor() <= amount);
        self.authority.iter().rfind(reached).map_or(decision_by, |step| step.decided_by)
    }

    /// What is wrong with rules that were sent, under `/rules`.
    ///
    /// # Errors
    /// 422 with every field.
    pub(crate) fn check(&self) -> Result<(), Problem> {
        let mut checks = Checks::new();
        let QuorumRule { numerator, denominator, least } = self.quorum;
        checks.within("/rules/quorum/denominator", denominator, 1..=100);
        checks.within("/rules/quorum/numerator", numerator, 0..=denominator.clamp(1, 100) - 1);
        checks.within("/rules/quorum/least", least, 1..=100);
        checks.within("/rules/least_yes", self.least_yes, 1..=100);
        checks.within("/rules/notice_days", self.notice_days, 0..=90);
        checks.within("/rules/circulation/hours", self.circulation.hours, 24..=720);
        checks.within("/rules/circulation/objections", self.circulation.objections, 1..=100);
        let mut last = 0;
        for (index, step) in checks.at_most("/rules/authority", &self.authority, MAX_STEPS).iter().enumerate()
        {
            let pointer = format!("/rules/authority/{index}/from");
            if step.from.currency() != kernel::Currency::USD {
                checks.refuse(format!("{pointer}/currency"), Fault::wrong_currency("USD"));
                continue;
            }
            checks.require(step.from.minor() > 0, &pointer, Fault::not_above_zero());
            let rising = FieldCode::Invalid.says("must be greater than that of the step before");
            checks.require(index == 0 || step.from.minor() > last, &pointer, rising);
            last = step.from.minor();
        }
        checks.finish()
    }
}

/// A row of `committee_rules`: a version of the rules.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "committee_rules")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub committee_id: CommitteeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i64,
    pub organisation_id: OrganisationId,
    pub office_id: OfficeId,
    /// JSON.
    pub rules: String,
    /// Why they took the place of those before.
    pub reason: Option<String>,
    pub created_by: PrincipalId,
    pub created_at: DateTime<Utc>,
    /// Who had the last word under them; unknown of a version that an earlier program wrote.
    pub decision_by: Option<DecidedBy>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(crate) fn rules(&self) -> Result<CommitteeRules, StoreError> {
        Ok(serde_json::from_str(&self.rules)?)
    }
}

/// The version of the rules with a number.
///
/// # Errors
/// [`StoreError::Damaged`] when there is none.
pub(crate) async fn at(
    db: &impl ConnectionTrait,
    committee_id: CommitteeId,
    number: i64,
) -> Result<Rules, StoreError> {
    let text = "SELECT * FROM committee_rules WHERE committee_id = $1 AND number = $2";
    let found: Option<Model> = sql::all(db, text, params![committee_id, number]).await?.pop();
    let missing = || StoreError::Damaged(format!("committee {committee_id} has no rules {number}"));
    found.ok_or_else(missing)?.rules()
}

/// Who has the last word under the rules with a number: whoever meets by them is not overtaken by a change.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn decision_by(
    db: &impl ConnectionTrait,
    committee: &store::Model,
    number: i64,
) -> Result<DecidedBy, StoreError> {
    let text = "SELECT * FROM committee_rules WHERE committee_id = $1 AND number = $2";
    let found: Option<Model> = sql::all(db, text, params![committee.id, number]).await?.pop();
    Ok(found.and_then(|version| version.decision_by).unwrap_or(committee.decision_by))
}

/// Keeps who has the last word with the versions of the rules that do not say so yet, before that changes.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn pin(db: &impl ConnectionTrait, committee: &store::Model) -> Result<(), StoreError> {
    let text = "UPDATE committee_rules SET decision_by = $1 WHERE committee_id = $2 AND decision_by IS NULL";
    sql::execute(db, text, params![committee.decision_by, committee.id]).await?;
    Ok(())
}

/// The rules of a committee today.
///
/// # Errors
/// [`StoreError::Damaged`] when there is no such committee.
pub(crate) async fn current(
    db: &impl ConnectionTrait,
    committee_id: CommitteeId,
) -> Result<Rules, StoreError> {
    let text = "SELECT * FROM committee_rules WHERE committee_id = $1 ORDER BY number DESC LIMIT 1";
    let found: Option<Model> = sql::all(db, text, params![committee_id]).await?.pop();
    found.ok_or_else(|| StoreError::Damaged(format!("committee {committee_id} has no rules")))?.rules()
}

/// Versions of a committee's rules, newest first.
pub(crate) async fn list(
    db: &impl ConnectionTrait,
    committee_id: CommitteeId,
    before: Option<i64>,
    limit: u64,
) -> Result<Vec<Model>, StoreError> {
    let text = format!(
        "SELECT * FROM committee_rules WHERE committee_id = $1 AND number < $2 ORDER BY number DESC LIMIT {limit}"
    );
    sql::all(db, &text, params![committee_id, before.unwrap_or(i64::MAX)]).await
}

/// Writes the version that the committee counts as its present one.
pub(crate) async fn add(
    db: &impl ConnectionTrait,
    committee: &store::Model,
    rules: &Rules,
    reason: Option<String>,
    (by, at): (PrincipalId, DateTime<Utc>),
) -> Result<Model, StoreError> {
    let version = Model {
        committee_id: committee.id,
        number: committee.rules_number,
        organisation_id: committee.organisation_id,
        office_id: committee.office_id,
        rules: serde_json::to_string(rules)?,
        reason,
        created_by: by,
        created_at: at,
        decision_by: Some(committee.decision_by),
    };
    insert_models(db, std::slice::from_ref(&version)).await?;
    Ok(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stepped() -> CommitteeRules {
        let step = |dollars: i64, decided_by| AuthorityStep { from: Money::usd(dollars * 100), decided_by };
        let authority = vec![step(50_000, DecidedBy::Committee), step(500_000, DecidedBy::Head)];
        CommitteeRules { authority, ..CommitteeRules::default() }
    }

    #[test]
    fn larger_amounts_go_to_the_head() {
        let rules = stepped();
        let by = |cents| rules.decided_by(DecidedBy::Committee, Some(cents));
        assert_eq!(by(49_999_999), DecidedBy::Committee);
        assert_eq!(by(50_000_000), DecidedBy::Head, "from the amount on");
        assert_eq!(rules.decided_by(DecidedBy::Committee, None), DecidedBy::Committee);
        assert_eq!(rules.decided_by(DecidedBy::Head, Some(1)), DecidedBy::Head, "it only recommends");
    }

    #[test]
    fn rules_that_make_no_sense_are_refused_at_their_fields() {
        assert_eq!(stepped().check(), Ok(()));
        let mut rules = stepped();
        rules.quorum = QuorumRule { numerator: 2, denominator: 2, least: 0 };
        rules.circulation.hours = 23;
        rules.authority.reverse();
        let errors = rules.check().unwrap_err().errors;
        let pointers: Vec<&str> = errors.iter().map(|error| error.pointer.as_str()).collect();
        let expected = [
            "/rules/quorum/numerator",
            "/rules/quorum/least",
            "/rules/circulation/hours",
            "/rules/authority/1/from",
        ];
        assert_eq!(pointers, expected);
    }

    #[test]
    fn rules_come_back_as_they_were_kept() {
        let text = serde_json::to_string(&stepped()).unwrap();
        assert_eq!(serde_json::from_str::<CommitteeRules>(&text).unwrap(), stepped());
    }
}
