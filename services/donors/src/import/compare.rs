//! Dry runs: what would become of each row, what it would change, which donors are new, and what counts in which year. Nothing
//! but that is kept.

use super::{
    apply::{self, Decision, Lookups, Verdicts, by_reference},
    changes,
    flow::{DonorRef, Flow},
    matching::scope_of,
    new_donors::MAX_COMPARED,
    seen::{Print, Seen},
    store::{self, ImportId, ImportState, Model as Job},
    totals::{Figure, Totals},
    worker::{BATCHES_PER_TURN, Batch, Pause, begin, finish, next_batch, note},
};
use crate::contribution::{self, store::Model as Contribution};
use ::store::{Store, StoreError};
use chrono::{DateTime, TimeDelta, Utc};
use kernel::ContributionId;
use std::collections::HashMap;

/// How long nobody has worked on a dry run that is taken for left alone and is begun anew: more than a batch takes, of which
/// the comparison of donors is told on the way.
const LEFT_ALONE: TimeDelta = TimeDelta::minutes(1);
/// How often it is told that donors are still being compared.
const STILL_AT_WORK: TimeDelta = TimeDelta::seconds(10);

/// The dry run under way: what its rows so far made of each flow. There is one at a time, for its memory.
pub(super) struct Comparison {
    pub(super) import: ImportId,
    /// The job's version when its last turn ended; another one means that somebody else went on with it.
    version: i64,
    seen: Seen<(i64, Print, Figure)>,
    /// The new donors that were told: a name and a type are told once.
    told: Seen<()>,
    /// How many of them were compared with the registry.
    compared: usize,
    totals: Totals,
}

/// Says what would happen. Goes on after a turn; begun again from the start after a crash. The job is told as far as it
/// has come, whatever happens.
pub(super) async fn compare(
    database: &Store,
    job: &mut Job,
    comparison: &mut Option<Comparison>,
) -> Result<(), Pause> {
    let begun = comparison.take().filter(|it| it.import == job.id && it.version == job.version);
    if job.totals.is_some() {
        // It was interrupted at its very end, when some of what is staged was gone.
        return finish(database, job, ImportState::Checked).await;
    }
    let mut under_way = match begun {
        Some(begun) => begun,
        // Another replica took it over, and remembers it.
        None if job.position > 0 && job.worked_at.is_some_and(|at| at >= left_alone(database)) => {
            return Err(Pause::Elsewhere);
        }
        None => begin_anew(database, job).await?,
    };
    for batch in 0.. {
        if batch == BATCHES_PER_TURN {
            under_way.version = job.version;
            *comparison = Some(under_way);
            return Ok(());
        }
        if !under_way.advance(database, job).await? {
            break;
        }
    }
    let mut ended = job.clone();
    let tx = begin(database, job).await?;
    ended.totals = Some(serde_json::to_string(&under_way.totals.kept()).map_err(StoreError::from)?);
    store::update(&tx, &mut ended).await?;
    tx.commit().await?;
    *job = ended;
    finish(database, job, ImportState::Checked).await
}

/// A dry run on which nobody has worked since then is left alone: what was remembered of it is lost.
pub(super) fn left_alone(database: &Store) -> DateTime<Utc> {
    database.clock().now() - LEFT_ALONE
}

/// Forgets what an interrupted comparison has noted. It has another version before that: whoever was slow, and not gone, does
/// not go on with what is forgotten. Its position stays until there is something to note, so that all is forgotten if this
/// is interrupted, too.
async fn begin_anew(database: &Store, job: &mut Job) -> Result<Comparison, Pause> {
    if job.position > 0 {
        let mut taken = job.clone();
        let tx = begin(database, job).await?;
        store::update(&tx, &mut taken).await?;
        tx.commit().await?;
        *job = taken;
    }
    let mut position = 0;
    while position < job.position {
        let tx = begin(database, job).await?;
        store::forget_compared(&tx, job.id, position).await?;
        tx.commit().await?;
        position += store::RANGE_ROWS;
    }
    (job.position, job.rows_done) = (0, job.rejected);
    (job.created, job.updated, job.unchanged, job.new_donors) = (0, 0, 0, 0);
    Ok(Comparison {
        import: job.id,
        version: job.version,
        seen: Seen::default(),
        told: Seen::default(),
        compared: 0,
        totals: Totals::default(),
    })
}

impl Comparison {
    /// Looks at the next batch; false when there is none.
    async fn advance(&mut self, database: &Store, job: &mut Job) -> Result<bool, Pause> {
        let Some(Batch { last, flows, undecided }) = next_batch(database, job).await? else {
            return Ok(false);
        };
        let count = flows.len();
        let verdicts = self.look_at(database, job, flows, undecided).await?;
        let mut noted = job.clone();
        let tx = begin(database, job).await?;
        note(&tx, &mut noted, &verdicts, (last, count)).await?;
        tx.commit().await?;
        *job = noted;
        Ok(true)
    }

    async fn look_at(
        &mut self,
        database: &Store,
        job: &Job,
        flows: Vec<(i64, Flow)>,
        undecided: Vec<(i64, DonorRef)>,
    ) -> Result<Verdicts, StoreError> {
        let (scope, now) = (scope_of(job), database.clock().now());
        let refs: Vec<String> = flows.iter().map(|(_, flow)| flow.id.clone()).collect();
        let db = database.system_read().await?;
        let held = contribution::store::by_refs(&scope, &db, &job.source, &refs).await?;
        let held = by_reference(held);
        let (lookups, unregistered) = Lookups::foreseen(&db, job, &flows, &undecided, now).await?;
        let mut verdicts = Verdicts::default();
        let mut told_at = now;
        for new in unregistered {
            let present = database.clock().now();
            if present - told_at > STILL_AT_WORK {
                store::worked_on(database, job.id).await?;
                told_at = present;
            }
            // In a table, one name is one donor.
            let donor_type = (!job.format.is_table()).then_some(new.donor_type);
            let name = (new.donor.search.clone(), donor_type);
            if self.told.get(&name).is_some() {
                continue;
            }
            self.told.insert(&name, ());
            let compares = self.compared < MAX_COMPARED;
            self.compared += usize::from(compares);
            verdicts.new_donors.push(new.foreseen(&scope, &db, job.id, compares).await?);
        }
        drop(db);
        for (number, flow) in flows {
            self.judge(job, &lookups, &held, (number, flow), now, &mut verdicts)?;
        }
        Ok(verdicts)
    }

    fn judge(
        &mut self,
        job: &Job,
        lookups: &Lookups,
        held: &HashMap<String, Contribution>,
        (number, flow): (i64, Flow),
        now: DateTime<Utc>,
        verdicts: &mut Verdicts,
    ) -> Result<(), StoreError> {
        let fingerprint = hex::encode(flow.fingerprint);
        let print = self.seen.print(&fingerprint);
        let stored = held.get(&flow.id);
        let before = self.seen.get(&flow.id).copied();
        let decision = match (before, stored) {
            (Some((version, seen, _)), _) => apply::decide(Some(&(version, seen)), flow.version, &print),
            // What was recorded here is kept by its entries.
            (None, Some(row)) if row.fingerprint.is_empty() => Decision::Keep,
            (None, stored) => {
                let known = stored.map(|row| (row.source_version.unwrap_or(0), row.fingerprint.clone()));
                apply::decide(known.as_ref(), flow.version, &fingerprint)
            }
        };
        if decision == Decision::Keep {
            verdicts.unchanged.push(number);
            return Ok(());
        }
        let (id, version) = (flow.id.clone(), flow.version);
        let place = (stored.map_or(ContributionId::nil(), |row| row.id), now);
        let record = apply::record(flow, job, lookups, fingerprint, stored, place)?;
        match stored {
            Some(stored) if before.is_none() && changes::is_same(stored, &record) => {
                verdicts.unchanged.push(number);
                return Ok(());
            }
            _ if decision == Decision::Create => verdicts.created.push(number),
            _ => verdicts.updated.push(number),
        }
        if let Some(stored) = stored {
            verdicts.changes.push(changes::of_row(job.id, number, stored, &record)?);
        }
        if let Some((_, _, replaced)) = before {
            self.totals.take(replaced);
        }
        let figure = Figure::of(&record);
        self.totals.add(figure);
        self.seen.insert(&id, (version, print, figure));
        Ok(())
    }
}
