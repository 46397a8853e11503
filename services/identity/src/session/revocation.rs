//! Sessions ended before their access tokens ran out: kept here, copied to where gateways look (`cache::Revocations`).

use crate::key::ACCESS_TOKEN_LIFETIME;
use ::store::{Actor, Store, StoreError, Transaction, insert_new, params, sql};
use actix_web::{http::StatusCode, web::Data};
use cache::{RENEWAL_INTERVAL, Revocations};
use service::{ApiResult, Context, Id, Job, response};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Where gateways ask when the copy may not be complete.
pub(crate) const PATH: &str = "/internal/sessions/{id}";

/// How long a revocation matters: no access token of the session lives longer.
pub(crate) fn life() -> Duration {
    ACCESS_TOKEN_LIFETIME.to_std().unwrap_or_default()
}

/// A row of `revocation`.
mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "revocation")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub session_id: Uuid,
        pub expires_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Notes, in the transaction that ends it, that a session is over.
pub(crate) async fn note(tx: &Transaction, session: Uuid) -> Result<(), StoreError> {
    note_all(tx, &[session]).await
}

/// [`note`] for several sessions.
pub(super) async fn note_all(tx: &Transaction, sessions: &[Uuid]) -> Result<(), StoreError> {
    let expires_at = tx.now() + ACCESS_TOKEN_LIFETIME;
    let rows = sessions.iter().map(|session| row::Model { session_id: *session, expires_at });
    insert_new(tx.db(), &rows.collect::<Vec<_>>()).await?;
    Ok(())
}

/// Keeps the copy complete.
pub(crate) fn worker(context: &Context, revocations: &Revocations) -> Job {
    let (store, revocations) = (context.store.clone(), revocations.clone());
    service::worker("identity.revocations", RENEWAL_INTERVAL, move || {
        let (store, revocations) = (store.clone(), revocations.clone());
        async move { renew(&store, &revocations).await.map(|()| false) }
    })
}

async fn renew(store: &Store, revocations: &Revocations) -> Result<(), StoreError> {
    let (read_at, now) = (Instant::now(), store.clock().now());
    let db = store.system_read().await?;
    let rows = sql::rows(&db, "SELECT session_id, expires_at FROM revocation", vec![]).await?;
    drop(db);
    let (mut live, mut over) = (Vec::new(), false);
    for row in &rows {
        let expires_at: chrono::DateTime<chrono::Utc> = row.try_get_by_index(1)?;
        match (expires_at - now).to_std() {
            Ok(left) => live.push((row.try_get_by_index(0)?, left)),
            Err(_) => over = true,
        }
    }
    // An unavailable cache has logged it; the lease expires.
    let _ = revocations.complete(&live, read_at).await;
    if over {
        let tx = store.system(Actor::system()).await?;
        sql::execute(tx.db(), "DELETE FROM revocation WHERE expires_at < $1", params![now]).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Whether a session is revoked, from the truth.
pub(crate) async fn ask(context: Data<Context>, id: Id<Uuid>) -> ApiResult {
    let db = context.store.system_read().await?;
    let row = sql::row(&db, "SELECT 1 FROM revocation WHERE session_id = $1", params![id.0]).await?;
    response::json(StatusCode::OK, &[("cache-control", "no-store".into())], &row.is_some())
}
