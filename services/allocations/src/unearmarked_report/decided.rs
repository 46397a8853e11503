//! How it was decided in a year, in numbers.

use super::figures::{AnnualUseDecided, AnnualUseWindow};
use crate::{
    circulation,
    motion::{self, Resolution},
    proposal,
    window::{self, State},
};
use ::store::{StoreError, params, sql};
use chrono::{DateTime, TimeDelta, Utc};
use kernel::{CommitteeId, Money};
use sea_orm::{ConnectionTrait, Value};

/// How a committee decided between two instants.
///
/// # Errors
/// [`StoreError`].
pub(super) async fn decided(
    db: &impl ConnectionTrait,
    committee_id: CommitteeId,
    (windows, proposals): (&[window::store::Model], &[proposal::store::Model]),
    (from, before): (DateTime<Utc>, DateTime<Utc>),
) -> Result<AnnualUseDecided, StoreError> {
    let within = |at: DateTime<Utc>| from <= at && at < before;
    let mut shown = Vec::new();
    for window in windows.iter().filter(|window| is_of(window, (from, before))) {
        let submitted = |row: &&proposal::store::Model| {
            row.window_id == window.id && row.submitted_at.is_some_and(within)
        };
        let own: Vec<&proposal::store::Model> = proposals.iter().filter(submitted).collect();
        shown.push(AnnualUseWindow {
            id: window.id,
            title: window.title.clone(),
            kind: window.kind,
            envelope: Money::usd(window.envelope),
            criteria: window.fields()?.criteria,
            proposals: i64::try_from(own.len()).unwrap_or(i64::MAX),
            asked: Money::usd(own.iter().map(|row| row.asked).sum()),
        });
    }
    let text = "SELECT * FROM motion WHERE committee_id = $1 AND closed_at >= $2 AND closed_at < $3";
    let motions: Vec<motion::store::Model> = sql::all(db, text, params![committee_id, from, before]).await?;
    let mut recusals = 0;
    for motion in &motions {
        recusals += motion.roll()?.map_or(0, |roll| roll.recused.len());
    }
    // Those that ended after an instant, and until another.
    let instant = TimeDelta::microseconds(1);
    let ended =
        circulation::store::ended_between(db, committee_id, (from - instant, before - instant)).await?;
    let text = "SELECT count(*) FROM meeting WHERE committee_id = $1 AND opened_at >= $2 AND opened_at < $3";
    let meetings = number(db, text, params![committee_id, from, before]).await?;
    let text = "SELECT count(*) FROM score_sheet s JOIN allocation_window w ON w.id = s.window_id
                WHERE w.committee_id = $1 AND s.submitted_at >= $2 AND s.submitted_at < $3 AND s.struck_at IS NULL";
    let score_sheets = number(db, text, params![committee_id, from, before]).await?;
    let mut decided = AnnualUseDecided {
        windows: shown,
        meetings,
        motions: i64::try_from(motions.len()).unwrap_or(i64::MAX),
        circulations: i64::try_from(ended.len()).unwrap_or(i64::MAX),
        recusals: i64::try_from(recusals).unwrap_or(i64::MAX),
        score_sheets,
        ..AnnualUseDecided::default()
    };
    let text = "SELECT resolution, count(*) FROM decision
                WHERE committee_id = $1 AND decided_at >= $2 AND decided_at < $3
                  AND state NOT IN ('awaiting_head', 'declined', 'expired') GROUP BY resolution";
    for row in sql::rows(db, text, params![committee_id, from, before]).await? {
        let count: i64 = row.try_get_by_index(1)?;
        match row.try_get_by_index(0)? {
            Resolution::Approve => decided.approved = count,
            Resolution::PartlyApprove => decided.partly_approved = count,
            Resolution::Defer => decided.deferred = count,
            Resolution::Reject => decided.rejected = count,
            Resolution::WithdrawFunds | Resolution::Extend | Resolution::Reallocate | Resolution::Other => {}
        }
    }
    Ok(decided)
}

/// Whether a window took proposals between two instants.
fn is_of(window: &window::store::Model, (from, before): (DateTime<Utc>, DateTime<Utc>)) -> bool {
    let was_open = !matches!(window.state, State::Draft | State::Cancelled);
    was_open && window.opens_at < before && window.closes_at >= from
}

/// The number that a question is answered with.
///
/// # Errors
/// [`StoreError`].
pub(super) async fn number(
    db: &impl ConnectionTrait,
    text: &str,
    values: Vec<Value>,
) -> Result<i64, StoreError> {
    let row = sql::row(db, text, values).await?;
    let found: Option<i64> = row.map(|row| row.try_get_by_index(0)).transpose()?;
    Ok(found.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::window::store::tests::blank;

    #[test]
    fn a_window_is_of_every_year_in_which_it_took_proposals() {
        let at = |text: &str| -> DateTime<Utc> { text.parse().unwrap() };
        let window = window::store::Model {
            state: State::Closed,
            opens_at: at("2025-11-01T00:00:00Z"),
            closes_at: at("2026-02-01T00:00:00Z"),
            ..blank()
        };
        let year = |year: i32| {
            (at(&format!("{year}-01-01T00:00:00Z")), at(&format!("{}-01-01T00:00:00Z", year + 1)))
        };
        let of = |window: &window::store::Model| {
            [2024, 2025, 2026, 2027].map(|number| is_of(window, year(number)))
        };
        assert_eq!(of(&window), [false, true, true, false]);
        assert_eq!(of(&window::store::Model { state: State::Cancelled, ..window }), [false; 4]);
    }
}
