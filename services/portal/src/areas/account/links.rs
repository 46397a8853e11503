//! What the pages have in common that a link in an e-mail leads to. The token stands in the address that was followed and in
//! the form that is sent, and nowhere else: in no title, no canonical address, no Referer.

use crate::{
    error::PageError,
    visit::{PageResult, Visitor},
};
use actix_web::http::header::{CACHE_CONTROL, HeaderValue, REFERRER_POLICY};
use serde::Deserialize;
use serde_json::{Value, json};

/// The address of such a page.
#[derive(Deserialize)]
pub(super) struct Link {
    pub(super) token: Option<String>,
}

/// A password for the account of a link, typed twice.
#[derive(Deserialize)]
pub(super) struct NewPassword {
    pub(super) token: String,
    pub(super) password: String,
    pub(super) again: String,
}

/// Where links of a kind are looked up and used in the API, and their page.
pub(super) struct Links {
    pub(super) lookup: &'static str,
    pub(super) accept: &'static str,
    pub(super) template: &'static str,
}

/// Why a password was not taken.
pub(super) enum Refusal {
    /// The key of the text that says what is wrong with it.
    Password(&'static str),
    /// The link leads nowhere any more.
    Gone,
}

impl Links {
    /// The page of a link: the form, or that the link leads nowhere.
    pub(super) async fn page(
        &self,
        visitor: &Visitor,
        token: Option<&str>,
        error: Option<&str>,
    ) -> PageResult {
        let purpose = self.purpose(visitor, token).await?;
        let context = json!({ "token": token, "purpose": purpose, "error": error });
        let mut shown = visitor.page(self.template, context).await?;
        let headers = shown.headers_mut();
        // The origin alone, to this site as well, whose logs may hold it. (With no-referrer a browser would not say where
        // the form comes from.)
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("strict-origin"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        Ok(shown)
    }

    /// What a link is for; null when it leads nowhere any more.
    async fn purpose(&self, visitor: &Visitor, token: Option<&str>) -> Result<Value, PageError> {
        let Some(token) = token.filter(|token| !token.is_empty()) else { return Ok(Value::Null) };
        let body = json!({ "token": token });
        match visitor.state.gateway.post(&visitor.caller, self.lookup, &body).await {
            // 429: many that led nowhere were tried from here.
            Err(PageError::Refused(problem)) if [422, 429].contains(&problem.status) => Ok(Value::Null),
            other => other,
        }
    }

    /// Uses a link; the address of the account.
    pub(super) async fn accept(
        &self,
        visitor: &Visitor,
        form: &NewPassword,
    ) -> Result<Result<String, Refusal>, PageError> {
        if form.password != form.again {
            return Ok(Err(Refusal::Password("passwords-differ")));
        }
        let body = json!({ "token": form.token, "password": form.password });
        match visitor.state.gateway.post(&visitor.caller, self.accept, &body).await {
            Ok(accepted) => Ok(Ok(accepted["email"].as_str().unwrap_or_default().to_owned())),
            Err(PageError::Refused(problem)) if [422, 429].contains(&problem.status) => {
                let at_password = problem.errors.iter().any(|error| error.pointer == "/password");
                Ok(Err(if at_password { Refusal::Password("password-length") } else { Refusal::Gone }))
            }
            Err(error) => Err(error),
        }
    }

    /// The page again, when a password was not taken.
    pub(super) async fn refused(
        &self,
        visitor: &Visitor,
        form: &NewPassword,
        refusal: Refusal,
    ) -> PageResult {
        let (token, error) = match refusal {
            Refusal::Password(error) => (Some(form.token.as_str()), Some(error)),
            Refusal::Gone => (None, None),
        };
        let mut shown = self.page(visitor, token, error).await?;
        *shown.status_mut() = actix_web::http::StatusCode::UNPROCESSABLE_ENTITY;
        Ok(shown)
    }
}
