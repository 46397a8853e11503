//! `passerelle migrate`: brings the databases of the distributed mode up to date.

use crate::{config::Config, output::say, platform::services};
use anyhow::{Context as _, Result, bail};
use clap::Args;
use kernel::{Clock, SystemClock};
use std::{path::PathBuf, sync::Arc};
use store::migration;

/// Which databases.
#[derive(Args)]
pub struct Arguments {
    /// The services to migrate. Defaults to all.
    services: Vec<String>,
    /// The configuration file; environment variables override it.
    #[arg(long, env = "PASSERELLE_CONFIG")]
    pub config: Option<PathBuf>,
}

/// Migrates as the owner of the tables, then lets the service's role work with them. Several may run at once: one does
/// the work, the others find it done.
///
/// # Errors When the configuration is invalid, a database is unavailable, or a migration fails (then that database is
/// as it was).
pub async fn run(arguments: Arguments, config: Config) -> Result<()> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let all = services(identity::Settings::new(&config.public_url));
    if let Some(unknown) =
        arguments.services.iter().find(|name| all.iter().all(|service| service.name != **name))
    {
        bail!("there is no database of {unknown}");
    }
    let wanted =
        |name: &str| arguments.services.is_empty() || arguments.services.iter().any(|wanted| wanted == name);
    for service in all.iter().filter(|service| wanted(service.name)) {
        let (store, role) = config.owner(service.name, clock.clone()).await?;
        service.migrate(&store).await.with_context(|| format!("the database of {}", service.name))?;
        if let Some(role) = role {
            let granted = migration::grant(&store, role).await;
            granted.with_context(|| {
                format!("configuration: database.role: {role} in the database of {}", service.name)
            })?;
        }
        say(format_args!("{}: {} migrations, up to date", service.name, service.migrations))?;
    }
    Ok(())
}
