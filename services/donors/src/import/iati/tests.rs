use super::*;
use crate::import::format::ImportFormat;
use kernel::FieldCode;

fn ours() -> Ours {
    Ours { name: "Example Relief".into(), identifier: Some("XM-DAC-900".into()) }
}

fn read(text: &str) -> (Result<Found, Problem>, Vec<Staged>) {
    Sink::collect(|sink| parse(text.as_bytes(), &ours(), &Rates::default(), sink))
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
        transaction(1, "a", "-5", ""),
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
    let (refused, _) = Sink::collect(|sink| parse(latin, &ours(), &Rates::default(), sink));
    assert!(refused.unwrap_err().errors[0].detail.contains("UTF-8"));
}

#[test]
fn long_references_are_cut_and_stay_apart() {
    let activity = Activity { identifier: "X".repeat(200), ..Activity::default() };
    let of = |own: &str| {
        let transaction = Transaction { reference: own.into(), kind: "1".into(), ..Transaction::default() };
        reference(&activity, &transaction, 1)
    };
    assert_eq!(of("a").chars().count(), 100);
    assert_ne!(of("a"), of("b"));
    assert_eq!(of("a"), of("a"));
}
