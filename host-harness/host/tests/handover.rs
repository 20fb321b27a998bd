//! Tests of the rules of a handover's state.

#![allow(clippy::expect_used, reason = "tests fail by panicking")]

use handover_host::contract::{
    Agent, AgentEvent, AgentMessage, Author, Delivery, EndReason, EventKind, HandoverOutcome, LeaveReason,
    MessageReceipt, QueueState, ReceiptStatus, Timestamp,
};
use handover_host::handover::{AfterEnd, AlreadyInProgress, Handover, InactivityPrompt, Policy, State, Step};
use std::time::Duration;

const START: Timestamp = 1_000_000;

fn agent(id: &str) -> Agent {
    Agent { id: Some(id.into()), name: None, picture: None }
}

fn named(id: &str, name: &str) -> Agent {
    Agent { name: Some(name.into()), ..agent(id) }
}

fn unidentified() -> Agent {
    Agent { id: None, name: None, picture: None }
}

/// Returns an event this many milliseconds after `START`.
fn at(after: u64, kind: EventKind) -> AgentEvent {
    AgentEvent { time: Some(START + after), ..untimed(kind) }
}

fn untimed(kind: EventKind) -> AgentEvent {
    AgentEvent { id: "e".into(), recipient: None, handover: None, conversation_id: None, time: None, kind }
}

fn joined(id: &str) -> EventKind {
    EventKind::AgentJoined(agent(id))
}

fn left(id: &str) -> EventKind {
    EventKind::AgentLeft(agent(id))
}

fn transferred(id: &str) -> EventKind {
    EventKind::Transferred(agent(id))
}

fn ended() -> EventKind {
    EventKind::Ended(EndReason::Completed)
}

fn position(position: u32) -> QueueState {
    QueueState { position: Some(position), estimated_wait_seconds: None }
}

fn agent_message(author: Author) -> AgentMessage {
    AgentMessage { id: "m".into(), author, agent: None, text: None, content: vec![], plain_text: "hello".into() }
}

fn message(author: Author) -> EventKind {
    EventKind::Message(agent_message(author))
}

fn begin(policy: Policy) -> Handover {
    Handover::begin(1, START, policy, None).expect("nothing is in progress")
}

fn polling() -> Policy {
    Policy { can_poll: true, ..Policy::default() }
}

/// Applies the events as if all arrived `now` milliseconds after `START`.
fn apply(handover: &mut Handover, now: u64, events: &[AgentEvent]) -> Vec<Step> {
    events.iter().flat_map(|event| handover.apply(event, START + now)).collect()
}

/// Returns a handover that the agent with the ID `a` joined at 1000.
fn attended(policy: Policy) -> Handover {
    let mut handover = begin(policy);
    assert_eq!(apply(&mut handover, 1000, &[at(1000, joined("a"))]), [Step::AgentJoined(agent("a"))]);
    handover
}

/// Returns a second handover, which begins 10 s after the first one ended.
fn second_handover(policy: Policy) -> Handover {
    let mut first = begin(policy.clone());
    let _ = first.apply(&AgentEvent { time: Some(START - 10_000), ..untimed(ended()) }, START - 10_000);
    Handover::begin(first.next_number(), START, policy, Some(&first)).expect("the first has ended")
}

#[test]
fn moves_from_queued_to_active_to_ended() {
    let mut handover = begin(Policy::default());
    assert_eq!(handover.state(), State::Queued);
    assert_eq!(apply(&mut handover, 500, &[at(500, EventKind::Queued(position(2)))]), [Step::Queued(position(2))]);
    assert_eq!(apply(&mut handover, 1000, &[at(1000, joined("a"))]), [Step::AgentJoined(agent("a"))]);
    assert_eq!(handover.state(), State::Active);
    assert_eq!(apply(&mut handover, 2000, &[at(2000, EventKind::Typing(300))]), [Step::Typing(300)]);
    assert_eq!(apply(&mut handover, 3000, &[at(3000, ended())]), [Step::Ended(EndReason::Completed)]);
    assert_eq!(handover.state(), State::Ended(&EndReason::Completed));
    assert_eq!(apply(&mut handover, 3000, &[untimed(EventKind::Ignored("nothing".into()))]), []);
}

#[test]
fn allows_only_one_open_handover() {
    let mut first = begin(Policy::default());
    assert_eq!(Handover::begin(2, START, Policy::default(), Some(&first)).unwrap_err(), AlreadyInProgress);
    let _ = first.leave(LeaveReason::UserLeft, START);
    let second = Handover::begin(first.next_number(), START, Policy::default(), Some(&first)).expect("it has ended");
    assert_eq!((second.number(), second.state()), (2, State::Queued));
}

#[test]
fn reports_only_new_queue_positions() {
    let mut handover = begin(Policy::default());
    let third = at(100, EventKind::Queued(position(3)));
    assert_eq!(apply(&mut handover, 100, &[third.clone(), third.clone()]), [Step::Queued(position(3))]);
    assert_eq!(apply(&mut handover, 200, &[at(200, EventKind::Queued(position(2)))]), [Step::Queued(position(2))]);
    assert_eq!(apply(&mut handover, 300, &[third]), [], "it is older than the reported position");
    let _ = apply(&mut handover, 1000, &[at(1000, joined("a"))]);
    assert_eq!(apply(&mut handover, 1100, &[at(400, EventKind::Queued(position(1)))]), [], "an agent is present");
}

#[test]
fn activates_on_a_message_unless_a_bot_wrote_it() {
    for (author, state) in
        [(Author::Bot, State::Queued), (Author::Unknown, State::Active), (Author::Human, State::Active)]
    {
        let mut handover = begin(Policy::default());
        assert_eq!(apply(&mut handover, 100, &[at(100, message(author))]), [Step::Message(agent_message(author))]);
        assert_eq!(handover.state(), state, "{author:?}");
    }
}

#[test]
fn reports_each_stay_of_an_agent_once() {
    let mut handover = attended(Policy::default());
    assert_eq!(apply(&mut handover, 1500, &[at(1000, joined("a")), untimed(joined("a"))]), []);
    let steps = apply(&mut handover, 3000, &[at(2000, left("a")), at(3000, joined("a"))]);
    assert_eq!(steps, [Step::AgentLeft(agent("a")), Step::AgentJoined(agent("a"))]);
}

#[test]
fn the_later_fact_about_an_agent_wins_in_any_order() {
    let mut handover = attended(Policy::default());
    assert_eq!(apply(&mut handover, 5000, &[at(4000, joined("a"))]), []);
    assert_eq!(apply(&mut handover, 5000, &[at(3000, left("a"))]), [], "the agent rejoined later");
    assert_eq!(
        apply(&mut handover, 5000, &[at(4000, left("a"))]),
        [Step::AgentLeft(agent("a"))],
        "at equal times, leaving wins"
    );
    assert_eq!(apply(&mut handover, 5000, &[at(4000, joined("a"))]), []);
    assert_eq!(
        apply(&mut handover, 5000, &[at(9000, left("a")), at(5001, joined("a"))]),
        [],
        "times are clamped to now"
    );
    assert_eq!(apply(&mut handover, 6000, &[at(6000, joined("a"))]), [Step::AgentJoined(agent("a"))]);
}

#[test]
fn assigns_a_polled_name_to_the_unidentified_agent() {
    let mut handover = begin(polling());
    let steps = apply(&mut handover, 1000, &[at(1000, EventKind::AgentJoined(unidentified()))]);
    assert_eq!(steps, [Step::AgentJoined(unidentified()), Step::Poll]);
    let ann = named("a", "Ann");
    let seen = [at(1000, EventKind::AgentJoined(ann.clone()))];
    assert_eq!(handover.polled(&seen, START + 1200), [Step::AgentNamed(ann.clone())]);
    assert_eq!(
        apply(&mut handover, 1300, &[untimed(EventKind::AgentJoined(unidentified()))]),
        [],
        "the agent may be Ann"
    );
    assert_eq!(apply(&mut handover, 1300, &[at(1250, joined("a"))]), []);
    assert_eq!(apply(&mut handover, 2000, &[at(2000, left("a"))]), [Step::AgentLeft(ann), Step::Poll]);
}

#[test]
fn resolves_an_unidentified_departure() {
    let mut handover = attended(polling());
    let departure = at(2000, EventKind::AgentLeft(unidentified()));
    assert_eq!(apply(&mut handover, 2000, std::slice::from_ref(&departure)), [Step::Poll]);
    assert_eq!(handover.polled(&[], START + 2100), [Step::AgentLeft(agent("a"))]);
    // Without polling, the only agent who is present must have left; with two present, the departure is ignored.
    let mut handover = attended(Policy::default());
    let _ = apply(&mut handover, 1500, &[at(1500, joined("b")), departure]);
    assert_eq!(apply(&mut handover, 2500, &[at(2500, left("b"))]), [Step::AgentLeft(agent("b"))]);
    let departure = at(3000, EventKind::AgentLeft(unidentified()));
    assert_eq!(apply(&mut handover, 3000, &[departure]), [Step::AgentLeft(agent("a"))]);
}

#[test]
fn polls_when_the_last_agent_leaves() {
    let mut handover = attended(polling());
    let _ = apply(&mut handover, 1500, &[at(1500, joined("b"))]);
    assert_eq!(apply(&mut handover, 2000, &[at(2000, left("a"))]), [Step::AgentLeft(agent("a"))]);
    assert_eq!(apply(&mut handover, 3000, &[at(3000, left("b"))]), [Step::AgentLeft(agent("b")), Step::Poll]);
    assert_eq!((handover.state(), handover.next_deadline()), (State::Active, None));
    assert_eq!(apply(&mut handover, 4000, &[at(4000, left("c"))]), [Step::Poll], "the agent may have joined unnoticed");
}

#[test]
fn completes_after_the_unattended_timeout() {
    let mut handover = attended(Policy { unattended: Some(Duration::from_secs(60)), ..polling() });
    let _ = apply(&mut handover, 2000, &[at(1900, left("a"))]);
    assert_eq!(handover.next_deadline(), Some(START + 62_000), "the timer starts when the departure is known");
    assert_eq!(handover.tick(START + 61_999), []);
    let mut returned = handover.clone();
    let _ = apply(&mut returned, 30_000, &[at(30_000, joined("b"))]);
    assert_eq!(returned.next_deadline(), None);
    let mut written = handover.clone();
    let _ = apply(&mut written, 30_000, &[at(1800, message(Author::Human))]);
    assert!(written.next_deadline().is_some(), "the agent wrote it before leaving");
    let _ = apply(&mut written, 30_000, &[at(30_000, message(Author::Human))]);
    assert_eq!(written.next_deadline(), None);
    assert_eq!(handover.tick(START + 62_000), [Step::Ended(EndReason::Completed)]);
    assert_eq!(handover.tick(START + 99_000), []);
}

#[test]
fn stops_all_timers_during_a_transfer() {
    let policy = Policy {
        unattended: Some(Duration::from_millis(1)),
        user_inactivity: Some(Duration::from_millis(1)),
        ..polling()
    };
    let transfer = [at(2000, transferred("a")), at(2001, left("a"))];
    for order in [[0, 1], [1, 0]] {
        let mut handover = attended(policy.clone());
        for index in order {
            let _ = apply(&mut handover, 2100, &transfer[index..=index]);
        }
        assert_eq!((handover.state(), handover.next_deadline()), (State::Active, None), "{order:?}");
        assert_eq!(handover.tick(START + 1_000_000), []);
        assert_eq!(handover.polled(&[], START + 1_000_000), []);
        assert_eq!(handover.next_deadline(), None, "{order:?}");
    }
}

#[test]
fn reports_a_transfer_once_until_the_next_agent_joins() {
    let mut handover = attended(polling());
    assert_eq!(apply(&mut handover, 2000, &[at(2000, transferred("a"))]), [Step::Transferred(agent("a"))]);
    assert_eq!(apply(&mut handover, 2100, &[at(2010, transferred("a")), untimed(left("a"))]), []);
    assert_eq!(apply(&mut handover, 3000, &[at(3000, joined("b"))]), [Step::AgentJoined(agent("b"))]);
    assert_eq!(apply(&mut handover, 3100, &[at(2005, transferred("a")), untimed(transferred("a"))]), []);
    assert_eq!(apply(&mut handover, 4000, &[at(4000, left("b"))]), [Step::AgentLeft(agent("b")), Step::Poll]);
}

#[test]
fn accepts_a_transfer_by_an_unidentified_agent() {
    let mut handover = attended(Policy { unattended: Some(Duration::from_millis(1)), ..polling() });
    let steps = apply(&mut handover, 2000, &[at(2000, EventKind::Transferred(unidentified()))]);
    assert_eq!(steps, [Step::Transferred(unidentified()), Step::Poll]);
    assert_eq!(apply(&mut handover, 2100, &[at(2001, left("a"))]), [Step::AgentLeft(agent("a"))]);
    assert_eq!(handover.next_deadline(), None);
}

#[test]
fn a_message_does_not_complete_a_transfer() {
    let mut handover = attended(Policy { unattended: Some(Duration::from_millis(1)), ..polling() });
    let _ = apply(&mut handover, 2000, &[at(1500, joined("b")), at(2000, transferred("a"))]);
    let _ = apply(&mut handover, 3000, &[at(3000, message(Author::Human)), at(3000, left("b"))]);
    assert_eq!(handover.next_deadline(), None);
}

#[test]
fn polls_if_a_transferring_agent_seems_to_be_back() {
    let mut handover = attended(polling());
    let _ = apply(&mut handover, 3000, &[untimed(joined("a"))]);
    assert_eq!(apply(&mut handover, 3100, &[at(2000, transferred("a"))]), [Step::Poll]);
}

#[test]
fn an_unidentified_join_may_be_the_agent_who_left() {
    let mut handover = attended(polling());
    let _ = apply(&mut handover, 2000, &[at(2000, left("a"))]);
    assert_eq!(apply(&mut handover, 2100, &[at(1000, EventKind::AgentJoined(unidentified()))]), []);
    let seen = [at(2200, EventKind::AgentJoined(unidentified()))];
    assert_eq!(handover.polled(&seen, START + 2300), [Step::AgentJoined(unidentified())], "a poll is authoritative");
}

#[test]
fn a_transfer_is_queued_once_the_queue_reports_it() {
    let mut handover = begin(Policy { assignment_timeout: Some(Duration::from_millis(10_000)), ..polling() });
    let _ = apply(&mut handover, 100, &[at(100, EventKind::Queued(position(1))), at(1000, joined("a"))]);
    let _ = apply(&mut handover, 2000, &[at(2000, transferred("a"))]);
    assert_eq!(
        apply(&mut handover, 2100, &[at(900, EventKind::Queued(position(1)))]),
        [],
        "it belongs to the first wait"
    );
    assert_eq!(handover.state(), State::Active);
    assert_eq!(apply(&mut handover, 2200, &[at(2150, EventKind::Queued(position(1)))]), [Step::Queued(position(1))]);
    assert_eq!((handover.state(), handover.next_deadline()), (State::Queued, Some(START + 12_200)));
    let _ = apply(&mut handover, 2300, &[at(1990, message(Author::Human))]);
    assert_eq!(handover.state(), State::Queued, "the agent wrote it before the transfer");
    assert_eq!(apply(&mut handover, 3000, &[at(3000, joined("b"))]), [Step::AgentJoined(agent("b"))]);
    assert_eq!(handover.state(), State::Active);
}

#[test]
fn stays_ended_with_the_first_reason() {
    let mut handover = attended(polling());
    let _ = apply(&mut handover, 2000, &[at(2000, EventKind::Ended(EndReason::Expired))]);
    let late = [at(2500, ended()), at(3000, joined("b")), at(3000, transferred("a")), at(3000, EventKind::Typing(5))];
    assert_eq!(apply(&mut handover, 3000, &late), []);
    assert_eq!(handover.polled(&[at(1000, joined("a"))], START + 4000), []);
    assert_eq!(handover.leave(LeaveReason::UserLeft, START + 4000), []);
    assert_eq!(handover.failed("no route", START + 4000), []);
    assert_eq!((handover.state(), handover.next_deadline()), (State::Ended(&EndReason::Expired), None));
}

#[test]
fn maps_leaving_and_failing_to_end_reasons() {
    for (reason, end) in [
        (LeaveReason::UserLeft, EndReason::Cancelled),
        (LeaveReason::Withdrawn, EndReason::Cancelled),
        (LeaveReason::UserInactive, EndReason::Expired),
    ] {
        assert_eq!(begin(Policy::default()).leave(reason, START), [Step::Leave(reason), Step::Ended(end)]);
    }
    let steps = begin(Policy::default()).failed("no route", START);
    assert_eq!(steps, [Step::Ended(EndReason::Error("no route".into()))]);
}

#[test]
fn withdraws_after_the_assignment_timeout() {
    let mut handover = begin(Policy { assignment_timeout: Some(Duration::from_millis(5000)), ..Policy::default() });
    handover.user_spoke(START + 4000);
    assert_eq!(handover.next_deadline(), Some(START + 5000));
    let steps = handover.tick(START + 5000);
    assert_eq!(steps, [Step::Leave(LeaveReason::Withdrawn), Step::Ended(EndReason::Expired)]);
}

#[test]
fn leaves_after_the_inactivity_timeout() {
    let mut handover = begin(Policy { user_inactivity: Some(Duration::from_millis(5000)), ..Policy::default() });
    assert_eq!(handover.next_deadline(), None, "the timer does not run in the queue");
    let _ = apply(&mut handover, 1000, &[at(1000, joined("a"))]);
    assert_eq!(handover.next_deadline(), Some(START + 6000));
    let _ = apply(&mut handover, 3000, &[at(3000, message(Author::Human))]);
    assert_eq!(handover.next_deadline(), Some(START + 8000));
    handover.user_spoke(START + 4000);
    assert_eq!(handover.next_deadline(), Some(START + 9000));
    let steps = handover.tick(START + 9000);
    assert_eq!(steps, [Step::Leave(LeaveReason::UserInactive), Step::Ended(EndReason::Expired)]);
}

#[test]
fn requests_prompts_before_the_inactivity_timeout() {
    let policy = Policy {
        user_inactivity: Some(Duration::from_millis(10_000)),
        inactivity_prompts: vec![Duration::from_millis(5000), Duration::from_millis(8000)],
        ..Policy::default()
    };
    let prompt = |number, silent_seconds, ends_in_seconds| {
        Step::InactivityPrompt(InactivityPrompt { number, silent_seconds, ends_in_seconds: Some(ends_in_seconds) })
    };
    let mut handover = begin(policy.clone());
    assert_eq!(handover.next_deadline(), None, "nobody is silent in the queue");
    let _ = apply(&mut handover, 500, &[at(500, joined("a"))]);
    assert_eq!(handover.next_deadline(), Some(START + 10_500), "the user waits for the agent's first message");
    let _ = apply(&mut handover, 1000, &[at(1000, message(Author::Human))]);
    assert_eq!(handover.next_deadline(), Some(START + 6000));
    assert_eq!(handover.tick(START + 5999), []);
    assert_eq!(handover.tick(START + 6000), [prompt(1, 5, 5)]);
    assert_eq!(handover.tick(START + 6000), [], "each prompt is requested once");
    assert_eq!(handover.next_deadline(), Some(START + 9000));
    assert_eq!(handover.tick(START + 9000), [prompt(2, 8, 2)]);
    assert_eq!(handover.next_deadline(), Some(START + 11_000));

    // The user waits for the agent's answer.
    handover.user_spoke(START + 10_000);
    assert_eq!(handover.next_deadline(), Some(START + 20_000));
    let _ = apply(&mut handover, 12_000, &[at(12_000, message(Author::Human))]);
    assert_eq!(handover.next_deadline(), Some(START + 17_000), "the agent's message starts the prompts again");
    assert_eq!(handover.tick(START + 20_500), [prompt(2, 8, 1)], "a missed prompt is not made up for");
    let late = handover.tick(START + 22_000);
    assert_eq!(late, [Step::Leave(LeaveReason::UserInactive), Step::Ended(EndReason::Expired)]);

    let mut left = begin(policy.clone());
    let _ =
        apply(&mut left, 1000, &[at(500, joined("a")), at(1000, message(Author::Human)), at(2000, self::left("a"))]);
    assert_eq!(left.next_deadline(), Some(START + 11_000), "nobody is there to whom the user could write");

    let mut stored = begin(policy);
    let _ = apply(&mut stored, 1000, &[at(1000, message(Author::Human))]);
    let _ = stored.tick(START + 6000);
    let json = serde_json::to_string(&stored).expect("JSON");
    let mut read: Handover = serde_json::from_str(&json).expect("a handover");
    assert_eq!(read.tick(START + 6001), []);
    assert_eq!(read.next_deadline(), Some(START + 9000));
}

#[test]
fn a_poll_outweighs_earlier_events() {
    let mut handover = attended(polling());
    let found = [at(1500, joined("b"))];
    let steps = handover.polled(&found, START + 3000);
    assert_eq!(steps, [Step::AgentJoined(agent("b")), Step::AgentLeft(agent("a"))]);
    // The contradicting event is outdated, or its clock is slow: another poll decides.
    assert_eq!(apply(&mut handover, 3100, &[at(2900, joined("a"))]), [Step::Poll]);
    assert_eq!(apply(&mut handover, 99_000, &[at(1400, left("a")), at(1500, joined("b"))]), []);
    assert_eq!(handover.polled(&found, START + 3200), []);
    let older = [at(1000, joined("a"))];
    assert_eq!(handover.polled(&older, START + 2900), [], "a later poll has already answered");
}

#[test]
fn events_after_a_poll_request_outweigh_its_response() {
    let mut handover = attended(polling());
    let _ = apply(&mut handover, 3000, &[at(2500, left("a")), at(2600, joined("b"))]);
    assert_eq!(handover.polled(&[at(1000, joined("a"))], START + 2000), []);
    assert_eq!(apply(&mut handover, 4000, &[at(4000, left("b"))]), [Step::AgentLeft(agent("b")), Step::Poll]);
}

#[test]
fn a_poll_reports_ends_transfers_and_the_queue() {
    let mut handover = attended(polling());
    let steps = handover.polled(&[at(1000, joined("a")), at(2000, transferred("a"))], START + 2500);
    assert_eq!(steps, [Step::AgentLeft(agent("a")), Step::Transferred(agent("a"))]);
    let steps = handover.polled(&[at(2000, transferred("a")), untimed(EventKind::Queued(position(4)))], START + 2600);
    assert_eq!((steps.as_slice(), handover.state()), (&[Step::Queued(position(4))][..], State::Queued));
    let steps = handover.polled(&[at(3000, EventKind::Ended(EndReason::Cancelled))], START + 3500);
    assert_eq!(steps, [Step::Ended(EndReason::Cancelled)]);
}

#[test]
fn polls_on_a_late_end_of_the_previous_handover() {
    let mut handover = second_handover(polling());
    let late = AgentEvent { time: Some(START - 10_000), ..untimed(ended()) };
    assert_eq!(apply(&mut handover, 100, &[late.clone(), untimed(ended())]), [const { Step::Poll }; 2]);
    assert_eq!(apply(&mut handover.clone(), 60_000, &[at(60_000, ended())]), [Step::Poll]);
    assert_eq!(handover.polled(std::slice::from_ref(&late), START + 200), [], "the conversation has not reopened yet");
    assert_eq!(apply(&mut handover, 300, &[AgentEvent { time: Some(START - 60_001), ..late }]), []);
    assert_eq!(apply(&mut handover, 300, &[AgentEvent { handover: Some(1), ..untimed(ended()) }]), []);
    for certain in [AgentEvent { handover: Some(2), ..untimed(ended()) }, at(60_001, ended())] {
        assert_eq!(apply(&mut handover.clone(), 70_000, &[certain]), [Step::Ended(EndReason::Completed)]);
    }
    handover.delivered(&Delivery::default(), START + 300);
    assert_eq!(handover.polled(&[at(50, ended())], START + 400), [], "a poll may still show the previous state");
    assert_eq!(handover.polled(&[at(50, ended())], START + 5_300), [Step::Ended(EndReason::Completed)]);
}

/// Returns an event with a time of the contact center's clock, which is `ahead` milliseconds ahead of ours.
fn skewed(ahead: i64, after: u64, kind: EventKind) -> AgentEvent {
    AgentEvent { time: Some((START + 3_600_000 + after).saturating_add_signed(ahead)), ..untimed(kind) }
}

/// Returns a second handover that the contact center accepted, after an event of the contact center ended the first.
fn second_handover_with_skew(ahead: i64) -> Handover {
    let now = START + 3_600_000;
    let mut first = Handover::begin(1, now - 100_000, polling(), None).expect("nothing is in progress");
    assert_eq!(first.apply(&skewed(ahead, 0, ended()), now + 50), [Step::Ended(EndReason::Completed)]);
    let mut second = Handover::begin(2, now + 1_000, polling(), Some(&first)).expect("the first has ended");
    second.delivered(&Delivery::default(), now + 2_000);
    second
}

#[test]
fn a_poll_ends_the_second_handover_despite_clock_skew() {
    let now = START + 3_600_000;
    for ahead in [-600_000, -60_000, -2_000, -1_000, 0, 1_000, 2_000, 60_000, 600_000] {
        let mut second = second_handover_with_skew(ahead);
        let end = skewed(ahead, 2_500, ended());
        let steps = second.polled(std::slice::from_ref(&end), now + 7_500);
        assert_eq!(steps, [Step::Ended(EndReason::Completed)], "{ahead} ms");
    }
}

#[test]
fn the_first_end_does_not_end_the_second_handover_despite_clock_skew() {
    let now = START + 3_600_000;
    for ahead in [-600_000, -60_000, -2_000, -1_000, 0, 1_000, 2_000, 60_000, 600_000] {
        let mut second = second_handover_with_skew(ahead);
        for after in [1_100, 2_100, 30_000] {
            let repeated = AgentEvent { id: "again".into(), ..skewed(ahead, 0, ended()) };
            let steps = second.apply(&repeated, now + after);
            assert!(steps.iter().all(|step| *step == Step::Poll), "{ahead} ms: {steps:?}");
        }
        let mut early = second_handover_with_skew(ahead);
        assert_eq!(early.polled(&[skewed(ahead, 0, ended())], now + 2_100), [], "{ahead} ms: not reopened yet");
    }
}

#[test]
fn accepts_an_uncertain_end_without_polling() {
    let steps = apply(&mut second_handover(Policy::default()), 100, &[untimed(ended())]);
    assert_eq!(steps, [Step::Ended(EndReason::Completed)]);
}

#[test]
fn a_late_message_of_the_previous_handover_does_not_activate() {
    let mut handover = second_handover(polling());
    let late = AgentEvent { time: Some(START - 11_000), ..untimed(message(Author::Human)) };
    assert_eq!(apply(&mut handover, 100, &[late]), [Step::Message(agent_message(Author::Human))]);
    assert_eq!(handover.state(), State::Queued);
}

#[test]
fn ignores_events_of_another_conversation_except_messages() {
    let within = |conversation: &str, kind| AgentEvent { conversation_id: Some(conversation.into()), ..untimed(kind) };
    let mut handover = attended(polling());
    let _ = apply(&mut handover, 1000, &[within("c", EventKind::Typing(5))]);
    assert_eq!(handover.conversation(), Some("c"));
    assert_eq!(apply(&mut handover, 2000, &[within("d", ended()), within("d", left("a"))]), []);
    assert_eq!(
        apply(&mut handover, 2000, &[within("d", message(Author::Human))]),
        [Step::Message(agent_message(Author::Human))]
    );
    handover.delivered(&Delivery { conversation_id: Some("d".into()), ..Delivery::default() }, START);
    assert_eq!(apply(&mut handover, 3000, &[within("c", ended())]), [], "the delivery names another conversation");
    assert_eq!(apply(&mut handover, 3000, &[within("d", ended())]), [Step::Ended(EndReason::Completed)]);
}

#[test]
fn handles_a_message_after_the_end_by_policy() {
    for (after_end, step) in [
        (AfterEnd::Deliver, Step::LateMessage(agent_message(Author::Human))),
        (AfterEnd::Hold, Step::HoldMessage(agent_message(Author::Human))),
        (AfterEnd::Reopen, Step::Reopen(agent_message(Author::Human))),
    ] {
        let mut handover = attended(Policy { after_end, ..Policy::default() });
        let _ = apply(&mut handover, 2000, &[at(2000, ended())]);
        for late in [at(2001, message(Author::Human)), untimed(message(Author::Human))] {
            assert_eq!(apply(&mut handover, 3000, &[late]), std::slice::from_ref(&step));
        }
        let before = apply(&mut handover, 3000, &[at(2000, message(Author::Human))]);
        assert_eq!(before, [Step::Message(agent_message(Author::Human))], "it was written before the end");
    }
}

#[test]
fn reopens_with_an_agent_and_a_conversation() {
    let policy = Policy {
        assignment_timeout: Some(Duration::from_millis(1_000)),
        user_inactivity: Some(Duration::from_millis(5_000)),
        ..polling()
    };
    let mut first = attended(policy.clone());
    assert_eq!(first.reopen(START + 500, policy.clone(), Some("c".into())).unwrap_err(), AlreadyInProgress);
    let _ = apply(&mut first, 2000, &[at(2000, ended())]);
    let mut second = first.reopen(START + 3_000, policy, Some("c".into())).expect("the first has ended");
    assert_eq!((second.number(), second.state(), second.conversation()), (2, State::Active, Some("c")));
    assert_eq!(second.tick(START + 4_100), [], "no assignment timeout runs");
    assert_eq!(second.next_deadline(), Some(START + 8_000), "the inactivity timeout runs");
    let before = at(2000, ended());
    assert_eq!(second.polled(std::slice::from_ref(&before), START + 3_500), [], "it is the end of the first handover");
    assert_eq!(second.clone().leave(LeaveReason::UserLeft, START + 4_000).len(), 2);
    let steps = second.polled(std::slice::from_ref(&before), START + 8_000);
    assert_eq!(steps, [Step::Ended(EndReason::Completed)], "the settle time has passed");
}

#[test]
fn only_a_human_message_reopens() {
    for author in [Author::Bot, Author::Unknown] {
        let mut handover = attended(Policy { after_end: AfterEnd::Reopen, ..Policy::default() });
        let _ = apply(&mut handover, 2000, &[at(2000, ended())]);
        let steps = apply(&mut handover, 3000, &[at(2001, message(author))]);
        assert_eq!(steps, [Step::LateMessage(agent_message(author))]);
    }
}

#[test]
fn reports_waiting_once() {
    let mut handover = begin(polling());
    let unknown = QueueState { position: None, estimated_wait_seconds: None };
    assert_eq!(handover.report_waiting(), Some(Step::Queued(unknown.clone())));
    assert_eq!(apply(&mut handover, 100, &[at(50, EventKind::Queued(unknown))]), []);
    assert_eq!(apply(&mut handover, 200, &[at(150, EventKind::Queued(position(4)))]), [Step::Queued(position(4))]);
}

#[test]
fn the_contact_center_knows_a_handover_after_a_possible_delivery() {
    let mut handover = begin(polling());
    assert!(handover.is_unknown_to_the_contact_center());
    let mut possibly_delivered = handover.clone();
    possibly_delivered.may_be_delivered();
    assert!(!possibly_delivered.is_unknown_to_the_contact_center());
    handover.delivered(&Delivery::default(), START);
    assert!(!handover.is_unknown_to_the_contact_center());
}

#[test]
fn always_reports_receipts() {
    let receipt = MessageReceipt { message_id: "m".into(), status: ReceiptStatus::Read, is_last: true };
    let event = AgentEvent { handover: Some(7), ..untimed(EventKind::Receipt(receipt.clone())) };
    let mut handover = begin(Policy::default());
    assert_eq!(apply(&mut handover, 100, std::slice::from_ref(&event)), [Step::Receipt(receipt.clone())]);
    let _ = handover.failed("no route", START);
    assert_eq!(apply(&mut handover, 200, &[event]), [Step::Receipt(receipt)]);
}

#[test]
fn carries_delivered_until_to_the_next_handover() {
    let mut handover = begin(Policy::default());
    assert_eq!(handover.delivered_until(), None);
    handover.transcript_delivered(START - 10);
    handover.transcript_delivered(START - 20);
    assert_eq!(handover.delivered_until(), Some(START - 10));
    handover.user_spoke(START + 100);
    let _ = apply(&mut handover, 300, &[at(200, message(Author::Human)), at(2000, message(Author::Human))]);
    assert_eq!(handover.delivered_until(), Some(START + 300), "it is never later than now");
    let _ = handover.leave(LeaveReason::UserLeft, START + 400);
    handover.user_spoke(START + 500);
    let next = Handover::begin(2, START + 600, Policy::default(), Some(&handover)).expect("the first has ended");
    assert_eq!(next.delivered_until(), Some(START + 300), "messages since then are undelivered");
}

#[test]
fn bounds_the_memory_of_agents() {
    let mut handover = attended(polling());
    for number in 0..1000_u64 {
        let id = number.to_string();
        let _ = apply(&mut handover, 2000 + number, &[at(2000 + number, left(&id))]);
    }
    assert!(serde_json::to_string(&handover).expect("it serializes").len() < 4096);
    assert_eq!(apply(&mut handover, 9000, &[at(9000, left("a"))]), [Step::AgentLeft(agent("a")), Step::Poll]);
}

#[test]
fn round_trips_through_json_in_every_state() {
    let mut handover = begin(Policy { unattended: Some(Duration::from_millis(5)), ..polling() });
    let events = [
        at(100, EventKind::Queued(QueueState { position: Some(1), estimated_wait_seconds: Some(60) })),
        at(1000, EventKind::AgentJoined(named("a", "Ann"))),
        at(2000, left("a")),
        at(3000, EventKind::Ended(EndReason::Error("no route".into()))),
    ];
    for event in events {
        let _ = handover.apply(&event, START + 3000);
        let stored = serde_json::to_string(&handover).expect("it serializes");
        assert_eq!(serde_json::from_str::<Handover>(&stored).expect("it deserializes"), handover);
    }
}

#[test]
fn a_reopen_does_not_advance_delivered_until() {
    let policy = Policy { after_end: AfterEnd::Reopen, ..polling() };
    let mut first = attended(policy.clone());
    first.transcript_delivered(START + 1_500);
    let _ = apply(&mut first, 2_000, &[at(2_000, ended())]);
    let mut second = first.reopen(START + 9_000, policy.clone(), Some("c".into())).expect("the first has ended");
    // The user's answer is delivered. The agent did not get what the bot and the user wrote from 2 000 to 9 000.
    second.transcript_delivered(START + 10_000);
    let _ = apply(&mut second, 11_000, &[at(11_000, message(Author::Human))]);
    let _ = second.leave(LeaveReason::UserLeft, START + 12_000);
    let third = Handover::begin(3, START + 20_000, policy, Some(&second)).expect("the second has ended");
    assert_eq!(third.delivered_until(), Some(START + 1_500));
}

#[test]
fn a_message_before_the_first_delivery_does_not_advance_delivered_until() {
    let mut second = second_handover(Policy::default());
    let _ = apply(&mut second, 70_000, &[at(70_000, message(Author::Human))]);
    assert_eq!(second.delivered_until(), None);
    second.delivered(&Delivery::default(), START + 80_000);
    let _ = apply(&mut second, 90_000, &[at(90_000, message(Author::Human))]);
    assert_eq!(second.delivered_until(), Some(START + 90_000));
}

#[test]
fn an_agent_found_by_a_poll_leaves_after_the_clock_steps_back() {
    const HOUR: u64 = 3_600_000;
    let mut handover = begin(polling());
    // Our clock is an hour ahead: we poll at 1 h 5 s by our clock, which is 5 s by the contact center's.
    let found = handover.polled(&[untimed(joined("a"))], START + HOUR + 5_000);
    assert_eq!(found, [Step::AgentJoined(agent("a"))]);
    handover.step_back(HOUR, START + 6_000);
    assert_eq!(apply(&mut handover, 7_000, &[at(7_000, left("a"))]), [Step::AgentLeft(agent("a")), Step::Poll]);
    assert_eq!(apply(&mut handover, 8_000, &[at(8_000, EventKind::Queued(position(1)))]), [Step::Queued(position(1))]);
    assert_eq!(apply(&mut handover, 9_000, &[at(9_000, joined("a"))]), [Step::AgentJoined(agent("a"))]);
    // The same holds if a poll reports that the agent left.
    let mut polled = begin(polling());
    let _ = polled.polled(&[untimed(joined("a"))], START + HOUR + 5_000);
    polled.step_back(HOUR, START + 6_000);
    assert_eq!(polled.polled(&[], START + 7_000), [Step::AgentLeft(agent("a"))]);
}

#[test]
fn a_fast_clock_does_not_hide_the_end_of_the_second_handover() {
    const AHEAD: u64 = 290_000;
    // Event times are by the contact center's clock; ours is ahead.
    let mut first = begin(Policy::default());
    assert_eq!(first.apply(&at(0, joined("a")), START + AHEAD + 300), [Step::AgentJoined(agent("a"))]);
    let _ = first.apply(&at(1_000, ended()), START + AHEAD + 1_300);
    let start = START + AHEAD + 2_000;
    let mut second = Handover::begin(2, start, Policy::default(), Some(&first)).expect("the first has ended");
    assert_eq!(second.apply(&at(10_000, ended()), START + AHEAD + 10_300), [Step::Ended(EndReason::Completed)]);
}

fn outcome(code: &str) -> EventKind {
    EventKind::Outcome(HandoverOutcome {
        code: Some(code.into()),
        name: None,
        notes: None,
        tags: vec![],
        summary: None,
        conversation_seconds: None,
        after_call_work_seconds: None,
    })
}

#[test]
fn reports_outcomes_only_after_the_end() {
    let mut handover = Handover::begin(1, START, Policy::default(), None).expect("the first");
    assert_eq!(handover.apply(&at(1, joined("a")), START + 1).len(), 1);
    assert_eq!(handover.apply(&at(2, outcome("transferred")), START + 2), []);
    assert_eq!(handover.apply(&at(3, ended()), START + 3), [Step::Ended(EndReason::Completed)]);
    let EventKind::Outcome(solved) = outcome("solved") else { unreachable!() };
    assert_eq!(handover.apply(&at(4, outcome("solved")), START + 4), [Step::Outcome(solved.clone())]);

    let mut polled = Handover::begin(1, START, Policy::default(), None).expect("the first");
    let events = [at(1, joined("a")), at(3, left("a")), at(3, outcome("solved")), at(3, ended())];
    assert_eq!(
        polled.polled(&events, START + 4),
        [Step::Ended(EndReason::Completed), Step::Outcome(solved.clone())],
        "a poll may show the end and the outcome at once"
    );
    assert_eq!(polled.polled(&events, START + 5), [Step::Outcome(solved)]);
}
