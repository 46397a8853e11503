//! The years and countries of a record: one row for each, office by office in the order of the list, with what
//! a list is also filtered by.

use super::store::Model;
use kernel::{ContributionId, ContributionStatus, Earmarking, OfficeId, OrganisationId};
use sea_orm::ConnectionTrait;
use store::{StoreError, params, sql};

const COLUMNS: [&str; 6] =
    ["office_id", "target", "contribution_id", "organisation_id", "status", "earmarking"];
const UPSERT: &str = "ON CONFLICT (office_id, target, contribution_id) DO UPDATE
  SET status = excluded.status, earmarking = excluded.earmarking";

/// The rows of one record in the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Targets {
    pub(crate) id: ContributionId,
    pub(crate) organisation_id: OrganisationId,
    pub(crate) office_id: OfficeId,
    /// Years and countries: `,2025,2026,` and `,TCD,`.
    pub(crate) years: String,
    pub(crate) countries: String,
    pub(crate) status: ContributionStatus,
    pub(crate) earmarking: Option<Earmarking>,
}

impl Targets {
    pub(crate) fn of(record: &Model) -> Self {
        Self {
            id: record.id,
            organisation_id: record.organisation_id,
            office_id: record.office_id,
            years: record.usage_years.clone(),
            countries: record.countries.clone(),
            status: record.status,
            earmarking: record.earmarking,
        }
    }

    fn each(&self) -> impl Iterator<Item = &str> {
        self.years.split(',').chain(self.countries.split(',')).filter(|target| !target.is_empty())
    }

    fn stands_under(&self, office_id: OfficeId, target: &str) -> bool {
        self.office_id == office_id && self.each().any(|own| own == target)
    }
}

/// Brings the rows of records from what they were (nothing, when they are new) to what they are.
pub(crate) async fn write(
    db: &impl ConnectionTrait,
    changes: &[(Option<Targets>, Targets)],
) -> Result<(), StoreError> {
    let mut rows = Vec::new();
    for (old, new) in changes {
        if let Some(old) = old.as_ref().filter(|old| *old != new) {
            for gone in old.each().filter(|target| !new.stands_under(old.office_id, target)) {
                let text = "DELETE FROM contribution_target
                            WHERE office_id = $1 AND target = $2 AND contribution_id = $3";
                sql::execute(db, text, params![old.office_id, gone, old.id]).await?;
            }
        }
        if old.as_ref() == Some(new) {
            continue;
        }
        let mut written: Vec<&str> = Vec::new();
        for target in new.each() {
            if !written.contains(&target) {
                written.push(target);
                rows.push(params![
                    new.office_id,
                    target,
                    new.id,
                    new.organisation_id,
                    new.status,
                    new.earmarking,
                ]);
            }
        }
    }
    sql::insert_many(db, "contribution_target", &COLUMNS, rows, UPSERT).await?;
    Ok(())
}
