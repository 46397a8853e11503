//! Values every part of Passerelle shares. No I/O, no async.

pub mod backoff;
pub mod clock;
pub mod closed_set;
pub mod country;
pub mod currency;
pub mod date;
pub mod fault;
pub mod field_code;
pub mod id;
pub mod items;
pub mod money;
pub mod pagination;
pub mod problem;
pub mod text;
pub mod words;

pub use backoff::Backoff;
pub use clock::{Clock, FixedClock, SystemClock};
pub use closed_set::{ClosedSet, UnknownWord, Word};
pub use currency::Currency;
pub use fault::{Fault, Param, Params};
pub use field_code::{FieldCode, Reason, RecordKind, Situation};
pub use id::{
    AgendaItemId, AgreementId, AuditChainId, CirculationId, ClearanceId, ClientId, CommitteeId, ConflictId,
    ContributionId, DecisionId, DonorId, EntryId, Id, LotId, MeetingId, MotionId, NotificationId, OfficeId,
    OrganisationId, PersonId, PlanId, PoolId, PrincipalId, ProposalId, ReportId, ScenarioId, ScoreSheetId,
    SeatId, ShortfallId, SuggestionId, WindowId,
};
pub use money::{Money, MoneyError};
pub use problem::{Code, FieldError, Problem};
pub use words::{
    ActorKind, AgreementState, AllocationNature, AllocationNoticeKind, ClearanceDecision, ClearanceProducer,
    ContributionStatus, ContributionType, DecisionState, DonorStatus, DonorType, Earmarking, ErasureReason,
    MoneyScope, NotificationKind, OfficeKind, PlanType, ProposalState, ReportKind, ReportState,
    ReportTemplate, Resolution, Segment, ShortfallState, StaffRole, Visibility, WindowKind, WindowState,
};
