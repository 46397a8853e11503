//! What operators rely on: tenants kept apart by the database itself, readiness that says why, recovery by itself.

use serde_json::{Value, json};
use std::time::Duration;
use store::sql;
use testkit::{Http, eventually, skip_without_servers};
use tests::{connect, deployment, flows, infra, page};
use xtask::{deployment::Deployment, infra::Infra};

async fn started(test: &str) -> Option<(Infra, Deployment)> {
    let Some(infra) = infra() else {
        skip_without_servers(test);
        return None;
    };
    let deployment = deployment(&infra, "operations", "").await;
    Some((infra, deployment))
}

async fn organisation(deployment: &Deployment) -> (Http, String) {
    let (identity, _) = connect(&deployment.config, "identity").await;
    let founded = identity::found(&identity, "Organisation", "ORG").await.unwrap();
    let http = Http::new(&deployment.url);
    let token = http.client_token(&founded.client_id.to_string(), &founded.client_secret).await;
    // Services know the organisation by its event.
    eventually("crisis knows the organisation", || async {
        (http.get(None, "/v1/public/plans").await.status == 200).then_some(())
    })
    .await;
    (http, token)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_table_is_under_row_level_security_and_looks_empty_without_a_scope() {
    let Some((_, deployment)) = started("row-level security of every table").await else { return };
    let (http, token) = organisation(&deployment).await;
    eventually("donors knows the office and takes the flows", || async {
        let part = reqwest::multipart::Part::bytes(page(&flows(1, 3))).file_name("a.json");
        let import = http.request(reqwest::Method::POST, "/v1/imports?format=fts").bearer_auth(&token);
        let import = import.multipart(reqwest::multipart::Form::new().part("file", part));
        (http.send(import).await.status == 201).then_some(())
    })
    .await;
    eventually("the flows are counted", || async {
        let funding = http.get(None, "/v1/public/funding?country=AFG&year=2021").await.json();
        (funding["flow_count"] == 3).then_some(())
    })
    .await;
    let mut seen = 0;
    for service in passerelle::platform::names() {
        let (store, _) = connect(&deployment.config, service).await;
        let tables = "SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity,
                        (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid)
                      FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
                        AND c.relname <> 'seaql_migrations'";
        for row in sql::rows(store.writer(), tables, vec![]).await.unwrap() {
            let table: String = row.try_get_by_index(0).unwrap();
            assert!(
                row.try_get_by_index::<bool>(1).unwrap(),
                "{service}.{table} is not under row-level security"
            );
            assert!(row.try_get_by_index::<i64>(2).unwrap() > 0, "{service}.{table} has no policy");
            let count = format!("SELECT count(*) FROM {table}");
            let without = sql::row(store.writer(), &count, vec![]).await.unwrap().unwrap();
            assert_eq!(without.try_get_by_index::<i64>(0).unwrap(), 0, "{service}.{table} without a scope");
            let db = store.system_read().await.unwrap();
            let with = sql::row(&db, &count, vec![]).await.unwrap().unwrap();
            seen += with.try_get_by_index::<i64>(0).unwrap();
        }
    }
    assert!(seen > 20, "there was something to see: {seen}");
}

fn readiness(deployment: &Deployment, instance: &str) -> (bool, String) {
    let answer = deployment.operations(instance, "/readyz").unwrap_or_default();
    (answer.starts_with("HTTP/1.1 200"), answer)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_refuses_is_named_and_used_again_by_itself() {
    let Some((infra, deployment)) = started("a database that refuses").await else { return };
    let (http, token) = organisation(&deployment).await;
    let donor = json!({ "name": "Norway", "type": "government" });
    eventually("a donor is recorded", || async {
        (http.post(Some(&token), "/v1/donors", &donor).await.status == 201).then_some(())
    })
    .await;
    assert!(deployment.operations("donors", "/livez").unwrap().contains("alive"));
    let metrics = deployment.operations("donors", "/metrics").unwrap();
    assert!(metrics.contains("http_request_seconds_bucket") && metrics.contains("route=\"/v1/donors\""));

    let database = deployment.database("donors");
    infra.sql("postgres", &format!("ALTER DATABASE {database} ALLOW_CONNECTIONS false")).unwrap();
    let end = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'");
    infra.sql("postgres", &end).unwrap();
    eventually("donors is not ready and says why", || async {
        let (ready, answer) = readiness(&deployment, "donors");
        (!ready && answer.contains("not currently accepting connections")).then_some(())
    })
    .await;
    let refused = http.get(Some(&token), "/v1/donors").await;
    assert_eq!(
        (refused.status, refused.json()["code"].as_str()),
        (503, Some("unavailable")),
        "{}",
        refused.text
    );
    assert!(!refused.header("retry-after").is_empty());
    // The others go on.
    assert_eq!(http.get(None, "/v1/public/plans").await.status, 200);
    assert!(deployment.operations("donors", "/livez").unwrap().contains("alive"));
    let log = std::fs::read_to_string(deployment.log("donors")).unwrap();
    assert!(log.contains("not currently accepting connections") && log.contains("\"level\":\"WARN\""));

    infra.sql("postgres", &format!("ALTER DATABASE {database} ALLOW_CONNECTIONS true")).unwrap();
    eventually("donors is ready again", || async { readiness(&deployment, "donors").0.then_some(()) }).await;
    assert_eq!(http.get(Some(&token), "/v1/donors").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_and_missing_tables_are_named_until_they_are_mended() {
    let Some((infra, deployment)) = started("a wrong password").await else { return };
    let role = testkit::Infra::unique("role");
    infra
        .sql("postgres", &format!("CREATE ROLE {role} LOGIN PASSWORD 'right' IN ROLE passerelle_service"))
        .unwrap();
    let name = testkit::Infra::unique("late");
    infra
        .sql("postgres", &format!("CREATE DATABASE {name} OWNER passerelle_owner TEMPLATE template0"))
        .unwrap();
    let port = infra.postgres_port;
    let of = |user: &str, password: &str| format!("postgres://{user}:{password}@127.0.0.1:{port}/{name}");
    // Another crisis, with a configuration of its own.
    let text = std::fs::read_to_string(&deployment.config).unwrap();
    let config: String = text
        .lines()
        .map(|line| match line.split_once(" = ") {
            Some(("url", value)) if value.contains("postgres") => {
                format!("url = \"{}\"\n", of(&role, "wrong"))
            }
            Some(("owner_url", _)) => format!("owner_url = \"{}\"\n", of("passerelle_owner", "owner")),
            _ => format!("{line}\n"),
        })
        .collect();
    std::fs::write(&deployment.config, config).unwrap();
    deployment.start_service("late", "crisis").unwrap();
    let says = async |what: &str| {
        eventually(what, || async {
            let (ready, answer) = readiness(&deployment, "late");
            (!ready && answer.contains(what)).then_some(())
        })
        .await;
    };
    says("password authentication failed").await;
    infra.sql("postgres", &format!("ALTER ROLE {role} PASSWORD 'wrong'")).unwrap();
    says("seaql_migrations").await;
    let migrated = deployment.passerelle("migrate").arg("crisis").output().unwrap();
    assert!(migrated.status.success(), "{}", String::from_utf8_lossy(&migrated.stderr));
    eventually("it is ready, and was never restarted", || async {
        readiness(&deployment, "late").0.then_some(())
    })
    .await;
    tokio::time::sleep(Duration::from_millis(10)).await;
    let answer = deployment.operations("late", "/readyz").unwrap();
    let body: Value =
        serde_json::from_str(answer.split("\r\n\r\n").nth(1).unwrap_or_default()).unwrap_or_default();
    assert_eq!(body["dependencies"][0]["name"], "database", "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_service_takes_its_part_of_a_page_away_and_not_the_page() {
    let Some((_, deployment)) = started("a dead service behind a page").await else { return };
    let (http, _) = organisation(&deployment).await;
    let page = async |path: &str| http.get(None, path).await;
    let whole = page("/en").await;
    assert!(whole.status == 200 && !whole.text.contains("Part of the platform is unavailable"));
    deployment.kill("crisis");
    let part = page("/fr").await;
    assert_eq!(part.status, 200, "{}", part.text);
    assert!(
        part.text.contains("Une partie de la plateforme est indisponible") && part.text.contains("Réessayer")
    );
    // A page that is nothing without the service says so, in the reader's language.
    let gone = page("/es/plans").await;
    assert!(gone.status == 503 && gone.text.contains("<html lang=\"es\""), "{} {}", gone.status, gone.text);
    deployment.start_service("crisis", "crisis").unwrap();
    deployment.wait_until_ready("crisis").unwrap();
    eventually("the page is whole again", || async {
        let shown = page("/fr").await;
        (shown.status == 200 && !shown.text.contains("indisponible")).then_some(())
    })
    .await;
}
