use super::{requests, reset::send_requested};
use crate::{
    Passwords, SignInLimits, State, person, secret,
    testing::{World, account},
    token::{
        REFRESH_TOKEN_LIFETIME,
        ending::{end_all_sessions, end_sessions},
        store, sweep,
    },
};
use ::store::{Actor, Store, sql};
use cache::{Attempts, Revocations};
use chrono::TimeDelta;
use kernel::{PersonId, StaffRole};
use uuid::Uuid;

fn state() -> State {
    let limits = SignInLimits::default();
    State {
        issuer: "https://us".to_owned(),
        revocations: Revocations::default(),
        sends_mail: true,
        passwords: Passwords::new(limits.bounds()),
        attempts: Attempts::new(limits.attempts(), None),
    }
}

/// Somebody who has a password.
async fn active(world: &World, email: &str) -> PersonId {
    let person = world.person(email, &[StaffRole::Auditor], None).await;
    let tx = world.store.system(Actor::system()).await.unwrap();
    person::store::set_password(&tx, person, "set").await.unwrap();
    tx.commit().await.unwrap();
    person
}

async fn session(world: &World, person: PersonId) -> Uuid {
    let tx = world.store.system(Actor::system()).await.unwrap();
    let office = world.founded.office_id;
    let family = store::new_family(&tx, person, office, Some("Firefox on Linux".to_owned())).await.unwrap();
    let expires_at = tx.now() + REFRESH_TOKEN_LIFETIME;
    store::save_refresh(&tx, &secret::hash(&secret::new()), family, expires_at).await.unwrap();
    tx.commit().await.unwrap();
    family
}

async fn ask(store: &Store, email: &str) {
    let tx = store.system(Actor::system()).await.unwrap();
    requests::add(&tx, email).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn every_request_leaves_the_same_row_and_only_who_may_sign_in_gets_a_link() {
    for world in World::on_both("every_request_leaves_the_same_row").await {
        let ([store, _], state) = (world.replicas(&[("1", "a")]).await, state());
        active(&world, "amina@example.org").await;
        active(&world, "gone@example.org").await;
        world.person("invited@example.org", &[StaffRole::Auditor], None).await;
        let suspend = "UPDATE person SET suspended_at = created_at WHERE address = 'gone@example.org'";
        world.execute(suspend).await;
        let asked = ["amina", "gone", "invited", "nobody"].map(|name| format!("{name}@example.org"));
        for email in &asked {
            ask(&store, email).await;
        }
        let db = store.system_read().await.unwrap();
        let rows = sql::rows(&db, "SELECT address FROM password_reset_request", vec![]).await.unwrap();
        drop(db);
        assert_eq!(rows.len(), 4);
        for row in &rows {
            let sealed: Vec<u8> = row.try_get_by_index(0).unwrap();
            assert!(!sealed.windows(7).any(|bytes| bytes == b"example"), "no address is stored in clear");
        }
        assert_eq!((world.count("password_reset").await, world.count("account_letter").await), (0, 0));
        while send_requested(&store, &state).await.unwrap() {}
        assert_eq!((world.count("password_reset").await, world.count("account_letter").await), (1, 1));
        assert_eq!(world.count("password_reset_request").await, 0);
        // The next one is the only one that holds.
        world.clock.advance(TimeDelta::minutes(10));
        ask(&store, "amina@example.org").await;
        send_requested(&store, &state).await.unwrap();
        assert_eq!(world.count("password_reset").await, 2);
        let open = "password_reset WHERE expires_at > '2026-09-01T00:30:00+00:00'";
        assert_eq!(world.count(open).await, 1);
    }
}

#[tokio::test]
async fn of_eight_who_use_a_link_at_once_one_does_and_afterwards_nobody() {
    for world in World::on_both("of_eight_who_use_a_link_at_once").await {
        let amina = active(&world, "amina@example.org").await;
        let tx = world.store.system(Actor::system()).await.unwrap();
        let (token, expires_at) = person::reset::make(&tx, amina).await.unwrap();
        tx.commit().await.unwrap();
        let tasks: Vec<_> = (0..8)
            .map(|_| {
                let (store, token) = (world.store.clone(), token.clone());
                tokio::spawn(async move {
                    let tx = store.system(Actor::system()).await.unwrap();
                    let used = person::reset::use_up(&tx, &token).await.unwrap();
                    tx.commit().await.unwrap();
                    used
                })
            })
            .collect();
        let mut used = 0;
        for task in tasks {
            used += u32::from(task.await.unwrap());
        }
        assert_eq!(used, 1);
        let db = world.store.system_read().await.unwrap();
        let just_before = expires_at - TimeDelta::seconds(1);
        assert_eq!(person::reset::find_open(&db, &token, just_before).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_link_leads_nowhere_while_its_owner_has_no_access() {
    for world in World::on_both("a_link_leads_nowhere_while_its_owner_has_no_access").await {
        let amina = active(&world, "amina@example.org").await;
        let tx = world.store.system(Actor::system()).await.unwrap();
        let (token, expires_at) = person::reset::make(&tx, amina).await.unwrap();
        tx.commit().await.unwrap();
        let just_before = expires_at - TimeDelta::seconds(1);
        let found = async || {
            let db = world.store.system_read().await.unwrap();
            person::reset::find_open(&db, &token, just_before).await.unwrap()
        };
        let open = Some((amina, expires_at));
        assert_eq!(found().await, open);
        let today = world.today();
        for (ends, gives_back) in [
            ("suspended_at = created_at".to_owned(), "suspended_at = NULL".to_owned()),
            ("access_until = '2020-01-31'".to_owned(), format!("access_until = '{today}'")),
        ] {
            world.execute(&format!("UPDATE person SET {ends}")).await;
            assert_eq!(found().await, None, "{ends}");
            world.execute(&format!("UPDATE person SET {gives_back}")).await;
            assert_eq!(found().await, open, "{gives_back}");
        }
    }
}

#[tokio::test]
async fn the_sessions_of_a_person_end_but_the_one_that_goes_on_and_so_do_sign_ins_under_way() {
    for world in World::on_both("the_sessions_of_a_person_end").await {
        let (amina, zoe) =
            (active(&world, "amina@example.org").await, active(&world, "zoe@example.org").await);
        let (kept, ended) = (session(&world, amina).await, session(&world, amina).await);
        session(&world, zoe).await;
        let tx = world.store.system(Actor::system()).await.unwrap();
        for person_id in [amina, zoe] {
            let code = store::AuthorizationCode {
                person_id,
                office_id: world.founded.office_id,
                challenge: String::new(),
                redirect_uri: String::new(),
                expires_at: tx.now() + TimeDelta::seconds(60),
                family_id: None,
            };
            store::save_code(&tx, &secret::hash(&secret::new()), &code).await.unwrap();
        }
        tx.commit().await.unwrap();
        let end = async |except| {
            let tx = world.store.system(Actor::system()).await.unwrap();
            person::store::by_id_to_change(&tx, amina).await.unwrap();
            let ended = end_sessions(&tx, amina, except).await.unwrap();
            tx.commit().await.unwrap();
            ended
        };
        assert_eq!(end(Some(kept)).await, [ended]);
        assert_eq!(world.count("token_family WHERE revoked_at IS NULL").await, 2);
        assert_eq!(world.count("authorization_code").await, 1, "that of another person");
        assert_eq!(end(None).await, [kept]);
        assert!(end(None).await.is_empty());
        assert_eq!((world.count("revocation").await, world.count("token_family").await), (2, 3));
    }
}

#[tokio::test]
async fn the_sessions_of_more_people_than_a_statement_names_all_end() {
    for world in World::on_both("the_sessions_of_more_people_than_a_statement_names").await {
        let zoe = active(&world, "zoe@example.org").await;
        let others = session(&world, zoe).await;
        let tx = world.store.system(Actor::system()).await.unwrap();
        let office = world.founded.office_id;
        let (mut people, mut live) = (Vec::new(), Vec::new());
        for number in 0..501 {
            let person = person::store::Model {
                id: tx.new_id(),
                organisation_id: world.founded.organisation_id,
                office_id: office,
                email: format!("{number}@example.org"),
                ..account(tx.now())
            };
            person::store::insert(&tx, &person, &[]).await.unwrap();
            people.push(person.id);
            // The first has two, and one has none.
            for _ in 0..[2, 0, 1][number.min(2)] {
                live.push(store::new_family(&tx, person.id, office, None).await.unwrap());
            }
        }
        let mut ended = end_all_sessions(&tx, &people).await.unwrap();
        assert!(end_all_sessions(&tx, &people).await.unwrap().is_empty(), "each ends once");
        assert!(end_all_sessions(&tx, &[]).await.unwrap().is_empty());
        tx.commit().await.unwrap();
        ended.sort_unstable();
        live.sort_unstable();
        assert_eq!(ended, live);
        assert_eq!(world.count("revocation").await, 501);
        let db = world.store.system_read().await.unwrap();
        let rows =
            sql::rows(&db, "SELECT id FROM token_family WHERE revoked_at IS NULL", vec![]).await.unwrap();
        let left: Vec<Uuid> = rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect();
        assert_eq!(left, [others], "that of somebody else goes on");
    }
}

#[tokio::test]
async fn links_requests_and_letters_go_when_nobody_needs_them() {
    for world in World::on_both("links_requests_and_letters_go").await {
        let ([store, _], state) = (world.replicas(&[("1", "a")]).await, state());
        active(&world, "amina@example.org").await;
        ask(&store, "amina@example.org").await;
        send_requested(&store, &state).await.unwrap();
        ask(&store, "amina@example.org").await;
        let counts = async || {
            let tables = ["password_reset_request", "account_letter", "password_reset"];
            [world.count(tables[0]).await, world.count(tables[1]).await, world.count(tables[2]).await]
        };
        sweep::run(&store).await.unwrap();
        assert_eq!(counts().await, [1, 1, 1]);
        world.clock.advance(TimeDelta::hours(2));
        sweep::run(&store).await.unwrap();
        assert_eq!(counts().await, [0, 1, 1], "nobody looked at the request");
        world.clock.advance(TimeDelta::days(8));
        sweep::run(&store).await.unwrap();
        assert_eq!(counts().await, [0, 0, 1], "no mail is sent any more");
        world.clock.advance(TimeDelta::days(30));
        sweep::run(&store).await.unwrap();
        assert_eq!(counts().await, [0, 0, 0]);
    }
}
