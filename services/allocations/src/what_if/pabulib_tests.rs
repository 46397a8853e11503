use super::*;
use crate::what_if::{SOLVE_LIMIT, solve};
use std::{fs, path::PathBuf};

const SMALL: &str = "\u{feff}META\r\nkey;value\r\ndescription;\"A; \"\"B\"\"\"\r\nbudget;100.50\r\nrule;greedy-no-skip\r\n\
    PROJECTS\r\nproject_id;cost;votes;name;selected\r\n1;60;5;Pond;1\r\n2;50.25;4;\"Bench; \"\"red\"\"\";0\r\n3;40;4;Tree;0\r\n\
    VOTES\r\nvoter_id;vote\r\n1;1,2\r\n";

#[test]
fn a_file_is_read_with_its_decimals_and_quotation_marks() {
    let election = read(SMALL).unwrap();
    assert_eq!((election.budget, election.cost_places, election.score_places), (10_050, 2, 0));
    assert_eq!(election.description, "A; \"B\"");
    let costs: Vec<i64> = election.projects.iter().map(|project| project.cost).collect();
    assert_eq!(costs, [6_000, 5_025, 4_000]);
    assert_eq!(election.projects[1].name, "Bench; \"red\"");
    assert_eq!(election.projects[0].selected, Some(true));
    assert_eq!(read(&write(&election)).unwrap(), election);
}

#[test]
fn one_rule_skips_what_does_not_fit_and_the_other_stops() {
    let mut election = read(SMALL).unwrap();
    let problem = election.problem(Objective::Score, false);
    assert_eq!(election.greedy().selected(&problem), ["1"]);
    election.rule = "greedy".to_owned();
    assert_eq!(election.greedy().selected(&problem), ["1", "3"]);
}

#[test]
fn votes_are_counted_where_projects_have_none() {
    let text =
        "META\nkey;value\nbudget;10\nPROJECTS\nproject_id;cost\na;5\nb;6\nVOTES\nvoter_id;vote\n1;a,b\n2;b\n";
    let scores: Vec<i64> = read(text).unwrap().projects.iter().map(|project| project.score).collect();
    assert_eq!(scores, [1, 2]);
    let text = text.replace("voter_id;vote\n1;a,b\n2;b", "voter_id;vote;points\n1;a,b;7,3\n2;b;2");
    let scores: Vec<i64> = read(&text).unwrap().projects.iter().map(|project| project.score).collect();
    assert_eq!(scores, [7, 5]);
}

#[test]
fn what_cannot_be_read_is_named() {
    let wrong = |from: &str, to: &str| read(&SMALL.replace(from, to)).unwrap_err();
    let number = |line, text: &str| Unreadable::Number { line, text: text.to_owned() };
    assert_eq!(read(""), Err(Unreadable::Missing("META")));
    assert_eq!(wrong("PROJECTS\r\n", ""), Unreadable::Missing("PROJECTS"));
    assert_eq!(wrong("budget;", "money;"), Unreadable::Missing("budget"));
    assert_eq!(wrong(";cost;", ";price;"), Unreadable::Missing("cost"));
    assert_eq!(wrong("1;60;", "1;-60;"), number(8, "-60"));
    assert_eq!(wrong("1;60;", "1;6e9;"), number(8, "6e9"));
    assert_eq!(wrong("1;60;", "1;99999999999999999999;"), number(8, "99999999999999999999"));
    assert_eq!(wrong("3;40;", "1;40;"), Unreadable::Twice("1".to_owned()));
}

#[test]
fn numbers_are_written_as_decimals() {
    assert_eq!(decimal(10_050, 2), "100.5");
    assert_eq!(decimal(-5, 2), "-0.05");
    assert_eq!(decimal(-300, 2), "-3");
    assert_eq!(decimal(7, 0), "7");
}

fn shared(test: &str) -> Option<PathBuf> {
    testkit::shared_data(test).map(|folder| folder.join("pabulib"))
}

fn election(folder: &std::path::Path, name: &str) -> Election {
    let text = fs::read_to_string(folder.join(format!("Poland_Czestochowa_2024_{name}.pb"))).unwrap();
    read(&text).unwrap()
}

#[test]
fn published_results_are_what_their_rule_selects() {
    let Some(folder) = shared("published_results_are_what_their_rule_selects") else { return };
    for name in ["Kiedrzyn", "Grabowka"] {
        let election = election(&folder, name);
        let published = election.projects.iter().filter(|project| project.selected == Some(true));
        let published: Vec<&str> = published.map(|project| project.id.as_str()).collect();
        let problem = election.problem(Objective::Score, false);
        assert_eq!(election.greedy().selected(&problem), published, "{name}");
    }
}

#[test]
fn the_best_portfolios_of_two_elections_are_those_that_pabutools_finds() {
    let test = "the_best_portfolios_of_two_elections_are_those_that_pabutools_finds";
    let Some(folder) = shared(test) else { return };
    for (name, objective, greedy, best) in [
        ("Kiedrzyn", Objective::ScoreCost, 274_730_500, 344_870_000),
        ("Grabowka", Objective::ScoreCost, 176_868_600, 176_868_600),
        ("Kiedrzyn", Objective::Score, 3_551, 4_031),
        ("Grabowka", Objective::Score, 1_322, 3_093),
    ] {
        let election = election(&folder, name);
        let problem = election.problem(objective, false);
        let answer = solve(&problem, SOLVE_LIMIT).unwrap();
        let portfolio = answer.best.unwrap();
        assert!(answer.proven && portfolio.cost() <= election.budget);
        assert_eq!(problem.value(&election.greedy()), greedy, "{name} {objective:?}");
        assert_eq!(problem.value(&portfolio), best, "{name} {objective:?}");
        if best == 344_870_000 {
            assert_eq!(portfolio.selected(&problem), ["234", "181", "701", "225"]);
        }
    }
}
