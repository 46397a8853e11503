//! The path of a contribution: what happened to its money, oldest first, as the ledger recorded it.

use crate::{
    ledger::{Account, LedgerEntryKind},
    lot,
    proposal::store::Model as Proposal,
};
use ::store::{Connection, StoreError, params, sql};
use chrono::NaiveDate;
use kernel::{Money, ProposalId, closed_set, text::split};
use sea_orm::FromQueryResult;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

closed_set! {
    /// What happened to money of a contribution.
    pub enum ContributionStopKind {
        Received = "received",
        Reduced = "reduced",
        Reserved = "reserved",
        Released = "released",
        Allocated = "allocated",
        Disbursed = "disbursed",
        Spent = "spent",
        Returned = "returned",
        Restored = "restored",
        Withdrawn = "withdrawn",
        /// It took the place of money that is no longer counted.
        Substituted = "substituted",
        /// It is no longer counted, and other money took its place.
        Replaced = "replaced",
        /// An entry about it was reversed.
        Reversed = "reversed",
    }
}

/// A stop on the path of a contribution.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct ContributionStop {
    /// The day for which it was recorded.
    pub(crate) on: NaiveDate,
    pub(crate) kind: ContributionStopKind,
    /// What moved.
    pub(crate) amount: Money,
    /// The project that it is about. Null for `received` and `reduced`, which are about none, and where the caller does not
    /// read it: several such projects are one stop.
    pub(crate) project: Option<StopProject>,
    /// Of a withdrawal, the project that the money was given to by the same decision; null where it went back to the pool, or
    /// the caller does not read that project.
    pub(crate) to_project: Option<StopProject>,
    /// Of a withdrawal from a project that the caller reads, why.
    #[schema(max_length = 2000)]
    pub(crate) reason: Option<String>,
}

/// A project on the path of a contribution.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct StopProject {
    pub(crate) proposal_id: ProposalId,
    #[schema(example = "MIR-2026-00042", max_length = 40)]
    pub(crate) reference: String,
    #[schema(max_length = 300)]
    pub(crate) title: String,
    /// ISO 3166-1 alpha-3 codes.
    #[schema(max_items = 50, value_type = Vec<kernel::items::CountryCode>)]
    pub(crate) countries: Vec<String>,
}

impl From<&Proposal> for StopProject {
    fn from(row: &Proposal) -> Self {
        Self {
            proposal_id: row.id,
            reference: row.reference.clone(),
            title: row.title.clone(),
            countries: split(&row.countries),
        }
    }
}

/// A line of an entry of the ledger about a lot.
#[derive(Debug, Clone, FromQueryResult)]
pub(super) struct Line {
    number: i64,
    kind: LedgerEntryKind,
    day: NaiveDate,
    reason: Option<String>,
    account: Account,
    /// Nil where it is not promised.
    proposal_id: ProposalId,
    to_proposal_id: Option<ProposalId>,
    /// US cents.
    amount: i64,
}

impl Line {
    /// The proposals that it names.
    pub(super) fn proposals(&self) -> impl Iterator<Item = ProposalId> {
        std::iter::once(self.proposal_id).chain(self.to_proposal_id).filter(|id| *id != ProposalId::nil())
    }
}

/// The lines of the ledger about a lot, oldest first.
///
/// # Errors
/// [`StoreError`].
pub(super) async fn lines(db: &Connection, lot: &lot::store::Model) -> Result<Vec<Line>, StoreError> {
    let text =
        "SELECT e.number, e.kind, e.day, e.reason, p.account, p.proposal_id, r.to_proposal_id, p.amount
                FROM posting p JOIN entry e ON e.id = p.entry_id
                LEFT JOIN redeployment r ON r.withdraw_entry = e.id
                WHERE p.lot_id = $1 ORDER BY e.number, p.line LIMIT 20000";
    sql::all(db, text, params![lot.id]).await
}

/// The stops that lines of the ledger tell of, for somebody who reads these proposals.
pub(super) fn stops(lines: &[Line], proposals: &BTreeMap<ProposalId, Proposal>) -> Vec<ContributionStop> {
    let mut entries: BTreeMap<i64, Vec<&Line>> = BTreeMap::new();
    for line in lines {
        entries.entry(line.number).or_default().push(line);
    }
    entries.values().flat_map(|lines| of_entry(lines, proposals)).collect()
}

/// The stops of an entry: one for each project, those that are not shown together.
fn of_entry(lines: &[&Line], proposals: &BTreeMap<ProposalId, Proposal>) -> Vec<ContributionStop> {
    let Some(first) = lines.first() else { return Vec::new() };
    let mut parts: BTreeMap<Option<ProposalId>, Moved> = BTreeMap::new();
    for line in lines {
        if line.proposal_id != ProposalId::nil() {
            let shown = Some(line.proposal_id).filter(|id| proposals.contains_key(id));
            parts.entry(shown).or_default().add(line.amount);
        }
    }
    if parts.is_empty() {
        for line in lines.iter().filter(|line| line.account == Account::Received) {
            parts.entry(None).or_default().add(line.amount);
        }
    }
    let project = |id: Option<ProposalId>| id.and_then(|id| proposals.get(&id)).map(StopProject::from);
    let is_withdrawal = first.kind == LedgerEntryKind::Withdraw;
    // Why may name the project that the money was given to.
    let is_told = is_withdrawal && first.to_proposal_id.is_none_or(|id| proposals.contains_key(&id));
    let stop = |(id, moved): (Option<ProposalId>, Moved)| ContributionStop {
        on: first.day,
        kind: kind_of(first.kind, &moved),
        amount: Money::usd(moved.more.max(moved.less)),
        project: project(id),
        to_project: project(first.to_proposal_id).filter(|_| is_withdrawal),
        reason: first.reason.clone().filter(|_| is_told && id.is_some()),
    };
    parts.into_iter().filter(|(_, moved)| moved.more.max(moved.less) > 0).map(stop).collect()
}

/// By how much places become more and less, in US cents.
#[derive(Debug, Default)]
struct Moved {
    more: i64,
    less: i64,
}

impl Moved {
    fn add(&mut self, amount: i64) {
        self.more += amount.max(0);
        self.less += (-amount).max(0);
    }
}

fn kind_of(kind: LedgerEntryKind, moved: &Moved) -> ContributionStopKind {
    match kind {
        // An entry counts all parts of a contribution: one may become less while another becomes more.
        LedgerEntryKind::Receive | LedgerEntryKind::Reduce if moved.less > moved.more => {
            ContributionStopKind::Reduced
        }
        LedgerEntryKind::Receive | LedgerEntryKind::Reduce => ContributionStopKind::Received,
        LedgerEntryKind::Reserve => ContributionStopKind::Reserved,
        LedgerEntryKind::Release => ContributionStopKind::Released,
        LedgerEntryKind::Allocate => ContributionStopKind::Allocated,
        LedgerEntryKind::Disburse => ContributionStopKind::Disbursed,
        LedgerEntryKind::Spend => ContributionStopKind::Spent,
        LedgerEntryKind::Return => ContributionStopKind::Returned,
        LedgerEntryKind::Restore => ContributionStopKind::Restored,
        LedgerEntryKind::Withdraw => ContributionStopKind::Withdrawn,
        LedgerEntryKind::Cover | LedgerEntryKind::Absorb if moved.more > moved.less => {
            ContributionStopKind::Substituted
        }
        LedgerEntryKind::Cover | LedgerEntryKind::Absorb => ContributionStopKind::Replaced,
        LedgerEntryKind::Reverse => ContributionStopKind::Reversed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proposal::{State, store::tests::row};

    const P1: ProposalId = ProposalId::from_u128(11);
    const P2: ProposalId = ProposalId::from_u128(12);

    fn line(
        number: i64,
        kind: LedgerEntryKind,
        account: Account,
        proposal_id: ProposalId,
        amount: i64,
    ) -> Line {
        let day = NaiveDate::from_ymd_opt(2026, 11, 28).unwrap();
        let reason = Some("other money came".to_owned());
        Line { number, kind, day, reason, account, proposal_id, to_proposal_id: None, amount }
    }

    fn path() -> Vec<Line> {
        use Account::{Allocated, Available, Disbursed, Received, Uncovered};
        use LedgerEntryKind::{Allocate, Cover, Disburse, Receive, Withdraw};
        let none = ProposalId::nil();
        vec![
            line(1, Receive, Received, none, 900),
            line(1, Receive, Available, none, 900),
            line(2, Allocate, Available, none, -500),
            line(2, Allocate, Allocated, P1, 500),
            line(3, Disburse, Allocated, P1, -200),
            line(3, Disburse, Disbursed, P1, 200),
            line(4, Withdraw, Allocated, P1, -100),
            line(4, Withdraw, Available, none, 100),
            line(5, Cover, Allocated, P1, -30),
            line(5, Cover, Disbursed, P2, -20),
            line(5, Cover, Uncovered, none, -50),
            line(6, Cover, Available, none, -10),
            line(6, Cover, Allocated, P2, 10),
        ]
    }

    fn told(proposals: &BTreeMap<ProposalId, Proposal>) -> Vec<(ContributionStopKind, String)> {
        stops(&path(), proposals).iter().map(|stop| (stop.kind, stop.amount.to_string())).collect()
    }

    #[test]
    fn the_path_of_a_contribution_has_every_stop_in_order() {
        use ContributionStopKind::{Allocated, Disbursed, Received, Replaced, Substituted, Withdrawn};
        let proposal = |id: ProposalId| (id, Proposal { id, ..row(State::Approved) });
        let known = BTreeMap::from([proposal(P1), proposal(P2)]);
        let expected = [
            (Received, "9.00"),
            (Allocated, "5.00"),
            (Disbursed, "2.00"),
            (Withdrawn, "1.00"),
            (Replaced, "0.30"),
            (Replaced, "0.20"),
            (Substituted, "0.10"),
        ];
        assert_eq!(told(&known), expected.map(|(kind, amount)| (kind, amount.to_owned())));
        let withdrawn = &stops(&path(), &known)[3];
        assert_eq!(withdrawn.reason.as_deref(), Some("other money came"));
        assert!(withdrawn.project.is_some());
    }

    #[test]
    fn why_money_was_withdrawn_is_told_to_those_who_read_the_project_that_it_was_given_to() {
        let given = Line {
            to_proposal_id: Some(P2),
            ..line(1, LedgerEntryKind::Withdraw, Account::Allocated, P1, -100)
        };
        let proposal = |id: ProposalId| (id, Proposal { id, ..row(State::Approved) });
        let mut known = BTreeMap::from([proposal(P1)]);
        let hidden = &stops(std::slice::from_ref(&given), &known)[0];
        assert!(hidden.project.is_some() && hidden.to_project.is_none() && hidden.reason.is_none());
        known.extend([proposal(P2)]);
        let told = &stops(&[given], &known)[0];
        assert!(told.to_project.is_some() && told.reason.is_some());
    }

    #[test]
    fn a_part_that_becomes_less_while_another_becomes_more_is_reduced() {
        use Account::{Available, Received};
        use LedgerEntryKind::{Receive, Reduce};
        let counted = |kind: LedgerEntryKind, amount: i64| {
            let none = ProposalId::nil();
            let lines = [line(1, kind, Received, none, amount), line(1, kind, Available, none, amount)];
            let told = stops(&lines, &BTreeMap::new());
            (told[0].kind, told[0].amount.to_string())
        };
        assert_eq!(counted(Receive, -100), (ContributionStopKind::Reduced, "1.00".to_owned()));
        assert_eq!(counted(Reduce, 100), (ContributionStopKind::Received, "1.00".to_owned()));
        assert_eq!(counted(Reduce, -100), (ContributionStopKind::Reduced, "1.00".to_owned()));
    }

    #[test]
    fn projects_that_are_not_shown_are_one_stop_without_a_reason() {
        use ContributionStopKind::{Allocated, Disbursed, Received, Replaced, Substituted, Withdrawn};
        let expected = [
            (Received, "9.00"),
            (Allocated, "5.00"),
            (Disbursed, "2.00"),
            (Withdrawn, "1.00"),
            (Replaced, "0.50"),
            (Substituted, "0.10"),
        ];
        assert_eq!(told(&BTreeMap::new()), expected.map(|(kind, amount)| (kind, amount.to_owned())));
        let stops = stops(&path(), &BTreeMap::new());
        assert!(stops.iter().all(|stop| stop.project.is_none() && stop.reason.is_none()));
    }
}
