//! What the endpoints about people share.

use super::store;
use crate::password;
use ::store::Transaction;
use auth::ApiError;
use kernel::{OfficeId, StaffRole};
use serde::{Deserialize, Serialize};
use service::Checks;
use utoipa::ToSchema;

/// A role in an office.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RoleIn {
    pub(crate) office_id: OfficeId,
    pub(crate) role: StaffRole,
}

/// The audit trail never holds personal data: a person is an id.
pub(crate) async fn audit_person(
    tx: &Transaction,
    person: &store::Model,
    action: &'static str,
    roles: &[RoleIn],
) -> Result<(), ApiError> {
    let after =
        serde_json::json!({ "roles": roles, "donor_id": person.donor_id, "language": person.language });
    tx.audit_created(action, person, &after).await?;
    Ok(())
}

pub(crate) fn check_password(checks: &mut Checks, password: Option<&str>) {
    if let Some(password) = password {
        password::check(checks, "/password", password);
    }
}
