//! Documents of agreements: attached and taken off in the console, read there and in the donor portal.

use super::{
    agreements::show_page,
    console::staff,
    donor::kernel_id,
    forms::{again, key, refused, see_other},
    reports::file_of,
};
use crate::{
    State,
    api::{Guard, Method},
    error::{PageError, or_error_page},
};
use actix_web::{
    HttpRequest, HttpResponse,
    web::{self, Data, Payload},
};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
pub(crate) struct Upload {
    key: Option<String>,
    visibility: Option<String>,
}

pub(crate) async fn attach(
    request: HttpRequest,
    state: Data<State>,
    id: web::Path<String>,
    how: web::Query<Upload>,
    payload: Payload,
) -> HttpResponse {
    let done = async {
        let signed_in = staff(&state, &request).await?;
        let id = kernel_id(&id).ok_or(PageError::NotFound)?;
        let media_type = request.headers().get("content-type").and_then(|value| value.to_str().ok());
        let key = how.key.clone().unwrap_or_else(key);
        let headers = [("content-type", media_type.unwrap_or_default()), ("idempotency-key", key.as_str())];
        let (caller, path) = (signed_in.caller(&request), format!("/v1/agreements/{id}/documents"));
        let query = super::given(&[("visibility", &how.visibility)]);
        let body = super::imports::send_body(payload);
        match refused(state.gateway.upload(&caller, &path, &query, headers, body).await, "")? {
            Ok(_) => Ok(see_other(&request, &format!("/console/agreements/{id}"))),
            Err(problem) => {
                let shown = show_page(&request, &state, &signed_in, id, problem.clone(), Value::Null);
                Ok(again(shown.await?, &problem))
            }
        }
    };
    or_error_page(done.await, &request, &state)
}

pub(crate) async fn detach(
    request: HttpRequest,
    state: Data<State>,
    place: web::Path<(String, String)>,
) -> HttpResponse {
    let done = async {
        let signed_in = staff(&state, &request).await?;
        let (id, document) = (kernel_id(&place.0), kernel_id(&place.1));
        let (id, document) = id.zip(document).ok_or(PageError::NotFound)?;
        let (caller, path) = (signed_in.caller(&request), format!("/v1/agreement-documents/{document}"));
        let gone = state.gateway.change(&caller, Method::DELETE, &path, &json!({}), Guard::None).await;
        match refused(gone, "")? {
            Ok(_) => Ok(see_other(&request, &format!("/console/agreements/{id}"))),
            Err(problem) => {
                let shown = show_page(&request, &state, &signed_in, id, problem.clone(), Value::Null);
                Ok(again(shown.await?, &problem))
            }
        }
    };
    or_error_page(done.await, &request, &state)
}

pub(crate) async fn file(request: HttpRequest, state: Data<State>, id: web::Path<String>) -> HttpResponse {
    or_error_page(file_of(&request, &state, "/v1/agreement-documents", &id).await, &request, &state)
}
