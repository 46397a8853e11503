//! What a donor's contributions add up to: one measure for its overview, its list and its statement.

use super::{
    Standing,
    filter::{checked_place, plan_target},
    list::Filter,
};
use crate::registry::donor;
use ::store::{StoreError, TenantScope, list, sql};
use actix_web::{get, http::StatusCode, web::Data};
use auth::{Caller, perm};
use kernel::{ContributionStatus, DonorId, Earmarking, Money, MoneyScope, PlanId, Problem};
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde::{Deserialize, Serialize};
use service::{ApiResult, Context, Id, Parameters, openapi::ReadProblems, response};
use utoipa::{IntoParams, ToSchema};

/// What contributions add up to, in US dollars. Only current records count; pledges never count as funding.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ContributionTotals {
    /// Paid and committed.
    funding: Money,
    paid: Money,
    commitments: Money,
    pledges: Money,
    /// Number of records that count as funding.
    #[schema(minimum = 0)]
    record_count: i64,
    #[schema(minimum = 0)]
    pledge_count: i64,
}

impl From<&[Sum]> for ContributionTotals {
    fn from(sums: &[Sum]) -> Self {
        let of = |status: ContributionStatus| {
            let found = sums.iter().find(|sum| sum.status == status);
            found.map_or((0, 0), |sum| (sum.usd, sum.records))
        };
        let (paid, commitment) = (of(ContributionStatus::Paid), of(ContributionStatus::Commitment));
        let pledge = of(ContributionStatus::Pledge);
        Self {
            funding: Money::usd(paid.0 + commitment.0),
            paid: Money::usd(paid.0),
            commitments: Money::usd(commitment.0),
            pledges: Money::usd(pledge.0),
            record_count: paid.1 + commitment.1,
            pledge_count: pledge.1,
        }
    }
}

/// What the current records of one status add up to.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
struct Sum {
    status: ContributionStatus,
    records: i64,
    /// In cents of US dollars.
    usd: i64,
}

/// What the records of the list add up to that count: each once with its own amount, by status.
async fn sums(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    filter: &Filter,
) -> Result<Vec<Sum>, StoreError> {
    let mut conditions = filter.conditions(scope);
    conditions.and("c.standing = ?", Standing::Current);
    let (conditions, values) = conditions.end();
    let text = format!(
        "SELECT c.status, count(*) AS records, CAST(sum(c.amount_usd) AS bigint) AS usd
         FROM contribution c WHERE {conditions} GROUP BY c.status"
    );
    list::plan_for_values(db).await?;
    sql::all(db, &text, values).await
}

/// Filters, as those of the contribution list.
#[derive(Debug, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TotalsFilter {
    /// `ours`: money given to this organisation; `all`: every reported flow, whoever receives it. Defaults to `ours`.
    scope: Option<MoneyScope>,
    /// Only those that go to this response plan.
    plan_id: Option<PlanId>,
    /// Only those with this status.
    status: Option<ContributionStatus>,
    /// Only those with this earmarking.
    earmarking: Option<Earmarking>,
    /// Only for this usage year.
    #[param(minimum = 1900, maximum = 2200)]
    year: Option<i32>,
    /// Only for this country: ISO 3166-1 alpha-3 code.
    #[param(max_length = 3)]
    country: Option<String>,
}

/// Gets the totals of a donor's contributions
///
/// The sum of the contribution list with the same filters, each amount once, and of the donor statement: what this
/// organisation was given, unless `scope` asks for every reported flow. Representatives get what is visible to their donor, staff the records of their office and the offices below
/// it.
#[utoipa::path(tag = "contributions", params(("id" = Uuid, Path, description = "The donor"), TotalsFilter),
    security(("oauth2" = ["contributions:read"])),
    responses((status = 200, description = "The totals", body = ContributionTotals), ReadProblems))]
#[get("/v1/donors/{id}/contribution-totals")]
pub(crate) async fn get(
    caller: Caller<perm::ContributionsRead>,
    context: Data<Context>,
    id: Id<DonorId>,
    filter: Parameters<TotalsFilter>,
) -> ApiResult {
    let TotalsFilter { scope: money, plan_id, status, earmarking, year, country } = filter.0;
    checked_place(country.as_deref(), &[("year", year)])?;
    let (donor_id, money) = (Some(id.0), Some(money.unwrap_or(MoneyScope::Ours)));
    let filter = Filter { donor_id, status, earmarking, year, country, scope: money, ..Default::default() };
    let filter = Filter { only_counting: true, ..filter };
    service::read(&context, &caller.claims, async |db, scope| {
        donor::store::get(scope, db, id.0).await?.ok_or_else(Problem::not_found)?;
        let filter = Filter { plan: plan_target(db, scope, plan_id).await?, ..filter };
        let sums = sums(scope, db, &filter).await?;
        response::json(StatusCode::OK, &[], &ContributionTotals::from(sums.as_slice()))
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pledges_stand_apart_and_nothing_is_counted_twice() {
        let sum = |status, records, usd| Sum { status, records, usd };
        let sums = [
            sum(ContributionStatus::Paid, 3, 500),
            sum(ContributionStatus::Commitment, 2, 40),
            sum(ContributionStatus::Pledge, 7, 9000),
        ];
        let totals = ContributionTotals::from(sums.as_slice());
        assert_eq!((totals.funding, totals.record_count), (Money::usd(540), 5));
        assert_eq!((totals.pledges, totals.pledge_count), (Money::usd(9000), 7));
        let nothing: [Sum; 0] = [];
        let none = ContributionTotals::from(nothing.as_slice());
        assert_eq!((none.funding, none.record_count), (Money::usd(0), 0));
    }
}
