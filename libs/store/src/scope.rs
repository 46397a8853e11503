use auth::{Claims, PrincipalKind};
use uuid::Uuid;

/// What a query may touch. Every query takes one first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Staff and partner systems: their organisation's rows, and the office rows of these offices.
    Offices {
        /// The organisation.
        organisation_id: Uuid,
        /// The caller's own office.
        office_id: Uuid,
        /// The caller's office and every office below it.
        office_ids: Vec<Uuid>,
    },
    /// A donor's representative: rows of one donor with visibility `donor` or `public`.
    Donor {
        /// The organisation.
        organisation_id: Uuid,
        /// The donor.
        donor_id: Uuid,
    },
    /// Anyone: rows of one organisation with visibility `public`.
    Public {
        /// The deployment's public organisation.
        organisation_id: Uuid,
    },
    /// Consumers and workers, which act for every tenant.
    System,
}

impl Scope {
    /// The organisation; none for [`Scope::System`].
    pub fn organisation_id(&self) -> Option<Uuid> {
        match self {
            Scope::Offices { organisation_id, .. }
            | Scope::Donor { organisation_id, .. }
            | Scope::Public { organisation_id } => Some(*organisation_id),
            Scope::System => None,
        }
    }

    /// The offices whose rows the caller may read; none for donors and the public.
    pub fn office_ids(&self) -> &[Uuid] {
        match self {
            Scope::Offices { office_ids, .. } => office_ids,
            Scope::Donor { .. } | Scope::Public { .. } | Scope::System => &[],
        }
    }
}

/// Who makes a change, for the audit trail and idempotency. Never personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// `person`, `donor`, `client` or `system`.
    pub kind: &'static str,
    /// The principal's id.
    pub id: Uuid,
    /// The request's id.
    pub trace_id: Option<String>,
    /// The request's trace context (W3C), for the events it causes.
    pub traceparent: Option<String>,
}

impl Actor {
    /// The platform itself.
    pub fn system() -> Self {
        Self { kind: "system", id: Uuid::nil(), trace_id: None, traceparent: None }
    }

    /// The principal of a token.
    pub fn of(claims: &Claims, trace_id: Option<String>, traceparent: Option<String>) -> Self {
        let kind = match claims.kind {
            PrincipalKind::Person => "person",
            PrincipalKind::Donor => "donor",
            PrincipalKind::Client => "client",
        };
        Self { kind, id: claims.sub, trace_id, traceparent }
    }
}
