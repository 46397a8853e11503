//! The people who speak for the demo's donors, and how the demo organisation publishes.

use super::text;
use crate::api::{Api, checked};
use anyhow::Result;
use chrono::NaiveDate;
use reqwest::Method;
use serde_json::json;
use std::collections::HashMap;

/// A contact: donor, name, post, unit, languages, address, liaison post.
type Contact = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static str,
    &'static str,
);

const CONTACTS: [Contact; 4] = [
    (
        "Norway, Government of",
        "Ingrid Solheim",
        "Head of section",
        "Section for humanitarian affairs",
        &["no", "en"],
        "ingrid.solheim@example.org",
        "Oslo",
    ),
    (
        "Norway, Government of",
        "Lars Haugen",
        "First secretary",
        "Permanent mission in Geneva",
        &["no", "en", "fr"],
        "lars.haugen@example.org",
        "geneva",
    ),
    (
        "Spain, Government of",
        "Lucía Ferrer Ibáñez",
        "Desk officer",
        "Humanitarian Action Office",
        &["es", "fr"],
        "lucia.ferrer@example.org",
        "Madrid",
    ),
    (
        "Japan, Government of",
        "Haruka Ōnishi",
        "Counsellor",
        "Permanent mission in Geneva",
        &["ja", "en"],
        "haruka.onishi@example.org",
        "geneva",
    ),
];

pub(super) async fn contacts(api: &Api, donors: &HashMap<String, String>, today: NaiveDate) -> Result<()> {
    for (number, (donor, name, post, unit, languages, email, liaison_post)) in CONTACTS.iter().enumerate() {
        let body = json!({
            "name": name, "post": post, "unit": unit, "languages": languages, "email": email,
            "liaison_post": liaison_post, "consent": { "basis": "consent", "given_on": today },
        });
        let path = format!("/v1/donors/{}/contacts", donors[*donor]);
        api.create(&path, &format!("demo-contact-{number}"), &body).await?;
    }
    Ok(())
}

/// What is public goes into the IATI file under an identifier that no organisation has.
pub(super) async fn publication(api: &Api) -> Result<()> {
    const PATH: &str = "/v1/publication";
    if api.get(PATH).await?["version"] != 0 {
        return Ok(());
    }
    let settings = json!({
        "organisation_ref": "XM-DAC-99999", "organisation_type": "40", "language": "en",
        "contact_email": "iati@demo.example", "sector": "72010", "flow_type": "10", "finance_type": "110",
        "aid_type": "C01", "tied_status": "5",
    });
    let request = api.request(Method::PUT, PATH).await?.header("if-match", "\"0\"").json(&settings);
    let saved = checked(request.send().await?).await?;
    text(&saved["organisation_ref"])?;
    Ok(())
}
