//! E-mail: sends notifications about reports to the people concerned, each notification once.
//!
//! An event puts one item for each person into `mail_item`; twenty seconds later all items of a person become one mail of
//! the queue.

mod recipients;
mod store;
mod texts;
mod worker;

#[cfg(test)]
mod tests;

pub use ::mail::{Mailer, MailerError};
pub(crate) use recipients::consumer;
pub(crate) use worker::worker;
