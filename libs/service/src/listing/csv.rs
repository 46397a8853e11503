//! A list as CSV, streamed page by page.

use super::{Cell, Fetching, PageRequest, Row};
use crate::{ApiResult, export::Turn};
use actix_web::{HttpResponse, http::header};
use auth::ApiError;
use bytes::Bytes;
use futures_util::{StreamExt, stream};

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

fn chunk<T: Row>(header: bool, rows: &[T]) -> Result<Bytes, ApiError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    if header {
        writer
            .write_record(T::COLUMNS.iter().map(|(name, _)| name))
            .map_err(|error| ApiError::internal(&error))?;
    }
    for row in rows {
        let cells: Vec<String> = row.cells().map(|cell| cell.csv_text()).collect();
        writer.write_record(&cells).map_err(|error| ApiError::internal(&error))?;
    }
    let bytes = writer.into_inner().map_err(|error| ApiError::internal(error.error()))?;
    Ok(Bytes::from(bytes))
}

/// The whole list; the caller's turn ends with the answer.
pub(super) async fn stream<T: Row + 'static>(
    first: PageRequest,
    fetch: impl Fn(PageRequest) -> Fetching<T> + 'static,
    turn: Turn,
) -> ApiResult {
    // The first page is fetched before the response starts, so that errors still get a status.
    let name = first.name;
    let request = first.for_export();
    let page = fetch(request.clone()).await?;
    let head = chunk(true, &page.items)?;
    let state = (page.next, request, fetch, turn);
    let rest = stream::unfold(state, |(next, mut request, fetch, turn)| async move {
        request.cursor = Some(next?);
        let page = fetch(request.clone()).await;
        Some(match page.and_then(|page| Ok((chunk(false, &page.items)?, page.next))) {
            Ok((chunk, next)) => (Ok(chunk), (next, request, fetch, turn)),
            Err(failure) => (Err(failure), (None, request, fetch, turn)),
        })
    });
    let body = stream::once(async move { Ok::<_, ApiError>(head) }).chain(rest);
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.csv\"")))
        .insert_header((header::VARY, "accept"))
        .streaming(body))
}
