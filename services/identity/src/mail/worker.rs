//! The worker that composes mails from notifications and sends them.

use super::{
    mailer::{Mailer, Unsent},
    recipients::addressee,
    store::{self, Mail, Outcome},
    texts,
};
use crate::organisation;
use ::store::{Store, StoreError};
use chrono::{DateTime, TimeDelta, Utc};
use kernel::Backoff;
use lettre::{
    Address, Message,
    message::{
        Mailbox,
        header::{ContentType, HeaderName, HeaderValue},
    },
};
use service::{Context, Job};
use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

/// How often the worker runs.
const INTERVAL: Duration = Duration::from_secs(5);
const MINUTE: Duration = Duration::from_secs(60);
/// Delays before a server that was unavailable is tried again.
const UNAVAILABLE_BACKOFF: Backoff = Backoff { first: MINUTE, max: Duration::from_secs(10 * 60) };
/// Delays before a refused mail is retried, and how long retries go on, as mail servers do (RFC 5321, 4.5.4.1).
const REFUSED_BACKOFF: Backoff = Backoff { first: MINUTE, max: Duration::from_secs(12 * 3600) };
const REFUSED_RETRIES: TimeDelta = TimeDelta::days(5);

/// Gathers and sends, as long as the service runs.
pub(crate) fn worker(context: &Context, mailer: Mailer, public_url: String) -> Job {
    let worker = Arc::new(MailWorker { store: context.store.clone(), mailer, public_url });
    service::worker("identity.mail", INTERVAL, move || {
        let worker = worker.clone();
        async move { worker.round().await.map(|_| false) }
    })
}

pub(super) struct MailWorker {
    pub(super) store: Store,
    pub(super) mailer: Mailer,
    pub(super) public_url: String,
}

impl MailWorker {
    /// Sends what can be sent now; returns how many mails were.
    ///
    /// # Errors
    /// [`StoreError`]; a mail that was being tried is tried again when its lease has run out.
    pub(super) async fn round(&self) -> Result<usize, StoreError> {
        store::gather(&self.store).await?;
        let mut sent = 0;
        while let Some(mail) = store::take(&self.store).await? {
            let outcome = self.attempt(&mail).await?;
            store::end(&self.store, &mail, &outcome).await?;
            match outcome {
                Outcome::Sent => sent += 1,
                // An unavailable server is unavailable for all mails: the others are not tried in vain.
                Outcome::Unavailable(..) => break,
                Outcome::Refused(..) | Outcome::GivenUp(_) => {}
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "a gauge")]
        metrics::gauge!("mails_waiting").set(store::waiting(&self.store).await? as f64);
        store::forget(&self.store).await?;
        Ok(sent)
    }

    async fn attempt(&self, mail: &Mail) -> Result<Outcome, StoreError> {
        let Some(message) = self.written(mail).await? else {
            return Ok(Outcome::GivenUp("the address is invalid".to_owned()));
        };
        let (outcome, name) = match self.mailer.send(mail.id, message).await {
            Ok(()) => (Outcome::Sent, "sent"),
            Err(Unsent::Unavailable(why)) => {
                (Outcome::Unavailable(self.later(mail, UNAVAILABLE_BACKOFF), why), "away")
            }
            Err(Unsent::Refused(why)) if self.store.clock().now() < mail.created_at + REFUSED_RETRIES => {
                (Outcome::Refused(self.later(mail, REFUSED_BACKOFF), why), "refused")
            }
            Err(Unsent::Refused(why)) => (Outcome::GivenUp(why), "given_up"),
        };
        metrics::counter!("mail_attempts_total", "outcome" => name).increment(1);
        if let Outcome::Unavailable(_, why) | Outcome::Refused(_, why) | Outcome::GivenUp(why) = &outcome {
            tracing::warn!(mail = %mail.id, attempts = mail.attempts, outcome = name, why, "a mail could not be sent");
        }
        Ok(outcome)
    }

    /// When the mail is tried again.
    fn later(&self, mail: &Mail, backoff: Backoff) -> DateTime<Utc> {
        let attempts = u32::try_from(mail.attempts).unwrap_or(1).max(1);
        self.store.clock().now() + backoff.delay(attempts)
    }

    /// The mail as it is sent: the same at every attempt. None for somebody whose address no mail can be sent to.
    async fn written(&self, mail: &Mail) -> Result<Option<Message>, StoreError> {
        let items = store::items(&self.store, mail.id).await?;
        let db = self.store.system_read().await?;
        let person = addressee(&db, mail.person_id).await?;
        let organisation = organisation::name_of(&db, person.organisation_id).await?;
        drop(db);
        let Ok(address) = person.email.parse::<Address>() else { return Ok(None) };
        let language = person.language;
        let body = texts::MailBody {
            language,
            name: &person.name,
            organisation: organisation.as_ref().map_or("", |(name, _)| name),
            public_url: &self.public_url,
        };
        let header =
            |name, value: &str| HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned());
        let written = Message::builder()
            .from(self.mailer.from.clone())
            .to(Mailbox::new(Some(person.name.clone()), address))
            .subject(body.subject(&items))
            .message_id(Some(format!("<{}@{}>", mail.id, self.mailer.domain())))
            .date(SystemTime::from(mail.created_at))
            .raw_header(header("Auto-Submitted", "auto-generated"))
            .raw_header(header("Content-Language", language.as_str()))
            .header(ContentType::TEXT_PLAIN)
            .body(body.body(&items));
        Ok(written.ok())
    }
}
