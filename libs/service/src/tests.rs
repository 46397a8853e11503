use crate::{Cell, Checks, body, parameters};
use kernel::{Fault, FieldCode, FieldError, Money, Param};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    name: String,
    amount: Option<Money>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    limit: Option<u64>,
}

fn refused(json: &str) -> (u16, String, FieldCode, String) {
    let problem = body::parse::<Body>(json.as_bytes()).map(|body| (body.name, body.amount)).unwrap_err();
    let FieldError { pointer, code, detail, .. } = problem.errors[0].clone();
    (problem.status, pointer, code, detail)
}

#[test]
fn what_is_wrong_with_a_body_is_named_by_its_pointer() {
    assert_eq!(refused("not json").0, 400);
    assert_eq!(refused(r#"{"name":"a"} trailing"#).0, 400);
    assert_eq!(refused("not json").2, FieldCode::Malformed);
    let (status, pointer, code, detail) = refused("{}");
    assert_eq!((status, pointer.as_str(), detail.as_str()), (422, "/name", "is required"));
    assert_eq!(code, FieldCode::Required);
    let (_, pointer, code, _) = refused(r#"{"name":"a","nmae":"b"}"#);
    assert_eq!((pointer.as_str(), code), ("/nmae", FieldCode::UnknownField));
    let (_, pointer, code, _) = refused(r#"{"name":7}"#);
    assert_eq!((pointer.as_str(), code), ("/name", FieldCode::WrongType));
    let (_, pointer, code, detail) = refused(r#"{"name":"a","amount":{"amount":"1","currency":"ZZZ"}}"#);
    assert_eq!((pointer.as_str(), code), ("/amount/currency", FieldCode::NotACurrency));
    assert_eq!(detail, "\"ZZZ\" is not an ISO 4217 currency code");
}

#[test]
fn what_is_wrong_with_a_query_is_named_by_its_parameter() {
    let named = |query: &str| {
        let problem = parameters::parse::<Query>(query).map(|query| query.limit).unwrap_err();
        (problem.status, problem.errors[0].pointer.clone(), problem.errors[0].code)
    };
    assert_eq!(parameters::parse::<Query>("limit=3").unwrap().limit, Some(3));
    assert_eq!(named("limti=3"), (400, "limti".into(), FieldCode::UnknownField));
    assert_eq!(named("limit=x"), (400, "limit".into(), FieldCode::NotANumber));
}

#[test]
fn checks_tell_everything_at_once() {
    let mut checks = Checks::new();
    checks.text("/name", &"x".repeat(10_000), 300);
    checks.country("/country", "ZZZ");
    checks.one_of("/type", "gov", &["government"]);
    let problem = checks.finish().unwrap_err();
    let pointers: Vec<_> = problem.errors.iter().map(|error| error.pointer.as_str()).collect();
    assert_eq!(pointers, ["/name", "/country", "/type"]);
    let codes: Vec<_> = problem.errors.iter().map(|error| error.code).collect();
    assert_eq!(codes, [FieldCode::TooLong, FieldCode::NotACountry, FieldCode::NotOneOf]);
    assert_eq!(problem.errors[0].params["max"], Param::Number(300));
    assert_eq!(problem.errors[2].detail, "must be one of government, not \"gov\"");
}

#[test]
fn a_text_is_never_exported_as_a_formula() {
    assert_eq!(Cell::from("=1+1").csv_text(), "'=1+1");
    assert_eq!(Cell::from(Money::usd(-150)).csv_text(), "-1.50");
}

#[actix_web::test]
async fn a_request_that_finds_the_disk_full_says_so_and_is_told_to_readiness() {
    use actix_web::{App, HttpResponse, middleware::from_fn, test, web};
    use store::{Store, sql};

    let folder = testkit::folder();
    let clock = std::sync::Arc::new(kernel::SystemClock);
    let store = Store::open_sqlite(&folder.path().join("full.db"), clock).await.unwrap();
    sql::execute(store.writer(), "CREATE TABLE large (text text)", vec![]).await.unwrap();
    sql::row(store.writer(), "PRAGMA max_page_count = 2", vec![]).await.unwrap();
    let write = {
        let store = store.clone();
        move || {
            let store = store.clone();
            async move {
                let text = "INSERT INTO large VALUES ($1)";
                sql::execute(store.writer(), text, store::params!["x".repeat(100_000)]).await?;
                Ok::<_, auth::ApiError>(HttpResponse::Created().finish())
            }
        }
    };
    let noted = store.clone();
    let app = App::new()
        .route("/", web::post().to(write))
        .wrap(from_fn(move |request, next| crate::server::full_noted(noted.clone(), request, next)));
    let app = test::init_service(app).await;
    assert!(!store.is_full());
    let response = test::call_service(&app, test::TestRequest::post().uri("/").to_request()).await;
    assert_eq!(response.status(), 503);
    assert!(response.headers().contains_key("retry-after"));
    let problem: kernel::Problem = test::read_body_json(response).await;
    assert_eq!(problem.code.as_str(), "storage_full");
    assert!(store.is_full());
    sql::row(store.writer(), "PRAGMA max_page_count = 1000", vec![]).await.unwrap();
    let response = test::call_service(&app, test::TestRequest::post().uri("/").to_request()).await;
    assert_eq!(response.status(), 201);
}

#[test]
fn an_address_has_somebody_at_a_domain() {
    let refused = |address: &str| {
        let mut checks = Checks::new();
        checks.email("/email", address);
        !pointers(checks).is_empty()
    };
    for right in ["amina@example.org", "a.b+c@sub.example.org"] {
        assert!(!refused(right), "{right}");
    }
    let long = format!("{}@example.org", "a".repeat(250));
    for wrong in
        ["", "amina", "@example.org", "a@b", "a b@example.org", "a@b@example.org", "a@.org", "a@org.", &long]
    {
        assert!(refused(wrong), "{wrong}");
    }
}

fn pointers(checks: Checks) -> Vec<String> {
    checks.into_errors().into_iter().map(|error| error.pointer).collect()
}

#[test]
fn what_hides_or_turns_a_text_is_refused_and_what_languages_need_is_not() {
    let refused = |check: &dyn Fn(&mut Checks)| {
        let mut checks = Checks::new();
        check(&mut checks);
        !checks.into_errors().is_empty()
    };
    let line = |text: &str| refused(&|checks| checks.text("/name", text, 200));
    let long = |text: &str| refused(&|checks| checks.long_text("/text", text, 200));
    let file = |name: &str| refused(&|checks| checks.file_name("/file", name, 200));
    for turned in ["invoice\u{202e}fdp.exe", "a\u{202a}b", "a\u{2066}b", "a\u{0}b", "a\u{7f}b", "a\u{9b}b"] {
        assert!(line(turned) && long(turned) && file(turned), "{turned:?}");
    }
    for broken in ["two\nlines", "two\u{2028}lines", "a\tb"] {
        assert!(line(broken) && file(broken), "{broken:?}");
    }
    assert!(!long("two\nlines,\r\n\tand more"));
    for marked in ["a\u{200f}.pdf", "a\u{200b}.pdf", "\u{feff}a.pdf", "a\u{61c}b.pdf"] {
        assert!(file(marked) && !line(marked), "{marked:?}");
    }
    for written in
        ["مِنحة\u{200f} 2026", "می\u{200c}خواهم.pdf", "תרומה.pdf", "Rapport d’activité – été.pdf", "报告.docx"]
    {
        assert!(!line(written) && !long(written), "{written:?}");
    }
    assert!(!file("می\u{200c}خواهم.pdf") && !file("报告.docx"));
}

#[test]
fn a_list_that_is_too_long_is_one_error_and_only_what_is_allowed_of_it_is_looked_at() {
    let mut checks = Checks::new();
    let entries: Vec<u32> = (0..300_000).collect();
    assert_eq!(checks.at_most("/years", &entries, 30).len(), 30);
    assert_eq!(checks.at_most("/few", &entries[..30], 30).len(), 30);
    assert_eq!(pointers(checks), ["/years"]);
}

#[test]
fn an_answer_names_two_hundred_errors_at_most() {
    let mut checks = Checks::new();
    for index in 0..10_000 {
        checks.refuse(format!("/rows/{index}"), Fault::negative());
    }
    assert_eq!(pointers(checks).len(), 200);
}

mod words {
    use crate::body;
    use kernel::{Earmarking, FieldCode, Problem, Visibility};
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Record {
        #[serde(flatten)]
        shown: Shown,
        #[serde(default)]
        earmarking: Vec<Earmarking>,
        amount: u32,
    }

    #[derive(Debug, Deserialize)]
    struct Shown {
        visibility: Visibility,
    }

    fn read(text: &str) -> Result<(Record, Vec<String>), Problem> {
        let (record, wrong) = body::read(text.as_bytes())?;
        Ok((record, wrong.into_iter().map(|error| error.pointer).collect()))
    }

    #[test]
    fn every_word_that_is_none_of_its_set_is_named_at_its_place() {
        let (record, wrong) =
            read(r#"{ "visibility": "secret", "earmarking": ["earmarked", "tied", "loose"], "amount": 1 }"#)
                .unwrap();
        assert_eq!(wrong.len(), 3, "{wrong:?}");
        for place in ["/visibility", "/earmarking/1", "/earmarking/2"] {
            assert!(wrong.contains(&place.to_owned()), "{wrong:?}");
        }
        assert_eq!((record.amount, record.earmarking.len()), (1, 3), "the rest can be judged");
        assert_eq!(record.shown.visibility, Visibility::Internal);
        let (_, none) = read(r#"{ "visibility": "public", "amount": 1 }"#).unwrap();
        assert!(none.is_empty());
    }

    #[test]
    fn what_cannot_be_read_at_all_is_told_beside_the_words() {
        let refused =
            read(r#"{ "visibility": "public", "earmarking": ["tied"], "amount": "many" }"#).unwrap_err();
        let pointers: Vec<_> = refused.errors.iter().map(|error| error.pointer.as_str()).collect();
        assert!(pointers.contains(&"/earmarking/0") && pointers.len() == 2, "{pointers:?}");
        let codes: Vec<_> = refused.errors.iter().map(|error| error.code).collect();
        assert_eq!(codes, [FieldCode::NotOneOf, FieldCode::WrongType]);
        let refused = read("{").unwrap_err();
        assert_eq!((refused.status, refused.errors.len()), (400, 1));
    }

    #[test]
    fn a_body_of_nothing_but_wrong_words_ends() {
        let many = vec!["\"tied\""; 10_000].join(",");
        let text = format!(r#"{{ "visibility": "public", "amount": 1, "earmarking": [{many}] }}"#);
        let refused = read(&text).unwrap_err();
        assert!(refused.errors.len() <= 51, "{}", refused.errors.len());
    }
}
