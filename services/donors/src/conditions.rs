//! Conditions of a query on rows that belong to an office and concern a donor: the scope first, then the filters.

use ::store::{Scope, StoreError, sql, values};
use sea_orm::{ConnectionTrait, QueryResult, Value};
use uuid::Uuid;

/// Most offices (or offices and values) that a page is put together from one by one.
const MOST_PARTS: usize = 256;

/// Conditions under construction, with their values.
pub(crate) struct Conditions {
    table: String,
    text: String,
    values: Vec<Value>,
    /// The offices whose rows are meant; none for a donor's representative and the public.
    offices: Option<Vec<Uuid>>,
    /// Whether the filters alone leave few rows, by an index of their own.
    selective: bool,
}

/// What a list reads, and in which order.
pub(crate) struct Listed<'a> {
    /// `SELECT … FROM …` with the joins.
    pub(crate) select: &'a str,
    /// The table and its alias.
    pub(crate) from: &'a str,
    /// The columns it is sorted by. When the id is the last of them, an index begins with the office and goes on with
    /// them; otherwise one that begins with the organisation does.
    pub(crate) order: &'a [&'a str],
    pub(crate) descending: bool,
    pub(crate) limit: u64,
}

impl Conditions {
    /// What a scope reads of the rows of `table`, which has the columns organisation_id, office_id, donor_id and
    /// visibility: staff those of their offices, a representative its donor's that are shown to it.
    pub(crate) fn of(scope: &Scope, table: &str) -> Self {
        let mut conditions = Self {
            table: table.to_owned(),
            text: "true".to_owned(),
            values: Vec::new(),
            offices: None,
            selective: false,
        };
        conditions.and(&format!("{table}.organisation_id = ?"), scope.organisation_id().unwrap_or_default());
        match scope {
            Scope::Offices { office_ids, .. } => conditions.offices = Some(office_ids.clone()),
            Scope::Donor { donor_id, .. } => {
                conditions.and(&format!("{table}.donor_id = ?"), *donor_id);
                conditions.text.push_str(&format!(" AND {table}.visibility IN ('donor', 'public')"));
            }
            Scope::Public { .. } => {
                conditions.text.push_str(&format!(" AND {table}.visibility = 'public'"));
            }
            Scope::System => conditions.text.push_str(" AND false"),
        }
        conditions
    }

    /// One more; every `?` in it is the value.
    pub(crate) fn and(&mut self, condition: &str, value: impl Into<Value>) {
        self.values.push(value.into());
        let condition = condition.replace('?', &format!("${}", self.values.len()));
        self.text.push_str(&format!(" AND {condition}"));
    }

    /// One more of two values, `?1` and `?2`: what comes after a row in an order by two columns.
    pub(crate) fn and_both(&mut self, condition: &str, first: impl Into<Value>, second: impl Into<Value>) {
        self.values.extend([first.into(), second.into()]);
        let count = self.values.len();
        let condition =
            condition.replace("?1", &format!("${}", count - 1)).replace("?2", &format!("${count}"));
        self.text.push_str(&format!(" AND {condition}"));
    }

    /// One more, when there is a value.
    pub(crate) fn and_some(&mut self, condition: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.and(condition, value);
        }
    }

    /// One more, when there is a value, that leaves few rows and has an index of its own.
    pub(crate) fn and_few(&mut self, condition: &str, value: Option<impl Into<Value>>) {
        self.selective |= value.is_some();
        self.and_some(condition, value);
    }

    /// One more without a value.
    pub(crate) fn and_also(&mut self, condition: &str) {
        self.text.push_str(&format!(" AND {condition}"));
    }

    /// Only the rows of these offices.
    pub(crate) fn within(&mut self, wanted: &[Uuid]) {
        match &mut self.offices {
            Some(offices) => offices.retain(|office| wanted.contains(office)),
            None => {
                let ids = wanted.iter().map(|id| (*id).into());
                let listed = sql::members(&mut self.values, ids);
                self.text.push_str(&format!(" AND {}.office_id IN ({listed})", self.table));
            }
        }
    }

    /// The text for after WHERE, and the values it names.
    pub(crate) fn end(mut self) -> (String, Vec<Value>) {
        if let Some(offices) = self.offices.take() {
            self.within(&offices);
        }
        (self.text, self.values)
    }

    /// The first rows of a list.
    ///
    /// One index serves an office in the order of the list, but several offices only if all their rows are sorted. So
    /// the page of several offices is put together from the first rows of each.
    pub(crate) async fn rows(
        self,
        db: &impl ConnectionTrait,
        listed: &Listed<'_>,
    ) -> Result<Vec<QueryResult>, StoreError> {
        self.rows_by(db, listed, None).await
    }

    /// The same of rows whose `column`, a list such as `,TCD,SDN,`, holds a member. Few lists differ from each other:
    /// those that hold it are looked up in the index of office, column and id, and the page is put together from the first
    /// rows of each.
    pub(crate) async fn rows_holding(
        mut self,
        db: &impl ConnectionTrait,
        listed: &Listed<'_>,
        column: &str,
        member: &str,
    ) -> Result<Vec<QueryResult>, StoreError> {
        let lists = match &self.offices {
            Some(offices) if !self.selective && offices.len() <= MOST_PARTS => {
                Some(lists(db, listed.from, offices, column, member).await?)
            }
            _ => None,
        };
        match lists.filter(|lists| lists.len() <= MOST_PARTS) {
            Some(lists) => self.rows_by(db, listed, Some((column, lists))).await,
            None => {
                self.and(&format!("{}.{column} LIKE ?", self.table), format!("%,{member},%"));
                self.rows_by(db, listed, None).await
            }
        }
    }

    async fn rows_by(
        mut self,
        db: &impl ConnectionTrait,
        listed: &Listed<'_>,
        lists: Option<(&str, Vec<(Uuid, String)>)>,
    ) -> Result<Vec<QueryResult>, StoreError> {
        let Listed { select, from, order, descending, limit } = listed;
        let (table, direction) = (self.table.clone(), if *descending { " DESC" } else { "" });
        let sorted = |prefix: &str| {
            let columns: Vec<String> =
                order.iter().map(|column| format!("{prefix}{column}{direction}")).collect();
            columns.join(", ")
        };
        let own = sorted(&format!("{table}."));
        let several = |offices: &Vec<Uuid>| (2..=MOST_PARTS).contains(&offices.len());
        let by_office = !self.selective && order.last() == Some(&"id");
        let apart = by_office && self.offices.as_ref().is_some_and(several);
        if lists.is_none() && !apart {
            let (conditions, values) = self.end();
            let text = format!("{select} WHERE {conditions} ORDER BY {own} LIMIT {limit}");
            return sql::rows(db, &text, values).await;
        }
        let names: Vec<String> = order.iter().map(|column| format!("{table}.{column}")).collect();
        let names = names.join(", ");
        let mut parts = Vec::new();
        let mut part = |condition: &str| {
            parts.push(format!(
                "SELECT {} FROM (SELECT {names} FROM {from} WHERE {condition} AND {} ORDER BY {own} LIMIT {limit}) AS part",
                order.join(", "),
                self.text
            ));
        };
        match lists {
            Some((column, lists)) => {
                for (office, list) in padded(lists) {
                    self.values.extend(values![office, list]);
                    let at = self.values.len();
                    part(&format!("{table}.office_id = ${} AND {table}.{column} = ${at}", at - 1));
                }
            }
            None => {
                for office in padded(self.offices.take().unwrap_or_default()) {
                    self.values.push(office.into());
                    part(&format!("{table}.office_id = ${}", self.values.len()));
                }
            }
        }
        if parts.is_empty() {
            return Ok(Vec::new());
        }
        let text = format!(
            "SELECT id FROM ({}) AS parts ORDER BY {} LIMIT {limit}",
            parts.join(" UNION ALL "),
            sorted("")
        );
        let mut ids = Vec::new();
        for row in sql::rows(db, &text, self.values).await? {
            ids.push(Value::from(row.try_get_by_index::<Uuid>(0)?));
        }
        // By the key alone: an index that begins with the organisation would be searched from end to end.
        let mut parameters = Vec::new();
        let ids = sql::members(&mut parameters, ids);
        let text = format!("{select} WHERE {table}.id IN ({ids}) ORDER BY {own}");
        sql::rows(db, &text, parameters).await
    }
}

/// Up to a power of two with what finds nothing, so that databases meet (and keep) a dozen shapes of the statement.
fn padded<T: Default + Clone>(mut parts: Vec<T>) -> Vec<T> {
    if !parts.is_empty() {
        parts.resize(parts.len().next_power_of_two(), T::default());
    }
    parts
}

/// Which lists with a member stand in a column, office by office; more than [`MOST_PARTS`] when there are more.
async fn lists(
    db: &impl ConnectionTrait,
    from: &str,
    offices: &[Uuid],
    column: &str,
    member: &str,
) -> Result<Vec<(Uuid, String)>, StoreError> {
    let table = from.split(' ').next().unwrap_or_default();
    let mut values = values![format!("%,{member},%")];
    let mut asked = Vec::new();
    for office in padded(offices.to_vec()) {
        values.push(office.into());
        asked.push(format!("SELECT ${} AS office_id", values.len()));
    }
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    // From one value to the next in the index: as many steps as there are values, however many rows have them.
    let text = format!(
        "WITH RECURSIVE asked AS ({}), known (office_id, list) AS (
           SELECT asked.office_id, (SELECT min(t.{column}) FROM {table} t WHERE t.office_id = asked.office_id) FROM asked
           UNION ALL
           SELECT known.office_id,
             (SELECT min(t.{column}) FROM {table} t WHERE t.office_id = known.office_id AND t.{column} > known.list)
           FROM known WHERE known.list IS NOT NULL)
         SELECT office_id, list FROM known WHERE list LIKE $1 LIMIT {}",
        asked.join(" UNION ALL "),
        MOST_PARTS + 1
    );
    let rows = sql::rows(db, &text, values).await?;
    rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
}

#[cfg(test)]
mod tests;
