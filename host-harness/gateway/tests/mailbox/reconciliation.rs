//! Messages that no webhook brought are found after the end.

use super::{NOW, agent_message, request, rules, text};
use handover_gateway::mailbox::{
    CallbackOutcome, Channel, DeliveryOutcome, EventOrigin, Mailbox, NotFetched, Rules, Source, Task,
};
use handover_host::contract::{
    AgentEvent, Conversation, Delivery, EndReason, EventKind, HandoverStart, LeaveReason, OutboundMessage, Timestamp,
};
use std::time::Duration;

const SECOND: u64 = 1_000;
const END: Timestamp = NOW + 30 * SECOND;

fn reconciling() -> Rules {
    Rules { reconciliation_delay: Some(Duration::from_secs(60)), ..rules() }
}

fn webhook(body: &str) -> EventOrigin {
    EventOrigin::new(Source::Webhook, body.as_bytes())
}

fn task(mailbox: &mut Mailbox, now: Timestamp) -> Option<Task> {
    let lease = mailbox.lease(Channel::Outbound, "worker", now, &reconciling());
    mailbox.release(Channel::Outbound, "worker");
    lease.map(|lease| lease.task)
}

/// Returns a mailbox whose handover has a conversation and ended at [`END`]. The webhook of one message arrived.
fn ended_mailbox() -> Mailbox {
    let rules = reconciling();
    let mut mailbox = Mailbox::new("box".to_owned(), "user-1".to_owned());
    begin(&mut mailbox, NOW);
    mailbox.accept(&[agent_message("m2", NOW + 2 * SECOND)], &webhook("m2"), NOW + 2 * SECOND, &rules).expect("new");
    end(&mut mailbox, END);
    mailbox
}

fn begin(mailbox: &mut Mailbox, now: Timestamp) {
    let rules = reconciling();
    mailbox.begin(now, &rules).expect("no handover is in progress");
    let start = mailbox.outbound(OutboundMessage::Start(HandoverStart::default()), now);
    mailbox.send(&start, Some(vec![request(&start.id)]), now).expect("room");
    let Some(Task::Deliver { item, .. }) = task(mailbox, now) else { panic!("the start is delivered") };
    let delivery = Delivery { conversation_id: Some("c-1".to_owned()), ..Delivery::default() };
    mailbox.delivered(item, DeliveryOutcome::Delivered(delivery), 0.0, now, &rules);
}

fn end(mailbox: &mut Mailbox, at: Timestamp) {
    let end =
        AgentEvent { id: format!("end-{at}"), kind: EventKind::Ended(EndReason::Completed), ..agent_message("e", at) };
    mailbox.accept(&[end], &webhook(&format!("end-{at}")), at, &reconciling()).expect("new");
}

/// Returns the type and the id of each message for the platform.
fn messages(mailbox: &Mailbox) -> Vec<(String, String)> {
    let events = mailbox.unpublished().map(|queued| queued.event.get().to_owned());
    let parsed = events.map(|event| serde_json::from_str::<serde_json::Value>(&event).expect("JSON"));
    let named =
        |event: serde_json::Value| Some((event["type"].as_str()?.to_owned(), event["data"]["id"].as_str()?.to_owned()));
    parsed.filter_map(named).collect()
}

fn late(id: &str) -> (String, String) {
    ("late-message".to_owned(), id.to_owned())
}

#[test]
fn publishes_what_no_webhook_brought_late_in_order_and_once() {
    let (mut mailbox, rules) = (ended_mailbox(), reconciling());
    assert_eq!(task(&mut mailbox, END + 59_999), None);
    let due = END + 60 * SECOND;
    assert_eq!(mailbox.due(&Rules { has_callback: false, ..rules.clone() }), Some(0), "events are to be published");
    let conversation = Conversation { recipient: "user-1".to_owned(), handover: 1, id: Some("c-1".to_owned()) };
    let Some(Task::FetchMessages { handover, conversation: found, .. }) = task(&mut mailbox, due) else {
        panic!("the messages are fetched")
    };
    assert_eq!((handover, found), (1, conversation));

    let history = ["m1", "m2", "m3"].into_iter().zip(1..).map(|(id, second)| agent_message(id, NOW + second * SECOND));
    let earlier = agent_message("of-another-handover", NOW - 600 * SECOND);
    let later = agent_message("of-a-later-handover", END + 600 * SECOND);
    let history: Vec<_> = std::iter::once(earlier).chain(history).chain([later]).collect();
    mailbox.reconciled(1, &history, due, &rules);
    let message = ("message".to_owned(), "m2".to_owned());
    assert_eq!(messages(&mailbox), [message, late("m1"), late("m3")]);
    assert_eq!(task(&mut mailbox, due + 1), None, "it is done");

    let accepted = mailbox.accept(&[agent_message("m3", NOW + 3 * SECOND)], &webhook("m3"), due + 1, &rules);
    assert_eq!(accepted.expect("known").duplicates, 1, "a webhook that comes after all is a duplicate");
    assert_eq!(messages(&mailbox).len(), 3);
}

#[test]
fn recognizes_fetched_messages_whose_ids_are_not_those_of_webhooks() {
    let due = END + 60 * SECOND;
    let received = |mailbox: &mut Mailbox| match task(mailbox, due) {
        Some(Task::FetchMessages { received, .. }) => received,
        other => panic!("the messages are fetched, not {other:?}"),
    };
    let history = |ids: [&str; 2]| ids.map(|id| agent_message(id, NOW + SECOND));
    let mut mailbox = ended_mailbox();
    let of_webhooks = received(&mut mailbox);
    assert!(of_webhooks.have_other_ids(&history(["x1", "x2"])));
    assert!(!of_webhooks.have_other_ids(&history(["m1", "m2"])), "m2 came by webhook");

    // Without a message from a webhook, nothing is known about its ids.
    let mut silent = Mailbox::new("box".to_owned(), "user-1".to_owned());
    begin(&mut silent, NOW);
    end(&mut silent, END);
    assert!(!received(&mut silent).have_other_ids(&history(["m1", "m2"])));

    // Only the messages of the last handover count.
    mailbox.reconciled(1, &[], due, &reconciling());
    begin(&mut mailbox, due);
    let message = agent_message("m9", due + SECOND);
    mailbox.accept(&[message], &webhook("m9"), due + SECOND, &reconciling()).expect("new");
    mailbox.leave(LeaveReason::UserLeft, due + 30 * SECOND, &reconciling()).expect("a handover");
    let Some(Task::Build { item, .. }) = task(&mut mailbox, due + 30 * SECOND) else { panic!("the user leaves") };
    mailbox.built(item, Ok(vec![request("leave")]));
    let Some(Task::Deliver { item, .. }) = task(&mut mailbox, due + 30 * SECOND) else { panic!("the user leaves") };
    let delivered = DeliveryOutcome::Delivered(Delivery::default());
    mailbox.delivered(item, delivered, 0.0, due + 30 * SECOND, &reconciling());
    let of_second = task(&mut mailbox, due + 90 * SECOND);
    let Some(Task::FetchMessages { handover: 2, received, .. }) = of_second else {
        panic!("the messages of the second handover are fetched, not {of_second:?}")
    };
    assert!(received.have_other_ids(&history(["m1", "m2"])));
    assert!(!received.have_other_ids(&history(["m2", "m9"])));
}

#[test]
fn tries_again_after_a_failure_and_gives_up() {
    let (mut mailbox, rules) = (ended_mailbox(), reconciling());
    let due = END + 60 * SECOND;
    let failed = NotFetched::Failed { after_seconds: Some(20) };
    mailbox.not_reconciled(1, failed, 0.0, due, &rules);
    assert_eq!(task(&mut mailbox, due + 19_999), None);
    assert!(matches!(task(&mut mailbox, due + 20_000), Some(Task::FetchMessages { .. })));
    mailbox.not_reconciled(1, NotFetched::Postponed { until: due + 40_000 }, 0.0, due + 20_000, &rules);
    assert_eq!(task(&mut mailbox, due + 39_999), None);
    assert!(matches!(task(&mut mailbox, due + 40_000), Some(Task::FetchMessages { .. })));
    let too_long = due + 3_601 * SECOND;
    mailbox.not_reconciled(1, failed, 0.0, too_long, &rules);
    assert_eq!(task(&mut mailbox, too_long + 60 * SECOND), None);

    let mut unknown = ended_mailbox();
    unknown.not_reconciled(1, NotFetched::Impossible, 0.0, due, &rules);
    assert_eq!(task(&mut unknown, due), None);
}

#[test]
fn known_messages_need_no_room_and_the_rest_waits_for_room() {
    let (mut mailbox, rules) = (ended_mailbox(), reconciling());
    let due = END + 60 * SECOND;
    let history: Vec<_> = (0..400).map(|number| agent_message(&format!("n{number}"), NOW + SECOND + number)).collect();
    for (number, message) in history.iter().enumerate().take(390) {
        mailbox.accept(std::slice::from_ref(message), &webhook(&format!("w{number}")), END, &rules).expect("new");
        let published = mailbox.unpublished().last().map(|queued| queued.number).expect("an event");
        mailbox.published(published, &rules);
        for number in 1..=published {
            mailbox.called_back(number, CallbackOutcome::Accepted, 0.0, END, &rules);
        }
    }
    mailbox.reconciled(1, &history, due, &rules);
    let expected: Vec<_> = (390..400).map(|number| late(&format!("n{number}"))).collect();
    assert_eq!(messages(&mailbox), expected);
    assert_eq!(task(&mut mailbox, due + 3_600 * SECOND), None, "it is done");

    // More messages than the queue accepts: the next attempt adds the rest.
    let mut full = ended_mailbox();
    full.reconciled(1, &history, due, &rules);
    assert!(messages(&full).len() < 400);
    let again = due + 60 * SECOND;
    assert!(matches!(task(&mut full, again), Some(Task::FetchMessages { .. })));
    let published = full.unpublished().last().map(|queued| queued.number).expect("an event");
    full.published(published, &rules);
    for number in 1..=published {
        full.called_back(number, CallbackOutcome::Accepted, 0.0, again, &rules);
    }
    full.reconciled(1, &history, again, &rules);
    assert_eq!(messages(&full).last(), Some(&late("n399")));
    assert_eq!(task(&mut full, again + 60 * SECOND), None);
}

#[test]
fn a_handover_is_compared_although_the_next_one_has_begun() {
    let (mut mailbox, rules) = (ended_mailbox(), reconciling());
    begin(&mut mailbox, END + 10 * SECOND);
    let due = END + 60 * SECOND;
    let found = task(&mut mailbox, due);
    assert!(matches!(found, Some(Task::FetchMessages { handover: 1, .. })), "{found:?}");
    mailbox.reconciled(1, &[agent_message("m1", NOW + SECOND)], due, &rules);
    assert!(messages(&mailbox).contains(&late("m1")));
    let handovers: Vec<_> = mailbox.unpublished().map(|queued| queued.handover).collect();
    assert_eq!(handovers.last(), Some(&1), "the message belongs to the handover that ended");
    mailbox.send(&mailbox.outbound(text("Still there?"), due), Some(vec![request("x")]), due).expect("a handover");
}

#[test]
fn nothing_is_compared_without_a_conversation_or_without_the_ability() {
    let rules = rules();
    let mut mailbox = Mailbox::new("box".to_owned(), "user-1".to_owned());
    mailbox.begin(NOW, &reconciling()).expect("no handover is in progress");
    end(&mut mailbox, END);
    assert_eq!(task(&mut mailbox, END + 60 * SECOND), None);

    let mut unable = Mailbox::new("box".to_owned(), "user-1".to_owned());
    begin(&mut unable, NOW);
    let end = AgentEvent { kind: EventKind::Ended(EndReason::Completed), ..agent_message("e", END) };
    unable.accept(&[end], &webhook("e"), END, &rules).expect("new");
    assert_eq!(task(&mut unable, END + 60 * SECOND), None);
}
