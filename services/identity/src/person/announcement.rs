//! What other services are told of staff (`PersonChanged`) and of donors' representatives (`RepresentativeChanged`): in the
//! transaction of every change, and afterwards of whoever was never announced: people from before there was the event, what
//! an older process wrote during an upgrade, and staff who were announced with other rights than a new version of the
//! program gives to built-in roles.

use super::{
    may_sign_in,
    store::{self, Model},
};
use crate::role::rights::{self, Rights};
use ::store::{Actor, Store, StoreError, Transaction, params, sql};
use events::{OfficeRoles, PersonChanged, RepresentativeChanged};
use kernel::{DonorId, OfficeId, PersonId};
use std::collections::BTreeMap;

/// People announced in one transaction.
const BATCH_SIZE: usize = 500;
/// The number of what built-in roles permit: one more whenever that changes, so that everybody is announced once more. A
/// process of an older version, which has a lower one, leaves them alone.
const RIGHTS: i64 = 2;
/// What is noted there of representatives who were announced: processes of older versions told nobody of them, and noted 1.
const REPRESENTATIVES: i64 = 2;

/// Leaves the event of a person that this transaction made or changed in the outbox.
pub(crate) async fn announce(tx: &mut Transaction, person: PersonId) -> Result<(), StoreError> {
    announce_all(tx, &[person]).await
}

/// Completes accounts that an older process made during an upgrade: it knew one column for the address.
pub(crate) async fn fill_addresses(store: &Store) -> Result<(), StoreError> {
    let db = store.system_read().await?;
    let missing = sql::row(&db, "SELECT 1 FROM person WHERE address = '' LIMIT 1", params![]).await?;
    drop(db);
    if missing.is_some() {
        let tx = store.system(Actor::system()).await?;
        sql::execute(tx.db(), "UPDATE person SET address = email WHERE address = ''", params![]).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Announces everybody whose last version was not, or with other rights; returns how many there were.
pub(crate) async fn catch_up(store: &Store) -> Result<usize, StoreError> {
    let mut announced = 0;
    for missing in [Missing::Version, Missing::Rights, Missing::Representative] {
        announced += announce_missing(store, missing).await?;
    }
    Ok(announced)
}

/// What other services have not been told of a person.
#[derive(Clone, Copy)]
enum Missing {
    /// The last version of a member of staff.
    Version,
    /// What a member of staff may do by now. It is told as a new version: they have had the last one.
    Rights,
    /// The last version of a representative.
    Representative,
}

impl Missing {
    fn condition(self) -> String {
        match self {
            Missing::Version => "announced_version < version AND donor_id IS NULL".to_owned(),
            Missing::Rights => format!("announced_rights < {RIGHTS} AND donor_id IS NULL"),
            Missing::Representative => format!(
                "donor_id IS NOT NULL
                   AND (announced_version < version OR announced_rights < {REPRESENTATIVES})"
            ),
        }
    }
}

async fn announce_missing(store: &Store, missing: Missing) -> Result<usize, StoreError> {
    let text = format!("SELECT id FROM person WHERE {} ORDER BY id LIMIT {BATCH_SIZE}", missing.condition());
    let mut announced = 0;
    loop {
        // Asked without a lock first: nearly always there is nobody.
        let db = store.system_read().await?;
        if sql::row(&db, &text, params![]).await?.is_none() {
            return Ok(announced);
        }
        drop(db);
        let mut tx = store.system(Actor::system()).await?;
        let rows = sql::rows(tx.db(), &format!("{text}{}", sql::for_update(tx.db())), params![]).await?;
        let people: Vec<PersonId> =
            rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, sea_orm::DbErr>>()?;
        match missing {
            Missing::Version | Missing::Representative => announce_all(&mut tx, &people).await?,
            Missing::Rights => announce_again(&mut tx, &people).await?,
        }
        tx.commit().await?;
        announced += people.len();
    }
}

/// Raises the version of people whose rights have changed with a role, and leaves their events in the outbox.
pub(crate) async fn announce_again(tx: &mut Transaction, people: &[PersonId]) -> Result<(), StoreError> {
    for batch in people.chunks(BATCH_SIZE) {
        store::raise_versions(tx, batch).await?;
        announce_all(tx, batch).await?;
    }
    Ok(())
}

async fn announce_all(tx: &mut Transaction, people: &[PersonId]) -> Result<(), StoreError> {
    let held = rights::of(tx.db(), people).await?;
    let (mut staff, mut representatives) = (Vec::new(), Vec::new());
    for person in store::by_ids(tx.db(), people).await? {
        match person.donor_id {
            Some(donor_id) => representatives.push(representative(&person, donor_id)),
            None => staff.push(PersonChanged {
                id: person.id,
                sequence: person.version,
                organisation_id: person.organisation_id,
                offices: offices(person.id, &held),
                active: may_sign_in(&person, tx.now()),
            }),
        }
    }
    tx.emit_all(&staff).await?;
    tx.emit_all(&representatives).await?;
    let mut parameters = Vec::new();
    let listed = sql::bind_list(&mut parameters, people.iter().map(|id| (*id).into()));
    let text = format!(
        "UPDATE person SET announced_version = version,
           announced_rights = CASE WHEN donor_id IS NULL THEN {RIGHTS} ELSE {REPRESENTATIVES} END
         WHERE id IN ({listed})"
    );
    sql::execute(tx.db(), &text, parameters).await?;
    Ok(())
}

/// The last day passes without a change that could be announced: whoever reads the event compares it with the date.
fn representative(person: &Model, donor_id: DonorId) -> RepresentativeChanged {
    RepresentativeChanged {
        id: person.id,
        sequence: person.version,
        organisation_id: person.organisation_id,
        donor_id,
        active: person.password_hash.is_some() && person.suspended_at.is_none(),
        access_until: person.access_until,
    }
}

/// The roles of one person by office, and what they permit.
fn offices(person: PersonId, held: &BTreeMap<(PersonId, OfficeId), Rights>) -> Vec<OfficeRoles> {
    let last = OfficeId::from_u128(u128::MAX);
    let own = held.range((person, OfficeId::nil())..=(person, last));
    own.map(|((_, office_id), rights)| OfficeRoles {
        office_id: *office_id,
        roles: rights.roles.clone(),
        permissions: rights.permissions.iter().cloned().collect(),
    })
    .collect()
}

#[cfg(test)]
mod tests;
