//! Random secrets: client secrets, codes, refresh tokens, tokens of links. Only their SHA-256 is kept.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// 256 random bits in hexadecimal: as an argument of a command it never looks like an option.
pub(crate) fn new() -> String {
    hex::encode(rand::random::<[u8; 32]>())
}

/// The secret that takes the place of `secret`, the same for the same salt. It takes both to know it: who has the database
/// has the salt and not the secret, who presents the secret does not have the salt.
pub(crate) fn successor(salt: &[u8], secret: &str) -> String {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(salt) else { return new() };
    mac.update(secret.as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

/// What is kept of a secret. It has 256 bits of entropy, so a plain hash is enough (unlike a password).
pub(crate) fn hash(secret: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(secret.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_has_256_bits_and_can_stand_anywhere_on_a_command_line() {
        let (one, other) = (new(), new());
        assert!(one.len() == 64 && one.bytes().all(|byte| byte.is_ascii_hexdigit()), "{one}");
        assert_ne!(one, other);
        assert_ne!(hash(&one), hash(&other));
    }

    #[test]
    fn a_successor_follows_from_salt_and_secret_together() {
        let (one, other) = (new(), new());
        let next = successor(&[1; 32], &one);
        assert_eq!(next, successor(&[1; 32], &one));
        assert!(next.len() == 64 && next != one);
        assert_ne!(next, successor(&[2; 32], &one));
        assert_ne!(next, successor(&[1; 32], &other));
    }
}
