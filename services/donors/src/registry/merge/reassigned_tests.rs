use super::*;
use crate::{agreement::terms::tests::terms, migration::Migrator, statements::Statements};
use ::store::{Actor, Store, TenantScope};
use kernel::{OfficeId, OrganisationId, SystemClock};
use std::sync::Arc;

const ORGANISATION: OrganisationId = OrganisationId::from_u128(1);
const OFFICE: OfficeId = OfficeId::from_u128(2);
const AGREEMENTS: usize = 600;
const REPORTS: usize = 2_000;

fn scope() -> TenantScope {
    TenantScope::Offices { organisation_id: ORGANISATION, office_id: OFFICE, office_ids: vec![OFFICE] }
}

fn donor(id: u128, name: &str, now: chrono::DateTime<chrono::Utc>) -> store::Model {
    store::Model {
        id: DonorId::from_u128(id),
        version: 1,
        organisation_id: ORGANISATION,
        office_id: OFFICE,
        name: name.to_owned(),
        name_fr: None,
        name_es: None,
        short_name: None,
        search: kernel::text::search_key(name),
        donor_type: kernel::DonorType::Government,
        iati_organisation_type: None,
        segment: None,
        country: None,
        parent_id: None,
        iati_identifier: None,
        liaison_post: None,
        liaison_office_id: None,
        focal_point_id: None,
        status: kernel::DonorStatus::Active,
        names: String::new(),
        match_key: String::new(),
        preferences: None,
        merged_into: None,
        created_at: now,
        updated_at: now,
    }
    .searchable()
}

fn agreement(tx: &TenantTx, number: usize, donor: &store::Model) -> agreement::store::Model {
    let mut terms = terms("2026-01-01", "2026-12-31");
    terms.donor_id = donor.id;
    let blank = agreement::store::Model {
        id: tx.new_id(),
        version: 1,
        organisation_id: ORGANISATION,
        office_id: OFFICE,
        reference: format!("AGR-2026-{number:05}"),
        donor_id: donor.id,
        donor_name: donor.name.clone(),
        state: kernel::AgreementState::Signed,
        title: String::new(),
        title_fr: None,
        title_es: None,
        search: String::new(),
        countries: String::new(),
        plan_ids: String::new(),
        start_date: terms.start_date,
        end_date: terms.end_date,
        amount: 0,
        currency: String::new(),
        visibility: kernel::Visibility::Internal,
        terms: String::new(),
        signed_on: None,
        first_signed_by: None,
        first_signed_at: None,
        signatory: None,
        responsible_id: None,
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    blank.under(&terms).unwrap()
}

fn report(tx: &TenantTx, number: usize, agreement: &agreement::store::Model) -> report::store::Model {
    let day = agreement.end_date;
    report::store::Model {
        id: tx.new_id(),
        version: 1,
        organisation_id: ORGANISATION,
        office_id: OFFICE,
        agreement_id: agreement.id,
        agreement_reference: String::new(),
        agreement_title: String::new(),
        currency: String::new(),
        donor_id: agreement.donor_id,
        donor_name: String::new(),
        slot: format!("milestone_{number}"),
        kind: kernel::ReportKind::FinalNarrative,
        period_start: agreement.start_date,
        period_end: day,
        due_date: day,
        first_due_date: day,
        due_at: tx.now(),
        state: kernel::ReportState::Scheduled,
        content: "{}".to_owned(),
        sent_by: None,
        submitted_at: None,
        accepted_on: None,
        visibility: kernel::Visibility::Internal,
        created_at: tx.now(),
        updated_at: tx.now(),
    }
}

async fn count(store: &Store, table: &str, donor: &store::Model) -> i64 {
    let text = format!("SELECT count(*) FROM {table} WHERE donor_id = $1");
    let row = sql::row(store.writer(), &text, params![donor.id]).await.unwrap().unwrap();
    row.try_get_by_index(0).unwrap()
}

#[tokio::test]
async fn two_thousand_reports_and_six_hundred_agreements_move_in_a_few_statements_and_so_they_go_back() {
    let folder = testkit::folder();
    let clock = Arc::new(SystemClock);
    let store = Store::open_sqlite(&folder.path().join("donors.db"), clock).await.unwrap();
    ::store::migration::migrate::<Migrator>(&store).await.unwrap();
    let mut tx = store.begin(scope(), Actor::system()).await.unwrap();
    let (duplicate, survivor) = (donor(3, "Norge", tx.now()), donor(4, "Norway", tx.now()));
    store::insert_all(&mut tx, &[duplicate.clone(), survivor.clone()], &[vec![], vec![]]).await.unwrap();
    let agreements: Vec<_> = (0..AGREEMENTS).map(|number| agreement(&tx, number, &duplicate)).collect();
    agreement::store::save_all(&mut tx, &agreements).await.unwrap();
    let reports: Vec<_> =
        (0..REPORTS).map(|number| report(&tx, number, &agreements[number % AGREEMENTS])).collect();
    report::store::save_all(&mut tx, &reports).await.unwrap();
    tx.commit().await.unwrap();

    for (from, to) in [(&duplicate, &survivor), (&survivor, &duplicate)] {
        let mut tx = store.begin(scope(), Actor::system()).await.unwrap();
        let statements = Statements::count();
        let reassigned = Reassigned::of(&tx, from).await.unwrap();
        reassign(&mut tx, &reassigned, from, to).await.unwrap();
        let sent = statements.sent();
        tx.commit().await.unwrap();
        assert_eq!((reassigned.agreements.len(), reassigned.reports.len()), (AGREEMENTS, REPORTS));
        assert!((10..100).contains(&sent), "{sent} statements");
        for (table, rows) in [("agreement", AGREEMENTS), ("report", REPORTS)] {
            assert_eq!(count(&store, table, from).await, 0);
            assert_eq!(count(&store, table, to).await, i64::try_from(rows).unwrap());
        }
    }
    let text = "SELECT max(version), min(version) FROM report";
    let row = sql::row(store.writer(), text, vec![]).await.unwrap().unwrap();
    assert_eq!((row.try_get_by_index(0).ok(), row.try_get_by_index(1).ok()), (Some(3i64), Some(3i64)));
    let told = "SELECT count(*) FROM outbox WHERE aggregatetype IN ('agreement', 'report')";
    let row = sql::row(store.writer(), told, vec![]).await.unwrap().unwrap();
    let told: i64 = row.try_get_by_index(0).unwrap();
    assert_eq!(told, 3 * i64::try_from(AGREEMENTS + REPORTS).unwrap());
}
