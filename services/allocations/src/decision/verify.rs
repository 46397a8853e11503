//! Whether the decisions are those that were written.

use super::store::Model;
use ::store::{StoreError, params, sql};
use kernel::DecisionId;
use sea_orm::ConnectionTrait;

/// Decisions read at once.
const PAGE_SIZE: usize = 500;

/// The first decision whose content is not what was hashed when it was taken; none when all are as they were. `db` reads
/// as the platform.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn first_broken(db: &impl ConnectionTrait) -> Result<Option<DecisionId>, StoreError> {
    let text = format!("SELECT * FROM decision WHERE id > $1 ORDER BY id LIMIT {PAGE_SIZE}");
    let mut last = DecisionId::nil();
    loop {
        let page: Vec<Model> = sql::all(db, &text, params![last]).await?;
        if let Some(broken) = page.iter().find(|decision| !decision.is_intact()) {
            return Ok(Some(broken.id));
        }
        match page.last() {
            Some(read) if page.len() == PAGE_SIZE => last = read.id,
            Some(_) | None => return Ok(None),
        }
    }
}
