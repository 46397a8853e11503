//! What is asked of the solver: proposals, groups of them, an envelope, and what is maximised.

use std::fmt;

/// Largest amount that the solver takes, in the smallest unit of the currency.
pub const MAX_AMOUNT: i64 = 100_000_000_000_000;
/// Largest score that the solver takes.
pub const MAX_SCORE: i64 = 10_000_000_000;
/// Most proposals that the solver takes.
pub const MAX_PROPOSALS: usize = 5_000;

/// What is maximised. Ties go to more proposals, then to fewer that are cut, then to more for earlier proposals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Objective {
    /// The sum of score times amount: the mean score of what is spent.
    #[default]
    ScoreCost,
    /// The sum of the scores of all proposals that get anything.
    Score,
}

/// What was decided of a proposal beforehand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pin {
    /// It gets something.
    In,
    /// It gets nothing.
    Out,
}

/// A proposal. Its place in the list is its rank among equals: earlier references first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// What the caller knows it by.
    pub id: String,
    /// Its group, as a position in [`Problem::groups`].
    pub group: Option<usize>,
    /// The least with which it is viable.
    pub least: i64,
    /// What it asks for.
    pub asked: i64,
    /// Its score; any unit, the same for all.
    pub score: i64,
    /// What is decided of it.
    pub pin: Option<Pin>,
}

/// A group of proposals: a region, a country in a region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// What the caller knows it by.
    pub name: String,
    /// The group around it, as a position in [`Problem::groups`].
    pub parent: Option<usize>,
    /// The least that it gets, or all that its proposals ask for if that is less.
    pub floor: i64,
    /// The most that it gets.
    pub ceiling: i64,
}

/// A question to the solver. Amounts are in the smallest unit of one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The most that all proposals get together.
    pub envelope: i64,
    /// Parts of what was asked are multiples of this, or the least that is viable.
    pub step: i64,
    /// Whether a proposal may get a part of what it asks for.
    pub partial: bool,
    /// What is maximised.
    pub objective: Objective,
    /// The groups: a partition or a tree.
    pub groups: Vec<Group>,
    /// The proposals, earlier references first.
    pub proposals: Vec<Proposal>,
}

/// Why a problem has no meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Invalid {
    /// An amount or a score is negative or too large, or there are too many proposals.
    OutOfRange,
    /// A step is less than 1.
    Step,
    /// A proposal asks for less than is viable.
    LeastAboveAsked,
    /// A group or a parent is not in the list, or a group is inside of itself.
    Groups,
}

impl fmt::Display for Invalid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Invalid::OutOfRange => {
                "an amount or a score is negative or too large, or there are too many proposals"
            }
            Invalid::Step => "the step must be at least 1",
            Invalid::LeastAboveAsked => "a proposal asks for less than is viable",
            Invalid::Groups => "a group is not in the list, or is inside of itself",
        })
    }
}

impl std::error::Error for Invalid {}

/// What each proposal gets, in the order of [`Problem::proposals`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Portfolio {
    /// Amounts; 0 for a proposal that gets nothing.
    pub amounts: Vec<i64>,
    /// Whether a proposal is funded: one that costs nothing is funded with 0.
    pub funded: Vec<bool>,
}

impl Portfolio {
    /// A portfolio in which nothing is funded.
    pub fn empty(count: usize) -> Self {
        Self { amounts: vec![0; count], funded: vec![false; count] }
    }

    /// Gives a proposal an amount.
    pub fn fund(&mut self, proposal: usize, amount: i64) {
        self.amounts[proposal] = amount;
        self.funded[proposal] = true;
    }

    /// Takes everything from a proposal.
    pub fn drop(&mut self, proposal: usize) {
        self.amounts[proposal] = 0;
        self.funded[proposal] = false;
    }

    /// The sum of the amounts.
    pub fn cost(&self) -> i64 {
        self.amounts.iter().sum()
    }

    /// The ids of what is funded, in the order of the problem.
    pub fn selected<'a>(&self, problem: &'a Problem) -> Vec<&'a str> {
        let funded = problem.proposals.iter().zip(&self.funded).filter(|(_, funded)| **funded);
        funded.map(|(proposal, _)| proposal.id.as_str()).collect()
    }
}

impl Problem {
    /// Whether the question has a meaning.
    ///
    /// # Errors
    /// [`Invalid`], the first that was found.
    pub fn check(&self) -> Result<(), Invalid> {
        let amounts = self.groups.iter().flat_map(|group| [group.floor, group.ceiling]);
        let asked = self.proposals.iter().flat_map(|proposal| [proposal.least, proposal.asked]);
        let scores = self.proposals.iter().map(|proposal| proposal.score);
        if amounts.chain(asked).chain([self.envelope]).any(|amount| !(0..=MAX_AMOUNT).contains(&amount))
            || scores.into_iter().any(|score| !(0..=MAX_SCORE).contains(&score))
            || self.proposals.len() > MAX_PROPOSALS
        {
            return Err(Invalid::OutOfRange);
        }
        if self.step < 1 {
            return Err(Invalid::Step);
        }
        if self.proposals.iter().any(|proposal| proposal.least > proposal.asked) {
            return Err(Invalid::LeastAboveAsked);
        }
        let known = |group: Option<usize>| group.is_none_or(|group| group < self.groups.len());
        let are_known = self.groups.iter().all(|group| known(group.parent))
            && self.proposals.iter().all(|proposal| known(proposal.group));
        let end = |group: usize| self.path(Some(group)).count() <= self.groups.len();
        if are_known && (0..self.groups.len()).all(end) { Ok(()) } else { Err(Invalid::Groups) }
    }

    /// A group and those around it, the innermost first. In a circle it ends after one group too many.
    pub(super) fn path(&self, group: Option<usize>) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(group, |group| self.groups[*group].parent).take(self.groups.len() + 1)
    }

    /// What the proposals in a group, and in those inside of it, ask for together.
    pub(super) fn asked_in(&self, group: usize) -> i64 {
        let inside = |proposal: &&Proposal| self.path(proposal.group).any(|around| around == group);
        self.proposals.iter().filter(inside).map(|proposal| proposal.asked).sum()
    }

    /// The least that a group has to get.
    pub fn floor_of(&self, group: usize) -> i64 {
        self.groups[group].floor.min(self.asked_in(group))
    }

    /// What a group gets.
    pub fn spent_in(&self, portfolio: &Portfolio, group: usize) -> i64 {
        let pairs = self.proposals.iter().zip(&portfolio.amounts);
        let inside = pairs.filter(|(proposal, _)| self.path(proposal.group).any(|around| around == group));
        inside.map(|(_, amount)| *amount).sum()
    }

    /// What a portfolio is worth: score times amount, or scores.
    pub fn value(&self, portfolio: &Portfolio) -> i128 {
        let each = self.proposals.iter().zip(portfolio.amounts.iter().zip(&portfolio.funded));
        each.map(|(proposal, (amount, funded))| match self.objective {
            Objective::ScoreCost => i128::from(proposal.score) * i128::from(*amount),
            Objective::Score if *funded => i128::from(proposal.score),
            Objective::Score => 0,
        })
        .sum()
    }

    /// Whether a portfolio keeps to the envelope, to every floor and ceiling, and to what was decided beforehand, and gives
    /// nobody less than is viable, more than was asked for, or a part where there is all or nothing.
    pub fn is_feasible(&self, portfolio: &Portfolio) -> bool {
        let within = |group: usize| {
            let spent = self.spent_in(portfolio, group);
            (self.floor_of(group)..=self.groups[group].ceiling).contains(&spent)
        };
        let kept = |(proposal, funded): (&Proposal, &bool)| match proposal.pin {
            Some(Pin::In) => *funded,
            Some(Pin::Out) => !funded,
            None => true,
        };
        let given = |(proposal, (amount, funded)): (&Proposal, (&i64, &bool))| {
            let least = if self.partial { proposal.least } else { proposal.asked };
            !*funded || (least..=proposal.asked).contains(amount)
        };
        let mut each = self.proposals.iter().zip(portfolio.amounts.iter().zip(&portfolio.funded));
        portfolio.cost() <= self.envelope
            && each.all(given)
            && (0..self.groups.len()).all(within)
            && self.proposals.iter().zip(&portfolio.funded).all(kept)
    }

    /// Whether `left` is better than `right`: worth more; then more proposals; then fewer cut; then more for earlier ones.
    pub fn is_better(&self, left: &Portfolio, right: &Portfolio) -> bool {
        let key = |portfolio: &Portfolio| {
            let funded = portfolio.funded.iter().filter(|funded| **funded).count();
            let each = self.proposals.iter().zip(portfolio.amounts.iter().zip(&portfolio.funded));
            let cut = each.filter(|(proposal, (amount, funded))| **funded && **amount < proposal.asked);
            (self.value(portfolio), funded, std::cmp::Reverse(cut.count()))
        };
        let gets = |portfolio: &Portfolio| {
            let pairs = portfolio.funded.iter().copied().zip(portfolio.amounts.iter().copied());
            pairs.collect::<Vec<_>>()
        };
        key(left).cmp(&key(right)).then_with(|| gets(left).cmp(&gets(right))).is_gt()
    }
}
