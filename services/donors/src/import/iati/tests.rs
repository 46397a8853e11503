use super::*;
use crate::{
    exchange_rate::ExchangeRate,
    import::{columns::Mapping, format::ImportFormat},
};
use kernel::FieldCode;

fn ours() -> Ours {
    Ours { name: "Example Relief".into(), identifier: Some("XM-DAC-900".into()), ..Ours::default() }
}

fn reading(rates: Rates) -> Reading {
    Reading {
        format: ImportFormat::Iati,
        mapping: Mapping::default(),
        ours: ours(),
        rates,
        spool: std::env::temp_dir(),
        describe: false,
    }
}

/// What a file is, and the rows that count.
fn read(text: &str) -> (Result<Found, Problem>, Vec<Staged>) {
    let (found, rows) = Sink::collect(|sink| parse(text.as_bytes(), &reading(Rates::default()), sink));
    (found, rows.into_iter().filter(|row| !row.only_if_held).collect())
}

/// Reference and US cents of the rows that count.
fn money(text: &str) -> Vec<(String, i64)> {
    let (found, rows) = read(text);
    found.unwrap();
    let flow = |row: &Staged| {
        assert!(row.errors.is_empty(), "{:?}", row.errors);
        ImportFormat::Iati.read(&row.raw).unwrap()
    };
    rows.iter().map(flow).map(|flow| (flow.id, flow.amount_usd)).collect()
}

fn activity(reporting: &str, content: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>
         <iati-activities version=\"2.03\"><iati-activity default-currency=\"USD\">
         <iati-identifier>XM-DAC-1-77</iati-identifier>{reporting}
         <title><narrative>Water &amp; shelter</narrative><narrative xml:lang=\"fr\">Eau</narrative></title>
         <participating-org role=\"1\" ref=\"XM-DAC-1\" type=\"10\"><narrative>Examplia</narrative></participating-org>
         <participating-org role=\"4\" ref=\"XM-DAC-900\"><narrative>Example Relief</narrative></participating-org>
         <recipient-country code=\"AF\"/>{content}</iati-activity></iati-activities>"
    )
}

const DONOR: &str =
    "<reporting-org ref=\"XM-DAC-1\" type=\"10\"><narrative>Examplia</narrative></reporting-org>";
const OURS: &str = "<reporting-org ref=\"xm-dac-900\" type=\"40\"><narrative>ER</narrative></reporting-org>";

fn transaction(kind: u8, reference: &str, value: &str, more: &str) -> String {
    format!(
        "<transaction ref=\"{reference}\"><transaction-type code=\"{kind}\"/><transaction-date iso-date=\"2026-02-03\"/>
         <value value-date=\"2026-02-03\">{value}</value>{more}</transaction>"
    )
}

#[test]
fn a_donors_file_gives_what_it_commits_to_us_and_nothing_else() {
    let to_us = "<receiver-org ref=\"XM-DAC-900\"/><aid-type vocabulary=\"2\" code=\"2\"/>";
    let to_others = "<receiver-org ref=\"XM-DAC-5\"><narrative>Others</narrative></receiver-org>";
    let content = [
        transaction(2, "C1", "1000.00", to_us),
        transaction(3, "D1", "400", to_us),
        transaction(2, "C2", "500", to_others),
        transaction(4, "E1", "5", to_us),
        transaction(12, "P1", "2000", to_us),
    ];
    let (found, rows) = read(&activity(DONOR, &content.concat()));
    assert_eq!(rows.len(), 1);
    let flow = ImportFormat::Iati.read(&rows[0].raw).unwrap();
    assert_eq!(
        (flow.id.as_str(), flow.status.as_str(), flow.amount_usd),
        ("XM-DAC-1-77#2#C1", "commitment", 100_000)
    );
    assert_eq!(
        (flow.countries.as_str(), flow.earmarking),
        (",AFG,", Some(kernel::Earmarking::SoftlyEarmarked))
    );
    assert_eq!(flow.description.as_deref(), Some("Water & shelter"));
    let donor_ref = flow.donor_ref.unwrap();
    assert_eq!(
        (donor_ref.reference.as_deref(), donor_ref.donor_type),
        (Some("XM-DAC-1"), Some(kernel::DonorType::Government))
    );
    assert_eq!(rows[0].pointer, "/iati-activity/0/transaction/0");
    let note = found.unwrap().note.unwrap();
    assert!(note.contains("2 transactions with others, 2 that state money once more"), "{note}");
}

#[test]
fn our_own_file_gives_what_came_in_from_the_one_who_funds() {
    let content = [transaction(1, "", "10", ""), transaction(1, "", "20", ""), transaction(3, "x", "7", "")];
    let (found, rows) = read(&activity(OURS, &content.concat()));
    found.unwrap();
    let ids: Vec<&str> = rows.iter().map(|row| row.external_ref.as_deref().unwrap()).collect();
    assert_eq!(ids, ["XM-DAC-1-77#1#n1", "XM-DAC-1-77#1#n2"]);
    let flow = ImportFormat::Iati.read(&rows[1].raw).unwrap();
    assert_eq!(
        (flow.status.as_str(), flow.flow_date.unwrap().to_string()),
        ("paid", "2026-02-03".to_owned())
    );
    assert_eq!(flow.donor_ref.unwrap().name.as_deref(), Some("Examplia"));
    let by_name = OURS.replace("xm-dac-900", "XX-1").replace(">ER<", ">EXAMPLE  relief<");
    assert_eq!(read(&activity(&by_name, &content.concat())).1.len(), 2);
}

#[test]
fn what_a_transaction_lacks_is_said_by_field() {
    let content = [
        transaction(1, "a", "five", ""),
        transaction(1, "b", "", ""),
        transaction(1, "c", "5", "").replace("<value ", "<value currency=\"EUR\" "),
        transaction(1, "d", "5", "<recipient-country code=\"QQ\"/>"),
        transaction(1, "e", "5", "").replace("2026-02-03\"/>", "soon\"/>"),
    ];
    let (_, rows) = read(&activity(OURS, &content.concat()));
    let pointers: Vec<&str> = rows.iter().map(|row| row.errors[0].pointer.as_str()).collect();
    assert_eq!(pointers, ["/amount", "/amount", "/amount_usd", "/countries", "/flow_date"]);
}

#[test]
fn a_file_in_which_nothing_is_ours_says_so() {
    let content = transaction(2, "C", "1", "<receiver-org ref=\"XM-DAC-5\"/>");
    let problem = read(&activity(DONOR, &content)).0.unwrap_err();
    assert!(problem.status == 422 && problem.errors[0].detail.contains("Example Relief"), "{problem:?}");
    assert_eq!(problem.errors[0].code, FieldCode::NoReceiver);
}

#[test]
fn entity_bombs_and_other_tricks_are_refused() {
    let laughs =
        "<?xml version=\"1.0\"?><!DOCTYPE lolz [<!ENTITY lol \"lol\"><!ENTITY lol2 \"&lol;&lol;&lol;\">]>
        <iati-activities version=\"2.03\"><x>&lol2;</x></iati-activities>";
    let external = "<!DOCTYPE x SYSTEM \"file:///etc/passwd\"><iati-activities version=\"2.03\"/>";
    let entity = "<iati-activities version=\"2.03\"><x>&lol;</x></iati-activities>".to_owned();
    let in_attribute = "<iati-activities version=\"&lol;\"/>".to_owned();
    let deep = format!("<iati-activities version=\"2.03\">{}", "<a>".repeat(1000));
    let attributes: String = (0..100).map(|number| format!(" a{number}=\"1\"")).collect();
    let wide = format!("<iati-activities version=\"2.03\"><x{attributes}/></iati-activities>");
    let long =
        format!("<iati-activities version=\"2.03\"><x>{}</x></iati-activities>", "y".repeat(3_000_000));
    let tag = format!("<iati-activities version=\"2.03\" a=\"{}", "y".repeat(3_000_000));
    let cases: [(String, &str, FieldCode); 14] = [
        (laughs.to_owned(), "DTD", FieldCode::TooComplex),
        (external.to_owned(), "DTD", FieldCode::TooComplex),
        (entity, "entities are not supported", FieldCode::TooComplex),
        (in_attribute, "attribute cannot be read", FieldCode::WrongFileFormat),
        (deep, "32 deep", FieldCode::TooComplex),
        (wide, "64 attributes", FieldCode::TooComplex),
        (long, "1048576 bytes", FieldCode::TooComplex),
        (tag, "1048576 bytes", FieldCode::TooComplex),
        (String::new(), "not XML", FieldCode::DamagedFile),
        ("external_ref,donor\n".to_owned(), "not XML", FieldCode::WrongFileFormat),
        (
            "<iati-activities version=\"2.03\"><iati-activity>".to_owned(),
            "is truncated",
            FieldCode::DamagedFile,
        ),
        ("<iati-activities version=\"1.05\"/>".to_owned(), "1.05", FieldCode::UnsupportedVersion),
        ("<html/>".to_owned(), "begins with <html>", FieldCode::WrongFileFormat),
        (
            "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><iati-activities version=\"2.03\"/>".to_owned(),
            "UTF-8",
            FieldCode::NotUtf8,
        ),
    ];
    for (text, why, code) in cases {
        let problem = read(&text).0.unwrap_err();
        assert_eq!(problem.status, 400);
        assert!(problem.errors[0].detail.contains(why), "{why}: {:?}", problem.errors);
        assert_eq!(problem.errors[0].code, code, "{why}");
    }
    let latin = b"<iati-activities version=\"2.03\"><x>\xe9</x></iati-activities>".as_slice();
    let (refused, _) = Sink::collect(|sink| parse(latin, &reading(Rates::default()), sink));
    assert!(refused.unwrap_err().errors[0].detail.contains("UTF-8"));
}

const FUNDS: &str = "<transaction ref=\"T\"><transaction-type code=\"1\"/><transaction-date iso-date=\"2026-02-03\"/>\
                     <value value-date=\"2026-02-03\">10</value></transaction>";

#[test]
fn what_belongs_to_another_namespace_is_passed_over() {
    let declared = |text: &str| {
        text.replace("<iati-activities ", "<iati-activities xmlns:acme=\"http://example.org/acme\" ")
    };
    let expected = [("XM-DAC-1-77#1#T".to_owned(), 1000)];
    let plain = activity(OURS, FUNDS);
    assert_eq!(money(&plain), expected);
    // Where the file has the first text, it gets the second one as well.
    let additions = [
        (
            "</transaction>",
            "</transaction><acme:transaction><transaction-type code=\"1\"/><value>7</value></acme:transaction>",
        ),
        ("</value>", "</value><acme:value currency=\"EUR\">7</acme:value>"),
        ("</value>", "</value><acme:x><value>7</value></acme:x>"),
        ("10</value>", "1<acme:x>9</acme:x>0</value>"),
        ("<transaction-type ", "<transaction-type acme:code=\"11\" "),
        ("<transaction-date ", "<transaction-date acme:iso-date=\"1990-01-01\" "),
        ("<value ", "<value acme:currency=\"EUR\" "),
        ("<transaction ", "<transaction acme:ref=\"U\" "),
        ("</iati-identifier>", "</iati-identifier><acme:iati-identifier>X</acme:iati-identifier>"),
        ("<title>", "<acme:reporting-org ref=\"XX-1\"/><title>"),
        ("<reporting-org ", "<reporting-org acme:ref=\"XX-1\" "),
        (
            "</transaction>",
            "<acme:provider-org ref=\"XX-1\"><narrative>X</narrative></acme:provider-org></transaction>",
        ),
        ("</transaction>", "<value xmlns=\"http://example.org/acme\">7</value></transaction>"),
        (
            "<iati-activity ",
            "<acme:iati-activity><iati-identifier>X</iati-identifier></acme:iati-activity><iati-activity ",
        ),
        ("<iati-activities ", "<iati-activities acme:version=\"9\" xmlns:version=\"http://example.org/9\" "),
        (
            "<recipient-country code=\"AF\"/>",
            "<recipient-country code=\"AF\"/><acme:recipient-country code=\"PK\"/>",
        ),
    ];
    for (before, after) in additions {
        assert!(plain.contains(before), "{before}");
        let text = declared(&plain.replacen(before, after, 1));
        assert_eq!(money(&text), expected, "{after}");
        let (_, rows) = read(&text);
        let flow = ImportFormat::Iati.read(&rows[0].raw).unwrap();
        assert_eq!(flow.flow_date.unwrap().to_string(), "2026-02-03", "{after}");
        assert_eq!(flow.countries, ",AFG,", "{after}");
    }
}

#[test]
fn a_file_whose_own_names_have_a_prefix_is_read() {
    let prefixed = |text: &str| text.replace("</", "</iati:").replace('<', "<iati:");
    let prefixed = |text: &str| prefixed(text).replace("<iati:/", "</").replace("<iati:?xml", "<?xml");
    let text = prefixed(&activity(OURS, FUNDS));
    assert!(text.contains("<iati:iati-activity ") && text.contains("</iati:value>"), "{text}");
    let expected = [("XM-DAC-1-77#1#T".to_owned(), 1000)];
    assert_eq!(money(&text), expected, "a prefix that is bound to nothing");
    let bound = "<iati:iati-activities xmlns:iati=\"http://example.org/iati\" ";
    let bound = text.replace("<iati:iati-activities ", bound);
    assert_eq!(money(&bound), expected);
    let attribute = bound.replace("iso-date=", "iati:iso-date=").replace("code=\"1\"", "iati:code=\"1\"");
    assert_eq!(money(&attribute), expected);
    let default = activity(OURS, FUNDS);
    let default = default.replace("<iati-activities ", "<iati-activities xmlns=\"http://example.org/iati\" ");
    assert_eq!(money(&default), expected);
}

#[test]
fn the_rate_is_that_of_the_date_of_the_value() {
    let rates = || {
        [("2026-02", "0.5"), ("2026-09", "1.0")].map(|(month, rate)| {
            let (rate, source) = (rate.to_owned(), "UN".to_owned());
            let date = format!("{month}-28").parse().unwrap();
            ("CHF".to_owned(), month.to_owned(), ExchangeRate { rate, date, source })
        })
    };
    let cases = [
        ("2026-09-15", Some(1000)),
        ("2026-02-28", Some(2000)),
        ("", Some(2000)),
        ("2026-10-01", None),
        ("9999-12-31", None),
        ("soon", None),
    ];
    for (value_date, expected) in cases {
        let value = format!("<value currency=\"CHF\" value-date=\"{value_date}\">");
        let text = activity(OURS, FUNDS).replace("<value value-date=\"2026-02-03\">", &value);
        let (_, rows) = Sink::collect(|sink| parse(text.as_bytes(), &reading(Rates::of(rates())), sink));
        let usd = ImportFormat::Iati.read(&rows[0].raw).ok().map(|flow| flow.amount_usd);
        assert_eq!(usd, expected, "{value_date}: {:?}", rows[0].errors);
    }
    let (_, rows) =
        read(&activity(OURS, FUNDS).replace("<value value-date", "<value currency=\"JPY\" value-date"));
    assert!(
        rows[0].errors[0].detail.starts_with("there is no rate of JPY for 2026-02:"),
        "{:?}",
        rows[0].errors
    );
}

#[test]
fn white_space_in_a_name_is_one_blank() {
    let name = "  Ministry of\n\t  Foreign\u{a0}\u{2003}Affairs&#10;and&#x2028;Trade ";
    let provider = format!("<provider-org type=\"10\"><narrative>{name}</narrative></provider-org>");
    let (_, rows) = read(&activity(OURS, &transaction(1, "a", "5", &provider)));
    let flow = ImportFormat::Iati.read(&rows[0].raw).unwrap();
    assert_eq!(flow.donor_ref.unwrap().name.as_deref(), Some("Ministry of Foreign Affairs and Trade"));
}

#[test]
fn an_activity_that_stands_twice_is_one_activity() {
    let text = activity(OURS, &[transaction(1, "", "100", ""), transaction(11, "C", "150", "")].concat());
    let (begin, end) = (text.find("<iati-activity ").unwrap(), text.find("</iati-activities>").unwrap());
    let one = &text[begin..end];
    let other = one.replace("XM-DAC-1-77", "XM-DAC-1-78");
    let second = one.replace(">100<", ">200<").replace(">150<", ">-50<");
    let file = format!("{}{other}{second}</iati-activities>", &text[..end]);
    let expected = [
        ("XM-DAC-1-78#11#C".to_owned(), 15_000),
        ("XM-DAC-1-77#1#n1".to_owned(), 10_000),
        ("XM-DAC-1-77#1#n2".to_owned(), 20_000),
    ];
    assert_eq!(money(&file), expected, "300 were paid of the 100 that are committed");
    let pointers: Vec<String> = read(&file).1.into_iter().map(|row| row.pointer).collect();
    assert_eq!(pointers[2], "/iati-activity/2/transaction/0");
}

#[test]
fn organisation_types_without_a_donor_type_are_named() {
    let provider = |kind: &str| {
        let provider = format!(
            "<provider-org ref=\"XX-9\" type=\"{kind}\"><narrative>Partners</narrative></provider-org>"
        );
        let (_, rows) = read(&activity(OURS, &transaction(1, "a", "5", &provider)));
        rows[0].names.as_ref().unwrap().donor.clone()
    };
    for kind in ["30", "90"] {
        let donor = provider(kind);
        assert_eq!((donor.donor_type, donor.unmapped_type.as_deref()), (None, Some(kind)));
    }
    let donor = provider("10");
    assert_eq!((donor.donor_type, donor.unmapped_type), (Some(kernel::DonorType::Government), None));
}
