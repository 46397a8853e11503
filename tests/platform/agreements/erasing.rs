//! Documents that name people are erased in any state, with their files.

use super::*;

/// The file of a document in an embedded platform's folder.
fn file_of(scene: &Scene, document: &Value) -> Option<std::path::PathBuf> {
    let sha256 = text(&document["sha256"]);
    let folder = scene.world.folder()?.join("donors.files");
    Some(folder.join(&sha256[..2]).join(&sha256))
}

async fn attach_to(scene: &Scene, agreement: &str, name: &str, bytes: &'static [u8]) -> Response {
    let part = multipart::Part::bytes(bytes).file_name(name.to_owned());
    let request = scene.world.http.request(Method::POST, &format!("{agreement}/documents?visibility=donor"));
    let request = request.header("idempotency-key", format!("\"{name}\""));
    let form = multipart::Form::new().part("file", part);
    scene.world.http.send(request.bearer_auth(&scene.officer).multipart(form)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_of_signed_agreements_and_of_reports_with_the_donor_are_erased_with_their_files() {
    let scene = scene().await;
    let http = &scene.world.http;
    let made = http.post(Some(&scene.officer), "/v1/agreements", &json!({ "terms": scene.terms() })).await;
    let path = made.header("location").to_owned();
    let letter = attach_to(&scene, &path, "Letter of Ingrid Solheim.pdf", b"%PDF-1.7 letter").await.json();
    let twin = attach_to(&scene, &path, "The same.pdf", b"%PDF-1.7 letter").await.json();
    // Attached by mistake and taken off at once: nothing of it stays, neither in a saved answer nor on the disk.
    let mistake = attach_to(&scene, &path, "Letter of Per Hansen.pdf", b"%PDF-1.7 mistake").await.json();
    let of_mistake = format!("/v1/agreement-documents/{}", text(&mistake["id"]));
    assert_eq!(http.call(Method::DELETE, Some(&scene.officer), &of_mistake, None).await.status, 204);
    if let Some(file) = file_of(&scene, &mistake) {
        assert!(!file.exists(), "{} is still there", file.display());
    }
    for step in ["negotiate", "sign"] {
        scene.done(&scene.officer, &format!("{path}/{step}"), &json!({})).await;
    }
    let again = attach_to(&scene, &path, "Letter of Per Hansen.pdf", b"%PDF-1.7 mistake").await;
    assert!(again.status >= 400 && !again.text.contains("Hansen"), "{}", again.text);
    let owed = scene.reports(&scene.officer, "kind=interim_narrative").await;
    let report = format!("/v1/reports/{}", text(&owed[0]["id"]));
    scene.done(&scene.officer, &format!("{report}/start"), &json!({})).await;
    let annex = attach(&scene, &report, "Annex.pdf", b"%PDF-1.7 annex").await.json();
    scene.done(&scene.officer, &format!("{report}/send"), &json!({})).await;

    let erase = async |token: &str, path: &str, reason: &str| {
        http.post(Some(token), &format!("{path}/erase"), &json!({ "reason": reason })).await
    };
    let document = format!("/v1/agreement-documents/{}", text(&letter["id"]));
    let wrong = erase(&scene.officer, &document, "because").await;
    assert_eq!((wrong.status, wrong.pointers()), (422, vec!["/reason".to_owned()]));
    let sister = scene.world.office(&scene.world.founded.office_id.to_string(), "country").await;
    let sister = scene.world.client(&sister, &["agreements:write", "reports:write"]).await;
    scene.world.settled().await;
    assert_eq!(erase(&sister, &document, "request_of_person").await.status, 404);
    // Eight ask at once: it is erased once.
    let asked = (0..8).map(|_| erase(&scene.officer, &document, "request_of_person"));
    let answers = futures_util::future::join_all(asked).await;
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [[204].as_slice(), &[404; 7]].concat());
    assert_eq!(http.get(Some(&scene.officer), &document).await.status, 404);
    assert_eq!(erase(&scene.officer, &document, "request_of_person").await.status, 404);
    let listed = scene.get(&scene.officer, &format!("{path}/documents")).await;
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    assert!(!listed.to_string().contains("Solheim"));
    // The request that brought it, sent again, is not answered with the letter's name.
    let again = attach_to(&scene, &path, "Letter of Ingrid Solheim.pdf", b"%PDF-1.7 letter").await;
    assert!(again.status >= 400 && !again.text.contains("Solheim"), "{}", again.text);

    // Another document has the same file: it stays. Headquarters, above the office, erases that one as well.
    let of_twin = format!("/v1/agreement-documents/{}", text(&twin["id"]));
    assert_eq!(http.get(Some(&scene.officer), &of_twin).await.text, "%PDF-1.7 letter");
    assert_eq!(erase(&scene.world.token, &of_twin, "no_longer_needed").await.status, 204);
    let of_annex = format!("/v1/documents/{}", text(&annex["id"]));
    // Sent again with its key, because the answer was lost on the way, it is answered as it was.
    let with_key = || {
        let request = http.request(Method::POST, &format!("{of_annex}/erase")).bearer_auth(&scene.officer);
        let request = request.header("idempotency-key", "\"erase the annex\"");
        http.send(request.json(&json!({ "reason": "recorded_by_mistake" })))
    };
    let at_once = futures_util::future::join_all((0..8).map(|_| with_key())).await;
    assert!(at_once.iter().all(|answer| [204, 409].contains(&answer.status)), "one at a time with a key");
    let again = with_key().await;
    assert_eq!((again.status, again.header("idempotency-replayed"), again.text.as_str()), (204, "true", ""));
    assert_eq!(http.get(Some(&scene.officer), &of_annex).await.status, 404);
    for gone in [&letter, &annex] {
        if let Some(file) = file_of(&scene, gone) {
            assert!(!file.exists(), "{} is still there", file.display());
        }
    }
    scene.world.stop().await;
}
