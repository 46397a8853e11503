//! Files of FTS: plan overviews and pages of flows are chosen together; the plans are imported first.

use super::recognise::{Kind, kind_of};
use crate::{
    error::PageError,
    forms,
    lists::{Query, given, query_of},
    visit::Staff,
};
use actix_multipart::{Field, Multipart};
use actix_web::web::Payload;
use bytes::Bytes;
use futures_util::{Stream, StreamExt, TryStreamExt, stream::try_unfold};
use kernel::{Code, FieldCode, Problem};
use reqwest::{Body, multipart};
use serde_json::Value;
use std::{
    fs::File,
    io::{self, Read, Seek},
};
use tokio::io::AsyncWriteExt;

/// Maximum size of an upload, in bytes: that of an import of flows.
const MAX_UPLOAD_BYTES: u64 = 512 * 1024 * 1024;
/// Read from a file at a time, in bytes.
const CHUNK_BYTES: usize = 256 * 1024;
const NO_FILE: (FieldCode, &str) = (FieldCode::Required, "no file was sent");

/// A file that was sent. It has no name on the disk and is gone when it is closed.
struct Sent {
    name: String,
    file: File,
    kind: Kind,
}

/// Imports the files of a form, or only checks them. Gives the address of what became of them.
///
/// Which come first in the form is for the browser to say, so all are put aside until it is known what each of them is.
/// Plans that are invalid stop the flows that were sent with them.
pub(super) async fn send(
    staff: &Staff,
    (dry_run, skip_bad): (bool, bool),
    key: Option<&str>,
    payload: Payload,
) -> Result<String, PageError> {
    let key = key.map_or_else(forms::key, str::to_owned);
    let how: Query = [("dry_run", dry_run), ("skip_bad", skip_bad)]
        .map(|(name, value)| (name.to_owned(), value.to_string()))
        .to_vec();
    let (plans, flows): (Vec<Sent>, Vec<Sent>) =
        receive(staff, payload).await?.into_iter().partition(|sent| sent.kind == Kind::Plans);
    let mut imported = Vec::new();
    for (number, sent) in plans.into_iter().enumerate() {
        let import = import_plans(staff, &how, &format!("{key}-plans-{number}"), sent).await?;
        let is_refused = import["state"] == "refused";
        imported.push(import);
        if is_refused {
            return Ok(address(&imported, None));
        }
    }
    let flows = if flows.is_empty() { None } else { Some(import_flows(staff, how, &key, flows).await?) };
    Ok(address(&imported, flows.as_ref()))
}

/// Where it is shown what became of an upload: on the page of its last plan overview, or of its flows.
fn address(plans: &[Value], flows: Option<&Value>) -> String {
    let id = |import: &Value| import["id"].as_str().unwrap_or_default().to_owned();
    let flows = flows.map(id);
    let Some((last, others)) = plans.split_last() else {
        return format!("/console/imports/{}", flows.unwrap_or_default());
    };
    let others = others.iter().map(id).collect::<Vec<_>>().join(",");
    let beside = query_of(&given(&[("flows", flows.as_deref()), ("others", Some(others.as_str()))]));
    let separator = if beside.is_empty() { "" } else { "?" };
    format!("/console/imports/plans/{}{separator}{beside}", id(last))
}

async fn import_plans(staff: &Staff, how: &Query, key: &str, sent: Sent) -> Result<Value, PageError> {
    let mut query = how.clone();
    query.push(("file".to_owned(), sent.name));
    let headers = [("content-type", "application/json"), ("idempotency-key", key)];
    staff.state.gateway.upload(&staff.caller, "/v1/plan-imports", &query, headers, chunks(sent.file)).await
}

async fn import_flows(
    staff: &Staff,
    mut how: Query,
    key: &str,
    files: Vec<Sent>,
) -> Result<Value, PageError> {
    how.push(("format".to_owned(), "fts".to_owned()));
    // Names as the browser gave them.
    let mut form = multipart::Form::new().percent_encode_noop();
    for sent in files {
        let part = multipart::Part::stream(Body::wrap_stream(chunks(sent.file))).file_name(sent.name);
        form = form.part("file", part);
    }
    let media_type = format!("multipart/form-data; boundary={}", form.boundary());
    let headers = [("content-type", media_type.as_str()), ("idempotency-key", key)];
    let body = form.into_stream().map_err(io::Error::other);
    staff.state.gateway.upload(&staff.caller, "/v1/imports", &how, headers, body).await
}

/// The files of a form.
async fn receive(staff: &Staff, payload: Payload) -> Result<Vec<Sent>, PageError> {
    if !staff.may("imports:write") && !staff.may("plans:write") {
        return Err(refused(Problem::new(Code::Forbidden)));
    }
    let mut parts = Multipart::new(staff.request.headers(), payload);
    let (mut files, mut size) = (Vec::new(), 0);
    while let Some(part) = parts.next().await {
        let part = part.map_err(|error| refused(service::unreadable_form(&error)))?;
        let name = part.content_disposition().and_then(|disposition| disposition.get_filename());
        let Some(name) = name.filter(|name| !name.is_empty()).map(str::to_owned) else { continue };
        let file = put_aside(part, &mut size).await?;
        let recognised = tokio::task::spawn_blocking(move || recognise(file)).await;
        let (file, kind) = recognised.map_err(io::Error::other).and_then(|done| done).map_err(unwritten)?;
        files.push(Sent { name, file, kind });
    }
    if files.is_empty() {
        return Err(refused(Problem::invalid_field("/file", NO_FILE)));
    }
    Ok(files)
}

/// What a file is; it stands at its beginning again.
fn recognise(mut file: File) -> io::Result<(File, Kind)> {
    file.rewind()?;
    let kind = kind_of(&file);
    file.rewind()?;
    Ok((file, kind))
}

/// Puts a part of a form into a file without a name. `size` is that of all parts so far.
async fn put_aside(mut part: Field, size: &mut u64) -> Result<File, PageError> {
    let file = tokio::task::spawn_blocking(tempfile::tempfile).await;
    let file = file.map_err(io::Error::other).and_then(|made| made).map_err(unwritten)?;
    let mut file = tokio::fs::File::from_std(file);
    while let Some(chunk) = part.next().await {
        let chunk = chunk.map_err(|_| refused(service::broken_off()))?;
        *size += chunk.len() as u64;
        if *size > MAX_UPLOAD_BYTES {
            return Err(refused(service::too_large(MAX_UPLOAD_BYTES)));
        }
        file.write_all(&chunk).await.map_err(unwritten)?;
    }
    file.flush().await.map_err(unwritten)?;
    Ok(file.into_std().await)
}

fn refused(problem: Problem) -> PageError {
    PageError::Refused(Box::new(problem))
}

/// The refusal of a file that can be neither written nor read.
fn unwritten(error: io::Error) -> PageError {
    tracing::error!(error = &error as &dyn std::error::Error, "an upload cannot be stored temporarily");
    refused(Problem::new(Code::StorageFull))
}

/// A file, a piece at a time.
fn chunks(file: File) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
    try_unfold(file, |mut file| async move {
        let read = move || {
            let mut chunk = vec![0; CHUNK_BYTES];
            let count = file.read(&mut chunk)?;
            chunk.truncate(count);
            Ok::<_, io::Error>((Bytes::from(chunk), file))
        };
        let (chunk, file) = tokio::task::spawn_blocking(read).await.map_err(io::Error::other)??;
        Ok(if chunk.is_empty() { None } else { Some((chunk, file)) })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_upload_leads_to_its_plans_with_its_flows_beside_them() {
        let of = |id: &str| json!({ "id": id });
        assert_eq!(address(&[], Some(&of("f"))), "/console/imports/f");
        assert_eq!(address(&[of("p")], None), "/console/imports/plans/p");
        let both = address(&[of("p"), of("q"), of("r")], Some(&of("f")));
        assert_eq!(both, "/console/imports/plans/r?flows=f&others=p%2Cq");
    }
}
