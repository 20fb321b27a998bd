//! Events of Genesys: applied once, to the right user, with unchanged ids.

use super::{
    MINUTE, SECOND, TEN, built, connection, conversation, event_bus, handover, kinds, map, map_one, notification, path,
    platform, settings_of, shown, trigger, webhook,
};
use crate::support::{self, limits};
use crate::world::{World, start, text};
use genesys_sandbox::{Config, Sandbox};
use handover_host::contract::{EndReason, EventKind, EventSource, MappingError, Outbound};
use handover_host::handover::Step;
use handover_host::{AllowedOrigins, Host, HttpClient, HttpClientLimits};
use handover_tests::answered;
use serde_json::json;
use std::collections::HashSet;

#[tokio::test]
async fn v4_37_a_duplicate_end_ends_once() {
    let connection = connection(&[]).await;
    let fields = json!({ "participantId": "p-1", "disconnectType": "PEER" });
    let mut handover = handover();
    let (mut ids, mut steps) = (HashSet::new(), Vec::new());
    for source in [event_bus, event_bus, notification] {
        let event = map_one(&connection, source("customer.end", TEN + MINUTE, &fields)).await;
        steps.extend(handover.apply(&event, TEN + MINUTE + SECOND));
        ids.insert(event.id);
    }
    assert_eq!(steps, [Step::Ended(EndReason::Completed)]);
    assert_eq!(ids.len(), 1, "{ids:?}");
}

#[tokio::test]
async fn v4_38_keeps_numeric_ids_as_text() {
    let connection = connection(&[]).await;
    for (sent, expected) in [("4711", "4711"), (r#""4711""#, "4711"), (r#""007""#, "007"), (r#""1e5""#, "1e5")] {
        let body = format!(r#"{{"id":{sent},"channel":{{"to":{{"id":{sent}}}}},"type":"Text","text":"hi"}}"#);
        let event = map_one(&connection, EventSource::Webhook(body.into_bytes())).await;
        assert_eq!(event.recipient.as_deref(), Some(expected));
        assert!(matches!(&event.kind, EventKind::Message(message) if message.id == expected), "{sent}");
    }
    // The other direction: digits are not sent as a number.
    let bodies = built(&connection, &conversation("007"), text("hi")).await;
    assert_eq!(bodies[0]["channel"]["from"]["id"], json!("007"));
}

#[tokio::test]
async fn v4_44_two_replicas_assign_the_same_ids() {
    let (one_host, other_host) = (support::connection(&[]).await, support::connection(&[]).await);
    let body = |id: &str, text: &str| {
        let to = json!({ "id": "sess-42" });
        webhook(&json!({ "id": id, "channel": { "to": to }, "type": "Text", "text": text, "direction": "Outbound" }))
    };
    let mut seen = HashSet::new();
    let mut shown = Vec::new();
    for source in [body("a-1", "Hello"), body("a-2", "How can I help?")] {
        // Genesys retries, and another replica receives the webhook.
        for replica in [&one_host, &other_host, &one_host] {
            let event = map_one(replica, source.clone()).await;
            if let (true, EventKind::Message(message)) = (seen.insert(event.id), event.kind) {
                shown.push(message.plain_text);
            }
        }
    }
    assert_eq!(shown, ["Hello", "How can I help?"]);
    // Requests of both replicas have the same idempotency key, too.
    let outbound = Outbound { id: "m-1".into(), time: TEN, message: text("hi") };
    for replica in [&one_host, &other_host] {
        let requests = replica.build_outbound_message(&conversation("sess-42"), &outbound).await;
        assert_eq!(requests.expect("built")[0].idempotency_key, "m-1");
    }
}

#[tokio::test]
async fn v4_49_maps_only_messages_to_messages() {
    let connection = connection(&[]).await;
    let mut handover = handover();
    let channel = json!({ "to": { "id": "sess-42" }, "from": { "id": "sess-42" }, "messageId": "m-1" });
    for body in [
        json!({ "id": "1", "channel": channel, "type": "Event", "events": [{ "eventType": "Typing" }] }),
        json!({ "id": "2", "channel": channel, "type": "Event", "events": [{ "eventType": "Presence" }], "text": "x" }),
        json!({ "id": "3", "channel": channel, "type": "Receipt", "status": "Published", "direction": "Inbound" }),
        json!({ "id": "4", "channel": channel, "type": "Receipt", "status": "Delivered", "direction": "Outbound", "text": "x" }),
        json!({ "id": "5", "channel": channel, "type": "Reaction", "text": "x" }),
        json!({ "id": "6", "channel": channel, "type": "Text", "text": "x", "direction": "Inbound" }),
        json!({ "id": "7", "channel": channel, "type": "Text" }),
    ] {
        for event in map(&connection, webhook(&body)).await {
            assert!(!matches!(event.kind, EventKind::Message(_)), "{body}");
            let steps = handover.apply(&event, TEN + SECOND);
            assert!(steps.iter().all(|step| matches!(step, Step::Typing(_) | Step::Receipt(_))), "{body}: {steps:?}");
        }
    }
}

/// Two customers of one platform whose users have the same address.
#[tokio::test]
async fn v4_62_isolates_two_connections() {
    let host = Host::builder().limits(limits()).http(HttpClient::new(HttpClientLimits::default()).expect("a client"));
    let host = host.build().expect("a host");
    let provider = host.load(handover_tests::GENESYS).await.expect("the provider loads");
    let mut worlds = Vec::new();
    for _ in 0..2 {
        let sandbox = Sandbox::start(Config::default()).await.expect("the sandbox starts");
        let allowed = AllowedOrigins::none().allow(&sandbox.announcement().origin).expect("an origin");
        let connection = provider.connect(settings_of(&sandbox), &allowed).await.expect("the connection");
        worlds.push(World { sandbox, connection, http: reqwest::Client::new() });
    }
    let mut conversations = Vec::new();
    for world in &worlds {
        conversations.push(world.start().await);
    }
    for (number, (world, conversation)) in worlds.iter().zip(&conversations).enumerate() {
        world.send(conversation, "m-2", text(&format!("for {number}"))).await.expect("delivered");
        assert_eq!(world.request_count("/oauth/token").await, 1, "each connection logs in once");
    }
    for (number, world) in worlds.iter().enumerate() {
        let all = world.sandbox_get("conversations").await;
        assert_eq!(all["conversations"].as_array().map(Vec::len), Some(1));
        let seen = world.sandbox_get(&path(&conversations[number])).await;
        assert_eq!(seen["messages"][1]["text"], format!("for {number}"));
        assert_eq!(seen["messageCount"], 2);
    }
}

#[tokio::test]
async fn v4_64_keeps_two_messages_with_the_same_text() {
    let (world, platform) = platform(|_, _| {}, &[]).await;
    let mut conversation = conversation("sess-42");
    conversation.id = Some(platform.begin("sess-42", start()).await);
    let path = path(&conversation);
    world.sandbox_post(&format!("{path}/accept"), json!({ "name": "Grace Hopper" })).await;
    for id in ["m-2", "m-3"] {
        world.sandbox_post(&format!("{path}/text"), json!({ "text": "Yes or no?" })).await;
        world.send(&conversation, id, text("yes")).await.expect("delivered");
    }
    assert_eq!(shown(&platform, "sess-42", 2).await, ["Yes or no?", "Yes or no?"]);
    let seen = world.sandbox_get(&path).await;
    let ours = seen["messages"].as_array().expect("messages").iter().filter(|message| message["text"] == "yes");
    assert_eq!(ours.count(), 2);
}

#[tokio::test]
async fn v4_74_handles_empty_bodies() {
    let connection = connection(&[]).await;
    for source in [EventSource::Webhook, EventSource::EventBus, EventSource::Trigger, EventSource::Notification] {
        assert_eq!(
            answered(connection.map_agent_events(&source(Vec::new())).await).expect("no trap"),
            Err(MappingError::Empty)
        );
        let events = kinds(&connection, source(b"{}".to_vec())).await;
        assert!(matches!(events[..], [EventKind::Ignored(_)]), "{events:?}");
    }
    for body in [json!({ "type": "Text", "text": "" }), json!({ "type": "Structured", "content": [] })] {
        let events = kinds(&connection, webhook(&body)).await;
        assert!(matches!(events[..], [EventKind::Ignored(_)]), "{body}: {events:?}");
    }
}

#[tokio::test]
async fn v2025_15_ignores_unknown_topics_without_an_error() {
    let connection = connection(&[]).await;
    let frames = [
        json!({ "topicName": "channel.metadata", "eventBody": { "message": "WebSocket Heartbeat" } }),
        json!({ "topicName": "v2.system.socket_closing", "eventBody": { "message": "closing" } }),
        json!({ "topicName": "v2.users.a.presence", "eventBody": {} }),
        json!({ "topicName": "v2.something.new" }),
    ];
    for frame in frames {
        let body = frame.to_string().into_bytes();
        for source in [EventSource::Notification(body.clone()), EventSource::EventBus(body.clone())] {
            let events = connection.map_agent_events(&source).await.expect("no error");
            assert!(
                matches!(&events[..], [event] if matches!(event.kind, EventKind::Ignored(_))),
                "{frame}: {events:?}"
            );
        }
    }
}

#[tokio::test]
async fn v2025_17_does_not_round_large_numeric_ids() {
    let connection = connection(&[]).await;
    // The first integer that a double cannot represent, and the largest 64-bit integer.
    for id in ["9007199254740993", "18446744073709551615"] {
        let body = format!(r#"{{"id":"1","channel":{{"to":{{"id":{id}}}}},"type":"Text","text":"hi"}}"#);
        assert_eq!(map_one(&connection, EventSource::Webhook(body.into())).await.recipient.as_deref(), Some(id));
        let topic = "v2.detail.events.conversation.id.user.end";
        let body = format!(r#"{{"userId":{id},"topic":"{topic}","disconnectType":"CLIENT"}}"#);
        assert_eq!(map_one(&connection, EventSource::Trigger(body.into())).await.recipient.as_deref(), Some(id));
    }
    // A number that is not a 64-bit integer could become the id of another user, so it is ignored.
    for id in ["123456789012345678901234567890", "18446744073709551616", "1e5", "4711.0"] {
        let body = format!(r#"{{"id":"1","channel":{{"to":{{"id":{id}}}}},"type":"Text","text":"hi"}}"#);
        let event = map_one(&connection, EventSource::Webhook(body.into())).await;
        assert!(matches!(event.kind, EventKind::Ignored(_)), "{id}: {:?}", event.kind);
        assert_eq!(event.recipient, None);
    }
    let long = "123456789012345678901234567890";
    let event = map_one(&connection, trigger(&json!({ "userId": long, "topic": "user.end" }))).await;
    assert_eq!(event.recipient.as_deref(), Some(long));
}
