use super::store::{self, Model};
use crate::{known, pool};
use actix_web::{HttpRequest, get, web::Data};
use auth::{Caller, perm};
use chrono::{DateTime, NaiveDate, Utc};
use kernel::{AgreementId, ContributionId, DonorId, Earmarking, LotId, Money, PoolId, Problem, text::split};
use serde::{Deserialize, Serialize};
use service::{ApiResult, Column, Context, Envelope, Id, Listed, Paging, Row, joined, openapi::ReadProblems};
use std::collections::BTreeSet;
use utoipa::{IntoParams, ToSchema};

/// What a pool has of a contribution, with all that was paid, allotted and corrected of it; or own funds of the
/// organisation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Lot {
    id: LotId,
    /// The first record of the contribution; null for own funds of the organisation.
    root_id: Option<ContributionId>,
    donor_id: Option<DonorId>,
    #[schema(max_length = 500)]
    donor_name: Option<String>,
    /// Whether its records name several donors, which somebody should look at.
    several_donors: bool,
    agreement_id: Option<AgreementId>,
    earmarking: Earmarking,
    /// ISO 3166-1 alpha-3 codes of the countries it is for; none when it may go to any.
    #[schema(max_items = 300, value_type = Vec<kernel::items::CountryCode>)]
    countries: Vec<String>,
    /// The plans it is for, by their ids, or as `fts:` with their numbers there; none when it may go to any.
    #[schema(max_items = 300, value_type = Vec<kernel::items::SourceText>)]
    plans: Vec<String>,
    /// The years in which it is to be used; none when it may be used in any.
    #[schema(max_items = 100, value_type = Vec<kernel::items::Year>)]
    years: Vec<i32>,
    received_on: NaiveDate,
    /// The year in which it was first counted: older money is allocated first.
    #[schema(minimum = 1900, maximum = 2200)]
    intake_year: i32,
    /// The last day on which it may be used: the end of its agreement.
    use_by: Option<NaiveDate>,
    /// What the donors service counts of it.
    received: Money,
    /// What was promised of it and is no longer counted.
    uncovered: Money,
    uncovered_since: Option<DateTime<Utc>>,
}

impl From<Model> for Lot {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            root_id: row.root_id,
            donor_id: row.donor_id,
            several_donors: row.several_donors,
            agreement_id: row.agreement_id,
            earmarking: row.earmarking,
            countries: row.country_codes(),
            plans: split(&row.plans),
            years: row.year_numbers(),
            received_on: row.received_on,
            intake_year: row.intake_year,
            use_by: row.use_by,
            received: Money::usd(row.received),
            uncovered: Money::usd(row.uncovered),
            uncovered_since: row.uncovered_since,
            donor_name: row.donor_name,
        }
    }
}

impl Row for Lot {
    const COLUMNS: &'static [Column<Self>] = &[
        ("id", |row| row.id.into()),
        ("root_id", |row| row.root_id.into()),
        ("donor_id", |row| row.donor_id.into()),
        ("donor_name", |row| row.donor_name.as_deref().into()),
        ("earmarking", |row| row.earmarking.as_str().into()),
        ("countries", |row| joined(&row.countries)),
        ("plans", |row| joined(&row.plans)),
        ("years", |row| joined(&row.years)),
        ("received_on", |row| row.received_on.into()),
        ("use_by", |row| row.use_by.into()),
        ("received_usd", |row| row.received.into()),
        ("uncovered_usd", |row| row.uncovered.into()),
    ];
}

/// Filters of the list of lots.
#[derive(Debug, Clone, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct LotFilter {
    /// Only lots of this donor.
    donor_id: Option<DonorId>,
    /// Only lots that were first counted in this year.
    #[param(minimum = 1900, maximum = 2200)]
    intake_year: Option<i32>,
    /// Only lots of which something that was promised is no longer counted, or only the others.
    is_uncovered: Option<bool>,
}

/// Lists the lots of a pool
///
/// What the pool counts of each contribution, newest first.
#[utoipa::path(tag = "pools", params(("id" = Uuid, Path, description = "The pool"), LotFilter, Paging),
    security(("oauth2" = ["pools:read"])),
    responses((status = 200, description = "The lots", body = Envelope<Lot>), ReadProblems))]
#[get("/v1/pools/{id}/lots")]
pub(crate) async fn list(
    request: HttpRequest,
    caller: Caller<perm::PoolsRead>,
    context: Data<Context>,
    id: Id<PoolId>,
    listed: Listed<LotFilter>,
) -> ApiResult {
    let LotFilter { donor_id, intake_year, is_uncovered } = listed.filter;
    service::year("intake_year", intake_year, 1900..=2200)?;
    let filter = store::Filter { donor_id, intake_year, is_uncovered };
    let scope = context.scope(&caller.claims).await?;
    let page = listed.paging.of("lots", &(id.0, donor_id, intake_year, is_uncovered))?;
    service::list(&request, &context, scope, page, async move |db, scope, page| {
        pool::store::get(scope, db, id.0).await?.ok_or_else(Problem::not_found)?;
        let rows = store::list(scope, db, id.0, &filter, page, page.after()?).await?;
        let page = page.page(rows, |row| row.id);
        let donors: BTreeSet<DonorId> = page.items.iter().filter_map(|row| row.donor_id).collect();
        let donors = known::donor::names(db, &donors).await?;
        Ok(page.map(|row| {
            // By its new name, if the donor was renamed.
            let known = row.donor_id.and_then(|id| donors.get(&id).cloned());
            Lot::from(Model { donor_name: known.or_else(|| row.donor_name.clone()), ..row })
        }))
    })
    .await
}
