//! Files that nothing generates and that name services: each names every one. The list is `platform::services`; what a
//! service's manifests hold is its own matter (secrets, volumes, memory), so they are written by hand and compared.

use passerelle::platform::{Process, names, processes};

fn text(file: &str) -> String {
    std::fs::read_to_string(xtask::root().join(file)).unwrap_or_default()
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
fn every_process_is_in_every_file_that_names_them_by_hand() {
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
    let kubernetes = text("k8s/base/kustomization.yaml");
    let started = compose.lines().filter_map(|line| line.trim().strip_prefix("command: [\"serve\", \""));
    let started = started.filter_map(|rest| rest.split('"').next());
    let listed = kubernetes.lines().filter_map(|line| line.strip_prefix("  - ")?.strip_suffix(".yaml"));
    // A manifest of something else starts no process.
    let listed = listed.filter(|name| text(&format!("k8s/base/{name}.yaml")).contains("args: [serve, "));
    let unknown: Vec<&str> = started.chain(listed).filter(|name| !names.contains(name)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}
