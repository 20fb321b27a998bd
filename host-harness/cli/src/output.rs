//! What a command answers, on the standard output.

use std::fmt::{self, Display};
use std::io::{self, Write};

/// The standard output takes nothing: the disk is full, or the reader of a pipe has gone.
#[derive(Debug)]
pub(crate) struct Unwritten(io::Error);

impl Unwritten {
    /// Whether a reader has gone, who then wants to hear nothing of it: `handover inspect | head`.
    pub(crate) fn reader_has_gone(&self) -> bool {
        self.0.kind() == io::ErrorKind::BrokenPipe
    }
}

impl Display for Unwritten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the standard output cannot be written")
    }
}

impl std::error::Error for Unwritten {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

/// Writes a line, or lines, in color only where it goes to a terminal.
pub(crate) fn print(text: impl Display) -> Result<(), Unwritten> {
    let mut out = anstream::stdout().lock();
    writeln!(out, "{text}").and_then(|()| out.flush()).map_err(Unwritten)
}
