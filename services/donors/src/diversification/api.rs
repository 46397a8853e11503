use super::measure::{Measures, TOP_SHARE_DONORS, measures};
use crate::counted::store;
use ::store::{StoreError, TenantScope, office};
use actix_web::{get, http::StatusCode, web::Data};
use auth::{ApiError, Caller, Claims, perm};
use chrono::{Datelike, NaiveDate};
use kernel::{Code, Fault, FieldCode, MoneyScope, OfficeId, Problem, Reason, Situation};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use service::{ApiResult, Context, Parameters, openapi::ReadProblems, response};
use utoipa::{IntoParams, ToSchema};

/// Number of years returned by default, and at most.
const DEFAULT_YEARS: i32 = 10;
const MAX_YEARS: i32 = 30;

/// Whose figures, of which years.
#[derive(Debug, Clone, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Period {
    /// Only this year.
    #[param(minimum = 1900, maximum = 2200)]
    pub(crate) year: Option<i32>,
    /// First year. Defaults to nine years before `to`.
    #[param(minimum = 1900, maximum = 2200)]
    pub(crate) from: Option<i32>,
    /// Last year. Defaults to the current year. At most 30 years.
    #[param(minimum = 1900, maximum = 2200)]
    pub(crate) to: Option<i32>,
    /// This office and the offices below it. Defaults to the caller's.
    pub(crate) office_id: Option<OfficeId>,
    /// `ours`: money given to this organisation; `all`: every reported flow, whoever receives it. Defaults to `ours`.
    pub(crate) scope: Option<MoneyScope>,
}

impl Period {
    /// Whose money.
    pub(crate) fn scope(&self) -> MoneyScope {
        self.scope.unwrap_or(MoneyScope::Ours)
    }

    /// The first and the last year.
    pub(crate) fn years(&self, today: NaiveDate) -> Result<(i32, i32), Problem> {
        for (name, year) in [("year", self.year), ("from", self.from), ("to", self.to)] {
            service::year(name, year, 1900..=2200)?;
        }
        if let Some(year) = self.year {
            if self.from.is_some() || self.to.is_some() {
                let fault = Fault::not_allowed_with(Situation::Period, "cannot be combined with from and to");
                return Err(Problem::invalid_parameter("year", fault));
            }
            return Ok((year, year));
        }
        let to = self.to.unwrap_or(today.year().max(self.from.unwrap_or(0)));
        let from = self.from.unwrap_or(to - DEFAULT_YEARS + 1);
        if from > to {
            return Err(Problem::invalid_parameter("to", Fault::before("from", from)));
        }
        if to - from >= MAX_YEARS {
            let fault = FieldCode::PeriodTooLong.says(format!("is more than {MAX_YEARS} years before to"));
            return Err(Problem::invalid_parameter("from", fault.with("max", MAX_YEARS)));
        }
        Ok((from, to))
    }
}

/// The figures that a caller asks about: those of its own office or of one below it. Donors do not ask.
pub(crate) fn asked(
    claims: &Claims,
    readable: &TenantScope,
    office_id: Option<OfficeId>,
    scope: MoneyScope,
) -> Result<store::Of, ApiError> {
    if claims.donor_id.is_some() {
        let why = "only staff may see donor diversification";
        return Err(Problem::new(Code::Forbidden).because(Reason::StaffOnly, why).into());
    }
    let office_id = office_id.unwrap_or(claims.office_id);
    if !readable.office_ids().contains(&office_id) {
        return Err(Problem::not_found().into());
    }
    Ok(store::Of { organisation_id: claims.organisation_id, office_id, scope })
}

/// Donor diversification of an office, year by year.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Diversification {
    office_id: OfficeId,
    #[schema(example = "Headquarters", max_length = 300)]
    office_name: Option<String>,
    /// Whose money is counted.
    scope: MoneyScope,
    /// Earliest year first.
    #[schema(max_items = 30)]
    years: Vec<Measures>,
}

/// The measures of an office (and those below it) for each year.
pub(crate) async fn of_years(
    db: &impl ConnectionTrait,
    of: store::Of,
    years: (i32, i32),
) -> Result<Vec<Measures>, StoreError> {
    let mut found = Vec::new();
    for (year, sums) in store::sums(db, of, years).await? {
        let top =
            store::largest(db, of, year, TOP_SHARE_DONORS).await?.iter().map(|(_, cents, _)| cents).sum();
        found.push(measures(year, &sums, top));
    }
    Ok(found)
}

/// Gets the donor diversification
///
/// For each year: shares by donor type, segment, earmarking and region, the ten largest donors, the
/// Herfindahl-Hirschman index, flexible and multi-year funding, new and lapsed donors. Paid and committed contributions
/// to this organisation count (pledges never do; with `scope=all` every reported flow does), in the year of their decision
/// date (else of the flow date, else of the date first reported), for the office and the offices below it. Not for donor
/// representatives.
#[utoipa::path(tag = "diversification", params(Period), security(("oauth2" = ["contributions:read"])),
    responses((status = 200, description = "The measures of each year", body = Diversification), ReadProblems))]
#[get("/v1/diversification")]
pub(crate) async fn get(
    caller: Caller<perm::ContributionsRead>,
    context: Data<Context>,
    period: Parameters<Period>,
) -> ApiResult {
    let years = period.0.years(context.store.clock().now().date_naive())?;
    service::read(&context, &caller.claims, async |db, scope| {
        let of = asked(&caller.claims, scope, period.0.office_id, period.0.scope())?;
        let store::Of { organisation_id, office_id, scope } = of;
        let office_name = office::find(db, organisation_id, office_id).await?.map(|office| office.name);
        let years = of_years(db, of, years).await?;
        let body = Diversification { office_id, office_name, scope, years };
        response::json(StatusCode::OK, &[], &body)
    })
    .await
}
