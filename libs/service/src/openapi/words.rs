//! The words that permissions are, for the document.

use std::borrow::Cow;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

/// What a person or a partner system may do.
pub struct Permission;

impl PartialSchema for Permission {
    fn schema() -> RefOr<Schema> {
        let description = "What a person or a partner system may do.";
        let word = ObjectBuilder::new().schema_type(Type::String).description(Some(description));
        word.enum_values(Some(auth::ALL_PERMISSIONS.iter().copied())).build().into()
    }
}

impl ToSchema for Permission {
    fn name() -> Cow<'static, str> {
        "Permission".into()
    }
}
