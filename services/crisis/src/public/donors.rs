use crate::funding::{
    api::{DonorFunding, Totals, funding, public_plans},
    fact::public_donor_scope,
    listed, store,
};
use actix_web::{HttpRequest, get, http::StatusCode, web::Data};
use kernel::{DonorId, DonorType, Problem, Word};
use serde::{Deserialize, Serialize};
use service::{
    ApiResult, Column, Context, Envelope, Id, Listed, Paging, Row, openapi::PublicProblems, response,
};
use utoipa::{IntoParams, ToSchema};

/// A donor with the totals of its public contributions.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PublicDonor {
    id: DonorId,
    #[schema(example = "Norway, Government of", max_length = 300)]
    name: String,
    #[schema(max_length = 300)]
    name_fr: Option<String>,
    #[schema(max_length = 300)]
    name_es: Option<String>,
    /// `government`, `intergovernmental`, `civil_society` or `private_sector`.
    #[serde(rename = "type")]
    #[schema(value_type = DonorType)]
    donor_type: Word<DonorType>,
    #[serde(flatten)]
    totals: Totals,
}

impl From<listed::Donor> for PublicDonor {
    fn from(donor: listed::Donor) -> Self {
        let totals = donor.amounts().into();
        let listed::Donor { id, name, name_fr, name_es, donor_type, .. } = donor;
        Self { id, name, name_fr, name_es, donor_type, totals }
    }
}

impl Row for PublicDonor {
    const COLUMNS: &'static [Column<Self>] = &[
        ("id", |row| row.id.into()),
        ("name", |row| row.name.as_str().into()),
        ("type", |row| row.donor_type.as_str().into()),
        ("funding_usd", |row| row.totals.funding.into()),
        ("pledges_usd", |row| row.totals.pledges.into()),
        ("flow_count", |row| row.totals.flow_count.into()),
    ];
}

/// Filters of the donor list.
#[derive(Debug, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PublicDonorFilter {
    /// Only donors whose name contains this text.
    #[param(max_length = 200)]
    q: Option<String>,
}

/// Lists the donors of public contributions
///
/// Largest first, over every country and year that counts them.
#[utoipa::path(tag = "public", params(PublicDonorFilter, Paging),
    responses((status = 200, description = "The donors", body = Envelope<PublicDonor>), PublicProblems))]
#[get("/v1/public/donors")]
pub(crate) async fn list(
    request: HttpRequest,
    context: Data<Context>,
    listed: Listed<PublicDonorFilter>,
) -> ApiResult {
    let PublicDonorFilter { q } = &listed.filter;
    super::search_text(q.as_deref())?;
    super::answer(&context, &request, async |scope| {
        let (scope, paging, wanted) = (scope.clone(), listed.paging.clone(), q.clone());
        let page = paging.of("donors", q)?;
        service::list(&request, &context, scope, page, async move |db, scope, page| {
            let (after, rows) = (page.after()?, page.limit + 1);
            let donors = listed::donors(db, scope.organisation_id(), wanted.as_deref(), after, rows).await?;
            let donors = donors.into_iter().map(PublicDonor::from).collect();
            Ok(page.page(donors, |donor: &PublicDonor| (donor.totals.funding.minor(), donor.id)))
        })
        .await
    })
    .await
}

/// Gets the public funding of a donor
///
/// By country and usage year, by plan and by earmarking. 404 for a donor without public contributions.
#[utoipa::path(tag = "public", params(("id" = Uuid, Path, description = "The donor")),
    responses((status = 200, description = "The donor and its funding", body = DonorFunding), PublicProblems))]
#[get("/v1/public/donors/{id}")]
pub(crate) async fn get(request: HttpRequest, context: Data<Context>, id: Id<DonorId>) -> ApiResult {
    super::answer(&context, &request, async |scope| {
        let organisation_id = scope.organisation_id();
        let shown = service::read_within(&context, scope, async |db| {
            let counted = store::scope(db, organisation_id, &public_donor_scope(id.0)).await?;
            if counted.is_empty() {
                return Err(Problem::not_found().into());
            }
            let donor = store::donor(db, organisation_id, id.0).await?.ok_or_else(Problem::not_found)?;
            Ok(funding(donor, &counted, &public_plans(db, organisation_id, &counted).await?))
        });
        response::json(StatusCode::OK, &[], &shown.await?)
    })
    .await
}
