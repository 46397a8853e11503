//! A platform of its own with an empty organisation, and what signs in as its headquarters.

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use std::{
    fs,
    net::TcpStream,
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::Duration,
};
use xtask::{ports, target, tools};

pub(super) struct Platform {
    process: Child,
    data: PathBuf,
    url: String,
    client: Client,
}

/// What `passerelle init --json` says.
#[derive(Deserialize)]
struct Client {
    client_id: String,
    client_secret: String,
}

impl Platform {
    /// Starts it and waits until it listens.
    pub(super) fn start() -> Result<Self> {
        let binary = std::path::absolute(target())?.join("debug/passerelle");
        let data = std::env::temp_dir().join(format!("passerelle-contract-{}", std::process::id()));
        let mut init = Command::new(&binary);
        init.args(["init", "--json", "--organisation", "Contract", "--code", "CONTRACT", "--data"])
            .arg(&data);
        let client = serde_json::from_str(&tools::run(&mut init)?).context("passerelle init")?;
        let port = ports::free();
        let log = fs::File::create(data.join("log"))?;
        let mut up = Command::new(&binary);
        up.args(["up", "--empty", "--port", &port.to_string(), "--data"]).arg(&data);
        let process = up.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).spawn()?;
        let platform = Self { process, data, url: format!("http://127.0.0.1:{port}"), client };
        for _ in 0..600 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Ok(platform);
            }
            sleep(Duration::from_millis(100));
        }
        bail!("the platform does not listen: {}", fs::read_to_string(platform.data.join("log"))?)
    }

    /// How clients reach it.
    pub(super) fn environment(&self) -> [(&str, &str); 3] {
        [
            ("PASSERELLE_URL", &self.url),
            ("PASSERELLE_CLIENT_ID", &self.client.client_id),
            ("PASSERELLE_CLIENT_SECRET", &self.client.client_secret),
        ]
    }
}

impl Drop for Platform {
    fn drop(&mut self) {
        let ended = self.process.kill().and_then(|()| self.process.wait());
        if let Err(error) = ended.and_then(|_| fs::remove_dir_all(&self.data)) {
            eprintln!("xtask: the platform of the contract checks: {error}");
        }
    }
}
