use super::*;
use serde_json::{Value, json};

const ID: &str = "018f0000-0000-7000-8000-000000000001";

/// An event as a newer program sends it, with words that this one does not know at these fields.
fn stays_as_it_came<E: EventPayload>(event: Value, words: &[&str]) {
    let mut event = event;
    for name in [
        "id",
        "organisation_id",
        "office_id",
        "donor_id",
        "agreement_id",
        "report_id",
        "pool_id",
        "committee_id",
        "contribution_id",
    ] {
        event[name] = ID.into();
    }
    event["sequence"] = 1.into();
    for field in words {
        event[*field] = "a_word_of_tomorrow".into();
    }
    let read: E =
        serde_json::from_value(event.clone()).unwrap_or_else(|error| panic!("{}: {error}", E::TYPE));
    let sent = serde_json::to_value(&read).unwrap();
    for (name, value) in sent.as_object().unwrap() {
        assert_eq!(value, &event[name], "{} {name}", E::TYPE);
    }
}

#[test]
fn words_that_a_newer_program_has_added_are_kept_in_every_event() {
    stays_as_it_came::<OfficeChanged>(
        json!({ "code": "KBL", "name": "Kabul", "time_zone": "Asia/Kabul", "is_closed": true }),
        &["kind"],
    );
    stays_as_it_came::<DonorChanged>(
        json!({ "name": "Norway", "external_refs": [], "focal_point_id": ID, "liaison_office_id": ID }),
        &["donor_type", "status"],
    );
    let usd = json!({ "amount": "1.00", "currency": "USD" });
    stays_as_it_came::<ContributionRecorded>(
        json!({ "source": "api", "amount_usd": usd, "new_money": true, "source_objects": [],
            "destination_objects": [], "counts": true, "root_id": ID, "recipient": "Example Relief", "is_ours": true,
            "counts_ours": false, "counts_reported": true }),
        &["status", "contribution_type", "earmarking", "visibility"],
    );
    stays_as_it_came::<AgreementChanged>(
        json!({ "reference": "AGR-2026-00001", "start_date": "2026-01-01", "end_date": "2026-12-31",
            "amount": usd, "countries": [], "plan_ids": [] }),
        &["state", "earmarking", "visibility"],
    );
    stays_as_it_came::<DonorReportChanged>(
        json!({ "period_start": "2026-01-01", "period_end": "2026-12-31", "due_date": "2027-03-31",
            "first_due_date": "2027-03-31" }),
        &["kind", "state"],
    );
    stays_as_it_came::<NotificationGiven>(
        json!({ "due_date": "2027-03-31", "title": "AGR-2026-00001" }),
        &["kind", "report_kind"],
    );
    stays_as_it_came::<ClearanceDecided>(
        json!({ "valid_from": "2026-01-01", "valid_until": "2026-12-31", "reference": "DD-1", "ordinal": 4,
            "decided_at": "2026-01-01T00:00:00Z", "created_at": "2026-01-01T00:00:00Z" }),
        &["decision", "producer"],
    );
    stays_as_it_came::<AuditHeadPublished>(
        json!({ "service": "donors", "entry_sequence": 1, "hash": "0", "at": "2026-01-01T00:00:00Z" }),
        &[],
    );
    let amounts = json!({ "approved": usd, "reserved": usd, "allocated": usd, "disbursed": usd, "spent": usd,
        "returned": usd, "withdrawn": usd });
    let source = json!({ "root_id": ID, "donor_id": null, "allocated": usd, "disbursed": usd, "spent": usd });
    stays_as_it_came::<AllocationChanged>(
        json!({ "reference": "MIR-2026-00001", "title": "Shelter", "category": "response", "countries": ["TCD"],
            "plan_ids": [ID], "year": 2026, "amounts": amounts, "sources": [source], "start_date": "2026-01-01",
            "end_date": "2026-12-31", "disbursed_on": "2026-04-01" }),
        &["nature", "state", "visibility"],
    );
    let at = "2026-03-01T08:00:00Z";
    stays_as_it_came::<AllocationWindowChanged>(
        json!({ "title": "Spring 2026", "envelope": usd, "opens_at": at, "closes_at": at }),
        &["kind", "state"],
    );
    stays_as_it_came::<AllocationDecisionChanged>(
        json!({ "reference": "DEC-2026-00001", "proposal_id": ID, "window_id": ID, "amount": usd,
            "sha256": "0", "supersedes_id": null, "confirm_until": at, "decided_at": at }),
        &["resolution", "state"],
    );
    stays_as_it_came::<AllocationNoticeGiven>(
        json!({ "person_id": ID, "record_id": ID, "title": "MIR-2026-00001: Shelter" }),
        &["kind"],
    );
    stays_as_it_came::<ShortfallChanged>(
        json!({ "uncovered": usd, "covered": usd, "absorbed": usd, "opened_at": at, "closed_at": null }),
        &["state"],
    );
    stays_as_it_came::<PlanChanged>(json!({ "name": "Chad", "countries": [], "years": [] }), &["visibility"]);
    stays_as_it_came::<PlanFundingChanged>(
        json!({ "requirement": usd, "funding": usd, "pledges": usd }),
        &[],
    );
    stays_as_it_came::<RepresentativeChanged>(json!({ "active": true, "access_until": "2027-06-30" }), &[]);
    stays_as_it_came::<ClientChanged>(json!({ "active": true, "scopes": ["permission:of_tomorrow"] }), &[]);
}

#[test]
fn a_client_is_told_of_without_its_name_and_its_secrets() {
    let event = ClientChanged {
        id: ID.parse().unwrap(),
        sequence: 3,
        organisation_id: ID.parse().unwrap(),
        office_id: ID.parse().unwrap(),
        scopes: vec!["reports:read".to_owned()],
        active: false,
    };
    let sent = serde_json::to_value(&event).unwrap();
    let expected = json!({ "id": ID, "sequence": 3, "organisation_id": ID, "office_id": ID,
        "scopes": ["reports:read"], "active": false });
    assert_eq!(sent, expected);
    assert_eq!(serde_json::from_value::<ClientChanged>(sent).unwrap(), event);
    assert_eq!(ClientChanged::TOPIC, "passerelle.identity.client.v1");
    assert_eq!((event.aggregate_id(), event.sequence()), (event.id.as_uuid(), 3));
}

#[test]
fn a_representative_is_told_of_without_a_name_or_an_address() {
    let event = RepresentativeChanged {
        id: ID.parse().unwrap(),
        sequence: 3,
        organisation_id: ID.parse().unwrap(),
        donor_id: ID.parse().unwrap(),
        active: false,
        access_until: None,
    };
    let sent = serde_json::to_value(&event).unwrap();
    let expected = json!({ "id": ID, "sequence": 3, "organisation_id": ID, "donor_id": ID, "active": false,
        "access_until": null });
    assert_eq!(sent, expected);
    assert_eq!(serde_json::from_value::<RepresentativeChanged>(sent).unwrap(), event);
    assert_eq!(RepresentativeChanged::TOPIC, "passerelle.identity.representative.v1");
    assert_eq!((event.aggregate_id(), event.sequence()), (event.id.as_uuid(), 3));
}

#[test]
fn a_contribution_that_an_older_program_announced_is_read_without_what_was_added() {
    let event = json!({ "id": ID, "sequence": 1, "organisation_id": ID, "office_id": ID, "source": "api",
        "status": "paid", "amount_usd": { "amount": "1.00", "currency": "USD" }, "new_money": true,
        "contribution_type": "financial", "source_objects": [], "destination_objects": [],
        "visibility": "internal" });
    let read: ContributionRecorded = serde_json::from_value(event).unwrap();
    assert_eq!((read.root_id, &read.recipient), (None, &None));
    assert_eq!((read.is_ours, read.counts_ours, read.counts_reported), (None, None, None));
    let root_id = Some(ContributionId::from_u128(7));
    let sent = serde_json::to_value(ContributionRecorded { root_id, ..read }).unwrap();
    assert_eq!(sent["root_id"], "00000000-0000-0000-0000-000000000007");
}

#[test]
fn an_office_that_an_older_program_announced_is_open_and_states_no_time_zone() {
    let event = json!({ "id": ID, "sequence": 1, "organisation_id": ID, "parent_id": null, "code": "KBL",
        "name": "Kabul", "kind": "country", "country": "AFG" });
    let read: OfficeChanged = serde_json::from_value(event).unwrap();
    assert_eq!((read.time_zone, read.is_closed), (None, false));
}

#[test]
fn a_clearance_of_a_program_that_did_not_count_is_the_donor_registrys() {
    let old: ClearanceDecided =
        serde_json::from_value(json!({ "id": ID, "sequence": 1, "organisation_id": ID,
        "office_id": ID, "donor_id": ID, "decision": "cleared", "valid_from": "2026-01-01",
        "valid_until": "2026-12-31", "reference": "DD-1", "decided_at": "2026-01-01T00:00:00Z" }))
        .unwrap();
    assert!(old.producer.is(ClearanceProducer::Donors));
    assert_eq!(old.ordinal, 0);
}
