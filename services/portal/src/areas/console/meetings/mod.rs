//! Meetings of committees: the list, the record with agenda and attendance, motions and votes, minutes.

// Below: the files beside this one, as cargo xtask lists finds them.

pub(crate) mod agenda;
pub(crate) mod attendance;
pub(crate) mod form;
pub(crate) mod list;
pub(crate) mod local_time;
pub(crate) mod minutes;
pub(crate) mod motion;
pub(crate) mod new_motion;
pub(crate) mod roster;
pub(crate) mod show;
pub(crate) mod vote;

/// The entries of these files in the menu.
pub(crate) const NAV: crate::nav::Entries = &[list::NAV];

/// The steps of the records of these files.
#[cfg(test)]
pub(crate) const STEPS: &[&crate::steps::Steps] = &[&motion::STEPS, &show::STEPS];

/// Serves the pages of these files.
pub(crate) fn configure(config: &mut actix_web::web::ServiceConfig) {
    config
        .configure(agenda::configure)
        .configure(attendance::configure)
        .configure(form::configure)
        .configure(list::configure)
        .configure(minutes::configure)
        .configure(motion::configure)
        .configure(new_motion::configure)
        .configure(show::configure)
        .configure(vote::configure);
}
