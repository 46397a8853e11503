//! Clients that have money approved, paid, spent and withdrawn without a pause, and note every step that was acknowledged.
//!
//! One member sits in the committee, which is too few: every motion goes to the head of the organisation. So each project
//! takes all ways of the ledger: reserved, allocated, disbursed, spent, withdrawn.
//!
//! Projects are for another country than the thousands of lots of the writers, which grow meanwhile in the same pool, so
//! that a few lots pay for each of them: a step moves some lines, and not as many as were written so far.

use crate::writers::Organisation;
use kernel::ProposalId;
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use testkit::{Http, Response, eventually};
use tests::PASSWORD;
use tokio::{sync::RwLock, task::JoinHandle};
use xtask::deployment::Deployment;

/// Projects that are worked on at once.
const AT_ONCE: u32 = 2;
/// What the window may promise, and the pool has before it opens.
const ENVELOPE: i64 = 200_000;
/// Contributions that may be used for the projects, and the dollars of each: together more than the envelope.
const OWN_LOTS: usize = 5;
const OF_A_LOT: &str = "50000.00";
/// Projects that a meeting decides on: each is on its agenda twice, which takes 200 items.
const OF_A_MEETING: u32 = 90;
/// Timeout of a client's request.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Between two attempts.
const PAUSE: Duration = Duration::from_millis(150);
/// Attempts at a step: some three minutes, longer than anything is down.
const ATTEMPTS: u32 = 1200;

/// What the secretariat may do.
const SECRETARIAT: [&str; 7] = [
    "windows:read",
    "windows:write",
    "proposals:read",
    "proposals:screen",
    "committees:read",
    "meetings:read",
    "meetings:write",
];
/// Who answers decisions.
const HEAD: &str = "head@example.org";
/// RFC 7636 appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A step that makes an entry of the ledger, of a project.
pub type Step = (ProposalId, &'static str);

/// The clients at work.
pub struct Allocators {
    shared: Arc<Shared>,
    tasks: Vec<JoinHandle<()>>,
}

struct Shared {
    url: String,
    http: Client,
    secretariat: Caller,
    officer: Caller,
    finance: Caller,
    head: Caller,
    committee: String,
    seat: String,
    window: String,
    acknowledged: Mutex<Vec<Step>>,
    stop: AtomicBool,
}

/// Who calls the platform, with the last token.
struct Caller {
    /// Id and secret of a client; none for the head of the organisation, who is a person.
    client: Option<(String, String)>,
    token: RwLock<String>,
}

/// What an answer says.
struct Answer {
    status: StatusCode,
    etag: String,
    body: Value,
}

/// What came of a step.
#[derive(Debug, PartialEq, Eq)]
enum Taken {
    /// The platform said so.
    Acknowledged,
    /// An answer was lost; the record says that the step was taken.
    Found,
    /// The ledger does not allow it.
    Refused,
}

fn usd(dollars: &str) -> Value {
    json!({ "amount": dollars, "currency": "USD" })
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

impl Allocators {
    /// Makes a committee and a window once there is money, and begins.
    pub async fn start(platform: &Deployment, organisation: &Organisation) -> Self {
        let http = Http::new(&platform.url);
        let token = http.client_token(&organisation.client.0, &organisation.client.1).await;
        let made = async |path: &str, body: Value| -> Value {
            // Services hear of offices and people from the bus.
            eventually(path, || async {
                let answer: Response = http.post(Some(&token), path, &body).await;
                (answer.status == 201).then(|| answer.json())
            })
            .await
        };
        let headquarters = &organisation.headquarters;
        let office = json!({ "code": "TCD", "name": "N'Djamena", "kind": "country",
            "parent_id": headquarters });
        let office = text(&made("/v1/offices", office).await["id"]);
        let client = async |office: &str, scopes: &[&str]| {
            let body = json!({ "name": "Client", "office_id": office, "scopes": scopes });
            let made = made("/v1/clients", body).await;
            let client = Some((text(&made["id"]), text(&made["client_secret"])));
            Caller { client, token: RwLock::default() }
        };
        let officer = client(&office, &["proposals:read", "proposals:write", "disbursements:write"]).await;
        let finance = client(headquarters, &["proposals:read", "disbursements:write"]).await;
        let secretariat = client(headquarters, &SECRETARIAT).await;
        let person = async |name: &str, email: &str, role: &str| {
            let body = json!({ "name": name, "email": email, "password": PASSWORD,
                "roles": [{ "office_id": headquarters, "role": role }] });
            made("/v1/people", body).await
        };
        let chair = person("Chair", "chair@example.org", "committee_member").await;
        person("Head", HEAD, "head_of_organisation").await;
        let committee =
            json!({ "name": "Committee", "decision_by": "committee", "time_zone": "Europe/Zurich" });
        let committee = text(&made("/v1/committees", committee).await["id"]);
        let seat = json!({ "person_id": chair["id"], "office_id": headquarters, "kind": "chair",
            "from": "2020-01-01" });
        let seat = made(&format!("/v1/committees/{committee}/seats"), seat).await;
        for _ in 0..OWN_LOTS {
            let gift = json!({ "donor_id": organisation.donor, "status": "paid", "earmarking": "unearmarked",
                "amount": usd(OF_A_LOT) });
            made("/v1/contributions", gift).await;
        }
        let pool = format!("/v1/pools/{}", organisation.pool);
        eventually("the pool has money", || async {
            let totals = http.get(Some(&token), &pool).await.json()["totals"].clone();
            let available: f64 = totals["available"]["amount"].as_str()?.parse().ok()?;
            (available > ENVELOPE as f64).then_some(())
        })
        .await;
        let envelope = format!("{ENVELOPE}.00");
        let window = json!({ "pool_id": organisation.pool, "committee_id": committee, "kind": "reserve",
            "title": "Reserve", "strategy": { "en": "Where no other money comes." }, "envelope": usd(&envelope),
            "opens_at": "2020-01-01T00:00:00Z", "closes_at": "2099-01-01T00:00:00Z", "time_zone": "Europe/Zurich",
            "eligibility": { "most": usd(&envelope) }, "reviews_needed": 0 });
        let window = text(&made("/v1/allocation-windows", window).await["id"]);
        let shared = Arc::new(Shared {
            url: platform.url.clone(),
            http: Client::builder().timeout(TIMEOUT).build().unwrap(),
            secretariat,
            officer,
            finance,
            head: Caller { client: None, token: RwLock::default() },
            committee,
            seat: text(&seat["id"]),
            window,
            acknowledged: Mutex::default(),
            stop: AtomicBool::new(false),
        });
        let record = format!("/v1/allocation-windows/{}", shared.window);
        let is_open = |window: &Value| window["state"] == "open";
        let opened = shared.step(&shared.secretariat, (&record, "open"), None, is_open).await;
        assert_ne!(opened, Taken::Refused, "the window has its money");
        let tasks = (0..AT_ONCE).map(|task| tokio::spawn(work(shared.clone(), task))).collect();
        Self { shared, tasks }
    }

    /// Lets every client end what it has begun; what was acknowledged.
    pub async fn stop(self) -> Vec<Step> {
        self.shared.stop.store(true, Ordering::Relaxed);
        for task in self.tasks {
            task.await.unwrap();
        }
        std::mem::take(&mut *self.shared.acknowledged.lock().unwrap())
    }
}

async fn work(shared: Arc<Shared>, task: u32) {
    let (mut number, mut meeting) = (0_u32, String::new());
    while !shared.stop.load(Ordering::Relaxed) {
        if number.is_multiple_of(OF_A_MEETING) {
            meeting = shared.meeting(&format!("a{task}-meeting-{number}")).await;
        }
        number += 1;
        shared.project(&format!("a{task}-{number}"), &meeting).await;
    }
}

impl Shared {
    /// A meeting that is open: its path.
    async fn meeting(&self, key: &str) -> String {
        let body = json!({ "committee_id": self.committee, "place": "Geneva",
            "starts_at": "2020-01-15T09:00:00Z" });
        let made = self.created(&self.secretariat, key, "/v1/committee-meetings", &body).await;
        let path = format!("/v1/committee-meetings/{}", text(&made["id"]));
        let notice = json!({ "short_notice_reason": "The rains begin" });
        let convened = |meeting: &Value| meeting["state"] != "planned";
        self.step(&self.secretariat, (&path, "convene"), Some(&notice), convened).await;
        self.step(&self.secretariat, (&path, "open"), None, |meeting| meeting["state"] == "open").await;
        path
    }

    /// A project from its draft to the withdrawal of what it does not need: 500.00 are approved, 300.00 paid, 150.00 spent,
    /// 200.00 withdrawn.
    async fn project(&self, key: &str, meeting: &str) {
        let body = json!({ "window_id": self.window, "title": key, "category": "Emergency", "nature": "grant",
            "countries": ["TCD"], "need": "The road is cut.", "strategy_fit": "It is the first aim.", "risks": "Rain.",
            "results": [{ "indicator": "People transported", "target": "12,000" }],
            "budget": [{ "kind": "direct", "description": "Buses", "amount": usd("500.00") }],
            "asked": usd("500.00"), "least": usd("500.00"), "start_date": "2026-01-01", "end_date": "2026-12-31" });
        let draft = format!("{key}-draft");
        let made = self.created(&self.officer, &draft, "/v1/allocation-proposals", &body).await;
        let id: ProposalId = text(&made["id"]).parse().unwrap();
        let path = format!("/v1/allocation-proposals/{id}");
        let is_not = |state: &'static str| move |record: &Value| record["state"] != state;
        self.step(&self.officer, (&path, "submit"), None, is_not("draft")).await;
        self.step(&self.secretariat, (&path, "screen"), Some(&json!({})), is_not("submitted")).await;
        let remark = json!({ "comment": "The only pipeline" });
        self.step(&self.secretariat, (&path, "shortlist"), Some(&remark), is_not("eligible")).await;

        let approve = json!({ "resolution": "approve", "reason": "No other money comes" });
        let Some(decision) = self.decided(&format!("{key}-approve"), (meeting, id), approve, "reserve").await
        else {
            // The envelope is used up for now, or no money fits: this one ends here.
            self.step(&self.officer, (&path, "withdraw"), Some(&json!({})), is_not("shortlisted")).await;
            return;
        };
        let confirmed = self.step(&self.head, (&decision, "confirm"), None, is_not("awaiting_head")).await;
        self.note(id, "allocate", confirmed);
        let paid = json!({ "amount": usd("300.00") });
        let paid = self.step(&self.finance, (&path, "disburse"), Some(&paid), is_not("approved")).await;
        self.note(id, "disburse", paid);
        let has = |stage: &'static str| move |funds: &Value| funds["amounts"][stage]["amount"] != "0.00";
        let spent = json!({ "amount": usd("150.00") });
        let spent = self.step(&self.officer, (&path, "spend"), Some(&spent), has("spent")).await;
        self.note(id, "spend", spent);
        let withdraw = json!({ "resolution": "withdraw_funds", "amount": usd("200.00"), "reason": "Earmarked money came" });
        let decided = self.decided(&format!("{key}-withdraw"), (meeting, id), withdraw, "").await;
        let decision = decided.unwrap_or_else(|| panic!("{key}: a withdrawal needs no money"));
        self.step(&self.head, (&decision, "confirm"), None, is_not("awaiting_head")).await;
        let named = decision.rsplit('/').next().unwrap_or_default();
        let body = json!({ "decision_id": named, "reason": "Earmarked money came" });
        let withdrawn =
            self.step(&self.secretariat, (&path, "withdraw-funds"), Some(&body), has("withdrawn")).await;
        self.note(id, "withdraw", withdrawn);
    }

    /// A motion on a project goes to the head of the organisation: the path of the decision, which waits for the head. None
    /// when the ledger refuses it. `entry` is the kind of the entry that it makes, if it makes one.
    async fn decided(
        &self,
        key: &str,
        (meeting, id): (&str, ProposalId),
        wording: Value,
        entry: &'static str,
    ) -> Option<String> {
        let (secretariat, items) = (&self.secretariat, format!("{meeting}/items"));
        let item = json!({ "title": key, "proposal_id": id });
        let item = self.created(secretariat, &format!("{key}-item"), &items, &item).await;
        let body = json!({ "item_id": item["id"], "mover_id": self.seat, "wording": wording });
        let motion = self.created(secretariat, &format!("{key}-motion"), "/v1/motions", &body).await;
        let path = format!("/v1/motions/{}", text(&motion["id"]));
        let is_put = |motion: &Value| motion["state"] != "proposed";
        let opened = self.step(secretariat, (&path, "open"), None, is_put).await;
        if opened == Taken::Refused {
            return None;
        }
        if !entry.is_empty() {
            self.note(id, entry, opened);
        }
        let motion = self.read(secretariat, &path).await;
        assert_eq!(motion["state"], "to_the_head", "{motion}");
        Some(format!("/v1/allocation-decisions/{}", text(&motion["decision_id"])))
    }

    fn note(&self, id: ProposalId, step: &'static str, taken: Taken) {
        assert_ne!(taken, Taken::Refused, "{step} of {id}");
        if taken == Taken::Acknowledged {
            self.acknowledged.lock().unwrap().push((id, step));
        }
    }

    /// Creates something; the key makes repetitions safe.
    async fn created(&self, caller: &Caller, key: &str, path: &str, body: &Value) -> Value {
        let mut last = Value::Null;
        for _ in 0..ATTEMPTS {
            let headers = [("idempotency-key", key)];
            if let Some(answer) = self.send(caller, (Method::POST, path), &headers, Some(body)).await {
                if answer.status == StatusCode::CREATED {
                    return answer.body;
                }
                last = answer.body;
            }
            tokio::time::sleep(PAUSE).await;
        }
        panic!("{key} is not created at {path}: {last}")
    }

    async fn read(&self, caller: &Caller, path: &str) -> Value {
        for _ in 0..ATTEMPTS {
            match self.send(caller, (Method::GET, path), &[], None).await {
                Some(answer) if answer.status == StatusCode::OK => return answer.body,
                Some(_) | None => tokio::time::sleep(PAUSE).await,
            }
        }
        panic!("{path} is not read")
    }

    /// Takes a step of a record under the version that it has, until it is acknowledged or the record says that it was taken
    /// (`is_taken`): whoever gets no answer looks.
    async fn step(
        &self,
        caller: &Caller,
        (record, action): (&str, &str),
        body: Option<&Value>,
        is_taken: impl Fn(&Value) -> bool,
    ) -> Taken {
        let path = format!("{record}/{action}");
        let (mut refused, mut last) = (0, Value::Null);
        for _ in 0..ATTEMPTS {
            let Some(read) = self.send(caller, (Method::GET, record), &[], None).await else {
                tokio::time::sleep(PAUSE).await;
                continue;
            };
            if read.status == StatusCode::OK && is_taken(&read.body) {
                return Taken::Found;
            }
            let headers = [("if-match", read.etag.as_str())];
            match self.send(caller, (Method::POST, &path), &headers, body).await {
                Some(answer) if answer.status == StatusCode::OK => return Taken::Acknowledged,
                Some(answer) if answer.status == StatusCode::CONFLICT => {
                    (refused, last) = (refused + 1, answer.body);
                    if refused == 5 && last["reason"].is_string() {
                        return Taken::Refused;
                    }
                }
                Some(answer) => last = answer.body,
                None => {}
            }
            tokio::time::sleep(PAUSE).await;
        }
        panic!("{path} is not taken: {last}")
    }

    /// One attempt; none when nobody knows what became of it, or the platform says "try again".
    async fn send(
        &self,
        caller: &Caller,
        (method, path): (Method, &str),
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Option<Answer> {
        let token = caller.token.read().await.clone();
        let mut request = self.http.request(method, format!("{}{path}", self.url)).bearer_auth(token);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.ok()?;
        let status = answer.status();
        let etag = answer.headers().get("etag").and_then(|etag| etag.to_str().ok()).unwrap_or_default();
        let etag = etag.to_owned();
        // The answer is read to its end: an acknowledgement that breaks off is none.
        let text = answer.text().await.ok()?;
        if status == StatusCode::UNAUTHORIZED {
            self.renew(caller).await;
            return None;
        }
        assert!(
            status != StatusCode::UNPROCESSABLE_ENTITY && status != StatusCode::FORBIDDEN,
            "a good step was refused: {path}: {text}"
        );
        if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
            return None;
        }
        Some(Answer { status, etag, body: serde_json::from_str(&text).unwrap_or_default() })
    }

    /// Takes a new token, if the platform gives one now.
    async fn renew(&self, caller: &Caller) {
        let token = match &caller.client {
            Some((id, secret)) => {
                let form = [
                    ("grant_type", "client_credentials"),
                    ("client_id", id.as_str()),
                    ("client_secret", secret.as_str()),
                ];
                self.token(&form).await
            }
            None => self.signed_in().await,
        };
        match token {
            Some(token) => *caller.token.write().await = token,
            None => tokio::time::sleep(PAUSE).await,
        }
    }

    async fn token(&self, form: &[(&str, &str)]) -> Option<String> {
        let answer = self.http.post(format!("{}/oauth/token", self.url)).form(form).send().await.ok()?;
        let tokens: Value = answer.json().await.ok()?;
        tokens["access_token"].as_str().map(str::to_owned)
    }

    /// A token of the head of the organisation, by the way the portal takes.
    async fn signed_in(&self) -> Option<String> {
        let redirect_uri = format!("{}/sign-in", self.url);
        let asked = json!({ "email": HEAD, "password": PASSWORD, "client_id": "portal", "redirect_uri": redirect_uri,
            "code_challenge": CHALLENGE, "code_challenge_method": "S256" });
        let answer =
            self.http.post(format!("{}/oauth/authorize", self.url)).json(&asked).send().await.ok()?;
        let code: Value = answer.json().await.ok()?;
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code["code"].as_str()?),
            ("code_verifier", VERIFIER),
            ("redirect_uri", redirect_uri.as_str()),
            ("client_id", "portal"),
        ];
        self.token(&form).await
    }
}
