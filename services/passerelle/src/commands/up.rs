//! `passerelle up`

use super::stopped;
use crate::{
    config::MAX_THREADS,
    demo,
    output::say,
    platform::{MAIL_FROM, Options, Platform},
};
use anyhow::{Context as _, Result};
use clap::Args;
use identity::SignInLimits;
use ipnet::IpNet;
use kernel::SystemClock;
use service::ops::{self, PrometheusHandle};
use std::{
    net::{IpAddr, SocketAddr, TcpListener},
    path::PathBuf,
    sync::Arc,
};

/// How to run the platform.
#[derive(Args)]
pub struct Arguments {
    /// The public port; 0 for any free port.
    #[arg(long, env = "PASSERELLE_PORT", default_value_t = 8080)]
    port: u16,
    /// The address to listen on. Defaults to the loopback address.
    #[arg(long, env = "PASSERELLE_HOST", default_value = "127.0.0.1")]
    host: IpAddr,
    /// The data folder.
    #[arg(long, env = "PASSERELLE_DATA", default_value = "data")]
    data: PathBuf,
    /// The public URL, if another server is in front.
    #[arg(long, env = "PASSERELLE_PUBLIC_URL")]
    public_url: Option<String>,
    /// The SMTP server that sends e-mail, like smtp://user:password@host:587?tls=required; without it e-mails are files in
    /// the folder "mail" beside the data.
    #[arg(long, env = "PASSERELLE_MAIL_URL", hide_env_values = true)]
    mail_url: Option<String>,
    /// The sender of e-mail.
    #[arg(long, env = "PASSERELLE_MAIL_FROM", default_value = MAIL_FROM)]
    mail_from: String,
    /// A trusted reverse proxy, as an address or a network: its X-Forwarded-For is used. May be repeated.
    // (A variable that is set to nothing, as in Compose, names none.)
    #[arg(long = "trusted-proxy", env = "PASSERELLE_TRUSTED_PROXIES", value_parser = Networks::parse)]
    trusted_proxies: Vec<Networks>,
    /// The operations address, never public: /livez, /readyz with failed tasks, /metrics. None by default.
    #[arg(long, env = "PASSERELLE_OPERATIONS", value_parser = operations)]
    operations: Option<Operations>,
    /// Number of request threads of each service and of the pages.
    #[arg(long, env = "PASSERELLE_THREADS", default_value_t = 1, value_parser = threads)]
    threads: usize,
    /// The folder to which the heads of audit trails are appended, for a disk or a share that nobody who administers the
    /// database can write to. Defaults to audit-heads beside the data.
    #[arg(long, env = "PASSERELLE_AUDIT_HEADS")]
    audit_heads: Option<String>,
    /// Do not create the demo organisation. Deletes nothing.
    #[arg(long)]
    empty: bool,
}

/// The operations address; an empty variable means none.
type Operations = std::option::Option<SocketAddr>;

fn operations(text: &str) -> Result<Operations, String> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    text.trim().parse().map(Some).map_err(|error| format!("must be an address with a port: {error}"))
}

/// Networks with commas between them, or none.
#[derive(Debug, Clone)]
struct Networks(Vec<IpNet>);

impl Networks {
    fn parse(text: &str) -> Result<Self, String> {
        gateway::networks_of(text.split(',')).map(Self)
    }
}

fn threads(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| (1..=MAX_THREADS).contains(number));
    number.ok_or_else(|| format!("must be 1 to {MAX_THREADS}"))
}

/// Runs until it is stopped (Ctrl-C, SIGTERM).
///
/// # Errors
/// When the port or the data folder is taken, or a database cannot be opened.
pub async fn run(arguments: Arguments) -> Result<()> {
    let Arguments {
        port,
        host,
        data,
        public_url,
        mail_url,
        mail_from,
        trusted_proxies,
        operations,
        threads,
        audit_heads,
        empty,
    } = arguments;
    let sign_in = SignInLimits::default();
    let trusted_proxies = trusted_proxies.into_iter().flat_map(|networks| networks.0).collect();
    let given = |text: &String| !text.trim().is_empty();
    let (public_url, mail_url) = (public_url.filter(given), mail_url.filter(given));
    let audit_heads = audit_heads.filter(given).map(PathBuf::from);
    let options = Options {
        data,
        host,
        port,
        public_url,
        mail_url,
        mail_from,
        trusted_proxies,
        threads,
        sign_in,
        audit_heads,
    };
    let clock = Arc::new(SystemClock);
    // Before the start, so that nothing goes uncounted.
    let counting = operations.flatten().map(operate).transpose()?;
    let mut platform = Platform::start(&options, clock.clone()).await?;
    let ops = match counting {
        Some((listener, metrics)) => {
            platform.measure();
            Some(ops::start(listener, platform.dependencies(), platform.tasks(), metrics)?)
        }
        None => None,
    };
    let seeded = if empty {
        None
    } else {
        let (identity, state) = (&platform.identity, options.data.join("demo.json"));
        demo::seed_if_needed(identity, &platform.url, &state, clock.as_ref(), async || platform.lag().await)
            .await?
    };
    // Whoever looks at it, or not: the platform runs.
    let _ = say(greeting(&platform.url, seeded.as_ref()));
    stopped().await;
    let _ = say("Stopping …");
    platform.stop().await;
    if let Some(ops) = ops {
        ops.stop().await;
    }
    Ok(())
}

fn operate(address: SocketAddr) -> Result<(TcpListener, PrometheusHandle)> {
    let listener =
        TcpListener::bind(address).with_context(|| format!("--operations: cannot listen on {address}"))?;
    Ok((listener, ops::count().context("metrics cannot be set up")?))
}

fn greeting(url: &str, demo: Option<&demo::SignIns>) -> String {
    let mut text = format!(
        "Passerelle is ready.\n\n  Public pages   {url}\n  Sign in        {url}/sign-in\n  API reference  {url}/api-docs/\n  OpenAPI        {url}/openapi.json\n"
    );
    if let Some(demo) = demo {
        text.push_str(&format!("\nDemo sign-ins (password for all: {}):\n", demo.password));
        for person in demo.people {
            text.push_str(&format!("  {:<34} {}\n", person.email, person.does));
        }
    }
    text.push_str("\nCtrl-C stops it; the data stays.");
    text
}
