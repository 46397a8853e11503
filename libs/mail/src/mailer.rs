//! How e-mail leaves the deployment: an SMTP server, or a folder.

use crate::MailId;
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::Mailbox,
    transport::smtp::{Error as SmtpError, response::Severity},
};
use service::ops;
use std::{
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::io::AsyncWriteExt;

/// Timeout of one step of the conversation with the server.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(30);

/// Where e-mail goes, and from whom.
#[derive(Clone)]
pub struct Mailer {
    pub(crate) from: Mailbox,
    transport: Transport,
}

#[derive(Clone)]
enum Transport {
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
    Folder(PathBuf),
}

/// Why no e-mail can be sent with these settings.
#[derive(Debug, thiserror::Error)]
pub enum MailerError {
    /// The sender is no address.
    #[error("\"{0}\" is not an address like `Passerelle <passerelle@example.org>`")]
    From(String),
    /// The server's address makes no sense; it may hold a password and is not shown.
    #[error("must be like smtp://user:password@host:587?tls=required or smtps://user:password@host")]
    Url,
}

/// Why a mail was not taken. The texts name no person: they are logged.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unsent {
    /// The server (or the folder) is unavailable, or refuses access: nothing is wrong with the mail.
    Unavailable(String),
    /// The server does not take this mail.
    Refused(String),
}

impl Mailer {
    /// Through an SMTP server.
    ///
    /// # Errors
    /// [`MailerError`] for an invalid address.
    pub fn smtp(url: &str, from: &str) -> Result<Self, MailerError> {
        let builder =
            AsyncSmtpTransport::<Tokio1Executor>::from_url(url).map_err(|_: SmtpError| MailerError::Url)?;
        Ok(Self {
            from: sender(from)?,
            transport: Transport::Smtp(builder.timeout(Some(COMMAND_TIMEOUT)).build()),
        })
    }

    /// Into a folder, one `.eml` file each, for another program to send, or to look at. It is made when it is needed.
    ///
    /// # Errors
    /// [`MailerError`] for an invalid sender.
    pub fn folder(folder: impl Into<PathBuf>, from: &str) -> Result<Self, MailerError> {
        Ok(Self { from: sender(from)?, transport: Transport::Folder(folder.into()) })
    }

    /// The part of the `Message-ID` after the at sign.
    pub(crate) fn domain(&self) -> &str {
        self.from.email.domain()
    }

    pub(crate) async fn send(&self, id: MailId, message: Message) -> Result<(), Unsent> {
        match &self.transport {
            Transport::Smtp(server) => server.send(message).await.map(drop).map_err(|error| unsent(&error)),
            Transport::Folder(folder) => keep(folder, id, &message.formatted())
                .await
                .map_err(|error| Unsent::Unavailable(error.to_string())),
        }
    }
}

fn sender(from: &str) -> Result<Mailbox, MailerError> {
    from.parse().map_err(|_| MailerError::From(from.to_owned()))
}

fn unsent(error: &SmtpError) -> Unsent {
    let Some(code) = error.status() else { return Unsent::Unavailable(ops::chain(error)) };
    // Of the permanent answers those about signing in concern every mail.
    match (code.severity, u16::from(code)) {
        (Severity::PermanentNegativeCompletion, answer) if !matches!(answer, 530 | 534 | 535 | 538) => {
            Unsent::Refused(format!("the server answers {answer}"))
        }
        (_, answer) => Unsent::Unavailable(format!("the server answers {answer}")),
    }
}

/// Whole or not at all; the same mail again is the same file.
async fn keep(folder: &Path, id: MailId, text: &[u8]) -> std::io::Result<()> {
    tokio::fs::create_dir_all(folder).await?;
    let (partial, whole) = (folder.join(format!(".{id}")), folder.join(format!("{id}.eml")));
    let mut file = tokio::fs::File::create(&partial).await?;
    file.write_all(text).await?;
    file.sync_all().await?;
    tokio::fs::rename(&partial, &whole).await?;
    tokio::fs::File::open(folder).await?.sync_all().await
}
