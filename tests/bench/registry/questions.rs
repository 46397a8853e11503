//! What is asked of the generated organisation.

use super::{By, PASSWORD, Question, RARE_COUNTRY, Site, json, mistyped, queried, some, text};
use reqwest::Method;
use std::collections::HashMap;

const FAST: &str = "under 50 ms";
const SHOWN: &str = "under 100 ms";

/// Words that many names have.
const COMMON_WORDS: [&str; 28] = [
    "Ministry",
    "Ministère",
    "Foreign",
    "Affairs",
    "Finance",
    "Interior",
    "Defence",
    "Education",
    "Economic",
    "Cooperation",
    "Environment",
    "Municipality",
    "Ayuntamiento",
    "Foundation",
    "Fondation",
    "Fundación",
    "Holdings",
    "Solidarity",
    "Network",
    "Development",
    "Affaires",
    "étrangères",
    "Coopération",
    "Solidarité",
    "Educación",
    "Protección",
    "Desarrollo",
    "Intérieur",
];

/// Number of pages walked to reach a deep one.
const DEEP_PAGE: usize = 400;

/// Records, lists, searches, timelines and dashboards.
pub(super) async fn api(site: &Site) -> Vec<Question> {
    let token = site.client.token(&site.http).await;
    let mut questions = Vec::new();
    let mut ask = |name: &str, mut paths: Vec<(String, String)>, by: &str| {
        // A small organisation has no deep pages.
        if paths.is_empty() {
            paths.push(("/v1/agreements".to_owned(), String::new()));
        }
        let by = By::Token(by.to_owned());
        questions.push(Question { name: name.to_owned(), paths, by, status: 200, target: FAST });
    };
    let plain = |path: &str| vec![(path.to_owned(), String::new())];
    let each = |ids: &[String], before: &str, after: &str| -> Vec<(String, String)> {
        some(ids).iter().map(|id| (format!("{before}{id}{after}"), String::new())).collect()
    };

    let donors = site.donors().await;
    let ids: Vec<String> = donors.iter().map(|(id, _, _)| id.clone()).collect();
    let (_, cursors) = site.walk(&token, "/v1/donors?", DEEP_PAGE).await;
    ask("a donor", each(&ids, "/v1/donors/", ""), &token);
    ask("donors, the first page", plain("/v1/donors"), &token);
    ask("donors, deep pages", each(&cursors, "/v1/donors?limit=200&cursor=", ""), &token);
    ask("donors of a type", plain("/v1/donors?type=intergovernmental"), &token);
    ask("donors by a filter that none fits", plain("/v1/donors?status=prospect&country=NOR"), &token);
    for (name, paths) in searches(&donors) {
        ask(name, paths, &token);
    }
    ask("donors by a common word", plain("/v1/donors?q=foundation"), &token);
    ask("donors by a word that none has", plain("/v1/donors?q=wxyzwxyz"), &token);
    ask("a donor's timeline", each(&ids, "/v1/donors/", "/timeline"), &token);
    let largest = largest(site, &token).await;
    ask("the largest donor's timeline", plain(&format!("/v1/donors/{largest}/timeline")), &token);

    let (region, office) =
        (site.region.token(&site.http).await, site.offices[3].client.token(&site.http).await);
    let (contributions, cursors) = site.walk(&token, "/v1/contributions?", DEEP_PAGE).await;
    ask("a contribution", each(&contributions, "/v1/contributions/", ""), &token);
    ask("contributions, the first page", plain("/v1/contributions"), &token);
    ask("contributions, deep pages", each(&cursors, "/v1/contributions?limit=200&cursor=", ""), &token);
    ask("contributions, a region's", plain("/v1/contributions"), &region);
    ask("contributions, an office's", plain("/v1/contributions"), &office);
    ask("contributions of a donor", each(&ids, "/v1/contributions?donor_id=", ""), &token);
    ask(
        "contributions of the largest donor",
        plain(&format!("/v1/contributions?donor_id={largest}")),
        &token,
    );
    ask("contributions by status", plain("/v1/contributions?status=pledge"), &token);
    ask("contributions by year", plain("/v1/contributions?year=2019"), &token);
    ask("contributions by country", plain("/v1/contributions?country=AFG"), &token);
    ask(
        "contributions by a rare country",
        plain(&format!("/v1/contributions?country={RARE_COUNTRY}")),
        &token,
    );
    ask(
        "contributions by country, year, status",
        plain("/v1/contributions?country=AFG&year=2019&status=pledge"),
        &token,
    );

    let (agreements, cursors) = site.walk(&token, "/v1/agreements?", DEEP_PAGE).await;
    ask("an agreement", each(&agreements, "/v1/agreements/", ""), &token);
    ask("agreements, the first page", plain("/v1/agreements"), &token);
    ask("agreements, deep pages", each(&cursors, "/v1/agreements?limit=200&cursor=", ""), &token);
    ask("agreements by end", plain("/v1/agreements?sort=end_date"), &token);
    ask("agreements by reference", plain("/v1/agreements?sort=reference"), &token);
    ask("agreements by words", plain("/v1/agreements?q=generated+ministry"), &token);
    ask("agreements, a region's", plain("/v1/agreements"), &region);

    let (reports, cursors) = site.walk(&token, "/v1/reports?", DEEP_PAGE).await;
    ask("a report", each(&reports, "/v1/reports/", ""), &token);
    ask("reports, the first page", plain("/v1/reports"), &token);
    ask("reports, deep pages", each(&cursors, "/v1/reports?limit=200&cursor=", ""), &token);
    ask("reports that are overdue", plain("/v1/reports?overdue=true"), &token);
    ask("reports in a state that none is in", plain("/v1/reports?state=hq_clearance"), &token);
    ask("reports, a region's", plain("/v1/reports?owed=true"), &region);
    ask("reports, an office's", plain("/v1/reports?owed=true"), &office);
    ask("how punctual offices are", plain("/v1/report-compliance"), &token);
    ask(
        "how punctual a donor's reports are",
        each(&ids, "/v1/report-compliance?by=donor&donor_id=", ""),
        &token,
    );

    let by = By::Token(token);
    let paths = plain("/v1/diversification?from=2017&to=2026");
    questions.push(Question {
        name: "the diversification dashboard".to_owned(),
        paths,
        by,
        status: 200,
        target: SHOWN,
    });
    questions
}

/// Donors by a word of their name, each in four ways.
fn searches(donors: &[(String, String, String)]) -> Vec<(&'static str, Vec<(String, String)>)> {
    let mut found: [Vec<(String, String)>; 4] = Default::default();
    let folded = |word: &str| word.replace('é', "e").replace('ö', "o");
    let is_own = |word: &&str| {
        word.chars().count() > 6 && word.chars().all(char::is_alphabetic) && !COMMON_WORDS.contains(word)
    };
    for (id, name, _) in some(donors) {
        let words: Vec<&str> = name.split_whitespace().filter(is_own).collect();
        let Some(word) = words.first() else { continue };
        let find =
            |words: &str, id: &str| (format!("/v1/donors?limit=200&q={}", queried(words)), id.to_owned());
        found[0].push(find(word, &id));
        if folded(word) != **word {
            found[1].push(find(&folded(word), &id));
        }
        found[2].push((format!("/v1/donors?limit=200&q={}", queried(&mistyped(word))), String::new()));
        if let [first, .., last] = words.as_slice() {
            found[3].push(find(&format!("{last} {first}"), &id));
        }
    }
    let [exact, without, mistyped, swapped] = found;
    let ways = [
        ("donors by a word", exact),
        ("donors by a word without its accents", without),
        ("donors by a word with two letters swapped", mistyped),
        ("donors by two words in another order", swapped),
    ];
    ways.into_iter().filter(|(_, paths)| !paths.is_empty()).collect()
}

/// The donor that most of the latest contributions are of.
async fn largest(site: &Site, token: &str) -> String {
    let mut counts: HashMap<String, u64> = HashMap::new();
    for item in site.get(token, "/v1/contributions?limit=200").await["items"].as_array().unwrap() {
        *counts.entry(text(&item["donor_id"])).or_default() += 1;
    }
    counts.into_iter().max_by_key(|(_, count)| *count).unwrap().0
}

/// Pages of the console, to whoever signed in at headquarters.
pub(super) async fn pages(site: &Site) -> Vec<Question> {
    let token = site.client.token(&site.http).await;
    let email = format!("officer-{}@example.org", site.rows);
    let body = json!({ "name": "Officer", "email": email, "password": PASSWORD,
        "roles": [{ "office_id": site.headquarters, "role": "donor_relations_officer" }] });
    site.created(&token, "/v1/people", &body).await;
    let form = [("email", email.as_str()), ("password", PASSWORD)];
    let answer = site.http.send(site.http.request(Method::POST, "/en/sign-in").form(&form)).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    let cookie = answer.header("set-cookie").split(';').next().unwrap().to_owned();
    let one = async |list: &str| text(&site.get(&token, list).await["items"][0]["id"]);
    let largest = largest(site, &token).await;
    let (contribution, agreement) =
        (one("/v1/contributions?limit=1").await, one("/v1/agreements?limit=1").await);
    let report = one("/v1/reports?limit=1").await;
    let paths = [
        ("start", String::new()),
        ("donors", "/donors".to_owned()),
        ("donors by a word", "/donors?q=foundation".to_owned()),
        ("the largest donor", format!("/donors/{largest}")),
        ("its timeline", format!("/donors/{largest}/timeline")),
        ("contributions", "/contributions".to_owned()),
        ("contributions by year", "/contributions?year=2019".to_owned()),
        ("a contribution", format!("/contributions/{contribution}")),
        ("agreements", "/agreements".to_owned()),
        ("an agreement", format!("/agreements/{agreement}")),
        ("reports", "/reports".to_owned()),
        ("reports, the board", "/reports?view=board".to_owned()),
        ("reports, how punctual they are", "/reports?view=punctuality".to_owned()),
        ("a report", format!("/reports/{report}")),
        ("diversification", "/diversification".to_owned()),
        ("search", "/search?q=foundation".to_owned()),
    ];
    let question = |(name, path): (&str, String)| Question {
        name: format!("page: {name}"),
        paths: vec![(format!("/en/console{path}"), String::new())],
        by: By::Cookie(cookie.clone()),
        status: 200,
        target: SHOWN,
    };
    paths.into_iter().map(question).collect()
}
