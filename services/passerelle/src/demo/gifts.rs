//! Money that donors gave to the demo organisation as a whole, under no agreement: most of it without earmarking.

use super::hands::Known;
use crate::api::Api;
use anyhow::Result;
use chrono::{Datelike, NaiveDate};
use serde_json::json;

/// A gift: of whom, years from the present one, month and day, amount, earmarking, and over how many years it is spent.
type Gift = (&'static str, i32, (u32, u32), (&'static str, &'static str), &'static str, i32);

static GIFTS: [Gift; 9] = [
    ("Sweden", 0, (1, 22), ("60000000", "SEK"), "unearmarked", 2),
    ("Norway", 0, (2, 3), ("50000000", "NOK"), "unearmarked", 1),
    ("Ireland", 0, (1, 15), ("2500000", "EUR"), "unearmarked", 1),
    ("Luxembourg", 0, (1, 8), ("1000000", "EUR"), "unearmarked", 1),
    ("Haverford Family Foundation", 0, (1, 4), ("750000", "USD"), "softly_earmarked", 2),
    ("Norway", -1, (2, 5), ("45000000", "NOK"), "unearmarked", 1),
    ("Netherlands (Kingdom of the)", -1, (6, 30), ("6000000", "EUR"), "softly_earmarked", 1),
    ("Individual donors (online giving)", -1, (12, 31), ("412380.55", "USD"), "unearmarked", 1),
    ("Denmark", -2, (4, 11), ("20000000", "DKK"), "unearmarked", 1),
];

/// Records them at headquarters, but for those that are to come.
pub(super) async fn record(api: &Api, known: &Known, today: NaiveDate) -> Result<()> {
    for (number, (donor, years, (month, day), (amount, currency), earmarking, spent_over)) in
        GIFTS.iter().enumerate()
    {
        let year = today.year() + years;
        let Some(on) = NaiveDate::from_ymd_opt(year, *month, *day).filter(|on| *on <= today) else {
            continue;
        };
        let reference = format!("CORE-{number}");
        let held = api.get(&format!("/v1/contributions?external_ref=demo:{reference}")).await?;
        if held["items"].as_array().is_some_and(|items| !items.is_empty()) {
            continue;
        }
        // The report on the use of this year's money names who gave it.
        let visibility = if *years == 0 { "public" } else { "donor" };
        let body = json!({
            "donor_id": known.donor(donor)?, "status": "paid", "decision_date": on, "flow_date": on,
            "amount": { "amount": amount, "currency": currency }, "earmarking": earmarking,
            "usage_years": (year..year + spent_over).collect::<Vec<i32>>(), "split_evenly": *spent_over > 1,
            "description": format!("Core contribution {year}"), "visibility": visibility,
            "external_ref": { "source": "demo", "ref": reference },
        });
        api.create("/v1/contributions", &format!("demo-gift-{number}"), &body).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::registry::DONORS;

    #[test]
    fn every_gift_is_of_a_donor_in_its_currency_on_a_day_that_each_year_has() {
        for (donor, years, (month, day), (amount, currency), _, spent_over) in &GIFTS {
            let known = DONORS.iter().find(|known| known.name == *donor).unwrap();
            assert_eq!(known.currency, *currency, "{donor}");
            for year in 2024..2032 {
                assert!(NaiveDate::from_ymd_opt(year + years, *month, *day).is_some(), "{donor}");
            }
            assert!(amount.parse::<f64>().unwrap() > 0.0 && *spent_over > 0);
        }
    }
}
