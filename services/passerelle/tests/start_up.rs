//! What the platform finds in its folder when it starts: others that may read, another process, files it cannot write,
//! data of a newer version, a damaged key; and an output that nobody reads.

#![expect(clippy::unwrap_used, reason = "a test that finds nothing where something must be has failed")]

mod common;

use common::{PASSERELLE, Up, init};
use passerelle::platform;
use serde_json::{Value, json};
use std::{
    fs::{self, Permissions},
    io::{BufRead, BufReader},
    os::unix::{fs::PermissionsExt, process::ExitStatusExt},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};
use testkit::{Http, eventually, folder, skip_or_fail};

/// Everything below a folder, itself included.
fn all(path: &Path) -> Vec<PathBuf> {
    let mut found = vec![path.to_owned()];
    if path.is_dir() {
        found.extend(fs::read_dir(path).unwrap().flat_map(|entry| all(&entry.unwrap().path())));
    }
    found
}

/// Files and folders that somebody beside their owner may use.
fn open_to_others(path: &Path) -> Vec<PathBuf> {
    let open = |path: &PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o077 != 0;
    all(path).into_iter().filter(open).collect()
}

/// What `up` says when it refuses to start.
fn refusal(data: &Path) -> String {
    let mut command = Command::new(PASSERELLE);
    command.args(["up", "--empty", "--port", "0", "--data"]).arg(data);
    refused(&mut command)
}

fn refused(command: &mut Command) -> String {
    let out = command.output().unwrap();
    assert_eq!(out.status.code(), Some(1), "{}", String::from_utf8_lossy(&out.stdout));
    String::from_utf8_lossy(&out.stderr).into_owned()
}

/// A command under the mask of permissions that most systems have.
fn under_umask_022(command: &mut Command) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", "umask 022; exec \"$0\" \"$@\""]).arg(command.get_program()).args(command.get_args());
    shell
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_the_platform_writes_is_for_others() {
    let folder = folder();
    let data = folder.path().join("data");
    let mut init = Command::new(PASSERELLE);
    init.args(["init", "--organisation", "Test", "--code", "TST", "--json", "--data"]).arg(&data);
    let made = under_umask_022(&mut init).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    assert_eq!(open_to_others(&data), Vec::<PathBuf>::new(), "after init");
    // The demo has documents, and tells people of reports by e-mail.
    fs::remove_dir_all(&data).unwrap();
    let mut up = Command::new(PASSERELLE);
    up.args(["up", "--port", "0", "--data"]).arg(&data);
    let up = Up::of(&mut under_umask_022(&mut up));
    // Reminders, then mails that gather for a while: minutes on a machine that does ten of these tests at once.
    for _ in 0..1200 {
        if fs::read_dir(data.join("mail")).is_ok_and(|mut mails| mails.next().is_some()) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert!(data.join("mail").is_dir(), "no e-mail was written");
    assert_eq!(Http::new(&up.url).get(None, "/v1/public/plans").await.status, 200);
    assert!(all(&data).len() > 8, "{:?}", all(&data));
    assert_eq!(open_to_others(&data), Vec::<PathBuf>::new(), "after up");
    up.kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_others_could_read_is_closed_at_the_start_and_the_log_says_so() {
    let folder = folder();
    let data = folder.path().join("data");
    init(&data, "TST");
    for path in all(&data) {
        let mode = if path.is_dir() { 0o755 } else { 0o644 };
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
    }
    let log = fs::File::create(folder.path().join("log")).unwrap();
    let mut command = Command::new(PASSERELLE);
    command.args(["up", "--empty", "--port", "0", "--data"]).arg(&data).stderr(log);
    let up = Up::of(&mut command);
    assert_eq!(open_to_others(&data), Vec::<PathBuf>::new());
    let log = fs::read_to_string(folder.path().join("log")).unwrap();
    assert!(log.contains("others could read the data"), "{log}");
    up.kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_process_is_refused_whatever_was_deleted_and_init_says_that_one_runs() {
    let folder = folder();
    let up = Up::start(folder.path(), &["--empty"]);
    let _ = fs::remove_file(folder.path().join("lock"));
    assert!(refusal(folder.path()).contains("another Passerelle runs on"));
    let out = Command::new(PASSERELLE)
        .args(["init", "--organisation", "Late", "--code", "LATE", "--data"])
        .arg(folder.path())
        .output()
        .unwrap();
    assert!(out.status.success());
    assert!(String::from_utf8_lossy(&out.stderr).contains("Passerelle runs on this folder"));
    up.kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn init_changes_no_table_under_a_platform_of_another_version() {
    let folder = folder();
    let up = Up::start(folder.path(), &["--empty"]);
    sql(&folder.path().join("identity.db"), "DELETE FROM seaql_migrations WHERE version LIKE 'm0001%'").await;
    let mut init = Command::new(PASSERELLE);
    init.args(["init", "--organisation", "Late", "--code", "LATE", "--data"]).arg(folder.path());
    let said = refused(&mut init);
    assert!(said.contains("another version of Passerelle runs on"), "{said}");
    up.kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_invites_the_first_administrator_who_then_signs_in() {
    let folder = folder();
    let command = |arguments: &[&str]| {
        let mut command = Command::new(PASSERELLE);
        command
            .args(arguments)
            .args(["--json", "--public-url", "https://example.org", "--data"])
            .arg(folder.path());
        command
    };
    let found = ["init", "--organisation", "Test", "--code", "TST", "--administrator"];
    assert!(refused(&mut command(&[&found[..], &["nobody"]].concat())).contains("not an e-mail address"));
    let out = command(&[&found[..], &["ana@example.org", "--administrator-name", "Ana"]].concat())
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let founded: Value = serde_json::from_slice(&out.stdout).unwrap();
    let link = |told: &Value| told["invitation_url"].as_str().unwrap().to_owned();
    let url = link(&founded["administrator"]);
    let token = url.strip_prefix("https://example.org/invitation?token=").unwrap();
    let up = Up::start(folder.path(), &["--empty"]);
    let http = Http::new(&up.url);
    let acceptance = json!({ "token": token, "password": "three little words" });
    assert_eq!(http.post(None, "/v1/invitations/accept", &acceptance).await.status, 200);
    // The one who signs in by now is not invited again; another one is, beside the platform that runs.
    let said = refused(&mut command(&["administrator", "--code", "TST", "--email", "ANA@example.org"]));
    assert!(said.contains("has an account"), "{said}");
    let said = refused(&mut command(&["administrator", "--code", "NONE", "--email", "bo@example.org"]));
    assert!(said.contains("no organisation has the code NONE"), "{said}");
    let out = command(&["administrator", "--code", "TST", "--email", "bo@example.org"]).output().unwrap();
    assert!(link(&serde_json::from_slice(&out.stdout).unwrap()).contains("/invitation?token="));
    up.kill();
}

/// Runs SQL on a database.
async fn sql(file: &Path, text: &str) {
    let clock = std::sync::Arc::new(kernel::SystemClock);
    let store = store::Store::open_sqlite(file, clock).await.unwrap();
    store::sql::execute(store.writer(), text, vec![]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn data_of_a_newer_version_are_refused_with_what_to_do() {
    for service in platform::names() {
        let folder = folder();
        Up::start(folder.path(), &["--empty"]).kill();
        let file = folder.path().join(format!("{service}.db"));
        sql(&file, "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_future', 1)").await;
        let said = refusal(folder.path());
        assert!(said.contains("newer version of Passerelle") && said.contains("m9999_future"), "{said}");
        assert!(said.contains(&format!("{service}.db")), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_key_of_the_cookies_is_refused_and_never_written_over() {
    let folder = folder();
    Up::start(folder.path(), &["--empty"]).kill();
    let key = folder.path().join("portal.key");
    fs::write(&key, "short").unwrap();
    let said = refusal(folder.path());
    assert!(said.contains("portal.key") && said.contains("signs everybody out"), "{said}");
    assert_eq!(fs::read_to_string(&key).unwrap(), "short");
    fs::remove_file(&key).unwrap();
    Up::start(folder.path(), &["--empty"]).kill();
    assert_eq!(fs::read(&key).unwrap().len(), 64);
}

/// The binary as a user whom permissions stop: the superuser gives up its privilege to pass over them.
fn bound_by_permissions() -> Command {
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|out| out.stdout == b"0\n");
    if !is_root {
        return Command::new(PASSERELLE);
    }
    let mut command = Command::new("setpriv");
    command.arg("--bounding-set=-dac_override,-dac_read_search").arg(PASSERELLE);
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_read_only_is_named_at_the_start_with_its_permissions() {
    let folder = folder();
    Up::start(folder.path(), &["--empty"]).kill();
    if !bound_by_permissions().arg("--version").output().is_ok_and(|out| out.status.success()) {
        let missing = "setpriv (util-linux) cannot take away the superuser's privilege here";
        return skip_or_fail("a database that is read-only", missing);
    }
    for name in platform::names().into_iter().chain(["bus"]).map(|name| format!("{name}.db")) {
        let file = folder.path().join(&name);
        fs::set_permissions(&file, Permissions::from_mode(0o400)).unwrap();
        let mut command = bound_by_permissions();
        command.args(["up", "--empty", "--port", "0", "--data"]).arg(folder.path());
        let said = refused(&mut command);
        assert!(said.contains(&name) && said.contains("mode 0400") && said.contains("denied"), "{said}");
        fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_output_that_nobody_reads_ends_nothing() {
    let folder = folder();
    let mut command = Command::new(PASSERELLE);
    // With the demo, which says on standard error that it is made; at a level at which everything is logged.
    command.args(["up", "--port", "0", "--data"]).arg(folder.path()).env("PASSERELLE_LOG", "debug");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stderr.take());
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = lines.find(|line| line.as_ref().unwrap().contains("Public pages")).unwrap().unwrap();
    let url = line.split_whitespace().last().unwrap().to_owned();
    drop(lines);
    let http = Http::new(&url);
    assert_eq!(http.get(None, "/v1/public/plans").await.status, 200);
    // It has something to say at its end, too.
    let told = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(told.success());
    let status = child.wait().unwrap();
    assert_eq!((status.code(), status.signal()), (Some(0), None));
}

#[test]
fn a_reader_that_has_gone_makes_no_command_fail() {
    let folder = folder();
    let mut command = Command::new(PASSERELLE);
    command.args(["init", "--organisation", "Test", "--code", "TST", "--data"]).arg(folder.path());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop((child.stdout.take(), child.stderr.take()));
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_may_ask_the_embedded_platform_too() {
    let folder = folder();
    let port = {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        free.local_addr().unwrap()
    };
    let operations = port.to_string();
    let up = Up::start(folder.path(), &["--empty", "--operations", &operations]);
    let http = Http::new(&format!("http://{operations}"));
    let ready = http.get(None, "/readyz").await;
    assert_eq!(ready.status, 200, "{}", ready.text);
    let names: Vec<_> =
        ready.json()["dependencies"].as_array().unwrap().iter().map(|d| d["name"].clone()).collect();
    let services = platform::names();
    let expected: Vec<_> =
        services.iter().flat_map(|name| [format!("{name}.database"), format!("{name}.events")]).collect();
    assert_eq!(names, expected);
    assert_eq!(ready.json()["failed_tasks"], json!([]));
    let measured = eventually("what is measured is shown", || async {
        let metrics = http.get(None, "/metrics").await.text;
        metrics.contains("events_set_aside").then_some(metrics)
    })
    .await;
    assert!(measured.contains("outbox_published_total"));
    for name in services {
        assert!(measured.contains(&format!("outbox_rows{{service=\"{name}\"}}")), "{name}: {measured}");
    }
    up.kill();
}
