//! The people who speak for the demo's donors and who answers them, due diligence, and how the demo organisation publishes.

use super::{
    agreements::month,
    hands::{Known, step},
    text,
};
use crate::api::{Api, checked};
use anyhow::{Context, Result};
use chrono::NaiveDate;
use reqwest::Method;
use serde_json::json;

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

static CONTACTS: [Contact; 6] = [
    (
        "Norway",
        "Ingrid Solheim",
        "Head of section",
        "Section for humanitarian affairs",
        &["no", "en"],
        "ingrid.solheim@example.org",
        "Oslo",
    ),
    (
        "Norway",
        "Lars Haugen",
        "First secretary",
        "Permanent mission in Geneva",
        &["no", "en", "fr"],
        "lars.haugen@example.org",
        "geneva",
    ),
    (
        "Spain",
        "Lucía Ferrer Ibáñez",
        "Desk officer",
        "Humanitarian Action Office",
        &["es", "fr"],
        "lucia.ferrer@example.org",
        "Madrid",
    ),
    (
        "Japan",
        "Haruka Ōnishi",
        "Counsellor",
        "Permanent mission in Geneva",
        &["ja", "en"],
        "haruka.onishi@example.org",
        "geneva",
    ),
    (
        "Germany",
        "Katharina Brandt",
        "Deputy head of division",
        "Division for humanitarian assistance",
        &["de", "en", "fr"],
        "katharina.brandt@example.org",
        "Berlin",
    ),
    (
        "European Union (Civil Protection and Humanitarian Aid)",
        "Matteo Rinaldi",
        "Desk officer, Horn of Africa and Sahel",
        "Unit for emergency operations",
        &["it", "en", "fr"],
        "matteo.rinaldi@example.org",
        "Brussels",
    ),
];

pub(super) async fn contacts(api: &Api, known: &Known, today: NaiveDate) -> Result<()> {
    for (number, (donor, name, post, unit, languages, email, liaison_post)) in CONTACTS.iter().enumerate() {
        let body = json!({
            "name": name, "post": post, "unit": unit, "languages": languages, "email": email,
            "liaison_post": liaison_post, "consent": { "basis": "consent", "given_on": today },
        });
        let path = format!("/v1/donors/{}/contacts", known.donor(donor)?);
        api.create(&path, &format!("demo-contact-{number}"), &body).await?;
    }
    Ok(())
}

/// Headquarters has looked into the donors of the private sector with whom something is signed.
pub(super) async fn clearances(api: &Api, known: &Known, today: NaiveDate) -> Result<()> {
    for (number, donor) in ["Fundación Puente del Istmo", "Haverford Family Foundation"].iter().enumerate() {
        let body = json!({
            "decision": "cleared", "valid_from": month(today, -18), "valid_until": month(today, 18),
            "reference": format!("DD-{:03}", number + 14),
        });
        let path = format!("/v1/donors/{}/clearances", known.donor(donor)?);
        api.create(&path, &format!("demo-clearance-{number}"), &body).await?;
    }
    Ok(())
}

/// The officer at headquarters answers the questions of the donors who have a portal account.
pub(super) async fn focal_points(api: &Api, known: &Known) -> Result<()> {
    let officer = known.people.get("officer@demo.example").context("the demo has no officer")?;
    for name in ["Norway", "Spain"] {
        let path = format!("/v1/donors/{}", known.donor(name)?);
        let donor = api.get(&path).await?;
        if donor["focal_point_id"] == officer.as_str() {
            continue;
        }
        let mut fields = donor.clone();
        fields["focal_point_id"] = officer.as_str().into();
        for field in ["id", "version", "merged_into", "created_at", "updated_at"] {
            fields.as_object_mut().and_then(|fields| fields.remove(field));
        }
        step(api, Method::PUT, &path, &donor, &fields).await?;
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

/// What the organisation says of itself.
pub(super) async fn organisation(api: &Api) -> Result<()> {
    const PATH: &str = "/v1/organisation";
    let founded = api.get(PATH).await?;
    if founded["version"] != 1 {
        return Ok(());
    }
    let about = json!({
        "en": "Horizon Migration Agency is an invented organisation: it shows what this platform does.",
        "fr": "Horizon Migration Agency est une organisation fictive : elle montre ce que fait cette plateforme.",
        "es": "Horizon Migration Agency es una organización ficticia: muestra lo que hace esta plataforma.",
    });
    let fields = json!({
        "name": founded["name"], "about": about, "contact_email": "contact@demo.example",
        "contact_url": "https://demo.example/contact", "postal_address": null, "licence": "cc_by_4_0",
        "default_language": "en", "retention": { "accounts_months": null },
    });
    step(api, Method::PUT, PATH, &founded, &fields).await?;
    Ok(())
}
