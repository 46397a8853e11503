//! Identity: organisations, the office tree (tenants), people, API clients, sign-in and tokens.
//!
//! Identity decides sign-in; the portal renders it. Tokens are signed here and checked everywhere with the key set.

mod client;
mod consumers;
mod guard;
mod housekeeping;
mod invitation;
mod key;
mod known;
mod limits;
mod mail;
mod migration;
mod office;
mod organisation;
mod origin;
mod password;
mod person;
mod queue;
mod secret;
mod token;

#[cfg(test)]
mod testing;

pub use limits::SignInLimits;
pub use mail::{Mailer, MailerError};
pub use organisation::{Founded, exists, found};

use actix_web::web::Data;
use cache::{Attempts, Redis, Revocations};
use password::Passwords;
use service::{Job, Needs, Service};
use utoipa_actix_web::service_config::ServiceConfig;

/// The required settings of identity.
#[derive(Clone)]
pub struct Settings {
    /// The deployment's public address without a trailing slash: the tokens' issuer.
    pub issuer: String,
    /// Where gateways learn which sessions were revoked.
    pub revocations: Revocations,
    /// How e-mail is sent; none is without.
    pub mailer: Option<Mailer>,
    /// How much may be tried at sign-in.
    pub limits: SignInLimits,
    /// Where replicas count together what was tried; none counts in memory.
    pub counter: Option<Redis>,
}

impl Settings {
    /// For a deployment at `issuer`, in one process: no e-mail is sent, limits are as usual and counted in memory.
    pub fn new(issuer: &str) -> Self {
        Self {
            issuer: issuer.to_owned(),
            revocations: Revocations::default(),
            mailer: None,
            limits: SignInLimits::default(),
            counter: None,
        }
    }
}

/// The identity service.
pub fn service(settings: Settings) -> Service {
    let Settings { issuer, revocations, mailer, limits, counter } = settings;
    let state = Data::new(State {
        issuer: issuer.clone(),
        revocations: revocations.clone(),
        sends_mail: mailer.is_some(),
        passwords: Passwords::new(limits.bounds()),
        attempts: Attempts::new(limits.attempts(), counter),
    });
    let summary = "Organisations, offices, people, API clients, sign-in and tokens.";
    Service::new::<migration::Migrator>("identity", summary, move |config| routes(config, &state))
        .consumers(consumers::all(mailer.is_some()))
        .needs(Needs { personal_data: true, mail: true, ..Needs::default() })
        .jobs(move |context| {
            let mut jobs: Vec<Job> = vec![token::revocation::worker(&context, &revocations)];
            jobs.extend(housekeeping::workers(&context));
            if let Some(mailer) = mailer.clone() {
                jobs.push(mail::worker(&context, mailer, issuer.clone()));
            }
            jobs
        })
}

pub(crate) struct State {
    issuer: String,
    revocations: Revocations,
    sends_mail: bool,
    passwords: Passwords,
    attempts: Attempts,
}

service::audit_trail!("/v1/audit/identity", "/v1/audit/identity/chain", "people, offices and API clients");

fn routes(config: &mut ServiceConfig<'_>, state: &Data<State>) {
    config
        .app_data(state.clone())
        .service(office::api::list)
        .service(office::api::get)
        .service(office::api::create)
        .service(person::api::list)
        .service(person::api::get)
        .service(person::api::create)
        .service(invitation::accept)
        .service(person::me::me)
        .service(person::me::update)
        .service(person::me::focal_point)
        .service(client::api::list)
        .service(client::api::create)
        .service(token::api::authorize)
        .service(token::api::token)
        .service(token::api::revoke)
        .service(token::api::key_set)
        .service(token::api::discovery)
        .service(audit_trail::list)
        .service(audit_trail::chain)
        // For gateways alone: it is in no document, so no gateway leads to it.
        .route(token::revocation::PATH, actix_web::web::get().to(token::revocation::ask));
}
