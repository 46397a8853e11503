//! Tables of the dynamic programme: for each amount that may be spent, the best way to spend it.
//!
//! Keys and rows add up when items come together, and adding the same to both sides changes no comparison. So the best way
//! for an amount is part of the best way for more, down to the last tie.

use super::{
    bound::Bound,
    instance::{Field, Instance, Item, mark},
};
use std::{cmp::Ordering, collections::VecDeque};

/// Bytes that one table may take.
const MAX_TABLE_BYTES: usize = 400_000_000;
/// How many steps an amount counts for, with the ways that lead to it.
const TARGET_STEPS: u64 = 16;
/// How many steps a comparison of rows counts for.
const TIE_STEPS: u64 = 8;

/// The work was more than is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Exhausted;

/// Counts the work.
#[derive(Debug)]
pub(super) struct Work {
    pub(super) steps: u64,
    pub(super) limit: u64,
}

impl Work {
    pub(super) fn take(&mut self, steps: u64) -> Result<(), Exhausted> {
        self.steps += steps;
        if self.steps > self.limit { Err(Exhausted) } else { Ok(()) }
    }
}

/// What is kept of a table.
pub(super) struct Keep<'a> {
    /// The most that may be spent here.
    pub(super) ceiling: i64,
    /// From this amount on, more that is not better is dropped.
    pub(super) pending: i64,
    /// What all others can add at most.
    pub(super) rest: &'a Bound,
    pub(super) instance: &'a Instance,
    /// A key that is reached already.
    pub(super) reached: Option<i128>,
}

impl Keep<'_> {
    /// Whether a state with this much spent can still become the best.
    fn is_hopeful(&self, spent: i64, key: i128) -> bool {
        let Some(reached) = self.reached else { return true };
        let missing = self.instance.scale().least_value(reached - key);
        self.rest.reaches(self.instance.envelope - spent, missing)
    }
}

/// Ways to spend, by the amount: none twice.
#[derive(Debug, Clone)]
pub(super) struct Table {
    pub(super) spent: Vec<i64>,
    pub(super) keys: Vec<i128>,
    rows: Vec<u64>,
    words: usize,
}

/// A state under construction: one of the table before, with an item's amount.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    from: usize,
    key: i128,
    mark: u64,
}

impl Table {
    /// Nothing is spent.
    pub(super) fn nothing(words: usize) -> Self {
        Self { spent: vec![0], keys: vec![0], rows: vec![0; words], words }
    }

    fn empty(words: usize) -> Self {
        Self { spent: Vec::new(), keys: Vec::new(), rows: Vec::new(), words }
    }

    pub(super) fn len(&self) -> usize {
        self.spent.len()
    }

    pub(super) fn row(&self, state: usize) -> &[u64] {
        &self.rows[state * self.words..(state + 1) * self.words]
    }

    /// Compares two states of this table, each with a mark in the field.
    fn compare(&self, field: Field, left: (usize, u64), right: (usize, u64)) -> Ordering {
        let marked = |(state, mark): (usize, u64)| {
            let words = self.row(state).iter().copied().enumerate();
            words
                .map(move |(word, bits)| if word == field.word { bits | (mark << field.shift) } else { bits })
        };
        marked(left).cmp(marked(right))
    }

    /// Adds a state, unless it is hopeless or no better than one that spends less. States come by what they spend.
    fn push(&mut self, keep: &Keep<'_>, spent: i64, key: i128, row: impl Iterator<Item = u64>) {
        if spent > keep.ceiling || !keep.is_hopeful(spent, key) {
            return;
        }
        let start = self.rows.len();
        self.rows.extend(row);
        // Those from `pending` on stand in growing order of key and row: to look at the last is enough.
        let last = self.len().checked_sub(1).filter(|last| self.spent[*last] >= keep.pending);
        let is_dominated = last.is_some_and(|last| {
            self.keys[last].cmp(&key).then_with(|| self.row(last).cmp(&self.rows[start..])).is_ge()
        });
        if is_dominated {
            self.rows.truncate(start);
        } else {
            self.spent.push(spent);
            self.keys.push(key);
        }
    }

    fn check_size(&self, added: usize) -> Result<(), Exhausted> {
        let bytes = (self.len() + added) * (self.words * 8 + 24);
        if bytes > MAX_TABLE_BYTES { Err(Exhausted) } else { Ok(()) }
    }

    /// The states with at least `floor`, with what other limits drop of them.
    pub(super) fn limited(self, floor: i64, keep: &Keep<'_>) -> Self {
        let mut limited = Self::empty(self.words);
        for state in (0..self.len()).filter(|state| self.spent[*state] >= floor) {
            limited.push(keep, self.spent[state], self.keys[state], self.row(state).iter().copied());
        }
        limited
    }

    /// The table with one more item.
    pub(super) fn with(&self, item: &Item, keep: &Keep<'_>, work: &mut Work) -> Result<Self, Exhausted> {
        let mut table = Self::empty(self.words);
        let mut sources = Sources::new(self, item, keep.instance.stride);
        while let Some(spent) = sources.next_target(keep.ceiling) {
            work.take(TARGET_STEPS)?;
            let Some(best) = sources.best(spent, work)? else { continue };
            let (field, words) = (item.field, self.row(best.from).iter().copied().enumerate());
            let row = words.map(
                |(word, bits)| {
                    if word == field.word { bits | (best.mark << field.shift) } else { bits }
                },
            );
            table.push(keep, spent, best.key, row);
            if table.len().is_multiple_of(65_536) {
                table.check_size(0)?;
            }
        }
        Ok(table)
    }

    /// Both tables together: of all pairs that spend the same, the best.
    pub(super) fn joined(&self, other: &Self, keep: &Keep<'_>, work: &mut Work) -> Result<Self, Exhausted> {
        let (Some(most), Some(others)) = (self.spent.last(), other.spent.last()) else {
            return Ok(Self::empty(self.words));
        };
        let size = usize::try_from(keep.ceiling.min(most + others) + 1).map_err(|_| Exhausted)?;
        self.check_size(size)?;
        work.take(size as u64)?;
        let mut best: Vec<(i128, u32, u32)> = vec![(i128::MIN, 0, 0); size];
        for (left, (spent, key)) in self.spent.iter().zip(&self.keys).enumerate() {
            let fits = other.spent.partition_point(|others| spent + others <= keep.ceiling);
            let mut ties = 0;
            for right in 0..fits {
                let cell = &mut best[(spent + other.spent[right]) as usize];
                let sum = key + other.keys[right];
                if sum > cell.0 {
                    *cell = (sum, left as u32, right as u32);
                } else if sum == cell.0 {
                    ties += 1;
                    let new = self.sum(other, left, right);
                    if new.gt(self.sum(other, cell.1 as usize, cell.2 as usize)) {
                        *cell = (sum, left as u32, right as u32);
                    }
                }
            }
            work.take(fits as u64 + ties * TIE_STEPS)?;
        }
        let mut table = Self::empty(self.words);
        for (spent, (key, left, right)) in best.into_iter().enumerate() {
            if key > i128::MIN {
                table.push(keep, spent as i64, key, self.sum(other, left as usize, right as usize));
            }
        }
        Ok(table)
    }

    /// The row of a pair.
    fn sum<'a>(&'a self, other: &'a Self, left: usize, right: usize) -> impl Iterator<Item = u64> + 'a {
        self.row(left).iter().zip(other.row(right)).map(|(left, right)| left | right)
    }

    /// The row of the best pair that spends no more than `ceiling`; none where there is no such pair.
    pub(super) fn best_pair(&self, other: &Self, ceiling: i64) -> Option<Vec<u64>> {
        let mut best: Option<(i128, usize, usize)> = None;
        let (mut fits, mut top): (usize, Option<usize>) = (0, None);
        // From the most spent on this side to the least: what fits on the other side only grows.
        for left in (0..self.len()).rev() {
            while fits < other.len() && self.spent[left] + other.spent[fits] <= ceiling {
                let is_better = top.is_none_or(|top| {
                    let keys = other.keys[fits].cmp(&other.keys[top]);
                    keys.then_with(|| other.row(fits).cmp(other.row(top))).is_gt()
                });
                top = if is_better { Some(fits) } else { top };
                fits += 1;
            }
            let Some(right) = top else { continue };
            let key = self.keys[left] + other.keys[right];
            let is_better = best.is_none_or(|(known, first, second)| {
                let rows = || self.sum(other, left, right).cmp(self.sum(other, first, second));
                key.cmp(&known).then_with(rows).is_gt()
            });
            best = if is_better { Some((key, left, right)) } else { best };
        }
        best.map(|(_, left, right)| self.sum(other, left, right).collect())
    }
}

/// The ways to come from a table to one with one more item, merged by what they spend.
struct Sources<'a> {
    table: &'a Table,
    item: &'a Item,
    stride: i64,
    /// A shift, what it adds, and the next state to be shifted: nothing, and each of the item's single amounts.
    shifts: Vec<(i64, i128, u64, usize)>,
    /// States from which an amount between the singles may lead to the target, by remainder: the best first.
    queues: Vec<VecDeque<usize>>,
    entered: usize,
    target: i64,
}

impl<'a> Sources<'a> {
    fn new(table: &'a Table, item: &'a Item, stride: i64) -> Self {
        let singles = item.singles.iter().map(|single| (single.weight, single.key, single.mark, 0));
        let lacking = item.may_lack.then_some((0, 0, 0, 0));
        let queues = if item.between.is_some() { stride as usize } else { 0 };
        Self {
            table,
            item,
            stride,
            shifts: singles.chain(lacking).collect(),
            queues: vec![VecDeque::new(); queues],
            entered: 0,
            target: -1,
        }
    }

    /// The next amount to which something leads.
    fn next_target(&mut self, ceiling: i64) -> Option<i64> {
        let heads = self
            .shifts
            .iter()
            .filter_map(|(weight, _, _, next)| self.table.spent.get(*next).map(|spent| spent + weight));
        let mut target = heads.min();
        if let (Some(between), Some(first), Some(last)) =
            (&self.item.between, self.table.spent.first(), self.table.spent.last())
        {
            let next = (self.target + 1).max(first + between.start());
            let next = (next <= last + between.end()).then_some(next);
            target = [target, next].into_iter().flatten().min();
        }
        self.target = target.filter(|target| *target <= ceiling)?;
        Some(self.target)
    }

    /// The best way to a target.
    fn best(&mut self, target: i64, work: &mut Work) -> Result<Option<Candidate>, Exhausted> {
        let mut best: Option<Candidate> = self.between(target, work)?;
        let table = self.table;
        for (weight, key, mark, next) in &mut self.shifts {
            if table.spent.get(*next).is_some_and(|spent| spent + *weight == target) {
                let candidate = Candidate { from: *next, key: table.keys[*next] + *key, mark: *mark };
                *next += 1;
                let is_better = best.is_none_or(|best| {
                    let rows = || {
                        let (new, old) = ((candidate.from, candidate.mark), (best.from, best.mark));
                        table.compare(self.item.field, new, old)
                    };
                    candidate.key.cmp(&best.key).then_with(rows).is_gt()
                });
                best = if is_better { Some(candidate) } else { best };
            }
        }
        Ok(best)
    }

    /// The best way with an amount between the item's single ones: a sliding maximum.
    fn between(&mut self, target: i64, work: &mut Work) -> Result<Option<Candidate>, Exhausted> {
        let Some(between) = &self.item.between else { return Ok(None) };
        let (least, most) = (*between.start(), *between.end());
        while let Some(spent) = self.table.spent.get(self.entered).filter(|spent| **spent + least <= target) {
            let queue = (spent % self.stride) as usize;
            while self.queues[queue].back().is_some_and(|back| self.is_overtaken(*back, self.entered)) {
                work.take(1)?;
                self.queues[queue].pop_back();
            }
            self.queues[queue].push_back(self.entered);
            self.entered += 1;
        }
        let queue = &mut self.queues[(target % self.stride) as usize];
        while queue.front().is_some_and(|front| self.table.spent[*front] + most < target) {
            queue.pop_front();
        }
        Ok(queue.front().map(|front| {
            let weight = target - self.table.spent[*front];
            let key = self.table.keys[*front] + self.item.slope * i128::from(weight) + self.item.fixed;
            Candidate { from: *front, key, mark: mark(weight) }
        }))
    }

    /// Whether a state that spends more leads to every later target in a better way than `earlier`.
    fn is_overtaken(&self, earlier: usize, later: usize) -> bool {
        let distance = self.table.spent[later] - self.table.spent[earlier];
        let key = self.table.keys[earlier] + self.item.slope * i128::from(distance);
        // The earlier one would give the item that much more.
        let rows = || {
            let (old, new) = ((earlier, distance.unsigned_abs()), (later, 0));
            self.table.compare(self.item.field, old, new)
        };
        key.cmp(&self.table.keys[later]).then_with(rows).is_lt()
    }
}
