//! Personal data at rest: sealed value by value under a key of its subject, which is itself sealed under the deployment's.
//!
//! XChaCha20-Poly1305 with a random nonce for each value; what is authenticated with it is the row and the field, so that a
//! value that was copied to another row or column does not open. A subject is erased by destroying its key: whatever copy
//! of its values is left cannot be read without it. A new key of the deployment seals the subjects' keys anew and leaves
//! their values as they are.

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305,
    aead::{Aead, Payload},
};
use std::{fs, io, path::Path};
use uuid::Uuid;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Bytes of a nonce (XChaCha20: long enough to be drawn at random for ever).
const NONCE_BYTES: usize = 24;
/// Bytes of a key.
const KEY_BYTES: usize = 32;
/// Version of the sealed format: the first byte of each value, so that another can follow.
const FORMAT_VERSION: u8 = 1;
/// The authenticated context of a subject's key.
const SUBJECT_KEY: &str = "subject key";

/// Why personal data cannot be sealed or opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The deployment was given no key.
    #[error("personal data cannot be used: this service was given no key for it (personal_data.keys)")]
    NoKey,
    /// Sealed with a key that is not at hand.
    #[error(
        "personal data cannot be used: it is sealed with the key \"{0}\", which this service was not given"
    )]
    UnknownKey(String),
    /// Changed since it was sealed, or it belongs to another row or field.
    #[error("sealed data does not open: it was changed, or belongs elsewhere")]
    Damaged,
}

/// The error of a text that should list keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be id:key pairs separated by commas: an id of 1 to 40 letters, digits and hyphens, a key of 64 hexadecimal digits, no id twice"
)]
pub struct KeyringError;

/// The deployment's keys: the first seals, all open.
pub struct Keyring(Vec<(String, XChaCha20Poly1305)>);

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(id, _)| id)).finish()
    }
}

/// A subject's own key as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedKey {
    /// The deployment's key that it is sealed with.
    pub key_id: String,
    /// The sealed key.
    pub bytes: Vec<u8>,
}

/// A subject whose values can be sealed and opened.
#[derive(ZeroizeOnDrop)]
pub struct Subject {
    #[zeroize(skip)]
    id: Uuid,
    key: [u8; KEY_BYTES],
}

impl Keyring {
    /// Reads `id:key,id:key`; a line break is as good as a comma. The first is the one that seals.
    ///
    /// # Errors
    /// [`KeyringError`]; it never holds what was read.
    pub fn parse(text: &str) -> Result<Self, KeyringError> {
        let mut keys: Vec<(String, XChaCha20Poly1305)> = Vec::new();
        for pair in text.split([',', '\n']).map(str::trim).filter(|pair| !pair.is_empty()) {
            let (id, digits) = pair.split_once(':').ok_or(KeyringError)?;
            let known = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
            if !(1..=40).contains(&id.len())
                || !id.bytes().all(known)
                || keys.iter().any(|(other, _)| other == id)
            {
                return Err(KeyringError);
            }
            let mut bytes = bytes_of(digits).ok_or(KeyringError)?;
            let cipher = XChaCha20Poly1305::new(&bytes.into());
            bytes.zeroize();
            keys.push((id.to_owned(), cipher));
        }
        if keys.is_empty() { Err(KeyringError) } else { Ok(Self(keys)) }
    }

    /// The keys in `file`, which is made with a new one (readable by its owner alone) when it is not there.
    ///
    /// # Errors
    /// When the file cannot be read or written, or holds no keys: it is never written over.
    pub fn in_file(file: &Path) -> io::Result<Self> {
        use std::{io::Write, os::unix::fs::OpenOptionsExt};
        let text = match fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let digits = hex::encode(rand::random::<[u8; KEY_BYTES]>());
                let text = format!("1:{digits}\n");
                let mut new = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
                new.write_all(text.as_bytes())?;
                new.sync_all()?;
                text
            }
            Err(error) => return Err(error),
        };
        Self::parse(&text).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }

    /// The id of the key that seals.
    pub fn current(&self) -> &str {
        self.0.first().map_or("", |(id, _)| id)
    }

    /// A new subject, with a key of its own.
    pub fn subject(&self, id: Uuid) -> Subject {
        Subject { id, key: rand::random() }
    }

    /// A subject's key, sealed with the current one.
    ///
    /// # Errors
    /// [`SealError::NoKey`] never happens with a keyring that was read.
    pub fn seal(&self, subject: &Subject) -> Result<SealedKey, SealError> {
        let (id, cipher) = self.0.first().ok_or(SealError::NoKey)?;
        let bytes = seal(cipher, subject.id, SUBJECT_KEY, &subject.key)?;
        Ok(SealedKey { key_id: id.clone(), bytes })
    }

    /// The subject whose sealed key this is.
    ///
    /// # Errors
    /// [`SealError::UnknownKey`], or [`SealError::Damaged`] when it is another subject's.
    pub fn open(&self, id: Uuid, sealed: &SealedKey) -> Result<Subject, SealError> {
        let found = self.0.iter().find(|(known, _)| *known == sealed.key_id);
        let (_, cipher) = found.ok_or_else(|| SealError::UnknownKey(sealed.key_id.clone()))?;
        let mut opened = open(cipher, id, SUBJECT_KEY, &sealed.bytes)?;
        let key = <[u8; KEY_BYTES]>::try_from(opened.as_slice()).map_err(|_| SealError::Damaged);
        opened.zeroize();
        Ok(Subject { id, key: key? })
    }
}

impl Subject {
    /// A value of one of its fields, sealed.
    ///
    /// # Errors
    /// [`SealError::Damaged`] for a value beyond what the cipher takes (256 GB).
    pub fn seal(&self, field: &str, value: &str) -> Result<Vec<u8>, SealError> {
        seal(&XChaCha20Poly1305::new(&self.key.into()), self.id, field, value.as_bytes())
    }

    /// What was sealed.
    ///
    /// # Errors
    /// [`SealError::Damaged`] when it was changed, or belongs to another row or field.
    pub fn open(&self, field: &str, sealed: &[u8]) -> Result<String, SealError> {
        let opened = open(&XChaCha20Poly1305::new(&self.key.into()), self.id, field, sealed)?;
        String::from_utf8(opened).map_err(|_| SealError::Damaged)
    }
}

/// The row and the field, which nothing else can be taken for: an id is always sixteen bytes.
fn place(id: Uuid, field: &str) -> Vec<u8> {
    [&[FORMAT_VERSION], id.as_bytes().as_slice(), field.as_bytes()].concat()
}

fn seal(cipher: &XChaCha20Poly1305, id: Uuid, field: &str, value: &[u8]) -> Result<Vec<u8>, SealError> {
    let nonce: [u8; NONCE_BYTES] = rand::random();
    let payload = Payload { msg: value, aad: &place(id, field) };
    let sealed = cipher.encrypt(&nonce.into(), payload).map_err(|_| SealError::Damaged)?;
    Ok([&[FORMAT_VERSION], nonce.as_slice(), &sealed].concat())
}

fn open(cipher: &XChaCha20Poly1305, id: Uuid, field: &str, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
    let (&version, rest) = sealed.split_first().ok_or(SealError::Damaged)?;
    let (nonce, rest) = rest.split_first_chunk::<NONCE_BYTES>().ok_or(SealError::Damaged)?;
    if version != FORMAT_VERSION {
        return Err(SealError::Damaged);
    }
    let payload = Payload { msg: rest, aad: &place(id, field) };
    cipher.decrypt(&(*nonce).into(), payload).map_err(|_| SealError::Damaged)
}

fn bytes_of(digits: &str) -> Option<[u8; KEY_BYTES]> {
    let mut bytes = [0; KEY_BYTES];
    hex::decode_to_slice(digits, &mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn key(id: &str, digit: &str) -> String {
        format!("{id}:{}", digit.repeat(64))
    }

    #[test]
    fn what_is_sealed_opens_again_and_never_looks_the_same() {
        let keys = Keyring::parse(&key("a", "1")).unwrap();
        let subject = keys.subject(Uuid::from_u128(1));
        let (one, two) = (subject.seal("name", "Zoë 李").unwrap(), subject.seal("name", "Zoë 李").unwrap());
        assert_ne!(one, two, "a nonce was drawn twice");
        let again = keys.open(Uuid::from_u128(1), &keys.seal(&subject).unwrap()).unwrap();
        assert_eq!(again.open("name", &one).unwrap(), "Zoë 李");
        assert_eq!(again.open("name", &again.seal("name", "").unwrap()).unwrap(), "");
        assert!(!one.windows(3).any(|bytes| bytes == "Zo\u{eb}".as_bytes().split_at(3).0));
    }

    #[test]
    fn what_was_changed_or_moved_does_not_open() {
        let keys = Keyring::parse(&key("a", "1")).unwrap();
        let (one, two) = (keys.subject(Uuid::from_u128(1)), keys.subject(Uuid::from_u128(2)));
        let sealed = one.seal("name", "Amina").unwrap();
        for index in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[index] ^= 1;
            assert_eq!(one.open("name", &changed), Err(SealError::Damaged), "byte {index}");
        }
        for short in 0..sealed.len() {
            assert_eq!(one.open("name", &sealed[..short]), Err(SealError::Damaged));
        }
        assert_eq!(one.open("post", &sealed), Err(SealError::Damaged), "another field");
        assert_eq!(two.open("name", &sealed), Err(SealError::Damaged), "another subject");
        let wrapped = keys.seal(&one).unwrap();
        assert_eq!(keys.open(Uuid::from_u128(2), &wrapped).err(), Some(SealError::Damaged), "another row");
        let same_key = Subject { id: Uuid::from_u128(2), key: one.key };
        assert_eq!(same_key.open("name", &sealed), Err(SealError::Damaged), "another row under one key");
    }

    #[test]
    fn keys_are_replaced_without_sealing_values_anew() {
        let old = Keyring::parse(&key("2025", "1")).unwrap();
        let subject = old.subject(Uuid::from_u128(1));
        let (value, wrapped) = (subject.seal("name", "Amina").unwrap(), old.seal(&subject).unwrap());
        let both = Keyring::parse(&format!("{},{}", key("2026", "2"), key("2025", "1"))).unwrap();
        assert_eq!(both.current(), "2026");
        let anew = both.seal(&both.open(subject.id, &wrapped).unwrap()).unwrap();
        assert_eq!(anew.key_id, "2026");
        let new = Keyring::parse(&key("2026", "2")).unwrap();
        assert_eq!(new.open(subject.id, &anew).unwrap().open("name", &value).unwrap(), "Amina");
        assert_eq!(new.open(subject.id, &wrapped).err(), Some(SealError::UnknownKey("2025".to_owned())));
        let wrong = Keyring::parse(&key("2025", "3")).unwrap();
        assert_eq!(wrong.open(subject.id, &wrapped).err(), Some(SealError::Damaged));
    }

    #[test]
    fn keys_are_read_strictly_and_never_shown() {
        let good = format!("{}\n{}\n", key("b", "A"), key("a-1", "0"));
        assert_eq!(format!("{:?}", Keyring::parse(&good).unwrap()), "[\"b\", \"a-1\"]");
        let twice = format!("{},{}", key("a", "0"), key("a", "1"));
        for wrong in
            ["", "a", "a:", ":00", "a:zz", "a b:00", &key("", "1"), &format!("{}0", key("a", "1")), &twice]
        {
            assert_eq!(Keyring::parse(wrong).err(), Some(KeyringError), "{wrong}");
        }
    }

    #[test]
    fn a_file_of_keys_is_made_once_for_its_owner_and_never_written_over() {
        let folder = testkit::folder();
        let file = folder.path().join("personal-data.key");
        let made = Keyring::in_file(&file).unwrap();
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        let subject = made.subject(Uuid::from_u128(1));
        let wrapped = made.seal(&subject).unwrap();
        Keyring::in_file(&file).unwrap().open(subject.id, &wrapped).unwrap();
        fs::write(&file, "lost").unwrap();
        assert_eq!(Keyring::in_file(&file).unwrap_err().kind(), io::ErrorKind::InvalidData);
        assert_eq!(fs::read_to_string(&file).unwrap(), "lost");
    }
}
