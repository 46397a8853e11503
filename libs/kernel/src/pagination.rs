//! Opaque cursors for lists that are read page by page.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

/// Maximum number of rows per page.
pub const MAX_LIMIT: u64 = 200;
/// Rows of a page when the caller names no limit.
pub const DEFAULT_LIMIT: u64 = 50;

/// One page of a list.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// The rows, in the list's order.
    pub items: Vec<T>,
    /// Where the next page starts; `None` on the last one.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// The page with each row turned into another.
    pub fn map<U>(self, each: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(each).collect(), next: self.next }
    }

    /// [`Page::map`] by what may fail.
    ///
    /// # Errors
    /// The first failure.
    pub fn try_map<U, E>(self, each: impl FnMut(T) -> Result<U, E>) -> Result<Page<U>, E> {
        Ok(Page { items: self.items.into_iter().map(each).collect::<Result<_, _>>()?, next: self.next })
    }
}

/// A cursor that this list did not give out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the cursor does not belong to this list with these filters")]
pub struct ForeignCursor;

#[derive(Serialize, Deserialize)]
struct Envelope<K> {
    l: String,
    k: K,
}

/// Fingerprint of a list and its filters; a cursor only serves the list and the filters it was made for.
pub fn list_fingerprint(list: &str, filters: &impl Serialize) -> String {
    let filters = serde_json::to_vec(filters).unwrap_or_default();
    let digest =
        Sha256::new().chain_update(list.as_bytes()).chain_update([0]).chain_update(filters).finalize();
    URL_SAFE_NO_PAD.encode(&digest[..9])
}

/// The cursor that continues after `key`.
pub fn encode_cursor<K: Serialize>(fingerprint: &str, key: &K) -> String {
    let envelope = Envelope { l: fingerprint.to_owned(), k: key };
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(&envelope).unwrap_or_default())
}

/// The key behind a cursor.
///
/// # Errors
/// [`ForeignCursor`] when the text is no cursor, or one of another list or of other filters.
pub fn decode_cursor<K: DeserializeOwned>(fingerprint: &str, cursor: &str) -> Result<K, ForeignCursor> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| ForeignCursor)?;
    let envelope: Envelope<K> = serde_json::from_slice(&bytes).map_err(|_| ForeignCursor)?;
    if envelope.l == fingerprint { Ok(envelope.k) } else { Err(ForeignCursor) }
}

/// Makes a page of rows fetched with `limit + 1`: the extra row only says that there is a next page.
pub fn page_of<T, K: Serialize>(
    mut rows: Vec<T>,
    limit: u64,
    fingerprint: &str,
    key: impl Fn(&T) -> K,
) -> Page<T> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = if more { rows.last().map(|last| encode_cursor(fingerprint, &key(last))) } else { None };
    Page { items: rows, next }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_serves_its_own_list_and_filters_only() {
        let donors = list_fingerprint("donors", &"type=government");
        let cursor = encode_cursor(&donors, &("Germany", 7));
        assert_eq!(decode_cursor::<(String, i32)>(&donors, &cursor), Ok(("Germany".into(), 7)));
        for other in [list_fingerprint("plans", &"type=government"), list_fingerprint("donors", &"")] {
            assert_eq!(decode_cursor::<(String, i32)>(&other, &cursor), Err(ForeignCursor));
        }
        assert_eq!(decode_cursor::<(String, i32)>(&donors, "garbage!"), Err(ForeignCursor));
    }

    #[test]
    fn the_extra_row_only_announces_a_next_page() {
        let page = page_of(vec![1, 2, 3], 2, "f", |row| *row);
        assert_eq!(page.items, [1, 2]);
        assert!(page.next.is_some());
        assert!(page_of(vec![1, 2], 2, "f", |row| *row).next.is_none());
    }
}
