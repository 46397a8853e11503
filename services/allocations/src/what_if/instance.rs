//! A problem in whole units: what the tables are made of.

use super::{
    bound::by_worth,
    problem::{Objective, Pin, Portfolio, Problem},
};
use std::ops::RangeInclusive;

/// What a proposal may get, in units.
#[derive(Debug, Clone)]
pub(super) struct Item {
    /// Its position in the problem.
    pub(super) proposal: usize,
    /// Its group, or the root.
    pub(super) node: usize,
    /// Amounts on their own: all that is asked, and the least that is viable where that is less.
    pub(super) singles: Vec<Single>,
    /// Multiples of the stride between them.
    pub(super) between: Option<RangeInclusive<i64>>,
    /// Whether it may get nothing.
    pub(super) may_lack: bool,
    /// What a unit between the singles adds to the key.
    pub(super) slope: i128,
    /// What any amount between the singles adds to the key, beside the slope.
    pub(super) fixed: i128,
    /// The most that is worth, by units: for the bound.
    pub(super) most: (i64, i128),
    /// Where rows have it.
    pub(super) field: Field,
}

/// One amount that a proposal may get.
#[derive(Debug, Clone, Copy)]
pub(super) struct Single {
    pub(super) weight: i64,
    pub(super) amount: i64,
    /// What it adds to the key.
    pub(super) key: i128,
    /// What it adds to the row.
    pub(super) mark: u64,
}

/// The bits of a row that hold an item. Earlier items have higher ones, so that rows compare as their portfolios do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) word: usize,
    pub(super) shift: u32,
    pub(super) width: u32,
}

/// A group in units, with limits that its parents' have been counted in.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) floor: i64,
    pub(super) ceiling: i64,
    /// The largest floor here and above: from here on less spent is never worse.
    pub(super) pending: i64,
    /// Groups inside of it.
    pub(super) children: Vec<usize>,
    /// Items of its own, as positions in [`Instance::items`], the best value for its weight first.
    pub(super) items: Vec<usize>,
}

/// A problem in units.
#[derive(Debug, Clone)]
pub(super) struct Instance {
    /// How much a unit is.
    pub(super) unit: i64,
    /// Multiples of how many units a part of what was asked may be.
    pub(super) stride: i64,
    pub(super) envelope: i64,
    pub(super) items: Vec<Item>,
    /// The items, the best value for its weight first.
    pub(super) by_worth: Vec<usize>,
    /// The groups, and after them the root.
    pub(super) nodes: Vec<Node>,
    /// Words of a row.
    pub(super) words: usize,
    scale: Scale,
}

/// How value, number of proposals and number of those cut make one key: `value·base² + proposals·base − cut`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    base: i128,
}

impl Scale {
    fn of(problem: &Problem) -> Self {
        Self { base: problem.proposals.len() as i128 + 1 }
    }

    pub(super) fn value(self, value: i128) -> i128 {
        value * self.base * self.base
    }

    /// The least value with which a key is reached, whatever proposals and cuts add to it.
    pub(super) fn least_value(self, key: i128) -> i128 {
        key.div_euclid(self.base * self.base) - 1
    }

    fn proposal(self, is_cut: bool) -> i128 {
        self.base - i128::from(is_cut)
    }
}

/// The largest unit of which every amount that is decided on is a multiple.
pub(super) fn exact_unit(problem: &Problem) -> i64 {
    let asked = problem.proposals.iter().filter(|proposal| proposal.pin != Some(Pin::Out));
    let least = |proposal: &super::Proposal| if problem.partial { proposal.least } else { 0 };
    let amounts = asked.flat_map(|proposal| [proposal.asked, least(proposal)]);
    let step = if problem.partial { problem.step } else { 0 };
    amounts.fold(step, greatest_common_divisor).max(1)
}

fn greatest_common_divisor(mut left: i64, mut right: i64) -> i64 {
    while right != 0 {
        (left, right) = (right, left % right);
    }
    left
}

fn ceil(amount: i64, unit: i64) -> i64 {
    amount / unit + i64::from(amount % unit != 0)
}

impl Instance {
    /// The problem in units of `unit`. With another than [`exact_unit`], costs are rounded up and floors are raised, so
    /// that what is found is feasible but may not be the best.
    pub(super) fn new(problem: &Problem, unit: i64) -> Self {
        let is_exact = exact_unit(problem) % unit == 0;
        let scale = Scale::of(problem);
        let stride = if is_exact { (problem.step / unit).max(1) } else { ceil(problem.step, unit) };
        let mut instance = Self {
            unit,
            stride,
            envelope: problem.envelope / unit,
            items: Vec::new(),
            by_worth: Vec::new(),
            nodes: nodes(problem, unit, is_exact),
            words: 1,
            scale,
        };
        let mut used = 0;
        for (position, proposal) in problem.proposals.iter().enumerate() {
            if proposal.pin == Some(Pin::Out) {
                continue;
            }
            let mut item = item(problem, position, &instance);
            let largest = item.singles.iter().map(|single| single.mark).max().unwrap_or(1);
            let width = u64::BITS - largest.leading_zeros();
            if used + width > u64::BITS {
                (instance.words, used) = (instance.words + 1, 0);
            }
            used += width;
            item.field = Field { word: instance.words - 1, shift: u64::BITS - used, width };
            instance.items.push(item);
        }
        let mut order: Vec<usize> = (0..instance.items.len()).collect();
        order.sort_by(|left, right| by_worth(&instance.items[*left].most, &instance.items[*right].most));
        for item in &order {
            instance.nodes[instance.items[*item].node].items.push(*item);
        }
        instance.by_worth = order;
        instance
    }

    pub(super) fn scale(&self) -> Scale {
        self.scale
    }

    /// The key of a portfolio.
    pub(super) fn key(&self, problem: &Problem, portfolio: &Portfolio) -> i128 {
        let each = problem.proposals.iter().zip(portfolio.amounts.iter().zip(&portfolio.funded));
        let funded = each.filter(|(_, (_, funded))| **funded);
        let counts = funded.map(|(proposal, (amount, _))| self.scale.proposal(*amount < proposal.asked));
        self.scale.value(problem.value(portfolio)) + counts.sum::<i128>()
    }

    /// The portfolio of a row.
    pub(super) fn portfolio(&self, problem: &Problem, row: &[u64]) -> Portfolio {
        let mut portfolio = Portfolio::empty(problem.proposals.len());
        for item in &self.items {
            let Field { word, shift, width } = item.field;
            let mark = (row[word] >> shift) & (u64::MAX >> (u64::BITS - width));
            if mark > 0 {
                let single = item.singles.iter().find(|single| single.mark == mark);
                let between = i64::try_from(mark - 1).unwrap_or(0) * self.unit;
                portfolio.fund(item.proposal, single.map_or(between, |single| single.amount));
            }
        }
        portfolio
    }
}

/// What marks an amount between the singles in a row.
pub(super) fn mark(weight: i64) -> u64 {
    weight.unsigned_abs() + 1
}

fn item(problem: &Problem, position: usize, instance: &Instance) -> Item {
    let proposal = &problem.proposals[position];
    let (unit, stride, scale) = (instance.unit, instance.stride, instance.scale);
    let (slope, fixed) = match problem.objective {
        Objective::ScoreCost => (i128::from(proposal.score), 0),
        Objective::Score => (0, i128::from(proposal.score)),
    };
    let single = |amount: i64| {
        let weight = ceil(amount, unit);
        let value = slope * i128::from(amount) + fixed;
        let key = scale.value(value) + scale.proposal(amount < proposal.asked);
        Single { weight, amount, key, mark: if problem.partial { mark(weight) } else { 1 } }
    };
    let full = single(proposal.asked);
    let mut singles = vec![full];
    let mut between = None;
    if problem.partial && proposal.least < proposal.asked {
        let least = single(proposal.least);
        let first = (least.weight / stride + 1) * stride;
        let last = (ceil(proposal.asked, unit) - 1) / stride * stride;
        between = (first <= last).then_some(first..=last);
        // One that costs nothing would be no more than a name on the list.
        if least.weight > 0 && least.weight < full.weight {
            singles.push(least);
        }
    }
    let lightest = singles.iter().map(|single| single.weight).min().unwrap_or(0);
    let lightest = between.as_ref().map_or(lightest, |between| lightest.min(*between.start()));
    let most = match problem.objective {
        Objective::Score => (lightest, fixed),
        Objective::ScoreCost if problem.partial => {
            (full.weight, slope * i128::from(unit) * i128::from(full.weight))
        }
        Objective::ScoreCost => (full.weight, slope * i128::from(proposal.asked)),
    };
    Item {
        proposal: position,
        node: proposal.group.unwrap_or(problem.groups.len()),
        singles,
        between,
        may_lack: proposal.pin != Some(Pin::In),
        slope: scale.value(slope * i128::from(unit)),
        fixed: scale.value(fixed) + scale.proposal(true),
        most,
        field: Field { word: 0, shift: 0, width: 1 },
    }
}

fn nodes(problem: &Problem, unit: i64, is_exact: bool) -> Vec<Node> {
    let root = problem.groups.len();
    let envelope = problem.envelope / unit;
    let empty = Node { floor: 0, ceiling: envelope, pending: 0, children: Vec::new(), items: Vec::new() };
    let mut nodes = vec![empty; root + 1];
    for (position, group) in problem.groups.iter().enumerate() {
        nodes[group.parent.unwrap_or(root)].children.push(position);
        let inside = |proposal: &&super::Proposal| {
            let is_rounded = proposal.asked % unit != 0 || proposal.least % unit != 0;
            is_rounded && problem.path(proposal.group).any(|around| around == position)
        };
        // Each cost was rounded up by less than one unit.
        let rounded = if is_exact { 0 } else { problem.proposals.iter().filter(inside).count() as i64 };
        let floor = problem.floor_of(position);
        nodes[position].floor = if floor == 0 { 0 } else { ceil(floor, unit) + rounded };
        let around = problem.path(Some(position)).map(|group| problem.groups[group].ceiling / unit);
        nodes[position].ceiling = around.fold(envelope, i64::min);
    }
    for position in 0..root {
        let floors = problem.path(Some(position)).map(|group| nodes[group].floor);
        nodes[position].pending = floors.fold(0, i64::max);
    }
    nodes
}
