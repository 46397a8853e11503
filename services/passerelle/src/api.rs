//! A client of the REST API: signs in, renews its token, turns problems into errors that name the field.

use anyhow::{Context, Result, anyhow, bail};
use kernel::Problem;
use reqwest::{Client, Method, Response, StatusCode};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// A signed-in client.
pub struct Api {
    url: String,
    http: Client,
    client_id: String,
    client_secret: String,
    token: Mutex<Option<(String, Instant)>>,
}

/// How long before it expires a token is renewed.
const RENEWAL_MARGIN: Duration = Duration::from_secs(60);
/// How long requests to a service that responds with 503 are retried, and at what interval.
const UNAVAILABLE_TIMEOUT: Duration = Duration::from_secs(30);
const RETRY_INTERVAL: Duration = Duration::from_millis(500);

impl Api {
    /// A client of the platform at `url`, with an API client's credentials.
    pub fn new(url: &str, client_id: &str, client_secret: &str) -> Self {
        Self {
            url: url.trim_end_matches('/').to_owned(),
            http: Client::new(),
            client_id: client_id.to_owned(),
            client_secret: client_secret.to_owned(),
            token: Mutex::new(None),
        }
    }

    /// The same platform, as another API client.
    #[must_use]
    pub fn as_client(&self, client_id: &str, client_secret: &str) -> Self {
        Self::new(&self.url, client_id, client_secret)
    }

    /// The same platform, as a person who signs in with a password, as the portal does: for as long as the token holds.
    ///
    /// # Errors
    /// When the platform cannot be reached or refuses.
    pub async fn as_person(&self, email: &str, password: &str) -> Result<Self> {
        let metadata = self.http.get(format!("{}/.well-known/oauth-authorization-server", self.url));
        let metadata = checked(metadata.send().await?).await?;
        let issuer = metadata["issuer"].as_str().ok_or_else(|| anyhow!("the platform names no issuer"))?;
        let redirect_uri = format!("{issuer}/sign-in");
        // Verifier and challenge of RFC 7636, appendix B: the code goes nowhere.
        let (verifier, challenge) =
            ("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        let asked = json!({
            "email": email, "password": password, "client_id": "portal", "redirect_uri": redirect_uri,
            "code_challenge": challenge, "code_challenge_method": "S256",
        });
        let request = self.http.post(format!("{}/oauth/authorize", self.url)).json(&asked);
        let answer = checked(request.send().await?).await?;
        let code = answer["code"].as_str().ok_or_else(|| anyhow!("no code was given"))?;
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("code_verifier", verifier),
            ("redirect_uri", redirect_uri.as_str()),
            ("client_id", "portal"),
        ];
        let request = self.http.post(format!("{}/oauth/token", self.url)).form(&form);
        let answer = checked(request.send().await?).await?;
        let token = answer["access_token"].as_str().ok_or_else(|| anyhow!("no token was given"))?.to_owned();
        let life = Duration::from_secs(answer["expires_in"].as_u64().unwrap_or(0));
        let person = Self::new(&self.url, "portal", "");
        *person.token.lock().await = Some((token, Instant::now() + life));
        Ok(person)
    }

    /// Ends the sign-in of a person.
    ///
    /// # Errors
    /// When the platform cannot be reached or refuses.
    pub async fn sign_out(&self) -> Result<()> {
        let form = [("token", self.token().await?)];
        let request = self.http.post(format!("{}/oauth/revoke", self.url)).form(&form);
        checked(request.send().await?).await?;
        Ok(())
    }

    async fn token(&self) -> Result<String> {
        let mut held = self.token.lock().await;
        if let Some((token, until)) = held.as_ref()
            && *until > Instant::now()
        {
            return Ok(token.clone());
        }
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", &self.client_id),
            ("client_secret", &self.client_secret),
        ];
        let request = self.http.post(format!("{}/oauth/token", self.url)).form(&form);
        let answer =
            checked(request.send().await.with_context(|| format!("cannot reach {}", self.url))?).await?;
        let token = answer["access_token"].as_str().ok_or_else(|| anyhow!("no token was given"))?.to_owned();
        let life = Duration::from_secs(answer["expires_in"].as_u64().unwrap_or(0));
        *held = Some((token.clone(), Instant::now() + life.saturating_sub(RENEWAL_MARGIN)));
        Ok(token)
    }

    /// A request with the token.
    ///
    /// # Errors
    /// When no token can be obtained.
    pub async fn request(&self, method: Method, path: &str) -> Result<reqwest::RequestBuilder> {
        Ok(self.http.request(method, format!("{}{path}", self.url)).bearer_auth(self.token().await?))
    }

    /// The JSON at `path`.
    ///
    /// # Errors
    /// When the platform cannot be reached or refuses; the message names the field.
    pub async fn get(&self, path: &str) -> Result<Value> {
        checked(self.request(Method::GET, path).await?.send().await?).await
    }

    /// Creates a record, once for each `key`. A service that is unavailable or behind is retried.
    ///
    /// # Errors
    /// When the platform cannot be reached or refuses; the message names the field.
    pub async fn create(&self, path: &str, key: &str, body: &Value) -> Result<Value> {
        let started = Instant::now();
        loop {
            let request = self.request(Method::POST, path).await?.header("idempotency-key", key).json(body);
            let answer = request.send().await?;
            if answer.status() != StatusCode::SERVICE_UNAVAILABLE || started.elapsed() > UNAVAILABLE_TIMEOUT {
                return checked(answer).await;
            }
            tokio::time::sleep(RETRY_INTERVAL).await;
        }
    }

    /// The id of the office with this code.
    ///
    /// # Errors
    /// When there is none.
    pub async fn office(&self, code: &str) -> Result<String> {
        let request = self.request(Method::GET, "/v1/offices").await?.query(&[("code", code)]);
        let offices = checked(request.send().await?).await?;
        let office = offices["items"][0]["id"].as_str();
        office.map(str::to_owned).ok_or_else(|| anyhow!("there is no office with the code {code}"))
    }
}

/// The JSON of an answer, or the problem as an error.
///
/// # Errors
/// For every status that is not a success.
pub async fn checked(answer: Response) -> Result<Value> {
    let status = answer.status();
    let text = answer.text().await?;
    if status.is_success() {
        return if text.is_empty() { Ok(Value::Null) } else { Ok(serde_json::from_str(&text)?) };
    }
    match serde_json::from_str::<Problem>(&text) {
        Ok(problem) => {
            let fields: Vec<String> =
                problem.errors.iter().map(|error| format!("{}: {}", error.pointer, error.detail)).collect();
            let fields =
                if fields.is_empty() { problem.detail.unwrap_or_default() } else { fields.join("; ") };
            bail!("{} ({}): {fields}", problem.title, problem.status)
        }
        Err(_) if status == StatusCode::BAD_GATEWAY => bail!("the platform is unavailable"),
        Err(_) => bail!("the platform answered {status}"),
    }
}
