use auth::Failure;
use kernel::{Code, Problem};
use sea_orm::{DbErr, SqlErr};

/// The database or the bus did not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused or is away.
    #[error("the database cannot be used")]
    Database(#[from] DbErr),
    /// The bus refused or is away.
    #[error("the bus cannot be used")]
    Bus(#[from] bus::BusError),
    /// A stored document cannot be read or written.
    #[error("a stored document cannot be read")]
    Document(#[from] serde_json::Error),
    /// A stored value breaks a promise of the code that wrote it.
    #[error("stored data is damaged: {0}")]
    Damaged(String),
}

impl StoreError {
    /// Whether a row of the same key is there already.
    pub fn is_duplicate(&self) -> bool {
        matches!(self.constraint(), Some(SqlErr::UniqueConstraintViolation(_)))
    }

    /// Whether the data itself is at fault, so that trying again cannot help.
    pub fn is_permanent(&self) -> bool {
        match self {
            StoreError::Database(_) => self.constraint().is_some(),
            StoreError::Bus(_) => false,
            StoreError::Document(_) | StoreError::Damaged(_) => true,
        }
    }

    fn constraint(&self) -> Option<SqlErr> {
        match self {
            StoreError::Database(error) => error.sql_err(),
            StoreError::Bus(_) | StoreError::Document(_) | StoreError::Damaged(_) => None,
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let failure = Failure::internal(&error);
        #[expect(clippy::wildcard_enum_match_arm, reason = "the enum is the library's and non-exhaustive")]
        match error {
            StoreError::Database(DbErr::Conn(_) | DbErr::ConnectionAcquire(_)) => {
                Problem::new(Code::Unavailable).into()
            }
            _ => failure,
        }
    }
}
