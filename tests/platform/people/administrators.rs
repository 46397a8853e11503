//! An organisation always has somebody who can set it up.

use super::{change, get, listed, refusal, staff, step};
use serde_json::json;
use tests::{World, text};

#[tokio::test(flavor = "multi_thread")]
async fn the_last_administrator_is_not_suspended_moved_or_made_anything_else() {
    let world = World::new().await;
    let headquarters = world.founded.office_id.to_string();
    let office = world.office(&headquarters, "country").await;
    let (last, email) = staff(&world, &[(&headquarters, "administrator")]).await;
    let own = world.sign_in(&email).await;
    // Neither somebody who was only invited, nor an administrator of another office, is another one.
    let invited = json!({ "name": "Invited", "email": "invited@example.org",
        "roles": listed(&[(&headquarters, "administrator")]) });
    let invited = text(&world.create("/v1/people", invited).await["id"]);
    staff(&world, &[(&office, "administrator")]).await;
    let because = (409, "last_administrator".to_owned());
    assert_eq!(refusal(&step(&world, &world.token, &last, "suspend").await), because);
    for changes in [
        json!({ "roles": listed(&[(&headquarters, "auditor")]) }),
        json!({ "roles": listed(&[(&office, "administrator")]) }),
        json!({ "office_id": office }),
    ] {
        let refused = change(&world, &own, &last, changes.clone()).await;
        assert_eq!(refusal(&refused), because, "{changes}: {}", refused.text);
    }
    assert_eq!(refusal(&step(&world, &own, &last, "suspend").await), (403, "own_account".to_owned()));
    assert_eq!(world.http.get(Some(&own), "/v1/me").await.status, 200, "nothing was ended");
    // What leaves it an administrator is its own matter, and so is an invitation.
    let more = json!({ "roles": listed(&[(&headquarters, "administrator"), (&headquarters, "auditor")]) });
    assert_eq!(change(&world, &own, &last, more).await.status, 200);
    assert_eq!(step(&world, &own, &invited, "suspend").await.status, 200);
    let (another, _) = staff(&world, &[(&headquarters, "administrator")]).await;
    assert_eq!(step(&world, &world.token, &last, "suspend").await.status, 200);
    assert_eq!(refusal(&step(&world, &world.token, &another, "suspend").await), because);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_the_last_two_administrators_one_stays_when_both_are_to_go_at_once() {
    let world = World::new().await;
    let headquarters = world.founded.office_id.to_string();
    let (one, _) = staff(&world, &[(&headquarters, "administrator")]).await;
    let (other, _) = staff(&world, &[(&headquarters, "administrator")]).await;
    for round in 0..6 {
        // A suspension beside a suspension, and beside a role that is taken away.
        let leaves = (round % 2 == 1).then(|| json!({ "roles": listed(&[(&headquarters, "auditor")]) }));
        let second = async {
            match leaves {
                None => step(&world, &world.token, &other, "suspend").await,
                Some(changes) => change(&world, &world.token, &other, changes).await,
            }
        };
        let (first, second) = tokio::join!(step(&world, &world.token, &one, "suspend"), second);
        let mut both = [refusal(&first), refusal(&second)];
        both.sort();
        let expected = [(200, String::new()), (409, "last_administrator".to_owned())];
        assert_eq!(both, expected, "round {round}: {} {}", first.text, second.text);
        for id in [&one, &other] {
            if get(&world, id).await["state"] == "suspended" {
                assert_eq!(step(&world, &world.token, id, "restore").await.status, 200);
            }
            let back = json!({ "roles": listed(&[(&headquarters, "administrator")]) });
            assert_eq!(change(&world, &world.token, id, back).await.status, 200);
        }
    }
    world.stop().await;
}
