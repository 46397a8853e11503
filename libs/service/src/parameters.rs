use actix_web::{FromRequest, HttpRequest, dev::Payload};
use auth::Failure;
use kernel::Problem;
use serde::de::DeserializeOwned;
use std::future::{Ready, ready};
use uuid::Uuid;

/// The query parameters. Unknown and unreadable ones are named.
pub struct Parameters<T>(pub T);

impl<T: DeserializeOwned> FromRequest for Parameters<T> {
    type Error = Failure;
    type Future = Ready<Result<Self, Failure>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(parse(request.query_string()).map(Self).map_err(Failure::from))
    }
}

pub(crate) fn parse<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    let reader = serde_html_form::Deserializer::from_bytes(query.as_bytes());
    serde_path_to_error::deserialize(reader).map_err(|error| {
        let path = error.path().to_string();
        let message = error.into_inner().to_string();
        for (prefix, says) in
            [("unknown field `", "is not a parameter here"), ("missing field `", "is required")]
        {
            if let Some((name, rest)) = message.strip_prefix(prefix).and_then(|rest| rest.split_once('`')) {
                return Problem::invalid_parameter(name, format!("{says}{rest}"));
            }
        }
        if let Some((name, _)) =
            message.strip_prefix("duplicate field `").and_then(|rest| rest.split_once('`'))
        {
            return Problem::invalid_parameter(name, "is given twice");
        }
        Problem::invalid_parameter(path, message)
    })
}

/// A parameter that is one of a few words, where it is given.
///
/// # Errors
/// 400 that names the words.
pub fn one_of(name: &str, value: Option<&str>, words: &[&str]) -> Result<Option<String>, Problem> {
    match value {
        Some(value) if !words.contains(&value) => {
            Err(Problem::invalid_parameter(name, format!("must be one of {}", words.join(", "))))
        }
        value => Ok(value.map(str::to_owned)),
    }
}

/// The `{id}` of the path.
#[derive(Debug, Clone, Copy)]
pub struct Id(pub Uuid);

impl FromRequest for Id {
    type Error = Failure;
    type Future = Ready<Result<Self, Failure>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let text = request.match_info().get("id").unwrap_or_default();
        let parsed = Uuid::parse_str(text).map(Self);
        ready(parsed.map_err(|_| Problem::invalid_parameter("id", "is not an id (a UUID)").into()))
    }
}
