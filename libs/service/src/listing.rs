//! Lists: JSON page by page, or the whole list as CSV or XLSX, by `Accept`.

mod csv;
mod xlsx;

use crate::{ApiResult, Context, export, negotiation::Representation};
use actix_web::{FromRequest, HttpRequest, dev::Payload};
use auth::ApiError;
use chrono::NaiveDate;
use kernel::{
    Code, Fault, FieldCode, Id, Money, Problem,
    pagination::{DEFAULT_LIMIT, ForeignCursor, MAX_LIMIT, Page, decode_cursor, list_fingerprint},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{
    future::{Future, Ready, ready},
    pin::Pin,
    rc::Rc,
};
use store::{Snapshot, TenantScope};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// Rows fetched at once for an export.
const EXPORT_PAGE_SIZE: u64 = 1000;

/// A cell of an exported list.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// Text; never interpreted as a formula.
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

impl From<bool> for Cell {
    fn from(value: bool) -> Self {
        Cell::Text(value.to_string())
    }
}
impl From<Uuid> for Cell {
    fn from(id: Uuid) -> Self {
        Cell::Text(id.to_string())
    }
}
impl<K> From<Id<K>> for Cell {
    fn from(id: Id<K>) -> Self {
        Cell::Text(id.to_string())
    }
}
impl From<NaiveDate> for Cell {
    fn from(date: NaiveDate) -> Self {
        Cell::Text(date.to_string())
    }
}

/// One cell of several values, with blanks between them.
pub fn joined<T: ToString>(values: impl IntoIterator<Item = T>) -> Cell {
    let texts: Vec<String> = values.into_iter().map(|value| value.to_string()).collect();
    Cell::Text(texts.join(" "))
}

/// A column of an exported list: its name, as in the JSON, and the cell of a row.
pub type Column<T> = (&'static str, fn(&T) -> Cell);

/// A row of an exported list.
pub trait Row: Sized + 'static {
    /// The columns, from left to right.
    const COLUMNS: &'static [Column<Self>];

    /// The cells of this row.
    fn cells(&self) -> impl Iterator<Item = Cell> {
        Self::COLUMNS.iter().map(|(_, cell)| cell(self))
    }
}

/// A list as JSON.
#[derive(Debug, Serialize, ToSchema)]
pub struct Envelope<T> {
    /// The rows of this page.
    #[schema(max_items = 200)]
    pub items: Vec<T>,
    /// Pass it as `cursor` to get the next page; null on the last page.
    #[schema(max_length = 2000)]
    pub next_cursor: Option<String>,
}

/// Which page of a list.
#[derive(Debug, Clone)]
pub struct PageRequest {
    /// The name of the list: its files are called so.
    pub name: &'static str,
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
            Problem::new(Code::InvalidCursor)
                .field("cursor", FieldCode::ForeignCursor.says(error.to_string()))
        })
    }

    /// The first of the pages that an export is made of.
    fn for_export(self) -> Self {
        Self { limit: EXPORT_PAGE_SIZE, cursor: None, ..self }
    }

    /// Makes the page out of rows fetched with `limit + 1`.
    pub fn page<T, K: Serialize>(&self, rows: Vec<T>, key: impl Fn(&T) -> K) -> Page<T> {
        kernel::pagination::page_of(rows, self.limit, &self.fingerprint, key)
    }
}

type Fetching<T> = Pin<Box<dyn Future<Output = Result<Page<T>, ApiError>>>>;

/// The page of a list that a caller asks for.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Paging {
    /// Number of rows per page, 1 to 200. Defaults to 50.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u64>,
    /// Cursor of the next page: `next_cursor` of the previous page.
    #[param(max_length = 2000)]
    cursor: Option<String>,
}

impl Paging {
    /// The page of a list. `filters` are all that decides what is listed, in what order: a cursor holds with the same ones
    /// only.
    ///
    /// # Errors
    /// 400 for a limit that does not fit.
    pub fn of(self, name: &'static str, filters: &impl Serialize) -> Result<PageRequest, Problem> {
        let limit = self.limit.unwrap_or(DEFAULT_LIMIT);
        if !(1..=MAX_LIMIT).contains(&limit) {
            let max = i64::try_from(MAX_LIMIT).unwrap_or(i64::MAX);
            return Err(Problem::invalid_parameter("limit", Fault::out_of_range(1, max)));
        }
        Ok(PageRequest { name, limit, cursor: self.cursor, fingerprint: list_fingerprint(name, filters) })
    }
}

/// The query of a list: its filters, and [`Paging`] beside them.
pub struct Listed<F> {
    /// The filters.
    pub filter: F,
    /// The page.
    pub paging: Paging,
}

impl<F: DeserializeOwned + IntoParams + 'static> FromRequest for Listed<F> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(listed(request.query_string()).map_err(ApiError::from))
    }
}

fn listed<F: DeserializeOwned + IntoParams + 'static>(query: &str) -> Result<Listed<F>, Problem> {
    let is_paging = |pair: &&str| ["limit", "cursor"].contains(&pair.split('=').next().unwrap_or_default());
    let (paging, filter): (Vec<&str>, Vec<&str>) = query.split('&').partition(is_paging);
    Ok(Listed {
        filter: crate::parameters::checked(&filter.join("&"))?,
        paging: crate::parameters::checked(&paging.join("&"))?,
    })
}

/// Answers a list of what `scope` lets the caller see. `fetch` gives one page; for CSV and XLSX it is asked until there is
/// no next one, each page in a read of its own.
///
/// # Errors
/// 400 for an invalid cursor, 406 for an unsupported media type, 429 for a second export at the same time by the
/// same caller, and what `fetch` refuses.
pub async fn list<T: Row + Serialize + Send>(
    request: &HttpRequest,
    context: &Context,
    scope: TenantScope,
    page: PageRequest,
    fetch: impl AsyncFn(&Snapshot, &TenantScope, &PageRequest) -> Result<Page<T>, ApiError> + 'static,
) -> ApiResult {
    let shared = Rc::new((context.clone(), scope, fetch));
    let pages = move |page: PageRequest| -> Fetching<T> {
        let shared = Rc::clone(&shared);
        Box::pin(async move {
            let (context, scope, fetch) = &*shared;
            crate::read_within(context, scope, async |db| fetch(db, scope, &page).await).await
        })
    };
    represented(request, Vec::new(), page, pages).await
}

/// Answers a report: a list that is whole in one page, whose XLSX begins with a sheet that says what it is about.
///
/// # Errors
/// 406 for an unsupported media type, 429 for a second export at the same time by the same caller.
pub async fn report<T: Row + Serialize + Send + 'static>(
    request: &HttpRequest,
    name: &'static str,
    title: &[(&str, Cell)],
    rows: Vec<T>,
) -> ApiResult {
    let page = PageRequest { name, limit: MAX_LIMIT, cursor: None, fingerprint: String::new() };
    let rows = std::cell::Cell::new(rows);
    let fetch = move |_| -> Fetching<T> {
        let page = Page { items: rows.take(), next: None };
        Box::pin(std::future::ready(Ok(page)))
    };
    let title = title.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    represented(request, title, page, fetch).await
}

async fn represented<T: Row + Serialize + Send + 'static>(
    request: &HttpRequest,
    title: Vec<(String, Cell)>,
    page: PageRequest,
    fetch: impl Fn(PageRequest) -> Fetching<T> + 'static,
) -> ApiResult {
    let representation = Representation::of(request)?;
    if representation == Representation::Json {
        return json_page(request, fetch(page).await?);
    }
    let exports = export::of(request);
    let turn = exports.turn(export::caller(request)).await?;
    match representation {
        Representation::Xlsx => xlsx::file(title, page, fetch, (exports, turn)).await,
        Representation::Json | Representation::Csv => csv::stream(page, fetch, turn).await,
    }
}

fn json_page<T: Serialize>(request: &HttpRequest, page: Page<T>) -> ApiResult {
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
    crate::response::json(actix_web::http::StatusCode::OK, &headers, &body)
}
