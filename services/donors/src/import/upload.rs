//! Receiving the files of an import: streamed, checked and staged while they arrive.

use super::{
    BATCH_SIZE,
    api::Import,
    columns::{Column, Mapping},
    flow::Staged,
    format::{self, ImportFormat, MAX_ROWS, Reading},
    iati::Ours,
    matching,
    options::{ImportForm, ImportOptions},
    seen::{Print, Seen},
    store::{self, ImportState},
    worker::Wake,
};
use crate::{
    contribution::recipient,
    exchange_rate::{self, Rates},
};
use ::store::office;
use actix_multipart::{Field, Multipart};
use actix_web::{
    HttpRequest,
    http::header,
    post,
    web::{Data, Payload},
};
use auth::{ApiError, Caller, perm};
use bytes::Bytes;
use chrono::NaiveDate;
use futures_util::{Stream, StreamExt};
use kernel::{Code, DonorType, Fault, FieldCode, FieldError, OfficeId, OrganisationId, Problem};
use service::{ApiResult, Checks, Context, Created, Parameters, openapi::CreateProblems};
use sha2::{Digest, Sha256};

/// Maximum size of an upload, in bytes: enough for well over 100,000 flows.
const MAX_UPLOAD_BYTES: u64 = 512 * 1024 * 1024;
/// Maximum size of the staged rows of one import, in bytes: a small spreadsheet can repeat one long text a million
/// times.
const MAX_STAGED_BYTES: usize = 2 * 1024 * 1024 * 1024;
/// Maximum number of files of one import.
const MAX_FILES: usize = 1000;
const RESERVED_SOURCE: (FieldCode, &str) =
    (FieldCode::Reserved, "is reserved for the platform's own importers");
const NO_FILE: (FieldCode, &str) = (FieldCode::Required, "no file was sent");
/// Maximum length of the message of an import, in characters.
const MAX_MESSAGE_LENGTH: usize = 2000;
/// Maximum length of a form field beside the files, in bytes.
const MAX_FIELD_BYTES: usize = 64 * 1024;

/// Starts an import
///
/// Send the files as `multipart/form-data` (several files form one import), or a single file as the body, up to 512
/// MiB; tables and IATI files hold up to 1,000,000 rows. Files are validated while they are received; the import then
/// runs in the background: poll the URL in `Location`. Imports are idempotent by source and external reference,
/// whichever office runs them. In a form, the fields `source`, `mapping` and `receiver` may precede the files, and
/// `mapping[Heading]` fields map one column each. A dry run of a table that lacks columns reports the headings it
/// found.
#[utoipa::path(tag = "imports", params(ImportOptions,
        ("Idempotency-Key" = Option<String>, Header, description = "Idempotency key: makes retries safe")),
    request_body(description = "The file, or several as multipart/form-data", content(
        (ImportForm = "multipart/form-data"), (Object = "application/json"), (String = "text/csv"),
        (String = "application/xml"), (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))),
    security(("oauth2" = ["imports:write"])),
    extensions(("x-body-limit" = json!(536870912)), ("x-timeout-seconds" = json!(900))),
    responses((status = 201, description = "The queued import", body = Import), CreateProblems))]
#[post("/v1/imports")]
pub(crate) async fn create(
    request: HttpRequest,
    caller: Caller<perm::ImportsWrite>,
    context: Data<Context>,
    wake: Data<Wake>,
    options: Parameters<ImportOptions>,
    payload: Payload,
) -> ApiResult {
    let options = options.0;
    let office_id = context.office_for_query(&caller.claims, options.office_id).await?;
    let scope = context.scope(&caller.claims).await?;
    let mut receiving =
        Receiving::start(&context, &options, caller.claims.organisation_id, office_id).await?;
    let received = receive(&request, &context, &mut receiving, payload).await;
    let id = receiving.import.id;
    let answer = match received {
        Ok(()) => finish(&request, &caller, &context, receiving).await,
        Err(failure) => Err(failure),
    };
    // A refusal keeps nothing, and neither does a repetition that was answered from the saved answer.
    let kept = service::read_within(&context, &scope, async |db| Ok(store::get(&scope, db, id).await?));
    if kept.await?.is_some() {
        wake.0.notify_one();
    } else {
        store::discard(&context.store, id).await?;
    }
    answer
}

async fn finish(
    request: &HttpRequest,
    caller: &Caller<perm::ImportsWrite>,
    context: &Context,
    receiving: Receiving,
) -> ApiResult {
    let digest: [u8; 32] = receiving.hasher.finalize().into();
    let mut import = receiving.import;
    service::create(context, request, &caller.claims, &digest, async |tx, _| {
        import.state = ImportState::Queued;
        store::update(tx, &mut import).await?;
        let shown = Import::try_from(import.clone())?;
        tx.audit_created("import.create", &import, &shown).await?;
        Ok(Created::new(format!("/v1/imports/{}", import.id), import.version, shown))
    })
    .await
}

async fn receive(
    request: &HttpRequest,
    context: &Context,
    receiving: &mut Receiving,
    payload: Payload,
) -> Result<(), ApiError> {
    let media_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type =
        media_type.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_lowercase();
    match media_type.as_str() {
        alone if receiving.reading.format.media_types().contains(&alone) => {
            receiving.file(context, "body", payload).await
        }
        "multipart/form-data" => {
            let mut parts = Multipart::new(request.headers(), payload);
            let mut files = 0;
            while let Some(part) = parts.next().await {
                let part = part.map_err(|error| service::unreadable_form(&error))?;
                if let Some(name) = field_name(&part) {
                    if files > 0 {
                        let fault = FieldCode::AfterFiles.says("must come before the files in the form");
                        return Err(Problem::invalid_parameter(name, fault).into());
                    }
                    let text = field_text(&name, part).await?;
                    receiving.field(&name, &text)?;
                    continue;
                }
                files += 1;
                if files > MAX_FILES {
                    let fault = Fault::too_many(MAX_FILES as u64, "files");
                    return Err(Problem::new(Code::BodyTooLarge).field("/file", fault).into());
                }
                let name = part.content_disposition().and_then(|disposition| disposition.get_filename());
                let name = name.unwrap_or("file").to_owned();
                let mut checks = Checks::new();
                checks.file_name("/file", &name, 300);
                checks.finish()?;
                receiving.file(context, &name, part).await?;
            }
            if files == 0 {
                return Err(Problem::invalid_field("/file", NO_FILE).into());
            }
            Ok(())
        }
        _ => {
            let alone = receiving.reading.format.media_types().join(" or ");
            let fault = FieldCode::MediaType.says(format!("send multipart/form-data or {alone}"));
            let fault = fault.with("allowed", format!("multipart/form-data, {alone}"));
            Err(Problem::new(Code::UnsupportedMediaType).field("content-type", fault).into())
        }
    }
}

/// The name of a part of the form that is no file.
fn field_name(part: &Field) -> Option<String> {
    let disposition = part.content_disposition()?;
    let name = disposition.get_name().filter(|_| disposition.get_filename().is_none())?;
    let known = ["source", "mapping", "receiver"].contains(&name) || name.starts_with("mapping[");
    known.then(|| name.to_owned())
}

async fn field_text(name: &str, mut part: Field) -> Result<String, Problem> {
    let mut bytes = Vec::new();
    while let Some(chunk) = part.next().await {
        bytes.extend(chunk.map_err(|_| service::broken_off())?);
        if bytes.len() > MAX_FIELD_BYTES {
            let fault = FieldCode::TooLarge.says(format!("has more than {MAX_FIELD_BYTES} bytes"));
            return Err(Problem::invalid_parameter(name, fault.with("max", MAX_FIELD_BYTES)));
        }
    }
    String::from_utf8(bytes)
        .map_err(|_| Problem::invalid_parameter(name, FieldCode::NotUtf8.says("is not UTF-8")))
}

struct Receiving {
    import: store::Model,
    reading: Reading,
    /// What the sending system is called, where that was said.
    source: Option<String>,
    files: Vec<String>,
    columns: Vec<Column>,
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
    async fn start(
        context: &Context,
        options: &ImportOptions,
        organisation_id: OrganisationId,
        office_id: OfficeId,
    ) -> Result<Self, ApiError> {
        let mut mapping = Mapping::default();
        if let Some(text) = &options.mapping {
            mapping.add_json(text)?;
        }
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
        let import = store::Model {
            id: tx.new_id(),
            version: 0,
            organisation_id,
            office_id,
            format: options.format,
            state: ImportState::Receiving,
            dry_run: options.dry_run,
            skip_bad: options.skip_bad,
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
            created_at: tx.now(),
            finished_at: None,
            source: options.format.as_str().to_owned(),
            columns: "[]".to_owned(),
            worked_at: None,
        };
        store::insert(&tx, import.clone()).await?;
        tx.commit().await?;
        Ok(Self {
            import,
            reading,
            source: options.source.clone(),
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

    /// A field of the form, which says how the files after it are to be read.
    fn field(&mut self, name: &str, text: &str) -> Result<(), Problem> {
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

    /// Streams one file through the parser into the staging table.
    async fn file<E: std::fmt::Display>(
        &mut self,
        context: &Context,
        name: &str,
        mut chunks: impl Stream<Item = Result<Bytes, E>> + Unpin,
    ) -> Result<(), ApiError> {
        self.import.source = self.source()?;
        let format::Parsing { bytes, mut rows, verdict } = format::start(self.reading.clone());
        let (hasher, size) = (&mut self.hasher, &mut self.size);
        let feed = async move {
            while let Some(chunk) = chunks.next().await {
                let chunk = chunk.map_err(|_| service::broken_off())?;
                *size += chunk.len() as u64;
                if *size > MAX_UPLOAD_BYTES {
                    return Err(service::too_large(MAX_UPLOAD_BYTES));
                }
                hasher.update(&chunk);
                // A parser that is gone has its verdict; the rest of the file is read and dropped.
                let _ = bytes.send(chunk).await;
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
        let text = |text: serde_json::Result<String>| text.map_err(|error| ApiError::internal(&error));
        self.import.files = text(serde_json::to_string(&self.files))?;
        self.import.columns = text(serde_json::to_string(&self.columns))?;
        self.import.message =
            (!self.notes.is_empty()).then(|| self.notes.join(" ").chars().take(MAX_MESSAGE_LENGTH).collect());
        Ok(())
    }
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
        import.warnings += i64::from(!row.warnings.is_empty());
    }
    let first = import.rows_read + 1;
    import.rows_read += i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let tx = context.store.system(::store::Actor::system()).await?;
    store::stage(&tx, import.id, file, first, rows).await?;
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
