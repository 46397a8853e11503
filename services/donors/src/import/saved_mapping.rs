//! The columns of a source's tables, saved so that they are mapped once.

use super::{
    columns::{Column, DecimalSign, EmptyCells, MAX_COLUMNS, MappedColumn, Mapping},
    fields::ImportField,
    store::Model as Import,
};
use ::store::{StoreError, TenantTx, audit, params, sql, upsert_models};
use actix_web::{
    HttpRequest, delete, get, put,
    web::{Data, Path},
};
use auth::{ApiError, Caller, perm};
use chrono::{DateTime, Utc};
use kernel::{Fault, FieldCode, OfficeId, OrganisationId, Problem, Word};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use service::{
    ApiResult, Changed, Checks, Context, Envelope, JsonBody, Paging, Parameters, Row,
    openapi::{ReadProblems, UpdateProblems},
    response,
};
use std::collections::HashSet;
use utoipa::ToSchema;

/// Maximum length of a heading, in characters.
const MAX_HEADING_LENGTH: usize = 200;
/// Maximum length of the name of a source, in characters.
const MAX_SOURCE_LENGTH: usize = 40;

/// What is saved of the tables of a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ImportMapping {
    /// Name of the source system.
    #[schema(example = "erp", max_length = 40)]
    source: String,
    #[schema(minimum = 1)]
    version: i64,
    #[serde(flatten)]
    fields: ImportMappingFields,
    updated_at: DateTime<Utc>,
}

/// How the tables of a source are read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ImportMappingFields {
    /// Headings and the fields they are mapped to; null ignores a column.
    #[schema(max_items = 200)]
    columns: Vec<MappedColumn>,
    /// The decimal separator; null if nothing is stated, so that thousands have no separators.
    decimal: Option<DecimalSign>,
    /// What an empty cell does; null for the default, to erase.
    empty: Option<EmptyCells>,
}

impl ImportMapping {
    pub(super) fn mapping(&self) -> Mapping {
        Mapping::saved(&self.fields.columns, self.fields.decimal, self.fields.empty)
    }
}

/// A row of `import_mapping`.
mod row {
    use super::{DecimalSign, EmptyCells};
    use kernel::OrganisationId;
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "import_mapping")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub organisation_id: OrganisationId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub source: String,
        pub version: i64,
        /// A JSON list.
        pub columns: String,
        pub decimal_sign: Option<DecimalSign>,
        pub empty_cells: Option<EmptyCells>,
        pub updated_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl TryFrom<row::Model> for ImportMapping {
    type Error = StoreError;

    fn try_from(row: row::Model) -> Result<Self, Self::Error> {
        let columns = serde_json::from_str(&row.columns)?;
        let fields = ImportMappingFields { columns, decimal: row.decimal_sign, empty: row.empty_cells };
        Ok(Self { source: row.source, version: row.version, fields, updated_at: row.updated_at })
    }
}

impl Row for ImportMapping {
    const COLUMNS: &'static [service::Column<Self>] = &[
        ("source", |row| row.source.as_str().into()),
        ("columns", |row| listed(&row.fields.columns).into()),
        ("decimal", |row| row.fields.decimal.map(DecimalSign::as_str).into()),
        ("empty", |row| row.fields.empty.map(EmptyCells::as_str).into()),
        ("updated_at", |row| row.updated_at.to_rfc3339().into()),
    ];
}

/// Columns in one cell.
fn listed(columns: &[MappedColumn]) -> String {
    let shown = columns.iter().map(|column| {
        let MappedColumn { heading, field } = column;
        format!("{heading}: {}", field.as_ref().map_or("-", Word::as_str))
    });
    shown.collect::<Vec<_>>().join("; ")
}

/// What is saved for a source.
pub(super) async fn find(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    source: &str,
) -> Result<Option<ImportMapping>, StoreError> {
    let text = "SELECT * FROM import_mapping WHERE organisation_id = $1 AND source = $2";
    let row: Option<row::Model> = sql::all(db, text, params![organisation_id, source]).await?.pop();
    row.map(ImportMapping::try_from).transpose()
}

/// The row, which nobody else changes before this transaction ends.
async fn to_change(
    tx: &TenantTx,
    organisation_id: OrganisationId,
    source: &str,
) -> Result<Option<ImportMapping>, StoreError> {
    tx.lock(&format!("import mapping {organisation_id} {source}")).await?;
    find(tx.db(), organisation_id, source).await
}

/// Saves how the tables of an import were read, for its source.
pub(super) async fn save(tx: &TenantTx, import: &Import, columns: Vec<Column>) -> Result<(), StoreError> {
    let (decimal, empty) = (import.decimal_sign, import.empty_cells);
    // An import may have several tables, with more columns together than one has.
    let columns = columns.into_iter().take(MAX_COLUMNS).map(MappedColumn::from).collect();
    let fields = ImportMappingFields { columns, decimal, empty };
    let before = to_change(tx, import.organisation_id, &import.source).await?;
    if before.as_ref().is_some_and(|before| before.fields == fields) {
        return Ok(());
    }
    let place = (import.organisation_id, import.source.clone());
    write(tx, place, before, fields, import.office_id).await.map(|_| ())
}

async fn write(
    tx: &TenantTx,
    (organisation_id, source): (OrganisationId, String),
    before: Option<ImportMapping>,
    fields: ImportMappingFields,
    office_id: OfficeId,
) -> Result<ImportMapping, StoreError> {
    let version = before.as_ref().map_or(0, |before| before.version) + 1;
    let row = row::Model {
        organisation_id,
        source: source.clone(),
        version,
        columns: serde_json::to_string(&fields.columns)?,
        decimal_sign: fields.decimal,
        empty_cells: fields.empty,
        updated_at: tx.now(),
    };
    let after = ImportMapping { source, version, fields, updated_at: row.updated_at };
    upsert_models(tx.db(), &[row]).await?;
    let subject = subject(organisation_id, office_id);
    match &before {
        Some(before) => tx.audit_changed("import_mapping.update", subject, before, &after).await?,
        None => tx.audit_created("import_mapping.create", subject, &after).await?,
    }
    Ok(after)
}

/// A mapping has no id: the entry tells its source.
fn subject(organisation_id: OrganisationId, office_id: OfficeId) -> audit::Subject {
    audit::Subject { resource: "import_mapping", id: organisation_id.as_uuid(), organisation_id, office_id }
}

/// Lists saved column mappings
///
/// How the tables of each source are read, by the name of the source; all offices of the organisation share them.
#[utoipa::path(tag = "imports", params(Paging), security(("oauth2" = ["imports:read"])),
    responses((status = 200, description = "The mappings", body = Envelope<ImportMapping>), ReadProblems))]
#[get("/v1/import-mappings")]
pub(crate) async fn list(
    request: HttpRequest,
    caller: Caller<perm::ImportsRead>,
    context: Data<Context>,
    paging: Parameters<Paging>,
) -> ApiResult {
    let scope = context.scope(&caller.claims).await?;
    let page = paging.0.of("import-mappings", &caller.claims.organisation_id)?;
    service::list(&request, &context, scope, page, async |db, scope, page| {
        let text = format!(
            "SELECT * FROM import_mapping WHERE organisation_id = $1 AND source > $2 ORDER BY source LIMIT {}",
            page.limit + 1
        );
        let after: String = page.after()?.unwrap_or_default();
        let rows: Vec<row::Model> = sql::all(db, &text, params![scope.organisation_id(), after]).await?;
        Ok(page.page(rows, |row| row.source.clone()).try_map(ImportMapping::try_from)?)
    })
    .await
}

/// Gets the column mapping of a source
///
/// What the columns of its tables mean and how their numbers and empty cells are read, as it was saved last; 404 for a
/// source of which nothing is saved.
#[utoipa::path(tag = "imports", security(("oauth2" = ["imports:read"])),
    params(("source" = String, Path, max_length = 40, description = "Name of the source system")),
    responses((status = 200, description = "The mapping", body = ImportMapping), ReadProblems))]
#[get("/v1/import-mappings/{source}")]
pub(crate) async fn get(
    request: HttpRequest,
    caller: Caller<perm::ImportsRead>,
    context: Data<Context>,
    source: Path<String>,
) -> ApiResult {
    service::read(&context, &caller.claims, async |db, scope| {
        let found = find(db, scope.organisation_id(), &source).await?.ok_or_else(Problem::not_found)?;
        response::record(&request, found.version, &found)
    })
    .await
}

/// Saves the column mapping of a source
///
/// For imports that ask for it (`saved_mapping`). Send the ETag of the mapping in `If-Match` (`"0"` if none is saved yet).
#[utoipa::path(tag = "imports", request_body = ImportMappingFields, security(("oauth2" = ["imports:write"])),
    params(("source" = String, Path, max_length = 40, description = "Name of the source system"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The mapping", body = ImportMapping), UpdateProblems))]
#[put("/v1/import-mappings/{source}")]
pub(crate) async fn put(
    request: HttpRequest,
    caller: Caller<perm::ImportsWrite>,
    context: Data<Context>,
    source: Path<String>,
    body: JsonBody<ImportMappingFields>,
) -> ApiResult {
    let (source, fields) = (named(source.into_inner())?, checked(body.value)?);
    let (organisation_id, office_id) = (caller.claims.organisation_id, caller.claims.office_id);
    service::change(&context, &request, &caller.claims, async |tx, _, precondition| {
        let before = to_change(tx, organisation_id, &source).await?;
        precondition.check(before.as_ref().map_or(0, |before| before.version))?;
        let after = write(tx, (organisation_id, source), before, fields, office_id).await?;
        Ok(Changed::new(after.version, after))
    })
    .await
}

/// Deletes the column mapping of a source
///
/// Imports and their records stay as they are.
#[utoipa::path(tag = "imports", security(("oauth2" = ["imports:write"])),
    params(("source" = String, Path, max_length = 40, description = "Name of the source system"),
           ("Idempotency-Key" = Option<String>, Header, description = "Idempotency key: makes retries safe")),
    responses((status = 204, description = "The mapping was deleted"), UpdateProblems))]
#[delete("/v1/import-mappings/{source}")]
pub(crate) async fn remove(
    request: HttpRequest,
    caller: Caller<perm::ImportsWrite>,
    context: Data<Context>,
    source: Path<String>,
) -> ApiResult {
    let (organisation_id, office_id) = (caller.claims.organisation_id, caller.claims.office_id);
    service::act(&context, &request, &caller.claims, &[], async |tx, _| {
        let before = to_change(tx, organisation_id, &source).await?.ok_or_else(Problem::not_found)?;
        let text = "DELETE FROM import_mapping WHERE organisation_id = $1 AND source = $2";
        sql::execute(tx.db(), text, params![organisation_id, source.as_str()]).await?;
        let (subject, before) = (subject(organisation_id, office_id), Some(audit::snapshot(&before)?));
        let action = "import_mapping.delete";
        Ok(tx.audit(audit::Entry { action, subject, before, after: None }).await?)
    })
    .await
}

/// The name of a source in a path.
fn named(source: String) -> Result<String, ApiError> {
    let mut checks = Checks::new();
    checks.text("source", &source, MAX_SOURCE_LENGTH);
    match checks.into_errors().pop() {
        Some(error) => Err(Problem::invalid_parameter("source", error).into()),
        None => Ok(source),
    }
}

/// What can be saved: each heading once, each field once.
fn checked(fields: ImportMappingFields) -> Result<ImportMappingFields, Problem> {
    let mut checks = Checks::new();
    let (mut headings, mut taken) = (HashSet::new(), HashSet::new());
    let names: Vec<&str> = ImportField::ALL.iter().map(|field| field.as_str()).collect();
    for (index, column) in checks.at_most("/columns", &fields.columns, MAX_COLUMNS).iter().enumerate() {
        let pointer = |name: &str| format!("/columns/{index}/{name}");
        checks.length(&pointer("heading"), &column.heading, MAX_HEADING_LENGTH);
        if column.heading.contains('\0') {
            checks.refuse(pointer("heading"), Fault::control_characters());
        }
        let is_first = headings.insert(column.heading.trim());
        checks.require(is_first, &pointer("heading"), (FieldCode::Duplicate, "appears twice"));
        let Some(field) = &column.field else { continue };
        match field.known() {
            None => checks.refuse(pointer("field"), Fault::not_one_of(field.as_str(), &names)),
            Some(field) => {
                let is_first = taken.insert(field);
                checks.require(is_first, &pointer("field"), (FieldCode::Duplicate, "appears twice"));
            }
        }
    }
    checks.finish()?;
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(columns: &[(&str, Option<&str>)]) -> ImportMappingFields {
        let column = |(heading, field): &(&str, Option<&str>)| {
            let (heading, field) = ((*heading).to_owned(), field.map(str::to_owned));
            MappedColumn::from(Column { heading, field })
        };
        ImportMappingFields { columns: columns.iter().map(column).collect(), decimal: None, empty: None }
    }

    #[test]
    fn a_mapping_has_each_heading_and_each_field_once() {
        assert!(checked(fields(&[("Who", Some("donor")), ("Note", None), ("Note 2", None)])).is_ok());
        let wrong = checked(fields(&[
            ("Who", Some("donor")),
            ("Donor", Some("donor")),
            ("Who ", None),
            ("Colour", Some("colour")),
            (&"x".repeat(201), None),
        ]));
        let pointers: Vec<String> =
            wrong.unwrap_err().errors.into_iter().map(|error| error.pointer).collect();
        let expected = ["/columns/1/field", "/columns/2/heading", "/columns/3/field", "/columns/4/heading"];
        assert_eq!(pointers, expected);
        let many: Vec<String> = (0..300).map(|number| number.to_string()).collect();
        let many: Vec<(&str, Option<&str>)> = many.iter().map(|heading| (heading.as_str(), None)).collect();
        assert_eq!(checked(fields(&many)).unwrap_err().errors[0].code, FieldCode::TooMany);
    }

    #[test]
    fn a_field_is_its_word_and_one_of_another_version_stays() {
        let kept = r#"[{"heading":"Who","field":"donor"},{"heading":"Note","field":null},{"heading":"X","field":"colour"}]"#;
        let columns: Vec<MappedColumn> = serde_json::from_str(kept).unwrap();
        assert_eq!(columns[0].field, Some(Word::Known(ImportField::Donor)));
        assert_eq!(serde_json::to_string(&columns).unwrap(), kept);
    }

    #[test]
    fn columns_are_told_in_a_cell() {
        let fields = fields(&[("Who", Some("donor")), ("Note", None)]);
        assert_eq!(listed(&fields.columns), "Who: donor; Note: -");
    }
}
