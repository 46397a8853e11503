//! E-mail: sends notifications about reports and allocations to the people concerned, each once, and letters about
//! accounts to their owners.
//!
//! An event puts one item for each person into `mail_item`; twenty seconds later all items of a person become one mail of
//! the queue. A letter is a mail of its own, at once.

pub(crate) mod account;
mod account_texts;
mod recipients;
mod store;
mod texts;
mod worker;

#[cfg(test)]
mod account_tests;
#[cfg(test)]
mod tests;

pub use ::mail::{Mailer, MailerError};
pub(crate) use recipients::consumers;
pub(crate) use worker::worker;
