//! A mail as it is written, before it has a sender.

use crate::{Mail, Mailer};
use lettre::{
    Address, Message,
    message::{
        Mailbox,
        header::{ContentType, HeaderName, HeaderValue},
    },
};
use std::time::SystemTime;

/// A mail to one person, in plain text. It is the same at every attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The name of who gets it.
    pub name: String,
    /// The e-mail address.
    pub address: String,
    /// The subject.
    pub subject: String,
    /// The text.
    pub text: String,
    /// The language of subject and text: `en`, `fr`, `es`.
    pub language: &'static str,
}

impl Letter {
    /// The message; none for an address to which no mail can be sent.
    pub(crate) fn message(self, mail: &Mail, mailer: &Mailer) -> Option<Message> {
        let address: Address = self.address.parse().ok()?;
        let header =
            |name, value: &str| HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned());
        let message = Message::builder()
            .from(mailer.from.clone())
            .to(Mailbox::new(Some(self.name), address))
            .subject(self.subject)
            .message_id(Some(format!("<{}@{}>", mail.id, mailer.domain())))
            .date(SystemTime::from(mail.created_at))
            .raw_header(header("Auto-Submitted", "auto-generated"))
            .raw_header(header("Content-Language", self.language))
            .header(ContentType::TEXT_PLAIN)
            .body(self.text);
        message.ok()
    }
}
