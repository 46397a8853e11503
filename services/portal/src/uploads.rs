//! Files that people send: handed through to the platform as they come; and documents of a record.

use crate::{
    client::{Guard, Method},
    error::PageError,
    forms::{self, refused},
    lists::Query,
    visit::{Staff, Visit},
};
use actix_web::web::Payload;
use bytes::Bytes;
use futures_util::{Stream, TryStreamExt, stream::unfold};
use serde_json::{Value, json};

impl<W> Visit<W> {
    /// Hands a form with a file through to `path`, once for each `key`.
    pub(crate) async fn upload(
        &self,
        path: &str,
        query: &Query,
        key: Option<&str>,
        payload: Payload,
    ) -> Result<Value, PageError> {
        let media_type = self.request.headers().get("content-type").and_then(|value| value.to_str().ok());
        let key = key.map_or_else(forms::key, str::to_owned);
        let headers = [("content-type", media_type.unwrap_or_default()), ("idempotency-key", key.as_str())];
        let body = send_body(payload);
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
fn send_body(mut payload: Payload) -> impl Stream<Item = Result<Bytes, std::io::Error>> + Send + 'static {
    let (sender, receiver) = tokio::sync::mpsc::channel(8);
    actix_web::rt::spawn(async move {
        loop {
            let chunk = match payload.try_next().await {
                Ok(Some(chunk)) => Ok(chunk),
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
