//! Read models of other services' events, one file each: the table, its consumer and its queries.

// Below: the files beside this one, as cargo xtask lists finds them.

pub(crate) mod allocation;
pub(crate) mod client;
pub(crate) mod plan;
pub(crate) mod representative;

/// The consumers of these files.
pub(crate) fn consumers() -> Vec<store::Consumer> {
    vec![allocation::consumer(), client::consumer(), plan::consumer(), representative::consumer()]
}
