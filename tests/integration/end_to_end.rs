//! The component in the host against the local Genesys Cloud, over sockets.

use crate::world::{World, start, text};
use genesys_sandbox::{Config, Permission};
use handover_host::contract::{Conversation, EndReason, EventKind, Failure, LeaveReason, OutboundMessage, RetryCause};
use serde_json::json;

#[tokio::test]
async fn fetches_the_token_and_the_integration_once() {
    let world = World::new(Config::default()).await;
    let conversation = world.start().await;
    for number in 2..6 {
        world.send(&conversation, &format!("m-{number}"), text("more")).await.expect("delivered");
    }
    assert_eq!(world.request_count("/oauth/token").await, 1);
    assert_eq!(world.request_count("/integrations/open").await, 1);
    assert_eq!(world.request_count("/inbound/open/message").await, 5);
}

#[tokio::test]
async fn renews_a_revoked_token_without_a_duplicate() {
    let world = World::new(Config::default()).await;
    let conversation = world.start().await;
    world.sandbox_post("tokens/revoke", json!({})).await;
    world.send(&conversation, "m-2", text("still here?")).await.expect("delivered");
    let seen = world.sandbox_get(&format!("conversations/{}", conversation.id.as_deref().expect("an id"))).await;
    let texts: Vec<_> = seen["messages"].as_array().expect("messages").iter().map(|m| m["text"].as_str()).collect();
    assert_eq!(texts, [Some("Help!"), Some("still here?")]);
}

#[tokio::test]
async fn renews_a_token_before_it_expires() {
    let mut config = Config::default();
    // A token is renewed 60 seconds before it expires. With this lifetime, no cached token is ever used.
    config.clients[0].token_seconds = 59;
    let world = World::new(config).await;
    let conversation = world.start().await;
    world.send(&conversation, "m-2", text("more")).await.expect("delivered");
    assert!(world.request_count("/oauth/token").await >= 2);
    let log = world.sandbox_get("requests").await;
    assert!(log["requests"].as_array().expect("a list").iter().all(|request| request["status"] != 401));
}

#[tokio::test]
async fn sends_the_queue_attributes_with_the_first_message() {
    let world = World::new(Config::default()).await;
    let conversation = world.start().await;
    let seen = world.sandbox_get(&format!("conversations/{}", conversation.id.as_deref().expect("an id"))).await;
    assert_eq!(seen["attributes"], json!({ "queueId": "Support", "queueName": "Support", "userId": "sess-42" }));
}

#[tokio::test]
async fn finds_the_integration_on_a_later_page() {
    let mut config = Config::default();
    let model = config.integrations[0].clone();
    config.integrations = (0..120)
        .map(|number| {
            let mut integration = model.clone();
            integration.name = format!("Bot{number}");
            integration
        })
        .collect();
    let world = World::with(config, &[("deployment-name", "Bot119")]).await;
    world.start().await;
    assert_eq!(world.request_count("/integrations/open").await, 2);
}

#[tokio::test]
async fn classifies_failures() {
    let world = World::new(Config::default()).await;
    let conversation = world.start().await;
    let retry = |failure: Result<Option<String>, Failure>| match failure {
        Err(Failure::Retry(advice)) => (advice.cause, advice.after_seconds, advice.may_have_arrived),
        other => panic!("{other:?}"),
    };
    for (number, fault, expected) in [
        (2, json!({ "fault": "rate-limited", "retryAfterSeconds": 7 }), (RetryCause::RateLimited, Some(7), false)),
        (3, json!({ "fault": "server-error", "status": 503 }), (RetryCause::ServerError, None, false)),
        (4, json!({ "fault": "server-error", "status": 500 }), (RetryCause::ServerError, None, true)),
        (5, json!({ "fault": "hang" }), (RetryCause::TimedOut, None, true)),
        (6, json!({ "fault": "cut" }), (RetryCause::Network, None, true)),
    ] {
        let mut body = json!({ "on": "api", "path": "/inbound/" });
        body.as_object_mut().expect("an object").extend(fault.as_object().expect("an object").clone());
        world.sandbox_post("faults", body).await;
        let failure = world.send(&conversation, &format!("m-{number}"), text("hello")).await;
        assert_eq!(retry(failure), expected, "{fault}");
        // A retry sends the same bytes.
        world.send(&conversation, &format!("m-{number}"), text("hello")).await.expect("delivered");
    }
}

#[tokio::test]
async fn names_the_missing_permission() {
    let mut config = Config::default();
    config.clients[0].permissions.retain(|permission| *permission != Permission::MessageReceive);
    let world = World::new(config).await;
    let conversation = Conversation { recipient: "sess-42".into(), handover: 1, id: None };
    match world.send(&conversation, "m-1", start()).await {
        Err(Failure::Credentials(message)) => assert!(message.contains("conversation:message:receive"), "{message}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn polls_a_handover_from_the_queue_to_its_end() {
    let world = World::new(Config::default()).await;
    let conversation = world.start().await;
    let path = format!("conversations/{}", conversation.id.as_deref().expect("an id"));
    assert!(matches!(world.poll(&conversation).await[..], [EventKind::Queued(_)]));
    world.sandbox_post(&format!("{path}/accept"), json!({ "name": "Grace Hopper" })).await;
    match &world.poll(&conversation).await[..] {
        [EventKind::AgentJoined(agent)] => assert_eq!(agent.name.as_deref(), Some("Grace Hopper")),
        other => panic!("{other:?}"),
    }
    world.sandbox_post(&format!("{path}/transfer"), json!({})).await;
    let seen = world.poll(&conversation).await;
    assert!(
        matches!(seen[..], [EventKind::AgentJoined(_), EventKind::Transferred(_), EventKind::Queued(_)]),
        "{seen:?}"
    );
    world.sandbox_post(&format!("{path}/accept"), json!({ "name": "Ada Yonath" })).await;
    assert!(
        !world.poll(&conversation).await.iter().any(|kind| matches!(kind, EventKind::Ended(_) | EventKind::Queued(_)))
    );
    world.sandbox_post(&format!("{path}/disconnect"), json!({})).await;
    assert_eq!(world.poll(&conversation).await.last(), Some(&EventKind::Ended(EndReason::Completed)));
    // Polling again returns the same ids.
    let ids = async || {
        let events = world.connection.observe_conversation(&conversation).await.expect("polled");
        events.into_iter().map(|event| event.id).collect::<Vec<_>>()
    };
    assert_eq!(ids().await, ids().await);
}

/// Within the threading window, Genesys reopens the same conversation. Its second end is a new event; otherwise a host
/// that drops duplicates by id would never end the second handover.
#[tokio::test]
async fn a_second_end_of_a_conversation_is_a_new_event() {
    let world = World::new(Config::default()).await;
    let conversation = world.start().await;
    let path = format!("conversations/{}", conversation.id.as_deref().expect("an id"));
    let mut ids = Vec::new();
    for number in 2..5 {
        world.sandbox_post(&format!("{path}/accept"), json!({ "name": "Grace Hopper" })).await;
        world.sandbox_post(&format!("{path}/disconnect"), json!({})).await;
        let events = world.connection.observe_conversation(&conversation).await.expect("polled");
        let end = events.last().expect("an event");
        assert_eq!(end.kind, EventKind::Ended(EndReason::Completed));
        ids.push(end.id.clone());
        let again = world.send(&conversation, &format!("m-{number}"), text("one more thing")).await.expect("delivered");
        assert_eq!(again, conversation.id);
        assert!(matches!(world.poll(&conversation).await.last(), Some(EventKind::Queued(_))));
    }
    ids.dedup();
    assert_eq!(ids.len(), 3, "{ids:?}");
}

#[tokio::test]
async fn leaving_the_queue_ends_the_conversation() {
    let world = World::new(Config::default()).await;
    let conversation = world.start().await;
    world.send(&conversation, "m-2", OutboundMessage::Leave(LeaveReason::UserLeft)).await.expect("delivered");
    let path = format!("conversations/{}", conversation.id.as_deref().expect("an id"));
    assert_eq!(world.sandbox_get(&path).await["state"], "ended");
    assert_eq!(world.poll(&conversation).await.last(), Some(&EventKind::Ended(EndReason::Cancelled)));
    // The host may repeat the message after a crash.
    world.send(&conversation, "m-2", OutboundMessage::Leave(LeaveReason::UserLeft)).await.expect("delivered");
}

#[tokio::test]
async fn sends_the_leave_text_if_the_client_may_not_end_the_conversation() {
    let mut config = Config::default();
    config.clients[0].permissions = [Permission::MessageReceive, Permission::IntegrationView].into();
    let world = World::new(config).await;
    let conversation = world.start().await;
    world.send(&conversation, "m-2", OutboundMessage::Leave(LeaveReason::UserLeft)).await.expect("delivered");
    let seen = world.sandbox_get(&format!("conversations/{}", conversation.id.as_deref().expect("an id"))).await;
    assert_eq!(seen["messages"][1]["text"], "The user has left the chat.");
}
