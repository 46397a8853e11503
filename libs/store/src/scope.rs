use auth::{Claims, PrincipalKind};
use kernel::{ActorKind, DonorId, OfficeId, OrganisationId, PrincipalId};

/// The rows that a query may access. Every query of tenant rows takes one; the platform's own work has none (it uses
/// [`crate::SystemTx`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TenantScope {
    /// Staff and partner systems: their organisation's rows, and the office rows of these offices.
    Offices {
        /// The organisation.
        organisation_id: OrganisationId,
        /// The caller's own office.
        office_id: OfficeId,
        /// The caller's office and every office below it.
        office_ids: Vec<OfficeId>,
    },
    /// A donor's representative: rows of one donor with visibility `donor` or `public`.
    Donor {
        /// The organisation.
        organisation_id: OrganisationId,
        /// The donor.
        donor_id: DonorId,
    },
    /// Anyone: rows of one organisation with visibility `public`.
    Public {
        /// The deployment's public organisation.
        organisation_id: OrganisationId,
    },
    /// Everything of one organisation, to read: what a worker does for it, whichever office asked.
    Organisation {
        /// The organisation.
        organisation_id: OrganisationId,
    },
}

impl TenantScope {
    /// The organisation.
    pub fn organisation_id(&self) -> OrganisationId {
        match self {
            Self::Offices { organisation_id, .. }
            | Self::Donor { organisation_id, .. }
            | Self::Public { organisation_id }
            | Self::Organisation { organisation_id } => *organisation_id,
        }
    }

    /// The offices whose rows the caller may read; none for the other scopes.
    pub fn office_ids(&self) -> &[OfficeId] {
        match self {
            Self::Offices { office_ids, .. } => office_ids,
            Self::Donor { .. } | Self::Public { .. } | Self::Organisation { .. } => &[],
        }
    }
}

/// Who makes a change, for the audit trail and idempotency. Never personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// What the principal is.
    pub kind: ActorKind,
    /// The principal's id.
    pub id: PrincipalId,
    /// The request's id.
    pub trace_id: Option<String>,
    /// The request's trace context (W3C), for the events it causes.
    pub traceparent: Option<String>,
}

impl Actor {
    /// The platform itself.
    pub fn system() -> Self {
        Self { kind: ActorKind::System, id: PrincipalId::nil(), trace_id: None, traceparent: None }
    }

    /// The principal of a token.
    pub fn of(claims: &Claims, trace_id: Option<String>, traceparent: Option<String>) -> Self {
        let kind = match claims.kind {
            PrincipalKind::Person => ActorKind::Person,
            PrincipalKind::Donor => ActorKind::Donor,
            PrincipalKind::Client => ActorKind::Client,
        };
        Self { kind, id: claims.sub, trace_id, traceparent }
    }
}
