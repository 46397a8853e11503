//! Reminders of reports that fall due: 30 days before, 7 days before, and once they are overdue. Each is given once for
//! a due date, and after a pause those that fell into it are given.

use super::report::store::{Model, SELECT, models};
use crate::reporting::notification;
use ::store::{Actor, Store, StoreError, Transaction, params};
use chrono::{DateTime, TimeDelta};
use kernel::NotificationKind;
use service::{Context, Job};
use std::time::Duration;

/// How often the worker looks.
const INTERVAL: Duration = Duration::from_secs(60);
/// Reports looked at in one transaction.
const BATCH_SIZE: usize = 500;

/// The reminders, and how long before the end of the due date they are given.
pub(crate) const REMINDERS: [(NotificationKind, TimeDelta); 3] = [
    (NotificationKind::DueIn30Days, TimeDelta::days(30)),
    (NotificationKind::DueIn7Days, TimeDelta::days(7)),
    (NotificationKind::Overdue, TimeDelta::zero()),
];

/// Looks again and again, as long as the service runs.
pub(crate) fn worker(context: &Context) -> Job {
    let store = context.store.clone();
    service::worker("donors.reminders", INTERVAL, move || {
        let store = store.clone();
        async move { remind(&store).await.map(|_| false) }
    })
}

/// Gives every reminder that is due and was not given.
///
/// # Errors
/// [`StoreError`]; what was given until then stays.
pub(crate) async fn remind(store: &Store) -> Result<usize, StoreError> {
    let mut given = 0;
    for (kind, before) in REMINDERS {
        loop {
            let mut tx = store.system(Actor::system()).await?;
            // Two processes do not give the same reminders side by side.
            tx.lock("report reminders").await?;
            let reports = waiting(&tx, kind, before).await?;
            for report in &reports {
                notification::add(&mut tx, report.into(), kind, (report.office_id, None)).await?;
            }
            tx.commit().await?;
            given += reports.len();
            if reports.len() < BATCH_SIZE {
                break;
            }
        }
    }
    Ok(given)
}

/// Reports owed whose reminder is due and was not given for this due date. The last that is due stands for those before:
/// what is overdue already is not announced 30 days ahead.
async fn waiting(
    tx: &Transaction,
    kind: NotificationKind,
    before: TimeDelta,
) -> Result<Vec<Model>, StoreError> {
    let next = REMINDERS.iter().map(|(_, other)| *other).filter(|other| *other < before).max();
    // The beginning of the calendar that both back ends can write.
    let from = next.map_or(DateTime::UNIX_EPOCH, |next| tx.now() + next);
    let text = format!(
        "{SELECT} WHERE r.state IN {} AND r.due_at <= $1 AND r.due_at > $2 AND NOT EXISTS (
           SELECT 1 FROM notification n WHERE n.report_id = r.id AND n.kind = $3 AND n.due_date = r.due_date)
         ORDER BY r.due_at, r.id LIMIT {BATCH_SIZE}",
        super::report::OWED_STATES
    );
    models(tx.db(), &text, params![tx.now() + before, from, kind]).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        agreement::{self, terms::tests::terms},
        migration::Migrator,
        reporting::report::store::reconcile,
    };
    use ::store::{TenantScope, sql};
    use chrono::Utc;
    use kernel::{Clock, DonorId, FixedClock, OfficeId, OrganisationId};
    use std::sync::Arc;

    const ORGANISATION: OrganisationId = OrganisationId::from_u128(1);
    const OFFICE: OfficeId = OfficeId::from_u128(2);
    const DONOR: DonorId = DonorId::from_u128(3);

    /// An agreement of 2026 with a donor in Oslo, signed.
    async fn signed(store: &Store) {
        let scope = TenantScope::Offices {
            organisation_id: ORGANISATION,
            office_id: OFFICE,
            office_ids: vec![OFFICE],
        };
        let mut tx = store.begin(scope, Actor::system()).await.unwrap();
        let now = tx.now();
        let columns = [
            "id",
            "version",
            "organisation_id",
            "office_id",
            "name",
            "search",
            "donor_type",
            "country",
            "status",
            "created_at",
            "updated_at",
        ];
        let donor = params![
            DONOR,
            1i64,
            ORGANISATION,
            OFFICE,
            "Norway",
            "norway",
            "government",
            "NOR",
            "active",
            now,
            now
        ];
        sql::insert_many(tx.db(), "donor", &columns, vec![donor], "").await.unwrap();
        let mut terms = terms("2026-01-01", "2026-06-30");
        terms.donor_id = DONOR;
        let blank = agreement::store::Model {
            id: tx.new_id(),
            version: 1,
            organisation_id: ORGANISATION,
            office_id: OFFICE,
            reference: "AGR-2026-00001".to_owned(),
            donor_id: DONOR,
            donor_name: "Norway".to_owned(),
            state: kernel::AgreementState::Signed,
            title: String::new(),
            title_fr: None,
            title_es: None,
            search: String::new(),
            start_date: terms.start_date,
            end_date: terms.end_date,
            amount: 0,
            currency: String::new(),
            countries: String::new(),
            plan_ids: String::new(),
            visibility: kernel::Visibility::Internal,
            terms: String::new(),
            signed_on: None,
            first_signed_by: None,
            first_signed_at: None,
            signatory: None,
            responsible_id: None,
            created_at: now,
            updated_at: now,
        };
        let agreement = blank.under(&terms).unwrap();
        agreement::store::save(&mut tx, &agreement).await.unwrap();
        reconcile(&mut tx, &agreement).await.unwrap();
        tx.commit().await.unwrap();
    }

    fn until(clock: &FixedClock, instant: &str) {
        clock.advance(instant.parse::<DateTime<Utc>>().unwrap() - clock.now());
    }

    async fn given(store: &Store) -> Vec<String> {
        let db = store.system_read().await.unwrap();
        let text = "SELECT kind FROM notification ORDER BY id";
        let rows = sql::rows(&db, text, vec![]).await.unwrap();
        rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
    }

    #[tokio::test]
    async fn each_reminder_is_given_once_and_none_is_missed_after_a_pause() {
        let folder = testkit::folder();
        let clock = Arc::new(FixedClock::at("2026-08-15T00:00:00Z".parse::<DateTime<Utc>>().unwrap()));
        let store = Store::open_sqlite(&folder.path().join("donors.db"), clock.clone()).await.unwrap();
        ::store::migration::migrate::<Migrator>(&store).await.unwrap();
        signed(&store).await;
        // Two final reports, due on 30 September.
        assert_eq!(remind(&store).await.unwrap(), 0);
        until(&clock, "2026-09-01T00:00:00Z");
        assert_eq!(remind(&store).await.unwrap(), 2);
        assert_eq!(remind(&store).await.unwrap(), 0, "once");
        // A pause of five weeks: what fell into it is given as what it is now.
        until(&clock, "2026-10-05T00:00:00Z");
        assert_eq!(remind(&store).await.unwrap(), 2);
        assert_eq!(remind(&store).await.unwrap(), 0);
        assert_eq!(given(&store).await, ["due_in_30_days", "due_in_30_days", "overdue", "overdue"]);
    }

    #[tokio::test]
    async fn what_is_due_today_is_not_overdue_while_it_is_today_where_the_donor_is() {
        let folder = testkit::folder();
        let clock = Arc::new(FixedClock::at("2026-09-30T21:59:59Z".parse::<DateTime<Utc>>().unwrap()));
        let store = Store::open_sqlite(&folder.path().join("donors.db"), clock.clone()).await.unwrap();
        ::store::migration::migrate::<Migrator>(&store).await.unwrap();
        signed(&store).await;
        remind(&store).await.unwrap();
        assert_eq!(given(&store).await, ["due_in_7_days", "due_in_7_days"]);
        until(&clock, "2026-09-30T22:00:00Z");
        remind(&store).await.unwrap();
        assert_eq!(given(&store).await[2..], ["overdue", "overdue"]);
    }
}
