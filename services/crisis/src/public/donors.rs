use super::{CACHE, scope};
use crate::funding::{
    api::{DonorFunding, Totals, funding},
    fact::{Amounts, public_donor_scope},
    store,
};
use actix_web::{HttpRequest, get, http::StatusCode, web::Data};
use kernel::{Problem, pagination::Page};
use serde::{Deserialize, Serialize};
use service::{Answer, Cell, Context, Envelope, Id, Parameters, Row, answer, openapi::PublicProblems};
use std::cmp::Reverse;
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
    let scope = scope(&context).await?;
    let wanted = q.as_deref().map(str::to_lowercase);
    service::list(&request, "donors", &q, limit, cursor, move |page| {
        let (context, scope, wanted) = (context.clone(), scope.clone(), wanted.clone());
        Box::pin(async move {
            let after: Option<(i64, Uuid)> = page.after()?;
            let db = context.store.read(&scope).await?;
            let organisation_id = scope.organisation_id();
            let totals = store::totals(&db, organisation_id, "public-donor:").await?;
            let mut ranked: Vec<(Reverse<i64>, Uuid, Amounts)> = totals
                .into_iter()
                .filter_map(|(id, amounts)| Some((Reverse(amounts.funding()), id.parse().ok()?, amounts)))
                .filter(|(funding, id, _)| {
                    after.is_none_or(|(last, id_then)| (*funding, *id) > (Reverse(last), id_then))
                })
                .collect();
            ranked.sort_unstable_by_key(|(funding, id, _)| (*funding, *id));
            let ids: Vec<Uuid> = ranked.iter().map(|(_, id, _)| *id).collect();
            let mut known = store::donors(&db, organisation_id, &ids).await?;
            let mut items = Vec::new();
            for (_, id, amounts) in ranked {
                let Some(donor) = known.remove(&id.to_string()) else { continue };
                let names = [Some(&donor.name), donor.name_fr.as_ref(), donor.name_es.as_ref()];
                let fits =
                    |wanted: &String| names.iter().flatten().any(|name| name.to_lowercase().contains(wanted));
                if wanted.as_ref().is_some_and(|wanted| !fits(wanted)) {
                    continue;
                }
                items.push(PublicDonor {
                    id,
                    name: donor.name,
                    name_fr: donor.name_fr,
                    name_es: donor.name_es,
                    donor_type: donor.donor_type,
                    totals: amounts.into(),
                });
                if items.len() as u64 > page.limit {
                    break;
                }
            }
            let Page { items, next } = page.page(items, |donor| (donor.totals.funding.minor(), donor.id));
            Ok(Page { items, next })
        })
    })
    .await
}

/// What a donor's public contributions add up to
///
/// By country and usage year, by plan and by earmarking. A donor without public contributions is not there.
#[utoipa::path(tag = "public", params(("id" = Uuid, Path, description = "The donor")),
    responses((status = 200, description = "The donor and its funding", body = DonorFunding), PublicProblems))]
#[get("/v1/public/donors/{id}")]
pub(crate) async fn get(context: Data<Context>, id: Id) -> Answer {
    let scope = scope(&context).await?;
    let db = context.store.read(&scope).await?;
    let organisation_id = scope.organisation_id();
    let counted = store::scope(&db, organisation_id, &public_donor_scope(id.0)).await?;
    if counted.is_empty() {
        return Err(Problem::not_found().into());
    }
    let donor = store::donor(&db, organisation_id, id.0).await?.ok_or_else(Problem::not_found)?;
    answer::json(StatusCode::OK, &[(CACHE.0, CACHE.1.to_owned())], &funding(donor, &counted))
}
