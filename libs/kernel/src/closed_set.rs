//! Closed sets of words: an enum that rows, JSON, query parameters, events and the API's document read and write alike.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{borrow::Cow, fmt};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};

/// Maximum number of characters of a refused word that are repeated.
const MAX_ECHOED_CHARS: usize = 40;

/// A word that is not one of a closed set. Its text names the set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be one of {set}, not \"{word}\"")]
pub struct UnknownWord {
    word: String,
    set: String,
}

impl UnknownWord {
    /// A word that is not one of `known`.
    pub fn new<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        let set = known.into_iter().collect::<Vec<_>>().join(", ");
        Self { word: word.chars().take(MAX_ECHOED_CHARS).collect(), set }
    }

    /// The beginning of the word.
    pub fn word(&self) -> &str {
        &self.word
    }

    /// The words that there are, with commas between them.
    pub fn set(&self) -> &str {
        &self.set
    }

    /// The first of the words that there are.
    pub fn first(&self) -> &str {
        self.set.split(',').next().unwrap_or_default()
    }

    /// The error of which this is the text: a reader of JSON passes on nothing but the text, and where it stands.
    pub fn in_text(text: &str) -> Option<Self> {
        let (set, rest) = text.split_once("must be one of ")?.1.split_once(", not \"")?;
        let (word, _) = rest.rsplit_once('"')?;
        Some(Self { word: word.to_owned(), set: set.to_owned() })
    }
}

/// An enum made by [`closed_set!`](crate::closed_set).
pub trait ClosedSet: Copy + Eq + fmt::Debug + 'static {
    /// All of it, in the order of its definition.
    const ALL: &'static [Self];

    /// The word for it, in rows, JSON, parameters and events.
    fn as_str(self) -> &'static str;

    /// The value of a word.
    ///
    /// # Errors
    /// [`UnknownWord`], which names the set.
    fn from_word(word: &str) -> Result<Self, UnknownWord> {
        let found = Self::ALL.iter().copied().find(|known| known.as_str() == word);
        found.ok_or_else(|| UnknownWord::new(word, Self::ALL.iter().map(|known| known.as_str())))
    }
}

/// A word of an event or of an answer: of a closed set as this program knows it, or one that a newer program has added. It is kept as it
/// came, so that a rolling upgrade loses nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Word<T> {
    /// One that is known here.
    Known(T),
    /// Another one.
    Unknown(String),
}

impl<T: ClosedSet> Word<T> {
    /// The word.
    pub fn as_str(&self) -> &str {
        match self {
            Word::Known(known) => known.as_str(),
            Word::Unknown(word) => word,
        }
    }

    /// Its value; none if this program does not know it.
    pub fn known(&self) -> Option<T> {
        match self {
            Word::Known(known) => Some(*known),
            Word::Unknown(_) => None,
        }
    }

    /// Whether it is this one.
    pub fn is(&self, word: T) -> bool {
        self.known() == Some(word)
    }
}

impl<T> From<T> for Word<T> {
    fn from(known: T) -> Self {
        Word::Known(known)
    }
}

impl<T: ClosedSet> Serialize for Word<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.as_str())
    }
}

impl<'de, T: ClosedSet> Deserialize<'de> for Word<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let word = <Cow<'de, str> as Deserialize>::deserialize(from)?;
        Ok(T::from_word(&word).map_or_else(|_| Word::Unknown(word.into_owned()), Word::Known))
    }
}

impl<T: ClosedSet> From<Word<T>> for sea_orm::Value {
    fn from(word: Word<T>) -> Self {
        word.as_str().into()
    }
}

impl<T: ClosedSet> sea_orm::TryGetable for Word<T> {
    fn try_get_by<I: sea_orm::ColIdx>(
        row: &sea_orm::QueryResult,
        index: I,
    ) -> Result<Self, sea_orm::TryGetError> {
        let word = <String as sea_orm::TryGetable>::try_get_by(row, index)?;
        Ok(T::from_word(&word).map_or(Word::Unknown(word), Word::Known))
    }
}

impl<T: ClosedSet> sea_orm::sea_query::ValueType for Word<T> {
    fn try_from(value: sea_orm::Value) -> Result<Self, sea_orm::sea_query::ValueTypeErr> {
        let word = <String as sea_orm::sea_query::ValueType>::try_from(value)?;
        Ok(T::from_word(&word).map_or(Word::Unknown(word), Word::Known))
    }

    fn type_name() -> String {
        std::any::type_name::<Self>().to_owned()
    }

    fn array_type() -> sea_orm::sea_query::ArrayType {
        sea_orm::sea_query::ArrayType::String
    }

    fn column_type() -> sea_orm::sea_query::ColumnType {
        sea_orm::sea_query::ColumnType::Text
    }
}

/// The schema of a closed set, for [`closed_set!`](crate::closed_set).
pub fn schema<T: ClosedSet>(doc: &[&str]) -> RefOr<Schema> {
    let lines: Vec<&str> = doc.iter().map(|line| line.trim()).collect();
    let words = T::ALL.iter().map(|word| word.as_str());
    let schema = ObjectBuilder::new().schema_type(Type::String).description(Some(lines.join("\n")));
    schema.enum_values(Some(words)).build().into()
}

/// Defines a closed set of words once for everything: `pub enum Visibility { Internal = "internal", … }`.
///
/// It is written as its word in JSON and in text columns, read from them and from query parameters, and an `enum` in the
/// API's document. The crate that defines one depends on serde, utoipa and sea-orm.
#[macro_export]
macro_rules! closed_set {
    (
        $(#[doc = $doc:literal])+
        $vis:vis enum $name:ident { $($(#[doc = $word_doc:literal])* $variant:ident = $word:literal),+ $(,)? }
    ) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis enum $name {
            $(
                #[doc = concat!("`", $word, "`")]
                $(#[doc = $word_doc])*
                $variant
            ),+
        }

        impl $name {
            /// All of it, in the order of its definition.
            $vis const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word for it.
            $vis const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl $crate::closed_set::ClosedSet for $name {
            const ALL: &'static [Self] = Self::ALL;

            fn as_str(self) -> &'static str {
                self.as_str()
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                formatter.write_str(self.as_str())
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::closed_set::UnknownWord;

            fn from_str(word: &str) -> Result<Self, Self::Err> {
                $crate::closed_set::ClosedSet::from_word(word)
            }
        }

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(self.as_str())
            }
        }

        impl ::utoipa::PartialSchema for $name {
            fn schema() -> ::utoipa::openapi::RefOr<::utoipa::openapi::Schema> {
                $crate::closed_set::schema::<Self>(&[$($doc),+])
            }
        }

        impl ::utoipa::ToSchema for $name {
            fn name() -> ::std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
        }

        // By hand, so that the refusal reads as those of other fields do.
        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let word = <::std::borrow::Cow<'de, str> as ::serde::Deserialize>::deserialize(from)?;
                $crate::closed_set::ClosedSet::from_word(&word).map_err(::serde::de::Error::custom)
            }
        }

        impl From<$name> for ::sea_orm::Value {
            fn from(word: $name) -> Self {
                word.as_str().into()
            }
        }

        impl ::sea_orm::TryGetable for $name {
            fn try_get_by<I: ::sea_orm::ColIdx>(
                row: &::sea_orm::QueryResult,
                index: I,
            ) -> Result<Self, ::sea_orm::TryGetError> {
                let word = <String as ::sea_orm::TryGetable>::try_get_by(row, index)?;
                $crate::closed_set::ClosedSet::from_word(&word)
                    .map_err(|error| ::sea_orm::DbErr::Type(error.to_string()).into())
            }
        }

        // Asked of every part of a primary key; no database makes words.
        impl ::sea_orm::TryFromU64 for $name {
            fn try_from_u64(_: u64) -> Result<Self, ::sea_orm::DbErr> {
                Err(::sea_orm::DbErr::ConvertFromU64(stringify!($name)))
            }
        }

        impl ::sea_orm::sea_query::ValueType for $name {
            fn try_from(value: ::sea_orm::Value) -> Result<Self, ::sea_orm::sea_query::ValueTypeErr> {
                let word = <String as ::sea_orm::sea_query::ValueType>::try_from(value)?;
                $crate::closed_set::ClosedSet::from_word(&word)
                    .map_err(|_| ::sea_orm::sea_query::ValueTypeErr)
            }

            fn type_name() -> String {
                stringify!($name).to_owned()
            }

            fn array_type() -> ::sea_orm::sea_query::ArrayType {
                ::sea_orm::sea_query::ArrayType::String
            }

            fn column_type() -> ::sea_orm::sea_query::ColumnType {
                ::sea_orm::sea_query::ColumnType::Text
            }
        }

        impl ::sea_orm::sea_query::Nullable for $name {
            fn null() -> ::sea_orm::Value {
                ::sea_orm::Value::String(None)
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Visibility;
    use utoipa::PartialSchema;

    #[test]
    fn a_word_is_the_same_everywhere_and_another_one_is_refused_by_name() {
        for known in Visibility::ALL {
            let json = serde_json::to_string(known).unwrap();
            assert_eq!(json, format!("\"{known}\""));
            assert_eq!(serde_json::from_str::<Visibility>(&json).unwrap(), *known);
            assert_eq!(known.as_str().parse(), Ok(*known));
            assert_eq!(sea_orm::Value::from(*known), sea_orm::Value::from(known.as_str()));
        }
        let refused = serde_json::from_str::<Visibility>("\"secret\"").unwrap_err().to_string();
        assert!(refused.starts_with("must be one of internal, donor, public, not \"secret\""), "{refused}");
        let unknown = UnknownWord::in_text(&refused).unwrap();
        assert_eq!((unknown.word(), unknown.first()), ("secret", "internal"));
        assert_eq!(UnknownWord::in_text("a \"quoted\" text"), None);
        assert!("Internal".parse::<Visibility>().is_err());
    }

    #[test]
    fn a_word_of_a_newer_program_is_kept_in_an_event() {
        let words: Vec<Word<Visibility>> = serde_json::from_str(r#"["public", "allies"]"#).unwrap();
        assert!(words[0].is(Visibility::Public) && words[1].known().is_none());
        assert_eq!(serde_json::to_string(&words).unwrap(), r#"["public","allies"]"#);
    }

    #[test]
    fn the_document_names_every_word() {
        let schema = serde_json::to_value(Visibility::schema()).unwrap();
        assert_eq!(schema["enum"], serde_json::json!(["internal", "donor", "public"]));
    }
}
