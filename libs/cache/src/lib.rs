//! What all replicas share for a short time: revoked sessions, counts of requests and of attempts, in memory (one process) or in Redis.
//!
//! Nothing here is the source of truth. When Redis is unavailable, limits are counted in each gateway's memory, and
//! identity is asked about sessions; when it is back, it is used again.

mod attempts;
mod redis;
mod revocations;

pub use crate::redis::{Away, Counted, Redis};
pub use attempts::{Attempt, AttemptLimits, Attempts, Bucket, Reserved, Waits};
pub use revocations::{LEASE, RENEWAL_INTERVAL, Revocations};
