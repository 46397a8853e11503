use sea_orm::{ConnectionTrait, DbBackend, DbErr};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use store::migration::{Tenant, ddl, protect};

struct M0006;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0006)
}

impl MigrationName for M0006 {
    fn name(&self) -> &str {
        "m0006_what_entries_read_and_who_answers"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0006 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, INDEXES).await?;
        ddl(manager, COLUMNS).await?;
        if manager.get_database_backend() != DbBackend::Postgres {
            return Ok(());
        }
        for (table, _) in &DONORS {
            let dropped = |what: &str| format!("DROP POLICY {table}_{what} ON {table};");
            let text = ["read", "insert", "update", "delete"].map(dropped).concat();
            manager.get_connection().execute_unprepared(&text).await?;
        }
        protect(manager, &tenants()).await
    }
}

/// What is available of each lot, which every entry adds up and draws on: one row of a lot, among those of its
/// proposals. And the decisions of a pool, which are verified with its ledger.
const INDEXES: &str = "
CREATE INDEX position_available ON position (pool_id, lot_id) WHERE account = 'available';
CREATE INDEX decision_by_pool ON decision (pool_id, id) WHERE pool_id IS NOT NULL;
";

/// Who has the last word belongs to the rules that a meeting keeps; whoever recorded a decision does not answer it, and
/// nobody who drafted minutes signs them. Unknown of rows of an earlier version.
const COLUMNS: &str = "
ALTER TABLE committee_rules ADD COLUMN decision_by text;
ALTER TABLE decision ADD COLUMN recorded_by {uuid};
ALTER TABLE minutes ADD COLUMN drafters text;
";

/// What a donor's representative sees of the tables that headquarters alone writes, and of donors: itself.
const DONORS: [(&str, &str); 7] = [
    ("known_donor", "id = scope_donor()"),
    ("pool", "false"),
    ("lot", "donor_id = scope_donor()"),
    ("entry", "EXISTS (SELECT 1 FROM posting WHERE posting.entry_id = entry.id)"),
    ("posting", "EXISTS (SELECT 1 FROM lot WHERE lot.id = posting.lot_id)"),
    ("position", "EXISTS (SELECT 1 FROM lot WHERE lot.id = position.lot_id)"),
    ("promise", "EXISTS (SELECT 1 FROM position WHERE position.proposal_id = promise.proposal_id)"),
];

/// Every office reads the ledger; the office of the pool writes it, and the platform for whoever spends.
fn tenants() -> Vec<Tenant> {
    let tenant = |(table, donor): (&'static str, &'static str)| {
        // It has no office: the platform alone writes it.
        if table == "known_donor" {
            return Tenant::organisation(table, "organisation_id").donor(donor);
        }
        Tenant::organisation_owned(table).donor(donor)
    };
    DONORS.into_iter().map(tenant).collect()
}
