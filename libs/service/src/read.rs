use crate::Context;
use auth::{ApiError, Claims};
use kernel::{Code, Problem, Reason};
use store::{Snapshot, TenantScope};

/// Answers a question about what the caller may read: it sees one state of the data, through the one connection that a
/// request holds.
///
/// # Errors
/// 503 when the database is unavailable, and what `ask` refuses.
pub async fn read<T>(
    context: &Context,
    claims: &Claims,
    ask: impl AsyncFnOnce(&Snapshot, &TenantScope) -> Result<T, ApiError>,
) -> Result<T, ApiError> {
    let (db, scope) = context.store.read_for(claims).await?;
    ask(&db, &scope).await
}

/// [`read`] for everyone: what the deployment's public organisation shows.
///
/// # Errors
/// 404 while there is no organisation, 503 when the database is unavailable, and what `ask` refuses.
pub async fn read_public<T>(
    context: &Context,
    ask: impl AsyncFnOnce(&Snapshot, &TenantScope) -> Result<T, ApiError>,
) -> Result<T, ApiError> {
    let nobody = || {
        let why = "this deployment has no organisation yet";
        Problem::new(Code::NotFound).because(Reason::NoOrganisation, why)
    };
    let (db, scope) = context.store.read_public().await?.ok_or_else(nobody)?;
    ask(&db, &scope).await
}

/// A later page of a list that one request asked for: what the caller may read was decided with the first.
///
/// # Errors
/// As [`read`].
pub async fn read_within<T>(
    context: &Context,
    scope: &TenantScope,
    ask: impl AsyncFnOnce(&Snapshot) -> Result<T, ApiError>,
) -> Result<T, ApiError> {
    let db = context.store.read(scope).await?;
    ask(&db).await
}
