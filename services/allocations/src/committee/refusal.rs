//! Refusals that several parts of a committee's work share.

use auth::{ApiError, Claims, PrincipalKind};
use kernel::{Code, Fault, FieldCode, PersonId, Problem, Reason};

/// The state of a record of a kind does not allow it.
pub(crate) fn state_fault(kind: &'static str, state: &str, why: impl Into<String>) -> Fault {
    let why: String = why.into();
    FieldCode::State.says(why).with("kind", kind).with("state", state)
}

/// The same as an answer (409), at `/state`.
pub(crate) fn conflict(kind: &'static str, state: &str, why: impl Into<String>) -> ApiError {
    Problem::new(Code::Conflict).field("/state", state_fault(kind, state, why)).into()
}

/// No record of this kind that the caller may see.
pub(crate) fn unknown(kind: &'static str) -> Fault {
    FieldCode::UnknownReference.says(format!("is no {kind} of your organisation")).with("kind", kind)
}

/// Another record stands in the way (409).
pub(crate) fn taken(pointer: &'static str, why: &'static str) -> ApiError {
    Problem::new(Code::Conflict).field(pointer, FieldCode::AlreadyExists.says(why)).into()
}

/// The person who calls: partner systems neither vote nor sign.
///
/// # Errors
/// 403 for an API client.
pub(crate) fn person_of(claims: &Claims) -> Result<PersonId, ApiError> {
    if claims.kind == PrincipalKind::Person {
        return Ok(claims.sub.as_person());
    }
    let why = "only a person can do this";
    Err(Problem::new(Code::Forbidden).because(Reason::PeopleOnly, why).into())
}

/// The caller has no seat that may do this (403).
pub(crate) fn seat_needed(why: &'static str) -> ApiError {
    Problem::new(Code::Forbidden).because(Reason::SeatNeeded, why).into()
}

/// The caller, or whoever is named, has a conflict of interest in the proposal (403).
pub(crate) fn recused(why: &'static str) -> ApiError {
    Problem::new(Code::Forbidden).because(Reason::ConflictOfInterest, why).into()
}
