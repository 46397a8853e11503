//! `passerelle openapi`

use crate::{documents, output::say};
use anyhow::Result;
use clap::Args;
use std::path::PathBuf;

/// Where to write.
#[derive(Args)]
pub struct Arguments {
    /// The folder of the documents.
    #[arg(long, default_value = "openapi")]
    out: PathBuf,
}

/// Writes the documents.
///
/// # Errors
/// When a file cannot be written.
pub fn run(arguments: &Arguments) -> Result<()> {
    let count = documents::write(&arguments.out)?;
    say(format_args!("{count} documents in {}", arguments.out.display()))?;
    Ok(())
}
