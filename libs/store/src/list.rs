//! Conditions of a query on rows that belong to an office and concern a donor: the scope first, then the filters.

use crate::{StoreError, TenantScope, sql};
use kernel::OfficeId;
use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Value};
use uuid::Uuid;

/// Maximum number of offices (or other keys) whose pages are queried one by one and merged.
pub const MAX_PARTS: usize = 256;

/// Conditions under construction, with their values.
pub struct Conditions {
    table: &'static str,
    text: String,
    values: Vec<Value>,
    /// The offices whose rows are meant; none for a donor's representative and the public.
    offices: Option<Vec<OfficeId>>,
    /// Whether the filters alone leave few rows, by an index of their own.
    selective: bool,
    /// A flag that the indexes have before the order of a list, of which rows with either value are meant.
    flag: Option<&'static str>,
}

/// The source and the order of a list.
pub struct Listed<'a> {
    /// `SELECT … FROM …` with the joins.
    pub select: &'a str,
    /// The table and its alias.
    pub from: &'a str,
    /// The columns it is sorted by. When the id is the last of them, an index begins with the office and goes on with
    /// them; otherwise one that begins with the organisation does.
    pub order: &'a [&'a str],
    /// Whether the last comes first.
    pub descending: bool,
    /// Rows at most.
    pub limit: u64,
}

impl Conditions {
    /// What a scope reads of the rows of `table`, which has the columns organisation_id, office_id, donor_id and
    /// visibility: staff those of their offices, a representative its donor's that are shown to it.
    pub fn of(scope: &TenantScope, table: &'static str) -> Self {
        let mut conditions = Self {
            table,
            text: "true".to_owned(),
            values: Vec::new(),
            offices: None,
            selective: false,
            flag: None,
        };
        conditions.and(&format!("{table}.organisation_id = ?"), scope.organisation_id());
        match scope {
            TenantScope::Offices { office_ids, .. } => conditions.offices = Some(office_ids.clone()),
            TenantScope::Donor { donor_id, .. } => {
                conditions.and(&format!("{table}.donor_id = ?"), *donor_id);
                conditions.text.push_str(&format!(" AND {table}.visibility IN ('donor', 'public')"));
            }
            TenantScope::Public { .. } => {
                conditions.text.push_str(&format!(" AND {table}.visibility = 'public'"));
            }
            TenantScope::Organisation { .. } => {}
        }
        conditions
    }

    /// One more; every `?` in it is the value.
    pub fn and(&mut self, condition: &str, value: impl Into<Value>) {
        self.values.push(value.into());
        let condition = condition.replace('?', &format!("${}", self.values.len()));
        self.text.push_str(&format!(" AND {condition}"));
    }

    /// One more of two values, `?1` and `?2`: what comes after a row in an order by two columns.
    pub fn and_both(&mut self, condition: &str, first: impl Into<Value>, second: impl Into<Value>) {
        self.values.extend([first.into(), second.into()]);
        let count = self.values.len();
        let condition =
            condition.replace("?1", &format!("${}", count - 1)).replace("?2", &format!("${count}"));
        self.text.push_str(&format!(" AND {condition}"));
    }

    /// One more with a short list: `IN (?)`.
    pub fn and_list(&mut self, condition: &str, list: impl IntoIterator<Item = Value>) {
        let listed = sql::bind_list(&mut self.values, list);
        self.text.push_str(&format!(" AND {}", condition.replace('?', &listed)));
    }

    /// One more, when there is a value.
    pub fn and_some(&mut self, condition: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.and(condition, value);
        }
    }

    /// One more, when there is a value, that leaves few rows and has an index of its own.
    pub fn and_few(&mut self, condition: &str, value: Option<impl Into<Value>>) {
        self.selective |= value.is_some();
        self.and_some(condition, value);
    }

    /// One more without a value.
    pub fn and_also(&mut self, condition: &str) {
        self.text.push_str(&format!(" AND {condition}"));
    }

    /// The rows of both values of a flag that the indexes have before the order of a list: the list is put together from
    /// the first rows of each, so that one index serves those who ask for one value and those who ask for both.
    pub fn either(&mut self, flag: &'static str) {
        self.flag = Some(flag);
    }

    /// Only the rows of these offices.
    pub fn within(&mut self, wanted: &[OfficeId]) {
        match &mut self.offices {
            Some(offices) => offices.retain(|office| wanted.contains(office)),
            None => {
                let ids = wanted.iter().map(|id| (*id).into());
                let listed = sql::bind_list(&mut self.values, ids);
                self.text.push_str(&format!(" AND {}.office_id IN ({listed})", self.table));
            }
        }
    }

    /// The text for after WHERE, and the values it names.
    pub fn end(mut self) -> (String, Vec<Value>) {
        if let Some(offices) = self.offices.take() {
            self.within(&offices);
        }
        (self.text, self.values)
    }

    /// The first rows of a list.
    ///
    /// One index serves an office in the order of the list, but several offices only if all their rows are sorted. So
    /// the page of several offices is put together from the first rows of each.
    pub async fn rows(
        self,
        db: &impl ConnectionTrait,
        listed: &Listed<'_>,
    ) -> Result<Vec<QueryResult>, StoreError> {
        plan_for_values(db).await?;
        let several = self.offices.as_ref().is_some_and(|offices| offices.len() > 1) && self.apart();
        if !(several || self.flag.is_some()) || listed.order.last() != Some(&"id") {
            let Listed { select, order, descending, limit, .. } = listed;
            let own = sorted(&format!("{}.", self.table), order, *descending);
            let (conditions, values) = self.end();
            let text = format!("{select} WHERE {conditions} ORDER BY {own} LIMIT {limit}");
            return sql::rows(db, &text, values).await;
        }
        let own = sorted(&format!("{}.", self.table), listed.order, listed.descending);
        let id = format!("{}.id", self.table);
        let ids =
            if several { self.first(db, listed).await? } else { self.first_of_either(db, listed).await? };
        by_ids(db, listed.select, &id, &own, ids).await
    }

    /// The same of one office, or of rows that are few.
    async fn first_of_either(
        mut self,
        db: &impl ConnectionTrait,
        listed: &Listed<'_>,
    ) -> Result<Vec<Uuid>, StoreError> {
        if let Some(offices) = self.offices.take() {
            self.within(&offices);
        }
        self.parts(db, listed, None).await
    }

    /// Whether a list of these may be put together from the first rows of each office.
    pub fn apart(&self) -> bool {
        !self.selective && self.offices.as_ref().is_some_and(|offices| offices.len() <= MAX_PARTS)
    }

    /// The last column of the order of the first rows of a list, which is put together from those of each office.
    pub async fn first(
        mut self,
        db: &impl ConnectionTrait,
        listed: &Listed<'_>,
    ) -> Result<Vec<Uuid>, StoreError> {
        let offices = self.offices.take().unwrap_or_default();
        let keys = offices.into_iter().map(OfficeId::as_uuid).collect();
        self.parts(db, listed, Some(("office_id", keys))).await
    }

    /// The same of the rows that have one of a few keys in `column`, put together from those of each key: an index begins
    /// with the column and goes on with the order.
    pub async fn first_of(
        mut self,
        db: &impl ConnectionTrait,
        listed: &Listed<'_>,
        column: &str,
        keys: Vec<Uuid>,
    ) -> Result<Vec<Uuid>, StoreError> {
        if let Some(offices) = self.offices.take() {
            self.within(&offices);
        }
        self.parts(db, listed, Some((column, keys))).await
    }

    /// One part for each key and each value of the flag, in the order of the list.
    async fn parts(
        self,
        db: &impl ConnectionTrait,
        listed: &Listed<'_>,
        keys: Option<(&str, Vec<Uuid>)>,
    ) -> Result<Vec<Uuid>, StoreError> {
        let Some((text, values)) = self.of_parts(db.get_database_backend(), listed, keys) else {
            return Ok(Vec::new());
        };
        let rows = sql::rows(db, &text, values).await?;
        rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
    }

    /// The statement of [`Conditions::parts`]; none when nothing is asked for.
    fn of_parts(
        mut self,
        backend: DbBackend,
        listed: &Listed<'_>,
        keys: Option<(&str, Vec<Uuid>)>,
    ) -> Option<(String, Vec<Value>)> {
        let Listed { from, order, descending, limit, .. } = listed;
        let (table, last) = (self.table, order.last()?);
        if keys.as_ref().is_some_and(|(_, keys)| keys.is_empty()) {
            return None;
        }
        let own = sorted(&format!("{table}."), order, *descending);
        let names: Vec<String> = order.iter().map(|column| format!("{table}.{column}")).collect();
        let (names, columns) = (names.join(", "), order.join(", "));
        let flag = self.flag;
        let part = |of_key: &str, value: &str, conditions: &str| {
            let of_flag = flag.map(|flag| format!(" AND {table}.{flag} = {value}")).unwrap_or_default();
            format!(
                "SELECT {names} FROM {from} WHERE {conditions}{of_key}{of_flag} ORDER BY {own} LIMIT {limit}"
            )
        };
        let is_postgres = backend == DbBackend::Postgres;
        let parts = if is_postgres {
            // One part for all keys, which takes no longer to plan for many than for one. But the values of the flag stand in
            // the text: where hardly any row has one of them, the planner has to know.
            let mut asked = String::new();
            let mut of_key = String::new();
            if let Some((column, keys)) = keys {
                self.values.push(keys.into());
                asked = format!("unnest(${}::uuid[]) AS asked (id) CROSS JOIN LATERAL ", self.values.len());
                of_key = format!(" AND {table}.{column} = asked.id");
            }
            let half = |value| part(&of_key, value, &self.text);
            let halves = match flag {
                Some(_) => format!("({}) UNION ALL ({})", half("true"), half("false")),
                None => half(""),
            };
            format!("{asked}({halves}) AS parts")
        } else {
            let of_either = |of_key: &str, conditions: &str| {
                if flag.is_none() {
                    return format!("SELECT {columns} FROM ({}) AS part", part(of_key, "", conditions));
                }
                // One within the other: SQLite takes 500 parts beside each other.
                let half = |value| format!("SELECT {columns} FROM ({})", part(of_key, value, conditions));
                format!("SELECT {columns} FROM ({} UNION ALL {}) AS part", half("true"), half("false"))
            };
            let mut parts = Vec::new();
            match keys {
                None => parts.push(of_either("", &self.text)),
                Some((column, keys)) => {
                    for key in padded(keys) {
                        self.values.push(key.into());
                        let of_key = format!(" AND {table}.{column} = ${}", self.values.len());
                        parts.push(of_either(&of_key, &self.text));
                    }
                }
            }
            format!("({}) AS parts", parts.join(" UNION ALL "))
        };
        // Without the sign SQLite merges the parts, each row in as many steps as there are parts: so it sorts them once.
        let by = sorted(if is_postgres { "parts." } else { "+parts." }, order, *descending);
        Some((format!("SELECT parts.{last} FROM {parts} ORDER BY {by} LIMIT {limit}"), self.values))
    }
}

/// Has PostgreSQL plan what is asked in the rest of this transaction for the values that are asked for. It would keep one
/// plan for all of them; but a filter leaves nearly every row or next to none.
pub async fn plan_for_values(db: &impl ConnectionTrait) -> Result<(), StoreError> {
    if db.get_database_backend() == DbBackend::Postgres {
        db.execute_unprepared("SET LOCAL plan_cache_mode = force_custom_plan").await?;
    }
    Ok(())
}

fn sorted(prefix: &str, order: &[&str], descending: bool) -> String {
    let direction = if descending { " DESC" } else { "" };
    let columns: Vec<String> = order.iter().map(|column| format!("{prefix}{column}{direction}")).collect();
    columns.join(", ")
}

/// Rows by the key alone: an index that begins with the organisation would be searched from end to end.
pub async fn by_ids(
    db: &impl ConnectionTrait,
    select: &str,
    id: &str,
    order: &str,
    ids: Vec<Uuid>,
) -> Result<Vec<QueryResult>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut parameters = Vec::new();
    let ids = sql::bind_list(&mut parameters, ids.into_iter().map(Value::from));
    sql::rows(db, &format!("{select} WHERE {id} IN ({ids}) ORDER BY {order}"), parameters).await
}

/// Up to a power of two with what finds nothing, so that databases meet (and keep) a dozen shapes of the statement.
pub(crate) fn padded<T: Default + Clone>(mut parts: Vec<T>) -> Vec<T> {
    if !parts.is_empty() {
        parts.resize(parts.len().next_power_of_two(), T::default());
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::OrganisationId;

    #[test]
    fn the_planner_knows_which_value_of_the_flag_is_meant() {
        let scope = TenantScope::Organisation { organisation_id: OrganisationId::from_u128(1) };
        let listed = Listed { select: "", from: "office", order: &["id"], descending: true, limit: 8 };
        for keys in [None, Some(("parent_id", vec![Uuid::from_u128(1)]))] {
            let mut conditions = Conditions::of(&scope, "office");
            conditions.either("is_closed");
            let (text, _) = conditions.of_parts(DbBackend::Postgres, &listed, keys).unwrap();
            for half in ["office.is_closed = true", "office.is_closed = false"] {
                assert!(text.contains(half), "{text}");
            }
        }
    }

    #[tokio::test]
    async fn many_parts_are_sorted_once_and_not_merged() {
        let folder = tempfile::tempdir().unwrap();
        let store = crate::tests::store(&folder, "parts.db").await;
        let scope = TenantScope::Organisation { organisation_id: OrganisationId::from_u128(1) };
        let listed = Listed { select: "", from: "office", order: &["id"], descending: true, limit: 8 };
        for flag in [None, Some("is_closed")] {
            let mut conditions = Conditions::of(&scope, "office");
            conditions.flag = flag;
            let keys = (1..=40).map(Uuid::from_u128).collect();
            let asked = conditions.of_parts(DbBackend::Sqlite, &listed, Some(("parent_id", keys)));
            let (text, values) = asked.unwrap();
            let db = store.system_read().await.unwrap();
            let plan = sql::rows(&db, &format!("EXPLAIN QUERY PLAN {text}"), values).await.unwrap();
            let plan: Vec<String> = plan.iter().map(|row| row.try_get("", "detail").unwrap()).collect();
            assert!(plan.iter().all(|step| !step.contains("MERGE")), "{flag:?}: {plan:?}");
        }
    }
}
