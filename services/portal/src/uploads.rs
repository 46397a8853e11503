//! Files that people send: handed through to the platform as they come; and documents of a record.

use crate::{
    client::{Guard, Method},
    error::PageError,
    forms::{self, Typed, refused},
    lists::Query,
    visit::{Staff, Visit},
};
use actix_web::web::Payload;
use bytes::Bytes;
use futures_util::{Stream, TryStreamExt, stream::unfold};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, PoisonError};

/// How much of a form's beginning is kept to show again what was typed: it stands before the file.
const MAX_BEGINNING_BYTES: usize = 16 * 1024;

/// The beginning of a form that is handed through.
#[derive(Debug, Clone, Default)]
struct Beginning(Arc<Mutex<Vec<u8>>>);

impl Beginning {
    fn note(&self, chunk: &[u8]) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = MAX_BEGINNING_BYTES.saturating_sub(kept.len());
        kept.extend(chunk.iter().take(room));
    }

    fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl<W> Visit<W> {
    /// Hands a form with a file through to `path`, once for each `key`.
    pub(crate) async fn upload(
        &self,
        path: &str,
        query: &Query,
        key: Option<&str>,
        payload: Payload,
    ) -> Result<Value, PageError> {
        let key = key.map_or_else(forms::key, str::to_owned);
        let headers = [("content-type", self.media_type()), ("idempotency-key", key.as_str())];
        let body = send_body(payload, Beginning::default());
        self.state.gateway.upload(&self.caller, path, query, headers, body).await
    }

    /// Sends the fields of such a form without a file, because the platform still has it: once for each `key`.
    pub(crate) async fn send_fields(
        &self,
        path: &str,
        query: &Query,
        key: &str,
        fields: Vec<(&'static str, String)>,
    ) -> Result<Value, PageError> {
        self.state.gateway.send_fields(&self.caller, path, query, key, fields).await
    }

    fn media_type(&self) -> &str {
        let media_type = self.request.headers().get("content-type").and_then(|value| value.to_str().ok());
        media_type.unwrap_or_default()
    }
}

/// Takes the step at `path` with a form that has a file, on the version that was read. A refusal is for the record's page to
/// show, with what was typed before the file.
pub(crate) async fn step(
    staff: &Staff,
    path: &str,
    version: &str,
    payload: Payload,
) -> Result<Result<Value, (Value, Typed)>, PageError> {
    let (version, beginning) = (format!("\"{version}\""), Beginning::default());
    let headers = [("content-type", staff.media_type()), ("if-match", version.as_str())];
    let body = send_body(payload, beginning.clone());
    let sent = staff.state.gateway.upload(&staff.caller, path, &Query::new(), headers, body).await;
    match refused(sent, "")? {
        Ok(done) => Ok(Ok(done)),
        Err(problem) => {
            let typed = service::fields_before_file(&staff.request, beginning.bytes()).await;
            Ok(Err((problem, Typed(typed))))
        }
    }
}

/// Attaches a document to the record at `path`; a refusal is for the record's page to show.
pub(crate) async fn attach(
    staff: &Staff,
    path: &str,
    query: &Query,
    key: Option<&str>,
    payload: Payload,
) -> Result<Result<Value, Value>, PageError> {
    refused(staff.upload(&format!("{path}/documents"), query, key, payload).await, "")
}

/// Takes the document at `path` off, likewise.
pub(crate) async fn detach(staff: &Staff, path: &str) -> Result<Result<Value, Value>, PageError> {
    staff.submit(Method::DELETE, path, &json!({}), Guard::None).await
}

/// The body as a stream another thread can send: the reader's chunks, a few at a time.
fn send_body(
    mut payload: Payload,
    beginning: Beginning,
) -> impl Stream<Item = Result<Bytes, std::io::Error>> + Send + 'static {
    let (sender, receiver) = tokio::sync::mpsc::channel(8);
    actix_web::rt::spawn(async move {
        loop {
            let chunk = match payload.try_next().await {
                Ok(Some(chunk)) => {
                    beginning.note(&chunk);
                    Ok(chunk)
                }
                Ok(None) => return,
                Err(error) => Err(std::io::Error::other(error.to_string())),
            };
            let failed = chunk.is_err();
            if sender.send(chunk).await.is_err() || failed {
                return;
            }
        }
    });
    unfold(receiver, |mut receiver| async move {
        let chunk = receiver.recv().await?;
        Some((chunk, receiver))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_than_the_beginning_of_a_form_is_kept() {
        let beginning = Beginning::default();
        let handed_on = beginning.clone();
        for chunk in [&b"signatory"[..], &[b'x'; MAX_BEGINNING_BYTES], b"rest"] {
            handed_on.note(chunk);
        }
        let kept = beginning.bytes();
        assert_eq!(kept.len(), MAX_BEGINNING_BYTES);
        assert!(kept.starts_with(b"signatoryxxx"));
    }
}
