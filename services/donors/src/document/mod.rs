//! The documents of reports and of agreements.

use ::documents::Kind;
use ::store::{StoreError, Transaction, params, sql};
use kernel::{ReportId, Visibility};
use sea_orm::ConnectionTrait;

pub(crate) use ::documents::{
    Document, DocumentErasure, DocumentId, MAX_BYTES, Owner, StoredFile, Upload, erase, remove, sweep,
};

/// Those of reports.
pub(crate) static OF_REPORTS: Kind = Kind { table: "document", column: "report_id", path: "/v1/documents" };
/// Those of agreements.
pub(crate) static OF_AGREEMENTS: Kind =
    Kind { table: "agreement_document", column: "agreement_id", path: "/v1/agreement-documents" };
/// All that there are: a file that none of them names is destroyed.
pub(crate) static KINDS: [&Kind; 2] = [&OF_REPORTS, &OF_AGREEMENTS];

/// The documents of a report.
pub(crate) async fn of_report(
    db: &impl ConnectionTrait,
    report_id: ReportId,
) -> Result<Vec<Document>, StoreError> {
    let text = "SELECT * FROM document WHERE report_id = $1 ORDER BY id";
    sql::all(db, text, params![report_id]).await
}

/// Shows the documents of a report to its donor, or takes them out of its sight.
pub(crate) async fn show(
    tx: &Transaction,
    report_id: ReportId,
    shown: bool,
    visibility: Visibility,
) -> Result<(), StoreError> {
    let visibility = if shown { visibility } else { Visibility::Internal };
    let text = "UPDATE document SET visibility = $1 WHERE report_id = $2";
    sql::execute(tx.db(), text, params![visibility, report_id]).await?;
    Ok(())
}

#[cfg(test)]
mod tests;
