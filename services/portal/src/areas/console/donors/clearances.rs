//! Recording a due-diligence decision on a donor.

use super::show::show_page;
use crate::{
    client::{Guard, Method},
    forms::Typed,
    ids::Id,
    visit::{PageResult, Writer},
};
use actix_web::web::{self, ServiceConfig};
use serde_json::{Value, json};

pub(super) fn configure(config: &mut ServiceConfig) {
    config.route("/console/donors/{id}/clearances", web::post().to(record));
}

async fn record(form: Writer, id: web::Path<Id>) -> PageResult {
    let path = format!("/v1/donors/{id}/clearances");
    let guard = Guard::Key(form.typed.text("key"));
    match form.submit(Method::POST, &path, &decision(&form.typed), guard).await? {
        Ok(_) => form.see_other(&format!("/console/donors/{id}#due-diligence")),
        Err(problem) => {
            show_page(&form, &id, json!({ "problem": problem, "typed": form.typed.values() })).await
        }
    }
}

/// The decision as the API takes it. What is missing is for the API to say.
fn decision(typed: &Typed) -> Value {
    let texts = ["decision", "valid_from", "valid_until", "reference"];
    texts.into_iter().map(|name| (name.to_owned(), Value::from(typed.text(name)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_is_sent_as_it_was_typed() {
        let typed = Typed::read(b"key=k&decision=refused&valid_from=2026-01-01&reference=+DD-7+");
        let expected = json!({ "decision": "refused", "valid_from": "2026-01-01", "valid_until": "",
            "reference": "DD-7" });
        assert_eq!(decision(&typed), expected);
    }
}
