//! A small disk, and the platform on it.

use serde_json::Value;
use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use testkit::{Http, TempDir};
use tests::binary;

/// The size of the disk while it is small, and after it has been enlarged.
const SMALL_SIZE: &str = "40m";
const LARGE_SIZE: &str = "600m";
/// Space left on it for the writers to fill, in bytes.
const FREE_BYTES: u64 = 12 * 1024 * 1024;
/// Maximum file size under a limit, in bytes.
const MAX_FILE_BYTES: u64 = 3 * 1024 * 1024;
/// Set in the process that has mounts of its own.
const OWN_MOUNTS: &str = "PASSERELLE_FAILURE_OWN_MOUNTS";

/// Starts this program again in a mount namespace of its own, where that is allowed; its exit code.
pub fn in_own_mounts() -> Option<i32> {
    if std::env::var_os(OWN_MOUNTS).is_some() {
        return None;
    }
    let allowed = Command::new("unshare").args(["--mount", "true"]).stderr(Stdio::null()).status();
    if !allowed.is_ok_and(|status| status.success()) {
        return None;
    }
    let own = std::env::current_exe().ok()?;
    let mut command = Command::new("unshare");
    command.args(["--mount", "--propagation", "private"]).arg(own).args(std::env::args_os().skip(1));
    command.env(OWN_MOUNTS, "1").status().ok()?.code()
}

enum Kind {
    /// A tmpfs.
    Mounted,
    /// A limit of the size of files (RLIMIT_FSIZE).
    Limited,
}

pub struct SmallDisk {
    folder: TempDir,
    kind: Kind,
}

impl SmallDisk {
    pub fn new() -> Self {
        let folder = testkit::folder();
        let mounted = std::env::var_os(OWN_MOUNTS).is_some()
            && mount(&["-t", "tmpfs", "-o", &format!("size={SMALL_SIZE}"), "tmpfs"], folder.path());
        Self { folder, kind: if mounted { Kind::Mounted } else { Kind::Limited } }
    }

    pub fn name(&self) -> &'static str {
        match self.kind {
            Kind::Mounted => "a tmpfs in a private mount namespace",
            Kind::Limited => "a limit of the size of files (a mount is refused here)",
        }
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Takes nearly all that is free.
    pub fn fill(&self) {
        if matches!(self.kind, Kind::Mounted) {
            let path = self.folder.path().join("filler");
            let mut filler = std::fs::File::create(path).unwrap();
            while filler.write_all(&[0; 64 * 1024]).is_ok() {}
            let size = filler.metadata().unwrap().len();
            filler.set_len(size.saturating_sub(FREE_BYTES)).unwrap();
        }
    }

    pub fn make_room(&self) {
        if matches!(self.kind, Kind::Mounted) {
            assert!(
                mount(&["-o", &format!("remount,size={LARGE_SIZE}")], self.folder.path()),
                "no room can be made"
            );
        }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        if matches!(self.kind, Kind::Mounted) {
            let _ = Command::new("umount").arg("--lazy").arg(self.folder.path()).status();
        }
    }
}

fn mount(arguments: &[&str], folder: &Path) -> bool {
    let done = Command::new("mount").args(arguments).arg(folder).stderr(Stdio::null()).status();
    done.is_ok_and(|status| status.success())
}

/// The credentials of a client that holds every scope.
pub struct Credentials {
    id: String,
    secret: String,
}

/// The platform as a process.
pub struct Process {
    pub url: String,
    port: u16,
    child: Option<Child>,
    /// Whether it was started with a limit that was not lifted yet.
    limited: bool,
}

/// An organisation on the disk, and the platform that runs on it.
pub async fn platform_on(disk: &SmallDisk) -> (Process, Credentials) {
    let init = ["init", "--organisation", "Full disk", "--code", "HQ", "--json", "--data"];
    let made = Command::new(binary()).args(init).arg(disk.data()).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let made: Value = serde_json::from_slice(&made.stdout).unwrap();
    let text = |key: &str| made[key].as_str().unwrap().to_owned();
    let credentials = Credentials { id: text("client_id"), secret: text("client_secret") };
    let port = xtask::ports::free();
    let limited = matches!(disk.kind, Kind::Limited);
    let mut process = Process { url: format!("http://localhost:{port}"), port, child: None, limited };
    process.start(disk).await;
    (process, credentials)
}

impl Process {
    pub async fn start(&mut self, disk: &SmallDisk) {
        let mut command = match self.limited && self.child.is_none() {
            // Without the signal a write beyond the limit is an error like any other.
            true => {
                let mut shell = Command::new("sh");
                let limit = format!("--fsize={MAX_FILE_BYTES}:unlimited");
                shell.args(["-c", "trap '' XFSZ; exec prlimit \"$@\"", "sh", &limit]).arg(binary());
                shell
            }
            false => Command::new(binary()),
        };
        command.args(["up", "--empty", "--port", &self.port.to_string(), "--data"]).arg(disk.data());
        command.stdout(Stdio::null()).stderr(Stdio::null()).env("PASSERELLE_LOG", "error");
        self.child = Some(command.spawn().unwrap());
        let (http, deadline) = (reqwest::Client::new(), Instant::now() + Duration::from_secs(60));
        while http.get(format!("{}/v1/public/plans", self.url)).send().await.is_err() {
            assert!(Instant::now() < deadline, "the platform does not start");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub async fn token(&self, client: &Credentials) -> String {
        Http::new(&self.url).client_token(&client.id, &client.secret).await
    }

    /// Files may grow again.
    pub fn lift_limit(&mut self) {
        if let (true, Some(child)) = (self.limited, &self.child) {
            let pid = child.id().to_string();
            Command::new("prlimit").args(["--pid", &pid, "--fsize=unlimited"]).status().unwrap();
            self.limited = false;
        }
    }

    /// kill -9.
    pub fn kill(&mut self) {
        if let Some(child) = &mut self.child {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
