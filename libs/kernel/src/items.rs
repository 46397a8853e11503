//! Schemas of what lists hold: `#[schema(value_type = Vec<CountryCode>)]` says what `Vec<String>` does not.

use std::borrow::Cow;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{KnownFormat, ObjectBuilder, RefOr, Schema, SchemaFormat, Type},
};

const INT32: SchemaFormat = SchemaFormat::KnownFormat(KnownFormat::Int32);

macro_rules! items {
    ($($(#[doc = $doc:literal])+ $name:ident: $kind:ident { $($setting:ident: $value:expr),+ })+) => {$(
        $(#[doc = $doc])+
        pub struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let description = [$($doc.trim()),+].join("\n");
                let item = ObjectBuilder::new().schema_type(Type::$kind).description(Some(description));
                item$(.$setting(Some($value)))+.build().into()
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                stringify!($name).into()
            }
        }
    )+};
}

items! {
    /// A country: its ISO 3166-1 alpha-3 code.
    CountryCode: String { min_length: 3, max_length: 3, pattern: "^[A-Z]{3}$" }
    /// A language: its ISO 639 code of two or three letters.
    LanguageCode: String { min_length: 2, max_length: 3, pattern: "^[a-z]{2,3}$" }
    /// A sector: its DAC purpose code.
    SectorCode: String { min_length: 5, max_length: 5, pattern: "^[0-9]{5}$" }
    /// A name or a few words on one line.
    Keyword: String { min_length: 1, max_length: 100 }
    /// The name of an organisation.
    OrganisationName: String { min_length: 1, max_length: 300 }
    /// The reference of a record in another system.
    Reference: String { max_length: 100 }
    /// The name of a file.
    FileName: String { max_length: 300 }
    /// A section of a report.
    SectionText: String { max_length: 20_000 }
    /// A text as another system gave it.
    SourceText: String { max_length: 20_000 }
    /// A calendar year.
    Year: Integer { format: INT32, minimum: 1900, maximum: 2200 }
    /// A year of a response plan.
    PlanYear: Integer { format: INT32, minimum: 1990, maximum: 2100 }
}
