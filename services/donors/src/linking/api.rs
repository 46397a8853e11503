use super::{
    record::LinkedRecord,
    score::LinkPoints,
    store::{self, Filter, Model},
};
use crate::contribution::{
    partner::{LinkId, LinkState, reported_root},
    store::{self as contributions, REPORTING_SOURCE},
};
use ::store::{StoreError, TenantScope};
use actix_web::{HttpRequest, get, web::Data};
use auth::{ApiError, Caller, perm};
use chrono::{DateTime, Utc};
use kernel::{ContributionId, DonorId, Fault, Money, OfficeId, PrincipalId, Problem};
use serde::{Deserialize, Serialize};
use service::{
    ApiResult, Cell, Column, Context, Envelope, Id, Listed, Paging, Row, openapi::ReadProblems, response,
};
use utoipa::{IntoParams, ToSchema};

/// A record of ours and a flow that FTS reports which are, or may be, the same money.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct ContributionLink {
    pub(crate) id: LinkId,
    #[schema(minimum = 1)]
    pub(crate) version: i64,
    /// The office of our own record: it and those above it decide.
    pub(crate) office_id: OfficeId,
    pub(crate) state: LinkState,
    /// What speaks for it: 7 and more are proposed.
    #[schema(minimum = 0, maximum = 17)]
    pub(crate) points: i32,
    /// The reasons, in points that add up.
    #[schema(max_items = 10)]
    pub(crate) reasons: Vec<LinkPoints>,
    /// Our own record.
    pub(crate) own: LinkedRecord,
    /// The flow that FTS reports.
    pub(crate) reported: LinkedRecord,
    /// Who decided; null where a shared reference links the two, or nobody has decided.
    pub(crate) decided_by: Option<PrincipalId>,
    /// When it was linked, or said to be two.
    pub(crate) decided_at: Option<DateTime<Utc>>,
    /// Why, as far as whoever decided said so.
    #[schema(max_length = 2000)]
    pub(crate) reason: Option<String>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
}

impl TryFrom<Model> for ContributionLink {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        Ok(Self {
            reasons: serde_json::from_str(&row.reasons)?,
            own: serde_json::from_str(&row.own)?,
            reported: serde_json::from_str(&row.reported)?,
            id: row.id,
            version: row.version,
            office_id: row.office_id,
            state: row.state,
            points: row.points,
            decided_by: row.decided_by,
            decided_at: row.decided_at,
            reason: row.reason,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

fn reference(record: &LinkedRecord) -> Cell {
    record.external_ref.as_ref().map(|external| external.r#ref.as_str()).into()
}

fn currency(record: &LinkedRecord) -> Cell {
    record.amount.map(|amount: Money| amount.currency().code()).into()
}

impl Row for ContributionLink {
    const COLUMNS: &'static [Column<Self>] = &[
        ("id", |row| row.id.into()),
        ("state", |row| row.state.as_str().into()),
        ("points", |row| i64::from(row.points).into()),
        ("reasons", |row| {
            let reasons = row.reasons.iter().map(|one| format!("{} {}", one.reason, one.points));
            reasons.collect::<Vec<_>>().join("; ").into()
        }),
        ("own_id", |row| row.own.contribution_id.into()),
        ("own_reference", |row| reference(&row.own)),
        ("own_donor", |row| row.own.donor_name.clone().into()),
        ("own_status", |row| row.own.status.as_str().into()),
        ("own_amount", |row| row.own.amount.into()),
        ("own_currency", |row| currency(&row.own)),
        ("own_amount_usd", |row| row.own.amount_usd.into()),
        ("own_decision_date", |row| row.own.decision_date.into()),
        ("own_flow_date", |row| row.own.flow_date.into()),
        ("own_countries", |row| row.own.countries.join(" ").into()),
        ("own_plans", |row| row.own.plans.join("; ").into()),
        ("reported_id", |row| row.reported.contribution_id.into()),
        ("reported_reference", |row| reference(&row.reported)),
        ("reported_donor", |row| row.reported.donor_name.clone().into()),
        ("reported_status", |row| row.reported.status.as_str().into()),
        ("reported_amount", |row| row.reported.amount.into()),
        ("reported_currency", |row| currency(&row.reported)),
        ("reported_amount_usd", |row| row.reported.amount_usd.into()),
        ("reported_decision_date", |row| row.reported.decision_date.into()),
        ("reported_flow_date", |row| row.reported.flow_date.into()),
        ("reported_countries", |row| row.reported.countries.join(" ").into()),
        ("reported_plans", |row| row.reported.plans.join("; ").into()),
        ("decided_at", |row| row.decided_at.map(|at| at.to_rfc3339()).into()),
        ("reason", |row| row.reason.clone().into()),
    ];
}

/// Filters of the list of links.
#[derive(Debug, Clone, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct LinkFilter {
    /// Only in this state. Weak ones are listed where they, or so few points, are asked for.
    state: Option<LinkState>,
    /// Only of this donor.
    donor_id: Option<DonorId>,
    /// Only with so many points or more: 5 lists the weak ones as well.
    #[param(minimum = 0, maximum = 17)]
    min_points: Option<i32>,
    /// Only those of this contribution, on either side.
    contribution_id: Option<ContributionId>,
}

/// The most points there are.
const MAX_POINTS: i32 = 17;

/// Lists contributions that are known twice
///
/// Pairs of a record of the caller's office, or of one below it, and a flow that FTS reports: proposed (from 7 points on),
/// linked, and those that somebody said are two; newest first. Weak ones (5 or 6 points) on request. Staff only: 404 for
/// donor representatives.
#[utoipa::path(tag = "contributions", params(LinkFilter, Paging), security(("oauth2" = ["contributions:read"])),
    responses((status = 200, description = "The links", body = Envelope<ContributionLink>), ReadProblems))]
#[get("/v1/contribution-links")]
pub(crate) async fn list(
    request: HttpRequest,
    caller: Caller<perm::ContributionsRead>,
    context: Data<Context>,
    listed: Listed<LinkFilter>,
) -> ApiResult {
    let scope = staff(context.scope(&caller.claims).await?)?;
    let asked = listed.filter;
    if asked.min_points.is_some_and(|points| !(0..=MAX_POINTS).contains(&points)) {
        let fault = Fault::out_of_range(0, MAX_POINTS.into());
        return Err(Problem::invalid_parameter("min_points", fault).into());
    }
    let mut filter = Filter {
        state: asked.state,
        donor_id: asked.donor_id,
        min_points: asked.min_points,
        ..Filter::default()
    };
    if let Some(id) = asked.contribution_id {
        let side = service::read_within(&context, &scope, async |db| {
            let organisation_id = scope.organisation_id();
            let found = contributions::get(&scope, db, id).await?;
            match found {
                Some(row) if row.source != REPORTING_SOURCE => Ok((Some(row.root().unwrap_or(id)), None)),
                // It may be a flow that another office has imported.
                Some(_) | None => Ok((None, Some(reported_root(db, organisation_id, id).await?))),
            }
        });
        (filter.own_id, filter.reported_id) = side.await?;
    }
    let page = listed.paging.of("contribution-links", &(asked, caller.claims.sub))?;
    service::list(&request, &context, scope, page, async move |db, scope, page| {
        let rows = store::list(scope, db, &filter, page, page.after()?).await?;
        Ok(page.page(rows, |row| row.id).try_map(ContributionLink::try_from)?)
    })
    .await
}

/// Gets two contributions that may be the same money
///
/// Both records with the points that speak for it. For the office of our own record and those above it, 404 for any other.
#[utoipa::path(tag = "contributions", params(("id" = Uuid, Path, description = "The link")),
    security(("oauth2" = ["contributions:read"])),
    responses((status = 200, description = "The link", body = ContributionLink), ReadProblems))]
#[get("/v1/contribution-links/{id}")]
pub(crate) async fn get(
    request: HttpRequest,
    caller: Caller<perm::ContributionsRead>,
    context: Data<Context>,
    id: Id<LinkId>,
) -> ApiResult {
    service::read(&context, &caller.claims, async |db, scope| {
        let row = store::get(scope, db, id.0).await?.ok_or_else(Problem::not_found)?;
        response::record(&request, row.version, &ContributionLink::try_from(row)?)
    })
    .await
}

/// What is known twice is no matter of donors.
fn staff(scope: TenantScope) -> Result<TenantScope, ApiError> {
    match scope {
        TenantScope::Donor { .. } => Err(Problem::not_found().into()),
        TenantScope::Offices { .. } | TenantScope::Public { .. } | TenantScope::Organisation { .. } => {
            Ok(scope)
        }
    }
}
