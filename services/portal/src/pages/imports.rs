//! Imports: upload, progress, verdicts.

use super::{console::staff, donor::kernel_id, forms, given, handed_through};
use crate::{
    State,
    error::{PageError, or_error_page},
    i18n::PageLanguage,
    render::{Page, page},
    session::SignedIn,
};
use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{self, Data, Payload},
};
use futures_util::TryStreamExt;
use kernel::Problem;
use serde::Deserialize;
use serde_json::{Value, json};

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
/// What a file may be.
const FORMATS: [&str; 4] = ["csv", "xlsx", "iati", "fts"];
/// What a column of a table may stand for, in the order of the template.
const FIELDS: [&str; 25] = [
    "external_ref",
    "donor",
    "donor_ref",
    "donor_id",
    "donor_type",
    "status",
    "amount",
    "currency",
    "amount_usd",
    "exchange_rate",
    "exchange_rate_date",
    "exchange_rate_source",
    "decision_date",
    "flow_date",
    "budget_year",
    "usage_years",
    "countries",
    "earmarking",
    "contribution_type",
    "method",
    "keywords",
    "visibility",
    "new_money",
    "description",
    "agreement",
];
/// The columns that a table needs, each as one of several.
const NEEDED: [&[&str]; 5] =
    [&["external_ref"], &["donor", "donor_ref", "donor_id"], &["status"], &["amount"], &["currency"]];

#[derive(Default, Deserialize)]
pub(crate) struct Pages {
    cursor: Option<String>,
    verdict: Option<String>,
    format: Option<String>,
}

fn known_format(format: Option<&str>) -> &'static str {
    FORMATS.into_iter().find(|known| Some(*known) == format).unwrap_or("csv")
}

pub(crate) async fn list(request: HttpRequest, state: Data<State>, pages: web::Query<Pages>) -> HttpResponse {
    let shown = async {
        let signed_in = staff(&state, &request).await?;
        let query = given(&[("cursor", &pages.cursor)]);
        list_page(&request, &state, &signed_in, query, (known_format(pages.format.as_deref()), None)).await
    };
    or_error_page(shown.await, &request, &state)
}

async fn list_page(
    request: &HttpRequest,
    state: &State,
    signed_in: &SignedIn,
    query: Vec<(&'static str, String)>,
    (format, problem): (&str, Option<&Problem>),
) -> Result<HttpResponse, PageError> {
    let list = state.gateway.get(&signed_in.caller(request), "/v1/imports", &query).await?;
    let context = json!({ "list": list, "key": forms::key(), "problem": problem, "formats": FORMATS, "format": format,
        "may_import": signed_in.may("imports:write") });
    page(state, request, Some(signed_in), Page { template: "pages/console/imports.html", context })
}

#[derive(Deserialize)]
pub(crate) struct Upload {
    /// `check`, `import` or `skip`.
    mode: Option<String>,
    key: Option<String>,
    format: Option<String>,
    /// The check whose columns this upload maps.
    from: Option<String>,
}

pub(crate) async fn upload(
    request: HttpRequest,
    state: Data<State>,
    how: web::Query<Upload>,
    payload: Payload,
) -> HttpResponse {
    or_error_page(upload_page(&request, &state, &how, payload).await, &request, &state)
}

async fn upload_page(
    request: &HttpRequest,
    state: &State,
    how: &Upload,
    payload: Payload,
) -> Result<HttpResponse, PageError> {
    let signed_in = staff(state, request).await?;
    let mode = how.mode.as_deref().unwrap_or("import");
    let query = [
        ("format", known_format(how.format.as_deref()).to_owned()),
        ("dry_run", (mode == "check").to_string()),
        ("skip_bad", (mode == "skip").to_string()),
    ];
    let media_type = request.headers().get("content-type").and_then(|value| value.to_str().ok());
    let key = how.key.clone().unwrap_or_else(forms::key);
    let headers = [("content-type", media_type.unwrap_or_default()), ("idempotency-key", key.as_str())];
    let body = send_body(payload);
    match state.gateway.upload(&signed_in.caller(request), "/v1/imports", &query, headers, body).await {
        Ok(import) => {
            let id = import["id"].as_str().unwrap_or_default();
            let location = format!("{}/console/imports/{id}", PageLanguage::of(request, None).prefix());
            Ok(HttpResponse::SeeOther().insert_header(("location", location)).finish())
        }
        Err(PageError::Refused(problem)) if [400, 409, 413, 415, 422].contains(&problem.status) => {
            let mut response = match &how.from {
                Some(id) => {
                    shown(request, state, &signed_in, (id, &Pages::default()), Some(&problem)).await?
                }
                None => {
                    let format = known_format(how.format.as_deref());
                    list_page(request, state, &signed_in, Vec::new(), (format, Some(&problem))).await?
                }
            };
            *response.status_mut() = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::BAD_REQUEST);
            Ok(response)
        }
        Err(error) => Err(error),
    }
}

/// Hands a form with a file through to `path`, once for each `key`; a refusal is for the form to show again.
pub(super) async fn upload_to(
    request: &HttpRequest,
    state: &State,
    signed_in: &SignedIn,
    (path, query): (&str, &[(&str, String)]),
    key: Option<&str>,
    payload: Payload,
) -> Result<Result<Value, Value>, PageError> {
    let media_type = request.headers().get("content-type").and_then(|value| value.to_str().ok());
    let key = key.map_or_else(forms::key, str::to_owned);
    let headers = [("content-type", media_type.unwrap_or_default()), ("idempotency-key", key.as_str())];
    let caller = signed_in.caller(request);
    let sent = state.gateway.upload(&caller, path, query, headers, send_body(payload)).await;
    forms::refused(sent, "")
}

/// The body as a stream another thread can send: the reader's chunks, a few at a time.
fn send_body(
    mut payload: Payload,
) -> impl futures_util::Stream<Item = Result<bytes::Bytes, std::io::Error>> + Send + 'static {
    let (sender, receiver) = tokio::sync::mpsc::channel(8);
    actix_web::rt::spawn(async move {
        loop {
            let chunk = match payload.try_next().await {
                Ok(Some(chunk)) => Ok(chunk),
                Ok(None) => return,
                Err(error) => Err(std::io::Error::other(error.to_string())),
            };
            let failed = chunk.is_err();
            if sender.send(chunk).await.is_err() || failed {
                return;
            }
        }
    });
    futures_util::stream::unfold(receiver, |mut receiver| async move {
        let chunk = receiver.recv().await?;
        Some((chunk, receiver))
    })
}

pub(crate) async fn show(
    request: HttpRequest,
    state: Data<State>,
    id: web::Path<String>,
    pages: web::Query<Pages>,
) -> HttpResponse {
    or_error_page(show_page(&request, &state, &id, &pages).await, &request, &state)
}

async fn import_of(
    request: &HttpRequest,
    state: &State,
    signed_in: &SignedIn,
    id: &str,
) -> Result<Value, PageError> {
    let id = kernel_id(id).ok_or(PageError::NotFound)?;
    state.gateway.get(&signed_in.caller(request), &format!("/v1/imports/{id}"), &[]).await
}

async fn show_page(
    request: &HttpRequest,
    state: &State,
    id: &str,
    pages: &Pages,
) -> Result<HttpResponse, PageError> {
    let signed_in = staff(state, request).await?;
    shown(request, state, &signed_in, (id, pages), None).await
}

async fn shown(
    request: &HttpRequest,
    state: &State,
    signed_in: &SignedIn,
    (id, pages): (&str, &Pages),
    problem: Option<&Problem>,
) -> Result<HttpResponse, PageError> {
    let import = import_of(request, state, signed_in, id).await?;
    let rejected = import["rejected"].as_i64().unwrap_or(0) > 0;
    let verdict = pages.verdict.clone().or_else(|| rejected.then(|| "rejected".to_owned()));
    let mut query = given(&[("verdict", &verdict), ("cursor", &pages.cursor)]);
    query.push(("limit", "50".to_owned()));
    let rows =
        state.gateway.get(&signed_in.caller(request), &format!("/v1/imports/{id}/rows"), &query).await?;
    let under_way = ["queued", "applying"].contains(&import["state"].as_str().unwrap_or_default());
    let context = json!({ "import": import, "rows": rows, "verdict": verdict, "under_way": under_way,
        "missing": missing(&import), "fields": FIELDS, "key": forms::key(), "problem": problem,
        "may_import": signed_in.may("imports:write") });
    page(state, request, Some(signed_in), Page { template: "pages/console/import.html", context })
}

/// What no column of a table stands for, though it is needed.
fn missing(import: &Value) -> Vec<&'static str> {
    let columns = import["columns"].as_array().map(Vec::as_slice).unwrap_or_default();
    let there = |name: &str| columns.iter().any(|column| column["field"].as_str() == Some(name));
    let lacking = NEEDED.iter().filter(|names| !columns.is_empty() && !names.iter().any(|name| there(name)));
    lacking.filter_map(|names| names.first().copied()).collect()
}

/// The template of a table, as the file that its ending says.
pub(crate) async fn template(
    request: HttpRequest,
    state: Data<State>,
    kind: web::Path<String>,
) -> HttpResponse {
    let file = async {
        let caller = staff(&state, &request).await?.caller(&request);
        let (accept, media_type) = match kind.as_str() {
            "csv" => ("text/csv", "text/csv; charset=utf-8"),
            "xlsx" => (XLSX, XLSX),
            _ => return Err(PageError::NotFound),
        };
        let answer = state.gateway.file(&caller, "/v1/imports/template", &[], accept).await?;
        Ok(handed_through(answer, media_type, &format!("contributions-template.{kind}")))
    };
    or_error_page(file.await, &request, &state)
}

/// How far an import is, for the script that follows it.
pub(crate) async fn state(request: HttpRequest, state: Data<State>, id: web::Path<String>) -> HttpResponse {
    let shown = async {
        let signed_in = staff(&state, &request).await?;
        let import = import_of(&request, &state, &signed_in, &id).await?;
        Ok(HttpResponse::Ok().insert_header(("cache-control", "no-store")).json(import))
    };
    or_error_page(shown.await, &request, &state)
}

pub(crate) async fn rows_csv(
    request: HttpRequest,
    state: Data<State>,
    id: web::Path<String>,
) -> HttpResponse {
    let file = async {
        let caller = staff(&state, &request).await?.caller(&request);
        let id = kernel_id(&id).ok_or(PageError::NotFound)?;
        let answer = state.gateway.file(&caller, &format!("/v1/imports/{id}/rows"), &[], "text/csv").await?;
        Ok(handed_through(answer, "text/csv; charset=utf-8", "import-rows.csv"))
    };
    or_error_page(file.await, &request, &state)
}
