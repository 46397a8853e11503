use super::*;
use crate::PrincipalKind;
use chrono::{TimeDelta, TimeZone, Utc};
use ed25519_dalek::{SigningKey, pkcs8::EncodePrivateKey};
use jsonwebtoken::{EncodingKey, Header};
use kernel::{FixedClock, OfficeId, OrganisationId, PrincipalId};
use uuid::Uuid;

struct Fixed(JsonWebKeySet);

#[async_trait]
impl KeySource for Fixed {
    async fn fetch(&self) -> Result<JsonWebKeySet, KeySourceError> {
        Ok(self.0.clone())
    }
}

fn signing_key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn jwk(key: &SigningKey, kid: &str) -> JsonWebKey {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let x = URL_SAFE_NO_PAD.encode(key.verifying_key().as_bytes());
    let text = |text: &str| text.to_owned();
    let (kty, crv, alg, usage) = (text("OKP"), text("Ed25519"), text("EdDSA"), text("sig"));
    JsonWebKey { kty, crv, kid: text(kid), x, alg, usage }
}

fn clock() -> Arc<FixedClock> {
    Arc::new(FixedClock::at(Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 0).unwrap()))
}

fn claims(now: i64) -> Claims {
    Claims {
        iss: "https://us".into(),
        aud: AUDIENCE.into(),
        sub: PrincipalId::nil(),
        exp: now + 900,
        iat: now,
        jti: Uuid::nil(),
        sid: Uuid::from_u128(9),
        kind: PrincipalKind::Person,
        organisation_id: OrganisationId::nil(),
        office_id: OfficeId::nil(),
        donor_id: None,
        scope: "donors:read".into(),
    }
}

fn header() -> Header {
    Header { typ: Some(TOKEN_TYPE.into()), kid: Some("k1".into()), ..Header::new(Algorithm::EdDSA) }
}

fn sign(header: &Header, claims: &Claims, key: &SigningKey) -> String {
    let der = key.to_pkcs8_der().unwrap();
    jsonwebtoken::encode(header, claims, &EncodingKey::from_ed_der(der.as_bytes())).unwrap()
}

fn verifier(clock: Arc<FixedClock>) -> Verifier {
    let keys = JsonWebKeySet { keys: vec![jwk(&signing_key(1), "k1")] };
    Verifier::new("https://us", Arc::new(Fixed(keys)), clock)
}

async fn why(verifier: &Verifier, token: &str) -> String {
    let problem = verifier.verify(token).await.unwrap_err();
    assert_eq!((problem.status, problem.errors[0].pointer.as_str()), (401, "authorization"));
    problem.errors[0].detail.clone()
}

#[tokio::test]
async fn a_token_holds_until_it_expires_even_when_its_check_is_cached() {
    let clock = clock();
    let verifier = verifier(clock.clone());
    let token = sign(&header(), &claims(clock.now().timestamp()), &signing_key(1));
    assert!(verifier.verify(&token).await.unwrap().may("donors:read"));
    clock.advance(TimeDelta::seconds(899));
    assert!(verifier.verify(&token).await.is_ok());
    clock.advance(TimeDelta::seconds(1));
    assert_eq!(why(&verifier, &token).await, "the token has expired");
}

#[tokio::test]
async fn tokens_that_are_not_ours_are_refused() {
    let clock = clock();
    let verifier = verifier(clock.clone());
    let good = claims(clock.now().timestamp());
    let other_audience = Claims { aud: "someone-else".into(), ..good.clone() };
    assert_eq!(
        why(&verifier, &sign(&header(), &other_audience, &signing_key(1))).await,
        "the token is for another audience"
    );
    let other_issuer = Claims { iss: "https://them".into(), ..good.clone() };
    assert_eq!(
        why(&verifier, &sign(&header(), &other_issuer, &signing_key(1))).await,
        "the token is from another issuer"
    );
    assert_eq!(
        why(&verifier, &sign(&header(), &good, &signing_key(2))).await,
        "the token's signature is invalid"
    );
    let other_kid = Header { kid: Some("k2".into()), ..header() };
    assert_eq!(
        why(&verifier, &sign(&other_kid, &good, &signing_key(1))).await,
        "the token is signed with an unknown key"
    );
    let id_token = Header { typ: Some("JWT".into()), ..header() };
    assert_eq!(why(&verifier, &sign(&id_token, &good, &signing_key(1))).await, "this is not an access token");
    let expired = claims(clock.now().timestamp() - 901);
    assert_eq!(why(&verifier, &sign(&header(), &expired, &signing_key(1))).await, "the token has expired");
}

#[tokio::test]
async fn algorithms_of_the_attackers_choice_are_refused() {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let clock = clock();
    let verifier = verifier(clock.clone());
    let body = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&claims(clock.now().timestamp())).unwrap());
    for alg in ["none", "None", "HS256"] {
        let head = URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"{alg}","typ":"at+jwt","kid":"k1"}}"#));
        why(&verifier, &format!("{head}.{body}.")).await;
        why(&verifier, &format!("{head}.{body}.AAAA")).await;
    }
    for garbage in ["", "a.b.c", "not a token"] {
        why(&verifier, garbage).await;
    }
}

/// A token with claims of the attacker's choice, signed with our key.
fn sign_json(header: &Header, claims: &serde_json::Value) -> String {
    let der = signing_key(1).to_pkcs8_der().unwrap();
    jsonwebtoken::encode(header, claims, &EncodingKey::from_ed_der(der.as_bytes())).unwrap()
}

#[tokio::test]
async fn a_token_that_holds_longer_than_ours_do_is_refused_though_its_signature_is_right() {
    let clock = clock();
    let verifier = verifier(clock.clone());
    let now = clock.now().timestamp();
    let changed = |change: serde_json::Value| {
        let mut all = serde_json::to_value(claims(now)).unwrap();
        all.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        all.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        sign_json(&header(), &all)
    };
    let cases = [
        (serde_json::json!({ "exp": now + 901 }), "the token is valid for longer than 15 minutes"),
        (
            serde_json::json!({ "exp": now + 3 * 365 * 86_400 }),
            "the token is valid for longer than 15 minutes",
        ),
        (
            serde_json::json!({ "exp": i64::MAX, "iat": i64::MIN }),
            "the token is valid for longer than 15 minutes",
        ),
        // Fifteen minutes that begin in a year would be a year.
        (serde_json::json!({ "iat": now + 86_400, "exp": now + 87_300 }), "the token is not valid yet"),
        (serde_json::json!({ "nbf": now + 61 }), "the token is not valid yet"),
        (serde_json::json!({ "iat": null }), "the token cannot be read"),
        (serde_json::json!({ "nbf": "soon" }), "the token cannot be read"),
    ];
    for (change, expected) in cases {
        assert_eq!(why(&verifier, &changed(change.clone())).await, expected, "{change}");
    }
    for right in
        [serde_json::json!({ "nbf": now + 60 }), serde_json::json!({ "iat": now + 60, "exp": now + 960 })]
    {
        assert!(verifier.verify(&changed(right.clone())).await.is_ok(), "{right}");
    }
}

#[tokio::test]
async fn critical_extensions_are_refused() {
    let clock = clock();
    let verifier = verifier(clock.clone());
    let good = claims(clock.now().timestamp());
    for extensions in [vec!["b64".to_owned()], vec!["exp".to_owned()], Vec::new()] {
        let header = Header { crit: Some(extensions.clone()), ..header() };
        let token = sign(&header, &good, &signing_key(1));
        assert_eq!(why(&verifier, &token).await, "the token has critical extensions", "{extensions:?}");
    }
}

/// A key set that changes, and may be unavailable.
struct Changing(std::sync::Mutex<Option<JsonWebKeySet>>);

#[async_trait]
impl KeySource for Arc<Changing> {
    async fn fetch(&self) -> Result<JsonWebKeySet, KeySourceError> {
        self.0.lock().unwrap().clone().ok_or_else(|| KeySourceError("down".to_owned()))
    }
}

#[tokio::test]
async fn a_key_that_was_withdrawn_is_forgotten_and_an_outage_forgets_none() {
    let clock = clock();
    let set = |key: &SigningKey, kid: &str| Some(JsonWebKeySet { keys: vec![jwk(key, kid)] });
    let source = Arc::new(Changing(std::sync::Mutex::new(set(&signing_key(1), "k1"))));
    let verifier = Verifier::new("https://us", Arc::new(source.clone()), clock.clone());
    let token = |id: u128| {
        let claims = Claims { jti: Uuid::from_u128(id), ..claims(clock.now().timestamp()) };
        sign(&header(), &claims, &signing_key(1))
    };
    assert!(verifier.verify(&token(1)).await.is_ok());
    *source.0.lock().unwrap() = None;
    clock.advance(TimeDelta::seconds(KEY_SET_LIFETIME));
    assert!(verifier.verify(&token(2)).await.is_ok(), "identity is unavailable");
    *source.0.lock().unwrap() = set(&signing_key(2), "k2");
    assert!(verifier.verify(&token(3)).await.is_ok(), "it was tried a moment ago");
    clock.advance(TimeDelta::seconds(KEY_SET_RETRY));
    assert_eq!(why(&verifier, &token(4)).await, "the token is signed with an unknown key");
}
