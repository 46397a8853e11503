//! `passerelle init`

use crate::{
    config::Config,
    folder::Folder,
    output::{note, say},
    platform::{Options, open, open_beside},
};
use anyhow::{Result, anyhow, bail};
use clap::Args;
use kernel::SystemClock;
use std::{path::PathBuf, sync::Arc};
use store::Store;

/// The organisation to create.
#[derive(Args)]
pub struct Arguments {
    /// The data folder (embedded mode).
    #[arg(long, env = "PASSERELLE_DATA", default_value = "data")]
    data: PathBuf,
    /// The configuration file of the distributed mode, instead of a data folder.
    #[arg(long, env = "PASSERELLE_CONFIG")]
    config: Option<PathBuf>,
    /// The organisation's name.
    #[arg(long, alias = "name")]
    organisation: String,
    /// The code of the organisation and of its headquarters: 2 to 20 capital letters, digits and hyphens.
    #[arg(long)]
    code: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Creates it, whether the platform is running or not.
///
/// # Errors
/// When the name or the code does not fit, or the code is taken; when another version of the platform runs on the folder.
pub async fn run(arguments: Arguments) -> Result<()> {
    let Arguments { data, config, organisation, code, json } = arguments;
    let letters = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-';
    if !(2..=20).contains(&code.len()) || !code.bytes().all(letters) {
        bail!("--code: must be 2 to 20 capital letters, digits and hyphens");
    }
    if organisation.trim().is_empty() || organisation.chars().count() > 200 {
        bail!("--organisation: must have 1 to 200 characters");
    }
    let clock = Arc::new(SystemClock);
    // Until it is done the folder is this process's own: nobody starts on half-made tables.
    let (store, _folder) = match config {
        Some(file) => (Config::load(Some(&file))?.store("identity", clock).await?, None),
        None => embedded(data, clock).await?,
    };
    let founded = identity::found(&store, organisation.trim(), &code).await.map_err(|error| {
        if error.is_duplicate() {
            anyhow!("--code: an organisation has the code {code} already")
        } else {
            error.into()
        }
    })?;
    if json {
        say(serde_json::to_string(&founded)?)?;
    } else {
        say(format_args!("Organisation  {} ({code})", founded.organisation_id))?;
        say(format_args!("Headquarters  {}", founded.office_id))?;
        say(format_args!("Client id     {}", founded.client_id))?;
        say(format_args!("Client secret {}   (shown this once)", founded.client_secret))?;
    }
    Ok(())
}

/// Identity's database in the data folder. SQLite lets a running platform and this process write in turn; the tables stay
/// as the platform that runs knows them.
async fn embedded(data: PathBuf, clock: Arc<SystemClock>) -> Result<(Store, Option<Folder>)> {
    let service = identity::service(identity::Settings::new(""));
    let folder = Folder::take_unless_used(&data)?;
    let options = Options::local(data);
    if folder.is_some() {
        return Ok((open(&options, &service, clock).await?, folder));
    }
    let store = open_beside(&options, &service, clock).await?;
    note("Passerelle runs on this folder; it will know the organisation in a moment.");
    Ok((store, None))
}
