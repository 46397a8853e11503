use super::*;
use actix_web::test::TestRequest;

fn status_of(name: &'static str, value: &'static str) -> u16 {
    let request = TestRequest::get().insert_header((name, value)).to_http_request();
    match name {
        "if-match" => if_match(&request, 3).map_or_else(|failure| failure.0.status, |()| 200),
        _ => record(&request, 3, &"body").unwrap().status().as_u16(),
    }
}

#[test]
fn a_reader_that_has_the_version_is_told_so_however_the_tag_is_written() {
    for known in ["\"3\"", "W/\"3\"", "\"1\", \"3\"", "\"a,b\" , W/\"3\"", "*", " * "] {
        assert_eq!(status_of("if-none-match", known), 304, "{known}");
    }
    for other in ["\"4\"", "3", "W/3", "\"*\"", ""] {
        assert_eq!(status_of("if-none-match", other), 200, "{other}");
    }
    let lines = TestRequest::get()
        .append_header(("if-none-match", "\"1\""))
        .append_header(("if-none-match", "\"3\""))
        .to_http_request();
    assert_eq!(record(&lines, 3, &"body").unwrap().status(), 304);
}

#[test]
fn an_update_needs_the_strong_tag_or_takes_any_version() {
    for fits in ["\"3\"", "\"1\", \"3\"", "*"] {
        assert_eq!(status_of("if-match", fits), 200, "{fits}");
    }
    for stale in ["\"4\"", "W/\"3\"", "3", "", "\"*\""] {
        assert_eq!(status_of("if-match", stale), 412, "{stale}");
    }
    let without = TestRequest::get().to_http_request();
    assert_eq!(if_match(&without, 3).unwrap_err().0.status, 428);
}
