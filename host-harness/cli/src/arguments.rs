//! The command line.

use clap::{Args, Parser, Subcommand};
use std::net::SocketAddr;
use std::path::PathBuf;

/// Runs and tests human-handover providers: plugins that connect a bot platform with the human agents of a
/// contact centre. The provider for Genesys Cloud Open Messaging is built in.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Plays one handover from start to end against a local Genesys Cloud.
    #[command(after_help = "Example:\n  handover demo --script")]
    Demo(Demo),
    /// Runs a local Genesys Cloud until it is stopped.
    ///
    /// Prints one JSON line when it listens: origin, client_id, client_secret, integration_id, integration_name,
    /// webhook_secret.
    #[command(after_help = "Example:\n  handover sandbox --listen 127.0.0.1:8090")]
    Sandbox(Sandbox),
    /// Says whether a webhook comes from the contact centre.
    ///
    /// Prints one JSON line. Status 0: authentic; 1: rejected; 2: misuse.
    #[command(
        after_help = "Example:\n  handover verify --settings acme.toml \\\n    --header 'X-Hub-Signature-256: sha256=+hcALFTvwwLTbRoZRcQTpCJvYi6u5ugh4xZW4HddeMk=' body.json"
    )]
    Verify(Verify),
    /// Says what happened, from the body of a webhook.
    ///
    /// Prints a JSON line an event. Status 0: mapped; 1: malformed; 2: misuse.
    #[command(after_help = "Example:\n  handover map --settings acme.toml body.json")]
    Map(Map),
    /// Builds the requests that say something to the contact centre, and sends none.
    ///
    /// MESSAGE is JSON: {"recipient": "…", "conversation": "…", "id": "…", "time": milliseconds since 1970,
    /// "message": {"text": "…"}}; conversation may be missing, and the message may be start, text, attachment,
    /// "typing", answer, receipt or leave, with the fields of the contract. Prints a JSON line a request.
    /// Status 0: built; 1: it cannot be; 2: misuse.
    #[command(
        after_help = "Example:\n  echo '{\"recipient\": \"sess-42\", \"id\": \"m-1\", \"time\": 1772359200123, \"message\": {\"text\": \"Hello\"}}' |\n    handover build --settings acme.toml -"
    )]
    Build(Build),
    /// The doctor: tries each thing that a connection needs, and says how to mend what fails.
    ///
    /// Prints a line a check. Status 0: nothing failed; 1: something did; 2: misuse.
    #[command(after_help = "Example:\n  handover check --settings acme.toml")]
    Check(Check),
    /// Shows what a plugin is: imports, exports, size, description, settings.
    #[command(after_help = "Example:\n  handover inspect my-provider.wasm")]
    Inspect(Inspect),
    /// Runs the conformance kit on a plugin.
    ///
    /// Prints a line a case. Status 0: all passed; 1: some failed, or the plugin cannot be loaded; 2: misuse.
    #[command(after_help = "Example:\n  handover conformance my-provider.wasm --junit report.xml")]
    Conformance(Conformance),
}

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Play the scripted handover in the terminal and end.
    #[arg(long)]
    pub(crate) script: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Sandbox {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<SocketAddr>,
    /// The sandbox's configuration, as TOML.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// A plugin and the settings of a connection.
#[derive(Debug, Args)]
pub(crate) struct Connection {
    /// The connection's settings, as TOML: key = "value" or key = ["value", "value"].
    #[arg(long, value_name = "FILE")]
    pub(crate) settings: PathBuf,
    /// A plugin instead of the one built in.
    #[arg(long, value_name = "FILE")]
    pub(crate) plugin: Option<PathBuf>,
    /// An origin that the plugin may reach, such as `https://api.example.com`; may be repeated. Without any, the plugin
    /// built in may reach those that the settings lead to, and one of --plugin none.
    #[arg(long = "allow-origin", value_name = "ORIGIN")]
    pub(crate) allow_origins: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Verify {
    #[command(flatten)]
    pub(crate) connection: Connection,
    /// A header of the webhook; may be repeated.
    #[arg(long = "header", value_name = "NAME: VALUE", value_parser = header)]
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    /// The webhook's body: a file, or - for standard input.
    pub(crate) body: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Map {
    #[command(flatten)]
    pub(crate) connection: Connection,
    /// The webhook's body: a file, or - for standard input.
    pub(crate) body: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Build {
    #[command(flatten)]
    pub(crate) connection: Connection,
    /// What to say: a file, or - for standard input.
    pub(crate) message: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Debug, Args)]
pub(crate) struct Inspect {
    /// A plugin instead of the one built in.
    pub(crate) plugin: Option<PathBuf>,
    /// The same as the argument; every command that takes a plugin has it.
    #[arg(long = "plugin", value_name = "FILE", conflicts_with = "plugin")]
    pub(crate) plugin_option: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Conformance {
    /// A plugin instead of the one built in.
    pub(crate) plugin: Option<PathBuf>,
    /// The same as the argument; every command that takes a plugin has it.
    #[arg(long = "plugin", value_name = "FILE", conflicts_with = "plugin")]
    pub(crate) plugin_option: Option<PathBuf>,
    /// Write the results as JUnit XML as well.
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    /// Vectors of your own, besides those built in; a folder of JSON files.
    #[arg(long, value_name = "DIR")]
    pub(crate) vectors: Option<PathBuf>,
}

fn header(text: &str) -> Result<(String, Vec<u8>), String> {
    let (name, value) = text.split_once(':').ok_or("expected 'Name: value'")?;
    if name.trim().is_empty() {
        return Err("expected a name before the colon".into());
    }
    // RFC 9110, section 5.5: blanks around a value are not part of it.
    Ok((name.trim().to_owned(), value.trim_matches([' ', '\t']).as_bytes().to_vec()))
}
