//! Events that end a handover, and events that do not.

use super::{
    MINUTE, SECOND, TEN, connection, event_bus, handover, kinds, map, map_one, notification, path, platform,
    polling_policy, trigger, until,
};
use crate::support::webhook;
use crate::world::{World, start};
use genesys_sandbox::{Config, Permission, Secret};
use handover_host::contract::{
    Authenticity, EndReason, EventKind, LeaveReason, OperatorSource, OutboundMessage, Rejection,
};
use handover_host::handover::{AlreadyInProgress, Handover, State, Step, cognigy};
use handover_tests::answered;
use serde_json::json;

const EVENT_BUS_KEY: (&str, &str) = ("event-bus-key", "a-key-for-the-event-bus");
const TRIGGER_KEY: (&str, &str) = ("trigger-key", "a-key-for-the-trigger");

#[tokio::test]
async fn v4_48_ends_the_conversation_when_the_user_closes_the_browser() {
    for attended in [false, true] {
        let world = World::new(Config::default()).await;
        let conversation = world.start().await;
        if attended {
            world.sandbox_post(&format!("{}/accept", path(&conversation)), json!({ "name": "Grace Hopper" })).await;
        }
        let mut handover = Handover::begin(1, TEN, polling_policy(), None).expect("the first handover");
        let steps = handover.leave(LeaveReason::UserLeft, TEN + MINUTE);
        let [Step::Leave(reason), Step::Ended(EndReason::Cancelled)] = steps[..] else { panic!("{steps:?}") };
        world.send(&conversation, "m-2", OutboundMessage::Leave(reason)).await.expect("delivered");
        let seen = world.sandbox_get(&path(&conversation)).await;
        assert_eq!((&seen["state"], &seen["agents"]), (&json!("ended"), &json!([])), "attended: {attended}");
        assert_eq!(world.poll(&conversation).await.last(), Some(&EventKind::Ended(EndReason::Cancelled)));
    }
}

#[tokio::test]
async fn v4_77_leaving_the_queue_cancels_the_handover() {
    let mut handover = handover();
    let steps = handover.leave(LeaveReason::UserLeft, TEN + MINUTE);
    assert_eq!(steps, [Step::Leave(LeaveReason::UserLeft), Step::Ended(EndReason::Cancelled)]);
    assert_eq!(cognigy::status(Ok(handover.state())), "cancelled");
    assert_eq!(handover.leave(LeaveReason::UserLeft, TEN + 2 * MINUTE), []);
}

#[tokio::test]
async fn v4_84_a_transfer_does_not_end_the_handover() {
    let connection = connection(&[]).await;
    let mut handover = handover();
    let mut steps = Vec::new();
    for (topic, seconds, more) in [
        ("user.start", 5, json!({ "userId": "a-1", "participantId": "p-1" })),
        ("user.end", 60, json!({ "userId": "a-1", "participantId": "p-1", "disconnectType": "TRANSFER" })),
        ("customer.end", 61, json!({ "participantId": "p-0", "disconnectType": "TRANSFER" })),
        ("acd.start", 62, json!({ "participantId": "p-2" })),
        ("user.start", 90, json!({ "userId": "a-2", "participantId": "p-3" })),
    ] {
        let at = TEN + seconds * SECOND;
        steps.extend(handover.apply(&map_one(&connection, event_bus(topic, at, &more)).await, at));
    }
    assert!(!steps.iter().any(|step| matches!(step, Step::Ended(_))), "{steps:?}");
    assert_eq!(steps.iter().filter(|step| matches!(step, Step::Transferred(_))).count(), 1, "{steps:?}");
    assert_eq!(handover.state(), State::Active);
    // A voice call of the same organization is ignored.
    let at = TEN + 100 * SECOND;
    let voice = json!({ "participantId": "p-9", "disconnectType": "PEER", "mediaType": "VOICE" });
    assert_eq!(handover.apply(&map_one(&connection, event_bus("customer.end", at, &voice)).await, at), []);
    assert_eq!(handover.state(), State::Active);
}

#[tokio::test]
async fn v4_87_the_operator_sets_the_start_and_leave_texts() {
    let mut config = Config::default();
    config.clients[0].permissions = [Permission::MessageReceive, Permission::IntegrationView].into();
    let texts = [("start-text", "Ein Kunde wünscht Hilfe."), ("leave-text", "Der Kunde ist gegangen.")];
    let world = World::with(config, &texts).await;
    let mut conversation = super::conversation("sess-42");
    let start = OutboundMessage::Start(handover_host::contract::HandoverStart::default());
    conversation.id = world.send(&conversation, "m-1", start).await.expect("delivered");
    world.send(&conversation, "m-2", OutboundMessage::Leave(LeaveReason::UserLeft)).await.expect("delivered");
    let seen = world.sandbox_get(&path(&conversation)).await;
    let texts: Vec<_> = seen["messages"].as_array().expect("messages").iter().map(|m| m["text"].as_str()).collect();
    assert_eq!(texts, [Some("Ein Kunde wünscht Hilfe."), Some("Der Kunde ist gegangen.")]);
}

#[tokio::test]
async fn v4_88_a_decline_does_not_end_the_handover() {
    let connection = connection(&[]).await;
    for how in [
        json!({ "disconnectType": "CLIENT", "interactingDurationMs": 0 }),
        json!({ "disconnectType": "CLIENT" }),
        json!({ "disconnectType": "NO_ANSWER_TRANSFER" }),
    ] {
        let mut fields = how.clone();
        fields["userId"] = json!("a-1");
        fields["participantId"] = json!("p-1");
        let mut handover = handover();
        let events = map(&connection, notification("user.end", TEN + MINUTE, &fields)).await;
        let steps: Vec<_> = events.iter().flat_map(|event| handover.apply(event, TEN + MINUTE)).collect();
        assert!(steps.iter().all(|step| matches!(step, Step::Poll | Step::Queued(_))), "{how}: {steps:?}");
        assert_eq!(handover.state(), State::Queued, "{how}");
    }
    let world = World::new(Config::default()).await;
    let conversation = world.start().await;
    world.sandbox_post(&format!("{}/decline", path(&conversation)), json!({ "name": "Dan" })).await;
    let seen = world.poll(&conversation).await;
    assert!(matches!(seen[..], [EventKind::Queued(_)]), "{seen:?}");
}

/// Genesys may report an agent who is only offered the conversation as an agent who joined.
#[tokio::test]
async fn v4_88_an_agent_who_declines_is_removed() {
    let connection = connection(&[]).await;
    for (how, duration) in [("CLIENT", json!(0)), ("NO_ANSWER_TRANSFER", json!(null))] {
        let mut handover = handover();
        let mut apply = async |topic: &str, seconds: u64, more: serde_json::Value| {
            let at = TEN + seconds * SECOND;
            let events = map(&connection, event_bus(topic, at, &more)).await;
            events.iter().flat_map(|event| handover.apply(event, at)).collect::<Vec<_>>()
        };
        let joined = json!({ "userId": "a-1", "participantId": "p-1" });
        assert!(matches!(apply("user.start", 5, joined).await[..], [Step::AgentJoined(_)]));
        let declined = json!({
            "userId": "a-1", "participantId": "p-1", "disconnectType": how, "interactingDurationMs": duration,
        });
        let steps = apply("user.end", 30, declined).await;
        assert!(steps.contains(&Step::Poll), "{how}: {steps:?}");
        assert_eq!(handover.state(), State::Queued, "{how}");
    }
}

#[test]
fn v4_88_refuses_a_second_handover_while_one_is_open() {
    let mut first = handover();
    let second = |first: &Handover| Handover::begin(2, TEN + MINUTE, polling_policy(), Some(first)).map(|_| ());
    assert_eq!(second(&first), Err(AlreadyInProgress));
    assert_eq!(cognigy::status(Err(AlreadyInProgress)), "already in progress");
    assert_eq!(first.state(), State::Queued);
    let _ = first.leave(LeaveReason::UserLeft, TEN + SECOND);
    assert_eq!(second(&first), Ok(()));
}

/// The only source is a trigger in the older format, which does not contain the conversation.
#[tokio::test]
async fn v4_94_detects_the_end_by_a_trigger_alone() {
    let configure = |config: &mut Config, address| {
        config.trigger.url = Some(address);
        config.trigger.key = Some(Secret::from(TRIGGER_KEY.1.to_owned()));
    };
    let (world, platform) = platform(configure, &[TRIGGER_KEY]).await;
    let id = platform.begin("sess-42", start()).await;
    world.sandbox_post(&format!("conversations/{id}/accept"), json!({ "name": "Grace Hopper" })).await;
    world.sandbox_post(&format!("conversations/{id}/disconnect"), json!({})).await;
    until("the end", || platform.with_state("sess-42", |state| !state.ends.is_empty())).await;
    assert_eq!(platform.with_state("sess-42", |state| state.ends.clone()), [(1, EndReason::Completed)]);
    assert_eq!(platform.event_counts().get("trigger"), Some(&1));
}

#[tokio::test]
async fn v4_97_a_trigger_with_the_end_ends_the_handover() {
    let connection = connection(&[]).await;
    let body = json!({
        "userId": "sess-42", "conversationId": "c-1", "participantId": "p-0", "eventTime": TEN + MINUTE,
        "topic": "v2.detail.events.conversation.id.customer.end", "disconnectType": "PEER",
    });
    let event = map_one(&connection, trigger(&body)).await;
    assert_eq!((event.recipient.as_deref(), event.conversation_id.as_deref()), (Some("sess-42"), Some("c-1")));
    assert_eq!(handover().apply(&event, TEN + MINUTE), [Step::Ended(EndReason::Completed)]);
}

#[tokio::test]
async fn v4_100_authenticates_the_event_bus_by_its_key() {
    let connection = connection(&[EVENT_BUS_KEY, TRIGGER_KEY]).await;
    let bus = json!({ "detail-type": "v2.detail.events.conversation.{id}.customer.end" }).to_string();
    for (headers, verdict) in [
        (&[("Authorization", EVENT_BUS_KEY.1)][..], Ok(Authenticity::ApiKey(OperatorSource::EventBus))),
        (&[("authorization", TRIGGER_KEY.1)], Ok(Authenticity::ApiKey(OperatorSource::Trigger))),
        (&[("Authorization", "a-key-for-the-event-bu")], Err(Rejection::KeyMismatch)),
        (&[("Authorization", "a-key-for-the-event-bus2")], Err(Rejection::KeyMismatch)),
        (&[("Authorization", "")], Err(Rejection::KeyMismatch)),
        (&[], Err(Rejection::MissingSignature)),
    ] {
        let webhook = webhook(headers, bus.as_bytes());
        assert_eq!(answered(connection.verify_webhook(&webhook).await).expect("no trap"), verdict, "{headers:?}");
    }
    let ended = json!({ "participantId": "p-0", "disconnectType": "PEER" });
    let kinds = kinds(&connection, event_bus("customer.end", TEN + MINUTE, &ended)).await;
    assert_eq!(kinds, [EventKind::Ended(EndReason::Completed)]);
}

#[tokio::test]
async fn v2025_10_after_call_work_does_not_end_the_handover() {
    let connection = connection(&[]).await;
    let mut handover = handover();
    let joined = json!({ "userId": "a-1", "participantId": "p-1" });
    let joined = map_one(&connection, event_bus("user.start", TEN + SECOND, &joined)).await;
    let _ = handover.apply(&joined, TEN + SECOND);
    let work = json!({ "userId": "a-1", "participantId": "p-1", "wrapupCode": "done", "wrapupDurationMs": 10_000 });
    let work = map_one(&connection, event_bus("acw", TEN + MINUTE, &work)).await;
    assert_eq!(handover.apply(&work, TEN + MINUTE), []);
    assert_eq!(handover.state(), State::Active);
    // Its duration does not matter.
    assert_eq!(handover.tick(TEN + 60 * MINUTE), []);
}

#[tokio::test]
async fn v2025_10_cancelling_removes_the_user_from_the_queue() {
    let (world, platform) = platform(|_, _| {}, &[]).await;
    let mut conversation = super::conversation("sess-42");
    conversation.id = Some(platform.begin("sess-42", start()).await);
    let steps = platform.with_state("sess-42", |state| state.handover.leave(LeaveReason::UserLeft, super::now()));
    assert_eq!(steps, [Step::Leave(LeaveReason::UserLeft), Step::Ended(EndReason::Cancelled)]);
    world.send(&conversation, "m-2", OutboundMessage::Leave(LeaveReason::UserLeft)).await.expect("delivered");
    let seen = world.sandbox_get(&path(&conversation)).await;
    assert_eq!(seen["state"], "ended");
    platform.with_state("sess-42", |state| assert_eq!(cognigy::status(Ok(state.handover.state())), "cancelled"));
}

#[tokio::test]
async fn v2025_12_only_the_end_of_the_customer_ends_the_handover() {
    let connection = connection(&[]).await;
    let mut handover = handover();
    let mut apply = async |topic: &str, seconds: u64, more: serde_json::Value| {
        let at = TEN + seconds * SECOND;
        handover.apply(&map_one(&connection, event_bus(topic, at, &more)).await, at)
    };
    apply("user.start", 1, json!({ "userId": "a-1", "participantId": "p-1" })).await;
    let transfer = json!({ "userId": "a-1", "participantId": "p-1", "disconnectType": "TRANSFER" });
    assert!(matches!(apply("user.end", 60, transfer).await[..], [Step::Transferred(_)]));
    apply("user.start", 90, json!({ "userId": "a-2", "participantId": "p-2" })).await;
    let left = json!({ "userId": "a-2", "participantId": "p-2", "disconnectType": "CLIENT" });
    assert!(matches!(apply("user.end", 120, left).await[..], [Step::AgentLeft(_), Step::Poll]));
    let end = json!({ "participantId": "p-0", "disconnectType": "PEER" });
    assert_eq!(apply("customer.end", 121, end).await, [Step::Ended(EndReason::Completed)]);
}

#[tokio::test]
async fn v2025_12_a_handover_survives_serialization() {
    let connection = connection(&[]).await;
    let mut handover = handover();
    let joined = json!({ "userId": "a-1", "participantId": "p-1" });
    let _ = handover.apply(&map_one(&connection, event_bus("user.start", TEN + SECOND, &joined)).await, TEN + SECOND);
    let stored = serde_json::to_string(&handover).expect("JSON");
    drop(handover);
    let mut handover: Handover = serde_json::from_str(&stored).expect("the stored handover");
    assert_eq!((handover.state(), handover.conversation()), (State::Active, Some("c-1")));
    let end = json!({ "participantId": "p-0", "disconnectType": "CLIENT" });
    let end = map_one(&connection, event_bus("customer.end", TEN + MINUTE, &end)).await;
    assert_eq!(handover.apply(&end, TEN + MINUTE), [Step::Ended(EndReason::Cancelled)]);
}
