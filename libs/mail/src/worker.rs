//! The worker that has mails written and sends them.

use crate::{
    Letter, Mail, MailId, Mailer,
    mailer::Unsent,
    queue::{self, Outcome},
};
use chrono::{DateTime, TimeDelta, Utc};
use kernel::Backoff;
use service::{Context, Job};
use std::{future::Future, sync::Arc, time::Duration};
use store::{Store, StoreError, Transaction};

/// How often the worker runs.
const INTERVAL: Duration = Duration::from_secs(5);
const MINUTE: Duration = Duration::from_secs(60);
/// Delays before a server that was unavailable is tried again.
const UNAVAILABLE_BACKOFF: Backoff = Backoff { first: MINUTE, max: Duration::from_secs(10 * 60) };
/// Delays before a refused mail is retried, and how long retries go on, as mail servers do (RFC 5321, 4.5.4.1).
const REFUSED_BACKOFF: Backoff = Backoff { first: MINUTE, max: Duration::from_secs(12 * 3600) };
const REFUSED_RETRIES: TimeDelta = TimeDelta::days(5);

/// What a service writes its mails from.
pub trait Composer: Send + Sync + 'static {
    /// Queues the mails whose time has come ([`queue::add`]).
    ///
    /// # Errors
    /// [`StoreError`].
    fn gather(&self, store: &Store) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Writes a mail; none when nobody is to get it any more.
    ///
    /// # Errors
    /// [`StoreError`].
    fn compose(
        &self,
        store: &Store,
        mail: &Mail,
    ) -> impl Future<Output = Result<Option<Letter>, StoreError>> + Send;

    /// Removes what a mail that is being removed was written from.
    ///
    /// # Errors
    /// [`StoreError`].
    fn forget(&self, tx: &Transaction, mail: MailId) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Gathers and sends, as long as the service runs.
pub fn worker<C: Composer>(context: &Context, name: &'static str, mailer: Mailer, composer: C) -> Job {
    let worker = Arc::new(MailWorker { store: context.store.clone(), mailer, composer });
    service::worker(name, INTERVAL, move || {
        let worker = worker.clone();
        async move { worker.round().await.map(|_| false) }
    })
}

/// The worker of one service.
pub struct MailWorker<C> {
    /// The service's database.
    pub store: Store,
    /// Where mails go.
    pub mailer: Mailer,
    /// What they are written from.
    pub composer: C,
}

impl<C: Composer> MailWorker<C> {
    /// Sends what can be sent now; returns how many mails were.
    ///
    /// # Errors
    /// [`StoreError`]; a mail that was being tried is tried again when its lease has run out.
    pub async fn round(&self) -> Result<usize, StoreError> {
        self.composer.gather(&self.store).await?;
        let mut sent = 0;
        while let Some(mail) = queue::take(&self.store).await? {
            let outcome = self.attempt(&mail).await?;
            queue::end(&self.store, &mail, &outcome).await?;
            match outcome {
                Outcome::Sent => sent += 1,
                // An unavailable server is unavailable for all mails: the others are not tried in vain.
                Outcome::Unavailable(..) => break,
                Outcome::Refused(..) | Outcome::GivenUp(_) => {}
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "a gauge")]
        metrics::gauge!("mails_waiting").set(queue::waiting(&self.store).await? as f64);
        queue::forget(&self.store, &self.composer).await?;
        Ok(sent)
    }

    async fn attempt(&self, mail: &Mail) -> Result<Outcome, StoreError> {
        let Some(letter) = self.composer.compose(&self.store, mail).await? else {
            return Ok(Outcome::GivenUp("nobody is to get it any more".to_owned()));
        };
        let Some(message) = letter.message(mail, &self.mailer) else {
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
}
