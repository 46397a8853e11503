//! The search over what is public.

use crate::{
    error::PageError,
    visit::{PageResult, Visitor},
};
use actix_web::web::{self, ServiceConfig};
use serde::Deserialize;
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config.route("/search", web::get().to(search));
}

/// The search of the API.
pub(crate) const PATH: &str = "/v1/public/search";

#[derive(Deserialize)]
pub(crate) struct Question {
    q: Option<String>,
}

impl Question {
    /// What was asked for, no longer than the services take.
    pub(crate) fn words(&self) -> String {
        self.q.as_deref().unwrap_or_default().trim().chars().take(200).collect()
    }
}

async fn search(visitor: Visitor, asked: web::Query<Question>) -> PageResult {
    let words = asked.words();
    let found = match words.is_empty() {
        true => Value::Null,
        false => visitor.get(PATH, &[("q", words.as_str()), ("limit", "20")]).await.or_else(nothing_yet)?,
    };
    visitor.page("public/search.html", json!({ "q": words, "found": found })).await
}

/// An empty platform finds nothing.
fn nothing_yet(error: PageError) -> Result<Value, PageError> {
    let is_nothing = matches!(&error, PageError::Refused(problem) if problem.status == 404);
    if is_nothing { Ok(Value::Null) } else { Err(error) }
}
