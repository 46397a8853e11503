//! The rows of the read model.

/// What a contribution counts, as JSON.
pub(super) mod fact {
    use kernel::{ContributionId, OrganisationId};
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "funding_fact")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub contribution_id: ContributionId,
        pub organisation_id: OrganisationId,
        pub fact: String,
        /// The first record of the same money, by which what is allocated of it is found.
        pub root_id: Option<ContributionId>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// An allocation, as far as counting goes.
pub(super) mod allocation {
    use kernel::{OrganisationId, PlanId, ProposalId, Visibility, Word};
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "known_allocation")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: ProposalId,
        pub organisation_id: OrganisationId,
        pub visibility: Word<Visibility>,
        /// Its country, where it has one.
        pub country: Option<String>,
        pub year: i32,
        /// Its plan, where it has one.
        pub plan_id: Option<PlanId>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What an allocation holds of a contribution.
pub(super) mod allocation_source {
    use kernel::{ContributionId, OrganisationId, ProposalId};
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "known_allocation_source")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub allocation_id: ProposalId,
        /// The first record of the contribution.
        #[sea_orm(primary_key, auto_increment = false)]
        pub root_id: ContributionId,
        pub organisation_id: OrganisationId,
        /// In cents.
        pub amount: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A place of the read model with what it counts.
pub(super) mod cell {
    use kernel::OrganisationId;
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "funding_cell")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub organisation_id: OrganisationId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub scope: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub dimension: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub member: String,
        pub external_ref: Option<String>,
        pub name: Option<String>,
        pub paid: i64,
        pub commitment: i64,
        pub pledge: i64,
        pub funding_flows: i64,
        pub pledge_flows: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A donor of the public list of a scope.
pub(super) mod public_donor {
    use kernel::{DonorId, MoneyScope, OrganisationId};
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "public_donor")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub organisation_id: OrganisationId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub scope: MoneyScope,
        #[sea_orm(primary_key, auto_increment = false)]
        pub donor_id: DonorId,
        pub minus_funding: i64,
        pub paid: i64,
        pub commitment: i64,
        pub pledge: i64,
        pub funding_flows: i64,
        pub pledge_flows: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A country and year of the public list.
pub(super) mod public_country {
    use kernel::OrganisationId;
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "public_country")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub organisation_id: OrganisationId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub country: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub minus_year: i64,
        pub minus_funding: i64,
        pub paid: i64,
        pub commitment: i64,
        pub pledge: i64,
        pub funding_flows: i64,
        pub pledge_flows: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
