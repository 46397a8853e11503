//! Tests of the platform as a whole, seen from outside, and of the workspace's shape.

mod architecture;
mod documents;
mod imports;
mod inputs;
mod journey;
mod matrix;
mod pages;
mod sign_in;
