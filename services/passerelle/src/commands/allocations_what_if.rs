//! `passerelle allocations what-if FILE.pb`: what the budget of an election in pabulib's format buys best, beside what its
//! own rule selects.

use crate::output::say;
use allocations::what_if::{
    Answer, Difference, EXPLAIN_LIMIT, Explanation, Objective, Pin, Portfolio, Problem, SOLVE_LIMIT, explain,
    pabulib::{self, Election, decimal},
    solve,
};
use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};
use serde::Serialize;
use serde_json::value::RawValue;
use std::{fs, path::PathBuf, process::ExitCode};

/// The election, and what is maximised.
#[derive(Args)]
pub struct Arguments {
    /// The file, in pabulib's format (.pb).
    file: PathBuf,
    /// What is maximised.
    #[arg(long, value_enum, default_value_t = Maximised::ScoreCost)]
    objective: Maximised,
    /// Projects may get a part of what they cost.
    #[arg(long)]
    partial: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Maximised {
    /// The sum of score times cost.
    ScoreCost,
    /// The sum of scores.
    Score,
}

impl From<Maximised> for Objective {
    fn from(maximised: Maximised) -> Self {
        match maximised {
            Maximised::ScoreCost => Self::ScoreCost,
            Maximised::Score => Self::Score,
        }
    }
}

/// What is printed as JSON.
#[derive(Serialize)]
struct Printed<'a> {
    best: Option<Best<'a>>,
    greedy: Selected<'a>,
    proven: bool,
    explanation: Vec<Explained<'a>>,
}

#[derive(Serialize)]
struct Best<'a> {
    selected: Vec<&'a str>,
    cost: Box<RawValue>,
    value: Box<RawValue>,
    /// What each selected project gets, in the same order, where it may be a part.
    #[serde(skip_serializing_if = "Option::is_none")]
    amounts: Option<Vec<Box<RawValue>>>,
}

#[derive(Serialize)]
struct Selected<'a> {
    selected: Vec<&'a str>,
}

/// What becomes of the best value when a project is treated otherwise.
#[derive(Serialize)]
struct Explained<'a> {
    project: &'a str,
    /// `in` or `out`.
    forced: &'static str,
    /// `change`, `impossible` or `unknown`.
    effect: &'static str,
    /// By how much the best value changes.
    change: Option<Box<RawValue>>,
}

/// Runs the command.
///
/// # Errors
/// When the file cannot be read, or is not an election.
pub fn run(arguments: Arguments) -> Result<ExitCode> {
    let Arguments { file, objective, partial, json } = arguments;
    let name = file.display().to_string();
    let bytes = fs::read(&file).with_context(|| format!("cannot read {name}"))?;
    let text = String::from_utf8(bytes).with_context(|| format!("{name} is not UTF-8"))?;
    let election = pabulib::read(&text).with_context(|| name.clone())?;
    let problem = election.problem(objective.into(), partial);
    let answer = solve(&problem, SOLVE_LIMIT).with_context(|| name.clone())?;
    let explanation = explain(&problem, &answer, EXPLAIN_LIMIT);
    let solved =
        Solved { election: &election, problem: &problem, answer: &answer, explanation: &explanation };
    if json {
        say(serde_json::to_string(&solved.printed()?)?)?
    } else {
        solved.say()?
    }
    Ok(ExitCode::SUCCESS)
}

/// An election with its answer.
struct Solved<'a> {
    election: &'a Election,
    problem: &'a Problem,
    answer: &'a Answer,
    explanation: &'a Explanation,
}

impl<'a> Solved<'a> {
    fn cost_text(&self, cost: i64) -> String {
        decimal(i128::from(cost), self.election.cost_places)
    }

    fn value_text(&self, value: i128) -> String {
        let places = match self.problem.objective {
            Objective::ScoreCost => self.election.cost_places + self.election.score_places,
            Objective::Score => self.election.score_places,
        };
        decimal(value, places)
    }

    fn best(&self, portfolio: &Portfolio) -> Result<Best<'a>> {
        let funded = portfolio.amounts.iter().zip(&portfolio.funded).filter(|(_, funded)| **funded);
        let amounts = funded.map(|(amount, _)| number(self.cost_text(*amount)));
        Ok(Best {
            selected: portfolio.selected(self.problem),
            cost: number(self.cost_text(portfolio.cost()))?,
            value: number(self.value_text(self.problem.value(portfolio)))?,
            amounts: if self.problem.partial { Some(amounts.collect::<Result<Vec<_>>>()?) } else { None },
        })
    }

    fn printed(&self) -> Result<Printed<'a>> {
        let explained = self.explanation.proposals.iter().map(|effect| -> Result<Explained<'a>> {
            let (name, change) = self.effect(effect.difference);
            Ok(Explained {
                project: self.problem.proposals[effect.proposal].id.as_str(),
                forced: if effect.forced == Pin::In { "in" } else { "out" },
                effect: name,
                change: change.map(number).transpose()?,
            })
        });
        Ok(Printed {
            best: self.answer.best.as_ref().map(|best| self.best(best)).transpose()?,
            greedy: Selected { selected: self.election.greedy().selected(self.problem) },
            proven: self.answer.proven,
            explanation: explained.collect::<Result<Vec<_>>>()?,
        })
    }

    fn effect(&self, difference: Difference) -> (&'static str, Option<String>) {
        match difference {
            Difference::Change(change) => ("change", Some(self.value_text(change))),
            Difference::Infeasible => ("impossible", None),
            Difference::Unknown => ("unknown", None),
        }
    }

    /// The same for people.
    fn say(&self) -> Result<()> {
        let Solved { election, problem, answer, .. } = self;
        say(format_args!("{}", election.description))?;
        say(format_args!(
            "Budget  {}   {} projects",
            self.cost_text(election.budget),
            election.projects.len()
        ))?;
        if let Some(best) = &answer.best {
            self.say_portfolio(if answer.proven { "Best" } else { "Best found" }, best)?;
        }
        if !answer.proven {
            say(format_args!(
                "Not proven best: no portfolio is worth more than {}",
                self.value_text(answer.bound)
            ))?;
        }
        self.say_portfolio("By score", &election.greedy())?;
        for effect in &self.explanation.proposals {
            let (name, change) = self.effect(effect.difference);
            let forced = if effect.forced == Pin::In { "with" } else { "without" };
            let id = &problem.proposals[effect.proposal].id;
            say(format_args!("  {forced:<7}  {id:>8}  {}", change.as_deref().unwrap_or(name)))?;
        }
        Ok(())
    }

    fn say_portfolio(&self, title: &str, portfolio: &Portfolio) -> Result<()> {
        let (cost, value) =
            (self.cost_text(portfolio.cost()), self.value_text(self.problem.value(portfolio)));
        let selected = portfolio.selected(self.problem).join(", ");
        say(format_args!("{title}  cost {cost}, value {value}: {selected}"))?;
        Ok(())
    }
}

/// A decimal as a number of JSON, with all of its digits.
fn number(text: String) -> Result<Box<RawValue>> {
    Ok(RawValue::from_string(text)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ELECTION: &str = "META\nkey;value\nbudget;10.5\nrule;greedy\nPROJECTS\nproject_id;cost;votes\n\
        a;6;5\nb;5.25;4\nc;5;4\nVOTES\nvoter_id;vote\n";

    fn json(objective: Objective) -> serde_json::Value {
        let election = pabulib::read(ELECTION).unwrap();
        let problem = election.problem(objective, false);
        let answer = solve(&problem, SOLVE_LIMIT).unwrap();
        let explanation = explain(&problem, &answer, EXPLAIN_LIMIT);
        let solved =
            Solved { election: &election, problem: &problem, answer: &answer, explanation: &explanation };
        serde_json::from_str(&serde_json::to_string(&solved.printed().unwrap()).unwrap()).unwrap()
    }

    #[test]
    fn the_answer_has_the_best_the_greedy_and_what_each_project_changes() {
        let printed = json(Objective::ScoreCost);
        assert_eq!(printed["best"]["selected"], serde_json::json!(["b", "c"]));
        assert_eq!(printed["best"]["cost"].to_string(), "10.25");
        assert_eq!(printed["best"]["value"].to_string(), "41");
        assert_eq!(printed["greedy"], serde_json::json!({ "selected": ["a"] }));
        assert_eq!(printed["proven"], serde_json::json!(true));
        let a = serde_json::json!({ "project": "a", "forced": "in", "effect": "change", "change": -11 });
        assert_eq!(printed["explanation"][0], a);
    }

    #[test]
    fn scores_alone_may_be_maximised() {
        let printed = json(Objective::Score);
        assert_eq!(printed["best"]["value"].to_string(), "8");
        assert_eq!(printed["best"]["selected"], serde_json::json!(["b", "c"]));
    }
}
