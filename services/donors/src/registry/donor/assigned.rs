//! Who looks after a donor: its focal point, and its liaison office.

use super::store;
use ::store::person;
use auth::{ApiError, Claims};
use kernel::{Fault, OfficeId, OfficeKind, PersonId, Problem, RecordKind};
use service::Context;

/// Who looks after a donor.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Assigned {
    pub(crate) focal_point_id: Option<PersonId>,
    pub(crate) liaison_office_id: Option<OfficeId>,
}

impl From<&store::Model> for Assigned {
    fn from(donor: &store::Model) -> Self {
        let (focal_point_id, liaison_office_id) = (donor.focal_point_id, donor.liaison_office_id);
        Self { focal_point_id, liaison_office_id }
    }
}

/// Whoever is named anew has to be there: an active member of staff, an open liaison office. Who has left since, or was
/// closed, stays on the record until another is named. It may wait for identity's events, so it comes before the
/// transaction.
///
/// # Errors
/// 422 at `/focal_point_id` or `/liaison_office_id`.
pub(crate) async fn check(
    context: &Context,
    claims: &Claims,
    named: Assigned,
    present: Assigned,
) -> Result<(), ApiError> {
    if let Some(id) = named.focal_point_id.filter(|id| Some(*id) != present.focal_point_id) {
        person::check(&context.store, claims.organisation_id, id, "/focal_point_id").await?;
    }
    if let Some(id) = named.liaison_office_id.filter(|id| Some(*id) != present.liaison_office_id) {
        check_liaison_office(context, claims, id).await?;
    }
    Ok(())
}

async fn check_liaison_office(context: &Context, claims: &Claims, id: OfficeId) -> Result<(), ApiError> {
    let office = context.store.await_office(claims.organisation_id, id).await?;
    let refused = match office.filter(|office| office.kind.is(OfficeKind::Liaison)) {
        Some(office) if office.is_closed => Fault::state(RecordKind::Office, "closed", "is closed"),
        Some(_) => return Ok(()),
        None => Fault::unknown(RecordKind::Office).saying("is not a liaison office of your organisation"),
    };
    Err(Problem::invalid_field("/liaison_office_id", refused).into())
}
