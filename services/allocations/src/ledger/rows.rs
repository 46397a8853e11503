//! The rows of a ledger. Entries and postings never change; positions and promises are their sums.

use kernel::ProposalId;

/// An entry.
pub(crate) mod entry {
    use crate::ledger::account::{CauseKind, LedgerEntryKind};
    use kernel::{
        ActorKind, DecisionId, EntryId, OfficeId, OrganisationId, PoolId, PrincipalId, ProposalId, Word,
    };
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "entry")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: EntryId,
        pub organisation_id: OrganisationId,
        pub office_id: OfficeId,
        pub pool_id: PoolId,
        /// Counted from 1 in the pool, without gaps.
        pub number: i64,
        pub kind: LedgerEntryKind,
        pub day: Date,
        /// Cents that move.
        pub amount: i64,
        /// The proposal, where it is about one.
        pub proposal_id: Option<ProposalId>,
        pub cause_kind: CauseKind,
        pub cause_id: Uuid,
        pub cause_sequence: i64,
        pub reason: Option<String>,
        pub decision_id: Option<DecisionId>,
        pub reverses_id: Option<EntryId>,
        /// What the window could still promise afterwards; of an entry of no window, the pool.
        pub headroom_after: i64,
        pub actor_kind: Word<ActorKind>,
        pub actor_id: PrincipalId,
        pub created_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A line of an entry.
pub(crate) mod posting {
    use crate::ledger::account::Account;
    use kernel::{EntryId, LotId, OfficeId, OrganisationId, PoolId, ProposalId};
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "posting")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub entry_id: EntryId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub line: i64,
        pub organisation_id: OrganisationId,
        pub office_id: OfficeId,
        pub pool_id: PoolId,
        pub account: Account,
        /// Nil where it is not promised.
        pub proposal_id: ProposalId,
        pub lot_id: LotId,
        pub amount: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What of a lot is in an account, for a proposal or (nil) for none.
pub(crate) mod position {
    use crate::ledger::account::Account;
    use kernel::{LotId, OfficeId, OrganisationId, PoolId, ProposalId};
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "position")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub lot_id: LotId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub proposal_id: ProposalId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub account: Account,
        pub organisation_id: OrganisationId,
        pub office_id: OfficeId,
        pub pool_id: PoolId,
        pub amount: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What was promised to a proposal, what for, and what became of it.
pub(crate) mod promise {
    use kernel::{OfficeId, OrganisationId, PoolId, ProposalId, WindowId};
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "promise")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub proposal_id: ProposalId,
        pub organisation_id: OrganisationId,
        pub office_id: OfficeId,
        pub pool_id: PoolId,
        pub window_id: WindowId,
        /// [`crate::ledger::Purpose`] as JSON.
        pub purpose: String,
        pub reserved: i64,
        pub allocated: i64,
        pub disbursed: i64,
        pub spent: i64,
        pub returned: i64,
        /// What was ever withdrawn.
        pub withdrawn: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The proposal of a row; none for what is not promised.
pub(crate) fn proposal(id: ProposalId) -> Option<ProposalId> {
    Some(id).filter(|id| !id.is_nil())
}
