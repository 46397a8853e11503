//! The gateway, as the portal's handlers use it.

use crate::{error::PageError, lists::Query};
use auth::{INTERNAL_HEADER, InternalKey};
use bytes::Bytes;
use futures_util::Stream;
use kernel::Problem;
pub(crate) use reqwest::Method;
use reqwest::{Client, RequestBuilder, Response, multipart::Form};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::time::Duration;

/// How long a page waits for the platform.
const TIMEOUT: Duration = Duration::from_secs(20);
/// How long an upload may take.
const UPLOAD_TIMEOUT: Duration = Duration::from_secs(900);

/// What makes a change safe.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Guard<'a> {
    /// The version that was read.
    Version(&'a str),
    /// The version that was read, and a key of the form: what makes a record out of another.
    VersionOnce(&'a str, &'a str),
    /// A key of the form that was sent.
    Key(&'a str),
    /// Nothing: the last word counts.
    None,
}

pub(crate) struct Gateway {
    url: String,
    internal: InternalKey,
    http: Client,
}

/// On whose behalf a call is made.
#[derive(Debug, Clone, Default)]
pub(crate) struct Caller {
    /// The access token; none for public pages.
    pub(crate) token: Option<String>,
    /// The reader's address, for limits.
    pub(crate) address: String,
    /// The reader's browser, as it names itself: told when somebody signs in.
    pub(crate) browser: Option<String>,
}

impl Gateway {
    pub(crate) fn new(url: &str, internal: InternalKey) -> Self {
        Self { url: url.to_owned(), internal, http: Client::new() }
    }

    fn request(&self, caller: &Caller, method: Method, path: &str) -> RequestBuilder {
        let mut request = self.http.request(method, format!("{}{path}", self.url)).timeout(TIMEOUT);
        if let Some(token) = &caller.token {
            request = request.bearer_auth(token);
        }
        if let Some(browser) = &caller.browser {
            request = request.header("user-agent", browser);
        }
        // The key says that this is the portal, which may speak for its reader.
        request.header(INTERNAL_HEADER, self.internal.value()).header("x-forwarded-for", &caller.address)
    }

    /// The JSON at `path`.
    pub(crate) async fn get(
        &self,
        caller: &Caller,
        path: &str,
        query: &(impl Serialize + ?Sized),
    ) -> Result<Value, PageError> {
        json(self.request(caller, Method::GET, path).query(query).send().await?).await
    }

    /// The JSON at `path`, and the version it is.
    pub(crate) async fn versioned(&self, caller: &Caller, path: &str) -> Result<(Value, String), PageError> {
        let answer = self.request(caller, Method::GET, path).send().await?;
        let version = answer.headers().get("etag").and_then(|value| value.to_str().ok());
        let version = version.unwrap_or_default().trim_matches('"').to_owned();
        Ok((json(answer).await?, version))
    }

    /// An answer to hand through, such as a CSV file.
    pub(crate) async fn file(
        &self,
        caller: &Caller,
        path: &str,
        query: &Query,
        accept: &str,
    ) -> Result<Response, PageError> {
        let request = self.request(caller, Method::GET, path).query(query).header("accept", accept);
        let answer = request.send().await?;
        if answer.status().is_success() { Ok(answer) } else { Err(problem(answer).await) }
    }

    pub(crate) async fn post(&self, caller: &Caller, path: &str, body: &Value) -> Result<Value, PageError> {
        json(self.request(caller, Method::POST, path).json(body).send().await?).await
    }

    /// A change: with the version that was read, or with a key that makes a repetition safe.
    pub(crate) async fn change(
        &self,
        caller: &Caller,
        method: Method,
        path: &str,
        body: &Value,
        guard: Guard<'_>,
    ) -> Result<Value, PageError> {
        let request = self.request(caller, method, path).json(body);
        let request = match guard {
            Guard::Version(version) => request.header("if-match", format!("\"{version}\"")),
            Guard::VersionOnce(version, key) => {
                request.header("if-match", format!("\"{version}\"")).header("idempotency-key", key)
            }
            Guard::Key(key) => request.header("idempotency-key", key),
            Guard::None => request,
        };
        let answer = request.send().await?;
        // Neither says anything: it was done, or it will be.
        if [202, 204].contains(&answer.status().as_u16()) { Ok(Value::Null) } else { json(answer).await }
    }

    pub(crate) async fn form<T: DeserializeOwned>(
        &self,
        caller: &Caller,
        path: &str,
        form: &[(&str, &str)],
    ) -> Result<T, PageError> {
        let answer = self.request(caller, Method::POST, path).form(form).send().await?;
        if !answer.status().is_success() {
            return Err(problem(answer).await);
        }
        let body = answer.bytes().await?;
        // Some answers say nothing (RFC 7009 section 2.2).
        let body: &[u8] = if body.is_empty() { b"null" } else { &body };
        serde_json::from_slice(body).map_err(|error| PageError::Unavailable(error.to_string()))
    }

    /// Sends the fields of a form with files, without any: once for each `key`.
    pub(crate) async fn send_fields(
        &self,
        caller: &Caller,
        path: &str,
        query: &Query,
        key: &str,
        fields: Vec<(&'static str, String)>,
    ) -> Result<Value, PageError> {
        let form = fields.into_iter().fold(Form::new(), |form, (name, text)| form.text(name, text));
        let request = self.request(caller, Method::POST, path).query(query).timeout(UPLOAD_TIMEOUT);
        json(request.header("idempotency-key", key).multipart(form).send().await?).await
    }

    /// Sends a file in place of the one at `path`, on the version that was read.
    pub(crate) async fn put_file(
        &self,
        caller: &Caller,
        path: &str,
        version: &str,
        media_type: &str,
        bytes: Vec<u8>,
    ) -> Result<Value, PageError> {
        let request = self.request(caller, Method::PUT, path).header("if-match", format!("\"{version}\""));
        json(request.header("content-type", media_type).body(bytes).send().await?).await
    }

    /// Hands a body through as it comes.
    pub(crate) async fn upload(
        &self,
        caller: &Caller,
        path: &str,
        query: &Query,
        headers: [(&str, &str); 2],
        body: impl Stream<Item = Result<Bytes, std::io::Error>> + Send + 'static,
    ) -> Result<Value, PageError> {
        let mut request = self.request(caller, Method::POST, path).query(query).timeout(UPLOAD_TIMEOUT);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        json(request.body(reqwest::Body::wrap_stream(body)).send().await?).await
    }
}

async fn json(answer: Response) -> Result<Value, PageError> {
    if !answer.status().is_success() {
        return Err(problem(answer).await);
    }
    Ok(answer.json().await?)
}

async fn problem(answer: Response) -> PageError {
    let status = answer.status().as_u16();
    match answer.json::<Problem>().await {
        Ok(problem) => PageError::Refused(Box::new(problem)),
        Err(_) => PageError::Unavailable(format!("the platform answered {status}")),
    }
}
