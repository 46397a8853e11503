use super::{RIGHTS, announce_again, catch_up};
use crate::{role, testing::World};
use ::store::Actor;
use events::{EventPayload, OfficeRoles, PersonChanged, RepresentativeChanged};
use kernel::{DonorId, StaffRole};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// What an administrator may do, as events say it.
fn every_permission() -> Vec<String> {
    let mut every: Vec<String> = auth::ALL_PERMISSIONS.iter().map(|name| (*name).to_owned()).collect();
    every.sort();
    every
}

async fn told_of<E: EventPayload>(world: &World) -> Vec<E> {
    let query = format!(
        "SELECT CAST(payload AS text) FROM outbox WHERE topic = '{}' ORDER BY sequence, created_at, id",
        E::TOPIC
    );
    let payloads = world.texts(&query).await;
    let is_personal = |payload: &String| payload.contains("amina") || payload.contains("envoy");
    assert!(!payloads.iter().any(is_personal), "a name or an address: {payloads:?}");
    payloads.iter().map(|payload| serde_json::from_str(payload).unwrap()).collect()
}

async fn told(world: &World) -> Vec<PersonChanged> {
    told_of(world).await
}

#[tokio::test]
async fn staff_from_before_the_event_are_announced_once_and_again_when_they_change() {
    for world in World::on_both("staff_from_before_the_event_are_announced").await {
        let roles = [StaffRole::Auditor, StaffRole::Administrator];
        let amina = world.person("amina@example.org", &roles, None).await;
        assert!(told(&world).await.is_empty());
        assert_eq!(catch_up(&world.store).await.unwrap(), 1);
        let offices = vec![OfficeRoles {
            office_id: world.founded.office_id,
            roles: vec![StaffRole::Administrator.into(), StaffRole::Auditor.into()],
            permissions: every_permission(),
        }];
        let first = PersonChanged {
            id: amina,
            sequence: 1,
            organisation_id: world.founded.organisation_id,
            offices,
            active: false,
        };
        assert_eq!(told(&world).await, std::slice::from_ref(&first));
        assert_eq!(catch_up(&world.store).await.unwrap(), 0);
        // A process of an older version lets somebody accept an invitation.
        world.execute("UPDATE person SET password_hash = 'set', version = version + 1").await;
        assert_eq!(catch_up(&world.store).await.unwrap(), 1);
        let second = PersonChanged { sequence: 2, active: true, ..first.clone() };
        assert_eq!(told(&world).await, [first, second]);
    }
}

#[tokio::test]
async fn representatives_from_before_their_event_are_announced_once_and_again_when_they_change() {
    for world in World::on_both("representatives_from_before_their_event").await {
        let donor_id = DonorId::from_u128(7);
        let envoy = world.person("envoy@example.org", &[], Some(donor_id)).await;
        // An older version noted that it had announced them, and told nobody.
        world.execute("UPDATE person SET announced_version = version, announced_rights = 1").await;
        assert_eq!(catch_up(&world.store).await.unwrap(), 1);
        let first = RepresentativeChanged {
            id: envoy,
            sequence: 1,
            organisation_id: world.founded.organisation_id,
            donor_id,
            active: false,
            access_until: None,
        };
        assert_eq!(told_of::<RepresentativeChanged>(&world).await, std::slice::from_ref(&first));
        assert_eq!(catch_up(&world.store).await.unwrap(), 0);
        // A process of an older version lets somebody accept an invitation.
        let accepted = "password_hash = 'set', access_until = '2026-08-31', version = version + 1";
        let noted = "announced_version = version + 1, announced_rights = 1";
        world.execute(&format!("UPDATE person SET {accepted}, {noted}")).await;
        assert_eq!(catch_up(&world.store).await.unwrap(), 1);
        // Also after the last day: that is told beside it.
        let access_until = "2026-08-31".parse().ok();
        let second = RepresentativeChanged { sequence: 2, active: true, access_until, ..first.clone() };
        // It suspends somebody, and notes nothing.
        world.execute("UPDATE person SET suspended_at = created_at, version = version + 1").await;
        assert_eq!(catch_up(&world.store).await.unwrap(), 1);
        let third = RepresentativeChanged { sequence: 3, active: false, ..second.clone() };
        assert_eq!(told_of::<RepresentativeChanged>(&world).await, [first, second, third]);
        assert_eq!(catch_up(&world.store).await.unwrap(), 0);
        assert!(told(&world).await.is_empty(), "they are no staff");
    }
}

#[tokio::test]
async fn whom_an_older_process_announced_without_permissions_is_announced_again() {
    for world in World::on_both("whom_an_older_process_announced").await {
        world.person("amina@example.org", &[StaffRole::Auditor], None).await;
        // All that it knew of.
        world.execute("UPDATE person SET announced_version = version").await;
        assert_eq!(catch_up(&world.store).await.unwrap(), 1);
        let told = told(&world).await;
        assert_eq!(told[0].sequence, 2, "no service takes the first version twice");
        assert!(!told[0].offices[0].permissions.is_empty());
        assert_eq!(catch_up(&world.store).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn whose_role_changed_is_announced_again_with_the_new_rights() {
    for world in World::on_both("whose_role_changed_is_announced_again").await {
        let amina = world.person("amina@example.org", &[], None).await;
        let tx = world.store.system(Actor::system()).await.unwrap();
        let grants = role::store::Model {
            id: tx.new_id(),
            version: 1,
            organisation_id: world.founded.organisation_id,
            name: "Grants".to_owned(),
            name_key: "grants".to_owned(),
            description: None,
            permissions: role::store::written(&["plans:read".to_owned(), "imports:read".to_owned()]),
            created_at: tx.now(),
        };
        role::store::insert(&tx, &grants).await.unwrap();
        let held = [(world.founded.office_id, grants.id)];
        role::rights::save_custom(&tx, amina, &held).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(catch_up(&world.store).await.unwrap(), 1);
        let mut tx = world.store.system(Actor::system()).await.unwrap();
        let less = role::store::Model {
            permissions: role::store::written(&["plans:read".to_owned()]),
            version: 2,
            ..grants
        };
        role::store::update(&tx, &less).await.unwrap();
        announce_again(&mut tx, &[amina]).await.unwrap();
        tx.commit().await.unwrap();
        let told = told(&world).await;
        let permissions: Vec<_> = told.iter().map(|event| event.offices[0].permissions.clone()).collect();
        assert_eq!(permissions, [vec!["imports:read", "plans:read"], vec!["plans:read"]]);
        assert!(told[1].offices[0].roles.is_empty() && told[1].sequence == 2);
        assert_eq!(catch_up(&world.store).await.unwrap(), 0, "it is announced already");
    }
}

#[tokio::test]
async fn whoever_was_announced_without_permissions_is_announced_once_more_with_them() {
    for world in World::on_both("whoever_was_announced_without_permissions").await {
        for number in 0..2 {
            world.person(&format!("amina-{number}@example.org"), &[StaffRole::Auditor], None).await;
        }
        // A version before permissions were told of has announced them.
        world.execute("UPDATE person SET announced_version = version").await;
        assert_eq!(catch_up(&world.store).await.unwrap(), 2);
        let told = told(&world).await;
        assert_eq!(told.iter().map(|event| event.sequence).collect::<Vec<_>>(), [2, 2]);
        assert!(told.iter().all(|event| !event.offices[0].permissions.is_empty()));
        assert_eq!(catch_up(&world.store).await.unwrap(), 0);
    }
}

#[test]
fn what_built_in_roles_permit_changes_with_its_number() {
    let mut permitted = String::new();
    for role in StaffRole::ALL {
        let permissions: BTreeSet<&str> = auth::permissions_of(*role).iter().copied().collect();
        let permissions: Vec<&str> = permissions.into_iter().collect();
        permitted.push_str(&format!("{role} {}\n", permissions.join(" ")));
    }
    let digest = hex::encode(Sha256::digest(permitted.as_bytes()));
    let (number, known) = (2, "fd7389c2fd30397fa4ceabadc05d21e393936c24f2880e3cede23521ae3f594b");
    assert_eq!((RIGHTS, digest.as_str()), (number, known), "raise RIGHTS, and both here: {permitted}");
}

#[tokio::test]
async fn many_people_are_announced_in_batches_by_two_replicas_each_once() {
    for world in World::on_both("many_people_are_announced_in_batches").await {
        for number in 0..600 {
            world.person(&format!("amina-{number}@example.org"), &[StaffRole::Auditor], None).await;
        }
        let [_, other] = world.replicas(&[("1", "0")]).await;
        let (one, two) = tokio::join!(catch_up(&world.store), catch_up(&other));
        assert_eq!(one.unwrap() + two.unwrap(), 600);
        assert_eq!(told(&world).await.len(), 600);
    }
}
