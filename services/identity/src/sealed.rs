//! A text that is needed once more, sealed under a key of its own, and that under the deployment's (`store::seal`): tokens
//! of links until they were mailed, addresses that somebody asked about until they were looked up.

use ::store::{
    StoreError,
    seal::{Keyring, SealedKey},
};
use uuid::Uuid;

/// A sealed text, as its row keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sealed {
    pub(crate) key_id: String,
    pub(crate) subject_key: Vec<u8>,
    pub(crate) text: Vec<u8>,
}

impl Sealed {
    /// Seals the text that stands in `field` of the row `id`.
    pub(crate) fn new(keys: &Keyring, id: Uuid, field: &str, text: &str) -> Result<Self, StoreError> {
        let subject = keys.subject(id);
        let SealedKey { key_id, bytes } = keys.seal(&subject)?;
        Ok(Self { key_id, subject_key: bytes, text: subject.seal(field, text)? })
    }

    /// The text again.
    ///
    /// # Errors
    /// When it belongs to another row or field, or the key that it is sealed with is not at hand.
    pub(crate) fn open(self, keys: &Keyring, id: Uuid, field: &str) -> Result<String, StoreError> {
        let key = SealedKey { key_id: self.key_id, bytes: self.subject_key };
        Ok(keys.open(id, &key)?.open(field, &self.text)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::keys;

    #[test]
    fn a_sealed_text_opens_in_its_own_row_and_field_alone() {
        let (here, id) = (keys(&[("1", "a")]), Uuid::from_u128(1));
        let sealed = Sealed::new(&here, id, "token", "secret").unwrap();
        assert!(!sealed.text.windows(6).any(|bytes| bytes == b"secret"));
        assert_eq!(sealed.clone().open(&here, id, "token").unwrap(), "secret");
        assert!(sealed.clone().open(&here, Uuid::from_u128(2), "token").is_err());
        assert!(sealed.clone().open(&here, id, "address").is_err());
        assert!(sealed.open(&keys(&[("2", "b")]), id, "token").is_err(), "another deployment's key");
    }
}
