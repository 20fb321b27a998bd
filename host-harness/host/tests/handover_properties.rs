//! Property tests of the handover state machine. They generate the true course of a handover and the events that each
//! source reports about it, with losses, duplicates, delays and misleading hints. The result is compared with the
//! truth.

#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

use handover_host::contract::{
    Agent, AgentEvent, AgentMessage, Author, Delivery, EndReason, EventKind, QueueState, Timestamp,
};
use handover_host::handover::{AfterEnd, Handover, Policy, State, Step};
use proptest::prelude::*;
use proptest::test_runner::{Config, FileFailurePersistence};
use std::time::Duration;

const START: Timestamp = 1_700_000_000_000;
/// The unattended timeout, in milliseconds.
const UNATTENDED_MS: u64 = 30_000;

/// Random choices, read from bytes because proptest shrinks bytes well. After the last byte, every byte counts as zero.
struct Choices<'a>(std::slice::Iter<'a, u8>);

impl Choices<'_> {
    fn below(&mut self, bound: u8) -> u8 {
        self.0.next().copied().unwrap_or(0) % bound
    }

    fn of<T: Copy, const N: usize>(&mut self, options: [T; N]) -> T {
        options[usize::from(self.0.next().copied().unwrap_or(0)) % N]
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Fact {
    Queued,
    Declined(u8),
    Joined(u8),
    /// A message. Absent: a bot wrote it.
    Message(Option<u8>),
    Transferred(u8),
    Left(u8),
    Ended(EndReason),
}

/// The true course of a handover, in order. All times differ.
#[derive(Clone, Debug)]
struct Timeline {
    facts: Vec<(Timestamp, Fact)>,
    end: Timestamp,
}

/// The true state at one time.
#[derive(Default)]
struct Truth {
    present: Vec<(u8, Timestamp)>,
    departures: Vec<AgentEvent>,
    queued: bool,
    is_transferred: bool,
    ended: Option<(Timestamp, EndReason)>,
}

impl Timeline {
    fn new(choices: &mut Choices<'_>, start: Timestamp) -> Self {
        let mut time = start + 1000;
        let mut facts = vec![(time, Fact::Queued)];
        let mut present: Vec<u8> = Vec::new();
        for _ in 0..=choices.below(5) {
            time += choices.of([1000, 1000, 20_000, 90_000]);
            let agent = choices.below(3);
            let new = !present.contains(&agent);
            match choices.below(8) {
                0 if new => facts.push((time, Fact::Declined(agent))),
                1 | 2 | 7 if new => {
                    present.push(agent);
                    facts.push((time, Fact::Joined(agent)));
                }
                3 if new => facts.push((time, Fact::Message(None))),
                5 if !new => {
                    present.retain(|other| *other != agent);
                    facts.push((time, Fact::Transferred(agent)));
                    time += 500;
                    if present.is_empty() && choices.below(2) == 0 {
                        facts.push((time, Fact::Queued));
                    }
                }
                6 if !new => {
                    let next = (agent + 1) % 3;
                    present.retain(|other| *other != agent);
                    facts.push((time, Fact::Transferred(agent)));
                    time += choices.of([10, 5000, 70_000]);
                    if !present.contains(&next) {
                        present.push(next);
                        facts.push((time, Fact::Joined(next)));
                    }
                }
                7 => {
                    present.retain(|other| *other != agent);
                    facts.push((time, Fact::Left(agent)));
                }
                _ => facts.push((time, Fact::Message((!new).then_some(agent)))),
            }
        }
        let end = time + choices.of([1000, 45_000]);
        let failed = || EndReason::Error("it broke".into());
        let reason = match choices.below(4) {
            0 => EndReason::Completed,
            1 => EndReason::Cancelled,
            2 => EndReason::Expired,
            _ => failed(),
        };
        facts.push((end, Fact::Ended(reason)));
        if choices.below(2) == 0 {
            facts.push((end + 5000, Fact::Message(None)));
        }
        Self { facts, end }
    }

    fn truth(&self, at: Timestamp) -> Truth {
        let mut truth = Truth::default();
        for (time, fact) in self.facts.iter().take_while(|(time, _)| *time <= at) {
            let depart = |truth: &mut Truth, agent: u8, kind: EventKind| {
                truth.present.retain(|(other, _)| *other != agent);
                truth.departures.push(event("poll", Some(*time), kind));
            };
            match fact {
                Fact::Queued => truth.queued = true,
                Fact::Joined(agent) => {
                    truth.present.push((*agent, *time));
                    (truth.queued, truth.is_transferred) = (false, false);
                }
                Fact::Transferred(agent) => {
                    depart(&mut truth, *agent, EventKind::Transferred(named(*agent)));
                    truth.is_transferred = true;
                }
                Fact::Left(agent) => depart(&mut truth, *agent, EventKind::AgentLeft(named(*agent))),
                Fact::Ended(reason) => truth.ended = Some((*time, reason.clone())),
                Fact::Declined(_) | Fact::Message(_) => {}
            }
        }
        truth
    }

    fn reason(&self) -> EndReason {
        self.truth(self.end).ended.expect("every timeline ends").1
    }
}

impl Truth {
    /// Returns the result of a poll.
    fn poll(self) -> Vec<AgentEvent> {
        let joined =
            self.present.iter().map(|(agent, time)| event("poll", Some(*time), EventKind::AgentJoined(named(*agent))));
        let queued = (self.queued && self.present.is_empty()).then(|| {
            event("poll", None, EventKind::Queued(QueueState { position: None, estimated_wait_seconds: None }))
        });
        let ended = self.ended.map(|(time, reason)| event("poll", Some(time), EventKind::Ended(reason)));
        joined.chain(self.departures).chain(queued).chain(ended).collect()
    }

    /// Returns whether all agents left and none is expected.
    fn is_unattended(&self) -> bool {
        self.present.is_empty() && !self.departures.is_empty() && !self.is_transferred && !self.queued
    }
}

/// An event that arrives at the host, or a poll.
#[derive(Clone, Debug)]
enum Arrival {
    Push(Box<AgentEvent>),
    Poll,
}

/// Returns what the sources report about a course of events, with the arrival times.
fn arrivals(choices: &mut Choices<'_>, timeline: &Timeline, number: Option<u32>) -> Vec<(Timestamp, Arrival)> {
    let mut arrivals = Vec::new();
    for (time, fact) in &timeline.facts {
        for (source, name) in ["webhook", "bus", "trigger", "notification"].into_iter().enumerate() {
            let id = |agent: &u8| if source == 2 { unidentified() } else { identified(*agent) };
            let kind = match (fact, source) {
                (Fact::Queued, 1 | 3) => {
                    EventKind::Queued(QueueState { position: Some(2), estimated_wait_seconds: None })
                }
                (Fact::Joined(agent), 1..) => EventKind::AgentJoined(id(agent)),
                (Fact::Message(agent), 0) => EventKind::Message(message(*time, agent.map(|_| Author::Unknown))),
                (Fact::Message(agent), 3) => EventKind::Message(message(*time, agent.map(|_| Author::Human))),
                // The event bus and the trigger report a decline as a departure; the event bus also reports a transfer
                // as one.
                (Fact::Declined(agent) | Fact::Left(agent), 1 | 2) => EventKind::AgentLeft(id(agent)),
                (Fact::Transferred(agent), 1) => EventKind::AgentLeft(id(agent)),
                (Fact::Transferred(agent), 2 | 3) => EventKind::Transferred(id(agent)),
                (Fact::Ended(reason), 1..) => EventKind::Ended(reason.clone()),
                _ => continue,
            };
            let (copies, late, after) = choices.of([
                (0, 0, 0),
                (0, 0, 0),
                (1, 0, 0),
                (1, 700, 0),
                (1, 4000, 0),
                (1, 200_000, 0),
                (2, 100, 0),
                (2, 50, 30_000),
            ]);
            let event_time = (source != 2).then_some(*time);
            let mut event = event(name, event_time, kind);
            event.handover = number.filter(|_| source == 3);
            event.conversation_id = (source != 0).then(|| "c".to_owned());
            for copy in 0..copies {
                arrivals.push((time + late + copy * after, Arrival::Push(Box::new(event.clone()))));
            }
        }
        if choices.below(4) == 0 {
            arrivals.push((time + choices.of([0, 600, 10_000]), Arrival::Poll));
        }
    }
    arrivals
}

fn event(source: &str, time: Option<Timestamp>, kind: EventKind) -> AgentEvent {
    AgentEvent { id: source.to_owned(), recipient: None, handover: None, conversation_id: None, time, kind }
}

fn message(time: Timestamp, author: Option<Author>) -> AgentMessage {
    AgentMessage {
        id: time.to_string(),
        author: author.unwrap_or(Author::Bot),
        agent: None,
        text: None,
        content: Vec::new(),
        plain_text: "…".into(),
    }
}

fn unidentified() -> Agent {
    Agent { id: None, name: None, picture: None }
}

fn identified(agent: u8) -> Agent {
    Agent { id: Some(agent.to_string()), ..unidentified() }
}

fn named(agent: u8) -> Agent {
    Agent { name: Some(format!("Agent {agent}")), ..identified(agent) }
}

/// The steps that the platform received, checked against the rules.
#[derive(Default)]
struct Platform {
    /// The agents who are present, by ID; `None` for an unidentified agent.
    present: Vec<Option<String>>,
    ends: Vec<(Timestamp, EndReason)>,
}

impl Platform {
    fn apply(&mut self, steps: &[Step], now: Timestamp) -> Result<(), TestCaseError> {
        for step in steps {
            match step {
                Step::AgentJoined(agent) => {
                    prop_assert!(!self.present.contains(&agent.id), "{agent:?} joined twice");
                    self.present.push(agent.id.clone());
                }
                Step::AgentNamed(agent) if !self.present.contains(&agent.id) => {
                    prop_assert!(self.remove(&None), "{agent:?} was named but is not present");
                    self.present.push(agent.id.clone());
                }
                Step::AgentLeft(agent) => prop_assert!(self.remove(&agent.id), "{agent:?} left but was not present"),
                Step::Transferred(agent) => drop(self.remove(&agent.id)),
                Step::Ended(reason) => self.ends.push((now, reason.clone())),
                _ => {}
            }
        }
        Ok(())
    }

    fn remove(&mut self, id: &Option<String>) -> bool {
        let index = self.present.iter().position(|other| other == id);
        index.map(|index| self.present.swap_remove(index)).is_some()
    }
}

/// Applies the arrivals to a handover, and polls when it requests a poll. `truth_at` returns the true state of the
/// contact center.
fn play(
    handover: &mut Handover,
    mut arrivals: Vec<(Timestamp, Arrival)>,
    truth_at: impl Fn(Timestamp) -> Truth,
    mut is_answered: impl FnMut() -> bool,
) -> Result<Platform, TestCaseError> {
    arrivals.sort_by_key(|(time, _)| *time);
    let mut platform = Platform::default();
    for (now, arrival) in arrivals {
        while let Some(deadline) = handover.next_deadline().filter(|deadline| *deadline <= now) {
            platform.apply(&handover.tick(deadline), deadline)?;
        }
        let poll = match &arrival {
            Arrival::Poll => true,
            Arrival::Push(event) => {
                let steps = handover.apply(event, now);
                platform.apply(&steps, now)?;
                match &event.kind {
                    EventKind::Message(message) => {
                        let shown = steps.iter().filter(|step| match step {
                            Step::Message(shown)
                            | Step::LateMessage(shown)
                            | Step::HoldMessage(shown)
                            | Step::Reopen(shown) => shown.id == message.id,
                            _ => false,
                        });
                        prop_assert_eq!(shown.count(), 1);
                        prop_assert_eq!(steps.len(), 1);
                    }
                    _ => {
                        let again = handover.apply(event, now);
                        prop_assert!(again.iter().all(|step| *step == Step::Poll), "{:?}", again);
                    }
                }
                steps.contains(&Step::Poll) && is_answered()
            }
        };
        // The result of a poll must not request another poll.
        if poll {
            let result = truth_at(now).poll();
            let steps = handover.polled(&result, now);
            prop_assert!(!steps.contains(&Step::Poll));
            platform.apply(&steps, now)?;
            let again = handover.polled(&result, now);
            prop_assert!(again.is_empty(), "{:?}", again);
        }
    }
    Ok(platform)
}

fn config(cases: u32) -> Config {
    let failure_persistence = Some(Box::new(FileFailurePersistence::Off) as _);
    Config { cases, failure_persistence, ..Config::default() }
}

fn bytes() -> impl Strategy<Value = [u8; 192]> {
    proptest::array::uniform::<_, 192>(any::<u8>())
}

proptest! {
    #![proptest_config(config(200_000))]

    #[test]
    fn ends_once_with_the_true_reason_and_not_early(bytes in bytes()) {
        let mut choices = Choices(bytes.iter());
        let policy = Policy {
            can_poll: choices.below(2) == 0,
            after_end: choices.of([AfterEnd::Deliver, AfterEnd::Hold, AfterEnd::Reopen]),
            ..Policy::default()
        };
        let timeline = Timeline::new(&mut choices, START);
        let mut arrivals = arrivals(&mut choices, &timeline, Some(1));
        arrivals.push((timeline.end + 1_000_000, Arrival::Poll));

        let mut handover = Handover::begin(1, START, policy, None).expect("nothing is in progress");
        let platform = play(&mut handover, arrivals, |at| timeline.truth(at), || choices.below(3) > 0)?;

        prop_assert_eq!(platform.ends.len(), 1, "{:?}", timeline);
        let (at, reason) = &platform.ends[0];
        prop_assert!(*at >= timeline.end, "{:?} is before {}: {:?}", at, timeline.end, timeline);
        prop_assert_eq!(reason, &timeline.reason());
        prop_assert_eq!(handover.state(), State::Ended(reason));
    }
}

proptest! {
    #![proptest_config(config(100_000))]

    #[test]
    fn completes_early_only_if_truly_unattended(bytes in bytes()) {
        let mut choices = Choices(bytes.iter());
        let policy = Policy { can_poll: true, unattended: Some(Duration::from_millis(UNATTENDED_MS)), ..Policy::default() };
        let timeline = Timeline::new(&mut choices, START);
        let mut arrivals = arrivals(&mut choices, &timeline, Some(1));
        arrivals.push((timeline.end + 1_000_000, Arrival::Poll));

        let mut handover = Handover::begin(1, START, policy, None).expect("nothing is in progress");
        let platform = play(&mut handover, arrivals, |at| timeline.truth(at), || true)?;

        prop_assert_eq!(platform.ends.len(), 1, "{:?}", timeline);
        let (at, reason) = &platform.ends[0];
        if *at < timeline.end {
            prop_assert_eq!(reason, &EndReason::Completed);
            prop_assert!(timeline.truth(at - UNATTENDED_MS).is_unattended(), "ended at {}: {:?}", at, timeline);
        }
    }

    #[test]
    fn late_events_of_one_handover_do_not_end_the_next(bytes in bytes()) {
        let mut choices = Choices(bytes.iter());
        let policy = Policy { can_poll: true, ..Policy::default() };
        let first = Timeline::new(&mut choices, START);
        let mut handover = Handover::begin(1, START, policy.clone(), None).expect("nothing is in progress");
        let ended = handover.polled(&first.truth(first.end).poll(), first.end);
        prop_assert!(ended.contains(&Step::Ended(first.reason())));

        let start = first.end + choices.of([2000, 45_000, 600_000]);
        // Until our first message arrives, the conversation keeps the state in which the first handover ended.
        let reopened = start + choices.of([0, 300, 900]);
        let second = Timeline::new(&mut choices, start);
        let mut reported = arrivals(&mut choices, &second, Some(2));
        for (time, mut arrival) in arrivals(&mut Choices(bytes.iter()), &first, Some(1)) {
            if let Arrival::Push(event) = &mut arrival {
                event.handover = event.handover.filter(|_| choices.below(2) == 0);
            }
            reported.push((time.max(start + choices.of([0, 100, 30_000, 100_000])), arrival));
        }
        reported.push((second.end + 1_000_000, Arrival::Poll));
        let truth_at = |at| if at < reopened { first.truth(at) } else { second.truth(at) };

        let mut next = Handover::begin(2, start, policy, Some(&handover)).expect("the first has ended");
        next.delivered(&Delivery::default(), reopened);
        let platform = play(&mut next, reported, truth_at, || true)?;

        prop_assert_eq!(platform.ends.len(), 1);
        let (at, reason) = &platform.ends[0];
        prop_assert!(*at >= second.end, "{:?} is before {}: {:?}", at, second.end, second);
        prop_assert_eq!(reason, &second.reason());
    }
}
