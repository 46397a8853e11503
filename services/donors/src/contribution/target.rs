//! The years and countries of a record: one row for each, office by office in the order of the list, with what
//! a list is also filtered by.

use super::store::Model as Contribution;
use kernel::{ContributionId, ContributionStatus, Earmarking, OfficeId, OrganisationId};
use sea_orm::entity::prelude::*;
use std::collections::BTreeMap;
use store::{StoreError, params, sql, upsert_columns};

/// Most records that one DELETE takes from under a year or a country.
const MAX_REMOVED: usize = 1000;

/// A year or a country of a record.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "contribution_target")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub office_id: OfficeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub target: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub contribution_id: ContributionId,
    pub organisation_id: OrganisationId,
    pub status: ContributionStatus,
    pub earmarking: Option<Earmarking>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

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
    pub(crate) fn of(record: &Contribution) -> Self {
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
    let mut gone: BTreeMap<(OfficeId, &str), Vec<ContributionId>> = BTreeMap::new();
    for (old, new) in changes {
        if let Some(old) = old.as_ref().filter(|old| *old != new) {
            for target in old.each().filter(|target| !new.stands_under(old.office_id, target)) {
                gone.entry((old.office_id, target)).or_default().push(old.id);
            }
        }
        if old.as_ref() == Some(new) {
            continue;
        }
        let mut written: Vec<&str> = Vec::new();
        for target in new.each() {
            if !written.contains(&target) {
                written.push(target);
                rows.push(Model {
                    office_id: new.office_id,
                    target: target.to_owned(),
                    contribution_id: new.id,
                    organisation_id: new.organisation_id,
                    status: new.status,
                    earmarking: new.earmarking,
                });
            }
        }
    }
    for ((office_id, target), records) in gone {
        for records in records.chunks(MAX_REMOVED) {
            let mut parameters = params![office_id, target];
            let listed = sql::bind_list(&mut parameters, records.iter().map(|id| (*id).into()));
            let text = format!(
                "DELETE FROM contribution_target
                 WHERE office_id = $1 AND target = $2 AND contribution_id IN ({listed})"
            );
            sql::execute(db, &text, parameters).await?;
        }
    }
    upsert_columns(db, &rows, &[Column::Status, Column::Earmarking]).await?;
    Ok(())
}
