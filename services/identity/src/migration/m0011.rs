use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use store::migration::ddl;

struct M0011;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0011)
}

impl MigrationName for M0011 {
    fn name(&self) -> &str {
        "m0011_states_of_accounts_people_by_name"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0011 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // No database folds names as the program does: the service fills in those of whoever is there already, and of what an
        // older process writes beside this.
        ddl(
            manager,
            "ALTER TABLE person ADD COLUMN suspended_at {instant};
             ALTER TABLE person ADD COLUMN access_until {date};
             ALTER TABLE person ADD COLUMN last_sign_in_at {instant};
             ALTER TABLE person ADD COLUMN sort_name text NOT NULL DEFAULT '';
             CREATE INDEX person_by_name ON person (organisation_id, sort_name, id);
             CREATE INDEX person_by_office_name ON person (office_id, sort_name, id);
             CREATE INDEX person_by_donor ON person (donor_id, sort_name, id) WHERE donor_id IS NOT NULL;
             CREATE INDEX person_to_sort ON person (id) WHERE sort_name = '';
             CREATE INDEX person_role_by_role ON person_role (role, person_id);
             CREATE INDEX person_role_by_office ON person_role (office_id, role);
             CREATE INDEX invitation_by_person ON invitation (person_id);",
        )
        .await
    }
}
