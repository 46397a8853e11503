//! Files that name processes: each names every one. The list is `platform::services`. What services need of a deployment
//! is written into `docker-compose.yml` and `k8s/` (`cargo xtask deployments`); the manifests of the portal and the gateway,
//! and the docs, are written by hand.

use passerelle::platform::{Process, names, processes};
use std::collections::BTreeSet;
use xtask::manifests;

fn text(file: &str) -> String {
    std::fs::read_to_string(xtask::root().join(file)).unwrap_or_default()
}

#[test]
fn the_manifests_are_what_the_services_need() {
    let processes = serde_json::to_value(processes()).unwrap();
    let written = manifests::files(&xtask::root(), &processes).unwrap();
    let old: Vec<&String> =
        written.iter().filter(|(file, wanted)| text(file) != **wanted).map(|(file, _)| file).collect();
    assert!(old.is_empty(), "run `{}`: {old:?}", manifests::COMMAND);
}

#[test]
fn a_service_that_sends_mail_may_reach_the_mail_server() {
    let policies = text("k8s/base/network.yaml");
    let mail = policies.split("---\n").find(|policy| policy.contains("\n  name: mail\n")).unwrap();
    for process in processes().iter().filter(|process| process.needs.is_some_and(|needs| needs.mail)) {
        let name = process.name;
        let says = format!("app.kubernetes.io/name: {name} ");
        assert!(mail.contains(&says), "the policy `mail` of k8s/base/network.yaml lacks {name}");
    }
}

#[test]
fn no_two_services_keep_their_documents_in_one_volume() {
    let processes = processes();
    let volumes: Vec<_> = processes.iter().filter_map(|process| process.needs?.documents).collect();
    let names: BTreeSet<&str> = volumes.iter().map(|documents| documents.volume).collect();
    assert!(!volumes.is_empty() && names.len() == volumes.len(), "{volumes:?}");
}

/// A file, and what it has to say.
struct Place {
    file: String,
    says: String,
}

/// Where a process is named.
fn places(process: &Process) -> Vec<Place> {
    let Process { name, is_service, .. } = *process;
    let place = |file: &str, says: String| Place { file: file.to_owned(), says };
    let manifest = format!("k8s/base/{name}.yaml");
    let command = format!("    command: [\"serve\", \"{name}\"]\n");
    let mut places = vec![
        place("docker-compose.yml", format!("\n  {name}:\n    <<: *service\n{command}")),
        place("k8s/base/kustomization.yaml", format!("\n  - {name}.yaml\n")),
        place(&manifest, format!("args: [serve, {name}]\n")),
        place(&manifest, format!("kind: Service\nmetadata:\n  name: {name}\n")),
        place(&manifest, format!("kind: PodDisruptionBudget\nmetadata:\n  name: {name}\n")),
        place("docs/operations.md", format!("\n| `passerelle serve {name}` |")),
        place("ARCHITECTURE.md", format!("\n  {name}/ ")),
    ];
    if is_service {
        // By this label the gateway reaches a pod, and the pod identity (`k8s/base/network.yaml`).
        let labels = format!("app.kubernetes.io/name: {name}, app.kubernetes.io/component: service");
        places.push(place(&manifest, format!("labels: {{ {labels} }}\n")));
    }
    places
}

#[test]
fn every_process_is_in_every_file_that_names_them() {
    let mut missing = Vec::new();
    for process in processes() {
        let name = process.name;
        for Place { file, says } in places(&process) {
            if !text(&file).contains(&says) {
                missing.push(format!("{file} lacks {says:?}"));
            }
        }
        let by_processor =
            format!("scaleTargetRef: {{ apiVersion: apps/v1, kind: Deployment, name: {name} }}\n");
        let by_lag = format!("scaleTargetRef: {{ name: {name} }}\n");
        let (own, lag) = (format!("k8s/base/{name}.yaml"), "k8s/overlays/production/lag.yaml");
        let scalers = [text(&own).contains(&by_processor), text(lag).contains(&by_lag)];
        if scalers.iter().filter(|is_there| **is_there).count() != 1 {
            missing.push(format!("{name} needs one scaler, by processor in {own} or by lag in {lag}"));
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn the_database_server_makes_a_database_for_each_service() {
    let compose = text("docker-compose.yml");
    let listed = compose.lines().find_map(|line| line.trim().strip_prefix("PASSERELLE_SERVICES: "));
    let listed: Vec<&str> = listed.unwrap_or_default().split(' ').collect();
    assert_eq!(listed, names(), "PASSERELLE_SERVICES in docker-compose.yml");
}

#[test]
fn no_file_starts_a_process_that_there_is_not() {
    let names: Vec<&str> = processes().iter().map(|process| process.name).collect();
    let compose = text("docker-compose.yml");
    let started = compose.lines().filter_map(|line| line.trim().strip_prefix("command: [\"serve\", \""));
    let started = started.filter_map(|rest| rest.split('"').next());
    // Also a manifest that no list names any more.
    let base = std::fs::read_dir(xtask::root().join("k8s/base")).unwrap();
    let base: String = base.map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap()).collect();
    let run = base.lines().filter_map(|line| line.trim().strip_prefix("args: [serve, ")?.strip_suffix(']'));
    let all: Vec<&str> = started.chain(run).collect();
    assert_eq!(all.len(), 2 * names.len(), "in both: {all:?}");
    let unknown: Vec<&&str> = all.iter().filter(|name| !names.contains(*name)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}
