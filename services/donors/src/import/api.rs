use super::{
    changes::RowChange,
    columns::{Column, DecimalSign, EmptyCells},
    decisions::DonorDecision,
    format::ImportFormat,
    store::{self, ImportId, ImportState, Link, RowOutcome},
    totals::{ImportTotals, Kept},
    uploads::KeptUpload,
};
use ::store::StoreError;
use actix_web::{HttpRequest, get, web::Data};
use auth::{Caller, Claims, perm};
use chrono::{DateTime, Utc};
use kernel::{ContributionId, DonorId, FieldCode, FieldError, OfficeId, Params, Problem};
use serde::{Deserialize, Serialize};
use service::{
    ApiResult, Cell, Context, Envelope, Id, Listed, Paging, Parameters, Row, openapi::ReadProblems, response,
};
use std::collections::HashMap;
use utoipa::{IntoParams, ToSchema};

/// An import and its progress.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Import {
    id: ImportId,
    #[schema(minimum = 1)]
    version: i64,
    /// The office that owns the imported records.
    office_id: OfficeId,
    #[schema(example = "csv")]
    format: ImportFormat,
    /// Name of the source system.
    #[schema(example = "erp", max_length = 40)]
    source: String,
    /// The headings of a table and the fields they are mapped to.
    #[schema(max_items = 1000)]
    columns: Vec<Column>,
    #[schema(example = "applying")]
    state: ImportState,
    /// Whether this is a dry run: rows are validated and compared, and nothing is saved. Outcomes and counts say what would
    /// happen.
    dry_run: bool,
    /// Whether valid rows are imported when others are invalid.
    skip_bad: bool,
    /// Names of the files.
    #[schema(max_items = 1000, value_type = Vec<kernel::items::FileName>)]
    files: Vec<String>,
    /// The files as they are kept for the caller; null when they are not kept (any more), or are somebody else's.
    upload: Option<KeptUpload>,
    /// The decimal separator of a table, where it was stated.
    decimal: Option<DecimalSign>,
    /// What an empty cell of a table does, where it was stated.
    empty: Option<EmptyCells>,
    /// The organisation's own IATI identifier, where it was stated.
    #[schema(max_length = 100)]
    receiver: Option<String>,
    /// What was decided on donors that are not in the registry.
    #[schema(max_items = 1000)]
    donor_decisions: Vec<DonorDecision>,
    /// Number of rows in the files.
    #[schema(minimum = 0)]
    read: i64,
    /// Rows processed so far; compare with `read` for the progress.
    #[schema(minimum = 0)]
    done: i64,
    #[schema(minimum = 0)]
    created: i64,
    #[schema(minimum = 0)]
    updated: i64,
    #[schema(minimum = 0)]
    unchanged: i64,
    #[schema(minimum = 0)]
    rejected: i64,
    /// How many of the rejected rows lack nothing but a decision on their donor (`donor_decisions`), which is not in the
    /// registry. A dry run lists such donors among the new ones.
    #[schema(minimum = 0)]
    undecided: i64,
    /// Rows with warnings.
    #[schema(minimum = 0)]
    warnings: i64,
    /// Number of donors that are recorded (`/v1/imports/{id}/new-donors`).
    #[schema(minimum = 0)]
    new_donors: i64,
    /// Of a dry run, once it has ended: the money of the rows that would be created or updated, by year and currency.
    totals: Option<ImportTotals>,
    /// Why it failed or was refused, or what was skipped.
    #[schema(max_length = 2000)]
    message: Option<String>,
    created_at: DateTime<Utc>,
    finished_at: Option<DateTime<Utc>>,
}

impl Import {
    /// An import as a caller sees it at an instant.
    pub(super) fn of(row: store::Model, claims: &Claims, now: DateTime<Utc>) -> Result<Self, StoreError> {
        let is_callers = (row.uploaded_by, row.uploaded_in) == (Some(claims.sub), Some(claims.office_id));
        let upload = row.upload_id.zip(row.upload_expires_at).filter(|(_, end)| is_callers && *end > now);
        let totals: Option<Kept> = row.totals.as_deref().map(serde_json::from_str).transpose()?;
        Ok(Self {
            id: row.id,
            version: row.version,
            office_id: row.office_id,
            format: row.format,
            source: row.source,
            columns: serde_json::from_str(&row.columns)?,
            state: row.state,
            dry_run: row.dry_run,
            skip_bad: row.skip_bad,
            files: serde_json::from_str(&row.files)?,
            upload: upload.map(|(id, expires_at)| KeptUpload { id, expires_at }),
            decimal: row.decimal_sign,
            empty: row.empty_cells,
            receiver: row.receiver,
            donor_decisions: serde_json::from_str(&row.donor_decisions)?,
            read: row.rows_read,
            done: row.rows_done,
            created: row.created,
            updated: row.updated,
            unchanged: row.unchanged,
            rejected: row.rejected,
            undecided: row.undecided,
            warnings: row.warnings,
            new_donors: row.new_donors,
            totals: totals.map(ImportTotals::from),
            message: row.message,
            created_at: row.created_at,
            finished_at: row.finished_at,
        })
    }
}

impl Row for Import {
    const COLUMNS: &'static [service::Column<Self>] = &[
        ("id", |row| row.id.into()),
        ("state", |row| row.state.as_str().into()),
        ("files", |row| row.files.join(" ").into()),
        ("read", |row| row.read.into()),
        ("created", |row| row.created.into()),
        ("updated", |row| row.updated.into()),
        ("unchanged", |row| row.unchanged.into()),
        ("rejected", |row| row.rejected.into()),
        ("warnings", |row| row.warnings.into()),
        ("created_at", |row| row.created_at.to_rfc3339().into()),
        ("dry_run", |row| row.dry_run.into()),
        ("new_donors", |row| row.new_donors.into()),
        ("undecided", |row| row.undecided.into()),
    ];
}

/// Lists imports
///
/// Imports of the caller's office and the offices below it, newest first.
#[utoipa::path(tag = "imports", params(Paging), security(("oauth2" = ["imports:read"])),
    responses((status = 200, description = "The imports", body = Envelope<Import>), ReadProblems))]
#[get("/v1/imports")]
pub(crate) async fn list(
    request: HttpRequest,
    caller: Caller<perm::ImportsRead>,
    context: Data<Context>,
    paging: Parameters<Paging>,
) -> ApiResult {
    let scope = context.scope(&caller.claims).await?;
    let filters = caller.claims.office_id;
    let page = paging.0.of("imports", &filters)?;
    let (claims, now) = (caller.claims, context.store.clock().now());
    service::list(&request, &context, scope, page, async move |db, scope, page| {
        let imports = store::list(scope, db, page, page.after()?).await?;
        Ok(page.page(imports, |row| row.id).try_map(|row| Import::of(row, &claims, now))?)
    })
    .await
}

/// Gets an import: its state, progress and counts
///
/// Poll it while the state is `queued` or `applying`; `done` of `read` rows have been processed. It ends as `done`,
/// as `checked` after a dry run, as `refused` because of rejected rows, or as `failed`; `message` says why. An
/// import is listed and can be read once its files have been received. 404 outside the caller's office and the
/// offices below it, and for donor representatives.
#[utoipa::path(tag = "imports", params(("id" = Uuid, Path, description = "The import")),
    security(("oauth2" = ["imports:read"])),
    responses((status = 200, description = "The import", body = Import), ReadProblems))]
#[get("/v1/imports/{id}")]
pub(crate) async fn get(
    request: HttpRequest,
    caller: Caller<perm::ImportsRead>,
    context: Data<Context>,
    id: Id<ImportId>,
) -> ApiResult {
    service::read(&context, &caller.claims, async |db, scope| {
        let row = store::get(scope, db, id.0).await?.ok_or_else(Problem::not_found)?;
        let now = context.store.clock().now();
        response::record(&request, row.version, &Import::of(row, &caller.claims, now)?)
    })
    .await
}

/// A row of an import and its outcome.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportRow {
    /// Its number in the import, from 1.
    #[schema(minimum = 1)]
    number: i64,
    /// The file that contains it.
    #[schema(max_length = 300)]
    file: String,
    /// Position in the file: a JSON pointer, the line of a CSV file or the row of a sheet.
    #[schema(example = "/data/flows/17", max_length = 500)]
    pointer: String,
    /// The contribution's reference in the source, if it has one.
    #[schema(max_length = 100)]
    external_ref: Option<String>,
    /// Null while the row is pending. In a dry run, what would become of it.
    #[schema(example = "rejected")]
    verdict: Option<RowOutcome>,
    /// The contribution that the row made, changed or left as it is; in a dry run, the one that it would change or leave. Null
    /// where there is none that the caller may read.
    contribution_id: Option<ContributionId>,
    /// The donor of that contribution.
    donor_id: Option<DonorId>,
    /// What the row changes of that contribution, field by field; in a dry run, what it would change.
    #[schema(max_items = 30)]
    changes: Vec<RowChange>,
    /// Errors, by JSON pointer inside the row.
    #[schema(max_items = 100)]
    errors: Vec<FieldError>,
    /// Warnings, by JSON pointer inside the row.
    #[schema(max_items = 100)]
    warnings: Vec<FieldError>,
}

impl ImportRow {
    /// A row with the contribution that is linked to its reference.
    fn of(row: store::RowVerdict, dry_run: bool, links: &HashMap<String, Link>) -> Result<Self, StoreError> {
        let parsed = |text: Option<String>| match text {
            Some(text) => serde_json::from_str(&text),
            None => Ok(Vec::new()),
        };
        let (errors, warnings) = (parsed(row.errors)?, parsed(row.warnings)?);
        let changes = row.changes.as_deref().map(serde_json::from_str).transpose()?.unwrap_or_default();
        let store::RowVerdict { number, file, pointer, external_ref, verdict, .. } = row;
        let is_there = match verdict {
            // A later import may have made it.
            Some(RowOutcome::Created) => !dry_run,
            Some(RowOutcome::Updated | RowOutcome::Unchanged) => true,
            Some(RowOutcome::Rejected | RowOutcome::NotApplied) | None => false,
        };
        let link = external_ref.as_ref().filter(|_| is_there).and_then(|reference| links.get(reference));
        let (contribution_id, donor_id) = (link.map(|link| link.0), link.and_then(|link| link.1));
        Ok(Self {
            number,
            file,
            pointer,
            external_ref,
            verdict,
            contribution_id,
            donor_id,
            changes,
            errors,
            warnings,
        })
    }
}

/// An error in the columns of codes of a CSV file, which hold JSON.
#[derive(Serialize)]
struct RowCode<'a> {
    pointer: &'a str,
    code: FieldCode,
    #[serde(skip_serializing_if = "Params::is_empty")]
    params: &'a Params,
}

impl<'a> RowCode<'a> {
    fn of(error: &'a FieldError) -> Self {
        Self { pointer: &error.pointer, code: error.code, params: &error.params }
    }
}

/// The codes of what is wrong with a row, as JSON; nothing for none.
fn codes(errors: &[FieldError]) -> Cell {
    let codes: Vec<RowCode<'_>> = errors.iter().map(RowCode::of).collect();
    let text = if codes.is_empty() { None } else { serde_json::to_string(&codes).ok() };
    text.unwrap_or_default().into()
}

/// What is wrong with a row, in one cell.
fn lines(errors: &[FieldError]) -> Cell {
    let lines: Vec<String> =
        errors.iter().map(|error| format!("{}: {}", error.pointer, error.detail)).collect();
    lines.join("; ").into()
}

/// What a row changes, in one cell.
fn changes(changes: &[RowChange]) -> Cell {
    let lines: Vec<String> = changes.iter().map(ToString::to_string).collect();
    lines.join("; ").into()
}

impl Row for ImportRow {
    const COLUMNS: &'static [service::Column<Self>] = &[
        ("number", |row| row.number.into()),
        ("file", |row| row.file.as_str().into()),
        ("pointer", |row| row.pointer.as_str().into()),
        ("external_ref", |row| row.external_ref.clone().into()),
        ("verdict", |row| row.verdict.map(RowOutcome::as_str).into()),
        ("errors", |row| lines(&row.errors)),
        ("warnings", |row| lines(&row.warnings)),
        ("error_codes", |row| codes(&row.errors)),
        ("warning_codes", |row| codes(&row.warnings)),
        ("contribution_id", |row| row.contribution_id.into()),
        ("donor_id", |row| row.donor_id.into()),
        ("changes", |row| changes(&row.changes)),
    ];
}

/// Filters of the rows of an import.
#[derive(Debug, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RowFilter {
    /// Only rows with this outcome.
    verdict: Option<RowOutcome>,
    /// Only rows with warnings.
    with_warnings: Option<bool>,
}

/// Lists the rows of an import and their outcomes
///
/// Each with its place in the files, its errors and warnings, by code and field, the contribution that it made and what it
/// changed; in a dry run, what would become of it and what it would change. Rows that are still to be processed have no
/// outcome. Also available as CSV and XLSX. 404 if the caller may not see the import.
#[utoipa::path(tag = "imports", params(("id" = Uuid, Path, description = "The import"), RowFilter, Paging),
    security(("oauth2" = ["imports:read"])),
    responses((status = 200, description = "The rows, in the order of the files", body = Envelope<ImportRow>),
              ReadProblems))]
#[get("/v1/imports/{id}/rows")]
pub(crate) async fn rows(
    request: HttpRequest,
    caller: Caller<perm::ImportsRead>,
    context: Data<Context>,
    id: Id<ImportId>,
    listed: Listed<RowFilter>,
) -> ApiResult {
    let scope = context.scope(&caller.claims).await?;
    let import = service::read_within(&context, &scope, async |db| Ok(store::get(&scope, db, id.0).await?));
    let import = import.await?.ok_or_else(Problem::not_found)?;
    let RowFilter { verdict, with_warnings } = listed.filter;
    let filters = (import.id, verdict, with_warnings);
    let with_warnings = with_warnings.unwrap_or(false);
    let page = listed.paging.of("import-rows", &filters)?;
    service::list(&request, &context, scope, page, async move |db, scope, page| {
        let rows = store::rows(db, import.id, verdict, with_warnings, page, page.after()?).await?;
        let links = store::links(scope, db, &import, &rows).await?;
        let shown = |row: store::RowVerdict| ImportRow::of(row, import.dry_run, &links);
        Ok(page.page(rows, |row| row.number).try_map(shown)?)
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(verdict: RowOutcome, errors: Option<&str>) -> store::RowVerdict {
        store::RowVerdict {
            number: 1,
            file: "a.csv".to_owned(),
            pointer: "/lines/2".to_owned(),
            external_ref: Some("G-1".to_owned()),
            verdict: Some(verdict),
            errors: errors.map(str::to_owned),
            warnings: None,
            changes: None,
        }
    }

    fn row(errors: &str) -> ImportRow {
        ImportRow::of(verdict(RowOutcome::Rejected, Some(errors)), false, &HashMap::new()).unwrap()
    }

    #[test]
    fn a_row_leads_to_its_contribution_unless_it_would_only_make_one() {
        let (contribution, donor) = (ContributionId::from_u128(1), DonorId::from_u128(2));
        let links = HashMap::from([("G-1".to_owned(), (contribution, Some(donor)))]);
        let led = |outcome, dry_run| {
            let row = ImportRow::of(verdict(outcome, None), dry_run, &links).unwrap();
            (row.contribution_id.is_some(), row.donor_id.is_some())
        };
        for (outcome, in_a_run, in_a_dry_run) in [
            (RowOutcome::Created, true, false),
            (RowOutcome::Updated, true, true),
            (RowOutcome::Unchanged, true, true),
            (RowOutcome::Rejected, false, false),
            (RowOutcome::NotApplied, false, false),
        ] {
            assert_eq!(led(outcome, false), (in_a_run, in_a_run), "{outcome}");
            assert_eq!(led(outcome, true), (in_a_dry_run, in_a_dry_run), "{outcome}");
        }
    }

    #[test]
    fn rows_that_an_older_version_refused_are_still_read() {
        let old = row(r#"[{"pointer":"/amount","detail":"must not be negative"}]"#);
        assert_eq!(old.errors[0].code, FieldCode::Invalid);
        assert_eq!(old.errors[0].detail, "must not be negative");
    }

    #[test]
    fn a_row_of_a_spreadsheet_has_the_codes_and_what_they_speak_of() {
        let row = row(
            r#"[{"pointer":"/amount","code":"too_precise","params":{"currency":"JPY","max":0},"detail":"has more"}]"#,
        );
        let cells: Vec<Cell> = row.cells().collect();
        assert_eq!(cells.len(), ImportRow::COLUMNS.len());
        let text = |index: usize| if let Cell::Text(text) = &cells[index] { text.as_str() } else { "" };
        assert_eq!(text(5), "/amount: has more");
        let codes = r#"[{"pointer":"/amount","code":"too_precise","params":{"currency":"JPY","max":0}}]"#;
        assert_eq!((text(7), text(8)), (codes, ""));
    }
}
