//! Who reads a proposal: its office and those above it, and whoever sits in the committee that decides on it, in whichever
//! office.

use super::{State, store::Model};
use crate::{committee::seat::SeatKind, window};
use ::store::{Snapshot, StoreError, TenantScope, office};
use auth::{ApiError, Claims};
use chrono::{DateTime, Utc};
use kernel::{OfficeKind, PrincipalId, Problem, ProposalId};
use sea_orm::ConnectionTrait;

/// Whether the caller has a seat in the committee of a window today.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn is_seated(
    db: &impl ConnectionTrait,
    window: &window::store::Model,
    claims: &Claims,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let seats = window::store::seats(db, window, now).await?;
    Ok(seats.iter().any(|seat| PrincipalId::from(seat.person_id) == claims.sub))
}

/// Whether the caller may score what is sent to a window: who sits in its committee today, and does not only listen.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn is_reviewer(
    db: &impl ConnectionTrait,
    window: &window::store::Model,
    claims: &Claims,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let seats = window::store::seats(db, window, now).await?;
    let own = seats.iter().filter(|seat| PrincipalId::from(seat.person_id) == claims.sub);
    Ok(own.map(|seat| seat.kind).any(|kind| kind != SeatKind::Observer))
}

/// Whether the caller is of the committee's secretariat: who screens proposals, at headquarters. The same permission in a
/// country office shows nobody how the proposals of sister offices, or its own, were scored.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn is_secretariat(db: &impl ConnectionTrait, claims: &Claims) -> Result<bool, StoreError> {
    if !claims.may("proposals:screen") {
        return Ok(false);
    }
    let office = office::find(db, claims.organisation_id, claims.office_id).await?;
    Ok(office.is_some_and(|office| office.kind.is(OfficeKind::Headquarters)))
}

/// A proposal, for staff who read it by their office or by their seat.
///
/// # Errors
/// 404 for anybody else.
pub(crate) async fn read(
    db: &Snapshot,
    scope: &TenantScope,
    claims: &Claims,
    id: ProposalId,
    now: DateTime<Utc>,
) -> Result<Model, ApiError> {
    if !matches!(scope, TenantScope::Offices { .. }) {
        return Err(Problem::not_found().into());
    }
    if let Some(found) = super::store::get(scope, db, id).await? {
        return Ok(found);
    }
    let organisation_id = scope.organisation_id();
    let found = db.across_offices(scope, async |all| {
        let Some(found) = super::store::find(all, organisation_id, id).await? else { return Ok(None) };
        let Some(window) = window::store::find(all, organisation_id, found.window_id).await? else {
            return Ok(None);
        };
        let is_shown = found.state != State::Draft && is_seated(all, &window, claims, now).await?;
        Ok(is_shown.then_some(found))
    });
    Ok(found.await?.ok_or_else(Problem::not_found)?)
}
