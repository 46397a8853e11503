//! Allocations of contributions that are not earmarked: what was paid of each, which the publication tells.

use async_trait::async_trait;
use chrono::NaiveDate;
use events::AllocationChanged;
use kernel::{OfficeId, OrganisationId, ProposalId, ProposalState, Visibility, Word, text::joined};
use sea_orm::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter,
    PrimaryKeyTrait,
};
use std::collections::BTreeMap;
use store::{ConsumeError, Consumer, EventHandler, SystemTx, insert_models, sql, upsert_models};

/// A row of `known_allocation`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "known_allocation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ProposalId,
    pub organisation_id: OrganisationId,
    pub office_id: OfficeId,
    pub reference: String,
    pub title: String,
    pub state: Word<ProposalState>,
    pub visibility: Word<Visibility>,
    pub countries: String,
    pub start_date: NaiveDate,
    pub end_date: Option<NaiveDate>,
    /// The last day on which something was paid.
    pub disbursed_on: Option<NaiveDate>,
    /// What was paid, in US cents, spent or not.
    pub disbursed: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What was paid of each contribution.
pub(crate) mod source {
    use kernel::{ContributionId, OrganisationId, ProposalId};
    use sea_orm::entity::prelude::*;

    /// A row of `known_allocation_source`.
    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "known_allocation_source")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub allocation_id: ProposalId,
        /// Its place among the sources.
        #[sea_orm(primary_key, auto_increment = false)]
        pub number: i64,
        pub organisation_id: OrganisationId,
        /// The first record of the contribution; none for own funds of the organisation.
        pub root_id: Option<ContributionId>,
        /// In US cents.
        pub disbursed: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

fn sources(event: &AllocationChanged) -> Vec<source::Model> {
    let paid = (1..).zip(&event.sources).map(|(number, source)| source::Model {
        allocation_id: event.id,
        number,
        organisation_id: event.organisation_id,
        root_id: source.root_id,
        disbursed: source.disbursed.minor() + source.spent.minor(),
    });
    paid.filter(|source| source.disbursed > 0).collect()
}

impl Model {
    fn of(event: &AllocationChanged, sources: &[source::Model]) -> Self {
        let first_day = NaiveDate::from_ymd_opt(event.year, 1, 1).unwrap_or_default();
        Self {
            id: event.id,
            organisation_id: event.organisation_id,
            office_id: event.office_id,
            reference: event.reference.clone(),
            title: event.title.clone(),
            state: event.state.clone(),
            visibility: event.visibility.clone(),
            countries: joined(&event.countries),
            start_date: event.start_date.unwrap_or(first_day),
            end_date: event.end_date,
            disbursed_on: event.disbursed_on,
            disbursed: sources.iter().map(|source| source.disbursed).sum(),
        }
    }
}

struct Allocations;

#[async_trait]
impl EventHandler<AllocationChanged> for Allocations {
    async fn apply(&self, tx: &mut SystemTx, events: Vec<AllocationChanged>) -> Result<(), ConsumeError> {
        // They are in order: of several about one allocation the last counts.
        let latest: BTreeMap<ProposalId, AllocationChanged> =
            events.into_iter().map(|event| (event.id, event)).collect();
        let mut parameters = Vec::new();
        let listed = sql::bind_list(&mut parameters, latest.keys().map(|id| (*id).into()));
        let text = format!("DELETE FROM known_allocation_source WHERE allocation_id IN ({listed})");
        sql::execute(tx.db(), &text, parameters).await?;
        let (mut rows, mut parts) = (Vec::new(), Vec::new());
        for event in latest.values() {
            let of_it = sources(event);
            rows.push(Model::of(event, &of_it));
            parts.extend(of_it);
        }
        upsert_models(tx.db(), &rows).await?;
        insert_models(tx.db(), &parts).await?;
        Ok(())
    }
}

pub(crate) fn consumer() -> Consumer {
    Consumer::new::<AllocationChanged>("donors.allocation", Allocations)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counted::tests::{ORGANISATION, stores};
    use events::{AllocationAmounts, AllocationSource};
    use kernel::{AllocationNature, ContributionId, Money};

    /// An allocation with what was paid and spent of contributions.
    fn changed(sources: &[(u128, i64, i64)]) -> AllocationChanged {
        let (nothing, day) = (Money::usd(0), |text: &str| Some(text.parse().unwrap()));
        let source = |(root, disbursed, spent): &(u128, i64, i64)| AllocationSource {
            root_id: Some(ContributionId::from_u128(*root)),
            donor_id: None,
            allocated: nothing,
            disbursed: Money::usd(*disbursed),
            spent: Money::usd(*spent),
        };
        AllocationChanged {
            id: ProposalId::from_u128(9),
            sequence: 1,
            organisation_id: ORGANISATION,
            office_id: OfficeId::from_u128(2),
            reference: "MIR-2026-00042".to_owned(),
            title: "Transport".to_owned(),
            category: "Emergency".to_owned(),
            nature: AllocationNature::Grant.into(),
            countries: vec!["TCD".to_owned()],
            plan_ids: Vec::new(),
            year: 2026,
            state: ProposalState::Disbursing.into(),
            visibility: Visibility::Public.into(),
            amounts: AllocationAmounts {
                approved: None,
                reserved: nothing,
                allocated: nothing,
                disbursed: nothing,
                spent: nothing,
                returned: nothing,
                withdrawn: nothing,
            },
            sources: sources.iter().map(source).collect(),
            start_date: day("2026-03-01"),
            end_date: day("2026-12-31"),
            disbursed_on: day("2026-04-02"),
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_last_event_says_what_was_paid_of_each_contribution() {
        let folder = testkit::folder();
        for (store, _) in stores(folder.path()).await {
            let apply = async |events: Vec<AllocationChanged>| {
                let mut tx = store.system(::store::Actor::system()).await.unwrap();
                Allocations.apply(&mut tx, events).await.unwrap();
                tx.commit().await.unwrap();
            };
            let known = async || {
                let db = store.system_read().await.unwrap();
                let text = "SELECT * FROM known_allocation_source ORDER BY number";
                let parts: Vec<source::Model> = sql::all(&db, text, vec![]).await.unwrap();
                let rows: Vec<Model> = sql::all(&db, "SELECT * FROM known_allocation", vec![]).await.unwrap();
                let parts: Vec<i64> = parts.iter().map(|part| part.disbursed).collect();
                (parts, rows.iter().map(|row| row.disbursed).collect::<Vec<_>>())
            };
            apply(vec![changed(&[(1, 500, 0), (2, 0, 0)]), changed(&[(1, 500, 100), (2, 50, 0)])]).await;
            assert_eq!(known().await, (vec![600, 50], vec![650]));
            // A reversal takes it back.
            apply(vec![changed(&[(1, 100, 0), (2, 0, 0)])]).await;
            assert_eq!(known().await, (vec![100], vec![100]));
        }
    }
}
