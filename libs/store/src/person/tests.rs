use super::*;
use crate::Actor;
use events::OfficeRoles;

const ORGANISATION: OrganisationId = OrganisationId::from_u128(1);
const PERSON: PersonId = PersonId::from_u128(2);
const KABUL: OfficeId = OfficeId::from_u128(3);
const NAIROBI: OfficeId = OfficeId::from_u128(4);

fn in_office(office_id: OfficeId, role: Word<StaffRole>, permissions: &[&str]) -> OfficeRoles {
    let permissions = permissions.iter().map(|permission| (*permission).to_owned()).collect();
    OfficeRoles { office_id, roles: vec![role], permissions }
}

fn changed(sequence: i64, active: bool, offices: Vec<OfficeRoles>) -> PersonChanged {
    PersonChanged { id: PERSON, sequence, organisation_id: ORGANISATION, offices, active }
}

async fn apply(store: &Store, events: Vec<PersonChanged>) {
    let mut tx = store.system(Actor::system()).await.unwrap();
    Persons.apply(&mut tx, events).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn people_are_known_with_what_they_hold_in_each_office() {
    let folder = tempfile::tempdir().unwrap();
    let store = crate::tests::store(&folder, "people.db").await;
    let officer = || Word::from(StaffRole::CountryOfficer);
    let unknown = || Word::Unknown("keeper_of_keys".to_owned());
    let first = in_office(KABUL, officer(), &["agreements:read"]);
    let second = [
        in_office(KABUL, officer(), &["agreements:read", "agreements:write"]),
        in_office(NAIROBI, unknown(), &["plans:read"]),
    ];
    // Two events about one person in one batch: the later one counts.
    apply(&store, vec![changed(1, true, vec![first]), changed(2, true, second.to_vec())]).await;
    let db = store.system_read().await.unwrap();
    assert_eq!(is_active(&db, ORGANISATION, PERSON).await.unwrap(), Some(true));
    assert_eq!(is_active(&db, OrganisationId::from_u128(9), PERSON).await.unwrap(), None);
    let kabul = held(&db, ORGANISATION, PERSON, KABUL).await.unwrap().unwrap();
    assert!(kabul.may("agreements:write") && !kabul.may("plans:read"));
    assert_eq!(kabul.roles, [officer()]);
    let nairobi = held(&db, ORGANISATION, PERSON, NAIROBI).await.unwrap().unwrap();
    assert_eq!((nairobi.roles, nairobi.permissions), (vec![unknown()], vec!["plans:read".to_owned()]));
    assert_eq!(held(&db, OrganisationId::from_u128(9), PERSON, KABUL).await.unwrap(), None);
    drop(db);

    // Moved away from Kabul: what was held there is gone.
    apply(&store, vec![changed(3, true, second[1..].to_vec())]).await;
    let db = store.system_read().await.unwrap();
    assert_eq!(held(&db, ORGANISATION, PERSON, KABUL).await.unwrap(), None);
    assert!(held(&db, ORGANISATION, PERSON, NAIROBI).await.unwrap().is_some());
}

#[tokio::test]
async fn whoever_is_suspended_or_works_nowhere_is_refused_and_holds_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = crate::tests::store(&folder, "refused.db").await;
    let office = || vec![in_office(KABUL, Word::from(StaffRole::CountryOfficer), &["agreements:read"])];
    apply(&store, vec![changed(1, true, office())]).await;
    check(&store, ORGANISATION, PERSON, "/responsible_id").await.unwrap();
    for (sequence, active, offices) in [(2, false, office()), (3, true, Vec::new())] {
        apply(&store, vec![changed(sequence, active, offices)]).await;
        let refused = check(&store, ORGANISATION, PERSON, "/responsible_id").await.unwrap_err();
        let error = &refused.0.errors[0];
        assert_eq!((error.pointer.as_str(), error.code), ("/responsible_id", FieldCode::NotActive));
        let db = store.system_read().await.unwrap();
        assert_eq!(held(&db, ORGANISATION, PERSON, KABUL).await.unwrap(), None);
    }
    let stranger = check(&store, OrganisationId::from_u128(9), PERSON, "/responsible_id").await.unwrap_err();
    assert_eq!(stranger.0.errors[0].code, FieldCode::UnknownReference);
}
