//! What tests of the audit trail do to a world that nobody can do through its API.

use crate::{Running, World, binary, infra};
use std::{
    path::PathBuf,
    process::{Command, Output},
};

impl World {
    /// `passerelle audit` of it.
    pub fn audit_command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command.arg("audit").args(arguments);
        match &self.running {
            Running::Embedded { folder, .. } => command.arg("--data").arg(folder.path()),
            Running::Distributed { deployment, .. } => command.arg("--config").arg(&deployment.config),
        };
        command
    }

    /// What `passerelle audit` does with it.
    ///
    /// # Panics
    /// When the program does not start.
    pub fn audit(&self, arguments: &[&str]) -> Output {
        let output = self.audit_command(arguments).output();
        output.unwrap_or_else(|error| panic!("the program does not start: {error}"))
    }

    /// The folder of the published heads of audit trails.
    pub fn audit_heads(&self) -> PathBuf {
        match &self.running {
            Running::Embedded { folder, .. } => folder.path().join("audit-heads"),
            Running::Distributed { deployment, .. } => deployment.config.with_file_name("audit-heads"),
        }
    }

    /// Changes a service's database as whoever administers it can, who is asked nothing.
    ///
    /// # Panics
    /// When the statement is refused.
    pub async fn tamper(&self, service: &str, statement: &str) {
        match &self.running {
            Running::Embedded { .. } => {
                let store = self.database(service).await;
                let done = store::sql::execute(store.writer(), statement, Vec::new()).await;
                assert!(done.is_ok(), "{statement}: {done:?}");
            }
            Running::Distributed { deployment, .. } => {
                let infra = infra().unwrap_or_else(|| panic!("the servers have gone"));
                let done = infra.sql(&deployment.database(service), statement);
                assert!(done.is_ok(), "{statement}: {done:?}");
            }
        }
    }
}
