use super::*;
use actix_web::test::TestRequest;

fn chosen(accept: &str) -> Option<Representation> {
    let request = TestRequest::get().insert_header(("accept", accept)).to_http_request();
    Representation::of(&request).ok()
}

#[test]
fn a_list_is_answered_as_what_the_caller_wants_most() {
    use Representation::{Csv, Json, Xlsx};
    let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    let sheet = format!("{XLSX}, */*");
    for (accept, wanted) in [
        ("application/json", Json),
        ("text/csv", Csv),
        ("text/csv; charset=utf-8", Csv),
        ("TEXT/CSV", Csv),
        (XLSX, Xlsx),
        (sheet.as_str(), Xlsx),
        ("*/*", Json),
        ("", Json),
        ("application/*", Json),
        ("text/*", Csv),
        ("*/*, text/csv", Csv),
        ("text/csv, application/json", Csv),
        ("application/json, text/csv", Json),
        ("text/csv;q=0.1, application/json;q=0.9", Json),
        ("application/json;q=0.1, text/csv;q=0.9", Csv),
        ("text/csv;q=0, */*", Json),
        ("application/json;q=0, */*", Csv),
        ("text/*;q=0.5, text/csv;q=0, application/json;q=0.1", Json),
        (browser, Json),
    ] {
        assert_eq!(chosen(accept), Some(wanted), "{accept}");
    }
}

#[test]
fn what_nobody_writes_is_not_acceptable() {
    for accept in ["text/html", "application/json;q=0", "*/*;q=0", "image/*, text/plain"] {
        assert_eq!(chosen(accept), None, "{accept}");
    }
    let without = TestRequest::get().to_http_request();
    assert_eq!(Representation::of(&without), Ok(Representation::Json));
}
