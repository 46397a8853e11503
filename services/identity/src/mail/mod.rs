//! E-mail: sends notifications about reports to the people concerned, each notification once.
//!
//! An event puts one item for each person into `mail_item`; twenty seconds later all items of a person become one `mail`,
//! which is tried until the server takes it. A mail keeps its id over all attempts: it is its `Message-ID`, and the name
//! of its file, so a server (or a folder) that gets it twice has it once.

mod mailer;
mod recipients;
mod store;
mod texts;
mod worker;

#[cfg(test)]
mod tests;

pub use mailer::{Mailer, MailerError};
pub(crate) use recipients::consumer;
pub(crate) use worker::worker;
