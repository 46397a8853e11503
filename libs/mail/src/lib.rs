//! E-mail: a queue in the service's own database, from which every mail is sent once.
//!
//! A service puts what it has to say into tables of its own and, when it is time, a row into `mail`; a worker tries it until
//! the server takes it. A mail keeps its id over all attempts: it is its `Message-ID`, and the name of its file, so that a
//! server (or a folder) that gets it twice has it once.

mod letter;
mod mailer;
pub mod queue;
mod worker;

pub use letter::Letter;
pub use mailer::{Mailer, MailerError};
pub use queue::{Mail, MailId};
pub use worker::{Composer, MailWorker, worker};
