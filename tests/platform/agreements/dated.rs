//! Steps of reports that were taken on an earlier day and are recorded later.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_the_donor_had_in_time_is_on_time_though_it_is_recorded_later() {
    let scene = scene().await;
    let mut terms = scene.terms();
    (terms["start_date"], terms["end_date"]) = ("2025-01-01".into(), "2098-12-31".into());
    terms["instalments"] = json!([]);
    terms["reporting"] = json!({ "schedule": [{ "kind": "interim_narrative", "period_start": "2025-01-01",
        "period_end": "2025-06-30", "due_date": "2025-08-11" }] });
    let made =
        scene.world.http.post(Some(&scene.officer), "/v1/agreements", &json!({ "terms": terms })).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let path = made.header("location").to_owned();
    for step in ["negotiate", "sign"] {
        scene.done(&scene.officer, &format!("{path}/{step}"), &json!({})).await;
    }
    let report = text(&scene.reports(&scene.officer, "").await[0]["id"]);
    let record = format!("/v1/reports/{report}");
    let at = |action: &str| format!("{record}/{action}");
    for wrong in ["2199-01-01", "2024-12-31", "2025-7-1"] {
        let refused = scene.act(&scene.officer, &at("start"), &json!({ "on": wrong })).await;
        assert_eq!((refused.status, refused.pointers()), (422, vec!["/on".to_owned()]), "{wrong}");
    }
    scene.done(&scene.officer, &at("start"), &json!({ "on": "2025-07-03" })).await;
    let text_of = |name: &str| (name.to_owned(), Value::from("All went well."));
    let names = ["overall_performance", "measuring_results", "affected_persons", "lessons_learned"];
    let sections: serde_json::Map<String, Value> = names.into_iter().map(text_of).collect();
    let content = json!({ "sections": sections });
    let written = scene.send(Method::PUT, &scene.officer, &record, &record, &content).await;
    assert_eq!(written.status, 200, "{}", written.text);
    scene.done(&scene.officer, &at("send"), &json!({ "on": "2025-07-20" })).await;
    scene.done(&scene.reviewer, &at("endorse"), &json!({ "on": "2025-07-25" })).await;
    let submitted = scene.done(&scene.world.token, &at("submit"), &json!({ "on": "2025-08-11" })).await;
    assert_eq!(text(&submitted["submitted_at"]), "2025-08-11T12:00:00Z");
    let days: Vec<String> = submitted["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| text(&step["taken_at"])[..10].to_owned())
        .collect();
    assert_eq!(days, ["2025-07-03", "2025-07-20", "2025-07-25", "2025-08-11"]);
    let figures = scene.get(&scene.officer, "/v1/report-compliance").await["items"][0].clone();
    let counts = ["due", "on_time", "late", "overdue"].map(|name| figures[name].as_i64().unwrap());
    assert_eq!(counts, [1, 1, 0, 0]);
    for (token, who) in [(&scene.reviewer, "the region"), (&scene.world.token, "headquarters")] {
        let told = scene.get(token, "/v1/notifications").await;
        let of_it = |item: &&Value| item["report_id"] == report.as_str() && item["kind"] != "overdue";
        assert_eq!(
            told["items"].as_array().unwrap().iter().filter(of_it).count(),
            0,
            "{who} is told nothing"
        );
    }
    let early = scene.act(&scene.world.token, &at("accept"), &json!({ "on": "2025-08-10" })).await;
    assert_eq!((early.status, early.pointers()), (422, vec!["/on".to_owned()]));
    let accepted = scene.done(&scene.world.token, &at("accept"), &json!({ "on": "2025-09-01" })).await;
    assert_eq!(text(&accepted["accepted_on"]), "2025-09-01");
    scene.world.stop().await;
}
