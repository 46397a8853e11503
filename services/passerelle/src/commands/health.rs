//! `passerelle health`: for images without a shell or curl, whose engine wants a command to run.

use anyhow::{Result, bail};
use clap::Args;
use std::time::Duration;

/// The process to check.
#[derive(Args)]
pub struct Arguments {
    /// The operations port of the process.
    #[arg(long, default_value = "http://127.0.0.1:9000")]
    url: String,
}

/// Succeeds if the local process is ready.
///
/// # Errors
/// If it does not respond or is not ready.
pub async fn run(arguments: Arguments) -> Result<()> {
    let client = reqwest::Client::builder().timeout(Duration::from_secs(3)).build()?;
    let answer = client.get(format!("{}/readyz", arguments.url.trim_end_matches('/'))).send().await?;
    if !answer.status().is_success() {
        bail!("not ready: {}", answer.text().await?);
    }
    Ok(())
}
