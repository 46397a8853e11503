//! Tests of the platform as a whole, seen from outside, and of the workspace's shape.
#![expect(clippy::unwrap_used, reason = "a test that finds nothing where something must be has failed")]

mod agreements;
mod architecture;
mod audit;
mod contacts;
mod contributions;
mod deployments;
mod diversification;
mod documents;
mod entrance;
mod exports;
mod figures;
mod iati;
mod imports;
mod imports_checked;
mod imports_of_donors;
mod imports_of_tables;
mod inputs;
mod journey;
mod kafka;
mod linking;
mod lists;
mod matrix;
mod operations;
mod ours;
mod pages;
mod plans;
mod rebuild;
mod registry;
mod revocation;
mod sign_in;
mod sign_in_under_attack;
mod statement;
mod subjects;
mod traces;
mod uploads_of_fts;
