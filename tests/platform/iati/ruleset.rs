//! The official standard ruleset read anew from its JSON, apart from the platform's own table: each rule becomes one XPath
//! question that xmllint answers, the number of places where it does not hold.

use kernel::{Clock, SystemClock};
use serde_json::Value;
use std::{collections::BTreeSet, path::Path, process::Command};

/// Codes of vocabularies that the file could have.
const VOCABULARIES: [&str; 5] = ["1", "2", "3", "98", "99"];
/// The ruleset's only pattern: none of these symbols.
const PATTERN: &str = r"^[^\/\&\|\?]+$";

/// Ids and severities of the rules that a file breaks; at least `rules` of them are asked about.
pub(super) fn broken(file: &Path, official: &Path, rules: usize) -> BTreeSet<String> {
    let text = std::fs::read_to_string(official.join("ruleset-standard.json")).unwrap();
    let ruleset: Value = serde_json::from_str(&text).unwrap();
    let mut broken = BTreeSet::new();
    let mut asked = 0;
    for (place, kinds) in ruleset.as_object().unwrap() {
        if number(file, &format!("count({place})")) == 0 {
            continue;
        }
        for (info, holds) in conditions(kinds) {
            asked += 1;
            if number(file, &format!("count(({place})[not({holds})])")) > 0 {
                broken.insert(format!(
                    "{} {}",
                    info["id"].as_str().unwrap(),
                    info["severity"].as_str().unwrap()
                ));
            }
        }
    }
    assert!(asked >= rules, "only {asked} rules were asked about");
    broken
}

fn number(file: &Path, question: &str) -> u64 {
    let output = Command::new("xmllint").args(["--nonet", "--xpath", question]).arg(file).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let error = || panic!("{question}: {}", String::from_utf8_lossy(&output.stderr));
    said.trim().parse().unwrap_or_else(|_| error())
}

/// The rules of a place, each with the condition under which it holds there.
fn conditions(kinds: &Value) -> Vec<(Value, String)> {
    let mut found = Vec::new();
    for (kind, rules) in kinds.as_object().unwrap() {
        for case in rules["cases"].as_array().unwrap() {
            if kind == "loop" {
                let each = case["foreach"].as_str().unwrap();
                for code in VOCABULARIES {
                    let text = case["do"].to_string().replace("$1", code);
                    let inner = conditions(&serde_json::from_str(&text).unwrap());
                    let guard = |holds: String| format!("not({each}[. = '{code}']) or ({holds})");
                    found.extend(inner.into_iter().map(|(info, holds)| (info, guard(holds))));
                }
            } else if let Some(holds) = condition(kind, case) {
                let given = case["condition"].as_str().map(|given| format!("not({given}) or ({holds})"));
                found.push((case["ruleInfo"].clone(), given.unwrap_or(holds)));
            }
        }
    }
    found
}

/// One rule as XPath; none for those that need a list of organisations that nobody has here.
fn condition(kind: &str, case: &Value) -> Option<String> {
    let of = |name: &str| case[name].as_str().unwrap_or_default();
    let paths: Vec<&str> = case["paths"]
        .as_array()
        .map_or(Vec::new(), |paths| paths.iter().map(|path| path.as_str().unwrap()).collect());
    let each = |holds: &dyn Fn(&str) -> String| {
        paths.iter().map(|path| format!("({})", holds(path))).collect::<Vec<_>>().join(" and ")
    };
    Some(match kind {
        "atleast_one" => paths.iter().map(|path| format!("boolean({path})")).collect::<Vec<_>>().join(" or "),
        "no_more_than_one" => format!("count({}) <= 1", paths.join(" | ")),
        "unique" => format!("not({})", paths.join(" = ")),
        "startswith" if of("idCondition").is_empty() => {
            let path = paths[0];
            let prefixes = case["prefix"].as_array().unwrap();
            let with = |prefix: &Value| {
                let prefix = prefix.as_str().unwrap();
                format!("({prefix} and starts-with({path}, concat({prefix}, '{}')))", of("separator"))
            };
            prefixes.iter().map(with).collect::<Vec<_>>().join(" or ")
        }
        "startswith" => return None,
        "regex_matches" => {
            assert_eq!(of("regex"), PATTERN, "a pattern that this test does not know");
            each(&|path| format!("not({path}[. = '' or translate(., '/&|?', '') != .])"))
        }
        "no_spaces" => each(&|path| format!("not({path}[normalize-space(.) != .])")),
        "one_or_all" => match of("all") {
            "lang" => "@xml:lang or not(.//narrative[not(@xml:lang)])".to_owned(),
            "currency" => "@default-currency or not(.//value[not(@currency)])".to_owned(),
            "sector" => "sector or not(transaction[not(sector)])".to_owned(),
            other => panic!("all {other}"),
        },
        "date_now" => format!("not({0}) or {1} <= {2}", of("date"), digits(of("date")), today()),
        "date_order" if of("more") == "NOW" => format!("not({}[{} > {}])", of("less"), digits("."), today()),
        "date_order" => {
            let (less, more) = (of("less"), of("more"));
            format!("not({less}) or not({more}) or {} <= {}", digits(less), digits(more))
        }
        "strict_sum" => format!("round(100 * sum({})) = 100 * {}", paths.join(" | "), case["sum"]),
        "range" => {
            each(&|path| format!("not({path}[number(.) < {} or number(.) > {}])", case["min"], case["max"]))
        }
        "if_then" => format!("not({}) or ({})", of("if"), of("then")),
        // A year: the digits of the dates differ by at most one in the year's place.
        "time_limit" => format!("{} - {} <= 10000", digits(of("end")), digits(of("start"))),
        other => panic!("rules of the kind {other} are not known to this test"),
    })
}

/// A date as a number that orders as it does.
fn digits(path: &str) -> String {
    format!("number(translate(substring({path}, 1, 10), '-', ''))")
}

fn today() -> String {
    SystemClock.now().format("%Y%m%d").to_string()
}
