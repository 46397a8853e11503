//! Representatives, which are rows of people, and the donors that they speak for.

use crate::person::{
    self, PersonState,
    list::{After, by_name, in_state, with_words},
    store::Model,
};
use ::store::{Snapshot, StoreError, TenantScope, Transaction, list::Conditions, params, sql};
use chrono::NaiveDate;
use kernel::{DonorId, OrganisationId, PersonId};
use sea_orm::ConnectionTrait;
use service::PageRequest;
use std::collections::HashMap;

/// Filters of the list of representatives.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    /// In lower case.
    pub(crate) words: Option<String>,
    /// This donor, or one that was merged into it.
    pub(crate) donor_id: Option<DonorId>,
    pub(crate) state: Option<PersonState>,
    pub(crate) expiring_before: Option<NaiveDate>,
}

/// A donor and those that were merged into it.
const SAME_DONOR: &str = "WITH RECURSIVE same (id) AS (
    SELECT d.id FROM known_donor d WHERE d.id = ?
    UNION SELECT d.id FROM known_donor d JOIN same s ON d.merged_into = s.id) SELECT id FROM same";

impl Filter {
    fn conditions(&self, scope: &TenantScope, today: NaiveDate) -> Conditions {
        let mut conditions = Conditions::of(scope, "p");
        conditions.and_also("p.donor_id IS NOT NULL");
        conditions.and_few(&format!("p.donor_id IN ({SAME_DONOR})"), self.donor_id);
        with_words(&mut conditions, self.words.as_deref());
        conditions.and_some("p.access_until < ?", self.expiring_before);
        in_state(&mut conditions, self.state, today);
        conditions
    }
}

/// By name. `scope` is that of the organisation: donors belong to no office, and neither do those who speak for them.
pub(crate) async fn page(
    scope: &TenantScope,
    db: &Snapshot,
    filter: &Filter,
    today: NaiveDate,
    page: &PageRequest,
    after: Option<After>,
) -> Result<Vec<Model>, StoreError> {
    by_name(db, filter.conditions(scope, today), page, after).await
}

/// The account of a representative of one of the organisation's donors.
pub(crate) async fn get(
    organisation_id: OrganisationId,
    db: &impl ConnectionTrait,
    id: PersonId,
) -> Result<Option<Model>, StoreError> {
    Ok(person::store::by_id(db, id).await?.filter(|person| is_representative(person, organisation_id)))
}

/// The same, locked until this transaction ends.
pub(crate) async fn get_to_change(
    organisation_id: OrganisationId,
    tx: &Transaction,
    id: PersonId,
) -> Result<Option<Model>, StoreError> {
    let found = person::store::by_id_to_change(tx, id).await?;
    Ok(found.filter(|person| is_representative(person, organisation_id)))
}

fn is_representative(person: &Model, organisation_id: OrganisationId) -> bool {
    person.organisation_id == organisation_id && person.donor_id.is_some()
}

/// Writes an account over `after.version - 1`.
pub(crate) async fn save(tx: &Transaction, after: &Model) -> Result<(), StoreError> {
    person::store::save(tx, after).await?;
    let text = "UPDATE person SET access_until = $1 WHERE id = $2";
    sql::execute(tx.db(), text, params![after.access_until, after.id]).await?;
    Ok(())
}

/// Whose access is over and whose sessions are not, a few at a time.
pub(crate) async fn overdue(
    db: &impl ConnectionTrait,
    today: NaiveDate,
    limit: usize,
) -> Result<Vec<PersonId>, StoreError> {
    let text = format!(
        "SELECT p.id FROM person p WHERE p.access_until < $1
         AND EXISTS (SELECT 1 FROM token_family f WHERE f.person_id = p.id AND f.revoked_at IS NULL)
         ORDER BY p.id LIMIT {limit}"
    );
    let rows = sql::rows(db, &text, params![today]).await?;
    Ok(rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, sea_orm::DbErr>>()?)
}

/// The donor that somebody speaks for.
#[derive(Debug, Clone)]
pub(crate) struct Donor {
    /// The donor of the account, or the one that it was merged into.
    pub(crate) id: DonorId,
    pub(crate) name: String,
    pub(crate) focal_point_id: Option<PersonId>,
}

/// The donors that answer for these, by these.
pub(crate) async fn donors(
    db: &impl ConnectionTrait,
    asked: &[DonorId],
) -> Result<HashMap<DonorId, Donor>, StoreError> {
    if asked.is_empty() {
        return Ok(HashMap::new());
    }
    let mut parameters = Vec::new();
    let listed = sql::bind_list(&mut parameters, asked.iter().map(|id| (*id).into()));
    let text = format!(
        "WITH RECURSIVE up (asked, id, name, focal_point_id, merged_into) AS (
           SELECT d.id, d.id, d.name, d.focal_point_id, d.merged_into FROM known_donor d WHERE d.id IN ({listed})
           UNION SELECT u.asked, d.id, d.name, d.focal_point_id, d.merged_into
           FROM known_donor d JOIN up u ON d.id = u.merged_into)
         SELECT asked, id, name, focal_point_id FROM up WHERE merged_into IS NULL"
    );
    let mut donors = HashMap::new();
    for row in sql::rows(db, &text, parameters).await? {
        let donor = Donor {
            id: row.try_get_by_index(1)?,
            name: row.try_get_by_index(2)?,
            focal_point_id: row.try_get_by_index(3)?,
        };
        donors.insert(row.try_get_by_index(0)?, donor);
    }
    Ok(donors)
}
