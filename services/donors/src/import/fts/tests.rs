use super::*;
use serde_json::json;

fn flow() -> Value {
    json!({
        "id": "7001", "versionId": 3, "amountUSD": 1000.5, "status": "paid", "newMoney": true,
        "originalAmount": 900, "originalCurrency": "EUR", "exchangeRate": 0.9, "decisionDate": "2020-02-03T00:00:00Z",
        "contributionType": "in kind", "grandBargainEarmarkingType": ["softly earmarked"], "refCode": "R-1",
        "boundary": "incoming", "onBoundary": "single", "parentFlowId": 12,
        "sourceObjects": [{"type": "Organization", "id": "5", "name": "Example, Government of",
                           "organizationTypes": ["Government"]}],
        "destinationObjects": [{"type": "Location", "id": "1", "name": "Afghanistan"},
                               {"type": "Location", "id": "999999", "name": "Atlantis"},
                               {"type": "UsageYear", "id": "41", "name": "2020"}],
    })
}

fn with(name: &str, value: Value) -> Result<Flow, (Option<String>, Vec<FieldError>)> {
    let mut flow = flow();
    flow[name] = value;
    read(&flow.to_string())
}

#[test]
fn a_flow_is_read_with_everything_it_says() {
    let read = read(&flow().to_string()).unwrap();
    assert_eq!((read.id.as_str(), read.version, read.amount_usd), ("7001", 3, 100_050));
    assert_eq!(read.original.unwrap().to_string(), "900.00");
    assert_eq!(read.exchange_rate.as_deref(), Some("0.9"));
    assert_eq!(read.decision_date.unwrap().to_string(), "2020-02-03");
    assert_eq!(
        (read.contribution_type, read.earmarking),
        (kernel::ContributionType::InKind, Some(kernel::Earmarking::SoftlyEarmarked))
    );
    assert_eq!((read.usage_years.as_str(), read.countries.as_str()), (",2020,", ",AFG,"));
    assert_eq!(read.donor_ref.unwrap().name.unwrap(), "Example, Government of");
    assert_eq!(read.parent_ref.as_deref(), Some("12"));
    assert_eq!(read.detail["refCode"], "R-1");
    assert!(!read.detail.contains_key("boundary"));
    assert_eq!(read.warnings.len(), 1, "the unknown location is kept, with a warning: {:?}", read.warnings);
}

#[test]
fn the_boundary_belongs_to_the_question_and_not_to_the_flow() {
    let other = with("boundary", json!("outgoing")).unwrap();
    assert_eq!(other.fingerprint, read(&flow().to_string()).unwrap().fingerprint);
    let changed = with("refCode", json!("R-2")).unwrap();
    assert_ne!(changed.fingerprint, other.fingerprint);
}

#[test]
fn what_is_wrong_is_named_by_its_pointer() {
    let cases = [
        ("id", Value::Null, "/id"),
        ("amountUSD", json!(-1), "/amountUSD"),
        ("amountUSD", json!("1000"), "/amountUSD"),
        ("amountUSD", Value::Null, "/amountUSD"),
        ("amountUSD", json!(1.005), "/amountUSD"),
        ("amountUSD", json!(1e15), "/amountUSD"),
        ("status", json!("given"), "/status"),
        ("status", Value::Null, "/status"),
        ("newMoney", json!("yes"), "/newMoney"),
        ("originalCurrency", json!("ZZZ"), "/originalCurrency"),
        ("originalAmount", json!(-5), "/originalAmount"),
        ("exchangeRate", json!(-0.9), "/exchangeRate"),
        ("decisionDate", json!("soon"), "/decisionDate"),
        ("budgetYear", json!("20x0"), "/budgetYear"),
        ("contributionType", json!("promise"), "/contributionType"),
        ("grandBargainEarmarkingType", json!(["vague"]), "/grandBargainEarmarkingType/0"),
        ("description", json!("x".repeat(20_001)), "/description"),
        (
            "destinationObjects",
            json!([{"type": "UsageYear", "id": "1", "name": "MMXX"}]),
            "/destinationObjects/0/name",
        ),
        (
            "sourceObjects",
            json!([{"type": "Organization", "id": "1", "name": "x".repeat(10_000)}]),
            "/sourceObjects/0/name",
        ),
        ("sourceObjects", json!([{"type": "Organization", "id": "1"}]), "/sourceObjects/0"),
        ("keywords", json!("one"), "/keywords"),
    ];
    for (name, value, pointer) in cases {
        let (id, errors) = with(name, value.clone()).unwrap_err();
        assert_eq!(errors[0].pointer, pointer, "{name} = {value}");
        assert_eq!(id.is_none(), name == "id");
    }
    assert_eq!(read("[]").unwrap_err().1.len(), 1);
}

#[test]
fn control_characters_are_refused_at_their_field_wherever_they_stand() {
    let organisation = |field: &str, text: &str| {
        let mut organisation = json!({ "type": "Organization", "id": "5", "name": "Example",
            "organizationTypes": ["Government"] });
        organisation[field] = if field == "organizationTypes" { json!([text]) } else { json!(text) };
        json!([organisation])
    };
    let cases = [
        ("id", json!("70\u{7}01"), "/id"),
        ("description", json!("a\u{0}b"), "/description"),
        ("method", json!("a\nb"), "/method"),
        ("keywords", json!(["a", "b\u{1b}c"]), "/keywords/1"),
        ("keywords", json!(["a\nb"]), "/keywords/0"),
        ("refCode", json!("a\u{8}b"), "/refCode"),
        ("kept", json!({ "a": [{ "b/c": "\u{7f}" }] }), "/kept/a/0/b~1c"),
        ("kept", json!({ "a\u{0}": 1 }), "/kept/a\u{fffd}"),
        ("sourceObjects", organisation("name", "Exam\u{7}ple"), "/sourceObjects/0/name"),
        ("sourceObjects", organisation("name", "\u{202e}elpmaxE"), "/sourceObjects/0/name"),
        ("sourceObjects", organisation("id", "5\u{0}"), "/sourceObjects/0/id"),
        ("sourceObjects", organisation("type", "Organi\nzation"), "/sourceObjects/0/type"),
        (
            "sourceObjects",
            organisation("organizationTypes", "Govern\u{1}ment"),
            "/sourceObjects/0/organizationTypes/0",
        ),
    ];
    for (name, value, pointer) in cases {
        let (id, errors) = with(name, value).unwrap_err();
        let errors: Vec<_> = errors.iter().map(|error| (error.pointer.as_str(), error.code)).collect();
        assert_eq!(errors, [(pointer, FieldCode::HiddenCharacters)], "{pointer}: said once");
        assert_eq!(id.is_none(), name == "id", "{pointer}");
    }
    // Tabs and line breaks are no such characters in a text; in a name they are blanks.
    let read = with("refCode", json!("SM200008\tBase")).unwrap();
    assert_eq!(read.detail["refCode"], "SM200008\tBase");
    assert_eq!(with("description", json!("a\r\nb")).unwrap().description.as_deref(), Some("a\r\nb"));
    let read = with("sourceObjects", organisation("name", "Ministry of\n  Foreign\tAffairs")).unwrap();
    assert_eq!(read.donor_ref.unwrap().name.as_deref(), Some("Ministry of Foreign Affairs"));
}

#[test]
fn what_the_source_leaves_open_is_a_warning_and_not_an_error() {
    let warned = |flow: Flow| flow.warnings.iter().map(|warning| warning.pointer.clone()).collect::<Vec<_>>();
    assert!(warned(with("originalAmount", Value::Null).unwrap()).contains(&"/originalAmount".to_owned()));
    let withdrawn = with("originalCurrency", json!("VEF")).unwrap();
    let original = withdrawn.original.map(|money| (money.to_string(), money.currency().code()));
    assert_eq!(original, Some(("900.00".to_owned(), "VEF")), "under its own code");
    assert_eq!(withdrawn.detail.get("originalAmount"), None);
    let several = with("grandBargainEarmarkingType", json!(["earmarked", "unearmarked"])).unwrap();
    assert_eq!(several.earmarking, None);
    assert!(warned(several).contains(&"/grandBargainEarmarkingType".to_owned()));
    let no_date = with("decisionDate", json!("0001-01-01T00:00:00Z")).unwrap();
    assert_eq!(no_date.decision_date, None, "what systems write for no date is none");
    assert!(warned(no_date).contains(&"/decisionDate".to_owned()));
    let two = json!([{"type": "Organization", "id": "1", "name": "A"}, {"type": "Organization", "id": "2", "name": "B"}]);
    assert!(with("sourceObjects", two).unwrap().donor_ref.is_none());
}
