use super::*;
use crate::exchange_rate::ExchangeRate;
use kernel::Param;
use proptest::prelude::*;

/// A transaction of type `kind` from Examplia on a day of March 2024.
fn stated(kind: &str, reference: &str, day: u32, value: &str, currency: &str) -> Stated {
    let statement = match kind {
        "1" => Statement::Paid,
        "11" => Statement::Committed,
        _ => Statement::Pledged,
    };
    let date = format!("2024-03-{day:02}");
    let mut record = Record::default();
    for (field, text) in [
        ("donor", "Examplia"),
        ("status", statement.status()),
        ("amount", value),
        ("currency", currency),
        ("flow_date", &date),
    ] {
        record.set(field, text);
    }
    let (kind, reference, giver) = (kind.to_owned(), reference.to_owned(), "XX-1".to_owned());
    Stated { pointer: String::new(), kind, statement, reference, giver, date, record }
}

fn payment(reference: &str, day: u32, value: &str) -> Stated {
    stated("1", reference, day, value, "USD")
}

fn settled(stated: Vec<Stated>) -> Settled {
    settle("A-1", stated, &Rates::default())
}

/// Reference and amount of what counts.
fn counted(settled: &Settled) -> Vec<(&str, &str)> {
    let rows = settled.rows.iter().filter(|row| !row.only_if_held);
    rows.map(|row| (row.record.text("external_ref").unwrap(), row.record.text("amount").unwrap())).collect()
}

#[test]
fn corrections_are_set_off_against_what_they_correct() {
    /// Reference, day and value of each transaction; reference and amount of what is left; what is more than that.
    type Mix<'a> = (&'a [(&'a str, u32, &'a str)], &'a [(&'a str, &'a str)], Option<&'a str>);
    let mixes: [Mix<'_>; 9] = [
        (&[("A", 1, "1000"), ("B", 1, "-250")], &[("A-1#1#A", "750.00")], None),
        (&[("B", 1, "-250"), ("A", 1, "1000")], &[("A-1#1#A", "750.00")], None),
        (&[("A", 1, "1000"), ("B", 1, "-1000")], &[], None),
        // The latest before it, then those before that.
        (&[("A", 1, "100"), ("B", 2, "200"), ("C", 3, "-250")], &[("A-1#1#A", "50.00")], None),
        // Nothing before it: the earliest after it.
        (
            &[("A", 1, "-30"), ("B", 2, "20"), ("C", 3, "20"), ("D", 4, "20")],
            &[("A-1#1#C", "10.00"), ("A-1#1#D", "20")],
            None,
        ),
        // That of its own reference before the latest.
        (
            &[("A", 1, "100"), ("B", 2, "100"), ("A", 3, "-60")],
            &[("A-1#1#A", "40.00"), ("A-1#1#B", "100")],
            None,
        ),
        (&[("A", 1, "-500")], &[], Some("500.00 USD")),
        (&[("A", 1, "100"), ("B", 2, "-250"), ("C", 3, "-250")], &[], Some("400.00 USD")),
        (
            &[("", 1, "100"), ("", 2, "-0.01"), ("", 3, "7")],
            &[("A-1#1#n1", "99.99"), ("A-1#1#n3", "7")],
            None,
        ),
    ];
    for (transactions, expected, excess) in mixes {
        let all = transactions.iter().map(|(reference, day, value)| payment(reference, *day, value));
        let settled = settled(all.collect());
        assert_eq!(counted(&settled), expected, "{transactions:?}");
        assert_eq!(settled.remarks.len(), usize::from(excess.is_some()), "{:?}", settled.remarks);
        assert!(excess.is_none_or(|sum| settled.remarks[0].contains(sum)), "{:?}", settled.remarks);
    }
}

#[test]
fn an_amount_that_was_corrected_says_by_how_much() {
    let settled = settled(vec![payment("A", 1, "1000"), payment("B", 1, "300"), payment("B", 2, "-300")]);
    let codes: Vec<Vec<FieldCode>> =
        settled.rows.iter().map(|row| row.warnings.iter().map(|warning| warning.code).collect()).collect();
    assert_eq!(codes, [vec![], vec![FieldCode::CountsNoLonger]]);
    let gone = &settled.rows[1];
    assert!(gone.only_if_held);
    assert_eq!(settled.returned, 1);
    assert_eq!((gone.record.text("amount"), gone.record.text("amount_usd")), (Some("0"), Some("0")));
    let reduced = super::settle("A-1", vec![payment("A", 1, "10"), payment("B", 1, "-3")], &Rates::default());
    let warning = &reduced.rows[0].warnings[0];
    assert_eq!((warning.code, &warning.params["amount"]), (FieldCode::Corrected, &Param::from("3.00")));
}

#[test]
fn a_correction_touches_no_other_type_giver_or_currency() {
    let mut other = payment("C", 2, "-10");
    other.giver = "XX-2".to_owned();
    let all = vec![
        payment("A", 1, "100"),
        stated("1", "B", 2, "-10", "CHF"),
        other,
        stated("11", "D", 2, "-10", "USD"),
    ];
    let settled = settled(all);
    assert_eq!(counted(&settled), [("A-1#1#A", "100")]);
    assert_eq!(
        settled.remarks.len(),
        2,
        "what is left of the francs and of the other giver: {:?}",
        settled.remarks
    );
}

#[test]
fn transactions_that_share_a_reference_stay_apart() {
    let names = |stated: &[Stated]| {
        let settled = settled(stated.to_vec());
        let names: BTreeMap<String, String> = counted(&settled)
            .into_iter()
            .map(|(name, amount)| (name.to_owned(), amount.to_owned()))
            .collect();
        assert_eq!(names.len(), stated.len(), "each has a name of its own");
        names
    };
    let mut all = vec![payment("G", 1, "1000"), payment("G", 1, "1000"), payment("G", 20, "500")];
    let before = names(&all);
    let expected = [("A-1#1#G", "1000"), ("A-1#1#G#2", "1000"), ("A-1#1#G#3", "500")];
    assert!(before.iter().map(|(name, amount)| (name.as_str(), amount.as_str())).eq(expected), "{before:?}");
    all.reverse();
    assert_eq!(names(&all), before, "the order of the file means nothing");
    all.insert(0, payment("G", 25, "7"));
    let after = names(&all);
    assert_eq!(after.len(), 4);
    assert!(before.iter().all(|(name, amount)| after.get(name) == Some(amount)), "{after:?}");
    // What others are called already is nobody else's name.
    let clash = [
        payment("G", 1, "1"),
        payment("G", 2, "2"),
        payment("G#2", 1, "3"),
        payment("n5", 1, "4"),
        payment("", 1, "5"),
    ];
    names(&clash);
}

#[test]
fn a_repeated_reference_keeps_its_first_name_when_a_second_one_comes() {
    let one = settled(vec![payment("G", 1, "10")]);
    let two = settled(vec![payment("G", 1, "10"), payment("G", 2, "10")]);
    assert_eq!(counted(&one)[0], counted(&two)[0]);
}

#[test]
fn long_references_are_cut_and_stay_apart() {
    let of = |own: &str| whole(&"X".repeat(200), "1", own);
    assert_eq!(of("a").chars().count(), 100);
    assert_ne!(of("a"), of("b"));
    assert_eq!(of("a"), of("a"));
}

#[test]
fn what_has_no_identifier_has_no_name() {
    let settled = settle("", vec![payment("A", 1, "10")], &Rates::default());
    assert_eq!(settled.rows[0].record.text("external_ref"), None);
}

fn rates() -> Rates {
    let date = "2024-03-31".parse().unwrap();
    let rate = ExchangeRate { rate: "0.5".to_owned(), date, source: "UN".to_owned() };
    Rates::of([("CHF".to_owned(), "2024-03".to_owned(), rate)])
}

#[test]
fn the_larger_of_commitments_and_payments_counts() {
    let commitment = |value: &str, currency: &str| stated("11", "C", 1, value, currency);
    let paid = |value: &str, currency: &str| stated("1", "P", 2, value, currency);
    let count = |all: Vec<Stated>| {
        let settled = settle("A-1", all, &rates());
        assert_eq!(settled.rows.iter().filter(|row| row.only_if_held).count(), 1);
        (counted(&settled)[0].0.to_owned(), settled)
    };
    for (paid_value, expected) in [("99", "A-1#11#C"), ("100", "A-1#11#C"), ("100.01", "A-1#1#P")] {
        let (name, _) = count(vec![commitment("100", "USD"), paid(paid_value, "USD")]);
        assert_eq!(name, expected, "{paid_value}");
    }
    let (_, settled) = count(vec![commitment("100", "USD"), paid("1000000", "USD")]);
    assert!(
        settled.remarks[0].contains("1000000.00 USD exceed the commitments of 100.00 USD"),
        "{settled:?}"
    );
    assert_eq!((settled.repeated, settled.remarks.len()), (1, 1));
    let warning = &settled.rows[1].warnings[0];
    assert_eq!((warning.code, &warning.params["committed"]), (FieldCode::PaidMore, &Param::from("100.00")));
    // 60 francs are 120 dollars.
    let (name, settled) = count(vec![commitment("100", "USD"), paid("60", "CHF")]);
    assert_eq!(name, "A-1#1#P");
    assert!(settled.remarks[0].contains("120.00 USD"), "{settled:?}");
    let (name, settled) = count(vec![commitment("100", "USD"), paid("1000", "EUR")]);
    assert_eq!((name.as_str(), settled.not_compared), ("A-1#11#C", 1), "there is no rate");
}

#[test]
fn a_commitment_that_was_taken_back_leaves_the_payments() {
    let all = vec![
        stated("11", "C", 1, "1000", "USD"),
        stated("11", "D", 2, "-900", "USD"),
        stated("1", "P", 3, "400", "USD"),
        stated("13", "L", 1, "5000", "USD"),
    ];
    assert_eq!(counted(&settled(all)), [("A-1#1#P", "400")]);
}

proptest! {
    #[test]
    fn the_net_of_a_file_is_that_of_its_contributions(
        parts in prop::collection::vec((0..4_usize, 0..2_usize, 0..2_usize, 1..5_u32, -100_000..100_000_i64), 0..40),
    ) {
        let (references, givers, currencies) = (["", "R", "S", "T"], ["XX-1", "XX-2"], ["USD", "CHF"]);
        let mut nets: BTreeMap<(&str, &str), i64> = BTreeMap::new();
        let mut all = Vec::new();
        for (reference, giver, currency, day, minor) in parts {
            let value = Money::usd(minor).to_string();
            let mut part = stated("1", references[reference], day, &value, currencies[currency]);
            part.giver = givers[giver].to_owned();
            part.pointer = part.giver.clone();
            all.push(part);
            *nets.entry((givers[giver], currencies[currency])).or_default() += minor;
        }
        let settled = settled(all);
        for ((giver, currency), net) in &nets {
            let rows = settled.rows.iter().filter(|row| !row.only_if_held && row.pointer == *giver);
            let rows = rows.filter(|row| row.record.text("currency") == Some(*currency));
            let money = |row: &Row| Money::parse(row.record.text("amount").unwrap(), Currency::USD).unwrap().minor();
            let amounts: Vec<i64> = rows.map(money).collect();
            prop_assert!(amounts.iter().all(|amount| *amount >= 0));
            prop_assert_eq!(amounts.iter().sum::<i64>(), (*net).max(0), "{} {}", giver, currency);
        }
        prop_assert_eq!(settled.remarks.len(), nets.values().filter(|net| **net < 0).count());
    }
}
