//! Receiving the files of an import: streamed, checked and staged while they arrive.

use super::{BATCH, api::Import, parser, parser::Staged, store, worker::Wake};
use ::store::audit;
use actix_multipart::Multipart;
use actix_web::{
    HttpRequest,
    http::header,
    post,
    web::{Data, Payload},
};
use auth::{Caller, Failure, perm};
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use kernel::{Code, FieldError, Problem};
use serde::{Deserialize, Serialize};
use service::{Answer, Context, Created, Parameters, openapi::CreateProblems};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use utoipa::IntoParams;
use uuid::Uuid;

/// The largest upload, in bytes: room for well over 100,000 flows.
const LIMIT: u64 = 512 * 1024 * 1024;
/// The most files of one import.
const MOST_FILES: usize = 1000;

/// How to import.
#[derive(Debug, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct HowToImport {
    /// `fts`: pages of flows as the FTS API returns them.
    #[param(example = "fts", max_length = 20)]
    format: String,
    /// The office whose records it makes: the caller's (unless told otherwise) or one below.
    office_id: Option<Uuid>,
    /// Check and compare only, keep nothing.
    #[serde(default)]
    dry_run: bool,
    /// Keep the good rows when others are wrong (unless told so, one wrong row refuses all).
    #[serde(default)]
    skip_bad: bool,
}

/// Starts an import
///
/// Send the files as `multipart/form-data` (several files are one import) or one file as `application/json`, up to
/// 512 MiB. They are checked while they arrive; then the import works in the background: follow it at `Location`. It is
/// idempotent by the flows' ids, whichever office imports them.
#[utoipa::path(tag = "imports", params(HowToImport,
        ("Idempotency-Key" = Option<String>, Header, description = "Makes a repetition safe")),
    request_body(description = "The file, or several as multipart/form-data", content(
        (Object = "application/json"), (Object = "multipart/form-data"))),
    security(("oauth2" = ["imports:write"])),
    extensions(("x-body-limit" = json!(536870912)), ("x-timeout-seconds" = json!(900))),
    responses((status = 201, description = "The import, waiting for its turn", body = Import), CreateProblems))]
#[post("/v1/imports")]
pub(crate) async fn create(
    request: HttpRequest,
    caller: Caller<perm::ImportsWrite>,
    context: Data<Context>,
    wake: Data<Wake>,
    how: Parameters<HowToImport>,
    payload: Payload,
) -> Answer {
    let how = how.0;
    if how.format != "fts" {
        return Err(Problem::invalid_parameter("format", "must be fts").into());
    }
    let office_id = how.office_id.unwrap_or(caller.claims.office_id);
    context.store.await_office(caller.claims.organisation_id, office_id).await?;
    let scope = context.scope(&caller.claims).await?;
    if !scope.office_ids().contains(&office_id) {
        return Err(Problem::invalid_parameter("office_id", "is no office of yours").into());
    }
    let mut receiving = Receiving::start(&context, &how, caller.claims.organisation_id, office_id).await?;
    let received = receive(&request, &context, &mut receiving, payload).await;
    let id = receiving.import.id;
    let answer = match received {
        Ok(()) => finish(&request, &caller, &context, receiving).await,
        Err(failure) => Err(failure),
    };
    // A refusal keeps nothing, and neither does a repetition that was answered from the saved answer.
    let kept = {
        let db = context.store.read(&scope).await?;
        store::get(&scope, &db, id).await?.is_some()
    };
    if kept {
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
) -> Answer {
    let digest: [u8; 32] = receiving.hasher.finalize().into();
    let mut import = receiving.import;
    service::create(context, request, &caller.claims, &digest, async |tx, _| {
        import.state = "queued".to_owned();
        store::update(tx, &mut import).await?;
        let shown = Import::try_from(import.clone())?;
        tx.audit(audit::Entry {
            organisation_id: import.organisation_id,
            office_id: import.office_id,
            action: "import.create",
            resource: "import",
            resource_id: import.id,
            before: None,
            after: serde_json::to_value(&shown).ok(),
        })
        .await?;
        Ok(Created::new(format!("/v1/imports/{}", import.id), import.version, shown))
    })
    .await
}

async fn receive(
    request: &HttpRequest,
    context: &Context,
    receiving: &mut Receiving,
    payload: Payload,
) -> Result<(), Failure> {
    let media_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type =
        media_type.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_lowercase();
    match media_type.as_str() {
        "application/json" => receiving.file(context, "body", payload).await,
        "multipart/form-data" => {
            let mut parts = Multipart::new(request.headers(), payload);
            let mut files = 0;
            while let Some(part) = parts.next().await {
                let broken = |error: actix_multipart::MultipartError| {
                    Problem::new(Code::MalformedBody).field("", format!("the form cannot be read: {error}"))
                };
                let part = part.map_err(broken)?;
                files += 1;
                if files > MOST_FILES {
                    return Err(Problem::new(Code::BodyTooLarge).detail("more than 1000 files").into());
                }
                let name = part.content_disposition().and_then(|disposition| disposition.get_filename());
                let name: String = name.unwrap_or("file").chars().take(300).collect();
                receiving.file(context, &name, part).await?;
            }
            if files == 0 {
                return Err(Problem::invalid_field("/file", "no file was sent").into());
            }
            Ok(())
        }
        _ => {
            let why = "send multipart/form-data or application/json";
            Err(Problem::new(Code::UnsupportedMediaType).field("content-type", why).into())
        }
    }
}

struct Receiving {
    import: store::Model,
    files: Vec<String>,
    size: u64,
    hasher: Sha256,
    /// Flows seen in these files: number, version and fingerprint of each.
    seen: HashMap<String, (i64, [u8; 32])>,
}

impl Receiving {
    async fn start(
        context: &Context,
        how: &HowToImport,
        organisation_id: Uuid,
        office_id: Uuid,
    ) -> Result<Self, Failure> {
        let tx = context.store.begin(::store::Scope::System, ::store::Actor::system()).await?;
        let import = store::Model {
            id: tx.new_id(),
            version: 0,
            organisation_id,
            office_id,
            format: how.format.clone(),
            state: "receiving".to_owned(),
            dry_run: how.dry_run,
            skip_bad: how.skip_bad,
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
        };
        store::insert(&tx, import.clone()).await?;
        tx.commit().await?;
        Ok(Self { import, files: Vec::new(), size: 0, hasher: Sha256::new(), seen: HashMap::new() })
    }

    /// Streams one file through the parser into the staging table.
    async fn file<E: std::fmt::Display>(
        &mut self,
        context: &Context,
        name: &str,
        mut chunks: impl Stream<Item = Result<Bytes, E>> + Unpin,
    ) -> Result<(), Failure> {
        let parser::Parsing { bytes, mut rows, verdict } = parser::start();
        let (hasher, size) = (&mut self.hasher, &mut self.size);
        let feed = async move {
            while let Some(chunk) = chunks.next().await {
                let chunk =
                    chunk.map_err(|_| Problem::new(Code::MalformedBody).detail("the upload broke off"))?;
                *size += chunk.len() as u64;
                if *size > LIMIT {
                    let why = format!("the limit of an import is {LIMIT} bytes");
                    return Err(Problem::new(Code::BodyTooLarge).detail(why));
                }
                hasher.update(&chunk);
                // A parser that is gone has its verdict; the rest of the file is read and dropped.
                let _ = bytes.send(chunk).await;
            }
            Ok(())
        };
        let (import, seen) = (&mut self.import, &mut self.seen);
        let stage = async move {
            let enough = usize::from(BATCH);
            let mut batch: Vec<Staged> = Vec::with_capacity(enough);
            while let Some(chunk) = rows.recv().await {
                batch.extend(chunk);
                if batch.len() >= enough {
                    stage_batch(context, import, seen, name, std::mem::take(&mut batch)).await?;
                }
            }
            stage_batch(context, import, seen, name, batch).await
        };
        let (fed, staged) = futures_util::join!(feed, stage);
        let verdict = verdict.await.map_err(|error| Failure::internal(&error))?;
        fed?;
        staged?;
        verdict.map_err(|problem| in_file(problem, name))?;
        self.files.push(name.to_owned());
        self.import.files = serde_json::to_string(&self.files).map_err(|error| Failure::internal(&error))?;
        Ok(())
    }
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
    seen: &mut HashMap<String, (i64, [u8; 32])>,
    file: &str,
    mut rows: Vec<Staged>,
) -> Result<(), Failure> {
    if rows.is_empty() {
        return Ok(());
    }
    for row in &mut rows {
        refuse_contradiction(seen, row);
        import.rejected += i64::from(!row.errors.is_empty());
        import.warnings += i64::from(!row.warnings.is_empty());
    }
    let first = import.rows_read + 1;
    import.rows_read += i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let tx = context.store.begin(::store::Scope::System, ::store::Actor::system()).await?;
    store::stage(&tx, import.id, file, first, rows).await?;
    Ok(tx.commit().await?)
}

/// A flow may stand in several pages; two different contents under one version cannot both be right.
fn refuse_contradiction(seen: &mut HashMap<String, (i64, [u8; 32])>, row: &mut Staged) {
    let (Some(id), Some((version, fingerprint))) = (&row.external_ref, row.content) else { return };
    match seen.get(id) {
        Some((known, other)) if *known == version && *other != fingerprint => {
            let why =
                format!("flow {id} stands in these files twice, with one version and different contents");
            row.errors.push(FieldError::new("/versionId", why));
        }
        Some((known, _)) if *known >= version => {}
        _ => {
            seen.insert(id.clone(), (version, fingerprint));
        }
    }
}
