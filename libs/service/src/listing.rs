//! Lists: JSON page by page, or the whole list as CSV or XLSX, by `Accept`.

use crate::Answer;
use actix_web::{HttpRequest, HttpResponse, http::header};
use auth::Failure;
use bytes::Bytes;
use futures_util::stream;
use kernel::{
    Code, Money, Problem,
    pagination::{DEFAULT_LIMIT, ForeignCursor, MAX_LIMIT, Page, decode_cursor, list_fingerprint},
};
use rust_xlsxwriter::{Format, Workbook, Worksheet};
use serde::{Serialize, de::DeserializeOwned};
use std::{future::Future, pin::Pin};
use utoipa::ToSchema;

/// Rows fetched at once for an export.
const EXPORT_PAGE: u64 = 1000;
/// Rows of an XLSX file; beyond it CSV, which is streamed, is the answer.
const XLSX_ROWS: usize = 100_000;
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// A cell of an exported list.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// Text; never taken for a formula.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// An exact amount, without its currency.
    Amount(Money),
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Cell::Text(text.to_owned())
    }
}
impl From<String> for Cell {
    fn from(text: String) -> Self {
        Cell::Text(text)
    }
}
impl From<i64> for Cell {
    fn from(number: i64) -> Self {
        Cell::Integer(number)
    }
}
impl From<Money> for Cell {
    fn from(money: Money) -> Self {
        Cell::Amount(money)
    }
}
impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Cell::Empty, Into::into)
    }
}

impl Cell {
    /// As CSV. A text that a spreadsheet would run as a formula gets an apostrophe in front (OWASP, CSV injection).
    pub(crate) fn csv_text(&self) -> String {
        match self {
            Cell::Empty => String::new(),
            Cell::Text(text) if text.starts_with(['=', '+', '-', '@', '\t', '\r']) => format!("'{text}"),
            Cell::Text(text) => text.clone(),
            Cell::Integer(number) => number.to_string(),
            Cell::Amount(money) => money.to_string(),
        }
    }
}

/// A row of an exported list.
pub trait Row {
    /// Column names, as in the JSON.
    const COLUMNS: &'static [&'static str];
    /// The cells, in the order of the columns.
    fn cells(&self) -> Vec<Cell>;
}

/// A list as JSON.
#[derive(Debug, Serialize, ToSchema)]
pub struct Envelope<T> {
    /// The rows of this page.
    #[schema(max_items = 200)]
    pub items: Vec<T>,
    /// Send it as `cursor` for the next page; null on the last one.
    #[schema(max_length = 2000)]
    pub next_cursor: Option<String>,
}

/// Which page of a list.
#[derive(Debug, Clone)]
pub struct PageRequest {
    /// Rows wanted.
    pub limit: u64,
    /// The cursor of the page before.
    pub cursor: Option<String>,
    /// Fingerprint of the list and its filters, to make and check cursors.
    pub fingerprint: String,
}

impl PageRequest {
    /// The key behind the cursor; none on the first page.
    ///
    /// # Errors
    /// 400 for a cursor of another list or of other filters.
    pub fn after<K: DeserializeOwned>(&self) -> Result<Option<K>, Problem> {
        let key = self.cursor.as_deref().map(|cursor| decode_cursor(&self.fingerprint, cursor)).transpose();
        key.map_err(|error: ForeignCursor| {
            Problem::new(Code::InvalidCursor).field("cursor", error.to_string())
        })
    }

    /// Makes the page out of rows fetched with `limit + 1`.
    pub fn page<T, K: Serialize>(&self, rows: Vec<T>, key: impl Fn(&T) -> K) -> Page<T> {
        kernel::pagination::page_of(rows, self.limit, &self.fingerprint, key)
    }
}

type Fetching<T> = Pin<Box<dyn Future<Output = Result<Page<T>, Failure>>>>;

/// Answers a list. `fetch` gives one page; for CSV and XLSX it is asked until there is no next one.
///
/// # Errors
/// 400 for a limit or a cursor that does not fit, 406 for a media type nobody writes, and what `fetch` refuses.
pub async fn list<T: Row + Serialize + 'static>(
    request: &HttpRequest,
    name: &'static str,
    filters: &impl Serialize,
    limit: Option<u64>,
    cursor: Option<String>,
    fetch: impl Fn(PageRequest) -> Fetching<T> + 'static,
) -> Answer {
    let limit = limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        return Err(Problem::invalid_parameter("limit", format!("must be 1 to {MAX_LIMIT}")).into());
    }
    let page = PageRequest { limit, cursor, fingerprint: list_fingerprint(name, filters) };
    match representation(request)? {
        Representation::Json => json_page(request, fetch(page).await?),
        Representation::Csv => csv_stream(name, page, fetch).await,
        Representation::Xlsx => xlsx(name, &[], page, fetch).await,
    }
}

/// Answers a report: a list that is whole in one page, whose XLSX begins with a sheet that says what it is about.
///
/// # Errors
/// 406 for a media type nobody writes.
pub async fn report<T: Row + Serialize + 'static>(
    request: &HttpRequest,
    name: &'static str,
    title: &[(&str, Cell)],
    rows: Vec<T>,
) -> Answer {
    let page = PageRequest { limit: MAX_LIMIT, cursor: None, fingerprint: String::new() };
    let rows = std::cell::Cell::new(rows);
    let fetch = move |_| -> Fetching<T> {
        let page = Page { items: rows.take(), next: None };
        Box::pin(std::future::ready(Ok(page)))
    };
    match representation(request)? {
        Representation::Json => json_page(request, fetch(page).await?),
        Representation::Csv => csv_stream(name, page, fetch).await,
        Representation::Xlsx => xlsx(name, title, page, fetch).await,
    }
}

enum Representation {
    Json,
    Csv,
    Xlsx,
}

fn representation(request: &HttpRequest) -> Result<Representation, Problem> {
    let accept = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("*/*");
    for range in accept.split(',').filter_map(|range| range.split(';').next()) {
        match range.trim() {
            "application/json" | "application/*" | "*/*" | "" => return Ok(Representation::Json),
            "text/csv" | "text/*" => return Ok(Representation::Csv),
            XLSX => return Ok(Representation::Xlsx),
            _ => {}
        }
    }
    let why = format!("lists are application/json, text/csv or {XLSX}");
    Err(Problem::new(Code::NotAcceptable).field("accept", why))
}

fn json_page<T: Serialize>(request: &HttpRequest, page: Page<T>) -> Answer {
    let mut headers = Vec::new();
    if let Some(next) = &page.next {
        let kept =
            request.query_string().split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("cursor="));
        let query: Vec<&str> = kept.collect();
        let glue = if query.is_empty() { "" } else { "&" };
        let url = format!("{}?{}{glue}cursor={next}", request.path(), query.join("&"));
        headers.push(("link", format!("<{url}>; rel=\"next\"")));
    }
    headers.push(("vary", "accept".to_owned()));
    let body = Envelope { items: page.items, next_cursor: page.next };
    crate::answer::json(actix_web::http::StatusCode::OK, &headers, &body)
}

fn csv_chunk<T: Row>(header: bool, rows: &[T]) -> Result<Bytes, Failure> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    if header {
        writer.write_record(T::COLUMNS).map_err(|error| Failure::internal(&error))?;
    }
    for row in rows {
        let cells: Vec<String> = row.cells().iter().map(Cell::csv_text).collect();
        writer.write_record(&cells).map_err(|error| Failure::internal(&error))?;
    }
    let bytes = writer.into_inner().map_err(|error| Failure::internal(error.error()))?;
    Ok(Bytes::from(bytes))
}

async fn csv_stream<T: Row + 'static>(
    name: &str,
    first: PageRequest,
    fetch: impl Fn(PageRequest) -> Fetching<T> + 'static,
) -> Answer {
    let mut request = PageRequest { limit: EXPORT_PAGE, ..first };
    // The first page is fetched before the answer starts, so that what is wrong is still told with a status.
    request.cursor = None;
    let page = fetch(request.clone()).await?;
    let head = csv_chunk(true, &page.items)?;
    let rest = stream::unfold((page.next, request, fetch), |(next, mut request, fetch)| async move {
        request.cursor = Some(next?);
        let page = fetch(request.clone()).await;
        Some(match page.and_then(|page| Ok((csv_chunk(false, &page.items)?, page.next))) {
            Ok((chunk, next)) => (Ok(chunk), (next, request, fetch)),
            Err(failure) => (Err(failure), (None, request, fetch)),
        })
    });
    let body = futures_util::StreamExt::chain(stream::once(async move { Ok::<_, Failure>(head) }), rest);
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.csv\"")))
        .insert_header((header::VARY, "accept"))
        .streaming(body))
}

/// A cell of a sheet, as a value: never a formula.
fn write(
    sheet: &mut Worksheet,
    (line, column): (u32, u16),
    cell: Cell,
) -> Result<(), rust_xlsxwriter::XlsxError> {
    match cell {
        Cell::Empty => {}
        Cell::Text(text) => {
            sheet.write_string(line, column, text)?;
        }
        #[expect(clippy::cast_precision_loss, reason = "a spreadsheet's numbers are doubles")]
        Cell::Integer(number) => {
            sheet.write_number(line, column, number as f64)?;
        }
        Cell::Amount(money) => {
            let number: f64 = money.to_string().parse().unwrap_or_default();
            sheet.write_number(line, column, number)?;
        }
    }
    Ok(())
}

/// The sheet before the list: names and values.
fn title_sheet(workbook: &mut Workbook, title: &[(&str, Cell)]) -> Result<(), rust_xlsxwriter::XlsxError> {
    if title.is_empty() {
        return Ok(());
    }
    let sheet = workbook.add_worksheet();
    sheet.set_name("About")?;
    sheet.set_column_width(0, 24)?;
    sheet.set_column_width(1, 100)?;
    let bold = Format::new().set_bold();
    for (line, (name, value)) in (0u32..).zip(title) {
        sheet.write_with_format(line, 0, *name, &bold)?;
        write(sheet, (line, 1), value.clone())?;
    }
    Ok(())
}

async fn xlsx<T: Row>(
    name: &str,
    title: &[(&str, Cell)],
    first: PageRequest,
    fetch: impl Fn(PageRequest) -> Fetching<T>,
) -> Answer {
    let internal = |error: rust_xlsxwriter::XlsxError| Failure::internal(&error);
    let mut request = PageRequest { limit: EXPORT_PAGE, cursor: None, ..first };
    let mut workbook = Workbook::new();
    title_sheet(&mut workbook, title).map_err(internal)?;
    let sheet = workbook.add_worksheet();
    sheet.set_freeze_panes(1, 0).map_err(internal)?;
    let bold = Format::new().set_bold();
    for (column, title) in (0u16..).zip(T::COLUMNS) {
        sheet.write_with_format(0, column, *title, &bold).map_err(internal)?;
    }
    let mut line: u32 = 1;
    loop {
        let page = fetch(request.clone()).await?;
        if line as usize + page.items.len() > XLSX_ROWS {
            let why =
                format!("the list has more than {XLSX_ROWS} rows: ask for text/csv, which has no limit");
            return Err(Problem::new(Code::NotAcceptable).field("accept", why).into());
        }
        for row in &page.items {
            for (column, cell) in (0u16..).zip(row.cells()) {
                write(sheet, (line, column), cell).map_err(internal)?;
            }
            line += 1;
        }
        match page.next {
            Some(next) => request.cursor = Some(next),
            None => break,
        }
    }
    let bytes = workbook.save_to_buffer().map_err(internal)?;
    Ok(HttpResponse::Ok()
        .content_type(XLSX)
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.xlsx\"")))
        .insert_header((header::VARY, "accept"))
        .body(bytes))
}
