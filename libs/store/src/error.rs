use crate::seal::SealError;
use auth::ApiError;
use kernel::{Code, FieldCode, Problem, Reason};
use sea_orm::{DbErr, RuntimeErr, SqlErr, SqlxError};
use std::borrow::Cow;

/// The database or the bus did not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused or is unavailable.
    #[error("the database cannot be used")]
    Database(#[from] DbErr),
    /// The bus refused or is unavailable.
    #[error("the bus cannot be used")]
    Bus(#[from] bus::BusError),
    /// A stored document cannot be read or written.
    #[error("a stored document cannot be read")]
    Document(#[from] serde_json::Error),
    /// A stored value breaks a promise of the code that wrote it.
    #[error("stored data is damaged: {0}")]
    Damaged(String),
    /// A request that holds a connection asked for a second one.
    #[error("a request asked for a second connection while it holds one")]
    SecondConnection,
    /// What another service has to tell first has not arrived here; it will.
    #[error("not known here yet: {0}")]
    NotYetKnown(String),
    /// Personal data cannot be sealed or opened.
    #[error("personal data cannot be used")]
    Sealed(#[from] SealError),
    /// The tables have been through migrations that this program does not know.
    #[error(
        "the data are of a newer version of Passerelle (migration {0} is not known to this one): start that version, \
         or restore the copy that was made before the upgrade"
    )]
    Newer(String),
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
            StoreError::Bus(_) | StoreError::SecondConnection | StoreError::NotYetKnown(_) => false,
            StoreError::Sealed(error) => *error == SealError::Damaged,
            StoreError::Document(_) | StoreError::Damaged(_) | StoreError::Newer(_) => true,
        }
    }

    /// Whether the database is unavailable, full, or asks for a retry: nothing is wrong with the request.
    pub fn is_unavailable(&self) -> bool {
        #[expect(clippy::wildcard_enum_match_arm, reason = "the enums are the library's and non-exhaustive")]
        match self {
            StoreError::Database(DbErr::Conn(_) | DbErr::ConnectionAcquire(_))
            | StoreError::NotYetKnown(_) => true,
            StoreError::Database(
                DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error)),
            ) => is_unavailable(error),
            _ => false,
        }
    }

    /// Whether the database's disk is full: reads continue, writes do not.
    pub fn is_full(&self) -> bool {
        self.database_code()
            .is_some_and(|code| code == POSTGRES_FULL || sqlite::primary_code(&code) == Some(SQLITE_FULL))
    }

    /// Whether a text holds a character that PostgreSQL cannot keep (NUL). SQLite keeps it.
    fn is_unkeepable(&self) -> bool {
        self.database_code().is_some_and(|code| code == POSTGRES_UNTRANSLATABLE)
    }

    /// The database's own code of the error.
    fn database_code(&self) -> Option<Cow<'_, str>> {
        #[expect(clippy::wildcard_enum_match_arm, reason = "the enums are the library's and non-exhaustive")]
        match self {
            StoreError::Database(
                DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error)),
            ) => error.as_database_error().and_then(|error| error.code()),
            _ => None,
        }
    }

    fn constraint(&self) -> Option<SqlErr> {
        match self {
            StoreError::Database(error) => error.sql_err(),
            StoreError::Bus(_)
            | StoreError::SecondConnection
            | StoreError::Document(_)
            | StoreError::Damaged(_)
            | StoreError::NotYetKnown(_)
            | StoreError::Sealed(_)
            | StoreError::Newer(_) => None,
        }
    }
}

/// PostgreSQL's `disk_full`.
const POSTGRES_FULL: &str = "53100";
/// PostgreSQL's `character_not_in_repertoire`.
const POSTGRES_UNTRANSLATABLE: &str = "22021";
/// SQLite's `SQLITE_FULL`.
const SQLITE_FULL: u32 = 13;
/// SQLite's "not now": busy, out of memory, input/output, full.
const SQLITE_UNAVAILABLE: [u32; 4] = [5, 7, 10, SQLITE_FULL];

/// PostgreSQL's classes of "not now" (its manual, appendix A): 08 connection, 40 transaction rollback, 53 resources,
/// 57 operator intervention; SQLite's [`SQLITE_UNAVAILABLE`].
fn is_unavailable(error: &SqlxError) -> bool {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the enum is the library's and non-exhaustive")]
    match error {
        SqlxError::Io(_)
        | SqlxError::Tls(_)
        | SqlxError::Protocol(_)
        | SqlxError::PoolTimedOut
        | SqlxError::PoolClosed
        | SqlxError::WorkerCrashed => true,
        SqlxError::Database(error) => error.code().is_some_and(|code| {
            code.len() == 5 && ["08", "40", "53", "57"].iter().any(|class| code.starts_with(class))
                || sqlite::primary_code(&code).is_some_and(|code| SQLITE_UNAVAILABLE.contains(&code))
        }),
        _ => false,
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        if let StoreError::Sealed(missing @ (SealError::NoKey | SealError::UnknownKey(_))) = &error {
            let problem = Problem::new(Code::Unavailable).because(Reason::KeyMissing, missing.to_string());
            return problem.into();
        }
        if error.is_unkeepable() {
            let why = "a text holds a character that cannot be kept (NUL)";
            return Problem::invalid_field("", FieldCode::HiddenCharacters.says(why)).into();
        }
        let failure = ApiError::internal(&error);
        match error {
            full if full.is_full() => Problem::new(Code::StorageFull).into(),
            away if away.is_unavailable() => Problem::new(Code::Unavailable).into(),
            _ => failure,
        }
    }
}
