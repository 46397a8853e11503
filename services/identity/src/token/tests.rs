use super::{ACCESS_TOKEN_LIFETIME, REFRESH_TOKEN_LIFETIME, REUSE_LEEWAY, grant, store, sweep};
use crate::{Passwords, SignInLimits, State, person, secret, testing::World};
use ::store::{Actor, Store};
use auth::ApiError;
use cache::{Attempts, Revocations};
use chrono::TimeDelta;
use kernel::{Clock, StaffRole};
use std::{collections::HashSet, sync::Arc};
use uuid::Uuid;

fn state() -> Arc<State> {
    let limits = SignInLimits::default();
    Arc::new(State {
        issuer: "https://us".to_owned(),
        revocations: Revocations::default(),
        sends_mail: false,
        passwords: Passwords::new(limits.bounds()),
        attempts: Attempts::new(limits.attempts(), None),
    })
}

/// A sign-in: its family, and the first refresh token.
async fn sign_in(world: &World) -> (Uuid, String) {
    let email = format!("amina-{}@example.org", Uuid::from_bytes(rand::random()));
    let person = world.person(&email, &[StaffRole::Auditor], None).await;
    let tx = world.store.system(Actor::system()).await.unwrap();
    person::store::set_password(&tx, person, "set").await.unwrap();
    let family = store::new_family(&tx, person, world.founded.office_id, None).await.unwrap();
    let token = secret::new();
    let expires_at = tx.now() + REFRESH_TOKEN_LIFETIME;
    store::save_refresh(&tx, &secret::hash(&token), family, expires_at).await.unwrap();
    tx.commit().await.unwrap();
    (family, token)
}

async fn refresh(store: &Store, token: &str) -> Result<String, ApiError> {
    let granted = grant::refresh_token(store, &state(), token, None).await?;
    Ok(granted.refresh_token.unwrap())
}

#[tokio::test]
async fn parallel_refreshes_give_one_line_of_tokens_and_reuse_later_ends_it() {
    for world in World::on_both("parallel_refreshes_give_one_line").await {
        let (_, token) = sign_in(&world).await;
        let replicas = world.replicas(&[("1", "a")]).await;
        let race: Vec<_> = (0..20)
            .map(|number| {
                let (store, token) = (replicas[number % 2].clone(), token.clone());
                tokio::spawn(async move {
                    loop {
                        match refresh(&store, &token).await {
                            Ok(next) => return next,
                            // On a busy machine the database may be asked once more.
                            Err(ApiError(problem)) => assert_eq!(problem.status, 503),
                        }
                    }
                })
            })
            .collect();
        let mut given = HashSet::new();
        for task in race {
            given.insert(task.await.unwrap());
        }
        assert_eq!(given.len(), 1, "one successor");
        assert_eq!(world.count("refresh_token").await, 2);
        let second = given.into_iter().next().unwrap();
        world.clock.advance(REUSE_LEEWAY);
        assert_eq!(refresh(&world.store, &token).await.unwrap(), second, "the last moment of the leeway");
        world.clock.advance(TimeDelta::seconds(1));
        let late = refresh(&world.store, &token).await.unwrap_err();
        assert_eq!(late.0.code.as_str(), "invalid_grant");
        assert!(refresh(&world.store, &second).await.is_err(), "the family has ended");
    }
}

#[tokio::test]
async fn a_sign_in_of_somebody_who_cannot_sign_in_any_more_gives_no_tokens() {
    for world in World::on_both("a_sign_in_of_somebody_who_cannot_sign_in").await {
        let last_day = world.clock.now().date_naive();
        let (_, first) = sign_in(&world).await;
        world.execute(&format!("UPDATE person SET access_until = '{last_day}'")).await;
        let second = refresh(&world.store, &first).await.unwrap();
        world.clock.advance(TimeDelta::days(1));
        let over = refresh(&world.store, &second).await.unwrap_err();
        assert_eq!(over.0.code.as_str(), "invalid_grant");
        world.execute("UPDATE person SET access_until = NULL").await;
        let third = refresh(&world.store, &second).await.unwrap();
        world.execute("UPDATE person SET suspended_at = created_at").await;
        assert!(refresh(&world.store, &third).await.is_err());
    }
}

#[tokio::test]
async fn a_late_answer_gives_what_the_line_has_become() {
    let world = World::new().await;
    let (_, first) = sign_in(&world).await;
    let second = refresh(&world.store, &first).await.unwrap();
    let third = refresh(&world.store, &second).await.unwrap();
    assert_eq!(refresh(&world.store, &first).await.unwrap(), third);
    assert_eq!(refresh(&world.store, &second).await.unwrap(), third);
    world.clock.advance(TimeDelta::minutes(15));
    let fourth = refresh(&world.store, &third).await.unwrap();
    assert_ne!(fourth, third);
    assert!(refresh(&world.store, &second).await.is_err());
}

#[tokio::test]
async fn no_token_follows_from_what_the_database_holds() {
    let world = World::new().await;
    let (_, first) = sign_in(&world).await;
    let second = refresh(&world.store, &first).await.unwrap();
    let salts = "SELECT hex(salt) FROM refresh_token WHERE salt IS NOT NULL";
    assert_eq!(world.texts(salts).await.len(), 1);
    let stored = world.texts("SELECT token_hash || hex(coalesce(salt, '')) FROM refresh_token").await;
    assert!(stored.iter().all(|row| !row.contains(&first) && !row.contains(&second.to_uppercase())));
    world.clock.advance(REUSE_LEEWAY + TimeDelta::seconds(1));
    sweep::run(&world.store).await.unwrap();
    assert!(world.texts(salts).await.is_empty(), "after the leeway the salt is gone as well");
}

#[tokio::test]
async fn sign_ins_go_when_they_can_no_longer_be_used() {
    for world in World::on_both("sign_ins_go_when_they_can_no_longer_be_used").await {
        let (revoked, _) = sign_in(&world).await;
        let (_, kept) = sign_in(&world).await;
        for _ in 0..3 {
            sign_in(&world).await;
        }
        let tx = world.store.system(Actor::system()).await.unwrap();
        store::revoke_family(&tx, revoked).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(sweep::run(&world.store).await.unwrap(), 0, "an access token may still hold");
        world.clock.advance(ACCESS_TOKEN_LIFETIME + TimeDelta::seconds(1));
        assert_eq!(sweep::run(&world.store).await.unwrap(), 1);
        assert_eq!((world.count("token_family").await, world.count("refresh_token").await), (4, 4));
        world.clock.advance(TimeDelta::days(10));
        let next = refresh(&world.store, &kept).await.unwrap();
        world.clock.advance(REFRESH_TOKEN_LIFETIME - TimeDelta::days(10));
        assert_eq!(sweep::run(&world.store).await.unwrap(), 3);
        assert_eq!((world.count("token_family").await, world.count("refresh_token").await), (1, 1));
        refresh(&world.store, &next).await.unwrap();
    }
}

#[tokio::test]
async fn many_ended_sign_ins_go_in_batches_and_those_an_older_version_left_as_well() {
    let world = World::new().await;
    let person = world.person("amina@example.org", &[StaffRole::Auditor], None).await;
    let tx = world.store.system(Actor::system()).await.unwrap();
    for number in 0..1_200_u32 {
        let family = store::new_family(&tx, person, world.founded.office_id, None).await.unwrap();
        if number % 2 == 0 {
            let token = secret::hash(&secret::new());
            store::save_refresh(&tx, &token, family, tx.now() - TimeDelta::days(1)).await.unwrap();
        }
    }
    tx.commit().await.unwrap();
    assert_eq!(sweep::run(&world.store).await.unwrap(), 600);
    assert_eq!(sweep::orphans(&world.store).await.unwrap(), 600);
    assert_eq!((world.count("token_family").await, world.count("refresh_token").await), (0, 0));
}
