//! The donors behind a figure.

use super::{
    api::asked,
    measure::{TOP_SHARE_DONORS, keys},
};
use crate::counted::{NOT_STATED, store};
use ::store::{StoreError, TenantScope, params, sql};
use actix_web::{HttpRequest, get, web::Data};
use auth::{Caller, perm};
use kernel::{
    DonorId, DonorType, Earmarking, Fault, Money, MoneyScope, OfficeId, Problem, Segment, Situation,
    closed_set, money::percent, pagination::Page,
};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use service::{
    ApiResult, Column, Context, Envelope, Listed, PageRequest, Paging, Row, one_of, openapi::ReadProblems,
};
use utoipa::{IntoParams, ToSchema};

closed_set! {
    /// A figure that has donors behind it.
    pub(crate) enum Measure {
        Total = "total",
        Type = "type",
        Segment = "segment",
        Earmarking = "earmarking",
        Flexible = "flexible",
        MultiYear = "multi_year",
        Top10 = "top_10",
        New = "new",
        Lapsed = "lapsed",
    }
}

/// A donor's share in a figure.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DonorAmount {
    /// Null for contributions whose donor is not stated.
    donor_id: Option<DonorId>,
    #[schema(example = "Norway", max_length = 300)]
    donor_name: Option<String>,
    donor_type: Option<DonorType>,
    segment: Option<Segment>,
    /// The year of the contributions: for `lapsed`, the year before.
    #[schema(example = 2025)]
    year: i32,
    /// Its contribution to the figure.
    amount: Money,
    /// Its percentage of everything counted in that year, one decimal.
    #[schema(example = "12.5", max_length = 8)]
    share_percent: Option<String>,
    /// The donor's records that count in that year, including those outside the figure.
    #[schema(minimum = 0)]
    records: i64,
    /// Link to the list of these records; null when the donor is not stated.
    #[schema(max_length = 300)]
    contributions: Option<String>,
}

impl Row for DonorAmount {
    const COLUMNS: &'static [Column<Self>] = &[
        ("donor_id", |row| row.donor_id.into()),
        ("donor", |row| row.donor_name.clone().into()),
        ("donor_type", |row| row.donor_type.map(DonorType::as_str).into()),
        ("segment", |row| row.segment.map(Segment::as_str).into()),
        ("year", |row| i64::from(row.year).into()),
        ("amount_usd", |row| row.amount.into()),
        ("share_percent", |row| row.share_percent.clone().into()),
        ("records", |row| row.records.into()),
    ];
}

/// Which figure.
#[derive(Debug, Clone, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Figure {
    /// The year of the figure.
    #[param(minimum = 1900, maximum = 2200, example = 2025)]
    year: i32,
    /// The figure.
    #[param(inline, example = "type")]
    measure: Measure,
    /// The type, segment or earmarking.
    #[param(max_length = 40, example = "government")]
    key: Option<String>,
    /// This office and the offices below it. Defaults to the caller's.
    office_id: Option<OfficeId>,
    /// `ours`: money given to this organisation; `all`: every reported flow, whoever receives it. Defaults to `ours`.
    scope: Option<MoneyScope>,
}

impl Figure {
    fn check(&self) -> Result<(), Problem> {
        service::year("year", Some(self.year), 1901..=2200)?;
        let of = |fault: Fault| fault.with("measure", self.measure.as_str());
        match (self.measure, self.key.as_deref()) {
            (Measure::Type | Measure::Segment | Measure::Earmarking, Some(key)) => {
                one_of("key", Some(key), &keys(self.measure.as_str())).map(|_| ())
            }
            (Measure::Type | Measure::Segment | Measure::Earmarking, None) => {
                let why = format!("is required with {}", self.measure);
                Err(Problem::invalid_parameter("key", of(Fault::required_with(Situation::Measure, why))))
            }
            (_, Some(_)) => {
                let why = format!("cannot be combined with {}", self.measure);
                Err(Problem::invalid_parameter("key", of(Fault::not_allowed_with(Situation::Measure, why))))
            }
            (_, None) => Ok(()),
        }
    }

    /// The year the money was given in.
    fn given_in(&self) -> i32 {
        if self.measure == Measure::Lapsed { self.year - 1 } else { self.year }
    }

    /// What a donor adds to the figure, as SQL; it is one of a few fixed texts.
    fn amount(&self) -> &'static str {
        match self.measure {
            Measure::Earmarking => match self.key.as_deref().map(str::parse::<Earmarking>) {
                Some(Ok(Earmarking::Unearmarked)) => "g.unearmarked",
                Some(Ok(Earmarking::SoftlyEarmarked)) => "g.softly_earmarked",
                Some(Ok(Earmarking::Earmarked)) => "g.earmarked",
                Some(Ok(Earmarking::TightlyEarmarked)) => "g.tightly_earmarked",
                Some(Err(_)) | None => "g.not_stated",
            },
            Measure::Flexible => "g.unearmarked + g.softly_earmarked",
            Measure::MultiYear => "g.multi_year",
            Measure::Total
            | Measure::Type
            | Measure::Segment
            | Measure::Top10
            | Measure::New
            | Measure::Lapsed => "g.cents",
        }
    }

    /// Which donors are behind the figure, as SQL; `$3` is the year they gave in and `?` the key.
    fn condition(&self) -> String {
        let gave = |years: &str| {
            format!(
                "EXISTS (SELECT 1 FROM diversification_giving o WHERE o.office_id = g.office_id
                 AND o.scope = g.scope AND o.donor_id = g.donor_id AND o.cents > 0 AND o.year BETWEEN {years})"
            )
        };
        let is_stated = self.key.as_deref() != Some(NOT_STATED);
        match self.measure {
            Measure::Type if is_stated => "d.donor_type = ?".to_owned(),
            Measure::Type => "d.id IS NULL".to_owned(),
            Measure::Segment if is_stated => "d.segment = ?".to_owned(),
            Measure::Segment => "d.segment IS NULL".to_owned(),
            Measure::Top10 => "d.id IS NOT NULL AND g.cents > 0".to_owned(),
            Measure::New => format!("d.id IS NOT NULL AND g.cents > 0 AND NOT {}", gave("$3 - 5 AND $3 - 1")),
            Measure::Lapsed => {
                format!("d.id IS NOT NULL AND g.cents > 0 AND NOT {}", gave("$3 + 1 AND $3 + 1"))
            }
            Measure::Total | Measure::Earmarking | Measure::Flexible | Measure::MultiYear => {
                "true".to_owned()
            }
        }
    }
}

/// The largest first; the key of a page is the amount and the donor of its last row.
async fn list(
    db: &impl ConnectionTrait,
    of: store::Of,
    figure: &Figure,
    page: &PageRequest,
) -> Result<Vec<(i64, DonorAmount)>, auth::ApiError> {
    let (amount, mut condition) = (figure.amount(), figure.condition());
    let mut parameters = params![of.organisation_id, of.office_id, figure.given_in(), of.scope];
    if let Some(key) = figure.key.as_deref().filter(|_| condition.contains('?')) {
        parameters.push(key.into());
        condition = condition.replace('?', "$5");
    }
    let mut further = String::new();
    if let Some((cents, donor_id)) = page.after::<(i64, DonorId)>()? {
        parameters.extend(params![cents, donor_id]);
        let (less, after) = (parameters.len() - 1, parameters.len());
        further = format!("AND ({amount} < ${less} OR ({amount} = ${less} AND g.donor_id > ${after}))");
    }
    // The ten largest are one page, however short the pages are: they are one figure.
    let limit = if figure.measure == Measure::Top10 { u64::from(TOP_SHARE_DONORS) } else { page.limit + 1 };
    let text = format!(
        "SELECT d.id, d.name, d.donor_type, d.segment, {amount}, g.records
         FROM diversification_giving g LEFT JOIN donor d ON d.id = g.donor_id
         WHERE g.organisation_id = $1 AND g.office_id = $2 AND g.year = $3 AND g.scope = $4 AND {amount} <> 0
           AND {condition} {further}
         ORDER BY {amount} DESC, g.donor_id LIMIT {limit}"
    );
    let rows = sql::rows(db, &text, parameters).await?;
    let year = figure.given_in();
    let total = store::sums(db, of, (year, year)).await?.remove(&year).unwrap_or_default().part("total").0;
    let mut found = Vec::with_capacity(rows.len());
    for row in &rows {
        let read = || {
            let (donor_id, cents): (Option<DonorId>, i64) =
                (row.try_get_by_index(0)?, row.try_get_by_index(4)?);
            let contributions = donor_id.map(|id| {
                let (office_id, scope) = (of.office_id, of.scope);
                format!(
                    "/v1/contributions?donor_id={id}&counted_year={year}&within_office_id={office_id}&scope={scope}"
                )
            });
            let found = DonorAmount {
                donor_id,
                donor_name: row.try_get_by_index(1)?,
                donor_type: row.try_get_by_index(2)?,
                segment: row.try_get_by_index(3)?,
                year,
                amount: Money::usd(cents),
                share_percent: percent(cents, total),
                records: row.try_get_by_index(5)?,
                contributions,
            };
            Ok::<_, StoreError>((cents, found))
        };
        found.push(read()?);
    }
    Ok(found)
}

/// Lists the donors behind a figure
///
/// The contribution of each donor to one of the figures of `GET /v1/diversification`, largest first; the rows add up to
/// the figure. Not for donor representatives.
#[utoipa::path(tag = "diversification", params(Figure, Paging), security(("oauth2" = ["contributions:read"])),
    responses((status = 200, description = "The donors", body = Envelope<DonorAmount>), ReadProblems))]
#[get("/v1/diversification/rows")]
pub(crate) async fn get(
    request: HttpRequest,
    caller: Caller<perm::ContributionsRead>,
    context: Data<Context>,
    listed: Listed<Figure>,
) -> ApiResult {
    let figure = listed.filter;
    figure.check()?;
    let scope: TenantScope = context.scope(&caller.claims).await?;
    let of = asked(&caller.claims, &scope, figure.office_id, figure.scope.unwrap_or(MoneyScope::Ours))?;
    let filters = (figure.clone(), of);
    let page = listed.paging.of("diversification-rows", &filters)?;
    service::list(&request, &context, scope, page, async move |db, _, page| {
        let rows = list(db, of, &figure, page).await?;
        let key = |(cents, row): &(i64, DonorAmount)| (*cents, row.donor_id.unwrap_or(DonorId::nil()));
        let is_one_page = figure.measure == Measure::Top10;
        let listed = if is_one_page { Page { items: rows, next: None } } else { page.page(rows, key) };
        Ok(listed.map(|(_, row)| row))
    })
    .await
}
