//! OAuth 2.1: authorisation code with PKCE, client credentials, rotating refresh tokens.

pub(crate) mod api;
pub(crate) mod grant;
mod rows;
pub(crate) mod store;
pub(crate) mod sweep;

#[cfg(test)]
mod tests;

pub(crate) use crate::{
    key::ACCESS_TOKEN_LIFETIME,
    session::{ending, revocation},
};
use chrono::TimeDelta;

/// How long an authorisation code holds.
pub(crate) const CODE_LIFETIME: TimeDelta = TimeDelta::seconds(60);
/// How long a refresh token holds unused.
pub(crate) const REFRESH_TOKEN_LIFETIME: TimeDelta = TimeDelta::days(14);
/// Two requests of one browser may refresh at the same time; within this time that is no theft, and gives both the same.
pub(crate) const REUSE_LEEWAY: TimeDelta = TimeDelta::seconds(10);
/// The portal: our own public client, which has no secret and must use PKCE.
pub(crate) const PORTAL: &str = "portal";
