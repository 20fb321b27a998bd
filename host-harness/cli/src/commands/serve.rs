//! `handover serve`

use crate::arguments::Serve as Arguments;
use crate::config::{Config, Format, Level, Log, Platform, reference};
use crate::place::Place;
use crate::plugin;
use crate::settings::SettingsFile;
use anyhow::Context;
use handover_gateway::store::Store;
use handover_gateway::store::nats::{Layout, NatsCache, NatsStore};
use handover_gateway::store::sqlite::SqliteStore;
use handover_gateway::{
    Callback, Gateway, Mailboxes, Metrics, Options, Served, Tokens, Worker, clean, document, serve,
};
use handover_host::contract::Ability;
use handover_host::{Host, HttpClient, HttpClientLimits, Limits};
use serde_json::json;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::filter::LevelFilter;

/// Calls for which one instance of a plugin is used at most.
const REUSE: u32 = 1_000;

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    if arguments.reference {
        print!("{}", reference());
        return Ok(ExitCode::SUCCESS);
    }
    let Some(path) = arguments.config.filter(|_| !arguments.api) else {
        print!("{}", document());
        return Ok(ExitCode::SUCCESS);
    };
    let config = Config::read(&path)?;
    let folder = path.parent().unwrap_or(Path::new("")).to_owned();
    log(&config.log);
    let (store, cache) = store(&config, &folder).await?;
    let mailboxes = Mailboxes::new(store);
    let metrics = Metrics::default();
    let served = connections(&config, &folder, cache, &mailboxes, &metrics).await?;
    let tokens = Tokens::new(&read_all(&config.platform.tokens, &folder).context("platform.tokens")?)
        .context("platform.tokens")?;
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("listen: {} cannot be listened on", config.listen))?;

    let stop = CancellationToken::new();
    let gateway = Gateway::new(served.clone(), mailboxes.clone(), tokens, metrics, stop.clone());
    let worker = tokio::spawn(Worker::new(served, mailboxes.clone()).run(stop.clone()));
    let cleaner = tokio::spawn(clean(mailboxes, config.store.keep_events.milliseconds, stop.clone()));
    println!("{}", json!({ "listen": listener.local_addr()?.to_string() }));
    let server = tokio::spawn(serve(listener, gateway.router(), stop.clone()));
    let mut terminated = signal(SignalKind::terminate()).context("the signal to stop cannot be awaited")?;
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminated.recv() => {}
    }
    tracing::info!("stopping: what has begun is ended");
    stop.cancel();
    let (server, worker, cleaner) = tokio::join!(server, worker, cleaner);
    server.and(worker).and(cleaner)?;
    Ok(ExitCode::SUCCESS)
}

fn log(log: &Log) {
    let level = match log.level {
        Level::Error => LevelFilter::ERROR,
        Level::Warn => LevelFilter::WARN,
        Level::Info => LevelFilter::INFO,
        Level::Debug => LevelFilter::DEBUG,
    };
    let lines = tracing_subscriber::fmt().with_max_level(level).with_writer(std::io::stderr);
    match log.format {
        Format::Text => lines.init(),
        Format::Json => lines.json().init(),
    }
}

/// With the cache that the gateways of the same store share, if there can be several.
async fn store(config: &Config, folder: &Path) -> anyhow::Result<(Arc<dyn Store>, Option<NatsCache>)> {
    let store = &config.store;
    let Some(servers) = &store.nats else {
        let opened = SqliteStore::open(&folder.join(&store.sqlite)).context("store.sqlite")?;
        return Ok((Arc::new(opened), None));
    };
    let credentials = store.nats_credentials.as_ref().map(|place| place.read(folder)).transpose();
    let credentials = credentials.context("store.nats-credentials")?;
    let layout = Layout { prefix: store.nats_prefix.clone(), replicas: store.nats_replicas.get() };
    let opened = NatsStore::connect(servers, credentials.as_deref(), &layout).await.context("store.nats")?;
    let cache = opened.cache(&layout).await.context("store.nats")?;
    Ok((Arc::new(opened), Some(cache)))
}

async fn connections(
    config: &Config,
    folder: &Path,
    cache: Option<NatsCache>,
    mailboxes: &Mailboxes,
    metrics: &Metrics,
) -> anyhow::Result<Vec<Served>> {
    let client = HttpClient::new(HttpClientLimits::default())?;
    let host = Host::builder().limits(Limits::default()).http(client).reuse(REUSE);
    let host = match cache {
        Some(cache) => host.cache(cache),
        None => host,
    };
    let host = host.build()?;
    let callback = callback(&config.platform, folder)?;
    let mut served = Vec::new();
    for (name, connection) in &config.connection {
        let file = SettingsFile::read(&folder.join(&connection.settings))?;
        let path = connection.plugin.as_ref().map(|path| folder.join(path));
        let component = plugin::read(path.as_deref())?;
        let provider = host.load(&component).await.with_context(|| format!("connection.{name}.plugin"))?;
        let connected = plugin::connect_with(&provider, &file, &connection.allow_origins, path.is_none())
            .await
            .with_context(|| format!("connection.{name}"))?;
        let observes = provider.description().abilities.contains(&Ability::Observation);
        let options = Options {
            rules: connection.rules(observes, config.store.keep_events),
            callback: callback.clone(),
            path: Some(connection.path.clone()),
            mark: connection.mark.clone(),
            logs_bodies: config.log.bodies,
            observations: connection.observations_a_minute,
        };
        let one = Served::new(name, connected, options, mailboxes.clone(), metrics);
        served.push(one.with_context(|| format!("connection.{name}"))?);
    }
    Ok(served)
}

fn callback(platform: &Platform, folder: &Path) -> anyhow::Result<Option<Callback>> {
    let Some(callback) = &platform.callback else { return Ok(None) };
    let secrets = read_all(&callback.secrets, folder).context("platform.callback.secrets")?;
    Ok(Some(Callback::new(&callback.url, secrets).context("platform.callback")?))
}

fn read_all(places: &[Place], folder: &Path) -> anyhow::Result<Vec<String>> {
    let read = places.iter().enumerate();
    read.map(|(index, place)| place.read(folder).with_context(|| format!("entry {}", index + 1))).collect()
}
