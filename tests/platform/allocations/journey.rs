//! One round of a committee, from the call to the donor's page: the worked example of the ledger, through the API.

use super::{
    Person, act, amounts, committee, decided, documented, done, draft, get, gift, has, id_of, item, motion,
    officer, open_meeting, person, pool, proposal, refusal, seat, send, usd, verified, vote,
};
use kernel::{Clock, SystemClock};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::time::Duration;
use testkit::eventually;
use tests::{World, text};

/// Sweden's million and Norway's 700,000.01 are unearmarked, Denmark's 300,000 are for Sudan and Chad.
struct Scene {
    world: World,
    pool: String,
    window: String,
    committee: String,
    /// The chair and two members at headquarters, one in Sudan's office, another one at headquarters.
    members: [Person; 5],
    seats: [String; 5],
    /// At headquarters: who writes minutes, and who pays.
    secretary: Person,
    finance: Person,
    /// Tokens of the offices of Sudan, Ukraine and Chad, and of the region of Sudan and Chad.
    sudan: String,
    ukraine: String,
    chad: String,
    region: String,
    /// Paths of the contributions of Sweden, Norway and Denmark.
    contributions: [String; 3],
    norway: String,
    /// Tokens of representatives of Sweden and Norway.
    representatives: [String; 2],
}

fn call(pool: &str, committee: &str, closes_at: &str) -> Value {
    json!({ "pool_id": id_of(pool), "committee_id": committee, "kind": "standard", "title": "First call",
        "strategy": { "en": "Where no other money comes." }, "envelope": usd("2000000.01"),
        "opens_at": "2020-01-01T00:00:00Z", "closes_at": closes_at, "time_zone": "Europe/Zurich",
        "eligibility": { "countries": ["SDN", "TCD", "UKR"], "is_regional_endorsement_needed": true },
        "criteria": [{ "name": "Need", "weight": 60, "max_points": 5 },
                     { "name": "Past support", "weight": 40, "max_points": 10 }],
        "reviews_needed": 2, "is_partial_funding_allowed": true, "categories": ["Emergency"] })
}

/// The pool of the worked example: Sweden's, Norway's and Denmark's contributions, each a lot.
async fn contributions(world: &World, pool: &str, donors: [&str; 3]) -> [String; 3] {
    let mut paths = Vec::new();
    for (donor, dollars, received) in [
        (donors[0], "1000000.00", "1000000.00"),
        (donors[1], "700000.01", "1700000.01"),
        (donors[2], "300000.00", "2000000.01"),
    ] {
        let mut body = gift(donor, dollars);
        if donor == donors[2] {
            body["earmarking"] = "softly_earmarked".into();
            body["countries"] = json!(["SDN", "TCD"]);
        }
        let made = world.create("/v1/contributions", body).await;
        paths.push(format!("/v1/contributions/{}", text(&made["id"])));
        has(world, pool, [received, received, "0.00"]).await;
    }
    paths.try_into().unwrap()
}

async fn scene() -> Scene {
    let world = World::with(super::UNLIMITED).await;
    let headquarters = world.founded.office_id.to_string();
    let nairobi = world.office(&headquarters, "regional").await;
    let (khartoum, ndjamena) =
        (world.office(&nairobi, "country").await, world.office(&nairobi, "country").await);
    let kyiv = world.office(&headquarters, "country").await;
    let pool = pool(&world).await;
    let names = [world.donor("Sweden").await, world.donor("Norway").await, world.donor("Denmark").await];
    let contributions = contributions(&world, &pool, [&names[0], &names[1], &names[2]]).await;
    let mut representatives = Vec::new();
    for donor in &names[..2] {
        let email = world.representative(donor).await;
        representatives.push(world.sign_in(&email).await);
    }
    let places = [&headquarters, &headquarters, &headquarters, &khartoum, &headquarters];
    let mut members = Vec::new();
    for office in places {
        members.push(person(&world, office, "committee_member").await);
    }
    let secretary = person(&world, &headquarters, "donor_relations_officer").await;
    let finance = person(&world, &headquarters, "finance_officer").await;
    world.settled().await;
    let committee = committee(&world).await;
    let mut seats = Vec::new();
    for (index, (member, office)) in members.iter().zip(places).enumerate() {
        let kind = if index == 0 { "chair" } else { "member" };
        seats.push(seat(&world, &committee, (member, office), kind).await);
    }
    let made = world.create("/v1/allocation-windows", call(&pool, &committee, "2099-01-01T00:00:00Z")).await;
    let window = format!("/v1/allocation-windows/{}", text(&made["id"]));
    let opened = done(&world, &world.token, &window, "open", &Value::Null).await;
    assert_eq!(amounts(&opened, ["promised", "headroom"]), ["0.00", "2000000.01"]);
    let [_, norway, _] = names;
    Scene {
        sudan: officer(&world, &khartoum).await,
        ukraine: officer(&world, &kyiv).await,
        chad: officer(&world, &ndjamena).await,
        region: world.client(&nairobi, &["proposals:read", "proposals:endorse"]).await,
        world,
        pool,
        window,
        committee,
        members: members.try_into().unwrap_or_else(|_| panic!("there are five members")),
        seats: seats.try_into().unwrap(),
        secretary,
        finance,
        contributions,
        norway,
        representatives: representatives.try_into().unwrap(),
    }
}

impl Scene {
    async fn get(&self, path: &str) -> Value {
        get(&self.world, &self.world.token, path).await
    }

    /// A step by the secretariat.
    async fn done(&self, record: &str, step: &str, body: &Value) -> Value {
        done(&self.world, &self.world.token, record, step, body).await
    }

    /// A proposal that was sent before the call ended: with the region's endorsement where there is a region.
    async fn submitted(&self, office: &str, what: (&str, &str), [asked, least]: [&str; 2]) -> String {
        let mut body = proposal(&self.window, what, asked, least);
        body["visibility"] = if what.1 == "TCD" { "internal" } else { "donor" }.into();
        let path = draft(&self.world, office, &body).await;
        if what.1 != "UKR" {
            let early = act(&self.world, office, &path, "submit", &Value::Null).await;
            assert_eq!((early.status, early.pointers()), (409, vec!["/endorsed_by".to_owned()]));
            done(&self.world, &self.region, &path, "endorse", &Value::Null).await;
        }
        let sent = done(&self.world, office, &path, "submit", &Value::Null).await;
        assert_eq!(sent["state"], "submitted");
        path
    }

    /// Ends the call.
    async fn closes(&self) {
        // A call does not end in the past: a slow machine needs a while to say so.
        let soon = (SystemClock.now() + Duration::from_secs(5)).to_rfc3339();
        let body = call(&self.pool, &self.committee, &soon);
        let place = (self.window.as_str(), self.window.as_str());
        let moved = send(&self.world, Method::PUT, &self.world.token, place, &body).await;
        assert_eq!(moved.status, 200, "{}", moved.text);
        let scoring = eventually("the call ends", || async {
            let answer = act(&self.world, &self.world.token, &self.window, "score", &Value::Null).await;
            (answer.status != 409).then_some(answer)
        });
        assert_eq!(scoring.await.json()["state"], "scoring");
    }

    /// A member's own score sheet: the status and what it comes to.
    async fn scores(&self, member: usize, proposal: &str, points: [i32; 2]) -> (u16, String) {
        let scores: Vec<Value> = points.iter().map(|points| json!({ "points": points })).collect();
        let request = self.world.http.request(Method::PUT, &format!("{proposal}/score-sheets"));
        let request = request.bearer_auth(&self.members[member].token).header("if-match", "\"0\"");
        let body = json!({ "scores": scores, "is_submitted": true });
        let answer = super::answered(&self.world, request.json(&body)).await;
        let sheet = answer.json();
        let said = if answer.status == 200 { &sheet["points"] } else { &sheet["reason"] };
        (answer.status, text(said))
    }

    /// A proposal's mean, rank and struck sheets on the board.
    async fn on_board(&self, proposal: &str) -> (String, i64, i64) {
        let board = self.get(&format!("{}/board", self.window)).await;
        let rows = board["proposals"].as_array().unwrap();
        let row = rows.iter().find(|row| row["id"] == id_of(proposal)).unwrap();
        (text(&row["mean"]), row["rank"].as_i64().unwrap(), row["struck"].as_i64().unwrap())
    }

    /// The committee of these members decides: the decision.
    async fn decides(&self, item: &str, wording: Value, votes: &[(usize, &str)]) -> Value {
        let motion = motion(&self.world, item, &self.seats[1], wording).await;
        let votes: Vec<(&Person, &str)> =
            votes.iter().map(|(member, ballot)| (&self.members[*member], *ballot)).collect();
        let closed = decided(&self.world, &motion, &votes).await;
        assert_eq!(closed["state"], "passed", "{closed}");
        self.get(&format!("/v1/allocation-decisions/{}", text(&closed["decision_id"]))).await
    }

    /// What a decision's entry took of Sweden's, Norway's and Denmark's money, and the headroom after it.
    async fn entry(&self, decision: &Value) -> [String; 4] {
        let entry = &decision["content"]["entry"];
        let taken = self.of_lots(entry["lots"].as_array().unwrap(), "amount").await;
        let [sweden, norway, denmark] = taken;
        [sweden, norway, denmark, text(&entry["headroom_after"]["amount"])]
    }

    /// An amount of Sweden's, Norway's and Denmark's lots in rows.
    async fn of_lots(&self, rows: &[Value], amount: &str) -> [String; 3] {
        let lots = self.get(&format!("{}/lots", self.pool)).await["items"].clone();
        let lots = lots.as_array().unwrap();
        self.contributions.each_ref().map(|contribution| {
            let lot = lots.iter().find(|lot| lot["root_id"] == id_of(contribution)).unwrap();
            let of_lot = rows.iter().find(|row| row["lot_id"] == lot["id"]);
            of_lot.map_or_else(|| "0.00".to_owned(), |row| text(&row[amount]["amount"]))
        })
    }

    /// What a proposal has of Sweden's, Norway's and Denmark's money at a stage.
    async fn sources(&self, proposal: &str, stage: &str) -> [String; 3] {
        let rows = self.get(&format!("{proposal}/sources")).await["items"].clone();
        self.of_lots(rows.as_array().unwrap(), stage).await
    }

    /// The minutes are written by one person and signed by the chair, and by nobody else.
    async fn minutes(&self, meeting: &str, item: &str) {
        let world = &self.world;
        self.done(meeting, "close", &Value::Null).await;
        let minutes = format!("{meeting}/minutes");
        let body = json!({ "items": [{ "item_id": item, "text": "The road is cut." }], "actions": "Pay." });
        let place = (minutes.as_str(), minutes.as_str());
        let drafted = send(world, Method::PUT, &self.secretary.token, place, &body).await;
        assert_eq!((drafted.status, &drafted.json()["drafted_by"]), (200, &json!(self.secretary.id)));
        let request = world.http.request(Method::GET, &format!("{minutes}/pdf?language=fr"));
        let draft = request.bearer_auth(&world.token).send().await.unwrap();
        assert_eq!(draft.status().as_u16(), 200);
        assert_eq!(draft.headers()["content-language"], "fr");
        // It tells the scores of all offices: a sister office that reads meetings is not handed it, its own member is.
        let office = world.office(&world.founded.office_id.to_string(), "country").await;
        let sister = world.client(&office, &["meetings:read"]).await;
        world.settled().await;
        for (token, status) in [(&sister, 404), (&self.members[3].token, 200)] {
            assert_eq!(world.http.get(Some(token), &format!("{minutes}/pdf")).await.status, status);
        }
        let member = act(world, &self.members[1].token, &minutes, "sign", &Value::Null).await;
        assert_eq!(refusal(&member), (403, "chair_only".to_owned()), "{}", member.text);
        let signed = done(world, &self.members[0].token, &minutes, "sign", &Value::Null).await;
        assert_eq!(signed["signed_by"], json!(self.members[0].id));
        let request = world.http.request(Method::GET, &format!("{minutes}/pdf")).bearer_auth(&world.token);
        let file = request.send().await.unwrap().bytes().await.unwrap();
        assert_eq!(signed["sha256"], hex::encode(Sha256::digest(&file)), "the document that was signed");
        let late = send(world, Method::PUT, &self.secretary.token, place, &body).await;
        assert_eq!(late.status, 409, "signed minutes stay as they are: {}", late.text);
        assert_eq!(self.get(meeting).await["state"], "minutes_signed");
    }

    /// Norway's contribution turns out to be 100,000.00: the case that opens is covered by Sweden's money.
    async fn norway_gives_less(&self) {
        let (world, path) = (&self.world, &self.contributions[1]);
        let why = json!({ "on": "2026-01-20", "reason": "Recorded wrongly" });
        done(world, &world.token, path, "reverse", &why).await;
        // All that Norway's money was promised for: 214,117.64 that is allocated and 32,941.18 that is paid.
        has(world, &self.pool, ["1300000.00", "647058.82", "247058.82"]).await;
        let mut body = gift(&self.norway, "100000.00");
        body["replaces_id"] = id_of(path).into();
        world.create("/v1/contributions", body).await;
        has(world, &self.pool, ["1400000.00", "647058.82", "147058.82"]).await;
        let window = self.get(&self.window).await;
        assert_eq!(amounts(&window, ["promised", "headroom"]), ["900000.00", "500000.00"]);
        // A minute passes.
        let store = world.database("allocations").await;
        let tx = store.system(store::Actor::system()).await.unwrap();
        let passed = tx.now() - Duration::from_secs(61);
        let statement = "UPDATE lot SET uncovered_since = $1 WHERE uncovered > 0";
        store::sql::execute(tx.db(), statement, store::params![passed]).await.unwrap();
        tx.commit().await.unwrap();
        let case = eventually("the case opens", || async {
            let cases = self.get("/v1/shortfalls?state=open").await["items"].clone();
            cases.as_array().unwrap().first().cloned()
        })
        .await;
        assert_eq!(amounts(&case, ["missing", "uncovered"]), ["147058.82", "147058.82"]);
        let path = format!("/v1/shortfalls/{}/cover", text(&case["id"]));
        let version = format!("\"{}\"", case["version"]);
        let body = json!({ "reason": "Sweden's money is still available" });
        let token = &world.token;
        let covered = super::under(world, Method::POST, token, (&version, &path), &body).await;
        assert_eq!(covered.status, 200, "{}", covered.text);
        let covered = covered.json();
        assert_eq!(covered["state"], "covered");
        assert_eq!(amounts(&covered, ["uncovered", "covered"]), ["0.00", "147058.82"]);
        has(world, &self.pool, ["1400000.00", "500000.00", "0.00"]).await;
    }

    /// Norway's page: what is available, what each project has of its money (reference, allocated, spent, share), and
    /// what was withdrawn.
    async fn page(&self) -> (String, Vec<[String; 4]>, Vec<[String; 2]>) {
        let path = format!("{}/uses", self.contributions[1]);
        let page = get(&self.world, &self.representatives[1], &path).await;
        assert_eq!(amounts(&page, ["received", "uncovered"]), ["100000.00", "0.00"]);
        let shown = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        let rows = page["uses"].as_array().unwrap().iter().map(|row| {
            let [allocated, spent] = amounts(row, ["allocated", "spent"]);
            [shown(&row["reference"]), allocated, spent, shown(&row["share"])]
        });
        let stops = page["withdrawals"].as_array().unwrap();
        let stops = stops.iter().map(|stop| [text(&stop["amount"]["amount"]), shown(&stop["reason"])]);
        (text(&page["available"]["amount"]), rows.collect(), stops.collect())
    }
}

/// Scores, a conflict that is declared and one that the platform finds: the first meeting decides on Sudan and Ukraine.
async fn first_meeting(scene: &Scene, [p1, p2, p3]: [&str; 3]) {
    let refused = (403, "conflict_of_interest".to_owned());
    for (member, proposal, points, sheet) in [
        (0, p1, [5, 8], "92.00"),
        (1, p1, [4, 6], "72.00"),
        (2, p1, [3, 5], "56.00"),
        (0, p2, [3, 6], "60.00"),
        (1, p2, [4, 5], "68.00"),
        (0, p3, [4, 7], "76.00"),
        (4, p3, [5, 4], "76.00"),
    ] {
        assert_eq!(scene.scores(member, proposal, points).await, (200, sheet.to_owned()));
    }
    assert_eq!(scene.scores(3, p1, [5, 10]).await, refused, "it is their own office's");
    assert_eq!(scene.on_board(p1).await, ("73.33".to_owned(), 2, 0));
    let why = json!({ "reason": "I worked on it until last year" });
    let path = format!("{p1}/conflicts");
    let declared = scene.world.http.post(Some(&scene.members[2].token), &path, &why).await;
    assert_eq!(declared.status, 201, "{}", declared.text);
    assert_eq!(scene.on_board(p1).await, ("82.00".to_owned(), 1, 1), "the sheet is struck");
    assert_eq!(scene.on_board(p3).await, ("76.00".to_owned(), 2, 0));
    assert_eq!(scene.on_board(p2).await, ("64.00".to_owned(), 3, 0));
    scene.done(&scene.window, "deliberate", &Value::Null).await;
    for proposal in [p1, p2, p3] {
        scene.done(proposal, "shortlist", &json!({})).await;
    }

    let present: Vec<&Person> = scene.members.iter().collect();
    let meeting = open_meeting(&scene.world, &scene.committee, &present).await;
    let mut items = Vec::new();
    for proposal in [p1, p2, p3] {
        items.push(item(&scene.world, &meeting, Some(proposal)).await);
    }
    let approve = json!({ "resolution": "approve", "reason": "No other money comes" });
    let put = motion(&scene.world, &items[0], &scene.seats[1], approve.clone()).await;
    let opened = scene.done(&put, "open", &Value::Null).await;
    assert_eq!(opened["roll"]["entitled"].as_array().unwrap().len(), 3);
    for recused in [2, 3] {
        let answer = vote(&scene.world, &scene.members[recused], &put, "yes").await;
        assert_eq!(refusal(&answer), refused, "{}", answer.text);
    }
    for (member, ballot) in [(0, "yes"), (1, "yes"), (4, "no")] {
        assert_eq!(vote(&scene.world, &scene.members[member], &put, ballot).await.status, 204);
    }
    let closed = scene.done(&put, "close", &Value::Null).await;
    assert_eq!(closed["tally"], json!({ "quorum": 3, "yes": 2, "no": 1, "abstain": 0 }));
    assert_eq!(closed["state"], "passed");
    let decision = scene.get(&format!("/v1/allocation-decisions/{}", text(&closed["decision_id"]))).await;
    let of_sudan = ["117647.06", "82352.94", "300000.00", "1500000.01"];
    assert_eq!(scene.entry(&decision).await, of_sudan);
    let votes = [(0, "yes"), (1, "yes"), (2, "yes"), (3, "abstain")];
    let decision = scene.decides(&items[1], approve, &votes).await;
    assert_eq!(decision["content"]["tally"]["abstain"], 1);
    assert_eq!(scene.entry(&decision).await, ["235294.12", "164705.88", "0.00", "1100000.01"]);
    scene.minutes(&meeting, &items[0]).await;
}

/// Finance pays a part for Sudan, which nobody does who recorded the decision.
async fn disbursed(scene: &Scene, p1: &str) {
    let body = json!({ "amount": usd("200000.00"), "comment": "First instalment" });
    let own = act(&scene.world, &scene.world.token, p1, "disburse", &body).await;
    assert_eq!(refusal(&own), (403, "second_person".to_owned()), "{}", own.text);
    let paid = done(&scene.world, &scene.finance.token, p1, "disburse", &body).await;
    assert_eq!(paid["state"], "disbursing");
    assert_eq!(amounts(&paid, ["allocated", "disbursed"]), ["300000.00", "200000.00"]);
    assert_eq!(scene.sources(p1, "disbursed").await, ["47058.82", "32941.18", "120000.00"]);
}

/// Earmarked money comes for Sudan: the second meeting withdraws as much, and gives it to Chad. The meeting stays open.
async fn second_meeting(scene: &Scene, [p1, _, p3]: [&str; 3]) -> String {
    let donor = scene.world.donor("Examplia").await;
    let mut earmarked = gift(&donor, "150000.00");
    (earmarked["earmarking"], earmarked["countries"]) = ("earmarked".into(), json!(["SDN"]));
    scene.world.create("/v1/contributions", earmarked).await;
    let suggestion = eventually("the suggestion is made", || async {
        let found = scene.get("/v1/suggestions?state=open").await["items"].clone();
        found.as_array().unwrap().first().cloned()
    })
    .await;
    assert_eq!(suggestion["proposal_id"], id_of(p1));
    assert_eq!(amounts(&suggestion, ["amount", "money"]), ["150000.00", "150000.00"]);

    let present: Vec<&Person> = scene.members.iter().collect();
    let meeting = open_meeting(&scene.world, &scene.committee, &present).await;
    let left = scene.get(&meeting).await["items"].clone();
    assert_eq!(left.as_array().unwrap().len(), 1, "what the first meeting left: {left}");
    assert_eq!(left[0]["proposal_id"], id_of(p3));
    let withdraw =
        json!({ "resolution": "withdraw_funds", "amount": usd("150000.00"), "reason": "Money came" });
    let on_sudan = item(&scene.world, &meeting, Some(p1)).await;
    let votes = [(0, "yes"), (1, "yes"), (4, "yes")];
    let decision = scene.decides(&on_sudan, withdraw, &votes).await;
    let body = json!({ "decision_id": decision["id"], "suggestion_id": suggestion["id"],
        "reason": "Earmarked money came for Sudan" });
    let funds = scene.done(p1, "withdraw-funds", &body).await;
    let stages = ["approved", "allocated", "disbursed", "withdrawn"];
    assert_eq!(amounts(&funds, stages), ["500000.00", "150000.00", "200000.00", "150000.00"]);
    let again = act(&scene.world, &scene.world.token, p1, "withdraw-funds", &body).await;
    assert_eq!(again.status, 409, "a decision is carried out once: {}", again.text);
    let accepted = scene.get("/v1/suggestions?state=accepted").await["items"].clone();
    assert_eq!(accepted.as_array().unwrap().len(), 1);
    assert_eq!(scene.sources(p1, "allocated").await, ["35294.12", "24705.88", "90000.00"]);

    let approve = json!({ "resolution": "approve", "reason": "The convoy to Adre comes first" });
    let votes = [(0, "yes"), (1, "yes"), (2, "yes"), (3, "yes"), (4, "no")];
    let decision = scene.decides(&text(&left[0]["id"]), approve, &votes).await;
    assert_eq!(scene.entry(&decision).await, ["35294.12", "24705.88", "90000.00", "1100000.01"]);
    meeting
}

#[tokio::test(flavor = "multi_thread")]
async fn from_the_call_for_proposals_to_the_page_of_the_donor_every_cent_is_accounted_for() {
    let scene = scene().await;
    let world = &scene.world;
    let p1 = scene.submitted(&scene.sudan, ("Onward transport", "SDN"), ["500000.00", "300000.00"]).await;
    let p2 = scene.submitted(&scene.ukraine, ("Heating", "UKR"), ["400000.00", "400000.00"]).await;
    let p3 = scene.submitted(&scene.chad, ("Convoy to Adre", "TCD"), ["150000.00", "150000.00"]).await;
    scene.closes().await;
    let late = proposal(&scene.window, ("Late", "TCD"), "1000.00", "1000.00");
    let late = world.http.post(Some(&scene.chad), "/v1/allocation-proposals", &late).await;
    assert_eq!((late.status, late.pointers()), (409, vec!["/window_id".to_owned()]));
    let all = [p1.as_str(), p2.as_str(), p3.as_str()];
    for path in all {
        assert_eq!(scene.done(path, "screen", &json!({})).await["state"], "eligible");
    }
    first_meeting(&scene, all).await;
    disbursed(&scene, &p1).await;
    let meeting = second_meeting(&scene, all).await;
    scene.norway_gives_less().await;

    let spent = done(world, &scene.sudan, &p1, "spend", &json!({ "amount": usd("185000.00") })).await;
    assert_eq!(amounts(&spent, ["disbursed", "spent"]), ["15000.00", "185000.00"]);
    assert_eq!(scene.sources(&p1, "spent").await, ["43529.41", "30470.59", "111000.00"]);
    let rest = json!({ "amount": usd("15000.00") });
    done(world, &scene.sudan, &p1, "return", &rest).await;
    let restored = done(world, &scene.finance.token, &p1, "restore", &rest).await;
    assert_eq!(amounts(&restored, ["disbursed", "returned", "spent"]), ["0.00", "0.00", "185000.00"]);
    let totals = scene.get(&scene.pool).await["totals"].clone();
    let stages = ["received", "available", "allocated", "disbursed", "spent", "returned", "uncovered"];
    let expected = ["1400000.00", "515000.00", "700000.00", "0.00", "185000.00", "0.00", "0.00"];
    assert_eq!(amounts(&totals, stages), expected);
    assert_eq!(scene.sources(&p1, "allocated").await, ["52262.45", "7737.55", "90000.00"]);
    assert_eq!(scene.sources(&p2, "allocated").await, ["348416.29", "51583.71", "0.00"]);
    assert_eq!(scene.sources(&p3, "allocated").await, ["52262.44", "7737.56", "90000.00"]);

    // Norway's page: Chad's project is not shown to donors, and the sums hold.
    let references = [text(&scene.get(&p1).await["reference"]), text(&scene.get(&p2).await["reference"])];
    let row = |reference: &str, rest: [&str; 3]| {
        let [allocated, spent, share] = rest.map(str::to_owned);
        [reference.to_owned(), allocated, spent, share]
    };
    let expected = vec![
        row(&references[0], ["7737.55", "30470.59", "38.21"]),
        row(&references[1], ["51583.71", "0.00", "51.58"]),
        row("-", ["7737.56", "0.00", "7.74"]),
    ];
    let stop = |amount: &str, reason: &str| [amount.to_owned(), reason.to_owned()];
    let mut stops = vec![stop("24705.88", "Earmarked money came for Sudan")];
    assert_eq!(scene.page().await, ("2470.59".to_owned(), expected, stops.clone()));
    let path = format!("{}/uses", scene.contributions[1]);
    assert_eq!(world.http.get(Some(&scene.representatives[0]), &path).await.status, 404, "another donor's");
    documented(world, &scene.representatives[1], &scene.norway, "Convoy").await;

    // What Ukraine does not need goes to Sudan: 150,000.00 allocated and 185,000.00 spent of 500,000.00.
    let on_ukraine = item(world, &meeting, Some(&p2)).await;
    let why = "The winter was mild";
    let wording = json!({ "resolution": "reallocate", "amount": usd("100000.00"), "reason": why });
    let votes = [(0, "yes"), (1, "yes"), (2, "yes"), (3, "yes"), (4, "yes")];
    let decision = scene.decides(&on_ukraine, wording, &votes).await;
    let body = json!({ "decision_id": decision["id"], "to_proposal_id": id_of(&p1), "reason": why });
    let given = scene.done(&p2, "reallocate", &body).await;
    assert_eq!(amounts(&given, ["allocated", "withdrawn"]), ["300000.00", "100000.00"]);
    assert_eq!(scene.sources(&p2, "allocated").await, ["261312.22", "38687.78", "0.00"]);
    assert_eq!(scene.sources(&p1, "allocated").await, ["140954.94", "10045.06", "99000.00"]);
    let expected = vec![
        row(&references[0], ["10045.06", "30470.59", "40.52"]),
        row(&references[1], ["38687.78", "0.00", "38.69"]),
        row("-", ["7737.56", "0.00", "7.74"]),
    ];
    stops.push(stop("12895.93", why));
    assert_eq!(scene.page().await, ("13059.01".to_owned(), expected, stops));
    // Three lots came; two approvals, a payment, a withdrawal, an approval; Norway's money went and came as less; cover,
    // spending, return, restoration; a withdrawal and an allocation for what was re-allocated.
    assert_eq!(verified(world).await, 16);
    scene.world.stop().await;
}
