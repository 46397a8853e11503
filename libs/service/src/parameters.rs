use crate::refusal;
use actix_web::{FromRequest, HttpRequest, dev::Payload};
use auth::Failure;
use kernel::{Fault, FieldCode, Problem};
use serde::de::DeserializeOwned;
use std::{
    future::{Ready, ready},
    ops::RangeInclusive,
};
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
        let refusal = refusal::of(&error.into_inner().to_string(), "parameter here");
        Problem::invalid_parameter(refusal.field.unwrap_or(path), refusal.fault)
    })
}

/// A parameter that is one of a few words, where it is given.
///
/// # Errors
/// 400 that names the words.
pub fn one_of(name: &str, value: Option<&str>, words: &[&str]) -> Result<Option<String>, Problem> {
    match value {
        Some(value) if !words.contains(&value) => {
            Err(Problem::invalid_parameter(name, Fault::not_one_of(value, words)))
        }
        value => Ok(value.map(str::to_owned)),
    }
}

/// A country code among the parameters, where it is given.
///
/// # Errors
/// 400 when it is not one.
pub fn country(name: &str, code: Option<&str>) -> Result<(), Problem> {
    match code {
        Some(code) if kernel::country::by_iso3(code).is_none() => {
            Err(Problem::invalid_parameter(name, Fault::not_a_country(code)))
        }
        _ => Ok(()),
    }
}

/// A year among the parameters, where it is given.
///
/// # Errors
/// 400 when it is outside of the range.
pub fn year(name: &str, year: Option<i32>, range: RangeInclusive<i32>) -> Result<(), Problem> {
    if year.is_none_or(|year| range.contains(&year)) {
        return Ok(());
    }
    let (min, max) = range.into_inner();
    Err(Problem::invalid_parameter(name, Fault::out_of_range(min.into(), max.into())))
}

const NOT_AN_ID: (FieldCode, &str) = (FieldCode::NotAnId, "is not an id (a UUID)");

/// The `{id}` of the path.
#[derive(Debug, Clone, Copy)]
pub struct Id(pub Uuid);

impl FromRequest for Id {
    type Error = Failure;
    type Future = Ready<Result<Self, Failure>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let text = request.match_info().get("id").unwrap_or_default();
        let parsed = Uuid::parse_str(text).map(Self);
        ready(parsed.map_err(|_| Problem::invalid_parameter("id", NOT_AN_ID).into()))
    }
}
