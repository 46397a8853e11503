//! The demo's flows, in the shape of the FTS API: drawn by a small generator with a fixed seed, so that each plan is funded
//! by the part of its requirement that it says, by donors that give to its country. Some go to other organisations.

use super::{
    plans::{PLANS, Plan},
    records::Country,
    registry::{DONORS, Donor},
};
use chrono::{Datelike, Days, NaiveDate};
use kernel::country::by_iso3;
use serde_json::{Value, json};

/// Thousandths of a unit of each currency per US dollar, and how far that sways over a year.
pub(super) const RATES: [(&str, u32, u32); 11] = [
    ("NOK", 10_600, 350),
    ("SEK", 10_400, 310),
    ("EUR", 926, 22),
    ("GBP", 785, 18),
    ("JPY", 151_000, 6_000),
    ("CAD", 1_370, 30),
    ("CHF", 884, 20),
    ("DKK", 6_910, 160),
    ("AUD", 1_520, 45),
    ("KRW", 1_378_000, 40_000),
    ("AED", 3_670, 0),
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

/// Money for one place and year, under one plan or outside of all.
struct Share {
    country: Country,
    place: &'static str,
    year: i32,
    plan: Option<&'static Plan>,
    flows: u64,
    /// What counts of it, in US dollars: all but pledges.
    usd: u64,
}

/// What a country's office is told of: its plans, and for each year what goes to none of them.
fn shares(country: Country, this_year: i32) -> Vec<Share> {
    let mut shares = Vec::new();
    for plan in PLANS.iter().filter(|plan| plan.country == country) {
        let years = plan.years(this_year);
        let parts = years.len() as u64 * plan.places.len() as u64;
        let (flows, usd) = (plan.flows / parts, plan.requirement() * plan.coverage / 100 / parts);
        for year in years {
            let part = |&place: &&'static str| Share { country, place, year, plan: Some(plan), flows, usd };
            shares.extend(plan.places.iter().map(part));
        }
    }
    let (flows, usd) = country.outside_plans();
    let outside = |year| Share { country, place: country.iso3(), year, plan: None, flows, usd };
    shares.extend((this_year - 2..=this_year).map(outside));
    shares
}

/// The flows of a country's office, the same on every day but for the dates, none of which is to come.
pub(super) fn of(country: Country, today: NaiveDate) -> Vec<Value> {
    let number = Country::ALL.iter().position(|other| *other == country).unwrap_or(0) as u64;
    let mut draw = Draw((number + 3) * 7919);
    let mut id = 930_000 + number * 1000;
    let mut flows = Vec::new();
    for share in shares(country, today.year()) {
        for drafted in drafted(&mut draw, &share) {
            id += 1;
            flows.push(flow(&mut draw, &share, &drafted, id, today));
        }
    }
    flows
}

/// The same a while ago: without this year's flows, and with some as commitments that were paid since.
pub(super) fn earlier(flows: &[Value], this_year: i32) -> Vec<Value> {
    let this_year = this_year.to_string();
    let mut before: Vec<Value> =
        flows.iter().filter(|flow| flow["budgetYear"] != this_year.as_str()).cloned().collect();
    for flow in before.iter_mut().filter(|flow| flow["versionId"] == 2) {
        (flow["versionId"], flow["status"]) = (1.into(), "commitment".into());
    }
    before
}

/// A flow before its amount is known.
struct Drafted {
    donor: &'static Donor,
    index: usize,
    status: &'static str,
    usd: u64,
}

fn drafted(draw: &mut Draw, share: &Share) -> Vec<Drafted> {
    // A fund of one country gives there and nowhere else.
    let is_abroad = share.place != share.country.iso3();
    let gives = |donor: &Donor| donor.gives_to(share.country) && !(is_abroad && donor.is_of_few());
    let weight = |donor: &Donor| if gives(donor) { donor.weight } else { 0 };
    let mut flows: Vec<Drafted> = (0..share.flows)
        .map(|number| {
            let (index, donor) = draw.weighted(&DONORS, weight);
            let status =
                draw.weighted(&[("paid", 62), ("commitment", 28), ("pledge", 10)], |(_, weight)| *weight).1.0;
            // Larger donors give larger sums. The first flow counts, so that there is something to divide by.
            let size = (150 + draw.below(850)) * (4 + donor.weight);
            Drafted { donor, index, status: if number == 0 { "paid" } else { status }, usd: size }
        })
        .collect();
    let counted: u64 = flows.iter().filter(|flow| flow.status != "pledge").map(|flow| flow.usd).sum();
    for flow in &mut flows {
        let part = u128::from(flow.usd) * u128::from(share.usd) / u128::from(counted);
        flow.usd = u64::try_from(part).unwrap_or(share.usd);
    }
    flows
}

/// An amount as people agree on one: two leading digits and a half.
fn agreed(amount: u64) -> u64 {
    let step = (10_u64.pow(amount.max(1).ilog10().saturating_sub(1)) / 2).max(1);
    ((amount + step / 2) / step).max(1) * step
}

fn flow(draw: &mut Draw, share: &Share, drafted: &Drafted, id: u64, today: NaiveDate) -> Value {
    let Drafted { donor, index, status, usd } = *drafted;
    let day = day_in(draw, share.year, today);
    let reported = day.checked_add_days(Days::new(draw.below(30))).unwrap_or(day).min(today);
    let rate = RATES.iter().find(|(code, ..)| *code == donor.currency).map(|(_, rate, _)| u64::from(*rate));
    let original = rate.map(|rate| agreed(usd * rate / 1000));
    // Grants in dollars are often odd sums.
    let in_dollars = if draw.chance(50) { agreed(usd) } else { usd };
    let usd = original.zip(rate).map_or(in_dollars, |(amount, rate)| amount * 1000 / rate);
    // Sudan's file is imported twice: some of its payments were commitments in the first one.
    let is_second = share.country == Country::Sudan && status == "paid" && id.is_multiple_of(16);
    let mut flow = json!({
        "id": id.to_string(), "versionId": if is_second { 2 } else { 1 }, "amountUSD": usd, "status": status,
        "newMoney": !draw.chance(3),
        "contributionType": if draw.chance(4) { "in kind" } else { "financial" }, "flowType": "Standard",
        "method": if draw.chance(15) { "Cash transfer programming (CTP)" } else { "Traditional aid" },
        "decisionDate": day, "date": day, "firstReportedDate": reported, "budgetYear": share.year.to_string(),
        "description": describe(draw, share), "keywords": null, "parentFlowId": null, "childFlowIds": null,
        "grandBargainEarmarkingType": earmarking(draw), "exchangeRate": null, "refCode": format!("DEMO-{id}"),
        "sourceObjects": [organisation(index, donor)],
        "destinationObjects": destination(draw, share, donor, today.year()), "reportDetails": [],
    });
    if let Some((amount, (_, rate, _))) =
        original.zip(RATES.iter().find(|(code, ..)| *code == donor.currency))
    {
        flow["originalAmount"] = amount.into();
        flow["originalCurrency"] = donor.currency.into();
        flow["exchangeRate"] = (f64::from(*rate) / 1000.0).into();
    }
    flow
}

/// A day of a year that is not to come.
fn day_in(draw: &mut Draw, year: i32, today: NaiveDate) -> NaiveDate {
    let days = if year == today.year() { today.ordinal() } else { 365 };
    let ordinal = 1 + draw.below(days.into());
    let day = u32::try_from(ordinal).ok().and_then(|ordinal| NaiveDate::from_yo_opt(year, ordinal));
    day.unwrap_or(today)
}

fn organisation(index: usize, donor: &Donor) -> Value {
    let kind = match donor.kind {
        "government" => "Government",
        "intergovernmental" => "Inter-governmental",
        "private_sector" => "Private organization/foundation",
        _ => "NGO",
    };
    json!({ "type": "Organization", "id": Donor::reference(index + 1), "name": donor.name, "behavior": "single",
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

fn destination(draw: &mut Draw, share: &Share, donor: &Donor, this_year: i32) -> Vec<Value> {
    let recipients = [
        ("940001", super::ORGANISATION.0, "Inter-governmental", 46),
        ("940002", "Hope Without Borders", "NGO", 10),
        ("940003", "Camp Management Consortium", "NGO", 12),
        ("940004", "Water and Dignity", "NGO", 11),
        ("940005", "National Society for Relief", "NGO", 9),
        ("940006", "Rights on the Road", "NGO", 7),
        ("940007", "Fondation Santé Mobile", "NGO", 5),
    ];
    let (_, (id, name, kind, _)) = draw.weighted(&recipients, |(_, _, _, weight)| *weight);
    let year = share.year;
    let mut objects = vec![
        json!({ "type": "Organization", "id": id, "name": name, "behavior": "single", "organizationTypes": [kind] }),
        place(share.place),
        json!({ "type": "UsageYear", "id": (year - 1979).to_string(), "name": year.to_string(), "behavior": "single" }),
    ];
    // Some of it is shared with a neighbour.
    if draw.chance(3) && !donor.is_of_few() {
        objects.push(place(share.country.neighbour()));
    }
    if let Some(plan) = share.plan {
        let name = plan.name(this_year);
        objects.push(json!({ "type": "Plan", "id": plan.reference, "name": name, "behavior": "single" }));
    }
    objects
}

fn describe(draw: &mut Draw, share: &Share) -> String {
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
    let subject = draw.weighted(&subjects, |_| 1).1;
    let place = by_iso3(share.place).map_or(share.place, |country| country.name_en.as_str());
    format!("{subject}, {place} {}", share.year)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 3, 9).unwrap()
    }

    fn all() -> Vec<(Country, Value)> {
        let of_country = |country: Country| of(country, today()).into_iter().map(move |flow| (country, flow));
        Country::ALL.into_iter().flat_map(of_country).collect()
    }

    fn named<'a>(flow: &'a Value, side: &str, kind: &str) -> Vec<&'a str> {
        let objects = flow[side].as_array().unwrap().iter().filter(|object| object["type"] == kind);
        objects.map(|object| object["name"].as_str().unwrap()).collect()
    }

    #[test]
    fn flows_are_many_and_the_same_every_time() {
        let flows = all();
        assert_eq!(flows.len(), 597);
        let ids: HashSet<&str> = flows.iter().map(|(_, flow)| flow["id"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), 597);
        assert_eq!(flows, all());
    }

    #[test]
    fn no_flow_is_to_come_and_every_donor_gives_where_it_gives() {
        for (country, flow) in all() {
            assert!(flow["date"].as_str().unwrap() <= "2026-03-09", "{flow}");
            let donor = named(&flow, "sourceObjects", "Organization")[0];
            let donor = DONORS.iter().find(|known| known.name == donor).unwrap();
            assert!(donor.gives_to(country), "{} gives to {country:?}", donor.name);
            let places = named(&flow, "destinationObjects", "Location");
            let own = by_iso3(country.iso3()).unwrap().name_en.as_str();
            assert!(!donor.is_of_few() || places == [own], "{} gives to {places:?}", donor.name);
            assert!(flow["amountUSD"].as_u64().unwrap() > 0, "{flow}");
        }
    }

    #[test]
    fn every_plan_is_funded_by_the_part_that_it_says() {
        let flows = all();
        for plan in &PLANS {
            let name = plan.name(2026);
            let counted = flows.iter().map(|(_, flow)| flow).filter(|flow| flow["status"] != "pledge");
            let of_plan =
                counted.filter(|flow| named(flow, "destinationObjects", "Plan").contains(&name.as_str()));
            let funded: u64 = of_plan.map(|flow| flow["amountUSD"].as_u64().unwrap()).sum();
            let percent = funded * 100 / plan.requirement();
            assert!(percent.abs_diff(plan.coverage) <= 3, "{name}: {percent} %");
            assert!((15..=80).contains(&percent), "{name}: {percent} %");
        }
    }

    #[test]
    fn what_is_agreed_has_two_digits_and_a_half() {
        assert_eq!([7, 94, 1_234, 25_340_000, 3_262_499].map(agreed), [7, 94, 1_250, 25_500_000, 3_250_000]);
    }

    #[test]
    fn the_file_of_a_while_ago_has_less_and_some_of_it_was_not_paid_yet() {
        let now = of(Country::Sudan, today());
        let before = earlier(&now, 2026);
        assert!(before.len() < now.len());
        let later = |flow: &Value| now.iter().find(|later| later["id"] == flow["id"]).unwrap().clone();
        let paid: Vec<&Value> = before.iter().filter(|flow| later(flow) != **flow).collect();
        assert!(!paid.is_empty());
        for flow in paid {
            assert_eq!((&flow["status"], &later(flow)["status"]), (&json!("commitment"), &json!("paid")));
        }
    }
}
