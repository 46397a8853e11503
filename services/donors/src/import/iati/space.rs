//! Which elements and attributes of a file are IATI's own. Publishers may add others of another XML namespace anywhere, and
//! whoever does not know them passes over them (IATI standard, "Namespaces & Extensions").

use crate::import::{
    format::not_what_it_says,
    xml::{self, MAX_ATTRIBUTES, MAX_DEPTH},
};
use kernel::{FieldCode, Problem};
use quick_xml::{
    events::BytesStart,
    name::{NamespaceResolver, ResolveResult},
};

/// What a name belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Space {
    /// No namespace, as IATI's names do.
    None,
    Named(String),
    /// A prefix that is bound to no namespace: names that share it belong together.
    Prefixed(String),
}

impl From<ResolveResult<'_>> for Space {
    fn from(resolved: ResolveResult<'_>) -> Self {
        match resolved {
            ResolveResult::Unbound => Self::None,
            ResolveResult::Bound(namespace) => Self::Named(namespace.into_inner().to_owned()),
            ResolveResult::Unknown(prefix) => Self::Prefixed(prefix),
        }
    }
}

/// The namespaces in force at a place in the file.
pub(super) struct Namespaces {
    resolver: NamespaceResolver,
    /// That of the first element, which is IATI's even where the publisher gave it a namespace or a prefix.
    home: Space,
    rooted: bool,
}

impl Namespaces {
    pub(super) fn new() -> Self {
        let mut resolver = NamespaceResolver::default();
        // The reader of the file bounds attributes and depth, and with them the declarations.
        resolver.set_max_namespace_bindings(MAX_DEPTH * MAX_ATTRIBUTES);
        Self { resolver, home: Space::None, rooted: false }
    }

    /// Goes into an element; true when it is IATI's own.
    ///
    /// # Errors
    /// 400 when it declares a namespace that XML reserves.
    pub(super) fn enter(&mut self, element: &BytesStart<'_>) -> Result<bool, Problem> {
        self.resolver.push(element).map_err(|error| {
            let why = format!("the file is not XML: {error}");
            not_what_it_says(FieldCode::WrongFileFormat.says(why).with("expected", "XML"))
        })?;
        let space = Space::from(self.resolver.resolve_element(element.name()).0);
        if !self.rooted {
            self.rooted = true;
            self.home = space.clone();
        }
        Ok(self.is_own(&space))
    }

    /// Leaves the element that was entered last.
    pub(super) fn leave(&mut self) {
        self.resolver.pop();
    }

    /// The text of an attribute of IATI's.
    ///
    /// # Errors
    /// 400 when it refers to an entity that XML does not define itself.
    pub(super) fn attribute(&self, element: &BytesStart<'_>, name: &str) -> Result<Option<String>, Problem> {
        let plain = xml::attribute_of(element, |key| key.into_inner() == name)?;
        // An attribute without a prefix is its element's; one with a prefix is IATI's only where that is the file's own.
        if plain.is_some() || self.home == Space::None {
            return Ok(plain);
        }
        xml::attribute_of(element, |key| {
            key.prefix().is_some()
                && key.local_name().into_inner() == name
                && self.is_own(&Space::from(self.resolver.resolve_attribute(key).0))
        })
    }

    fn is_own(&self, space: &Space) -> bool {
        *space == Space::None || *space == self.home
    }
}
