//! Faults that an existing product shipped and later fixed, so that nobody has to find them again. Each test is named
//! after that product's version, in which the fault was mended; the source is Cognigy.AI's public release notes.
//!
//! Without a test here:
//!
//! * 4.69 (Question node), 4.72 (Copilot embed), 4.88 (xApps as lists), 4.90 (Code node shapes), 4.100 (Copilot
//!   postbacks), 4.97 (page of logs, page of providers): the platform's own nodes and pages.
//! * 4.95 and the guest chat of 4.38: another channel, withdrawn by Genesys.
//! * 2025.11 (flag for the organization's id): the platform's own address.
//! * 2025.12 (snapshots that lose the provider): the platform's own storage.
//! * Deprecations of 2025: nothing to mend.

mod connecting;
mod ending;
mod starting;
mod talking;
mod telling;

use crate::platform::Platform;
use crate::support::settings;
use crate::world::World;
use genesys_sandbox::{Config, Sandbox};
use handover_host::contract::{
    AgentEvent, Conversation, Delivery, EventKind, EventSource, HandoverStart, Outbound, OutboundMessage, Setting,
    Timestamp,
};
use handover_host::handover::{Handover, Policy};
use handover_host::{Connection, Provider};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::OnceCell;

/// 2026-03-01T10:00:00Z.
const TEN: Timestamp = 1_772_359_200_000;
const SECOND: Timestamp = 1000;
const MINUTE: Timestamp = 60 * SECOND;

/// The real provider in a host without a network: one for all, for compiling it takes longer than any of these tests.
async fn provider() -> &'static Provider {
    static PROVIDER: OnceCell<Provider> = OnceCell::const_new();
    PROVIDER.get_or_init(crate::support::provider).await
}

async fn connection(entered: &[(&str, &str)]) -> Connection {
    provider().await.connect_unchecked(settings(entered))
}

async fn map(connection: &Connection, source: EventSource) -> Vec<AgentEvent> {
    connection.map_agent_events(&source).await.expect("an object")
}

/// The one event that a source tells.
async fn one(connection: &Connection, source: EventSource) -> AgentEvent {
    let mut events = map(connection, source).await;
    assert_eq!(events.len(), 1, "{events:?}");
    events.remove(0)
}

async fn kinds(connection: &Connection, source: EventSource) -> Vec<EventKind> {
    map(connection, source).await.into_iter().map(|event| event.kind).collect()
}

fn webhook(body: &Value) -> EventSource {
    EventSource::Webhook(body.to_string().into_bytes())
}

/// What Genesys tells of a participant, as the event bus and notifications have it.
fn detail(topic: &str, time: Timestamp, more: &Value) -> Value {
    let mut body = json!({ "eventTime": time, "conversationId": "c-1", "mediaType": "MESSAGE", "messageType": "OPEN" });
    body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    json!({ "topicName": format!("v2.detail.events.conversation.c-1.{topic}"), "eventBody": body })
}

fn notification(topic: &str, time: Timestamp, more: &Value) -> EventSource {
    EventSource::Notification(detail(topic, time, more).to_string().into_bytes())
}

fn event_bus(topic: &str, time: Timestamp, more: &Value) -> EventSource {
    EventSource::EventBus(json!({ "version": "0", "detail": detail(topic, time, more) }).to_string().into_bytes())
}

/// What a trigger's workflow posts.
fn trigger(body: &Value) -> EventSource {
    EventSource::Trigger(body.to_string().into_bytes())
}

/// The first handover of a user, in the conversation that the events are about.
fn handover() -> Handover {
    let mut handover = Handover::begin(1, TEN, observing(), None).expect("the first");
    handover.delivered(&delivered("c-1"), TEN);
    handover
}

fn observing() -> Policy {
    Policy { observes: true, ..Policy::default() }
}

fn delivered(conversation: &str) -> Delivery {
    Delivery { message_id: None, conversation_id: Some(conversation.into()) }
}

fn conversation(recipient: &str) -> Conversation {
    Conversation { recipient: recipient.into(), handover: 1, id: Some("c-1".into()) }
}

/// The bodies of what is built for Genesys.
async fn built(connection: &Connection, conversation: &Conversation, message: OutboundMessage) -> Vec<Value> {
    let outbound = Outbound { id: "m-1".into(), time: TEN + 10 * MINUTE, message };
    let requests = connection.build_outbound_message(conversation, &outbound).await.expect("built");
    requests.iter().map(|request| serde_json::from_slice(&request.body).expect("JSON")).collect()
}

async fn started(connection: &Connection, start: HandoverStart) -> Vec<Value> {
    built(connection, &conversation("sess-42"), OutboundMessage::Start(start)).await
}

/// What the flow is told.
async fn attributes(connection: &Connection, start: HandoverStart) -> Value {
    started(connection, start).await[0]["channel"]["metadata"]["customAttributes"].clone()
}

/// What a connection to a sandbox is made with.
fn settings_of(sandbox: &Sandbox) -> Vec<Setting> {
    let announced = sandbox.announcement();
    settings(&[
        ("host", &announced.origin),
        ("deployment-name", &announced.integration_name),
        ("webhook-secret", &announced.webhook_secret),
        ("client-id", &announced.client_id),
        ("client-secret", &announced.client_secret),
    ])
}

/// A platform that takes the webhooks of a sandbox, and what else is sent to its address.
async fn platform(change: impl FnOnce(&mut Config, String), settings: &[(&str, &str)]) -> (World, Platform) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let mut config = Config::default();
    config.integrations[0].webhook_url = Some(address.clone());
    config.webhooks.retry_delay_ms = 50;
    config.requests_per_minute = 0;
    change(&mut config, address);
    let world = World::with(config, settings).await;
    let platform = Platform::new(world.connection.clone());
    platform.listen(listener);
    (world, platform)
}

/// Waits for what has to come.
async fn until(what: &str, mut come: impl FnMut() -> bool) {
    for _ in 0..1500 {
        if come() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{what} has not come");
}

/// Waits for so many messages; in the order in which they were shown.
async fn shown(platform: &Platform, recipient: &str, count: usize) -> Vec<String> {
    let look = || platform.book(recipient, |book| book.shown.clone());
    until("a message", || look().len() >= count).await;
    // One too many would come soon after.
    tokio::time::sleep(Duration::from_millis(100)).await;
    look()
}

fn path(conversation: &Conversation) -> String {
    format!("conversations/{}", conversation.id.as_deref().expect("an id"))
}

fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    u64::try_from(since.as_millis()).expect("a time")
}
