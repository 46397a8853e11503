//! Minutes of a meeting: the text of each item, who drafted and who signed them, and the document that was signed.

pub(crate) mod api;
pub(crate) mod compose;
pub(crate) mod sign;
pub(crate) mod store;

#[cfg(test)]
mod compose_tests;
