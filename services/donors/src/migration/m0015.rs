use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use chrono_tz::{GapInfo, Tz};
use kernel::ReportId;
use sea_orm::{ConnectionTrait, DbErr};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use store::{
    StoreError,
    migration::{Tenant, ddl, protect},
    params, sql,
};

struct M0015;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0015)
}

impl MigrationName for M0015 {
    fn name(&self) -> &str {
        "m0015_persons_files_turns"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0015 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, TABLES).await?;
        let failed = |error: StoreError| DbErr::Custom(error.to_string());
        days(manager.get_connection()).await.map_err(failed)?;
        chains(manager.get_connection()).await.map_err(failed)?;
        protect(manager, &[Tenant::organisation("known_person", "organisation_id")]).await
    }
}

/// Where clocks skip the midnight after a due date, the day was taken to end at midnight UTC: it ends with the change.
async fn days(db: &impl ConnectionTrait) -> Result<(), StoreError> {
    let text = "SELECT r.id, r.due_date, r.due_at, d.country FROM report r JOIN donor d ON d.id = r.donor_id
                WHERE r.id > $1 ORDER BY r.id LIMIT 1000";
    let mut last = ReportId::nil();
    loop {
        let rows = sql::rows(db, text, params![last]).await?;
        if rows.is_empty() {
            return Ok(());
        }
        for row in &rows {
            last = row.try_get_by_index(0)?;
            let (due_date, due_at): (NaiveDate, DateTime<Utc>) =
                (row.try_get_by_index(1)?, row.try_get_by_index(2)?);
            let country: Option<String> = row.try_get_by_index(3)?;
            if let Some(end) = end_of_skipped(due_date, due_at, country.as_deref()) {
                let text = "UPDATE report SET due_at = $1 WHERE id = $2";
                sql::execute(db, text, params![end, last]).await?;
            }
        }
    }
}

fn end_of_skipped(
    due_date: NaiveDate,
    due_at: DateTime<Utc>,
    country: Option<&str>,
) -> Option<DateTime<Utc>> {
    let midnight = due_date.checked_add_days(Days::new(1))?.and_time(NaiveTime::MIN);
    let zone: Tz = kernel::country::by_iso3(country?)?.time_zone.as_deref()?.parse().ok()?;
    let end = GapInfo::new(&midnight, &zone)?.end?;
    (due_at == midnight.and_utc()).then(|| end.with_timezone(&Utc))
}

/// Of donors merged into one that was merged itself: they point at the last one. (Readers of the events follow chains.)
async fn chains(db: &impl ConnectionTrait) -> Result<(), StoreError> {
    let text =
        "UPDATE donor SET merged_into = (SELECT s.merged_into FROM donor s WHERE s.id = donor.merged_into)
                WHERE merged_into IN (SELECT s.id FROM donor s WHERE s.merged_into IS NOT NULL)";
    while sql::execute(db, text, vec![]).await? > 0 {}
    Ok(())
}

const TABLES: &str = "
CREATE TABLE known_person (
  id {uuid} PRIMARY KEY,
  organisation_id {uuid} NOT NULL,
  is_active boolean NOT NULL
);
CREATE INDEX document_by_file ON document (sha256);
CREATE INDEX agreement_document_by_file ON agreement_document (sha256);
ALTER TABLE import ADD COLUMN worked_at {instant};
CREATE INDEX import_by_turn ON import (organisation_id, worked_at);
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_days_whose_midnight_was_skipped_are_mended() {
        let end = |date: &str, at: &str, country: Option<&str>| {
            let end = end_of_skipped(date.parse().unwrap(), at.parse().unwrap(), country);
            end.map(|end| end.to_rfc3339())
        };
        let beirut = end("2026-03-28", "2026-03-29T00:00:00Z", Some("LBN"));
        assert_eq!(beirut.as_deref(), Some("2026-03-28T22:00:00+00:00"));
        for (date, at, country) in [
            ("2026-03-27", "2026-03-28T00:00:00Z", Some("LBN")),
            ("2026-03-28", "2026-03-28T23:00:00Z", Some("LBN")),
            ("2026-03-28", "2026-03-29T00:00:00Z", Some("NOR")),
            ("2026-03-28", "2026-03-29T00:00:00Z", None),
        ] {
            assert_eq!(end(date, at, country), None, "{date} {at} {country:?}");
        }
    }
}
