use super::{recount::recount, *};
use crate::diversification::measure::{self, measures, shares};
use crate::{contribution::store as contributions, migration::Migrator, registry::donor};
use ::store::{Actor, Store, SystemTx, TenantScope, migration, params, sql};
use chrono::NaiveDate;
use kernel::{ContributionId, DonorId, OfficeId, OrganisationId, SystemClock};
use proptest::prelude::*;
use std::sync::Arc;

pub(crate) const ORGANISATION: OrganisationId = OrganisationId::from_u128(1);
/// Headquarters, a region under it, two countries under the region.
pub(crate) const OFFICES: [OfficeId; 4] =
    [OfficeId::from_u128(10), OfficeId::from_u128(11), OfficeId::from_u128(12), OfficeId::from_u128(13)];

fn government() -> Attributes {
    Attributes { donor_type: kernel::DonorType::Government, segment: Some(kernel::Segment::Traditional) }
}

fn given(years: &[(i32, i64)]) -> BTreeMap<i32, i64> {
    years.iter().copied().collect()
}

fn together(donors: &[&[(i32, i64)]]) -> BTreeMap<i32, Sums> {
    let mut sums: BTreeMap<i32, Sums> = BTreeMap::new();
    for years in donors {
        for (year, more) in of_donor(&given(years), Some(&government())) {
            sums.entry(year).or_default().merge(&more, 1);
        }
    }
    sums
}

#[test]
fn the_herfindahl_index_is_10_000_for_one_donor_and_2_500_for_four_equal_ones() {
    let of = |amounts: &[i64]| {
        let years: Vec<[(i32, i64); 1]> = amounts.iter().map(|cents| [(2025, *cents)]).collect();
        let donors: Vec<&[(i32, i64)]> = years.iter().map(<[_; 1]>::as_slice).collect();
        together(&donors).remove(&2025).unwrap_or_default().herfindahl()
    };
    assert_eq!(of(&[1]), Some(10_000));
    assert_eq!(of(&[7, 7, 7, 7]), Some(2_500));
    // 50, 30 and 20 percent: 2500 + 900 + 400.
    assert_eq!(of(&[500, 300, 200]), Some(3_800));
    // A third and two thirds: 5555.6.
    assert_eq!(of(&[1, 2]), Some(5_556));
    // Who gave nothing, or got more back, is no donor of the year.
    assert_eq!(of(&[500, 300, 200, 0, -50]), Some(3_800));
    assert_eq!(of(&[]), None);
    let huge = 100_000_000_000_000_000;
    assert_eq!(of(&[huge, huge]), Some(5_000));
}

#[test]
fn a_donor_is_new_after_five_years_without_money_and_lapsed_for_one_year() {
    let sums = together(&[&[(2015, 5), (2020, 7), (2021, 0), (2026, 9)]]);
    let counts = |key: &str| -> Vec<(i32, i64, i64)> {
        let of = |(year, sums): (&i32, &Sums)| (*year, sums.part(key).0, sums.part(key).1);
        sums.iter().map(of).filter(|(_, _, count)| *count != 0).collect()
    };
    // 2020 is within five years of 2015; 2026 is the sixth year after 2020.
    assert_eq!(counts("new"), [(2015, 5, 1), (2026, 9, 1)]);
    assert_eq!(counts("lapsed"), [(2016, 5, 1), (2021, 7, 1), (2027, 9, 1)]);
}

#[test]
fn shares_sum_to_a_hundred_by_the_largest_remainder() {
    let text = |amounts: &[i64]| -> Vec<String> { shares(amounts).into_iter().flatten().collect() };
    assert_eq!(text(&[1, 1, 1]), ["33.4", "33.3", "33.3"]);
    assert_eq!(text(&[1, 2, 0]), ["33.3", "66.7", "0.0"]);
    assert_eq!(text(&[5, -5]), ["100.0", "0.0"]);
    assert_eq!(shares(&[0, 0]), [None, None]);
}

#[test]
fn regions_and_years_of_records() {
    assert_eq!(region(",TCD,NER,"), "2");
    assert_eq!(region(",TCD,AFG,"), SEVERAL_REGIONS);
    assert_eq!(region(""), NOT_STATED);
    assert!(is_multi_year(",2025,2026,") && !is_multi_year(",2025,") && !is_multi_year(",2025,2025,"));
    assert!(!is_multi_year(""));
}

#[test]
fn measures_worked_out_by_hand() {
    let mut sums = together(&[&[(2025, 6000)], &[(2024, 100), (2025, 2000)]]).remove(&2025).unwrap();
    let what = |earmarking: Option<&str>, cents, multi_year| What {
        earmarking: earmarking.map(|word| word.parse().unwrap()),
        multi_year,
        region: region(",TCD,"),
        cents,
        records: 1,
    };
    for what in [
        what(Some("unearmarked"), 5000, false),
        what(Some("softly_earmarked"), 1000, true),
        what(Some("earmarked"), 2000, false),
        what(None, 2000, true),
    ] {
        what.add_to(&mut sums, 1);
    }
    // 20 of the 100 dollars name no donor.
    for (_, more) in of_donor(&given(&[(2025, 2000)]), None) {
        sums.merge(&more, 1);
    }
    let found = measures(2025, &sums, 8000);
    assert_eq!((found.total.minor(), found.records, found.donors), (10_000, 4, 2));
    let part = |parts: &[measure::Part], key: &str| {
        let part = parts.iter().find(|part| part.key == key).unwrap();
        (part.amount.minor(), part.share_percent.clone().unwrap(), part.count)
    };
    assert_eq!(part(&found.by_type, "government"), (8000, "80.0".to_owned(), 2));
    assert_eq!(part(&found.by_type, NOT_STATED), (2000, "20.0".to_owned(), 0));
    assert_eq!(part(&found.by_segment, "traditional"), (8000, "80.0".to_owned(), 2));
    assert_eq!(part(&found.by_earmarking, "unearmarked"), (5000, "50.0".to_owned(), 1));
    assert_eq!(part(&found.by_region, "2"), (10_000, "100.0".to_owned(), 4));
    assert_eq!((found.flexible.minor(), found.flexible_share_percent.as_deref()), (6000, Some("60.0")));
    assert_eq!((found.multi_year.minor(), found.multi_year_share_percent.as_deref()), (3000, Some("30.0")));
    // 75 and 25 percent of what names a donor.
    assert_eq!((found.herfindahl, found.top_10_share_percent.as_deref()), (Some(6_250), Some("100.0")));
    assert_eq!((found.new_donors, found.new_amount.minor(), found.lapsed_donors), (1, 6000, 0));
}

proptest! {
    #[test]
    fn shares_always_sum_to_a_hundred(amounts in prop::collection::vec(0i64..1_000_000_000_000_000, 1..12)) {
        let tenths = |share: String| share.replace('.', "").parse::<i64>().unwrap();
        let sum: i64 = shares(&amounts).into_iter().flatten().map(tenths).sum();
        prop_assert_eq!(sum, if amounts.iter().all(|amount| *amount == 0) { 0 } else { 1000 });
    }

    #[test]
    fn the_index_is_that_of_the_shares(amounts in prop::collection::vec(1i64..1_000_000_000_000, 1..50)) {
        let years: Vec<[(i32, i64); 1]> = amounts.iter().map(|cents| [(2025, *cents)]).collect();
        let donors: Vec<&[(i32, i64)]> = years.iter().map(<[_; 1]>::as_slice).collect();
        let found = together(&donors).remove(&2025).unwrap().herfindahl().unwrap();
        #[expect(clippy::cast_precision_loss, reason = "only compared")]
        let expected = {
            let whole: f64 = amounts.iter().map(|cents| *cents as f64).sum();
            amounts.iter().map(|cents| (*cents as f64 / whole * 100.0).powi(2)).sum::<f64>()
        };
        #[expect(clippy::cast_precision_loss, reason = "only compared")]
        let difference = (found as f64 - expected).abs();
        prop_assert!(difference <= 0.51, "{} is not {}", found, expected);
    }

    #[test]
    fn what_a_gift_changes_lies_in_the_years_it_affects(
        cents in prop::collection::vec(-2i64..3, 1..16), place in 0i32..16, more in -3i64..4,
    ) {
        let before: BTreeMap<i32, i64> = (2010..).zip(cents).collect();
        let (mut after, year) = (before.clone(), 2010 + place);
        *after.entry(year).or_default() += more;
        let difference = |among: RangeInclusive<i32>| {
            let mut sums = BTreeMap::new();
            add_donor(&mut sums, &before, among.clone(), Some(&government()), -1);
            add_donor(&mut sums, &after, among, Some(&government()), 1);
            sums.retain(|_, of_year: &mut Sums| !of_year.is_nothing());
            sums
        };
        prop_assert_eq!(difference(affected(year, year)), difference(i32::MIN..=i32::MAX));
    }

    #[test]
    fn sums_read_back_from_json_and_taken_away_leave_nothing(cents in prop::collection::vec(-1_000i64..1_000_000, 1..8)) {
        let years: BTreeMap<i32, i64> = (2020..).zip(cents).collect();
        for (_, sums) in of_donor(&years, Some(&government())) {
            let json = serde_json::to_string(&sums).unwrap();
            let mut read: Sums = serde_json::from_str(&json).unwrap();
            prop_assert_eq!(&read, &sums);
            read.merge(&sums, -1);
            prop_assert!(read.is_nothing());
        }
    }
}

/// Numbers that look random and are the same every time.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    fn one<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        let index = usize::try_from(self.below(of.len() as u64)).unwrap();
        of[index]
    }

    fn date(&mut self) -> Option<NaiveDate> {
        let year = 2015 + i32::try_from(self.below(12)).unwrap();
        (self.below(3) != 0).then(|| NaiveDate::from_ymd_opt(year, 12, 31).unwrap())
    }

    pub(crate) fn record(&mut self, id: u128, office_id: OfficeId, version: i64) -> contributions::Model {
        let donor = self.below(6);
        let donor_id = (donor != 0).then(|| DonorId::from_u128(100 + u128::from(donor)));
        let status = self.one(&["pledge", "commitment", "paid"]).parse().unwrap();
        let cents = i64::try_from(self.below(1_000_000)).unwrap() - 100_000;
        let now = chrono::DateTime::UNIX_EPOCH;
        contributions::Model {
            version,
            source: "test".to_owned(),
            external_ref: Some(id.to_string()),
            donor_id,
            decision_date: self.date(),
            flow_date: self.date(),
            first_reported_date: self.date(),
            usage_years: self.one(&["", ",2020,", ",2020,2021,", ",2020,2020,"]).to_owned(),
            countries: self.one(&["", ",TCD,", ",TCD,AFG,", ",TCD,NER,"]).to_owned(),
            earmarking: self.one(&["unearmarked", "softly_earmarked", "earmarked", ""]).parse().ok(),
            is_ours: self.below(3) != 0,
            counts_ours: self.below(3) != 0,
            counts_reported: self.below(4) != 0,
            ..contributions::Model::blank(
                ContributionId::from_u128(id),
                (ORGANISATION, office_id),
                status,
                cents,
                now,
            )
        }
    }
}

async fn begin(store: &Store) -> SystemTx {
    store.system(Actor::system()).await.unwrap()
}

/// Every figure there is: the givings that are not nothing, and the sums of each office and year.
pub(crate) async fn figures(store: &Store) -> (Vec<String>, BTreeMap<(OfficeId, String, i32), Sums>) {
    let db = store.system_read().await.unwrap();
    let text = "SELECT office_id, donor_id, year, cents, unearmarked, softly_earmarked, earmarked, tightly_earmarked,
                  not_stated, multi_year, records, scope FROM diversification_giving
                WHERE records <> 0 ORDER BY office_id, donor_id, year, scope";
    let mut givings = Vec::new();
    for row in sql::rows(&db, text, vec![]).await.unwrap() {
        let ids: (OfficeId, DonorId) = (row.try_get_by_index(0).unwrap(), row.try_get_by_index(1).unwrap());
        let year: i32 = row.try_get_by_index(2).unwrap();
        let numbers: Vec<i64> = (3..11).map(|column| row.try_get_by_index(column).unwrap()).collect();
        let scope: String = row.try_get_by_index(11).unwrap();
        givings.push(format!("{ids:?} {year} {scope} {numbers:?}"));
    }
    let mut sums: BTreeMap<(OfficeId, String, i32), Sums> = BTreeMap::new();
    let text = "SELECT office_id, scope, year, sums FROM diversification_sum";
    for row in sql::rows(&db, text, vec![]).await.unwrap() {
        let scope: String = row.try_get_by_index(1).unwrap();
        let key = (row.try_get_by_index(0).unwrap(), scope, row.try_get_by_index(2).unwrap());
        let more: String = row.try_get_by_index(3).unwrap();
        sums.entry(key).or_default().merge(&serde_json::from_str(&more).unwrap(), 1);
    }
    sums.retain(|_, sums| !sums.is_nothing());
    (givings, sums)
}

pub(crate) async fn organisation(store: &Store) {
    let tx = begin(store).await;
    let parents = [None, Some(OFFICES[0]), Some(OFFICES[1]), Some(OFFICES[1])];
    for (id, parent) in OFFICES.iter().zip(parents) {
        let text = "INSERT INTO office (id, organisation_id, parent_id, code, name, kind) VALUES ($1, $2, $3, 'X', 'X', 'country')";
        sql::execute(tx.db(), text, params![*id, ORGANISATION, parent]).await.unwrap();
    }
    for number in 1..6u128 {
        let text =
            "INSERT INTO donor (id, version, organisation_id, office_id, name, search, names, donor_type, segment,
                      status, created_at, updated_at)
                    VALUES ($1, 1, $2, $3, $4, $4, $4, $5, $6, 'active', $7, $7)";
        let kind = if number % 2 == 0 { "government" } else { "private_sector" };
        let segment = (number % 3 != 0).then_some("emerging");
        let (id, now) = (DonorId::from_u128(100 + number), chrono::DateTime::UNIX_EPOCH);
        let row = params![id, ORGANISATION, OFFICES[0], number.to_string(), kind, segment, now];
        sql::execute(tx.db(), text, row).await.unwrap();
    }
    tx.commit().await.unwrap();
}

/// A database of each back end: as the service uses it, and as its owner.
pub(crate) async fn stores(folder: &std::path::Path) -> Vec<(Store, Store)> {
    let embedded = Store::open_sqlite(&folder.join("donors.db"), Arc::new(SystemClock)).await.unwrap();
    migration::migrate::<Migrator>(&embedded).await.unwrap();
    let mut stores = vec![(embedded.clone(), embedded)];
    if let Some(infra) = testkit::Infra::get() {
        let database = infra.database("donors").await;
        let open = async |url: &str| {
            let (url, files) = (url.to_owned(), folder.join("files"));
            let settings = ::store::Postgres { url, connections: 4, application: "test".into(), files };
            Store::open_postgres(&settings, Arc::new(SystemClock)).await.unwrap()
        };
        let owner = open(&database.owner).await;
        migration::migrate::<Migrator>(&owner).await.unwrap();
        migration::grant(&owner, &infra.postgres.service_role).await.unwrap();
        stores.push((open(&database.service).await, owner));
    } else {
        testkit::skip_without_servers("donors on PostgreSQL");
    }
    stores
}

/// Rounds of records that are made and changed, by an office for itself and those below it, while donors change too.
pub(crate) async fn written(store: &Store) {
    let mut random = Random(20_261_125);
    let mut records: Vec<contributions::Model> = Vec::new();
    for round in 0..12u128 {
        // The region writes for itself and its countries; what it writes counts at headquarters as well.
        let (first, scope) = if round % 2 == 0 { (0, scope_of(0)) } else { (1, scope_of(1)) };
        let mut tx = store.begin(scope, Actor::system()).await.unwrap();
        let new: Vec<_> = (0..25u128)
            .map(|number| {
                let offices = &OFFICES[first..];
                let office = offices[usize::try_from(random.below(offices.len() as u64)).unwrap()];
                random.record(round * 25 + number + 1, office, 1)
            })
            .collect();
        contributions::insert_all(&mut tx, new.clone()).await.unwrap();
        let mut pairs = Vec::new();
        let changed = |record: &&mut contributions::Model| {
            record.id.as_u128() % 3 == round % 3 && OFFICES[first..].contains(&record.office_id)
        };
        for old in records.iter_mut().filter(changed) {
            let changed = random.record(old.id.as_u128(), old.office_id, old.version + 1);
            pairs.push((std::mem::replace(old, changed.clone()), changed));
        }
        contributions::replace_all(&mut tx, pairs).await.unwrap();
        tx.commit().await.unwrap();
        records.extend(new);
        // A donor changes its type or its segment meanwhile.
        let id = DonorId::from_u128(101 + round % 5);
        let mut tx = store.begin(scope_of(0), Actor::system()).await.unwrap();
        let mut donor = donor::store::get_to_change(tx.scope(), &tx, id).await.unwrap().unwrap();
        donor.version += 1;
        donor.donor_type = random.one(&["government", "civil_society"]).parse().unwrap();
        donor.segment = (round % 2 == 0).then_some(kernel::Segment::Private);
        donor::store::update(&mut tx, &donor, &[]).await.unwrap();
        tx.commit().await.unwrap();
        if round == 6 {
            assert!(fold::fold(store).await.unwrap());
        }
    }
}

#[tokio::test]
async fn what_is_counted_along_equals_a_full_recount() {
    let folder = testkit::folder();
    for (store, owner) in stores(folder.path()).await {
        organisation(&store).await;
        written(&store).await;
        let along = figures(&store).await;
        assert!(along.0.len() > 100 && along.1.len() > 30, "{} {}", along.0.len(), along.1.len());
        while fold::fold(&store).await.unwrap() {}
        assert_eq!(figures(&store).await, along, "folding changes no figure");
        let tx = begin(&owner).await;
        recount(tx.db()).await.unwrap();
        tx.commit().await.unwrap();
        let anew = figures(&store).await;
        assert_eq!(anew.0, along.0);
        assert_eq!(anew.1, along.1);
    }
}

/// The scope of one of the offices, which has those after it below it.
pub(crate) fn scope_of(first: usize) -> TenantScope {
    TenantScope::Offices {
        organisation_id: ORGANISATION,
        office_id: OFFICES[first],
        office_ids: OFFICES[first..].to_vec(),
    }
}

#[tokio::test]
async fn an_office_whose_way_to_headquarters_is_not_known_waits() {
    let folder = testkit::folder();
    let store = Store::open_sqlite(&folder.path().join("donors.db"), Arc::new(SystemClock)).await.unwrap();
    migration::migrate::<Migrator>(&store).await.unwrap();
    organisation(&store).await;
    let mut record = Random(7).record(1, OfficeId::from_u128(99), 1);
    (record.status, record.decision_date) =
        (kernel::ContributionStatus::Paid, NaiveDate::from_ymd_opt(2026, 1, 1));
    let mut tx = begin(&store).await;
    let refused = contributions::insert_all(&mut tx, vec![record]).await.unwrap_err();
    assert!(refused.is_unavailable() && !refused.is_permanent(), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_side_by_side_lose_and_double_nothing() {
    let folder = testkit::folder();
    for (store, owner) in stores(folder.path()).await {
        organisation(&store).await;
        let writers = (0..4u128).map(|writer| {
            let store = store.clone();
            tokio::spawn(async move {
                let mut random = Random(u64::try_from(writer).unwrap() + 1);
                let mut held: Option<contributions::Model> = None;
                for number in 0..25u128 {
                    // All give by the same few donors, in the same years.
                    let mut tx = store.begin(scope_of(0), Actor::system()).await.unwrap();
                    let new = random.record(writer * 1000 + number + 1, OFFICES[2], 1);
                    contributions::insert_all(&mut tx, vec![new.clone()]).await.unwrap();
                    tx.commit().await.unwrap();
                    if let Some(old) = held.replace(new) {
                        let mut tx = store.begin(scope_of(0), Actor::system()).await.unwrap();
                        let changed = random.record(old.id.as_u128(), old.office_id, 2);
                        contributions::replace_all(&mut tx, vec![(old, changed)]).await.unwrap();
                        tx.commit().await.unwrap();
                    }
                }
            })
        });
        let changes = store.clone();
        let donors = tokio::spawn(async move {
            for number in 0..20u128 {
                let id = DonorId::from_u128(101 + number % 5);
                let mut tx = changes.begin(scope_of(0), Actor::system()).await.unwrap();
                let mut donor = donor::store::get_to_change(tx.scope(), &tx, id).await.unwrap().unwrap();
                donor.version += 1;
                donor.segment = (number % 2 == 0).then_some(kernel::Segment::Private);
                donor::store::update(&mut tx, &donor, &[]).await.unwrap();
                tx.commit().await.unwrap();
                fold::fold(&changes).await.unwrap();
            }
        });
        for task in writers.chain([donors]).collect::<Vec<_>>() {
            task.await.unwrap();
        }
        let along = figures(&store).await;
        let tx = begin(&owner).await;
        recount(tx.db()).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(figures(&store).await, along);
    }
}
