//! Receiving the files of an import: streamed, checked and staged while they arrive, or while they are read again from an
//! upload that is kept.

use super::{
    api::Import,
    options::{ImportForm, ImportOptions},
    receiving::Receiving,
    saved_mapping,
    store::{self, ImportState},
    uploads::{self, Again},
    worker::Wake,
};
use ::store::audit;
use actix_multipart::{Field, Multipart};
use actix_web::{
    HttpRequest,
    http::header,
    post,
    web::{Data, Payload},
};
use auth::{ApiError, Caller, perm};
use futures_util::StreamExt;
use kernel::{Code, Fault, FieldCode, Problem};
use service::{ApiResult, Checks, Context, Created, Parameters, openapi::CreateProblems};

/// Maximum size of an upload, in bytes: enough for well over 100,000 flows.
pub(super) const MAX_UPLOAD_BYTES: u64 = 512 * 1024 * 1024;
/// Maximum number of files of one import.
const MAX_FILES: usize = 1000;
const NO_FILE: (FieldCode, &str) = (FieldCode::Required, "no file was sent");
/// Maximum length of a form field beside the files, in bytes, and of the decisions on donors.
const MAX_FIELD_BYTES: usize = 256 * 1024;
const MAX_DECISIONS_BYTES: usize = 1024 * 1024;
/// The fields of the form, beside `mapping[Heading]`.
const FIELDS: [&str; 4] = ["source", "mapping", "receiver", "donor_decisions"];

/// Starts an import
///
/// Send the files as `multipart/form-data` (several files form one import), or a single file as the body, up to 512
/// MiB; tables and IATI files hold up to 1,000,000 rows. Files are validated while they are received; the import then
/// runs in the background: poll the URL in `Location`. Imports are idempotent by source and external reference,
/// whichever office runs them. In a form, the fields `source`, `mapping`, `receiver` and `donor_decisions` may precede the
/// files, and `mapping[Heading]` fields map one column each.
///
/// A dry run says what would happen and saves nothing: the outcome of each row is what would become of it, with the
/// fields that it would change; `totals` is what would count in which year, `/v1/imports/{id}/new-donors` lists the donors
/// that would be recorded. A dry run of a table that lacks columns reports the headings it found. Its files are kept for
/// an hour (`upload` of the response, null if there is no room for them): name them by `upload` instead of sending them
/// again, in a form without files or without a body. Only who sent them may use them, in the same office.
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
    let length = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    let length = length.and_then(|length| length.parse().ok());
    let mut receiving = Receiving::start(&context, &options, &caller.claims, office_id, length).await?;
    let (id, upload) = (receiving.import.id, receiving.upload());
    let received = receive(&request, &context, &mut receiving, payload).await;
    let answer = match received {
        Ok(()) => finish(&request, &caller, &context, receiving, options.save_mapping).await,
        Err(failure) => Err(failure),
    };
    // A refusal keeps nothing, and neither does a repetition that was answered from the saved answer.
    let kept = service::read_within(&context, &scope, async |db| Ok(store::get(&scope, db, id).await?));
    if kept.await?.is_some() {
        wake.0.notify_one();
    } else {
        store::discard(&context.store, id).await?;
        if let Some(upload) = upload {
            uploads::discard(&context.store, upload).await?;
        }
    }
    answer
}

async fn finish(
    request: &HttpRequest,
    caller: &Caller<perm::ImportsWrite>,
    context: &Context,
    receiving: Receiving,
    saves_mapping: bool,
) -> ApiResult {
    let (mut import, digest, columns) = receiving.end().await?;
    service::create(context, request, &caller.claims, &digest, async |tx, _| {
        import.state = ImportState::Queued;
        store::update(tx, &mut import).await?;
        if saves_mapping && import.format.is_table() {
            saved_mapping::save(tx, &import, columns).await?;
        }
        let shown = Import::of(import.clone(), &caller.claims, tx.now())?;
        // Not the names of the files, which may be those of people: the trail is never changed.
        let mut kept = audit::snapshot(&shown)?;
        kept["files"] = kept["files"].as_array().map_or(0, Vec::len).into();
        tx.audit_created("import.create", &import, &kept).await?;
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
    if let Some(again) = receiving.again.take() {
        return receive_again(request, context, receiving, (&again, &media_type), payload).await;
    }
    match media_type.as_str() {
        alone if receiving.reading.format.media_types().contains(&alone) => {
            let chunks = payload.map(|chunk| chunk.map_err(|_| service::broken_off()));
            receiving.file(context, "body", chunks).await
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
                let chunks = part.map(|chunk| chunk.map_err(|_| service::broken_off()));
                receiving.file(context, &name, chunks).await?;
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

/// Reads the files of an upload that is kept. The body, if there is one, is a form without files.
async fn receive_again(
    request: &HttpRequest,
    context: &Context,
    receiving: &mut Receiving,
    (again, media_type): (&Again, &str),
    payload: Payload,
) -> Result<(), ApiError> {
    match media_type {
        "" => {}
        "multipart/form-data" => {
            let mut parts = Multipart::new(request.headers(), payload);
            while let Some(part) = parts.next().await {
                let part = part.map_err(|error| service::unreadable_form(&error))?;
                let Some(name) = field_name(&part) else {
                    let fault = FieldCode::TooMany.says("send files or name an upload, not both");
                    return Err(Problem::invalid_field("/file", fault.with("max", 0)).into());
                };
                let text = field_text(&name, part).await?;
                receiving.field(&name, &text)?;
            }
        }
        _ => {
            let fault = FieldCode::MediaType.says("send multipart/form-data without files, or no body");
            let fault = fault.with("allowed", "multipart/form-data");
            return Err(Problem::new(Code::UnsupportedMediaType).field("content-type", fault).into());
        }
    }
    for (number, name) in again.names.iter().enumerate() {
        let chunks = uploads::read(&context.store, again.kept.id, number).await?;
        receiving.file(context, name, chunks).await?;
    }
    Ok(())
}

/// The name of a part of the form that is no file.
fn field_name(part: &Field) -> Option<String> {
    let disposition = part.content_disposition()?;
    let name = disposition.get_name().filter(|_| disposition.get_filename().is_none())?;
    let known = FIELDS.contains(&name) || name.starts_with("mapping[");
    known.then(|| name.to_owned())
}

async fn field_text(name: &str, mut part: Field) -> Result<String, Problem> {
    let max = if name == "donor_decisions" { MAX_DECISIONS_BYTES } else { MAX_FIELD_BYTES };
    let mut bytes = Vec::new();
    while let Some(chunk) = part.next().await {
        bytes.extend(chunk.map_err(|_| service::broken_off())?);
        if bytes.len() > max {
            let fault = FieldCode::TooLarge.says(format!("has more than {max} bytes"));
            return Err(Problem::invalid_parameter(name, fault.with("max", max)));
        }
    }
    String::from_utf8(bytes)
        .map_err(|_| Problem::invalid_parameter(name, FieldCode::NotUtf8.says("is not UTF-8")))
}
