//! What agents record after the end is published once, for each handover.

use super::{NOW, event, request, rules};
use handover_gateway::mailbox::{Channel, DeliveryOutcome, EventOrigin, Mailbox, NotFetched, Rules, Source, Task};
use handover_host::contract::{
    Agent, AgentEvent, Conversation, Delivery, EndReason, EventKind, HandoverOutcome, HandoverStart, OutboundMessage,
    Timestamp,
};
use handover_host::handover::{Handover, Policy};
use std::time::Duration;

const SECOND: u64 = 1_000;
const END: Timestamp = NOW + 100 * SECOND;

fn waiting() -> Rules {
    Rules { outcome_timeout: Some(Duration::from_secs(900)), ..rules() }
}

fn task(mailbox: &mut Mailbox, now: Timestamp) -> Option<Task> {
    let lease = mailbox.lease(Channel::Outbound, "worker", now, &waiting());
    mailbox.release(Channel::Outbound, "worker");
    lease.map(|lease| lease.task)
}

fn poll(handover: u32) -> Option<Task> {
    let conversation = Conversation { recipient: "user-1".to_owned(), handover, id: Some("c-1".to_owned()) };
    Some(Task::PollOutcome { handover, conversation })
}

fn webhook(body: &str) -> EventOrigin {
    EventOrigin::new(Source::Webhook, body.as_bytes())
}

fn begin(mailbox: &mut Mailbox, now: Timestamp, rules: &Rules) {
    mailbox.begin(now, rules).expect("no handover is in progress");
    let start = mailbox.outbound(OutboundMessage::Start(HandoverStart::default()), now);
    mailbox.send(&start, Some(vec![request(&start.id)]), now).expect("room");
    let Some(Task::Deliver { item, .. }) = task(mailbox, now) else { panic!("the start is delivered") };
    let delivery = Delivery { conversation_id: Some("c-1".to_owned()), ..Delivery::default() };
    mailbox.delivered(item, DeliveryOutcome::Delivered(delivery), 0.0, now, rules);
}

fn end(mailbox: &mut Mailbox, at: Timestamp, rules: &Rules) {
    let id = format!("end-{at}");
    let end = AgentEvent {
        // The contact center says which handover ended: by its time alone, it could be the one before.
        handover: mailbox.handover().map(Handover::number),
        conversation_id: Some("c-1".to_owned()),
        ..event(&id, at, EventKind::Ended(EndReason::Completed))
    };
    mailbox.accept(&[end], &webhook(&id), at, rules).expect("new");
}

/// Returns a mailbox whose only handover ended at [`END`].
fn ended(rules: &Rules) -> Mailbox {
    let mut mailbox = Mailbox::new("box".to_owned(), "user-1".to_owned());
    begin(&mut mailbox, NOW, rules);
    end(&mut mailbox, END, rules);
    mailbox
}

fn agent(id: &str) -> Agent {
    Agent { id: Some(id.to_owned()), name: None, picture: None }
}

/// Returns what a poll shows of an agent who was there from one time to the other.
fn stay(id: &str, since: Timestamp, until: Timestamp) -> [AgentEvent; 2] {
    [event("joined", since, EventKind::AgentJoined(agent(id))), event("left", until, EventKind::AgentLeft(agent(id)))]
}

/// Returns what an agent who left at this time recorded.
fn recorded(code: &str, left: Timestamp) -> AgentEvent {
    let outcome = HandoverOutcome {
        code: Some(code.to_owned()),
        name: None,
        notes: None,
        tags: Vec::new(),
        summary: None,
        conversation_seconds: None,
        after_call_work_seconds: None,
    };
    AgentEvent { conversation_id: Some("c-1".to_owned()), ..event(code, left, EventKind::Outcome(outcome)) }
}

/// Returns what a poll shows of two agents one after the other, of whom only the first recorded something.
fn two_stays() -> Vec<AgentEvent> {
    let first = recorded("first", END - SECOND);
    stay("u1", NOW, END - SECOND).into_iter().chain([first]).chain(stay("u2", END - SECOND, END)).collect()
}

/// Returns the handover and the code of each published outcome.
fn outcomes(mailbox: &Mailbox) -> Vec<(u32, String)> {
    let events = mailbox.unpublished().filter_map(|queued| {
        let event: serde_json::Value = serde_json::from_str(queued.event.get()).expect("JSON");
        (event["type"] == "outcome").then(|| (queued.handover, event["data"]["code"].as_str().unwrap().to_owned()))
    });
    events.collect()
}

#[test]
fn polls_after_the_end_until_the_last_agent_has_recorded_something() {
    let (mut mailbox, rules) = (ended(&waiting()), waiting());
    let without = two_stays();
    let mut now = END;
    for delay in [10, 20, 60, 180, 540] {
        assert_eq!(task(&mut mailbox, now + delay * SECOND - 1), None, "{delay}");
        now += delay * SECOND;
        assert_eq!(task(&mut mailbox, now), poll(1), "{delay}");
        mailbox.outcome_polled(1, &without, now, &rules);
    }
    assert_eq!(outcomes(&mailbox), []);
    let with: Vec<_> = without.into_iter().chain([recorded("of-the-last-agent", END)]).collect();
    assert_eq!(task(&mut mailbox, END + 900 * SECOND), poll(1), "the last poll is at the end of the time");
    mailbox.outcome_polled(1, &with, END + 900 * SECOND, &rules);
    assert_eq!(outcomes(&mailbox), [(1, "of-the-last-agent".to_owned())]);
    mailbox.outcome_polled(1, &with, END + 901 * SECOND, &rules);
    assert_eq!(outcomes(&mailbox).len(), 1);
    assert_eq!(task(&mut mailbox, END + 1_800 * SECOND), None);
}

#[test]
fn an_earlier_agent_counts_if_the_last_one_records_nothing_in_time() {
    let (mut mailbox, rules) = (ended(&waiting()), waiting());
    let events = two_stays();
    mailbox.outcome_polled(1, &events, END + 899 * SECOND, &rules);
    assert_eq!(outcomes(&mailbox), []);
    mailbox.outcome_polled(1, &events, END + 900 * SECOND, &rules);
    assert_eq!(outcomes(&mailbox), [(1, "first".to_owned())]);
}

#[test]
fn an_agent_who_leaves_long_after_the_end_counts() {
    let (mut mailbox, rules) = (ended(&waiting()), waiting());
    let late = END + 180 * SECOND;
    let events: Vec<_> = stay("u1", NOW, late).into_iter().chain([recorded("late", late)]).collect();
    mailbox.outcome_polled(1, &events, END + 270 * SECOND, &rules);
    assert_eq!(outcomes(&mailbox), [(1, "late".to_owned())]);
}

#[test]
fn what_an_earlier_agent_recorded_is_not_lost_if_the_last_poll_fails() {
    let (mut mailbox, rules) = (ended(&waiting()), waiting());
    let events = two_stays();
    mailbox.outcome_polled(1, &events, END + 810 * SECOND, &rules);
    mailbox.outcome_not_polled(1, NotFetched::Failed { after_seconds: None }, END + 900 * SECOND, &rules);
    assert_eq!(outcomes(&mailbox), [(1, "first".to_owned())]);
}

#[test]
fn a_report_of_an_agent_is_a_reason_to_poll_at_once() {
    let (mut mailbox, rules) = (ended(&waiting()), waiting());
    let now = END + 30 * SECOND;
    mailbox.outcome_polled(1, &stay("u1", NOW, END), END + 10 * SECOND, &rules);
    mailbox.outcome_polled(1, &stay("u1", NOW, END), END + 30 * SECOND, &rules);
    mailbox.accept(&[recorded("w", END)], &webhook("acw"), now, &rules).expect("new");
    assert_eq!(outcomes(&mailbox), [], "the poll returns more than the report");
    assert_eq!(task(&mut mailbox, now + SECOND), poll(1));
}

#[test]
fn a_report_is_the_outcome_if_the_contact_center_cannot_be_polled() {
    let rules = Rules { policy: Policy::default(), ..waiting() };
    let mut mailbox = ended(&rules);
    mailbox.accept(&[recorded("w", END)], &webhook("acw"), END + SECOND, &rules).expect("new");
    assert_eq!(outcomes(&mailbox), [(1, "w".to_owned())]);
}

#[test]
fn nothing_is_expected_if_no_agent_came() {
    let (mut mailbox, rules) = (ended(&waiting()), waiting());
    mailbox.outcome_polled(1, &[event("end", END, EventKind::Ended(EndReason::Cancelled))], END + 10 * SECOND, &rules);
    assert_eq!(task(&mut mailbox, END + 3_600 * SECOND), None);
}

#[test]
fn each_handover_of_one_conversation_gets_its_own_outcome() {
    let (mut mailbox, rules) = (ended(&waiting()), waiting());
    // The handovers follow each other within the tolerance for clocks.
    let (again, later) = (END + 20 * SECOND, END + 40 * SECOND);
    begin(&mut mailbox, again, &rules);
    end(&mut mailbox, later, &rules);
    let events: Vec<_> = stay("u1", NOW, END)
        .into_iter()
        .chain([recorded("first", END)])
        .chain(stay("u2", again, later))
        .chain([recorded("second", later)])
        .collect();
    let now = later + 10 * SECOND;
    mailbox.outcome_polled(2, &events, now, &rules);
    mailbox.outcome_polled(1, &events, now, &rules);
    assert_eq!(outcomes(&mailbox), [(2, "second".to_owned()), (1, "first".to_owned())]);

    // Nobody served the user in the second one.
    let mut mailbox = ended(&waiting());
    begin(&mut mailbox, again, &rules);
    end(&mut mailbox, later, &rules);
    let events: Vec<_> = stay("u1", NOW, END).into_iter().chain([recorded("first", END)]).collect();
    mailbox.outcome_polled(2, &events, now, &rules);
    mailbox.outcome_polled(1, &events, now, &rules);
    assert_eq!(outcomes(&mailbox), [(1, "first".to_owned())]);
}

#[test]
fn failed_polls_are_repeated_within_the_time() {
    let (mut mailbox, rules) = (ended(&waiting()), waiting());
    let now = END + 10 * SECOND;
    mailbox.outcome_not_polled(1, NotFetched::Postponed { until: now + 5 * SECOND }, now, &rules);
    assert_eq!(task(&mut mailbox, now + 5 * SECOND - 1), None);
    assert_eq!(task(&mut mailbox, now + 5 * SECOND), poll(1));
    mailbox.outcome_not_polled(1, NotFetched::Failed { after_seconds: Some(100) }, now, &rules);
    assert_eq!(task(&mut mailbox, now + 100 * SECOND - 1), None);
    assert_eq!(task(&mut mailbox, now + 100 * SECOND), poll(1));
    mailbox.outcome_not_polled(1, NotFetched::Failed { after_seconds: None }, END + 900 * SECOND, &rules);
    assert_eq!(task(&mut mailbox, END + 3_600 * SECOND), None, "its time is over");

    let mut gone = ended(&waiting());
    gone.outcome_not_polled(1, NotFetched::Impossible, now, &rules);
    assert_eq!(task(&mut gone, now), None);
}

#[test]
fn nothing_is_polled_without_the_ability() {
    let mut mailbox = ended(&rules());
    assert_eq!(task(&mut mailbox, END + 3_600 * SECOND), None);
}
