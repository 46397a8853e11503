//! Mails about somebody's account: what `letter` keeps, as it is written to its owner. They are sent whatever somebody has
//! chosen about notifications.

use super::{account_texts::AccountBody, recipients::addressee};
use crate::{
    letter::{LetterKind, Written},
    organisation, person, secret,
};
use ::mail::{Letter, Mail};
use ::store::{Store, StoreError};

pub(crate) use crate::letter::{AccountLetter, send};

/// The mail that a letter is; none when its link leads nowhere any more.
pub(super) async fn compose(
    store: &Store,
    mail: &Mail,
    written: Written,
    public_url: &str,
) -> Result<Option<Letter>, StoreError> {
    let Written { kind, token } = written;
    let db = store.system_read().await?;
    let now = store.clock().now();
    let leads_somewhere = match (kind, &token) {
        (LetterKind::PasswordChanged, _) => true,
        (LetterKind::Invitation, Some(token)) => {
            person::invitations::is_open(&db, &secret::hash(token), now).await?
        }
        (LetterKind::PasswordReset, Some(token)) => {
            person::reset::find_open(&db, token, now).await?.is_some()
        }
        (LetterKind::Invitation | LetterKind::PasswordReset, None) => false,
    };
    if !leads_somewhere {
        return Ok(None);
    }
    let person = addressee(&db, mail.person_id).await?;
    let organisation = organisation::name_of(&db, person.organisation_id).await?;
    drop(db);
    let language = person.language;
    let body = AccountBody {
        language,
        kind,
        name: &person.name,
        organisation: organisation.as_ref().map_or("", |(name, _)| name),
        email: &person.email,
        token: token.as_deref().unwrap_or_default(),
        public_url,
    };
    let (subject, text) = (body.subject(), body.text());
    let (name, address, language) = (person.name, person.email, language.as_str());
    Ok(Some(Letter { name, address, subject, text, language }))
}
