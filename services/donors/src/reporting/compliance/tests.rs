use super::{Compliance, ComplianceGroup, groups, median};
use crate::{
    counted::tests::{OFFICES, Random, organisation, scope_of, stores},
    reporting::report::store::{Filter, Model, save_all},
};
use ::store::{Actor, Store, params, sql};
use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use kernel::{AgreementId, DonorId, ReportId, ReportKind, Visibility};
use std::collections::BTreeMap;
use uuid::Uuid;

const NOW: &str = "2026-06-01T12:00:00Z";

/// A report: whose it is, when it is due and was handed in.
#[derive(Debug, Clone, Copy)]
struct Delivery {
    office: usize,
    donor: u128,
    due_date: NaiveDate,
    submitted_at: Option<DateTime<Utc>>,
    cancelled: bool,
}

impl Delivery {
    fn due_at(&self) -> DateTime<Utc> {
        // A donor east of Greenwich.
        self.due_date.and_hms_opt(22, 0, 0).unwrap().and_utc()
    }
}

fn now() -> DateTime<Utc> {
    NOW.parse().unwrap()
}

async fn write(store: &Store, deliveries: &[Delivery]) {
    let mut tx = store.begin(scope_of(0), Actor::system()).await.unwrap();
    let organisation = tx.scope().organisation_id();
    let agreements: Vec<_> = (101..=105u128)
        .map(|donor| {
            let id = AgreementId::from_u128(1000 + donor);
            params![
                id,
                1i64,
                organisation,
                OFFICES[0],
                format!("AGR-2026-{donor:05}"),
                DonorId::from_u128(donor),
                "signed",
                "",
                "",
                now().date_naive(),
                now().date_naive(),
                0i64,
                "USD",
                "",
                "",
                "internal",
                "{}",
                now(),
                now()
            ]
        })
        .collect();
    let columns = [
        "id",
        "version",
        "organisation_id",
        "office_id",
        "reference",
        "donor_id",
        "state",
        "title",
        "search",
        "start_date",
        "end_date",
        "amount",
        "currency",
        "countries",
        "plan_ids",
        "visibility",
        "terms",
        "created_at",
        "updated_at",
    ];
    sql::insert_many(tx.db(), "agreement", &columns, agreements, "").await.unwrap();
    let reports: Vec<_> = deliveries
        .iter()
        .enumerate()
        .map(|(number, delivery)| {
            let (donor, agreement) =
                (DonorId::from_u128(delivery.donor), AgreementId::from_u128(1000 + delivery.donor));
            let state = match (delivery.cancelled, delivery.submitted_at) {
                (true, _) => "cancelled",
                (false, Some(_)) => "submitted",
                (false, None) => "drafting",
            };
            Model {
                id: ReportId::from_u128(5000 + number as u128),
                version: 1,
                organisation_id: organisation,
                office_id: OFFICES[delivery.office],
                agreement_id: agreement,
                agreement_reference: String::new(),
                agreement_title: String::new(),
                currency: String::new(),
                donor_id: donor,
                donor_name: String::new(),
                slot: format!("slot_{number}"),
                kind: ReportKind::FinalNarrative,
                period_start: delivery.due_date,
                period_end: delivery.due_date,
                due_date: delivery.due_date,
                first_due_date: delivery.due_date,
                due_at: delivery.due_at(),
                state: state.parse().unwrap(),
                content: "{}".to_owned(),
                sent_by: None,
                submitted_at: delivery.submitted_at,
                accepted_on: None,
                visibility: Visibility::Internal,
                created_at: now(),
                updated_at: now(),
            }
        })
        .collect();
    save_all(&mut tx, &reports).await.unwrap();
    tx.commit().await.unwrap();
}

/// The figures, one report after the other.
fn counted<'a>(deliveries: impl Iterator<Item = &'a Delivery>) -> Compliance {
    let mut sums = Compliance::default();
    let mut late = Vec::new();
    for delivery in deliveries.filter(|delivery| !delivery.cancelled) {
        let due_at = delivery.due_at();
        match delivery.submitted_at {
            None if due_at > now() => sums.due_soon += i64::from(due_at - now() <= TimeDelta::days(30)),
            Some(_) if due_at > now() => {}
            Some(at) if at <= due_at => (sums.due, sums.on_time) = (sums.due + 1, sums.on_time + 1),
            Some(at) => {
                (sums.due, sums.late) = (sums.due + 1, sums.late + 1);
                late.push((at - due_at).num_days() + 1);
            }
            None => {
                (sums.due, sums.overdue) = (sums.due + 1, sums.overdue + 1);
                late.push((now() - due_at).num_days() + 1);
            }
        }
    }
    late.sort_unstable();
    let middle = |late: &[i64]| i64::midpoint(late[(late.len() - 1) / 2], late[late.len() / 2]);
    sums.median_days_late = (!late.is_empty()).then(|| middle(&late));
    sums.on_time_percent = kernel::money::percent(sums.on_time, sums.due);
    sums
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_are_those_of_the_reports_counted_one_by_one() {
    let folder = testkit::folder();
    for (store, _) in stores(folder.path()).await {
        organisation(&store).await;
        let mut random = Random(9);
        let first = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
        let mut deliveries: Vec<Delivery> = (0..200)
            .map(|_| {
                let due_date = first + Days::new(random.below(220));
                let mut delivery = Delivery {
                    office: usize::try_from(random.below(4)).unwrap(),
                    donor: 101 + u128::from(random.below(5)),
                    due_date,
                    submitted_at: None,
                    cancelled: random.below(10) == 0,
                };
                let seconds = i64::try_from(random.below(800_000)).unwrap() - 600_000;
                let handed_in = delivery.due_at() + TimeDelta::milliseconds(seconds * 1000 + 1);
                if random.below(3) > 0 && handed_in <= now() {
                    delivery.submitted_at = Some(handed_in);
                }
                delivery
            })
            .collect();
        // To the second.
        deliveries[0].submitted_at = Some(deliveries[0].due_at());
        deliveries[1].submitted_at = Some(deliveries[1].due_at() + TimeDelta::seconds(1));
        write(&store, &deliveries).await;

        let days = (first + Days::new(40), first + Days::new(120));
        let within = Filter { due_from: Some(days.0), due_until: Some(days.1), ..Filter::default() };
        type Fits = fn(&Delivery, (NaiveDate, NaiveDate)) -> bool;
        let filters: [(Filter, Fits); 3] = [
            (Filter::default(), |_, _| true),
            (within, |delivery, (from, until)| (from..=until).contains(&delivery.due_date)),
            (Filter { donor_id: Some(DonorId::from_u128(103)), ..Filter::default() }, |delivery, _| {
                delivery.donor == 103
            }),
        ];
        for (number, (filter, fits)) in filters.iter().enumerate() {
            for (asks, seen) in [(0, 0..4), (1, 1..4), (3, 3..4)] {
                for by in [ComplianceGroup::Office, ComplianceGroup::Donor] {
                    let mut expected: BTreeMap<Uuid, Vec<&Delivery>> = BTreeMap::new();
                    let own = deliveries.iter().filter(|d| seen.contains(&d.office) && fits(d, days));
                    for delivery in own.filter(|delivery| !delivery.cancelled) {
                        let key = match by {
                            ComplianceGroup::Office => OFFICES[delivery.office].as_uuid(),
                            ComplianceGroup::Donor => Uuid::from_u128(delivery.donor),
                        };
                        expected.entry(key).or_default().push(delivery);
                    }
                    let db = store.read(&scope_of(asks)).await.unwrap();
                    let found = groups(&scope_of(asks), &db, filter, by, now()).await.unwrap();
                    let about = format!("filter {number}, office {asks}, by {by:?}");
                    assert_eq!(found.len(), expected.len(), "{about}");
                    assert!(found.is_sorted_by_key(|of| (-of.overdue, -of.due)), "{about}");
                    for of in found {
                        assert!(of.name.is_some(), "{about}");
                        let own = counted(expected[&of.id.unwrap()].iter().copied());
                        assert_eq!(of, Compliance { id: of.id, name: of.name.clone(), ..own }, "{about}");
                    }
                }
            }
        }
    }
}

#[test]
fn the_median_is_that_of_all_values_written_out() {
    let lists: [&[(i64, i64)]; 5] =
        [&[(5, 1)], &[(9, 1), (1, 3)], &[(9, 3), (1, 3)], &[(2, 2), (4, 1), (7, 2)], &[(3, 1), (8, 1)]];
    for values in lists {
        let mut all: Vec<i64> =
            values.iter().flat_map(|(value, count)| (0..*count).map(|_| *value)).collect();
        all.sort_unstable();
        let expected = i64::midpoint(all[(all.len() - 1) / 2], all[all.len() / 2]);
        assert_eq!(median(values.to_vec()), Some(expected), "{values:?}");
    }
    assert_eq!(median(Vec::new()), None);
}
