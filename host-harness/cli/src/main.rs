//! The `handover` command: runs and tests human-handover providers.

// The macros panic if the output cannot be written; `output::print` returns an error instead.
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod arguments;
mod bots_file;
mod commands;
mod config;
mod demo;
mod features;
mod gateway_log;
mod output;
mod plugin;
mod progress;
mod secret_source;
mod settings;

use arguments::{Arguments, Command};
use clap::Parser;
use output::OutputError;
use std::io::Write;
use std::process::ExitCode;

/// The exit status of misuse (wrong arguments, missing or invalid files) and of other errors that prevent a result.
const MISUSE: u8 = 2;

#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Demo(arguments) => commands::demo::run(arguments).await,
        Command::Sandbox(arguments) => commands::sandbox::run(arguments).await,
        Command::Verify(arguments) => commands::verify::run(arguments).await,
        Command::Map(arguments) => commands::map::run(arguments).await,
        Command::Build(arguments) => commands::build::run(arguments).await,
        Command::Check(arguments) => commands::check::run(arguments).await,
        Command::Provision(arguments) => commands::provision::run(arguments).await,
        Command::RegisterBots(arguments) => commands::register_bots::run(arguments).await,
        Command::Features(arguments) => commands::features::run(&arguments),
        Command::CopilotUrl(arguments) => commands::copilot_url::run(&arguments),
        Command::Inspect(arguments) => commands::inspect::run(arguments).await,
        Command::Compile(arguments) => commands::compile::run(arguments),
        Command::DeadLetters(arguments) => commands::dead_letters::run(arguments).await,
        Command::Serve(arguments) => commands::serve::run(arguments).await,
        Command::Redact(arguments) => commands::redact::run(&arguments),
        Command::Store(arguments) => commands::store::run(arguments),
        Command::Conformance(arguments) => commands::conformance::run(arguments).await,
        Command::Reference => commands::command_reference::run(),
    };
    outcome.unwrap_or_else(|error| {
        // The reader closed the pipe because it has read enough, as in `handover inspect | head`.
        if error.downcast_ref::<OutputError>().is_some_and(OutputError::is_closed_pipe) {
            return ExitCode::from(MISUSE);
        }
        let causes = error.chain().skip(1).map(|cause| format!("  because: {cause}\n"));
        // Ignored because standard error may be closed. The exit status still reports the failure.
        let _ = write!(std::io::stderr(), "handover: {error}\n{}", causes.collect::<String>());
        ExitCode::from(MISUSE)
    })
}
