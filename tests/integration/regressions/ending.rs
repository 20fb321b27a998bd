//! When a handover is over, and when it is not.

use super::{
    MINUTE, SECOND, TEN, connection, event_bus, handover, kinds, map, notification, observing, one, path, platform,
    trigger, until,
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
async fn v4_48_a_user_who_closes_the_browser_is_gone_for_the_agent_too() {
    for attended in [false, true] {
        let world = World::new(Config::default()).await;
        let conversation = world.start().await;
        if attended {
            world.order(&format!("{}/accept", path(&conversation)), json!({ "name": "Grace Hopper" })).await;
        }
        let mut handover = Handover::begin(1, TEN, observing(), None).expect("the first");
        let steps = handover.leave(LeaveReason::UserLeft, TEN + MINUTE);
        let [Step::Leave(reason), Step::Ended(EndReason::Cancelled)] = steps[..] else { panic!("{steps:?}") };
        world.send(&conversation, "m-2", OutboundMessage::Leave(reason)).await.expect("delivered");
        let seen = world.desk(&path(&conversation)).await;
        assert_eq!((&seen["state"], &seen["agents"]), (&json!("ended"), &json!([])), "attended: {attended}");
        assert_eq!(world.observe(&conversation).await.last(), Some(&EventKind::Ended(EndReason::Cancelled)));
    }
}

#[tokio::test]
async fn v4_77_leaving_the_queue_is_a_cancelled_handover() {
    let mut handover = handover();
    let steps = handover.leave(LeaveReason::UserLeft, TEN + MINUTE);
    assert_eq!(steps, [Step::Leave(LeaveReason::UserLeft), Step::Ended(EndReason::Cancelled)]);
    assert_eq!(cognigy::status(Ok(handover.state())), "cancelled");
    assert_eq!(handover.leave(LeaveReason::UserLeft, TEN + 2 * MINUTE), []);
}

#[tokio::test]
async fn v4_84_a_transfer_is_no_end() {
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
        steps.extend(handover.apply(&one(&connection, event_bus(topic, at, &more)).await, at));
    }
    assert!(!steps.iter().any(|step| matches!(step, Step::Ended(_))), "{steps:?}");
    assert_eq!(steps.iter().filter(|step| matches!(step, Step::Transferred(_))).count(), 1, "{steps:?}");
    assert_eq!(handover.state(), State::Active);
    // A voice call of the same organization's is none of ours.
    let at = TEN + 100 * SECOND;
    let voice = json!({ "participantId": "p-9", "disconnectType": "PEER", "mediaType": "VOICE" });
    assert_eq!(handover.apply(&one(&connection, event_bus("customer.end", at, &voice)).await, at), []);
    assert_eq!(handover.state(), State::Active);
}

#[tokio::test]
async fn v4_87_the_words_at_both_ends_are_the_operators() {
    let mut config = Config::default();
    config.clients[0].permissions = [Permission::MessageReceive, Permission::IntegrationView].into();
    let words = [("start-text", "Ein Kunde wünscht Hilfe."), ("leave-text", "Der Kunde ist gegangen.")];
    let world = World::with(config, &words).await;
    let mut conversation = super::conversation("sess-42");
    let start = OutboundMessage::Start(handover_host::contract::HandoverStart::default());
    conversation.id = world.send(&conversation, "m-1", start).await.expect("delivered");
    world.send(&conversation, "m-2", OutboundMessage::Leave(LeaveReason::UserLeft)).await.expect("delivered");
    let seen = world.desk(&path(&conversation)).await;
    let texts: Vec<_> = seen["messages"].as_array().expect("messages").iter().map(|m| m["text"].as_str()).collect();
    assert_eq!(texts, [Some("Ein Kunde wünscht Hilfe."), Some("Der Kunde ist gegangen.")]);
}

#[tokio::test]
async fn v4_88_an_agent_who_declines_ends_nothing() {
    let connection = connection(&[]).await;
    for how in [
        json!({ "disconnectType": "CLIENT", "interactingDurationMs": 0 }),
        json!({ "disconnectType": "CLIENT" }),
        json!({ "disconnectType": "NO_ANSWER_TRANSFER" }),
    ] {
        let mut more = how.clone();
        more["userId"] = json!("a-1");
        more["participantId"] = json!("p-1");
        let mut handover = handover();
        let events = map(&connection, notification("user.end", TEN + MINUTE, &more)).await;
        let steps: Vec<_> = events.iter().flat_map(|event| handover.apply(event, TEN + MINUTE)).collect();
        assert!(steps.iter().all(|step| matches!(step, Step::Observe | Step::Queued(_))), "{how}: {steps:?}");
        assert_eq!(handover.state(), State::Queued, "{how}");
    }
    let world = World::new(Config::default()).await;
    let conversation = world.start().await;
    world.order(&format!("{}/decline", path(&conversation)), json!({ "name": "Dan" })).await;
    let seen = world.observe(&conversation).await;
    assert!(matches!(seen[..], [EventKind::Queued(_)]), "{seen:?}");
}

/// Genesys may tell of an agent who is only offered the conversation as of one who came.
#[tokio::test]
async fn v4_88_an_agent_who_declines_does_not_stay() {
    let connection = connection(&[]).await;
    for (how, lasted) in [("CLIENT", json!(0)), ("NO_ANSWER_TRANSFER", json!(null))] {
        let mut handover = handover();
        let mut apply = async |topic: &str, seconds: u64, more: serde_json::Value| {
            let at = TEN + seconds * SECOND;
            let events = map(&connection, event_bus(topic, at, &more)).await;
            events.iter().flat_map(|event| handover.apply(event, at)).collect::<Vec<_>>()
        };
        let came = json!({ "userId": "a-1", "participantId": "p-1" });
        assert!(matches!(apply("user.start", 5, came).await[..], [Step::AgentJoined(_)]));
        let declined = json!({
            "userId": "a-1", "participantId": "p-1", "disconnectType": how, "interactingDurationMs": lasted,
        });
        let steps = apply("user.end", 30, declined).await;
        assert!(steps.contains(&Step::Observe), "{how}: {steps:?}");
        assert_eq!(handover.state(), State::Queued, "{how}");
    }
}

#[test]
fn v4_88_a_second_handover_beside_an_open_one_is_refused() {
    let mut first = handover();
    let second = |first: &Handover| Handover::begin(2, TEN + MINUTE, observing(), Some(first)).map(|_| ());
    assert_eq!(second(&first), Err(AlreadyInProgress));
    assert_eq!(cognigy::status(Err(AlreadyInProgress)), "already in progress");
    assert_eq!(first.state(), State::Queued);
    let _ = first.leave(LeaveReason::UserLeft, TEN + SECOND);
    assert_eq!(second(&first), Ok(()));
}

/// Nothing but a trigger of the older form, which does not even tell the conversation.
#[tokio::test]
async fn v4_94_a_trigger_is_enough_to_find_the_end() {
    let tell = |config: &mut Config, address| {
        config.trigger.url = Some(address);
        config.trigger.key = Some(Secret::from(TRIGGER_KEY.1.to_owned()));
    };
    let (world, platform) = platform(tell, &[TRIGGER_KEY]).await;
    let id = platform.begin("sess-42", start()).await;
    world.order(&format!("conversations/{id}/accept"), json!({ "name": "Grace Hopper" })).await;
    world.order(&format!("conversations/{id}/disconnect"), json!({})).await;
    until("the end", || platform.book("sess-42", |book| !book.ends.is_empty())).await;
    assert_eq!(platform.book("sess-42", |book| book.ends.clone()), [(1, EndReason::Completed)]);
    assert_eq!(platform.told().get("trigger"), Some(&1));
}

#[tokio::test]
async fn v4_97_a_trigger_that_tells_the_end_ends() {
    let connection = connection(&[]).await;
    let body = json!({
        "userId": "sess-42", "conversationId": "c-1", "participantId": "p-0", "eventTime": TEN + MINUTE,
        "topic": "v2.detail.events.conversation.id.customer.end", "disconnectType": "PEER",
    });
    let event = one(&connection, trigger(&body)).await;
    assert_eq!((event.recipient.as_deref(), event.conversation_id.as_deref()), (Some("sess-42"), Some("c-1")));
    assert_eq!(handover().apply(&event, TEN + MINUTE), [Step::Ended(EndReason::Completed)]);
}

#[tokio::test]
async fn v4_100_the_event_bus_is_believed_by_its_key_alone() {
    let connection = connection(&[EVENT_BUS_KEY, TRIGGER_KEY]).await;
    let bus = json!({ "detail-type": "v2.detail.events.conversation.{id}.customer.end" }).to_string();
    for (headers, verdict) in [
        (&[("Authorization", EVENT_BUS_KEY.1)][..], Ok(Authenticity::ApiKey(OperatorSource::EventBus))),
        (&[("authorization", TRIGGER_KEY.1)], Ok(Authenticity::ApiKey(OperatorSource::Trigger))),
        (&[("Authorization", "a-key-for-the-event-bu")], Err(Rejection::KeyMismatch)),
        (&[("Authorization", "a-key-for-the-event-bus2")], Err(Rejection::KeyMismatch)),
        (&[("Authorization", "")], Err(Rejection::KeyMismatch)),
        (&[], Err(Rejection::NoSecret)),
    ] {
        let webhook = webhook(headers, bus.as_bytes());
        assert_eq!(answered(connection.verify_webhook(&webhook).await).expect("no trap"), verdict, "{headers:?}");
    }
    let ended = json!({ "participantId": "p-0", "disconnectType": "PEER" });
    let told = kinds(&connection, event_bus("customer.end", TEN + MINUTE, &ended)).await;
    assert_eq!(told, [EventKind::Ended(EndReason::Completed)]);
}

#[tokio::test]
async fn v2025_10_after_call_work_is_no_end() {
    let connection = connection(&[]).await;
    let mut handover = handover();
    let came = json!({ "userId": "a-1", "participantId": "p-1" });
    let came = one(&connection, event_bus("user.start", TEN + SECOND, &came)).await;
    let _ = handover.apply(&came, TEN + SECOND);
    let work = json!({ "userId": "a-1", "participantId": "p-1", "wrapupCode": "done", "wrapupDurationMs": 10_000 });
    let work = one(&connection, event_bus("acw", TEN + MINUTE, &work)).await;
    assert_eq!(handover.apply(&work, TEN + MINUTE), []);
    assert_eq!(handover.state(), State::Active);
    // However long it takes.
    assert_eq!(handover.tick(TEN + 60 * MINUTE), []);
}

#[tokio::test]
async fn v2025_10_who_cancels_in_words_is_out_of_the_queue() {
    let (world, platform) = platform(|_, _| {}, &[]).await;
    let mut conversation = super::conversation("sess-42");
    conversation.id = Some(platform.begin("sess-42", start()).await);
    let steps = platform.book("sess-42", |book| book.handover.leave(LeaveReason::UserLeft, super::now()));
    assert_eq!(steps, [Step::Leave(LeaveReason::UserLeft), Step::Ended(EndReason::Cancelled)]);
    world.send(&conversation, "m-2", OutboundMessage::Leave(LeaveReason::UserLeft)).await.expect("delivered");
    let seen = world.desk(&path(&conversation)).await;
    assert_eq!(seen["state"], "ended");
    platform.book("sess-42", |book| assert_eq!(cognigy::status(Ok(book.handover.state())), "cancelled"));
}

#[tokio::test]
async fn v2025_12_the_customers_end_is_the_end_and_an_agents_is_not() {
    let connection = connection(&[]).await;
    let mut handover = handover();
    let mut apply = async |topic: &str, seconds: u64, more: serde_json::Value| {
        let at = TEN + seconds * SECOND;
        handover.apply(&one(&connection, event_bus(topic, at, &more)).await, at)
    };
    apply("user.start", 1, json!({ "userId": "a-1", "participantId": "p-1" })).await;
    let transfer = json!({ "userId": "a-1", "participantId": "p-1", "disconnectType": "TRANSFER" });
    assert!(matches!(apply("user.end", 60, transfer).await[..], [Step::Transferred(_)]));
    apply("user.start", 90, json!({ "userId": "a-2", "participantId": "p-2" })).await;
    let left = json!({ "userId": "a-2", "participantId": "p-2", "disconnectType": "CLIENT" });
    assert!(matches!(apply("user.end", 120, left).await[..], [Step::AgentLeft(_), Step::Observe]));
    let end = json!({ "participantId": "p-0", "disconnectType": "PEER" });
    assert_eq!(apply("customer.end", 121, end).await, [Step::Ended(EndReason::Completed)]);
}

#[tokio::test]
async fn v2025_12_a_handover_survives_its_storage() {
    let connection = connection(&[]).await;
    let mut handover = handover();
    let came = json!({ "userId": "a-1", "participantId": "p-1" });
    let _ = handover.apply(&one(&connection, event_bus("user.start", TEN + SECOND, &came)).await, TEN + SECOND);
    let stored = serde_json::to_string(&handover).expect("JSON");
    drop(handover);
    let mut handover: Handover = serde_json::from_str(&stored).expect("the same");
    assert_eq!((handover.state(), handover.conversation()), (State::Active, Some("c-1")));
    let end = json!({ "participantId": "p-0", "disconnectType": "CLIENT" });
    let end = one(&connection, event_bus("customer.end", TEN + MINUTE, &end)).await;
    assert_eq!(handover.apply(&end, TEN + MINUTE), [Step::Ended(EndReason::Cancelled)]);
}
