//! Writes the result of a command to standard output.

use std::fmt::Display;
use std::io::{self, Write};

/// An error for standard output that cannot be written: the disk is full, or the reader closed the pipe.
#[derive(Debug, thiserror::Error)]
#[error("standard output cannot be written")]
pub(crate) struct OutputError(#[source] io::Error);

impl OutputError {
    /// Returns whether the reader closed the pipe, as `head` does.
    pub(crate) fn is_closed_pipe(&self) -> bool {
        self.0.kind() == io::ErrorKind::BrokenPipe
    }
}

/// Writes a text and a newline. Omits colors if the output is not a terminal.
pub(crate) fn print(text: impl Display) -> Result<(), OutputError> {
    let mut out = anstream::stdout().lock();
    writeln!(out, "{text}").and_then(|()| out.flush()).map_err(OutputError)
}
