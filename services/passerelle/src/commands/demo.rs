//! `passerelle demo`: the demo organisation in the distributed mode.

use crate::{
    config::Config,
    demo::{PASSWORD, PEOPLE, seed_if_needed},
    output::say,
    platform,
};
use anyhow::Result;
use clap::Args;
use kernel::{Clock, SystemClock};
use std::{path::PathBuf, sync::Arc};

/// Where to make it.
#[derive(Args)]
pub struct Arguments {
    /// The configuration file; environment variables override it.
    #[arg(long, env = "PASSERELLE_CONFIG")]
    config: Option<PathBuf>,
    /// The gateway's address, if different from the public address.
    #[arg(long, env = "PASSERELLE_URL")]
    url: Option<String>,
    /// A file that records progress, so that an interrupted run can be resumed.
    #[arg(long, default_value = "demo.json")]
    state: PathBuf,
}

/// Creates it unless there is an organisation, and waits until the pages show it.
///
/// # Errors
/// When the configuration is wrong, or the platform refuses a record.
pub async fn run(arguments: Arguments) -> Result<()> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let config = Config::load(arguments.config.as_deref())?;
    let (identity, bus) = (config.store("identity", clock.clone()).await?, config.bus()?);
    let url = arguments.url.as_deref().unwrap_or(&config.public_url);
    let lag = async || Ok(platform::lag(&bus).await?);
    if seed_if_needed(&identity, url, &arguments.state, clock.as_ref(), lag).await?.is_none() {
        say("There is an organisation already; nothing was made.")?;
        return Ok(());
    }
    say(format_args!("Demo sign-ins at {url}/sign-in (password for all: {PASSWORD}):"))?;
    for person in &PEOPLE {
        say(format_args!("  {:<34} {}", person.email, person.does))?;
    }
    Ok(())
}
