//! What agents, flows and users say to each other.

use super::{
    SECOND, TEN, built, connection, conversation, handover, kinds, now, observing, one, path, platform, shown, until,
    webhook,
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
    match one(connection, webhook(body)).await.kind {
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

/// The socket is for who comes and goes only, and that is found by asking.
#[tokio::test]
async fn v4_66_what_a_socket_misses_is_not_lost() {
    let (world, platform) = platform(|_, _| {}, &[]).await;
    let id = platform.begin("sess-42", start()).await;
    let channels = format!("{}/api/v2/notifications/channels", world.sandbox.announcement().origin);
    let token = world.token().await;
    let post = async |url: &str, body: Value| {
        let answer = world.desk.post(url).bearer_auth(&token).json(&body).send().await.expect("an answer");
        answer.json::<Value>().await.expect("JSON")
    };
    let made = post(&channels, json!({})).await;
    let (channel, uri) = (made["id"].as_str().expect("an id"), made["connectUri"].as_str().expect("an address"));
    let topic = |name| json!({ "id": format!("v2.detail.events.conversation.{id}.{name}") });
    let topics = json!([topic("user.start"), topic("user.end"), topic("customer.end")]);
    let subscribed = post(&format!("{channels}/{channel}/subscriptions"), topics).await;
    assert_eq!(subscribed["entities"].as_array().map(Vec::len), Some(3));
    let (mut socket, _) = tokio_tungstenite::connect_async(uri).await.expect("a channel");
    world.order("notifications/close", json!({})).await;
    while let Some(Ok(frame)) = socket.next().await {
        assert!(!frame.to_string().contains("detail.events"), "{frame}");
    }

    // Nobody is connected now.
    let act = async |act: &str, body: Value| world.order(&format!("conversations/{id}/{act}"), body).await;
    act("accept", json!({ "name": "Grace Hopper" })).await;
    act("text", json!({ "text": "Hello" })).await;
    assert_eq!(shown(&platform, "sess-42", 1).await, ["Hello"]);
    act("disconnect", json!({})).await;
    assert_eq!(platform.book("sess-42", |book| book.ends.clone()), []);
    tokio::spawn(platform.clone().poll(Duration::from_millis(50)));
    until("the end", || platform.book("sess-42", |book| !book.ends.is_empty())).await;
    assert_eq!(platform.book("sess-42", |book| book.ends.clone()), [(1, EndReason::Completed)]);
}

/// Without a word of the agent's, too.
#[tokio::test]
async fn v4_66_an_agent_nobody_told_of_is_found() {
    let world = World::new(Config::default()).await;
    let begun = now();
    let conversation = world.start().await;
    let mut handover = Handover::begin(1, begun, observing(), None).expect("the first");
    world.order(&format!("{}/accept", path(&conversation)), json!({ "name": "Grace Hopper" })).await;
    let events = world.connection.observe_conversation(&conversation).await.expect("observed");
    let steps = handover.observed(&events, now());
    assert!(
        matches!(&steps[..], [Step::AgentJoined(agent)] if agent.name.as_deref() == Some("Grace Hopper")),
        "{steps:?}"
    );
    assert_eq!(handover.state(), State::Active);
}

#[tokio::test]
async fn v4_74_what_the_flow_says_is_shown_as_a_bots() {
    let (_world, platform) = platform(|config, _| config.flows[0].greeting = Some("Connecting you".into()), &[]).await;
    platform.begin("sess-42", start()).await;
    assert_eq!(shown(&platform, "sess-42", 1).await, ["Connecting you"]);
    platform.book("sess-42", |book| assert_eq!(book.handover.state(), State::Queued));

    let connection = connection(&[]).await;
    let said = |by| json!({ "id": "1", "type": "Text", "text": "Connecting you", "originatingEntity": by });
    assert_eq!(message(&connection, &said("Bot")).await.author, Author::Bot);
    assert_eq!(message(&connection, &said("Human")).await.author, Author::Human);
}

#[tokio::test]
async fn v4_76_what_the_flow_says_can_be_hidden() {
    let connection = connection(&[("show-bot-messages", "false")]).await;
    let said = |by| json!({ "id": "1", "type": "Text", "text": "Connecting you", "originatingEntity": by });
    let hidden = kinds(&connection, webhook(&said("Bot"))).await;
    assert!(matches!(hidden[..], [EventKind::Ignored(_)]), "{hidden:?}");
    assert_eq!(message(&connection, &said("Human")).await.plain_text, "Connecting you");
}

#[tokio::test]
async fn v4_77_the_first_human_word_is_the_end_of_waiting() {
    let connection = connection(&[]).await;
    let mut handover = handover();
    for (by, state, status) in [("Bot", State::Queued, "queue"), ("Human", State::Active, "active")] {
        let body = json!({
            "id": by, "type": "Text", "text": "Hello", "originatingEntity": by, "conversationId": "c-1",
            "channel": { "to": { "id": "sess-42" }, "time": "2026-03-01T10:00:05.000Z" },
        });
        let event = one(&connection, webhook(&body)).await;
        let steps = handover.apply(&event, TEN + 6 * SECOND);
        assert!(matches!(steps[..], [Step::Message(_)]), "{steps:?}");
        assert_eq!(handover.state(), state);
        assert_eq!(cognigy::status(Ok(handover.state())), status);
    }
}

#[tokio::test]
async fn v4_81_text_with_buttons_is_both() {
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
async fn v4_82_content_that_nobody_knows_can_still_be_read() {
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
        let said = message(&connection, &json!({ "id": "1", "type": "Structured", "content": [part] })).await;
        assert_eq!(said.plain_text, plain);
        let both = json!({ "id": "1", "type": "Structured", "text": "Look:", "content": [part] });
        assert_eq!(message(&connection, &both).await.plain_text, format!("Look:\n{plain}"));
    }
}

#[tokio::test]
async fn v4_88_a_file_of_the_users_reaches_the_agent() {
    let world = World::new(Config::default()).await;
    let conversation = world.start().await;
    world.send(&conversation, "m-2", OutboundMessage::Attachment(file(None))).await.expect("delivered");
    let sent = world.desk(&path(&conversation)).await["messages"][1].clone();
    assert_eq!(sent["text"], Value::Null);
    let attachment = &sent["content"][0]["attachment"];
    assert_eq!(
        (&attachment["url"], &attachment["mime"], &attachment["mediaType"]),
        (&json!("https://files.example.com/a.png"), &json!("image/png"), &json!("Image"))
    );
}

#[tokio::test]
async fn v4_96_a_file_keeps_its_caption_both_ways() {
    let connection = connection(&[]).await;
    let caption = Some("The second page is missing.");
    let bodies = built(&connection, &conversation("sess-42"), OutboundMessage::Attachment(file(caption))).await;
    let [body] = &bodies[..] else { panic!("{bodies:?}") };
    assert_eq!(body["text"], "The second page is missing.");
    assert_eq!(body["content"][0]["attachment"]["filename"], "a.png");

    let (world, platform) = platform(|_, _| {}, &[]).await;
    let id = platform.begin("sess-42", start()).await;
    world.order(&format!("conversations/{id}/accept"), json!({ "name": "Grace Hopper" })).await;
    let sent = json!({
        "url": "https://files.example.com/b.png", "mime": "image/png", "filename": "b.png", "text": "Here it is.",
    });
    world.order(&format!("conversations/{id}/attachment"), sent).await;
    assert_eq!(shown(&platform, "sess-42", 1).await, ["Here it is.\nb.png: https://files.example.com/b.png"]);
}

#[tokio::test]
async fn v4_96_the_agent_types_for_as_long_as_genesys_says() {
    let connection = connection(&[]).await;
    let typing = json!({ "eventType": "Typing", "typing": { "type": "On", "duration": 3000 } });
    let body = json!({ "id": "1", "type": "Event", "direction": "Outbound", "events": [typing] });
    let event = one(&connection, webhook(&body)).await;
    assert_eq!(event.kind, EventKind::Typing(3000));
    assert_eq!(handover().apply(&event, TEN + SECOND), [Step::Typing(3000)]);
}

#[tokio::test]
async fn v2025_15_typing_without_a_duration_passes_all_the_same() {
    let connection = connection(&[]).await;
    for (typing, lasts) in [
        (json!({ "eventType": "Typing" }), 5000),
        (json!({ "eventType": "Typing", "typing": { "type": "On" } }), 5000),
        (json!({ "eventType": "Typing", "typing": { "type": "Off", "duration": 5000 } }), 0),
    ] {
        let body = json!({ "id": "1", "type": "Event", "direction": "Outbound", "events": [typing] });
        assert_eq!(kinds(&connection, webhook(&body)).await, [EventKind::Typing(lasts)]);
    }
}

#[tokio::test]
async fn v2025_22_an_event_tells_the_agents_id_and_an_observation_the_name() {
    let world = World::new(Config::default()).await;
    let begun = now();
    let conversation = world.start().await;
    let id = conversation.id.clone().expect("an id");
    let mut handover = Handover::begin(1, begun, observing(), None).expect("the first");
    world.order(&format!("{}/accept", path(&conversation)), json!({ "name": "Grace Hopper" })).await;
    let seen = world.desk(&path(&conversation)).await;
    let agent = seen["agent"]["id"].as_str().expect("an id").to_owned();

    let log = world.desk("events").await;
    let events = log["events"].as_array().expect("a list").iter();
    let user_start = events.clone().find(|event| event["topic"] == "user.start").expect("the agent came");
    let topic = format!("v2.detail.events.conversation.{id}.user.start");
    let frame = json!({ "topicName": topic, "eventBody": user_start["eventBody"] });
    let event = one(&world.connection, EventSource::Notification(frame.to_string().into_bytes())).await;
    let known = |name: Option<&str>| Agent { id: Some(agent.clone()), name: name.map(String::from), picture: None };
    assert_eq!(handover.apply(&event, now()), [Step::AgentJoined(known(None))]);

    let events: Vec<AgentEvent> = world.connection.observe_conversation(&conversation).await.expect("observed");
    assert_eq!(handover.observed(&events, now()), [Step::AgentNamed(known(Some("Grace Hopper")))]);
}

#[tokio::test]
async fn v2025_22_what_the_user_learns_of_the_name_is_the_operators_to_say() {
    let participants = json!([{ "id": "p-1", "purpose": "agent", "state": "connected", "name": "Grace Hopper",
        "userId": "a-1", "connectedTime": "2026-03-01T10:00:01.000Z" }]);
    let body = json!({ "topicName": "v2.conversations.messages.c-1", "eventBody": { "id": "c-1", "participants": participants } });
    for (entered, name) in [("full", "Grace Hopper"), ("first", "Grace"), ("alias", "Agent")] {
        let connection = connection(&[("agent-name", entered)]).await;
        let told = kinds(&connection, EventSource::Notification(body.to_string().into_bytes())).await;
        assert!(
            matches!(&told[..], [EventKind::AgentJoined(agent)] if agent.name.as_deref() == Some(name)),
            "{entered}: {told:?}"
        );
    }
}
