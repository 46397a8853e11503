//! The rows of the tables that every service has. Their columns are written here and in the migrations that make them;
//! statements that write whole rows take them from here.

/// An event that has happened and is not published yet.
pub(crate) mod outbox {
    use sea_orm::entity::prelude::*;

    // The primary key of the table, its position, is the database's to give.
    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "outbox")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub aggregatetype: String,
        pub aggregateid: Uuid,
        pub r#type: String,
        pub payload: String,
        pub topic: String,
        pub sequence: i64,
        pub trace_id: Option<String>,
        pub traceparent: Option<String>,
        pub created_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The last event of an aggregate that a consumer has applied.
pub(crate) mod inbox {
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "inbox")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub consumer: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub aggregate_id: Uuid,
        pub event_id: String,
        pub sequence: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// An entry of the audit trail, a link of its office's chain.
pub(crate) mod audit {
    use kernel::{ActorKind, OfficeId, OrganisationId, PrincipalId, Word};
    use sea_orm::entity::prelude::*;

    /// An entry of the audit trail as it is kept: a link of the chain of its office.
    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "audit")]
    pub struct Model {
        /// The office whose chain it is in.
        #[sea_orm(primary_key, auto_increment = false)]
        pub office_id: OfficeId,
        /// Its number in the chain; the first is 1.
        #[sea_orm(primary_key, auto_increment = false)]
        pub sequence: i64,
        /// The organisation.
        pub organisation_id: OrganisationId,
        /// When it was made.
        pub at: DateTimeUtc,
        /// What made the change.
        pub actor_kind: Word<ActorKind>,
        /// Who made the change: a person, a client, or nobody for the platform itself.
        pub actor_id: PrincipalId,
        /// What was done.
        pub action: String,
        /// The kind of record.
        pub resource: String,
        /// The record.
        pub resource_id: Uuid,
        /// The record before, as JSON.
        pub before: Option<String>,
        /// The record after, as JSON.
        pub after: Option<String>,
        /// The id of the request.
        pub trace_id: Option<String>,
        /// The hash of the entry before it; empty for the first.
        pub previous_hash: String,
        /// SHA-256 of all the above, hexadecimal.
        pub hash: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The end of an office's audit trail as it was last published outside the database.
pub(crate) mod audit_head {
    use kernel::{OfficeId, OrganisationId};
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "audit_head")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub office_id: OfficeId,
        pub organisation_id: OrganisationId,
        pub sequence: i64,
        pub hash: String,
        pub published_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The saved answer to a request with an idempotency key.
pub(crate) mod idempotency {
    use kernel::{OrganisationId, PrincipalId};
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "idempotency")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub organisation_id: OrganisationId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub principal_id: PrincipalId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub key: String,
        pub fingerprint: String,
        pub status: i32,
        pub headers: String,
        pub body: String,
        pub created_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// An office, as last published by identity (which has a table of its own).
pub(crate) mod office {
    use kernel::{OfficeId, OfficeKind, OrganisationId, Word};
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "office")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: OfficeId,
        pub organisation_id: OrganisationId,
        pub parent_id: Option<OfficeId>,
        pub code: String,
        pub name: String,
        pub kind: Word<OfficeKind>,
        pub country: Option<String>,
        pub time_zone: Option<String>,
        pub is_closed: bool,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// An organisation, as last published by identity (which has a table of its own).
pub(crate) mod organisation {
    use kernel::OrganisationId;
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "organisation")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: OrganisationId,
        pub name: String,
        pub code: String,
        pub created_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// An event that is set aside until what it refers to is known.
pub(crate) mod waiting_event {
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "waiting_event")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub consumer: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub aggregate_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub sequence: i64,
        pub topic: String,
        pub partition_id: i32,
        pub position: i64,
        pub record_key: String,
        pub headers: String,
        pub payload: Vec<u8>,
        pub waits_for_kind: String,
        pub waits_for_id: Uuid,
        pub since: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
