//! The mails that are written from notifications, and from letters about accounts.

use super::{account, recipients::addressee, store, texts};
use crate::{letter, organisation, person};
use ::mail::{Composer, Letter, Mail, MailId, Mailer};
use ::store::{Store, StoreError, Transaction};
use service::{Context, Job};

/// Gathers and sends, as long as the service runs.
pub(crate) fn worker(context: &Context, mailer: Mailer, public_url: String) -> Job {
    ::mail::worker(context, "identity.mail", mailer, Notifications { public_url })
}

/// Mails to people: about notifications, and about their accounts.
pub(super) struct Notifications {
    pub(super) public_url: String,
}

impl Composer for Notifications {
    async fn gather(&self, store: &Store) -> Result<(), StoreError> {
        letter::gather(store).await?;
        store::gather(store).await.map(drop)
    }

    async fn compose(&self, store: &Store, mail: &Mail) -> Result<Option<Letter>, StoreError> {
        if let Some(written) = letter::of(store, mail.id).await? {
            return account::compose(store, mail, written, &self.public_url).await;
        }
        let items = store::items(store, mail.id).await?;
        let db = store.system_read().await?;
        let person = addressee(&db, mail.person_id).await?;
        // A mail may wait for days: whose access has ended since is told no more.
        if !person::may_sign_in(&person, store.clock().now()) {
            return Ok(None);
        }
        let organisation = organisation::name_of(&db, person.organisation_id).await?;
        drop(db);
        let language = person.language;
        let body = texts::MailBody {
            language,
            name: &person.name,
            organisation: organisation.as_ref().map_or("", |(name, _)| name),
            public_url: &self.public_url,
        };
        let (subject, text) = (body.subject(&items), body.body(&items));
        let (name, address, language) = (person.name, person.email, language.as_str());
        Ok(Some(Letter { name, address, subject, text, language }))
    }

    async fn forget(&self, tx: &Transaction, mail: MailId) -> Result<(), StoreError> {
        letter::forget(tx, mail).await?;
        store::forget(tx, mail).await
    }
}
