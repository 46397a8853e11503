//! Letters about somebody's account: invitations, links to a new password, the news that it was changed. Whatever makes a
//! link leaves its letter here, in the same transaction, with the token sealed; `mail` writes it and sends it, and then the
//! token goes. (Nothing here knows people, so that whatever changes an account can write to its owner.)

use crate::{State, sealed::Sealed};
use ::mail::{MailId, queue};
use ::store::{Actor, Store, StoreError, Transaction, insert_models, params, sql};
use kernel::{PersonId, closed_set};
use sea_orm::QueryResult;

/// Letters that become mails in one transaction.
const BATCH_SIZE: u64 = 500;
/// What the token is authenticated as.
const TOKEN: &str = "token";

closed_set! {
    /// What a letter is about.
    pub(crate) enum LetterKind {
        Invitation = "invitation",
        PasswordReset = "password_reset",
        PasswordChanged = "password_changed",
    }
}

/// A letter to somebody about their account.
pub(crate) enum AccountLetter {
    /// An invitation, by the token of its link.
    Invitation { token: String },
    /// A link to a new password, by its token.
    PasswordReset { token: String },
    /// The password was changed.
    PasswordChanged,
}

impl AccountLetter {
    fn parts(self) -> (LetterKind, Option<String>) {
        match self {
            AccountLetter::Invitation { token } => (LetterKind::Invitation, Some(token)),
            AccountLetter::PasswordReset { token } => (LetterKind::PasswordReset, Some(token)),
            AccountLetter::PasswordChanged => (LetterKind::PasswordChanged, None),
        }
    }
}

type LetterId = kernel::Id<row::Model>;

/// A row of `account_letter`.
mod row {
    use super::LetterId;
    use ::mail::MailId;
    use kernel::PersonId;
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "account_letter")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: LetterId,
        pub person_id: PersonId,
        /// What it is about: a `LetterKind`.
        pub kind: String,
        pub key_id: Option<String>,
        pub subject_key: Option<Vec<u8>>,
        /// The token, sealed; none once it was sent, or where the letter has none.
        pub token: Option<Vec<u8>>,
        /// The mail that it is; none while it waits to become one.
        pub mail_id: Option<MailId>,
        pub created_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Writes to the owner of an account, when this transaction commits; does nothing where the deployment sends no mail. It
/// takes the place of a letter of its kind that was not sent yet.
pub(crate) async fn send(
    tx: &Transaction,
    state: &State,
    person_id: PersonId,
    letter: AccountLetter,
) -> Result<(), StoreError> {
    if !state.sends_mail {
        return Ok(());
    }
    let (kind, token) = letter.parts();
    let replaced = "DELETE FROM account_letter WHERE person_id = $1 AND kind = $2 AND mail_id IS NULL";
    sql::execute(tx.db(), replaced, params![person_id, kind.as_str()]).await?;
    let id: LetterId = tx.new_id();
    let sealed = match token {
        Some(token) => Some(Sealed::new(tx.keys()?, id.as_uuid(), TOKEN, &token)?),
        None => None,
    };
    let (key_id, subject_key, token) = match sealed {
        Some(Sealed { key_id, subject_key, text }) => (Some(key_id), Some(subject_key), Some(text)),
        None => (None, None, None),
    };
    let (kind, created_at) = (kind.to_string(), tx.now());
    let row = row::Model { id, person_id, kind, key_id, subject_key, token, mail_id: None, created_at };
    insert_models(tx.db(), &[row]).await?;
    Ok(())
}

/// Makes mails of the letters that wait, and forgets the tokens of those that were sent or given up.
pub(crate) async fn gather(store: &Store) -> Result<(), StoreError> {
    let waiting = format!(
        "SELECT id, person_id FROM account_letter WHERE mail_id IS NULL ORDER BY created_at, id LIMIT {BATCH_SIZE}"
    );
    let ended = "SELECT 1 FROM account_letter l JOIN mail m ON m.id = l.mail_id
                 WHERE l.token IS NOT NULL AND m.next_at IS NULL LIMIT 1";
    let db = store.system_read().await?;
    let is_idle = sql::row(&db, &waiting, params![]).await?.is_none()
        && sql::row(&db, ended, params![]).await?.is_none();
    drop(db);
    if is_idle {
        return Ok(());
    }
    let tx = store.system(Actor::system()).await?;
    queue::lock(&tx).await?;
    for row in sql::rows(tx.db(), &waiting, params![]).await? {
        let (id, person_id): (LetterId, PersonId) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        let mail_id = queue::add(&tx, person_id).await?;
        let assign = "UPDATE account_letter SET mail_id = $1 WHERE id = $2";
        sql::execute(tx.db(), assign, params![mail_id, id]).await?;
    }
    let forget = "UPDATE account_letter SET key_id = NULL, subject_key = NULL, token = NULL
                  WHERE token IS NOT NULL AND mail_id IN (SELECT id FROM mail WHERE next_at IS NULL)";
    sql::execute(tx.db(), forget, params![]).await?;
    tx.commit().await
}

/// A letter as it is to be written.
pub(crate) struct Written {
    pub(crate) kind: LetterKind,
    /// The token of its link, where it has one that can be read.
    pub(crate) token: Option<String>,
}

/// The letter that a mail is; none when it is another mail.
pub(crate) async fn of(store: &Store, mail: MailId) -> Result<Option<Written>, StoreError> {
    let text = "SELECT id, kind, key_id, subject_key, token FROM account_letter WHERE mail_id = $1";
    let db = store.system_read().await?;
    let row = sql::row(&db, text, params![mail]).await?;
    row.map(|row| written(store, &row)).transpose()
}

fn written(store: &Store, row: &QueryResult) -> Result<Written, StoreError> {
    let (id, kind): (LetterId, LetterKind) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
    let (key_id, subject_key): (Option<String>, Option<Vec<u8>>) =
        (row.try_get_by_index(2)?, row.try_get_by_index(3)?);
    let text: Option<Vec<u8>> = row.try_get_by_index(4)?;
    let sealed = key_id.zip(subject_key).zip(text);
    let sealed = sealed.map(|((key_id, subject_key), text)| Sealed { key_id, subject_key, text });
    let keys = store.keys()?;
    let token = sealed.and_then(|sealed| match sealed.open(keys, id.as_uuid(), TOKEN) {
        Ok(token) => Some(token),
        Err(error) => {
            // One letter that cannot be read must not keep all other mails.
            tracing::error!(letter = %id, error = &error as &dyn std::error::Error, "a letter cannot be written");
            None
        }
    });
    Ok(Written { kind, token })
}

/// Removes the letter that a mail was.
pub(crate) async fn forget(tx: &Transaction, mail: MailId) -> Result<(), StoreError> {
    sql::execute(tx.db(), "DELETE FROM account_letter WHERE mail_id = $1", params![mail]).await?;
    Ok(())
}
