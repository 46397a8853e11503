//! The audit trail as a list: what was done in some offices, the latest first.

use super::Record;
use crate::{
    StoreError, TenantScope,
    list::{Conditions, MAX_PARTS, padded, plan_for_values},
    params, sql,
};
use chrono::{DateTime, Utc};
use kernel::{OfficeId, PrincipalId};
use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Value};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use uuid::Uuid;

/// What the list is narrowed by.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only of this office.
    pub office_id: Option<OfficeId>,
    /// Only what this principal did.
    pub actor_id: Option<PrincipalId>,
    /// Only about records of this kind.
    pub resource: Option<String>,
    /// Only about this record.
    pub resource_id: Option<Uuid>,
    /// Only this action.
    pub action: Option<String>,
    /// Only from this instant on.
    pub from: Option<DateTime<Utc>>,
    /// Only before this instant.
    pub before: Option<DateTime<Utc>>,
}

/// Where an entry stands in the list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    at: DateTime<Utc>,
    office_id: OfficeId,
    sequence: i64,
}

impl Place {
    /// The place of an entry.
    pub fn of(row: &Record) -> Self {
        Self { at: row.at, office_id: row.office_id, sequence: row.sequence }
    }
}

/// What was done in the offices that `scope` reads, the latest first, from after a place on.
///
/// # Errors
/// [`StoreError`] when the trail cannot be read.
pub async fn list(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    filter: &Filter,
    after: Option<&Place>,
    limit: u64,
) -> Result<Vec<Record>, StoreError> {
    let offices = scope.office_ids().iter().copied();
    let offices: Vec<OfficeId> =
        offices.filter(|office| filter.office_id.is_none_or(|wanted| wanted == *office)).collect();
    plan_for_values(db).await?;
    let mut found: Vec<Record> = Vec::new();
    for some in offices.chunks(MAX_PARTS) {
        found.extend(sql::read::<Record>(&of_offices(db, scope, filter, after, (some, limit)).await?)?);
    }
    if offices.len() > MAX_PARTS {
        found.sort_by_cached_key(|row| Reverse(Place::of(row)));
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    }
    Ok(found)
}

/// What all rows have to meet, beside their office.
fn conditions(scope: &TenantScope, filter: &Filter, after: Option<&Place>) -> (String, Vec<Value>) {
    let organisation_id = scope.organisation_id();
    let mut conditions = Conditions::of(&TenantScope::Organisation { organisation_id }, "audit");
    conditions.and_some("audit.actor_id = ?", filter.actor_id);
    conditions.and_some("audit.resource = ?", filter.resource.as_deref());
    conditions.and_some("audit.resource_id = ?", filter.resource_id);
    conditions.and_some("audit.action = ?", filter.action.as_deref());
    conditions.and_some("audit.at >= ?", filter.from);
    conditions.and_some("audit.at < ?", filter.before);
    let (mut text, mut values) = conditions.end();
    if let Some(Place { at, office_id, sequence }) = after {
        values.extend(params![*at, *office_id, *sequence]);
        let (at, office, number) = (values.len() - 2, values.len() - 1, values.len());
        // The first of the two is for the index.
        text.push_str(&format!(
            " AND audit.at <= ${at} AND (audit.at, audit.office_id, audit.sequence) < (${at}, ${office}, ${number})"
        ));
    }
    (text, values)
}

/// One index serves an office in the order of the list, but several offices only if all their rows are sorted: so the
/// page is put together from the first rows of each.
async fn of_offices(
    db: &impl ConnectionTrait,
    scope: &TenantScope,
    filter: &Filter,
    after: Option<&Place>,
    (offices, limit): (&[OfficeId], u64),
) -> Result<Vec<QueryResult>, StoreError> {
    let (conditions, mut values) = conditions(scope, filter, after);
    let of_office = |key: &str| {
        format!(
            "SELECT audit.* FROM audit WHERE audit.office_id = {key} AND {conditions}
             ORDER BY audit.at DESC, audit.sequence DESC LIMIT {limit}"
        )
    };
    let offices: Vec<Uuid> = offices.iter().map(|office| office.as_uuid()).collect();
    let parts = if db.get_database_backend() == DbBackend::Postgres {
        values.push(offices.into());
        let keys = format!("unnest(${}::uuid[]) AS asked (id)", values.len());
        format!("(SELECT part.* FROM {keys} CROSS JOIN LATERAL ({}) AS part) AS found", of_office("asked.id"))
    } else {
        let mut parts = Vec::new();
        for office in padded(offices) {
            values.push(office.into());
            parts.push(format!("SELECT * FROM ({}) AS part", of_office(&format!("${}", values.len()))));
        }
        format!("({}) AS found", parts.join(" UNION ALL "))
    };
    let text = format!(
        "SELECT found.* FROM {parts} ORDER BY found.at DESC, found.office_id DESC, found.sequence DESC LIMIT {limit}"
    );
    sql::rows(db, &text, values).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Actor, audit};
    use kernel::OrganisationId;

    #[tokio::test]
    async fn the_trails_of_many_offices_are_one_list_in_pages() {
        let folder = tempfile::tempdir().unwrap();
        let store = crate::tests::store(&folder, "trails.db").await;
        let organisation_id = OrganisationId::from_u128(1);
        let offices: Vec<OfficeId> = (1..=600).map(OfficeId::from_u128).collect();
        // Of the first part of the offices, of the last one, and of one that nobody reads.
        for (number, office) in [1, 600, 2, 700, 1].into_iter().enumerate() {
            let tx = store.system(Actor::system()).await.unwrap();
            let id = Uuid::from_u128(number as u128);
            let subject = audit::Subject {
                resource: "test",
                id,
                organisation_id,
                office_id: OfficeId::from_u128(office),
            };
            tx.audit_created("test.create", subject, &number.to_string()).await.unwrap();
            tx.commit().await.unwrap();
        }
        let own = OfficeId::from_u128(1);
        let scope = TenantScope::Offices { organisation_id, office_id: own, office_ids: offices };
        let db = store.read(&scope).await.unwrap();
        let (filter, mut after, mut found) = (Filter::default(), None, Vec::new());
        loop {
            let page = list(&scope, &db, &filter, after.as_ref(), 1).await.unwrap();
            let Some(row) = page.into_iter().next() else { break };
            after = Some(Place::of(&row));
            found.push(row.resource_id.as_u128());
        }
        assert_eq!(found, [4, 2, 1, 0]);
        let one = Filter { resource_id: Some(Uuid::from_u128(1)), ..Filter::default() };
        assert_eq!(list(&scope, &db, &one, None, 10).await.unwrap().len(), 1);
        let foreign = Filter { office_id: Some(OfficeId::from_u128(700)), ..Filter::default() };
        assert!(list(&scope, &db, &foreign, None, 10).await.unwrap().is_empty());
    }
}
