//! What a service needs of a deployment.

use serde::Serialize;
use store::Consumer;

/// What a deployment gives a service beside a database, the bus and the cache, which all have. `cargo xtask deployments`
/// writes the service's part of `docker-compose.yml` and `k8s/` from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Needs {
    /// The keys that personal data is sealed with (`personal_data.keys`).
    pub personal_data: bool,
    /// A folder for uploaded documents, which its replicas share.
    pub documents: Option<Documents>,
    /// The mail server, where the deployment has one.
    pub mail: bool,
    /// Memory that a replica may take at most.
    pub memory_mib: u32,
    /// Replicas that there are always; rolling updates and failures need two.
    pub min_replicas: u32,
    /// Replicas that there are at most.
    pub max_replicas: u32,
    /// What makes more of them start.
    pub scaling: Scaling,
}

impl Default for Needs {
    /// 128 MiB, two to six replicas by processor, and nothing else.
    fn default() -> Self {
        Self {
            personal_data: false,
            documents: None,
            mail: false,
            memory_mib: 128,
            min_replicas: 2,
            max_replicas: 6,
            scaling: Scaling::Processor,
        }
    }
}

/// A folder for uploaded documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Documents {
    /// What they are, in a few words, for who reads the manifest.
    pub content: &'static str,
    /// How much of them there can be.
    pub gib: u32,
    /// Its permanent name in Docker Compose, for this service alone: a volume that is renamed is a new, empty one.
    pub volume: &'static str,
}

/// What makes more replicas start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Scaling {
    /// Requests: the processor time of the replicas that there are.
    Processor,
    /// Events: how far a consumer group is behind. More replicas than the topic has partitions would get nothing to do.
    Lag {
        /// The group.
        group: &'static str,
        /// What it reads.
        topic: &'static str,
        /// Records that one replica may be behind.
        records: u32,
    },
}

impl Scaling {
    /// By the lag of `consumer`, with a replica for every so many records.
    pub fn by_lag(consumer: &Consumer, records: u32) -> Self {
        Self::Lag { group: consumer.group(), topic: consumer.topic(), records }
    }
}
