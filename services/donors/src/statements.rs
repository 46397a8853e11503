//! Counts the statements that the store sends, for tests of what must not grow with the data.

use ::store::sql;

/// Counts from now on, on this thread.
pub(crate) struct Statements {
    before: usize,
}

impl Statements {
    pub(crate) fn count() -> Self {
        Self { before: sql::sent() }
    }

    pub(crate) fn sent(&self) -> usize {
        sql::sent() - self.before
    }
}
