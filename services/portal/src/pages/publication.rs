//! Publication to IATI: how the organisation publishes, what the standard's rules find, and how much is held back.

use super::{
    console::staff,
    forms::{Typed, again, refused, see_other, writer},
    given, query_of,
};
use crate::{
    State,
    api::{Guard, Method},
    error::{PageError, or_error_page, unless_away},
    render::{Page, page},
    session::SignedIn,
};
use actix_web::{
    HttpRequest, HttpResponse,
    web::{self, Bytes, Data},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Fields of the form that have to be filled, and those that may stay empty.
const NEEDED: [&str; 3] = ["organisation_ref", "organisation_type", "language"];
const OPTIONAL: [&str; 6] =
    ["contact_email", "sector", "flow_type", "finance_type", "aid_type", "tied_status"];
/// The settings of the API.
const SETTINGS: &str = "/v1/publication";

#[derive(Deserialize)]
pub(crate) struct Filters {
    severity: Option<String>,
    cursor: Option<String>,
    saved: Option<String>,
}

impl Filters {
    fn query(&self) -> Vec<(&'static str, String)> {
        given(&[("severity", &self.severity)])
    }
}

async fn show_page(
    request: &HttpRequest,
    state: &State,
    signed_in: &SignedIn,
    filters: &Filters,
    again: Option<(&Typed, &Value)>,
) -> Result<HttpResponse, PageError> {
    let caller = signed_in.caller(request);
    let (settings, version) = state.gateway.versioned(&caller, SETTINGS).await?;
    let publishes = version != "0";
    let (mut summary, mut list) = (None, json!({ "items": [] }));
    if publishes {
        let mut query = filters.query();
        query.extend(given(&[("cursor", &filters.cursor)]));
        // Counting looks through everything: the findings are shown even when it takes too long.
        summary = unless_away(state.gateway.get(&caller, "/v1/publication/summary", &[]).await)?;
        list = state.gateway.get(&caller, "/v1/publication/findings", &query).await?;
    }
    let (typed, problem) = match again {
        None => (settings, Value::Null),
        Some((typed, problem)) => (typed.values(), problem.clone()),
    };
    let context = json!({
        "typed": typed, "version": version, "problem": problem, "publishes": publishes, "summary": summary, "list": list,
        "severity": filters.severity, "filter_query": query_of(&filters.query()), "saved": filters.saved.is_some(),
        "may_write": signed_in.may("donors:write"),
    });
    page(state, request, Some(signed_in), Page { template: "pages/console/publication.html", context })
}

pub(crate) async fn show(
    request: HttpRequest,
    state: Data<State>,
    filters: web::Query<Filters>,
) -> HttpResponse {
    let shown = async {
        let signed_in = staff(&state, &request).await?;
        show_page(&request, &state, &signed_in, &filters, None).await
    };
    or_error_page(shown.await, &request, &state)
}

pub(crate) async fn save(request: HttpRequest, state: Data<State>, body: Bytes) -> HttpResponse {
    let done = async {
        let typed = Typed::read(&body);
        let signed_in = writer(&state, &request, &typed).await?;
        let needed = NEEDED.iter().map(|name| ((*name).to_owned(), json!(typed.text(name))));
        let optional = OPTIONAL.iter().map(|name| ((*name).to_owned(), json!(typed.some(name))));
        let sent: Map<String, Value> = needed.chain(optional).collect();
        let guard = Guard::Version(typed.text("version"));
        let caller = signed_in.caller(&request);
        let answer = state.gateway.change(&caller, Method::PUT, SETTINGS, &sent.into(), guard).await;
        match refused(answer, "")? {
            Ok(_) => Ok(see_other(&request, "/console/publication?saved=1")),
            Err(problem) => {
                let none = Filters { severity: None, cursor: None, saved: None };
                let kept = Some((&typed, &problem));
                Ok(again(show_page(&request, &state, &signed_in, &none, kept).await?, &problem))
            }
        }
    };
    or_error_page(done.await, &request, &state)
}

/// The findings as CSV or XLSX.
pub(crate) async fn file(
    request: HttpRequest,
    state: Data<State>,
    kind: web::Path<String>,
    filters: web::Query<Filters>,
) -> HttpResponse {
    let file = async {
        let caller = staff(&state, &request).await?.caller(&request);
        let path = "/v1/publication/findings";
        super::list_file(&state, &caller, path, &filters.query(), "publication-findings", &kind).await
    };
    or_error_page(file.await, &request, &state)
}
