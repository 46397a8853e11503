//! Steps of a record (commit, sign, send, …): a form with one button that moves the record on.

use crate::{
    client::{Guard, Method},
    error::PageError,
    ids::Id,
    visit::Writer,
};
use actix_web::HttpResponse;
use serde_json::Value;

/// What moves the records of a list on.
pub(crate) struct Steps {
    /// The list, as the API and the console's addresses call it.
    pub(crate) list: &'static str,
    pub(crate) names: &'static [&'static str],
}

impl Steps {
    /// Takes `step` of a record, with what belongs to it, and goes back to the record; a refusal is for its page to show.
    pub(crate) async fn take(
        &self,
        form: &Writer,
        (id, step): (&Id, &str),
        sent: &Value,
        guard: Guard<'_>,
    ) -> Result<Result<HttpResponse, Value>, PageError> {
        if !self.names.contains(&step) {
            return Err(PageError::NotFound);
        }
        let path = format!("/v1/{}/{id}/{step}", self.list);
        match form.submit(Method::POST, &path, sent, guard).await? {
            Ok(_) => form.see_other(&format!("/console/{}/{id}", self.list)).map(Ok),
            Err(problem) => Ok(Err(problem)),
        }
    }
}
