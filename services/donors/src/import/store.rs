use super::{
    columns::{DecimalSign, EmptyCells},
    flow::Staged,
    format::ImportFormat,
    uploads::UploadId,
};
use kernel::{ContributionId, DonorId, OfficeId, OrganisationId, PrincipalId, closed_set};
use sea_orm::entity::prelude::*;
use sea_orm::{FromQueryResult, QueryOrder, QueryResult, QuerySelect, Set, sea_query::Expr};
use service::PageRequest;
use std::collections::HashMap;
use store::{Store, StoreError, TenantScope, Transaction, audit, insert_models, params, sql};

closed_set! {
    /// State of an import: being received, queued, being applied; then done, refused (rows were invalid, nothing was
    /// saved), checked (dry run) or failed.
    pub enum ImportState {
        Receiving = "receiving",
        Queued = "queued",
        Applying = "applying",
        Done = "done",
        Refused = "refused",
        Checked = "checked",
        Failed = "failed",
    }
}

closed_set! {
    /// Outcome of a row of an import; in a dry run, what would become of it. `not_applied` is that of a valid row when
    /// others had the import refused.
    pub enum RowOutcome {
        Created = "created",
        Updated = "updated",
        Unchanged = "unchanged",
        Rejected = "rejected",
        NotApplied = "not_applied",
    }
}

/// The id of an import.
pub(crate) type ImportId = kernel::Id<Model>;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "import")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ImportId,
    pub version: i64,
    pub organisation_id: OrganisationId,
    pub office_id: OfficeId,
    pub format: ImportFormat,
    pub state: ImportState,
    pub dry_run: bool,
    pub skip_bad: bool,
    pub files: String,
    pub rows_read: i64,
    pub rows_done: i64,
    pub position: i64,
    pub created: i64,
    pub updated: i64,
    pub unchanged: i64,
    pub rejected: i64,
    pub warnings: i64,
    pub message: Option<String>,
    pub created_at: DateTimeUtc,
    pub finished_at: Option<DateTimeUtc>,
    pub source: String,
    pub columns: String,
    /// When its row was last written: whose turn it is follows from it.
    pub worked_at: Option<DateTimeUtc>,
    /// The files as they are kept, until when, and for whom: a person (or client) in an office.
    pub upload_id: Option<UploadId>,
    pub uploaded_by: Option<PrincipalId>,
    pub uploaded_in: Option<OfficeId>,
    pub upload_expires_at: Option<DateTimeUtc>,
    /// How numbers and empty cells of a table were read, where that was said.
    pub decimal_sign: Option<DecimalSign>,
    pub empty_cells: Option<EmptyCells>,
    /// The organisation's own identifier in IATI files, where it was said.
    pub receiver: Option<String>,
    /// What was decided on donors that are not in the registry, as a JSON list.
    pub donor_decisions: String,
    /// How many donors it records.
    pub new_donors: i64,
    /// What a dry run found, by year and currency, as JSON.
    pub totals: Option<String>,
    /// How many of the rejected rows lack nothing but a decision on their donor.
    pub undecided: i64,
}

impl Model {
    /// An import whose files are about to arrive.
    pub(crate) fn begun(
        id: ImportId,
        (organisation_id, office_id): (OrganisationId, OfficeId),
        format: ImportFormat,
        now: DateTimeUtc,
    ) -> Self {
        Self {
            id,
            version: 0,
            organisation_id,
            office_id,
            format,
            state: ImportState::Receiving,
            dry_run: false,
            skip_bad: false,
            files: "[]".to_owned(),
            rows_read: 0,
            rows_done: 0,
            position: 0,
            created: 0,
            updated: 0,
            unchanged: 0,
            rejected: 0,
            warnings: 0,
            message: None,
            created_at: now,
            finished_at: None,
            source: format.as_str().to_owned(),
            columns: "[]".to_owned(),
            worked_at: None,
            upload_id: None,
            uploaded_by: None,
            uploaded_in: None,
            upload_expires_at: None,
            decimal_sign: None,
            empty_cells: None,
            receiver: None,
            donor_decisions: "[]".to_owned(),
            new_donors: 0,
            totals: None,
            undecided: 0,
        }
    }
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<&Model> for audit::Subject {
    fn from(row: &Model) -> Self {
        Self {
            resource: "import",
            id: row.id.as_uuid(),
            organisation_id: row.organisation_id,
            office_id: row.office_id,
        }
    }
}

fn readable(scope: &TenantScope) -> Select<Entity> {
    let query = Entity::find().filter(Column::State.ne(ImportState::Receiving));
    match scope {
        TenantScope::Offices { organisation_id, office_ids, .. } => query
            .filter(Column::OrganisationId.eq(*organisation_id))
            .filter(Column::OfficeId.is_in(office_ids.iter().copied())),
        TenantScope::Organisation { organisation_id } => {
            query.filter(Column::OrganisationId.eq(*organisation_id))
        }
        TenantScope::Donor { .. } | TenantScope::Public { .. } => query.filter(Expr::value(false)),
    }
}

pub(crate) async fn get(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    id: ImportId,
) -> Result<Option<Model>, StoreError> {
    Ok(readable(scope).filter(Column::Id.eq(id)).one(db).await?)
}

/// Newest first.
pub(crate) async fn list(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    page: &PageRequest,
    after: Option<ImportId>,
) -> Result<Vec<Model>, StoreError> {
    let mut query = readable(scope).order_by_desc(Column::Id).limit(page.limit + 1);
    if let Some(after) = after {
        query = query.filter(Column::Id.lt(after));
    }
    Ok(query.all(db).await?)
}

/// The import that is worked on next: the oldest one of the organisation whose imports were left alone longest, so that
/// the many or long imports of one organisation hold nobody else's up for more than a turn. Of dry runs only
/// `comparison`, the one under way, until it ends; without one, none that has been begun and was worked on after
/// `left_alone`: another replica compares it.
pub(crate) async fn next(
    db: &impl ConnectionTrait,
    comparison: Option<ImportId>,
    left_alone: DateTimeUtc,
) -> Result<Option<Model>, StoreError> {
    let text = "SELECT i.* FROM import i WHERE i.state IN ('queued', 'applying')
                AND (NOT i.dry_run OR i.id = $1
                     OR (i.position = 0 OR coalesce(i.worked_at, i.created_at) < $2)
                        AND NOT EXISTS (SELECT 1 FROM import c WHERE c.id = $1 AND c.state IN ('queued', 'applying')))
                ORDER BY coalesce((SELECT max(o.worked_at) FROM import o
                                   WHERE o.organisation_id = i.organisation_id), i.created_at), i.id LIMIT 1";
    Ok(sql::all::<Model>(db, text, params![comparison.unwrap_or(ImportId::nil()), left_alone]).await?.pop())
}

/// Notes that an import was worked on just now. The imports of other organisations have their turn before it.
pub(crate) async fn worked_on(store: &Store, import: ImportId) -> Result<(), StoreError> {
    let tx = store.system(store::Actor::system()).await?;
    let text = "UPDATE import SET worked_at = $1 WHERE id = $2";
    sql::execute(tx.db(), text, params![tx.now(), import]).await?;
    tx.commit().await
}

pub(crate) async fn insert(tx: &Transaction, import: Model) -> Result<(), StoreError> {
    Entity::insert(sea_orm::IntoActiveModel::into_active_model(import))
        .exec_without_returning(tx.db())
        .await?;
    Ok(())
}

/// Writes the job's whole row, as a new version.
pub(crate) async fn update(tx: &Transaction, import: &mut Model) -> Result<(), StoreError> {
    import.version += 1;
    import.worked_at = Some(tx.now());
    let row = sea_orm::IntoActiveModel::into_active_model(import.clone()).reset_all();
    sea_orm::ActiveModelTrait::update(ActiveModel { id: Set(import.id), ..row }, tx.db()).await?;
    Ok(())
}

/// Whether the job is still in the state this worker knows; locked until this transaction ends.
pub(crate) async fn hold(tx: &Transaction, import: &Model) -> Result<bool, StoreError> {
    if !tx.try_lock("imports").await? {
        return Ok(false);
    }
    let held = Entity::find_by_id(import.id).lock_exclusive().one(tx.db()).await?;
    Ok(held.is_some_and(|held| held.version == import.version))
}

/// A row of an import, from when it is staged.
mod staged_row {
    use super::ImportId;
    use super::RowOutcome;
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "import_row")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub import_id: ImportId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub number: i64,
        pub file: String,
        pub pointer: String,
        pub external_ref: Option<String>,
        pub verdict: Option<RowOutcome>,
        pub errors: Option<String>,
        pub warnings: Option<String>,
        /// What is kept until it is applied.
        pub raw: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Stages rows; `first` is the number of the first one. Those whose donor is to be decided on are held in a dry run, too: it
/// tells who they name.
pub(crate) async fn stage(
    tx: &Transaction,
    import: &Model,
    file: &str,
    first: i64,
    rows: Vec<Staged>,
) -> Result<(), StoreError> {
    let mut staged = Vec::with_capacity(rows.len());
    for (number, row) in (first..).zip(rows) {
        let rejected = !row.errors.is_empty();
        let is_held = !rejected || import.dry_run && row.is_undecided();
        let json = |list: &[kernel::FieldError]| {
            if list.is_empty() { Ok(None) } else { serde_json::to_string(list).map(Some) }
        };
        staged.push(staged_row::Model {
            import_id: import.id,
            number,
            file: file.to_owned(),
            pointer: row.pointer,
            external_ref: row.external_ref,
            verdict: rejected.then_some(RowOutcome::Rejected),
            errors: json(&row.errors)?,
            warnings: json(&row.warnings)?,
            raw: is_held.then_some(row.raw),
        });
    }
    insert_models(tx.db(), &staged).await?;
    Ok(())
}

/// A row that waits: its number, its flow, and what was decided on it when it arrived.
pub(crate) type Waiting = (i64, String, Option<RowOutcome>);

/// Those of the `stretch` rows after `position` that wait to be applied, or compared. (A range: with a LIMIT PostgreSQL may
/// sort all the rows that are left.)
pub(crate) async fn waiting(
    db: &impl ConnectionTrait,
    import: ImportId,
    position: i64,
    stretch: i64,
) -> Result<Vec<Waiting>, StoreError> {
    let text = "SELECT number, raw, verdict FROM import_row
                WHERE import_id = $1 AND number > $2 AND number <= $3 AND raw IS NOT NULL ORDER BY number";
    let rows = sql::rows(db, text, params![import, position, position + stretch]).await?;
    let waiting = |row: &QueryResult| -> Result<Waiting, StoreError> {
        Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index(2)?))
    };
    rows.iter().map(waiting).collect()
}

/// Maximum number of ranges of rows that are selected by their bounds.
const MAX_RANGES: usize = 8;

/// Writes one verdict on rows, in their order, and drops what was staged of them. A dry run keeps that to its end: it
/// begins anew when its memory is lost.
pub(crate) async fn decide(
    tx: &Transaction,
    import: &Model,
    verdict: RowOutcome,
    numbers: &[i64],
) -> Result<(), StoreError> {
    let drop = if import.dry_run { "" } else { ", raw = NULL" };
    let text =
        format!("UPDATE import_row SET verdict = $1{drop} WHERE import_id = $2 AND number BETWEEN $3 AND $4");
    let ends =
        |numbers: &[i64]| params![verdict, import.id, numbers.first().copied(), numbers.last().copied()];
    let stretches: Vec<&[i64]> = numbers.chunk_by(|one, next| *next == one + 1).collect();
    if stretches.len() > MAX_RANGES {
        let mut parameters = ends(numbers);
        let listed = sql::bind_list(&mut parameters, numbers.iter().map(|number| (*number).into()));
        sql::execute(tx.db(), &format!("{text} AND number IN ({listed})"), parameters).await?;
        return Ok(());
    }
    for stretch in stretches {
        sql::execute(tx.db(), &text, ends(stretch)).await?;
    }
    Ok(())
}

/// Rows deleted at a time. A range of numbers: `number IN (SELECT … LIMIT …)` may make PostgreSQL compare each of them
/// with every row of the import.
pub(crate) const RANGE_ROWS: i64 = 5000;

/// Drops what is staged of the rows after `position` that will not be applied, for one stretch.
pub(crate) async fn forget_staged(
    tx: &Transaction,
    import: ImportId,
    position: i64,
) -> Result<(), StoreError> {
    let text = "UPDATE import_row SET raw = NULL, verdict = coalesce(verdict, 'not_applied')
                WHERE import_id = $1 AND number > $2 AND number <= $3 AND raw IS NOT NULL";
    sql::execute(tx.db(), text, params![import, position, position + RANGE_ROWS]).await?;
    Ok(())
}

/// Removes an interrupted upload, one range of its rows after the other.
pub(crate) async fn discard(store: &Store, import: ImportId) -> Result<(), StoreError> {
    loop {
        let tx = store.system(store::Actor::system()).await?;
        tx.by_index().await?;
        let text = "SELECT min(number) FROM import_row WHERE import_id = $1";
        let first = sql::row(tx.db(), text, params![import]).await?;
        let first: Option<i64> = first.map(|row| row.try_get_by_index(0)).transpose()?.flatten();
        let text = match first {
            Some(_) => "DELETE FROM import_row WHERE import_id = $1 AND number >= $2 AND number < $3",
            None => "DELETE FROM import WHERE id = $1 AND state = 'receiving'",
        };
        let parameters = match first {
            Some(first) => params![import, first, first + RANGE_ROWS],
            None => params![import],
        };
        sql::execute(tx.db(), text, parameters).await?;
        tx.commit().await?;
        if first.is_none() {
            return Ok(());
        }
    }
}

/// Uploads that began before `before` and never finished, so were never acknowledged.
pub(crate) async fn broken_off(
    db: &impl ConnectionTrait,
    before: DateTimeUtc,
) -> Result<Vec<ImportId>, StoreError> {
    let text = "SELECT id FROM import WHERE state = 'receiving' AND created_at < $1";
    let rows = sql::rows(db, text, params![before]).await?;
    rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
}

/// Forgets what a dry run noted of the rows after `position`, for one stretch: it is compared anew.
pub(crate) async fn forget_compared(
    tx: &Transaction,
    import: ImportId,
    position: i64,
) -> Result<(), StoreError> {
    for table in ["import_change", "import_new_donor"] {
        let text = format!("DELETE FROM {table} WHERE import_id = $1 AND number > $2 AND number <= $3");
        sql::execute(tx.db(), &text, params![import, position, position + RANGE_ROWS]).await?;
    }
    Ok(())
}

/// A row's verdict.
#[derive(Debug, FromQueryResult)]
pub(crate) struct RowVerdict {
    pub(crate) number: i64,
    pub(crate) file: String,
    pub(crate) pointer: String,
    pub(crate) external_ref: Option<String>,
    pub(crate) verdict: Option<RowOutcome>,
    pub(crate) errors: Option<String>,
    pub(crate) warnings: Option<String>,
    /// What it changes, as a JSON list.
    pub(crate) changes: Option<String>,
}

pub(crate) async fn rows(
    db: &impl ConnectionTrait,
    import: ImportId,
    verdict: Option<RowOutcome>,
    with_warnings: bool,
    page: &PageRequest,
    after: Option<i64>,
) -> Result<Vec<RowVerdict>, StoreError> {
    let mut text =
        "SELECT r.number, r.file, r.pointer, r.external_ref, r.verdict, r.errors, r.warnings, c.changes
                    FROM import_row r
                    LEFT JOIN import_change c ON c.import_id = r.import_id AND c.number = r.number
                    WHERE r.import_id = $1 AND r.number > $2"
            .to_owned();
    let mut parameters =
        params![import, after.unwrap_or(0), i64::try_from(page.limit + 1).unwrap_or(i64::MAX)];
    if let Some(verdict) = verdict {
        text.push_str(" AND r.verdict = $4");
        parameters.push(verdict.into());
    }
    if with_warnings {
        text.push_str(" AND r.warnings IS NOT NULL");
    }
    text.push_str(" ORDER BY r.number LIMIT $3");
    sql::all(db, &text, parameters).await
}

/// A contribution and its donor.
pub(crate) type Link = (ContributionId, Option<DonorId>);

/// The contributions of rows, by reference, as far as the caller may read them.
pub(crate) async fn links(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    import: &Model,
    rows: &[RowVerdict],
) -> Result<HashMap<String, Link>, StoreError> {
    let refs: Vec<&str> = rows.iter().filter_map(|row| row.external_ref.as_deref()).collect();
    if refs.is_empty() {
        return Ok(HashMap::new());
    }
    let text = "SELECT external_ref, id, donor_id, office_id FROM contribution
                WHERE organisation_id = $1 AND source = $2";
    let parameters = params![import.organisation_id, import.source.as_str()];
    let refs = refs.into_iter().map(Into::into);
    let found = sql::select_by_keys(db, text, parameters, "external_ref", refs).await?;
    let mut links = HashMap::with_capacity(found.len());
    for row in &found {
        let office_id: OfficeId = row.try_get_by_index(3)?;
        if scope.office_ids().contains(&office_id) {
            links.insert(row.try_get_by_index(0)?, (row.try_get_by_index(1)?, row.try_get_by_index(2)?));
        }
    }
    Ok(links)
}

#[cfg(test)]
#[path = "turns_tests.rs"]
mod tests;
