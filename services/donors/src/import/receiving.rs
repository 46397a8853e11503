//! An upload on its way into the staging table: which files it has, how they are read, what was seen in them.

use super::{
    BATCH_SIZE,
    columns::{Column, Mapping},
    decisions,
    flow::Staged,
    format::{self, ImportFormat, MAX_ROWS, Reading},
    iati::Ours,
    matching,
    options::ImportOptions,
    saved_mapping,
    seen::{Print, Seen},
    store,
    upload::MAX_UPLOAD_BYTES,
    uploads::{self, Again, Keeping, UploadId},
};
use crate::{
    contribution::recipient,
    exchange_rate::{self, Rates},
};
use ::store::office;
use auth::{ApiError, Claims};
use bytes::Bytes;
use chrono::NaiveDate;
use futures_util::{Stream, StreamExt};
use kernel::{DonorType, Fault, FieldCode, FieldError, OfficeId, Problem};
use serde::Serialize;
use service::{Checks, Context};
use sha2::{Digest, Sha256};

/// Maximum size of the staged rows of one import, in bytes: a small spreadsheet can repeat one long text a million
/// times.
const MAX_STAGED_BYTES: usize = 2 * 1024 * 1024 * 1024;
const RESERVED_SOURCE: (FieldCode, &str) =
    (FieldCode::Reserved, "is reserved for the platform's own importers");
/// Maximum length of the message of an import, in characters.
const MAX_MESSAGE_LENGTH: usize = 2000;

pub(super) struct Receiving {
    pub(super) import: store::Model,
    pub(super) reading: Reading,
    /// What the sending system is called, where that was said.
    source: Option<String>,
    /// Whether what was saved of the source's columns is taken for what is not said.
    takes_saved: bool,
    /// The upload whose files are read again.
    pub(super) again: Option<Again>,
    /// The upload as it is kept.
    keeping: Option<Keeping>,
    files: Vec<String>,
    pub(super) columns: Vec<Column>,
    notes: Vec<String>,
    size: u64,
    /// What the rows hold so far, in bytes.
    held: usize,
    hasher: Sha256,
    /// What was seen in these files: by reference and version the content.
    seen: Seen<Print>,
    /// The donors that rows record, by name.
    new_donors: Seen<DonorType>,
}

impl Receiving {
    /// An import that is about to arrive, in a body of so many bytes if that was said.
    pub(super) async fn start(
        context: &Context,
        options: &ImportOptions,
        claims: &Claims,
        office_id: OfficeId,
        length: Option<u64>,
    ) -> Result<Self, ApiError> {
        let organisation_id = claims.organisation_id;
        let mut mapping = Mapping::default();
        if let Some(text) = &options.mapping {
            mapping.add_json(text)?;
        }
        let decisions = options.donor_decisions.as_deref().map(decisions::read).transpose()?;
        let again = match options.upload {
            Some(id) => Some(uploads::find(&context.store, claims, id).await?),
            None => None,
        };
        let (name, us, rates) = {
            let db = context.store.system_read().await?;
            let name = office::organisation_name(&db, organisation_id).await?.unwrap_or_default();
            let us = recipient::find(&db, organisation_id).await?.us();
            let rates = match options.format {
                ImportFormat::Fts => Rates::default(),
                ImportFormat::Csv | ImportFormat::Xlsx | ImportFormat::Iati => {
                    exchange_rate::store::all(&db, organisation_id).await?
                }
            };
            (name, us, rates)
        };
        let reading = Reading {
            format: options.format,
            mapping,
            ours: Ours { name, us, identifier: options.receiver.clone() },
            rates,
            spool: context.store.files().to_path_buf(),
            describe: options.dry_run,
        };
        let tx = context.store.system(::store::Actor::system()).await?;
        let mut import = store::Model {
            dry_run: options.dry_run,
            skip_bad: options.skip_bad,
            ..store::Model::begun(tx.new_id(), (organisation_id, office_id), options.format, tx.now())
        };
        if let Some(decisions) = &decisions {
            import.donor_decisions = json(decisions)?;
        }
        if let Some(again) = &again {
            (import.upload_id, import.upload_expires_at) = (Some(again.kept.id), Some(again.kept.expires_at));
            (import.uploaded_by, import.uploaded_in) = (Some(claims.sub), Some(claims.office_id));
        }
        store::insert(&tx, import.clone()).await?;
        tx.commit().await?;
        let keeping = match options.dry_run && again.is_none() {
            true => {
                let size = length.unwrap_or(MAX_UPLOAD_BYTES).min(MAX_UPLOAD_BYTES);
                Keeping::begin(&context.store, claims, size).await?
            }
            false => None,
        };
        if keeping.is_some() {
            (import.uploaded_by, import.uploaded_in) = (Some(claims.sub), Some(claims.office_id));
        }
        Ok(Self {
            import,
            reading,
            source: options.source.clone(),
            takes_saved: options.saved_mapping,
            again,
            keeping,
            files: Vec::new(),
            columns: Vec::new(),
            notes: Vec::new(),
            size: 0,
            held: 0,
            hasher: Sha256::new(),
            seen: Seen::default(),
            new_donors: Seen::default(),
        })
    }

    /// The upload that is being kept.
    pub(super) fn upload(&self) -> Option<UploadId> {
        self.keeping.as_ref().map(Keeping::id)
    }

    /// All files have arrived: the import as it is now, what a repetition of the request has to agree with, and the columns.
    pub(super) async fn end(self) -> Result<(store::Model, [u8; 32], Vec<Column>), ApiError> {
        let mut import = self.import;
        if let Some(keeping) = self.keeping
            && let Some(kept) = keeping.end(self.size).await?
        {
            (import.upload_id, import.upload_expires_at) = (Some(kept.id), Some(kept.expires_at));
        }
        Ok((import, self.hasher.finalize().into(), self.columns))
    }

    /// A field of the form, which says how the files after it are to be read.
    pub(super) fn field(&mut self, name: &str, text: &str) -> Result<(), ApiError> {
        for part in [name, text] {
            self.hasher.update((part.len() as u64).to_be_bytes());
            self.hasher.update(part);
        }
        let text = text.trim();
        match name {
            "source" => self.source = Some(text.to_owned()).filter(|text| !text.is_empty()),
            "receiver" => {
                self.reading.ours.identifier = Some(text.to_owned()).filter(|text| !text.is_empty())
            }
            "donor_decisions" if text.is_empty() => {}
            "donor_decisions" => self.import.donor_decisions = json(&decisions::read(text)?)?,
            "mapping" if text.is_empty() => {}
            "mapping" => self.reading.mapping.add_json(text)?,
            _ => {
                let heading = name.strip_prefix("mapping[").and_then(|rest| rest.strip_suffix("]"));
                // What browsers write for a quotation mark in the name of a form's field (HTML, multipart/form-data).
                let heading = heading.unwrap_or_default().replace("%22", "\"");
                self.reading.mapping.add(&heading, text)?;
            }
        }
        Ok(())
    }

    /// Name of the source system.
    fn source(&self) -> Result<String, Problem> {
        let refuse = |fault: Fault| Err(Problem::invalid_parameter("source", fault));
        match (self.reading.format, &self.source) {
            (ImportFormat::Fts, None) => Ok("fts".to_owned()),
            (ImportFormat::Fts, Some(source)) if source == "fts" => Ok(source.clone()),
            (ImportFormat::Fts, Some(other)) => refuse(Fault::not_one_of(other, &["fts"])),
            (ImportFormat::Iati, None) => Ok("iati".to_owned()),
            (ImportFormat::Csv | ImportFormat::Xlsx, None) => refuse(FieldCode::Required.says(
                "is required: the name of the source system, so that a row sent again updates the same record",
            )),
            (_, Some(source)) if ["fts", "api"].contains(&source.as_str()) => refuse(RESERVED_SOURCE.into()),
            (_, Some(source)) => {
                let mut checks = Checks::new();
                checks.text("source", source, 40);
                match checks.into_errors().into_iter().next() {
                    Some(error) => refuse(error.into()),
                    None => Ok(source.clone()),
                }
            }
        }
    }

    /// What has to be known before the first file is read.
    async fn prepare(&mut self, context: &Context) -> Result<(), ApiError> {
        self.import.source = self.source()?;
        let organisation_id = self.import.organisation_id;
        let db = context.store.system_read().await?;
        decisions::check(&matching::scope_of(&self.import), &db, &decisions::of(&self.import)?).await?;
        if self.takes_saved && self.reading.format.is_table() {
            let saved = saved_mapping::find(&db, organisation_id, &self.import.source).await?;
            let saved = saved.map(|saved| saved.mapping()).unwrap_or_default();
            self.reading.mapping = std::mem::take(&mut self.reading.mapping).over(saved);
        }
        self.import.receiver = self.reading.ours.identifier.clone();
        if self.reading.format.is_table() {
            self.import.decimal_sign = self.reading.mapping.decimal;
            self.import.empty_cells = self.reading.mapping.empty;
        }
        Ok(())
    }

    /// Streams one file through the parser into the staging table.
    pub(super) async fn file(
        &mut self,
        context: &Context,
        name: &str,
        mut chunks: impl Stream<Item = Result<Bytes, Problem>> + Unpin,
    ) -> Result<(), ApiError> {
        if self.files.is_empty() {
            self.prepare(context).await?;
        }
        if let Some(keeping) = &mut self.keeping {
            keeping.open(name).await;
        }
        let format::Parsing { bytes, mut rows, verdict } = format::start(self.reading.clone());
        let (hasher, size, keeping) = (&mut self.hasher, &mut self.size, &mut self.keeping);
        let feed = async move {
            while let Some(chunk) = chunks.next().await {
                let chunk = chunk?;
                *size += chunk.len() as u64;
                if *size > MAX_UPLOAD_BYTES {
                    return Err(service::too_large(MAX_UPLOAD_BYTES));
                }
                hasher.update(&chunk);
                if let Some(keeping) = keeping.as_mut() {
                    keeping.write(&chunk).await;
                }
                // A parser that is gone has its verdict; the rest of the file is read and dropped.
                let _ = bytes.send(chunk).await;
            }
            if let Some(keeping) = keeping.as_mut() {
                keeping.close().await;
            }
            Ok(())
        };
        let (import, held) = (&mut self.import, &mut self.held);
        let seen = &mut (&mut self.seen, &mut self.new_donors);
        let stage = async move {
            let enough = usize::from(BATCH_SIZE);
            let mut batch: Vec<Staged> = Vec::with_capacity(enough);
            while let Some(chunk) = rows.recv().await {
                *held += chunk.iter().map(|row| row.raw.len()).sum::<usize>();
                check_held(*held)?;
                batch.extend(chunk);
                if batch.len() >= enough {
                    stage_batch(context, import, seen, name, std::mem::take(&mut batch)).await?;
                }
            }
            stage_batch(context, import, seen, name, batch).await
        };
        let (fed, staged) = futures_util::join!(feed, stage);
        let verdict = verdict.await.map_err(|error| ApiError::internal(&error))?;
        fed?;
        staged?;
        let found = verdict.map_err(|problem| in_file(problem, name))?;
        self.files.push(name.to_owned());
        for column in found.columns {
            if !self.columns.iter().any(|known| known.heading == column.heading) {
                self.columns.push(column);
            }
        }
        self.notes.extend(found.note);
        self.import.files = json(&self.files)?;
        self.import.columns = json(&self.columns)?;
        self.import.message =
            (!self.notes.is_empty()).then(|| self.notes.join(" ").chars().take(MAX_MESSAGE_LENGTH).collect());
        Ok(())
    }
}

fn json(value: &impl Serialize) -> Result<String, ApiError> {
    serde_json::to_string(value).map_err(|error| ApiError::internal(&error))
}

fn check_held(held: usize) -> Result<(), Problem> {
    if held <= MAX_STAGED_BYTES {
        return Ok(());
    }
    let why = format!("its rows have more than {MAX_STAGED_BYTES} bytes together: split the import");
    Err(Problem::invalid_field("/file", FieldCode::TooLarge.says(why).with("max", MAX_STAGED_BYTES)))
}

/// Names the file when several were sent.
fn in_file(mut problem: Problem, name: &str) -> Problem {
    if name != "body" {
        problem.detail = problem.detail.map(|detail| format!("{name}: {detail}"));
    }
    problem
}

async fn stage_batch(
    context: &Context,
    import: &mut store::Model,
    (seen, new_donors): &mut (&mut Seen<Print>, &mut Seen<DonorType>),
    file: &str,
    mut rows: Vec<Staged>,
) -> Result<(), ApiError> {
    if rows.is_empty() {
        return Ok(());
    }
    let most = i64::try_from(MAX_ROWS).unwrap_or(i64::MAX);
    if import.format != ImportFormat::Fts && import.rows_read >= most {
        let why = format!("have more than {MAX_ROWS} rows together: split the import");
        let fault = FieldCode::TooMany.says(why).with("max", MAX_ROWS);
        return Err(Problem::invalid_field("/file", fault).into());
    }
    matching::check_plans(&context.store, import, &mut rows).await?;
    {
        let db = context.store.system_read().await?;
        matching::keep_held(import, &db, &mut rows).await?;
        matching::check(import, &db, &mut rows, new_donors).await?;
    }
    if rows.is_empty() {
        return Ok(());
    }
    let today = context.store.clock().now().date_naive();
    for row in &mut rows {
        row.warnings.extend(paid_in_future(row.paid_on, today));
        refuse_contradiction(seen, row, import.format);
        import.rejected += i64::from(!row.errors.is_empty());
        import.undecided += i64::from(row.is_undecided());
        import.warnings += i64::from(!row.warnings.is_empty());
    }
    let first = import.rows_read + 1;
    import.rows_read += i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let tx = context.store.system(::store::Actor::system()).await?;
    store::stage(&tx, import, file, first, rows).await?;
    Ok(tx.commit().await?)
}

/// A payment on a day that has not come.
fn paid_in_future(paid_on: Option<NaiveDate>, today: NaiveDate) -> Option<FieldError> {
    let day = paid_on.filter(|day| *day > today)?;
    let why = format!("lies in the future: a payment of {day}");
    Some(FieldError::new("/flow_date", Fault::in_future().saying(why)))
}

/// A flow may stand in several pages; two different contents under one version cannot both be right.
fn refuse_contradiction(seen: &mut Seen<Print>, row: &mut Staged, format: ImportFormat) {
    let (Some(id), Some((version, fingerprint))) = (&row.external_ref, row.content) else { return };
    let (key, content) = ((id.as_str(), version), seen.print(&fingerprint));
    match seen.get(&key) {
        Some(other) if *other != content => {
            let (place, why) = match format {
                ImportFormat::Fts => ("/versionId", "with one version and different contents"),
                ImportFormat::Csv | ImportFormat::Xlsx | ImportFormat::Iati => {
                    ("/external_ref", "with different contents")
                }
            };
            let fault = FieldCode::Contradiction.says(format!("{id} appears in these files twice, {why}"));
            row.errors.push(FieldError::new(place, fault.with("value", id.as_str())));
        }
        Some(_) => {}
        None => seen.insert(&key, content),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payment_of_tomorrow_gets_a_remark() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let today = day("2026-08-15");
        assert!(paid_in_future(None, today).is_none() && paid_in_future(Some(today), today).is_none());
        let remark = paid_in_future(Some(day("2026-08-16")), today).unwrap();
        assert_eq!((remark.pointer.as_str(), remark.code), ("/flow_date", FieldCode::InFuture));
    }

    #[test]
    fn rows_that_hold_too_much_are_refused_by_the_file() {
        assert!(check_held(MAX_STAGED_BYTES).is_ok());
        let problem = check_held(MAX_STAGED_BYTES + 1).unwrap_err();
        assert_eq!(problem.errors[0].pointer, "/file");
    }
}
