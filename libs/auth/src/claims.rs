//! The claims of an access token.

use kernel::{DonorId, OfficeId, OrganisationId, PrincipalId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The `aud` of every access token.
pub const AUDIENCE: &str = "passerelle-api";
/// The JOSE header `typ` of an access token (RFC 9068); no other is accepted.
pub const TOKEN_TYPE: &str = "at+jwt";
/// Maximum lifetime of an access token, in seconds: `exp` minus `iat`.
pub const MAX_TOKEN_LIFETIME: i64 = 15 * 60;

/// What kind of principal signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PrincipalKind {
    /// A member of staff, in one office.
    Person,
    /// A donor's representative: read-only, one donor account.
    Donor,
    /// A partner system, in one office, with scopes.
    Client,
}

/// The claims of an access token (RFC 9068). No personal data: a person is an id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Issuer: the deployment's public address.
    pub iss: String,
    /// Audience: [`AUDIENCE`].
    pub aud: String,
    /// The person or the API client.
    pub sub: PrincipalId,
    /// Expiry, seconds since the epoch.
    pub exp: i64,
    /// Issued at, seconds since the epoch.
    pub iat: i64,
    /// This token's id.
    pub jti: Uuid,
    /// The sign-in it belongs to, or the secret that a client got it with: what is ended when it is revoked.
    pub sid: Uuid,
    /// What kind of principal `sub` is.
    pub kind: PrincipalKind,
    /// The organisation.
    pub organisation_id: OrganisationId,
    /// The office (tenant); for a donor representative, the office that keeps the account.
    pub office_id: OfficeId,
    /// The donor whose representative this is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub donor_id: Option<DonorId>,
    /// What the principal may do, space separated (RFC 8693 `scope`).
    pub scope: String,
}

impl Claims {
    /// Whether the principal holds a permission such as `contributions:write`.
    pub fn may(&self, permission: &str) -> bool {
        self.scope.split(' ').any(|held| held == permission)
    }

    /// The permissions held.
    pub fn permissions(&self) -> impl Iterator<Item = &str> {
        self.scope.split(' ').filter(|held| !held.is_empty())
    }
}
