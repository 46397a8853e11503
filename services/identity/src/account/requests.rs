//! Requests for links to a new password that nobody has looked at yet. A request leaves the same row for every address, so
//! that its answer and its time tell nothing of accounts; the address is sealed, since it may be anybody's.

use crate::sealed::Sealed;
use ::store::{StoreError, Transaction, insert_models, params, sql};
use sea_orm::{ConnectionTrait, QueryResult};
use uuid::Uuid;

/// What the address is authenticated as.
const ADDRESS: &str = "address";

/// A row of `password_reset_request`.
mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "password_reset_request")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub key_id: String,
        pub subject_key: Vec<u8>,
        /// The address, sealed.
        pub address: Vec<u8>,
        pub created_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Notes a request.
pub(super) async fn add(tx: &Transaction, email: &str) -> Result<(), StoreError> {
    let id = tx.new_uuid();
    let Sealed { key_id, subject_key, text } = Sealed::new(tx.keys()?, id, ADDRESS, email)?;
    let row = row::Model { id, key_id, subject_key, address: text, created_at: tx.now() };
    insert_models(tx.db(), &[row]).await?;
    Ok(())
}

/// Whether any request waits.
pub(super) async fn any(db: &impl ConnectionTrait) -> Result<bool, StoreError> {
    Ok(sql::row(db, "SELECT 1 FROM password_reset_request LIMIT 1", params![]).await?.is_some())
}

/// Takes the oldest request away; its address, if it can be read.
pub(super) async fn take(tx: &Transaction) -> Result<Option<String>, StoreError> {
    let text = "SELECT id, key_id, subject_key, address FROM password_reset_request ORDER BY id LIMIT 1";
    let Some(row) = sql::row(tx.db(), text, params![]).await? else { return Ok(None) };
    let (id, sealed) = read(&row)?;
    sql::execute(tx.db(), "DELETE FROM password_reset_request WHERE id = $1", params![id]).await?;
    match sealed.open(tx.keys()?, id, ADDRESS) {
        Ok(address) => Ok(Some(address)),
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "a request for a new password is lost");
            Ok(None)
        }
    }
}

fn read(row: &QueryResult) -> Result<(Uuid, Sealed), StoreError> {
    let sealed = Sealed {
        key_id: row.try_get_by_index(1)?,
        subject_key: row.try_get_by_index(2)?,
        text: row.try_get_by_index(3)?,
    };
    Ok((row.try_get_by_index(0)?, sealed))
}
