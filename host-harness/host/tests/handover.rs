//! The rules of a handover's state, one by one.

#![allow(clippy::expect_used, reason = "a test says what it expects and fails by panicking")]

use handover_host::contract::{
    Agent, AgentEvent, AgentMessage, Author, Delivery, EndReason, EventKind, LeaveReason, MessageReceipt, QueueState,
    ReceiptStatus, Timestamp,
};
use handover_host::handover::{AfterEnd, AlreadyInProgress, Handover, Policy, State, Step};

const BEGUN: Timestamp = 1_000_000;

fn agent(id: &str) -> Agent {
    Agent { id: Some(id.into()), name: None, picture: None }
}

fn named(id: &str, name: &str) -> Agent {
    Agent { name: Some(name.into()), ..agent(id) }
}

fn somebody() -> Agent {
    Agent { id: None, name: None, picture: None }
}

/// An event of this many milliseconds after the beginning.
fn at(after: u64, kind: EventKind) -> AgentEvent {
    AgentEvent { time: Some(BEGUN + after), ..timeless(kind) }
}

fn timeless(kind: EventKind) -> AgentEvent {
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

fn place(position: u32) -> QueueState {
    QueueState { position: Some(position), estimated_wait_seconds: None }
}

fn words(author: Author) -> AgentMessage {
    AgentMessage { id: "m".into(), author, agent: None, text: None, content: vec![], plain_text: "hello".into() }
}

fn message(author: Author) -> EventKind {
    EventKind::Message(words(author))
}

fn begin(policy: Policy) -> Handover {
    Handover::begin(1, BEGUN, policy, None).expect("nothing is in progress")
}

fn observing() -> Policy {
    Policy { observes: true, ..Policy::default() }
}

/// Takes the events in as if each came at its time, or late by `now`.
fn tell(handover: &mut Handover, now: u64, events: &[AgentEvent]) -> Vec<Step> {
    events.iter().flat_map(|event| handover.apply(event, BEGUN + now)).collect()
}

/// A handover with an agent, of the id `a`, who came at 1000.
fn attended(policy: Policy) -> Handover {
    let mut handover = begin(policy);
    assert_eq!(tell(&mut handover, 1000, &[at(1000, joined("a"))]), [Step::AgentJoined(agent("a"))]);
    handover
}

/// The second handover, which begins when the first has ended, 10 s before.
fn reopened(policy: Policy) -> Handover {
    let mut first = begin(policy.clone());
    let _ = first.apply(&AgentEvent { time: Some(BEGUN - 10_000), ..timeless(ended()) }, BEGUN - 10_000);
    Handover::begin(first.next_number(), BEGUN, policy, Some(&first)).expect("the first has ended")
}

#[test]
fn a_handover_is_queued_then_active_then_over() {
    let mut handover = begin(Policy::default());
    assert_eq!(handover.state(), State::Queued);
    assert_eq!(tell(&mut handover, 500, &[at(500, EventKind::Queued(place(2)))]), [Step::Queued(place(2))]);
    assert_eq!(tell(&mut handover, 1000, &[at(1000, joined("a"))]), [Step::AgentJoined(agent("a"))]);
    assert_eq!(handover.state(), State::Active);
    assert_eq!(tell(&mut handover, 2000, &[at(2000, EventKind::Typing(300))]), [Step::Typing(300)]);
    assert_eq!(tell(&mut handover, 3000, &[at(3000, ended())]), [Step::Ended(EndReason::Completed)]);
    assert_eq!(handover.state(), State::Ended(&EndReason::Completed));
    assert_eq!(tell(&mut handover, 3000, &[timeless(EventKind::Ignored("nothing".into()))]), []);
}

#[test]
fn one_handover_is_open_at_a_time() {
    let mut first = begin(Policy::default());
    assert_eq!(Handover::begin(2, BEGUN, Policy::default(), Some(&first)).unwrap_err(), AlreadyInProgress);
    let _ = first.leave(LeaveReason::UserLeft, BEGUN);
    let second = Handover::begin(first.next_number(), BEGUN, Policy::default(), Some(&first)).expect("it has ended");
    assert_eq!((second.number(), second.state()), (2, State::Queued));
}

#[test]
fn a_place_in_the_queue_is_told_when_it_is_news() {
    let mut handover = begin(Policy::default());
    let third = at(100, EventKind::Queued(place(3)));
    assert_eq!(tell(&mut handover, 100, &[third.clone(), third.clone()]), [Step::Queued(place(3))]);
    assert_eq!(tell(&mut handover, 200, &[at(200, EventKind::Queued(place(2)))]), [Step::Queued(place(2))]);
    assert_eq!(tell(&mut handover, 300, &[third]), [], "it is older than what was told");
    let _ = tell(&mut handover, 1000, &[at(1000, joined("a"))]);
    assert_eq!(tell(&mut handover, 1100, &[at(400, EventKind::Queued(place(1)))]), [], "somebody is there");
}

#[test]
fn a_message_that_is_not_by_a_bot_makes_it_active() {
    for (author, state) in
        [(Author::Bot, State::Queued), (Author::Unknown, State::Active), (Author::Human, State::Active)]
    {
        let mut handover = begin(Policy::default());
        assert_eq!(tell(&mut handover, 100, &[at(100, message(author))]), [Step::Message(words(author))]);
        assert_eq!(handover.state(), state, "{author:?}");
    }
}

#[test]
fn an_agent_comes_once_for_each_stay() {
    let mut handover = attended(Policy::default());
    assert_eq!(tell(&mut handover, 1500, &[at(1000, joined("a")), timeless(joined("a"))]), []);
    let steps = tell(&mut handover, 3000, &[at(2000, left("a")), at(3000, joined("a"))]);
    assert_eq!(steps, [Step::AgentLeft(agent("a")), Step::AgentJoined(agent("a"))]);
}

#[test]
fn of_two_facts_about_an_agent_the_later_holds_in_any_order() {
    let mut handover = attended(Policy::default());
    assert_eq!(tell(&mut handover, 5000, &[at(4000, joined("a"))]), []);
    assert_eq!(tell(&mut handover, 5000, &[at(3000, left("a"))]), [], "they came back since");
    assert_eq!(
        tell(&mut handover, 5000, &[at(4000, left("a"))]),
        [Step::AgentLeft(agent("a"))],
        "leaving beats coming"
    );
    assert_eq!(tell(&mut handover, 5000, &[at(4000, joined("a"))]), []);
    assert_eq!(
        tell(&mut handover, 5000, &[at(9000, left("a")), at(5001, joined("a"))]),
        [],
        "nothing is later than now"
    );
    assert_eq!(tell(&mut handover, 6000, &[at(6000, joined("a"))]), [Step::AgentJoined(agent("a"))]);
}

#[test]
fn a_name_that_is_learnt_later_belongs_to_who_came_without() {
    let mut handover = begin(observing());
    let steps = tell(&mut handover, 1000, &[at(1000, EventKind::AgentJoined(somebody()))]);
    assert_eq!(steps, [Step::AgentJoined(somebody()), Step::Observe]);
    let ann = named("a", "Ann");
    let seen = [at(1000, EventKind::AgentJoined(ann.clone()))];
    assert_eq!(handover.observed(&seen, BEGUN + 1200), [Step::AgentNamed(ann.clone())]);
    assert_eq!(tell(&mut handover, 1300, &[timeless(EventKind::AgentJoined(somebody()))]), [], "it may be Ann");
    assert_eq!(tell(&mut handover, 1300, &[at(1250, joined("a"))]), []);
    assert_eq!(tell(&mut handover, 2000, &[at(2000, left("a"))]), [Step::AgentLeft(ann), Step::Observe]);
}

#[test]
fn who_left_without_a_name_is_asked_for_or_follows() {
    let mut handover = attended(observing());
    let gone = at(2000, EventKind::AgentLeft(somebody()));
    assert_eq!(tell(&mut handover, 2000, std::slice::from_ref(&gone)), [Step::Observe]);
    assert_eq!(handover.observed(&[], BEGUN + 2100), [Step::AgentLeft(agent("a"))]);
    // Where nobody can be asked, it is the one who was there; of two it is nobody.
    let mut handover = attended(Policy::default());
    let _ = tell(&mut handover, 1500, &[at(1500, joined("b")), gone]);
    assert_eq!(tell(&mut handover, 2500, &[at(2500, left("b"))]), [Step::AgentLeft(agent("b"))]);
    let gone = at(3000, EventKind::AgentLeft(somebody()));
    assert_eq!(tell(&mut handover, 3000, &[gone]), [Step::AgentLeft(agent("a"))]);
}

#[test]
fn that_agents_leave_is_no_end_but_a_reason_to_ask() {
    let mut handover = attended(observing());
    let _ = tell(&mut handover, 1500, &[at(1500, joined("b"))]);
    assert_eq!(tell(&mut handover, 2000, &[at(2000, left("a"))]), [Step::AgentLeft(agent("a"))]);
    assert_eq!(tell(&mut handover, 3000, &[at(3000, left("b"))]), [Step::AgentLeft(agent("b")), Step::Observe]);
    assert_eq!((handover.state(), handover.next_deadline()), (State::Active, None));
    assert_eq!(tell(&mut handover, 4000, &[at(4000, left("c"))]), [Step::Observe], "they may have come unnoticed");
}

#[test]
fn with_a_grace_nobody_there_completes_it() {
    let mut handover = attended(Policy { unattended: Some(60_000), ..observing() });
    let _ = tell(&mut handover, 2000, &[at(1900, left("a"))]);
    assert_eq!(handover.next_deadline(), Some(BEGUN + 62_000), "from when it is known");
    assert_eq!(handover.tick(BEGUN + 61_999), []);
    let mut returned = handover.clone();
    let _ = tell(&mut returned, 30_000, &[at(30_000, joined("b"))]);
    assert_eq!(returned.next_deadline(), None);
    let mut written = handover.clone();
    let _ = tell(&mut written, 30_000, &[at(1800, message(Author::Human))]);
    assert!(written.next_deadline().is_some(), "a last word of who left");
    let _ = tell(&mut written, 30_000, &[at(30_000, message(Author::Human))]);
    assert_eq!(written.next_deadline(), None);
    assert_eq!(handover.tick(BEGUN + 62_000), [Step::Ended(EndReason::Completed)]);
    assert_eq!(handover.tick(BEGUN + 99_000), []);
}

#[test]
fn between_two_agents_nothing_runs_out() {
    let policy = Policy { unattended: Some(1), user_inactivity: Some(1), ..observing() };
    let transfer = [at(2000, transferred("a")), at(2001, left("a"))];
    for order in [[0, 1], [1, 0]] {
        let mut handover = attended(policy.clone());
        for index in order {
            let _ = tell(&mut handover, 2100, &transfer[index..=index]);
        }
        assert_eq!((handover.state(), handover.next_deadline()), (State::Active, None), "{order:?}");
        assert_eq!(handover.tick(BEGUN + 1_000_000), []);
        assert_eq!(handover.observed(&[], BEGUN + 1_000_000), []);
        assert_eq!(handover.next_deadline(), None, "{order:?}");
    }
}

#[test]
fn a_transfer_is_told_once_and_ends_with_the_next_agent() {
    let mut handover = attended(observing());
    assert_eq!(tell(&mut handover, 2000, &[at(2000, transferred("a"))]), [Step::Transferred(agent("a"))]);
    assert_eq!(tell(&mut handover, 2100, &[at(2010, transferred("a")), timeless(left("a"))]), []);
    assert_eq!(tell(&mut handover, 3000, &[at(3000, joined("b"))]), [Step::AgentJoined(agent("b"))]);
    assert_eq!(tell(&mut handover, 3100, &[at(2005, transferred("a")), timeless(transferred("a"))]), []);
    assert_eq!(tell(&mut handover, 4000, &[at(4000, left("b"))]), [Step::AgentLeft(agent("b")), Step::Observe]);
}

#[test]
fn a_transfer_by_nobody_knows_whom_is_one_too() {
    let mut handover = attended(Policy { unattended: Some(1), ..observing() });
    let steps = tell(&mut handover, 2000, &[at(2000, EventKind::Transferred(somebody()))]);
    assert_eq!(steps, [Step::Transferred(somebody()), Step::Observe]);
    assert_eq!(tell(&mut handover, 2100, &[at(2001, left("a"))]), [Step::AgentLeft(agent("a"))]);
    assert_eq!(handover.next_deadline(), None);
}

#[test]
fn a_message_does_not_show_that_a_transfer_is_through() {
    let mut handover = attended(Policy { unattended: Some(1), ..observing() });
    let _ = tell(&mut handover, 2000, &[at(1500, joined("b")), at(2000, transferred("a"))]);
    let _ = tell(&mut handover, 3000, &[at(3000, message(Author::Human)), at(3000, left("b"))]);
    assert_eq!(handover.next_deadline(), None);
}

#[test]
fn a_transfer_by_one_who_seems_to_be_back_is_a_question() {
    let mut handover = attended(observing());
    let _ = tell(&mut handover, 3000, &[timeless(joined("a"))]);
    assert_eq!(tell(&mut handover, 3100, &[at(2000, transferred("a"))]), [Step::Observe]);
}

#[test]
fn who_comes_without_a_name_before_somebody_left_may_be_them() {
    let mut handover = attended(observing());
    let _ = tell(&mut handover, 2000, &[at(2000, left("a"))]);
    assert_eq!(tell(&mut handover, 2100, &[at(1000, EventKind::AgentJoined(somebody()))]), []);
    let seen = [at(2200, EventKind::AgentJoined(somebody()))];
    assert_eq!(handover.observed(&seen, BEGUN + 2300), [Step::AgentJoined(somebody())], "it has been asked");
}

#[test]
fn a_transfer_to_the_queue_is_queued_when_the_queue_is_told() {
    let mut handover = begin(Policy { assignment_timeout: Some(10_000), ..observing() });
    let _ = tell(&mut handover, 100, &[at(100, EventKind::Queued(place(1))), at(1000, joined("a"))]);
    let _ = tell(&mut handover, 2000, &[at(2000, transferred("a"))]);
    assert_eq!(tell(&mut handover, 2100, &[at(900, EventKind::Queued(place(1)))]), [], "of the first wait");
    assert_eq!(handover.state(), State::Active);
    assert_eq!(tell(&mut handover, 2200, &[at(2150, EventKind::Queued(place(1)))]), [Step::Queued(place(1))]);
    assert_eq!((handover.state(), handover.next_deadline()), (State::Queued, Some(BEGUN + 12_200)));
    let _ = tell(&mut handover, 2300, &[at(1990, message(Author::Human))]);
    assert_eq!(handover.state(), State::Queued, "the last word of who handed on");
    assert_eq!(tell(&mut handover, 3000, &[at(3000, joined("b"))]), [Step::AgentJoined(agent("b"))]);
    assert_eq!(handover.state(), State::Active);
}

#[test]
fn the_first_end_counts_and_nothing_goes_back() {
    let mut handover = attended(observing());
    let _ = tell(&mut handover, 2000, &[at(2000, EventKind::Ended(EndReason::Expired))]);
    let late = [at(2500, ended()), at(3000, joined("b")), at(3000, transferred("a")), at(3000, EventKind::Typing(5))];
    assert_eq!(tell(&mut handover, 3000, &late), []);
    assert_eq!(handover.observed(&[at(1000, joined("a"))], BEGUN + 4000), []);
    assert_eq!(handover.leave(LeaveReason::UserLeft, BEGUN + 4000), []);
    assert_eq!(handover.failed("no route", BEGUN + 4000), []);
    assert_eq!((handover.state(), handover.next_deadline()), (State::Ended(&EndReason::Expired), None));
}

#[test]
fn the_users_side_leaves_and_the_host_gives_up() {
    for (reason, end) in [
        (LeaveReason::UserLeft, EndReason::Cancelled),
        (LeaveReason::Withdrawn, EndReason::Cancelled),
        (LeaveReason::UserInactive, EndReason::Expired),
    ] {
        assert_eq!(begin(Policy::default()).leave(reason, BEGUN), [Step::Leave(reason), Step::Ended(end)]);
    }
    let steps = begin(Policy::default()).failed("no route", BEGUN);
    assert_eq!(steps, [Step::Ended(EndReason::Error("no route".into()))]);
}

#[test]
fn who_waits_too_long_is_taken_back() {
    let mut handover = begin(Policy { assignment_timeout: Some(5000), ..Policy::default() });
    handover.user_spoke(BEGUN + 4000);
    assert_eq!(handover.next_deadline(), Some(BEGUN + 5000));
    let steps = handover.tick(BEGUN + 5000);
    assert_eq!(steps, [Step::Leave(LeaveReason::Withdrawn), Step::Ended(EndReason::Expired)]);
}

#[test]
fn who_says_nothing_for_too_long_is_taken_back() {
    let mut handover = begin(Policy { user_inactivity: Some(5000), ..Policy::default() });
    assert_eq!(handover.next_deadline(), None, "who waits need not speak");
    let _ = tell(&mut handover, 1000, &[at(1000, joined("a"))]);
    assert_eq!(handover.next_deadline(), Some(BEGUN + 6000));
    let _ = tell(&mut handover, 3000, &[at(3000, message(Author::Human))]);
    assert_eq!(handover.next_deadline(), Some(BEGUN + 8000));
    handover.user_spoke(BEGUN + 4000);
    assert_eq!(handover.next_deadline(), Some(BEGUN + 9000));
    let steps = handover.tick(BEGUN + 9000);
    assert_eq!(steps, [Step::Leave(LeaveReason::UserInactive), Step::Ended(EndReason::Expired)]);
}

#[test]
fn an_observation_outweighs_what_was_pushed_before() {
    let mut handover = attended(observing());
    let there = [at(1500, joined("b"))];
    let steps = handover.observed(&there, BEGUN + 3000);
    assert_eq!(steps, [Step::AgentJoined(agent("b")), Step::AgentLeft(agent("a"))]);
    // What it contradicts is old; or a clock is slow, so it is worth another look.
    assert_eq!(tell(&mut handover, 3100, &[at(2900, joined("a"))]), [Step::Observe]);
    assert_eq!(tell(&mut handover, 99_000, &[at(1400, left("a")), at(1500, joined("b"))]), []);
    assert_eq!(handover.observed(&there, BEGUN + 3200), []);
    let older = [at(1000, joined("a"))];
    assert_eq!(handover.observed(&older, BEGUN + 2900), [], "a later one has answered already");
}

#[test]
fn what_came_while_the_answer_was_under_way_is_newer() {
    let mut handover = attended(observing());
    let _ = tell(&mut handover, 3000, &[at(2500, left("a")), at(2600, joined("b"))]);
    assert_eq!(handover.observed(&[at(1000, joined("a"))], BEGUN + 2000), []);
    assert_eq!(tell(&mut handover, 4000, &[at(4000, left("b"))]), [Step::AgentLeft(agent("b")), Step::Observe]);
}

#[test]
fn an_observation_shows_ends_transfers_and_the_queue() {
    let mut handover = attended(observing());
    let steps = handover.observed(&[at(1000, joined("a")), at(2000, transferred("a"))], BEGUN + 2500);
    assert_eq!(steps, [Step::AgentLeft(agent("a")), Step::Transferred(agent("a"))]);
    let steps = handover.observed(&[at(2000, transferred("a")), timeless(EventKind::Queued(place(4)))], BEGUN + 2600);
    assert_eq!((steps.as_slice(), handover.state()), (&[Step::Queued(place(4))][..], State::Queued));
    let steps = handover.observed(&[at(3000, EventKind::Ended(EndReason::Cancelled))], BEGUN + 3500);
    assert_eq!(steps, [Step::Ended(EndReason::Cancelled)]);
}

#[test]
fn a_late_end_of_the_previous_handover_is_a_question() {
    let mut handover = reopened(observing());
    let late = AgentEvent { time: Some(BEGUN - 10_000), ..timeless(ended()) };
    assert_eq!(tell(&mut handover, 100, &[late.clone(), timeless(ended())]), [const { Step::Observe }; 2]);
    assert_eq!(tell(&mut handover.clone(), 60_000, &[at(60_000, ended())]), [Step::Observe]);
    assert_eq!(
        handover.observed(std::slice::from_ref(&late), BEGUN + 200),
        [],
        "the conversation is not open again yet"
    );
    assert_eq!(tell(&mut handover, 300, &[AgentEvent { time: Some(BEGUN - 60_001), ..late }]), []);
    assert_eq!(tell(&mut handover, 300, &[AgentEvent { handover: Some(1), ..timeless(ended()) }]), []);
    for certain in [AgentEvent { handover: Some(2), ..timeless(ended()) }, at(60_001, ended())] {
        assert_eq!(tell(&mut handover.clone(), 70_000, &[certain]), [Step::Ended(EndReason::Completed)]);
    }
    handover.delivered(&Delivery { message_id: None, conversation_id: None }, BEGUN + 300);
    assert_eq!(handover.observed(&[at(50, ended())], BEGUN + 400), [], "a poll may show how it was a moment ago");
    assert_eq!(handover.observed(&[at(50, ended())], BEGUN + 5_300), [Step::Ended(EndReason::Completed)]);
}

/// Times of the contact center's clock, by how much it is ahead of ours in milliseconds.
fn apart(ahead: i64, after: u64, kind: EventKind) -> AgentEvent {
    AgentEvent { time: Some((BEGUN + 3_600_000 + after).saturating_add_signed(ahead)), ..timeless(kind) }
}

/// The first handover ended by an event of the contact center; the second has begun and was accepted.
fn second_of_clocks_apart(ahead: i64) -> Handover {
    let now = BEGUN + 3_600_000;
    let mut first = Handover::begin(1, now - 100_000, observing(), None).expect("the first");
    assert_eq!(first.apply(&apart(ahead, 0, ended()), now + 50), [Step::Ended(EndReason::Completed)]);
    let mut second = Handover::begin(2, now + 1_000, observing(), Some(&first)).expect("the first has ended");
    second.delivered(&Delivery { message_id: None, conversation_id: None }, now + 2_000);
    second
}

#[test]
fn polling_ends_a_second_handover_that_ends_at_once_however_far_the_clocks_are_apart() {
    let now = BEGUN + 3_600_000;
    for ahead in [-600_000, -60_000, -2_000, -1_000, 0, 1_000, 2_000, 60_000, 600_000] {
        let mut second = second_of_clocks_apart(ahead);
        let end = apart(ahead, 2_500, ended());
        let steps = second.observed(std::slice::from_ref(&end), now + 7_500);
        assert_eq!(steps, [Step::Ended(EndReason::Completed)], "{ahead} ms");
    }
}

#[test]
fn the_end_of_the_first_handover_never_ends_the_second_however_far_the_clocks_are_apart() {
    let now = BEGUN + 3_600_000;
    for ahead in [-600_000, -60_000, -2_000, -1_000, 0, 1_000, 2_000, 60_000, 600_000] {
        let mut second = second_of_clocks_apart(ahead);
        for after in [1_100, 2_100, 30_000] {
            let repeated = AgentEvent { id: "again".into(), ..apart(ahead, 0, ended()) };
            let steps = second.apply(&repeated, now + after);
            assert!(steps.iter().all(|step| *step == Step::Observe), "{ahead} ms: {steps:?}");
        }
        let mut early = second_of_clocks_apart(ahead);
        assert_eq!(early.observed(&[apart(ahead, 0, ended())], now + 2_100), [], "{ahead} ms: not open again yet");
    }
}

#[test]
fn where_nobody_can_be_asked_a_doubtful_end_is_taken() {
    let steps = tell(&mut reopened(Policy::default()), 100, &[timeless(ended())]);
    assert_eq!(steps, [Step::Ended(EndReason::Completed)]);
}

#[test]
fn a_late_message_of_the_previous_handover_is_shown_and_no_more() {
    let mut handover = reopened(observing());
    let late = AgentEvent { time: Some(BEGUN - 11_000), ..timeless(message(Author::Human)) };
    assert_eq!(tell(&mut handover, 100, &[late]), [Step::Message(words(Author::Human))]);
    assert_eq!(handover.state(), State::Queued);
}

#[test]
fn events_of_another_conversation_are_not_ours_but_messages_are_shown() {
    let of = |conversation: &str, kind| AgentEvent { conversation_id: Some(conversation.into()), ..timeless(kind) };
    let mut handover = attended(observing());
    let _ = tell(&mut handover, 1000, &[of("c", EventKind::Typing(5))]);
    assert_eq!(handover.conversation(), Some("c"));
    assert_eq!(tell(&mut handover, 2000, &[of("d", ended()), of("d", left("a"))]), []);
    assert_eq!(tell(&mut handover, 2000, &[of("d", message(Author::Human))]), [Step::Message(words(Author::Human))]);
    handover.delivered(&Delivery { message_id: None, conversation_id: Some("d".into()) }, BEGUN);
    assert_eq!(tell(&mut handover, 3000, &[of("c", ended())]), [], "a delivery knows better");
    assert_eq!(tell(&mut handover, 3000, &[of("d", ended())]), [Step::Ended(EndReason::Completed)]);
}

#[test]
fn a_message_after_the_end_is_never_lost() {
    for (after_end, step) in [
        (AfterEnd::Deliver, Step::LateMessage(words(Author::Human))),
        (AfterEnd::Hold, Step::HoldMessage(words(Author::Human))),
        (AfterEnd::Reopen, Step::Reopen(words(Author::Human))),
    ] {
        let mut handover = attended(Policy { after_end, ..Policy::default() });
        let _ = tell(&mut handover, 2000, &[at(2000, ended())]);
        for late in [at(2001, message(Author::Human)), timeless(message(Author::Human))] {
            assert_eq!(tell(&mut handover, 3000, &[late]), std::slice::from_ref(&step));
        }
        let before = tell(&mut handover, 3000, &[at(2000, message(Author::Human))]);
        assert_eq!(before, [Step::Message(words(Author::Human))], "it was said before the end");
    }
}

#[test]
fn a_handover_that_an_agent_begins_has_an_agent_and_a_conversation() {
    let policy = Policy { assignment_timeout: Some(1_000), user_inactivity: Some(5_000), ..observing() };
    let mut first = attended(policy.clone());
    assert_eq!(first.reopen(BEGUN + 500, policy.clone(), Some("c".into())).unwrap_err(), AlreadyInProgress);
    let _ = tell(&mut first, 2000, &[at(2000, ended())]);
    let mut second = first.reopen(BEGUN + 3_000, policy, Some("c".into())).expect("the first has ended");
    assert_eq!((second.number(), second.state(), second.conversation()), (2, State::Active, Some("c")));
    assert_eq!(second.tick(BEGUN + 4_100), [], "nobody waits in a queue");
    assert_eq!(second.next_deadline(), Some(BEGUN + 8_000), "it is the user's turn");
    let before = at(2000, ended());
    assert_eq!(second.observed(std::slice::from_ref(&before), BEGUN + 3_500), [], "that was the first one's end");
    assert_eq!(second.clone().leave(LeaveReason::UserLeft, BEGUN + 4_000).len(), 2);
    let gone = second.observed(std::slice::from_ref(&before), BEGUN + 8_000);
    assert_eq!(gone, [Step::Ended(EndReason::Completed)], "nobody has come back");
}

#[test]
fn only_a_person_reopens() {
    for author in [Author::Bot, Author::Unknown] {
        let mut handover = attended(Policy { after_end: AfterEnd::Reopen, ..Policy::default() });
        let _ = tell(&mut handover, 2000, &[at(2000, ended())]);
        let steps = tell(&mut handover, 3000, &[at(2001, message(author))]);
        assert_eq!(steps, [Step::LateMessage(words(author))]);
    }
}

#[test]
fn a_handover_begins_by_waiting_and_says_so_once() {
    let mut handover = begin(observing());
    let unknown = QueueState { position: None, estimated_wait_seconds: None };
    assert_eq!(handover.report_waiting(), Some(Step::Queued(unknown.clone())));
    assert_eq!(tell(&mut handover, 100, &[at(50, EventKind::Queued(unknown))]), []);
    assert_eq!(tell(&mut handover, 200, &[at(150, EventKind::Queued(place(4)))]), [Step::Queued(place(4))]);
}

#[test]
fn the_contact_center_knows_a_handover_once_a_request_arrived_or_may_have() {
    let mut handover = begin(observing());
    assert!(handover.is_unknown_to_the_contact_center());
    let mut perhaps = handover.clone();
    perhaps.may_be_delivered();
    assert!(!perhaps.is_unknown_to_the_contact_center());
    handover.delivered(&Delivery { message_id: None, conversation_id: None }, BEGUN);
    assert!(!handover.is_unknown_to_the_contact_center());
}

#[test]
fn receipts_always_pass() {
    let receipt = MessageReceipt { message_id: "m".into(), status: ReceiptStatus::Read, final_: true };
    let event = AgentEvent { handover: Some(7), ..timeless(EventKind::Receipt(receipt.clone())) };
    let mut handover = begin(Policy::default());
    assert_eq!(tell(&mut handover, 100, std::slice::from_ref(&event)), [Step::Receipt(receipt.clone())]);
    let _ = handover.failed("no route", BEGUN);
    assert_eq!(tell(&mut handover, 200, &[event]), [Step::Receipt(receipt)]);
}

#[test]
fn what_the_agents_were_told_is_remembered_for_the_next_handover() {
    let mut handover = begin(Policy::default());
    assert_eq!(handover.delivered_until(), None);
    handover.transcript_delivered(BEGUN - 10);
    handover.transcript_delivered(BEGUN - 20);
    assert_eq!(handover.delivered_until(), Some(BEGUN - 10));
    handover.user_spoke(BEGUN + 100);
    let _ = tell(&mut handover, 300, &[at(200, message(Author::Human)), at(2000, message(Author::Human))]);
    assert_eq!(handover.delivered_until(), Some(BEGUN + 300), "never later than now");
    let _ = handover.leave(LeaveReason::UserLeft, BEGUN + 400);
    handover.user_spoke(BEGUN + 500);
    let next = Handover::begin(2, BEGUN + 600, Policy::default(), Some(&handover)).expect("the first has ended");
    assert_eq!(next.delivered_until(), Some(BEGUN + 300), "the bot spoke since");
}

#[test]
fn what_is_remembered_of_agents_is_bounded() {
    let mut handover = attended(observing());
    for number in 0..1000_u64 {
        let who = number.to_string();
        let _ = tell(&mut handover, 2000 + number, &[at(2000 + number, left(&who))]);
    }
    assert!(serde_json::to_string(&handover).expect("it is written").len() < 4096);
    assert_eq!(tell(&mut handover, 9000, &[at(9000, left("a"))]), [Step::AgentLeft(agent("a")), Step::Observe]);
}

#[test]
fn it_is_stored_and_read_back_in_every_state() {
    let mut handover = begin(Policy { unattended: Some(5), ..observing() });
    let events = [
        at(100, EventKind::Queued(QueueState { position: Some(1), estimated_wait_seconds: Some(60) })),
        at(1000, EventKind::AgentJoined(named("a", "Ann"))),
        at(2000, left("a")),
        at(3000, EventKind::Ended(EndReason::Error("no route".into()))),
    ];
    for event in events {
        let _ = handover.apply(&event, BEGUN + 3000);
        let stored = serde_json::to_string(&handover).expect("it is written");
        assert_eq!(serde_json::from_str::<Handover>(&stored).expect("it is read"), handover);
    }
}

#[test]
fn what_was_said_before_an_agent_reopened_is_in_the_next_transcript() {
    let policy = Policy { after_end: AfterEnd::Reopen, ..observing() };
    let mut first = attended(policy.clone());
    first.transcript_delivered(BEGUN + 1_500);
    let _ = tell(&mut first, 2_000, &[at(2_000, ended())]);
    let mut second = first.reopen(BEGUN + 9_000, policy.clone(), Some("c".into())).expect("the first has ended");
    // The user's answer arrives; the agent has not been told what the bot and the user said from 2 000 to 9 000.
    second.transcript_delivered(BEGUN + 10_000);
    let _ = tell(&mut second, 11_000, &[at(11_000, message(Author::Human))]);
    let _ = second.leave(LeaveReason::UserLeft, BEGUN + 12_000);
    let third = Handover::begin(3, BEGUN + 20_000, policy, Some(&second)).expect("the second has ended");
    assert_eq!(third.delivered_until(), Some(BEGUN + 1_500));
}

#[test]
fn a_late_message_before_our_start_has_arrived_is_no_sign_that_agents_know_the_transcript() {
    let mut second = reopened(Policy::default());
    let _ = tell(&mut second, 70_000, &[at(70_000, message(Author::Human))]);
    assert_eq!(second.delivered_until(), None);
    second.delivered(&Delivery { message_id: None, conversation_id: None }, BEGUN + 80_000);
    let _ = tell(&mut second, 90_000, &[at(90_000, message(Author::Human))]);
    assert_eq!(second.delivered_until(), Some(BEGUN + 90_000));
}

#[test]
fn an_agent_whom_a_poll_found_before_the_clock_went_back_still_leaves() {
    const HOUR: u64 = 3_600_000;
    let mut handover = begin(observing());
    // Our clock is an hour ahead: the poll is asked at an hour, by the contact center's clock at 5 s.
    let found = handover.observed(&[timeless(joined("a"))], BEGUN + HOUR + 5_000);
    assert_eq!(found, [Step::AgentJoined(agent("a"))]);
    handover.step_back(HOUR, BEGUN + 6_000);
    assert_eq!(tell(&mut handover, 7_000, &[at(7_000, left("a"))]), [Step::AgentLeft(agent("a")), Step::Observe]);
    assert_eq!(tell(&mut handover, 8_000, &[at(8_000, EventKind::Queued(place(1)))]), [Step::Queued(place(1))]);
    assert_eq!(tell(&mut handover, 9_000, &[at(9_000, joined("a"))]), [Step::AgentJoined(agent("a"))]);
    // By a poll as well.
    let mut polled = begin(observing());
    let _ = polled.observed(&[timeless(joined("a"))], BEGUN + HOUR + 5_000);
    polled.step_back(HOUR, BEGUN + 6_000);
    assert_eq!(polled.observed(&[], BEGUN + 7_000), [Step::AgentLeft(agent("a"))]);
}

#[test]
fn a_clock_that_is_minutes_ahead_hides_no_end_of_a_second_handover() {
    const AHEAD: u64 = 290_000;
    // Events of the contact center, by its clock; we are ahead.
    let mut first = begin(Policy::default());
    assert_eq!(first.apply(&at(0, joined("a")), BEGUN + AHEAD + 300), [Step::AgentJoined(agent("a"))]);
    let _ = first.apply(&at(1_000, ended()), BEGUN + AHEAD + 1_300);
    let begun = BEGUN + AHEAD + 2_000;
    let mut second = Handover::begin(2, begun, Policy::default(), Some(&first)).expect("the first has ended");
    assert_eq!(second.apply(&at(10_000, ended()), BEGUN + AHEAD + 10_300), [Step::Ended(EndReason::Completed)]);
}
