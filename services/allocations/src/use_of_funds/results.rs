//! What projects were to reach, and what was reached of it.

use crate::proposal;
use ::store::{StoreError, TenantScope, sql};
use chrono::{DateTime, Utc};
use kernel::ProposalId;
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A result of a project: what was to be reached, and what was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ContributionUseResult {
    #[schema(example = "People transported", max_length = 300)]
    pub(crate) indicator: String,
    #[schema(example = "12,000", max_length = 300)]
    pub(crate) target: String,
    /// Null until it is reported; for donors, until headquarters has accepted the report.
    #[schema(example = "11,480", max_length = 300)]
    pub(crate) reached: Option<String>,
}

/// What a report on the use of the money says of results.
#[derive(Debug, FromQueryResult)]
struct Reported {
    proposal_id: ProposalId,
    /// A JSON list.
    results: String,
    accepted_at: Option<DateTime<Utc>>,
}

/// What was reached of a result, as a report says it.
#[derive(Debug, Deserialize)]
struct Reached {
    indicator: String,
    reached: String,
}

/// Whether a scope reads what was reached: donors do once headquarters has accepted the report that says it.
const fn is_told(scope: &TenantScope, is_accepted: bool) -> bool {
    match scope {
        TenantScope::Offices { .. } | TenantScope::Organisation { .. } => true,
        TenantScope::Donor { .. } | TenantScope::Public { .. } => is_accepted,
    }
}

/// The results of some proposals, as a scope reads them.
///
/// # Errors
/// [`StoreError`].
pub(super) async fn results(
    db: &impl ConnectionTrait,
    scope: &TenantScope,
    proposals: &BTreeMap<ProposalId, proposal::store::Model>,
) -> Result<BTreeMap<ProposalId, Vec<ContributionUseResult>>, StoreError> {
    let keys = proposals.keys().map(|id| (*id).into());
    let text = "SELECT proposal_id, results, accepted_at FROM use_report WHERE true";
    let found = sql::select_by_keys(db, text, vec![], "proposal_id", keys).await?;
    let reports: Vec<Reported> = sql::read(&found)?;
    let mut told: BTreeMap<ProposalId, Vec<Reached>> = BTreeMap::new();
    for report in reports {
        if is_told(scope, report.accepted_at.is_some()) {
            told.insert(report.proposal_id, serde_json::from_str(&report.results)?);
        }
    }
    let mut results = BTreeMap::new();
    for (id, row) in proposals {
        let own = told.remove(id).unwrap_or_default();
        let result = |result: proposal::fields::ProposalResult| {
            let found = own.iter().find(|reached| reached.indicator == result.indicator);
            ContributionUseResult {
                reached: found.map(|reached| reached.reached.clone()),
                indicator: result.indicator,
                target: result.target,
            }
        };
        results.insert(*id, row.fields()?.results.into_iter().map(result).collect());
    }
    Ok(results)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::{DonorId, OrganisationId};

    #[test]
    fn donors_are_told_what_was_reached_once_the_report_is_accepted() {
        let organisation_id = OrganisationId::from_u128(1);
        let donor = TenantScope::Donor { organisation_id, donor_id: DonorId::from_u128(2) };
        let staff = TenantScope::Organisation { organisation_id };
        assert_eq!((is_told(&donor, false), is_told(&donor, true)), (false, true));
        assert_eq!((is_told(&staff, false), is_told(&staff, true)), (true, true));
    }
}
