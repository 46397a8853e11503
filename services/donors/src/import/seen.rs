//! What was seen of a million flows in little memory: eight bytes stand for a text, by a hash whose key nobody knows.

use std::{
    collections::HashMap,
    hash::{BuildHasher, Hash, RandomState},
};

/// The fingerprint of a text. Two texts of a million share one with a probability of one in thirty million.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Print(u64);

/// Values by what they belong to.
#[derive(Debug)]
pub(super) struct Seen<V> {
    secret: RandomState,
    values: HashMap<Print, V>,
}

impl<V> Default for Seen<V> {
    fn default() -> Self {
        Self { secret: RandomState::new(), values: HashMap::new() }
    }
}

impl<V> Seen<V> {
    /// The fingerprint of `text`.
    pub(super) fn print(&self, text: &(impl Hash + ?Sized)) -> Print {
        Print(self.secret.hash_one(text))
    }

    pub(super) fn get(&self, key: &(impl Hash + ?Sized)) -> Option<&V> {
        self.values.get(&self.print(key))
    }

    pub(super) fn insert(&mut self, key: &(impl Hash + ?Sized), value: V) {
        self.values.insert(self.print(key), value);
    }
}
