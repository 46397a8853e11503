//! Exchange rates in the console: the months that are there, and the file that brings more.

use super::{
    console::staff,
    forms::{again, key, refused},
    given,
    imports::upload_to,
    query_of,
};
use crate::{
    State,
    error::{PageError, or_error_page},
    render::{Page, page},
    session::SignedIn,
};
use actix_web::{
    HttpRequest, HttpResponse,
    web::{self, Data, Payload},
};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
pub(crate) struct Filters {
    currency: Option<String>,
    from: Option<String>,
    cursor: Option<String>,
}

impl Filters {
    fn query(&self) -> Vec<(&'static str, String)> {
        given(&[("currency", &self.currency), ("from", &self.from)])
    }
}

pub(crate) async fn list(
    request: HttpRequest,
    state: Data<State>,
    filters: web::Query<Filters>,
) -> HttpResponse {
    let shown = async {
        let signed_in = staff(&state, &request).await?;
        list_page(&request, &state, &signed_in, &filters, Value::Null, Value::Null).await
    };
    or_error_page(shown.await, &request, &state)
}

async fn list_page(
    request: &HttpRequest,
    state: &State,
    signed_in: &SignedIn,
    filters: &Filters,
    taken: Value,
    mut problem: Value,
) -> Result<HttpResponse, PageError> {
    let mut filter = filters.query();
    for (name, value) in &mut filter {
        if *name == "currency" {
            *value = value.to_uppercase();
        }
    }
    let mut query = filter.clone();
    query.extend(given(&[("cursor", &filters.cursor)]));
    let list =
        match refused(state.gateway.get(&signed_in.caller(request), "/v1/exchange-rates", &query).await, "")?
        {
            Ok(list) => list,
            Err(refusal) => {
                problem = refusal;
                json!({ "items": [] })
            }
        };
    let context = json!({
        "list": list, "filter": filter.iter().cloned().collect::<std::collections::BTreeMap<_, _>>(),
        "filter_query": query_of(&filter), "taken": taken, "problem": problem, "key": key(),
        "may_write": signed_in.may("donors:write"),
    });
    let shown =
        page(state, request, Some(signed_in), Page { template: "pages/console/rates.html", context })?;
    Ok(if problem.is_null() { shown } else { again(shown, &problem) })
}

pub(crate) async fn file(
    request: HttpRequest,
    state: Data<State>,
    kind: web::Path<String>,
    filters: web::Query<Filters>,
) -> HttpResponse {
    let file = async {
        let caller = staff(&state, &request).await?.caller(&request);
        super::list_file(&state, &caller, "/v1/exchange-rates", &filters.query(), "exchange-rates", &kind)
            .await
    };
    or_error_page(file.await, &request, &state)
}

#[derive(Deserialize)]
pub(crate) struct Upload {
    /// `check`, `import` or `skip`.
    mode: Option<String>,
    key: Option<String>,
}

/// Hands the file through and shows what became of it.
pub(crate) async fn upload(
    request: HttpRequest,
    state: Data<State>,
    how: web::Query<Upload>,
    payload: Payload,
) -> HttpResponse {
    let shown = async {
        let signed_in = staff(&state, &request).await?;
        let mode = how.mode.as_deref().unwrap_or("import");
        let query = [("dry_run", (mode == "check").to_string()), ("skip_bad", (mode == "skip").to_string())];
        let place = ("/v1/exchange-rates", &query[..]);
        let sent = upload_to(&request, &state, &signed_in, place, how.key.as_deref(), payload).await?;
        let filters = Filters { currency: None, from: None, cursor: None };
        match sent {
            Ok(taken) => list_page(&request, &state, &signed_in, &filters, taken, Value::Null).await,
            Err(problem) => list_page(&request, &state, &signed_in, &filters, Value::Null, problem).await,
        }
    };
    or_error_page(shown.await, &request, &state)
}
