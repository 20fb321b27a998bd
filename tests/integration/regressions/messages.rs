//! Messages between agents, flows and users.

use super::{
    SECOND, TEN, built, connection, conversation, handover, kinds, map_one, now, path, platform, polling_policy, shown,
    until, webhook,
};
use crate::world::{World, start};
use futures_util::StreamExt;
use genesys_sandbox::Config;
use handover_host::Connection;
use handover_host::contract::{
    Agent, AgentEvent, AgentMessage, Attachment, Author, ButtonAction, Content, EndReason, EventKind, EventSource,
    MediaKind, OutboundMessage,
};
use handover_host::handover::{Handover, State, Step, cognigy};
use serde_json::{Value, json};
use std::time::Duration;

async fn message(connection: &Connection, body: &Value) -> AgentMessage {
    match map_one(connection, webhook(body)).await.kind {
        EventKind::Message(message) => message,
        other => panic!("{body}: {other:?}"),
    }
}

fn file(caption: Option<&str>) -> Attachment {
    Attachment {
        kind: MediaKind::Image,
        url: "https://files.example.com/a.png".into(),
        mime_type: Some("image/png".into()),
        filename: Some("a.png".into()),
        caption: caption.map(String::from),
        size: Some(12_345),
        sha256: None,
    }
}

/// The socket reports only who joins and leaves. Polling finds the same.
#[tokio::test]
async fn v4_66_polling_replaces_a_closed_socket() {
    let (world, platform) = platform(|_, _| {}, &[]).await;
    let id = platform.begin("sess-42", start()).await;
    let channels = format!("{}/api/v2/notifications/channels", world.sandbox.announcement().origin);
    let token = world.token().await;
    let post = async |url: &str, body: Value| {
        let answer = world.http.post(url).bearer_auth(&token).json(&body).send().await.expect("an answer");
        answer.json::<Value>().await.expect("JSON")
    };
    let created = post(&channels, json!({})).await;
    let (channel, uri) = (created["id"].as_str().expect("an id"), created["connectUri"].as_str().expect("an address"));
    let topic = |name| json!({ "id": format!("v2.detail.events.conversation.{id}.{name}") });
    let topics = json!([topic("user.start"), topic("user.end"), topic("customer.end")]);
    let subscribed = post(&format!("{channels}/{channel}/subscriptions"), topics).await;
    assert_eq!(subscribed["entities"].as_array().map(Vec::len), Some(3));
    let (mut socket, _) = tokio_tungstenite::connect_async(uri).await.expect("a channel");
    world.sandbox_post("notifications/close", json!({})).await;
    while let Some(Ok(frame)) = socket.next().await {
        assert!(!frame.to_string().contains("detail.events"), "{frame}");
    }

    // No socket is connected from here on.
    let act = async |act: &str, body: Value| world.sandbox_post(&format!("conversations/{id}/{act}"), body).await;
    act("accept", json!({ "name": "Grace Hopper" })).await;
    act("text", json!({ "text": "Hello" })).await;
    assert_eq!(shown(&platform, "sess-42", 1).await, ["Hello"]);
    act("disconnect", json!({})).await;
    assert_eq!(platform.with_state("sess-42", |state| state.ends.clone()), []);
    tokio::spawn(platform.clone().poll_repeatedly(Duration::from_millis(50)));
    until("the end", || platform.with_state("sess-42", |state| !state.ends.is_empty())).await;
    assert_eq!(platform.with_state("sess-42", |state| state.ends.clone()), [(1, EndReason::Completed)]);
}

/// Polling also finds an agent who has not sent a message.
#[tokio::test]
async fn v4_66_polling_finds_an_agent_without_an_event() {
    let world = World::new(Config::default()).await;
    let begun = now();
    let conversation = world.start().await;
    let mut handover = Handover::begin(1, begun, polling_policy(), None).expect("the first handover");
    world.sandbox_post(&format!("{}/accept", path(&conversation)), json!({ "name": "Grace Hopper" })).await;
    let events = world.connection.observe_conversation(&conversation).await.expect("polled");
    let steps = handover.polled(&events, now());
    assert!(
        matches!(&steps[..], [Step::AgentJoined(agent)] if agent.name.as_deref() == Some("Grace Hopper")),
        "{steps:?}"
    );
    assert_eq!(handover.state(), State::Active);
}

#[tokio::test]
async fn v4_74_shows_messages_of_the_flow_as_bot_messages() {
    let (_world, platform) = platform(|config, _| config.flows[0].greeting = Some("Connecting you".into()), &[]).await;
    platform.begin("sess-42", start()).await;
    assert_eq!(shown(&platform, "sess-42", 1).await, ["Connecting you"]);
    platform.with_state("sess-42", |state| assert_eq!(state.handover.state(), State::Queued));

    let connection = connection(&[]).await;
    let sent_by = |by| json!({ "id": "1", "type": "Text", "text": "Connecting you", "originatingEntity": by });
    assert_eq!(message(&connection, &sent_by("Bot")).await.author, Author::Bot);
    assert_eq!(message(&connection, &sent_by("Human")).await.author, Author::Human);
}

#[tokio::test]
async fn v4_76_hides_messages_of_the_flow() {
    let connection = connection(&[("show-bot-messages", "false")]).await;
    let sent_by = |by| json!({ "id": "1", "type": "Text", "text": "Connecting you", "originatingEntity": by });
    let hidden = kinds(&connection, webhook(&sent_by("Bot"))).await;
    assert!(matches!(hidden[..], [EventKind::Ignored(_)]), "{hidden:?}");
    assert_eq!(message(&connection, &sent_by("Human")).await.plain_text, "Connecting you");
}

#[tokio::test]
async fn v4_77_the_first_agent_message_ends_the_queue() {
    let connection = connection(&[]).await;
    let mut handover = handover();
    for (by, state, status) in [("Bot", State::Queued, "queue"), ("Human", State::Active, "active")] {
        let body = json!({
            "id": by, "type": "Text", "text": "Hello", "originatingEntity": by, "conversationId": "c-1",
            "channel": { "to": { "id": "sess-42" }, "time": "2026-03-01T10:00:05.000Z" },
        });
        let event = map_one(&connection, webhook(&body)).await;
        let steps = handover.apply(&event, TEN + 6 * SECOND);
        assert!(matches!(steps[..], [Step::Message(_)]), "{steps:?}");
        assert_eq!(handover.state(), state);
        assert_eq!(cognigy::status(Ok(handover.state())), status);
    }
}

#[tokio::test]
async fn v4_81_keeps_text_and_buttons() {
    let connection = connection(&[]).await;
    let body = json!({
        "id": "1", "type": "Structured", "text": "Shall we go on?",
        "content": [
            { "contentType": "QuickReply", "quickReply": { "text": "Yes", "payload": "y", "action": "Message" } },
            { "contentType": "QuickReply", "quickReply": { "text": "No", "payload": "n", "action": "Message" } },
        ],
    });
    let message = message(&connection, &body).await;
    assert_eq!(message.text.as_deref(), Some("Shall we go on?"));
    assert_eq!(message.plain_text, "Shall we go on?\nYes\nNo");
    let buttons: Vec<_> = message
        .content
        .iter()
        .map(|content| match content {
            Content::QuickReply(button) => (button.text.as_str(), button.action.clone()),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(buttons, [("Yes", ButtonAction::Answer("y".into())), ("No", ButtonAction::Answer("n".into()))]);
}

#[tokio::test]
async fn v4_82_shows_unknown_content_as_plain_text() {
    let connection = connection(&[]).await;
    for (part, plain) in [
        (json!({ "contentType": "Storefront", "storefront": { "id": "7" }, "text": "Our shop" }), "Our shop"),
        (json!({ "contentType": "Storefront", "storefront": { "id": "7" } }), "[Storefront]"),
        (
            json!({ "contentType": "Card", "card": {
                "title": "Invoice", "description": "of March",
                "actions": [{ "type": "Link", "text": "Open", "url": "https://example.com/i" }],
            } }),
            "Invoice\nof March\nOpen: https://example.com/i",
        ),
    ] {
        let shown = message(&connection, &json!({ "id": "1", "type": "Structured", "content": [part] })).await;
        assert_eq!(shown.plain_text, plain);
        let both = json!({ "id": "1", "type": "Structured", "text": "Look:", "content": [part] });
        assert_eq!(message(&connection, &both).await.plain_text, format!("Look:\n{plain}"));
    }
}

#[tokio::test]
async fn v4_88_sends_a_file_to_the_agent() {
    let world = World::new(Config::default()).await;
    let conversation = world.start().await;
    world.send(&conversation, "m-2", OutboundMessage::Attachment(file(None))).await.expect("delivered");
    let sent = world.sandbox_get(&path(&conversation)).await["messages"][1].clone();
    assert_eq!(sent["text"], Value::Null);
    let attachment = &sent["content"][0]["attachment"];
    assert_eq!(
        (&attachment["url"], &attachment["mime"], &attachment["mediaType"]),
        (&json!("https://files.example.com/a.png"), &json!("image/png"), &json!("Image"))
    );
}

#[tokio::test]
async fn v4_96_keeps_the_caption_of_a_file_both_ways() {
    let connection = connection(&[]).await;
    let caption = Some("The second page is missing.");
    let bodies = built(&connection, &conversation("sess-42"), OutboundMessage::Attachment(file(caption))).await;
    let [body] = &bodies[..] else { panic!("{bodies:?}") };
    assert_eq!(body["text"], "The second page is missing.");
    assert_eq!(body["content"][0]["attachment"]["filename"], "a.png");

    let (world, platform) = platform(|_, _| {}, &[]).await;
    let id = platform.begin("sess-42", start()).await;
    world.sandbox_post(&format!("conversations/{id}/accept"), json!({ "name": "Grace Hopper" })).await;
    let sent = json!({
        "url": "https://files.example.com/b.png", "mime": "image/png", "filename": "b.png", "text": "Here it is.",
    });
    world.sandbox_post(&format!("conversations/{id}/attachment"), sent).await;
    assert_eq!(shown(&platform, "sess-42", 1).await, ["Here it is.\nb.png: https://files.example.com/b.png"]);
}

#[tokio::test]
async fn v4_96_uses_the_typing_duration_of_genesys() {
    let connection = connection(&[]).await;
    let typing = json!({ "eventType": "Typing", "typing": { "type": "On", "duration": 3000 } });
    let body = json!({ "id": "1", "type": "Event", "direction": "Outbound", "events": [typing] });
    let event = map_one(&connection, webhook(&body)).await;
    assert_eq!(event.kind, EventKind::Typing(3000));
    assert_eq!(handover().apply(&event, TEN + SECOND), [Step::Typing(3000)]);
}

#[tokio::test]
async fn v2025_15_accepts_typing_without_a_duration() {
    let connection = connection(&[]).await;
    for (typing, duration) in [
        (json!({ "eventType": "Typing" }), 5000),
        (json!({ "eventType": "Typing", "typing": { "type": "On" } }), 5000),
        (json!({ "eventType": "Typing", "typing": { "type": "Off", "duration": 5000 } }), 0),
    ] {
        let body = json!({ "id": "1", "type": "Event", "direction": "Outbound", "events": [typing] });
        assert_eq!(kinds(&connection, webhook(&body)).await, [EventKind::Typing(duration)]);
    }
}

#[tokio::test]
async fn v2025_22_an_event_contains_the_agents_id_and_polling_the_name() {
    let world = World::new(Config::default()).await;
    let begun = now();
    let conversation = world.start().await;
    let id = conversation.id.clone().expect("an id");
    let mut handover = Handover::begin(1, begun, polling_policy(), None).expect("the first handover");
    world.sandbox_post(&format!("{}/accept", path(&conversation)), json!({ "name": "Grace Hopper" })).await;
    let seen = world.sandbox_get(&path(&conversation)).await;
    let agent = seen["agent"]["id"].as_str().expect("an id").to_owned();

    let log = world.sandbox_get("events").await;
    let events = log["events"].as_array().expect("a list").iter();
    let user_start = events.clone().find(|event| event["topic"] == "user.start").expect("the event of the agent");
    let topic = format!("v2.detail.events.conversation.{id}.user.start");
    let frame = json!({ "topicName": topic, "eventBody": user_start["eventBody"] });
    let event = map_one(&world.connection, EventSource::Notification(frame.to_string().into_bytes())).await;
    let known = |name: Option<&str>| Agent { id: Some(agent.clone()), name: name.map(String::from), picture: None };
    assert_eq!(handover.apply(&event, now()), [Step::AgentJoined(known(None))]);

    let events: Vec<AgentEvent> = world.connection.observe_conversation(&conversation).await.expect("polled");
    assert_eq!(handover.polled(&events, now()), [Step::AgentNamed(known(Some("Grace Hopper")))]);
}

#[tokio::test]
async fn v2025_22_the_operator_chooses_the_form_of_the_agents_name() {
    let participants = json!([{ "id": "p-1", "purpose": "agent", "state": "connected", "name": "Grace Hopper",
        "userId": "a-1", "connectedTime": "2026-03-01T10:00:01.000Z" }]);
    let body = json!({ "topicName": "v2.conversations.messages.c-1", "eventBody": { "id": "c-1", "participants": participants } });
    for (setting, name) in [("full", "Grace Hopper"), ("first", "Grace"), ("alias", "Agent")] {
        let connection = connection(&[("agent-name", setting)]).await;
        let kinds = kinds(&connection, EventSource::Notification(body.to_string().into_bytes())).await;
        assert!(
            matches!(&kinds[..], [EventKind::AgentJoined(agent)] if agent.name.as_deref() == Some(name)),
            "{setting}: {kinds:?}"
        );
    }
}
