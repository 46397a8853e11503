//! Lists: JSON page by page, or the whole list as CSV or XLSX, by `Accept`.

mod csv;
mod xlsx;

use crate::{Answer, export, negotiation::Representation};
use actix_web::HttpRequest;
use auth::Failure;
use kernel::{
    Code, Money, Problem,
    pagination::{DEFAULT_LIMIT, ForeignCursor, MAX_LIMIT, Page, decode_cursor, list_fingerprint},
};
use serde::{Serialize, de::DeserializeOwned};
use std::{future::Future, pin::Pin};
use utoipa::ToSchema;

/// Rows fetched at once for an export.
const EXPORT_PAGE: u64 = 1000;

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

    /// The first of the pages that an export is made of.
    fn for_export(self) -> Self {
        Self { limit: EXPORT_PAGE, cursor: None, ..self }
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
/// 400 for a limit or a cursor that does not fit, 406 for a media type nobody writes, 429 for an export beside another
/// one of the same caller, and what `fetch` refuses.
pub async fn list<T: Row + Serialize + Send + 'static>(
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
    represented(request, name, Vec::new(), page, fetch).await
}

/// Answers a report: a list that is whole in one page, whose XLSX begins with a sheet that says what it is about.
///
/// # Errors
/// 406 for a media type nobody writes, 429 for an export beside another one of the same caller.
pub async fn report<T: Row + Serialize + Send + 'static>(
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
    let title = title.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    represented(request, name, title, page, fetch).await
}

async fn represented<T: Row + Serialize + Send + 'static>(
    request: &HttpRequest,
    name: &'static str,
    title: Vec<(String, Cell)>,
    page: PageRequest,
    fetch: impl Fn(PageRequest) -> Fetching<T> + 'static,
) -> Answer {
    let representation = Representation::of(request)?;
    if representation == Representation::Json {
        return json_page(request, fetch(page).await?);
    }
    let exports = export::of(request);
    let turn = exports.turn(export::caller(request)).await?;
    match representation {
        Representation::Xlsx => xlsx::file(name, title, page, fetch, (exports, turn)).await,
        Representation::Json | Representation::Csv => csv::stream(name, page, fetch, turn).await,
    }
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
