//! The demo's situation updates: over three years, in the language of the office that writes them.

use super::{
    hands::{Clients, Known},
    records::Country::{self, Bangladesh, Chad, Colombia, Ethiopia, Philippines, Sudan},
};
use crate::api::Api;
use anyhow::Result;
use chrono::{Datelike, NaiveDate};
use serde_json::{Value, json};

/// An update: whose, years from the present one, month and day, language, title, text.
type Update = (Country, i32, (u32, u32), &'static str, &'static str, &'static str);

static UPDATES: [Update; 18] = [
    (
        Chad,
        -2,
        (3, 14),
        "fr",
        "Trois nouveaux sites ouverts dans l’Est",
        "Plus de 60 000 personnes sont arrivées depuis le début de l’année. Trois sites ont été aménagés à distance de la frontière ; 4 100 familles y ont déjà reçu un abri.",
    ),
    (
        Sudan,
        -2,
        (5, 22),
        "en",
        "Displacement tracking reaches all 18 states",
        "Enumerators now work in all 18 states. The data are shared with all partners every two weeks and decide where relief goes first.",
    ),
    (
        Bangladesh,
        -2,
        (8, 9),
        "en",
        "Monsoon: 2,300 shelters repaired in a week",
        "Heavy rain set off landslides in eleven camps. Volunteers moved 6,800 people to safer shelters and repaired 2,300 within a week.",
    ),
    (
        Ethiopia,
        -2,
        (11, 18),
        "en",
        "First families settle in Somali Region",
        "Some 480 families who had been displaced for years moved to serviced plots. Each received a cash grant to build and a title to the land.",
    ),
    (
        Chad,
        -1,
        (2, 6),
        "fr",
        "Transferts vers l’intérieur du pays",
        "Les convois quotidiens ont permis de transférer 21 400 personnes depuis la frontière. Les équipes médicales ont vacciné 9 300 enfants avant le départ.",
    ),
    (
        Colombia,
        -1,
        (4, 3),
        "es",
        "Jornadas de documentación en seis ciudades",
        "Cerca de 14.000 personas migrantes obtuvieron o renovaron sus documentos. Cuatro de cada diez encontraron un empleo formal en los tres meses siguientes.",
    ),
    (
        Sudan,
        -1,
        (6, 19),
        "en",
        "Relief reaches Darfur after two months",
        "A convoy of 40 trucks carried shelter kits for 12,000 families. It was the first that was let through since April.",
    ),
    (
        Philippines,
        -1,
        (9, 27),
        "en",
        "Two typhoons in a month: flash appeal launched",
        "More than 1.9 million people are in need. Evacuation centres in four provinces shelter 84,000; emergency kits are flown in from the regional stock.",
    ),
    (
        Philippines,
        -1,
        (12, 12),
        "en",
        "Nine families in ten have left the evacuation centres",
        "Repair kits reached 31,000 families. The 7,900 people who remain in evacuation centres will move to transitional sites.",
    ),
    (
        Ethiopia,
        -1,
        (10, 2),
        "en",
        "Returnees find training and seed money",
        "Of 3,200 migrants who returned along the eastern route, 1,150 finished a course and opened a small business.",
    ),
    (
        Chad,
        0,
        (1, 20),
        "fr",
        "Les arrivées doublent dans l’Est",
        "Quelque 14 000 personnes ont franchi la frontière en deux semaines, deux fois plus que le mois précédent. Les zones d’accueil sont saturées ; trois nouveaux sites ont été ouverts et les transferts se poursuivent chaque jour.",
    ),
    (
        Sudan,
        0,
        (2, 17),
        "en",
        "First returns to Khartoum State",
        "Displacement tracking counted 38,000 people who went back to their neighbourhoods. Water points and clinics are being rehabilitated in the ten localities that most of them return to.",
    ),
    (
        Bangladesh,
        0,
        (4, 8),
        "en",
        "Camps prepared for the cyclone season",
        "5,600 shelters have been tied down, slopes above 40 of them strengthened, and 300 volunteers trained in first aid and early warning.",
    ),
    (
        Colombia,
        0,
        (5, 26),
        "es",
        "Más cupos escolares para la niñez migrante",
        "Doce escuelas de la frontera ampliaron sus aulas. 2.350 niñas y niños migrantes asisten a clase junto con sus vecinos colombianos.",
    ),
    (
        Ethiopia,
        0,
        (7, 1),
        "en",
        "Drought: water trucked to 64 settlements",
        "Wells have dried up in three zones. Water is trucked to 64 settlements while 22 boreholes are repaired.",
    ),
    (
        Sudan,
        0,
        (8, 30),
        "en",
        "Floods cut off 90,000 displaced people",
        "Roads to eleven sites are under water. Boats carry health teams and water-treatment kits; shelters for 5,000 families are in place for when the roads open.",
    ),
    (
        Chad,
        0,
        (10, 5),
        "fr",
        "Des postes de santé ouverts jour et nuit",
        "Huit postes de santé fonctionnent désormais en continu. Plus de 17 000 consultations ont eu lieu en septembre, dont un tiers pour des habitants des villages voisins.",
    ),
    (
        Bangladesh,
        0,
        (11, 11),
        "en",
        "Gas instead of firewood for 20,000 families",
        "The families no longer cut wood on the hills around the camps, which are being planted again.",
    ),
];

/// Publishes them, but for those that are to come.
pub(super) async fn publish(api: &Api, clients: &Clients, known: &Known, today: NaiveDate) -> Result<()> {
    let held = api.get("/v1/public/updates?limit=200").await?;
    let is_held =
        |title: &&str| held["items"].as_array().into_iter().flatten().any(|item| item["title"] == *title);
    for (number, (country, years, (month, day), language, title, body)) in UPDATES.iter().enumerate() {
        let year = today.year() + years;
        let Some(on) = NaiveDate::from_ymd_opt(year, *month, *day).filter(|on| *on <= today) else {
            continue;
        };
        let Some(plan) = known.plans.get(&(*country, year)).filter(|_| !is_held(title)) else { continue };
        let update: Value = json!({ "title": title, "body": body, "language": language, "published_on": on });
        let path = format!("/v1/plans/{plan}/updates");
        clients.office(*country).create(&path, &format!("demo-update-{number}"), &update).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::plans::PLANS;
    use std::collections::HashSet;

    #[test]
    fn every_update_is_of_a_plan_and_they_are_spread_over_years_and_languages() {
        for (country, years, (month, day), _, title, _) in &UPDATES {
            assert!(NaiveDate::from_ymd_opt(2026 + years, *month, *day).is_some(), "{title}");
            let of_it = |plan: &&crate::demo::plans::Plan| plan.country == *country && plan.is_of_country();
            assert!(PLANS.iter().filter(of_it).any(|plan| plan.years(2026) == [2026 + years]), "{title}");
        }
        let kinds: HashSet<(i32, &str)> =
            UPDATES.iter().map(|(_, years, _, language, ..)| (*years, *language)).collect();
        for year in [-2, -1, 0] {
            assert!(kinds.iter().filter(|(of, _)| *of == year).count() >= 2, "{year}");
        }
        assert!(kinds.iter().any(|(_, language)| *language == "es"));
    }
}
