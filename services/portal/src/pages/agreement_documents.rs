//! Documents of agreements: attached and taken off in the console, read there and in the donor portal.

use super::{
    agreements::show_page,
    console::staff,
    donor::kernel_id,
    forms::{again, refused, see_other},
    imports::upload_to,
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
        let query = super::given(&[("visibility", &how.visibility)]);
        let place = (&*format!("/v1/agreements/{id}/documents"), &query[..]);
        match upload_to(&request, &state, &signed_in, place, how.key.as_deref(), payload).await? {
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
