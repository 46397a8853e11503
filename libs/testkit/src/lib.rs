//! What tests share: a private folder, a JSON client that never panics on a refusal, waiting for what events bring.

mod infra;
mod skip;

pub use infra::{Database, Infra};
use reqwest::{Client, Method, StatusCode, header::HeaderMap};
use serde_json::Value;
pub use skip::{sample_data, shared_data, shared_iati, skip_or_fail, skip_without_servers};
use std::{future::Future, time::Duration};
pub use tempfile::TempDir;

/// A folder of the test's own, removed with it.
///
/// # Panics
/// When the machine has no space for it.
pub fn folder() -> TempDir {
    tempfile::tempdir().unwrap_or_else(|error| panic!("no temporary folder: {error}"))
}

/// Polls until `ask` returns a value, up to a minute.
///
/// # Panics
/// When it never does.
pub async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, mut ask: impl FnMut() -> F) -> T {
    for _ in 0..1200 {
        if let Some(found) = ask().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("waited in vain: {what}")
}

/// A response whose body has been read.
#[derive(Debug, Clone)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// The body as text.
    pub text: String,
}

impl Response {
    /// The body as JSON; null if it is not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    /// A header as text; empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The pointers of a problem's fields.
    pub fn pointers(&self) -> Vec<String> {
        let errors = self.json()["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().filter_map(|error| error["pointer"].as_str().map(str::to_owned)).collect()
    }
}

/// A client of a running platform or service.
#[derive(Clone)]
pub struct Http {
    /// The address, without a trailing slash.
    pub url: String,
    client: Client,
}

impl Http {
    /// A client that keeps cookies to itself and follows no redirects.
    ///
    /// # Panics
    /// When the HTTP library cannot start.
    pub fn new(url: &str) -> Self {
        let client = Client::builder().redirect(reqwest::redirect::Policy::none()).build();
        let client = client.unwrap_or_else(|error| panic!("no HTTP client: {error}"));
        Self { url: url.trim_end_matches('/').to_owned(), client }
    }

    /// A request to build on.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    /// Sends a request and reads the answer.
    ///
    /// # Panics
    /// When nothing answers.
    pub async fn send(&self, request: reqwest::RequestBuilder) -> Response {
        let answer = request.send().await.unwrap_or_else(|error| panic!("no answer: {error}"));
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Response { status, headers, text: answer.text().await.unwrap_or_default() }
    }

    /// GET, with a token where there is one.
    ///
    /// # Panics
    /// When nothing answers.
    pub async fn get(&self, token: Option<&str>, path: &str) -> Response {
        self.call(Method::GET, token, path, None).await
    }

    /// POST of JSON.
    ///
    /// # Panics
    /// When nothing answers.
    pub async fn post(&self, token: Option<&str>, path: &str, body: &Value) -> Response {
        self.call(Method::POST, token, path, Some(body)).await
    }

    /// Any method.
    ///
    /// # Panics
    /// When nothing answers.
    pub async fn call(
        &self,
        method: Method,
        token: Option<&str>,
        path: &str,
        body: Option<&Value>,
    ) -> Response {
        let mut request = self.request(method, path);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        self.send(request).await
    }

    /// A token by client credentials.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn client_token(&self, client_id: &str, client_secret: &str) -> String {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", client_id),
            ("client_secret", client_secret),
        ];
        let answer = self.send(self.request(Method::POST, "/oauth/token").form(&form)).await;
        assert_eq!(answer.status, StatusCode::OK.as_u16(), "{}", answer.text);
        answer.json()["access_token"].as_str().unwrap_or_default().to_owned()
    }
}
