//! Passwords: argon2id, one at a time, in turns by where they come from.

use crate::queue::{Abandonable, Bounds, FairQueue, Full};
use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use auth::ApiError;
use kernel::{Code, FieldCode, Problem, Reason};
use service::Checks;
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};
use tokio::sync::oneshot;
use zeroize::Zeroizing;

/// OWASP password storage cheat sheet: argon2id, 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;

/// Notes a password that is too short or too long.
pub(crate) fn check(checks: &mut Checks, pointer: &str, password: &str) {
    let why = || format!("must have {MIN_LENGTH} to {MAX_LENGTH} characters");
    match password.chars().count() {
        few if few < MIN_LENGTH => {
            checks.refuse(pointer, FieldCode::TooShort.says(why()).with("min", MIN_LENGTH));
        }
        many if many > MAX_LENGTH => {
            checks.refuse(pointer, FieldCode::TooLong.says(why()).with("max", MAX_LENGTH));
        }
        _ => {}
    }
}

/// The shortest password.
pub(crate) const MIN_LENGTH: usize = 12;
/// Maximum length of a password.
pub(crate) const MAX_LENGTH: usize = 128;

/// Hashes and checks passwords in one thread of its own: the 19 MiB that each takes are the same ones every time.
pub(crate) struct Passwords {
    queue: Arc<FairQueue<Work>>,
    /// Checked when there is no such person, so that an unknown address takes as long as a known one.
    decoy: String,
}

/// What is asked of the thread, and where the answer goes.
enum Work {
    Hash(Zeroizing<String>, oneshot::Sender<Result<String, HashError>>),
    Verify(Zeroizing<String>, String, oneshot::Sender<bool>),
}

impl Abandonable for Work {
    fn is_abandoned(&self) -> bool {
        match self {
            Work::Hash(_, done) => done.is_closed(),
            Work::Verify(_, _, done) => done.is_closed(),
        }
    }
}

impl Work {
    fn run(self) {
        match self {
            Work::Hash(password, done) => {
                let _ = done.send(hash(&password));
            }
            Work::Verify(password, hash, done) => {
                let _ = done.send(is_behind(&password, &hash));
            }
        }
    }
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// A password could not be hashed.
#[derive(Debug, thiserror::Error)]
#[error("the password cannot be hashed: {0}")]
struct HashError(String);

fn hash(password: &str) -> Result<String, HashError> {
    let hash = argon2().hash_password(password.as_bytes()).map_err(|error| HashError(error.to_string()))?;
    Ok(hash.to_string())
}

fn is_behind(password: &str, hash: &str) -> bool {
    let parsed = PasswordHash::new(hash).ok();
    parsed.is_some_and(|parsed| argon2().verify_password(password.as_bytes(), &parsed).is_ok())
}

/// More wait than may: quickly said, and soon over.
fn busy() -> ApiError {
    let why = "too many sign-ins wait at the moment";
    ApiError::from(Problem {
        retry_after: Some(2),
        ..Problem::new(Code::Unavailable).because(Reason::Busy, why)
    })
}

impl Passwords {
    /// Ready to hash.
    pub(crate) fn new(bounds: Bounds) -> Self {
        let queue = Arc::new(FairQueue::<Work>::new(bounds));
        let waiting = queue.clone();
        std::thread::spawn(move || {
            while let Some(work) = waiting.pop() {
                // One that panics must not end all others: its requester is told that the queue is busy.
                if catch_unwind(AssertUnwindSafe(|| work.run())).is_err() {
                    tracing::error!("a password check panicked");
                }
            }
        });
        Self { queue, decoy: hash("nobody has this password").unwrap_or_default() }
    }

    fn ask(&self, origin: &str, work: Work) -> Result<(), ApiError> {
        self.queue.push(origin, work).map_err(|Full| {
            metrics::counter!("password_checks_refused_total").increment(1);
            busy()
        })
    }

    /// The hash to keep.
    ///
    /// # Errors
    /// 503 when too many wait, 500 when hashing fails.
    pub(crate) async fn hash(&self, origin: &str, password: String) -> Result<String, ApiError> {
        let (done, result) = oneshot::channel();
        self.ask(origin, Work::Hash(password.into(), done))?;
        // One that lost its place to others is dropped with its sender.
        result.await.map_err(|_| busy())?.map_err(|error| ApiError::internal(&error))
    }

    /// Whether `password` is the one behind `hash`; with no hash it takes as long, and it is not.
    ///
    /// # Errors
    /// 503 when too many wait.
    pub(crate) async fn verify(
        &self,
        origin: &str,
        password: &str,
        hash: Option<&str>,
    ) -> Result<bool, ApiError> {
        let (done, result) = oneshot::channel();
        let against = hash.unwrap_or(&self.decoy).to_owned();
        self.ask(origin, Work::Verify(password.to_owned().into(), against, done))?;
        Ok(result.await.map_err(|_| busy())? && hash.is_some())
    }
}

impl Drop for Passwords {
    fn drop(&mut self) {
        self.queue.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    fn passwords(total: usize, per_origin: usize) -> Passwords {
        Passwords::new(Bounds { total, per_origin })
    }

    #[tokio::test]
    async fn a_password_is_verified_against_its_own_hash_only() {
        let passwords = passwords(8, 8);
        let hash = passwords.hash("a", "three little words".to_owned()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(passwords.verify("a", "three little words", Some(&hash)).await.unwrap());
        assert!(!passwords.verify("a", "three little wordz", Some(&hash)).await.unwrap());
        assert!(!passwords.verify("a", "nobody has this password", None).await.unwrap());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn three_hundred_of_one_origin_hold_up_nobody_else_and_most_are_told_at_once() {
        let passwords = Arc::new(passwords(64, 32));
        let started = Instant::now();
        passwords.verify("b", "one", None).await.unwrap();
        let one = started.elapsed();
        let many: Vec<_> = (0..300)
            .map(|_| {
                let passwords = passwords.clone();
                tokio::spawn(async move { passwords.verify("a", "many", None).await })
            })
            .collect();
        // The others' line is full now.
        tokio::time::sleep(Duration::from_millis(100)).await;
        let started = Instant::now();
        passwords.verify("b", "one", None).await.unwrap();
        let waited = started.elapsed();
        let mut refused = 0;
        for task in many {
            match task.await.unwrap() {
                Ok(_) => {}
                Err(ApiError(problem)) => {
                    assert_eq!((problem.status, problem.retry_after), (503, Some(2)));
                    refused += 1;
                }
            }
        }
        assert!(refused >= 200, "{refused} refused");
        // Before it came the one under way and at most one of the others.
        assert!(waited < one * 20, "{waited:?} instead of {one:?}");
    }

    #[tokio::test]
    async fn work_whose_requester_has_gone_is_not_done() {
        let passwords = passwords(64, 64);
        for _ in 0..60 {
            let gone = passwords.verify("a", "gone", None);
            assert!(tokio::time::timeout(Duration::ZERO, gone).await.is_err());
        }
        let started = Instant::now();
        passwords.verify("a", "here", None).await.unwrap();
        let waited = started.elapsed();
        let started = Instant::now();
        for _ in 0..5 {
            passwords.verify("a", "here", None).await.unwrap();
        }
        assert!(waited < started.elapsed() * 4, "{waited:?}: the sixty were done first");
    }
}
