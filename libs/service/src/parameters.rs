use crate::refusal;
use actix_web::{FromRequest, HttpRequest, dev::Payload};
use auth::ApiError;
use kernel::{Fault, FieldCode, Problem};
use serde::de::DeserializeOwned;
use std::{
    any::TypeId,
    collections::HashMap,
    future::{Ready, ready},
    ops::RangeInclusive,
    str::FromStr,
    sync::{Arc, LazyLock, PoisonError, RwLock},
};
use utoipa::{
    IntoParams,
    openapi::{RefOr, Schema, path::Parameter},
};

/// The query parameters. Unknown and unreadable ones are named.
pub struct Parameters<T>(pub T);

impl<T: DeserializeOwned + IntoParams + 'static> FromRequest for Parameters<T> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(checked(request.query_string()).map(Self).map_err(ApiError::from))
    }
}

/// How long a text may be that a parameter is: its name, the shortest and the longest, in characters.
type Length = (String, usize, usize);

/// The lengths that the document gives the parameters of `T`: what it says is what holds.
fn lengths_of<T: IntoParams + 'static>() -> Arc<[Length]> {
    static LENGTHS: LazyLock<RwLock<HashMap<TypeId, Arc<[Length]>>>> = LazyLock::new(RwLock::default);
    let known = LENGTHS.read().unwrap_or_else(PoisonError::into_inner).get(&TypeId::of::<T>()).cloned();
    known.unwrap_or_else(|| {
        let lengths: Arc<[Length]> = T::into_params(|| None).iter().filter_map(length_of).collect();
        let mut known = LENGTHS.write().unwrap_or_else(PoisonError::into_inner);
        known.entry(TypeId::of::<T>()).or_insert(lengths).clone()
    })
}

fn length_of(parameter: &Parameter) -> Option<Length> {
    let Some(RefOr::T(Schema::Object(schema))) = &parameter.schema else { return None };
    let longest = schema.max_length?;
    Some((parameter.name.clone(), schema.min_length.unwrap_or(0), longest))
}

fn check_lengths(lengths: &[Length], query: &str) -> Result<(), Problem> {
    // Unreadable values are reported when they are parsed.
    let pairs: Vec<(String, String)> = serde_html_form::from_str(query).unwrap_or_default();
    for (name, value) in pairs {
        let Some((_, shortest, longest)) = lengths.iter().find(|(known, ..)| *known == name) else {
            continue;
        };
        let length = value.chars().count();
        if length > *longest {
            return Err(Problem::invalid_parameter(name, Fault::too_long(*longest)));
        }
        if length < *shortest {
            return Err(Problem::invalid_parameter(name, Fault::too_short(*shortest)));
        }
    }
    Ok(())
}

/// Parses a query whose texts are as long as the document allows.
pub(crate) fn checked<T: DeserializeOwned + IntoParams + 'static>(query: &str) -> Result<T, Problem> {
    check_lengths(&lengths_of::<T>(), query)?;
    parse(query)
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

/// The `{id}` of the path, of the kind that the handler takes: `Id<DonorId>`.
#[derive(Debug, Clone, Copy)]
pub struct Id<T>(pub T);

impl<T: FromStr> FromRequest for Id<T> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let text = request.match_info().get("id").unwrap_or_default();
        let parsed = text.parse().map(Self);
        ready(parsed.map_err(|_| Problem::invalid_parameter("id", NOT_AN_ID).into()))
    }
}
