//! The end of a circulation: by votes, by an objection, or because its time is over.

use super::{
    CirculationState,
    api::Circulation,
    rule,
    store::{self, EntitledSeat, Model},
};
use crate::{
    committee::{rules, store as committees, trail::trail},
    decision::take::{Source, Taken, take},
    ledger::{self, Command},
    motion::{
        Ballot, MotionState,
        new_motion::{self, Decided},
        roll,
        rule::{Tally, is_for_the_head, quorum},
    },
    pool, proposal,
};
use ::store::{Actor, Store, StoreError, TenantScope, Transaction};
use auth::ApiError;
use kernel::{CirculationId, OrganisationId, PersonId, Problem, SeatId};
use service::{Context, Job};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// How often the worker looks.
const INTERVAL: Duration = Duration::from_secs(30);
/// Circulations read at once.
const BATCH_SIZE: u64 = 100;

/// A circulation with its proposal, locked: the pool first, as everywhere.
pub(crate) struct Settling {
    pub(crate) circulation: Model,
    pub(crate) decided: Decided,
}

impl Settling {
    /// Locks and reads them. `tx` reads the whole organisation.
    ///
    /// # Errors
    /// 404 when there is none.
    pub(crate) async fn of(
        scope: &TenantScope,
        tx: &Transaction,
        id: CirculationId,
    ) -> Result<Self, ApiError> {
        let seen = store::get(scope, tx.db(), id).await?.ok_or_else(Problem::not_found)?;
        let decided = new_motion::decided_again(scope, tx.db(), seen.proposal_id).await?;
        tx.lock(&pool::store::lock(decided.terms.pool_id)).await?;
        let circulation = store::get_to_change(scope, tx, id).await?.ok_or_else(Problem::not_found)?;
        tx.lock(&proposal::store::lock_of(circulation.proposal_id)).await?;
        let decided = new_motion::decided_again(scope, tx.db(), circulation.proposal_id).await?;
        Ok(Self { circulation, decided })
    }

    /// Ends it if it has ended. One that is carried while the money cannot be promised waits for its time, and lapses
    /// then, as one does whose decision was refused (`is_refused`). `tx` writes for the whole organisation.
    ///
    /// # Errors
    /// What the ledger or the proposal refuses (409): then nothing happened.
    pub(crate) async fn settle(
        self,
        scope: &TenantScope,
        tx: &mut Transaction,
        is_refused: bool,
    ) -> Result<Model, ApiError> {
        let Self { circulation: before, decided } = self;
        if before.state != CirculationState::Open {
            return Ok(before);
        }
        let rules = rules::at(tx.db(), before.committee_id, before.rules_number).await?;
        let now = tx.now();
        let mut tally = tally(tx, &before).await?;
        tally.quorum = quorum(tally.entitled, &rules.quorum);
        let objections = store::objections(tx.db(), before.id).await?.len();
        let is_over = before.closes_at <= now;
        let mut state = if is_for_the_head(tally.entitled, &rules.quorum) {
            // Conflicts of interest were found since: a meeting refers it to the head.
            CirculationState::Referred
        } else {
            rule::state(&tally, objections, is_over, &rules.circulation)
        };
        if state == CirculationState::Passed && (is_refused || is_short(tx, &before, &decided).await?) {
            state = if is_over { CirculationState::Lapsed } else { CirculationState::Open };
        }
        if state == CirculationState::Open {
            return Ok(before);
        }
        let mut after = ended(&before, state, &tally);
        (after.closed_at, after.updated_at) = (Some(now), now);
        if state == CirculationState::Passed {
            new_motion::check_state(before.resolution, &decided.proposal)?;
            let found = committees::get(scope, tx.db(), before.committee_id).await?;
            let committee = found.ok_or_else(Problem::not_found)?;
            let taken = Taken {
                committee: &committee,
                rules: &rules,
                rules_number: before.rules_number,
                source: Source::Circulation(before.id),
                decided: Some(&decided),
                resolution: before.resolution,
                amount: before.amount,
                conditions: before.conditions.clone(),
                reason: before.reason.clone(),
                outcome: MotionState::Passed,
                tally,
            };
            after.decision_id = Some(take(tx, taken).await?.id);
        }
        store::save(tx, &after).await?;
        let (was, is) = (Circulation::from(before), Circulation::from(after.clone()));
        tx.audit_changed("circulation.close", &after, &trail(&was)?, &trail(&is)?).await?;
        Ok(after)
    }
}

/// Whether what would be approved cannot be promised now: the window has too little left or is over, or no money may be used
/// for it. Whoever casts the last vote that is needed is not refused for that.
async fn is_short(tx: &Transaction, circulation: &Model, decided: &Decided) -> Result<bool, StoreError> {
    let Some(amount) = circulation.amount.filter(|_| circulation.resolution.approves()) else {
        return Ok(false);
    };
    let terms = &decided.terms;
    if !terms.state.is_under_way() {
        return Ok(true);
    }
    let purpose = proposal::purpose(&decided.proposal);
    let promise = Command::Allocate { purpose, amount, from_reserved: false };
    ledger::load::would_refuse(tx.db(), terms.pool_id, &promise).await
}

/// The figures of the votes.
async fn tally(tx: &Transaction, circulation: &Model) -> Result<Tally, StoreError> {
    let votes = store::votes(tx.db(), circulation.id).await?;
    let recused = roll::recused(tx.db(), Some(circulation.proposal_id)).await?;
    Ok(counted(circulation.seats()?, &votes, &recused))
}

/// The figures without the seats of those who have a conflict of interest by now, whether they voted before or not.
fn counted(
    mut seats: Vec<EntitledSeat>,
    votes: &BTreeMap<SeatId, Ballot>,
    recused: &BTreeSet<PersonId>,
) -> Tally {
    seats.retain(|seat| !recused.contains(&seat.person_id));
    let mut tally = Tally { entitled: seats.len(), ..Tally::default() };
    for ballot in seats.iter().filter_map(|seat| votes.get(&seat.seat_id)) {
        match ballot {
            Ballot::Yes => tally.yes += 1,
            Ballot::No => tally.no += 1,
            Ballot::Abstain => tally.abstain += 1,
        }
    }
    tally
}

fn ended(before: &Model, state: CirculationState, tally: &Tally) -> Model {
    let number = |count: usize| Some(i64::try_from(count).unwrap_or(i64::MAX));
    Model {
        version: before.version + 1,
        state,
        votes_yes: number(tally.yes),
        votes_no: number(tally.no),
        votes_abstain: number(tally.abstain),
        ..before.clone()
    }
}

/// Ends circulations whose time is over, as long as the service runs.
pub(crate) fn worker(context: &Context) -> Job {
    let store = context.store.clone();
    service::worker("allocations.circulations", INTERVAL, move || {
        let store = store.clone();
        async move { step(&store).await }
    })
}

/// Ends circulations, each in a transaction of its own. One that cannot be ended is in no other's way: it is tried
/// again in the next step.
async fn step(db: &Store) -> Result<bool, ApiError> {
    let now = db.clock().now();
    let mut after = None;
    loop {
        let read = db.system_read().await?;
        let overdue = store::overdue(&read, now, after, BATCH_SIZE).await?;
        drop(read);
        let Some(last) = overdue.last() else { return Ok(false) };
        after = Some((last.closes_at, last.id));
        for circulation in overdue {
            if let Err(error) = end(db, circulation.organisation_id, circulation.id).await {
                tracing::error!(
                    circulation = %circulation.id,
                    error = &error as &dyn std::error::Error,
                    "a circulation cannot be ended"
                );
            }
        }
    }
}

async fn end(db: &Store, organisation_id: OrganisationId, id: CirculationId) -> Result<(), ApiError> {
    let refused = match end_as(db, organisation_id, id, false).await {
        Ok(()) => return Ok(()),
        Err(error) => error,
    };
    // A decision that is refused is left to the next meeting.
    if refused.0.status == 409 { end_as(db, organisation_id, id, true).await } else { Err(refused) }
}

async fn end_as(
    db: &Store,
    organisation_id: OrganisationId,
    id: CirculationId,
    is_refused: bool,
) -> Result<(), ApiError> {
    let scope = TenantScope::Organisation { organisation_id };
    let mut tx = db.system(Actor::system()).await?;
    let settling = Settling::of(&scope, &tx, id).await?;
    settling.settle(&scope, &mut tx, is_refused).await?;
    tx.commit().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vote_does_not_count_of_a_member_who_has_a_conflict_by_now() {
        let (seat, person) = (SeatId::from_u128, PersonId::from_u128);
        let seats: Vec<EntitledSeat> = (1..=5)
            .map(|number| EntitledSeat {
                seat_id: seat(number),
                person_id: person(10 + number),
                has_moved: number == 1,
            })
            .collect();
        let votes = [(1, Ballot::Yes), (2, Ballot::Yes), (3, Ballot::Yes), (4, Ballot::No)];
        let votes: BTreeMap<SeatId, Ballot> =
            votes.into_iter().map(|(number, vote)| (seat(number), vote)).collect();
        let figures = |recused: &[u128]| {
            let recused: BTreeSet<PersonId> = recused.iter().map(|number| person(number + 10)).collect();
            let tally = counted(seats.clone(), &votes, &recused);
            (tally.entitled, tally.yes, tally.no)
        };
        assert_eq!(figures(&[]), (5, 3, 1));
        assert_eq!(figures(&[1]), (4, 2, 1));
        assert_eq!(figures(&[4, 5]), (3, 3, 0));
    }
}
