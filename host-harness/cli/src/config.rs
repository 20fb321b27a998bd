//! The configuration file of the gateway, in TOML.

mod reference;

pub(crate) use self::reference::reference;
use crate::secret_source::SecretSource;
use anyhow::{Context, bail};
use handover_gateway::mailbox::{CallbackRules, LOOKUP_DELAY, OUTCOME_TIMEOUT, RECONCILIATION_DELAY, Retries, Rules};
use handover_gateway::redaction::{self, InvalidPattern};
use handover_gateway::session::SessionRules;
use handover_host::contract::{Ability, BotAnswer, BotHandover, BotMessage, NextStep};
use handover_host::handover::{AfterEnd, Policy};
use handover_host::{AllowedOrigins, Limits};
use serde::de::IntoDeserializer;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::{NonZeroU32, NonZeroUsize};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;
use toml::de::{DeTable, DeValue};
use utoipa::ToSchema;

/// The configuration of the gateway. Relative paths are resolved against the folder of this file.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Config {
    /// The address to listen on, behind a proxy that terminates TLS.
    #[serde(default = "listen")]
    #[schema(value_type = String, format = "address")]
    pub(crate) listen: SocketAddr,
    /// The durable store.
    #[serde(default)]
    pub(crate) store: Store,
    /// The bot platform.
    pub(crate) platform: Platform,
    /// The log.
    #[serde(default)]
    pub(crate) log: Log,
    /// Limits of plugins.
    #[serde(default)]
    pub(crate) plugins: Plugins,
    /// A page at `/demo/` to try out the connections.
    #[serde(default)]
    pub(crate) demo: Demo,
    /// The connections for handovers, by name. A name has 1 to 64 lower-case letters, digits and hyphens.
    #[serde(default)]
    pub(crate) connection: BTreeMap<String, Connection>,
    /// The connections of contact centers that ask the platform's bots, by name.
    #[serde(default)]
    pub(crate) bot_connection: BTreeMap<String, BotConnection>,
}

/// Limits of plugins.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct Plugins {
    /// The memory limit of all instances of all plugins together, in MiB, at least 64. A call that needs more than the
    /// remaining memory fails.
    #[schema(value_type = u32)]
    #[serde(deserialize_with = "read_memory")]
    pub(crate) memory_mib: u32,
    /// The maximum number of concurrent calls per connection, at least 1. Three quarters of them may call the contact
    /// center. Further calls wait. The limit for all connections together is 1000.
    #[schema(value_type = u32)]
    pub(crate) calls_per_connection: NonZeroU32,
}

impl Default for Plugins {
    fn default() -> Self {
        let calls_per_connection = NonZeroU32::new(Limits::default().connection_calls).unwrap_or(NonZeroU32::MIN);
        Self { memory_mib: 2_048, calls_per_connection }
    }
}

/// The durable store: a SQLite file or NATS.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct Store {
    /// The SQLite file, for a single gateway. `handover.sqlite` if neither `sqlite` nor `nats` is set.
    #[schema(value_type = Option<String>, format = "path")]
    pub(crate) sqlite: Option<PathBuf>,
    /// The URLs of NATS servers with JetStream, for any number of gateways: `nats://…`, separated by commas. URLs with
    /// a password must be a secret.
    #[schema(value_type = Option<String>, format = "URLs or secret")]
    pub(crate) nats: Option<Servers>,
    /// NATS credentials: the content of a `.creds` file.
    #[schema(value_type = Option<String>, format = "secret")]
    pub(crate) nats_credentials: Option<SecretSource>,
    /// The prefix of the bucket and stream names in NATS.
    pub(crate) nats_prefix: String,
    /// The number of NATS servers that store each record.
    #[schema(value_type = u32)]
    pub(crate) nats_replicas: NonZeroUsize,
    /// The time during which the platform can read an event.
    #[schema(value_type = String, format = "duration")]
    pub(crate) keep_events: Span,
}

/// The URLs of NATS servers.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Servers {
    /// URLs without a password.
    Addresses(String),
    /// A secret that contains the URLs.
    Secret(SecretSource),
}

/// Implemented by hand, because derived errors would contain the password.
impl<'de> Deserialize<'de> for Servers {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match toml::Value::deserialize(from)? {
            toml::Value::String(addresses) if !addresses.contains('@') => Ok(Self::Addresses(addresses)),
            toml::Value::String(_) => Err(serde::de::Error::custom(
                "expected addresses without a password, or { env = \"NAME\" } or { file = \"PATH\" }",
            )),
            source => SecretSource::deserialize(source).map(Self::Secret).map_err(serde::de::Error::custom),
        }
    }
}

impl Servers {
    /// Returns the URLs, separated by commas.
    pub(crate) fn read(&self, folder: &Path) -> anyhow::Result<String> {
        match self {
            Self::Addresses(addresses) => Ok(addresses.clone()),
            Self::Secret(source) => source.read(folder),
        }
    }
}

/// The bot platform.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Platform {
    /// Bearer tokens for the platform and operators, at least one.
    #[schema(value_type = Vec<String>, format = "secret")]
    pub(crate) tokens: Vec<SecretSource>,
    /// The callback for events.
    pub(crate) callback: Option<Callback>,
}

/// The callback for events, signed according to Standard Webhooks.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Callback {
    /// The http or https URL.
    pub(crate) url: String,
    /// Signing secrets (`whsec_…`). Every event is signed with each of them.
    #[schema(value_type = Vec<String>, format = "secret")]
    pub(crate) secrets: Vec<SecretSource>,
}

/// The log, on standard error.
#[derive(Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct Log {
    /// The level: `error`, `warn`, `info` or `debug`.
    pub(crate) level: Level,
    /// The format: `text` or `json`.
    pub(crate) format: Format,
    /// Whether to log the bodies of webhooks and requests, which contain message texts. Use it only for debugging.
    pub(crate) bodies: bool,
}

/// A page at `/demo/` to try out the connections: a web chat and a trace. It requires a token.
#[derive(Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct Demo {
    /// Whether to serve the page.
    pub(crate) enabled: bool,
    /// The origin at which browsers and the contact center reach the gateway, used for the files of the page. Default:
    /// `http://` and the address in `listen`.
    #[schema(value_type = Option<String>, format = "origin")]
    pub(crate) public: Option<Origin>,
    /// The origin of a local Genesys Cloud (`handover sandbox`). If it is set, the page includes an agent's desk.
    #[schema(value_type = Option<String>, format = "origin")]
    pub(crate) desk: Option<Origin>,
}

/// A scheme, a host and an optional port.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct Origin(pub(crate) String);

impl<'de> Deserialize<'de> for Origin {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        // The error does not contain the text, which may include a password.
        let expected = "expected an origin: a scheme, a host and an optional port, such as https://api.example.com";
        AllowedOrigins::none().allow(&text).map_err(|_| serde::de::Error::custom(expected))?;
        Ok(Self(text.trim_end_matches('/').to_owned()))
    }
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Level {
    Error,
    Warn,
    #[default]
    Info,
    Debug,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Format {
    #[default]
    Text,
    Json,
}

/// A connection to a contact center. NAME has 1 to 64 lower-case letters, digits and hyphens.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Connection {
    /// The file with the settings of the connection, as for `handover check`.
    #[schema(value_type = String, format = "path")]
    pub(crate) settings: PathBuf,
    /// A plugin to use instead of the built-in one.
    #[schema(value_type = Option<String>, format = "path")]
    pub(crate) plugin: Option<PathBuf>,
    /// The output of `handover compile`, to use instead of a plugin, so that the gateway starts without compiling it.
    /// The file is native code that runs without a sandbox. Only its owner may have write permission.
    #[schema(value_type = Option<String>, format = "path")]
    pub(crate) precompiled: Option<PathBuf>,
    /// The origins that the plugin may reach. If empty, the built-in plugin may reach the origins of its settings.
    #[serde(default)]
    pub(crate) allow_origins: Vec<String>,
    /// The last segment of an additional webhook path, `/handover/PATH`. Webhooks are also accepted at
    /// `/handover/NAME`. Several connections may share a path.
    #[serde(default = "path")]
    pub(crate) path: String,
    /// The id of the integration at the contact center. Set it if several connections share a path and a secret.
    pub(crate) integration_id: Option<String>,
    /// The age at which a webhook is rejected as a replay. 85s to 24h, because Genesys retries for 85 s.
    #[serde(default = "replay_window", deserialize_with = "read_replay_window")]
    #[schema(value_type = String, format = "duration")]
    pub(crate) replay_window: Span,
    /// What happens to a message after the end: `deliver` shows it as late, `hold` keeps it for the next handover, `reopen`
    /// starts another handover if a person wrote it.
    #[serde(default)]
    #[schema(value_type = String, format = "word")]
    pub(crate) after_end: AfterEnd,
    /// Whether a message of an agent to a recipient who never had a handover begins one (the event `begun-by-agent`).
    /// Otherwise the message is only counted, unless the platform wrote to the recipient before. Set `integration-id` if several
    /// connections share a path and a secret. The provider must keep one address for each user (Genesys: `thread = "per-recipient"`).
    #[serde(default)]
    pub(crate) agents_begin: bool,
    /// The maximum time without an agent after the last agent left. Unlimited by default.
    #[schema(value_type = Option<String>, format = "duration")]
    pub(crate) unattended: Option<Span>,
    /// The maximum time that the user waits in the queue. Unlimited by default.
    #[schema(value_type = Option<String>, format = "duration")]
    pub(crate) assignment_timeout: Option<Span>,
    /// The times of the user's silence after which the platform gets the event `inactivity-prompt`, such as
    /// `["5m", "8m"]`. They count from the last message of an agent that the user has not answered. At most 5, each longer than
    /// the one before and shorter than `user-inactivity`.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub(crate) inactivity_prompts: Vec<Span>,
    /// The maximum time without a message from the user or an agent while an agent is present. Then the handover ends. Unlimited
    /// by default.
    #[schema(value_type = Option<String>, format = "duration")]
    pub(crate) user_inactivity: Option<Span>,
    /// The interval at which a handover without events is polled.
    #[serde(default = "poll_interval")]
    #[schema(value_type = String, format = "duration")]
    pub(crate) poll_interval: Span,
    /// The maximum number of polls per minute for this connection by this gateway. Polls that only the interval causes get
    /// half of it. A poll of a waiting user counts twice if the provider reports the state of the queue.
    #[serde(default = "polls_per_minute")]
    #[schema(value_type = u32)]
    pub(crate) polls_per_minute: NonZeroU32,
    /// The time after the end of a handover for which the conversation is polled for what the agent records, such as a
    /// wrap-up code (the event `outcome`). 1m to 1h. `0s`: there is no event `outcome`.
    #[serde(default = "outcome_timeout", deserialize_with = "read_outcome_timeout")]
    #[schema(value_type = String, format = "duration")]
    pub(crate) outcome_timeout: Span,
    /// The time for which a delivery is retried before it becomes a dead letter. 1m to 24h.
    #[serde(default = "give_up", deserialize_with = "read_give_up")]
    #[schema(value_type = String, format = "duration")]
    pub(crate) give_up: Span,
    #[serde(default)]
    pub(crate) redaction: Redaction,
    pub(crate) translation: Option<Translation>,
}

/// A service of yours that translates texts between the user and the agents. The gateway posts texts to it, signed like
/// events, and expects their translations. If it fails, the original texts are used.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Translation {
    /// The http or https URL.
    pub(crate) url: String,
    /// Signing secrets (`whsec_…`). Every request is signed with each of them.
    #[schema(value_type = Vec<String>, format = "secret")]
    pub(crate) secrets: Vec<SecretSource>,
    /// The time for one request. 100ms to 5s; 2s by default.
    #[serde(default = "translation_timeout", deserialize_with = "read_translation_timeout")]
    #[schema(value_type = String, format = "duration")]
    pub(crate) timeout: Span,
}

/// Personal data that is replaced in the texts of the platform's messages before they are stored. `handover redact` shows the
/// result for a text. The profile, confidential attributes and the telephone number of a callback stay.
#[derive(Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Redaction {
    /// The kinds: `card-number` and `iban` (with valid check digits), `email`, and `phone` (in international format).
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    kinds: Vec<redaction::Kind>,
    /// Only count what would be replaced.
    #[serde(default)]
    dry_run: bool,
    /// Own kinds. The name stands in the text instead of what matches.
    #[serde(default)]
    pattern: BTreeMap<String, RedactionPattern>,
}

/// A kind of personal data of the operator's own.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RedactionPattern {
    /// A regular expression, such as `'\bK-[0-9]{6}\b'` (in single quotes). The syntax is that of the Rust crate regex.
    matches: String,
}

/// A connection of a contact center that asks the platform's bots, at `/bot-connector/NAME`. NAME is different from the
/// names of the other connections.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct BotConnection {
    /// The file with the settings of the connection, as for `handover check`.
    #[schema(value_type = String, format = "path")]
    pub(crate) settings: PathBuf,
    /// The file with the bots in JSON, as for `handover register-bots`. An answer can have only intents and slots that it
    /// declares.
    #[schema(value_type = String, format = "path")]
    pub(crate) bots: PathBuf,
    /// A plugin to use instead of the built-in one for the Genesys Bot Connector.
    #[schema(value_type = Option<String>, format = "path")]
    pub(crate) plugin: Option<PathBuf>,
    /// The output of `handover compile`, to use instead of a plugin; see `[connection.NAME]`.
    #[schema(value_type = Option<String>, format = "path")]
    pub(crate) precompiled: Option<PathBuf>,
    /// The origins that the plugin may reach. If empty, the built-in plugin may reach the origins of its settings.
    #[serde(default)]
    pub(crate) allow_origins: Vec<String>,
    /// The organization for which `FEATURE_USE_GENESYS_BOT_CONNECTOR_ENDPOINT_WHITELIST` must enable the feature. Not
    /// checked by default.
    pub(crate) organization: Option<String>,
    /// The name of a `[connection]` of the same contact center, whose events and polls report what becomes of a handover:
    /// agents that join, and its end. Not reported by default.
    pub(crate) followed_by: Option<String>,
    /// The time for which the contact center waits for a response, 1500ms to 1m. The platform has a second less. The
    /// Genesys Bot Connector waits for about 8s, the Digital Bot Connector for the action's Bot Response Timeout.
    #[serde(default = "response_timeout", deserialize_with = "read_response_timeout")]
    #[schema(value_type = String, format = "duration")]
    pub(crate) response_timeout: Span,
    /// What follows a turn that the platform does not answer in time, if the contact center accepts no late answer:
    /// `handover` hands the user over, `wait` waits for the user's next turn.
    #[serde(default)]
    #[schema(value_type = String, format = "word")]
    pub(crate) after_timeout: AfterTimeout,
    /// What the user reads then. No message by default.
    pub(crate) timeout_text: Option<String>,
    /// The time for which a late answer or a callback is retried. 1m to 24h.
    #[serde(default = "give_up", deserialize_with = "read_give_up")]
    #[schema(value_type = String, format = "duration")]
    pub(crate) give_up: Span,
}

/// What follows a turn that is not answered in time.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum AfterTimeout {
    #[default]
    Handover,
    Wait,
}

/// A duration such as `30s`, `5m` or `2h`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span(pub(crate) Duration);

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);
/// The longest span: one year, so that sums of spans cannot overflow.
const MAX_SPAN: Duration = Duration::from_secs(365 * 24 * 60 * 60);

fn listen() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 8080).into()
}

/// The path that Cognigy uses for Genesys webhooks.
fn path() -> String {
    "genesysCloudOM".into()
}

fn replay_window() -> Span {
    Span(10 * MINUTE)
}

fn read_replay_window<'de, D: Deserializer<'de>>(from: D) -> Result<Span, D::Error> {
    Span::within(from, 85 * SECOND..=24 * HOUR, "expected 85s to 24h, because Genesys retries for 85 s")
}

/// The minimum is 64 MiB: two instances at the limit of a single instance.
fn read_memory<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    let mib = u32::deserialize(from)?;
    if mib < 64 {
        return Err(serde::de::Error::custom("expected 64 or more, in MiB"));
    }
    Ok(mib)
}

fn read_give_up<'de, D: Deserializer<'de>>(from: D) -> Result<Span, D::Error> {
    Span::within(from, MINUTE..=24 * HOUR, "expected 1m to 24h")
}

fn read_outcome_timeout<'de, D: Deserializer<'de>>(from: D) -> Result<Span, D::Error> {
    let text = String::deserialize(from)?;
    if text == "0s" {
        return Ok(Span(Duration::ZERO));
    }
    Span::within(text.into_deserializer(), MINUTE..=HOUR, "expected 1m to 1h, or 0s")
}

fn outcome_timeout() -> Span {
    Span(OUTCOME_TIMEOUT)
}

fn read_translation_timeout<'de, D: Deserializer<'de>>(from: D) -> Result<Span, D::Error> {
    Span::within(from, Duration::from_millis(100)..=5 * SECOND, "expected 100ms to 5s")
}

fn translation_timeout() -> Span {
    Span(2 * SECOND)
}

fn poll_interval() -> Span {
    Span(MINUTE)
}

fn polls_per_minute() -> NonZeroU32 {
    const DEFAULT: NonZeroU32 = NonZeroU32::new(150).unwrap();
    DEFAULT
}

/// The Genesys Bot Connector waits for 8 to 11 s, which Genesys does not publish.
fn response_timeout() -> Span {
    Span(8 * SECOND)
}

fn read_response_timeout<'de, D: Deserializer<'de>>(from: D) -> Result<Span, D::Error> {
    Span::within(from, Duration::from_millis(1_500)..=MINUTE, "expected 1500ms to 1m")
}

fn give_up() -> Span {
    Span(HOUR)
}

impl Default for Store {
    fn default() -> Self {
        Self {
            sqlite: None,
            nats: None,
            nats_credentials: None,
            nats_prefix: "handover".into(),
            nats_replicas: NonZeroUsize::MIN,
            keep_events: Span(72 * HOUR),
        }
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let span: Option<jiff::SignedDuration> = text.parse().ok();
        let span = span.and_then(|span| Duration::try_from(span).ok());
        let span = span.filter(|span| (Duration::from_millis(1)..=MAX_SPAN).contains(span)).ok_or_else(|| {
            serde::de::Error::custom("expected a duration such as \"30s\", \"5m\" or \"2h\", at most one year")
        })?;
        Ok(Self(span))
    }
}

impl Span {
    fn within<'de, D: Deserializer<'de>>(
        from: D,
        bounds: RangeInclusive<Duration>,
        expected: &str,
    ) -> Result<Self, D::Error> {
        let span = Self::deserialize(from)?;
        bounds.contains(&span.0).then_some(span).ok_or_else(|| serde::de::Error::custom(expected))
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let span = jiff::SignedDuration::try_from(self.0).unwrap_or(jiff::SignedDuration::MAX);
        to.collect_str(&format_args!("{span:#}"))
    }
}

/// A configuration with its text, so that errors can contain a position.
#[derive(Debug)]
pub(crate) struct ConfigFile {
    name: String,
    text: String,
    pub(crate) config: Config,
}

impl ConfigFile {
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let name = path.display().to_string();
        let text =
            std::fs::read_to_string(path).with_context(|| format!("{name}: the configuration cannot be read"))?;
        Self::parse(name, text)
    }

    /// Parses a configuration. Errors contain the line number, but never the content of the line, which may be a
    /// secret.
    fn parse(name: String, text: String) -> anyhow::Result<Self> {
        let config = toml::from_str(&text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            anyhow::anyhow!("{name}:{}: {}", line(&text, at), expected(error.message()))
        })?;
        let file = Self { name, text, config };
        match file.config.inconsistency() {
            Some((keys, expected)) => bail!("{}: {expected}", file.position(&keys)),
            None => Ok(file),
        }
    }

    /// Returns the position of a key, or of its table if the key is absent: `FILE:LINE: KEY`.
    pub(crate) fn position(&self, keys: &[&str]) -> String {
        let mut at = 0;
        if let Ok(table) = DeTable::parse(&self.text) {
            let mut table = Some(table.get_ref());
            for key in keys {
                let found = table.and_then(|table| table.iter().find(|(name, _)| name.get_ref() == key));
                let Some((name, value)) = found else { break };
                at = name.span().start;
                table = match value.get_ref() {
                    DeValue::Table(table) => Some(table),
                    _ => None,
                };
            }
        }
        format!("{}:{}: {}", self.name, line(&self.text, at), keys.join("."))
    }
}

fn line(text: &str, at: usize) -> usize {
    text.get(..at).unwrap_or_default().matches('\n').count() + 1
}

/// Removes the value from an error message of serde, and keeps what was expected.
fn expected(message: &str) -> &str {
    let contains_value =
        ["invalid type", "invalid value", "unknown variant"].iter().any(|kind| message.starts_with(kind));
    let at = message.rfind("expected ").filter(|_| contains_value);
    at.and_then(|at| message.get(at..)).unwrap_or(message)
}

impl Config {
    /// Returns the key of the first inconsistent value, and what was expected.
    fn inconsistency(&self) -> Option<(Vec<&str>, &'static str)> {
        if self.platform.tokens.is_empty() {
            return Some((
                vec!["platform", "tokens"],
                "expected at least one token, because every request requires a token",
            ));
        }
        if self.store.sqlite.is_some() && self.store.nats.is_some() {
            return Some((vec!["store", "sqlite"], "expected either sqlite or nats"));
        }
        if self.connection.is_empty() && self.bot_connection.is_empty() {
            let expected = "expected at least one connection: [connection.NAME] or [bot-connection.NAME]";
            return Some((vec!["connection"], expected));
        }
        for (name, connection) in &self.bot_connection {
            if self.connection.contains_key(name) {
                return Some((vec!["bot-connection", name], "expected a name that no other connection has"));
            }
            if connection.followed_by.as_ref().is_some_and(|other| !self.connection.contains_key(other)) {
                return Some((vec!["bot-connection", name, "followed-by"], "expected the name of a [connection]"));
            }
            if connection.plugin.is_some() && connection.precompiled.is_some() {
                return Some((vec!["bot-connection", name, "precompiled"], "expected either plugin or precompiled"));
            }
        }
        self.connection.iter().find_map(|(name, connection)| {
            let (key, expected) = connection.inconsistency()?;
            Some((vec!["connection", name, key], expected))
        })
    }
}

impl Connection {
    fn inconsistency(&self) -> Option<(&'static str, &'static str)> {
        let is_segment = |path: &str| path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte));
        if self.path.is_empty() || !is_segment(&self.path) {
            return Some(("path", "expected one path segment: letters, digits and -._~"));
        }
        if self.plugin.is_some() && self.precompiled.is_some() {
            return Some(("precompiled", "expected either plugin or precompiled"));
        }
        if self.integration_id.as_ref().is_some_and(String::is_empty) {
            return Some(("integration-id", "expected the id of the integration, or no integration-id"));
        }
        let is_name = |name: &String| {
            (1..=40).contains(&name.chars().count()) && name.chars().all(|c| c.is_alphanumeric() || " -_".contains(c))
        };
        if !self.redaction.pattern.keys().all(is_name) {
            return Some(("redaction", "expected names of patterns with 1 to 40 letters, digits, spaces, - and _"));
        }
        if self.redaction.pattern.len() > MAX_PATTERNS {
            return Some(("redaction", "expected at most 50 patterns"));
        }
        let prompts = self.inactivity_prompts.iter().map(|span| span.0);
        let until_end = prompts.clone().chain(self.user_inactivity.map(|span| span.0)).collect::<Vec<_>>();
        if prompts.len() > MAX_INACTIVITY_PROMPTS || !until_end.is_sorted_by(|one, next| one < next) {
            let expected = "expected at most 5 times, each longer than the one before and shorter than user-inactivity";
            return Some(("inactivity-prompts", expected));
        }
        None
    }
}

impl BotConnection {
    /// Returns the rules for the sessions of the connection.
    pub(crate) fn rules(&self) -> SessionRules {
        let text = self.timeout_text.clone();
        let message = |text| BotMessage { text: Some(text), content: Vec::new() };
        let timeout_answer = BotAnswer {
            messages: text.into_iter().map(message).collect(),
            next: match self.after_timeout {
                AfterTimeout::Handover => NextStep::Handover(BotHandover::default()),
                AfterTimeout::Wait => NextStep::Wait,
            },
            parameters: Vec::new(),
        };
        let retries = retries(self.give_up);
        SessionRules {
            callback: CallbackRules { has_callback: false, retries },
            follows_handovers: false,
            answer_within: self.response_timeout.0.saturating_sub(SECOND),
            timeout_answer,
        }
    }
}

/// The maximum number of prompts before a silent user's handover ends.
const MAX_INACTIVITY_PROMPTS: usize = 5;

/// The maximum number of patterns for redaction. Each of them is applied to each text.
const MAX_PATTERNS: usize = 50;

fn retries(give_up: Span) -> Retries {
    Retries { initial_delay: SECOND, max_delay: MINUTE, give_up_after: give_up.0 }
}

impl Redaction {
    /// Returns what is replaced, or `None` if nothing is.
    ///
    /// # Errors
    /// A pattern is not valid.
    pub(crate) fn compile(&self) -> Result<Option<redaction::Redaction>, InvalidPattern> {
        if self.kinds.is_empty() && self.pattern.is_empty() {
            return Ok(None);
        }
        let patterns = self.pattern.iter().map(|(name, pattern)| (name.as_str(), pattern.matches.as_str()));
        redaction::Redaction::new(&self.kinds, patterns, self.dry_run).map(Some)
    }
}

impl Connection {
    /// Returns the rules for the mailboxes of the connection, whose plugin has these abilities.
    pub(crate) fn rules(&self, abilities: &[Ability], keep_events: Span) -> Rules {
        let can_poll = abilities.contains(&Ability::Observation);
        Rules {
            policy: Policy {
                after_end: self.after_end,
                unattended: self.unattended.map(|span| span.0),
                assignment_timeout: self.assignment_timeout.map(|span| span.0),
                user_inactivity: self.user_inactivity.map(|span| span.0),
                inactivity_prompts: self.inactivity_prompts.iter().map(|span| span.0).collect(),
                can_poll,
            },
            replay_window: self.replay_window.0,
            poll_interval: can_poll.then_some(self.poll_interval.0),
            has_callback: false,
            retries: retries(self.give_up),
            lookup_delay: LOOKUP_DELAY,
            reconciliation_delay: abilities.contains(&Ability::MessageHistory).then_some(RECONCILIATION_DELAY),
            outcome_timeout: Some(self.outcome_timeout.0)
                .filter(|timeout| abilities.contains(&Ability::Outcome) && !timeout.is_zero()),
            agents_begin: self.agents_begin,
            // Events and pending retries expire before the mailbox does.
            retention: keep_events.0 + 24 * HOUR,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn configuration_reference_is_up_to_date() {
        let committed = include_str!("../../../docs/configuration.md");
        assert!(committed == reference(), "docs/configuration.md is out of date; run `make reference`");
    }

    /// Commented-out keys must be valid too. Parses the example again with all keys, except `sqlite`, because it
    /// excludes `nats`.
    #[test]
    fn parses_the_example_with_all_keys() {
        let example = include_str!("../../../docs/gateway.example.toml");
        parse(example).expect("a valid example");
        let uncomment = |line: &str| match line.strip_prefix("# ") {
            Some(key) if key.split_once(" = ").is_some_and(|(name, _)| !name.contains(' ')) => key.to_owned(),
            Some(table) if table.starts_with('[') => table.to_owned(),
            _ => line.to_owned(),
        };
        let all: Vec<_> = example.lines().map(uncomment).filter(|line| !line.starts_with("sqlite")).collect();
        let config = parse(&all.join("\n")).expect("a valid example with all keys").config;
        assert!(config.store.nats.is_some());
        assert_eq!(config.connection["acme"].user_inactivity.expect("a value").0, HOUR);
        let bots = &config.bot_connection["acme-bots"];
        assert_eq!((bots.followed_by.as_deref(), bots.rules().answer_within), (Some("acme"), 7 * SECOND));
    }

    const MINIMAL: &str = "[platform]\ntokens = [{ env = \"TOKEN\" }]\n[connection.acme]\nsettings = \"acme.toml\"\n";

    fn parse(text: &str) -> anyhow::Result<ConfigFile> {
        ConfigFile::parse("gateway.toml".into(), text.into())
    }

    #[test]
    fn parses_the_minimal_configuration() {
        let config = parse(MINIMAL).expect("a valid configuration").config;
        assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(config.connection["acme"].path, "genesysCloudOM");
        assert_eq!(config.connection["acme"].rules(&[], config.store.keep_events).retries.give_up_after, HOUR);
        let rules = |text: &str, abilities: &[Ability]| {
            let config = parse(text).expect("a valid configuration").config;
            config.connection["acme"].rules(abilities, config.store.keep_events).outcome_timeout
        };
        assert_eq!(rules(MINIMAL, &[]), None);
        assert_eq!(rules(MINIMAL, &[Ability::Outcome]), Some(15 * MINUTE));
        assert_eq!(rules(&format!("{MINIMAL}outcome-timeout = \"0s\"\n"), &[Ability::Outcome]), None);
    }

    #[test]
    fn errors_contain_position_and_expected_form_but_not_the_value() {
        for (text, expected) in [
            (MINIMAL.replace("settings", "setings"), "gateway.toml:4: unknown field `setings`"),
            (MINIMAL.replace("{ env = \"TOKEN\" }", "\"s3cret\""), "gateway.toml:2: expected { env"),
            (format!("{MINIMAL}give-up = \"soon\"\n"), "gateway.toml:5: expected a duration such as"),
            (format!("{MINIMAL}replay-window = \"10s\"\n"), "gateway.toml:5: expected 85s to 24h"),
            (format!("{MINIMAL}give-up = \"2d\"\n"), "gateway.toml:5: expected"),
            (
                format!("{MINIMAL}inactivity-prompts = [\"5m\", \"3m\"]\n"),
                "gateway.toml:5: connection.acme.inactivity-prompts: expected at most 5 times",
            ),
            (
                format!("{MINIMAL}inactivity-prompts = [\"5m\"]\nuser-inactivity = \"5m\"\n"),
                "gateway.toml:5: connection.acme.inactivity-prompts: expected at most 5 times",
            ),
            (format!("{MINIMAL}outcome-timeout = \"30s\"\n"), "gateway.toml:5: expected 1m to 1h, or 0s"),
            (format!("{MINIMAL}unattended = \"18446744073709551s\"\n"), "gateway.toml:5: expected a duration such as"),
            (MINIMAL.replace("[connection.acme]", "[connection.acme"), "gateway.toml:3: "),
            (MINIMAL.replace("[{ env = \"TOKEN\" }]", "\"s3cret\""), "gateway.toml:2: expected a sequence"),
            (
                MINIMAL.replace("[{ env = \"TOKEN\" }]", "[]"),
                "gateway.toml:2: platform.tokens: expected at least one token",
            ),
            (
                MINIMAL.replace("[connection", "callback = \"s3cret\"\n[connection"),
                "gateway.toml:3: expected struct Callback",
            ),
            (
                MINIMAL.replace("[platform]", "platform = \"s3cret\"").replace("tokens", "#"),
                "gateway.toml:1: expected struct",
            ),
            (format!("{MINIMAL}[log]\nlevel = \"s3cret\"\n"), "gateway.toml:6: expected one of `error`"),
            (format!("{MINIMAL}[store]\nnats = \"nats://a:s3cret@b\"\n"), "gateway.toml:6: expected addresses without"),
            (
                format!("{MINIMAL}[store]\nnats = \"nats://a\"\nsqlite = \"b\"\n"),
                "gateway.toml:7: store.sqlite: expected either",
            ),
            (format!("{MINIMAL}[demo]\ndesk = \"http://a:s3cret@b\"\n"), "gateway.toml:6: expected an origin"),
            (format!("{MINIMAL}[demo]\npublic = \"https://a.example/s3cret\"\n"), "gateway.toml:6: expected an origin"),
            (
                format!("{MINIMAL}integration-id = \"\"\n"),
                "gateway.toml:5: connection.acme.integration-id: expected the id",
            ),
            (format!("{MINIMAL}path = \"a/b\"\n"), "gateway.toml:5: connection.acme.path: expected one path segment"),
            (
                "connection = {}\n[platform]\ntokens = [{ env = \"T\" }]\n".into(),
                "gateway.toml:1: connection: expected at least",
            ),
        ] {
            let error = format!("{:#}", parse(&text).expect_err(&text));
            assert!(error.starts_with(expected), "{error}");
            assert!(!error.contains("s3cret"), "{error}");
        }
    }
}
