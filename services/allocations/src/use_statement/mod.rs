//! What a donor's unearmarked money did, as a document to keep: PDF in three languages.

pub(crate) mod api;
mod compose;
mod words;

#[cfg(test)]
mod compose_tests;
