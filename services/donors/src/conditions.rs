//! Conditions of a query on rows that belong to an office and concern a donor: the scope first, then the filters.

use ::store::Scope;
use sea_orm::Value;

/// Conditions under construction, with their values.
pub(crate) struct Conditions {
    text: String,
    values: Vec<Value>,
}

impl Conditions {
    /// What a scope reads of the rows of `table`, which has the columns organisation_id, office_id, donor_id and
    /// visibility: staff those of their offices, a representative its donor's that are shown to it.
    pub(crate) fn of(scope: &Scope, table: &str) -> Self {
        let mut conditions = Self { text: "true".to_owned(), values: Vec::new() };
        conditions.and(&format!("{table}.organisation_id = ?"), scope.organisation_id().unwrap_or_default());
        match scope {
            Scope::Offices { office_ids, .. } => {
                let ids = office_ids.iter().map(|id| (*id).into());
                let listed = ::store::sql::members(&mut conditions.values, ids);
                conditions.text.push_str(&format!(" AND {table}.office_id IN ({listed})"));
            }
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

    /// One more without a value.
    pub(crate) fn and_also(&mut self, condition: &str) {
        self.text.push_str(&format!(" AND {condition}"));
    }

    /// The text for after WHERE, and the values it names.
    pub(crate) fn end(self) -> (String, Vec<Value>) {
        (self.text, self.values)
    }
}
