//! What headquarters sets: who the organisation is, the rules about signatures and due diligence, exchange rates,
//! publication; and the style guide.

// Below: the files beside this one, as cargo xtask lists finds them.

pub(crate) mod clearance_rule;
pub(crate) mod exchange_rates;
pub(crate) mod publication;
pub(crate) mod signature_rule;
pub(crate) mod style_guide;
pub(crate) mod vulnerability_index;
pub(crate) mod who_we_are;

/// The entries of these files in the menu.
pub(crate) const NAV: crate::nav::Entries = &[
    clearance_rule::NAV,
    exchange_rates::NAV,
    publication::NAV,
    signature_rule::NAV,
    vulnerability_index::NAV,
    who_we_are::NAV,
];

/// The steps of the records of these files.
#[cfg(test)]
pub(crate) const STEPS: &[&crate::steps::Steps] = &[];

/// Serves the pages of these files.
pub(crate) fn configure(config: &mut actix_web::web::ServiceConfig) {
    config
        .configure(clearance_rule::configure)
        .configure(exchange_rates::configure)
        .configure(publication::configure)
        .configure(signature_rule::configure)
        .configure(style_guide::configure)
        .configure(vulnerability_index::configure)
        .configure(who_we_are::configure);
}
