//! Regression tests for faults that an existing product shipped and later fixed. The name of each test starts with the
//! version of that product that fixed the fault. Source: Cognigy.AI's public release notes.
//!
//! Not tested here:
//!
//! * 4.69 (Question node), 4.72 (Copilot embed), 4.88 (xApps as lists), 4.90 (Code node shapes), 4.100 (Copilot
//!   postbacks), 4.97 (page of logs, page of providers): nodes and pages of the platform.
//! * 4.95 and the guest chat of 4.38: another channel, which Genesys has withdrawn.
//! * 2025.11 (flag for the organization's id): an address of the platform.
//! * 2025.12 (snapshots that lose the provider): storage of the platform.
//! * Deprecations of 2025: nothing to fix.

mod connecting;
mod ending;
mod events;
mod messages;
mod starting;

use crate::platform::Platform;
use crate::support::{connect, settings};
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

/// Returns the real provider in a host without a network. The tests share it, because compiling it takes longer than
/// any test.
async fn provider() -> &'static Provider {
    static PROVIDER: OnceCell<Provider> = OnceCell::const_new();
    PROVIDER.get_or_init(crate::support::provider).await
}

async fn connection(values: &[(&str, &str)]) -> Connection {
    connect(provider().await, values).await
}

async fn map(connection: &Connection, source: EventSource) -> Vec<AgentEvent> {
    connection.map_agent_events(&source).await.expect("an object")
}

/// Maps a source to exactly one event.
async fn map_one(connection: &Connection, source: EventSource) -> AgentEvent {
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

/// Returns a detail event of a participant in the format of the event bus and of notifications.
fn detail(topic: &str, time: Timestamp, fields: &Value) -> Value {
    let mut body = json!({ "eventTime": time, "conversationId": "c-1", "mediaType": "MESSAGE", "messageType": "OPEN" });
    body.as_object_mut().expect("an object").extend(fields.as_object().expect("an object").clone());
    json!({ "topicName": format!("v2.detail.events.conversation.c-1.{topic}"), "eventBody": body })
}

fn notification(topic: &str, time: Timestamp, fields: &Value) -> EventSource {
    EventSource::Notification(detail(topic, time, fields).to_string().into_bytes())
}

fn event_bus(topic: &str, time: Timestamp, fields: &Value) -> EventSource {
    EventSource::EventBus(json!({ "version": "0", "detail": detail(topic, time, fields) }).to_string().into_bytes())
}

/// Returns the request of a trigger's workflow.
fn trigger(body: &Value) -> EventSource {
    EventSource::Trigger(body.to_string().into_bytes())
}

/// Returns the first handover of a user, in the conversation of the events.
fn handover() -> Handover {
    let mut handover = Handover::begin(1, TEN, polling_policy(), None).expect("the first handover");
    handover.delivered(&delivered("c-1"), TEN);
    handover
}

fn polling_policy() -> Policy {
    Policy { can_poll: true, ..Policy::default() }
}

fn delivered(conversation: &str) -> Delivery {
    Delivery { conversation_id: Some(conversation.into()), ..Delivery::default() }
}

fn conversation(recipient: &str) -> Conversation {
    Conversation { recipient: recipient.into(), handover: 1, id: Some("c-1".into()) }
}

/// Builds a message and returns the request bodies.
async fn built(connection: &Connection, conversation: &Conversation, message: OutboundMessage) -> Vec<Value> {
    let outbound = Outbound { id: "m-1".into(), time: TEN + 10 * MINUTE, message };
    let requests = connection.build_outbound_message(conversation, &outbound).await.expect("built");
    requests.iter().map(|request| serde_json::from_slice(&request.body).expect("JSON")).collect()
}

/// Builds the start of a handover and returns the request bodies.
async fn started(connection: &Connection, start: HandoverStart) -> Vec<Value> {
    built(connection, &conversation("sess-42"), OutboundMessage::Start(start)).await
}

/// Returns the custom attributes that the flow receives.
async fn attributes(connection: &Connection, start: HandoverStart) -> Value {
    started(connection, start).await[0]["channel"]["metadata"]["customAttributes"].clone()
}

/// Returns the settings of a connection to this sandbox.
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

/// Starts a sandbox and a platform that receives its webhooks and any other events sent to its address.
async fn platform(configure: impl FnOnce(&mut Config, String), settings: &[(&str, &str)]) -> (World, Platform) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let mut config = Config::default();
    config.integrations[0].webhook_url = Some(address.clone());
    config.webhooks.retry_delay_ms = 50;
    config.requests_per_minute = 0;
    configure(&mut config, address);
    let world = World::with(config, settings).await;
    let platform = Platform::new(world.connection.clone());
    platform.listen(listener);
    (world, platform)
}

/// Waits until a condition holds.
async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..1500 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("timed out waiting for {what}");
}

/// Waits for this number of messages. Returns them in the order in which they were shown.
async fn shown(platform: &Platform, recipient: &str, count: usize) -> Vec<String> {
    let look = || platform.with_state(recipient, |state| state.shown.clone());
    until("a message", || look().len() >= count).await;
    // Leaves time for a duplicate to arrive.
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
