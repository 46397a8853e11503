//! Identity: organisations, the office tree (tenants), people and their roles, API clients, sign-in and tokens.
//!
//! Identity decides sign-in; the portal renders it. Tokens are signed here and checked everywhere with the key set.

mod access;
mod account;
mod browser;
mod client;
mod consumers;
mod guard;
mod housekeeping;
mod invitation;
mod key;
mod known;
mod letter;
mod limits;
mod mail;
mod migration;
mod office;
mod operator;
mod organisation;
mod origin;
mod password;
mod people;
mod person;
mod queue;
mod representative;
mod retention;
mod role;
mod sealed;
mod secret;
mod session;
mod token;

#[cfg(test)]
mod testing;

pub use limits::SignInLimits;
pub use mail::{Mailer, MailerError};
pub use operator::{InviteError, InvitedAdministrator, check_address, invite_administrator};
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
    let shared = state.clone();
    let summary = "Organisations, offices, people, API clients, sign-in and tokens.";
    Service::new::<migration::Migrator>("identity", summary, move |config| routes(config, &state))
        .consumers(consumers::all(mailer.is_some()))
        .needs(Needs { personal_data: true, mail: true, ..Needs::default() })
        .jobs(move |context| {
            let mut jobs: Vec<Job> = vec![token::revocation::worker(&context, &revocations)];
            jobs.extend(housekeeping::workers(&context));
            jobs.push(representative::expiry::worker(&context, &shared));
            jobs.push(retention::worker(&context));
            if let Some(mailer) = mailer.clone() {
                jobs.push(account::reset::worker(&context, &shared));
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
        .service(organisation::api::get)
        .service(organisation::api::update)
        .service(organisation::api::get_own_logo)
        .service(organisation::api::put_logo)
        .service(organisation::api::delete_logo)
        .service(organisation::api::get_public)
        .service(organisation::api::get_logo)
        .service(office::api::list)
        .service(office::api::get)
        .service(office::api::create)
        .service(office::change::update)
        .service(office::close::open_business)
        .service(office::close::close)
        .service(office::close::reopen)
        .service(people::list::list)
        .service(people::list::get)
        .service(people::create::create)
        .service(people::change::change)
        .service(people::suspension::suspend)
        .service(people::suspension::restore)
        .service(people::inviting::invite)
        .service(invitation::accept)
        .service(account::lookup::invitation)
        .service(account::reset::ask)
        .service(account::reset::accept)
        .service(account::lookup::password_reset)
        .service(account::reset::create_link)
        .service(person::me::me)
        .service(person::me::update)
        .service(account::password::change)
        .service(account::sessions::list)
        .service(account::sessions::end)
        .service(account::sessions::end_all)
        .service(person::me::focal_point)
        .service(access::roles::list)
        .service(access::roles::get)
        .service(access::roles::create)
        .service(access::roles::update)
        .service(access::roles::remove)
        .service(access::clients::list)
        .service(access::clients::get)
        .service(access::clients::create)
        .service(access::clients::update)
        .service(access::clients::revoke)
        .service(access::secrets::create)
        .service(access::secrets::remove)
        .service(representative::api::list)
        .service(representative::api::get)
        .service(representative::api::create)
        .service(representative::change::update)
        .service(representative::change::suspend)
        .service(representative::change::restore)
        .service(representative::change::invite)
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
