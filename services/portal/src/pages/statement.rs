//! Donor statements to download: by the donor's representative, and by staff.

use super::{console::staff, donor, given, handed_through};
use crate::{
    State,
    error::{PageError, or_error_page},
    session::SignedIn,
};
use actix_web::{
    HttpRequest, HttpResponse,
    web::{self, Data},
};
use serde::Deserialize;

#[derive(Deserialize)]
pub(crate) struct Asked {
    year: Option<String>,
    language: Option<String>,
}

async fn statement(
    request: &HttpRequest,
    state: &State,
    signed_in: &SignedIn,
    donor: &str,
    asked: &Asked,
) -> Result<HttpResponse, PageError> {
    let query = given(&[("year", &asked.year), ("language", &asked.language)]);
    let name: Vec<&str> = query.iter().map(|(_, value)| value.as_str()).collect();
    let (caller, path) = (signed_in.caller(request), format!("/v1/donors/{donor}/statement"));
    let file = state.gateway.file(&caller, &path, &query, "application/pdf").await?;
    // The platform has taken the parameters: they are a year and a language.
    let name = ["statement"].into_iter().chain(name).collect::<Vec<_>>().join("-");
    Ok(handed_through(file, "application/pdf", &format!("{name}.pdf")))
}

pub(crate) async fn own(request: HttpRequest, state: Data<State>, asked: web::Query<Asked>) -> HttpResponse {
    let file = async {
        let (signed_in, id) = donor::representative(&state, &request).await?;
        statement(&request, &state, &signed_in, &id, &asked).await
    };
    or_error_page(file.await, &request, &state)
}

pub(crate) async fn of_donor(
    request: HttpRequest,
    state: Data<State>,
    id: web::Path<String>,
    asked: web::Query<Asked>,
) -> HttpResponse {
    let file = async {
        let signed_in = staff(&state, &request).await?;
        let id = donor::kernel_id(&id).ok_or(PageError::NotFound)?;
        statement(&request, &state, &signed_in, id, &asked).await
    };
    or_error_page(file.await, &request, &state)
}
