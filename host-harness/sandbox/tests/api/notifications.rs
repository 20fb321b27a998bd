//! Tests of notification channels and their WebSockets.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use genesys_sandbox::{ClientConfig, Config, NotificationConfig, Permission, Secret};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::support::{Genesys, config, read};

const CHANNELS: &str = "/api/v2/notifications/channels";
/// The time after which a test fails because the socket did not respond.
const SOCKET_TIMEOUT: Duration = Duration::from_secs(20);

struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    async fn connect(uri: &str) -> Self {
        Self(timeout(SOCKET_TIMEOUT, connect_async(uri)).await.unwrap().unwrap().0)
    }

    /// Returns the next frame; `None` once the socket is closed.
    async fn next(&mut self) -> Option<Value> {
        loop {
            match timeout(SOCKET_TIMEOUT, self.0.next()).await.unwrap() {
                Some(Ok(Message::Text(text))) => return Some(serde_json::from_str(&text).unwrap()),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }

    async fn frame(&mut self) -> Value {
        self.next().await.unwrap()
    }

    async fn send(&mut self, body: Value) {
        self.0.send(Message::Text(body.to_string().into())).await.unwrap();
    }

    /// Returns the topics of the next frames.
    async fn topics(&mut self, count: usize) -> Vec<String> {
        let mut topics = Vec::new();
        for _ in 0..count {
            topics.push(self.frame().await["topicName"].as_str().unwrap().to_owned());
        }
        topics
    }
}

/// Creates a channel. Returns its ID and its URI.
async fn create_channel(genesys: &Genesys) -> (String, String) {
    let created = genesys.call("POST", CHANNELS, Value::Null).await;
    assert_eq!(created.status, 200, "{:?}", created.body);
    (created.body["id"].as_str().unwrap().to_owned(), created.body["connectUri"].as_str().unwrap().to_owned())
}

fn ids(topics: &[&str]) -> Value {
    topics.iter().map(|topic| json!({ "id": topic })).collect()
}

async fn subscribe(genesys: &Genesys, channel: &str, topics: &[&str]) -> Value {
    let answer = genesys.call("POST", &format!("{CHANNELS}/{channel}/subscriptions"), ids(topics)).await;
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    answer.body["entities"].clone()
}

fn detail(conversation: &str, what: &str) -> String {
    format!("v2.detail.events.conversation.{conversation}.{what}")
}

/// Returns a waiting conversation and a socket that is subscribed to these detail events of it.
async fn subscribed_socket(genesys: &Genesys, events: &[&str]) -> (String, Socket) {
    let conversation = genesys.send_text("sess-42", "hello").await;
    let (id, uri) = create_channel(genesys).await;
    let socket = Socket::connect(&uri).await;
    let topics: Vec<_> = events.iter().map(|event| detail(&conversation, event)).collect();
    subscribe(genesys, &id, &topics.iter().map(String::as_str).collect::<Vec<_>>()).await;
    (conversation, socket)
}

#[tokio::test]
async fn creates_a_channel_and_its_subscriptions() {
    let genesys = Genesys::start(config()).await;
    let created = genesys.call("POST", CHANNELS, json!({})).await;
    let id = created.body["id"].as_str().unwrap();
    let origin = genesys.origin.strip_prefix("http").unwrap();
    assert_eq!(created.body["connectUri"], format!("ws{origin}/channels/{id}"));
    let expires = created.body["expires"].as_str().unwrap();
    assert!(expires.len() == 24 && expires.ends_with('Z'), "{expires}");
    let list = genesys.get(CHANNELS).await.body;
    assert_eq!(list["entities"], json!([created.body]));

    let path = format!("{CHANNELS}/{id}/subscriptions");
    let (end, queue) = (detail("c1", "user.end"), "v2.routing.queues.q1.conversations.messages".to_owned());
    let one = |topic: &str| {
        json!({
            "id": topic, "state": "Permitted", "selfUri": format!("/api/v2/notifications/availabletopics/{topic}"),
        })
    };
    assert_eq!(subscribe(&genesys, id, &[&end]).await, json!([one(&end)]));
    assert_eq!(subscribe(&genesys, id, &[&queue, &end]).await, json!([one(&queue), one(&end)]));
    assert_eq!(genesys.get(&path).await.body["entities"], json!([one(&end), one(&queue)]), "POST adds");
    assert_eq!(genesys.call("PUT", &path, ids(&[&queue])).await.status, 200);
    assert_eq!(genesys.get(&path).await.body["entities"], json!([one(&queue)]), "PUT replaces");
    assert_eq!(genesys.call("DELETE", &path, Value::Null).await.status, 200);
    assert_eq!(genesys.get(&path).await.body["entities"], json!([]));
    assert_eq!(genesys.call("POST", &path, json!({})).await.status, 400);
    assert_eq!(genesys.call("POST", &path, json!([{ "topic": "x" }])).await.status, 400);
}

#[tokio::test]
async fn rejects_topics_without_a_permission_and_unknown_topics() {
    let mut config = config();
    config.clients[0].permissions.remove(&Permission::ConversationDetailView);
    let genesys = Genesys::start(config.clone()).await;
    let (id, _) = create_channel(&genesys).await;
    let entities = subscribe(&genesys, &id, &[&detail("c1", "user.end"), "v2.users.u1.conversations.messages"]).await;
    assert_eq!((&entities[0]["state"], &entities[1]["state"]), (&json!("Rejected"), &json!("Permitted")));
    assert_eq!(entities[0]["missingPermissions"], json!(["analytics:conversationDetail:view"]));
    assert!(entities[0]["rejectionReason"].is_string());
    for unknown in ["v2.nothing", "v2.detail.events.conversation.c1.user.middle", "v2.users..conversations.messages"] {
        let entities = subscribe(&genesys, &id, &[unknown]).await;
        assert_eq!(entities[0]["state"], "Rejected", "{unknown}");
    }
    let kept = genesys.get(&format!("{CHANNELS}/{id}/subscriptions")).await.body;
    assert_eq!(kept["entities"].as_array().unwrap().len(), 1, "rejected topics are not subscribed to");

    config.unconfirmed.detail_topics_need_permission = false;
    let genesys = Genesys::start(config).await;
    let (id, _) = create_channel(&genesys).await;
    assert_eq!(subscribe(&genesys, &id, &[&detail("c1", "user.end")]).await[0]["state"], "Permitted");
}

#[tokio::test]
async fn requires_a_token_and_a_channel_of_the_client() {
    let mut config = config();
    let secret = Some(Secret::from("s2"));
    config.clients.push(ClientConfig { id: Some("c2".to_owned()), secret, ..ClientConfig::default() });
    let mut genesys = Genesys::start(config).await;
    assert_eq!(read(genesys.request("POST", CHANNELS, json!({}))).await.status, 401);
    let (id, _) = create_channel(&genesys).await;
    genesys.token = genesys.token_request("c2", "s2").await.body["access_token"].as_str().unwrap().to_owned();
    assert_eq!(genesys.get(&format!("{CHANNELS}/{id}/subscriptions")).await.status, 404);
    assert_eq!(genesys.get(CHANNELS).await.body["entities"], json!([]));
    assert_eq!(genesys.get(&format!("{CHANNELS}/unknown/subscriptions")).await.status, 404);
}

#[tokio::test]
async fn enforces_the_limits_of_channels_and_topics() {
    let genesys = Genesys::start(config()).await;
    let (first, first_uri) = create_channel(&genesys).await;
    let (second, _) = create_channel(&genesys).await;
    let _connected = Socket::connect(&first_uri).await;
    for _ in 2..20 {
        create_channel(&genesys).await;
    }
    create_channel(&genesys).await;
    let ids: Vec<_> =
        genesys.get(CHANNELS).await.body["entities"].as_array().unwrap().iter().map(|one| one["id"].clone()).collect();
    assert_eq!(ids.len(), 20);
    assert!(
        ids.contains(&json!(first)) && !ids.contains(&json!(second)),
        "the oldest channel without a connection is removed"
    );

    let path = format!("{CHANNELS}/{first}/subscriptions");
    let many = |count: usize| (0..count).map(|number| json!({ "id": detail(&format!("c{number}"), "acw") })).collect();
    assert_eq!(genesys.call("POST", &path, many(1_000)).await.status, 200);
    assert_eq!(genesys.call("POST", &path, json!([{ "id": detail("one-more", "acw") }])).await.status, 400);
}

#[tokio::test]
async fn sends_detail_events_as_frames() {
    let genesys = Genesys::start(config()).await;
    let all = ["user.start", "user.end", "customer.end", "acw", "acd.start", "acd.end"];
    let (conversation, mut socket) = subscribed_socket(&genesys, &all).await;
    genesys.act_ok(&conversation, "accept", json!({ "name": "Grace Hopper" })).await;
    genesys.act_ok(&conversation, "transfer", Value::Null).await;
    genesys.act_ok(&conversation, "accept", json!({ "name": "Alan Turing" })).await;
    genesys.act_ok(&conversation, "disconnect", Value::Null).await;
    genesys.act_ok(&conversation, "wrap-up", json!({ "code": "resolved" })).await;
    let first = socket.frame().await;
    assert_eq!(first["topicName"], detail(&conversation, "user.start"));
    assert_eq!((&first["version"], &first["eventBody"]["mediaType"]), (&json!("2"), &json!("MESSAGE")));
    assert!(first["metadata"]["CorrelationId"].is_string());
    let rest = ["acd.end", "user.end", "acd.start", "user.start", "acd.end", "user.end", "customer.end", "acw"];
    let expected: Vec<_> = rest.iter().map(|one| detail(&conversation, one)).collect();
    assert_eq!(socket.topics(8).await, expected);
}

#[tokio::test]
async fn sends_no_events_of_other_conversations() {
    let genesys = Genesys::start(config()).await;
    let (conversation, mut socket) = subscribed_socket(&genesys, &["customer.end"]).await;
    let other = genesys.send_text("sess-43", "hello").await;
    genesys.act_ok(&other, "disconnect", Value::Null).await;
    genesys.act_ok(&conversation, "disconnect", Value::Null).await;
    assert_eq!(socket.frame().await["topicName"], detail(&conversation, "customer.end"));
}

#[tokio::test]
async fn sends_conversations_to_the_topics_of_queue_and_user() {
    let genesys = Genesys::start(config()).await;
    let conversation = genesys.accepted_conversation("sess-42").await;
    let seen = genesys.desk("GET", &format!("conversations/{conversation}"), Value::Null).await.body;
    let (queue, user) = (seen["queueId"].as_str().unwrap(), seen["agent"]["id"].as_str().unwrap());
    let (id, uri) = create_channel(&genesys).await;
    let mut socket = Socket::connect(&uri).await;
    let topics = [
        format!("v2.conversations.messages.{conversation}"),
        format!("v2.routing.queues.{queue}.conversations.messages"),
        format!("v2.users.{user}.conversations.messages"),
    ];
    subscribe(&genesys, &id, &topics.each_ref().map(String::as_str)).await;
    genesys.act_ok(&conversation, "disconnect", Value::Null).await;
    let now = genesys.get(&format!("/api/v2/conversations/messages/{conversation}")).await.body;
    for topic in topics {
        let frame = socket.frame().await;
        assert_eq!((&frame["topicName"], &frame["eventBody"]), (&json!(topic), &now));
    }
    let agent = now["participants"].as_array().unwrap().last().unwrap();
    assert_eq!((&agent["state"], &agent["disconnectType"]), (&json!("disconnected"), &json!("client")));
}

#[tokio::test]
async fn sends_heartbeats_and_answers_pings() {
    let notifications = NotificationConfig { heartbeat_ms: 20, ..NotificationConfig::default() };
    let genesys = Genesys::start(Config { notifications, ..config() }).await;
    let (_, uri) = create_channel(&genesys).await;
    let mut socket = Socket::connect(&uri).await;
    let beat = json!({ "topicName": "channel.metadata", "eventBody": { "message": "WebSocket Heartbeat" } });
    assert_eq!(socket.frame().await, beat);
    assert_eq!(socket.frame().await, beat);
    socket.send(json!({ "message": "ping" })).await;
    let pong = json!({ "topicName": "channel.metadata", "eventBody": { "message": "pong" } });
    while socket.frame().await != pong {}
}

#[tokio::test]
async fn announces_a_close_and_accepts_a_reconnect() {
    let genesys = Genesys::start(config()).await;
    let (conversation, mut socket) = subscribed_socket(&genesys, &["customer.end"]).await;
    let closed = genesys.desk("POST", "notifications/close", Value::Null).await;
    assert_eq!(closed.body, json!({ "closed": 1 }));
    assert_eq!(socket.frame().await["topicName"], "v2.system.socket_closing");
    assert_eq!(socket.next().await, None);
    assert_eq!(genesys.desk("POST", "notifications/close", Value::Null).await.body, json!({ "closed": 0 }));

    let list = genesys.get(CHANNELS).await.body;
    let mut again = Socket::connect(list["entities"][0]["connectUri"].as_str().unwrap()).await;
    genesys.act_ok(&conversation, "disconnect", Value::Null).await;
    assert_eq!(again.frame().await["topicName"], detail(&conversation, "customer.end"), "subscriptions stay");
}

#[tokio::test]
async fn a_second_connection_closes_the_first() {
    let genesys = Genesys::start(config()).await;
    let (_, uri) = create_channel(&genesys).await;
    let mut first = Socket::connect(&uri).await;
    first.send(json!({ "message": "ping" })).await;
    first.frame().await;
    let _second = Socket::connect(&uri).await;
    assert_eq!(first.next().await, None);
}

#[tokio::test]
async fn a_channel_expires() {
    let notifications = NotificationConfig { channel_seconds: 1, ..NotificationConfig::default() };
    let genesys = Genesys::start(Config { notifications, ..config() }).await;
    let (id, uri) = create_channel(&genesys).await;
    let mut socket = Socket::connect(&uri).await;
    assert_eq!(socket.next().await, None, "the socket closes with the channel");
    assert_eq!(genesys.get(&format!("{CHANNELS}/{id}/subscriptions")).await.status, 404);
    assert!(connect_async(&uri).await.is_err());
}

#[tokio::test]
async fn notifications_can_be_disabled() {
    let notifications = NotificationConfig { enabled: false, ..NotificationConfig::default() };
    let genesys = Genesys::start(Config { notifications, ..config() }).await;
    let (conversation, mut socket) = subscribed_socket(&genesys, &["customer.end"]).await;
    genesys.act_ok(&conversation, "disconnect", Value::Null).await;
    socket.send(json!({ "message": "ping" })).await;
    assert_eq!(socket.frame().await["eventBody"]["message"], "pong", "no event is sent before it");
}

#[tokio::test]
async fn faults_apply_to_frames() {
    for (fault, arrives) in [
        (json!({ "on": "notification", "fault": "double" }), &["user.end", "user.end", "customer.end"][..]),
        (json!({ "on": "notification", "fault": "late", "ms": 100 }), &["user.end", "customer.end"]),
        (json!({ "on": "notification", "fault": "disordered" }), &["customer.end", "user.end"]),
        (json!({ "on": "notification", "fault": "lost" }), &["customer.end"]),
    ] {
        let genesys = Genesys::start(config()).await;
        let (conversation, mut socket) = subscribed_socket(&genesys, &["user.end", "customer.end"]).await;
        genesys.act_ok(&conversation, "accept", json!({ "name": "Grace Hopper" })).await;
        genesys.order_fault(fault.clone()).await;
        let start = tokio::time::Instant::now();
        genesys.act_ok(&conversation, "disconnect", Value::Null).await;
        let expected: Vec<_> = arrives.iter().map(|one| detail(&conversation, one)).collect();
        assert_eq!(socket.topics(arrives.len()).await, expected, "{fault}");
        if fault["fault"] == "late" {
            assert!(start.elapsed() >= Duration::from_millis(100));
        }
    }
}

#[tokio::test]
async fn loses_frames_at_the_configured_rate() {
    let genesys = Genesys::start(config()).await;
    let (conversation, mut socket) = subscribed_socket(&genesys, &["customer.end"]).await;
    assert_eq!(genesys.desk("POST", "losses", json!({ "notification": 1.0 })).await.status, 200);
    genesys.act_ok(&conversation, "disconnect", Value::Null).await;
    socket.send(json!({ "message": "ping" })).await;
    assert_eq!(socket.frame().await["eventBody"]["message"], "pong");
}

#[tokio::test]
async fn stopping_closes_the_sockets() {
    let genesys = Genesys::start(config()).await;
    let (_, uri) = create_channel(&genesys).await;
    let mut socket = Socket::connect(&uri).await;
    timeout(SOCKET_TIMEOUT, genesys.sandbox.stop()).await.unwrap();
    assert_eq!(socket.next().await, None);
}
