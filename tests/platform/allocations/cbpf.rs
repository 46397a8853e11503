//! Windows of OCHA's country-based pooled funds through the API: the board says what the fund has published.
//!
//! Three whole windows of 2023 and 2024 (a reserve allocation of Afghanistan, one of Ethiopia, a standard allocation of
//! Mali) with all of their 28 projects: each is drafted by an office, submitted, screened, in the standard window scored,
//! put on the shortlist, and approved by a motion in the window's own meeting. The 156 windows of these years that have a
//! published total, with their 2,391 projects, go through the service's own functions in a test of the service
//! (`services/allocations/src/procedure/cbpf_tests.rs`): through the API that would be some 40,000 requests.

use super::{
    Person, UNLIMITED, act, answered, committee_of_one, decided, done, draft, get, has, id_of, item, motion,
    officer, open_meeting, person, pool, proposal, reserve, seat, send, usd, verified,
};
use kernel::{Clock, SystemClock};
use reqwest::Method;
use serde_json::{Value, json};
use std::{path::Path, time::Duration};
use testkit::eventually;
use tests::{World, text};

/// A window: its fund, its title, its year, and the country of its projects.
type Window = (&'static str, &'static str, &'static str, &'static str);

const WINDOWS: [Window; 3] = [
    ("23", "2023 4th Reserve Allocation - Herat Earthquake Response", "2023", "AFG"),
    ("53", "2023 2nd  EHF Reserve Allocation", "2023", "ETH"),
    ("86", "2024 Standard Allocation", "2024", "MLI"),
];

struct Project {
    code: String,
    /// US cents.
    budget: i64,
    from: String,
    to: String,
}

fn rows(file: &Path) -> Vec<csv::StringRecord> {
    csv::Reader::from_path(file).unwrap().records().map(Result::unwrap).collect()
}

/// US cents of a number as the files write it: `499801.3`, `2.95E+07`.
fn cents(number: &str) -> i64 {
    (number.parse::<f64>().unwrap() * 100.0).round() as i64
}

fn dollars(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// `6/1/2023 12:00:00 AM` as `2023-06-01`.
fn day(moment: &str) -> String {
    let date = moment.split(' ').next().unwrap();
    let parts: Vec<u32> = date.split('/').map(|part| part.parse().unwrap()).collect();
    format!("{}-{:02}-{:02}", parts[2], parts[0], parts[1])
}

fn projects(folder: &Path, (fund, title, year, _): Window) -> Vec<Project> {
    let all = rows(&folder.join(format!("ProjectSummaryV2_{year}.csv")));
    let of_window = all.iter().filter(|row| (&row[0], &row[1], &row[5]) == (fund, title, year));
    let project = |row: &csv::StringRecord| Project {
        code: row[2].to_owned(),
        budget: cents(&row[13]),
        from: day(&row[10]),
        to: day(&row[11]),
    };
    of_window.map(project).collect()
}

/// What the fund says was approved in a window: to seven digits.
fn published(folder: &Path, (fund, title, year, _): Window) -> i64 {
    let all = rows(&folder.join("AllocationTypes.csv"));
    let row = all.iter().find(|row| (&row[7], &row[0], &row[9]) == (fund, title, year)).unwrap();
    cents(&row[15])
}

/// The committee is one person, so that one vote is enough.
struct Scene {
    world: World,
    pool: String,
    committee: String,
    chair: Person,
    seat: String,
    officer: String,
}

impl Scene {
    async fn new(envelopes: i64) -> Self {
        let world = World::with(UNLIMITED).await;
        let headquarters = world.founded.office_id.to_string();
        let office = world.office(&headquarters, "country").await;
        let officer = officer(&world, &office).await;
        let (pool, donor) = (pool(&world).await, world.donor("Norway").await);
        let chair = person(&world, &headquarters, "committee_member").await;
        world.settled().await;
        let committee = committee_of_one(&world).await;
        let seat = seat(&world, &committee, (&chair, &headquarters), "chair").await;
        let sum = dollars(envelopes);
        world.create("/v1/contributions", super::gift(&donor, &sum)).await;
        has(&world, &pool, [&sum, &sum, "0.00"]).await;
        Self { world, pool, committee, chair, seat, officer }
    }

    /// A window for exactly what its projects were given; `closes_at` ends its call.
    fn call(&self, envelope: i64, is_standard: bool, closes_at: &str) -> Value {
        let envelope = dollars(envelope);
        let mut body = reserve((&self.pool, &self.committee), &envelope, &envelope);
        body["closes_at"] = closes_at.into();
        if is_standard {
            body["kind"] = "standard".into();
            body["criteria"] = json!([{ "name": "Need", "weight": 100, "max_points": 100 }]);
            body["reviews_needed"] = 1.into();
        }
        body
    }

    /// A project that the office has sent.
    async fn submitted(&self, window: &str, country: &str, project: &Project) -> String {
        let asked = dollars(project.budget);
        let mut body = proposal(window, (&project.code, country), &asked, &asked);
        body["start_date"] = project.from.as_str().into();
        body["end_date"] = project.to.as_str().into();
        let path = draft(&self.world, &self.officer, &body).await;
        done(&self.world, &self.officer, &path, "submit", &Value::Null).await;
        path
    }

    /// Ends the call of a standard window, which is scored from then on.
    async fn closes(&self, window: &str, envelope: i64) {
        // A call does not end in the past: a slow machine needs a while to say so.
        let soon = (SystemClock.now() + Duration::from_secs(5)).to_rfc3339();
        let body = self.call(envelope, true, &soon);
        let moved = send(&self.world, Method::PUT, &self.world.token, (window, window), &body).await;
        assert_eq!(moved.status, 200, "{}", moved.text);
        let scoring = eventually("the call ends", || async {
            let answer = act(&self.world, &self.world.token, window, "score", &Value::Null).await;
            (answer.status != 409).then_some(answer)
        });
        assert_eq!(scoring.await.json()["state"], "scoring");
    }

    /// Puts a proposal on the shortlist, in a standard window with the score of the chair.
    async fn shortlists(&self, proposal: &str, is_standard: bool) {
        let (world, secretariat) = (&self.world, &self.world.token);
        done(world, secretariat, proposal, "screen", &json!({})).await;
        if is_standard {
            let request = world.http.request(Method::PUT, &format!("{proposal}/score-sheets"));
            let request = request.bearer_auth(&self.chair.token).header("if-match", "\"0\"");
            let sheet = json!({ "scores": [{ "points": 80 }], "is_submitted": true });
            let answer = answered(world, request.json(&sheet)).await;
            assert_eq!(answer.status, 200, "{}", answer.text);
        }
        done(world, secretariat, proposal, "shortlist", &json!({ "comment": "As it was approved" })).await;
    }

    /// The whole of a window: what its board says was approved.
    async fn decides(&self, folder: &Path, window: Window) -> i64 {
        let projects = projects(folder, window);
        let sum: i64 = projects.iter().map(|project| project.budget).sum();
        let is_standard = window.0 == "86";
        let body = self.call(sum, is_standard, "2099-01-01T00:00:00Z");
        let made = self.world.create("/v1/allocation-windows", body).await;
        let path = format!("/v1/allocation-windows/{}", text(&made["id"]));
        done(&self.world, &self.world.token, &path, "open", &Value::Null).await;
        let mut proposals = Vec::new();
        for project in &projects {
            proposals.push(self.submitted(&path, window.3, project).await);
        }
        if is_standard {
            self.closes(&path, sum).await;
        }
        for proposal in &proposals {
            self.shortlists(proposal, is_standard).await;
        }
        let meeting = open_meeting(&self.world, &self.committee, &[&self.chair]).await;
        for (project, proposal) in projects.iter().zip(&proposals) {
            let item = item(&self.world, &meeting, Some(proposal)).await;
            let wording = json!({ "resolution": "approve", "amount": usd(&dollars(project.budget)),
                "reason": "As it was approved" });
            let motion = motion(&self.world, &item, &self.seat, wording).await;
            let closed = decided(&self.world, &motion, &[(&self.chair, "yes")]).await;
            assert_eq!(closed["state"], "passed", "{closed}");
        }
        let shown = get(&self.world, &self.world.token, &path).await;
        assert_eq!(super::amounts(&shown, ["promised", "headroom"]), [dollars(sum).as_str(), "0.00"]);
        let board = get(&self.world, &self.world.token, &format!("{path}/board")).await;
        let rows = board["proposals"].as_array().unwrap();
        assert_eq!((rows.len(), &board["window_id"]), (projects.len(), &json!(id_of(&path))));
        rows.iter().map(|row| cents(row["approved"]["amount"].as_str().unwrap())).sum()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_board_of_a_window_of_a_pooled_fund_says_what_the_fund_has_published() {
    let test = "the_board_of_a_window_of_a_pooled_fund_says_what_the_fund_has_published";
    let Some(folder) = testkit::shared_data(test) else { return };
    let folder = folder.join("cbpf");
    let all: Vec<Project> = WINDOWS.iter().flat_map(|window| projects(&folder, *window)).collect();
    assert_eq!(all.len(), 28);
    let scene = Scene::new(all.iter().map(|project| project.budget).sum()).await;
    for window in WINDOWS {
        let (approved, published) = (scene.decides(&folder, window).await, published(&folder, window));
        // Seven digits of some millions are whole dollars.
        assert!((approved - published).abs() <= 100, "{window:?}: {approved} and {published}");
    }
    let totals = get(&scene.world, &scene.world.token, &scene.pool).await["totals"].clone();
    assert_eq!(super::amounts(&totals, ["available"]), ["0.00"], "all of it is allocated");
    // A contribution, and as many allocations as there are projects.
    assert_eq!(verified(&scene.world).await, 29);
    scene.world.stop().await;
}
