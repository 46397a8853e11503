use super::*;
use crate::{office, testing::World};
use chrono::TimeDelta;
use kernel::{DonorId, StaffRole};

const OFFICER: &[StaffRole] = &[StaffRole::DonorRelationsOfficer];

async fn suspend(world: &World, id: PersonId) {
    let tx = world.store.system(Actor::system()).await.unwrap();
    let text = "UPDATE person SET suspended_at = $1, password_hash = 'x' WHERE id = $2";
    sql::execute(tx.db(), text, params![tx.now(), id]).await.unwrap();
    tx.commit().await.unwrap();
}

async fn grant_until(world: &World, id: PersonId, days: i64) {
    let tx = world.store.system(Actor::system()).await.unwrap();
    let day = (tx.now() + TimeDelta::days(days)).date_naive();
    sql::execute(tx.db(), "UPDATE person SET access_until = $1 WHERE id = $2", params![day, id])
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

async fn addresses(world: &World) -> Vec<String> {
    world.texts("SELECT address FROM person ORDER BY address").await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_ended_is_erased_after_the_months_that_the_organisation_set() {
    for world in World::on_both("retention").await {
        let gone = world.person("gone@example.org", OFFICER, None).await;
        let works = world.person("works@example.org", OFFICER, None).await;
        let ended = world.person("ended@example.org", &[], Some(DonorId::from_u128(1))).await;
        suspend(&world, gone).await;
        grant_until(&world, ended, 30).await;
        world.clock.advance(TimeDelta::days(500));
        assert_eq!(run(&world.store).await.unwrap(), 0, "nothing was set");

        world.execute("UPDATE organisation SET accounts_months = 17").await;
        assert_eq!(run(&world.store).await.unwrap(), 0, "17 months have not passed");
        world.execute("UPDATE organisation SET accounts_months = 16").await;
        assert_eq!(run(&world.store).await.unwrap(), 1);
        let left = addresses(&world).await;
        assert!(left.contains(&format!("{gone}@erased.invalid")), "{left:?}");
        assert!(
            left.contains(&"works@example.org".to_owned()) && left.contains(&"ended@example.org".to_owned())
        );
        world.clock.advance(TimeDelta::days(30));
        assert_eq!(run(&world.store).await.unwrap(), 1, "access ended a month later");
        assert_eq!(run(&world.store).await.unwrap(), 0, "once");

        for query in [
            "SELECT name || sort_name || search || address || email || coalesce(password_hash, '') FROM person",
            "SELECT payload FROM outbox",
            "SELECT coalesce(before, '') || coalesce(after, '') FROM audit",
        ] {
            for text in world.texts(query).await {
                assert!(!text.contains("gone@") && !text.contains("ended@"), "{query}: {text}");
            }
        }
        let announced = world.texts("SELECT payload FROM outbox WHERE topic LIKE '%.person.%'").await;
        assert!(announced.iter().any(|event| event.contains(&gone.to_string())), "{announced:?}");
        assert_eq!(world.texts("SELECT action FROM audit WHERE action = 'person.erase'").await.len(), 2);
        let db = world.store.system_read().await.unwrap();
        let kept = people::by_id(&db, works).await.unwrap().unwrap();
        assert_eq!(kept.email, "works@example.org");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_erase_an_account_once() {
    for world in World::on_both("retention at once").await {
        world.execute("UPDATE organisation SET accounts_months = 1").await;
        for number in 0..5 {
            let id = world.person(&format!("{number}@example.org"), OFFICER, None).await;
            suspend(&world, id).await;
        }
        world.clock.advance(TimeDelta::days(40));
        let [one, other] = world.replicas(&[("one", "1")]).await;
        let (first, second) = tokio::join!(run(&one), run(&other));
        assert_eq!(first.unwrap() + second.unwrap(), 5);
        assert_eq!(world.texts("SELECT action FROM audit WHERE action = 'person.erase'").await.len(), 5);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_account_holds_no_role_and_keeps_no_office_open() {
    for world in World::on_both("retention and roles").await {
        world.execute("UPDATE organisation SET accounts_months = 1").await;
        let gone = world.person("gone@example.org", OFFICER, None).await;
        let people = async || {
            let (organisation_id, office_id) = (world.founded.organisation_id, world.founded.office_id);
            let db = world.store.system_read().await.unwrap();
            let (_, people, _) = office::store::open_there(&db, organisation_id, office_id).await.unwrap();
            people
        };
        assert_eq!((world.count("person_role").await, people().await), (1, 1));
        suspend(&world, gone).await;
        assert_eq!((world.count("person_role").await, people().await), (1, 0));
        world.clock.advance(TimeDelta::days(40));
        assert_eq!(run(&world.store).await.unwrap(), 1);
        assert_eq!((world.count("person_role").await, people().await), (0, 0));
    }
}
