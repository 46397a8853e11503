//! The distributed mode: separate processes on PostgreSQL, Kafka and Redis, each measure beside a baseline on the same
//! servers in the same minute.

use crate::{FLOWS, line, memory, seconds, write_flows};
use bus_kafka::Settings;
use passerelle::platform::{Process, processes};
use rdkafka::{
    ClientConfig, Message,
    consumer::{Consumer, StreamConsumer},
    producer::{FutureProducer, FutureRecord},
};
use serde_json::{Value, json};
use sqlx::{Executor, postgres::PgListener};
use std::{
    collections::HashMap,
    fs::File,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};
use testkit::{Http, folder};
use tests::{connect, infra};
use xtask::{deployment::Deployment, infra::Infra};

/// Writes per second, and for how long.
const WRITES_PER_SECOND: u64 = 200;
const DURATION: Duration = Duration::from_secs(25);
/// What is measured before this is warming up.
const WARM_UP: u64 = WRITES_PER_SECOND * 10;

pub async fn run() {
    let Some(infra) = infra() else {
        println!(
            "skipped: distributed mode: no PostgreSQL, Kafka and Redis were started (cargo xtask bench does)"
        );
        return;
    };
    let (start, binary) = (infra.clone(), crate::binary());
    let name = testkit::Infra::unique("bench");
    let own_name = name.clone();
    let platform =
        tokio::task::spawn_blocking(move || Deployment::start(&start, &binary, &own_name, None, ""))
            .await
            .unwrap()
            .unwrap();
    tokio::time::sleep(Duration::from_secs(5)).await;
    for Process { name, .. } in processes() {
        let resident = memory(platform.pid(name).unwrap());
        line(&format!("memory of {name}, idle"), &format!("{resident} MB"), "", "under 60 MB");
    }
    let (identity, _) = connect(&platform.config, "identity").await;
    let founded = identity::found(&identity, "Bench", "TST").await.unwrap();
    latency(&infra, &platform, &founded).await;
    import(&infra, &platform, &founded).await;
}

pub(super) fn percentile(times: &mut [Duration], percent: usize) -> Duration {
    times.sort();
    times[(times.len() * percent / 100).min(times.len() - 1)]
}

pub(super) fn shown(duration: Duration) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1000.0)
}

/// From the commit in donors to the commit in crisis: both tell it by NOTIFY, and one listener takes the times.
async fn latency(infra: &Infra, platform: &Deployment, founded: &identity::Founded) {
    let (donors, crisis) = (watch(infra, platform, "donors", "contribution", "id").await, {
        watch(infra, platform, "crisis", "funding_fact", "contribution_id").await
    });
    let http = Http::new(&platform.url);
    let token = http.client_token(&founded.client_id.to_string(), &founded.client_secret).await;
    let donor =
        http.post(Some(&token), "/v1/donors", &json!({ "name": "Norway", "type": "government" })).await;
    let donor = donor.json()["id"].clone();
    // The baseline before and after, so that neither alone meets a broker that has just started.
    let mut bare = bare_kafka(infra, WRITES_PER_SECOND).await;
    let writes = WRITES_PER_SECOND * DURATION.as_secs();
    let written = tokio::spawn(times(donors, writes));
    let visible = tokio::spawn(times(crisis, writes));
    let mut tick = tokio::time::interval(Duration::from_micros(1_000_000 / WRITES_PER_SECOND));
    let mut sent = tokio::task::JoinSet::new();
    for number in 0..writes {
        tick.tick().await;
        let (http, token, donor) = (http.clone(), token.clone(), donor.clone());
        sent.spawn(async move {
            let body = json!({ "donor_id": donor, "status": "paid", "usage_years": [2020 + number % 6],
                "countries": ["AFG"], "amount": { "amount": "100.00", "currency": "USD" }, "visibility": "public" });
            let answer = http.post(Some(&token), "/v1/contributions", &body).await;
            assert_eq!(answer.status, 201, "{}", answer.text);
        });
    }
    sent.join_all().await;
    let (written, visible) = (written.await.unwrap(), visible.await.unwrap());
    let mut order: Vec<(&String, &Instant)> = written.iter().collect();
    order.sort_by_key(|(_, at)| **at);
    let warm = order.into_iter().skip(usize::try_from(WARM_UP).unwrap());
    let mut here: Vec<Duration> = warm.map(|(id, at)| visible[id].saturating_duration_since(*at)).collect();
    bare.extend(bare_kafka(infra, WRITES_PER_SECOND).await);
    let (p50, p99) = (percentile(&mut here, 50), percentile(&mut here, 99));
    let (bare50, bare99) = (percentile(&mut bare, 50), percentile(&mut bare, 99));
    let title = format!("commit to another service's read model, {WRITES_PER_SECOND} writes/s");
    line(&format!("{title}: p50"), &shown(p50), &shown(bare50), "");
    line("  p99 (baseline: bare rdkafka, produce to consume)", &shown(p99), &shown(bare99), "");
    let ratio = p99.as_secs_f64() / bare99.as_secs_f64();
    line("  p99 over the baseline's", &format!("{ratio:.2}"), "1.00", "at most 3.00");
}

/// A listener that hears of every row of a table when it commits.
pub(super) async fn watch(
    infra: &Infra,
    platform: &Deployment,
    service: &str,
    table: &str,
    id: &str,
) -> PgListener {
    let url = infra.postgres.admin.replace("{database}", &platform.database(service));
    let mut listener = PgListener::connect(&url).await.unwrap();
    let text = format!(
        "CREATE FUNCTION bench_{table}() RETURNS trigger LANGUAGE plpgsql AS
           $$ BEGIN PERFORM pg_notify('bench', NEW.{id}::text); RETURN NULL; END $$;
         CREATE TRIGGER bench AFTER INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION bench_{table}();"
    );
    listener.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(text))).await.unwrap();
    listener.listen("bench").await.unwrap();
    listener
}

pub(super) async fn times(mut listener: PgListener, count: u64) -> HashMap<String, Instant> {
    let mut times = HashMap::new();
    while (times.len() as u64) < count {
        let heard = tokio::time::timeout(Duration::from_secs(30), listener.recv()).await;
        let heard = heard.unwrap_or_else(|_| panic!("{} of {count} writes came", times.len())).unwrap();
        times.insert(heard.payload().to_owned(), Instant::now());
    }
    listener.execute("DROP TRIGGER IF EXISTS bench ON contribution").await.ok();
    times
}

/// A rate and about the same size through Kafka alone, acknowledged as the platform wants it.
pub(super) async fn bare_kafka(infra: &Infra, writes_per_second: u64) -> Vec<Duration> {
    let topic = testkit::Infra::unique("bare");
    let settings = Settings {
        brokers: infra.kafka.clone(),
        prefix: String::new(),
        partitions: 3,
        replication: 1,
        properties: Default::default(),
    };
    // Makes the topic, with the same settings.
    let bus = bus_kafka::KafkaBus::new(settings).unwrap();
    bus::Bus::publish(&bus, vec![bus::suite::record(&topic, "first", "x")]).await.unwrap();
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", &infra.kafka);
    let producer: FutureProducer = config
        .clone()
        .set("acks", "all")
        .set("enable.idempotence", "true")
        .set("linger.ms", "0")
        .create()
        .unwrap();
    let consumer: StreamConsumer =
        config.set("group.id", &topic).set("auto.offset.reset", "earliest").create().unwrap();
    consumer.subscribe(&[&topic]).unwrap();
    consumer.recv().await.unwrap();
    let started = Instant::now();
    let (count, warm_up) = (writes_per_second * DURATION.as_secs(), writes_per_second * 10);
    let sender = tokio::spawn(async move {
        let mut tick = tokio::time::interval(Duration::from_micros(1_000_000 / writes_per_second));
        for number in 0..count {
            tick.tick().await;
            let at = u64::try_from(started.elapsed().as_micros()).unwrap();
            let payload = format!("{at} {}", "x".repeat(1000));
            let key = number.to_string();
            let record = FutureRecord::to(&topic).key(&key).payload(&payload);
            let _ = producer.send_result(record);
        }
        producer
    });
    let mut times = Vec::new();
    for number in 0..count {
        let message = consumer.recv().await.unwrap();
        let text = std::str::from_utf8(message.payload().unwrap()).unwrap();
        let at = Duration::from_micros(text.split(' ').next().unwrap().parse().unwrap());
        if number >= warm_up {
            times.push(started.elapsed() - at);
        }
    }
    drop(sender.await.unwrap());
    times
}

async fn import(infra: &Infra, platform: &Deployment, founded: &identity::Founded) {
    let folder = folder();
    let file = folder.path().join("flows.json");
    write_flows(&file);
    let before = rows(infra, platform, &TABLES);
    let started = Instant::now();
    let done = Command::new(crate::binary())
        .args(["import", "fts", "--office", "TST", "--json", "--url", &platform.url])
        .args(["--client-id", &founded.client_id.to_string(), "--client-secret", &founded.client_secret])
        .arg(&file)
        .output()
        .unwrap();
    let imported = started.elapsed();
    let summary: Value = serde_json::from_slice(&done.stdout).unwrap_or_default();
    assert_eq!(summary["created"], FLOWS, "{summary} {}", String::from_utf8_lossy(&done.stderr));
    let (_, bus) = connect(&platform.config, "donors").await;
    let ended = Instant::now();
    while passerelle::platform::lag(&bus).await.unwrap().iter().any(|lag| lag.records > 0) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let behind = ended.elapsed();
    // The outbox was emptied by the relay: as many rows as contributions.
    let written = rows(infra, platform, &TABLES) - before + FLOWS;
    let copied = copy(infra, platform, &TABLES, folder.path());
    #[expect(clippy::cast_precision_loss, reason = "rates are shown with three digits")]
    let rate = |rows: u64, time: Duration| rows as f64 / time.as_secs_f64();
    let (here, raw) = (rate(written, imported), rate(copied.0, copied.1));
    line(
        &format!("import of {FLOWS} flows on PostgreSQL ({written} rows written)"),
        &seconds(imported),
        &seconds(copied.1),
        "",
    );
    line("  as rows a second (baseline: COPY)", &format!("{here:.0}"), &format!("{raw:.0}"), "");
    line("  of the rate of COPY", &format!("{:.2}", here / raw), "1.00", "at least 0.20");
    line("  consumers have caught up after the last row", &seconds(behind), "", "under 5 s");
}

/// A service, and tables of it.
pub(super) type Tables = (&'static str, &'static [&'static str]);

/// The tables an import of flows writes, by service.
const TABLES: [Tables; 4] = [
    ("donors", &["import_row", "contribution", "donor", "donor_external_ref"]),
    ("crisis", &["inbox", "funding_fact", "funding_cell", "known_donor"]),
    ("allocations", &["inbox", "known_contribution", "known_donor"]),
    ("identity", &["inbox", "known_donor"]),
];

/// The events of the imported contributions, as the outbox held them.
const EVENTS: &str = "
CREATE TABLE baseline_source_outbox (LIKE outbox INCLUDING DEFAULTS);
INSERT INTO baseline_source_outbox OVERRIDING SYSTEM VALUE
SELECT row_number() OVER (), id, 'contribution', id, 'passerelle.donors.contribution.v1', json_build_object(
         'id', id, 'sequence', version, 'organisation_id', organisation_id, 'office_id', office_id, 'source', source,
         'external_ref', external_ref, 'donor_id', donor_id, 'donor_external_ref', donor_external_ref,
         'donor_name', donor_name, 'status', status, 'amount_usd', amount_usd, 'new_money', new_money,
         'contribution_type', contribution_type, 'earmarking', earmarking, 'decision_date', decision_date,
         'source_objects', source_objects::json, 'destination_objects', destination_objects::json,
         'visibility', visibility)::text,
       'passerelle.donors.contribution.v1', version, NULL, created_at
FROM contribution WHERE source <> 'api'";

/// How many rows there are in these tables.
fn rows(infra: &Infra, platform: &Deployment, tables: &[Tables]) -> u64 {
    let mut rows = 0;
    for (service, tables) in tables {
        for table in *tables {
            let counted =
                infra.sql(&platform.database(service), &format!("SELECT count(*) FROM {table}")).unwrap();
            rows += counted.trim().parse::<u64>().unwrap();
        }
    }
    rows
}

/// COPY of all of them, and of the events of contributions, as the superuser, into tables with the same indexes: how many
/// rows, and how long.
pub(super) fn copy(
    infra: &Infra,
    platform: &Deployment,
    tables: &[Tables],
    folder: &Path,
) -> (u64, Duration) {
    infra.sql(&platform.database("donors"), EVENTS).unwrap();
    let (mut rows, mut time) = (0, Duration::ZERO);
    let outbox = [("donors", "baseline_source_outbox", "outbox")];
    let others = tables
        .iter()
        .flat_map(|(service, tables)| tables.iter().map(move |table| (*service, *table, *table)));
    for (service, source, like) in others.chain(outbox) {
        let database = platform.database(service);
        let url = infra.postgres.admin.replace("{database}", &database);
        let psql = |text: &str| {
            let mut psql = Command::new(infra.postgres_programs.join("psql"));
            psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", &url, "-c", text]);
            psql
        };
        let file = folder.join(format!("{service}-{source}"));
        let out =
            psql(&format!("COPY {source} TO STDOUT")).stdout(File::create(&file).unwrap()).status().unwrap();
        assert!(out.success(), "{source}");
        infra.sql(&database, &format!("CREATE TABLE baseline_{like} (LIKE {like} INCLUDING ALL)")).unwrap();
        let started = Instant::now();
        let mut copied = psql(&format!("COPY baseline_{like} FROM STDIN"));
        assert!(copied.stdin(File::open(&file).unwrap()).stdout(Stdio::null()).status().unwrap().success());
        time += started.elapsed();
        let counted = infra.sql(&database, &format!("SELECT count(*) FROM baseline_{like}")).unwrap();
        rows += counted.trim().parse::<u64>().unwrap();
    }
    (rows, time)
}
