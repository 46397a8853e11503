//! The years, countries and plans of a record: one row for each, office by office in the order of the list, with what
//! a list is also filtered by.

use super::store::Model as Contribution;
use events::FlowObject;
use kernel::{ContributionId, ContributionStatus, Earmarking, OfficeId, OrganisationId};
use sea_orm::entity::prelude::*;
use std::collections::BTreeMap;
use store::{StoreError, params, sql, upsert_columns};

/// Most records that one DELETE takes from under a target.
const MAX_REMOVED: usize = 1000;

/// A year, a country or a plan of a record.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "contribution_target")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub office_id: OfficeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub is_ours: bool,
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
    /// Plans, as [`of_plan`] calls them.
    pub(crate) plans: Vec<String>,
    pub(crate) status: ContributionStatus,
    pub(crate) earmarking: Option<Earmarking>,
    pub(crate) is_ours: bool,
}

/// What a plan is called among the targets, by its id as a destination of money.
pub(crate) fn of_plan(id: &str) -> String {
    format!("plan:{id}")
}

/// The plans among destinations, as a record keeps them.
///
/// # Errors
/// [`StoreError::Document`] when they cannot be read.
pub(crate) fn plans_of(destination_objects: &str) -> Result<Vec<String>, StoreError> {
    // Most records go to no plan.
    if !destination_objects.contains(FlowObject::PLAN) {
        return Ok(Vec::new());
    }
    let objects: Vec<FlowObject> = serde_json::from_str(destination_objects)?;
    let plans = objects.iter().filter(|object| object.kind == FlowObject::PLAN);
    Ok(plans.map(|plan| of_plan(&plan.id)).collect())
}

impl Targets {
    pub(crate) fn of(record: &Contribution) -> Result<Self, StoreError> {
        Ok(Self {
            id: record.id,
            organisation_id: record.organisation_id,
            office_id: record.office_id,
            years: record.usage_years.clone(),
            countries: record.countries.clone(),
            plans: plans_of(&record.destination_objects)?,
            status: record.status,
            earmarking: record.earmarking,
            is_ours: record.is_ours,
        })
    }

    fn each(&self) -> impl Iterator<Item = &str> {
        let listed = self.years.split(',').chain(self.countries.split(','));
        listed.filter(|target| !target.is_empty()).chain(self.plans.iter().map(String::as_str))
    }

    /// Whether the row of `old` under a target is the one of this as well.
    fn has_row_of(&self, old: &Self, target: &str) -> bool {
        (self.office_id, self.is_ours) == (old.office_id, old.is_ours) && self.each().any(|own| own == target)
    }
}

/// Brings the rows of records from what they were (nothing, when they are new) to what they are.
pub(crate) async fn write(
    db: &impl ConnectionTrait,
    changes: &[(Option<Targets>, Targets)],
) -> Result<(), StoreError> {
    let mut rows = Vec::new();
    let mut gone: BTreeMap<(OfficeId, bool, &str), Vec<ContributionId>> = BTreeMap::new();
    for (old, new) in changes {
        if let Some(old) = old.as_ref().filter(|old| *old != new) {
            for target in old.each().filter(|target| !new.has_row_of(old, target)) {
                gone.entry((old.office_id, old.is_ours, target)).or_default().push(old.id);
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
                    is_ours: new.is_ours,
                    target: target.to_owned(),
                    contribution_id: new.id,
                    organisation_id: new.organisation_id,
                    status: new.status,
                    earmarking: new.earmarking,
                });
            }
        }
    }
    for ((office_id, is_ours, target), records) in gone {
        for records in records.chunks(MAX_REMOVED) {
            let mut parameters = params![office_id, is_ours, target];
            let listed = sql::bind_list(&mut parameters, records.iter().map(|id| (*id).into()));
            let text = format!(
                "DELETE FROM contribution_target
                 WHERE office_id = $1 AND is_ours = $2 AND target = $3 AND contribution_id IN ({listed})"
            );
            sql::execute(db, &text, parameters).await?;
        }
    }
    upsert_columns(db, &rows, &[Column::Status, Column::Earmarking]).await?;
    Ok(())
}
