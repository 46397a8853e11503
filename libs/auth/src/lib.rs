//! Who is calling and what they may do: claims, permissions, the [`Caller`] extractor and key sets.

mod caller;
mod claims;
mod error;
mod internal;
mod permission;
mod verifier;

pub use caller::{AnyCaller, Caller, bearer, needs};
pub use claims::{AUDIENCE, Claims, PrincipalKind, TOKEN_TYPE};
pub use error::{ApiError, TRACE_HEADER};
pub use internal::{INTERNAL_HEADER, InternalKey, InternalKeyError, internal_only};
pub use permission::{ALL_PERMISSIONS, DONOR_REPRESENTATIVE, Permission, perm, permissions_of};
pub use verifier::{HttpKeySource, JsonWebKey, JsonWebKeySet, KeySource, KeySourceError, Verifier};
