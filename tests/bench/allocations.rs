//! A pool of 2,000 contributions of ten years, of which 5,000 projects were given money in 100,000 lines of its ledger:
//! approving (from 200 contributions each time), the page of a donor, the board of 500 proposals, the check of the ledger;
//! and what a window would buy best.

use crate::{Client, Up, binary, found, line, ms, seconds};
use ::allocations::what_if::{Group, Misfit, Objective, Problem, Proposal, SOLVE_LIMIT, by_score, solve};
use reqwest::Method;
use rusqlite::Connection;
use serde_json::{Value, json};
use std::{
    path::Path,
    process::Command,
    time::{Duration, Instant},
};
use testkit::{Http, Response, folder};
use tests::{PASSWORD, sign_in, text};

/// Approvals that are measured.
const APPROVALS: usize = 60;
/// Requests of each other measure.
const REQUESTS: usize = 100;
/// Contributions of a year: an approval takes from all of the oldest that have something left.
const OF_A_YEAR: usize = 200;
/// As no page's reader would meet them.
const LIMITS: &str = "[gateway]\nburst = 100000\nrequests_per_second = 10000\n";

/// The pool's past, straight into the service's database: what each lot received, and one allocation from ten lots for each
/// project; then 500 scored proposals on a board. Invariants hold, as `passerelle allocations verify` says afterwards.
const RECORDS: &str = "
CREATE TEMP TABLE number AS WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 4999)
  SELECT i FROM n;
INSERT INTO allocation_window (id, version, organisation_id, office_id, pool_id, committee_id, kind, state, title, envelope,
    opens_at, closes_at, time_zone, fields, created_at, updated_at)
  SELECT unhex(printf('ee%030x', i)), version, organisation_id, office_id, pool_id, committee_id,
    kind, 'closed', title || i, 500000000, opens_at, closes_at, time_zone, fields, created_at, updated_at
  FROM allocation_window, number WHERE id = :board AND i < 10;
INSERT INTO lot (id, organisation_id, office_id, pool_id, root_id, donor_id, donor_name, several_donors, earmarking,
    countries, plans, years, received_on, intake_year, received, uncovered, created_at, updated_at)
  SELECT unhex(printf('10%030x', i)), :organisation, :office, :pool, unhex(printf('20%030x', i)),
    unhex(printf('30%030x', i % 40)), 'Donor ' || (i % 40), 0, 'unearmarked', '', '', '',
    printf('%d-01-%02d', 2017 + i / 200, 1 + i % 28), 2017 + i / 200, 10000000, 0, :now, :now FROM number WHERE i < 2000;
INSERT INTO entry (id, organisation_id, office_id, pool_id, number, kind, day, amount, cause_kind, cause_id, cause_sequence,
    headroom_after, actor_kind, actor_id, created_at)
  SELECT unhex(printf('40%030x', i)), :organisation, :office, :pool, i + 1, 'receive', '2026-02-01', 10000000,
    'contribution', unhex(printf('20%030x', i)), 1, 0, 'system', zeroblob(16), :now FROM number WHERE i < 2000;
INSERT INTO posting (entry_id, line, organisation_id, office_id, pool_id, account, proposal_id, lot_id, amount)
  SELECT unhex(printf('40%030x', i)), line, :organisation, :office, :pool, account, zeroblob(16),
    unhex(printf('10%030x', i)), 10000000
  FROM number, (SELECT 1 AS line, 'received' AS account UNION ALL SELECT 2, 'available') WHERE i < 2000;
INSERT INTO entry (id, organisation_id, office_id, pool_id, number, kind, day, amount, proposal_id, cause_kind, cause_id,
    cause_sequence, decision_id, headroom_after, actor_kind, actor_id, created_at)
  SELECT unhex(printf('41%030x', i)), :organisation, :office, :pool, 2001 + i, 'allocate', '2026-02-02', 1000000,
    unhex(printf('50%030x', i)), 'decision', unhex(printf('60%030x', i)), 1, unhex(printf('60%030x', i)), 0, 'system',
    zeroblob(16), :now FROM number;
CREATE TEMP TABLE part AS SELECT number.i AS project, ten.i AS place, (number.i * 10 + ten.i) % 2000 AS lot
  FROM number, number AS ten WHERE ten.i < 10;
INSERT INTO posting (entry_id, line, organisation_id, office_id, pool_id, account, proposal_id, lot_id, amount)
  SELECT unhex(printf('41%030x', project)), 2 * place + 1, :organisation, :office, :pool, 'available',
    zeroblob(16), unhex(printf('10%030x', lot)), -100000 FROM part;
INSERT INTO posting (entry_id, line, organisation_id, office_id, pool_id, account, proposal_id, lot_id, amount)
  SELECT unhex(printf('41%030x', project)), 2 * place + 2, :organisation, :office, :pool, 'allocated',
    unhex(printf('50%030x', project)), unhex(printf('10%030x', lot)), 100000 FROM part;
INSERT INTO position (lot_id, proposal_id, account, organisation_id, office_id, pool_id, amount)
  SELECT unhex(printf('10%030x', lot)), unhex(printf('50%030x', project)), 'allocated', :organisation,
    :office, :pool, 100000 FROM part;
INSERT INTO position (lot_id, proposal_id, account, organisation_id, office_id, pool_id, amount)
  SELECT unhex(printf('10%030x', i)), zeroblob(16), 'available', :organisation, :office, :pool,
    10000000 - 25 * 100000 FROM number WHERE i < 2000;
INSERT INTO promise (proposal_id, organisation_id, office_id, pool_id, window_id, purpose, reserved, allocated, disbursed,
    spent, returned, withdrawn)
  SELECT unhex(printf('50%030x', i)), :organisation, :office, :pool, unhex(printf('ee%030x', i % 10)),
    json_object('window_id', printf('ee000000-0000-0000-0000-%012x', i % 10),
      'proposal_id', printf('50000000-0000-0000-0000-%012x', i), 'countries', json_array('TCD'), 'plan_ids', json_array(),
      'years', json_array(2026), 'last_day', '2026-12-31'), 0, 1000000, 0, 0, 0, 0 FROM number;
UPDATE pool SET entries = 7000, version = 7001 WHERE id = :pool;
INSERT INTO allocation_proposal (id, version, organisation_id, office_id, window_id, reference, state, title, search,
    category, nature, countries, plan_ids, asked, least, start_date, end_date, visibility, fields, created_by, authors,
    verdicts, is_reopened, approved, created_at, updated_at)
  SELECT unhex(printf('50%030x', i)), 1, :organisation, :office, unhex(printf('ee%030x', i % 10)),
    printf('MIR-2025-%05d', i), 'approved', 'Project ' || i, 'project ' || i, 'Emergency', 'grant', ',TCD,', '', 1000000,
    1000000, '2026-01-01', '2026-12-31', 'donor', :fields, zeroblob(16), '', '[]', 0, 1000000, :now, :now FROM number;
INSERT INTO allocation_proposal (id, version, organisation_id, office_id, window_id, reference, state, title, search,
    category, nature, countries, plan_ids, asked, least, start_date, end_date, visibility, fields, created_by, authors,
    verdicts, is_reopened, created_at, updated_at)
  SELECT unhex(printf('70%030x', i)), 1, :organisation, :office, :board, printf('MIR-2024-%05d', i), 'scored',
    'Proposal ' || i, 'proposal ' || i, 'Emergency', 'grant', ',TCD,', '', 1000000, 1000000, '2026-01-01', '2026-12-31',
    'donor', :fields, zeroblob(16), '', '[]', 0, :now, :now FROM number WHERE i < 500;
INSERT INTO score_sheet (id, version, organisation_id, window_id, proposal_id, person_id, answers, points, submitted_at,
    created_at, updated_at)
  SELECT unhex(printf('8%01x%030x', three.i, number.i)), 1, :organisation, :board, unhex(printf('70%030x', number.i)),
    unhex(printf('90%030x', three.i)), '[]', 5000 + (number.i * 7 + three.i * 131) % 4000, :now, :now, :now
  FROM number, number AS three WHERE number.i < 500 AND three.i < 3";

/// A committee in which one vote is enough, its open meeting, and who works there.
struct Scene {
    http: Http,
    token: String,
    /// A token of the chair, and the id of the chair's seat.
    chair: String,
    seat: String,
    officer: String,
    pool: String,
    meeting: String,
    /// Windows, by their ids: one for new proposals, one whose board is shown.
    window: String,
    board: String,
}

fn usd(dollars: &str) -> Value {
    json!({ "amount": dollars, "currency": "USD" })
}

/// Sends a request until the service knows what it is about; the answer, and how long the last attempt took.
async fn sent(http: &Http, request: reqwest::RequestBuilder) -> (Response, Duration) {
    loop {
        let again = request.try_clone().unwrap();
        let started = Instant::now();
        let answer = http.send(again).await;
        let took = started.elapsed();
        if ![429, 503].contains(&answer.status) {
            return (answer, took);
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn created(http: &Http, token: &str, path: &str, body: &Value) -> Value {
    let (answer, _) = sent(http, http.request(Method::POST, path).bearer_auth(token).json(body)).await;
    assert_eq!(answer.status, 201, "{path}: {}", answer.text);
    answer.json()
}

/// A step of a record at its version: how long it took.
async fn step(http: &Http, token: &str, (record, action): (&str, &str), body: Option<Value>) -> Duration {
    let (read, _) = sent(http, http.request(Method::GET, record).bearer_auth(token)).await;
    let request = http.request(Method::POST, &format!("{record}/{action}")).bearer_auth(token);
    let request = request.header("if-match", read.header("etag"));
    let request = match &body {
        Some(body) => request.json(body),
        None => request,
    };
    let (answer, took) = sent(http, request).await;
    assert_eq!(answer.status, 200, "{record}/{action}: {}", answer.text);
    took
}

/// Offices, people, the committee with its open meeting, an empty pool, and two windows that are not open yet; with id and
/// secret of the office's client.
async fn prepared(up: &Up, founded: &Value) -> (Scene, [String; 2]) {
    let http = Http::new(&up.url);
    let client = Client::of(founded);
    let token = client.token(&http).await;
    let headquarters = text(&founded["office_id"]);
    let made = async |path: &str, body: Value| created(&http, &token, path, &body).await;
    let office = json!({ "code": "TCD", "name": "N'Djamena", "kind": "country", "parent_id": headquarters });
    let office = text(&made("/v1/offices", office).await["id"]);
    let officer =
        json!({ "name": "Office", "office_id": office, "scopes": ["proposals:read", "proposals:write"] });
    let officer = made("/v1/clients", officer).await;
    let chair = json!({ "name": "Chair", "email": "chair@example.org", "password": PASSWORD,
        "roles": [{ "office_id": headquarters, "role": "committee_member" }] });
    let chair = text(&made("/v1/people", chair).await["id"]);
    // Allocations hears of people from the bus.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let committee = json!({ "name": "Committee", "decision_by": "committee", "time_zone": "Europe/Zurich" });
    let committee = text(&made("/v1/committees", committee).await["id"]);
    let rules = json!({ "quorum": { "numerator": 0, "denominator": 1, "least": 1 }, "majority": "simple",
        "least_yes": 1, "tie": "deferred", "notice_days": 0, "normalisation": "centred",
        "circulation": { "hours": 48, "majority": "absolute", "objections": 1 },
        "alternates_for_recused": false, "authority": [] });
    let rules = json!({ "rules": rules, "reason": "Terms of reference" });
    made(&format!("/v1/committees/{committee}/rules"), rules).await;
    let seat =
        json!({ "person_id": chair, "office_id": headquarters, "kind": "chair", "from": "2020-01-01" });
    let seat = made(&format!("/v1/committees/{committee}/seats"), seat).await;
    let meeting =
        json!({ "committee_id": committee, "place": "Geneva", "starts_at": "2020-01-15T09:00:00Z" });
    let meeting = made("/v1/committee-meetings", meeting).await;
    let meeting = format!("/v1/committee-meetings/{}", text(&meeting["id"]));
    let notice = json!({ "short_notice_reason": "For the test" });
    step(&http, &token, (&meeting, "convene"), Some(notice)).await;
    step(&http, &token, (&meeting, "open"), None).await;
    let (read, _) = sent(&http, http.request(Method::GET, &meeting).bearer_auth(&token)).await;
    let attendance = json!({ "intervals": [{ "person_id": chair, "from": read.json()["opened_at"] }] });
    let request = http.request(Method::PUT, &format!("{meeting}/attendance")).bearer_auth(&token);
    let (noted, _) = sent(&http, request.header("if-match", read.header("etag")).json(&attendance)).await;
    assert_eq!(noted.status, 200, "{}", noted.text);
    let pool = json!({ "name": "Unearmarked", "intake": { "sources": ["generated"] } });
    let pool = text(&made("/v1/pools", pool).await["id"]);
    let window = json!({ "pool_id": pool, "committee_id": committee, "kind": "reserve", "title": "Reserve",
        "strategy": { "en": "Where no other money comes." }, "envelope": usd("6000000.00"),
        "opens_at": "2020-01-01T00:00:00Z", "closes_at": "2099-01-01T00:00:00Z", "time_zone": "Europe/Zurich",
        "eligibility": { "most": usd("100000.00") }, "reviews_needed": 3,
        "criteria": [{ "name": "Need", "weight": 100, "max_points": 100 }] });
    let board = text(&made("/v1/allocation-windows", window.clone()).await["id"]);
    let mut short = window;
    (short["reviews_needed"], short["criteria"]) = (0.into(), json!([]));
    let window = text(&made("/v1/allocation-windows", short).await["id"]);
    let credentials = [text(&officer["id"]), text(&officer["client_secret"])];
    let (seat, nobody) = (text(&seat["id"]), String::new());
    let scene =
        Scene { http, token, chair: nobody.clone(), seat, officer: nobody, pool, meeting, window, board };
    (scene, credentials)
}

fn fill(data: &Path, founded: &Value, scene: &Scene) {
    let db = Connection::open(data.join("allocations.db")).unwrap();
    let blob = |id: &str| format!("x'{}'", id.replace('-', ""));
    let fields = json!({ "window_id": scene.board, "title": "Project", "category": "Emergency", "nature": "grant",
        "countries": ["TCD"], "need": "The road is cut.", "strategy_fit": "It is the first aim.", "risks": "Rain.",
        "results": [{ "indicator": "People transported", "target": "12,000" }],
        "budget": [{ "kind": "direct", "description": "Buses", "amount": usd("10000.00") }],
        "asked": usd("10000.00"), "least": usd("10000.00"), "start_date": "2026-01-01", "end_date": "2026-12-31",
        "visibility": "donor" });
    let mut records = RECORDS.to_owned();
    for (name, value) in [
        (":organisation", blob(&text(&founded["organisation_id"]))),
        (":office", blob(&text(&founded["office_id"]))),
        (":pool", blob(&scene.pool)),
        (":board", blob(&scene.board)),
        (":now", "'2026-02-01T00:00:00+00:00'".to_owned()),
        (":fields", format!("'{}'", fields.to_string().replace('\'', "''"))),
    ] {
        records = records.replace(name, &value);
    }
    db.execute_batch(&format!("BEGIN; {records}; COMMIT;")).unwrap();
}

impl Scene {
    /// A motion to approve a new proposal, on which the chair has voted: its path.
    async fn approval(&self) -> String {
        let (http, token) = (&self.http, self.token.as_str());
        let body = json!({ "window_id": self.window, "title": "Transport", "category": "Emergency", "nature": "grant",
            "countries": ["TCD"], "need": "The road is cut.", "strategy_fit": "It is the first aim.", "risks": "Rain.",
            "results": [{ "indicator": "People transported", "target": "12,000" }],
            "budget": [{ "kind": "direct", "description": "Buses", "amount": usd("50000.00") }],
            "asked": usd("50000.00"), "least": usd("50000.00"), "start_date": "2026-01-01", "end_date": "2026-12-31" });
        let id = text(&created(http, &self.officer, "/v1/allocation-proposals", &body).await["id"]);
        let proposal = format!("/v1/allocation-proposals/{id}");
        step(http, &self.officer, (&proposal, "submit"), None).await;
        step(http, token, (&proposal, "screen"), Some(json!({}))).await;
        step(http, token, (&proposal, "shortlist"), Some(json!({ "comment": "For the test" }))).await;
        let item = json!({ "title": "Transport", "proposal_id": id });
        let item = created(http, token, &format!("{}/items", self.meeting), &item).await;
        let wording = json!({ "resolution": "approve", "reason": "No other money comes" });
        let motion = json!({ "item_id": item["id"], "mover_id": self.seat, "wording": wording });
        let motion = text(&created(http, token, "/v1/motions", &motion).await["id"]);
        let motion = format!("/v1/motions/{motion}");
        step(http, token, (&motion, "open"), None).await;
        let vote = http.request(Method::PUT, &format!("{motion}/vote")).bearer_auth(&self.chair);
        let (voted, _) = sent(http, vote.json(&json!({ "vote": "yes" }))).await;
        assert_eq!(voted.status, 204, "{}", voted.text);
        motion
    }

    /// How long the last vote takes to become an allocation.
    async fn approvals(&self) -> Duration {
        let mut times = Vec::new();
        for _ in 0..APPROVALS {
            let motion = self.approval().await;
            times.push(step(&self.http, &self.token, (&motion, "close"), None).await);
        }
        p95(times)
    }

    async fn reads(&self, path: impl Fn(usize) -> String) -> Duration {
        let mut times = Vec::new();
        for number in 0..REQUESTS {
            let path = path(number);
            let request = self.http.request(Method::GET, &path).bearer_auth(&self.token);
            let (answer, took) = sent(&self.http, request).await;
            assert_eq!(answer.status, 200, "{path}: {}", answer.text);
            times.push(took);
        }
        p95(times)
    }
}

fn p95(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() * 95 / 100]
}

/// Transactions of as many rows as an approval writes, each of which reaches the disk.
fn bare_transactions(folder: &Path) -> Duration {
    let db = Connection::open(folder.join("bare.db")).unwrap();
    let schema = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE record (id INTEGER PRIMARY KEY, body TEXT)";
    db.execute_batch(schema).unwrap();
    let rows = format!("INSERT INTO record (body) VALUES ('{}');", "x".repeat(200)).repeat(4 * OF_A_YEAR);
    let times = (0..APPROVALS).map(|_| {
        let started = Instant::now();
        db.execute_batch(&format!("BEGIN IMMEDIATE; {rows} COMMIT;")).unwrap();
        started.elapsed()
    });
    p95(times.collect())
}

/// `passerelle allocations verify`, from its start to its end, the one sum over all lines that nobody gets around, and how many
/// lines there are.
fn verify(data: &Path) -> (Duration, Duration, u32) {
    let started = Instant::now();
    let verified =
        Command::new(binary()).args(["allocations", "verify", "--data"]).arg(data).output().unwrap();
    let took = started.elapsed();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
    let db = Connection::open(data.join("allocations.db")).unwrap();
    let text = "SELECT count(*) FROM (SELECT sum(amount) FROM posting GROUP BY account, proposal_id, lot_id)";
    let started = Instant::now();
    let sums: i64 = db.query_row(text, [], |row| row.get(0)).unwrap();
    let simple = started.elapsed();
    assert!(sums > 50_000, "{sums}");
    let lines = db.query_row("SELECT count(*) FROM posting", [], |row| row.get(0)).unwrap();
    (took, simple, lines)
}

/// A window of 60 proposals and 30,000 steps of USD 10,000, in five regions with floors and ceilings.
fn window() -> Problem {
    let (count, units, unit) = (60, 30_000, 1_000_000);
    let envelope = units * unit;
    let regions: [(&str, i64); 5] =
        [("Africa", 30), ("Europe", 10), ("Asia", 0), ("Americas", 10), ("MENA", 0)];
    let groups = regions.iter().map(|(name, floor)| Group {
        name: (*name).to_owned(),
        parent: None,
        floor: envelope / 100 * floor,
        ceiling: envelope / 100 * 45,
    });
    let proposals = (0..count).map(|number| {
        let asked = 3 * units / count + (number * 7919) % (units / count + 1);
        Proposal {
            id: format!("P{number}"),
            group: usize::try_from(number % 5).ok(),
            least: asked / 2 * unit,
            asked: asked * unit,
            score: 5000 + (number * 104_729) % 4000,
            pin: None,
        }
    });
    Problem {
        envelope,
        step: unit,
        partial: true,
        objective: Objective::ScoreCost,
        groups: groups.collect(),
        proposals: proposals.collect(),
    }
}

fn what_if() {
    let problem = window();
    let started = Instant::now();
    let greedy = by_score(&problem, Misfit::Skip);
    let simple = started.elapsed();
    let started = Instant::now();
    let answer = solve(&problem, SOLVE_LIMIT).unwrap();
    let took = started.elapsed();
    let best = answer.best.unwrap();
    assert!(problem.is_feasible(&best));
    let measure = "what-if: 60 proposals, 30,000 steps (baseline: by score)";
    line(measure, &seconds(took), &seconds(simple), "under 3 s");
    let proven = if answer.proven { "yes" } else { "no" };
    line("  proven to be the best", proven, "", "");
    let ratio = problem.value(&best) * 1000 / problem.value(&greedy).max(1);
    line("  worth, in thousandths of what by score is", &ratio.to_string(), "1000", "");
}

pub(crate) async fn run() {
    what_if();
    let folder = folder();
    let data = folder.path().join("data");
    let founded = found(&data);
    std::fs::write(data.join("passerelle.toml"), LIMITS).unwrap();
    let up = Up::start(&data, &["--empty"]);
    let (mut scene, officer) = prepared(&up, &founded).await;
    drop(up);
    fill(&data, &founded, &scene);
    let up = Up::start(&data, &["--empty"]);
    scene.http = Http::new(&up.url);
    scene.token = Client::of(&founded).token(&scene.http).await;
    scene.officer = scene.http.client_token(&officer[0], &officer[1]).await;
    scene.chair = text(&sign_in(&scene.http, "chair@example.org", PASSWORD).await["access_token"]);
    for window in [&scene.window, &scene.board] {
        let path = format!("/v1/allocation-windows/{window}");
        step(&scene.http, &scene.token, (&path, "open"), None).await;
    }
    let bare = crate::p95(&scene.http, "/v1/nothing", 404).await;
    let uses = |number: usize| format!("/v1/contributions/20000000-0000-0000-0000-{:012x}/uses", number * 17);
    let page = scene.reads(uses).await;
    let board = scene.reads(|_| format!("/v1/allocation-windows/{}/board", scene.board)).await;
    let approved = scene.approvals().await;
    drop(up);
    let (verified, sum, lines) = verify(&data);
    let rows = bare_transactions(folder.path());
    line(
        "p95 of an approval, 200 of 2,000 lots (baseline: bare rows)",
        &ms(approved),
        &ms(rows),
        "under 50 ms",
    );
    line("p95 of what became of a contribution (baseline: a 404)", &ms(page), &ms(bare), "under 50 ms");
    line("p95 of a board of 500 proposals", &ms(board), &ms(bare), "under 100 ms");
    line(
        &format!("verify of {lines} lines (baseline: one sum over them)"),
        &seconds(verified),
        &seconds(sum),
        "",
    );
    let rate = f64::from(lines) / verified.as_secs_f64();
    line("  as lines a second", &format!("{rate:.0}"), "", "over 100000");
}
