//! A minimal bot platform that receives webhooks and sends messages sequentially.

use super::trace::Trace;
use anyhow::{Context, bail, ensure};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::routing::post;
use handover_host::contract::{
    AgentEvent, Conversation, Delivery, EventKind, EventSource, Outbound, OutboundMessage, Webhook,
};
use handover_host::{Connection, Error};
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::mpsc;

const PATH: &str = "/handover/genesysCloudOM";
/// The timeout for a webhook from the local Genesys Cloud.
const WEBHOOK_TIMEOUT: Duration = Duration::from_secs(10);

/// A platform that listens for webhooks but has no connection yet.
pub(super) struct Listening {
    address: SocketAddr,
    receiver: Arc<Receiver>,
    events: mpsc::UnboundedReceiver<AgentEvent>,
}

pub(super) struct Platform {
    address: SocketAddr,
    connection: Connection,
    events: mpsc::UnboundedReceiver<AgentEvent>,
    trace: Trace,
}

struct Receiver {
    connection: OnceLock<Connection>,
    events: mpsc::UnboundedSender<AgentEvent>,
    trace: Trace,
}

/// Milliseconds since 1970.
pub(super) fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
}

impl Platform {
    /// Listens for webhooks.
    pub(super) async fn listen(trace: Trace) -> anyhow::Result<(Listening, SocketAddr)> {
        let (sender, events) = mpsc::unbounded_channel();
        let receiver = Arc::new(Receiver { connection: OnceLock::new(), events: sender, trace });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.context("cannot listen on a local port")?;
        let address = listener.local_addr()?;
        let router = Router::new()
            .route(PATH, post(receive))
            .layer(DefaultBodyLimit::max(1 << 20))
            .with_state(Arc::clone(&receiver));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok((Listening { address, receiver, events }, address))
    }

    /// Builds the requests for a message and delivers them in order. Returns the last delivery.
    pub(super) async fn send(&self, conversation: &Conversation, message: OutboundMessage) -> anyhow::Result<Delivery> {
        let outbound = Outbound { id: uuid::Uuid::new_v4().to_string(), time: now(), message };
        let built = self.connection.build_outbound_message(conversation, &outbound).await;
        let requests = built.context("the message cannot be built")?;
        let mut last = None;
        for request in &requests {
            let delivered = self.connection.deliver(request).await;
            last = Some(delivered.context("the message cannot be delivered")?);
        }
        last.context("the message has no requests")
    }

    /// Polls the conversation. Returns whether it contains a matching event.
    pub(super) async fn poll(
        &self,
        conversation: &Conversation,
        matches: impl Fn(&EventKind) -> bool,
    ) -> anyhow::Result<bool> {
        let polled = self.connection.observe_conversation(conversation).await;
        let events = polled.context("the conversation cannot be polled")?;
        Ok(events.iter().any(|event| matches(&event.kind)))
    }

    /// Returns the next event from a webhook.
    pub(super) async fn event(&mut self) -> anyhow::Result<AgentEvent> {
        match tokio::time::timeout(WEBHOOK_TIMEOUT, self.events.recv()).await {
            Ok(Some(event)) => Ok(event),
            Ok(None) => bail!("the webhook receiver has stopped"),
            Err(_) => bail!("no webhook arrived within {} s", WEBHOOK_TIMEOUT.as_secs()),
        }
    }

    /// Posts a webhook with a wrong signature, which must be rejected.
    pub(super) async fn forge(&self, body: &'static [u8]) -> anyhow::Result<()> {
        let request = reqwest::Client::new()
            .post(format!("http://{}{PATH}", self.address))
            .header("X-Hub-Signature-256", "sha256=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
            .body(body);
        let status = request.send().await?.status();
        ensure!(status == StatusCode::UNAUTHORIZED, "expected 401 for a forged webhook, got {status}");
        self.trace.add(format!("  answered {status}"));
        Ok(())
    }
}

impl Listening {
    /// Sets the connection that verifies webhooks.
    pub(super) fn connect(self, connection: Connection) -> Platform {
        let trace = self.receiver.trace.clone();
        let connection = self.receiver.connection.get_or_init(|| connection).clone();
        Platform { address: self.address, connection, events: self.events, trace }
    }
}

async fn receive(State(receiver): State<Arc<Receiver>>, parts: Parts, body: Bytes) -> StatusCode {
    let Some(connection) = receiver.connection.get() else { return StatusCode::SERVICE_UNAVAILABLE };
    let size = body.len();
    let webhook = Webhook::from_http(&parts, body);
    let start = Instant::now();
    let verdict = connection.verify_webhook(&webhook).await;
    let verified = start.elapsed().as_micros();
    let how = match verdict {
        Ok(how) => how,
        Err(Error::Provider(rejection)) => {
            receiver.trace.add(format!("← webhook {size} B  {rejection:?}"));
            return StatusCode::UNAUTHORIZED;
        }
        Err(Error::Call(error)) => {
            receiver.trace.add(format!("← webhook {size} B  {error}"));
            return StatusCode::INTERNAL_SERVER_ERROR;
        }
    };
    let start = Instant::now();
    let Ok(events) = connection.map_agent_events(&EventSource::Webhook(webhook.body)).await else {
        receiver.trace.add(format!("← webhook {size} B  cannot be mapped"));
        // A retry would have the same result.
        return StatusCode::OK;
    };
    let mapped = start.elapsed().as_micros();
    receiver.trace.add(format!("← webhook {size} B  {how:?}, verify {verified} µs, map {mapped} µs"));
    for event in events {
        // Ignored because the receiver is dropped when the demo ends.
        let _ = receiver.events.send(event);
    }
    StatusCode::OK
}
