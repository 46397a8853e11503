//! Identifiers: UUIDv7, so that they sort by creation time, each of one kind of record, so that none is passed where
//! another one is meant.

mod kind;
mod schema;

pub use kind::{
    AgendaItem, AgendaItemId, Agreement, AgreementId, AuditChain, AuditChainId, Circulation, CirculationId,
    Clearance, ClearanceId, Client, ClientId, Committee, CommitteeId, Conflict, ConflictId, Contribution,
    ContributionId, Decision, DecisionId, Donor, DonorId, Entry, EntryId, Lot, LotId, Meeting, MeetingId,
    Motion, MotionId, Notification, NotificationId, Office, OfficeId, Organisation, OrganisationId, Person,
    PersonId, Plan, PlanId, Pool, PoolId, Principal, PrincipalId, Proposal, ProposalId, Report, ReportId,
    Scenario, ScenarioId, ScoreSheet, ScoreSheetId, Seat, SeatId, Shortfall, ShortfallId, Suggestion,
    SuggestionId, Window, WindowId,
};
pub use schema::{SCHEMA, inline_schema};

use crate::clock::Clock;
use chrono::{DateTime, Utc};
use sea_orm::{
    ColIdx, DbErr, QueryResult, TryFromU64, TryGetError, TryGetable, Value,
    sea_query::{ArrayType, ColumnType, Nullable, ValueType, ValueTypeErr},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
    marker::PhantomData,
    str::FromStr,
    sync::LazyLock,
};
use uuid::{ContextV7, NoContext, Timestamp, Uuid};

static CONTEXT: LazyLock<std::sync::Mutex<ContextV7>> =
    LazyLock::new(|| std::sync::Mutex::new(ContextV7::new()));

/// A new UUID, for what is no record: a trace, a token. It sorts after every one this process made before, whatever the
/// clock does within a millisecond.
pub fn new_uuid(clock: &dyn Clock) -> Uuid {
    let now = clock.now();
    let seconds = now.timestamp().try_into().unwrap_or(0);
    let context = CONTEXT.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    Uuid::new_v7(Timestamp::from_unix(&*context, seconds, now.timestamp_subsec_nanos()))
}

/// The id of a record of the kind `K`. Rows, JSON, parameters, events and the API's document show it as a UUID.
///
/// The id of one kind is no id of another:
///
/// ```
/// use kernel::OfficeId;
/// fn close(_office: OfficeId) {}
/// close(OfficeId::from_u128(1));
/// ```
///
/// ```compile_fail,E0308
/// use kernel::{DonorId, OfficeId};
/// fn close(_office: OfficeId) {}
/// close(DonorId::from_u128(1));
/// ```
pub struct Id<K> {
    uuid: Uuid,
    kind: PhantomData<fn() -> K>,
}

impl<K> Id<K> {
    /// The id that a UUID is, for one that comes from where kinds are not known.
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self { uuid, kind: PhantomData }
    }

    /// The id with this number, for tests.
    pub const fn from_u128(number: u128) -> Self {
        Self::from_uuid(Uuid::from_u128(number))
    }

    /// The id that no record has.
    pub const fn nil() -> Self {
        Self::from_uuid(Uuid::nil())
    }

    /// Whether it is the id that no record has.
    pub const fn is_nil(self) -> bool {
        self.uuid.is_nil()
    }

    /// A new id, which sorts after every one this process made before.
    pub fn new(clock: &dyn Clock) -> Self {
        Self::from_uuid(new_uuid(clock))
    }

    /// A new id of an earlier instant, for a record that is listed by when it happened and recorded later. It sorts among
    /// those of that time; those of one millisecond are in no order.
    pub fn at(instant: DateTime<Utc>) -> Self {
        let seconds = instant.timestamp().try_into().unwrap_or(0);
        let at = Timestamp::from_unix(NoContext, seconds, instant.timestamp_subsec_nanos());
        Self::from_uuid(Uuid::new_v7(at))
    }

    /// The UUID, for what holds ids of every kind.
    pub const fn as_uuid(self) -> Uuid {
        self.uuid
    }

    /// The number.
    pub const fn as_u128(self) -> u128 {
        self.uuid.as_u128()
    }
}

// By hand, since what is derived would ask the same of the kind.
impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K> Copy for Id<K> {}

impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.uuid == other.uuid
    }
}

impl<K> Eq for Id<K> {}

impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.uuid.cmp(&other.uuid)
    }
}

impl<K> Hash for Id<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.uuid.hash(state);
    }
}

impl<K> fmt::Debug for Id<K> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.uuid, formatter)
    }
}

impl<K> fmt::Display for Id<K> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.uuid, formatter)
    }
}

impl<K> FromStr for Id<K> {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        Uuid::parse_str(text).map(Self::from_uuid)
    }
}

impl<K> Serialize for Id<K> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.uuid.serialize(to)
    }
}

impl<'de, K> Deserialize<'de> for Id<K> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Uuid::deserialize(from).map(Self::from_uuid)
    }
}

impl<K> From<Id<K>> for Value {
    fn from(id: Id<K>) -> Self {
        id.uuid.into()
    }
}

impl<K> TryGetable for Id<K> {
    fn try_get_by<I: ColIdx>(row: &QueryResult, index: I) -> Result<Self, TryGetError> {
        <Uuid as TryGetable>::try_get_by(row, index).map(Self::from_uuid)
    }
}

impl<K> ValueType for Id<K> {
    fn try_from(value: Value) -> Result<Self, ValueTypeErr> {
        <Uuid as ValueType>::try_from(value).map(Self::from_uuid)
    }

    fn type_name() -> String {
        <Uuid as ValueType>::type_name()
    }

    fn array_type() -> ArrayType {
        <Uuid as ValueType>::array_type()
    }

    fn column_type() -> ColumnType {
        <Uuid as ValueType>::column_type()
    }
}

impl<K> Nullable for Id<K> {
    fn null() -> Value {
        <Uuid as Nullable>::null()
    }
}

// Asked of every primary key; no database makes ids of ours.
impl<K> TryFromU64 for Id<K> {
    fn try_from_u64(number: u64) -> Result<Self, DbErr> {
        <Uuid as TryFromU64>::try_from_u64(number).map(Self::from_uuid)
    }
}

#[cfg(test)]
mod tests;
