//! Random secrets: client secrets, codes, refresh tokens, invitations. Only their SHA-256 is kept.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

/// 256 random bits in hexadecimal: as an argument of a command it never looks like an option.
pub(crate) fn new() -> String {
    rand::random::<[u8; 32]>().iter().map(|byte| format!("{byte:02x}")).collect()
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
}
