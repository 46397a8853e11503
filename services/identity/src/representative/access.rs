//! Who may change the access of a donor's representatives, decided before a write begins.

use super::{
    may_keep,
    store::{self, Donor},
};
use crate::{known, office, person};
use ::store::TenantScope;
use auth::{ApiError, Claims, DONOR_REPRESENTATIVE};
use kernel::{Code, DonorId, FieldCode, PersonId, Problem, Reason, RecordKind};
use sea_orm::ConnectionTrait;
use service::Context;

/// Donors and their representatives are those of the organisation, whichever office asks.
pub(super) fn of_organisation(claims: &Claims) -> TenantScope {
    TenantScope::Organisation { organisation_id: claims.organisation_id }
}

/// A donor that the caller may invite representatives of; waits a moment for one that was only just recorded.
///
/// # Errors
/// 422 at `/donor_id` for no donor of the organisation, or a duplicate; 403 when it is for somebody else to invite, or when
/// a representative would see more than the caller.
pub(super) async fn donor(context: &Context, claims: &Claims, id: DonorId) -> Result<Donor, ApiError> {
    if !known::donor::is_known(&context.store, claims.organisation_id, id).await? {
        let why = "is not a donor of your organisation; if it was registered just now, try again in a moment";
        let fault = FieldCode::UnknownReference.says(why).kind(RecordKind::Donor);
        return Err(Problem::invalid_field("/donor_id", fault).into());
    }
    let scope = of_organisation(claims);
    let donor = service::read_within(context, &scope, async |db| {
        let donor = store::donors(db, &[id]).await?.remove(&id).ok_or_else(Problem::not_found)?;
        if donor.id != id {
            let fault = FieldCode::Merged.says(format!("is a duplicate that was merged into {}", donor.id));
            return Err(Problem::invalid_field("/donor_id", fault).into());
        }
        check(db, claims, &donor).await?;
        Ok(donor)
    });
    let donor = donor.await?;
    check_sees_as_much(claims)?;
    Ok(donor)
}

/// Whoever invites is given the link as well, and could become the representative.
///
/// # Errors
/// 403 when a representative would see more than the caller.
pub(super) fn check_sees_as_much(claims: &Claims) -> Result<(), ApiError> {
    let held: Vec<&str> = claims.permissions().collect();
    if person::may_give(&held, DONOR_REPRESENTATIVE) {
        return Ok(());
    }
    let why = "you cannot invite a representative, who may see more than you";
    let fault = FieldCode::BeyondYourRights.says(why).with("value", "donor_representative");
    Err(Problem::new(Code::Forbidden).field("/donor_id", fault).into())
}

/// The donor of a representative whose access the caller may change.
///
/// # Errors
/// 404 for no representative of the organisation's donors; 403 when it is for somebody else to change.
pub(super) async fn donor_of(context: &Context, claims: &Claims, id: PersonId) -> Result<Donor, ApiError> {
    service::read_within(context, &of_organisation(claims), async |db| {
        let person = store::get(claims.organisation_id, db, id).await?.ok_or_else(Problem::not_found)?;
        let asked = person.donor_id.ok_or_else(Problem::not_found)?;
        let donor = store::donors(db, &[asked]).await?.remove(&asked).ok_or_else(Problem::not_found)?;
        check(db, claims, &donor).await?;
        Ok(donor)
    })
    .await
}

async fn check(db: &impl ConnectionTrait, claims: &Claims, donor: &Donor) -> Result<(), ApiError> {
    let office = office::store::get(&of_organisation(claims), db, claims.office_id).await?;
    let at_headquarters = office.is_some_and(|office| office.kind == office::Kind::Headquarters);
    if may_keep(claims, donor.focal_point_id, at_headquarters) {
        return Ok(());
    }
    let why = "only the donor's focal point, or an administrator at headquarters, may do this";
    Err(Problem::new(Code::Forbidden).because(Reason::FocalPointOnly, why).into())
}
