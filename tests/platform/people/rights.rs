//! Who gives which roles to whom, and what stays with people beyond one's offices.

use super::{change, get, listed, staff, step};
use serde_json::json;
use tests::{World, text};

/// Scopes of whoever keeps people in a region and may do what a country officer may.
const REGIONAL: [&str; 20] = [
    "people:read",
    "people:write",
    "offices:read",
    "donors:read",
    "contacts:read",
    "agreements:read",
    "agreements:write",
    "reports:read",
    "reports:write",
    "contributions:read",
    "contributions:write",
    "imports:read",
    "imports:write",
    "plans:read",
    "plans:write",
    "funding:read",
    "windows:read",
    "proposals:read",
    "proposals:write",
    "allocations:read",
];

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gives_or_takes_away_a_role_beyond_their_own() {
    let world = World::new().await;
    let region = world.office(&world.founded.office_id.to_string(), "regional").await;
    let office = world.office(&region, "country").await;
    let keeper = world.client(&region, &REGIONAL).await;
    let (id, _) = staff(&world, &[(&office, "country_officer")]).await;
    let roles = |roles: &[(&str, &str)]| json!({ "roles": listed(roles) });
    let beyond = roles(&[(&office, "country_officer"), (&office, "administrator")]);
    let refused = change(&world, &keeper, &id, beyond.clone()).await;
    assert_eq!((refused.status, refused.pointers()), (403, vec!["/roles".to_owned()]), "{}", refused.text);
    assert_eq!(refused.json()["errors"][0]["params"]["value"], "administrator");
    let given = change(&world, &keeper, &id, roles(&[(&region, "country_officer")])).await;
    assert_eq!((given.status, &given.json()["roles"]), (200, &listed(&[(&region, "country_officer")])));
    // Headquarters makes an administrator; the region does not unmake one, nor decide about the account.
    assert_eq!(change(&world, &world.token, &id, beyond).await.status, 200);
    let refused = change(&world, &keeper, &id, roles(&[(&office, "country_officer")])).await;
    assert_eq!((refused.status, refused.pointers()), (403, vec!["/roles".to_owned()]), "{}", refused.text);
    assert_eq!(step(&world, &keeper, &id, "suspend").await.status, 403);
    // Moving it would sign the administrator out.
    let refused = change(&world, &keeper, &id, json!({ "office_id": region })).await;
    assert_eq!((refused.status, refused.pointers()), (403, vec!["/roles".to_owned()]), "{}", refused.text);
    assert_eq!(get(&world, &id).await["office_id"], json!(office));
    let renamed = change(&world, &keeper, &id, json!({ "name": "Renamed" })).await;
    assert_eq!(renamed.status, 200, "{}", renamed.text);
    assert_eq!(get(&world, &id).await["roles"].as_array().unwrap().len(), 2);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_in_offices_beyond_the_caller_s_stay_as_they_are() {
    let world = World::new().await;
    let headquarters = world.founded.office_id.to_string();
    let region = world.office(&headquarters, "regional").await;
    let (own, other) = (world.office(&region, "country").await, world.office(&headquarters, "country").await);
    let keeper = world.client(&region, &REGIONAL).await;
    let held = [(own.as_str(), "country_officer"), (other.as_str(), "regional_officer")];
    let (id, _) = staff(&world, &held).await;
    let roles = async |roles: &[(&str, &str)]| {
        let answer =
            change(&world, &keeper, &id, json!({ "roles": listed(roles), "custom_roles": [] })).await;
        (answer.status, answer.pointers())
    };
    let holds = async || {
        let mut roles: Vec<(String, String)> = Vec::new();
        for held in get(&world, &id).await["roles"].as_array().unwrap() {
            roles.push((text(&held["office_id"]), text(&held["role"])));
        }
        roles.sort();
        roles
    };
    let sorted = |roles: &[(&str, &str)]| {
        let mut roles: Vec<(String, String)> =
            roles.iter().map(|(office, role)| ((*office).to_owned(), (*role).to_owned())).collect();
        roles.sort();
        roles
    };
    // None are sent: those of the other office are the other office's to take.
    assert_eq!(roles(&[]).await, (200, vec![]));
    assert_eq!(holds().await, sorted(&[(&other, "regional_officer")]));
    // They may be repeated as they are, and not changed.
    assert_eq!(roles(&[(&own, "country_officer"), (&other, "regional_officer")]).await, (200, vec![]));
    assert_eq!(holds().await, sorted(&held));
    let added = roles(&[(&own, "country_officer"), (&other, "country_officer")]).await;
    assert_eq!(added, (422, vec!["/roles/1/office_id".to_owned()]));
    let moved = change(&world, &keeper, &id, json!({ "office_id": other })).await;
    assert_eq!((moved.status, moved.pointers()), (422, vec!["/office_id".to_owned()]));
    // Who works for another office as well is for those above both to let in or keep out, and to move.
    let moved = change(&world, &keeper, &id, json!({ "office_id": region })).await;
    assert_eq!((moved.status, moved.pointers()), (403, vec!["/roles".to_owned()]), "{}", moved.text);
    assert_eq!(step(&world, &keeper, &id, "suspend").await.status, 403);
    let stays = text(&get(&world, &id).await["office_id"]);
    assert_eq!(change(&world, &keeper, &id, json!({ "office_id": stays })).await.status, 200, "no move");
    let moved = change(&world, &world.token, &id, json!({ "office_id": region })).await;
    assert_eq!((moved.status, &moved.json()["office_id"]), (200, &json!(region)), "{}", moved.text);
    assert_eq!(holds().await, sorted(&held));
    assert_eq!(step(&world, &world.token, &id, "suspend").await.status, 200);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn custom_roles_are_given_with_built_in_ones_and_taken_away() {
    let world = World::new().await;
    let headquarters = world.founded.office_id.to_string();
    let body =
        json!({ "name": "Grants assistant", "description": "Reads plans", "permissions": ["plans:read"] });
    let role = text(&world.create("/v1/roles", body).await["id"]);
    let custom = json!([{ "office_id": headquarters, "role_id": role }]);
    let body = json!({ "name": "Binta", "email": "binta@example.org", "custom_roles": custom });
    let made = world.create("/v1/people", body).await;
    assert_eq!(
        (&made["custom_roles"], &made["roles"], &made["office_id"]),
        (&custom, &json!([]), &json!(headquarters))
    );
    let id = text(&made["id"]);
    let found = world.http.get(Some(&world.token), &format!("/v1/people?role_id={role}")).await.json();
    assert_eq!(found["items"][0]["id"], json!(id), "{found}");
    let changes = json!({ "roles": listed(&[(&headquarters, "auditor")]), "custom_roles": [] });
    let changed = change(&world, &world.token, &id, changes).await;
    assert_eq!((changed.status, &changed.json()["custom_roles"]), (200, &json!([])), "{}", changed.text);
    let found = world.http.get(Some(&world.token), &format!("/v1/people?role_id={role}")).await.json();
    assert_eq!(found["items"], json!([]));
    world.stop().await;
}
