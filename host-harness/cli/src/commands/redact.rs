//! `handover redact`

use crate::arguments::Redact;
use crate::config::ConfigFile;
use crate::{output, plugin};
use anyhow::{Context, bail};
use std::io::Write;
use std::process::ExitCode;

pub(crate) fn run(arguments: &Redact) -> anyhow::Result<ExitCode> {
    let file = ConfigFile::read(&arguments.config)?;
    let Some(connection) = file.config.connection.get(&arguments.connection) else {
        bail!("{}: no [connection.{}]", arguments.config.display(), arguments.connection);
    };
    let position = || file.position(&["connection", &arguments.connection, "redaction", "pattern"]);
    let redaction = connection.redaction.compile().with_context(position)?;
    let text = String::from_utf8(plugin::input(&arguments.text)?).context("the text is not UTF-8")?;
    let (text, replacements) = match redaction {
        Some(redaction) => redaction.redact(&text),
        None => bail!("{}: no kind and no pattern is configured", position()),
    };
    output::print(text.trim_end_matches('\n'))?;
    for (kind, count) in replacements {
        // Ignored because standard error may be closed. The text is printed already.
        let _ = writeln!(std::io::stderr(), "{kind}: {count}");
    }
    Ok(ExitCode::SUCCESS)
}
