use super::{ACCESS_TOKEN_LIFETIME, CODE_LIFETIME, PORTAL, grant, revocation, store};
use crate::{State, browser, client, guard, key, person, role::rights, secret};
use ::store::Actor;
use actix_web::{
    HttpRequest, HttpResponse, get,
    http::{StatusCode, header},
    post,
    web::{Bytes, Data},
};
use auth::{ALL_PERMISSIONS, ApiError, JsonWebKeySet, TRACE_HEADER};
use base64::{Engine, engine::general_purpose::STANDARD};
use kernel::{Code, Fault, FieldCode, OfficeId, Problem, UnknownWord, closed_set};
use serde::{Deserialize, Serialize};
use service::{
    ApiResult, Checks, Context, JsonBody,
    openapi::{CreateProblems, PublicProblems},
    response,
};
use utoipa::ToSchema;

/// A sign-in through the portal, the first-party client that asks for the password itself.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignIn {
    #[schema(example = "amina@example.org", max_length = 254)]
    email: String,
    #[schema(max_length = 128, format = Password)]
    password: String,
    /// `portal`.
    #[schema(example = "portal", max_length = 40)]
    client_id: String,
    /// The portal's `/sign-in` at the deployment's public address.
    #[schema(example = "https://passerelle.example.org/sign-in", max_length = 500)]
    redirect_uri: String,
    /// BASE64URL(SHA-256(verifier)), RFC 7636.
    #[schema(min_length = 43, max_length = 43)]
    code_challenge: String,
    #[schema(example = "S256", value_type = CodeChallengeMethod)]
    code_challenge_method: String,
    /// The office to sign in to. Defaults to the first office in which the person has a role.
    office_id: Option<OfficeId>,
}

/// An authorisation code, to be exchanged at the token endpoint within a minute.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuthorizationResponse {
    #[schema(max_length = 100)]
    code: String,
}

/// Signs a user in
///
/// Checks the password and issues an authorisation code. After several wrong passwords from one address, or for one
/// account, further attempts are delayed (429); when too many attempts are waiting, the response is 503. Both send
/// `Retry-After`.
#[utoipa::path(tag = "sign-in", request_body = SignIn,
    responses((status = 200, description = "An authorisation code", body = AuthorizationResponse), CreateProblems))]
#[post("/oauth/authorize")]
pub(crate) async fn authorize(
    request: HttpRequest,
    context: Data<Context>,
    state: Data<State>,
    body: JsonBody<SignIn>,
) -> ApiResult {
    let sign_in = body.value;
    check(&sign_in, &state.issuer)?;
    let email = person::normal_email(&sign_in.email);
    let person = guard::password(&request, &context, &state, &email, &sign_in.password).await?;
    let db = context.store.system_read().await?;
    let offices = rights::offices(&db, person.id).await?;
    drop(db);
    let first_office = offices.first().copied().unwrap_or(person.office_id);
    let office_id = sign_in.office_id.unwrap_or(first_office);
    let code = secret::new();
    let tx = context.store.system(Actor::system()).await?;
    // A password that was changed while this one was being checked opens nothing any more.
    let unchanged = person::store::by_id_to_change(&tx, person.id).await?;
    if unchanged.is_none_or(|now| now.password_hash != person.password_hash) {
        return Err(guard::wrong_credentials());
    }
    // Refuses an office the person has no role in, before a code exists.
    grant::person_claims(&context.store, &state, tx.db(), person.id, office_id).await?;
    let saved = store::AuthorizationCode {
        person_id: person.id,
        office_id,
        challenge: sign_in.code_challenge,
        redirect_uri: sign_in.redirect_uri,
        expires_at: tx.now() + CODE_LIFETIME,
        family_id: None,
    };
    store::save_code(&tx, &secret::hash(&code), &saved).await?;
    person::store::note_sign_in(&tx, person.id).await?;
    tx.commit().await?;
    response::json(StatusCode::OK, &[("cache-control", "no-store".into())], &AuthorizationResponse { code })
}

/// Maximum length of a password that is checked, in bytes.
const MAX_PASSWORD_LENGTH: usize = 1024;

closed_set! {
    /// The grant types of the token endpoint.
    pub(crate) enum GrantType {
        ClientCredentials = "client_credentials",
        AuthorizationCode = "authorization_code",
        RefreshToken = "refresh_token",
    }
}

closed_set! {
    /// How a code challenge is derived from its verifier (RFC 7636).
    pub(crate) enum CodeChallengeMethod {
        S256 = "S256",
    }
}

/// Where codes may be sent: to the portal. Addresses are compared letter by letter (OAuth 2.1, 2.3.1).
fn redirect_uris(issuer: &str) -> [String; 1] {
    [format!("{issuer}/sign-in")]
}

fn check(sign_in: &SignIn, issuer: &str) -> Result<(), Problem> {
    let mut checks = Checks::new();
    checks.one_of("/client_id", &sign_in.client_id, &[PORTAL]);
    checks.one_of("/code_challenge_method", &sign_in.code_challenge_method, &["S256"]);
    let example = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let fault = Fault::wrong_format(example, "must have 43 characters");
    checks.require(sign_in.code_challenge.len() == 43, "/code_challenge", fault);
    let known = redirect_uris(issuer).contains(&sign_in.redirect_uri);
    let fault = (FieldCode::Differs, "is not an address of this client");
    checks.require(known, "/redirect_uri", fault);
    let fault = FieldCode::TooLong.says("is too long").with("max", MAX_PASSWORD_LENGTH);
    checks.require(sign_in.password.len() <= MAX_PASSWORD_LENGTH, "/password", fault);
    checks.finish()
}

/// A token request (RFC 6749). Client credentials may also be sent by HTTP Basic authentication.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct TokenRequest {
    #[schema(example = "client_credentials", value_type = GrantType)]
    grant_type: String,
    /// For `client_credentials`, unless sent by HTTP Basic; for `authorization_code`: the client that signed in.
    #[schema(max_length = 100)]
    client_id: Option<String>,
    #[schema(max_length = 100)]
    client_secret: Option<String>,
    /// A subset of the client's scopes, separated by spaces.
    #[schema(max_length = 2000)]
    scope: Option<String>,
    #[schema(max_length = 100)]
    code: Option<String>,
    #[schema(max_length = 200)]
    code_verifier: Option<String>,
    #[schema(max_length = 500)]
    redirect_uri: Option<String>,
    #[schema(max_length = 100)]
    refresh_token: Option<String>,
    /// For `refresh_token`: the office to switch to, one in which the person has a role.
    office_id: Option<OfficeId>,
}

/// Tokens (RFC 6749 section 5.1).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Tokens {
    #[schema(max_length = 4000)]
    access_token: String,
    /// `Bearer`.
    #[schema(example = "Bearer", max_length = 10)]
    token_type: &'static str,
    /// Lifetime of the access token in seconds.
    #[schema(example = 900, minimum = 1, maximum = 900)]
    expires_in: i64,
    #[schema(max_length = 2000)]
    scope: String,
    /// For people: can be exchanged once for new tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100)]
    refresh_token: Option<String>,
}

/// An error as RFC 6749 section 5.2 wants it, and as everything else here does.
#[derive(Serialize)]
struct OauthProblem {
    error: &'static str,
    error_description: String,
    #[serde(flatten)]
    problem: Problem,
}

/// Issues tokens
///
/// Partner systems use grant type `client_credentials` with id and secret. The portal uses `authorization_code` with
/// PKCE, then `refresh_token`. Reusing a refresh token revokes its whole family.
#[utoipa::path(tag = "sign-in",
    request_body(content = TokenRequest, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "Tokens", body = Tokens), CreateProblems))]
#[post("/oauth/token")]
pub(crate) async fn token(
    request: HttpRequest,
    context: Data<Context>,
    state: Data<State>,
    body: Bytes,
) -> ApiResult {
    let ApiError(problem) = match answer_token(&request, &context, &state, &body).await {
        Ok(response) => return Ok(response),
        Err(failure) if is_wrong_secret(&failure.0) => {
            guard::wrong_secret(&request, &context, &state, failure).await
        }
        Err(failure) => failure,
    };
    // RFC 6749 has no word for the others.
    if problem.status >= 500 || problem.status == 429 {
        return Err(ApiError(problem));
    }
    oauth_problem(&request, *problem)
}

/// Whether this may have been a guessing attempt.
fn is_wrong_secret(problem: &Problem) -> bool {
    let pointer = problem.errors.first().map_or("", |error| error.pointer.as_str());
    let refused = problem.status == 401 || problem.code.is(Code::InvalidGrant);
    refused && ["client_secret", "code", "code_verifier", "refresh_token"].contains(&pointer)
}

fn oauth_problem(request: &HttpRequest, problem: Problem) -> ApiResult {
    let at = |pointer: &str| problem.errors.first().is_some_and(|error| error.pointer == pointer);
    let error = match problem.status {
        401 => "invalid_client",
        _ if at("grant_type") => "unsupported_grant_type",
        _ if at("scope") => "invalid_scope",
        _ if problem.code.is(Code::InvalidGrant) => "invalid_grant",
        _ => "invalid_request",
    };
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::BAD_REQUEST);
    let error_description = problem.detail.clone().unwrap_or_default();
    let trace = request.headers().get(TRACE_HEADER).and_then(|value| value.to_str().ok());
    let (instance, trace_id) = (Some(request.path().to_owned()), trace.map(str::to_owned));
    let body = OauthProblem { error, error_description, problem: Problem { instance, trace_id, ..problem } };
    let mut response = HttpResponse::build(status);
    if status == StatusCode::UNAUTHORIZED {
        response.insert_header((header::WWW_AUTHENTICATE, "Basic realm=\"passerelle\""));
    }
    response.insert_header((header::CACHE_CONTROL, "no-store"));
    let text = serde_json::to_string(&body).map_err(|error| ApiError::internal(&error))?;
    Ok(response.content_type("application/problem+json").body(text))
}

async fn answer_token(request: &HttpRequest, context: &Context, state: &State, body: &[u8]) -> ApiResult {
    let form: TokenRequest =
        serde_html_form::from_bytes(body).map_err(|error| service::unreadable_form(&error))?;
    let need = |name: &'static str, value: &Option<String>| {
        value.clone().ok_or_else(|| Problem::invalid_parameter(name, Fault::required()))
    };
    let store = &context.store;
    let grant_type: GrantType = form
        .grant_type
        .parse()
        .map_err(|error: UnknownWord| Problem::invalid_parameter("grant_type", error))?;
    let granted = match grant_type {
        GrantType::ClientCredentials => {
            let (id, secret) = credentials(request, &form)?;
            grant::client_credentials(store, state, &id, &secret, form.scope.as_deref()).await?
        }
        GrantType::AuthorizationCode => {
            let (code, verifier) = (need("code", &form.code)?, need("code_verifier", &form.code_verifier)?);
            let redirect_uri = need("redirect_uri", &form.redirect_uri)?;
            is_portal(&need("client_id", &form.client_id)?)?;
            let browser = browser::of(request);
            grant::authorization_code(store, state, &code, &verifier, &redirect_uri, browser).await?
        }
        GrantType::RefreshToken => {
            let refresh = need("refresh_token", &form.refresh_token)?;
            form.client_id.as_deref().map_or(Ok(()), is_portal)?;
            grant::refresh_token(store, state, &refresh, form.office_id).await?
        }
    };
    let tokens = Tokens {
        access_token: key::sign(store, &granted.claims).await?,
        token_type: "Bearer",
        expires_in: ACCESS_TOKEN_LIFETIME.num_seconds(),
        scope: granted.claims.scope,
        refresh_token: granted.refresh_token,
    };
    response::json(StatusCode::OK, &[("cache-control", "no-store".into())], &tokens)
}

/// Codes and refresh tokens belong to the client they were given to (RFC 6749 4.1.3 and 6): there is one.
fn is_portal(client_id: &str) -> Result<(), ApiError> {
    if client_id == PORTAL {
        return Ok(());
    }
    let fault = FieldCode::Differs.says("is not the client this was given to").with("field", "client_id");
    Err(Problem::new(Code::InvalidGrant).field("client_id", fault).into())
}

/// The client's id and secret, from HTTP Basic or the form.
fn credentials(request: &HttpRequest, form: &TokenRequest) -> Result<(String, String), ApiError> {
    let basic = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if let Some(encoded) = basic.and_then(|value| value.strip_prefix("Basic ")) {
        let decoded = STANDARD.decode(encoded).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        if let Some((id, secret)) = decoded.as_deref().and_then(|text| text.split_once(':')) {
            return Ok((id.to_owned(), secret.to_owned()));
        }
    }
    let missing = |name: &'static str| Problem::new(Code::Unauthenticated).field(name, Fault::required());
    let id = form.client_id.clone().ok_or_else(|| missing("client_id"))?;
    let secret = form.client_secret.clone().ok_or_else(|| missing("client_secret"))?;
    Ok((id, secret))
}

/// Maximum length of a token, in bytes.
const MAX_TOKEN_LENGTH: usize = 4000;

/// A token to revoke (RFC 7009).
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Revocation {
    /// A refresh token or an access token.
    #[schema(max_length = 4000)]
    token: String,
}

/// Revokes a token
///
/// A refresh token or an access token: the session it belongs to is ended, with all its tokens, before the response is
/// sent. The tokens that an API client got with one secret are one session; the secret stays valid for new ones. An
/// unknown token gets the same response (RFC 7009).
#[utoipa::path(tag = "sign-in",
    request_body(content = Revocation, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "The token is revoked"), CreateProblems))]
#[post("/oauth/revoke")]
pub(crate) async fn revoke(context: Data<Context>, state: Data<State>, body: Bytes) -> ApiResult {
    let form: Revocation = serde_html_form::from_bytes(&body).map_err(|error| {
        let fault = FieldCode::Malformed.says(format!("the form cannot be read: {error}"));
        Problem::invalid_parameter("token", fault)
    })?;
    if form.token.len() > MAX_TOKEN_LENGTH {
        return Err(Problem::invalid_parameter("token", Fault::too_long(MAX_TOKEN_LENGTH)).into());
    }
    // Decided before the write begins: the check may ask this very service for its keys.
    let claims = context.verifier.verify(&form.token).await.ok();
    let tx = context.store.system(Actor::system()).await?;
    let refresh = store::refresh(tx.db(), &secret::hash(&form.token)).await?;
    let session = refresh.map(|found| found.family_id).or(claims.map(|claims| claims.sid));
    if let Some(session) = session {
        store::revoke_family(&tx, session).await?;
        // A client goes on with its secret: the next token is of another session.
        client::secrets::renew_session(&tx, session).await?;
    }
    tx.commit().await?;
    if let Some(session) = session {
        state.revocations.announce(session, revocation::life()).await;
    }
    Ok(HttpResponse::Ok().finish())
}

/// Returns the token signing keys (JWKS)
///
/// The public halves (RFC 7517) of the key that signs now and of earlier ones whose tokens may still be valid. A
/// new key signs every 30 days: fetch the set again when a token names a `kid` that is not in it. The response may
/// be cached for five minutes. 503 while the service lacks the key that its signing keys are encrypted with.
#[utoipa::path(tag = "sign-in",
    responses((status = 200, description = "The key set", body = JsonWebKeySet), PublicProblems))]
#[get("/.well-known/jwks.json")]
pub(crate) async fn key_set(context: Data<Context>) -> ApiResult {
    let keys = key::key_set(&context.store).await?;
    response::json(StatusCode::OK, &[("cache-control", "public, max-age=300".into())], &keys)
}

/// Authorization server metadata (RFC 8414).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Discovery {
    #[schema(max_length = 500)]
    issuer: String,
    #[schema(max_length = 500)]
    authorization_endpoint: String,
    #[schema(max_length = 500)]
    token_endpoint: String,
    #[schema(max_length = 500)]
    revocation_endpoint: String,
    #[schema(max_length = 500)]
    jwks_uri: String,
    #[schema(max_items = 100, value_type = Vec<service::openapi::words::Permission>)]
    scopes_supported: Vec<&'static str>,
    #[schema(max_items = 10, value_type = Vec<kernel::items::Keyword>)]
    response_types_supported: Vec<&'static str>,
    #[schema(max_items = 10)]
    grant_types_supported: &'static [GrantType],
    #[schema(max_items = 10, value_type = Vec<kernel::items::Keyword>)]
    token_endpoint_auth_methods_supported: Vec<&'static str>,
    #[schema(max_items = 10, value_type = Vec<kernel::items::Keyword>)]
    code_challenge_methods_supported: Vec<&'static str>,
}

/// Returns the authorization server metadata
///
/// As RFC 8414 describes it: the issuer, the addresses of the OAuth endpoints and of the key set, and the scopes,
/// grant types and methods that are supported. Clients can configure themselves from it. The response may be cached
/// for five minutes.
#[utoipa::path(tag = "sign-in",
    responses((status = 200, description = "Authorization server metadata", body = Discovery), PublicProblems))]
#[get("/.well-known/oauth-authorization-server")]
pub(crate) async fn discovery(state: Data<State>) -> ApiResult {
    let at = |path: &str| format!("{}{path}", state.issuer);
    let document = Discovery {
        issuer: state.issuer.clone(),
        authorization_endpoint: at("/oauth/authorize"),
        token_endpoint: at("/oauth/token"),
        revocation_endpoint: at("/oauth/revoke"),
        jwks_uri: at("/.well-known/jwks.json"),
        scopes_supported: ALL_PERMISSIONS.to_vec(),
        response_types_supported: vec!["code"],
        grant_types_supported: GrantType::ALL,
        token_endpoint_auth_methods_supported: vec!["client_secret_basic", "client_secret_post", "none"],
        code_challenge_methods_supported: vec!["S256"],
    };
    response::json(StatusCode::OK, &[("cache-control", "public, max-age=300".into())], &document)
}
