//! Records of an organisation that all of its staff read, whichever office wrote them, and nobody else.

use ::store::{StoreError, TenantScope, params, sql};
use sea_orm::{ConnectionTrait, FromQueryResult, Value};

/// Whether a scope is that of an organisation's staff: no donor's and not the public's.
pub(crate) const fn is_staff(scope: &TenantScope) -> bool {
    match scope {
        TenantScope::Offices { .. } | TenantScope::Organisation { .. } => true,
        TenantScope::Donor { .. } | TenantScope::Public { .. } => false,
    }
}

/// The rows of a table that a scope reads and that meet conditions with a value (`state =`), newest first.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn newest<T: FromQueryResult>(
    db: &impl ConnectionTrait,
    scope: &TenantScope,
    table: &str,
    conditions: &[(&str, Option<Value>)],
    limit: u64,
) -> Result<Vec<T>, StoreError> {
    if !is_staff(scope) {
        return Ok(Vec::new());
    }
    let mut values = params![scope.organisation_id()];
    let mut text = format!("SELECT * FROM {table} WHERE organisation_id = $1");
    for (condition, value) in conditions {
        if let Some(value) = value {
            values.push(value.clone());
            text.push_str(&format!(" AND {condition} ${}", values.len()));
        }
    }
    text.push_str(&format!(" ORDER BY id DESC LIMIT {limit}"));
    sql::all(db, &text, values).await
}

/// The row of a table with an id, if a scope reads it.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn find<T: FromQueryResult>(
    db: &impl ConnectionTrait,
    scope: &TenantScope,
    table: &str,
    id: impl Into<Value>,
) -> Result<Option<T>, StoreError> {
    if !is_staff(scope) {
        return Ok(None);
    }
    let text = format!("SELECT * FROM {table} WHERE id = $1 AND organisation_id = $2");
    let values: Vec<Value> = vec![id.into(), scope.organisation_id().into()];
    Ok(sql::all(db, &text, values).await?.pop())
}
