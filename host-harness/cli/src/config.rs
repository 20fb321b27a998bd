//! What the gateway serves: a file in TOML.

mod reference;

pub(crate) use self::reference::reference;
use crate::secret_source::SecretSource;
use anyhow::{Context, bail};
use handover_gateway::mailbox::{LOOKUP_DELAY, Retries, Rules};
use handover_host::handover::{AfterEnd, Policy};
use handover_host::{AllowedOrigins, Limits};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::{NonZeroU32, NonZeroUsize};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;
use toml::de::{DeTable, DeValue};
use utoipa::ToSchema;

/// What the gateway serves. Files are found from the folder of this one.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Config {
    /// Where it listens, behind a proxy that speaks TLS.
    #[serde(default = "listen")]
    #[schema(value_type = String)]
    pub(crate) listen: SocketAddr,
    /// Where it keeps what must survive it.
    #[serde(default)]
    pub(crate) store: Store,
    /// The bot platform.
    pub(crate) platform: Platform,
    /// What it logs.
    #[serde(default)]
    pub(crate) log: Log,
    /// What plugins may use.
    #[serde(default)]
    pub(crate) plugins: Plugins,
    /// A page at `/demo/`, to try the connections by hand.
    #[serde(default)]
    pub(crate) demo: Demo,
    /// The connections, by their names: 1 to 64 lower-case letters, digits and hyphens.
    pub(crate) connection: BTreeMap<String, Connection>,
}

/// What plugins may use.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct Plugins {
    /// Memory of all instances of all plugins together, in MiB, at least 64. A call that needs more than is left fails.
    #[schema(value_type = u32)]
    #[serde(deserialize_with = "read_memory")]
    pub(crate) memory_mib: u32,
    /// How many calls of one connection the plugin runs at the same time, at least 1. Three quarters of them may ask the
    /// contact center. Further calls wait. All connections together have 1000 calls.
    #[schema(value_type = u32)]
    pub(crate) calls_per_connection: NonZeroU32,
}

impl Default for Plugins {
    fn default() -> Self {
        let calls_per_connection = NonZeroU32::new(Limits::default().connection_calls).unwrap_or(NonZeroU32::MIN);
        Self { memory_mib: 2_048, calls_per_connection }
    }
}

/// Where the gateway keeps what must survive it: one of a file and servers.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct Store {
    /// A file of SQLite's, for one gateway; `handover.sqlite` if there is no `nats` either.
    #[schema(value_type = Option<String>)]
    pub(crate) sqlite: Option<PathBuf>,
    /// Servers of NATS with JetStream, for any number of gateways: `nats://…`, several with commas in between. Addresses
    /// with a password in them are secrets.
    #[schema(value_type = Option<String>)]
    pub(crate) nats: Option<Servers>,
    /// Credentials for NATS: what a `.creds` file holds.
    #[schema(value_type = Option<String>)]
    pub(crate) nats_credentials: Option<SecretSource>,
    /// What the names of buckets and streams in NATS begin with.
    pub(crate) nats_prefix: String,
    /// On how many servers of NATS everything is.
    #[schema(value_type = u32)]
    pub(crate) nats_replicas: NonZeroUsize,
    /// How long events can be asked for by the platform.
    #[schema(value_type = String)]
    pub(crate) keep_events: Span,
}

/// Servers of NATS.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Servers {
    /// Their addresses, without a password.
    Addresses(String),
    /// Where their addresses are.
    Secret(SecretSource),
}

/// By hand, for errors must not repeat a password.
impl<'de> Deserialize<'de> for Servers {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match toml::Value::deserialize(from)? {
            toml::Value::String(addresses) if !addresses.contains('@') => Ok(Self::Addresses(addresses)),
            toml::Value::String(_) => Err(serde::de::Error::custom(
                "expected addresses without a password, or { env = \"NAME\" } or { file = \"PATH\" } with them",
            )),
            place => SecretSource::deserialize(place).map(Self::Secret).map_err(serde::de::Error::custom),
        }
    }
}

impl Servers {
    /// Their addresses.
    pub(crate) fn read(&self, folder: &Path) -> anyhow::Result<String> {
        match self {
            Self::Addresses(addresses) => Ok(addresses.clone()),
            Self::Secret(place) => place.read(folder),
        }
    }
}

/// The bot platform.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Platform {
    /// Bearer tokens, by any of which the platform and operators are let in.
    #[schema(value_type = Vec<String>)]
    pub(crate) tokens: Vec<SecretSource>,
    /// Where events are posted to.
    pub(crate) callback: Option<Callback>,
}

/// Where events are posted to, signed as the Standard Webhooks specification says.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Callback {
    /// An http or https URL.
    pub(crate) url: String,
    /// Secrets, `whsec_…`; each signs.
    #[schema(value_type = Vec<String>)]
    pub(crate) secrets: Vec<SecretSource>,
}

/// What the gateway logs, to standard error.
#[derive(Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct Log {
    /// How much: `error`, `warn`, `info` or `debug`.
    pub(crate) level: Level,
    /// How: `text` or `json`.
    pub(crate) format: Format,
    /// Whether what people say is logged, too: the bodies of webhooks and of requests. To find a fault, not for ever.
    pub(crate) bodies: bool,
}

/// A page at `/demo/`, to try the connections by hand: a web chat, and what passes through the gateway. It takes a token.
#[derive(Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct Demo {
    /// Whether it is there.
    pub(crate) enabled: bool,
    /// The origin at which browsers and the contact center reach the gateway, for files that are sent; `http://` and
    /// `listen` if it is not said.
    #[schema(value_type = Option<String>)]
    pub(crate) public: Option<Origin>,
    /// The origin of a local Genesys Cloud (`handover sandbox`), whose agents can be played on the page.
    #[schema(value_type = Option<String>)]
    pub(crate) desk: Option<Origin>,
}

/// A scheme, a host and, if need be, a port.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct Origin(pub(crate) String);

impl<'de> Deserialize<'de> for Origin {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        // Not repeated: an address may have a password in it.
        let told = "expected an origin: a scheme, a host and, if need be, a port, such as https://api.example.com";
        AllowedOrigins::none().allow(&text).map_err(|_| serde::de::Error::custom(told))?;
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

/// A connection.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Connection {
    /// Its settings, in the file that `handover check` takes.
    #[schema(value_type = String)]
    pub(crate) settings: PathBuf,
    /// A plugin instead of the one built in.
    #[schema(value_type = Option<String>)]
    pub(crate) plugin: Option<PathBuf>,
    /// What `handover compile` made of the plugin, instead of it, so that the gateway starts at once. It is native code, to
    /// which nothing is forbidden: nobody but its owner may write it.
    #[schema(value_type = Option<String>)]
    pub(crate) precompiled: Option<PathBuf>,
    /// Origins that the plugin may reach; for the one built in, precompiled or not, those that its settings name if
    /// there are none here.
    #[serde(default)]
    pub(crate) allow_origins: Vec<String>,
    /// Its webhooks arrive at `/handover/` and this, besides `/handover/` and its name. Several may share one.
    #[serde(default = "path")]
    pub(crate) path: String,
    /// The id of the integration at the contact center. Set it on connections that share a path and a secret.
    pub(crate) integration_id: Option<String>,
    /// A webhook that is older is a replay. Not below 85 s, for so long Genesys tries again.
    #[serde(default = "replay_window", deserialize_with = "read_replay_window")]
    #[schema(value_type = String)]
    pub(crate) replay_window: Span,
    /// What becomes of a message that was said after the end: `deliver`, `hold` or `reopen`.
    #[serde(default)]
    #[schema(value_type = String)]
    pub(crate) after_end: AfterEnd,
    /// How long nobody may be there after the last agent has left; for ever if it is not said.
    #[schema(value_type = Option<String>)]
    pub(crate) unattended: Option<Span>,
    /// How long the user may wait in the queue; for ever if it is not said.
    #[schema(value_type = Option<String>)]
    pub(crate) assignment_timeout: Option<Span>,
    /// How long the user may say nothing; for ever if it is not said.
    #[schema(value_type = Option<String>)]
    pub(crate) user_inactivity: Option<Span>,
    /// How often a handover in which nothing happens is observed.
    #[serde(default = "poll_interval")]
    #[schema(value_type = String)]
    pub(crate) poll_interval: Span,
    /// Observations a minute at most, by this gateway.
    #[serde(default = "polls_per_minute")]
    #[schema(value_type = u32)]
    pub(crate) polls_per_minute: NonZeroU32,
    /// How long something is tried again until it is a dead letter.
    #[serde(default = "give_up", deserialize_with = "read_give_up")]
    #[schema(value_type = String)]
    pub(crate) give_up: Span,
}

/// A time such as `30s`, `5m` or `2h`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span(pub(crate) Duration);

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);
/// The longest span: no sum of several spans overflows.
const MAX_SPAN: Duration = Duration::from_secs(365 * 24 * 60 * 60);

fn listen() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 8080).into()
}

/// Where the first bot platform of its kind takes webhooks of Genesys.
fn path() -> String {
    "genesysCloudOM".into()
}

fn replay_window() -> Span {
    Span(10 * MINUTE)
}

fn read_replay_window<'de, D: Deserializer<'de>>(from: D) -> Result<Span, D::Error> {
    Span::within(from, 85 * SECOND..=24 * HOUR, "expected 85s to 24h, for Genesys tries again for 85 s")
}

/// 64 MiB: two instances at their own limit.
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

fn poll_interval() -> Span {
    Span(MINUTE)
}

fn polls_per_minute() -> NonZeroU32 {
    const HALF: NonZeroU32 = NonZeroU32::new(150).unwrap();
    HALF
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
            serde::de::Error::custom("expected a time such as \"30s\", \"5m\" or \"2h\", of a year at most")
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

/// A configuration with its text, so that whatever is wrong with it is said with its place.
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

    /// Errors name the line and never repeat it: there may be a secret where none should be.
    fn parse(name: String, text: String) -> anyhow::Result<Self> {
        let config = toml::from_str(&text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            anyhow::anyhow!("{name}:{}: {}", line(&text, at), expected(error.message()))
        })?;
        let file = Self { name, text, config };
        match file.config.mistake() {
            Some((keys, told)) => bail!("{}: {told}", file.place(&keys)),
            None => Ok(file),
        }
    }

    /// The place of a key, or of the table where it would be: `FILE:LINE: KEY`.
    pub(crate) fn place(&self, keys: &[&str]) -> String {
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

/// What serde says of a value that has another form than was expected begins with that value.
fn expected(message: &str) -> &str {
    let repeats = ["invalid type", "invalid value", "unknown variant"].iter().any(|kind| message.starts_with(kind));
    let at = message.rfind("expected ").filter(|_| repeats);
    at.and_then(|at| message.get(at..)).unwrap_or(message)
}

impl Config {
    /// What is well-formed and yet cannot be meant: where, and what was expected.
    fn mistake(&self) -> Option<(Vec<&str>, &'static str)> {
        if self.platform.tokens.is_empty() {
            return Some((vec!["platform", "tokens"], "expected one token or more, or nobody is let in"));
        }
        if self.store.sqlite.is_some() && self.store.nats.is_some() {
            return Some((vec!["store", "sqlite"], "expected one of sqlite and nats, for there is one store"));
        }
        if self.connection.is_empty() {
            return Some((vec!["connection"], "expected one connection or more: [connection.NAME]"));
        }
        self.connection.iter().find_map(|(name, connection)| {
            let (key, told) = connection.mistake()?;
            Some((vec!["connection", name, key], told))
        })
    }
}

impl Connection {
    fn mistake(&self) -> Option<(&'static str, &'static str)> {
        let fits = |path: &str| path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte));
        if self.path.is_empty() || !fits(&self.path) {
            return Some(("path", "expected one segment of a path: letters, digits and -._~"));
        }
        if self.plugin.is_some() && self.precompiled.is_some() {
            return Some(("precompiled", "expected one of plugin and precompiled, for there is one plugin"));
        }
        if self.integration_id.as_ref().is_some_and(String::is_empty) {
            return Some((
                "integration-id",
                "expected a text that is in each of its webhooks and in no other, or no integration-id at all",
            ));
        }
        None
    }
}

impl Connection {
    /// The rules for its mailboxes.
    pub(crate) fn rules(&self, observes: bool, keep_events: Span) -> Rules {
        let milliseconds = |span: Span| u64::try_from(span.0.as_millis()).unwrap_or(u64::MAX);
        Rules {
            policy: Policy {
                after_end: self.after_end,
                unattended: self.unattended.map(milliseconds),
                assignment_timeout: self.assignment_timeout.map(milliseconds),
                user_inactivity: self.user_inactivity.map(milliseconds),
                observes,
            },
            replay_window: self.replay_window.0,
            poll_interval: observes.then_some(self.poll_interval.0),
            has_callback: false,
            retries: Retries { initial_delay: SECOND, max_delay: MINUTE, give_up_after: self.give_up.0 },
            lookup_delay: LOOKUP_DELAY,
            // The events must expire first, and so must everything that may still be retried.
            retention: keep_events.0 + 24 * HOUR,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_in_the_repository_is_that_of_the_code() {
        let written = include_str!("../../../docs/configuration.md");
        assert!(written == reference(), "it has changed; run `make reference`");
    }

    const LEAST: &str = "[platform]\ntokens = [{ env = \"TOKEN\" }]\n[connection.acme]\nsettings = \"acme.toml\"\n";

    fn parse(text: &str) -> anyhow::Result<ConfigFile> {
        ConfigFile::parse("gateway.toml".into(), text.into())
    }

    #[test]
    fn the_least_that_one_has_to_say() {
        let config = parse(LEAST).expect("good").config;
        assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(config.connection["acme"].path, "genesysCloudOM");
        assert_eq!(config.connection["acme"].rules(true, config.store.keep_events).retries.give_up_after, HOUR);
    }

    #[test]
    fn errors_name_the_place_and_what_was_expected_and_never_what_was_there() {
        for (text, expected) in [
            (LEAST.replace("settings", "setings"), "gateway.toml:4: unknown field `setings`"),
            (LEAST.replace("{ env = \"TOKEN\" }", "\"s3cret\""), "gateway.toml:2: expected { env"),
            (format!("{LEAST}give-up = \"soon\"\n"), "gateway.toml:5: expected a time such as"),
            (format!("{LEAST}replay-window = \"10s\"\n"), "gateway.toml:5: expected 85s to 24h"),
            (format!("{LEAST}give-up = \"2d\"\n"), "gateway.toml:5: expected"),
            (format!("{LEAST}unattended = \"18446744073709551s\"\n"), "gateway.toml:5: expected a time such as"),
            (LEAST.replace("[connection.acme]", "[connection.acme"), "gateway.toml:3: "),
            (LEAST.replace("[{ env = \"TOKEN\" }]", "\"s3cret\""), "gateway.toml:2: expected a sequence"),
            (
                LEAST.replace("[{ env = \"TOKEN\" }]", "[]"),
                "gateway.toml:2: platform.tokens: expected one token or more",
            ),
            (
                LEAST.replace("[connection", "callback = \"s3cret\"\n[connection"),
                "gateway.toml:3: expected struct Callback",
            ),
            (
                LEAST.replace("[platform]", "platform = \"s3cret\"").replace("tokens", "#"),
                "gateway.toml:1: expected struct",
            ),
            (format!("{LEAST}[log]\nlevel = \"s3cret\"\n"), "gateway.toml:6: expected one of `error`"),
            (format!("{LEAST}[store]\nnats = \"nats://a:s3cret@b\"\n"), "gateway.toml:6: expected addresses without"),
            (
                format!("{LEAST}[store]\nnats = \"nats://a\"\nsqlite = \"b\"\n"),
                "gateway.toml:7: store.sqlite: expected one of",
            ),
            (format!("{LEAST}[demo]\ndesk = \"http://a:s3cret@b\"\n"), "gateway.toml:6: expected an origin"),
            (format!("{LEAST}[demo]\npublic = \"https://a.example/s3cret\"\n"), "gateway.toml:6: expected an origin"),
            (
                format!("{LEAST}integration-id = \"\"\n"),
                "gateway.toml:5: connection.acme.integration-id: expected a text",
            ),
            (format!("{LEAST}path = \"a/b\"\n"), "gateway.toml:5: connection.acme.path: expected one segment"),
            (
                "connection = {}\n[platform]\ntokens = [{ env = \"T\" }]\n".into(),
                "gateway.toml:1: connection: expected one",
            ),
        ] {
            let error = format!("{:#}", parse(&text).expect_err(&text));
            assert!(error.starts_with(expected), "{error}");
            assert!(!error.contains("s3cret"), "{error}");
        }
    }
}
