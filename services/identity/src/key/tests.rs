use super::*;
use crate::testing::{World, keys};
use auth::{AUDIENCE, KeySource, KeySourceError, PrincipalKind, Verifier};
use kernel::{Clock, OfficeId, OrganisationId};
use std::{collections::HashSet, sync::Arc};

async fn kids(store: &Store) -> Vec<String> {
    key_set(store).await.unwrap().keys.into_iter().map(|key| key.kid).collect()
}

/// A seed as an older version left it.
async fn plain(world: &World, seed: u8) -> SigningKey {
    let key = SigningKey::from_bytes(&[seed; 32]);
    let kid = URL_SAFE_NO_PAD.encode(&key.verifying_key().as_bytes()[..12]);
    let tx = world.store.system(Actor::system()).await.unwrap();
    let row = params![kid, vec![seed; 32], tx.now()];
    sql::insert_many(tx.db(), "signing_key", &["kid", "seed", "created_at"], vec![row], "").await.unwrap();
    tx.commit().await.unwrap();
    key
}

fn claims(now: DateTime<Utc>) -> Claims {
    Claims {
        iss: "https://us".into(),
        aud: AUDIENCE.into(),
        sub: kernel::PrincipalId::from_u128(1),
        exp: (now + ACCESS_TOKEN_LIFETIME).timestamp(),
        iat: now.timestamp(),
        jti: Uuid::from_u128(2),
        sid: Uuid::from_u128(3),
        kind: PrincipalKind::Person,
        organisation_id: OrganisationId::nil(),
        office_id: OfficeId::nil(),
        donor_id: None,
        scope: "donors:read".into(),
    }
}

struct Published(Store);

#[async_trait::async_trait]
impl KeySource for Published {
    async fn fetch(&self) -> Result<JsonWebKeySet, KeySourceError> {
        key_set(&self.0).await.map_err(|error| KeySourceError(error.to_string()))
    }
}

fn verifier(store: &Store) -> Verifier {
    Verifier::new("https://us", Arc::new(Published(store.clone())), store.clock().clone())
}

/// Whether any value of the table holds these bytes.
async fn holds(world: &World, wanted: &[u8]) -> bool {
    let db = world.store.system_read().await.unwrap();
    let text = "SELECT seed, sealed_seed, subject_key FROM signing_key";
    let rows = sql::rows(&db, text, params![]).await.unwrap();
    let values =
        rows.iter().flat_map(|row| (0..3).map(|n| row.try_get_by_index::<Option<Vec<u8>>>(n).unwrap()));
    values.flatten().any(|value| value.windows(wanted.len()).any(|part| part == wanted))
}

#[tokio::test]
async fn a_seed_is_nowhere_in_the_database_and_signs_with_the_deployments_key_only() {
    for world in World::on_both("a_seed_is_nowhere_in_the_database").await {
        let store = world.replica(keys(&[("1", "a")])).await;
        let token = sign(&store, &claims(store.clock().now())).await.unwrap();
        assert!(verifier(&store).verify(&token).await.is_ok());
        let stored = newest(&world.store.system_read().await.unwrap(), world.clock.now()).await.unwrap();
        let seed = stored.unwrap().open(store.keys().unwrap()).unwrap().to_bytes();
        assert!(!holds(&world, &seed).await);
        assert!(!holds(&world, URL_SAFE_NO_PAD.encode(seed).as_bytes()).await);
        let refused = sign(&world.store, &claims(world.clock.now())).await.unwrap_err();
        assert_eq!(refused.0.status, 503, "without the deployment's key");
        let stranger = world.replica(keys(&[("2", "b")])).await;
        let refused = sign(&stranger, &claims(world.clock.now())).await.unwrap_err();
        let detail = Some("sign-in is not available at the moment");
        assert_eq!((refused.0.status, refused.0.detail.as_deref()), (503, detail), "with another key");
    }
}

#[tokio::test]
async fn a_sealed_seed_beside_another_public_half_signs_nothing() {
    let world = World::new().await;
    let store = world.replica(keys(&[("1", "a")])).await;
    current(&store).await.unwrap();
    let other = SigningKey::from_bytes(&[9; 32]).verifying_key();
    let digits = hex::encode(other.as_bytes());
    world.execute(&format!("UPDATE signing_key SET public_key = x'{digits}'")).await;
    assert!(sign(&store, &claims(world.clock.now())).await.is_err());
}

#[tokio::test]
async fn seeds_from_before_are_emptied_at_the_start_and_their_tokens_hold_until_they_expire() {
    for world in World::on_both("seeds_from_before_are_emptied").await {
        let old = plain(&world, 7).await;
        let kid = URL_SAFE_NO_PAD.encode(&old.verifying_key().as_bytes()[..12]);
        let store = world.replica(keys(&[("1", "a")])).await;
        let forge = |now| {
            let header = Header {
                typ: Some(TOKEN_TYPE.into()),
                kid: Some(kid.clone()),
                ..Header::new(Algorithm::EdDSA)
            };
            let der = old.to_pkcs8_der().unwrap();
            jsonwebtoken::encode(&header, &claims(now), &EncodingKey::from_ed_der(der.as_bytes())).unwrap()
        };
        let before = forge(world.clock.now());
        keep(&store).await.unwrap();
        assert!(!holds(&world, &[7; 32]).await);
        assert_eq!(world.count("signing_key").await, 2);
        assert!(verifier(&store).verify(&before).await.is_ok(), "nobody is signed out");
        let token = sign(&store, &claims(world.clock.now())).await.unwrap();
        assert_ne!(jsonwebtoken::decode_header(&token).unwrap().kid.as_deref(), Some(kid.as_str()));
        world.clock.advance(ACCESS_TOKEN_LIFETIME + PUBLICATION_MARGIN + TimeDelta::seconds(1));
        keep(&store).await.unwrap();
        let refused = verifier(&store).verify(&forge(world.clock.now())).await;
        assert!(refused.is_err(), "whoever has an old copy of the seed signs nothing any more");
        assert_eq!(world.count("signing_key").await, 1);
    }
}

#[tokio::test]
async fn replicas_that_race_make_one_key() {
    for world in World::on_both("replicas_that_race_make_one_key").await {
        plain(&world, 7).await;
        let replicas = world.replicas(&[("1", "a")]).await;
        let race = (0..12).map(|number| {
            let store = replicas[number % 2].clone();
            tokio::spawn(async move {
                loop {
                    match current(&store).await {
                        Ok(key) => return key.kid,
                        // On a busy machine the database may be asked once more.
                        Err(error) => assert!(error.is_unavailable(), "{error}"),
                    }
                }
            })
        });
        let mut made = HashSet::new();
        for task in race.collect::<Vec<_>>() {
            made.insert(task.await.unwrap());
        }
        assert_eq!(made.len(), 1, "{made:?}");
        assert_eq!(world.count("signing_key").await, 2);
    }
}

#[tokio::test]
async fn a_new_key_of_the_deployment_seals_the_seeds_anew() {
    for world in World::on_both("a_new_key_of_the_deployment").await {
        let old = world.replica(keys(&[("2025", "a")])).await;
        let kid = current(&old).await.unwrap().kid;
        let both = world.replica(keys(&[("2026", "b"), ("2025", "a")])).await;
        keep(&both).await.unwrap();
        assert_eq!(world.texts("SELECT key_id FROM signing_key").await, ["2026"]);
        let new = world.replica(keys(&[("2026", "b")])).await;
        let token = sign(&new, &claims(world.clock.now())).await.unwrap();
        assert_eq!(jsonwebtoken::decode_header(&token).unwrap().kid, Some(kid.clone()));
        assert_eq!(kids(&new).await, [kid]);
        assert!(sign(&old, &claims(world.clock.now())).await.is_err());
    }
}

#[tokio::test]
async fn a_new_key_signs_every_month_and_the_old_one_is_published_until_its_last_token_has_expired() {
    let world = World::new().await;
    let store = world.replica(keys(&[("1", "a")])).await;
    let first = current(&store).await.unwrap().kid;
    world.clock.advance(KEY_LIFETIME - TimeDelta::seconds(1));
    let last_token = sign(&store, &claims(world.clock.now())).await.unwrap();
    world.clock.advance(TimeDelta::seconds(1));
    let second = current(&store).await.unwrap().kid;
    assert_ne!(first, second);
    world.clock.advance(ACCESS_TOKEN_LIFETIME - TimeDelta::seconds(2));
    keep(&store).await.unwrap();
    assert!(verifier(&store).verify(&last_token).await.is_ok());
    world.clock.advance(PUBLICATION_MARGIN + TimeDelta::seconds(3));
    keep(&store).await.unwrap();
    assert_eq!(kids(&store).await, [second]);
}
