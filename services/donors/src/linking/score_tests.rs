use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn donor(number: u128) -> DonorId {
    DonorId::from_u128(number)
}

/// Something is known of it, and nothing that the tests ask of another one.
fn nothing() -> Known {
    Known::default()
}

fn named(text: &str) -> Known {
    Known { references: BTreeSet::from([reference(text)]), ..nothing() }
}

fn given_by(number: u128, parent: Option<u128>) -> Known {
    let parents = parent.map(donor).into_iter().collect();
    Known { donors: BTreeSet::from([donor(number)]), parents, ..nothing() }
}

fn of(amount: i64, currency: &str, cents: i64) -> Known {
    let original = (amount, currency.to_owned());
    Known { original: Some(original.clone()), amounts: BTreeSet::from([original]), cents, ..nothing() }
}

fn dollars(cents: i64) -> Known {
    Known { cents, ..nothing() }
}

fn to(plan: &str, country: &str) -> Known {
    let one = |text: &str| (!text.is_empty()).then(|| text.to_owned()).into_iter().collect();
    Known { plans: one(plan), countries: one(country), ..nothing() }
}

fn on(dates: &[&str]) -> Known {
    Known { dates: dates.iter().map(|date| day(date)).collect(), ..nothing() }
}

/// Reasons and points as a text: `same_donor 3, close_dates 2`.
fn told(own: &Known, reported: &Known) -> String {
    let points = score(own, reported);
    let reasons: Vec<String> =
        points.reasons.iter().map(|one| format!("{} {}", one.reason, one.points)).collect();
    reasons.join(", ")
}

#[test]
fn each_line_of_the_table_counts_what_it_says_up_to_its_edges() {
    let cases: &[(Known, Known, &str)] = &[
        (nothing(), nothing(), ""),
        // 6: the same reference, whatever its case.
        (named("NMFA-2026-17"), named("nmfa-2026-17"), "shared_reference 6"),
        (named("NMFA-2026-17"), named("NMFA-2026-18"), ""),
        // 3: the same donor, or its parent, whichever of the two it is.
        (given_by(1, None), given_by(1, None), "same_donor 3"),
        (given_by(1, Some(2)), given_by(2, None), "parent_donor 3"),
        (given_by(2, None), given_by(1, Some(2)), "parent_donor 3"),
        (given_by(1, Some(2)), given_by(1, Some(2)), "same_donor 3"),
        (given_by(1, Some(2)), given_by(3, Some(2)), ""),
        (given_by(1, None), nothing(), ""),
        // 4: the same amount in the same currency; else 2: dollars within 2 % of what is reported.
        (of(75_000_000, "CHF", 75_150_300), of(75_000_000, "CHF", 90_000_000), "same_amount 4"),
        (of(75_000_000, "CHF", 75_150_300), of(75_000_000, "EUR", 90_000_000), ""),
        (of(75_000_000, "CHF", 75_150_300), of(75_000_001, "CHF", 75_150_300), "close_amount 2"),
        (of(10_000, "USD", 10_000), dollars(10_000), "close_amount 2"),
        (dollars(10_200), dollars(10_000), "close_amount 2"),
        (dollars(10_201), dollars(10_000), ""),
        (dollars(9_800), dollars(10_000), "close_amount 2"),
        (dollars(9_799), dollars(10_000), ""),
        (dollars(0), dollars(0), ""),
        (dollars(i64::MAX), dollars(i64::MAX), "close_amount 2"),
        // 2: the same plan; else 1: the same country.
        (to("1263", "TCD"), to("1263", "TCD"), "same_plan 2"),
        (to("1263", "TCD"), to("1264", "TCD"), "same_country 1"),
        (to("", "TCD"), to("1263", "TCD"), "same_country 1"),
        (to("1263", "TCD"), to("1264", "SDN"), ""),
        // 2: dates at most 31 days apart, whichever comes first; else 1: the same year.
        (on(&["2026-03-01"]), on(&["2026-03-01"]), "close_dates 2"),
        (on(&["2026-03-01"]), on(&["2026-04-01"]), "close_dates 2"),
        (on(&["2026-04-01"]), on(&["2026-03-01"]), "close_dates 2"),
        (on(&["2026-03-01"]), on(&["2026-04-02"]), "same_year 1"),
        (on(&["2025-12-15"]), on(&["2026-01-15"]), "close_dates 2"),
        (on(&["2025-12-15"]), on(&["2026-01-16"]), ""),
        (on(&["2026-01-01"]), on(&["2026-12-31"]), "same_year 1"),
        (on(&["2025-01-01", "2026-05-05"]), on(&["2024-03-03", "2026-05-20"]), "close_dates 2"),
        (on(&["2026-03-01"]), on(&[]), ""),
    ];
    for (own, reported, expected) in cases {
        assert_eq!(told(own, reported), *expected, "{own:?} {reported:?}");
    }
}

#[test]
fn a_number_alone_is_a_shared_reference_only_where_the_donor_or_the_amount_agrees() {
    let both = |number: &str, of_donor: bool, of_amount: bool| {
        let known = |donor_id: u128, amount: i64| Known {
            donors: BTreeSet::from([donor(donor_id)]),
            original: Some((amount, "NOK".to_owned())),
            ..named(number)
        };
        let reported = known(if of_donor { 1 } else { 2 }, if of_amount { 500 } else { 501 });
        score(&known(1, 500), &reported).links_by_itself()
    };
    for (text, of_donor, of_amount, links) in [
        ("NMFA-17", false, false, true),
        ("20-UF-IOM-027", false, false, true),
        ("FTS-168515", false, false, true),
        ("168515", false, false, false),
        ("168515", true, false, true),
        ("168515", false, true, true),
        ("A1", false, false, false),
        ("A1", true, false, true),
        ("GRANT", false, false, false),
        ("GRANT", true, false, true),
    ] {
        assert_eq!(both(text, of_donor, of_amount), links, "{text} {of_donor} {of_amount}");
    }
}

#[test]
fn lines_add_up_and_seven_points_are_proposed() {
    let all = |donor_id: u128| Known {
        references: BTreeSet::from(["NMFA-2026-17".to_owned()]),
        donors: BTreeSet::from([donor(donor_id)]),
        original: Some((500, "NOK".to_owned())),
        cents: 50,
        plans: BTreeSet::from(["1263".to_owned()]),
        countries: BTreeSet::from(["TCD".to_owned()]),
        dates: BTreeSet::from([day("2026-03-01")]),
        ..nothing()
    };
    let points = score(&all(1), &all(1));
    assert_eq!((points.total(), points.links_by_itself()), (17, true));
    let without_reference = |known: Known| Known { references: BTreeSet::new(), ..known };
    let points = score(&without_reference(all(1)), &without_reference(all(1)));
    assert_eq!((points.total(), points.links_by_itself()), (11, false));
    // Of one donor, for one plan, within a month: enough. In one year only: weak.
    let (one, month) = (given_by(1, None), ["2026-03-01", "2026-03-20"]);
    let made = |date: &str| Known {
        plans: to("1263", "").plans,
        ..Known { dates: on(&[date]).dates, ..one.clone() }
    };
    assert_eq!(score(&made(month[0]), &made(month[1])).total(), PROPOSED_FROM);
    assert_eq!(score(&made("2026-03-01"), &made("2026-10-01")).total(), PROPOSED_FROM - 1);
}

#[test]
fn what_is_compared_is_the_same_whichever_of_the_two_is_looked_at() {
    let in_year = |known: Known, year: i32| Known { years: BTreeSet::from([year]), ..known };
    let donor_in = |year: i32| in_year(given_by(1, Some(2)), year);
    for (own, reported, compared) in [
        (donor_in(2026), donor_in(2026), true),
        (donor_in(2026), donor_in(2027), true),
        (donor_in(2026), donor_in(2025), true),
        (donor_in(2026), donor_in(2028), false),
        (donor_in(2026), in_year(given_by(2, None), 2026), true),
        (donor_in(2026), in_year(given_by(3, Some(2)), 2026), false),
        (named("a"), named("a"), true),
        (of(5, "NOK", 5), of(5, "NOK", 900), true),
        (of(5, "NOK", 5), of(5, "SEK", 5), false),
        (nothing(), nothing(), false),
    ] {
        assert_eq!(own.is_comparable(&reported), compared, "{own:?} {reported:?}");
        assert_eq!(reported.is_comparable(&own), compared, "{reported:?} {own:?}");
    }
}
