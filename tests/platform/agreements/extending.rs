//! Extensions that are recorded late.

use super::*;

async fn signed(scene: &Scene, end: &str) -> String {
    let mut terms = scene.terms();
    (terms["start_date"], terms["end_date"]) = ("2023-01-01".into(), end.into());
    terms["instalments"] = json!([]);
    let made =
        scene.world.http.post(Some(&scene.officer), "/v1/agreements", &json!({ "terms": terms })).await;
    let path = made.header("location").to_owned();
    for step in ["negotiate", "sign"] {
        scene.done(&scene.officer, &format!("{path}/{step}"), &json!({})).await;
    }
    path
}

/// Period, due date, kind and state of the reports that an agreement owes.
async fn owed(scene: &Scene, path: &str) -> Vec<String> {
    let id = path.rsplit('/').next().unwrap();
    let reports = scene.reports(&scene.officer, &format!("agreement_id={id}&limit=200")).await;
    let fields = ["period_start", "period_end", "due_date", "kind", "state"];
    let mut owed: Vec<String> =
        reports.iter().map(|report| fields.map(|field| text(&report[field])).join(" ")).collect();
    owed.sort();
    owed
}

#[tokio::test(flavor = "multi_thread")]
async fn an_extension_that_is_recorded_late_owes_what_the_longer_agreement_would_have() {
    let scene = scene().await;
    let path = signed(&scene, "2023-12-31").await;
    let before = owed(&scene, &path).await;
    let longer = json!({ "kind": "no_cost_extension", "reason": "Floods", "requested_on": "2023-12-01",
        "end_date": "2024-12-31" });
    scene.done(&scene.officer, &format!("{path}/amendments"), &longer).await;
    let afresh = owed(&scene, &signed(&scene, "2024-12-31").await).await;
    assert_eq!(owed(&scene, &path).await, afresh);
    assert!(afresh.len() > before.len(), "{before:?}, {afresh:?}");
    let gap = "2023-07-01 2023-12-31";
    assert!(afresh.iter().any(|report| report.starts_with(gap)), "{afresh:?}");
    scene.world.stop().await;
}
