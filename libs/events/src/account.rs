//! Events about who can sign in: staff, donors' representatives, API clients.

use chrono::NaiveDate;
use kernel::{ClientId, DonorId, OfficeId, OrganisationId, PersonId, StaffRole, Word};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A staff account was created, activated, suspended or restored, or its roles changed. Accounts of donor representatives are
/// announced by `passerelle.identity.representative.v1`; names and e-mail addresses stay in the identity service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PersonChanged {
    /// The person.
    pub id: PersonId,
    /// Its version.
    pub sequence: i64,
    /// The organisation.
    pub organisation_id: OrganisationId,
    /// Roles by office, each office once, ordered by id.
    pub offices: Vec<OfficeRoles>,
    /// Whether the person can sign in; false while the invitation is pending or the account is suspended.
    pub active: bool,
}

/// The roles of a person in an office.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OfficeRoles {
    /// The office.
    pub office_id: OfficeId,
    /// The built-in roles; none for a person who has custom roles alone.
    #[schema(value_type = Vec<StaffRole>)]
    pub roles: Vec<Word<StaffRole>>,
    /// What the person may do there, by built-in and custom roles together, in alphabetical order.
    #[serde(default)]
    pub permissions: Vec<String>,
}

/// The account of a donor's representative was created, activated, changed, suspended, restored or erased. That its last day
/// passes is no event: it follows from `access_until`. Names and e-mail addresses stay in the identity service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RepresentativeChanged {
    /// The representative.
    pub id: PersonId,
    /// Its version.
    pub sequence: i64,
    /// The organisation.
    pub organisation_id: OrganisationId,
    /// The donor that the account was opened for, which may have been merged into another one since.
    pub donor_id: DonorId,
    /// Whether the representative can sign in until the last day of access; false while the invitation is pending, when the
    /// account is suspended, and after it was erased.
    pub active: bool,
    /// The last day of access (UTC); none for accounts from before access was limited in time.
    pub access_until: Option<NaiveDate>,
}

/// An API client was created, changed or revoked, or got another secret. Its name and its secrets stay in the identity
/// service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ClientChanged {
    /// The client.
    pub id: ClientId,
    /// Its version.
    pub sequence: i64,
    /// The organisation.
    pub organisation_id: OrganisationId,
    /// The office it acts for.
    pub office_id: OfficeId,
    /// What it may do there and in the offices below.
    pub scopes: Vec<String>,
    /// Whether it can get tokens; false for good once it was revoked.
    pub active: bool,
}
