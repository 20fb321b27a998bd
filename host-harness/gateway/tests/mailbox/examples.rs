//! Tests of the mailbox, case by case.

use super::{NOW, agent_message, event, request, rules, text, typing};
use handover_gateway::mailbox::{
    CachedResponse, CallbackOutcome, Channel, CommandResponse, DeadLetterContent, DeliveryOutcome, EventOrigin, Full,
    LookupOutcome, Mailbox, NoHandover, NotAccepted, Reason, Refused, Rules, SendError, Source, Task, TooLarge,
};
use handover_host::contract::{
    Agent, AgentEvent, Delivery, DeliveryReceipt, EndReason, EventKind, Failure, FailureReason, HandoverStart,
    LeaveReason, MessageReceipt, OutboundMessage, ProviderRequest, QueueState, ReceiptOutcome, ReceiptStatus,
    RetryAdvice, RetryCause, Speaker, Timestamp, TranscriptLine,
};
use handover_host::handover::{AfterEnd, Policy};

fn open_mailbox() -> Mailbox {
    open_mailbox_with(&rules())
}

fn open_mailbox_with(rules: &Rules) -> Mailbox {
    let mut mailbox = Mailbox::new("mailbox".into(), "user-1".into());
    assert_eq!(mailbox.begin(NOW, rules), Ok(1));
    // The first event of every handover, `queued`, is already published and called back.
    mailbox.published(1, rules);
    mailbox.called_back(1, CallbackOutcome::Accepted, 0.0, NOW, rules);
    mailbox
}

fn webhook(body: &str) -> EventOrigin {
    EventOrigin::new(Source::Webhook, body.as_bytes())
}

fn send(mailbox: &mut Mailbox, message: OutboundMessage, keys: &[&str], now: Timestamp) {
    let outbound = mailbox.outbound(message, now);
    let requests = keys.iter().map(|key| request(key)).collect();
    mailbox.send(&outbound, Some(requests), now).expect("there is room");
}

fn outbound(mailbox: &mut Mailbox, now: Timestamp) -> Option<Task> {
    mailbox.lease(Channel::Outbound, "a", now, &rules()).map(|lease| lease.task)
}

fn unpublished(mailbox: &Mailbox) -> Vec<String> {
    mailbox.unpublished().map(|event| event.event.get().to_owned()).collect()
}

fn delivered() -> DeliveryOutcome {
    DeliveryOutcome::Delivered(Delivery { conversation_id: Some("c-1".into()), ..Delivery::default() })
}

fn retry(after: Option<u32>, may_have_arrived: bool) -> Failure {
    let message = "503".to_owned();
    Failure::Retry(RetryAdvice { cause: RetryCause::ServerError, after_seconds: after, may_have_arrived, message })
}

/// Returns rules that hold messages after the end for the next handover.
fn holding_rules() -> Rules {
    Rules { policy: Policy { after_end: AfterEnd::Hold, ..rules().policy }, ..rules() }
}

#[test]
fn holds_messages_after_the_end_and_publishes_those_that_do_not_fit() {
    let rules = holding_rules();
    let kinds = |mailbox: &Mailbox| -> Vec<(String, String)> {
        let events = unpublished(mailbox).into_iter().map(|event| serde_json::from_str(&event).expect("JSON"));
        let pair = |event: serde_json::Value| {
            Some((event["type"].as_str()?.to_owned(), event["data"]["id"].as_str()?.to_owned()))
        };
        events.filter_map(pair).collect()
    };
    let ended = || {
        let mut mailbox = open_mailbox_with(&rules);
        let end = event("end", NOW, EventKind::Ended(EndReason::Completed));
        mailbox.accept(&[end], &webhook("end"), NOW, &rules).expect("new");
        mailbox
    };
    let mut many = ended();
    for number in 1..=22 {
        let id = format!("m{number}");
        many.accept(&[agent_message(&id, NOW + 1)], &webhook(&id), NOW, &rules).expect("new");
    }
    let late = |id: &str| ("late-message".to_owned(), id.to_owned());
    assert_eq!(kinds(&many), [late("m1"), late("m2")]);
    assert_eq!(many.begin(NOW + 2, &rules), Ok(2));
    let all = kinds(&many);
    assert_eq!(all.len(), 22);
    assert!(all[2..].iter().all(|(kind, _)| kind == "message"), "{all:?}");

    let mut long = ended();
    for id in ["a", "b"] {
        let long_id = format!("{id}{}", "x".repeat(10 << 10));
        long.accept(&[agent_message(&long_id, NOW + 1)], &webhook(id), NOW, &rules).expect("new");
    }
    let all = kinds(&long);
    assert_eq!(all.len(), 1, "a message with its ID, text and plain text has 30 kB");
    assert!(all[0].0 == "late-message" && all[0].1.starts_with('a'));
}

#[test]
fn a_late_poll_response_keeps_the_end_and_a_new_poll() {
    let due = |mailbox: &mut Mailbox, now| match outbound(mailbox, now) {
        Some(Task::Poll { soon, .. }) => Some(soon),
        _ => None,
    };
    let known = |handover: &mut Mailbox| {
        send(handover, text("a"), &["1"], NOW);
        let Some(Task::Deliver { item, .. }) = outbound(handover, NOW) else { panic!("it is delivered") };
        handover.delivered(item, delivered(), 0.0, NOW, &rules());
    };
    let mut mailbox = open_mailbox();
    known(&mut mailbox);
    assert_eq!(due(&mut mailbox, NOW + 60_000), Some(false));
    mailbox.accept(&[event("end", NOW, EventKind::Ended(EndReason::Completed))], &webhook("e"), NOW, &rules()).unwrap();
    mailbox.polled(1, &[], NOW + 60_000, NOW + 60_500, &rules());
    mailbox.poll_at(NOW + 61_000);
    assert_eq!(due(&mut mailbox, NOW + 600_000), None, "an ended handover is not polled");

    // An unidentified agent left, so the conversation must be polled.
    let mut mailbox = open_mailbox();
    known(&mut mailbox);
    assert_eq!(due(&mut mailbox, NOW + 60_000), Some(false));
    let departure =
        event("departure", NOW + 60_200, EventKind::AgentLeft(Agent { id: None, name: None, picture: None }));
    mailbox.accept(&[departure], &webhook("g"), NOW + 60_200, &rules()).expect("new");
    mailbox.polled(1, &[], NOW + 60_000, NOW + 60_500, &rules());
    assert_eq!(due(&mut mailbox, NOW + 61_199), None);
    assert_eq!(due(&mut mailbox, NOW + 61_200), Some(true));
    mailbox.polled(1, &[], NOW + 61_200, NOW + 61_300, &rules());
    assert_eq!(due(&mut mailbox, NOW + 121_299), None);
}

#[test]
fn drops_a_duplicate_event_and_refuses_a_contradicting_one() {
    let mut mailbox = open_mailbox();
    let message = agent_message("m1", NOW);
    let accepted = mailbox.accept(std::slice::from_ref(&message), &webhook("a"), NOW, &rules()).expect("new");
    assert_eq!((accepted.new, accepted.duplicates), (1, 0));
    let accepted = mailbox.accept(std::slice::from_ref(&message), &webhook("a"), NOW, &rules()).expect("a duplicate");
    assert_eq!((accepted.new, accepted.duplicates), (0, 1));
    let accepted =
        mailbox.accept(std::slice::from_ref(&message), &EventOrigin::new(Source::EventBus, b"b"), NOW, &rules());
    assert_eq!(accepted.expect("a duplicate from another source").duplicates, 1);
    let other = agent_message("m2", NOW);
    let refused = mailbox.accept(&[other, message], &webhook("b"), NOW, &rules());
    assert_eq!(refused, Err(NotAccepted::Refused(Refused::Contradicts)));
    assert_eq!(unpublished(&mailbox).len(), 1, "a webhook is accepted as a whole or not at all");
}

#[test]
fn refuses_an_event_older_than_the_window_as_a_replay_unless_known() {
    let mut mailbox = open_mailbox();
    let known = agent_message("m1", NOW);
    mailbox.accept(std::slice::from_ref(&known), &webhook("a"), NOW, &rules()).expect("new");
    let later = NOW + 900_001;
    assert_eq!(mailbox.accept(&[known], &webhook("a"), later, &rules()).expect("a duplicate").duplicates, 1);
    let refused = mailbox.accept(&[agent_message("m2", NOW)], &webhook("b"), later, &rules());
    assert_eq!(refused, Err(NotAccepted::Refused(Refused::Replayed)));
    mailbox.accept(&[agent_message("m2", NOW)], &webhook("b"), NOW + 900_000, &rules()).expect("within the window");
}

#[test]
fn refuses_the_oldest_ids_as_replays_when_the_window_is_full() {
    let mut mailbox = open_mailbox();
    for number in 0..800_u64 {
        let event = event(&format!("i{number}"), NOW + number * 100, EventKind::Ignored("nothing".into()));
        mailbox.accept(&[event], &webhook("a"), NOW + 110_000, &rules()).expect("new");
    }
    let again = |number: u64| event(&format!("i{number}"), NOW + number * 100, EventKind::Ignored("nothing".into()));
    let refused = mailbox.accept(&[again(0)], &webhook("a"), NOW + 110_000, &rules());
    assert_eq!(refused, Err(NotAccepted::Refused(Refused::Replayed)), "it is not accepted as new");
    let accepted = mailbox.accept(&[again(799)], &webhook("a"), NOW + 110_000, &rules()).expect("known");
    assert_eq!(accepted.duplicates, 1);
}

#[test]
fn delivers_requests_in_order_under_one_lease() {
    let mut mailbox = open_mailbox();
    send(&mut mailbox, text("a"), &["1", "2"], NOW);
    let Some(Task::Deliver { item, request }) = outbound(&mut mailbox, NOW) else { panic!("the first is delivered") };
    assert_eq!(request.body, b"1");
    assert_eq!(mailbox.lease(Channel::Outbound, "b", NOW, &rules()), None);
    assert_eq!(mailbox.due(&rules()), Some(NOW + 15_000), "the lookup is due then");
    mailbox.delivered(item, delivered(), 0.0, NOW, &rules());
    let Some(Task::Deliver { request, .. }) = outbound(&mut mailbox, NOW) else { panic!("the second is delivered") };
    assert_eq!(request.body, b"2");
    assert_eq!(mailbox.conversations(), ["c-1"]);
}

#[test]
fn looks_up_an_interrupted_request_before_it_retries() {
    let mut mailbox = open_mailbox();
    send(&mut mailbox, text("a"), &["1"], NOW);
    assert!(matches!(outbound(&mut mailbox, NOW), Some(Task::Deliver { .. })));
    let later = NOW + 15_000;
    assert_eq!(mailbox.lease(Channel::Outbound, "b", later - 1, &rules()), None, "it may still arrive");
    let Some(lease) = mailbox.lease(Channel::Outbound, "b", later, &rules()) else { panic!("it is looked up") };
    let Task::Find { item, repeats: true, .. } = lease.task else { panic!("{:?}", lease.task) };
    mailbox.looked_up(item, LookupOutcome::NotArrived, 0.0, later, &rules());
    assert!(matches!(mailbox.lease(Channel::Outbound, "b", later, &rules()).unwrap().task, Task::Deliver { .. }));
    let looked_up = LookupOutcome::Arrived(Delivery { conversation_id: Some("c-1".into()), ..Delivery::default() });
    mailbox.looked_up(item, looked_up, 0.0, later, &rules());
    assert!(mailbox.lease(Channel::Outbound, "b", later, &rules()).is_none());
    assert_eq!(mailbox.handover().unwrap().conversation(), Some("c-1"));
}

#[test]
fn a_receipt_resolves_an_unknown_outcome() {
    let mut mailbox = open_mailbox();
    send(&mut mailbox, text("a"), &["1"], NOW);
    assert!(matches!(outbound(&mut mailbox, NOW), Some(Task::Deliver { .. })));
    let receipt = MessageReceipt { message_id: "mailbox.1".into(), status: ReceiptStatus::Accepted, is_last: false };
    let receipt = event("r1", NOW, EventKind::Receipt(receipt));
    mailbox.accept(&[receipt], &webhook("r"), NOW, &rules()).expect("new");
    let later = NOW + 13_000;
    assert!(mailbox.lease(Channel::Outbound, "b", later, &rules()).is_none(), "no task is left");
    assert!(mailbox.due(&rules()).is_some_and(|due| due == 0), "the receipt is not yet published");
}

#[test]
fn a_retry_waits_for_retry_after_and_is_finally_dead_lettered() {
    let mut mailbox = open_mailbox();
    send(&mut mailbox, text("a"), &["1"], NOW);
    let mut now = NOW;
    let Some(Task::Deliver { item, .. }) = outbound(&mut mailbox, now) else { panic!("it is delivered") };
    mailbox.delivered(item, DeliveryOutcome::Failed(retry(Some(30), false)), 0.0, now, &rules());
    assert!(outbound(&mut mailbox, now + 29_999).is_none());
    let mut attempts = 1;
    let dead_letter = loop {
        now += 60_000;
        match outbound(&mut mailbox, now) {
            Some(Task::Deliver { item, .. }) => {
                attempts += 1;
                mailbox.delivered(item, DeliveryOutcome::Failed(retry(None, false)), 0.5, now, &rules());
            }
            Some(Task::StoreDeadLetter(dead_letter)) => break dead_letter,
            Some(Task::Poll { conversation: _, .. }) | None => {}
            task => panic!("{task:?}"),
        }
    };
    assert!(now > NOW + 3_500_000 && now < NOW + 3_800_000, "after an hour");
    assert_eq!(dead_letter.attempts, attempts);
    let DeadLetterContent::Outbound { reason, request: Some(request), .. } = &dead_letter.content else {
        panic!("a request")
    };
    assert_eq!((reason, request.body.as_slice()), (&Reason::GivenUp("503".into()), &b"1"[..]));
    mailbox.dead_letter_stored(&dead_letter, now, &rules());
    assert!(
        unpublished(&mailbox).iter().any(|event| event.contains(r#""failed":["503"]"#)),
        "{:?}",
        unpublished(&mailbox)
    );
}

#[test]
fn a_refused_start_ends_the_handover_and_drops_later_requests() {
    let mut mailbox = open_mailbox();
    send(&mut mailbox, OutboundMessage::Start(HandoverStart::default()), &["1"], NOW);
    send(&mut mailbox, text("a"), &["2"], NOW);
    let Some(Task::Deliver { item, .. }) = outbound(&mut mailbox, NOW) else { panic!("it is delivered") };
    let refused = DeliveryOutcome::Failed(Failure::Permanent("400".into()));
    mailbox.delivered(item, refused, 0.0, NOW, &rules());
    let mut reasons = Vec::new();
    while let Some(Task::StoreDeadLetter(dead_letter)) = outbound(&mut mailbox, NOW) {
        let DeadLetterContent::Outbound { reason, .. } = &dead_letter.content else { panic!("a request") };
        reasons.push(reason.clone());
        mailbox.dead_letter_stored(&dead_letter, NOW, &rules());
    }
    assert_eq!(reasons, [Reason::Refused("400".into()), Reason::HandoverOver]);
    let events = unpublished(&mailbox);
    assert_eq!(events.iter().filter(|event| event.contains("\"type\":\"ended\"")).count(), 1, "{events:?}");
    assert_eq!(events.iter().filter(|event| event.contains("failed")).count(), 2, "{events:?}");
}

fn mailbox_with_start(keys: &[&str]) -> Mailbox {
    let mut mailbox = open_mailbox();
    send(&mut mailbox, OutboundMessage::Start(HandoverStart::default()), keys, NOW);
    mailbox
}

/// Returns the outcome of a delivery whose response names no conversation.
fn accepted() -> DeliveryOutcome {
    DeliveryOutcome::Delivered(Delivery::default())
}

#[test]
fn a_leave_before_the_first_attempt_cancels_the_start() {
    let mut mailbox = mailbox_with_start(&["1", "2"]);
    send(&mut mailbox, text("a"), &["3"], NOW);
    mailbox.leave(LeaveReason::UserLeft, NOW, &rules()).expect("it is open");
    assert!(mailbox.leave(LeaveReason::UserLeft, NOW, &rules()).is_err(), "it has ended");
    assert_eq!(outbound(&mut mailbox, NOW), None, "no start, no leave and no dead letter");
}

#[test]
fn a_leave_during_an_outage_cancels_the_start() {
    let mut mailbox = mailbox_with_start(&["1"]);
    let Some(Task::Deliver { item, .. }) = outbound(&mut mailbox, NOW) else { panic!("it is delivered") };
    mailbox.leave(LeaveReason::UserLeft, NOW, &rules()).expect("it is open");
    mailbox.delivered(item, DeliveryOutcome::Failed(retry(None, false)), 0.0, NOW, &rules());
    assert_eq!(outbound(&mut mailbox, NOW + 60_000), None, "it certainly did not arrive");
}

#[test]
fn a_leave_waits_30_seconds_for_the_conversation_id() {
    let mut mailbox = mailbox_with_start(&["1"]);
    let Some(Task::Deliver { item, .. }) = outbound(&mut mailbox, NOW) else { panic!("it is delivered") };
    mailbox.delivered(item, accepted(), 0.0, NOW, &rules());
    mailbox.leave(LeaveReason::UserLeft, NOW, &rules()).expect("it is open");
    assert_eq!(outbound(&mut mailbox, NOW + 29_999), None);
    let mut with_event = mailbox.clone();

    let Some(Task::Build { message, conversation, .. }) = outbound(&mut mailbox, NOW + 30_000) else {
        panic!("it is built")
    };
    assert_eq!((message.message.clone(), conversation.id), (OutboundMessage::Leave(LeaveReason::UserLeft), None));

    // After the end of the handover, an event names the conversation.
    let receipt = MessageReceipt { message_id: "mailbox.1".into(), status: ReceiptStatus::Accepted, is_last: false };
    let mut receipt = event("r1", NOW, EventKind::Receipt(receipt));
    receipt.conversation_id = Some("c-1".into());
    with_event.accept(&[receipt], &webhook("r"), NOW + 1_000, &rules()).expect("new");
    let Some(Task::Build { conversation, .. }) = outbound(&mut with_event, NOW + 1_000) else { panic!("it is built") };
    assert_eq!(conversation.id.as_deref(), Some("c-1"));
}

#[test]
fn builds_a_leave_without_an_id_if_the_start_may_have_arrived() {
    let mut mailbox = mailbox_with_start(&["1"]);
    let Some(Task::Deliver { item, .. }) = outbound(&mut mailbox, NOW) else { panic!("it is delivered") };
    mailbox.leave(LeaveReason::UserLeft, NOW, &rules()).expect("it is open");
    mailbox.delivered(item, DeliveryOutcome::Failed(retry(None, true)), 0.0, NOW, &rules());
    let mut now = NOW;
    let leave = loop {
        now += 20_000;
        assert!(now < NOW + 4_000_000, "it ends");
        match outbound(&mut mailbox, now) {
            Some(Task::Find { item, .. }) => mailbox.looked_up(item, LookupOutcome::Unknown, 0.0, now, &rules()),
            Some(Task::Deliver { item, .. }) => {
                mailbox.delivered(item, DeliveryOutcome::Failed(retry(None, true)), 0.0, now, &rules());
            }
            Some(Task::StoreDeadLetter(dead_letter)) => mailbox.dead_letter_stored(&dead_letter, now, &rules()),
            Some(Task::Build { message, .. }) => break message.message,
            Some(task) => panic!("{task:?}"),
            None => {}
        }
    };
    assert_eq!(leave, OutboundMessage::Leave(LeaveReason::UserLeft));
}

#[test]
fn a_transcript_counts_as_sent_once_the_start_has_arrived() {
    let line = TranscriptLine { speaker: Speaker::User, time: NOW - 1_000, text: "Hi".into() };
    let start = || OutboundMessage::Start(HandoverStart { transcript: vec![line.clone()], ..HandoverStart::default() });
    let mut mailbox = open_mailbox();
    send(&mut mailbox, start(), &["1", "2"], NOW);
    for part in 1..=2 {
        assert_eq!(mailbox.next_handover().1, None, "before part {part}");
        let Some(Task::Deliver { item, .. }) = outbound(&mut mailbox, NOW) else { panic!("it is delivered") };
        mailbox.delivered(item, delivered(), 0.0, NOW, &rules());
    }
    assert_eq!(mailbox.next_handover().1, Some(NOW - 1_000));
    send(&mut mailbox, text("a"), &["3"], NOW + 1_000);
    assert_eq!(mailbox.next_handover().1, Some(NOW - 1_000), "the user's message has not arrived yet");
    let Some(Task::Deliver { item, .. }) = outbound(&mut mailbox, NOW + 1_000) else { panic!("it is delivered") };
    mailbox.delivered(item, delivered(), 0.0, NOW + 2_000, &rules());
    assert_eq!(mailbox.next_handover().1, Some(NOW + 1_000));

    let mut left = open_mailbox();
    send(&mut left, start(), &["1"], NOW);
    left.leave(LeaveReason::UserLeft, NOW, &rules()).expect("it is open");
    while outbound(&mut left, NOW).is_some() {}
    assert_eq!(left.next_handover(), (2, None), "no agent received it");
}

#[test]
fn queued_is_the_first_event_of_every_handover() {
    let mut mailbox = Mailbox::new("mailbox".into(), "user-1".into());
    let unknown = QueueState { position: None, estimated_wait_seconds: None };
    for number in 1..=2 {
        assert_eq!(mailbox.begin(NOW, &holding_rules()), Ok(number));
        let queued = event(&format!("q{number}"), NOW, EventKind::Queued(unknown.clone()));
        mailbox.accept(&[queued], &webhook(&format!("q{number}")), NOW, &holding_rules()).expect("new");
        mailbox.leave(LeaveReason::UserLeft, NOW, &holding_rules()).expect("it is open");
        let late = format!("m{number}");
        mailbox.accept(&[agent_message(&late, NOW + 1)], &webhook(&late), NOW + 1, &holding_rules()).expect("new");
    }
    let kinds = |mailbox: &Mailbox| -> Vec<(u32, String)> {
        let kind = |event: &str| serde_json::from_str::<serde_json::Value>(event).expect("JSON")["type"].to_string();
        mailbox.unpublished().map(|event| (event.handover, kind(event.event.get()))).collect()
    };
    let expected = [(1, "queued"), (1, "ended"), (2, "queued"), (2, "message"), (2, "ended")];
    assert_eq!(kinds(&mailbox), expected.map(|(number, kind)| (number, format!("\"{kind}\""))));
}

#[test]
fn delivers_a_receipt_after_the_end() {
    let mut mailbox = open_mailbox();
    let end = event("end", NOW, EventKind::Ended(EndReason::Completed));
    mailbox.accept(&[end], &webhook("end"), NOW, &rules()).expect("new");
    let receipt = DeliveryReceipt { message_id: "m1".into(), outcome: ReceiptOutcome::Failed(FailureReason::UserGone) };
    send(&mut mailbox, OutboundMessage::Receipt(receipt), &["1"], NOW);
    assert!(matches!(outbound(&mut mailbox, NOW), Some(Task::Deliver { .. })));
    let refused = mailbox.outbound(text("a"), NOW);
    let refused = mailbox.send(&refused, Some(vec![request("2")]), NOW);
    assert_eq!(refused, Err(SendError::NoHandover(NoHandover)), "no handover is open");
}

#[test]
fn a_message_is_later_than_all_parts_of_the_previous_one() {
    let mut mailbox = open_mailbox();
    let first = mailbox.outbound(text("long"), NOW);
    let parts = (0..40).map(|part| request(&format!("1#{part}"))).collect();
    mailbox.send(&first, Some(parts), NOW).expect("there is room");
    let second = mailbox.outbound(text("b"), NOW);
    assert_eq!(second.time, first.time + 40, "each part is 1 ms later");
}

#[test]
fn distinguishes_too_large_from_full() {
    let mut mailbox = open_mailbox();
    let long = mailbox.outbound(text("long"), NOW);
    let parts = |count: usize| (0..count).map(|part| request(&format!("1#{part}"))).collect::<Vec<_>>();
    assert_eq!(mailbox.send(&long, Some(parts(257)), NOW), Err(SendError::NoRoom(TooLarge.into())));
    let huge = ProviderRequest { body: vec![b'x'; 300 << 10], ..request("1") };
    assert_eq!(mailbox.send(&long, Some(vec![huge]), NOW), Err(SendError::NoRoom(TooLarge.into())));
    mailbox.send(&long, Some(parts(256)), NOW).expect("256 parts fit");
    assert_eq!(mailbox.send(&long, Some(parts(1)), NOW), Err(SendError::NoRoom(Full.into())));

    let many: Vec<_> = (0..257).map(|number| agent_message(&format!("m{number}"), NOW)).collect();
    assert_eq!(mailbox.accept(&many, &webhook("a"), NOW, &rules()), Err(NotAccepted::NoRoom(TooLarge.into())));
}

#[test]
fn typing_does_not_displace_messages() {
    let mut mailbox = open_mailbox();
    for number in 0..300 {
        // The conversation is not known yet, so the provider builds no request.
        let outbound = mailbox.outbound(OutboundMessage::Typing, NOW);
        mailbox.send(&outbound, None, NOW).expect("it is dropped");
        let typing = event(&format!("t{number}"), NOW, EventKind::Typing(5_000));
        mailbox.accept(&[typing], &webhook(&format!("t{number}")), NOW, &rules()).expect("new");
        let last = mailbox.unpublished().last().map(|event| event.number);
        last.into_iter().for_each(|last| mailbox.published(last, &rules()));
    }
    send(&mut mailbox, text("a"), &["1"], NOW);
    let Some(Task::Deliver { request, .. }) = outbound(&mut mailbox, NOW) else { panic!("the text is delivered") };
    assert_eq!(request.body, b"1");

    mailbox.accept(&[agent_message("m1", NOW)], &webhook("m1"), NOW, &rules()).expect("there is room");
    let last = mailbox.unpublished().last().expect("the message").number;
    mailbox.published(last, &rules());
    let Some(Task::CallBack { event, .. }) =
        mailbox.lease(Channel::Callback, "a", NOW, &rules()).map(|lease| lease.task)
    else {
        panic!("the message is called back")
    };
    assert!(event.event.get().contains("m1"), "typing does not delay it: {}", event.event.get());
}

#[test]
fn a_message_is_delivered_before_typing() {
    let mut mailbox = open_mailbox();
    let writes = mailbox.outbound(OutboundMessage::Typing, NOW);
    mailbox.send(&writes, Some(vec![typing("t")]), NOW).expect("there is room");
    send(&mut mailbox, text("a"), &["1"], NOW);
    let Some(Task::Deliver { request, .. }) = outbound(&mut mailbox, NOW) else { panic!("the text is delivered") };
    assert_eq!(request.body, b"1");
}

#[test]
fn expired_typing_is_not_called_back() {
    let mut mailbox = open_mailbox();
    mailbox.accept(&[event("t", NOW, EventKind::Typing(5_000))], &webhook("t"), NOW, &rules()).expect("new");
    mailbox.published(2, &rules());
    let mut early = mailbox.clone();
    assert!(early.lease(Channel::Callback, "a", NOW + 5_000, &rules()).is_some());
    assert!(mailbox.lease(Channel::Callback, "a", NOW + 5_001, &rules()).is_none());
    assert!(mailbox.due(&rules()).is_none_or(|due| due > NOW + 5_001), "no task is due for it");
}

#[test]
fn publishes_held_messages_as_late_before_removal() {
    let rules = holding_rules();
    let mut mailbox = open_mailbox_with(&rules);
    let end = event("end", NOW, EventKind::Ended(EndReason::Completed));
    mailbox.accept(&[end], &webhook("end"), NOW, &rules).expect("new");
    mailbox.accept(&[agent_message("m1", NOW + 1)], &webhook("m1"), NOW + 1, &rules).expect("new");
    mailbox.published(2, &rules);
    mailbox.called_back(2, CallbackOutcome::Accepted, 0.0, NOW, &rules);
    assert_eq!(unpublished(&mailbox).len(), 0);
    let due = mailbox.due(&rules).expect("the mailbox becomes due");
    assert_eq!(mailbox.lease(Channel::Outbound, "a", due, &rules), None, "the mailbox is not removed");
    assert!(unpublished(&mailbox).iter().any(|event| event.contains("late-message") && event.contains("m1")));
}

#[test]
fn a_clock_that_steps_back_delays_no_task() {
    const HOUR: u64 = 3_600_000;
    let mut mailbox = open_mailbox();
    mailbox.correct_for_clock_step(NOW);
    send(&mut mailbox, text("a"), &["1"], NOW);
    let Some(Task::Deliver { item, .. }) = outbound(&mut mailbox, NOW) else { panic!("it is delivered") };
    mailbox.delivered(item, DeliveryOutcome::Failed(retry(Some(30), false)), 0.0, NOW, &rules());
    mailbox.accept(&[agent_message("m1", NOW)], &webhook("m1"), NOW, &rules()).expect("new");
    mailbox.published(2, &rules());
    mailbox.called_back(2, CallbackOutcome::Retry(Some(30), "503".into()), 0.0, NOW, &rules());

    let mut small = mailbox.clone();
    small.correct_for_clock_step(NOW - 5_000);
    assert_eq!(outbound(&mut small, NOW + 29_999), None, "gateways' clocks may differ by 5 s");

    mailbox.correct_for_clock_step(NOW - HOUR);
    let soon = NOW - HOUR + 30_000;
    assert!(mailbox.due(&rules()).is_some_and(|due| due <= soon), "{:?}", mailbox.due(&rules()));
    assert_eq!(outbound(&mut mailbox, soon - 1), None);
    assert!(matches!(outbound(&mut mailbox, soon), Some(Task::Deliver { .. })));
    assert!(mailbox.lease(Channel::Callback, "a", soon, &rules()).is_some());
    // The clock is corrected again: no request failed in the meantime.
    mailbox.correct_for_clock_step(NOW);
    assert!(!unpublished(&mailbox).iter().any(|event| event.contains("failed")));
}

#[test]
fn remembers_1000_idempotency_keys_for_24_hours() {
    const DAY: u64 = 86_400_000;
    let mut mailbox = open_mailbox();
    let long = |number: u32| format!("{number:0512}");
    for number in 0..1_000 {
        let reply = CachedResponse { request_digest: "a".into(), response: CommandResponse::Sent(number.to_string()) };
        mailbox.cache_response(&long(number), reply, NOW);
    }
    for number in 0..1_000 {
        let known = mailbox.cached_response(&long(number), NOW + DAY - 1).map(|reply| reply.response.clone());
        assert_eq!(known, Some(CommandResponse::Sent(number.to_string())));
    }
    assert_eq!(mailbox.cached_response(&long(0), NOW + DAY), None);
}

#[test]
fn accepts_the_same_event_in_another_envelope_from_the_event_bus_and_triggers() {
    for source in [Source::EventBus, Source::Trigger] {
        let mut mailbox = open_mailbox();
        let end = event("end", NOW, EventKind::Ended(EndReason::Completed));
        let accepted = mailbox.accept(std::slice::from_ref(&end), &EventOrigin::new(source, b"one"), NOW, &rules());
        assert_eq!(accepted.expect("new").new, 1);
        let again = mailbox.accept(std::slice::from_ref(&end), &EventOrigin::new(source, b"other"), NOW, &rules());
        assert_eq!(again.expect("a duplicate").duplicates, 1);
        let other = event("end", NOW, EventKind::Ended(EndReason::Expired));
        let refused = mailbox.accept(&[other], &EventOrigin::new(source, b"one"), NOW, &rules());
        assert_eq!(refused, Err(NotAccepted::Refused(Refused::Contradicts)));
    }
}

#[test]
fn drops_expired_and_duplicate_typing() {
    let mut mailbox = open_mailbox();
    for key in ["1", "2"] {
        let outbound = mailbox.outbound(OutboundMessage::Typing, NOW);
        mailbox.send(&outbound, Some(vec![typing(key)]), NOW).expect("there is room");
    }
    let mut early = mailbox.clone();
    let Some(Task::Deliver { item, request }) = outbound(&mut early, NOW + 5_000) else {
        panic!("typing is delivered")
    };
    assert_eq!(request.body, b"1");
    early.delivered(item, DeliveryOutcome::Failed(retry(None, true)), 0.0, NOW + 5_000, &rules());
    assert!(outbound(&mut early, NOW + 5_000).is_none(), "typing is not retried, and the second is a duplicate");
    assert!(outbound(&mut mailbox, NOW + 5_001).is_none(), "it has expired");
}

#[test]
fn bounds_both_queues() {
    let mut mailbox = open_mailbox();
    let mut sent = 0;
    loop {
        let outbound = mailbox.outbound(text("a"), NOW);
        match mailbox.send(&outbound, Some(vec![request("1")]), NOW) {
            Ok(()) => sent += 1,
            Err(error) => break assert_eq!(error, SendError::NoRoom(Full.into())),
        }
    }
    assert_eq!(sent, 256);
    let mut accepted = 0;
    loop {
        let id = format!("m{accepted}");
        match mailbox.accept(&[agent_message(&id, NOW)], &webhook(&id), NOW, &rules()) {
            Ok(_) => accepted += 1,
            Err(error) => break assert_eq!(error, NotAccepted::NoRoom(Full.into())),
        }
    }
    assert_eq!(accepted, 256);
    assert!(serde_json::to_vec(&mailbox).unwrap().len() < handover_gateway::store::MAX_BYTES);
}

#[test]
fn the_largest_mailbox_fits_into_a_record() {
    // After the end, as many messages as possible are held, and the rest is unpublished.
    let rules = holding_rules();
    let mut mailbox = open_mailbox_with(&rules);
    for number in 0..1_000 {
        let event = event(&format!("i{number}"), NOW, EventKind::Ignored("nothing".into()));
        mailbox.accept(&[event], &webhook("a"), NOW, &rules).expect("new");
        let reply = CachedResponse {
            request_digest: "a".repeat(32),
            response: CommandResponse::Sent(format!("{}.{number}", "t".repeat(36))),
        };
        mailbox.cache_response(&format!("{number:0100}"), reply, NOW);
    }
    let body = "x".repeat(8 << 10);
    while {
        let outbound = mailbox.outbound(text("a"), NOW);
        mailbox.send(&outbound, Some(vec![request(&body[..4 << 10])]), NOW).is_ok()
    } {}
    mailbox
        .accept(&[event("e", NOW, EventKind::Ended(EndReason::Completed))], &webhook("e"), NOW, &rules)
        .expect("new");
    let mut number = 0;
    while mailbox.accept(&[agent_message(&format!("{number}{body}"), NOW)], &webhook("a"), NOW, &rules).is_ok() {
        number += 1;
    }
    let size = serde_json::to_vec(&mailbox).unwrap().len();
    assert!(size > 300 << 10 && size <= handover_gateway::store::MAX_BYTES, "{size} bytes");
}

#[test]
fn calls_back_events_in_order_and_dead_letters_refused_ones() {
    let mut mailbox = open_mailbox();
    for id in ["m1", "m2"] {
        mailbox.accept(&[agent_message(id, NOW)], &webhook(id), NOW, &rules()).expect("new");
    }
    assert!(
        mailbox.lease(Channel::Callback, "a", NOW, &rules()).is_none(),
        "events are published before they are called back"
    );
    mailbox.published(3, &rules());
    let Some(Task::CallBack { event: first, .. }) =
        mailbox.lease(Channel::Callback, "a", NOW, &rules()).map(|lease| lease.task)
    else {
        panic!("the first is called back")
    };
    mailbox.called_back(first.number, CallbackOutcome::Refused("410".into()), 0.0, NOW, &rules());
    let Some(Task::StoreDeadLetter(dead_letter)) =
        mailbox.lease(Channel::Callback, "a", NOW, &rules()).map(|lease| lease.task)
    else {
        panic!("the first becomes a dead letter")
    };
    assert_eq!(dead_letter.content, DeadLetterContent::Callback(first, "410".into()));
    mailbox.dead_letter_stored(&dead_letter, NOW, &rules());
    let Some(Task::CallBack { event: second, .. }) =
        mailbox.lease(Channel::Callback, "a", NOW, &rules()).map(|lease| lease.task)
    else {
        panic!("the second is called back")
    };
    mailbox.called_back(second.number, CallbackOutcome::Accepted, 0.0, NOW, &rules());
    assert!(mailbox.lease(Channel::Callback, "a", NOW, &rules()).is_none());
}

#[test]
fn builds_a_failure_receipt_for_a_refused_callback_even_after_the_end() {
    let refuse_callback = |mailbox: &mut Mailbox| {
        let Some(Task::CallBack { event, .. }) =
            mailbox.lease(Channel::Callback, "a", NOW, &rules()).map(|lease| lease.task)
        else {
            panic!("it is called back")
        };
        mailbox.called_back(event.number, CallbackOutcome::Refused("410".into()), 0.0, NOW, &rules());
        let Some(Task::StoreDeadLetter(dead_letter)) =
            mailbox.lease(Channel::Callback, "a", NOW, &rules()).map(|lease| lease.task)
        else {
            panic!("it becomes a dead letter")
        };
        mailbox.dead_letter_stored(&dead_letter, NOW, &rules());
    };
    let mut mailbox = open_mailbox();
    mailbox.accept(&[agent_message("m1", NOW)], &webhook("a"), NOW, &rules()).expect("new");
    mailbox.published(2, &rules());
    refuse_callback(&mut mailbox);
    let Some(Task::Build { item, message, .. }) = outbound(&mut mailbox, NOW) else { panic!("a receipt is built") };
    let OutboundMessage::Receipt(DeliveryReceipt { message_id: message, outcome: ReceiptOutcome::Failed(_) }) =
        message.message
    else {
        panic!("the receipt reports the failure")
    };
    assert_eq!(message, "m1");
    mailbox.built(item, Err("the contact center does not accept receipts".into()));
    assert_eq!(outbound(&mut mailbox, NOW), None, "an unbuilt receipt is dropped");

    let mut ended_mailbox = open_mailbox();
    ended_mailbox.accept(&[agent_message("m1", NOW)], &webhook("a"), NOW, &rules()).expect("new");
    ended_mailbox.published(2, &rules());
    ended_mailbox
        .accept(&[event("e1", NOW, EventKind::Ended(EndReason::Completed))], &webhook("b"), NOW, &rules())
        .unwrap();
    refuse_callback(&mut ended_mailbox);
    assert!(
        matches!(outbound(&mut ended_mailbox, NOW), Some(Task::Build { .. })),
        "the receipt is built after the end, too"
    );
}

#[test]
fn leases_no_callback_if_none_is_configured() {
    let rules = Rules { has_callback: false, ..rules() };
    let mut mailbox = open_mailbox();
    mailbox.accept(&[agent_message("m1", NOW)], &webhook("a"), NOW, &rules).expect("new");
    mailbox.published(2, &rules);
    assert_eq!(mailbox.unpublished().count(), 0);
    assert!(mailbox.lease(Channel::Callback, "a", NOW, &rules).is_none());
}

#[test]
fn is_removed_when_the_retention_after_the_end_expires() {
    let rules = Rules { has_callback: false, ..rules() };
    let mut mailbox = open_mailbox();
    mailbox.accept(&[event("e1", NOW, EventKind::Ended(EndReason::Completed))], &webhook("a"), NOW, &rules).unwrap();
    mailbox.published(2, &rules);
    assert_eq!(mailbox.due(&rules), Some(NOW + 86_400_000));
    assert!(mailbox.lease(Channel::Outbound, "a", NOW + 86_399_999, &rules).is_none());
    let lease = mailbox.lease(Channel::Outbound, "a", NOW + 86_400_000, &rules);
    assert_eq!(lease.map(|lease| lease.task), Some(Task::Remove));
}

#[test]
fn message_times_increase_although_the_clock_does_not() {
    let mut mailbox = open_mailbox();
    let first = mailbox.outbound(text("a"), NOW);
    mailbox.send(&first, Some(vec![request("1")]), NOW).unwrap();
    let second = mailbox.outbound(text("b"), NOW - 5_000);
    assert_eq!((first.time, second.time), (NOW, NOW + 1));
    assert_eq!((first.id.as_str(), second.id.as_str()), ("mailbox.1", "mailbox.2"));
}

#[test]
fn caches_a_response_by_its_idempotency_key() {
    let mut mailbox = open_mailbox();
    let reply = CachedResponse { request_digest: "digest".into(), response: CommandResponse::Begun(1) };
    mailbox.cache_response("key", reply.clone(), NOW);
    assert_eq!(mailbox.cached_response("key", NOW), Some(&reply));
    assert_eq!(mailbox.cached_response("other", NOW), None);
    assert_eq!(mailbox.cached_response("key", NOW + 86_400_000), None);
}

/// Returns the conversation ID of a task.
fn conversation_of(task: Option<Task>) -> Option<String> {
    match task {
        Some(Task::Build { conversation, .. } | Task::Find { conversation, .. } | Task::Poll { conversation, .. }) => {
            conversation.id
        }
        task => panic!("{task:?}"),
    }
}

#[test]
fn builds_a_leave_although_the_next_handover_began() {
    let start = || OutboundMessage::Start(HandoverStart::default());
    // The conversation was known when the user left.
    let mut known = open_mailbox();
    send(&mut known, start(), &["start"], NOW);
    let Some(Task::Deliver { item, .. }) = outbound(&mut known, NOW) else { panic!("it is delivered") };
    known.delivered(item, delivered(), 0.0, NOW, &rules());
    known.leave(LeaveReason::UserLeft, NOW + 1, &rules()).expect("it is in progress");
    assert_eq!(known.begin(NOW + 2, &rules()), Ok(2));
    assert_eq!(conversation_of(outbound(&mut known, NOW + 3)).as_deref(), Some("c-1"));

    // The conversation becomes known only after the next handover began.
    let mut late = open_mailbox();
    send(&mut late, start(), &["start"], NOW);
    let Some(Task::Deliver { item, .. }) = outbound(&mut late, NOW) else { panic!("it is delivered") };
    late.leave(LeaveReason::UserLeft, NOW + 1, &rules()).expect("it is in progress");
    assert_eq!(late.begin(NOW + 2, &rules()), Ok(2));
    late.delivered(item, delivered(), 0.0, NOW + 3, &rules());
    assert_eq!(conversation_of(outbound(&mut late, NOW + 3)).as_deref(), Some("c-1"));
}

#[test]
fn an_agent_message_after_the_end_reopens_in_its_conversation() {
    let rules =
        Rules { policy: Policy { after_end: AfterEnd::Reopen, can_poll: true, ..Policy::default() }, ..rules() };
    let mut mailbox = open_mailbox_with(&rules);
    let end = event("end", NOW, EventKind::Ended(EndReason::Completed));
    mailbox.accept(&[end], &webhook("end"), NOW, &rules).expect("new");
    let late = AgentEvent { conversation_id: Some("c-2".into()), ..agent_message("m", NOW + 5) };
    mailbox.accept(&[late], &webhook("m"), NOW + 5, &rules).expect("new");
    let handover = mailbox.handover().expect("another");
    assert_eq!((handover.number(), handover.conversation()), (2, Some("c-2")));
    assert_eq!(handover.state(), handover_host::handover::State::Active);
    let poll = mailbox.lease(Channel::Outbound, "a", NOW + 70_000, &rules).map(|lease| lease.task);
    assert_eq!(conversation_of(poll).as_deref(), Some("c-2"));
}

#[test]
fn retry_after_beyond_the_deadline_is_cut_to_one_last_attempt() {
    let mut mailbox = open_mailbox();
    send(&mut mailbox, text("a"), &["a"], NOW);
    let Some(Task::Deliver { item, .. }) = outbound(&mut mailbox, NOW) else { panic!("it is delivered") };
    mailbox.delivered(item, DeliveryOutcome::Failed(retry(Some(7_200), false)), 0.0, NOW, &rules());
    assert_eq!(outbound(&mut mailbox, NOW + 3_599_999), None);
    let Some(Task::Deliver { item, .. }) = outbound(&mut mailbox, NOW + 3_600_000) else {
        panic!("it is delivered once more")
    };
    mailbox.delivered(item, DeliveryOutcome::Failed(retry(Some(7_200), false)), 0.0, NOW + 3_600_001, &rules());
    assert!(matches!(outbound(&mut mailbox, NOW + 3_600_001), Some(Task::StoreDeadLetter(_))));
}

#[test]
fn looks_up_an_unknown_outcome_before_dead_lettering_and_before_a_redrive() {
    let mut mailbox = open_mailbox();
    send(&mut mailbox, text("a"), &["a"], NOW);
    let Some(Task::Deliver { item, .. }) = outbound(&mut mailbox, NOW) else { panic!("it is delivered") };
    let late = NOW + 3_600_000;
    let unknown = DeliveryOutcome::Unknown("no answer".into());
    mailbox.delivered(item, unknown, 0.0, late, &rules());
    let Some(Task::Find { item, .. }) = outbound(&mut mailbox, late + 15_000) else { panic!("it is looked up") };
    mailbox.looked_up(item, LookupOutcome::Unknown, 0.0, late + 15_000, &rules());
    let Some(Task::StoreDeadLetter(dead_letter)) = outbound(&mut mailbox, late + 15_000) else {
        panic!("it becomes a dead letter")
    };
    assert!(
        matches!(&dead_letter.content, DeadLetterContent::Outbound { reason: Reason::OutcomeUnknown(_), .. }),
        "{dead_letter:?}"
    );
    mailbox.dead_letter_stored(&dead_letter, late + 15_000, &rules());
    mailbox.redrive(&dead_letter, late + 16_000).expect("it is in progress");
    let Some(Task::Find { item, .. }) = outbound(&mut mailbox, late + 16_000) else { panic!("it is looked up") };
    mailbox.looked_up(item, LookupOutcome::NotArrived, 0.0, late + 16_000, &rules());
    assert!(matches!(outbound(&mut mailbox, late + 16_000), Some(Task::Deliver { .. })));
}

#[test]
fn limits_retries_while_the_outcome_stays_unknown() {
    let mut mailbox = open_mailbox();
    send(&mut mailbox, text("a"), &["a"], NOW);
    let (mut now, mut deliveries) = (NOW, 0);
    let last_task = loop {
        now += 61_000;
        match outbound(&mut mailbox, now) {
            Some(Task::Deliver { item, .. }) => {
                deliveries += 1;
                mailbox.delivered(item, DeliveryOutcome::Unknown("no answer".into()), 1.0, now, &rules());
            }
            Some(Task::Find { item, .. }) => mailbox.looked_up(item, LookupOutcome::Unknown, 1.0, now, &rules()),
            task => break task,
        }
    };
    assert_eq!(deliveries, 4, "one attempt and three retries");
    assert!(matches!(last_task, Some(Task::StoreDeadLetter(_))), "{last_task:?}");
}

#[test]
fn a_refused_part_of_a_start_withdraws_the_user() {
    let mut mailbox = open_mailbox();
    send(&mut mailbox, OutboundMessage::Start(HandoverStart::default()), &["one", "two"], NOW);
    let Some(Task::Deliver { item, .. }) = outbound(&mut mailbox, NOW) else { panic!("it is delivered") };
    mailbox.delivered(item, delivered(), 0.0, NOW, &rules());
    let Some(Task::Deliver { item, .. }) = outbound(&mut mailbox, NOW) else { panic!("it is delivered") };
    mailbox.delivered(item, DeliveryOutcome::Failed(Failure::Permanent("too large".into())), 0.0, NOW, &rules());
    let Some(Task::StoreDeadLetter(dead_letter)) = outbound(&mut mailbox, NOW) else {
        panic!("it becomes a dead letter")
    };
    mailbox.dead_letter_stored(&dead_letter, NOW, &rules());
    let Some(Task::Build { message, conversation, .. }) = outbound(&mut mailbox, NOW) else {
        panic!("a leave is built")
    };
    assert_eq!(message.message, OutboundMessage::Leave(LeaveReason::Withdrawn));
    assert_eq!(conversation.id.as_deref(), Some("c-1"));
}

#[test]
fn ends_when_polling_fails_for_as_long_as_retries_last() {
    let mut mailbox = open_mailbox();
    mailbox.unpollable(1, NOW, &rules());
    mailbox.unpollable(1, NOW + 3_599_999, &rules());
    assert!(unpublished(&mailbox).is_empty());
    mailbox.polled(1, &[], NOW, NOW, &rules());
    mailbox.unpollable(1, NOW + 3_600_000, &rules());
    assert!(unpublished(&mailbox).is_empty(), "a poll succeeded in between");
    mailbox.unpollable(1, NOW + 7_200_000, &rules());
    assert!(unpublished(&mailbox)[0].contains("error"), "{:?}", unpublished(&mailbox));
}

#[test]
fn a_copied_mailbox_never_reuses_ids() {
    let mut mailbox = open_mailbox();
    mailbox.set_process_id("one");
    let copy = serde_json::to_string(&mailbox).expect("it serializes");
    let ids = |process_id: &str| {
        let mut mailbox: Mailbox = serde_json::from_str(&copy).expect("it deserializes");
        mailbox.set_process_id(process_id);
        let message = mailbox.outbound(text("a"), NOW).id;
        mailbox.accept(&[agent_message("m", NOW)], &webhook("m"), NOW, &rules()).expect("new");
        let event = mailbox.unpublished().next().expect("the message");
        (message, mailbox.event_id(event))
    };
    assert_eq!(ids("one"), ids("one"));
    assert_ne!(ids("one").0, ids("two").0);
    assert_ne!(ids("one").1, ids("two").1);
}

#[test]
fn a_receipt_confirms_that_the_start_arrived() {
    let mut mailbox = mailbox_with_start(&["1"]);
    assert!(matches!(outbound(&mut mailbox, NOW), Some(Task::Deliver { .. })));
    // The response is lost; the receipt names no conversation.
    let receipt = MessageReceipt { message_id: "mailbox.1".into(), status: ReceiptStatus::Accepted, is_last: false };
    mailbox.accept(&[event("r1", NOW, EventKind::Receipt(receipt))], &webhook("r"), NOW, &rules()).expect("new");
    let later = NOW + 13_000;
    assert_eq!(mailbox.lease(Channel::Outbound, "b", later, &rules()), None);
    mailbox.leave(LeaveReason::UserLeft, later, &rules()).expect("it is open");
    let leave = mailbox.lease(Channel::Outbound, "b", later + 30_000, &rules()).map(|lease| lease.task);
    let Some(Task::Build { message, .. }) = leave else { panic!("a leave is built: {leave:?}") };
    assert_eq!(message.message, OutboundMessage::Leave(LeaveReason::UserLeft));
}

#[test]
fn drops_the_leave_of_an_undelivered_start_when_the_next_handover_began() {
    let start = || OutboundMessage::Start(HandoverStart::default());
    let leave_and_begin_again = |may_have_arrived| {
        let mut mailbox = mailbox_with_start(&["1"]);
        let Some(Task::Deliver { item, .. }) = outbound(&mut mailbox, NOW) else { panic!("it is delivered") };
        mailbox.leave(LeaveReason::UserLeft, NOW + 1, &rules()).expect("it is open");
        assert_eq!(mailbox.begin(NOW + 2, &rules()), Ok(2));
        send(&mut mailbox, start(), &["2"], NOW + 2);
        mailbox.delivered(item, DeliveryOutcome::Failed(retry(None, may_have_arrived)), 0.0, NOW + 3, &rules());
        mailbox
    };
    let mut mailbox = leave_and_begin_again(false);
    let Some(Task::Deliver { request, .. }) = outbound(&mut mailbox, NOW + 4) else { panic!("the second start") };
    assert_eq!(request.body, b"2", "no leave opens a conversation");

    let mut mailbox = leave_and_begin_again(true);
    let mut now = NOW + 4;
    let built = loop {
        now += 20_000;
        match outbound(&mut mailbox, now) {
            Some(Task::Find { item, .. }) => mailbox.looked_up(item, LookupOutcome::Unknown, 0.0, now, &rules()),
            Some(Task::StoreDeadLetter(dead_letter)) => mailbox.dead_letter_stored(&dead_letter, now, &rules()),
            Some(Task::Build { message, .. }) => break message.message,
            Some(task) => panic!("{task:?}"),
            None => assert!(now < NOW + 4_000_000, "it ends"),
        }
    };
    assert_eq!(built, OutboundMessage::Leave(LeaveReason::UserLeft), "it may have arrived");
}

/// Returns the next event to call back, its number, and the number of earlier attempts.
fn callback(mailbox: &mut Mailbox, by: &str, now: Timestamp) -> Option<(String, u64, u32)> {
    match mailbox.lease(Channel::Callback, by, now, &rules()).map(|lease| lease.task) {
        Some(Task::CallBack { event, attempts, .. }) => Some((event.event.get().to_owned(), event.number, attempts)),
        None => None,
        task => panic!("{task:?}"),
    }
}

#[test]
fn the_callback_outcome_of_typing_does_not_affect_the_next_event() {
    for outcome in [CallbackOutcome::Refused("410".into()), CallbackOutcome::Retry(Some(600), "429".into())] {
        for message_arrives_first in [true, false] {
            let mut mailbox = open_mailbox();
            mailbox.accept(&[event("t", NOW, EventKind::Typing(5_000))], &webhook("t"), NOW, &rules()).expect("new");
            mailbox.published(2, &rules());
            let (_, typing, _) = callback(&mut mailbox, "a", NOW).expect("typing is called back");
            if !message_arrives_first {
                mailbox.called_back(typing, outcome.clone(), 0.0, NOW, &rules());
            }
            mailbox.accept(&[agent_message("m1", NOW)], &webhook("m1"), NOW, &rules()).expect("new");
            mailbox.published(3, &rules());
            if message_arrives_first {
                mailbox.called_back(typing, outcome.clone(), 0.0, NOW, &rules());
            }
            let (next, _, attempts) = callback(&mut mailbox, "a", NOW).expect("the message is called back at once");
            assert!(next.contains("m1") && attempts == 0, "{outcome:?} {message_arrives_first} {attempts}");
        }
    }
}

#[test]
fn an_interrupted_callback_counts_as_an_attempt() {
    let mut mailbox = open_mailbox();
    mailbox.accept(&[agent_message("m1", NOW)], &webhook("m1"), NOW, &rules()).expect("new");
    mailbox.published(2, &rules());
    assert_eq!(callback(&mut mailbox, "a", NOW).expect("it is due").2, 0);
    // The gateway is killed before it stored the outcome.
    let (_, number, attempts) = callback(&mut mailbox, "b", NOW + 13_000).expect("another gateway tries");
    assert_eq!(attempts, 1);
    mailbox.called_back(number, CallbackOutcome::Retry(None, "503".into()), 0.0, NOW + 13_000, &rules());
    assert_eq!(callback(&mut mailbox, "b", NOW + 60_000).expect("again").2, 2);
}

#[test]
fn a_transcript_line_from_the_future_does_not_hide_later_lines() {
    let line = TranscriptLine { speaker: Speaker::User, time: NOW + 3_600_000, text: "Hi".into() };
    let mut mailbox = open_mailbox();
    let start = HandoverStart { transcript: vec![line], ..HandoverStart::default() };
    send(&mut mailbox, OutboundMessage::Start(start), &["1"], NOW);
    let Some(Task::Deliver { item, .. }) = outbound(&mut mailbox, NOW) else { panic!("it is delivered") };
    mailbox.delivered(item, delivered(), 0.0, NOW, &rules());
    assert_eq!(mailbox.next_handover(), (2, Some(NOW)));
}

#[test]
fn a_reopened_handover_keeps_the_address_of_its_conversation() {
    let rules =
        Rules { policy: Policy { after_end: AfterEnd::Reopen, can_poll: true, ..Policy::default() }, ..rules() };
    let mut mailbox = open_mailbox_with(&rules);
    let end = event("end", NOW, EventKind::Ended(EndReason::Completed));
    mailbox.accept(&[end], &webhook("end"), NOW, &rules).expect("new");
    let late = AgentEvent { conversation_id: Some("c-1".into()), handover: Some(1), ..agent_message("m", NOW + 5) };
    mailbox.accept(&[late], &webhook("m"), NOW + 5, &rules).expect("new");
    assert_eq!(mailbox.handover().map(|handover| (handover.number(), handover.thread())), Some((2, 1)));
    let leave =
        |mailbox: &mut Mailbox| match mailbox.lease(Channel::Outbound, "a", NOW + 20, &rules).map(|lease| lease.task) {
            Some(Task::Build { conversation, .. }) => (conversation.handover, conversation.id),
            task => panic!("{task:?}"),
        };
    // The next events of that conversation belong to the reopened handover.
    let typing = AgentEvent { handover: Some(1), ..event("t", NOW + 6, EventKind::Typing(5_000)) };
    mailbox.accept(&[typing], &webhook("t"), NOW + 6, &rules).expect("new");
    assert!(unpublished(&mailbox).iter().any(|event| event.contains("typing")), "{:?}", unpublished(&mailbox));
    mailbox.leave(LeaveReason::UserLeft, NOW + 10, &rules).expect("it is open");
    assert_eq!(leave(&mut mailbox.clone()), (1, Some("c-1".into())));
    assert_eq!(mailbox.begin(NOW + 15, &rules), Ok(3));
    assert_eq!(leave(&mut mailbox), (1, Some("c-1".into())), "although another handover began");
}

#[test]
fn a_clock_that_steps_back_delays_no_poll() {
    const HOUR: u64 = 3_600_000;
    let mut mailbox = open_mailbox();
    mailbox.correct_for_clock_step(NOW);
    send(&mut mailbox, text("a"), &["1"], NOW);
    let Some(Task::Deliver { item, .. }) = outbound(&mut mailbox, NOW) else { panic!("it is delivered") };
    mailbox.delivered(item, delivered(), 0.0, NOW, &rules());
    let departure = |id, at| event(id, at, EventKind::AgentLeft(Agent { id: None, name: None, picture: None }));
    mailbox.accept(&[departure("g", NOW)], &webhook("g"), NOW, &rules()).expect("new");
    mailbox.correct_for_clock_step(NOW - HOUR);
    // The earlier poll is answered, but the reason to poll is older than the poll.
    mailbox.polled(1, &[], NOW - HOUR + 1, NOW - HOUR + 500, &rules());
    assert!(mailbox.due(&rules()).is_some_and(|due| due < NOW - HOUR + 120_000), "{:?}", mailbox.due(&rules()));
}

/// The contact center owns the channel, so the platform is told of agents and of the end, and nothing is delivered.
#[test]
fn a_followed_handover_reports_agents_and_the_end_only() {
    let rules = Rules {
        policy: Policy {
            after_end: AfterEnd::Reopen,
            assignment_timeout: Some(std::time::Duration::from_secs(60)),
            ..rules().policy
        },
        ..rules()
    };
    let mut mailbox = Mailbox::new("mailbox".into(), "c-1".into());
    mailbox.follow("c-1", NOW, &rules).expect("no handover is in progress");
    mailbox.follow("c-1", NOW + 1, &rules).expect("it is followed already");
    assert!(mailbox.follows());
    assert!(mailbox.follow("c-2", NOW, &rules).is_err());
    // No timer ends it, and it is polled in its conversation.
    let task = mailbox.lease(Channel::Outbound, "a", NOW + 120_000, &rules).map(|lease| lease.task);
    let Some(Task::Poll { conversation, .. }) = task else { panic!("{task:?}") };
    assert_eq!(conversation.id.as_deref(), Some("c-1"));

    let agent = Agent { id: Some("u-1".into()), name: Some("Grace Hopper".into()), picture: None };
    let in_conversation = |event: AgentEvent| AgentEvent { conversation_id: Some("c-1".into()), ..event };
    let joined = in_conversation(event("joined", NOW + 121_000, EventKind::AgentJoined(agent)));
    let written = in_conversation(agent_message("m-1", NOW + 122_000));
    let ended = in_conversation(event("ended", NOW + 123_000, EventKind::Ended(EndReason::Completed)));
    mailbox.polled(1, &[joined], NOW + 121_000, NOW + 121_000, &rules);
    mailbox.accept(&[written], &webhook("a"), NOW + 122_000, &rules).expect("there is room");
    mailbox.polled(1, &[ended], NOW + 123_000, NOW + 123_000, &rules);
    let late = in_conversation(agent_message("m-2", NOW + 124_000));
    mailbox.accept(&[late], &webhook("b"), NOW + 124_000, &rules).expect("there is room");
    let types: Vec<String> = unpublished(&mailbox)
        .iter()
        .map(|event| serde_json::from_str::<serde_json::Value>(event).expect("JSON")["type"].to_string())
        .collect();
    assert_eq!(types, [r#""queued""#, r#""agent-joined""#, r#""ended""#]);
    // The same user may be handed over again, in the same conversation.
    mailbox.follow("c-1", NOW + 200_000, &rules).expect("the first one has ended");
    assert_eq!(mailbox.handover().expect("a handover").number(), 2);
    // A handover of the platform's own is none that is followed.
    let mut own = open_mailbox();
    assert!(!own.follows() && own.follow("c-1", NOW, &rules).is_err());
}
