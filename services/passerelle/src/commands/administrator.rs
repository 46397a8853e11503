//! `passerelle administrator`

use super::init::{check_name, identity_store, invited};
use crate::output::say;
use anyhow::{Result, anyhow};
use clap::Args;
use std::path::PathBuf;

/// Whom to invite, and where.
#[derive(Args)]
pub struct Arguments {
    /// The data folder (embedded mode).
    #[arg(long, env = "PASSERELLE_DATA", default_value = "data")]
    data: PathBuf,
    /// The configuration file of the distributed mode, instead of a data folder.
    #[arg(long, env = "PASSERELLE_CONFIG")]
    config: Option<PathBuf>,
    /// The organisation's code.
    #[arg(long)]
    code: String,
    /// The administrator's e-mail address.
    #[arg(long)]
    email: String,
    /// The administrator's name.
    #[arg(long, default_value = "Administrator")]
    name: String,
    /// The public URL, with which the link begins (embedded mode; the distributed mode has it in its configuration).
    #[arg(long, env = "PASSERELLE_PUBLIC_URL")]
    public_url: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Invites an administrator to headquarters, whether the platform is running or not.
///
/// # Errors
/// When the address does not fit or has an account, or there is no such organisation; when another version of the platform
/// runs on the folder.
pub async fn run(arguments: Arguments) -> Result<()> {
    let Arguments { data, config, code, email, name, public_url, json } = arguments;
    check_name(&name).map_err(|error| anyhow!("--name: {error}"))?;
    let opened = identity_store(data, config, public_url).await?;
    let administrator = invited(&opened, &code, (&email, &name), "--email").await?;
    if json {
        say(serde_json::to_string(&administrator)?)?;
    } else {
        say(format_args!("Administrator {email}"))?;
        say(format_args!("Invitation    {}   (shown this once)", administrator.invitation_url))?;
    }
    Ok(())
}
