//! What the envelope of a window would buy best, beside what was decided.

use super::words::{Words, fill};
use crate::{
    committee::rules::ScoreNormalisation,
    decision,
    scenario::{
        answer::{WhatIfPortfolio, portfolio_of},
        question::Asked,
    },
    score::{board::Scores, points},
    what_if::{Answer, Portfolio, Proposal},
    window,
};
use kernel::{DecisionState, ProposalId};
use pdf::{Block, Column, Row, Table};
use std::collections::HashMap;

/// A window whose proposals were dealt with, with its scores.
pub(crate) struct Judged {
    pub(crate) window: window::store::Model,
    pub(crate) scores: Scores,
    /// What the solver is asked: what the window as it is would buy best.
    pub(crate) asked: Asked,
    /// The last decision on each proposal until the end of the meeting.
    pub(crate) decisions: HashMap<ProposalId, decision::store::Model>,
}

impl Judged {
    /// The score of a proposal: the mean of its sheets, and what it is without the lenience of reviewers, where that is
    /// taken out.
    pub(super) fn score(&self, id: ProposalId) -> Option<(String, Option<String>)> {
        let mean = points::mean(&self.scores.counted(id))?;
        let adjusted = self.scores.adjusted.get(&id).copied();
        Some((points::decimal(mean), adjusted.map(points::decimal)))
    }

    /// What a decision gave to a proposal, in US cents.
    fn given(&self, id: ProposalId) -> i64 {
        let decision = self.decisions.get(&id).filter(|decision| decision.resolution.approves());
        decision.and_then(|decision| decision.amount).unwrap_or(0)
    }

    /// What was decided, as a portfolio.
    fn decided(&self) -> Portfolio {
        let mut decided = Portfolio::empty(self.asked.ids.len());
        let given = self.asked.ids.iter().map(|id| self.given(*id)).enumerate();
        for (position, cents) in given.filter(|(_, cents)| *cents > 0) {
            decided.fund(position, cents);
        }
        decided
    }

    /// What became of a proposal.
    fn outcome(&self, words: &Words, id: ProposalId) -> String {
        let Some(decision) = self.decisions.get(&id) else { return String::new() };
        let resolved = words.resolved(decision.resolution);
        if decision.state == DecisionState::AwaitingHead {
            return format!("{resolved}{}{}", words.separator, words.decided_as(decision.state));
        }
        resolved.to_owned()
    }

    /// The optimum beside what was decided: facts and a table.
    pub(super) fn blocks(&self, words: &Words, answer: Option<&Answer>) -> Vec<Block> {
        let best = answer.and_then(|answer| answer.best.as_ref());
        let decided = self.decided();
        let mut blocks = vec![
            Block::Heading(fill(words.optimum, &[("{window}", &self.window.title)])),
            Block::Paragraph(words.optimum_about.to_owned()),
            Block::Facts(self.facts(words, best, &decided)),
        ];
        match (best, answer) {
            (None, _) => blocks.push(Block::Paragraph(words.no_best.to_owned())),
            (Some(_), Some(answer)) if !answer.proven => {
                blocks.push(Block::Paragraph(words.not_proven.to_owned()));
            }
            (Some(_), _) => {}
        }
        blocks.push(self.table(words, best, &decided));
        blocks
    }

    fn facts(&self, words: &Words, best: Option<&Portfolio>, decided: &Portfolio) -> Vec<(String, String)> {
        let worth = |portfolio: &Portfolio| {
            let WhatIfPortfolio { amount, mean_points, .. } = portfolio_of(&self.asked, portfolio);
            let amount = words.dollars(amount.minor());
            match mean_points {
                Some(points) => {
                    fill(words.worth, &[("{amount}", &amount), ("{points}", &words.number(&points))])
                }
                None => amount,
            }
        };
        let scores = match self.scores.normalisation {
            ScoreNormalisation::None => words.scores_plain,
            ScoreNormalisation::Centred => words.scores_adjusted,
        };
        let mut facts = vec![
            (words.envelope.to_owned(), words.dollars(self.asked.problem.envelope)),
            (words.scores.to_owned(), scores.to_owned()),
        ];
        facts.extend(best.map(|best| (words.best.to_owned(), worth(best))));
        facts.push((words.decided.to_owned(), worth(decided)));
        facts
    }

    fn table(&self, words: &Words, best: Option<&Portfolio>, decided: &Portfolio) -> Block {
        let column =
            |heading: &str, share: u16, number: bool| Column { heading: heading.to_owned(), share, number };
        let usd = |heading: &str| format!("{heading} (USD)");
        let figure = |cents: i64| if cents > 0 { words.figure(cents) } else { String::new() };
        let of = |portfolio: Option<&Portfolio>, position: usize| {
            let cents = portfolio.and_then(|portfolio| portfolio.amounts.get(position).copied());
            figure(cents.unwrap_or(0))
        };
        let proposals = &self.asked.problem.proposals;
        let score = |id: ProposalId| self.scores.points(id).map(points::decimal);
        let line = |(position, (id, proposal)): (usize, (&ProposalId, &Proposal))| Row {
            cells: vec![
                proposal.id.clone(),
                score(*id).map(|score| words.number(&score)).unwrap_or_default(),
                words.figure(proposal.asked),
                of(best, position),
                of(Some(decided), position),
                self.outcome(words, *id),
            ],
            total: false,
        };
        let mut rows: Vec<Row> = self.asked.ids.iter().zip(proposals).enumerate().map(line).collect();
        let asked: i64 = proposals.iter().map(|proposal| proposal.asked).sum();
        rows.push(Row {
            cells: vec![
                words.total.to_owned(),
                String::new(),
                words.figure(asked),
                best.map(|best| words.figure(best.cost())).unwrap_or_default(),
                words.figure(decided.cost()),
                String::new(),
            ],
            total: true,
        });
        Block::Table(Table {
            caption: String::new(),
            columns: vec![
                column(words.proposal, 5, false),
                column(words.score, 3, true),
                column(&usd(words.asked), 5, true),
                column(&usd(words.best), 5, true),
                column(&usd(words.decided), 5, true),
                column(words.resolution, 5, false),
            ],
            rows,
        })
    }
}
