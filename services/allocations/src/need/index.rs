//! How vulnerable countries are, by a table that the secretariat takes from a publication and states with its source.

use ::store::StoreError;
use actix_web::{HttpRequest, get, put, web::Data};
use auth::{Caller, perm};
use chrono::{DateTime, Utc};
use kernel::{Fault, FieldCode, Problem};
use serde::{Deserialize, Serialize};
use service::{
    ApiResult, Checks, Context, JsonBody, Setting,
    openapi::{ReadProblems, UpdateProblems},
    response, setting, write_setting,
};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// The most countries of a table.
const MAX_COUNTRIES: usize = 260;

/// The organisation's table of vulnerability.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct VulnerabilityIndex {
    /// 0 if there is no table.
    #[schema(minimum = 0)]
    version: i64,
    /// Where it comes from; empty at version 0.
    #[schema(example = "INFORM Severity, mid-2026", max_length = 200)]
    source: String,
    /// The year that it is of; null at version 0.
    #[schema(example = 2026)]
    year: Option<i32>,
    /// By country.
    #[schema(max_items = 260)]
    countries: Vec<VulnerableCountry>,
    updated_at: Option<DateTime<Utc>>,
}

/// How vulnerable a country is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VulnerableCountry {
    /// ISO 3166-1 alpha-3 code.
    #[schema(example = "TCD", min_length = 3, max_length = 3, pattern = "^[A-Z]{3}$")]
    country: String,
    /// From 0.0, least vulnerable, to 10.0.
    #[schema(example = "8.7", min_length = 1, max_length = 4, pattern = "^([0-9](\\.[0-9])?|10(\\.0)?)$")]
    index: String,
}

/// The fields of the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VulnerabilityIndexFields {
    /// Where it comes from.
    #[schema(example = "INFORM Severity, mid-2026", min_length = 1, max_length = 200)]
    source: String,
    /// The year that it is of.
    #[schema(example = 2026, minimum = 1990, maximum = 2100)]
    year: i32,
    /// By country, each once.
    #[schema(max_items = 260)]
    countries: Vec<VulnerableCountry>,
}

/// A row of `vulnerability_index`.
mod row {
    use kernel::OrganisationId;
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "vulnerability_index")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub organisation_id: OrganisationId,
        pub version: i64,
        pub source: String,
        pub year: i64,
        /// As JSON.
        pub countries: String,
        pub updated_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl Setting for VulnerabilityIndex {
    type Row = row::Model;
    const RESOURCE: &'static str = "vulnerability_index";
    const CHANGE: &'static str = "vulnerability_index.update";

    fn of(row: Option<row::Model>) -> Result<Self, StoreError> {
        let Some(row) = row else {
            let (source, countries) = (String::new(), Vec::new());
            return Ok(Self { version: 0, source, year: None, countries, updated_at: None });
        };
        Ok(Self {
            version: row.version,
            source: row.source,
            year: i32::try_from(row.year).ok(),
            countries: serde_json::from_str(&row.countries)?,
            updated_at: Some(row.updated_at),
        })
    }

    fn version(&self) -> i64 {
        self.version
    }
}

impl VulnerabilityIndex {
    /// Tenths, by country.
    pub(super) fn by_country(&self) -> BTreeMap<String, i64> {
        let tenths = |entry: &VulnerableCountry| Some((entry.country.clone(), tenths(&entry.index)?));
        self.countries.iter().filter_map(tenths).collect()
    }
}

/// The tenths of an index of 0 to 10 with one decimal at most; none for anything else.
fn tenths(index: &str) -> Option<i64> {
    let (whole, part) = index.split_once('.').unwrap_or((index, "0"));
    let is_number = |text: &str, longest: usize| {
        (1..=longest).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !is_number(whole, 2) || !is_number(part, 1) {
        return None;
    }
    let tenths = whole.parse::<i64>().ok()? * 10 + part.parse::<i64>().ok()?;
    (tenths <= 100).then_some(tenths)
}

/// Tenths as a decimal: `87` is `8.7`.
pub(super) fn decimal(tenths: i64) -> String {
    format!("{}.{}", tenths / 10, tenths % 10)
}

fn check(fields: &VulnerabilityIndexFields) -> Result<(), Problem> {
    let mut checks = Checks::new();
    checks.text("/source", &fields.source, 200);
    checks.within("/year", fields.year, 1990..=2100);
    let mut seen = BTreeSet::new();
    let entries = checks.at_most("/countries", &fields.countries, MAX_COUNTRIES);
    for (number, entry) in entries.iter().enumerate() {
        let pointer = format!("/countries/{number}/country");
        checks.country(&pointer, &entry.country);
        checks.require(seen.insert(&entry.country), &pointer, (FieldCode::Duplicate, "is given twice"));
        if tenths(&entry.index).is_none() {
            let fault = Fault::wrong_format("8.7", "must be a number from 0.0 to 10.0 with one decimal");
            checks.refuse(format!("/countries/{number}/index"), fault);
        }
    }
    checks.finish()
}

/// Gets the table of vulnerability
///
/// How vulnerable countries are, by the organisation's own table: what the needs beside the scores of proposals are
/// computed with. At version 0 there is none yet.
#[utoipa::path(tag = "allocation windows", security(("oauth2" = ["windows:read"])),
    responses((status = 200, description = "The table", body = VulnerabilityIndex), ReadProblems))]
#[get("/v1/vulnerability-index")]
pub(crate) async fn read(
    request: HttpRequest,
    caller: Caller<perm::WindowsRead>,
    context: Data<Context>,
) -> ApiResult {
    service::read(&context, &caller.claims, async |db, _| {
        let index: VulnerabilityIndex = setting(db, caller.claims.organisation_id).await?;
        response::record(&request, index.version, &index)
    })
    .await
}

/// Updates the table of vulnerability
///
/// Replaces the whole table, usually once a year; only headquarters can do this. Send the ETag of the table in
/// `If-Match` (`"0"` if there is none yet).
#[utoipa::path(tag = "allocation windows", request_body = VulnerabilityIndexFields,
    security(("oauth2" = ["windows:write"])),
    params(("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The table", body = VulnerabilityIndex), UpdateProblems))]
#[put("/v1/vulnerability-index")]
pub(crate) async fn write(
    request: HttpRequest,
    caller: Caller<perm::WindowsWrite>,
    context: Data<Context>,
    body: JsonBody<VulnerabilityIndexFields>,
) -> ApiResult {
    let mut fields = body.value;
    write_setting::<VulnerabilityIndex>(&context, &request, &caller.claims, |written| {
        check(&fields)?;
        fields.countries.sort_by(|one, other| one.country.cmp(&other.country));
        Ok(row::Model {
            organisation_id: written.organisation_id,
            version: written.version,
            source: fields.source,
            year: fields.year.into(),
            countries: serde_json::to_string(&fields.countries).map_err(StoreError::from)?,
            updated_at: written.at,
        })
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_has_one_decimal_and_is_at_most_ten() {
        for (text, expected) in [("0", Some(0)), ("8.7", Some(87)), ("10", Some(100)), ("10.0", Some(100))] {
            assert_eq!(tenths(text), expected, "{text}");
        }
        for text in ["", ".", "8.", ".7", "8.75", "10.1", "-1", "+1", "8,7", "1e1", "NaN", "011"] {
            assert_eq!(tenths(text), None, "{text}");
        }
        assert_eq!((decimal(87), decimal(100), decimal(0)), ("8.7".into(), "10.0".into(), "0.0".into()));
    }

    #[test]
    fn a_country_is_in_the_table_once() {
        let entry = |country: &str, index: &str| VulnerableCountry {
            country: country.to_owned(),
            index: index.to_owned(),
        };
        let fields =
            |countries| VulnerabilityIndexFields { source: "INFORM".to_owned(), year: 2026, countries };
        assert!(check(&fields(vec![entry("TCD", "8.7"), entry("SDN", "9")])).is_ok());
        let problem =
            check(&fields(vec![entry("TCD", "8.7"), entry("TCD", "11"), entry("XXX", "1")])).unwrap_err();
        let pointers: Vec<String> = problem.errors.iter().map(|error| error.pointer.clone()).collect();
        assert_eq!(pointers, ["/countries/1/country", "/countries/1/index", "/countries/2/country"]);
    }
}
