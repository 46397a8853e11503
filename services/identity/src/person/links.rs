//! The links that lead into an account, of every kind: its invitations, and links to a new password.

use super::{invitations, reset};
use ::store::{StoreError, Transaction};
use kernel::PersonId;

/// People whose links end in one statement of each kind.
const BATCH_SIZE: usize = 500;

/// Ends every link into accounts that may do more from now on: whoever made one, or was shown it, may do less than the
/// account, and would be given none any more. The caller holds the locks of the people's rows, as whoever makes a link or
/// uses one does: each link was made for what the account may do, or ends here.
pub(crate) async fn end(tx: &Transaction, people: &[PersonId]) -> Result<(), StoreError> {
    for batch in people.chunks(BATCH_SIZE) {
        invitations::withdraw(tx, batch).await?;
        reset::close(tx, batch).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{secret, testing::World};
    use ::store::Actor;
    use chrono::TimeDelta;
    use kernel::StaffRole;

    #[tokio::test]
    async fn links_of_every_kind_end_for_those_who_are_named_alone() {
        for world in World::on_both("links_of_every_kind_end").await {
            let mut people = Vec::new();
            for email in ["amina@example.org", "binta@example.org", "chidi@example.org"] {
                people.push(world.person(email, &[StaffRole::Auditor], None).await);
            }
            let tx = world.store.system(Actor::system()).await.unwrap();
            let mut links = Vec::new();
            for person in &people {
                let (invitation, until) = (secret::new(), tx.now() + TimeDelta::days(7));
                invitations::give(&tx, *person, &secret::hash(&invitation), until).await.unwrap();
                links.push((invitation, reset::make(&tx, *person).await.unwrap().0));
            }
            end(&tx, &people[..2]).await.unwrap();
            end(&tx, &[]).await.unwrap();
            tx.commit().await.unwrap();
            let db = world.store.system_read().await.unwrap();
            let now = world.store.clock().now();
            let mut open = Vec::new();
            for (invitation, password) in &links {
                let invitation = invitations::is_open(&db, &secret::hash(invitation), now).await.unwrap();
                open.push((invitation, reset::find_open(&db, password, now).await.unwrap().is_some()));
            }
            assert_eq!(open, [(false, false), (false, false), (true, true)]);
        }
    }
}
