use super::*;
use crate::Row;
use actix_web::{
    App, HttpRequest,
    body::to_bytes,
    test::{self, TestRequest},
};
use kernel::{Money, pagination::Page};
use quick_xml::events::Event;
use serde::Serialize;
use std::{cell::Cell as Counter, io::Cursor, time::Duration};
use tokio::time::Instant;

#[derive(Serialize)]
struct Line(i64);

impl Row for Line {
    const COLUMNS: &'static [crate::Column<Self>] = &[
        ("number", |row| row.0.into()),
        ("text", |row| format!("=Zeile <{}> & \"é\"", row.0).into()),
        ("amount", |row| Money::usd(row.0 * 100 + 5).into()),
        ("nothing", |_| Cell::Empty),
    ];
}

/// A list of so many rows, each page there at once: nothing but the export itself lets others go on.
fn lines(rows: i64) -> impl Fn(PageRequest) -> Fetching<Line> {
    move |page| {
        let first: i64 = page.cursor.as_deref().map_or(0, |cursor| cursor.parse().unwrap());
        let last = rows.min(first + i64::try_from(page.limit).unwrap());
        let next = (last < rows).then(|| last.to_string());
        Box::pin(std::future::ready(Ok(Page { items: (first..last).map(Line).collect(), next })))
    }
}

fn request() -> PageRequest {
    PageRequest { name: "lines", limit: 50, cursor: None, fingerprint: String::new() }
}

async fn exported(title: &[(&str, Cell)], rows: i64) -> ApiResult {
    let exports = Arc::new(Exports::default());
    let turn = exports.turn("caller".to_owned()).await?;
    let title = title.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    file(title, request(), lines(rows), (exports, turn)).await
}

/// The cells of a sheet, line by line, as a spreadsheet program reads them: type and text. Whatever else a cell had (a
/// formula) would be in the text of its type.
fn cells(book: &[u8], sheet: &str) -> Vec<Vec<(String, String)>> {
    let mut archive = zip::ZipArchive::new(Cursor::new(book)).unwrap();
    let mut xml = String::new();
    archive.by_name(&format!("xl/worksheets/{sheet}.xml")).unwrap().read_to_string(&mut xml).unwrap();
    let mut reader = quick_xml::Reader::from_str(&xml);
    let mut lines: Vec<Vec<(String, String)>> = Vec::new();
    loop {
        match reader.read_event().unwrap() {
            Event::Start(tag) if tag.name().as_ref() == "row" => lines.push(Vec::new()),
            Event::Start(tag) if tag.name().as_ref() == "c" => {
                let kind = tag.try_get_attribute("t").unwrap();
                let kind = kind.map(|kind| kind.value.into_owned());
                lines.last_mut().unwrap().push((kind.unwrap_or_default(), String::new()));
            }
            Event::Start(tag) => assert_ne!(tag.name().as_ref(), "f", "a formula"),
            Event::Text(text) => {
                if let Some((_, cell)) = lines.last_mut().and_then(|line| line.last_mut()) {
                    cell.push_str(&text);
                }
            }
            Event::GeneralRef(name) => {
                let (_, cell) = lines.last_mut().unwrap().last_mut().unwrap();
                cell.push_str(&format!("&{};", &*name));
            }
            Event::Eof => return lines,
            Event::End(_)
            | Event::Empty(_)
            | Event::CData(_)
            | Event::Comment(_)
            | Event::Decl(_)
            | Event::PI(_)
            | Event::DocType(_) => {}
        }
    }
}

#[actix_web::test]
async fn a_spreadsheet_reads_every_row_and_nothing_is_a_formula() {
    let answer = exported(&[("about", Cell::from("what it is"))], 2500).await.unwrap();
    let bytes = to_bytes(answer.into_body()).await.unwrap();
    assert_eq!(cells(&bytes, "sheet1").len(), 1);
    let sheet = cells(&bytes, "sheet2");
    assert_eq!(sheet.len(), 2501);
    let text = |text: String| ("inlineStr".to_owned(), text);
    assert_eq!(sheet[0], ["number", "text", "amount", "nothing"].map(|name| text(name.to_owned())));
    for line in [1, 1000, 2500] {
        let number = line - 1;
        let expected = [
            (String::new(), number.to_string()),
            text(format!("=Zeile &lt;{number}&gt; &amp; \"é\"")),
            (String::new(), format!("{number}.05")),
        ];
        assert_eq!(sheet[line], expected);
    }
}

#[actix_web::test]
async fn other_requests_go_on_while_a_file_is_written() {
    let longest = Counter::new(Duration::ZERO);
    let ticks = async {
        loop {
            let started = Instant::now();
            tokio::time::sleep(Duration::from_millis(2)).await;
            longest.set(longest.get().max(started.elapsed()));
        }
    };
    let started = Instant::now();
    let answer = tokio::select! {
        answer = exported(&[], 20_000) => answer.unwrap(),
        () = ticks => unreachable!(),
    };
    let took = started.elapsed();
    assert_eq!(answer.status(), 200);
    // Written where requests are answered, the longest pause would be all of it.
    assert!(longest.get() * 4 < took, "a pause of {:?} in {took:?}", longest.get());
}

#[actix_web::test]
async fn a_list_that_is_too_long_is_refused_and_a_caller_who_is_gone_ends_it() {
    let exports = Arc::new(Exports::default());
    let turn = exports.turn("caller".to_owned()).await.unwrap();
    // In one page, so that the test does not write what is refused.
    let long: fn(PageRequest) -> Fetching<Line> = |_| {
        let rows = (0..=i64::try_from(MAX_ROWS).unwrap()).map(Line).collect();
        Box::pin(std::future::ready(Ok(Page { items: rows, next: None })))
    };
    let refused = file(Vec::new(), request(), long, (exports.clone(), turn)).await.unwrap_err();
    assert_eq!(refused.0.status, 406);
    let turn = exports.turn("caller".to_owned()).await.unwrap();
    let never: fn(PageRequest) -> Fetching<Line> = |_| Box::pin(std::future::pending());
    let gone = file(Vec::new(), request(), never, (exports.clone(), turn));
    assert!(tokio::time::timeout(Duration::from_millis(50), gone).await.is_err());
    exports.turn("caller".to_owned()).await.unwrap();
    // Both writers can be had again: nothing waits for rows that never come.
    let both = futures_util::future::join(exports.writer(), exports.writer()).await;
    assert!(both.0.is_ok() && both.1.is_ok());
}

#[actix_web::test]
async fn exports_of_one_caller_take_turns_to_the_end_of_the_answer() {
    let exports = Arc::new(Exports::default());
    let first = exports.turn("caller".to_owned()).await.unwrap();
    let answer = file(Vec::new(), request(), lines(10), (exports.clone(), first)).await.unwrap();
    let soon = Duration::from_millis(50);
    assert!(tokio::time::timeout(soon, exports.turn("caller".to_owned())).await.is_err());
    assert!(tokio::time::timeout(soon, exports.turn("another".to_owned())).await.is_ok());
    to_bytes(answer.into_body()).await.unwrap();
    assert!(tokio::time::timeout(soon, exports.turn("caller".to_owned())).await.is_ok());
}

#[actix_web::test]
async fn a_list_takes_the_turn_of_its_caller_for_files_but_not_for_pages() {
    let folder = testkit::folder();
    let clock = Arc::new(kernel::SystemClock);
    let store = store::Store::open_sqlite(&folder.path().join("x.db"), clock.clone()).await.unwrap();
    let keys = Arc::new(auth::HttpKeySource::new("http://127.0.0.1:1", auth::InternalKey::random()));
    let context = crate::Context::new("x", store, auth::Verifier::new("x", keys, clock));
    let handler = async |request: HttpRequest, context: web::Data<crate::Context>| {
        let scope = store::TenantScope::Organisation { organisation_id: kernel::OrganisationId::nil() };
        let paging = crate::Paging::default();
        let fetch = async |_: &store::Snapshot, _: &store::TenantScope, page: &PageRequest| {
            lines(10_000)(page.clone()).await
        };
        let page = paging.of("lines", &())?;
        crate::list(&request, &context, scope, page, fetch).await
    };
    let app = App::new().app_data(web::Data::new(context)).route("/", web::get().to(handler));
    let app = test::init_service(app).await;
    let ask = async |accept: &'static str, origin: &'static str| {
        let request = TestRequest::get().uri("/").insert_header(("accept", accept));
        let request = request.insert_header(("x-forwarded-for", origin)).to_request();
        let answer = test::call_service(&app, request);
        tokio::time::timeout(Duration::from_millis(300), answer).await.ok()
    };
    // The answer has begun and is not read.
    let under_way = ask("text/csv", "192.0.2.1").await.unwrap();
    assert_eq!(under_way.status(), 200);
    assert!(ask("text/csv", "192.0.2.1").await.is_none(), "it waits");
    assert!(ask("application/json", "192.0.2.1").await.is_some());
    assert!(ask("text/csv", "192.0.2.2").await.is_some(), "another caller");
    test::read_body(under_way).await;
    assert!(ask("text/csv", "192.0.2.1").await.is_some());
}

#[test]
fn a_text_is_cut_where_a_cell_ends_between_two_characters_and_with_a_mark() {
    let longest = "x".repeat(MAX_CELL_UNITS);
    assert_eq!(within_cell(&longest), longest);
    for (text, characters) in [
        (format!("{longest}x"), MAX_CELL_UNITS),
        // Each of these has two units, so one unit stays free.
        ("\u{1f600}".repeat(MAX_CELL_UNITS / 2 + 1), MAX_CELL_UNITS / 2 + 1),
        (format!("é{}", "\u{1f600}".repeat(20_000)), MAX_CELL_UNITS / 2 + 1),
        ("é".repeat(40_000), MAX_CELL_UNITS),
    ] {
        let cut = within_cell(&text);
        assert!(cut.ends_with(CUT) && text.starts_with(cut.trim_end_matches(CUT)));
        assert!((MAX_CELL_UNITS - 1..=MAX_CELL_UNITS).contains(&cut.encode_utf16().count()));
        assert_eq!(cut.chars().count(), characters);
        let mut workbook = Workbook::new();
        put(workbook.add_worksheet(), (1, 0), Cell::Text(text.clone())).unwrap();
    }
}
