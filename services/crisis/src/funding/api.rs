use super::{
    fact::{Amounts, OURS, donor_scope, place_of},
    store,
};
use crate::plan;
use ::store::{StoreError, TenantScope, office};
use actix_web::{get, web::Data};
use auth::{Caller, PrincipalKind, perm};
use kernel::{Code, DonorId, DonorType, Money, MoneyScope, OrganisationId, PlanId, Problem, Reason, Word};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use service::{ApiResult, Context, Id, Parameters, openapi::ReadProblems, response};
use std::collections::{BTreeMap, HashMap};
use utoipa::{IntoParams, ToSchema};

/// A donor's funding of one country for one year.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DonorCountryYear {
    /// ISO 3166-1 alpha-3 code.
    #[schema(example = "AFG", max_length = 3)]
    country: String,
    #[schema(example = 2020)]
    year: i32,
    #[serde(flatten)]
    totals: Totals,
}

/// A donor's funding for one year, over the countries that count it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DonorYear {
    #[schema(example = 2020)]
    year: i32,
    #[serde(flatten)]
    totals: Totals,
}

/// A part of a donor's funding.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DonorFundingPart {
    /// Its name in the source; null for "not stated".
    #[schema(example = "929", max_length = 100)]
    external_ref: Option<String>,
    #[schema(example = "Afghanistan 2020", max_length = 500)]
    name: Option<String>,
    #[serde(flatten)]
    totals: Totals,
}

/// A donor's funding of a response plan, in country totals.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DonorPlan {
    /// The plan, if it is on the platform and public.
    plan_id: Option<PlanId>,
    #[serde(flatten)]
    part: DonorFundingPart,
}

/// Totals in US dollars. Pledges never count as funding.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Totals {
    /// Paid and committed.
    pub(crate) funding: Money,
    pub(crate) paid: Money,
    pub(crate) commitments: Money,
    pub(crate) pledges: Money,
    /// Number of flows that count as funding.
    #[schema(minimum = 0)]
    pub(crate) flow_count: i64,
}

impl From<Amounts> for Totals {
    fn from(amounts: Amounts) -> Self {
        Self {
            funding: Money::usd(amounts.funding()),
            paid: Money::usd(amounts.paid),
            commitments: Money::usd(amounts.commitment),
            pledges: Money::usd(amounts.pledge),
            flow_count: amounts.funding_flows,
        }
    }
}

/// What of a total went to the organisation that runs the platform.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OfWhichOurs {
    /// The organisation.
    #[schema(example = "International Organization for Migration", max_length = 300)]
    organisation: Option<String>,
    #[serde(flatten)]
    totals: Totals,
}

impl OfWhichOurs {
    /// What of a scope that was read went to the organisation.
    pub(crate) async fn of(
        db: &impl ConnectionTrait,
        organisation_id: OrganisationId,
        counted: &[store::Counted],
    ) -> Result<Self, StoreError> {
        let ours = counted.iter().find(|cell| cell.dimension == OURS);
        let totals = ours.map(store::Counted::amounts).unwrap_or_default().into();
        Ok(Self { organisation: office::organisation_name(db, organisation_id).await?, totals })
    }
}

/// Whose money a donor's figures count.
#[derive(Debug, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct OfScope {
    /// `ours`: money given to the organisation that runs the platform; `all`: every reported flow, whoever receives it.
    /// Defaults to `ours`.
    scope: Option<MoneyScope>,
}

impl OfScope {
    pub(crate) fn scope(&self) -> MoneyScope {
        self.scope.unwrap_or(MoneyScope::Ours)
    }
}

/// Whose money is counted, and the organisation that is meant by "ours".
pub(crate) struct Whose {
    scope: MoneyScope,
    organisation: Option<String>,
}

impl Whose {
    pub(crate) async fn of(
        db: &impl ConnectionTrait,
        organisation_id: OrganisationId,
        scope: MoneyScope,
    ) -> Result<Self, StoreError> {
        Ok(Self { scope, organisation: office::organisation_name(db, organisation_id).await? })
    }
}

/// Totals of a donor's contributions.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DonorFunding {
    donor_id: DonorId,
    #[schema(max_length = 500)]
    donor_name: String,
    /// Its name in French, if registered with one.
    #[schema(max_length = 300)]
    donor_name_fr: Option<String>,
    /// Its name in Spanish, if registered with one.
    #[schema(max_length = 300)]
    donor_name_es: Option<String>,
    /// `government`, `intergovernmental`, `civil_society` or `private_sector`.
    #[schema(value_type = DonorType)]
    donor_type: Word<DonorType>,
    /// Whose money is counted.
    scope: MoneyScope,
    /// The organisation whose money `ours` is.
    #[schema(example = "International Organization for Migration", max_length = 300)]
    organisation: Option<String>,
    /// Total over every country and year that counts it.
    #[serde(flatten)]
    totals: Totals,
    /// Latest year first.
    #[schema(max_items = 200)]
    by_year: Vec<DonorYear>,
    /// Latest year first, then largest amount first.
    #[schema(max_items = 10000)]
    by_country_year: Vec<DonorCountryYear>,
    #[schema(max_items = 10000)]
    by_plan: Vec<DonorPlan>,
    #[schema(max_items = 10)]
    by_earmarking: Vec<DonorFundingPart>,
    /// Records that no country total counts: shared between countries or years, internal transfers, or without a
    /// location.
    elsewhere: Totals,
}

/// Gets the funding of a donor
///
/// Totals by country and usage year, counted as OCHA's FTS does, over the records that the donor may see: of what the
/// organisation was given, unless `scope` asks for every reported flow. For the donor's own representatives and for
/// headquarters.
#[utoipa::path(tag = "funding", params(("id" = Uuid, Path, description = "The donor"), OfScope),
    security(("oauth2" = ["funding:read"])),
    responses((status = 200, description = "The donor's funding", body = DonorFunding), ReadProblems))]
#[get("/v1/donors/{id}/funding")]
pub(crate) async fn of_donor(
    caller: Caller<perm::FundingRead>,
    context: Data<Context>,
    id: Id<DonorId>,
    asked: Parameters<OfScope>,
) -> ApiResult {
    let claims = &caller.claims;
    if claims.donor_id.is_some_and(|own| own != id.0) {
        return Err(Problem::not_found().into());
    }
    let sees_all = claims.kind == PrincipalKind::Donor || context.is_headquarters(claims).await?;
    service::read(&context, claims, async |db, _| {
        let donor = store::donor(db, claims.organisation_id, id.0).await?.ok_or_else(Problem::not_found)?;
        if !sees_all {
            let why = "only headquarters may see a donor's totals over all offices";
            return Err(Problem::new(Code::Forbidden).because(Reason::HeadquartersOnly, why).into());
        }
        let (organisation_id, scope) = (claims.organisation_id, asked.0.scope());
        let counted = store::scope(db, organisation_id, &donor_scope(id.0, scope)).await?;
        let plans = public_plans(db, organisation_id, &counted).await?;
        let whose = Whose::of(db, organisation_id, scope).await?;
        response::json(actix_web::http::StatusCode::OK, &[], &funding(donor, whose, &counted, &plans))
    })
    .await
}

/// The public plans among what a donor's scope counts, by how the read model knows them.
pub(crate) async fn public_plans(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    counted: &[store::Counted],
) -> Result<HashMap<String, plan::store::Model>, StoreError> {
    let keys = counted.iter().filter(|cell| cell.dimension == "plan").map(|cell| cell.member.as_str());
    let public = TenantScope::Public { organisation_id };
    plan::store::by_funding_keys(&public, db, keys).await
}

/// The funding of a donor, with the public `plans` under the names that they have now.
pub(crate) fn funding(
    donor: store::KnownDonor,
    whose: Whose,
    counted: &[store::Counted],
    plans: &HashMap<String, plan::store::Model>,
) -> DonorFunding {
    let (mut total, mut elsewhere) = (Amounts::default(), Amounts::default());
    let mut years: BTreeMap<i32, Amounts> = BTreeMap::new();
    let mut by_country_year = Vec::new();
    let (mut by_plan, mut by_earmarking) = (Vec::new(), Vec::new());
    for cell in counted {
        let amounts = cell.amounts();
        let part = || DonorFundingPart {
            external_ref: cell.external_ref.clone(),
            name: cell.name.clone(),
            totals: amounts.into(),
        };
        match cell.dimension.as_str() {
            "country_year" => {
                let Some((country, year)) = place_of(&cell.member) else { continue };
                total.add(amounts, 1);
                years.entry(year).or_default().add(amounts, 1);
                by_country_year.push(DonorCountryYear {
                    country: country.to_owned(),
                    year,
                    totals: amounts.into(),
                });
            }
            "elsewhere" => elsewhere.add(amounts, 1),
            "plan" => {
                let (mut part, plan) = (part(), plans.get(&cell.member));
                part.name = plan.map(|plan| plan.name.clone()).or(part.name);
                by_plan.push(DonorPlan { plan_id: plan.map(|plan| plan.id), part });
            }
            "earmarking" => by_earmarking.push(part()),
            _ => {}
        }
    }
    // They come largest first; a stable sort keeps that within a year.
    by_country_year.sort_by_key(|entry| std::cmp::Reverse(entry.year));
    DonorFunding {
        donor_id: donor.id,
        donor_name: donor.name,
        donor_name_fr: donor.name_fr,
        donor_name_es: donor.name_es,
        donor_type: donor.donor_type,
        scope: whose.scope,
        organisation: whose.organisation,
        totals: total.into(),
        by_year: years
            .into_iter()
            .rev()
            .map(|(year, amounts)| DonorYear { year, totals: amounts.into() })
            .collect(),
        by_country_year,
        by_plan,
        by_earmarking,
        elsewhere: elsewhere.into(),
    }
}
