//! `passerelle init`

use crate::{
    config::Config,
    folder::Folder,
    output::{note, say},
    platform::{Options, open, open_beside},
};
use anyhow::{Result, anyhow, bail};
use clap::Args;
use identity::{InviteError, InvitedAdministrator};
use kernel::SystemClock;
use std::{path::PathBuf, sync::Arc};
use store::Store;

/// Where `passerelle up` is reached unless it is told otherwise.
const LOCAL_URL: &str = "http://localhost:8080";

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
    /// The e-mail address of the first administrator, who is invited: the link is printed. Until somebody is (also with
    /// `passerelle administrator`), nobody can sign in to the pages.
    #[arg(long)]
    administrator: Option<String>,
    /// The administrator's name.
    #[arg(long, default_value = "Administrator")]
    administrator_name: String,
    /// The public URL, with which the link begins (embedded mode; the distributed mode has it in its configuration).
    #[arg(long, env = "PASSERELLE_PUBLIC_URL")]
    public_url: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Identity's database, for as long as it is worked on.
pub(super) struct Opened {
    store: Store,
    /// What the deployment's addresses begin with.
    public_url: String,
    /// Until it is done the folder is this process's own: nobody starts on half-made tables.
    _folder: Option<Folder>,
}

/// Creates it, whether the platform is running or not.
///
/// # Errors
/// When the name, the code or the address does not fit, or the code is taken; when another version of the platform runs on
/// the folder.
pub async fn run(arguments: Arguments) -> Result<()> {
    let Arguments { data, config, organisation, code, administrator, administrator_name, public_url, json } =
        arguments;
    let letters = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-';
    if !(2..=20).contains(&code.len()) || !code.bytes().all(letters) {
        bail!("--code: must be 2 to 20 capital letters, digits and hyphens");
    }
    if organisation.trim().is_empty() || organisation.chars().count() > 200 {
        bail!("--organisation: must have 1 to 200 characters");
    }
    if let Some(email) = &administrator {
        // Before anything is founded.
        identity::check_address(email).map_err(|error| anyhow!("--administrator: {error}"))?;
        check_name(&administrator_name).map_err(|error| anyhow!("--administrator-name: {error}"))?;
    }
    let opened = identity_store(data, config, public_url).await?;
    let founded = identity::found(&opened.store, organisation.trim(), &code).await.map_err(|error| {
        if error.is_duplicate() {
            anyhow!("--code: an organisation has the code {code} already")
        } else {
            error.into()
        }
    })?;
    let administrator = match &administrator {
        Some(email) => Some(invited(&opened, &code, (email, &administrator_name), "--administrator").await?),
        None => None,
    };
    if json {
        let mut told = serde_json::to_value(&founded)?;
        if let Some(administrator) = administrator {
            told["administrator"] = serde_json::to_value(administrator)?;
        }
        say(told)?;
    } else {
        say(format_args!("Organisation  {} ({code})", founded.organisation_id))?;
        say(format_args!("Headquarters  {}", founded.office_id))?;
        say(format_args!("Client id     {}", founded.client_id))?;
        say(format_args!("Client secret {}   (shown this once)", founded.client_secret))?;
        if let Some(administrator) = administrator {
            say(format_args!("Invitation    {}   (shown this once)", administrator.invitation_url))?;
        }
    }
    Ok(())
}

/// Whether somebody can be called so.
pub(super) fn check_name(name: &str) -> Result<()> {
    if name.trim().is_empty() || name.chars().count() > 200 {
        bail!("must have 1 to 200 characters");
    }
    Ok(())
}

/// Invites an administrator; `argument` is the one that has the address.
pub(super) async fn invited(
    opened: &Opened,
    code: &str,
    (email, name): (&str, &str),
    argument: &str,
) -> Result<InvitedAdministrator> {
    let invited =
        identity::invite_administrator(&opened.store, code, (email, name), &opened.public_url).await;
    invited.map_err(|error| match error {
        InviteError::NoOrganisation(_) => anyhow!("--code: {error}"),
        InviteError::NotAnEmail(_) | InviteError::HasAccount(_) => anyhow!("{argument}: {error}"),
        InviteError::Store(error) => error.into(),
    })
}

/// Identity's database: that of the data folder, or of the configuration.
pub(super) async fn identity_store(
    data: PathBuf,
    config: Option<PathBuf>,
    public_url: Option<String>,
) -> Result<Opened> {
    let clock = Arc::new(SystemClock);
    match config {
        Some(file) => {
            let config = Config::load(Some(&file))?;
            let store = config.store("identity", clock).await?;
            Ok(Opened { store, public_url: config.public_url, _folder: None })
        }
        None => {
            let (store, folder) = embedded(data, clock).await?;
            // A variable that is set to nothing, as in Compose, is none.
            let public_url = public_url.filter(|url| !url.trim().is_empty());
            let public_url = public_url.unwrap_or_else(|| LOCAL_URL.to_owned());
            Ok(Opened { store, public_url, _folder: folder })
        }
    }
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
    note("Passerelle runs on this folder; it will know of this in a moment.");
    Ok((store, None))
}
