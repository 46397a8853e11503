//! The demo's agreements: what each is about, how far it is, and what became of its reports. Dates are counted from the
//! present month, so that something is always due, and nothing runs that has ended.

use super::records::Country::{self, Bangladesh, Chad, Colombia, Ethiopia, Philippines, Sudan};
use super::reports::Course::{self, Accepted, Clearance, Drafting, Returned, Review, Scheduled, Submitted};
use chrono::{Datelike, Months, NaiveDate};
use serde_json::{Value, json};

/// An agreement of the demo.
pub(super) struct Agreement {
    pub(super) country: Country,
    pub(super) donor: &'static str,
    /// In English, French and Spanish.
    pub(super) titles: (&'static str, &'static str, &'static str),
    /// Months from the present one to the first day, and how many it lasts.
    months: (i32, i32),
    pub(super) amount: (i64, &'static str),
    earmarking: (&'static str, &'static str),
    sectors: &'static [&'static str],
    template: &'static str,
    /// How far it is.
    pub(super) state: &'static str,
    /// What becomes of its reports, in the order in which they fall due; those after them are scheduled.
    pub(super) reports: &'static [Course],
    /// Who sees it: `donor` or `public`.
    pub(super) visibility: &'static str,
}

/// The first day of the month that lies so many months after a day's.
pub(super) fn month(day: NaiveDate, months: i32) -> NaiveDate {
    let first = day.with_day(1).unwrap_or(day);
    let moved = match u32::try_from(months) {
        Ok(ahead) => first.checked_add_months(Months::new(ahead)),
        Err(_) => first.checked_sub_months(Months::new(months.unsigned_abs())),
    };
    moved.unwrap_or(first)
}

impl Agreement {
    pub(super) fn start(&self, today: NaiveDate) -> NaiveDate {
        month(today, self.months.0)
    }

    pub(super) fn end(&self, today: NaiveDate) -> NaiveDate {
        let after = month(today, self.months.0 + self.months.1);
        after.pred_opt().unwrap_or(after)
    }

    /// Its two instalments: the day on which each is due, and its amount.
    pub(super) fn instalments(&self, today: NaiveDate) -> [(NaiveDate, i64); 2] {
        let first = self.amount.0 * 6 / 10;
        let half = month(today, self.months.0 + self.months.1 / 2);
        [(self.start(today), first), (half, self.amount.0 - first)]
    }

    pub(super) fn earmarking(&self) -> &'static str {
        self.earmarking.0
    }

    pub(super) fn money(&self, amount: i64) -> Value {
        json!({ "amount": amount.to_string(), "currency": self.amount.1 })
    }

    /// Two weeks before it begins, or today if that is to come.
    pub(super) fn signed_on(&self, today: NaiveDate) -> NaiveDate {
        let start = self.start(today);
        start.checked_sub_days(chrono::Days::new(14)).unwrap_or(start).min(today)
    }

    /// Its terms as the API takes them.
    pub(super) fn terms(&self, donor_id: &str, plan_id: Option<&String>, today: NaiveDate) -> Value {
        let [first, second] = self.instalments(today);
        let instalment = |(due, amount): (NaiveDate, i64), condition: &str| json!({ "due_date": due, "amount": self.money(amount), "condition": condition });
        json!({
            "donor_id": donor_id, "title": self.titles.0, "title_fr": self.titles.1, "title_es": self.titles.2,
            "start_date": self.start(today), "end_date": self.end(today), "amount": self.money(self.amount.0),
            "overhead_percent": "7", "earmarking": self.earmarking.0, "modality": self.earmarking.1,
            "countries": [self.country.iso3()], "plan_ids": plan_id.into_iter().collect::<Vec<_>>(),
            "sectors": self.sectors, "visibility": self.visibility, "reporting": { "template": self.template },
            "instalments": [instalment(first, "On signature"), instalment(second, "After the first report")],
        })
    }
}

const FUNDED: (&str, &str) = ("earmarked", "F");
const SOFT: (&str, &str) = ("softly_earmarked", "D");
const TIGHT: (&str, &str) = ("tightly_earmarked", "I");
/// Two reports that came in time.
const IN_TIME: [Course; 2] = [Submitted(-5), Submitted(-3)];

/// An agreement that is public and under way, with the reports that the house rule asks for.
const BLANK: Agreement = Agreement {
    country: Chad,
    donor: "Norway",
    titles: ("", "", ""),
    months: (0, 12),
    amount: (0, "USD"),
    earmarking: FUNDED,
    sectors: &["72010"],
    template: "standard",
    state: "active",
    reports: &[],
    visibility: "public",
};

/// Twenty-two agreements. Of 26 reports that fell due, 23 were handed in on time, two late, and one is overdue.
pub(super) static AGREEMENTS: [Agreement; 22] = [
    Agreement {
        titles: (
            "Shelter and relief in the eastern provinces",
            "Abris et secours dans les provinces de l’Est",
            "Alojamiento y socorro en las provincias orientales",
        ),
        months: (-6, 12),
        amount: (42_000_000, "NOK"),
        sectors: &["72010", "72050"],
        reports: &[Scheduled, Submitted(-40)],
        ..BLANK
    },
    Agreement {
        donor: "Netherlands (Kingdom of the)",
        titles: (
            "Health on the move",
            "La santé sur les routes de la migration",
            "Salud en las rutas migratorias",
        ),
        months: (-6, 24),
        amount: (3_250_000, "EUR"),
        sectors: &["12220"],
        template: "eight_plus_three",
        reports: &[Returned],
        ..BLANK
    },
    Agreement {
        country: Sudan,
        donor: "Sweden",
        titles: (
            "Displacement tracking for the whole response",
            "Suivi des déplacements au service de toute l’intervention",
            "Seguimiento de los desplazamientos para toda la respuesta",
        ),
        months: (-12, 24),
        amount: (25_000_000, "SEK"),
        earmarking: SOFT,
        sectors: &["72050"],
        reports: &[Submitted(-6), Submitted(-2), Scheduled, Review],
        ..BLANK
    },
    Agreement {
        country: Sudan,
        titles: (
            "Return and reintegration in Khartoum State",
            "Retour et réintégration dans l’État de Khartoum",
            "Retorno y reintegración en el estado de Jartum",
        ),
        months: (-12, 18),
        amount: (18_500_000, "NOK"),
        sectors: &["73010", "15190"],
        template: "eight_plus_three",
        reports: &[Submitted(-4), Submitted(-1), Clearance],
        ..BLANK
    },
    Agreement {
        country: Ethiopia,
        donor: "Spain",
        titles: (
            "Protection along the eastern route",
            "Protection le long de la route de l’Est",
            "Protección a lo largo de la ruta oriental",
        ),
        months: (-10, 12),
        amount: (1_400_000, "EUR"),
        sectors: &["15190"],
        reports: &[Submitted(9), Submitted(-3)],
        ..BLANK
    },
    Agreement {
        country: Bangladesh,
        donor: "Japan",
        titles: (
            "Water and sanitation in the camps",
            "Eau et assainissement dans les camps",
            "Agua y saneamiento en los campamentos",
        ),
        months: (-8, 12),
        amount: (312_000_000, "JPY"),
        earmarking: TIGHT,
        sectors: &["14030"],
        reports: &[Drafting, Submitted(-2)],
        ..BLANK
    },
    Agreement {
        country: Philippines,
        titles: (
            "Evacuation centres after the typhoons",
            "Centres d’évacuation après les typhons",
            "Centros de evacuación tras los tifones",
        ),
        months: (-22, 10),
        amount: (9_000_000, "NOK"),
        sectors: &["72010", "74020"],
        template: "eight_plus_three",
        state: "closed",
        reports: &[Accepted(-8), Accepted(-8)],
        ..BLANK
    },
    Agreement {
        donor: "Spain",
        titles: (
            "Onward transport from the border",
            "Transport des personnes depuis la frontière",
            "Transporte de personas desde la frontera",
        ),
        months: (1, 12),
        amount: (900_000, "EUR"),
        state: "negotiation",
        visibility: "donor",
        ..BLANK
    },
    Agreement {
        country: Sudan,
        donor: "Netherlands (Kingdom of the)",
        titles: (
            "Rehabilitation of basic services",
            "Remise en état des services essentiels",
            "Rehabilitación de los servicios básicos",
        ),
        months: (2, 18),
        amount: (5_000_000, "EUR"),
        earmarking: SOFT,
        sectors: &["73010"],
        template: "eight_plus_three",
        state: "draft",
        visibility: "donor",
        ..BLANK
    },
    Agreement {
        donor: "European Union (Civil Protection and Humanitarian Aid)",
        titles: (
            "Emergency health care for new arrivals",
            "Soins de santé d’urgence pour les nouveaux arrivants",
            "Atención sanitaria de urgencia para los recién llegados",
        ),
        months: (-24, 11),
        amount: (4_500_000, "EUR"),
        sectors: &["12220", "72010"],
        state: "closed",
        reports: &[Accepted(-10), Accepted(-10)],
        ..BLANK
    },
    Agreement {
        country: Sudan,
        donor: "Germany",
        titles: (
            "Relief items and emergency shelter in Darfur",
            "Articles de secours et abris d’urgence au Darfour",
            "Artículos de socorro y alojamiento de emergencia en Darfur",
        ),
        months: (-20, 11),
        amount: (7_800_000, "EUR"),
        state: "closed",
        reports: &IN_TIME,
        ..BLANK
    },
    Agreement {
        country: Sudan,
        donor: "United States of America",
        titles: (
            "Rapid response fund for displaced families",
            "Fonds d’intervention rapide pour les familles déplacées",
            "Fondo de respuesta rápida para familias desplazadas",
        ),
        months: (-10, 11),
        amount: (6_487_500, "USD"),
        sectors: &["72010", "72040"],
        ..BLANK
    },
    Agreement {
        country: Ethiopia,
        donor: "United Kingdom",
        titles: (
            "Durable solutions in Somali Region",
            "Solutions durables dans la région Somali",
            "Soluciones duraderas en la región Somali",
        ),
        months: (-14, 24),
        amount: (3_800_000, "GBP"),
        sectors: &["73010"],
        reports: &[Submitted(-7), Submitted(-7), Submitted(-1), Submitted(-1)],
        ..BLANK
    },
    Agreement {
        country: Ethiopia,
        donor: "Germany",
        titles: (
            "Reintegration of returning migrants",
            "Réintégration des migrants de retour",
            "Reintegración de migrantes que retornan",
        ),
        months: (-20, 11),
        amount: (2_650_000, "EUR"),
        sectors: &["15190", "11330"],
        template: "eight_plus_three",
        state: "closed",
        reports: &IN_TIME,
        ..BLANK
    },
    Agreement {
        country: Bangladesh,
        donor: "Canada",
        titles: (
            "Site management and safe access to the camps",
            "Gestion des sites et accès sûr aux camps",
            "Gestión de sitios y acceso seguro a los campamentos",
        ),
        months: (-16, 11),
        amount: (4_200_000, "CAD"),
        sectors: &["72050"],
        state: "closed",
        reports: &[Submitted(-2), Submitted(12)],
        ..BLANK
    },
    Agreement {
        country: Bangladesh,
        donor: "Australia",
        titles: (
            "Cyclone-proof shelters for families in the camps",
            "Abris résistants aux cyclones pour les familles des camps",
            "Alojamientos resistentes a los ciclones para las familias de los campamentos",
        ),
        months: (-6, 18),
        amount: (2_600_000, "AUD"),
        sectors: &["72010", "74020"],
        ..BLANK
    },
    Agreement {
        country: Colombia,
        donor: "Canada",
        titles: (
            "Documents and decent work for migrants and host communities",
            "Documents et travail décent pour les migrants et les communautés d’accueil",
            "Documentación y trabajo decente para migrantes y comunidades de acogida",
        ),
        months: (-14, 18),
        amount: (3_100_000, "CAD"),
        sectors: &["15190", "16020"],
        reports: &[Submitted(-9), Submitted(-8), Submitted(-2), Submitted(-2)],
        ..BLANK
    },
    Agreement {
        country: Colombia,
        donor: "Fundación Puente del Istmo",
        titles: (
            "School places for children on the move",
            "Des places à l’école pour les enfants migrants",
            "Cupos escolares para la niñez migrante",
        ),
        months: (-5, 10),
        amount: (480_000, "USD"),
        earmarking: TIGHT,
        sectors: &["11220"],
        ..BLANK
    },
    Agreement {
        country: Philippines,
        donor: "Japan",
        titles: (
            "Early warning and preparedness in coastal towns",
            "Alerte précoce et préparation dans les villes côtières",
            "Alerta temprana y preparación en localidades costeras",
        ),
        months: (-4, 12),
        amount: (180_000_000, "JPY"),
        sectors: &["74020"],
        ..BLANK
    },
    Agreement {
        country: Ethiopia,
        donor: "Solaris Energy Foundation",
        titles: (
            "Solar power for health posts",
            "De l’énergie solaire pour les postes de santé",
            "Energía solar para puestos de salud",
        ),
        months: (1, 12),
        amount: (350_000, "USD"),
        earmarking: TIGHT,
        sectors: &["12220", "23230"],
        state: "draft",
        visibility: "donor",
        ..BLANK
    },
    Agreement {
        country: Sudan,
        donor: "European Union (Civil Protection and Humanitarian Aid)",
        titles: (
            "Multi-sector assistance in areas of return",
            "Assistance multisectorielle dans les zones de retour",
            "Asistencia multisectorial en zonas de retorno",
        ),
        months: (-8, 11),
        amount: (7_000_000, "EUR"),
        sectors: &["72010", "14030", "12220"],
        ..BLANK
    },
    Agreement {
        donor: "Germany",
        titles: (
            "Social cohesion between refugees and their hosts",
            "Cohésion sociale entre les réfugiés et leurs hôtes",
            "Cohesión social entre las personas refugiadas y sus comunidades de acogida",
        ),
        months: (1, 18),
        amount: (4_000_000, "EUR"),
        earmarking: SOFT,
        sectors: &["15220"],
        state: "signed",
        ..BLANK
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn what_has_ended_is_closed_and_what_has_not_begun_is_not_active() {
        for month_of_year in 1..=12 {
            for day in [1, 15, 28] {
                let today = NaiveDate::from_ymd_opt(2027, month_of_year, day).unwrap();
                for agreement in &AGREEMENTS {
                    let (start, end) = (agreement.start(today), agreement.end(today));
                    match agreement.state {
                        "active" => assert!(start <= today && today <= end, "{}", agreement.titles.0),
                        "closed" => assert!(end < today, "{}", agreement.titles.0),
                        _ => assert!(start > today, "{}", agreement.titles.0),
                    }
                    assert!(agreement.signed_on(today) <= today && agreement.signed_on(today) <= start);
                }
            }
        }
    }

    #[test]
    fn twelve_or_more_are_published_on_different_subjects_in_three_languages() {
        let public = AGREEMENTS.iter().filter(|agreement| agreement.visibility == "public");
        let in_force: Vec<&Agreement> =
            public.filter(|agreement| ["signed", "active", "closed"].contains(&agreement.state)).collect();
        assert!(in_force.len() >= 12);
        let sectors: HashSet<&str> =
            in_force.iter().flat_map(|agreement| agreement.sectors).copied().collect();
        assert!(sectors.len() >= 6, "{sectors:?}");
        for agreement in &AGREEMENTS {
            let (english, french, spanish) = agreement.titles;
            assert!(![english, french, spanish].contains(&""));
            assert_eq!(HashSet::from([english, french, spanish]).len(), 3, "{english}");
        }
    }

    #[test]
    fn most_reports_that_are_told_of_came_on_time() {
        let told = AGREEMENTS.iter().flat_map(|agreement| agreement.reports);
        let days: Vec<i64> = told
            .filter_map(|course| match course {
                Submitted(days) | Accepted(days) => Some(*days),
                Scheduled | Drafting | Review | Clearance | Returned => None,
            })
            .collect();
        let late = days.iter().filter(|days| **days > 0).count();
        assert_eq!((days.len(), late), (26, 2));
    }
}
