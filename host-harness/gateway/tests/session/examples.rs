//! Single situations.

use super::{ANSWER_MS, NOW, ask, done, events, request, rules, says, turn, turn_without_id};
use handover_gateway::mailbox::CallbackRules;
use handover_gateway::mailbox::{CallbackOutcome, Channel, DeliveryOutcome};
use handover_gateway::session::{
    NotAnswered, NotAsked, Session, SessionEnd, SessionRules, SessionTask, TurnKey, TurnState, Way,
};
use handover_host::contract::{Attribute, Delivery, Failure, NextStep, RetryAdvice, RetryCause, Turn};

fn session() -> Session {
    Session::new("id".to_owned(), "s-1".to_owned(), NOW)
}

/// Fact: Genesys repeats a message after a 5xx with the same `messageId` (Digital Bot Connector, section 5.3).
#[test]
fn a_repeated_message_is_the_same_turn_and_keeps_its_answer() {
    let mut session = session();
    assert_eq!(ask(&mut session, &turn("m-1"), NOW), 1);
    assert_eq!(ask(&mut session, &turn("m-1"), NOW + 10), 1);
    session.answer(1, says("Hello"), NOW + 20, &rules()).expect("room");
    assert_eq!(ask(&mut session, &turn("m-1"), NOW + 30), 1);
    assert!(session.turn(1).expect("the turn").response() == Some(says("Hello")));
    assert_eq!(ask(&mut session, &turn("m-2"), NOW + 40), 2);
    assert_eq!(events(&mut session), ["turn", "turn"]);
}

/// Without an id, a user who says the same again after the answer has another turn.
#[test]
fn a_repeated_request_without_id_is_the_same_turn_until_the_response() {
    let mut session = session();
    assert_eq!(ask(&mut session, &turn_without_id("yes"), NOW), 1);
    assert_eq!(ask(&mut session, &turn_without_id("yes"), NOW + 10), 1);
    session.answer(1, says("Sure?"), NOW + 20, &rules()).expect("room");
    assert_eq!(ask(&mut session, &turn_without_id("yes"), NOW + 30), 2);
    session.answer(2, done("Done"), NOW + 40, &rules()).expect("room");
    assert_eq!(ask(&mut session, &turn_without_id("yes"), NOW + 50), 2, "the session is over");
}

/// Fact: Genesys sends the parameters with the first turn only (Bot Connector, section 4.1).
#[test]
fn parameters_of_the_first_turn_stay() {
    let parameter = |key: &str, value: &str| Attribute { key: key.into(), value: value.into(), confidential: false };
    let mut session = session();
    ask(&mut session, &Turn { parameters: vec![parameter("tier", "gold"), parameter("a", "1")], ..turn("m-1") }, NOW);
    ask(&mut session, &turn("m-2"), NOW);
    ask(&mut session, &Turn { parameters: vec![parameter("a", "2")], ..turn("m-3") }, NOW);
    let parameters = |number| session.turn(number).expect("the turn").turn.parameters.clone();
    assert_eq!(parameters(2), [parameter("tier", "gold"), parameter("a", "1")]);
    assert_eq!(parameters(3), [parameter("tier", "gold"), parameter("a", "2")]);
}

#[test]
fn of_an_answer_and_the_end_of_the_time_only_one_counts() {
    let mut answered = session();
    ask(&mut answered, &turn_without_id("hi"), NOW);
    answered.answer(1, says("Hello"), NOW + 1, &rules()).expect("room");
    answered.run_out(1, NOW + ANSWER_MS, &rules());
    assert!(answered.turn(1).expect("the turn").response() == Some(says("Hello")));
    assert!(matches!(answered.way(1, &says("Other"), NOW + 2), Err(NotAnswered::AlreadyAnswered)));
    assert!(matches!(answered.way(1, &says("Hello"), NOW + 2), Err(NotAnswered::Repeated(Way::Response))));

    let mut late = session();
    ask(&mut late, &turn_without_id("hi"), NOW);
    assert_eq!(late.way(1, &says("Hello"), NOW + ANSWER_MS - 1), Ok(Way::Response));
    assert_eq!(late.way(1, &says("Hello"), NOW + ANSWER_MS), Err(NotAnswered::TooLate));
    late.run_out(1, NOW + ANSWER_MS, &rules());
    assert!(late.turn(1).expect("the turn").response() == Some(rules().timeout_answer));
    assert_eq!(late.way(1, &says("Hello"), NOW + ANSWER_MS + 1), Err(NotAnswered::TooLate));
    // The operator's answer hands over.
    assert_eq!(late.end(), Some(SessionEnd::HandedOver));
    assert_eq!(events(&mut late), ["turn", "turn-timed-out", "ended"]);
}

#[test]
fn a_turn_that_permits_it_is_answered_late() {
    let mut session = session();
    ask(&mut session, &turn("m-1"), NOW);
    session.run_out(1, NOW + ANSWER_MS, &rules());
    let response = session.turn(1).expect("the turn").response().expect("a response");
    assert!(response.messages.is_empty() && response.next == NextStep::Wait);
    assert_eq!(session.way(1, &says("Late"), NOW + ANSWER_MS + 1), Ok(Way::LateAnswer));
    session.answer_late(1, &says("Late"), request("Late"), NOW + 8_000, &rules()).expect("room");
    assert_eq!(session.way(1, &says("Late"), NOW + 8_001), Err(NotAnswered::Repeated(Way::LateAnswer)));
    assert_eq!(session.way(1, &says("Other"), NOW + 8_001), Err(NotAnswered::AlreadyAnswered));
    // Another gateway does not deliver it meanwhile.
    let task = session.lease(Channel::Outbound, "one", NOW + 8_002, &rules());
    let Some(SessionTask::Deliver { number, may_have_arrived: false, .. }) = task else { panic!("{task:?}") };
    assert_eq!(session.lease(Channel::Outbound, "two", NOW + 8_003, &rules()), None);
    session.delivered(number, &DeliveryOutcome::Delivered(Delivery::default()), 0.5, NOW + 8_100, &rules());
    assert_eq!(session.lease(Channel::Outbound, "one", NOW + 8_101, &rules()), None);
    assert_eq!(events(&mut session), ["turn"]);
    // The gateway was killed before the deadline, and no request waits for the answer.
    ask(&mut session, &turn("m-2"), NOW + 9_000);
    assert_eq!(session.way(2, &says("Late"), NOW + 9_000 + ANSWER_MS), Ok(Way::LateAnswer));
}

#[test]
fn a_late_answer_is_retried_and_a_refusal_is_reported() {
    let advice = |may_have_arrived| {
        let cause = RetryCause::TimedOut;
        Failure::Retry(RetryAdvice { cause, after_seconds: None, may_have_arrived, message: "503".into() })
    };
    let mut session = session();
    ask(&mut session, &turn("m-1"), NOW);
    session.run_out(1, NOW + ANSWER_MS, &rules());
    session.answer_late(1, &done("Late"), request("Late"), NOW + 8_000, &rules()).expect("room");
    assert_eq!(session.end(), Some(SessionEnd::Completed));
    let mut now = NOW + 8_000;
    for (failure, expected) in [(advice(false), false), (advice(true), false), (advice(false), true)] {
        let task = session.lease(Channel::Outbound, "one", now, &rules());
        let Some(SessionTask::Deliver { number, may_have_arrived, .. }) = task else { panic!("{task:?}") };
        assert_eq!(may_have_arrived, expected);
        session.delivered(number, &DeliveryOutcome::Failed(failure), 1.0, now, &rules());
        session.release(Channel::Outbound, "one");
        assert_eq!(session.lease(Channel::Outbound, "one", now, &rules()), None, "not at once");
        now += 60_000;
    }
    let task = session.lease(Channel::Outbound, "one", now, &rules());
    let Some(SessionTask::Deliver { number, .. }) = task else { panic!("{task:?}") };
    let refused = DeliveryOutcome::Failed(Failure::Permanent("409 session.already.closed".into()));
    session.delivered(number, &refused, 1.0, now, &rules());
    assert_eq!(events(&mut session), ["turn", "ended", "answer-refused"]);
}

#[test]
fn an_interrupted_delivery_may_have_arrived() {
    let mut session = session();
    ask(&mut session, &turn("m-1"), NOW);
    session.run_out(1, NOW + ANSWER_MS, &rules());
    session.answer_late(1, &says("Late"), request("Late"), NOW + 8_000, &rules()).expect("room");
    session.lease(Channel::Outbound, "killed", NOW + 8_000, &rules()).expect("a task");
    let due = session.due(&rules()).expect("something is due");
    assert_eq!(due, 0, "events");
    events(&mut session);
    let task = session.lease(Channel::Outbound, "other", NOW + 30_000, &rules());
    assert!(matches!(task, Some(SessionTask::Deliver { may_have_arrived: true, .. })), "{task:?}");
}

#[test]
fn the_end_answers_other_turns_and_takes_no_more() {
    let mut session = session();
    ask(&mut session, &turn("m-1"), NOW);
    ask(&mut session, &turn("m-2"), NOW + 1);
    session.answer(2, done("Done"), NOW + 2, &rules()).expect("room");
    let response = session.turn(1).expect("the turn").response().expect("a response");
    assert!(response.messages.is_empty() && response.next == NextStep::Wait);
    assert_eq!(session.way(1, &says("Late"), NOW + 3), Err(NotAnswered::Over(SessionEnd::Completed)));
    let again = turn("m-3");
    let refused = session.ask(&again, TurnKey::of(&again, b""), NOW + 4, &rules());
    assert_eq!(refused, Err(NotAsked::Over(SessionEnd::Completed)));
    assert_eq!(ask(&mut session, &turn("m-2"), NOW + 5), 2, "a repeated request gets its response");
}

#[test]
fn a_session_expires_and_is_removed() {
    let mut session = session();
    ask(&mut session, &Turn { session_seconds: Some(600), ..turn("m-1") }, NOW);
    session.answer(1, says("Hello"), NOW + 1, &rules()).expect("room");
    events(&mut session);
    // The callback was accepted.
    while let Some(SessionTask::CallBack { event, .. }) = session.lease(Channel::Callback, "one", NOW, &rules()) {
        session.called_back(event.number, CallbackOutcome::Accepted, 0.5, NOW, &rules());
    }
    assert_eq!(session.due(&rules()), Some(NOW + 600_000));
    assert_eq!(session.lease(Channel::Outbound, "one", NOW + 599_999, &rules()), None);
    assert_eq!(session.lease(Channel::Outbound, "one", NOW + 600_000, &rules()), None);
    assert_eq!(session.end(), Some(SessionEnd::Expired));
    assert_eq!(events(&mut session), ["ended"]);
    let hour_later = NOW + 600_000 + 3_600_000;
    assert_eq!(
        session.lease(Channel::Outbound, "one", hour_later, &rules()),
        None,
        "the platform does not know it yet"
    );
    let Some(SessionTask::CallBack { event, turn: None, .. }) =
        session.lease(Channel::Callback, "one", hour_later, &rules())
    else {
        panic!("the end is reported")
    };
    session.called_back(event.number, CallbackOutcome::Accepted, 0.5, hour_later, &rules());
    assert_eq!(session.lease(Channel::Outbound, "one", hour_later, &rules()), Some(SessionTask::Remove));
}

#[test]
fn the_platform_is_not_called_for_a_turn_that_is_answered() {
    let mut session = session();
    ask(&mut session, &turn("m-1"), NOW);
    events(&mut session);
    let Some(SessionTask::CallBack { turn: Some(asked), event, attempts: 0, .. }) =
        session.lease(Channel::Callback, "one", NOW, &rules())
    else {
        panic!("the platform is called")
    };
    assert_eq!((asked.number, asked.until), (1, None), "it can be answered late");
    session.called_back(event.number, CallbackOutcome::Retry(None, "502".into()), 0.5, NOW, &rules());
    session.answer(1, says("With the API"), NOW + 500, &rules()).expect("room");
    assert_eq!(session.lease(Channel::Callback, "one", NOW + 60_000, &rules()), None);
}

#[test]
fn a_session_is_bounded() {
    let mut session = session();
    // Answered turns are forgotten, the oldest first.
    for number in 1..=40 {
        ask(&mut session, &turn(&format!("m-{number}")), NOW);
        session.answer(number, says(&"x".repeat(100 << 10)), NOW, &rules()).expect("room");
        events(&mut session);
    }
    assert!(session.turn(1).is_none() && session.turn(40).is_some());
    assert!(matches!(session.turn(40).expect("the turn").state, TurnState::Answered(_)));
    assert!(serde_json::to_vec(&session).expect("JSON").len() < 832 << 10);
    // Turns that wait for an answer are not.
    let mut refused = None;
    for number in 41..=100 {
        let turn = turn(&format!("m-{number}"));
        let mut after = session.clone();
        match after.ask(&turn, TurnKey::of(&turn, b""), NOW, &rules()) {
            Ok(_) => session = after,
            Err(error) => {
                refused = Some(error);
                break;
            }
        }
    }
    assert!(matches!(refused, Some(NotAsked::Full(_))), "{refused:?}");
}

#[test]
fn delays_keep_their_length_when_the_clock_is_set_back() {
    let mut session = session();
    ask(&mut session, &Turn { session_seconds: Some(600), ..turn("m-1") }, NOW);
    session.run_out(1, NOW, &rules());
    assert!(session.correct_for_clock_step(NOW - 3_600_000));
    assert_eq!(session.turn(1).expect("the turn").deadline, NOW - 3_600_000 + ANSWER_MS);
    assert!(!session.correct_for_clock_step(NOW - 3_600_000), "once");
}

/// The gateway was killed, or the contact center closed the connection, so no request ends the time.
#[test]
fn a_worker_ends_the_time_of_a_turn_whose_request_is_gone() {
    let mut session = session();
    ask(&mut session, &turn_without_id("hi"), NOW);
    events(&mut session);
    // The clocks of two gateways may differ by 10 s.
    let over = NOW + ANSWER_MS + 10_000;
    assert_eq!(session.lease(Channel::Outbound, "one", over - 1, &rules()), None);
    assert!(session.turn(1).expect("the turn").response().is_none());
    let task = session.lease(Channel::Outbound, "one", over, &rules());
    assert_eq!(task, Some(SessionTask::Follow("c-1".into())), "the operator's answer hands over");
    assert!(session.turn(1).expect("the turn").response() == Some(rules().timeout_answer));
    assert_eq!(events(&mut session), ["turn-timed-out", "ended"]);
}

/// Turns of an outage do not delay the next one.
#[test]
fn a_new_turn_does_not_wait_for_the_callback_of_an_old_one() {
    let rules = SessionRules { timeout_answer: says("Sorry"), ..rules() };
    let mut session = session();
    ask(&mut session, &turn_without_id("hi"), NOW);
    session.published(u64::MAX, &rules);
    for attempt in 0..6 {
        let now = NOW + attempt * 60_000;
        let Some(SessionTask::CallBack { event, turn: Some(asked), .. }) =
            session.lease(Channel::Callback, "one", now, &rules)
        else {
            panic!("the platform is called")
        };
        assert_eq!(asked.until, Some(NOW + ANSWER_MS));
        session.called_back(event.number, CallbackOutcome::Retry(None, "502".into()), 1.0, now, &rules);
        session.release(Channel::Callback, "one");
    }
    let now = NOW + 301_000;
    session.run_out(1, now, &rules);
    session.published(u64::MAX, &rules);
    assert_eq!(session.due(&rules), Some(0), "the turn needs no callback any more");
    let kinds = |session: &mut Session, now| {
        let Some(SessionTask::CallBack { event, .. }) = session.lease(Channel::Callback, "one", now, &rules) else {
            panic!("the platform is called")
        };
        session.called_back(event.number, CallbackOutcome::Retry(None, "502".into()), 1.0, now, &rules);
        event.event.get().contains("turn-timed-out")
    };
    for _ in 0..6 {
        let now = session.due(&rules).expect("it is due").max(now);
        assert!(kinds(&mut session, now));
    }
    // The delay is up to a minute by now.
    let now = now + 600_000;
    ask(&mut session, &turn_without_id("hello"), now);
    session.published(u64::MAX, &rules);
    assert!(session.due(&rules).expect("it is due") <= now);
    assert!(kinds(&mut session, now), "at once");
}

#[test]
fn turns_that_the_bot_never_answers_are_forgotten() {
    let mut session = session();
    for number in 1..=100 {
        assert_eq!(ask(&mut session, &turn(&format!("m-{number}")), NOW), number);
        session.run_out(number, NOW + ANSWER_MS, &rules());
        events(&mut session);
    }
    assert!(session.turn(1).is_none() && session.turn(100).is_some());
    assert_eq!(session.way(1, &says("Late"), NOW), Err(NotAnswered::NoTurn));
}

#[test]
fn an_event_is_given_up_and_an_ended_session_is_removed() {
    let mut session = session();
    ask(&mut session, &turn("m-1"), NOW);
    session.answer(1, done("Done"), NOW, &rules()).expect("room");
    session.published(u64::MAX, &rules());
    let Some(SessionTask::CallBack { event, turn: None, .. }) = session.lease(Channel::Callback, "one", NOW, &rules())
    else {
        panic!("the end is reported")
    };
    session.called_back(event.number, CallbackOutcome::Refused("410".into()), 0.5, NOW, &rules());
    assert_eq!(session.due(&rules()).map(|due| due <= NOW + 13_000), Some(true), "after the lease");
    let abandoned = SessionTask::Abandon { event: event.number, reason: "410".into() };
    assert_eq!(session.lease(Channel::Callback, "one", NOW, &rules()), Some(abandoned));
    session.abandoned(event.number);
    assert_eq!(session.lease(Channel::Callback, "one", NOW, &rules()), None);
    assert_eq!(session.lease(Channel::Outbound, "one", NOW + 3_600_000, &rules()), Some(SessionTask::Remove));
}

/// The operator removed the callback while events waited for it.
#[test]
fn a_session_without_a_callback_is_removed() {
    let mut session = session();
    ask(&mut session, &turn("m-1"), NOW);
    session.answer(1, done("Done"), NOW, &rules()).expect("room");
    session.published(u64::MAX, &rules());
    let without = SessionRules { callback: CallbackRules { has_callback: false, ..rules().callback }, ..rules() };
    assert_eq!(session.due(&without), Some(NOW + 3_600_000));
    assert_eq!(session.lease(Channel::Outbound, "one", NOW + 3_600_000, &without), Some(SessionTask::Remove));
}

#[test]
fn a_handover_is_followed_unless_its_answer_is_refused() {
    use handover_host::contract::BotHandover;
    let handover = || super::answer("One moment", NextStep::Handover(BotHandover::default()));
    let mut session = session();
    ask(&mut session, &turn("m-1"), NOW);
    session.answer(1, handover(), NOW, &rules()).expect("room");
    let task = session.lease(Channel::Outbound, "one", NOW, &rules());
    assert_eq!(task, Some(SessionTask::Follow("c-1".into())));
    session.followed();
    assert_eq!(session.lease(Channel::Outbound, "one", NOW, &rules()), None);

    let mut session = self::session();
    ask(&mut session, &turn("m-1"), NOW);
    session.run_out(1, NOW + ANSWER_MS, &rules());
    session.answer_late(1, &handover(), request("handover"), NOW + 8_000, &rules()).expect("room");
    let task = session.lease(Channel::Outbound, "one", NOW + 8_000, &rules());
    let Some(SessionTask::Deliver { number, .. }) = task else { panic!("{task:?}") };
    let refused = DeliveryOutcome::Failed(Failure::Permanent("409".into()));
    session.delivered(number, &refused, 0.5, NOW + 8_000, &rules());
    assert_eq!(session.lease(Channel::Outbound, "one", NOW + 8_001, &rules()), None, "there is no handover");
}

/// A reason may contain names of any length.
#[test]
fn a_reason_is_bounded() {
    let mut session = session();
    ask(&mut session, &turn("m-1"), NOW);
    session.refused(1, &"ü".repeat(100_000), NOW);
    let events: Vec<_> = session.unpublished().map(|queued| queued.event.get().chars().count()).collect();
    assert!(events.iter().all(|length| *length < 1_000), "{events:?}");
}

/// The request of a turn reads the answer after it was stored.
#[test]
fn an_answer_is_not_forgotten_when_it_is_stored() {
    let mut session = session();
    for number in 1..=6 {
        ask(&mut session, &turn(&format!("m-{number}")), NOW);
    }
    events(&mut session);
    let large = says(&"x".repeat(120 << 10));
    for number in (1..=6).rev() {
        session.answer(number, large.clone(), NOW, &rules()).expect("room");
        assert!(session.turn(number).and_then(|turn| turn.response()) == Some(large.clone()), "turn {number}");
    }
    assert!(session.turn(2).is_none(), "there was no room for all");
}
