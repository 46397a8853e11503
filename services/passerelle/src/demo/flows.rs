//! The demo's flows: drawn by a small generator with a fixed seed, in the shape of the FTS API.

use super::records::{Country, DONORS, Donor, PLANS};
use kernel::country::by_iso3;
use serde_json::{Value, json};

/// Flows of one country.
const FLOWS: u64 = 120;
/// Units of each currency per US dollar.
const RATES: [(&str, f64); 11] = [
    ("NOK", 10.6),
    ("SEK", 10.4),
    ("JPY", 151.0),
    ("CAD", 1.37),
    ("CHF", 0.884),
    ("EUR", 0.926),
    ("DKK", 6.91),
    ("AUD", 1.52),
    ("KRW", 1378.0),
    ("AED", 3.67),
    ("USD", 1.0),
];

/// SplitMix64 (Steele, Lea, Flood 2014): small, and the same everywhere.
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    fn weighted<'a, T>(&mut self, of: &'a [T], weight: impl Fn(&T) -> u64) -> (usize, &'a T) {
        let mut left = self.below(of.iter().map(&weight).sum());
        for (index, item) in of.iter().enumerate() {
            match left.checked_sub(weight(item)) {
                Some(rest) => left = rest,
                None => return (index, item),
            }
        }
        (0, &of[0])
    }
}

/// The flows of a country, the same every time.
pub(super) fn of(country: Country) -> Vec<Value> {
    let mut draw = Draw(country.weight() * 7919);
    let offset = 930_000 + country.weight() * 1000;
    (0..FLOWS).map(|number| flow(&mut draw, country, offset + number)).collect()
}

fn flow(draw: &mut Draw, country: Country, id: u64) -> Value {
    let year = *draw.weighted(&[(2024, 3), (2025, 4), (2026, 5)], |(_, weight)| *weight).1;
    let year: i32 = year.0;
    let (index, donor) = draw.weighted(&DONORS, |donor| donor.weight);
    // Larger donors give larger sums; thousands of dollars.
    let thousands = 20 + draw.below(60 * country.weight()) * (4 + donor.weight.min(20)) / 8;
    let amount = thousands * 1000;
    let rate = RATES.iter().find(|(code, _)| *code == donor.currency).map_or(1.0, |(_, rate)| *rate);
    let status = *draw.weighted(&[("paid", 60), ("commitment", 30), ("pledge", 10)], |(_, weight)| *weight).1;
    let (month, day) = (1 + draw.below(if year == 2026 { 10 } else { 12 }), 1 + draw.below(28));
    let date = format!("{year}-{month:02}-{day:02}");
    let mut flow = json!({
        "id": id.to_string(), "versionId": 1, "amountUSD": amount, "status": status.0, "newMoney": !draw.chance(4),
        "contributionType": if draw.chance(5) { "in kind" } else { "financial" }, "flowType": "Standard",
        "method": if draw.chance(15) { "Cash transfer programming (CTP)" } else { "Traditional aid" },
        "decisionDate": date, "date": date, "firstReportedDate": date, "budgetYear": year.to_string(),
        "description": describe(draw, country, year), "keywords": null, "parentFlowId": null, "childFlowIds": null,
        "grandBargainEarmarkingType": earmarking(draw), "exchangeRate": null, "refCode": format!("DEMO-{id}"),
        "sourceObjects": [organisation(index, donor)],
        "destinationObjects": destination(draw, country, year), "reportDetails": [],
    });
    if donor.currency != "USD" {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            reason = "demo figures of a few millions"
        )]
        let original = (amount as f64 * rate).round() as i64;
        flow["originalAmount"] = original.into();
        flow["originalCurrency"] = donor.currency.into();
        flow["exchangeRate"] = rate.into();
    }
    flow
}

fn organisation(index: usize, donor: &Donor) -> Value {
    let kind = match donor.kind {
        "government" => "Government",
        "intergovernmental" => "Inter-governmental",
        "private_sector" => "Private organization/foundation",
        _ => "NGO",
    };
    json!({ "type": "Organization", "id": donor.reference(index + 1), "name": donor.name, "behavior": "single",
            "organizationTypes": [kind] })
}

fn earmarking(draw: &mut Draw) -> Value {
    let kinds = [
        ("earmarked", 50),
        ("softly earmarked", 18),
        ("unearmarked", 12),
        ("tightly earmarked", 8),
        ("", 12),
    ];
    match draw.weighted(&kinds, |(_, weight)| *weight).1.0 {
        "" => Value::Null,
        kind => json!([kind]),
    }
}

fn place(iso3: &str) -> Value {
    let country = by_iso3(iso3);
    let id = country.and_then(|country| country.fts_id.clone()).unwrap_or_default();
    json!({ "type": "Location", "id": id, "name": country.map(|country| country.name_en.as_str()), "behavior": "single" })
}

fn destination(draw: &mut Draw, country: Country, year: i32) -> Vec<Value> {
    let partners = [
        ("940001", "Horizon Migration Agency", 60),
        ("940002", "Hope Without Borders", 10),
        ("940003", "Camp Management Consortium", 12),
        ("940004", "Water and Dignity", 10),
        ("940005", "National Red Crescent Society", 8),
    ];
    let (_, (id, name, _)) = draw.weighted(&partners, |(_, _, weight)| *weight);
    let mut objects = vec![
        json!({ "type": "Organization", "id": id, "name": name, "behavior": "single", "organizationTypes": ["NGO"] }),
        place(country.iso3()),
        json!({ "type": "UsageYear", "id": (year - 1979).to_string(), "name": year.to_string(), "behavior": "single" }),
    ];
    if draw.chance(4) {
        objects.push(place("KEN"));
    }
    let plan =
        PLANS.iter().find(|plan| plan.countries.contains(&country.iso3()) && plan.years.contains(&year));
    if let Some(plan) = plan.filter(|_| draw.chance(72)) {
        objects
            .push(json!({ "type": "Plan", "id": plan.reference, "name": plan.name, "behavior": "single" }));
    }
    objects
}

fn describe(draw: &mut Draw, country: Country, year: i32) -> String {
    let subjects = [
        "Emergency shelter and relief items",
        "Displacement tracking",
        "Health and psychosocial support",
        "Camp coordination and camp management",
        "Water, sanitation and hygiene",
        "Humanitarian border management",
        "Voluntary return and reintegration",
        "Protection of migrants in vulnerable situations",
        "Community stabilisation",
        "Disaster risk reduction",
    ];
    let subject = subjects[usize::try_from(draw.below(subjects.len() as u64)).unwrap_or(0)];
    format!("{subject}, {} {year}", country.iso3())
}
