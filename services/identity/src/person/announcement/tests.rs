use super::catch_up;
use crate::testing::World;
use events::{EventPayload, OfficeRoles, PersonChanged};
use kernel::{DonorId, StaffRole};

/// What an administrator may do, as events say it.
fn every_permission() -> Vec<String> {
    let mut every: Vec<String> = auth::ALL_PERMISSIONS.iter().map(|name| (*name).to_owned()).collect();
    every.sort();
    every
}

async fn told(world: &World) -> Vec<PersonChanged> {
    let query = format!(
        "SELECT CAST(payload AS text) FROM outbox WHERE topic = '{}' ORDER BY sequence, created_at, id",
        PersonChanged::TOPIC
    );
    let payloads = world.texts(&query).await;
    assert!(payloads.iter().all(|payload| !payload.contains("amina")), "a name or an address: {payloads:?}");
    payloads.iter().map(|payload| serde_json::from_str(payload).unwrap()).collect()
}

#[tokio::test]
async fn staff_from_before_the_event_are_announced_once_and_again_when_they_change() {
    for world in World::on_both("staff_from_before_the_event_are_announced").await {
        let roles = [StaffRole::Auditor, StaffRole::Administrator];
        let amina = world.person("amina@example.org", &roles, None).await;
        world.person("envoy@example.org", &[], Some(DonorId::from_u128(7))).await;
        assert!(told(&world).await.is_empty());
        assert_eq!(catch_up(&world.store).await.unwrap(), 1, "representatives of donors are not told of");
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
