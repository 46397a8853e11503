//! The rule about two signatures.

use super::{
    console::staff,
    forms::{Typed, again, refused, see_other, writer},
};
use crate::{
    State,
    api::{Guard, Method},
    error::{PageError, or_error_page},
    format::typed_amount,
    i18n::PageLanguage,
    render::{Page, page},
    session::SignedIn,
};
use actix_web::{
    HttpRequest, HttpResponse,
    web::{Bytes, Data},
};
use serde_json::{Value, json};

const RULE: &str = "/v1/signature-rule";

pub(crate) async fn show(request: HttpRequest, state: Data<State>) -> HttpResponse {
    let shown = async {
        let signed_in = staff(&state, &request).await?;
        rule_page(&request, &state, &signed_in, Value::Null, Value::Null).await
    };
    or_error_page(shown.await, &request, &state)
}

async fn rule_page(
    request: &HttpRequest,
    state: &State,
    signed_in: &SignedIn,
    typed: Value,
    problem: Value,
) -> Result<HttpResponse, PageError> {
    let rule = state.gateway.get(&signed_in.caller(request), RULE, &[]).await?;
    let context = json!({
        "rule": rule, "typed": typed, "problem": problem, "may_write": signed_in.may("donors:write"),
    });
    page(state, request, Some(signed_in), Page { template: "pages/console/signature-rule.html", context })
}

pub(crate) async fn save(request: HttpRequest, state: Data<State>, body: Bytes) -> HttpResponse {
    let done = async {
        let typed = Typed::read(&body);
        let signed_in = writer(&state, &request, &typed).await?;
        let language = PageLanguage::of(&request, signed_in.page_language()).language;
        let threshold = typed.some("threshold_usd").map(|amount| {
            let amount = typed_amount(language, amount).unwrap_or_else(|| amount.to_owned());
            json!({ "amount": amount, "currency": "USD" })
        });
        let sent = json!({ "threshold_usd": threshold });
        let guard = Guard::Version(typed.text("version"));
        let caller = signed_in.caller(&request);
        match refused(state.gateway.change(&caller, Method::PUT, RULE, &sent, guard).await, "")? {
            Ok(_) => Ok(see_other(&request, "/console/signature-rule")),
            Err(problem) => {
                let shown = rule_page(&request, &state, &signed_in, typed.values(), problem.clone());
                Ok(again(shown.await?, &problem))
            }
        }
    };
    or_error_page(done.await, &request, &state)
}
