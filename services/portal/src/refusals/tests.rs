//! Every code has its own text in each language, and the text says what the code speaks of.

use super::*;
use kernel::{Code, Fault, Money, RecordKind, Situation};
use serde_json::json;
use std::collections::{BTreeSet, HashMap};

fn params(pairs: &[(&str, Param)]) -> Params {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

fn text_param(text: &str) -> Param {
    Param::from(text)
}

/// What a code speaks of: a sample of its parameters. Exhaustive, so that a new code needs its line.
fn sample(code: FieldCode) -> Params {
    let number = Param::Number;
    let of = |pairs: &[(&str, Param)]| params(pairs);
    match code {
        FieldCode::RequiredWith | FieldCode::NotAllowedWith => of(&[("with", text_param("consent"))]),
        FieldCode::RequiredOneOf => of(&[("fields", text_param("donor, donor_ref"))]),
        FieldCode::UnknownField | FieldCode::MediaType => of(&[("allowed", text_param("name, type"))]),
        FieldCode::TooLong | FieldCode::TooMany | FieldCode::PeriodTooLong => of(&[("max", number(30))]),
        FieldCode::TooShort => of(&[("min", number(12))]),
        FieldCode::TooLarge => of(&[("max", number(1_048_576))]),
        FieldCode::OutOfRange | FieldCode::NotAYear | FieldCode::DateOutOfRange => {
            of(&[("min", number(1990)), ("max", number(2100))])
        }
        FieldCode::TooPrecise => of(&[("max", number(2)), ("currency", text_param("CHF"))]),
        FieldCode::WrongType => of(&[("expected", text_param("string"))]),
        FieldCode::WrongFileFormat => of(&[("expected", text_param("XLSX"))]),
        FieldCode::WrongFormat => of(&[("example", text_param("2026-03"))]),
        FieldCode::NotANumber
        | FieldCode::NotADate
        | FieldCode::NotACountry
        | FieldCode::NotACurrency
        | FieldCode::DecimalComma
        | FieldCode::Contradiction
        | FieldCode::NotInRegistry
        | FieldCode::TakenAsNotStated
        | FieldCode::BeyondYourRights => of(&[("value", text_param("Zqx"))]),
        FieldCode::NotOneOf => of(&[("value", text_param("Zqx")), ("allowed", text_param("one, two"))]),
        FieldCode::ForbiddenCharacters => of(&[("characters", text_param("/ & | ?"))]),
        FieldCode::NotAfter | FieldCode::Before => {
            of(&[("date", text_param("2026-03-31")), ("field", text_param("start_date"))])
        }
        FieldCode::AlreadyExists | FieldCode::UnknownReference => of(&[("kind", text_param("plan"))]),
        FieldCode::NotYours => of(&[("kind", text_param("agreement"))]),
        FieldCode::WrongParent => {
            of(&[("office", text_param("regional")), ("parent", text_param("country"))])
        }
        FieldCode::State => of(&[("kind", text_param("agreement")), ("state", text_param("cancelled"))]),
        FieldCode::KeptElsewhere => of(&[("source", text_param("erp"))]),
        FieldCode::WrongCurrency => of(&[("currency", text_param("CHF")), ("kind", text_param("agreement"))]),
        FieldCode::MoreThanLeft | FieldCode::SumDiffers | FieldCode::SumTooLarge | FieldCode::Corrected => {
            of(&[("amount", text_param("1250.50")), ("currency", text_param("CHF"))])
        }
        FieldCode::PaidMore => of(&[
            ("amount", text_param("1250.50")),
            ("committed", text_param("100.00")),
            ("currency", text_param("CHF")),
        ]),
        FieldCode::Differs => of(&[("field", text_param("usage_split"))]),
        FieldCode::NoRate | FieldCode::SeveralRates | FieldCode::WithdrawnCurrency => {
            of(&[("currency", text_param("CHF")), ("month", text_param("2026-03"))])
        }
        FieldCode::FileTypeDiffers => {
            of(&[("ending", text_param("pdf")), ("media_type", text_param("image/png"))])
        }
        FieldCode::UnsupportedVersion => {
            of(&[("version", text_param("9.9")), ("expected", text_param("2.03"))])
        }
        FieldCode::MissingColumn => of(&[("field", text_param("donor")), ("headings", text_param("A, B"))]),
        FieldCode::ColumnTwice => of(&[
            ("field", text_param("donor")),
            ("first", text_param("Giver")),
            ("second", text_param("Funder")),
        ]),
        FieldCode::NoReceiver => of(&[("count", number(7)), ("name", text_param("Example Relief"))]),
        FieldCode::ExtraCells => of(&[("cells", number(9)), ("headings", number(8))]),
        FieldCode::CellError => of(&[("error", text_param("#REF!"))]),
        FieldCode::KeptAsStated => of(&[("stated", text_param("10.00")), ("computed", text_param("20.00"))]),
        FieldCode::KeptAsReported => {
            of(&[("because", text_param("not_a_currency")), ("value", text_param("Zqx"))])
        }
        FieldCode::PermissionNeeded => of(&[("permission", text_param("donors:write"))]),
        FieldCode::Invalid
        | FieldCode::Required
        | FieldCode::Negative
        | FieldCode::NegativeRow
        | FieldCode::NotAboveZero
        | FieldCode::Inexact
        | FieldCode::NotABoolean
        | FieldCode::NotAnId
        | FieldCode::NotAnEmail
        | FieldCode::NotAPhoneNumber
        | FieldCode::NotALanguage
        | FieldCode::NotATimeZone
        | FieldCode::NotAPurposeCode
        | FieldCode::HiddenCharacters
        | FieldCode::NoLetters
        | FieldCode::InFuture
        | FieldCode::Duplicate
        | FieldCode::OtherDonor
        | FieldCode::NotBinding
        | FieldCode::Merged
        | FieldCode::Circular
        | FieldCode::NotActive
        | FieldCode::Superseded
        | FieldCode::NoClearance
        | FieldCode::SecondPerson
        | FieldCode::HalfSigned
        | FieldCode::PartsFirst
        | FieldCode::KeptHere
        | FieldCode::Reserved
        | FieldCode::DollarRate
        | FieldCode::NoAmount
        | FieldCode::NoDestination
        | FieldCode::NoChange
        | FieldCode::SectionEmpty
        | FieldCode::EmptyFile
        | FieldCode::HoldsMacros
        | FieldCode::PasswordProtected
        | FieldCode::DamagedFile
        | FieldCode::NotUtf8
        | FieldCode::TooComplex
        | FieldCode::AfterFiles
        | FieldCode::DecimalPoint
        | FieldCode::NumberForDate
        | FieldCode::FormulaWithoutValue
        | FieldCode::Ambiguous
        | FieldCode::SeveralDonors
        | FieldCode::CountsNoLonger
        | FieldCode::WrongCredentials
        | FieldCode::TokenNotValid
        | FieldCode::HeadquartersOnly
        | FieldCode::NoRole
        | FieldCode::Stale
        | FieldCode::KeyReused
        | FieldCode::InProgress
        | FieldCode::ForeignCursor
        | FieldCode::Malformed => Params::new(),
    }
}

fn sample_of_reason(reason: Reason) -> Params {
    match reason {
        Reason::RowsRejected => params(&[("rejected", Param::Number(3)), ("rows", Param::Number(40))]),
        Reason::BodyTooLarge => params(&[("max", Param::Number(1000))]),
        Reason::KeptElsewhere => params(&[("source", text_param("partnerships"))]),
        Reason::TooManyRequests => params(&[("seconds", Param::Number(30))]),
        Reason::OpenBusiness => params(&[
            ("offices", Param::Number(1)),
            ("people", Param::Number(2)),
            ("clients", Param::Number(3)),
            ("agreements", Param::Number(4)),
            ("references", text_param("AGR-2026-00001")),
        ]),
        Reason::OfficeOnly
        | Reason::OfficeOrAboveOnly
        | Reason::RegionalOfficeOnly
        | Reason::HeadquartersOnly
        | Reason::FocalPointOnly
        | Reason::StaffOnly
        | Reason::PeopleOnly
        | Reason::SecondPerson
        | Reason::ChairOnly
        | Reason::SeatNeeded
        | Reason::ConflictOfInterest
        | Reason::OwnAccount
        | Reason::LastAdministrator
        | Reason::GatewayOnly
        | Reason::OfficeNotKnownYet
        | Reason::PublicationNotSet
        | Reason::NoOrganisation
        | Reason::BodyBroken
        | Reason::FileLost
        | Reason::NoRoom
        | Reason::ExportUnderWay
        | Reason::Busy
        | Reason::SignInUnavailable
        | Reason::KeyMissing
        | Reason::AlreadyReversed
        | Reason::NotReversible => Params::new(),
        Reason::EnvelopeExceeded | Reason::NoEligibleMoney | Reason::Insufficient => {
            params(&[("amount", text_param("1250.50")), ("currency", text_param("USD"))])
        }
    }
}

/// A text is written out: it is not its key, and no variable was left in it.
fn assert_written(text: &str, key: &str) {
    assert!(text != key && text.len() > 5, "{key}: {text}");
    assert!(!text.contains(['{', '}', '—']), "{key}: {text}");
}

#[test]
fn every_code_has_its_own_text_in_each_language_and_takes_its_parameters() {
    for &language in Language::ALL {
        let mut seen: HashMap<String, FieldCode> = HashMap::new();
        for &code in FieldCode::ALL {
            let with = sample(code);
            let said = of_field(language, code, &with);
            assert_written(&said, &format!("reason-{}", dashed(code.as_str())));
            if let Some(other) = seen.insert(said.clone(), code) {
                panic!("{language:?}: {code} reads as {other}: {said}");
            }
            // Without its parameters the text is another one.
            let bare = of_field(language, code, &Params::new());
            assert_eq!(with.is_empty(), bare == said, "{language:?} {code}: {said} / {bare}");
        }
    }
}

#[test]
fn an_instant_is_told_with_its_time() {
    let with =
        params(&[("date", text_param("2026-02-01T08:00:00+00:00")), ("field", text_param("opens_at"))]);
    let said = of_field(Language::English, FieldCode::NotAfter, &with);
    assert_eq!(said, "This must be later than February 1, 2026, 08:00 (UTC) (opening).");
}

#[test]
fn a_sum_is_told_by_what_is_added_up() {
    let told = |code: FieldCode, kind: &str| {
        let with = params(&[
            ("kind", text_param(kind)),
            ("min", Param::Number(0)),
            ("max", Param::Number(100)),
            ("amount", text_param("1250.50")),
            ("currency", text_param("USD")),
        ]);
        of_field(Language::English, code, &with)
    };
    assert_eq!(told(FieldCode::OutOfRange, "weights"), "The weights must add up to 100.");
    assert_eq!(told(FieldCode::OutOfRange, "none"), "Please enter a number from 0 to 100.");
    let promised = "This is less than what is already promised in the window: US$1,250.50.";
    assert_eq!(told(FieldCode::SumTooLarge, "allocation_window"), promised);
}

#[test]
fn no_known_code_is_only_not_accepted() {
    for &language in Language::ALL {
        let not_accepted = of_field(language, FieldCode::Invalid, &Params::new());
        for &code in FieldCode::ALL.iter().filter(|code| **code != FieldCode::Invalid) {
            assert!(!of_field(language, code, &sample(code)).contains(&not_accepted), "{language:?} {code}");
        }
    }
}

#[test]
fn every_reason_and_code_of_a_problem_has_its_own_text_in_each_language() {
    for &language in Language::ALL {
        let mut seen = BTreeSet::new();
        for &reason in Reason::ALL {
            let said = of_reason(language, reason, &sample_of_reason(reason));
            assert_written(&said, &format!("problem-reason-{}", dashed(reason.as_str())));
            assert!(seen.insert(said.clone()), "{language:?} {reason}: {said}");
        }
        let mut seen = BTreeSet::new();
        for code in Code::ALL {
            let problem = WholeRefusal { code: code.to_string(), ..WholeRefusal::default() };
            let said = problem.text(language);
            assert_written(&said, &problem.code);
            assert!(seen.insert(said.clone()), "{language:?} {}: {said}", problem.code);
        }
    }
}

#[test]
fn the_words_of_parameters_are_told_apart_in_each_language() {
    let kinds_with_texts = |code: FieldCode, kinds: &[RecordKind]| {
        for &language in Language::ALL {
            let said: BTreeSet<String> = kinds
                .iter()
                .map(|kind| of_field(language, code, &params(&[("kind", text_param(kind.as_str()))])))
                .collect();
            assert_eq!(said.len(), kinds.len(), "{language:?} {code}: {said:?}");
        }
    };
    use RecordKind::{
        Agreement, Client, Contact, Contribution, Donor, Notification, Office, Person, Plan, Report, Role,
    };
    kinds_with_texts(FieldCode::AlreadyExists, &[Donor, Contribution, Plan, Office, Person, Role]);
    kinds_with_texts(
        FieldCode::UnknownReference,
        &[Office, Donor, Agreement, Plan, Contribution, Person, Notification, Role],
    );
    kinds_with_texts(FieldCode::NotYours, &[Agreement, Contribution, Plan]);
    kinds_with_texts(FieldCode::Circular, &[Donor, Office]);
    kinds_with_texts(
        FieldCode::State,
        &[Agreement, Report, Contribution, Contact, Office, Person, Role, Client],
    );
    kinds_with_texts(FieldCode::Ambiguous, &[Donor, Plan, Person]);
    let plan = params(&[("kind", text_param("plan")), ("value", text_param("Chad 2026"))]);
    for &language in Language::ALL {
        for code in [FieldCode::Ambiguous, FieldCode::UnknownReference] {
            let said = of_field(language, code, &plan);
            assert!(said.contains("Chad 2026"), "{language:?} {code}: {said}");
        }
    }
    for &language in Language::ALL {
        let said: BTreeSet<String> = Situation::ALL
            .iter()
            .map(|with| {
                let with = params(&[("with", text_param(with.as_str())), ("measure", text_param("hhi"))]);
                let said = of_field(language, FieldCode::RequiredWith, &with);
                assert_written(&said, "reason-required-with");
                said
            })
            .collect();
        assert_eq!(said.len(), Situation::ALL.len(), "{language:?}: {said:?}");
    }
}

#[test]
fn states_and_fields_are_called_as_the_pages_call_them() {
    let french = |fault: Fault| of_field(Language::French, fault.code, &fault.params);
    let state = Fault::state(RecordKind::Report, "hq_clearance", "");
    assert_eq!(
        french(state),
        "L’état actuel du rapport (Au siège pour validation) ne permet pas cette étape."
    );
    for state in kernel::AgreementState::ALL {
        let said = french(Fault::state(RecordKind::Agreement, state.as_str(), ""));
        assert!(!said.contains(&format!("({state})")), "{said}");
    }
    for state in kernel::ReportState::ALL {
        let said = french(Fault::state(RecordKind::Report, state.as_str(), ""));
        assert!(!said.contains(&format!("({state})")), "{said}");
    }
    assert_eq!(french(Fault::closed_office()), "L’état actuel du bureau (Fermé) ne permet pas cette étape.");
    let day = chrono::NaiveDate::from_ymd_opt(2026, 3, 31).unwrap();
    assert_eq!(
        french(Fault::not_after("start_date", day)),
        "Cette date doit être postérieure à celle-ci\u{a0}: 31 mars 2026 (début)."
    );
    let left = FieldCode::MoreThanLeft.says("").amount(Money::usd(1_250_050));
    let said = french(left).replace(['\u{a0}', '\u{202f}'], " ");
    assert_eq!(said, "Ce montant dépasse le solde : 12 500,50 $ US.");
    let large = FieldCode::TooLarge.says("").with("max", 1_048_576);
    assert_eq!(
        of_field(Language::English, large.code, &large.params),
        "Too large: the maximum is 1,048,576 bytes."
    );
    let body = params(&[("max", Param::Number(1_048_576))]);
    assert_eq!(
        of_reason(Language::English, Reason::BodyTooLarge, &body),
        "This is too large: the maximum is 1,048,576 bytes."
    );
}

#[test]
fn what_has_no_code_is_shown_as_the_platform_says_it() {
    let told = |language, error: serde_json::Value| {
        serde_json::from_value::<FieldRefusal>(error).unwrap().html(language).to_string()
    };
    let old = json!({ "pointer": "/id", "detail": "is <odd>" });
    assert_eq!(told(Language::English, old.clone()), "is &lt;odd&gt;");
    assert_eq!(
        told(Language::French, old),
        "Cette saisie n’a pas été acceptée. <span lang=\"en\">is &lt;odd&gt;</span>"
    );
    let place = json!({ "code": "not_utf8", "detail": "line 7 is not UTF-8" });
    assert!(told(Language::French, place).ends_with(" <span lang=\"en\">line 7 is not UTF-8</span>"));
    let newer = json!({ "code": "of_a_newer_version", "detail": "is new" });
    assert_eq!(told(Language::English, newer), "is new");
    let escaped = json!({ "code": "not_a_number", "params": { "value": "<b>" }, "detail": "x" });
    assert!(told(Language::Spanish, escaped).contains("«&lt;b&gt;»"));
}

#[test]
fn the_languages_name_the_same_parameters() {
    const FILES: [&str; 3] = [
        include_str!("../../locales/en/reasons.ftl"),
        include_str!("../../locales/fr/reasons.ftl"),
        include_str!("../../locales/es/reasons.ftl"),
    ];
    let named = |source: &str| {
        let mut named: BTreeSet<(String, String)> = BTreeSet::new();
        let mut key = String::new();
        for line in source.lines() {
            if let Some((name, _)) = line.split_once(" = ").filter(|_| !line.starts_with([' ', '#'])) {
                key = name.to_owned();
            }
            let parts = line.split('$').skip(1);
            named.extend(parts.map(|part| {
                let name = part.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-').next();
                (key.clone(), name.unwrap_or_default().to_owned())
            }));
        }
        named
    };
    let english = named(FILES[0]);
    for source in FILES {
        let of =
            |key: &str| ["reason-", "problem-reason-", "situation-"].iter().any(|of| key.starts_with(of));
        let differs: Vec<_> = named(source).symmetric_difference(&english).cloned().collect();
        let differs: Vec<_> = differs.iter().filter(|(key, _)| of(key)).collect();
        assert!(differs.is_empty(), "{differs:?}");
    }
    for (key, name) in english.iter().filter(|(key, _)| key.starts_with("reason-")) {
        assert!(PARAMETERS.contains(&name.as_str()) || name == "sent", "{key} names {name}");
    }
}
