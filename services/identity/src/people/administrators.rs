//! Somebody is always left who can set the organisation up: its last administrator stays one.

use super::rights::{Held, Role};
use crate::person::{may_sign_in, store};
use ::store::{TenantTx, office, params, sql};
use auth::ApiError;
use kernel::{Code, OfficeId, Problem, Reason, StaffRole};

const ROLE: StaffRole = StaffRole::Administrator;

/// Whether these are roles of an administrator at headquarters.
fn administers(held: &Held, headquarters: Option<OfficeId>) -> bool {
    headquarters.is_some_and(|office| held.contains(&(office, Role::BuiltIn(ROLE))))
}

/// Lets somebody who holds `held` keep `stays` alone: no active administrator leaves headquarters while there is no other one.
/// Of two who leave at once the second waits for the first, and sees who is left.
///
/// # Errors
/// 409 for the last one.
pub(super) async fn check_another_remains(
    tx: &TenantTx,
    person: &store::Model,
    held: &Held,
    stays: &Held,
) -> Result<(), ApiError> {
    if !may_sign_in(person, tx.now()) {
        return Ok(());
    }
    let headquarters = office::headquarters(tx.db(), person.organisation_id).await?;
    if !administers(held, headquarters) || administers(stays, headquarters) {
        return Ok(());
    }
    tx.lock(&format!("administrators {}", person.organisation_id)).await?;
    let text = "SELECT 1 FROM person_role r JOIN person p ON p.id = r.person_id
                WHERE r.office_id = $1 AND r.role = $2 AND p.id <> $3
                  AND p.password_hash IS NOT NULL AND p.suspended_at IS NULL LIMIT 1";
    let values = params![headquarters, ROLE, person.id];
    // Accounts of administrators may be managed by offices that the caller does not see.
    let another = tx.across_offices(async |db| sql::row(db, text, values).await).await?;
    if another.is_none() {
        let why = "the organisation needs an active administrator at headquarters, and this is the last one";
        return Err(Problem::new(Code::Conflict).because(Reason::LastAdministrator, why).into());
    }
    Ok(())
}
