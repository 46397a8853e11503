//! The reader's sign-in, in an encrypted cookie: tokens, and who it is.

use crate::{State, client::Caller, error::PageError, i18n::Language};
use actix_session::{Session, SessionExt};
use actix_web::HttpRequest;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{fs, io, path::Path};

const ENTRY: &str = "sign-in";
/// Bytes of the cookies' key.
const KEY_BYTES: usize = 64;
/// Characters of a donor's name that the cookie keeps.
const MAX_NAME_LENGTH: usize = 100;
/// How long before it expires a token is renewed, in seconds.
const RENEWAL_MARGIN: i64 = 30;

/// Who signed in.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SignedIn {
    access_token: String,
    refresh_token: String,
    /// Seconds since the epoch.
    expires_at: i64,
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) language: String,
    pub(crate) office: String,
    pub(crate) office_id: String,
    pub(crate) organisation: String,
    pub(crate) donor_id: Option<String>,
    /// The donor that a representative stands for, in its own language; none where it could not be asked for.
    #[serde(default)]
    pub(crate) donor_name: Option<String>,
    /// Read from the token, in which they stand: a cookie has no room for them twice.
    #[serde(skip)]
    pub(crate) permissions: Vec<String>,
    #[serde(default)]
    pub(crate) time_zone: Option<String>,
    /// Notifications that are not shown.
    #[serde(default)]
    muted: Vec<String>,
    /// Whether it may work in several offices. (Their names would not fit into a cookie for ever.)
    #[serde(default)]
    pub(crate) moves: bool,
}

#[derive(Deserialize)]
struct Tokens {
    access_token: String,
    refresh_token: String,
    expires_in: i64,
}

impl SignedIn {
    pub(crate) fn may(&self, permission: &str) -> bool {
        self.permissions.iter().any(|held| held == permission)
    }

    pub(crate) fn page_language(&self) -> Option<Language> {
        self.language.parse().ok()
    }

    /// What it has switched off, as a parameter of the API.
    pub(crate) fn muted(&self) -> Option<(String, String)> {
        (!self.muted.is_empty()).then(|| ("except".to_owned(), self.muted.join(" ")))
    }

    /// Where it starts.
    pub(crate) fn home(&self) -> &'static str {
        if self.donor_id.is_some() { "/donor" } else { "/console" }
    }

    pub(crate) fn caller(&self, request: &HttpRequest) -> Caller {
        Caller { token: Some(self.access_token.clone()), ..anonymous(request) }
    }
}

/// The reader's address, as the gateway told.
pub(crate) fn address(request: &HttpRequest) -> String {
    let header = request.headers().get("x-forwarded-for").and_then(|value| value.to_str().ok());
    header.unwrap_or("unknown").to_owned()
}

/// A caller without a token.
pub(crate) fn anonymous(request: &HttpRequest) -> Caller {
    Caller { address: address(request), ..Caller::default() }
}

/// The key of the cookies: read, or made once and readable by the owner alone.
///
/// # Errors
/// [`io::Error`] when the file cannot be read or written, or holds no key: it is never written over.
pub fn key_in_file(file: &Path) -> io::Result<Vec<u8>> {
    use std::{io::Write, os::unix::fs::OpenOptionsExt};
    match fs::read(file) {
        Ok(bytes) if bytes.len() == KEY_BYTES => return Ok(bytes),
        // A first start that met a full disk, or was killed: nothing was ever signed with it.
        Ok(bytes) if bytes.is_empty() => fs::remove_file(file)?,
        Ok(bytes) => {
            let (is, so) = (bytes.len(), "restore it from a backup, or delete it, which signs everybody out");
            return Err(io::Error::other(format!("it holds {is} bytes and no key of {KEY_BYTES}: {so}")));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let bytes: [u8; KEY_BYTES] = rand::random();
    // Written beside it and linked when it is complete; whoever comes second finds it there.
    let beside = file.with_extension("new");
    let mut new = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
    let written =
        new.write_all(&bytes).and_then(|()| new.sync_all()).and_then(|()| fs::hard_link(&beside, file));
    fs::remove_file(&beside)?;
    written?;
    fs::File::open(file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")))?
        .sync_all()?;
    Ok(bytes.to_vec())
}

/// Who signed in, without renewing anything: for the header of pages.
pub(crate) fn peek(request: &HttpRequest) -> Option<SignedIn> {
    let mut signed_in: SignedIn = request.get_session().get(ENTRY).ok().flatten()?;
    signed_in.permissions = permissions_in(&signed_in.access_token);
    Some(signed_in)
}

/// The permissions that stand in an access token. The token came from identity, in a cookie that only this program can
/// write, and each service verifies it again.
fn permissions_in(token: &str) -> Vec<String> {
    let payload = token.split('.').nth(1).and_then(|payload| URL_SAFE_NO_PAD.decode(payload).ok());
    let claims: Value = payload.and_then(|json| serde_json::from_slice(&json).ok()).unwrap_or_default();
    claims["scope"].as_str().unwrap_or_default().split_whitespace().map(str::to_owned).collect()
}

/// Who signed in, with tokens that hold; nobody when the sign-in has ended.
pub(crate) async fn current(state: &State, request: &HttpRequest) -> Result<Option<SignedIn>, PageError> {
    let session = request.get_session();
    let Some(mut signed_in) = peek(request) else { return Ok(None) };
    if signed_in.expires_at - RENEWAL_MARGIN > state.clock.now().timestamp() {
        return Ok(Some(signed_in));
    }
    let form = [("grant_type", "refresh_token"), ("refresh_token", signed_in.refresh_token.as_str())];
    match state.gateway.form::<Tokens>(&anonymous(request), "/oauth/token", &form).await {
        Ok(tokens) => {
            signed_in.expires_at = state.clock.now().timestamp() + tokens.expires_in;
            (signed_in.access_token, signed_in.refresh_token) = (tokens.access_token, tokens.refresh_token);
            signed_in.permissions = permissions_in(&signed_in.access_token);
            store(&session, &signed_in);
            Ok(Some(signed_in))
        }
        Err(error) if is_ended(&error) => {
            session.purge();
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Whether a refused renewal ends the sign-in: what is refused because of its token does, what is full, busy or
/// unavailable for a moment does not.
fn is_ended(error: &PageError) -> bool {
    matches!(error, PageError::Refused(problem) if [400, 401].contains(&problem.status))
}

/// Who signed in, or the way to the sign-in page and back.
pub(crate) async fn required(state: &State, request: &HttpRequest) -> Result<SignedIn, PageError> {
    current(state, request).await?.ok_or_else(|| PageError::SignInFirst(way_back(request).to_owned()))
}

/// Where a reader goes on after signing in. Where a form was sent to, nobody can go back to: the start page then.
pub(crate) fn way_back(request: &HttpRequest) -> &str {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let start = if path.starts_with("/donor") { "/donor" } else { "/console" };
    if request.method().is_safe() { path } else { start }
}

fn store(session: &Session, signed_in: &SignedIn) {
    if let Err(error) = session.insert(ENTRY, signed_in) {
        tracing::error!(%error, "the session cannot be kept");
    }
}

/// Signs in with address and password: authorisation code with PKCE, as any client would.
pub(crate) async fn sign_in(
    state: &State,
    request: &HttpRequest,
    email: &str,
    password: &str,
) -> Result<SignedIn, PageError> {
    // The list of sessions names the browser.
    let browser = request.headers().get("user-agent").and_then(|value| value.to_str().ok());
    let caller = Caller { browser: browser.map(str::to_owned), ..anonymous(request) };
    let verifier = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
    let redirect_uri = format!("{}/sign-in", state.public_url);
    let asked = json!({
        "email": email, "password": password, "client_id": "portal", "redirect_uri": redirect_uri,
        "code_challenge": URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes())), "code_challenge_method": "S256",
    });
    let answer = state.gateway.post(&caller, "/oauth/authorize", &asked).await?;
    let code = answer["code"].as_str().unwrap_or_default();
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("code_verifier", &verifier),
        ("redirect_uri", &redirect_uri),
        ("client_id", "portal"),
    ];
    let tokens: Tokens = state.gateway.form(&caller, "/oauth/token", &form).await?;
    request.get_session().renew();
    keep(state, request, tokens).await
}

/// Keeps tokens in the session, with what they stand for.
async fn keep(state: &State, request: &HttpRequest, tokens: Tokens) -> Result<SignedIn, PageError> {
    let caller = Caller { token: Some(tokens.access_token.clone()), ..anonymous(request) };
    let me = state.gateway.get(&caller, "/v1/me", &()).await?;
    let mut signed_in = signed_in(tokens, &me, state.clock.now().timestamp());
    if let Some(donor_id) = &signed_in.donor_id {
        // Without the name, the bar says whose platform it is.
        let donor =
            state.gateway.get(&caller, &format!("/v1/donors/{donor_id}"), &()).await.unwrap_or_default();
        let translated = donor[format!("name_{}", signed_in.language)].as_str();
        let name = translated.or_else(|| donor["name"].as_str());
        signed_in.donor_name = name.map(|name| name.chars().take(MAX_NAME_LENGTH).collect());
    }
    store(&request.get_session(), &signed_in);
    Ok(signed_in)
}

/// Asks again who is signed in: after a change of the profile, or (with an office) to work there from now on.
pub(crate) async fn renew(
    state: &State,
    request: &HttpRequest,
    signed_in: &SignedIn,
    office_id: Option<&str>,
) -> Result<SignedIn, PageError> {
    let mut form = vec![("grant_type", "refresh_token"), ("refresh_token", signed_in.refresh_token.as_str())];
    form.extend(office_id.map(|id| ("office_id", id)));
    let tokens: Tokens = state.gateway.form(&anonymous(request), "/oauth/token", &form).await?;
    keep(state, request, tokens).await
}

fn signed_in(tokens: Tokens, me: &Value, now: i64) -> SignedIn {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    SignedIn {
        permissions: permissions_in(&tokens.access_token),
        access_token: tokens.access_token,
        refresh_token: tokens.refresh_token,
        expires_at: now + tokens.expires_in,
        name: text(&me["name"]),
        kind: text(&me["kind"]),
        language: text(&me["language"]),
        office: text(&me["office"]["name"]),
        office_id: text(&me["office"]["id"]),
        organisation: text(&me["organisation"]["name"]),
        donor_id: me["donor_id"].as_str().map(str::to_owned),
        donor_name: None,
        time_zone: me["time_zone"].as_str().map(str::to_owned),
        muted: me["muted"].as_array().into_iter().flatten().map(&text).collect(),
        moves: me["offices"].as_array().is_some_and(|offices| offices.len() > 1),
    }
}

/// Forgets a sign-in that has ended.
pub(crate) fn forget(request: &HttpRequest) {
    request.get_session().purge();
}

/// Ends the sign-in, here and at identity.
pub(crate) async fn sign_out(state: &State, request: &HttpRequest) {
    if let Some(signed_in) = peek(request) {
        let form = [("token", signed_in.refresh_token.as_str())];
        let revoked = state.gateway.form::<Value>(&anonymous(request), "/oauth/revoke", &form).await;
        if let Err(PageError::Unavailable(error)) = revoked {
            tracing::warn!(error, "the sign-in is not revoked");
        }
    }
    forget(request);
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A member of staff with these permissions.
    pub(crate) fn signed_in(permissions: &[&str]) -> SignedIn {
        SignedIn {
            access_token: String::new(),
            refresh_token: String::new(),
            expires_at: 0,
            name: "Amina".to_owned(),
            kind: "person".to_owned(),
            language: "en".to_owned(),
            office: "HQ".to_owned(),
            office_id: String::new(),
            organisation: "O".to_owned(),
            donor_id: None,
            donor_name: None,
            permissions: permissions.iter().map(|permission| (*permission).to_owned()).collect(),
            time_zone: None,
            muted: Vec::new(),
            moves: true,
        }
    }

    #[test]
    fn what_somebody_may_do_stands_in_the_token() {
        let token = |claims: &str| format!("header.{}.signature", URL_SAFE_NO_PAD.encode(claims));
        let held = permissions_in(&token(r#"{"sub":"1","scope":"donors:read pools:write"}"#));
        assert_eq!(held, ["donors:read", "pools:write"]);
        for token in [String::new(), "no.token.".to_owned(), token("[]"), token(r#"{"scope":""}"#)] {
            assert_eq!(permissions_in(&token), Vec::<String>::new(), "{token}");
        }
    }

    #[test]
    fn a_busy_platform_signs_nobody_out() {
        let refused = |status: u16| {
            let problem = kernel::Problem::new(kernel::Code::Unavailable);
            PageError::Refused(Box::new(kernel::Problem { status, ..problem }))
        };
        for status in [400, 401] {
            assert!(is_ended(&refused(status)), "{status}");
        }
        for status in [403, 404, 408, 409, 413, 429] {
            assert!(!is_ended(&refused(status)), "{status}");
        }
        assert!(!is_ended(&PageError::Unavailable("503".into())));
    }

    #[test]
    fn a_key_is_made_once_and_a_first_start_that_met_a_full_disk_does_not_stop_the_next() {
        let folder = testkit::folder();
        let file = folder.path().join("portal.key");
        fs::write(&file, "").unwrap();
        let key = key_in_file(&file).unwrap();
        assert_eq!((key.len(), key_in_file(&file).unwrap()), (KEY_BYTES, key.clone()));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing stays beside it");
        fs::write(&file, "half a key").unwrap();
        assert!(key_in_file(&file).unwrap_err().to_string().contains("no key"), "it may have been one");
    }
}
