//! What `docker-compose.yml` and `k8s/` hold of each service, written from what the service says it needs.
//!
//! Some files are written whole; in others, which people write, a part between two lines that say so.

use anyhow::{Context as _, Result, bail};
use minijinja::{AutoEscape, Environment, UndefinedBehavior, syntax::SyntaxConfig, value::Serde};
use serde_json::{Value, json};
use std::{collections::BTreeMap, fs, path::Path};

/// The command that writes them.
pub const COMMAND: &str = "cargo xtask deployments";

const SERVICE: &str = include_str!("../templates/service.yaml.j2");
const LAG: &str = include_str!("../templates/lag.yaml.j2");

/// A part of a file that people write.
struct Part {
    file: &'static str,
    /// What the lines around it call it.
    name: &'static str,
    template: &'static str,
}

const PARTS: [Part; 4] = [
    Part {
        file: "docker-compose.yml",
        name: "databases",
        template: include_str!("../templates/compose-databases.yaml.j2"),
    },
    Part {
        file: "docker-compose.yml",
        name: "services",
        template: include_str!("../templates/compose-services.yaml.j2"),
    },
    Part {
        file: "docker-compose.yml",
        name: "volumes",
        template: include_str!("../templates/compose-volumes.yaml.j2"),
    },
    Part {
        file: "k8s/base/kustomization.yaml",
        name: "services",
        template: include_str!("../templates/kustomization.yaml.j2"),
    },
];

/// The files that name services, by their path in the workspace at `root`, as they have to be. `processes` is the list of
/// `passerelle services --json`.
///
/// # Errors
/// When the list lacks what a template writes, or a file lacks the lines between which its part stands.
pub fn files(root: &Path, processes: &Value) -> Result<BTreeMap<String, String>> {
    let templates = templates()?;
    let processes = processes.as_array().context("the list of processes is no array")?;
    let services: Vec<&Value> = processes.iter().filter(|process| process["is_service"] == true).collect();
    let mut files = BTreeMap::new();
    for service in &services {
        let name = service["name"].as_str().context("a service has no name")?;
        let text = templates.render_str(SERVICE, Serde(&json!({ "service": service })))?;
        files.insert(format!("k8s/base/{name}.yaml"), text);
    }
    let all = json!({ "services": services });
    let lag = templates.render_str(LAG, Serde(&all))?;
    files.insert("k8s/overlays/production/lag.yaml".to_owned(), lag);
    for Part { file, name, template } in PARTS {
        let text = match files.remove(file) {
            Some(text) => text,
            None => fs::read_to_string(root.join(file)).with_context(|| file.to_owned())?,
        };
        let part = templates.render_str(template, Serde(&all))?;
        files.insert(file.to_owned(), with_part(&text, name, &part).with_context(|| file.to_owned())?);
    }
    Ok(files)
}

/// Writes [`files`]; returns their paths.
///
/// # Errors
/// As [`files`], and when one cannot be written.
pub fn write(root: &Path, processes: &Value) -> Result<Vec<String>> {
    let files = files(root, processes)?;
    for (path, text) in &files {
        fs::write(root.join(path), text).with_context(|| path.clone())?;
    }
    Ok(files.into_keys().collect())
}

fn templates() -> Result<Environment<'static>> {
    let mut templates = Environment::new();
    // Names and numbers of our own, which YAML takes as they are.
    templates.set_auto_escape_callback(|_| AutoEscape::None);
    templates.set_undefined_behavior(UndefinedBehavior::Strict);
    let syntax =
        SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build()?;
    templates.set_syntax(syntax);
    Ok(templates)
}

/// The text with another part of this name.
fn with_part(text: &str, name: &str, part: &str) -> Result<String> {
    let lines: Vec<&str> = text.lines().collect();
    let line = |edge: &str| {
        let marker = format!("# {edge} of what `{COMMAND}` writes ({name}).");
        lines.iter().position(|line| line.trim() == marker)
    };
    let (Some(begin), Some(end)) = (line("Begin"), line("End")) else {
        bail!("it lacks the lines `# Begin of …` and `# End of what `{COMMAND}` writes ({name}).`");
    };
    if end < begin {
        bail!("the part `{name}` ends before it begins");
    }
    let before = lines[..=begin].iter().copied();
    let after = lines[end..].iter().copied();
    Ok(before.chain(part.lines()).chain(after).flat_map(|line| [line, "\n"]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::root;

    fn service(name: &str, needs: &Value) -> Value {
        let mut all = json!({
            "personal_data": false, "documents": null, "mail": false, "memory_mib": 128,
            "min_replicas": 2, "max_replicas": 6, "scaling": { "by": "processor" },
        });
        for (key, value) in needs.as_object().unwrap() {
            all[key] = value.clone();
        }
        json!({ "name": name, "is_service": true, "needs": all })
    }

    fn written(services: &[Value]) -> BTreeMap<String, String> {
        files(&root(), &json!(services)).unwrap()
    }

    #[test]
    fn a_new_service_is_in_every_file_and_gets_no_more_than_it_needs() {
        let lag = json!({ "by": "lag", "group": "letters.donor", "topic": "passerelle.donors.donor.v1", "records": 50 });
        let documents = json!({ "content": "Scanned letters", "gib": 7, "volume": "letters" });
        let files = written(&[
            service("plain", &json!({})),
            service("letters", &json!({ "documents": documents, "scaling": lag, "memory_mib": 512 })),
            json!({ "name": "portal", "is_service": false, "needs": null }),
        ]);
        let (plain, letters) = (&files["k8s/base/plain.yaml"], &files["k8s/base/letters.yaml"]);
        assert!(plain.contains("args: [serve, plain]\n") && plain.contains("memory: 128Mi }\n"));
        assert!(plain.contains("maxReplicas: 6\n") && plain.ends_with("averageUtilization: 70 }\n"));
        assert!(!plain.contains("documents") && !plain.contains("personal_data") && !plain.contains("mail"));
        assert!(letters.contains("claimName: letters-documents }\n") && letters.contains("storage: 7Gi }\n"));
        assert!(letters.contains("memory: 512Mi }\n") && !letters.contains("HorizontalPodAutoscaler"));
        let lag = &files["k8s/overlays/production/lag.yaml"];
        assert!(lag.contains("consumerGroup: letters.donor\n") && lag.contains("lagThreshold: \"50\"\n"));
        assert!(!lag.contains("plain"));
        let compose = &files["docker-compose.yml"];
        assert!(compose.contains("\n      PASSERELLE_SERVICES: plain letters\n"));
        assert!(compose.contains("\n    command: [\"serve\", \"plain\"]\n    environment:\n"));
        let heads = "\n      - audit-heads:/var/lib/passerelle/audit-heads\n";
        assert!(compose.contains(&format!("{heads}\n  letters:\n    <<: *service\n")));
        assert!(plain.contains("claimName: audit-heads }\n") && plain.contains("PASSERELLE_AUDIT__HEADS"));
        assert!(compose.contains("\n      - letters:/var/lib/passerelle/documents\n"));
        assert!(compose.contains("\n  letters:\n  # End of"), "{compose}");
        assert!(compose.contains("\n  portal:\n"), "what people wrote stays");
        assert!(files["k8s/base/kustomization.yaml"].contains("\n  - plain.yaml\n  - letters.yaml\n"));
        assert!(!files.contains_key("k8s/base/portal.yaml"));
    }

    #[test]
    fn keys_and_the_mail_server_are_given_to_who_needs_them() {
        let files = written(&[
            service("sealed", &json!({ "personal_data": true })),
            service("mailing", &json!({ "mail": true })),
        ]);
        let (sealed, mailing) = (&files["k8s/base/sealed.yaml"], &files["k8s/base/mailing.yaml"]);
        assert!(sealed.contains("key: personal_data.keys") && !sealed.contains("passerelle-mail"));
        assert!(mailing.contains("name: passerelle-mail\n") && !mailing.contains("personal_data"));
        let compose = &files["docker-compose.yml"];
        let (before, after) = compose.split_once("\n  mailing:\n").unwrap();
        let after = after.split_once("\n  portal:\n").unwrap().0;
        assert!(
            before.contains("PASSERELLE_PERSONAL_DATA__KEYS") && !before.contains("PASSERELLE_MAIL__URL")
        );
        assert!(after.contains("PASSERELLE_MAIL__URL") && !after.contains("PASSERELLE_PERSONAL_DATA__KEYS"));
    }

    #[test]
    fn a_list_that_lacks_a_need_writes_nothing() {
        let lacking = json!([{ "name": "plain", "is_service": true, "needs": { "mail": false } }]);
        assert!(files(&root(), &lacking).is_err());
    }

    #[test]
    fn a_part_is_replaced_between_its_lines_alone() {
        let edge = |edge: &str| format!("  # {edge} of what `{COMMAND}` writes (volumes).\n");
        let text = format!("a:\n{}  old:\n{}  b:\n", edge("Begin"), edge("End"));
        let expected = format!("a:\n{}  new:\n{}  b:\n", edge("Begin"), edge("End"));
        assert_eq!(with_part(&text, "volumes", "  new:\n").unwrap(), expected);
        assert!(with_part(&text, "services", "").is_err());
        let turned = format!("{}{}", edge("End"), edge("Begin"));
        assert!(with_part(&turned, "volumes", "").is_err());
    }
}
