//! The public crisis platform: no sign-in.

pub(crate) use sitemap::Sitemap;

// Below: the files beside this one, as cargo xtask lists finds them.

pub(crate) mod about;
pub(crate) mod archive;
pub(crate) mod division;
pub(crate) mod figures;
pub(crate) mod flows;
pub(crate) mod home;
pub(crate) mod plans;
pub(crate) mod search;
pub(crate) mod show;
pub(crate) mod sitemap;
pub(crate) mod unearmarked;

/// The entries of these files in the menu.
pub(crate) const NAV: crate::nav::Entries = &[archive::NAV, flows::NAV, plans::NAV];

/// Serves the pages of these files.
pub(crate) fn configure(config: &mut actix_web::web::ServiceConfig) {
    config
        .configure(about::configure)
        .configure(archive::configure)
        .configure(figures::configure)
        .configure(flows::configure)
        .configure(home::configure)
        .configure(plans::configure)
        .configure(search::configure)
        .configure(show::configure)
        .configure(sitemap::configure)
        .configure(unearmarked::configure);
}
