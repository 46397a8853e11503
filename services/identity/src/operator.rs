//! An administrator whom the deployment's operator invites (`passerelle init`, `passerelle administrator`), never over the
//! network: the first one of an organisation, or another one where no administrator can sign in any more.

use crate::{
    people::inviting::LIFETIME,
    person::{
        self, PersonState, announcement::announce, invitations, is_email, normal_email, state_of,
        store::Model,
    },
    secret,
};
use ::store::{Actor, Store, StoreError, Transaction, office, params, sql};
use chrono::{DateTime, Utc};
use kernel::{OfficeId, OrganisationId, PersonId, StaffRole};
use locale::Language;
use serde::Serialize;

/// An administrator of headquarters who was invited. The link is shown this once.
#[derive(Debug, Clone, Serialize)]
pub struct InvitedAdministrator {
    /// The account.
    pub person_id: PersonId,
    /// The link by which the administrator sets a password.
    pub invitation_url: String,
    /// Until when it can be accepted.
    pub invitation_expires_at: DateTime<Utc>,
}

/// Why nobody was invited.
#[derive(Debug, thiserror::Error)]
pub enum InviteError {
    /// There is no such organisation.
    #[error("no organisation has the code {0}")]
    NoOrganisation(String),
    /// It does not look like an address.
    #[error("{0} is not an e-mail address")]
    NotAnEmail(String),
    /// Somebody has this address who was not merely invited as an administrator.
    #[error("{0} has an account in this organisation already: give another address")]
    HasAccount(String),
    /// The database refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Whether somebody can be invited at an address.
///
/// # Errors
/// [`InviteError::NotAnEmail`].
pub fn check_address(email: &str) -> Result<(), InviteError> {
    if is_email(email.trim()) { Ok(()) } else { Err(InviteError::NotAnEmail(email.to_owned())) }
}

/// Invites an administrator to the headquarters of the organisation with this code, or invites one again who has not
/// accepted yet: earlier links stop working then. `public_url` is what the link begins with.
///
/// # Errors
/// [`InviteError`].
pub async fn invite_administrator(
    store: &Store,
    code: &str,
    (email, name): (&str, &str),
    public_url: &str,
) -> Result<InvitedAdministrator, InviteError> {
    check_address(email)?;
    let mut tx = store.system(Actor::system()).await?;
    let unknown = || InviteError::NoOrganisation(code.to_owned());
    let found = sql::row(tx.db(), "SELECT id FROM organisation WHERE code = $1", params![code]).await?;
    let organisation_id: OrganisationId =
        found.ok_or_else(unknown)?.try_get_by_index(0).map_err(StoreError::from)?;
    let headquarters = office::headquarters(tx.db(), organisation_id).await?.ok_or_else(unknown)?;
    let address = normal_email(email);
    let accounts = person::store::by_email(tx.db(), &address).await?;
    let account = accounts.into_iter().find(|account| account.organisation_id == organisation_id);
    let held = [serde_json::json!({ "office_id": headquarters, "role": StaffRole::Administrator })];
    let held = serde_json::json!({ "roles": held });
    let person_id = match account {
        Some(account) if is_waiting(&tx, &account, headquarters).await? => {
            tx.audit_created("person.invite", &account, &held).await?;
            account.id
        }
        Some(_) => return Err(InviteError::HasAccount(address)),
        None => {
            let row = administrator(&tx, (organisation_id, headquarters), (address, name.trim()));
            person::store::insert(&tx, &row, &[(headquarters, StaffRole::Administrator)]).await?;
            announce(&mut tx, row.id).await?;
            tx.audit_created("person.create", &row, &held).await?;
            row.id
        }
    };
    let (token, invitation_expires_at) = (secret::new(), tx.now() + LIFETIME);
    invitations::give(&tx, person_id, &secret::hash(&token), invitation_expires_at).await?;
    tx.commit().await?;
    let invitation_url = format!("{}/invitation?token={token}", public_url.trim_end_matches('/'));
    Ok(InvitedAdministrator { person_id, invitation_url, invitation_expires_at })
}

/// Whether an account is that of an administrator of headquarters who was invited and has not accepted.
async fn is_waiting(tx: &Transaction, account: &Model, headquarters: OfficeId) -> Result<bool, StoreError> {
    let held = person::store::roles(tx.db(), &[account.id]).await?;
    let administers =
        held.iter().any(|held| held.office_id == headquarters && held.role == StaffRole::Administrator);
    Ok(administers && state_of(account, tx.now()) == PersonState::Invited)
}

fn administrator(
    tx: &Transaction,
    (organisation_id, office_id): (OrganisationId, OfficeId),
    (email, name): (String, &str),
) -> Model {
    Model {
        id: tx.new_id(),
        version: 1,
        organisation_id,
        office_id,
        donor_id: None,
        name: name.to_owned(),
        email,
        login_key: String::new(),
        language: Language::English,
        password_hash: None,
        time_zone: None,
        muted: String::new(),
        mail: true,
        search: String::new(),
        created_at: tx.now(),
        suspended_at: None,
        access_until: None,
        last_sign_in_at: None,
        sort_name: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;

    #[tokio::test]
    async fn an_administrator_is_invited_until_the_account_is_used() {
        for world in World::on_both("an_administrator_is_invited").await {
            let code = world.texts("SELECT code FROM organisation").await.remove(0);
            let invite = async |code: &str, email: &str| {
                invite_administrator(&world.store, code, (email, "Ana"), "https://example.org/").await
            };
            let first = invite(&code, " Ana@Example.org").await.unwrap();
            assert!(first.invitation_url.starts_with("https://example.org/invitation?token="));
            let again = invite(&code, "ana@example.org").await.unwrap();
            assert_eq!(again.person_id, first.person_id);
            assert_ne!(again.invitation_url, first.invitation_url);
            let tokens = world.texts("SELECT token_hash FROM invitation").await;
            assert_eq!(tokens.len(), 1, "the earlier link is gone");
            let noted = "SELECT action FROM audit WHERE resource = 'person' ORDER BY sequence";
            assert_eq!(world.texts(noted).await, ["person.create", "person.invite"]);
            world.execute("UPDATE person SET password_hash = 'set'").await;
            let refused = invite(&code, "ana@example.org").await;
            assert!(matches!(refused, Err(InviteError::HasAccount(_))), "{refused:?}");
            let refused = invite("NOWHERE", "bo@example.org").await;
            assert!(matches!(refused, Err(InviteError::NoOrganisation(_))), "{refused:?}");
            let refused = invite(&code, "nobody").await;
            assert!(matches!(refused, Err(InviteError::NotAnEmail(_))), "{refused:?}");
        }
    }
}
