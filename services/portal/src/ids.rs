//! Ids in addresses.

use serde::{Deserialize, Deserializer, Serialize, de::Error};
use std::fmt::{Display, Formatter};

/// An id as it may stand in a path of the API. An address with something else in its place has no page.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Id(String);

impl Id {
    /// The id that a text is, if it is one.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let is_id = text.len() == 36 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
        is_id.then(|| Self(text.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// The pattern of addresses whose `{id}` can be nothing but an id: `/console/donors/new` is not the address of a donor.
/// So no address depends on the order in which files are listed.
pub(crate) fn only_ids(pattern: &str) -> String {
    pattern.replace("{id}", "{id:[0-9A-Fa-f-]{36}}")
}

impl Display for Id {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::read(&text).ok_or_else(|| D::Error::custom("not an id"))
    }
}
