//! How much the gateway takes, from a file and the environment.

use anyhow::{Result, anyhow, bail};
use figment::{
    Figment,
    providers::{Env, Format, Toml},
};
use std::path::Path;

/// The limits of the embedded mode's gateway: the section `gateway` of `passerelle.toml` in the data folder, when it is
/// there, and the environment over it.
///
/// # Errors
/// For a key that is unknown or has an invalid value.
pub fn embedded_limits(data: &Path) -> Result<gateway::Limits> {
    let file = data.join("passerelle.toml");
    let mut figment = Figment::new();
    if file.is_file() {
        figment = figment.merge(Toml::file_exact(file));
    }
    let figment = figment.merge(Env::prefixed("PASSERELLE_").split("__"));
    let limits = match figment.find_value("gateway") {
        Ok(_) => figment.extract_inner("gateway").map_err(|error| anyhow!("configuration: {error}"))?,
        Err(_) => gateway::Limits::default(),
    };
    check(&limits)?;
    Ok(limits)
}

pub(super) fn check(limits: &gateway::Limits) -> Result<()> {
    match limits.first_zero() {
        Some(name) => bail!("configuration: gateway.{name}: must be at least 1"),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn load(text: &str) -> Result<Config> {
        let folder = testkit::folder();
        let file = folder.path().join("passerelle.toml");
        std::fs::write(&file, format!("public_url = \"http://a\"\n{text}")).unwrap();
        Config::load(Some(&file))
    }

    fn error(text: &str) -> String {
        format!("{:#}", load(text).unwrap_err())
    }

    #[test]
    fn limits_are_settings_and_one_that_lets_nothing_through_is_named() {
        let limits = load("[gateway]\nworkers = 5\nbody_timeout_seconds = 7").unwrap().gateway;
        assert_eq!((limits.workers, limits.body_timeout_seconds, limits.burst), (5, 7, 3000));
        assert!(error("[gateway]\nburst = 0").contains("gateway.burst"));
        assert!(error("[gateway]\ncolour = 1").contains("colour"));
        let folder = testkit::folder();
        assert_eq!(embedded_limits(folder.path()).unwrap(), gateway::Limits::default());
        std::fs::write(folder.path().join("passerelle.toml"), "[gateway]\nmax_connections = 9").unwrap();
        assert_eq!(embedded_limits(folder.path()).unwrap().max_connections, 9);
        std::fs::write(folder.path().join("passerelle.toml"), "[gateway]\nmax_connections = 0").unwrap();
        assert!(embedded_limits(folder.path()).unwrap_err().to_string().contains("gateway.max_connections"));
    }

    #[test]
    fn proxies_are_addresses_and_networks_in_a_list_or_with_commas() {
        for written in ["[\"10.0.0.0/8\", \"127.0.0.1\"]", "\"10.0.0.0/8, 127.0.0.1\""] {
            let config = load(&format!("trusted_proxies = {written}")).unwrap();
            let networks: Vec<_> = config.trusted_proxies.iter().map(ToString::to_string).collect();
            assert_eq!(networks, ["10.0.0.0/8", "127.0.0.1/32"], "{written}");
        }
        // A compose file passes on what nobody set.
        assert!(load("trusted_proxies = \"\"").unwrap().trusted_proxies.is_empty());
        assert!(error("trusted_proxies = [\"nginx\"]").contains("nginx"));
    }

    #[test]
    fn a_process_without_the_deployments_key_does_not_start() {
        let of =
            |text: &str| load(text).unwrap().internal_key().map(|_| ()).map_err(|error| error.to_string());
        assert!(of("").unwrap_err().contains("PASSERELLE_INTERNAL_KEY"));
        let wrong = of("internal_key = \"short\"").unwrap_err();
        assert!(wrong.contains("64 hexadecimal digits") && !wrong.contains("short"), "{wrong}");
        assert_eq!(of(&format!("internal_key = \"{}\"", "ab".repeat(32))), Ok(()));
    }
}
