//! What the proposals of a list add up to.

use super::{
    api::ProposalFilter,
    store::{Filter, conditions},
};
use ::store::{StoreError, TenantScope, list, sql};
use actix_web::{get, http::StatusCode, web::Data};
use auth::{Caller, perm};
use kernel::{Money, Problem};
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde::Serialize;
use service::{ApiResult, Context, Parameters, openapi::ReadProblems, response};
use utoipa::ToSchema;

/// What proposals add up to, in US dollars.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProposalTotals {
    #[schema(minimum = 0)]
    proposals: i64,
    /// What they ask for.
    asked: Money,
    /// What the committee approved.
    approved: Money,
}

/// The sums, in US cents.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, FromQueryResult)]
struct Sums {
    proposals: i64,
    asked: i64,
    approved: i64,
}

impl From<Sums> for ProposalTotals {
    fn from(sums: Sums) -> Self {
        let Sums { proposals, asked, approved } = sums;
        Self { proposals, asked: Money::usd(asked), approved: Money::usd(approved) }
    }
}

async fn sums(scope: &TenantScope, db: &impl ConnectionTrait, filter: &Filter) -> Result<Sums, StoreError> {
    let (conditions, values) = conditions(scope, filter).end();
    let text = format!(
        "SELECT count(*) AS proposals, CAST(coalesce(sum(p.asked), 0) AS bigint) AS asked,
           CAST(coalesce(sum(p.approved), 0) AS bigint) AS approved
         FROM allocation_proposal p WHERE {conditions}"
    );
    list::plan_for_values(db).await?;
    Ok(sql::all::<Sums>(db, &text, values).await?.pop().unwrap_or_default())
}

/// Gets the totals of proposals
///
/// The sums of the list of proposals with the same filters: those of the caller's office and the offices below it.
#[utoipa::path(tag = "allocation proposals", params(ProposalFilter), security(("oauth2" = ["proposals:read"])),
    responses((status = 200, description = "The totals", body = ProposalTotals), ReadProblems))]
#[get("/v1/allocation-proposal-totals")]
pub(crate) async fn get(
    caller: Caller<perm::ProposalsRead>,
    context: Data<Context>,
    filter: Parameters<ProposalFilter>,
) -> ApiResult {
    let filter = filter.0.checked()?;
    service::read(&context, &caller.claims, async |db, scope| {
        if matches!(scope, TenantScope::Donor { .. } | TenantScope::Public { .. }) {
            return Err(Problem::not_found().into());
        }
        let totals = ProposalTotals::from(sums(scope, db, &filter).await?);
        response::json(StatusCode::OK, &[], &totals)
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        migration::Migrator,
        proposal::{
            State,
            store::{Model, insert, tests::row},
        },
        window,
    };
    use ::store::{Actor, Store, migration::migrate};
    use kernel::{ProposalId, SystemClock};
    use std::sync::Arc;

    #[tokio::test]
    async fn the_sums_are_those_of_the_proposals_that_the_filters_leave() {
        let folder = testkit::folder();
        let file = folder.path().join("allocations.db");
        let database = Store::open_sqlite(&file, Arc::new(SystemClock)).await.unwrap();
        migrate::<Migrator>(&database).await.unwrap();
        let mut tx = database.system(Actor::system()).await.unwrap();
        let blank = window::store::tests::blank();
        let sent_to = blank.with(&window::fields_check::tests::window()).unwrap();
        window::store::insert(&mut tx, &sent_to).await.unwrap();
        let first = row(State::Shortlisted);
        let second = Model {
            id: ProposalId::from_u128(77),
            reference: "MIR-2026-00077".to_owned(),
            state: State::Approved,
            category: "Internal systems".to_owned(),
            approved: Some(first.asked),
            ..first.clone()
        };
        insert(&tx, &first).await.unwrap();
        insert(&tx, &second).await.unwrap();
        let scope = TenantScope::Organisation { organisation_id: first.organisation_id };
        let of = async |filter: Filter| sums(&scope, tx.db(), &filter).await.unwrap();
        let all = Sums { proposals: 2, asked: 2 * first.asked, approved: first.asked };
        assert_eq!(of(Filter::default()).await, all);
        let of_category = Filter { category: Some("Internal systems".to_owned()), ..Filter::default() };
        let one = Sums { proposals: 1, asked: first.asked, approved: first.asked };
        assert_eq!(of(of_category).await, one);
        let none = Filter { state: Some(State::Draft), ..Filter::default() };
        assert_eq!(of(none).await, Sums::default());
        tx.commit().await.unwrap();
    }
}
