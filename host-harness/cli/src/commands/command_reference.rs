//! `handover command-reference`: the source of `docs/cli.md`.

use crate::arguments::Arguments;
use crate::output;
use clap::{Command, CommandFactory};
use std::fmt::Write;
use std::process::ExitCode;

/// Prints the reference of the command line as Markdown.
pub(crate) fn run() -> Result<ExitCode, anyhow::Error> {
    output::print(reference().trim_end())?;
    Ok(ExitCode::SUCCESS)
}

/// Returns the reference: a table of the commands, and the help of each.
fn reference() -> String {
    let mut command = Arguments::command();
    command.build();
    let about = command.get_long_about().map(ToString::to_string).unwrap_or_default();
    let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let mut text = format!("# Command line\n\n{about}\n\n{after}\n\n| command | description |\n|---|---|\n");
    let mut sections = String::new();
    for subcommand in command.get_subcommands_mut().filter(|one| !one.is_hide_set() && one.get_name() != "help") {
        let anchor = subcommand.get_bin_name().unwrap_or_default().replace(' ', "-");
        let about = subcommand.get_about().map(ToString::to_string).unwrap_or_default();
        // Ignored because writing to a string cannot fail.
        let _ = writeln!(text, "| [`{}`](#{anchor}) | {about} |", subcommand.get_bin_name().unwrap_or_default());
        section(&mut sections, subcommand);
    }
    text + &sections
}

/// Adds the help of a command, and that of its subcommands.
fn section(text: &mut String, command: &mut Command) {
    let name = command.get_bin_name().unwrap_or_default().to_owned();
    let help = command.render_long_help().to_string();
    let lines: Vec<_> = help.lines().map(str::trim_end).collect();
    // Ignored because writing to a string cannot fail.
    let _ = write!(text, "\n## {name}\n\n```text\n{}\n```\n", lines.join("\n").trim());
    for subcommand in command.get_subcommands_mut().filter(|one| !one.is_hide_set() && one.get_name() != "help") {
        section(text, subcommand);
    }
}

#[cfg(test)]
mod tests {
    use super::reference;

    #[test]
    fn command_reference_is_up_to_date() {
        let document = include_str!("../../../../docs/cli.md");
        assert_eq!(document, reference(), "run `make reference`");
    }
}
