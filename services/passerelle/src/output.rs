//! What the commands print. A reader that has gone (`passerelle up | head -1`) is no error: the work goes on.

use std::{
    fmt::Display,
    io::{self, ErrorKind, Write},
};

/// Prints a line for whoever reads the output.
///
/// # Errors
/// [`io::Error`] when it cannot be written although there is a reader: a full disk under a redirection.
pub fn say(line: impl Display) -> io::Result<()> {
    written(writeln!(io::stdout().lock(), "{line}"))
}

/// Says something beside the output, on standard error. Nobody has to read it.
pub fn note(line: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

fn written(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}
