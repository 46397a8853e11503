//! The list of people: its order, its filters, and names for pages.

use super::{change, get, listed, staff, step};
use serde_json::{Value, json};
use tests::{PASSWORD, World, text};

async fn person(world: &World, name: &str, office: &str, role: &str) -> String {
    let email = format!("{}@example.org", world.number());
    let body = json!({ "name": name, "email": email, "roles": listed(&[(office, role)]) });
    text(&world.create("/v1/people", body).await["id"])
}

fn names(list: &Value) -> Vec<String> {
    list["items"].as_array().unwrap().iter().map(|person| text(&person["name"])).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_listed_by_name_page_by_page_and_found_without_accents() {
    let world = World::new().await;
    let headquarters = world.founded.office_id.to_string();
    for name in ["Zoë Ångström", "émile zongo", "Amina Rahimi", "Bo Li", "Amina Rahimi"] {
        person(&world, name, &headquarters, "auditor").await;
    }
    let list = async |query: &str| {
        let answer = world.http.get(Some(&world.token), &format!("/v1/people?{query}")).await;
        assert_eq!(answer.status, 200, "{query}: {}", answer.text);
        answer.json()
    };
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = list(&format!("limit=2{cursor}")).await;
        all.extend(names(&page));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(all, ["Amina Rahimi", "Amina Rahimi", "Bo Li", "émile zongo", "Zoë Ångström"]);
    for (words, found) in [("zoe+angstrom", 1), ("%C3%85NGSTR%C3%96M", 1), ("rahimi+amina", 2), ("a_ina", 0)]
    {
        assert_eq!(names(&list(&format!("q={words}")).await).len(), found, "{words}");
    }
    let request = world.http.request(reqwest::Method::GET, "/v1/people").bearer_auth(&world.token);
    let csv = world.http.send(request.header("accept", "text/csv")).await;
    assert!(csv.text.lines().next().unwrap().contains(",state,"), "{}", csv.text);
    assert_eq!(csv.text.lines().count(), 6);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_listed_by_office_state_role_and_donor() {
    let world = World::new().await;
    let headquarters = world.founded.office_id.to_string();
    let office = world.office(&headquarters, "country").await;
    person(&world, "Invited", &office, "country_officer").await;
    let (suspended, _) = staff(&world, &[(&office, "auditor"), (&headquarters, "regional_officer")]).await;
    staff(&world, &[(&headquarters, "administrator")]).await;
    assert_eq!(step(&world, &world.token, &suspended, "suspend").await.status, 200);
    let donor = world.donor("Norway").await;
    world.representative(&donor).await;
    for (filter, found) in [
        ("state=invited".to_owned(), 1),
        ("state=suspended".to_owned(), 1),
        ("state=active".to_owned(), 2),
        ("state=expired".to_owned(), 0),
        ("role=regional_officer".to_owned(), 1),
        ("role=committee_member".to_owned(), 0),
        (format!("office_id={office}&state=invited"), 1),
        (format!("donor_id={donor}"), 1),
        ("kind=representative".to_owned(), 1),
        ("kind=staff".to_owned(), 3),
        ("kind=staff&q=rahimi".to_owned(), 2),
    ] {
        let list = world.http.get(Some(&world.token), &format!("/v1/people?{filter}")).await.json();
        assert_eq!(names(&list).len(), found, "{filter}: {list}");
    }
    let refused = world.http.get(Some(&world.token), "/v1/people?state=away").await;
    assert_eq!((refused.status, refused.pointers()), (400, vec!["state".to_owned()]));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_a_role_in_an_office_is_listed_there_wherever_the_account_is_managed() {
    let world = World::new().await;
    let headquarters = world.founded.office_id.to_string();
    let office = world.office(&headquarters, "country").await;
    let elsewhere = world.office(&headquarters, "country").await;
    let reader = world.client(&office, &["people:read"]).await;
    let role = json!({ "name": "Grants", "description": "Reads plans", "permissions": ["plans:read"] });
    let role = text(&world.create("/v1/roles", role).await["id"]);
    person(&world, "Own", &office, "country_officer").await;
    // Two whose accounts headquarters manages: with a built-in role here, and with a custom one.
    for (name, roles, custom) in [
        ("Built-in", listed(&[(&headquarters, "auditor"), (&office, "auditor")]), json!([])),
        (
            "Custom",
            listed(&[(&headquarters, "auditor")]),
            json!([{ "office_id": office, "role_id": role }, { "office_id": elsewhere, "role_id": role }]),
        ),
    ] {
        let email = format!("{}@example.org", world.number());
        let body = json!({ "name": name, "email": email, "roles": roles, "custom_roles": custom });
        assert_eq!(world.create("/v1/people", body).await["office_id"], json!(headquarters));
    }
    // One who is managed here, and works elsewhere.
    let (away, _) = staff(&world, &[(&elsewhere, "auditor")]).await;
    let changes = json!({ "name": "Away", "office_id": office });
    assert_eq!(change(&world, &world.token, &away, changes).await.status, 200);
    let list = async |token: &str, query: &str| {
        let answer = world.http.get(Some(token), &format!("/v1/people?{query}")).await;
        assert_eq!(answer.status, 200, "{query}: {}", answer.text);
        answer.json()
    };
    let here = format!("role_office_id={office}");
    let found = list(&world.token, &here).await;
    assert_eq!(names(&found), ["Built-in", "Custom", "Own"]);
    assert_eq!(names(&list(&world.token, &format!("role_office_id={elsewhere}")).await), ["Away", "Custom"]);
    assert_eq!(names(&list(&world.token, &format!("{here}&role_id={role}")).await), ["Custom"]);
    assert_eq!(names(&list(&world.token, &format!("{here}&office_id={headquarters}")).await).len(), 2);
    // The office sees all three, those beyond it by name alone, page by page as well.
    let found = list(&reader, &here).await;
    assert_eq!(names(&found), ["Built-in", "Custom", "Own"]);
    for (index, is_shown) in [(0, false), (1, false), (2, true)] {
        let person = &found["items"][index];
        let shown =
            (person["email"] != "", person["roles"] != json!([]), person["custom_roles"] != json!([]));
        assert_eq!(shown, (is_shown, is_shown, false), "{person}");
    }
    let first = list(&reader, &format!("{here}&limit=2")).await;
    let cursor = text(&first["next_cursor"]);
    assert_eq!(names(&list(&reader, &format!("{here}&limit=2&cursor={cursor}")).await), ["Own"]);
    // Nor does a filter tell more of them: an address, another role, a role in an office that is not the caller's.
    for filter in ["q=example.org", "role=auditor", &format!("role_id={role}")] {
        let found = names(&list(&reader, &format!("{here}&{filter}")).await);
        assert!(found.iter().all(|name| name == "Own"), "{filter}: {found:?}");
    }
    let beyond = format!("role_office_id={elsewhere}");
    assert_eq!(names(&list(&reader, &beyond).await), ["Away"], "its own account alone");
    let all = list(&world.token, "limit=100").await;
    let ids: Vec<String> = all["items"].as_array().unwrap().iter().map(|one| text(&one["id"])).collect();
    let ids = ids.join(",");
    assert_eq!(names(&list(&reader, &format!("ids={ids}&{beyond}")).await), ["Away"]);
    assert_eq!(names(&list(&reader, &format!("ids={ids}&{here}")).await), ["Built-in", "Custom", "Own"]);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_name_staff_of_the_whole_organisation_and_learn_no_more_of_them() {
    let world = World::new().await;
    let headquarters = world.founded.office_id.to_string();
    let office = world.office(&headquarters, "country").await;
    let reader = world.client(&office, &["people:read"]).await;
    let near = person(&world, "Near", &office, "country_officer").await;
    let far = person(&world, "Far", &headquarters, "auditor").await;
    let donor = world.donor("Norway").await;
    let email = world.representative(&donor).await;
    let found = world.http.get(Some(&world.token), &format!("/v1/people?q={email}")).await.json();
    let representative = text(&found["items"][0]["id"]);
    let nobody = "00000000-0000-7000-8000-000000000000";
    let ids = [near.as_str(), &far, &representative, nobody].join(",");
    let of = async |token: &str| world.http.get(Some(token), &format!("/v1/people?ids={ids}")).await.json();
    let named = of(&reader).await;
    assert_eq!(names(&named), ["Far", "Near"], "{named}");
    let (distant, own) = (&named["items"][0], &named["items"][1]);
    assert_eq!((&distant["email"], &distant["roles"]), (&json!(""), &json!([])));
    assert!(distant["invitation_expires_at"].is_null());
    assert_eq!(own["email"], get(&world, &near).await["email"]);
    assert_eq!(world.http.get(Some(&reader), &format!("/v1/people/{far}")).await.status, 404);
    assert_eq!(names(&world.http.get(Some(&reader), "/v1/people").await.json()), ["Near"]);
    assert_eq!(names(&of(&world.token).await), ["Far", "Near", "Representative"]);
    // Nor does a filter tell what is not shown.
    for filter in ["q=example.org", "role=auditor", "role=country_officer"] {
        let path = format!("/v1/people?ids={ids}&{filter}");
        let found = names(&world.http.get(Some(&reader), &path).await.json());
        assert!(!found.iter().any(|name| name == "Far"), "{filter}: {found:?}");
        assert_eq!(found.is_empty(), filter == "role=auditor", "{filter}: {found:?}");
    }
    for (wrong, code) in [("amina".to_owned(), "not_an_id"), ([nobody; 101].join(","), "too_long")] {
        let refused = world.http.get(Some(&world.token), &format!("/v1/people?ids={wrong}")).await;
        assert_eq!((refused.status, refused.pointers()), (400, vec!["ids".to_owned()]), "{}", refused.text);
        assert_eq!(refused.json()["errors"][0]["code"], code);
    }
    let (_, email) = staff(&world, &[(&office, "country_officer")]).await;
    let tokens = tests::sign_in(&world.http, &email, PASSWORD).await;
    assert_eq!(names(&of(&text(&tokens["access_token"])).await), ["Far", "Near"]);
    world.stop().await;
}
