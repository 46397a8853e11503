//! Elections in pabulib's format (`.pb`, pabulib.org/format): read as problems, and written.

use super::{
    greedy::{Misfit, by_score},
    problem::{MAX_AMOUNT, MAX_SCORE, Objective, Portfolio, Problem, Proposal},
};
use std::{collections::HashMap, fmt};

/// Decimal places that amounts and scores may have.
const MAX_PLACES: usize = 6;

/// A project of an election.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// Its id in the file.
    pub id: String,
    /// Its name; empty where there is none.
    pub name: String,
    /// What it costs, in [`Election::cost_places`] decimal places.
    pub cost: i64,
    /// Its score, or its votes where the election has no scores, in [`Election::score_places`] decimal places.
    pub score: i64,
    /// Whether the published result has it; none where no result is published.
    pub selected: Option<bool>,
}

/// An election.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Election {
    /// What it is.
    pub description: String,
    /// The budget, in [`Election::cost_places`] decimal places.
    pub budget: i64,
    /// The rule by which it was decided: `greedy`, `greedy-no-skip`, …
    pub rule: String,
    /// The projects, in the order of the file.
    pub projects: Vec<Project>,
    /// Decimal places of the budget and of costs.
    pub cost_places: u32,
    /// Decimal places of scores.
    pub score_places: u32,
}

/// Why a file cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unreadable {
    /// A part of the file, or a column of its projects, is missing.
    Missing(&'static str),
    /// A number is wrong, too large, or has too many decimal places.
    Number {
        /// The line, from 1.
        line: usize,
        /// What stands there.
        text: String,
    },
    /// Two projects have the same id.
    Twice(String),
}

impl fmt::Display for Unreadable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unreadable::Missing(what) => write!(formatter, "the file has no {what}"),
            Unreadable::Number { line, text } => {
                write!(formatter, "line {line}: \"{text}\" is not a number that can be used")
            }
            Unreadable::Twice(id) => write!(formatter, "the project {id} is listed twice"),
        }
    }
}

impl std::error::Error for Unreadable {}

/// A record of the file: the line it begins on, and its fields.
struct Record {
    line: usize,
    fields: Vec<String>,
}

/// Reads an election.
///
/// # Errors
/// [`Unreadable`], the first thing that is wrong.
pub fn read(text: &str) -> Result<Election, Unreadable> {
    let sections = sections(text);
    let section = |name: &'static str| sections.get(name).ok_or(Unreadable::Missing(name));
    let meta = section("META")?;
    let entry = |name: &str| {
        let found = meta.iter().find(|record| record.fields[0].trim().eq_ignore_ascii_case(name));
        found.and_then(|record| Some((record.line, record.fields.get(1)?.trim())))
    };
    let projects = rows(section("PROJECTS")?)?;
    let counted = counted(sections.get("VOTES").map_or(&[], Vec::as_slice));
    let budget = entry("budget").ok_or(Unreadable::Missing("budget"))?;
    let has_score = projects.iter().any(|project| project.get("score").is_some());
    let score = |project: &Row<'_>| {
        let own = project.get(if has_score { "score" } else { "votes" });
        let votes = || counted.get(project.id()).copied().unwrap_or(0).to_string();
        (project.line, own.map_or_else(votes, str::to_owned))
    };
    let costs = projects.iter().map(|project| project.get("cost").ok_or(Unreadable::Missing("cost")));
    let costs = costs.collect::<Result<Vec<&str>, Unreadable>>()?;
    let scores: Vec<(usize, String)> = projects.iter().map(score).collect();
    let cost_places = places(costs.iter().copied().chain([budget.1]));
    let score_places = places(scores.iter().map(|(_, text)| text.as_str()));
    let mut election = Election {
        description: entry("description").map_or_else(String::new, |(_, text)| text.to_owned()),
        budget: number(budget.0, budget.1, cost_places, MAX_AMOUNT)?,
        rule: entry("rule").map_or_else(String::new, |(_, text)| text.to_ascii_lowercase()),
        projects: Vec::with_capacity(projects.len()),
        cost_places: cost_places as u32,
        score_places: score_places as u32,
    };
    for ((project, cost), (line, score)) in projects.iter().zip(costs).zip(&scores) {
        let id = project.id();
        if election.projects.iter().any(|other| other.id == id) {
            return Err(Unreadable::Twice(id.to_owned()));
        }
        election.projects.push(Project {
            id: id.to_owned(),
            name: project.get("name").unwrap_or_default().to_owned(),
            cost: number(project.line, cost, cost_places, MAX_AMOUNT)?,
            score: number(*line, score, score_places, MAX_SCORE)?,
            selected: project.get("selected").map(|selected| selected != "0"),
        });
    }
    Ok(election)
}

/// A project's line, with the names of the columns.
struct Row<'a> {
    line: usize,
    columns: &'a [String],
    fields: &'a [String],
}

impl<'a> Row<'a> {
    /// What stands in a column; none for nothing.
    fn get(&self, column: &str) -> Option<&'a str> {
        let position = self.columns.iter().position(|name| name.trim().eq_ignore_ascii_case(column))?;
        self.fields.get(position).map(|field| field.trim()).filter(|field| !field.is_empty())
    }

    fn id(&self) -> &'a str {
        self.get("project_id").or_else(|| self.fields.first().map(|field| field.trim())).unwrap_or_default()
    }
}

/// The lines of a section below its header.
fn rows(records: &[Record]) -> Result<Vec<Row<'_>>, Unreadable> {
    let (header, records) = records.split_first().ok_or(Unreadable::Missing("header of its projects"))?;
    let columns = &header.fields;
    Ok(records.iter().map(|Record { line, fields }| Row { line: *line, columns, fields }).collect())
}

/// Votes for each project, for a file whose projects have none: points where voters gave points, or one for each name.
fn counted(votes: &[Record]) -> HashMap<String, i64> {
    let mut counted = HashMap::new();
    for row in rows(votes).unwrap_or_default() {
        let names = row.get("vote").unwrap_or_default().split(',').map(str::trim);
        let points: Vec<i64> = match row.get("points") {
            Some(points) => points.split(',').map(|points| points.trim().parse().unwrap_or(0)).collect(),
            None => Vec::new(),
        };
        for (position, name) in names.filter(|name| !name.is_empty()).enumerate() {
            let points = points.get(position).copied().unwrap_or(1).clamp(0, MAX_SCORE);
            let sum: &mut i64 = counted.entry(name.to_owned()).or_default();
            *sum = sum.saturating_add(points);
        }
    }
    counted
}

/// The records of each section, by the name of the section.
fn sections(text: &str) -> HashMap<String, Vec<Record>> {
    let mut sections: HashMap<String, Vec<Record>> = HashMap::new();
    let mut current: Option<String> = None;
    for record in records(text.trim_start_matches('\u{feff}')) {
        let first = record.fields[0].trim().to_ascii_uppercase();
        let is_name = matches!(first.as_str(), "META" | "PROJECTS" | "VOTES");
        if is_name && record.fields.iter().skip(1).all(|field| field.trim().is_empty()) {
            sections.entry(first.clone()).or_default();
            current = Some(first);
        } else if let Some(records) = current.as_ref().and_then(|name| sections.get_mut(name)) {
            records.push(record);
        }
    }
    sections
}

/// Lines of fields with semicolons between them. A field that begins with a quotation mark ends with the next single one,
/// and may hold semicolons and line breaks.
fn records(text: &str) -> Vec<Record> {
    let mut records = Vec::new();
    let (mut line, mut started) = (1, 1);
    let (mut fields, mut field) = (Vec::new(), String::new());
    let mut is_quoted = false;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        line += usize::from(character == '\n');
        match character {
            '"' if is_quoted && characters.next_if_eq(&'"').is_some() => field.push('"'),
            '"' if is_quoted => is_quoted = false,
            '"' if field.is_empty() => is_quoted = true,
            ';' if !is_quoted => fields.push(std::mem::take(&mut field)),
            '\n' if !is_quoted => {
                fields.push(std::mem::take(&mut field));
                records.push(Record { line: started, fields: std::mem::take(&mut fields) });
                started = line;
            }
            '\r' if !is_quoted => {}
            other => field.push(other),
        }
    }
    fields.push(field);
    records.push(Record { line: started, fields });
    records.retain(|record| record.fields.iter().any(|field| !field.trim().is_empty()));
    records
}

/// A number without the zeros that end it, in two parts.
fn parts(text: &str) -> (&str, &str) {
    match text.trim().split_once(['.', ',']) {
        Some((whole, decimals)) => (whole, decimals.trim_end_matches('0')),
        None => (text.trim(), ""),
    }
}

fn places<'a>(numbers: impl Iterator<Item = &'a str>) -> usize {
    numbers.map(|text| parts(text).1.len()).max().unwrap_or(0)
}

fn number(line: usize, text: &str, places: usize, most: i64) -> Result<i64, Unreadable> {
    let wrong = || Unreadable::Number { line, text: text.chars().take(40).collect() };
    let (whole, decimals) = parts(text);
    let digits = format!("{whole}{decimals:0<places$}");
    if places > MAX_PLACES || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong());
    }
    let number: i64 = digits.parse().map_err(|_| wrong())?;
    Some(number).filter(|number| *number <= most).ok_or_else(wrong)
}

impl Election {
    /// The question what its budget would buy best.
    pub fn problem(&self, objective: Objective, partial: bool) -> Problem {
        let proposal = |project: &Project| Proposal {
            id: project.id.clone(),
            group: None,
            least: if partial { project.cost.min(1) } else { project.cost },
            asked: project.cost,
            score: project.score,
            pin: None,
        };
        let proposals = self.projects.iter().map(proposal).collect();
        Problem { envelope: self.budget, step: 1, partial, objective, groups: Vec::new(), proposals }
    }

    /// What its own rule selects: by score, and of equal scores the one that is listed first. `greedy` skips what does
    /// not fit, `greedy-no-skip` stops there.
    pub fn greedy(&self) -> Portfolio {
        let misfit = if self.rule == "greedy-no-skip" { Misfit::Stop } else { Misfit::Skip };
        by_score(&self.problem(Objective::Score, false), misfit)
    }
}

/// A number in this many decimal places, as text.
pub fn decimal(number: i128, places: u32) -> String {
    let unit = 10_i128.pow(places);
    let (sign, number) = (if number < 0 { "-" } else { "" }, number.abs());
    let (whole, rest) = (number / unit, number % unit);
    if rest == 0 {
        return format!("{sign}{whole}");
    }
    let decimals = format!("{rest:0width$}", width = places as usize);
    format!("{sign}{whole}.{}", decimals.trim_end_matches('0'))
}

/// An election as a file, without its voters.
pub fn write(election: &Election) -> String {
    let cost = |amount: i64| decimal(i128::from(amount), election.cost_places);
    let mut text = String::from("META\nkey;value\n");
    let count = election.projects.len().to_string();
    for (key, value) in [
        ("description", quoted(&election.description)),
        ("num_projects", count),
        ("num_votes", "0".to_owned()),
        ("budget", cost(election.budget)),
        ("vote_type", "scoring".to_owned()),
        ("rule", quoted(&election.rule)),
    ] {
        text.push_str(&format!("{key};{value}\n"));
    }
    text.push_str("PROJECTS\nproject_id;cost;score;name;selected\n");
    for project in &election.projects {
        let score = decimal(i128::from(project.score), election.score_places);
        let selected = project.selected.map_or("", |selected| if selected { "1" } else { "0" });
        let (id, name) = (quoted(&project.id), quoted(&project.name));
        text.push_str(&format!("{id};{};{score};{name};{selected}\n", cost(project.cost)));
    }
    text.push_str("VOTES\nvoter_id;vote\n");
    text
}

fn quoted(text: &str) -> String {
    if text.contains([';', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
#[path = "pabulib_tests.rs"]
mod tests;
