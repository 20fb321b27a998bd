//! The gateway between a local Genesys Cloud and a platform, tested over HTTP.

mod api;
mod availability;
mod faults;
mod instructions;
mod reconciliation;
mod redaction;
mod translation;
mod webhooks;

use crate::world::World;
use axum::http::{HeaderMap, StatusCode};
use genesys_sandbox::Config;
use handover_gateway::mailbox::{Retries, Rules};
use handover_gateway::store::sqlite::SqliteStore;
use handover_gateway::{
    Callback, ConnectionService, Gateway, Mailboxes, Metrics, Options, ServerLimits, Tokens, Trace, Worker, serve,
};
use handover_host::handover::Policy;
use serde_json::{Value, json};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

const TOKEN: &str = "a-token-of-20-or-more";

/// A gateway with one connection, `acme`, to a local Genesys Cloud.
struct TestGateway {
    world: World,
    url: String,
    http: reqwest::Client,
    store: SqliteStore,
    _folder: TempDir,
    _stop: DropGuard,
}

fn rules() -> Rules {
    Rules {
        policy: Policy { can_poll: true, ..Policy::default() },
        replay_window: Duration::from_secs(600),
        poll_interval: Some(Duration::from_millis(500)),
        has_callback: false,
        retries: Retries {
            initial_delay: Duration::from_millis(100),
            max_delay: Duration::from_secs(1),
            give_up_after: Duration::from_secs(60),
        },
        lookup_delay: Duration::from_secs(3),
        reconciliation_delay: None,
        outcome_timeout: None,
        agents_begin: false,
        retention: Duration::from_secs(86_400),
    }
}

/// Directs the webhooks of the sandbox to the gateway on this listener. Returns the URL of the gateway.
fn configure_webhooks(listener: &TcpListener, config: &mut Config) -> String {
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    config.requests_per_minute = 0;
    config.typing.inbound = true;
    config.integrations[0].webhook_url = Some(format!("{url}/handover/genesysCloudOM"));
    config.webhooks.retry_delay_ms = 200;
    url
}

fn store_in(folder: &TempDir) -> SqliteStore {
    SqliteStore::open(&folder.path().join("handover.sqlite")).expect("a store")
}

/// Runs a gateway with these connections, each with its name and integration id, until the guard is dropped.
fn run_gateway<'w>(
    store: SqliteStore,
    listener: TcpListener,
    connections: &[(&'static str, &'w World, Option<String>)],
    rules: &Rules,
    callback: Option<&Callback>,
) -> DropGuard {
    let with_options = |(name, world, integration_id): &(&'static str, &'w World, Option<String>)| {
        (*name, *world, options(rules, callback, integration_id.clone()))
    };
    run_gateway_with(store, listener, &connections.iter().map(with_options).collect::<Vec<_>>())
}

fn options(rules: &Rules, callback: Option<&Callback>, integration_id: Option<String>) -> Options {
    Options {
        rules: rules.clone(),
        callback: callback.cloned(),
        path: Some("genesysCloudOM".into()),
        integration_id,
        logs_bodies: false,
        redaction: None,
        translation: None,
        polls: NonZeroU32::new(6_000).expect("a nonzero number"),
        trace: Trace::default(),
    }
}

/// Runs a gateway with these connections, each with its name and options, until the guard is dropped.
fn run_gateway_with(store: SqliteStore, listener: TcpListener, connections: &[(&str, &World, Options)]) -> DropGuard {
    let metrics = Metrics::default();
    let mailboxes = Mailboxes::new(Arc::new(store), metrics.clone());
    let service = |(name, world, options): &(&str, &World, Options)| {
        let (connection, options) = (world.connection.clone(), options.clone());
        ConnectionService::new(name, connection, options, mailboxes.clone(), &metrics).expect("a name")
    };
    let services: Vec<_> = connections.iter().map(service).collect();
    let stop = CancellationToken::new();
    let tokens = Tokens::new(&[TOKEN.to_owned()]).expect("tokens");
    let gateway = Gateway::new(services.clone(), Vec::new(), mailboxes.clone(), tokens, metrics, stop.clone());
    tokio::spawn(Worker::new(services, mailboxes).run(stop.clone()));
    tokio::spawn(serve(listener, gateway.router(), ServerLimits::default(), stop.clone()));
    stop.drop_guard()
}

impl TestGateway {
    async fn new() -> Self {
        Self::with_rules(rules(), None).await
    }

    async fn with_rules(rules: Rules, callback: Option<Callback>) -> Self {
        Self::with_config(Config::default(), &[], rules, callback).await
    }

    /// Starts a sandbox with this configuration and a gateway. `settings` replaces or extends the announced settings.
    async fn with_config(config: Config, settings: &[(&str, &str)], rules: Rules, callback: Option<Callback>) -> Self {
        Self::with_options(config, settings, options(&rules, callback.as_ref(), None)).await
    }

    /// Starts a sandbox with this configuration and a gateway with these options, for the integration of the sandbox.
    async fn with_options(mut config: Config, settings: &[(&str, &str)], options: Options) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = configure_webhooks(&listener, &mut config);
        let world = World::with(config, settings).await;
        let folder = tempfile::tempdir().expect("a folder");
        let options = Options { integration_id: Some(world.sandbox.announcement().integration_id.clone()), ..options };
        let store = store_in(&folder);
        let stop = run_gateway_with(store.clone(), listener, &[("acme", &world, options)]);
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        Self { world, url, http, store, _folder: folder, _stop: stop }
    }

    fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let method = method.parse().expect("a method");
        self.http.request(method, format!("{}/v1/connections/acme/{path}", self.url)).bearer_auth(TOKEN)
    }

    async fn call(&self, method: &str, path: &str, body: Value) -> (StatusCode, Value) {
        let request = self.request(method, path);
        send(if body.is_null() { request } else { request.json(&body) }).await
    }

    async fn begin(&self, recipient: &str) {
        let answer = self.call("POST", &format!("recipients/{recipient}/handover"), json!({ "text": "Help!" })).await;
        assert_eq!(answer, (StatusCode::ACCEPTED, json!({ "handover": 1 })));
    }

    /// Sends a text as the user. Returns the message id.
    async fn send_text(&self, recipient: &str, text: &str) -> String {
        let (status, body) =
            self.call("POST", &format!("recipients/{recipient}/messages"), json!({ "text": text })).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{body}");
        body["message"].as_str().expect("an id").to_owned()
    }

    /// Begins a handover and accepts it as an agent. Returns the conversation id.
    async fn begin_and_accept(&self, recipient: &str) -> String {
        self.begin(recipient).await;
        let id = until("the conversation", async || {
            let (_, state) = self.call("GET", &format!("recipients/{recipient}/handover"), Value::Null).await;
            state["conversation"].as_str().map(String::from)
        });
        let id = id.await;
        self.world.sandbox_post(&format!("conversations/{id}/accept"), json!({ "name": "Grace Hopper" })).await;
        id
    }

    /// Returns the texts that the contact center received from the user, in order.
    async fn arrived(&self, conversation: &str) -> Vec<String> {
        let seen = self.world.sandbox_get(&format!("conversations/{conversation}")).await;
        let messages = seen["messages"].as_array().expect("messages").iter();
        let from_user = messages.filter(|message| message["direction"] == "Inbound");
        from_user.filter_map(|message| message["text"].as_str().map(String::from)).collect()
    }

    async fn until_arrived(&self, conversation: &str, text: &str) {
        until(text, async || self.arrived(conversation).await.iter().any(|arrived| arrived == text).then_some(()))
            .await;
    }

    /// Reads the events of the log after this id, up to an event of this type. Returns each event with its id in the
    /// log.
    async fn events(&self, after: Option<&str>, until: &str) -> Vec<(String, Value)> {
        let request = self.request("GET", "events");
        let request = match after {
            Some(after) => request.header("last-event-id", after),
            None => request,
        };
        let mut answer = request.send().await.expect("an answer");
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        let (mut text, mut events) = (String::new(), Vec::new());
        while events.last().is_none_or(|(_, event): &(String, Value)| event["type"] != until) {
            let chunk = tokio::time::timeout(Duration::from_secs(20), answer.chunk()).await;
            let chunk = chunk.unwrap_or_else(|_| panic!("no {until} after {events:?}"));
            text.push_str(std::str::from_utf8(&chunk.expect("a chunk").expect("an open stream")).expect("UTF-8"));
            while let Some((block, rest)) = text.split_once("\n\n") {
                let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name));
                if let (Some(id), Some(data)) = (field("id: "), field("data: ")) {
                    events.push((id.to_owned(), serde_json::from_str(data).expect("JSON")));
                }
                text = rest.to_owned();
            }
        }
        events
    }

    async fn metric(&self, line: &str) -> u64 {
        let metrics =
            self.http.get(format!("{}/metrics", self.url)).bearer_auth(TOKEN).send().await.expect("an answer");
        let metrics = metrics.text().await.expect("text");
        let value = metrics.lines().find_map(|found| found.strip_prefix(line)?.strip_prefix(' '));
        value.map_or(0, |value| value.parse().expect("a number"))
    }
}

/// Sends a request. Returns the status and the JSON body, which is `null` if the body is empty.
async fn send(request: reqwest::RequestBuilder) -> (StatusCode, Value) {
    let answer = request.send().await.expect("an answer");
    let (status, bytes) = (answer.status(), answer.bytes().await.expect("a body"));
    let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).expect("JSON") };
    (status, body)
}

/// Repeats `look` until it returns a value.
async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < deadline, "timed out waiting for {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Copies the headers of a webhook, so that the test can send it itself.
fn copy_headers(headers: &HeaderMap) -> HeaderMap {
    let mut copy = headers.clone();
    for hop in ["host", "content-length", "connection", "accept"] {
        copy.remove(hop);
    }
    copy
}
