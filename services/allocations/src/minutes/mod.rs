//! Minutes of a meeting: the text of each item, who drafted and who signed them, and the document that was signed.

pub(crate) mod api;
mod collect;
mod compose;
mod optimum;
pub(crate) mod sign;
pub(crate) mod store;
mod translations;
mod words;

#[cfg(test)]
mod compose_tests;
