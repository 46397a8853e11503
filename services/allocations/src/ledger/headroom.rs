//! What a window can still promise.

use super::{account::Account, state::State};
use kernel::WindowId;

impl State {
    /// Cents that a window can still promise; never below zero. It is what is left of its envelope, and no more than what
    /// is available without what is uncovered, what is kept for reserve windows (unless it is one), and what is left of
    /// the envelopes of other open windows.
    pub(crate) fn headroom(&self, window_id: WindowId) -> i64 {
        let Some(own) = self.envelopes.iter().find(|envelope| envelope.window_id == window_id) else {
            return 0;
        };
        let left = own.amount - self.promised(window_id);
        let kept = if own.is_reserve { 0 } else { self.kept_for_reserve() };
        left.min(self.free() - kept - self.held_back(window_id)).max(0)
    }

    /// Cents that are available without what is uncovered: what all windows together could promise.
    pub(crate) fn free(&self) -> i64 {
        self.total(Account::Available) - self.total(Account::Uncovered)
    }

    /// Cents kept for reserve windows: their part of what was received, without what they have promised and what is left
    /// of the envelopes of those that are open (which is held back already).
    fn kept_for_reserve(&self) -> i64 {
        let part = i128::from(self.total(Account::Received)) * i128::from(self.reserve_floor);
        // Rounded up: the floor is not undercut by a cent.
        let floor = i64::try_from((part + 99) / 100).unwrap_or(i64::MAX);
        let reserve = self.envelopes.iter().filter(|envelope| envelope.is_reserve);
        let taken: i64 = reserve
            .map(|envelope| {
                let promised = self.promised(envelope.window_id);
                if envelope.is_open { promised.max(envelope.amount) } else { promised }
            })
            .sum();
        (floor - taken).max(0)
    }

    /// Cents that other open windows can still promise.
    fn held_back(&self, window_id: WindowId) -> i64 {
        let others = self.envelopes.iter();
        let others = others.filter(|envelope| envelope.is_open && envelope.window_id != window_id);
        others.map(|envelope| (envelope.amount - self.promised(envelope.window_id)).max(0)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::super::state::{Envelope, Place};
    use super::*;
    use kernel::LotId;

    const LOT: LotId = LotId::from_u128(1);

    fn window(number: u128, amount: i64, is_reserve: bool) -> Envelope {
        Envelope { window_id: WindowId::from_u128(number), is_open: true, is_reserve, amount }
    }

    fn pool(envelopes: Vec<Envelope>, reserve_floor: i64) -> State {
        let mut state = State { envelopes, reserve_floor, ..State::default() };
        state.balances.insert(Place::of_lot(Account::Available, LOT), 1_000);
        state.balances.insert(Place::of_lot(Account::Received, LOT), 1_000);
        state
    }

    #[test]
    fn a_window_promises_no_more_than_its_envelope_and_leaves_the_others_theirs() {
        let state = pool(vec![window(1, 600, false), window(2, 300, false)], 0);
        assert_eq!(state.headroom(WindowId::from_u128(1)), 600);
        assert_eq!(state.headroom(WindowId::from_u128(2)), 300);
        let state = pool(vec![window(1, 900, false), window(2, 300, false)], 0);
        assert_eq!(state.headroom(WindowId::from_u128(1)), 700);
        assert_eq!(state.headroom(WindowId::from_u128(3)), 0, "a window of another pool");
    }

    #[test]
    fn what_is_kept_for_reserve_windows_is_no_others() {
        let state = pool(vec![window(1, 1_000, false)], 25);
        assert_eq!(state.headroom(WindowId::from_u128(1)), 750);
        let state = pool(vec![window(1, 1_000, true)], 25);
        assert_eq!(state.headroom(WindowId::from_u128(1)), 1_000);
        // An open reserve window holds its envelope back itself: the floor is not counted twice.
        let state = pool(vec![window(1, 1_000, false), window(2, 250, true)], 25);
        assert_eq!(state.headroom(WindowId::from_u128(1)), 750);
    }

    #[test]
    fn what_is_uncovered_is_not_promised_again() {
        let mut state = pool(vec![window(1, 1_000, false)], 0);
        state.balances.insert(Place::of_lot(Account::Uncovered, LotId::from_u128(2)), 400);
        assert_eq!(state.headroom(WindowId::from_u128(1)), 600);
    }
}
