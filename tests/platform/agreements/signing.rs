//! Who signs, and the documents that are signed.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn an_agreements_documents_are_kept_and_shown_to_its_donor() {
    let scene = scene().await;
    let made = scene
        .world
        .http
        .post(Some(&scene.officer), "/v1/agreements", &json!({ "terms": scene.terms() }))
        .await;
    let path = made.header("location").to_owned();
    let send = async |query: &str, name: &str, bytes: &'static [u8]| {
        let part = multipart::Part::bytes(bytes).file_name(name.to_owned());
        let request = scene.world.http.request(Method::POST, &format!("{path}/documents{query}"));
        scene
            .world
            .http
            .send(request.bearer_auth(&scene.officer).multipart(multipart::Form::new().part("file", part)))
            .await
    };
    assert_eq!(send("", "a.pdf", b"MZ\x90").await.pointers(), ["/file"]);
    assert_eq!(send("?visibility=public", "a.pdf", b"%PDF-1.7 x").await.pointers(), ["visibility"]);
    let draft = send("", "draft.pdf", b"%PDF-1.7 draft").await.json();
    let annex = send("?visibility=donor", "annex.pdf", b"%PDF-1.7 annex").await.json();
    let document = |made: &Value| format!("/v1/agreement-documents/{}", text(&made["id"]));
    let gone = scene.world.http.call(Method::DELETE, Some(&scene.officer), &document(&draft), None).await;
    assert_eq!(gone.status, 204);
    let inside = send("", "memo.pdf", b"%PDF-1.7 memo").await.json();
    let hidden = scene.world.http.get(Some(&scene.representative), &document(&annex)).await;
    assert_eq!(hidden.status, 404, "a draft is not for the donor");
    for step in ["negotiate", "sign"] {
        scene.done(&scene.officer, &format!("{path}/{step}"), &json!({})).await;
    }
    let stays = scene.world.http.call(Method::DELETE, Some(&scene.officer), &document(&annex), None).await;
    assert_eq!((stays.status, stays.pointers()), (409, vec!["/state".to_owned()]));
    let names = async |token: &str| -> Vec<String> {
        let listed = scene.get(token, &format!("{path}/documents")).await;
        listed["items"].as_array().unwrap().iter().map(|document| text(&document["name"])).collect()
    };
    assert_eq!(names(&scene.officer).await, ["annex.pdf", "memo.pdf"]);
    assert_eq!(names(&scene.representative).await, ["annex.pdf"]);
    let read = scene.world.http.get(Some(&scene.representative), &document(&annex)).await;
    assert_eq!((read.status, read.text.as_str()), (200, "%PDF-1.7 annex"));
    let memo = scene.world.http.get(Some(&scene.representative), &document(&inside)).await;
    assert_eq!(memo.status, 404);
    scene.world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn above_the_threshold_two_persons_sign() {
    let scene = scene().await;
    let rule = "/v1/signature-rule";
    let say = async |version: &str, body: &Value| {
        let request = scene.world.http.request(Method::PUT, rule).bearer_auth(&scene.world.token);
        scene.world.http.send(request.header("if-match", version).json(body)).await
    };
    let threshold =
        |amount: &str, currency: &str| json!({ "threshold_usd": { "amount": amount, "currency": currency } });
    assert_eq!(say("\"0\"", &threshold("1", "NOK")).await.pointers(), ["/threshold_usd/currency"]);
    assert_eq!(say("\"0\"", &threshold("50000", "USD")).await.status, 200);
    assert_eq!(say("\"0\"", &threshold("1", "USD")).await.status, 412);
    let made = scene
        .world
        .http
        .post(Some(&scene.officer), "/v1/agreements", &json!({ "terms": scene.terms() }))
        .await;
    let path = made.header("location").to_owned();
    scene.done(&scene.officer, &format!("{path}/negotiate"), &json!({})).await;
    let sign = format!("{path}/sign");
    let unknown = scene.act(&scene.officer, &sign, &json!({})).await;
    assert_eq!((unknown.status, unknown.pointers()), (409, vec!["/amount".to_owned()]), "{}", unknown.text);
    let today = text(&made.json()["created_at"])[..10].to_owned();
    let rates = multipart::Part::bytes(format!("Date,Rate,Currency\n{today},10,NOK\n").into_bytes())
        .file_name("r.csv");
    let request =
        scene.world.http.request(Method::POST, "/v1/exchange-rates").bearer_auth(&scene.world.token);
    let taken = scene.world.http.send(request.multipart(multipart::Form::new().part("file", rates))).await;
    assert_eq!(taken.status, 201, "{}", taken.text);
    let first = scene.done(&scene.officer, &sign, &json!({})).await;
    assert_eq!((text(&first["state"]), first["signed_on"].is_null()), ("negotiation".into(), true));
    assert!(first["first_signature"]["by"].is_string());
    assert!(scene.reports(&scene.officer, "owed=true").await.is_empty(), "nothing is owed yet");
    let again = scene.act(&scene.officer, &sign, &json!({})).await;
    assert_eq!((again.status, again.pointers()), (409, vec!["/first_signature".to_owned()]));
    // Other terms are signed anew.
    let mut terms = scene.terms();
    terms["title"] = "Shelter, and water".into();
    let changed = scene.send(Method::PUT, &scene.officer, &path, &path, &terms).await;
    assert!(changed.status == 200 && changed.json()["first_signature"].is_null(), "{}", changed.text);
    scene.done(&scene.officer, &sign, &json!({})).await;
    let second = scene.world.client(&scene.office, &["agreements:read", "agreements:write"]).await;
    let signed = scene.done(&second, &sign, &json!({})).await;
    assert_eq!(text(&signed["state"]), "signed");
    assert_eq!(scene.reports(&scene.officer, "owed=true").await.len(), 4);
    scene.world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agreement_that_was_signed_in_the_past_is_recorded_as_such_with_what_it_owes_already() {
    let scene = scene().await;
    let mut terms = scene.terms();
    (terms["start_date"], terms["end_date"]) = ("2025-01-01".into(), "2098-12-31".into());
    terms["reporting"] = json!({ "schedule": [
        { "kind": "interim_narrative", "period_start": "2025-01-01", "period_end": "2025-06-30", "due_date": "2025-08-11" },
        { "kind": "final_narrative", "period_start": "2025-01-01", "period_end": "2098-12-31", "due_date": "2099-03-31" }] });
    terms["instalments"] = json!([]);
    let made =
        scene.world.http.post(Some(&scene.officer), "/v1/agreements", &json!({ "terms": terms })).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let path = made.header("location").to_owned();
    scene.done(&scene.officer, &format!("{path}/negotiate"), &json!({})).await;
    let schedule = scene.get(&scene.officer, &format!("{path}/report-schedule")).await;
    let overdue: Vec<(&Value, &Value)> =
        schedule["items"].as_array().unwrap().iter().map(|owed| (&owed["kind"], &owed["overdue"])).collect();
    assert_eq!(
        overdue,
        [(&json!("interim_narrative"), &json!(true)), (&json!("final_narrative"), &json!(false))]
    );
    let sign = format!("{path}/sign");
    let refused = async |body: Value| scene.act(&scene.officer, &sign, &body).await.pointers();
    assert_eq!(refused(json!({ "signed_on": "2199-01-01" })).await, ["/signed_on"]);
    assert_eq!(refused(json!({ "signed_on": "2019-12-31" })).await, ["/signed_on"]);
    assert_eq!(refused(json!({ "signatory": "" })).await, ["/signatory"]);
    let body = json!({ "signed_on": "2025-01-15", "signatory": "Director, Donor Relations" });
    let signed = scene.done(&scene.officer, &sign, &body).await;
    assert_eq!(
        (text(&signed["signed_on"]), text(&signed["signatory"])),
        ("2025-01-15".into(), "Director, Donor Relations".into())
    );
    let seen = scene.get(&scene.representative, &path).await;
    assert_eq!((text(&seen["signed_on"]), &seen["signatory"]), ("2025-01-15".into(), &Value::Null));
    assert_eq!(scene.reports(&scene.officer, "owed=true").await.len(), 2);
    scene.world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_signs_today_need_not_send_a_body_but_what_is_sent_is_json() {
    let scene = scene().await;
    let made = scene
        .world
        .http
        .post(Some(&scene.officer), "/v1/agreements", &json!({ "terms": scene.terms() }))
        .await;
    let path = made.header("location").to_owned();
    scene.done(&scene.officer, &format!("{path}/negotiate"), &json!({})).await;
    let sign = || {
        let request = scene.world.http.request(Method::POST, &format!("{path}/sign"));
        request.bearer_auth(&scene.officer).header("if-match", "\"2\"")
    };
    let other = sign().header("content-type", "text/plain").body("signed_on=2025-01-15");
    assert_eq!(scene.world.http.send(other).await.status, 415);
    let signed = scene.world.http.send(sign()).await;
    assert_eq!(signed.status, 200, "{}", signed.text);
    let signed = signed.json();
    assert_eq!(text(&signed["signed_on"]), text(&signed["updated_at"])[..10].to_owned());
    scene.world.stop().await;
}

impl Scene {
    /// The path of an agreement that is being negotiated, at version 2.
    async fn in_negotiation(&self, terms: &Value) -> String {
        let made =
            self.world.http.post(Some(&self.officer), "/v1/agreements", &json!({ "terms": terms })).await;
        assert_eq!(made.status, 201, "{}", made.text);
        let path = made.header("location").to_owned();
        self.done(&self.officer, &format!("{path}/negotiate"), &json!({})).await;
        path
    }

    /// Signs a version with a form.
    async fn sign_form(
        &self,
        token: &str,
        path: &str,
        version: i64,
        fields: &[(&str, &str)],
        file: Option<(&str, &'static [u8])>,
    ) -> Response {
        let mut form = multipart::Form::new();
        for (name, text) in fields {
            form = form.text((*name).to_owned(), (*text).to_owned());
        }
        if let Some((name, bytes)) = file {
            form = form.part("file", multipart::Part::bytes(bytes).file_name(name.to_owned()));
        }
        let request = self.world.http.request(Method::POST, &format!("{path}/sign")).bearer_auth(token);
        self.world.http.send(request.header("if-match", format!("\"{version}\"")).multipart(form)).await
    }

    async fn documents(&self, token: &str, path: &str) -> Vec<Value> {
        self.get(token, &format!("{path}/documents")).await["items"].as_array().unwrap().clone()
    }
}

const SIGNED: Option<(&str, &[u8])> = Some(("signed.pdf", b"%PDF-1.7 signed"));

#[tokio::test(flavor = "multi_thread")]
async fn the_signed_document_comes_with_the_signature_or_not_at_all() {
    let scene = scene().await;
    let path = scene.in_negotiation(&scene.terms()).await;
    let sister = scene.world.office(&scene.region, "country").await;
    let sister = scene.world.client(&sister, &["agreements:read", "agreements:write"]).await;
    let above = scene.world.client(&scene.region, &["agreements:read", "agreements:write"]).await;
    scene.world.settled().await;
    let refused = async |version: i64, fields: &[(&str, &str)], file: Option<(&str, &'static [u8])>| {
        let answer = scene.sign_form(&scene.officer, &path, version, fields, file).await;
        (answer.status, answer.pointers())
    };
    let at = |pointer: &str| (422, vec![pointer.to_owned()]);
    assert_eq!(refused(1, &[], SIGNED).await.0, 412);
    assert_eq!(refused(2, &[], Some(("signed.pdf", b"MZ\x90"))).await, at("/file"));
    assert_eq!(refused(2, &[("signed_on", "2199-01-01")], SIGNED).await, at("/signed_on"));
    assert_eq!(refused(2, &[("signed_on", "1 March")], SIGNED).await, at("/signed_on"));
    assert_eq!(refused(2, &[("visibility", "public")], SIGNED).await, at("/visibility"));
    assert_eq!(refused(2, &[("comment", "x")], SIGNED).await, at("/comment"));
    assert_eq!(scene.sign_form(&sister, &path, 2, &[], SIGNED).await.status, 404);
    assert_eq!(scene.sign_form(&above, &path, 2, &[], SIGNED).await.status, 403);
    assert_eq!(scene.get(&scene.officer, &path).await["state"], "negotiation");
    assert!(scene.documents(&scene.officer, &path).await.is_empty(), "nothing was attached");

    // Eight at once: one signs, and its document is there once.
    let fields =
        [("signed_on", "2026-01-15"), ("signatory", "Director, Donor Relations"), ("visibility", "donor")];
    let send = || scene.sign_form(&scene.officer, &path, 2, &fields, SIGNED);
    let answers = futures_util::future::join_all((0..8).map(|_| send())).await;
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412, 412, 412, 412, 412, 412, 412]);
    let signed = scene.get(&scene.officer, &path).await;
    assert_eq!(
        (text(&signed["state"]), text(&signed["signed_on"]), text(&signed["signatory"])),
        ("signed".into(), "2026-01-15".into(), "Director, Donor Relations".into())
    );
    assert_eq!(scene.documents(&scene.officer, &path).await.len(), 1);
    let shown = scene.documents(&scene.representative, &path).await;
    let document = format!("/v1/agreement-documents/{}", text(&shown[0]["id"]));
    let read = scene.world.http.get(Some(&scene.representative), &document).await;
    assert_eq!((read.status, read.text.as_str()), (200, "%PDF-1.7 signed"));

    // A form without a file signs as JSON does; its empty fields are not there.
    let other = scene.in_negotiation(&scene.terms()).await;
    let blank = [("signed_on", ""), ("signatory", " "), ("visibility", "internal")];
    let signed = scene.sign_form(&scene.officer, &other, 2, &blank, None).await;
    assert_eq!(signed.status, 200, "{}", signed.text);
    assert!(signed.json()["signatory"].is_null() && signed.json()["signed_on"].is_string());
    assert!(scene.documents(&scene.officer, &other).await.is_empty());
    scene.world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_of_two_signatures_may_bring_its_document() {
    let scene = scene().await;
    let request = scene.world.http.request(Method::PUT, "/v1/signature-rule").bearer_auth(&scene.world.token);
    let rule = json!({ "threshold_usd": { "amount": "50000", "currency": "USD" } });
    assert_eq!(scene.world.http.send(request.header("if-match", "\"0\"").json(&rule)).await.status, 200);
    let mut terms = scene.terms();
    terms["amount"]["currency"] = "USD".into();
    terms["instalments"] = json!([]);
    let path = scene.in_negotiation(&terms).await;
    let draft: Option<(&str, &[u8])> = Some(("draft.pdf", b"%PDF-1.7 draft"));
    let first = scene.sign_form(&scene.officer, &path, 2, &[], draft).await;
    assert_eq!((first.status, text(&first.json()["state"])), (200, "negotiation".into()), "{}", first.text);
    let same = scene.sign_form(&scene.officer, &path, 3, &[], SIGNED).await;
    assert_eq!((same.status, same.pointers()), (409, vec!["/first_signature".to_owned()]));
    assert_eq!(scene.documents(&scene.officer, &path).await.len(), 1, "what was refused is not attached");
    let second = scene.world.client(&scene.office, &["agreements:read", "agreements:write"]).await;
    let signed = scene.sign_form(&second, &path, 3, &[], SIGNED).await;
    assert_eq!((signed.status, text(&signed.json()["state"])), (200, "signed".into()), "{}", signed.text);
    let names: Vec<String> =
        scene.documents(&second, &path).await.iter().map(|document| text(&document["name"])).collect();
    assert_eq!(names, ["draft.pdf", "signed.pdf"]);
    scene.world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_day_of_a_signature_is_a_day_that_has_come_and_one_of_its_time() {
    let scene = scene().await;
    let made = json!({ "terms": scene.terms() });
    let made = scene.world.http.post(Some(&scene.officer), "/v1/agreements", &made).await;
    let path = made.header("location").to_owned();
    let sign = format!("{path}/sign");
    // A draft is negotiated first, whatever day is named.
    let early = scene.act(&scene.officer, &sign, &json!({ "signed_on": "2026-01-15" })).await;
    assert_eq!((early.status, early.pointers()), (409, vec!["/state".to_owned()]));
    scene.done(&scene.officer, &format!("{path}/negotiate"), &json!({})).await;
    let code = async |signed_on: Value| {
        let answer = scene.act(&scene.officer, &sign, &json!({ "signed_on": signed_on })).await;
        assert_eq!(
            (answer.status, answer.pointers()),
            (422, vec!["/signed_on".to_owned()]),
            "{}",
            answer.text
        );
        text(&answer.json()["errors"][0]["code"])
    };
    let malformed = [
        "2026-1-15",
        "15/01/2026",
        "2026-02-30",
        "+2026-01-15",
        "2026-01-15T00:00:00Z",
        "0000-01-15",
        "",
        "soon",
    ];
    for day in malformed {
        assert_eq!(code(day.into()).await, "not_a_date", "{day}");
    }
    assert_eq!(code(json!(20260115)).await, "not_a_date");
    assert_eq!(code("2199-01-01".into()).await, "in_future");
    // It starts in 2026: five years before are the most.
    assert_eq!(code("2020-12-31".into()).await, "date_out_of_range");
    assert_eq!(scene.get(&scene.officer, &path).await["version"], 2, "no refusal has changed it");
    let signed = scene.done(&scene.officer, &sign, &json!({ "signed_on": "2021-01-01" })).await;
    assert_eq!(text(&signed["signed_on"]), "2021-01-01");
    let again = scene.act(&scene.officer, &sign, &json!({ "signed_on": "2021-01-02" })).await;
    assert_eq!((again.status, again.pointers()), (409, vec!["/state".to_owned()]), "signed once");
    scene.world.stop().await;
}
