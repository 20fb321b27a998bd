//! `handover serve`

use crate::arguments::Serve as Arguments;
use crate::bots_file;
use crate::config::{Config, ConfigFile, Connection, Origin, reference};
use crate::features::Features;
use crate::gateway_log;
use crate::output;
use crate::plugin::{self, Plugin};
use crate::secret_source::SecretSource;
use crate::settings::SettingsFile;
use anyhow::Context;
use handover_demo::DemoContext;
use handover_gateway::store::Store;
use handover_gateway::store::nats::{Layout, NatsCache, NatsStore};
use handover_gateway::store::sqlite::SqliteStore;
use handover_gateway::translation::Translation;
use handover_gateway::{
    BotOptions, BotService, Callback, ConnectionService, Gateway, Mailboxes, Metrics, Options, Parts, Repository,
    Sessions, Tokens, Trace, document, run as run_gateway, why_unfetchable,
};
use handover_host::{Host, HttpClient, HttpClientLimits, Limits, Provider};
use serde_json::json;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// The default SQLite file.
const DEFAULT_SQLITE_FILE: &str = "handover.sqlite";
/// The number of calls that one instance of a plugin serves.
const CALLS_PER_INSTANCE: u32 = 1_000;

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    if arguments.reference {
        output::print(reference().trim_end())?;
        return Ok(ExitCode::SUCCESS);
    }
    let Some(path) = arguments.config.filter(|_| !arguments.api) else {
        output::print(document().trim_end())?;
        return Ok(ExitCode::SUCCESS);
    };
    let file = ConfigFile::read(&path)?;
    let config = &file.config;
    let folder = path.parent().unwrap_or(Path::new("")).to_owned();
    let metrics = Metrics::default();
    let _log = gateway_log::start(&config.log, &metrics);
    raise_open_file_limit();
    let (store, cache) = store(&file, &folder).await?;
    let mailboxes = Mailboxes::new(Arc::clone(&store), metrics.clone());
    let sessions = Sessions::new(Repository::new(store, metrics.clone()));
    let trace = Trace::default();
    let plugins = Plugins { host: host(config, cache)?, loaded: HashMap::new(), folder: folder.clone() };
    let callback = callback(&file, &folder)?;
    let mut serving = Serving { file: &file, plugins, callback, metrics: metrics.clone(), trace: trace.clone() };
    let services = serving.connections(&mailboxes).await?;
    let bots = serving.bot_connections(&sessions, &services).await?;
    let at = || file.position(&["platform", "tokens"]);
    let tokens = Tokens::new(&read_secrets(&config.platform.tokens, &folder).with_context(at)?).with_context(at)?;
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("{}: cannot listen on {}", file.position(&["listen"]), config.listen))?;

    let (stop, address) = (CancellationToken::new(), listener.local_addr()?);
    let gateway = Gateway::new(services.clone(), bots.clone(), mailboxes.clone(), tokens, metrics, stop.clone());
    let mut router = gateway.router();
    if config.demo.enabled {
        let origin = |origin: &Origin| origin.0.clone();
        let public = config.demo.public.as_ref().map_or_else(|| format!("http://{address}"), origin);
        if let Some(reason) = why_unfetchable(&public) {
            tracing::warn!(
                public,
                "the contact center may be unable to fetch the files of the demo page: {reason}; set demo.public to a public https origin"
            );
        }
        let desk = config.demo.desk.as_ref().map(origin);
        router = router.merge(DemoContext { gateway, trace, desk, stop: stop.clone(), public }.router()?);
    }
    // Ignored because standard output may be closed.
    let _ = output::print(json!({ "listen": address.to_string() }));
    let keep_events = config.store.keep_events.0;
    run_gateway(Parts { services, mailboxes, bots, sessions, keep_events, listener, router, stop }).await?;
    Ok(ExitCode::SUCCESS)
}

/// Raises the limit on open files as far as the system allows.
fn raise_open_file_limit() {
    if let Err(error) = rlimit::increase_nofile_limit(rlimit::INFINITY) {
        tracing::warn!(%error, "the limit on open files cannot be raised");
    }
}

/// Opens the store. Returns also the cache that several gateways share, if the store is NATS.
async fn store(file: &ConfigFile, folder: &Path) -> anyhow::Result<(Arc<dyn Store>, Option<NatsCache>)> {
    let store = &file.config.store;
    let Some(servers) = &store.nats else {
        let path = store.sqlite.as_deref().unwrap_or(Path::new(DEFAULT_SQLITE_FILE));
        let opened = SqliteStore::open(&folder.join(path)).with_context(|| file.position(&["store", "sqlite"]))?;
        return Ok((Arc::new(opened), None));
    };
    let at = || file.position(&["store", "nats"]);
    let servers = servers.read(folder).with_context(at)?;
    let credentials = store.nats_credentials.as_ref().map(|source| source.read(folder)).transpose();
    let credentials = credentials.with_context(|| file.position(&["store", "nats-credentials"]))?;
    let layout = Layout { prefix: store.nats_prefix.clone(), replicas: store.nats_replicas.get() };
    let opened = NatsStore::connect(&servers, credentials.as_deref(), &layout).await.with_context(at)?;
    let cache = opened.cache(&layout).await.with_context(at)?;
    Ok((Arc::new(opened), Some(cache)))
}

/// Creates the host of all plugins.
fn host(config: &Config, cache: Option<NatsCache>) -> anyhow::Result<Host> {
    let client = HttpClient::new(HttpClientLimits::default())?;
    let mut limits = Limits::default();
    limits.total_memory = usize::try_from(config.plugins.memory_mib)?.saturating_mul(1 << 20);
    limits.connection_calls = config.plugins.calls_per_connection.get();
    let host = Host::builder().limits(limits).http(client).reuse(CALLS_PER_INSTANCE);
    let host = match cache {
        Some(cache) => host.cache(cache),
        None => host,
    };
    Ok(host.build()?)
}

/// The plugins that are loaded so far, each once.
struct Plugins {
    host: Host,
    loaded: HashMap<Plugin, Provider>,
    folder: PathBuf,
}

/// What a connection's configuration says about its plugin.
struct PluginKeys<'c> {
    plugin: Option<&'c PathBuf>,
    precompiled: Option<&'c PathBuf>,
    built_in: Plugin,
    component: &'static [u8],
}

impl Plugins {
    /// Returns a connection's plugin, and whether it may reach the origins of its settings. The error is with the key.
    async fn load(&mut self, keys: PluginKeys<'_>) -> Result<(Provider, bool), (&'static str, anyhow::Error)> {
        let (plugin, key) = match (keys.plugin, keys.precompiled) {
            (Some(path), _) => (Plugin::Component(self.folder.join(path)), "plugin"),
            (None, Some(path)) => (Plugin::Precompiled(self.folder.join(path)), "precompiled"),
            (None, None) => (keys.built_in, "plugin"),
        };
        let provider = match self.loaded.entry(plugin.clone()) {
            Entry::Occupied(loaded) => loaded.into_mut(),
            Entry::Vacant(entry) => entry.insert(plugin.load(&self.host).await.map_err(|error| (key, error))?),
        };
        let trusted = !matches!(plugin, Plugin::Component(_)) && provider.is_made_of(keys.component);
        Ok((provider.clone(), trusted))
    }
}

/// What all connections share.
struct Serving<'c> {
    file: &'c ConfigFile,
    plugins: Plugins,
    callback: Option<Callback>,
    metrics: Metrics,
    trace: Trace,
}

impl Serving<'_> {
    async fn connections(&mut self, mailboxes: &Mailboxes) -> anyhow::Result<Vec<ConnectionService>> {
        let (file, mut services) = (self.file, Vec::new());
        for (name, connection) in &file.config.connection {
            let at = |key| file.position(&["connection", name, key]);
            let settings =
                SettingsFile::read(&self.plugins.folder.join(&connection.settings)).with_context(|| at("settings"))?;
            let keys = PluginKeys {
                plugin: connection.plugin.as_ref(),
                precompiled: connection.precompiled.as_ref(),
                built_in: Plugin::BuiltIn,
                component: plugin::BUILT_IN,
            };
            let loaded = self.plugins.load(keys).await;
            let (provider, trusted) = loaded.map_err(|(key, error)| error.context(at(key)))?;
            let connected = plugin::connect_with(&provider, &settings, &connection.allow_origins, trusted)
                .await
                .with_context(|| at("settings"))?;
            let redaction = connection.redaction.compile();
            let redaction = redaction.with_context(|| file.position(&["connection", name, "redaction", "pattern"]))?;
            let options = Options {
                rules: connection.rules(&provider.description().abilities, file.config.store.keep_events),
                callback: self.callback.clone(),
                path: Some(connection.path.clone()),
                integration_id: connection.integration_id.clone(),
                logs_bodies: file.config.log.bodies,
                polls: connection.polls_per_minute,
                redaction: redaction.map(Arc::new),
                translation: translation(file, &self.plugins.folder, name, connection)?,
                trace: self.trace.clone(),
            };
            let service = ConnectionService::new(name, connected, options, mailboxes.clone(), &self.metrics);
            services.push(service.with_context(|| file.position(&["connection", name]))?);
        }
        Ok(services)
    }

    async fn bot_connections(
        &mut self,
        sessions: &Sessions,
        connections: &[ConnectionService],
    ) -> anyhow::Result<Vec<BotService>> {
        let (file, mut services) = (self.file, Vec::new());
        for (name, connection) in &file.config.bot_connection {
            let at = |key| file.position(&["bot-connection", name, key]);
            if let Some(organization) = &connection.organization {
                let features = Features::from_environment().with_context(|| at("organization"))?;
                features.bot_connector.permits(organization).with_context(|| at("organization"))?;
            }
            let folder = &self.plugins.folder;
            let settings = SettingsFile::read(&folder.join(&connection.settings)).with_context(|| at("settings"))?;
            let bots = bots_file::read(&folder.join(&connection.bots)).with_context(|| at("bots"))?;
            let keys = PluginKeys {
                plugin: connection.plugin.as_ref(),
                precompiled: connection.precompiled.as_ref(),
                built_in: Plugin::BuiltInForBots,
                component: plugin::BUILT_IN_FOR_BOTS,
            };
            let loaded = self.plugins.load(keys).await;
            let (provider, trusted) = loaded.map_err(|(key, error)| error.context(at(key)))?;
            let connected = plugin::bots_with(&provider, &settings, &connection.allow_origins, trusted)
                .await
                .with_context(|| at("settings"))?;
            // A list that the contact center would refuse is an error now, and not when a flow is edited.
            connected.build_bot_list(&bots, None).await.with_context(|| at("bots"))?;
            let options = BotOptions {
                rules: connection.rules(),
                callback: self.callback.clone(),
                followed_by: connections
                    .iter()
                    .find(|other| connection.followed_by.as_deref() == Some(other.name()))
                    .cloned(),
                bots,
                logs_bodies: file.config.log.bodies,
                trace: self.trace.clone(),
            };
            let service = BotService::new(name, connected, options, sessions.clone(), &self.metrics);
            services.push(service.with_context(|| file.position(&["bot-connection", name]))?);
        }
        Ok(services)
    }
}

fn translation(
    file: &ConfigFile,
    folder: &Path,
    name: &str,
    connection: &Connection,
) -> anyhow::Result<Option<Translation>> {
    let Some(translation) = &connection.translation else { return Ok(None) };
    let at = || file.position(&["connection", name, "translation"]);
    let secrets = read_secrets(&translation.secrets, folder).with_context(at)?;
    Ok(Some(Translation::new(&translation.url, secrets, translation.timeout.0).with_context(at)?))
}

fn callback(file: &ConfigFile, folder: &Path) -> anyhow::Result<Option<Callback>> {
    let Some(callback) = &file.config.platform.callback else { return Ok(None) };
    let at = || file.position(&["platform", "callback"]);
    let secrets = read_secrets(&callback.secrets, folder).with_context(at)?;
    Ok(Some(Callback::new(&callback.url, secrets).with_context(at)?))
}

fn read_secrets(sources: &[SecretSource], folder: &Path) -> anyhow::Result<Vec<String>> {
    let sources = sources.iter().enumerate();
    sources.map(|(index, source)| source.read(folder).with_context(|| format!("entry {}", index + 1))).collect()
}
