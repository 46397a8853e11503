//! The grants of the token endpoint. Each gives claims (and for people a refresh token) or says why not.

use super::{ACCESS_TOKEN_LIFETIME, REFRESH_TOKEN_LIFETIME, REUSE_LEEWAY, revocation, store};
use crate::{State, client, known, person, role::rights, secret};
use ::store::{Actor, Store, Transaction};
use auth::{AUDIENCE, ApiError, Claims, DONOR_REPRESENTATIVE, PrincipalKind};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use kernel::{
    ClientId, Code, Fault, FieldCode, OfficeId, OrganisationId, PersonId, PrincipalId, Problem, id::new_uuid,
};
use sea_orm::ConnectionTrait;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use uuid::Uuid;

pub(crate) struct Granted {
    pub(crate) claims: Claims,
    pub(crate) refresh_token: Option<String>,
}

fn refused(field: &str, fault: Fault) -> ApiError {
    Problem::new(Code::InvalidGrant).field(field, fault).into()
}

fn not_valid(field: &str, why: &'static str) -> ApiError {
    refused(field, FieldCode::TokenNotValid.says(why))
}

fn differs(field: &'static str, why: &'static str) -> ApiError {
    refused(field, FieldCode::Differs.says(why).with("field", field))
}

fn claims(store: &Store, state: &State, sub: PrincipalId, kind: PrincipalKind) -> Claims {
    let (now, jti) = (store.clock().now(), new_uuid(store.clock().as_ref()));
    Claims {
        iss: state.issuer.clone(),
        aud: AUDIENCE.to_owned(),
        sub,
        exp: (now + ACCESS_TOKEN_LIFETIME).timestamp(),
        iat: now.timestamp(),
        jti,
        sid: jti,
        kind,
        organisation_id: OrganisationId::nil(),
        office_id: OfficeId::nil(),
        donor_id: None,
        scope: String::new(),
    }
}

/// A partner system with its secret; it may ask for fewer scopes than it holds.
pub(crate) async fn client_credentials(
    store: &Store,
    state: &State,
    client_id: &str,
    client_secret: &str,
    scope: Option<&str>,
) -> Result<Granted, ApiError> {
    let db = store.system_read().await?;
    let found = match client_id.parse::<ClientId>() {
        Ok(id) => client::store::by_id(&db, id).await?,
        Err(_) => None,
    };
    let why = || {
        let fault = FieldCode::WrongCredentials.says("no such client, or another secret");
        Problem::new(Code::Unauthenticated).field("client_secret", fault)
    };
    let client = found.filter(|client| client.revoked_at.is_none()).ok_or_else(why)?;
    let secrets = client::secrets::of(&db, &[client.id]).await?;
    drop(db);
    // Digests of 256-bit secrets are compared: their timing tells nothing about the secret.
    let hash = secret::hash(client_secret);
    let used = if secrets.is_empty() && client.secret_hash == hash {
        client::secrets::adopt(store, &client).await?
    } else {
        secrets.into_iter().find(|secret| secret.is_valid() && secret.hash == hash).ok_or_else(why)?
    };
    let held: Vec<&str> = client.scopes().collect();
    let granted = match scope {
        None => client.scopes.clone(),
        Some(asked) => {
            if let Some(beyond) = asked.split(' ').find(|asked| !held.contains(asked)) {
                let fault = FieldCode::BeyondYourRights.says(format!("this client does not hold {beyond}"));
                return Err(refused("scope", fault.with("value", beyond)));
            }
            asked.to_owned()
        }
    };
    if let Err(error) = client::secrets::note_use(store, &used).await {
        // It still gets its token: reads go on when nothing can be written.
        store.note(&error);
        tracing::warn!(%error, client = %client.id, "the use of a client's secret was not noted");
    }
    let claims = Claims {
        sid: used.session_id,
        organisation_id: client.organisation_id,
        office_id: client.office_id,
        scope: granted,
        ..claims(store, state, client.id.into(), PrincipalKind::Client)
    };
    Ok(Granted { claims, refresh_token: None })
}

/// The code of a sign-in, with the verifier of its challenge. A code used twice revokes what it gave.
pub(crate) async fn authorization_code(
    store: &Store,
    state: &State,
    code: &str,
    verifier: &str,
    redirect_uri: &str,
    browser: Option<String>,
) -> Result<Granted, ApiError> {
    let hash = secret::hash(code);
    let tx = store.system(Actor::system()).await?;
    let found = store::code(tx.db(), &hash).await?;
    let found = found
        .filter(|found| found.expires_at > tx.now())
        .ok_or_else(|| not_valid("code", "does not hold"))?;
    if let Some(family_id) = found.family_id {
        store::revoke_family(&tx, family_id).await?;
        tx.commit().await?;
        state.revocations.announce(family_id, revocation::life()).await;
        return Err(not_valid("code", "was used before"));
    }
    if URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes())) != found.challenge {
        return Err(not_valid("code_verifier", "does not match the challenge"));
    }
    if redirect_uri != found.redirect_uri {
        return Err(differs("redirect_uri", "is not that of the sign-in"));
    }
    let claims = person_claims(store, state, tx.db(), found.person_id, found.office_id).await?;
    let family_id = store::new_family(&tx, found.person_id, found.office_id, browser).await?;
    store::use_code(&tx, &hash, family_id).await?;
    let refresh_token = secret::new();
    save_refresh(&tx, &refresh_token, family_id).await?;
    tx.commit().await?;
    Ok(Granted { claims: Claims { sid: family_id, ..claims }, refresh_token: Some(refresh_token) })
}

/// A refresh token is used once; a used one that comes back revokes its whole family. Within [`REUSE_LEEWAY`] of its use it
/// gives what it gave then (or what that has become since), never another line of tokens. With an office, the sign-in goes
/// on there: the person needs a role in it.
pub(crate) async fn refresh_token(
    store: &Store,
    state: &State,
    token: &str,
    office_id: Option<OfficeId>,
) -> Result<Granted, ApiError> {
    let tx = store.system(Actor::system()).await?;
    let (live, found) = match live(&tx, token).await? {
        Live::Token(live, found) => (live, found),
        Live::Stolen(family_id) => {
            store::revoke_family(&tx, family_id).await?;
            tx.commit().await?;
            state.revocations.announce(family_id, revocation::life()).await;
            tracing::warn!(session = %family_id, "a refresh token came a second time: its sign-in has ended");
            return Err(not_valid("refresh_token", "was used before: sign in again"));
        }
    };
    let office_id = office_id.unwrap_or(found.office_id);
    let claims = person_claims(store, state, tx.db(), found.person_id, office_id).await?;
    if office_id != found.office_id {
        store::move_family(&tx, found.family_id, office_id).await?;
    }
    let next = if live == token {
        let salt = rand::random::<[u8; 32]>();
        store::use_refresh(&tx, &secret::hash(token), &salt).await?;
        let next = secret::successor(&salt, token);
        save_refresh(&tx, &next, found.family_id).await?;
        next
    } else {
        live
    };
    tx.commit().await?;
    Ok(Granted { claims: Claims { sid: found.family_id, ..claims }, refresh_token: Some(next) })
}

enum Live {
    /// The token of the line that was not used yet: the one that was presented, or one that came after it just now.
    Token(String, store::RefreshToken),
    /// The presented token was used long ago: a copy exists. The family.
    Stolen(Uuid),
}

/// Goes from a token that was used within the leeway to the one that has taken its place.
async fn live(tx: &Transaction, presented: &str) -> Result<Live, ApiError> {
    let why = || not_valid("refresh_token", "does not hold");
    let mut token = presented.to_owned();
    // A client that refreshes more often than that in ten seconds has gone wrong.
    for _ in 0..100 {
        let found = store::refresh(tx.db(), &secret::hash(&token)).await?.ok_or_else(why)?;
        if found.revoked_at.is_some() || found.expires_at <= tx.now() {
            return Err(why());
        }
        match found.used_at {
            None => return Ok(Live::Token(token, found)),
            Some(used_at) if used_at + REUSE_LEEWAY < tx.now() => return Ok(Live::Stolen(found.family_id)),
            // Without a salt an older version of the program has used it, which nobody can repeat.
            Some(_) => token = secret::successor(&found.salt.ok_or_else(why)?, &token),
        }
    }
    Err(why())
}

async fn save_refresh(tx: &Transaction, token: &str, family_id: Uuid) -> Result<(), ApiError> {
    Ok(store::save_refresh(tx, &secret::hash(token), family_id, tx.now() + REFRESH_TOKEN_LIFETIME).await?)
}

/// What a person may do in an office: the union of the roles held there, built-in and custom; for a donor's
/// representative, to read.
pub(crate) async fn person_claims(
    store: &Store,
    state: &State,
    db: &impl ConnectionTrait,
    person_id: PersonId,
    office_id: OfficeId,
) -> Result<Claims, ApiError> {
    let gone = || not_valid("grant", "the account is gone");
    let person = person::store::by_id(db, person_id).await?.ok_or_else(gone)?;
    if !person::may_sign_in(&person, store.clock().now()) {
        return Err(not_valid("grant", "the account cannot sign in now"));
    }
    let (kind, permissions): (_, BTreeSet<String>) = if person.donor_id.is_some() {
        // A representative has no offices to choose from: only the one that keeps the account.
        if office_id != person.office_id {
            return Err(differs("office_id", "is not the office of this account"));
        }
        (PrincipalKind::Donor, DONOR_REPRESENTATIVE.iter().map(|name| (*name).to_owned()).collect())
    } else {
        (PrincipalKind::Person, rights::permissions_in(db, person_id, office_id).await?)
    };
    if permissions.is_empty() {
        return Err(refused("grant", FieldCode::NoRole.says("the person has no role in this office")));
    }
    let donor_id = match person.donor_id {
        Some(donor_id) => Some(known::donor::answering(db, donor_id).await?),
        None => None,
    };
    Ok(Claims {
        organisation_id: person.organisation_id,
        office_id,
        donor_id,
        scope: permissions.into_iter().collect::<Vec<_>>().join(" "),
        ..claims(store, state, person_id.into(), kind)
    })
}
