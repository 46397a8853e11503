//! The demo's response plans: those of this year and of the two before, each funded by a part of what it requires.

use super::records::Country::{self, Bangladesh, Chad, Colombia, Ethiopia, Philippines, Sudan};
use serde_json::{Value, json};

/// A response plan. Its years are counted from the present one.
pub(super) struct Plan {
    pub(super) reference: &'static str,
    title: &'static str,
    kind: &'static str,
    /// The country whose office owns it.
    pub(super) country: Country,
    pub(super) places: &'static [&'static str],
    from: i32,
    until: i32,
    /// Millions of US dollars, in tenths: original, revised.
    requirement: (u64, Option<u64>),
    /// Per cent of the requirement that is funded.
    pub(super) coverage: u64,
    /// Number of flows.
    pub(super) flows: u64,
    /// Thousands of people: in need, targeted.
    people: (u64, u64),
    summary: &'static str,
}

impl Plan {
    pub(super) fn years(&self, this_year: i32) -> Vec<i32> {
        (this_year + self.from..=this_year + self.until).collect()
    }

    pub(super) fn name(&self, this_year: i32) -> String {
        let (first, last) = (this_year + self.from, this_year + self.until);
        if first == last {
            format!("{} {first}", self.title)
        } else {
            format!("{} {first}-{last}", self.title)
        }
    }

    /// What it requires now, in US dollars.
    pub(super) fn requirement(&self) -> u64 {
        self.requirement.1.unwrap_or(self.requirement.0) * 100_000
    }

    /// Whether it is its country's own plan of one year, and not one of several countries.
    pub(super) fn is_of_country(&self) -> bool {
        self.places.len() == 1
    }

    /// As the API takes it.
    pub(super) fn body(&self, this_year: i32, office_id: &str) -> Value {
        let money = |tenths: u64| json!({ "amount": (tenths * 100_000).to_string(), "currency": "USD" });
        let (first, last) = (this_year + self.from, this_year + self.until);
        json!({
            "office_id": office_id, "name": self.name(this_year), "plan_type": self.kind,
            "countries": self.places, "years": self.years(this_year),
            "start_date": format!("{first}-01-01"), "end_date": format!("{last}-12-31"),
            "original_requirement": money(self.requirement.0),
            "revised_requirement": self.requirement.1.map(money), "objectives": self.objectives(),
            "people_in_need": self.people.0 * 1000, "people_targeted": self.people.1 * 1000,
            "summary": self.summary, "external_ref": { "source": "fts", "ref": self.reference },
            "visibility": "public",
        })
    }

    /// What it sets out to do, in three parts of its requirement.
    fn objectives(&self) -> Value {
        let parts = [
            (
                "saving_lives",
                60,
                "Shelter, health, water and protection for people who were forced to move.",
                &["internally_displaced", "refugees"][..],
                &["Shelter and settlements", "Health", "Water and sanitation"][..],
            ),
            (
                "solutions",
                30,
                "Return, local integration or relocation, in safety and for good.",
                &["returnees", "local_population"],
                &["Return and reintegration", "Basic services"],
            ),
            (
                "regular_pathways",
                10,
                "Border management that protects, and help for migrants in need.",
                &["international_migrants"],
                &["Border management", "Assistance to migrants"],
            ),
        ];
        let part = |(kind, percent, description, groups, areas): (&str, u64, &str, &[&str], &[&str])| {
            let requirement =
                json!({ "amount": (self.requirement() * percent / 100).to_string(), "currency": "USD" });
            json!({ "kind": kind, "description": description, "groups": groups, "activity_areas": areas,
                "requirement": requirement, "people_targeted": self.people.1 * 10 * percent })
        };
        parts.map(part).to_vec().into()
    }
}

const CRISIS: &str = "crisis_response_plan";

const CHAD: &str = "Shelter, health and onward transport for people who arrive in the eastern provinces, and support to the \
                    communities that host them.";
const SUDAN: &str = "Life-saving assistance to displaced people, displacement tracking for the whole response, and \
                     rehabilitation of basic services in areas of return.";
const ETHIOPIA: &str = "Durable solutions for internally displaced people and returning migrants.";
const BANGLADESH: &str =
    "Shelter, site management, water and protection in the camps and for host communities.";
const PHILIPPINES: &str =
    "Emergency shelter, evacuation-centre management and debris removal after two typhoons in a month.";
const COLOMBIA: &str = "Protection, documents, health and livelihoods for migrants and refugees who arrive, for Colombians \
                        who return, and for the communities that receive them.";
const EASTERN_ROUTE: &str =
    "Protection, voluntary return and reintegration along the route from the Horn of Africa.";

/// A plan of one country and year.
const fn yearly(
    reference: &'static str,
    (country, title, summary): (Country, &'static str, &'static str),
    year: i32,
    (requirement, coverage, flows): ((u64, Option<u64>), u64, u64),
    people: (u64, u64),
) -> Plan {
    let places: &[&str] = match country {
        Chad => &["TCD"],
        Sudan => &["SDN"],
        Ethiopia => &["ETH"],
        Bangladesh => &["BGD"],
        Philippines => &["PHL"],
        Colombia => &["COL"],
    };
    Plan {
        reference,
        title,
        kind: CRISIS,
        country,
        places,
        from: year,
        until: year,
        requirement,
        coverage,
        flows,
        people,
        summary,
    }
}

const OF_CHAD: (Country, &str, &str) = (Chad, "Chad crisis response plan", CHAD);
const OF_SUDAN: (Country, &str, &str) = (Sudan, "Sudan crisis response plan", SUDAN);
const OF_ETHIOPIA: (Country, &str, &str) = (Ethiopia, "Ethiopia response plan", ETHIOPIA);
const OF_BANGLADESH: (Country, &str, &str) = (Bangladesh, "Bangladesh joint response", BANGLADESH);
const OF_COLOMBIA: (Country, &str, &str) = (Colombia, "Colombia migrant response plan", COLOMBIA);

/// Sixteen plans over the demo's countries and years.
pub(super) static PLANS: [Plan; 16] = [
    yearly("920001", OF_CHAD, 0, ((1120, Some(1285)), 38, 26), (3400, 1150)),
    yearly("920002", OF_SUDAN, 0, ((2050, Some(2480)), 33, 42), (11_200, 3900)),
    yearly("920003", OF_ETHIOPIA, 0, ((960, None), 29, 30), (4100, 1600)),
    yearly("920004", OF_BANGLADESH, 0, ((740, Some(695)), 51, 24), (1480, 1300)),
    yearly("920005", OF_COLOMBIA, 0, ((399, None), 44, 20), (2900, 610)),
    Plan {
        reference: "920006",
        title: "Eastern route regional migrant response",
        kind: "regional_response_plan",
        country: Ethiopia,
        places: &["ETH", "DJI", "SOM"],
        from: -1,
        until: 0,
        requirement: (590, None),
        coverage: 41,
        flows: 24,
        people: (1050, 420),
        summary: EASTERN_ROUTE,
    },
    yearly("920011", OF_CHAD, -1, ((960, None), 52, 26), (2900, 980)),
    yearly("920012", OF_SUDAN, -1, ((1865, None), 58, 42), (9800, 3400)),
    yearly("920013", OF_ETHIOPIA, -1, ((917, None), 55, 30), (3900, 1450)),
    yearly("920014", OF_BANGLADESH, -1, ((728, None), 68, 24), (1450, 1270)),
    yearly("920015", OF_COLOMBIA, -1, ((436, None), 62, 20), (3100, 700)),
    Plan {
        kind: "flash_appeal",
        ..yearly(
            "920016",
            (Philippines, "Philippines typhoon flash appeal", PHILIPPINES),
            -1,
            ((310, Some(382)), 74, 26),
            (1900, 640),
        )
    },
    yearly("920021", OF_CHAD, -2, ((614, Some(789)), 64, 26), (2300, 820)),
    yearly("920022", OF_SUDAN, -2, ((1420, Some(1683)), 71, 42), (8100, 2900)),
    yearly("920023", OF_ETHIOPIA, -2, ((882, None), 47, 30), (3700, 1380)),
    yearly("920024", OF_BANGLADESH, -2, ((773, None), 76, 24), (1420, 1250)),
];
