//! Passwords: argon2id, one at a time.

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use auth::Failure;
use std::sync::{Arc, mpsc};
use tokio::sync::oneshot;

/// OWASP password storage cheat sheet: argon2id, 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;

/// The shortest password.
pub(crate) const SHORTEST: usize = 12;
/// The longest password.
pub(crate) const LONGEST: usize = 128;

type Work = Box<dyn FnOnce() + Send>;

/// Hashes and checks passwords in one thread of its own: the 19 MiB that each takes are the same ones every time.
pub struct Passwords {
    work: mpsc::Sender<Work>,
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
        let (work, waiting) = mpsc::channel::<Work>();
        // It ends when the last sender is gone.
        std::thread::spawn(move || waiting.iter().for_each(|work| work()));
        Arc::new(Self { work, decoy: hash("nobody has this password").unwrap_or_default() })
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
        let (done, result) = oneshot::channel();
        let work = Box::new(move || {
            let _ = done.send(work());
        });
        let gone = |_| Failure::internal(&HashError("the thread is gone".to_owned()));
        self.work.send(work).map_err(|_| Failure::internal(&HashError("the thread is gone".to_owned())))?;
        result.await.map_err(gone)
    }

    /// The hash to keep.
    ///
    /// # Errors
    /// 500 when hashing fails.
    pub async fn hash(&self, password: String) -> Result<String, Failure> {
        self.run(move || hash(&password)).await?.map_err(|error| Failure::internal(&error))
    }

    /// Whether `password` is the one behind `hash`; with no hash it takes as long, and it is not.
    ///
    /// # Errors
    /// 500 when the check itself fails.
    pub async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, Failure> {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.decoy.clone());
        let matches = self.run(move || {
            let parsed = PasswordHash::new(&hash).ok()?;
            argon2().verify_password(password.as_bytes(), &parsed).ok()
        });
        Ok(matches.await?.is_some() && known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_verified_against_its_own_hash_only() {
        let passwords = Passwords::new();
        let hash = passwords.hash("three little words".to_owned()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(passwords.verify("three little words".to_owned(), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify("three little wordz".to_owned(), Some(hash)).await.unwrap());
        assert!(!passwords.verify("nobody has this password".to_owned(), None).await.unwrap());
    }
}
