//! Who gets an e-mail about a notification.

use super::store::{self, Item};
use crate::person;
use ::store::{
    ConsumeError, Consumer, EventHandler, Reference, StoreError, SystemTx, Transaction, params, sql,
};
use async_trait::async_trait;
use auth::{Permission, perm, permissions_of};
use chrono::NaiveDate;
use events::{AllocationNoticeGiven, NotificationGiven};
use kernel::{
    AllocationNoticeKind, DonorId, NotificationKind, OfficeId, OrganisationId, PersonId, StaffRole, Word,
};
use sea_orm::{ConnectionTrait, FromQueryResult};
use std::collections::BTreeMap;

/// Adds a notification to the items of its recipients.
pub(super) struct Recipients {
    /// Without a way to send, nothing waits to be sent.
    pub(super) sends: bool,
}

#[async_trait]
impl EventHandler<NotificationGiven> for Recipients {
    /// A donor's people are those of its merged donors as well, so it has to be known. (Offices are identity's own.)
    fn references(&self) -> Vec<Reference<NotificationGiven>> {
        vec![Reference {
            kind: "donor",
            table: "known_donor",
            id: |event| event.donor_id.map(DonorId::as_uuid),
        }]
    }

    async fn apply(&self, tx: &mut SystemTx, events: Vec<NotificationGiven>) -> Result<(), ConsumeError> {
        if !self.sends {
            return Ok(());
        }
        let mut items = Vec::new();
        for event in events {
            for person_id in concerned(tx, &event).await? {
                items.push(Item::new(person_id, &event));
            }
        }
        Ok(store::add(tx, items).await?)
    }
}

/// Adds a notice about an allocation to the items of its recipients.
pub(super) struct NoticeRecipients {
    /// Without a way to send, nothing waits to be sent.
    pub(super) sends: bool,
}

#[async_trait]
impl EventHandler<AllocationNoticeGiven> for NoticeRecipients {
    async fn apply(&self, tx: &mut SystemTx, events: Vec<AllocationNoticeGiven>) -> Result<(), ConsumeError> {
        if !self.sends {
            return Ok(());
        }
        let day = tx.now().date_naive();
        let mut items = Vec::new();
        for event in events {
            let people = match event.person_id {
                Some(person_id) => reachable(tx, event.organisation_id, person_id).await?,
                None => able(tx, event.organisation_id, event.office_id, needed_for(&event.kind)).await?,
            };
            items.extend(people.into_iter().map(|person| Item::of_notice(person.id, &event, day)));
        }
        Ok(store::add(tx, items).await?)
    }
}

pub(crate) fn consumers(sends: bool) -> [Consumer; 2] {
    let (recipients, of_notices) = (Recipients { sends }, NoticeRecipients { sends });
    [
        Consumer::new::<NotificationGiven>("identity.notification", recipients),
        Consumer::new::<AllocationNoticeGiven>("identity.allocation-notification", of_notices),
    ]
}

/// A person, and one of the roles that it holds where it matters: a built-in one, or the permissions of a custom one.
#[derive(Debug, Clone, FromQueryResult)]
struct Candidate {
    id: PersonId,
    muted: String,
    role: Option<String>,
    permissions: Option<String>,
}

impl Candidate {
    /// The built-in role.
    fn built_in(&self) -> Option<StaffRole> {
        self.role.as_deref()?.parse().ok()
    }

    /// Whether its role permits this.
    fn may(&self, permission: &str) -> bool {
        let built_in = self.built_in().map(permissions_of).unwrap_or_default();
        let custom = self.permissions.as_deref().unwrap_or_default();
        built_in.contains(&permission) || custom.split_whitespace().any(|held| held == permission)
    }
}

/// The permission required to act on a notification.
fn needed(kind: &Word<NotificationKind>) -> &'static str {
    if kind.is(NotificationKind::Send) {
        perm::ReportsReview::NAME
    } else if kind.is(NotificationKind::Endorse) {
        perm::ReportsClear::NAME
    } else {
        perm::ReportsWrite::NAME
    }
}

/// The permission required to act on a notice that an office is given.
fn needed_for(kind: &Word<AllocationNoticeKind>) -> &'static str {
    match kind.known() {
        Some(AllocationNoticeKind::DecisionWaits) => perm::DecisionsConfirm::NAME,
        Some(AllocationNoticeKind::ShortfallFound | AllocationNoticeKind::SuggestionMade) => {
            perm::PoolsWrite::NAME
        }
        Some(
            AllocationNoticeKind::ReviewAsked
            | AllocationNoticeKind::MeetingConvened
            | AllocationNoticeKind::MotionOpened
            | AllocationNoticeKind::CirculationOpened
            | AllocationNoticeKind::SentBack
            | AllocationNoticeKind::Decided
            | AllocationNoticeKind::Disbursed,
        )
        | None => perm::ProposalsWrite::NAME,
    }
}

/// This person, if it can sign in and wants e-mail.
async fn reachable(
    tx: &Transaction,
    organisation_id: OrganisationId,
    id: PersonId,
) -> Result<Vec<Candidate>, StoreError> {
    let text = "SELECT p.id, p.muted, NULL AS role, NULL AS permissions FROM person p
                WHERE p.id = $1 AND p.organisation_id = $2 AND p.mail AND p.password_hash IS NOT NULL
                  AND p.suspended_at IS NULL";
    sql::all(tx.db(), text, params![id, organisation_id]).await
}

/// Representatives of the donor, or staff of the office who can act.
async fn concerned(tx: &Transaction, event: &NotificationGiven) -> Result<Vec<PersonId>, StoreError> {
    let wants = |candidate: &Candidate| !candidate.muted.split(' ').any(|muted| muted == event.kind.as_str());
    let people = match event.donor_id {
        Some(donor_id) => {
            let today = tx.now().date_naive();
            representatives(tx.db(), event.organisation_id, donor_id, today).await?
        }
        None => able(tx, event.organisation_id, event.office_id, needed(&event.kind)).await?,
    };
    Ok(people.into_iter().filter(wants).map(|candidate| candidate.id).collect())
}

/// Staff of an office whose role permits this. Administrators, who can do everything, only where nobody else can:
/// somebody is always told.
async fn able(
    tx: &Transaction,
    organisation_id: OrganisationId,
    office_id: OfficeId,
    permission: &str,
) -> Result<Vec<Candidate>, StoreError> {
    let text = "SELECT p.id, p.muted, h.role, h.permissions
                FROM (SELECT person_id, role, NULL AS permissions FROM person_role WHERE office_id = $1
                      UNION ALL
                      SELECT c.person_id, NULL, r.permissions FROM person_custom_role c
                      JOIN custom_role r ON r.id = c.role_id WHERE c.office_id = $1) h
                JOIN person p ON p.id = h.person_id
                WHERE p.organisation_id = $2 AND p.mail AND p.password_hash IS NOT NULL
                  AND p.suspended_at IS NULL
                ORDER BY p.id";
    let candidates: Vec<Candidate> = sql::all(tx.db(), text, params![office_id, organisation_id]).await?;
    // Whoever has another role that suffices is not there as an administrator.
    let mut able_people: BTreeMap<PersonId, (bool, &Candidate)> = BTreeMap::new();
    for candidate in candidates.iter().filter(|candidate| candidate.may(permission)) {
        let entry = able_people.entry(candidate.id).or_insert((false, candidate));
        entry.0 |= candidate.built_in() != Some(StaffRole::Administrator);
    }
    let officers = able_people.values().any(|(is_officer, _)| *is_officer);
    let told = able_people.values().filter(|(is_officer, _)| *is_officer || !officers);
    Ok(told.map(|(_, person)| (*person).clone()).collect())
}

/// Representatives of a donor, or of one that was merged into it.
async fn representatives(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    donor_id: DonorId,
    today: NaiveDate,
) -> Result<Vec<Candidate>, StoreError> {
    let text = "WITH RECURSIVE same (id) AS (
                  SELECT d.id FROM known_donor d WHERE d.id = $1
                  UNION SELECT d.id FROM known_donor d JOIN same s ON d.merged_into = s.id)
                SELECT p.id, p.muted, NULL AS role, NULL AS permissions FROM person p
                WHERE p.donor_id IN (SELECT id FROM same) AND p.organisation_id = $2 AND p.mail
                  AND p.password_hash IS NOT NULL AND p.suspended_at IS NULL
                  AND (p.access_until IS NULL OR p.access_until >= $3)
                ORDER BY p.id";
    sql::all(db, text, params![donor_id, organisation_id, today]).await
}

/// A person as a mail addresses it.
pub(super) async fn addressee(
    db: &impl ConnectionTrait,
    id: PersonId,
) -> Result<person::store::Model, StoreError> {
    let person = person::store::by_id(db, id).await?;
    person.ok_or_else(|| StoreError::Damaged(format!("mail for person {id}, who is not there")))
}
