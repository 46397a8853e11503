//! The versioned events that services tell each other, and nothing else.
//!
//! An event carries the whole state of its aggregate and its sequence (the row's version), and no personal data:
//! people are ids. Topics are compacted and never expire, so a new read model rebuilds from offset 0. A change that
//! would break a reader is a new version: a new type and a new topic.

mod account;
mod allocation;
mod flow_object;

pub use account::{ClientChanged, OfficeRoles, PersonChanged, RepresentativeChanged};
pub use allocation::{
    AllocationAmounts, AllocationChanged, AllocationDecisionChanged, AllocationNoticeGiven, AllocationSource,
    AllocationWindowChanged, ShortfallChanged,
};
pub use flow_object::FlowObject;

use chrono::{DateTime, NaiveDate, Utc};
use kernel::{
    AgreementId, AgreementState, AuditChainId, ClearanceDecision, ClearanceId, ClearanceProducer,
    ContributionId, ContributionStatus, ContributionType, DonorId, DonorStatus, DonorType, Earmarking, Money,
    NotificationId, NotificationKind, OfficeId, OfficeKind, OrganisationId, PersonId, PlanId, ReportId,
    ReportKind, ReportState, Visibility, Word,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use utoipa::ToSchema;
use uuid::Uuid;

/// What makes a struct an event: its CloudEvents type and its topic.
pub trait EventPayload: Serialize + DeserializeOwned + Send + Sync {
    /// CloudEvents `type`, version included.
    const TYPE: &'static str;
    /// Kafka topic, `passerelle.<service>.<aggregate>.v<version>`.
    const TOPIC: &'static str;
    /// Aggregate name, Debezium's `aggregatetype`.
    const AGGREGATE: &'static str;
    /// The aggregate's id: the record's key.
    fn aggregate_id(&self) -> Uuid;
    /// The aggregate's version after the change; a consumer ignores what is not above the one it applied.
    fn sequence(&self) -> i64;
}

/// Every event, once: what is not listed here is no event, so none lacks its schema.
macro_rules! events {
    ($($name:ident: $service:literal, $aggregate:literal;)*) => {
        $(impl EventPayload for $name {
            const TYPE: &'static str = concat!("passerelle.", $service, ".", $aggregate, ".v1");
            const TOPIC: &'static str = concat!("passerelle.", $service, ".", $aggregate, ".v1");
            const AGGREGATE: &'static str = $aggregate;
            fn aggregate_id(&self) -> Uuid {
                self.id.as_uuid()
            }
            fn sequence(&self) -> i64 {
                self.sequence
            }
        })*

        /// The JSON Schema of every event, by type, for `openapi/events/`.
        pub fn schemas() -> Vec<(&'static str, serde_json::Value)> {
            vec![$(schema_of::<$name>()),*]
        }
    };
}

/// An organisation was created or renamed.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct OrganisationChanged {
    /// The organisation.
    pub id: OrganisationId,
    /// Its version.
    pub sequence: i64,
    /// Its name.
    pub name: String,
    /// Its code, which is also its headquarters' code.
    pub code: String,
    /// When it was created; by default the first organisation is the deployment's public one.
    pub created_at: DateTime<Utc>,
}

/// An office was created, renamed, moved, closed or reopened.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct OfficeChanged {
    /// The office.
    pub id: OfficeId,
    /// Its version.
    pub sequence: i64,
    /// The organisation it belongs to.
    pub organisation_id: OrganisationId,
    /// The parent office; none for headquarters.
    pub parent_id: Option<OfficeId>,
    /// Its code, unique in the organisation.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its type.
    #[schema(value_type = OfficeKind)]
    pub kind: Word<OfficeKind>,
    /// ISO 3166-1 alpha-3 code of its country.
    pub country: Option<String>,
    /// Its IANA time zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// Whether it is closed: nothing new is given to it.
    #[serde(default)]
    pub is_closed: bool,
}

/// A reference to a record in another system.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExternalRef {
    /// The other system, `fts` for OCHA's Financial Tracking Service.
    #[schema(example = "fts", max_length = 40)]
    pub source: String,
    /// Its identifier there.
    #[schema(example = "2924", max_length = 100)]
    pub r#ref: String,
}

/// A donor was recorded or changed.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct DonorChanged {
    /// The donor.
    pub id: DonorId,
    /// Its version.
    pub sequence: i64,
    /// The organisation it belongs to.
    pub organisation_id: OrganisationId,
    /// The office that owns the record.
    pub office_id: OfficeId,
    /// Official name of the donor.
    pub name: String,
    /// French name, if known.
    pub name_fr: Option<String>,
    /// Spanish name, if known.
    pub name_es: Option<String>,
    /// Type of a donor.
    #[schema(value_type = DonorType)]
    pub donor_type: Word<DonorType>,
    /// ISO 3166-1 alpha-3 code of its country.
    pub country: Option<String>,
    /// The status of the relationship.
    #[schema(value_type = DonorStatus)]
    pub status: Word<DonorStatus>,
    /// References in other systems.
    pub external_refs: Vec<ExternalRef>,
    /// The focal point: the member of staff who answers its questions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub focal_point_id: Option<PersonId>,
    /// The liaison office that is responsible for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub liaison_office_id: Option<OfficeId>,
    /// The donor that this duplicate was merged into: requests for this one are answered for that one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<DonorId>,
}

/// A contribution was recorded or changed.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ContributionRecorded {
    /// The contribution.
    pub id: ContributionId,
    /// Its version.
    pub sequence: i64,
    /// The organisation.
    pub organisation_id: OrganisationId,
    /// The office that owns the record.
    pub office_id: OfficeId,
    /// Where the record comes from: `fts`, or `api` for one created here.
    pub source: String,
    /// Its id in the source (the FTS flow id).
    pub external_ref: Option<String>,
    /// The donor; none when the source names no organisation or several.
    pub donor_id: Option<DonorId>,
    /// The donor's id in the source.
    pub donor_external_ref: Option<String>,
    /// The donor's name.
    pub donor_name: Option<String>,
    /// Its status.
    #[schema(value_type = ContributionStatus)]
    pub status: Word<ContributionStatus>,
    /// Its amount in US dollars.
    pub amount_usd: Money,
    /// Whether this is new money rather than a re-allocation of funds counted before.
    pub new_money: bool,
    /// Financial, or in kind.
    #[schema(value_type = ContributionType)]
    pub contribution_type: Word<ContributionType>,
    /// None if not stated.
    #[schema(value_type = Option<Earmarking>)]
    pub earmarking: Option<Word<Earmarking>>,
    /// When the donor decided.
    pub decision_date: Option<NaiveDate>,
    /// Where the money comes from.
    pub source_objects: Vec<FlowObject>,
    /// Where the money goes.
    pub destination_objects: Vec<FlowObject>,
    /// Its visibility.
    #[schema(value_type = Visibility)]
    pub visibility: Word<Visibility>,
    /// The agreement it is made under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreement_id: Option<AgreementId>,
    /// False for a record that was reversed, written off or fulfilled: it does not count.
    #[serde(default = "yes")]
    pub counts: bool,
    /// The first record that it comes from, by what it was paid or allotted from, else by what it replaces; itself when
    /// it comes from none. Absent from events of older versions: a record whose last event lacks it comes from none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root_id: Option<ContributionId>,
    /// The name of the organisation that receives it; none when the source states none or several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipient: Option<String>,
    /// Whether it is money given to this organisation. Absent from events of older versions: then a record of its own
    /// is, and a flow that a source such as FTS reports is not known to be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_ours: Option<bool>,
    /// Whether it counts in totals of what this organisation received. Absent from events of older versions: as
    /// `is_ours`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts_ours: Option<bool>,
    /// Whether it counts in totals of what everybody received. Absent from events of older versions: it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts_reported: Option<bool>,
}

fn yes() -> bool {
    true
}

/// An agreement with a donor was created, changed its state, was amended or handed over.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AgreementChanged {
    /// The agreement.
    pub id: AgreementId,
    /// Its version.
    pub sequence: i64,
    /// The organisation.
    pub organisation_id: OrganisationId,
    /// The office that implements it.
    pub office_id: OfficeId,
    /// Its human-readable reference, such as `AGR-2026-00042`.
    pub reference: String,
    /// The donor.
    pub donor_id: DonorId,
    /// Its state.
    #[schema(value_type = AgreementState)]
    pub state: Word<AgreementState>,
    /// Its start date.
    pub start_date: NaiveDate,
    /// Its end date, including amendments.
    pub end_date: NaiveDate,
    /// The agreed amount in the donor's currency, including amendments.
    pub amount: Money,
    /// None if not stated.
    #[schema(value_type = Option<Earmarking>)]
    pub earmarking: Option<Word<Earmarking>>,
    /// Grand Bargain modality, A to L.
    pub modality: Option<String>,
    /// ISO 3166-1 alpha-3 codes of the destination countries.
    pub countries: Vec<String>,
    /// Response plans it funds.
    pub plan_ids: Vec<PlanId>,
    /// Its visibility.
    #[schema(value_type = Visibility)]
    pub visibility: Word<Visibility>,
    /// The member of staff who is responsible for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub responsible_id: Option<PersonId>,
}

/// A report due to a donor was scheduled or changed its state.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct DonorReportChanged {
    /// The report.
    pub id: ReportId,
    /// Its version.
    pub sequence: i64,
    /// The organisation.
    pub organisation_id: OrganisationId,
    /// The office that owns it.
    pub office_id: OfficeId,
    /// The agreement it is due under.
    pub agreement_id: AgreementId,
    /// The donor.
    pub donor_id: DonorId,
    /// Its type.
    #[schema(value_type = ReportKind)]
    pub kind: Word<ReportKind>,
    /// First day reported on.
    pub period_start: NaiveDate,
    /// Last day reported on.
    pub period_end: NaiveDate,
    /// The last day on which a submission is on time, in the donor's country.
    pub due_date: NaiveDate,
    /// The due date before any extension.
    pub first_due_date: NaiveDate,
    /// Its state.
    #[schema(value_type = ReportState)]
    pub state: Word<ReportState>,
    /// When it was submitted to the donor.
    pub submitted_at: Option<DateTime<Utc>>,
}

/// A notification about a report to an office or a donor; each is sent once.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct NotificationGiven {
    /// The notification.
    pub id: NotificationId,
    /// Its version: notifications never change.
    pub sequence: i64,
    /// The organisation.
    pub organisation_id: OrganisationId,
    /// The office notified; for a notification to a donor, the office responsible for the report.
    pub office_id: OfficeId,
    /// The donor notified; none when the office is notified.
    pub donor_id: Option<DonorId>,
    /// What it says of the report.
    #[schema(value_type = NotificationKind)]
    pub kind: Word<NotificationKind>,
    /// The report it is about.
    pub report_id: ReportId,
    /// The report's kind.
    #[schema(value_type = ReportKind)]
    pub report_kind: Word<ReportKind>,
    /// The due date of the report at that time.
    pub due_date: NaiveDate,
    /// Reference and title of the agreement.
    pub title: String,
}

/// A due-diligence decision about a donor was taken: by the partnerships service, or by headquarters in the donor
/// registry as long as the former has taken none. Whatever is no clearance says `refused`, a suspension too.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ClearanceDecided {
    /// The decision.
    pub id: ClearanceId,
    /// Its version: decisions never change.
    pub sequence: i64,
    /// The organisation.
    pub organisation_id: OrganisationId,
    /// The office that took it.
    pub office_id: OfficeId,
    /// The donor.
    pub donor_id: DonorId,
    /// What was decided.
    #[schema(value_type = ClearanceDecision)]
    pub decision: Word<ClearanceDecision>,
    /// The first day on which it is valid.
    pub valid_from: NaiveDate,
    /// The last day on which it is valid.
    pub valid_until: NaiveDate,
    /// Where the supporting document is kept.
    pub reference: String,
    /// When it was taken.
    pub decided_at: DateTime<Utc>,
    /// Who took it.
    #[serde(default = "donors")]
    #[schema(value_type = ClearanceProducer)]
    pub producer: Word<ClearanceProducer>,
    /// Its number among the producer's decisions on this donor, counted from 1 in the transaction that takes it: the
    /// highest is the latest. 0 for a decision of a program that did not count yet: those come before all others, in
    /// the order of their ids.
    #[serde(default)]
    pub ordinal: i64,
}

/// Who took the decisions of a program that did not say.
fn donors() -> Word<ClearanceProducer> {
    ClearanceProducer::Donors.into()
}

/// A response plan was created or changed.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PlanChanged {
    /// The plan.
    pub id: PlanId,
    /// Its version.
    pub sequence: i64,
    /// The organisation.
    pub organisation_id: OrganisationId,
    /// The office that owns it.
    pub office_id: OfficeId,
    /// Its reference in another system (the FTS plan id).
    pub external_ref: Option<ExternalRef>,
    /// Its name.
    pub name: String,
    /// ISO 3166-1 alpha-3 codes of its countries.
    pub countries: Vec<String>,
    /// The years it covers.
    pub years: Vec<i32>,
    /// The current requirement in US dollars; none when not stated.
    pub requirement: Option<Money>,
    /// Its visibility.
    #[schema(value_type = Visibility)]
    pub visibility: Word<Visibility>,
}

/// What a response plan needs, or has received, has changed: told at most once a minute for each plan, with the figures
/// of its public page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlanFundingChanged {
    /// The plan.
    pub id: PlanId,
    /// It rises with every change of these figures.
    pub sequence: i64,
    /// The organisation.
    pub organisation_id: OrganisationId,
    /// The current requirement in US dollars; none when not stated.
    pub requirement: Option<Money>,
    /// What the plan has received in US dollars, paid and committed.
    pub funding: Money,
    /// What it has been pledged in US dollars and is neither paid nor committed.
    pub pledges: Money,
}

/// The audit trail of an office has grown: its last entry, whose hash follows from all entries before it. Published at most
/// once a day, so that what is changed in the service's database later can be noticed.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AuditHeadPublished {
    /// The trail of the office in the service.
    pub id: AuditChainId,
    /// Its version: the number of its last entry.
    pub sequence: i64,
    /// The organisation.
    pub organisation_id: OrganisationId,
    /// The office.
    pub office_id: OfficeId,
    /// The service whose trail it is: `identity`, `donors`, `crisis`, `allocations`.
    pub service: String,
    /// The number of the last entry.
    pub entry_sequence: i64,
    /// The hash of that entry: SHA-256, hexadecimal.
    pub hash: String,
    /// When it was published.
    pub at: DateTime<Utc>,
}

events! {
    OrganisationChanged: "identity", "organisation";
    OfficeChanged: "identity", "office";
    PersonChanged: "identity", "person";
    RepresentativeChanged: "identity", "representative";
    ClientChanged: "identity", "client";
    DonorChanged: "donors", "donor";
    ContributionRecorded: "donors", "contribution";
    AgreementChanged: "donors", "agreement";
    DonorReportChanged: "donors", "report";
    NotificationGiven: "donors", "notification";
    ClearanceDecided: "partnerships", "clearance";
    PlanChanged: "crisis", "plan";
    PlanFundingChanged: "crisis", "plan-funding";
    AllocationChanged: "allocations", "allocation";
    AllocationWindowChanged: "allocations", "window";
    AllocationDecisionChanged: "allocations", "decision";
    ShortfallChanged: "allocations", "shortfall";
    AllocationNoticeGiven: "allocations", "notification";
    AuditHeadPublished: "audit", "head";
}

fn schema_of<E: EventPayload + ToSchema>() -> (&'static str, serde_json::Value) {
    let mut definitions = Vec::new();
    E::schemas(&mut definitions);
    let mut schema = serde_json::to_value(E::schema()).unwrap_or_default();
    let definitions: serde_json::Map<String, serde_json::Value> = definitions
        .into_iter()
        .filter(|(name, _)| name != kernel::id::SCHEMA)
        .filter_map(|(name, definition)| Some((name, serde_json::to_value(definition).ok()?)))
        .collect();
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
    schema["$id"] = E::TYPE.into();
    if !definitions.is_empty() {
        schema["$defs"] = definitions.into();
    }
    kernel::id::inline_schema(&mut schema);
    let text = schema.to_string().replace("#/components/schemas/", "#/$defs/");
    (E::TYPE, serde_json::from_str(&text).unwrap_or_default())
}

#[cfg(test)]
mod tests;
