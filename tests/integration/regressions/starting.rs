//! The start of a handover: the user, the transcript and the attributes for the agent and the flow.

use super::{
    MINUTE, SECOND, TEN, attributes, connection, conversation, delivered, handover, map_one, notification, path,
    platform, polling_policy, provider, started, until, webhook,
};
use crate::support::{settings, valid_settings};
use crate::world::{World, start};
use genesys_sandbox::{Config, QueueConfig};
use handover_host::ConnectError;
use handover_host::contract::{
    Attribute, CheckOutcome, Conversation, EndReason, HandoverStart, InvalidField, LeaveReason, Outbound,
    OutboundMessage, Profile, Routing, Speaker, TranscriptLine, Unsupported,
};
use handover_host::handover::{Handover, State, Step};
use handover_tests::answered;
use serde_json::json;
use std::time::Duration;

const SALES: &str = "d59d0280-0000-4000-8000-000000000002";

fn line(speaker: Speaker, time: u64, text: &str) -> TranscriptLine {
    TranscriptLine { speaker, time, text: text.into() }
}

#[tokio::test]
async fn v4_39_omits_transcript_lines_that_were_already_sent() {
    let connection = connection(&[]).await;
    let mut first = handover();
    first.transcript_delivered(TEN);
    // The message of the user was delivered.
    first.transcript_delivered(TEN + MINUTE);
    let _ = first.leave(LeaveReason::UserLeft, TEN + 2 * MINUTE);
    let second = Handover::begin(2, TEN + 5 * MINUTE, polling_policy(), Some(&first)).expect("an ended handover");
    let transcript = vec![
        line(Speaker::Bot, TEN, "What can I do for you?"),
        line(Speaker::User, TEN + MINUTE, "My invoice is wrong."),
        line(Speaker::User, TEN + 4 * MINUTE, "It is still wrong."),
    ];
    let start = HandoverStart { transcript, delivered_until: second.delivered_until(), ..HandoverStart::default() };
    let bodies = started(&connection, start).await;
    assert_eq!(bodies[0]["text"], "Transcript (times in UTC)\n2026-03-01 10:04 User: It is still wrong.");
}

#[tokio::test]
async fn v4_43_a_late_end_does_not_end_the_next_handover() {
    let connection = connection(&[]).await;
    let end = |time| notification("customer.end", time, &json!({ "participantId": "p-1", "disconnectType": "PEER" }));
    let mut first = handover();
    let ended = map_one(&connection, end(TEN + MINUTE)).await;
    assert_eq!(first.apply(&ended, TEN + MINUTE), [Step::Ended(EndReason::Completed)]);

    let begun = TEN + 10 * MINUTE;
    let mut second =
        Handover::begin(first.next_number(), begun, polling_policy(), Some(&first)).expect("an ended handover");
    assert_eq!((second.number(), second.state(), second.conversation()), (2, State::Queued, None));
    // Genesys reopens the same conversation, and the end of the first handover arrives again.
    second.delivered(&delivered("c-1"), TEN);
    assert_eq!(second.apply(&ended, begun + SECOND), []);
    assert_eq!(second.state(), State::Queued);
    let own = map_one(&connection, end(begun + 5 * MINUTE)).await;
    assert_eq!(second.apply(&own, begun + 5 * MINUTE), [Step::Ended(EndReason::Completed)]);
}

#[tokio::test]
async fn v4_46_accepts_long_addresses() {
    let recipient = "session-".repeat(25);
    assert_eq!(recipient.len(), 200);
    let world = World::new(Config::default()).await;
    let mut conversation = Conversation { id: None, ..conversation(&recipient) };
    conversation.id = world.send(&conversation, "m-1", start()).await.expect("delivered");
    assert_eq!(world.sandbox_get(&path(&conversation)).await["from"]["id"], recipient.as_str());
    let answer = json!({ "id": "1", "channel": { "to": { "id": recipient } }, "type": "Text", "text": "Hello" });
    let event = map_one(&world.connection, webhook(&answer)).await;
    assert_eq!(event.recipient.as_ref(), Some(&recipient));

    // A longer address is refused before anything is sent, and the error names the field.
    let too_long = Conversation { recipient: "x".repeat(257), ..conversation };
    let outbound = Outbound { id: "m-2".into(), time: TEN, message: start() };
    let refused = answered(world.connection.build_outbound_message(&too_long, &outbound).await).expect("no trap");
    let field = InvalidField { field: "conversation.recipient".into(), expected: "1 to 256 bytes".into() };
    assert_eq!(refused, Err(Unsupported::Invalid(field)));
}

/// Forms also send their empty fields.
#[tokio::test]
async fn v4_52_treats_empty_settings_as_absent() {
    let provider = provider().await;
    let allowed = "https://api.mypurecloud.de https://login.mypurecloud.de".parse().expect("origins");
    let form = provider.description().settings.iter();
    let optional: Vec<_> = form.filter(|field| !field.required).map(|field| field.key.as_str()).collect();
    assert!(optional.len() > 20, "{optional:?}");
    let entered = |value: &str| {
        let fields: Vec<_> = optional.iter().map(|key| (*key, value)).collect();
        [valid_settings(), settings(&fields)].concat()
    };
    let connection = provider.connect(entered(""), &allowed).await.expect("the connection");
    assert_eq!(connection.warnings(), []);
    let bodies = started(&connection, HandoverStart::default()).await;
    assert_eq!(bodies.len(), 1);
    assert_eq!(bodies[0]["text"], "The user asks for a person.");
    assert_eq!(bodies[0]["channel"]["metadata"]["customAttributes"], json!({ "userId": "sess-42" }));

    // A blank value is reported to the operator who enters it, not to the user who requests an agent.
    match provider.connect(entered(" "), &allowed).await {
        Err(ConnectError::Settings(problems)) => {
            assert_eq!(problems.iter().map(|problem| problem.key.as_str()).collect::<Vec<_>>(), optional);
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn v4_53_starts_a_handover_with_empty_fields() {
    let connection = connection(&[("queue", "Support"), ("skill", "escalation"), ("send-profile", "true")]).await;
    let empty = || Some(String::new());
    let start = HandoverStart {
        profile: Some(Profile {
            name: empty(),
            first_name: empty(),
            last_name: None,
            email: empty(),
            phone: empty(),
            picture: empty(),
            contact_id: empty(),
        }),
        user_id: empty(),
        session_id: empty(),
        transcript: vec![line(Speaker::User, TEN, "")],
        routing: Routing { queue: empty(), language: Some(" ".into()), skills: Vec::new(), priority: None },
        text: empty(),
        ..HandoverStart::default()
    };
    let bodies = started(&connection, start).await;
    assert_eq!(
        bodies,
        [json!({
            "channel": {
                "from": { "id": "sess-42", "idType": "Opaque" },
                "time": "2026-03-01T10:10:00.000Z",
                "messageId": "m-1",
                "metadata": { "customAttributes": {
                    "userId": "sess-42", "queueId": "Support", "queueName": "Support", "mySkills": "escalation",
                } },
            },
            "text": "The user asks for a person.",
        })]
    );
}

#[tokio::test]
async fn v4_53_ignores_empty_skills() {
    let connection = connection(&[("skill", "escalation")]).await;
    for (skills, expected) in [(vec![""], "escalation"), (vec!["", "billing", " "], "billing")] {
        let skills = skills.into_iter().map(String::from).collect();
        let start = HandoverStart { routing: Routing { skills, ..Routing::default() }, ..HandoverStart::default() };
        assert_eq!(attributes(&connection, start).await["mySkills"], expected);
    }
}

#[tokio::test]
async fn v4_63_sends_the_link_to_the_copilot() {
    let connection = connection(&[
        ("copilot-url", "https://agent-assist.example.com/"),
        ("copilot-token", "a token"),
        ("copilot-organization", "org"),
        ("copilot-project", "project"),
        ("copilot-config", "config"),
    ])
    .await;
    let start = HandoverStart { user_id: Some("user 7".into()), ..HandoverStart::default() };
    assert_eq!(
        attributes(&connection, start).await["copilotUrl"],
        "https://agent-assist.example.com/?sessionId=sess-42&userId=user%207&URLToken=a%20token&organisationId=org\
         &projectId=project&configId=config"
    );
}

#[tokio::test]
async fn v4_70_sends_queue_language_skills_priority_and_attributes() {
    let mut config = Config::default();
    config.queues.push(QueueConfig { id: Some(SALES.into()), name: "Sales".into() });
    let entered = [
        ("language", "english"),
        ("skill", "escalation"),
        ("skill", "billing"),
        ("priority", "2"),
        ("attribute", "section=returns"),
    ];
    let world = World::with(config, &entered).await;
    let start = HandoverStart {
        routing: Routing { queue: Some(SALES.into()), ..Routing::default() },
        attributes: vec![Attribute { key: "contract".into(), value: "gold".into(), confidential: false }],
        ..HandoverStart::default()
    };
    let mut conversation = Conversation { id: None, ..conversation("sess-42") };
    conversation.id = world.send(&conversation, "m-1", OutboundMessage::Start(start)).await.expect("delivered");
    let seen = world.sandbox_get(&path(&conversation)).await;
    assert_eq!(
        seen["attributes"],
        json!({
            "userId": "sess-42",
            "queueId": SALES,
            "myLanguage": "english",
            "mySkills": "escalation,billing",
            "priority": "2",
            "section": "returns",
            "contract": "gold",
        })
    );
    assert_eq!(seen["queueId"], SALES);
}

#[tokio::test]
async fn v4_76_labels_the_speakers_in_the_transcript() {
    let connection = connection(&[]).await;
    let transcript = vec![
        line(Speaker::Bot, TEN, "What can I do for you?"),
        line(Speaker::User, TEN + MINUTE, "My invoice is wrong."),
        line(Speaker::Agent, TEN + 2 * MINUTE, "I shall see to it."),
    ];
    let bodies = started(&connection, HandoverStart { transcript, ..HandoverStart::default() }).await;
    assert_eq!(
        bodies[0]["text"],
        "Transcript (times in UTC)\n2026-03-01 10:00 Bot: What can I do for you?\n\
         2026-03-01 10:01 User: My invoice is wrong.\n2026-03-01 10:02 Agent: I shall see to it."
    );
}

#[tokio::test]
async fn v4_79_sends_the_messages_of_the_bot() {
    let world = World::new(Config::default()).await;
    let transcript = vec![line(Speaker::Bot, TEN, "I cannot help with that."), line(Speaker::Bot, TEN, "Sorry.")];
    let message = OutboundMessage::Start(HandoverStart { transcript, ..HandoverStart::default() });
    let mut conversation = Conversation { id: None, ..conversation("sess-42") };
    conversation.id = world.send(&conversation, "m-1", message).await.expect("delivered");
    let seen = world.sandbox_get(&path(&conversation)).await;
    let first = seen["messages"][0]["text"].as_str().expect("a string");
    assert!(first.contains("Bot: I cannot help with that.\n"), "{first}");
    assert!(first.ends_with("Bot: Sorry."), "{first}");
}

#[tokio::test]
async fn v4_86_sends_the_name_of_the_user() {
    let world = World::with(Config::default(), &[("send-profile", "true")]).await;
    let profile = Profile {
        first_name: Some("Ada".into()),
        last_name: Some("Lovelace".into()),
        email: Some("ada@example.com".into()),
        ..Profile::default()
    };
    let start = HandoverStart { profile: Some(profile), ..HandoverStart::default() };
    let mut conversation = Conversation { id: None, ..conversation("sess-42") };
    conversation.id = world.send(&conversation, "m-1", OutboundMessage::Start(start)).await.expect("delivered");
    assert_eq!(world.sandbox_get(&path(&conversation)).await["from"]["nickname"], "Ada Lovelace");
}

#[tokio::test]
async fn v4_89_sends_the_transcript_as_one_message_without_empty_lines() {
    let connection = connection(&[]).await;
    let mut transcript: Vec<_> =
        (0..20).map(|number| line(Speaker::User, TEN + number * MINUTE, &format!("line {number}"))).collect();
    transcript.insert(1, line(Speaker::Bot, TEN, ""));
    transcript.insert(2, line(Speaker::Bot, TEN, " \n"));
    let text = Some("Help!".into());
    let bodies = started(&connection, HandoverStart { transcript, text, ..HandoverStart::default() }).await;
    let texts: Vec<_> = bodies.iter().map(|body| body["text"].as_str().expect("a string")).collect();
    let [transcript, "Help!"] = texts[..] else { panic!("{texts:?}") };
    let lines: Vec<_> = transcript.lines().collect();
    assert_eq!((lines.len(), lines[0]), (21, "Transcript (times in UTC)"));
    assert_eq!((lines[1], lines[20]), ("2026-03-01 10:00 User: line 0", "2026-03-01 10:19 User: line 19"));
}

#[tokio::test]
async fn v4_99_accepts_the_id_or_the_name_of_a_queue() {
    let connection = connection(&[]).await;
    let in_queue = |queue: &str| HandoverStart {
        routing: Routing { queue: Some(queue.into()), ..Routing::default() },
        ..HandoverStart::default()
    };
    assert_eq!(
        attributes(&connection, in_queue("Support")).await,
        json!({ "userId": "sess-42", "queueId": "Support", "queueName": "Support" })
    );
    let id = "d59d0280-0000-4000-8000-000000000001";
    assert_eq!(attributes(&connection, in_queue(id)).await, json!({ "userId": "sess-42", "queueId": id }));

    // The doctor finds the queue by either.
    let queues = vec![QueueConfig { id: Some(id.into()), name: "Support".into() }];
    let config = || Config { queues: queues.clone(), ..Config::default() };
    for queue in [id, "Support"] {
        let world = World::with(config(), &[("queue", queue)]).await;
        let checks = world.connection.check_connection(None).await.expect("no trap");
        let check = checks.iter().find(|check| check.name == "queue").expect("a check of the queue");
        assert_eq!(check.outcome, CheckOutcome::Ok, "{queue}: {}", check.message);
    }
}

#[tokio::test]
async fn v2025_12_sends_attributes_only_with_the_first_message() {
    let connection = connection(&[("attribute", "section=returns"), ("text-limit", "100")]).await;
    let transcript = (0..20).map(|number| line(Speaker::User, TEN + number, "What I said before.")).collect();
    let bodies = started(&connection, HandoverStart { transcript, ..HandoverStart::default() }).await;
    assert!(bodies.len() > 5);
    assert_eq!(bodies[0]["channel"]["metadata"]["customAttributes"]["section"], "returns");
    assert!(bodies.iter().skip(1).all(|body| body["channel"].get("metadata").is_none()));
}

#[tokio::test]
async fn v2025_14_ends_two_consecutive_handovers() {
    let (world, platform) = platform(|_, _| {}, &[]).await;
    tokio::spawn(platform.clone().poll_repeatedly(Duration::from_millis(50)));
    let mut expected = Vec::new();
    for number in 1..=2 {
        let id = platform.begin("sess-42", start()).await;
        assert_eq!(world.sandbox_get(&format!("conversations/{id}")).await["state"], "waiting");
        // Leaves time for the first end to be mistaken for the end of the second handover.
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(platform.with_state("sess-42", |state| state.ends.clone()), expected);
        world.sandbox_post(&format!("conversations/{id}/accept"), json!({ "name": "Grace Hopper" })).await;
        world.sandbox_post(&format!("conversations/{id}/disconnect"), json!({})).await;
        expected.push((number, EndReason::Completed));
        until("an end", || platform.with_state("sess-42", |state| state.ends.len()) == expected.len()).await;
    }
    assert_eq!(platform.with_state("sess-42", |state| state.ends.clone()), expected);
}
