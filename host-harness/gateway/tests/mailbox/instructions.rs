//! Messages for the contact center itself: rerouting, annotations and callbacks.

use super::{NOW, event, request, rules};
use handover_gateway::mailbox::{
    Channel, DeadLetter, DeadLetterContent, DeliveryOutcome, EventOrigin, LookupOutcome, Mailbox, SendError, Source,
    Task,
};
use handover_host::contract::{
    Annotation, CallbackRequest, Conversation, Delivery, EndReason, EventKind, Failure, HandoverStart, LeaveReason,
    OutboundMessage, RetryAdvice, RetryCause, Routing, Timestamp,
};
use serde_json::{Value, json};

fn task(mailbox: &mut Mailbox, now: Timestamp) -> Option<Task> {
    let lease = mailbox.lease(Channel::Outbound, "worker", now, &rules());
    mailbox.release(Channel::Outbound, "worker");
    lease.map(|lease| lease.task)
}

fn callback() -> OutboundMessage {
    OutboundMessage::Callback(CallbackRequest {
        phone: "+4930123456".to_owned(),
        name: None,
        time: None,
        routing: Routing::default(),
        attributes: Vec::new(),
    })
}

fn annotation() -> OutboundMessage {
    OutboundMessage::Annotate(Annotation { reference: Some("order-42".to_owned()), attributes: Vec::new() })
}

/// Queues a message with these requests. Returns its id.
fn send(mailbox: &mut Mailbox, message: OutboundMessage, keys: &[&str], now: Timestamp) -> String {
    let outbound = mailbox.outbound(message, now);
    mailbox.send(&outbound, Some(keys.iter().map(|key| request(key)).collect()), now).expect("accepted");
    outbound.id
}

/// Delivers the next request with this conversation in the response.
fn deliver(mailbox: &mut Mailbox, conversation: Option<&str>, now: Timestamp) {
    let Some(Task::Deliver { item, .. }) = task(mailbox, now) else { panic!("a request is delivered") };
    let delivery = Delivery { conversation_id: conversation.map(str::to_owned), ..Delivery::default() };
    mailbox.delivered(item, DeliveryOutcome::Delivered(delivery), 0.0, now, &rules());
}

fn begin(mailbox: &mut Mailbox, now: Timestamp) {
    mailbox.begin(now, &rules()).expect("no handover is in progress");
    send(mailbox, OutboundMessage::Start(HandoverStart::default()), &["start"], now);
    deliver(mailbox, Some("c-1"), now);
}

/// Returns the handover, the message and the status of each receipt for the platform.
fn receipts(mailbox: &Mailbox) -> Vec<(u32, Value, Value)> {
    let events = mailbox.unpublished().filter_map(|queued| {
        let event: Value = serde_json::from_str(queued.event.get()).expect("JSON");
        let data = &event["data"];
        (event["type"] == "receipt").then(|| (queued.handover, data["message-id"].clone(), data["status"].clone()))
    });
    events.collect()
}

#[test]
fn the_platform_gets_one_receipt_when_all_requests_are_delivered() {
    let mut mailbox = Mailbox::new("box".to_owned(), "user-1".to_owned());
    begin(&mut mailbox, NOW);
    let id = send(&mut mailbox, annotation(), &["tags", "attributes"], NOW);
    deliver(&mut mailbox, Some("c-1"), NOW + 1);
    assert_eq!(receipts(&mailbox), []);
    deliver(&mut mailbox, Some("c-1"), NOW + 2);
    assert_eq!(receipts(&mailbox), [(1, json!(id), json!("accepted"))]);
}

#[test]
fn the_platform_gets_one_receipt_if_the_first_of_two_requests_fails() {
    let mut mailbox = Mailbox::new("box".to_owned(), "user-1".to_owned());
    begin(&mut mailbox, NOW);
    let id = send(&mut mailbox, annotation(), &["tags", "attributes"], NOW);
    let Some(Task::Deliver { item, .. }) = task(&mut mailbox, NOW) else { panic!("it is delivered") };
    mailbox.delivered(item, DeliveryOutcome::Failed(Failure::Permanent("no".to_owned())), 0.0, NOW, &rules());
    let Some(Task::StoreDeadLetter(dead_letter)) = task(&mut mailbox, NOW) else { panic!("a dead letter") };
    mailbox.dead_letter_stored(&dead_letter, NOW, &rules());
    assert_eq!(task(&mut mailbox, NOW), None, "the second request is dropped");
    assert_eq!(receipts(&mailbox), [(1, json!(id), json!({ "failed": ["no"] }))]);
}

#[test]
fn an_instruction_waits_for_the_conversation_and_is_bounded() {
    let mut mailbox = Mailbox::new("box".to_owned(), "user-1".to_owned());
    mailbox.begin(NOW, &rules()).expect("no handover is in progress");
    send(&mut mailbox, OutboundMessage::Start(HandoverStart::default()), &["start"], NOW);
    let outbound = mailbox.outbound(annotation(), NOW);
    mailbox.send(&outbound, None, NOW).expect("accepted");
    // The response to the start does not contain the conversation.
    deliver(&mut mailbox, None, NOW);
    assert_eq!(task(&mut mailbox, NOW + 29_999), None);
    assert!(matches!(task(&mut mailbox, NOW + 30_000), Some(Task::Build { .. })));

    let long = Annotation { reference: Some("x".repeat(200 << 10)), attributes: Vec::new() };
    let outbound = mailbox.outbound(OutboundMessage::Annotate(long), NOW);
    assert!(mailbox.send(&outbound, None, NOW).is_err(), "it would not fit when it is built");
}

#[test]
fn an_annotation_that_fails_does_not_end_the_handover() {
    let mut mailbox = Mailbox::new("box".to_owned(), "user-1".to_owned());
    begin(&mut mailbox, NOW);
    let id = send(&mut mailbox, annotation(), &["tags"], NOW);
    let Some(Task::Deliver { item, .. }) = task(&mut mailbox, NOW) else { panic!("it is delivered") };
    let refused = DeliveryOutcome::Failed(Failure::Permanent("no such conversation".to_owned()));
    mailbox.delivered(item, refused, 0.0, NOW, &rules());
    let Some(Task::StoreDeadLetter(dead_letter)) = task(&mut mailbox, NOW) else { panic!("a dead letter") };
    mailbox.dead_letter_stored(&dead_letter, NOW, &rules());
    assert_eq!(receipts(&mailbox), [(1, json!(id), json!({ "failed": ["no such conversation"] }))]);
    assert!(mailbox.handover().is_some_and(|handover| handover.ended_at().is_none()));
}

#[test]
fn a_callback_needs_no_handover_and_its_conversation_is_not_that_of_one() {
    let mut mailbox = Mailbox::new("box".to_owned(), "user-1".to_owned());
    let outbound = mailbox.outbound(annotation(), NOW);
    assert!(matches!(mailbox.send(&outbound, None, NOW), Err(SendError::NoHandover(_))), "an annotation needs one");
    let id = send(&mut mailbox, callback(), &["callback"], NOW);
    mailbox.begin(NOW, &rules()).expect("no handover is in progress");
    deliver(&mut mailbox, Some("conversation-of-the-callback"), NOW + 1);
    assert_eq!(receipts(&mailbox), [(0, json!(id), json!("accepted"))]);
    let handover = mailbox.handover().expect("one began");
    assert_eq!(handover.conversation(), None);
    assert!(handover.is_unknown_to_the_contact_center());
}

#[test]
fn a_callback_whose_outcome_is_unknown_is_looked_up_and_redriven_without_a_handover() {
    let rules = rules();
    let mut mailbox = Mailbox::new("box".to_owned(), "user-1".to_owned());
    send(&mut mailbox, callback(), &["callback"], NOW);
    let Some(Task::Deliver { item, .. }) = task(&mut mailbox, NOW) else { panic!("it is delivered") };
    let advice = RetryAdvice {
        cause: RetryCause::TimedOut,
        after_seconds: None,
        may_have_arrived: true,
        message: "timeout".to_owned(),
    };
    mailbox.delivered(item, DeliveryOutcome::Failed(Failure::Retry(advice)), 0.0, NOW, &rules);
    let found = task(&mut mailbox, NOW + 60_000);
    let expected = Conversation { recipient: "user-1".to_owned(), handover: 1, id: None };
    assert!(
        matches!(&found, Some(Task::Find { conversation, repeats: false, .. }) if *conversation == expected),
        "{found:?}"
    );
    let never = NOW + 2 * 3_600_000;
    mailbox.looked_up(item, LookupOutcome::Unknown, 0.0, never, &rules);
    let Some(Task::StoreDeadLetter(dead_letter)) = task(&mut mailbox, never) else { panic!("a dead letter") };
    assert!(matches!(dead_letter.content, DeadLetterContent::Outbound { handover: 0, .. }));
    mailbox.dead_letter_stored(&dead_letter, never, &rules);
    mailbox.redrive(&dead_letter, never).expect("it needs no handover");
    let again = task(&mut mailbox, never + 60_000);
    assert!(matches!(again, Some(Task::Find { .. })), "it may have arrived: {again:?}");
}

/// Makes the next request fail for good. Returns its dead letter.
fn refuse(mailbox: &mut Mailbox, now: Timestamp) -> DeadLetter {
    let Some(Task::Deliver { item, .. }) = task(mailbox, now) else { panic!("a request is delivered") };
    mailbox.delivered(item, DeliveryOutcome::Failed(Failure::Permanent("no".to_owned())), 0.0, now, &rules());
    let Some(Task::StoreDeadLetter(dead_letter)) = task(mailbox, now) else { panic!("a dead letter") };
    mailbox.dead_letter_stored(&dead_letter, now, &rules());
    dead_letter
}

#[test]
fn a_redriven_instruction_gets_the_receipt_of_an_instruction() {
    let mut mailbox = Mailbox::new("box".to_owned(), "user-1".to_owned());
    begin(&mut mailbox, NOW);
    let id = send(&mut mailbox, annotation(), &["tags"], NOW);
    let dead_letter = refuse(&mut mailbox, NOW);
    mailbox.redrive(&dead_letter, NOW).expect("its handover is open");
    deliver(&mut mailbox, Some("c-1"), NOW + 1);
    assert_eq!(receipts(&mailbox), [(1, json!(id), json!({ "failed": ["no"] })), (1, json!(id), json!("accepted"))]);
}

#[test]
fn a_survey_can_be_redriven_after_the_end_unlike_a_text() {
    let mut mailbox = Mailbox::new("box".to_owned(), "user-1".to_owned());
    begin(&mut mailbox, NOW);
    send(&mut mailbox, OutboundMessage::Text("Hello".to_owned()), &["text"], NOW);
    let text = refuse(&mut mailbox, NOW);
    send(&mut mailbox, OutboundMessage::RequestSurvey, &["survey"], NOW);
    let survey = refuse(&mut mailbox, NOW);
    mailbox.leave(LeaveReason::UserLeft, NOW, &rules()).expect("a handover is in progress");
    let end = event("end", NOW, EventKind::Ended(EndReason::Completed));
    mailbox.accept(&[end], &EventOrigin::new(Source::Webhook, b"end"), NOW, &rules()).expect("new");
    assert!(matches!(mailbox.redrive(&text, NOW), Err(SendError::NoHandover(_))));
    mailbox.redrive(&survey, NOW).expect("a survey follows the end");
}

/// The leave of the first handover would end the second one, whose conversation may be the same.
#[test]
fn a_leave_cannot_be_redriven_in_the_next_handover() {
    let mut mailbox = Mailbox::new("box".to_owned(), "user-1".to_owned());
    begin(&mut mailbox, NOW);
    mailbox.leave(LeaveReason::UserLeft, NOW, &rules()).expect("a handover is in progress");
    let Some(Task::Build { item, message, .. }) = task(&mut mailbox, NOW) else { panic!("the leave is built") };
    mailbox.built(item, Ok(vec![request(&message.id)]));
    let leave = refuse(&mut mailbox, NOW);
    mailbox.begin(NOW, &rules()).expect("no handover is in progress");
    assert!(matches!(mailbox.redrive(&leave, NOW), Err(SendError::NoHandover(_))));
}

#[test]
fn one_of_two_requests_that_is_redriven_does_not_make_the_message_accepted() {
    let mut mailbox = Mailbox::new("box".to_owned(), "user-1".to_owned());
    begin(&mut mailbox, NOW);
    let id = send(&mut mailbox, annotation(), &["tags", "attributes"], NOW);
    let dead_letter = refuse(&mut mailbox, NOW);
    mailbox.redrive(&dead_letter, NOW).expect("its handover is open");
    deliver(&mut mailbox, Some("c-1"), NOW + 1);
    assert_eq!(receipts(&mailbox), [(1, json!(id), json!({ "failed": ["no"] }))]);
}

#[test]
fn a_stored_dead_letter_without_a_kind_can_be_redriven() {
    let mut mailbox = Mailbox::new("box".to_owned(), "user-1".to_owned());
    let id = send(&mut mailbox, callback(), &["callback"], NOW);
    let mut stored = serde_json::to_value(refuse(&mut mailbox, NOW)).expect("JSON");
    let letter = stored["content"]["outbound"].as_object_mut().expect("a request");
    assert!(letter.remove("kind").is_some() && letter.remove("only").is_some());
    let dead_letter: DeadLetter = serde_json::from_value(stored).expect("a dead letter");
    mailbox.redrive(&dead_letter, NOW).expect("it needs no handover");
    deliver(&mut mailbox, None, NOW + 1);
    assert_eq!(receipts(&mailbox).pop(), Some((0, json!(id), json!("accepted"))));
}

#[test]
fn a_mailbox_without_a_handover_expires() {
    let rules = rules();
    let mut mailbox = Mailbox::new("box".to_owned(), "user-1".to_owned());
    send(&mut mailbox, callback(), &["callback"], NOW);
    assert!(!mailbox.is_expired(NOW + 2 * 86_400_000, &rules), "the callback is not delivered");
    deliver(&mut mailbox, None, NOW);
    let published = mailbox.unpublished().last().map(|queued| queued.number).expect("a receipt");
    mailbox.published(published, &rules);
    mailbox.called_back(published, handover_gateway::mailbox::CallbackOutcome::Accepted, 0.0, NOW, &rules);
    // A gateway loads the mailbox to look at it, which is no change.
    mailbox.correct_for_clock_step(NOW + 86_399_999);
    assert!(!mailbox.is_expired(NOW + 86_399_999, &rules));
    assert!(mailbox.is_expired(NOW + 86_400_000, &rules));
}
