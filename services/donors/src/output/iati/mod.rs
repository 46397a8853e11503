//! Publication: the organisation's public agreements, contributions and allocations as an IATI 2.03 activities file,
//! and what the standard's rules find in them before anybody else does.
//!
//! `source` reads the records, `build` makes activities of them, `rules` checks those, `writer` writes them; nothing
//! else knows the form of the file.

pub(crate) mod activity;
mod allocation;
pub(crate) mod build;
mod codes;
pub(crate) mod file;
pub(crate) mod findings;
pub(crate) mod rules;
pub(crate) mod settings;
pub(crate) mod source;
pub(crate) mod writer;

#[cfg(test)]
mod rules_tests;
