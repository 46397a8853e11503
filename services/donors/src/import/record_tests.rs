use super::*;
use crate::exchange_rate::Rates;

fn row(fields: &[(&'static str, &str)]) -> Record {
    let mut record = Record::default();
    let whole = [
        ("external_ref", "G-1"),
        ("donor", "Examplia"),
        ("status", "paid"),
        ("amount", "100"),
        ("currency", "USD"),
    ];
    for (field, text) in whole.iter().chain(fields) {
        record.0.remove(*field);
        record.set(field, text);
    }
    record
}

fn wrong(fields: &[(&'static str, &str)]) -> Vec<String> {
    let (_, errors) = row(fields).read(Vec::new()).unwrap_err();
    errors.into_iter().map(|error| error.pointer).collect()
}

#[test]
fn a_row_is_read_with_everything_it_says() {
    let flow = row(&[
        ("status", "Commitment"),
        ("amount", "1000.50"),
        ("currency", "EUR"),
        ("exchange_rate", "0.884"),
        ("exchange_rate_date", "2026-01-31"),
        ("exchange_rate_source", "UN"),
        ("flow_date", "2026-02-03T00:00:00Z"),
        ("usage_years", "2027; 2026;2026"),
        ("countries", "pak, AFG"),
        ("earmarking", "Softly earmarked"),
        ("contribution_type", "in-kind"),
        ("plan", "1263; Chad 2026 ;"),
        ("keywords", "shelter; cash for work"),
        ("visibility", "donor"),
        ("new_money", "no"),
    ])
    .read(Vec::new())
    .unwrap();
    assert_eq!((flow.id.as_str(), flow.status.as_str(), flow.amount_usd), ("G-1", "commitment", 113_179));
    assert_eq!(flow.original.unwrap().to_string(), "1000.50");
    assert_eq!(
        (flow.exchange_rate.as_deref(), flow.exchange_rate_source.as_deref()),
        (Some("0.884"), Some("UN"))
    );
    assert_eq!(flow.flow_date.unwrap().to_string(), "2026-02-03");
    assert_eq!((flow.usage_years.as_str(), flow.countries.as_str()), (",2026,2027,", ",AFG,PAK,"));
    assert_eq!(
        (flow.earmarking, flow.contribution_type),
        (Some(kernel::Earmarking::SoftlyEarmarked), kernel::ContributionType::InKind)
    );
    assert_eq!(
        (flow.keywords.len(), flow.visibility, flow.new_money),
        (2, Some(kernel::Visibility::Donor), false)
    );
    assert_eq!(flow.destination_objects.len(), 4, "two places and two years");
    assert_eq!(flow.plans, ["1263", "Chad 2026"]);
    assert_eq!(wrong(&[("plan", "1;".repeat(21).as_str())]), ["/plan"]);
    assert_eq!(wrong(&[("plan", "x".repeat(301).as_str())]), ["/plan"]);
    assert!(flow.warnings.is_empty());
}

#[test]
fn what_is_wrong_is_named_by_its_field() {
    let cases: [(&[(&'static str, &str)], &str); 21] = [
        (&[("external_ref", "")], "/external_ref"),
        (&[("external_ref", "x\u{7}y")], "/external_ref"),
        (&[("donor", "")], "/donor"),
        (&[("donor", "???")], "/donor"),
        (&[("donor_id", "7")], "/donor_id"),
        (&[("donor_type", "king")], "/donor_type"),
        (&[("status", "given")], "/status"),
        (&[("amount", "")], "/amount"),
        (&[("amount", "-5")], "/amount"),
        (&[("amount", "1,000.50")], "/amount"),
        (&[("amount", "1e6")], "/amount"),
        (&[("amount", "1.005")], "/amount"),
        (&[("currency", "ZZZ")], "/currency"),
        (&[("currency", "CHF")], "/amount_usd"),
        (&[("exchange_rate", "0.9")], "/exchange_rate"),
        (&[("amount_usd", "99")], "/amount_usd"),
        (&[("flow_date", "03/02/2026")], "/flow_date"),
        (&[("budget_year", "20x6")], "/budget_year"),
        (&[("countries", "AFG;XXX")], "/countries"),
        (&[("visibility", "secret")], "/visibility"),
        (&[("new_money", "perhaps")], "/new_money"),
    ];
    for (fields, pointer) in cases {
        assert!(wrong(fields).contains(&pointer.to_owned()), "{fields:?}: {:?}", wrong(fields));
    }
    let comma = row(&[("amount", "12,5")]).read(Vec::new()).unwrap_err().1;
    assert!(comma[0].detail.contains("decimal point"), "{comma:?}");
    assert_eq!(comma[0].code, FieldCode::DecimalComma);
    let rate = wrong(&[("currency", "CHF"), ("exchange_rate", "0.9")]);
    assert_eq!(rate, ["/exchange_rate_date", "/exchange_rate_source"]);
}

#[test]
fn dollars_that_the_rate_does_not_give_are_kept_with_a_remark() {
    let stated = |dollars: &str| {
        let fields = [
            ("currency", "CHF"),
            ("amount_usd", dollars),
            ("exchange_rate", "0.5"),
            ("exchange_rate_date", "2026-01-31"),
            ("exchange_rate_source", "UN"),
        ];
        let flow = row(&fields).read(Vec::new()).unwrap();
        (flow.amount_usd, flow.warnings.len())
    };
    assert_eq!(stated("200"), (20_000, 0));
    assert_eq!(stated("201.50"), (20_150, 0));
    assert_eq!(stated("250"), (25_000, 1));
}

#[test]
fn what_was_staged_is_read_again_as_it_was() {
    let record = row(&[("description", "a \"quoted\" text\nin two lines")]);
    let again = Record::from_text(&record.to_text()).unwrap();
    assert_eq!(again, record);
    let (one, two) = (record.read(Vec::new()).unwrap(), again.read(Vec::new()).unwrap());
    assert_eq!(one, two);
    assert_ne!(one.fingerprint, row(&[("amount", "101")]).read(Vec::new()).unwrap().fingerprint);
}

#[test]
fn a_cell_that_could_not_be_read_is_named_once() {
    let mut record = row(&[]);
    record.0.remove("amount");
    let unread = vec![FieldError::new("/amount", (FieldCode::CellError, "is an error (#REF!)"))];
    let (id, errors) = record.read(unread.clone()).unwrap_err();
    assert_eq!((id.as_deref(), errors), (Some("G-1"), unread));
}

#[test]
fn dates_that_stand_for_none_are_refused_and_so_is_what_follows_a_date() {
    for date in ["0001-01-01", "0000-01-01", "9999-12-31", "1899-12-31", "2024-03-01Tfoo", "2024-03-01T"] {
        assert_eq!(wrong(&[("flow_date", date)]), ["/flow_date"], "{date}");
        assert_eq!(wrong(&[("decision_date", date)]), ["/decision_date"], "{date}");
    }
    let (_, errors) = row(&[("flow_date", "9999-12-31")]).read(Vec::new()).unwrap_err();
    assert_eq!(errors[0].code, FieldCode::DateOutOfRange);
    assert!(row(&[("flow_date", "1900-01-01")]).read(Vec::new()).is_ok());
}

#[test]
fn a_withdrawn_currency_is_one_until_its_month_has_ended() {
    let of = |currency: &'static str, fields: &[(&'static str, &str)]| {
        let stated = [("currency", currency), ("amount_usd", "500")];
        row(&[&stated[..], fields].concat()).read(Vec::new())
    };
    let flow = of("LTL", &[("flow_date", "2014-12-31")]).unwrap();
    assert_eq!((flow.original.unwrap().currency().code(), flow.amount_usd), ("LTL", 50_000));
    let (_, errors) = of("LTL", &[("flow_date", "2015-01-01")]).unwrap_err();
    assert_eq!((errors[0].pointer.as_str(), errors[0].code), ("/currency", FieldCode::WithdrawnCurrency));
    assert!(errors[0].detail.contains("2014-12"), "{}", errors[0].detail);
    let paid_later = [("decision_date", "2014-06-01"), ("flow_date", "2015-06-01")];
    assert!(of("LTL", &paid_later).is_ok(), "promised while it was in force");
    assert!(of("LTL", &[]).is_ok(), "a row without a date says nothing against it");
}

#[test]
fn a_correction_is_no_row_of_its_own_and_the_refusal_says_where_it_goes() {
    for field in ["amount", "amount_usd"] {
        let (_, errors) = row(&[("amount_usd", "5"), (field, "-5")]).read(Vec::new()).unwrap_err();
        let error = errors.iter().find(|error| error.pointer == format!("/{field}")).unwrap();
        assert_eq!(error.code, FieldCode::NegativeRow);
        assert!(error.detail.contains("with what is left of it"), "{}", error.detail);
    }
    let (_, errors) = row(&[("exchange_rate", "-5")]).read(Vec::new()).unwrap_err();
    assert_eq!((errors[0].pointer.as_str(), errors[0].code), ("/exchange_rate", FieldCode::NotAboveZero));
}

#[test]
fn an_amount_is_bounded_by_its_value() {
    let of = |amount: &'static str, dollars: &'static str| {
        row(&[("amount", amount), ("currency", "IDR"), ("amount_usd", dollars)]).read(Vec::new())
    };
    assert_eq!(of("1500000000000", "93750000.00").unwrap().amount_usd, 9_375_000_000);
    assert!(of("1500000000000000", "93750000.00").is_err());
    assert!(of("1500000000000", "1000000000001").is_err());
}

#[test]
fn an_error_quotes_what_stands_in_the_file() {
    let detail =
        |amount: &'static str| row(&[("amount", amount)]).read(Vec::new()).unwrap_err().1[0].detail.clone();
    assert!(detail("1'234.50").contains("\"1'234.50\"") && detail("1'234.50").contains("decimal"));
    assert!(detail("1\u{a0}23,4x").contains("\"1[U+00A0]23,4x\""), "{}", detail("1\u{a0}23,4x"));
}

#[test]
fn control_characters_are_refused_at_their_field_and_white_space_in_names_is_one_blank() {
    for field in ["external_ref", "donor", "method", "keywords", "description", "agreement", "donor_ref"] {
        assert_eq!(wrong(&[(field, "a\u{7}b")]), [format!("/{field}")]);
    }
    let flow = row(&[("donor", "Ministry of\n  Foreign\tAffairs")]).read(Vec::new()).unwrap();
    assert_eq!(flow.donor_ref.unwrap().name.as_deref(), Some("Ministry of Foreign Affairs"));
}

#[test]
fn a_month_without_a_rate_is_named() {
    let error = |fields: &[(&'static str, &str)]| {
        let mut errors = row(fields).priced(&Rates::default()).read(Vec::new()).unwrap_err().1;
        assert_eq!(errors.len(), 1, "{errors:?}");
        errors.remove(0)
    };
    let named = error(&[("currency", "JPY"), ("flow_date", "2021-03-15"), ("decision_date", "2020-01-01")]);
    assert!(named.detail.starts_with("there is no rate of JPY for 2021-03:"), "{}", named.detail);
    assert_eq!((named.code, &named.params["month"]), (FieldCode::NoRate, &kernel::Param::from("2021-03")));
    let undated = error(&[("currency", "JPY")]);
    assert_eq!((undated.code, undated.params.get("month")), (FieldCode::NoRate, None));
    let unread = error(&[("currency", "JPY"), ("flow_date", "soon")]);
    assert_eq!(unread.code, FieldCode::NotADate, "what is wrong is said once");
}

#[test]
fn what_is_told_of_a_giver_is_no_part_of_the_row() {
    let plain = row(&[]).read(Vec::new()).unwrap();
    let told = row(&[(UNMAPPED_TYPE, "90")]).read(Vec::new()).unwrap();
    assert_eq!(told.fingerprint, plain.fingerprint);
    assert_eq!(told.donor_ref.unwrap().unmapped_type.as_deref(), Some("90"));
    let valued = row(&[("value_date", "2024-09-15")]).read(Vec::new()).unwrap();
    assert_ne!(valued.fingerprint, plain.fingerprint, "another rate, another amount");
}
