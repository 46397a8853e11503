use super::*;

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
fn a_date_is_a_whole_date_of_a_year_that_there_is() {
    let code = |date: &str| {
        let read = row(&[("flow_date", date)]).read(Vec::new());
        read.map(|flow| flow.flow_date.unwrap().to_string()).map_err(|(_, errors)| errors[0].code)
    };
    for date in [
        "2024-03-01",
        "2024-03-01Z",
        "2024-03-01+05:30",
        "2024-03-01T00:00:00",
        "2024-03-01T23:59:59.123Z",
        "2024-03-01 10:00",
        "2024-03-01 10:00:00 -0500",
    ] {
        assert_eq!(code(date), Ok("2024-03-01".to_owned()), "{date}");
    }
    for date in [
        "2024-03-01T",
        "2024-03-01Tfoo",
        "2024-03-01 x",
        "2024-03-01Zx",
        "2024-03-01+",
        "2024-03-01T25:00:00",
        "2024-02-30",
        "2024-3-1",
        "2024-3-01 ",
        "+024-03-01",
        "2024-03-0",
        "20240301",
        "2024-03-01é",
    ] {
        assert_eq!(code(date), Err(FieldCode::NotADate), "{date}");
    }
    for date in ["0000-01-01", "0001-01-01", "1899-12-31", "2201-01-01", "9999-12-31"] {
        assert_eq!(code(date), Err(FieldCode::DateOutOfRange), "{date}");
    }
    assert!(code("1900-01-01").is_ok() && code("2200-12-31").is_ok());
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
