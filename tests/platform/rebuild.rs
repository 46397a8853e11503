//! A read model that is built from offset 0 is the running one, row for row, in whatever order the topics arrive; also
//! after dead letters were replayed.

use async_trait::async_trait;
use bus::{Bus, BusError, EmbeddedBus, Lag, OutgoingRecord, Record, SharedBus, Subscription};
use kernel::SystemClock;
use passerelle::platform;
use rand::{SeedableRng, rngs::StdRng, seq::SliceRandom};
use sea_orm::{ConnectionTrait, DbBackend};
use serde_json::json;
use std::{collections::BTreeMap, sync::Arc};
use store::{Actor, Postgres, Store, migration, params, sql, waiting};
use testkit::{TempDir, eventually};
use tests::{World, flows, page, text};

/// The tables that events alone write, by service. (Mails are no read model: they are sent once. What plans have
/// received is told up to a minute later, so `known_plan_funding` may change while it is compared.)
const READ_MODELS: [(&str, &[&str]); 4] = [
    ("identity", &["known_agreement", "known_donor", "inbox"]),
    (
        "donors",
        &[
            "office",
            "organisation",
            "known_allocation",
            "known_allocation_source",
            "known_client",
            "known_person",
            "known_person_office",
            "known_plan",
            "known_representative",
            "clearance",
            "inbox",
        ],
    ),
    (
        "crisis",
        &[
            "office",
            "organisation",
            "known_person",
            "known_person_office",
            "known_donor",
            "known_allocation",
            "known_allocation_source",
            "funding_fact",
            "funding_cell",
            "public_donor",
            "public_country",
            "inbox",
        ],
    ),
    (
        "allocations",
        &[
            "office",
            "organisation",
            "known_person",
            "known_person_office",
            "known_agreement",
            "known_contribution",
            "known_donor",
            "known_plan",
            "inbox",
        ],
    ),
];

#[test]
fn every_service_that_reads_events_has_its_tables_compared() {
    for service in platform::services(identity::Settings::new("http://localhost")) {
        let is_listed = READ_MODELS.iter().any(|(name, _)| *name == service.name);
        assert!(
            is_listed || service.consumers.is_empty(),
            "READ_MODELS lacks the tables of {}",
            service.name
        );
    }
}

/// What the operators empty is all that a rebuild fills: what stayed would be counted twice.
#[test]
fn the_instructions_empty_every_table_that_a_rebuild_of_crisis_fills() {
    let file = xtask::root().join("docs/operations.md");
    let text = std::fs::read_to_string(file).unwrap();
    let (_, part) = text.split_once("To rebuild a read model from the start").unwrap();
    let (part, _) = part.split_once("set the offsets").unwrap();
    let (_, tables) = READ_MODELS.iter().find(|(service, _)| *service == "crisis").unwrap();
    for table in tables.iter().chain(&["waiting_event"]) {
        assert!(part.contains(&format!("`{table}`")), "{table} is not named");
    }
}

/// A bus whose groups have read nothing yet.
struct Anew {
    bus: SharedBus,
    name: String,
}

#[async_trait]
impl Bus for Anew {
    async fn publish(&self, records: Vec<OutgoingRecord>) -> Result<(), BusError> {
        self.bus.publish(records).await
    }

    async fn subscribe(&self, group: &str, topics: &[&str]) -> Result<Box<dyn Subscription>, BusError> {
        self.bus.subscribe(&format!("{}.{group}", self.name), topics).await
    }

    async fn lag(&self, subscriptions: &[(&str, &str)]) -> Result<Vec<Lag>, BusError> {
        let groups: Vec<String> =
            subscriptions.iter().map(|(group, _)| format!("{}.{group}", self.name)).collect();
        let renamed = groups.iter().zip(subscriptions).map(|(group, (_, topic))| (group.as_str(), *topic));
        self.bus.lag(&renamed.collect::<Vec<_>>()).await
    }

    async fn topics(&self) -> Result<Vec<String>, BusError> {
        self.bus.topics().await
    }
}

type Rows = BTreeMap<String, Vec<String>>;

/// The names of a table's columns, on SQLite.
async fn columns(db: &impl ConnectionTrait, table: &str) -> Vec<String> {
    let text = format!("SELECT name FROM pragma_table_info('{table}') ORDER BY name");
    let rows = sql::rows(db, &text, vec![]).await.unwrap();
    rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
}

/// The rows of a table, each as a text.
async fn rows(store: &Store, table: &str) -> Vec<String> {
    let db = store.system_read().await.unwrap();
    let text = if store.backend() == DbBackend::Postgres {
        format!("SELECT to_jsonb(t)::text FROM {table} t")
    } else {
        let columns: Vec<String> = columns(&db, table).await;
        let shown = columns.iter().map(|name| format!("'{name}=' || quote(\"{name}\")"));
        format!("SELECT {} FROM {table}", shown.collect::<Vec<_>>().join(" || ' ' || "))
    };
    let found = sql::rows(&db, &text, vec![]).await.unwrap();
    let mut rows: Vec<String> = found.iter().map(|row| row.try_get_by_index(0).unwrap()).collect();
    rows.sort();
    rows
}

async fn read_models(stores: &BTreeMap<&'static str, Store>) -> Rows {
    let mut models = Rows::new();
    for (service, tables) in READ_MODELS {
        for table in tables {
            models.insert(format!("{service}.{table}"), rows(&stores[service], table).await);
        }
    }
    models
}

async fn running_stores(world: &World) -> BTreeMap<&'static str, Store> {
    let mut stores = BTreeMap::new();
    for (service, _) in READ_MODELS {
        stores.insert(service, world.database(service).await);
    }
    stores
}

/// Empty databases with the services' tables.
async fn fresh_stores(folder: &TempDir) -> BTreeMap<&'static str, Store> {
    let mut stores = BTreeMap::new();
    for service in platform::services(identity::Settings::new("http://localhost")) {
        let store = match testkit::Infra::get().filter(|_| tests::infra().is_some()) {
            None => {
                let file = folder.path().join(format!("{}.db", service.name));
                let store = Store::open_sqlite(&file, Arc::new(SystemClock)).await.unwrap();
                service.migrate(&store).await.unwrap();
                store
            }
            Some(infra) => {
                let database = infra.database("rebuild").await;
                let open = async |url: &str| {
                    let (application, files) = ("rebuild".to_owned(), folder.path().to_owned());
                    let settings = Postgres { url: url.to_owned(), connections: 10, application, files };
                    Store::open_postgres(&settings, Arc::new(SystemClock)).await.unwrap()
                };
                let owner = open(&database.owner).await;
                service.migrate(&owner).await.unwrap();
                migration::grant(&owner, &infra.postgres.service_role).await.unwrap();
                open(&database.service).await
            }
        };
        stores.insert(service.name, store);
    }
    stores
}

/// Donors are the donors service's own rows, which no event brings back: a restored copy.
async fn restore_donors(from: &Store, to: &Store) {
    let tx = to.system(Actor::system()).await.unwrap();
    let db = from.system_read().await.unwrap();
    if to.backend() == DbBackend::Postgres {
        for row in sql::rows(&db, "SELECT to_jsonb(d)::text FROM donor d", vec![]).await.unwrap() {
            let row: String = row.try_get_by_index(0).unwrap();
            let text = "INSERT INTO donor SELECT * FROM jsonb_populate_record(NULL::donor, $1::jsonb)";
            sql::execute(tx.db(), text, params![row]).await.unwrap();
        }
    } else {
        let names: Vec<String> =
            columns(&db, "donor").await.iter().map(|name| format!("\"{name}\"")).collect();
        let quoted: Vec<String> = names.iter().map(|name| format!("quote({name})")).collect();
        let text = format!("SELECT {} FROM donor", quoted.join(" || ',' || "));
        for row in sql::rows(&db, &text, vec![]).await.unwrap() {
            let row: String = row.try_get_by_index(0).unwrap();
            let text = format!("INSERT INTO donor ({}) VALUES ({row})", names.join(","));
            tx.db().execute_unprepared(&text).await.unwrap();
        }
    }
    tx.commit().await.unwrap();
}

/// Fresh databases, to which the topics come one after the other in this order.
async fn rebuilt(world: &World, name: &str, order: &[&str]) -> Rows {
    let folder = testkit::folder();
    let stores = fresh_stores(&folder).await;
    let bus: SharedBus = Arc::new(Anew { bus: world.bus.clone(), name: name.to_owned() });
    let services = platform::services(identity::Settings::new("http://localhost"));
    let mut tasks = Vec::new();
    for topic in order {
        for service in &services {
            for consumer in service.consumers.iter().filter(|consumer| consumer.topic() == *topic) {
                let run = consumer.clone().run(stores[service.name].clone(), bus.clone());
                tasks.push(tokio::spawn(run));
                let (group, retries) = (consumer.group(), consumer.retries());
                eventually("a topic is read", || async {
                    let lags = bus.lag(&[(group, *topic), (group, retries.as_str())]).await.ok()?;
                    lags.iter().all(|lag| lag.records == 0).then_some(())
                })
                .await;
            }
        }
    }
    restore_donors(&world.database("donors").await, &stores["donors"]).await;
    for store in stores.values() {
        eventually("nothing waits any more", || async {
            let db = store.system_read().await.unwrap();
            waiting::list(&db, None, 10).await.unwrap().is_empty().then_some(())
        })
        .await;
    }
    tasks.iter().for_each(tokio::task::JoinHandle::abort);
    read_models(&stores).await
}

async fn is_equal(world: &World, name: &str, order: &[&str]) {
    let stores = running_stores(world).await;
    let mut running = read_models(&stores).await;
    let mut rows_of = rebuilt(world, name, order).await;
    // The funding of a plan is told a while after it changed: once, after which nothing changes any more.
    let now = read_models(&stores).await;
    if now != running {
        running = now;
        rows_of = rebuilt(world, &format!("{name}-again"), order).await;
    }
    for (table, rows) in rows_of {
        let missing: Vec<_> = running[&table].iter().filter(|row| !rows.contains(row)).take(3).collect();
        let added: Vec<_> = rows.iter().filter(|row| !running[&table].contains(row)).take(3).collect();
        assert!(rows == running[&table], "{table} after {order:?}: lacks {missing:#?}, has {added:#?}");
    }
    let topics = world.bus.topics().await.unwrap();
    let dead: Vec<_> =
        topics.iter().filter(|topic| topic.ends_with(".dlq") && !topic.contains(DEAD_LETTER_TOPIC)).collect();
    assert!(dead.is_empty(), "{order:?}: {dead:?}");
}

/// Part of the name of the one dead-letter topic that the journey fills.
const DEAD_LETTER_TOPIC: &str = "crisis.contribution";

async fn rename(world: &World, donor: &str, name: &str) {
    let path = format!("/v1/donors/{donor}");
    let before = world.http.get(Some(&world.token), &path).await;
    let mut fields = before.json();
    for name in ["id", "version", "created_at", "updated_at"] {
        fields.as_object_mut().unwrap().remove(name);
    }
    fields["name"] = name.into();
    change(world, reqwest::Method::PUT, &path, "", &fields).await;
}

/// Changes the present version of a record, or takes a step with it.
async fn change(world: &World, method: reqwest::Method, record: &str, step: &str, body: &serde_json::Value) {
    let version = world.http.get(Some(&world.token), record).await.header("etag").to_owned();
    let request = world.http.request(method, &format!("{record}{step}")).bearer_auth(&world.token);
    let answer = world.http.send(request.header("if-match", version).json(body)).await;
    assert_eq!(answer.status, 200, "{record}{step}: {}", answer.text);
}

/// Two organisations, offices (one moved, with a time zone, one closed), donors (one renamed, with a representative), plans,
/// an agreement, flows (some changed, some moved elsewhere), contributions of an office, due-diligence decisions.
async fn journey(world: &World) {
    let (_, other) = world.other_organisation("OTHER").await;
    let headquarters = world.founded.office_id.to_string();
    let region = world.office(&headquarters, "regional").await;
    let (moved, closed) = (world.office(&region, "country").await, world.office(&region, "country").await);
    let placed = json!({ "name": "Moved", "parent_id": headquarters, "time_zone": "Africa/Ndjamena" });
    change(world, reqwest::Method::PUT, &format!("/v1/offices/{moved}"), "", &placed).await;
    change(world, reqwest::Method::POST, &format!("/v1/offices/{closed}"), "/close", &json!({})).await;
    let donor = world.donor("Norway, Government of").await;
    rename(world, &donor, "Kingdom of Norway").await;
    world.representative(&donor).await;
    let terms = json!({ "donor_id": donor, "title": "Shelter", "start_date": "2026-01-01", "end_date": "2026-12-31",
        "amount": { "amount": "100", "currency": "USD" } });
    let agreement = text(&world.create("/v1/agreements", json!({ "terms": terms })).await["id"]);
    change(world, reqwest::Method::POST, &format!("/v1/agreements/{agreement}"), "/negotiate", &json!({}))
        .await;
    let plan = json!({ "name": "Chad 2026", "plan_type": "crisis_response_plan", "countries": ["TCD"],
        "years": [2026], "original_requirement": { "amount": "1000", "currency": "USD" }, "visibility": "public" });
    let plan = world.create("/v1/plans", plan).await;
    for status in ["pledge", "commitment", "paid"] {
        let body = json!({ "donor_id": donor, "status": status, "usage_years": [2026], "countries": ["TCD"],
            "amount": { "amount": "2500.00", "currency": "USD" }, "plan_ids": [plan["id"]],
            "earmarking": "softly_earmarked", "visibility": "public" });
        world.create("/v1/contributions", body).await;
    }
    let mut records = flows(1, 40);
    world.import(&world.token, "", &[("a.json", page(&records))]).await;
    world.import(&other, "", &[("a.json", page(&flows(1, 5)))]).await;
    for (number, record) in records.iter_mut().enumerate().filter(|(number, _)| number % 4 == 0) {
        record["versionId"] = 2.into();
        match number % 3 {
            0 => record["amountUSD"] = 9000.into(),
            1 => record["status"] = "pledge".into(),
            // The place that it alone was counted in is empty then.
            _ => record["destinationObjects"][2]["name"] = "2023".into(),
        }
    }
    world.settled().await;
    world.import(&world.token, "", &[("b.json", page(&records))]).await;
    let company = json!({ "name": "Example Industries", "type": "private_sector", "country": "CHE" });
    let company = text(&world.create("/v1/donors", company).await["id"]);
    for decision in ["refused", "cleared"] {
        let body = json!({ "decision": decision, "valid_from": "2026-01-01", "valid_until": "2027-12-31",
            "reference": format!("DD-{decision}") });
        world.create(&format!("/v1/donors/{company}/clearances"), body).await;
    }
    world.settled().await;
}

/// All records of a topic.
async fn records(world: &World, topic: &str) -> Vec<Record> {
    let count = world.bus.lag(&[("rebuild.reader", topic)]).await.unwrap()[0].records;
    let mut reader = world.bus.subscribe("rebuild.reader", &[topic]).await.unwrap();
    let mut records = Vec::new();
    while records.len() < usize::try_from(count).unwrap() {
        records.extend(reader.next(1000).await.unwrap());
    }
    reader.commit().await.unwrap();
    records
}

/// Buries the first state of a contribution that has changed since, as of a consumer that could not apply it, and
/// replays it.
async fn replay_an_old_state(world: &World) {
    let topic = "passerelle.donors.contribution.v1";
    let all = records(world, topic).await;
    let changed = all.iter().find(|record| {
        record.header("ce_sequence") == Some("1")
            && all.iter().any(|other| other.key == record.key && other.header("ce_sequence") == Some("2"))
    });
    let old = changed.unwrap().clone();
    let mut headers = old.headers.clone();
    headers.extend([
        ("dlq_error".to_owned(), "planted".to_owned()),
        ("dlq_topic".to_owned(), topic.to_owned()),
        ("dlq_offset".to_owned(), format!("{}/{}", old.partition, old.offset)),
    ]);
    let dead_letters = format!("{topic}.crisis.contribution.dlq");
    let record = OutgoingRecord { topic: dead_letters.clone(), key: old.key, headers, payload: old.payload };
    world.bus.publish(vec![record]).await.unwrap();
    assert!(world.events(&["replay", &dead_letters])[0].ends_with("1 replayed"));
    world.settled().await;
    let count = world.bus.lag(&[("rebuild.counter", topic)]).await.unwrap()[0].records;
    assert_eq!(count, i64::try_from(all.len()).unwrap(), "the shared topic holds what it held");
    let retries = format!("{topic}.crisis.contribution.retry");
    assert_eq!(world.bus.lag(&[("rebuild.counter", retries.as_str())]).await.unwrap()[0].records, 1);
}

fn topics() -> Vec<&'static str> {
    let mut topics: Vec<_> = platform::consumers().iter().map(store::Consumer::topic).collect();
    topics.sort_unstable();
    topics.dedup();
    topics
}

/// Each topic once as the last one, all backwards, and two that a seed says.
fn orders() -> Vec<Vec<&'static str>> {
    let topics = topics();
    let mut orders: Vec<Vec<&str>> = (0..topics.len())
        .map(|first| topics.iter().cycle().skip(first).take(topics.len()).copied().collect())
        .collect();
    orders.push(topics.iter().rev().copied().collect());
    for seed in [14, 41] {
        let mut order = topics.clone();
        order.shuffle(&mut StdRng::seed_from_u64(seed));
        orders.push(order);
    }
    orders
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_model_rebuilt_from_the_start_is_the_running_one_in_whatever_order_topics_come() {
    let world = World::new().await;
    journey(&world).await;
    let orders = orders();
    is_equal(&world, "first", &orders[0]).await;
    replay_an_old_state(&world).await;
    // Compaction leaves the last record of each key.
    if let Some(folder) = world.folder() {
        let bus = EmbeddedBus::open(&folder.join("bus.db")).await.unwrap();
        assert!(bus.compact(1_000_000).await.unwrap() > 5, "there was something to compact");
    }
    // On Kafka every group joins for seconds: contributions before all that they refer to, and the reverse.
    let all = if world.folder().is_some() { orders.len() } else { 3 };
    for (number, order) in orders.iter().rev().take(all).enumerate() {
        is_equal(&world, &format!("order-{number}"), order).await;
    }
    world.stop().await;
}
