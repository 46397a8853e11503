use crate::funding::{
    api::{DonorFunding, Totals, funding},
    fact::public_donor_scope,
    listed, store,
};
use actix_web::{HttpRequest, get, http::StatusCode, web::Data};
use kernel::{Problem, pagination::Page};
use serde::{Deserialize, Serialize};
use service::{Answer, Cell, Context, Envelope, Id, Parameters, Row, answer, openapi::PublicProblems};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// A donor with what its public contributions add up to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PublicDonor {
    id: Uuid,
    #[schema(example = "Norway, Government of", max_length = 300)]
    name: String,
    #[schema(max_length = 300)]
    name_fr: Option<String>,
    #[schema(max_length = 300)]
    name_es: Option<String>,
    /// `government`, `intergovernmental`, `civil_society` or `private_sector`.
    #[serde(rename = "type")]
    #[schema(example = "government", max_length = 20)]
    donor_type: String,
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
    const COLUMNS: &'static [&'static str] =
        &["id", "name", "type", "funding_usd", "pledges_usd", "flow_count"];
    fn cells(&self) -> Vec<Cell> {
        vec![
            self.id.to_string().into(),
            self.name.as_str().into(),
            self.donor_type.as_str().into(),
            self.totals.funding.into(),
            self.totals.pledges.into(),
            self.totals.flow_count.into(),
        ]
    }
}

/// Filters of the donor list.
#[derive(Debug, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PublicDonorFilter {
    /// Only donors whose name holds this text.
    #[param(max_length = 200)]
    q: Option<String>,
    /// Rows of a page, 1 to 200.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u64>,
    /// Where to go on: `next_cursor` of the page before.
    #[param(max_length = 2000)]
    cursor: Option<String>,
}

/// Lists the donors of public contributions
///
/// The largest first, over every country and year that counts them.
#[utoipa::path(tag = "public", params(PublicDonorFilter),
    responses((status = 200, description = "The donors", body = Envelope<PublicDonor>), PublicProblems))]
#[get("/v1/public/donors")]
pub(crate) async fn list(
    request: HttpRequest,
    context: Data<Context>,
    filter: Parameters<PublicDonorFilter>,
) -> Answer {
    let PublicDonorFilter { q, limit, cursor } = filter.0;
    super::search(q.as_deref())?;
    super::answer(&context, &request, async |scope| {
        let (context, scope, wanted) = (context.clone(), scope.clone(), q.clone());
        service::list(&request, "donors", &q, limit, cursor.clone(), move |page| {
            let (context, scope, wanted) = (context.clone(), scope.clone(), wanted.clone());
            Box::pin(async move {
                let after = page.after()?;
                let (organisation_id, rows) = (scope.organisation_id(), page.limit + 1);
                let donors = service::read_within(&context, &scope, async |db| {
                    Ok(listed::donors(db, organisation_id, wanted.as_deref(), after, rows).await?)
                });
                let donors = donors.await?;
                let donors = donors.into_iter().map(PublicDonor::from).collect();
                let Page { items, next } =
                    page.page(donors, |donor: &PublicDonor| (donor.totals.funding.minor(), donor.id));
                Ok(Page { items, next })
            })
        })
        .await
    })
    .await
}

/// What a donor's public contributions add up to
///
/// By country and usage year, by plan and by earmarking. A donor without public contributions is not there.
#[utoipa::path(tag = "public", params(("id" = Uuid, Path, description = "The donor")),
    responses((status = 200, description = "The donor and its funding", body = DonorFunding), PublicProblems))]
#[get("/v1/public/donors/{id}")]
pub(crate) async fn get(request: HttpRequest, context: Data<Context>, id: Id) -> Answer {
    super::answer(&context, &request, async |scope| {
        let organisation_id = scope.organisation_id();
        let shown = service::read_within(&context, scope, async |db| {
            let counted = store::scope(db, organisation_id, &public_donor_scope(id.0)).await?;
            if counted.is_empty() {
                return Err(Problem::not_found().into());
            }
            let donor = store::donor(db, organisation_id, id.0).await?.ok_or_else(Problem::not_found)?;
            Ok(funding(donor, &counted))
        });
        answer::json(StatusCode::OK, &[], &shown.await?)
    })
    .await
}
