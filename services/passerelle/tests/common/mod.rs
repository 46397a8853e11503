//! The binary, run as a user runs it.

use serde_json::Value;
use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

pub const PASSERELLE: &str = env!("CARGO_BIN_EXE_passerelle");

/// `passerelle up` on any free port; killed with kill -9 when dropped.
pub struct Up {
    pub child: Child,
    pub url: String,
}

impl Up {
    pub fn start(data: &Path, more: &[&str]) -> Self {
        let mut command = Command::new(PASSERELLE);
        command.args(["up", "--port", "0", "--data"]).arg(data).args(more);
        Self::of(&mut command)
    }

    /// Of a command that runs it.
    pub fn of(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = lines.find(|line| line.as_ref().unwrap().contains("Public pages")).unwrap().unwrap();
        let url = line.split_whitespace().last().unwrap().to_owned();
        // Whatever else it prints must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, url }
    }

    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn init(data: &Path, code: &str) -> Value {
    let out = Command::new(PASSERELLE)
        .args(["init", "--organisation", "Test organisation", "--code", code, "--json", "--data"])
        .arg(data)
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).unwrap()
}
