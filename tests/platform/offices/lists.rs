//! The list of offices: its orders, its filters, its file.

use super::*;

impl Scene {
    /// The codes of a list, page by page.
    async fn codes(&self, query: &str) -> Vec<String> {
        let (mut codes, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self.get(&format!("/v1/offices?{query}{cursor}")).await;
            assert_eq!(page.status, 200, "{}", page.text);
            let page = page.json();
            codes.extend(page["items"].as_array().unwrap().iter().map(|office| text(&office["code"])));
            let Some(next) = page["next_cursor"].as_str() else { return codes };
            cursor = format!("&cursor={next}");
        }
    }

    async fn named(&self, code: &str, name: &str, kind: &str, parent: &str) -> String {
        let body = json!({ "code": code, "name": name, "kind": kind, "parent_id": parent });
        text(&self.world.create("/v1/offices", body).await["id"])
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn offices_are_listed_as_a_tree_and_found_by_name_code_type_and_state() {
    let scene = scene().await;
    let (top, of_it) = (&scene.headquarters, &scene.country);
    let first = scene.named("AF-N", "Afrique du Nord", "regional", top).await;
    let west = scene.named("AF", "Afrique de l’Ouest", "regional", top).await;
    scene.named("ZZZ", "Côte d’Ivoire", "country", &west).await;
    scene.named("AAA", "Egypt", "country", &first).await;
    let code = async |id: &str| text(&scene.office(id).await["code"]);
    let (north, south, country) = (code(&scene.north).await, code(&scene.south).await, code(of_it).await);
    // Each after the one above it; beside each other by their codes.
    let tree = ["ORG", "AF", "ZZZ", "AF-N", "AAA", north.as_str(), country.as_str(), south.as_str()];
    assert_eq!(scene.codes("sort=tree").await, tree);
    assert_eq!(scene.codes("sort=tree&limit=3").await, tree, "page by page");
    let mut sorted = tree.map(str::to_owned);
    sorted.sort();
    let mut listed = scene.codes("limit=5").await;
    listed.sort();
    assert_eq!(listed, sorted);
    assert_eq!(scene.codes("q=cote").await, ["ZZZ"]);
    assert_eq!(scene.codes("q=AFRIQUE+nord&sort=tree").await, ["AF-N"]);
    assert_eq!(scene.codes("q=af-n").await, ["AF-N"]);
    assert_eq!(scene.codes("code=AF").await, ["AF"]);
    assert_eq!(scene.codes(&format!("parent_id={west}&sort=tree")).await, ["ZZZ"]);
    assert_eq!(scene.codes("kind=country&sort=tree").await, ["ZZZ", "AAA", country.as_str()]);
    assert!(scene.codes("state=closed").await.is_empty());
    assert_eq!(scene.act(of_it, "close").await.status, 200);
    assert_eq!(scene.codes("state=closed").await, [country.as_str()]);
    assert_eq!(scene.codes("state=open&sort=tree").await.len(), 7);
    let foreign = scene.get("/v1/offices?sort=tree&limit=1").await.json();
    let foreign = scene.get(&format!("/v1/offices?cursor={}", text(&foreign["next_cursor"]))).await;
    assert_eq!(foreign.status, 400, "a cursor is of one order: {}", foreign.text);

    let file = scene.world.http.request(Method::GET, "/v1/offices?sort=tree&limit=2");
    let file = file.bearer_auth(&scene.world.token).header("accept", "text/csv");
    let file = scene.world.http.send(file).await;
    let lines: Vec<&str> = file.text.lines().collect();
    assert_eq!(
        lines[0].trim_start_matches('\u{feff}'),
        "id,code,name,kind,country,parent_id,time_zone,state"
    );
    let listed: Vec<&str> = lines[1..].iter().filter_map(|line| line.split(',').nth(1)).collect();
    assert_eq!(listed, tree);
    assert!(lines.iter().any(|line| line.contains(&country) && line.ends_with(",closed")), "{}", file.text);
    scene.world.stop().await;
}

/// As large as an organisation is: what a page shows of it is the same, whichever of the pages it is.
#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_offices_are_listed_whole_in_both_orders() {
    let scene = scene().await;
    let tx = scene.world.identity.system(store::Actor::system()).await.unwrap();
    let organisation = scene.world.founded.organisation_id;
    let parents: [kernel::OfficeId; 2] = [scene.north.parse().unwrap(), scene.south.parse().unwrap()];
    let columns =
        ["id", "version", "organisation_id", "parent_id", "code", "name", "kind", "search", "created_at"];
    let row = |number: usize| {
        let (id, code): (kernel::OfficeId, String) = (tx.new_id(), format!("N{number:03}"));
        let (name, search) = (format!("Office {code}"), format!("office n{number:03}"));
        params![id, 1i64, organisation, parents[number % 2], code, name, "country", search, tx.now()]
    };
    sql::insert_many(tx.db(), "office", &columns, (0..496).map(row).collect(), "").await.unwrap();
    tx.commit().await.unwrap();
    let by_code = scene.codes("limit=200").await;
    assert_eq!(by_code.len(), 500);
    let as_tree = scene.codes("limit=200&sort=tree").await;
    let mut both = [by_code, as_tree.clone()];
    both.iter_mut().for_each(|codes| codes.sort());
    assert_eq!(both[0], both[1]);
    // The even ones are below the first region, the odd ones below the second, which comes after them.
    let place = |code: &str| as_tree.iter().position(|known| known == code).unwrap();
    let (first, last) = (place("N000"), place("N494"));
    assert!(place("N001") > last && last - first == 247, "{first} {last}");
    assert_eq!(scene.codes("q=n49").await.len(), 6);
    scene.world.stop().await;
}
