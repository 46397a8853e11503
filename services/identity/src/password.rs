//! Passwords: argon2id, in a bounded number of threads.

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use auth::Failure;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Hashes at once: each takes 19 MiB and a core.
const AT_ONCE: usize = 2;
/// OWASP password storage cheat sheet: argon2id, 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;

/// The shortest password.
pub(crate) const SHORTEST: usize = 12;
/// The longest password.
pub(crate) const LONGEST: usize = 128;

/// Hashes and checks passwords.
pub struct Passwords {
    permits: Semaphore,
    /// Checked when there is no such person, so that an unknown address takes as long as a known one.
    decoy: String,
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// A password could not be hashed.
#[derive(Debug, thiserror::Error)]
#[error("the password cannot be hashed: {0}")]
pub struct HashError(String);

fn hash(password: &str) -> Result<String, HashError> {
    let hash = argon2().hash_password(password.as_bytes()).map_err(|error| HashError(error.to_string()))?;
    Ok(hash.to_string())
}

impl Passwords {
    /// Ready to hash.
    pub fn new() -> Arc<Self> {
        Arc::new(Self { permits: Semaphore::new(AT_ONCE), decoy: hash("nobody has this password").unwrap_or_default() })
    }

    /// The hash to keep.
    ///
    /// # Errors
    /// 500 when hashing fails.
    pub async fn hash(&self, password: String) -> Result<String, Failure> {
        let _permit = self.permits.acquire().await.map_err(|error| Failure::internal(&error))?;
        let hashed = tokio::task::spawn_blocking(move || hash(&password)).await;
        hashed.map_err(|error| Failure::internal(&error))?.map_err(|error| Failure::internal(&error))
    }

    /// Whether `password` is the one behind `hash`; with no hash it takes as long, and it is not.
    ///
    /// # Errors
    /// 500 when the check itself fails.
    pub async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, Failure> {
        let _permit = self.permits.acquire().await.map_err(|error| Failure::internal(&error))?;
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.decoy.clone());
        let verified = tokio::task::spawn_blocking(move || {
            let parsed = PasswordHash::new(&hash).ok()?;
            argon2().verify_password(password.as_bytes(), &parsed).ok()
        });
        let verified = verified.await.map_err(|error| Failure::internal(&error))?;
        Ok(known && verified.is_some())
    }
}
