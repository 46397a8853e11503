//! How an import is asked for: the parameters, and the form that describes the files beside them.

use super::{format::ImportFormat, uploads::UploadId};
use kernel::OfficeId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// How to import.
#[derive(Debug, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ImportOptions {
    /// `fts`: pages of flows as the FTS API returns them; `csv` and `xlsx`: tables with the headings of
    /// `/v1/imports/template`, or with a mapping; `iati`: IATI 2.01 to 2.03 activities.
    #[param(example = "csv")]
    pub(super) format: ImportFormat,
    /// Name of the source system: required for tables, defaults to `iati` for IATI files, always `fts` for flows.
    /// Together with the rows' references it identifies a contribution.
    #[param(example = "erp", max_length = 40)]
    pub(super) source: Option<String>,
    /// Maps the columns of a table to fields, as a JSON object: heading → field, or null to ignore a column;
    /// `"decimal": ","` if the decimal separator is a comma; `"empty": "keep"` if an empty cell keeps the value of an
    /// existing contribution instead of erasing it.
    #[param(example = r#"{"Donor name": "donor", "Remarks": null}"#, max_length = 8000)]
    pub(super) mapping: Option<String>,
    /// The organisation's own IATI identifier, to find it as the receiver.
    #[param(example = "XM-DAC-47066", max_length = 100)]
    pub(super) receiver: Option<String>,
    /// The office that owns the imported records: the caller's or one below it. Defaults to the caller's.
    pub(super) office_id: Option<OfficeId>,
    /// Dry run: validate and compare only, save nothing.
    #[serde(default)]
    pub(super) dry_run: bool,
    /// Import the valid rows even if others are invalid. Defaults to false: one invalid row rejects the import.
    #[serde(default)]
    pub(super) skip_bad: bool,
    /// The files of an earlier dry run (its `upload`) instead of files: up to an hour later, by the same caller in the same
    /// office.
    pub(super) upload: Option<UploadId>,
    /// Decisions on donors that are not in the registry, as a JSON list of objects with the donor's `name` in the file, its
    /// `reference` in the source (optional) and `donor_id`: the donor of the registry that it is, or null for a new one, with
    /// its `type` where a row that names it states none. The source's name for a donor of the registry is remembered. Donors
    /// that are left out are recorded if the row states their type.
    #[param(example = r#"[{"name": "Norwegen", "donor_id": null}]"#, max_length = 8000)]
    pub(super) donor_decisions: Option<String>,
    /// For tables: take the mapping that is saved for the source for what `mapping` does not say; the decimal separator is
    /// a point if neither says it.
    #[serde(default)]
    pub(super) saved_mapping: bool,
    /// For tables: save the columns, the decimal separator and the rule for empty cells of this request for the source.
    #[serde(default)]
    pub(super) save_mapping: bool,
}

/// The form of an import: fields first, then the files.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the form")]
pub(crate) struct ImportForm {
    /// What the sending system is called: that of the parameter, where both are there.
    #[schema(max_length = 40, nullable = false)]
    source: Option<String>,
    /// JSON: the fields to which the headings are mapped.
    #[schema(max_length = 262144, nullable = false)]
    mapping: Option<String>,
    /// For IATI: the organisation's identifier as a receiver.
    #[schema(max_length = 100, nullable = false)]
    receiver: Option<String>,
    /// JSON: the decisions on donors that are not in the registry.
    #[schema(max_length = 1048576, nullable = false)]
    donor_decisions: Option<String>,
    /// The files: any number of parts of this name, each with a file name. None where an `upload` is named.
    #[schema(min_items = 1, max_items = 1000, nullable = false)]
    file: Option<Vec<FileBytes>>,
}

/// The bytes of a file.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "describes the form")]
pub(crate) struct FileBytes(Vec<u8>);
