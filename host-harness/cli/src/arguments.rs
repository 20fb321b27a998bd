//! Command-line arguments.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::net::SocketAddr;
use std::path::PathBuf;

/// Run and test human-handover providers: plugins that connect a bot platform with the human agents of a contact
/// center.
///
/// The provider for Genesys Cloud Open Messaging is built in.
#[derive(Debug, Parser)]
#[command(
    version,
    propagate_version = true,
    after_help = "The exit status is 0 for success or yes, 1 for failure or no, and 2 for misuse."
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve a web chat and an agent's desk with a gateway and a local Genesys Cloud.
    ///
    /// Prints the address of the page and runs until it is stopped. Keeps no data. With --script, plays one handover in
    /// the terminal instead.
    #[command(after_help = "Example:\n  handover demo --script")]
    Demo(Demo),
    /// Run a local Genesys Cloud.
    ///
    /// When ready, prints one JSON line with the fields origin, client_id, client_secret, integration_id,
    /// integration_name, webhook_secret.
    #[command(after_help = "Example:\n  handover sandbox --listen 127.0.0.1:8090")]
    Sandbox(Sandbox),
    /// Verify a webhook signature.
    ///
    /// Prints one JSON line. Status 0: authentic; 1: rejected; 2: misuse.
    #[command(
        after_help = "Example:\n  handover verify --settings acme.toml \\\n    --header 'X-Hub-Signature-256: sha256=+hcALFTvwwLTbRoZRcQTpCJvYi6u5ugh4xZW4HddeMk=' body.json"
    )]
    Verify(Verify),
    /// Map the body of a webhook or of another source to events.
    ///
    /// Prints one JSON line per event. Status 0: mapped; 1: malformed; 2: misuse.
    #[command(after_help = "Example:\n  handover map --settings acme.toml --source event-bus body.json")]
    Map(Map),
    /// Build the requests for a message without sending them.
    ///
    /// MESSAGE is JSON: {"recipient": "…", "conversation": "…", "id": "…", "time": milliseconds since 1970, "message":
    /// {"text": "…"}}. The conversation is optional. The message is start, text, attachment, "typing", answer, receipt
    /// or leave, with the fields of the contract. Prints one JSON line per request. Status 0: built; 1: cannot be
    /// built; 2: misuse.
    #[command(
        after_help = "Example:\n  echo '{\"recipient\": \"sess-42\", \"id\": \"m-1\", \"time\": 1772359200123, \"message\": {\"text\": \"Hello\"}}' |\n    handover build --settings acme.toml -"
    )]
    Build(Build),
    /// Check everything that a connection needs, and print remedies for problems.
    ///
    /// Prints one line per check, and the remedy on the next line. Status 0: no errors; 1: errors; 2: misuse.
    ///
    /// With --webhook-listen, also sends a message through the contact center and waits for its webhook at that
    /// address. With --ask-bot, the contact center asks that bot.
    #[command(after_help = "Example:\n  handover check --settings acme.toml --webhook-listen 127.0.0.1:3000")]
    Check(Check),
    /// Create what a connection needs at the contact center, and list the manual steps.
    ///
    /// Idempotent. Prints one line per step. Status 0: no step failed; 1: a step failed; 2: misuse.
    #[command(
        after_help = "Example:\n  handover provision --settings acme.toml \\\n    --url https://bot.example.com/handover/genesysCloudOM --dry-run"
    )]
    Provision(Provision),
    /// Register the platform's bots at a contact center that asks them, which replaces all that are registered.
    ///
    /// By default with the built-in plugin for the Genesys Bot Connector.
    #[command(after_help = "Example:\n  handover register-bots --settings acme-bots.toml bots.json")]
    RegisterBots(RegisterBots),
    /// Print the features that the environment enables for an organization.
    ///
    /// Prints one line per feature. Status 0: handover is enabled; 1: it is not; 2: a variable is malformed.
    ///
    /// FEATURE_ENABLE_GENESYS_CLOUD_OM must be true, and FEATURE_ENABLE_GENESYS_CLOUD_OM_WHITELIST must contain the
    /// organization: names separated by commas, or *. FEATURE_USE_GENESYS_BOT_CONNECTOR_ENDPOINT_WHITELIST is a list of
    /// the same form, for the Bot Connector.
    #[command(
        after_help = "Example:\n  FEATURE_ENABLE_GENESYS_CLOUD_OM=true FEATURE_ENABLE_GENESYS_CLOUD_OM_WHITELIST='*' \\\n    handover features --organization acme"
    )]
    Features(Features),
    /// Print the link to the AI Copilot workspace for a session.
    #[command(after_help = "Example:\n  handover copilot-url --settings acme.toml --session session-1 --user user-1")]
    CopilotUrl(CopilotUrl),
    /// Describe a plugin: imports, exports, size, description and settings.
    #[command(after_help = "Example:\n  handover inspect my-provider.wasm")]
    Inspect(Inspect),
    /// Compile a plugin to native code, so that a gateway starts without compiling it.
    ///
    /// Set `precompiled` in the gateway's configuration to the output file. The file works only on the same type of
    /// machine and with the same version of handover.
    #[command(after_help = "Example:\n  handover compile --output genesys.cwasm")]
    Compile(Compile),
    /// Run the gateway between contact centers and a bot platform.
    ///
    /// Accepts webhooks and API requests from the platform, and stores them until they are delivered. When ready,
    /// prints one JSON line with the field listen.
    #[command(after_help = "Example:\n  handover serve --config gateway.toml")]
    Serve(Serve),
    /// List, inspect and redrive dead letters of a gateway.
    ///
    /// Prints one JSON line per dead letter. Status 0: done; 1: refused by the gateway; 2: misuse.
    #[command(after_help = "Example:\n  HANDOVER_TOKEN=… handover dead-letters list --connection acme")]
    DeadLetters(DeadLetters),
    /// Show what a gateway's redaction replaces in a text.
    ///
    /// Prints the text without personal data, and the number of replacements of each kind on standard error.
    #[command(
        after_help = "Example:\n  echo 'My card is 4111 1111 1111 1111' |\n    handover redact --config gateway.toml --connection acme -"
    )]
    Redact(Redact),
    /// Check a gateway's SQLite store.
    #[command(after_help = "Example:\n  handover store check handover.sqlite")]
    Store(Store),
    /// Test whether a plugin conforms to the contract.
    ///
    /// Prints one line per test case. Status 0: all passed; 1: some failed, or the plugin cannot be loaded; 2: misuse.
    #[command(after_help = "Example:\n  handover conformance my-provider.wasm --junit report.xml")]
    Conformance(Conformance),
    /// Print the reference of the command line in Markdown.
    #[command(name = "command-reference", hide = true)]
    Reference,
}

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Play the scripted handover in the terminal, then exit.
    #[arg(long)]
    pub(crate) script: bool,
    /// Address to listen on. Port 0 selects a free port.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8470", conflicts_with = "script")]
    pub(crate) listen: SocketAddr,
}

#[derive(Debug, Args)]
pub(crate) struct Sandbox {
    /// Address to listen on. Port 0 selects a free port.
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<SocketAddr>,
    /// Configuration of the sandbox, in TOML. `Config` in host-harness/sandbox/src/config/mod.rs describes its keys.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// A plugin and the settings of a connection.
#[derive(Debug, Args)]
pub(crate) struct Connection {
    /// Settings of the connection, in TOML: key = "value" or key = ["value", "value"]. A value can also be
    /// { env = "NAME" } or { file = "PATH" }.
    #[arg(long, value_name = "FILE")]
    pub(crate) settings: PathBuf,
    /// Plugin to use instead of the built-in one: a file, or genesys-bot-connector for the built-in one for bots.
    #[arg(long, value_name = "FILE")]
    pub(crate) plugin: Option<PathBuf>,
    /// Origin that the plugin may reach, such as `https://api.example.com`. May be repeated. By default, a built-in
    /// plugin may reach the origins of its settings, and a plugin from a file may reach none.
    #[arg(long = "allow-origin", value_name = "ORIGIN")]
    pub(crate) allow_origins: Vec<String>,
    /// Organization for which FEATURE_ENABLE_GENESYS_CLOUD_OM and FEATURE_ENABLE_GENESYS_CLOUD_OM_WHITELIST must enable
    /// the feature; with a plugin for bots, FEATURE_USE_GENESYS_BOT_CONNECTOR_ENDPOINT_WHITELIST. Not checked by default.
    #[arg(long, value_name = "NAME")]
    pub(crate) organization: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Verify {
    #[command(flatten)]
    pub(crate) connection: Connection,
    /// Header of the webhook. May be repeated.
    #[arg(long = "header", value_name = "NAME: VALUE", value_parser = header)]
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    /// Body of the webhook: a file, or - for standard input.
    pub(crate) body: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Map {
    #[command(flatten)]
    pub(crate) connection: Connection,
    /// Source of the body.
    #[arg(long, value_enum, default_value_t = Source::Webhook)]
    pub(crate) source: Source,
    /// Body to map: a file, or - for standard input.
    pub(crate) body: PathBuf,
}

/// The cases of `event-source` in the contract.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Source {
    /// The webhook of the contact center.
    Webhook,
    /// An event bus, such as Amazon EventBridge.
    EventBus,
    /// The callback of a trigger.
    Trigger,
    /// A frame of a notification channel.
    Notification,
}

#[derive(Debug, Args)]
pub(crate) struct Build {
    #[command(flatten)]
    pub(crate) connection: Connection,
    /// Message in JSON: a file, or - for standard input.
    pub(crate) message: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    #[command(flatten)]
    pub(crate) connection: Connection,
    /// Local address that receives the webhooks of the contact center during the check.
    #[arg(long, value_name = "ADDR")]
    pub(crate) webhook_listen: Option<SocketAddr>,
    /// Make the contact center ask the bot with this id, as a flow does. For a provider of bots.
    #[arg(long, value_name = "ID")]
    pub(crate) ask_bot: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Provision {
    #[command(flatten)]
    pub(crate) connection: Connection,
    /// Public URL at which the platform receives webhooks, or at which the contact center asks its bots.
    #[arg(long, value_name = "URL")]
    pub(crate) url: String,
    /// Print the steps without performing them.
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RegisterBots {
    #[command(flatten)]
    pub(crate) connection: Connection,
    /// The bots: a list in JSON, or - for standard input. Docs: docs/genesys.md, "The Bot Connector".
    #[arg(value_name = "FILE")]
    pub(crate) bots: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Features {
    /// Name of the organization on the platform.
    #[arg(long, value_name = "NAME")]
    pub(crate) organization: String,
}

#[derive(Debug, Args)]
pub(crate) struct CopilotUrl {
    /// Settings of the connection, in TOML.
    #[arg(long, value_name = "FILE")]
    pub(crate) settings: PathBuf,
    /// Id of the session on the platform.
    #[arg(long, value_name = "ID")]
    pub(crate) session: String,
    /// Id of the user on the platform.
    #[arg(long, value_name = "ID")]
    pub(crate) user: String,
}

#[derive(Debug, Args)]
pub(crate) struct Inspect {
    /// Plugin to use instead of the built-in one.
    pub(crate) plugin: Option<PathBuf>,
    /// Same as the PLUGIN argument.
    #[arg(long = "plugin", value_name = "FILE", conflicts_with = "plugin")]
    pub(crate) plugin_option: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Compile {
    /// Plugin to use instead of the built-in one.
    pub(crate) plugin: Option<PathBuf>,
    /// Same as the PLUGIN argument.
    #[arg(long = "plugin", value_name = "FILE", conflicts_with = "plugin")]
    pub(crate) plugin_option: Option<PathBuf>,
    /// Output file. An existing file is replaced atomically.
    #[arg(long, value_name = "FILE")]
    pub(crate) output: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct DeadLetters {
    #[command(subcommand)]
    pub(crate) action: DeadLetterAction,
}

#[derive(Debug, Args)]
pub(crate) struct Store {
    #[command(subcommand)]
    pub(crate) action: StoreAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum StoreAction {
    /// Check a store for corrupt pages and unreadable records. A gateway may be using it.
    ///
    /// Prints one line per fault, at most 100. Status 0: no faults; 1: faults; 2: misuse.
    Check {
        /// SQLite file: `store.sqlite` in the gateway's configuration.
        file: PathBuf,
    },
}

/// A gateway and one of its connections.
#[derive(Debug, Args)]
pub(crate) struct GatewayAddress {
    /// URL of the gateway.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    pub(crate) gateway: String,
    /// Environment variable that contains a token of the gateway.
    #[arg(long, value_name = "NAME", default_value = "HANDOVER_TOKEN")]
    pub(crate) token_env: String,
    /// Name of the connection.
    #[arg(long, value_name = "NAME")]
    pub(crate) connection: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DeadLetterAction {
    /// List all dead letters, one JSON line per dead letter.
    List {
        #[command(flatten)]
        address: GatewayAddress,
    },
    /// Print one dead letter.
    Show {
        #[command(flatten)]
        address: GatewayAddress,
        /// Id of the dead letter.
        id: String,
    },
    /// Deliver a dead letter again. Its handover must still be open, unless it is about a survey or needs none.
    Redrive {
        #[command(flatten)]
        address: GatewayAddress,
        /// Id of the dead letter.
        id: String,
    },
    /// Delete a dead letter.
    Drop {
        #[command(flatten)]
        address: GatewayAddress,
        /// Id of the dead letter.
        id: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Configuration of the gateway, in TOML.
    #[arg(long, value_name = "FILE", required_unless_present_any = ["api", "reference"])]
    pub(crate) config: Option<PathBuf>,
    /// Print the OpenAPI document of the API for the platform, then exit.
    #[arg(long, conflicts_with = "reference")]
    pub(crate) api: bool,
    /// Print the reference of the configuration in Markdown, then exit.
    #[arg(long)]
    pub(crate) reference: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Conformance {
    /// Plugin to use instead of the built-in one.
    pub(crate) plugin: Option<PathBuf>,
    /// Same as the PLUGIN argument.
    #[arg(long = "plugin", value_name = "FILE", conflicts_with = "plugin")]
    pub(crate) plugin_option: Option<PathBuf>,
    /// File to which the results are also written, as JUnit XML.
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    /// Folder with test vectors (JSON files) to run in addition to the built-in ones.
    #[arg(long, value_name = "DIR")]
    pub(crate) vectors: Option<PathBuf>,
    /// Host to run the plugin in, instead of this program: a command that gets the path of the plugin, and reads calls
    /// and writes results as lines of JSON (tests/hosts/README.md).
    #[arg(long, value_name = "COMMAND")]
    pub(crate) host: Option<String>,
}

fn header(text: &str) -> Result<(String, Vec<u8>), String> {
    let (name, value) = text.split_once(':').ok_or("expected 'Name: value'")?;
    if name.trim().is_empty() {
        return Err("expected a name before the colon".into());
    }
    // RFC 9110, section 5.5: whitespace around a value is not part of it.
    Ok((name.trim().to_owned(), value.trim_matches([' ', '\t']).as_bytes().to_vec()))
}

#[derive(Debug, Args)]
pub(crate) struct Redact {
    /// The gateway's configuration.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// The name of the connection.
    #[arg(long, value_name = "NAME")]
    pub(crate) connection: String,
    /// The file with the text; - for standard input.
    #[arg(value_name = "TEXT")]
    pub(crate) text: PathBuf,
}
