//! Read models of other services' events, one file each: the table, its consumer and its queries.

// Below: the files beside this one, as cargo xtask lists finds them.

pub(crate) mod agreement;
pub(crate) mod contribution;
pub(crate) mod donor;
pub(crate) mod plan;
pub(crate) mod plan_funding;

/// The consumers of these files.
pub(crate) fn consumers() -> Vec<store::Consumer> {
    vec![agreement::consumer(), plan::consumer(), plan_funding::consumer()]
}
