//! The rows of the figures.

/// What a donor gave an office, and those below it, in a year.
pub(super) mod giving {
    use kernel::{DonorId, MoneyScope, OfficeId, OrganisationId};
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "diversification_giving")]
    pub struct Model {
        pub organisation_id: OrganisationId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub office_id: OfficeId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub donor_id: DonorId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub year: i32,
        #[sea_orm(primary_key, auto_increment = false)]
        pub scope: MoneyScope,
        pub cents: i64,
        pub unearmarked: i64,
        pub softly_earmarked: i64,
        pub earmarked: i64,
        pub tightly_earmarked: i64,
        pub not_stated: i64,
        pub multi_year: i64,
        pub records: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What a write adds to the measures of an office and a year, as JSON.
pub(super) mod sum {
    use kernel::{MoneyScope, OfficeId, OrganisationId};
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "diversification_sum")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub organisation_id: OrganisationId,
        pub office_id: OfficeId,
        pub year: i32,
        pub scope: MoneyScope,
        pub sums: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
