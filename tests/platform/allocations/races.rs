//! Many at once: no envelope is passed, every vote that was taken counts, a motion ends once, and a donor that takes money
//! back while it is promised leaves a ledger that holds.

use super::{
    Person, UNLIMITED, act, amounts, answered, committee_of_one, decided, done, get, gift, has, item, motion,
    officer, open_meeting, person, pool, proposal, refusal, reserve, reserve_window, seat, shortlisted,
    under, usd, verified, vote,
};
use futures_util::future::{join, join_all};
use reqwest::Method;
use serde_json::{Value, json};
use testkit::Response;
use tests::{World, text};

/// A committee in which the chair's vote is enough, in an open meeting with three members, and an office that proposes.
struct Scene {
    world: World,
    pool: String,
    donor: String,
    committee: String,
    members: Vec<Person>,
    /// The chair's seat.
    chair: String,
    meeting: String,
    officer: String,
}

async fn scene() -> Scene {
    let world = World::with(UNLIMITED).await;
    let headquarters = world.founded.office_id.to_string();
    let office = world.office(&headquarters, "country").await;
    let officer = officer(&world, &office).await;
    let (pool, donor) = (pool(&world).await, world.donor("Norway").await);
    let mut members = Vec::new();
    for _ in 0..3 {
        members.push(person(&world, &headquarters, "committee_member").await);
    }
    world.settled().await;
    let committee = committee_of_one(&world).await;
    let chair = seat(&world, &committee, (&members[0], &headquarters), "chair").await;
    for member in &members[1..] {
        seat(&world, &committee, (member, &headquarters), "member").await;
    }
    let present: Vec<&Person> = members.iter().collect();
    let meeting = open_meeting(&world, &committee, &present).await;
    Scene { world, pool, donor, committee, members, chair, meeting, officer }
}

impl Scene {
    /// A motion to approve a new proposal of this amount, on which the chair has voted: its path.
    async fn approval(&self, window: &str, dollars: &str) -> String {
        let body = proposal(window, ("Transport", "TCD"), dollars, dollars);
        let proposal = shortlisted(&self.world, &self.officer, &body).await;
        let item = item(&self.world, &self.meeting, Some(&proposal)).await;
        let wording = json!({ "resolution": "approve", "reason": "No other money comes" });
        let motion = motion(&self.world, &item, &self.chair, wording).await;
        done(&self.world, &self.world.token, &motion, "open", &Value::Null).await;
        let voted = vote(&self.world, &self.members[0], &motion, "yes").await;
        assert_eq!(voted.status, 204, "{}", voted.text);
        motion
    }

    /// A motion about no proposal that is put to the vote: its path.
    async fn other(&self) -> String {
        let item = item(&self.world, &self.meeting, None).await;
        let wording = json!({ "resolution": "other", "reason": "The terms of reference are revised" });
        let motion = motion(&self.world, &item, &self.chair, wording).await;
        done(&self.world, &self.world.token, &motion, "open", &Value::Null).await;
        motion
    }

    async fn get(&self, path: &str) -> Value {
        get(&self.world, &self.world.token, path).await
    }

    async fn close(&self, token: &str, motion: &str) -> Response {
        act(&self.world, token, motion, "close", &Value::Null).await
    }

    /// Ends the vote on a motion that was read at this version.
    async fn close_at(&self, token: &str, version: &str, motion: &str) -> Response {
        let path = format!("{motion}/close");
        under(&self.world, Method::POST, token, (version, &path), &Value::Null).await
    }

    /// How many decisions there are on what a motion is about, and entries of the ledger of this kind.
    async fn decisions(&self, motion: &str) -> (usize, usize) {
        let proposal = text(&self.get(motion).await["proposal_id"]);
        let decisions = self.get(&format!("/v1/allocation-decisions?proposal_id={proposal}")).await;
        let entries = self.get(&format!("{}/entries?proposal_id={proposal}", self.pool)).await;
        let count = |list: &Value| list["items"].as_array().map_or(0, Vec::len);
        (count(&decisions), count(&entries))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_approvals_at_once_as_many_pass_as_the_envelope_holds() {
    let scene = scene().await;
    let world = &scene.world;
    for dollars in ["9000000.00", "4000000.01"] {
        world.create("/v1/contributions", gift(&scene.donor, dollars)).await;
    }
    has(world, &scene.pool, ["13000000.01", "13000000.01", "0.00"]).await;
    let window = reserve_window(world, (&scene.pool, &scene.committee), "10000000.00", "300000.00").await;
    let mut motions = Vec::new();
    for _ in 0..50 {
        motions.push(scene.approval(&window, "300000.00").await);
    }
    let answers = join_all(motions.iter().map(|motion| scene.close(&world.token, motion))).await;
    let passed = answers.iter().filter(|answer| answer.status == 200).count();
    let refused = answers.iter().filter(|answer| refusal(answer) == (409, "envelope_exceeded".to_owned()));
    let others = answers.iter().filter(|answer| ![200, 409].contains(&answer.status));
    let others: Vec<&String> = others.map(|answer| &answer.text).collect();
    assert_eq!((passed, refused.count()), (33, 17), "{others:?}");
    let found = scene.get(&window).await;
    assert_eq!(amounts(&found, ["promised", "headroom"]), ["9900000.00", "100000.00"]);
    let totals = scene.get(&scene.pool).await["totals"].clone();
    assert_eq!(amounts(&totals, ["allocated", "available"]), ["9900000.00", "3100000.01"]);
    // What was refused is still open, and no decision.
    let mut open = 0;
    for (motion, answer) in motions.iter().zip(&answers) {
        let is_refused = answer.status == 409;
        let expected = if is_refused { (0, 0) } else { (1, 1) };
        assert_eq!(scene.decisions(motion).await, expected, "{}", answer.text);
        open += u32::from(is_refused && scene.get(motion).await["state"] == "open");
    }
    assert_eq!(open, 17);
    // Two contributions came, and 33 were allocated.
    assert_eq!(verified(world).await, 35);
    scene.world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_vote_that_is_taken_while_the_vote_ends_is_in_its_figures() {
    let scene = scene().await;
    let world = &scene.world;
    let mut taken = 0;
    for round in 0..12_u32 {
        let motion = scene.other().await;
        for member in &scene.members[..2] {
            assert_eq!(vote(world, member, &motion, "yes").await.status, 204);
        }
        let version = world.http.get(Some(&world.token), &motion).await.header("etag").to_owned();
        let ends = scene.close_at(&world.token, &version, &motion);
        let last = vote(world, &scene.members[2], &motion, "no");
        // Either begins first.
        let (last, ended) = if round.is_multiple_of(2) {
            join(last, ends).await
        } else {
            let (ended, last) = join(ends, last).await;
            (last, ended)
        };
        assert_eq!(ended.status, 200, "{}", ended.text);
        assert!([204, 409].contains(&last.status), "{}", last.text);
        let no = i64::from(last.status == 204);
        taken += no;
        let tally = json!({ "quorum": 1, "yes": 2, "no": no, "abstain": 0 });
        assert_eq!(ended.json()["tally"], tally, "round {round}");
        assert_eq!(scene.get(&motion).await["tally"], tally);
        assert_eq!(vote(world, &scene.members[2], &motion, "no").await.status, 409, "it has ended");
    }
    println!("votes taken beside the end of the vote: {taken} of 12");
    scene.world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_secretaries_who_end_one_vote_one_reads_it_again() {
    let scene = scene().await;
    let world = &scene.world;
    world.create("/v1/contributions", gift(&scene.donor, "5000000.00")).await;
    has(world, &scene.pool, ["5000000.00", "5000000.00", "0.00"]).await;
    let window = reserve_window(world, (&scene.pool, &scene.committee), "5000000.00", "1000000.00").await;
    let headquarters = world.founded.office_id.to_string();
    let other = world.client(&headquarters, &["meetings:read", "meetings:write"]).await;
    for _ in 0..4 {
        let motion = scene.approval(&window, "1000000.00").await;
        let version = world.http.get(Some(&other), &motion).await.header("etag").to_owned();
        let ends =
            [scene.close_at(&world.token, &version, &motion), scene.close_at(&other, &version, &motion)];
        let [one, two] = join_all(ends).await.try_into().unwrap();
        let mut statuses = [one.status, two.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 412], "{} {}", one.text, two.text);
        assert_eq!(scene.decisions(&motion).await, (1, 1));
        assert_eq!(scene.close(&other, &motion).await.status, 409, "it has ended");
    }
    // One contribution came, and four were allocated.
    assert_eq!(verified(world).await, 5);
    scene.world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_donor_that_takes_money_back_while_it_is_promised_leaves_a_ledger_that_holds() {
    let scene = scene().await;
    let world = &scene.world;
    // In dollars: 600,000 are missing after each approval that came before the donor's reversal was known.
    let (mut missing, mut approved) = (0_i64, 0);
    for round in 0..6 {
        let dollars = 1_000_000 + missing;
        let given = world.create("/v1/contributions", gift(&scene.donor, &format!("{dollars}.00"))).await;
        let given = format!("/v1/contributions/{}", text(&given["id"]));
        let (received, lacks) = (format!("{dollars}.00"), format!("{missing}.00"));
        has(world, &scene.pool, [&received, &received, &lacks]).await;
        let window = reserve_window(world, (&scene.pool, &scene.committee), "1000000.00", "600000.00").await;
        let motion = scene.approval(&window, "600000.00").await;
        let why = json!({ "on": "2026-01-20", "reason": "Recorded by mistake" });
        let reversal = async {
            // Its event is on the way for some time: the later it is sent, the likelier is an approval.
            tokio::time::sleep(std::time::Duration::from_millis(10 * round)).await;
            act(world, &world.token, &given, "reverse", &why).await
        };
        let approval = async {
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
            scene.close(&world.token, &motion).await
        };
        let (reversed, closed) = join(reversal, approval).await;
        assert_eq!(reversed.status, 200, "{}", reversed.text);
        match refusal(&closed) {
            (200, _) => (missing, approved) = (missing + 600_000, approved + 1),
            (409, reason) => {
                assert_eq!(reason, "envelope_exceeded", "{}", closed.text);
                let path = format!("{motion}/void");
                let version = world.http.get(Some(&world.token), &motion).await.header("etag").to_owned();
                let why = json!({ "reason": "The money is gone" });
                let void = under(world, Method::POST, &world.token, (&version, &path), &why).await;
                assert_eq!(void.status, 200, "{}", void.text);
            }
            _ => panic!("{}", closed.text),
        }
        let lacks = format!("{missing}.00");
        has(world, &scene.pool, ["0.00", "0.00", &lacks]).await;
        let totals = scene.get(&scene.pool).await["totals"].clone();
        assert_eq!(amounts(&totals, ["allocated"]), [lacks.as_str()], "round {round}");
        let found = scene.get(&window).await;
        let promised = if closed.status == 200 { "600000.00" } else { "0.00" };
        assert_eq!(amounts(&found, ["promised", "headroom"]), [promised, "0.00"]);
        done(world, &world.token, &window, "close", &Value::Null).await;
    }
    println!("approved before the donor's reversal was known: {approved} of 6");
    verified(world).await;
    scene.world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_windows_do_not_promise_the_same_money_and_two_payments_not_the_same_allocation() {
    let scene = scene().await;
    let world = &scene.world;
    world.create("/v1/contributions", gift(&scene.donor, "1000000.00")).await;
    has(world, &scene.pool, ["1000000.00", "1000000.00", "0.00"]).await;
    let body = reserve((&scene.pool, &scene.committee), "600000.00", "600000.00");
    let mut windows = Vec::new();
    for _ in 0..2 {
        let made = world.create("/v1/allocation-windows", body.clone()).await;
        windows.push(format!("/v1/allocation-windows/{}", text(&made["id"])));
    }
    let open = |window: &str| {
        let path = format!("{window}/open");
        let request = world.http.request(Method::POST, &path).bearer_auth(&world.token);
        answered(world, request.header("if-match", "\"1\""))
    };
    let answers = join_all(windows.iter().map(|window| open(window))).await;
    let opened = answers.iter().position(|answer| answer.status == 200).unwrap();
    let refused = &answers[1 - opened];
    assert_eq!((refused.status, refused.pointers()), (409, vec!["/envelope".to_owned()]), "{}", refused.text);

    let body = proposal(&windows[opened], ("Transport", "TCD"), "500000.00", "500000.00");
    let proposal = shortlisted(world, &scene.officer, &body).await;
    let item = item(world, &scene.meeting, Some(&proposal)).await;
    let wording = json!({ "resolution": "approve", "reason": "No other money comes" });
    let motion = motion(world, &item, &scene.chair, wording).await;
    decided(world, &motion, &[(&scene.members[0], "yes")]).await;
    let finance = person(world, &world.founded.office_id.to_string(), "finance_officer").await;
    world.settled().await;
    let version = world.http.get(Some(&finance.token), &proposal).await.header("etag").to_owned();
    let path = format!("{proposal}/disburse");
    let amount = json!({ "amount": usd("300000.00") });
    let pay = || under(world, Method::POST, &finance.token, (&version, &path), &amount);
    let (one, two) = join(pay(), pay()).await;
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412], "{} {}", one.text, two.text);
    let more = act(world, &finance.token, &proposal, "disburse", &amount).await;
    assert_eq!(refusal(&more), (409, "insufficient".to_owned()), "200,000.00 are left: {}", more.text);
    let totals = scene.get(&scene.pool).await["totals"].clone();
    assert_eq!(amounts(&totals, ["allocated", "disbursed"]), ["200000.00", "300000.00"]);
    // A contribution, an allocation, a payment.
    assert_eq!(verified(world).await, 3);
    scene.world.stop().await;
}
