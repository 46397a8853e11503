//! The list of people: its filters, and the order by name.

use super::{
    PersonKind, PersonState,
    store::{Model, search_text, sort_name},
};
use ::store::{
    Actor, Snapshot, Store, StoreError, TenantScope,
    list::{Conditions, Listed},
    params, sql,
};
use chrono::NaiveDate;
use kernel::{DonorId, OfficeId, PersonId, StaffRole};
use sea_orm::ConnectionTrait;
use service::PageRequest;
use uuid::Uuid;

/// Accounts whose names are worked out in one transaction.
const BATCH_SIZE: u64 = 500;

/// Filters of the people list.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    /// In lower case.
    pub(crate) words: Option<String>,
    pub(crate) office_id: Option<OfficeId>,
    pub(crate) state: Option<PersonState>,
    pub(crate) role: Option<StaffRole>,
    /// A custom role.
    pub(crate) role_id: Option<Uuid>,
    /// Where they have a role: if it is an office of the caller's, wherever their accounts are managed, unless words or roles
    /// are asked for as well.
    pub(crate) role_office_id: Option<OfficeId>,
    pub(crate) donor_id: Option<DonorId>,
    pub(crate) kind: Option<PersonKind>,
    /// Only these: of the caller's offices, and staff of the whole organisation unless words or roles are asked for as well.
    pub(crate) ids: Option<Vec<PersonId>>,
}

/// Where a page of the list ended.
pub(crate) type After = (String, PersonId);

impl Filter {
    fn conditions(&self, scope: &TenantScope, today: NaiveDate) -> Conditions {
        let is_wide = self.is_wide(scope);
        let mut conditions = if is_wide { self.named(scope) } else { Conditions::of(scope, "p") };
        // Of those who are shown by name alone, no filter tells the address or the roles.
        if is_wide && self.asks_for_more(scope) {
            conditions.within(scope.office_ids());
        }
        if let Some(office_id) = self.office_id {
            conditions.within(&[office_id]);
        }
        with_words(&mut conditions, self.words.as_deref());
        conditions.and_few("p.donor_id = ?", self.donor_id);
        let holds = "p.id IN (SELECT r.person_id FROM person_role r WHERE r.role = ?)";
        conditions.and_some(holds, self.role);
        let holds = "p.id IN (SELECT r.person_id FROM person_custom_role r WHERE r.role_id = ?)";
        conditions.and_some(holds, self.role_id);
        let holds = "p.id IN (SELECT r.person_id FROM person_role r WHERE r.office_id = ?
                     UNION SELECT c.person_id FROM person_custom_role c WHERE c.office_id = ?)";
        conditions.and_few(holds, self.role_office_id);
        match self.kind {
            Some(PersonKind::Staff) => conditions.and_also("p.donor_id IS NULL"),
            Some(PersonKind::Representative) => conditions.and_also("p.donor_id IS NOT NULL"),
            None => {}
        }
        in_state(&mut conditions, self.state, today);
        conditions
    }

    /// Whether staff beyond the caller's offices are meant as well: those who are named, and those who have a role in an
    /// office of the caller's.
    fn is_wide(&self, scope: &TenantScope) -> bool {
        self.ids.is_some() || self.role_office_id.is_some_and(|office| scope.office_ids().contains(&office))
    }

    /// Whether it asks for what the name alone does not tell. Who has a role in an office of the caller's is the caller's to
    /// know.
    fn asks_for_more(&self, scope: &TenantScope) -> bool {
        let is_beyond = |office: OfficeId| !scope.office_ids().contains(&office);
        self.words.is_some()
            || self.role.is_some()
            || self.role_id.is_some()
            || self.role_office_id.is_some_and(is_beyond)
    }

    fn named(&self, scope: &TenantScope) -> Conditions {
        let organisation_id = scope.organisation_id();
        let mut conditions = Conditions::of(&TenantScope::Organisation { organisation_id }, "p");
        if let Some(ids) = &self.ids {
            conditions.and_list("p.id IN (?)", ids.iter().map(|id| (*id).into()));
        }
        let offices = scope.office_ids().iter().map(|id| (*id).into());
        conditions.and_list("(p.donor_id IS NULL OR p.office_id IN (?))", offices);
        conditions
    }
}

/// The condition of [`super::state_of`], as a query has it.
pub(crate) fn in_state(conditions: &mut Conditions, state: Option<PersonState>, today: NaiveDate) {
    let Some(state) = state else { return };
    if state == PersonState::Suspended {
        return conditions.and_also("p.suspended_at IS NOT NULL");
    }
    conditions.and_also("p.suspended_at IS NULL");
    if state == PersonState::Expired {
        return conditions.and("p.access_until < ?", today);
    }
    conditions.and("(p.access_until IS NULL OR p.access_until >= ?)", today);
    conditions.and_also(match state {
        PersonState::Active => "p.password_hash IS NOT NULL",
        PersonState::Invited | PersonState::Suspended | PersonState::Expired => "p.password_hash IS NULL",
    });
}

/// Every word of a search is in the name or the address.
pub(crate) fn with_words(conditions: &mut Conditions, words: Option<&str>) {
    for word in words.into_iter().flat_map(str::split_whitespace) {
        conditions.and("p.search LIKE ? ESCAPE '\\'", format!("%{}%", literal(word)));
    }
}

/// A word of a search for `LIKE`: what stands for other characters there stands for itself.
fn literal(word: &str) -> String {
    let mut text = String::with_capacity(word.len());
    for character in word.chars() {
        if matches!(character, '\\' | '%' | '_') {
            text.push('\\');
        }
        text.push(character);
    }
    text
}

/// The accounts of a scope that a filter leaves, by name.
pub(crate) async fn page(
    scope: &TenantScope,
    db: &Snapshot,
    filter: &Filter,
    today: NaiveDate,
    page: &PageRequest,
    after: Option<After>,
) -> Result<Vec<Model>, StoreError> {
    let conditions = filter.conditions(scope, today);
    if filter.is_wide(scope) {
        return db.across_offices(scope, async |db| by_name(db, conditions, page, after).await).await;
    }
    by_name(db, conditions, page, after).await
}

/// A page of the accounts that meet conditions on `p`, by name: of staff, of representatives, or of both.
pub(crate) async fn by_name(
    db: &impl ConnectionTrait,
    mut conditions: Conditions,
    page: &PageRequest,
    after: Option<After>,
) -> Result<Vec<Model>, StoreError> {
    if let Some((name, id)) = after {
        conditions.and_both("(p.sort_name, p.id) > (?1, ?2)", name, id);
    }
    let listed = Listed {
        select: "SELECT p.* FROM person p",
        from: "person p",
        order: &["sort_name", "id"],
        descending: false,
        limit: page.limit + 1,
    };
    sql::read(&conditions.rows(db, &listed).await?)
}

/// Works out by what people are sorted and found whose accounts were made before lists were sorted by name.
pub(crate) async fn fill_names(store: &Store) -> Result<(), StoreError> {
    let text =
        format!("SELECT id, name, address FROM person WHERE sort_name = '' ORDER BY id LIMIT {BATCH_SIZE}");
    loop {
        // Asked without a lock first: nearly always there is nobody.
        let db = store.system_read().await?;
        if sql::row(&db, &text, params![]).await?.is_none() {
            return Ok(());
        }
        drop(db);
        let tx = store.system(Actor::system()).await?;
        for row in sql::rows(tx.db(), &text, params![]).await? {
            let (id, name, email): (PersonId, String, String) =
                (row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index(2)?);
            // Whoever was renamed meanwhile has it already.
            let fill = "UPDATE person SET sort_name = $1, search = $2 WHERE id = $3 AND sort_name = ''";
            let values = params![sort_name(&name), search_text(&name, &email), id];
            sql::execute(tx.db(), fill, values).await?;
        }
        tx.commit().await?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;
    use service::Paging;

    async fn listed(world: &World, filter: &Filter) -> Vec<String> {
        let (organisation_id, office_id) = (world.founded.organisation_id, world.founded.office_id);
        let scope = TenantScope::Offices { organisation_id, office_id, office_ids: vec![office_id] };
        let db = world.store.system_read().await.unwrap();
        db.limit_to(&scope).await.unwrap();
        let (request, today) = (Paging::default().of("people", &()).unwrap(), world.today());
        let rows = page(&scope, &db, filter, today, &request, None).await.unwrap();
        rows.into_iter().map(|row| row.name).collect()
    }

    #[tokio::test]
    async fn people_of_an_older_version_are_sorted_and_found_once_their_names_are_worked_out() {
        for world in World::on_both("people_of_an_older_version_are_sorted").await {
            for name in ["Zoë Ångström", "amina rahimi", "Émile", "…", "Bo 100%"] {
                world.named(&format!("{}@example.org", name.len()), name).await;
            }
            world.execute("UPDATE person SET sort_name = '', search = lower(name) || ' ' || address").await;
            fill_names(&world.store).await.unwrap();
            let sorted = ["amina rahimi", "Bo 100%", "Émile", "Zoë Ångström"];
            let mut all = listed(&world, &Filter::default()).await;
            // Where a name without letters stands is the database's to say.
            all.retain(|name| name != "…");
            assert_eq!(all, sorted);
            for (words, found) in
                [("zoe angstrom", "Zoë Ångström"), ("ångström", "Zoë Ångström"), ("100%", "Bo 100%")]
            {
                let filter = Filter { words: Some(words.to_owned()), ..Filter::default() };
                assert_eq!(listed(&world, &filter).await, [found], "{words}");
            }
            let filter = Filter { words: Some("1_0".to_owned()), ..Filter::default() };
            assert!(listed(&world, &filter).await.is_empty(), "a word is no pattern");
            assert!(world.texts("SELECT name FROM person WHERE sort_name = ''").await.is_empty());
        }
    }
}
