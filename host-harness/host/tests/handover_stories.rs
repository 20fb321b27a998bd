//! Handovers as they happen, told as the sources tell them: with losses, repeats, delays and hints that mislead. What
//! the state machine makes of it is compared with what was true.

#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test says what it expects and fails by panicking")]

use handover_host::contract::{
    Agent, AgentEvent, AgentMessage, Author, Delivery, EndReason, EventKind, QueueState, Timestamp,
};
use handover_host::handover::{AfterEnd, Handover, Policy, State, Step};
use proptest::prelude::*;
use proptest::test_runner::{Config, FileFailurePersistence};

const BEGUN: Timestamp = 1_700_000_000_000;
/// Milliseconds.
const GRACE: u64 = 30_000;

/// What happens is chosen by bytes, which proptest makes and shrinks well; past the last one all are zero.
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
    /// By a bot where there is no agent.
    Said(Option<u8>),
    Transferred(u8),
    Left(u8),
    Ended(EndReason),
}

/// What truly happened, in order, and all times differ.
#[derive(Clone, Debug)]
struct Story {
    facts: Vec<(Timestamp, Fact)>,
    end: Timestamp,
}

/// What is true at a time.
#[derive(Default)]
struct Scene {
    present: Vec<(u8, Timestamp)>,
    gone: Vec<AgentEvent>,
    queued: bool,
    handed_on: bool,
    ended: Option<(Timestamp, EndReason)>,
}

impl Story {
    fn new(choices: &mut Choices<'_>, begun: Timestamp) -> Self {
        let mut time = begun + 1000;
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
                3 if new => facts.push((time, Fact::Said(None))),
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
                _ => facts.push((time, Fact::Said((!new).then_some(agent)))),
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
            facts.push((end + 5000, Fact::Said(None)));
        }
        Self { facts, end }
    }

    fn scene(&self, at: Timestamp) -> Scene {
        let mut scene = Scene::default();
        for (time, fact) in self.facts.iter().take_while(|(time, _)| *time <= at) {
            let gone = |scene: &mut Scene, agent: u8, kind: EventKind| {
                scene.present.retain(|(other, _)| *other != agent);
                scene.gone.push(event("observed", Some(*time), kind));
            };
            match fact {
                Fact::Queued => scene.queued = true,
                Fact::Joined(agent) => {
                    scene.present.push((*agent, *time));
                    (scene.queued, scene.handed_on) = (false, false);
                }
                Fact::Transferred(agent) => {
                    gone(&mut scene, *agent, EventKind::Transferred(named(*agent)));
                    scene.handed_on = true;
                }
                Fact::Left(agent) => gone(&mut scene, *agent, EventKind::AgentLeft(named(*agent))),
                Fact::Ended(reason) => scene.ended = Some((*time, reason.clone())),
                Fact::Declined(_) | Fact::Said(_) => {}
            }
        }
        scene
    }

    fn reason(&self) -> EndReason {
        self.scene(self.end).ended.expect("every story ends").1
    }
}

impl Scene {
    /// The answer of an observation.
    fn observed(self) -> Vec<AgentEvent> {
        let joined = self
            .present
            .iter()
            .map(|(agent, time)| event("observed", Some(*time), EventKind::AgentJoined(named(*agent))));
        let queued = (self.queued && self.present.is_empty()).then(|| {
            event("observed", None, EventKind::Queued(QueueState { position: None, estimated_wait_seconds: None }))
        });
        let ended = self.ended.map(|(time, reason)| event("observed", Some(time), EventKind::Ended(reason)));
        joined.chain(self.gone).chain(queued).chain(ended).collect()
    }

    /// Everybody has left, and nobody is to come.
    fn deserted(&self) -> bool {
        self.present.is_empty() && !self.gone.is_empty() && !self.handed_on && !self.queued
    }
}

/// One delivery to the host.
#[derive(Clone, Debug)]
enum Arrival {
    Push(Box<AgentEvent>),
    Observation,
}

/// What the sources tell of a story, by the time it arrives.
fn arrivals(choices: &mut Choices<'_>, story: &Story, number: Option<u32>) -> Vec<(Timestamp, Arrival)> {
    let mut arrivals = Vec::new();
    for (time, fact) in &story.facts {
        for (source, name) in ["webhook", "bus", "trigger", "notification"].into_iter().enumerate() {
            let id = |agent: &u8| if source == 2 { nobody() } else { known_by_id(*agent) };
            let kind = match (fact, source) {
                (Fact::Queued, 1 | 3) => {
                    EventKind::Queued(QueueState { position: Some(2), estimated_wait_seconds: None })
                }
                (Fact::Joined(agent), 1..) => EventKind::AgentJoined(id(agent)),
                (Fact::Said(agent), 0) => EventKind::Message(message(*time, agent.map(|_| Author::Unknown))),
                (Fact::Said(agent), 3) => EventKind::Message(message(*time, agent.map(|_| Author::Human))),
                // Who declines is told like who has left, and so is who transfers.
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
            let told = (source != 2).then_some(*time);
            let mut event = event(name, told, kind);
            event.handover = number.filter(|_| source == 3);
            event.conversation_id = (source != 0).then(|| "c".to_owned());
            for copy in 0..copies {
                arrivals.push((time + late + copy * after, Arrival::Push(Box::new(event.clone()))));
            }
        }
        if choices.below(4) == 0 {
            arrivals.push((time + choices.of([0, 600, 10_000]), Arrival::Observation));
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

fn nobody() -> Agent {
    Agent { id: None, name: None, picture: None }
}

fn known_by_id(agent: u8) -> Agent {
    Agent { id: Some(agent.to_string()), ..nobody() }
}

fn named(agent: u8) -> Agent {
    Agent { name: Some(format!("Agent {agent}")), ..known_by_id(agent) }
}

/// What the platform was told, held against the rules as it goes.
#[derive(Default)]
struct Platform {
    /// Who is there, as told: by id, or nobody knows who.
    there: Vec<Option<String>>,
    ends: Vec<(Timestamp, EndReason)>,
}

impl Platform {
    fn take(&mut self, steps: &[Step], now: Timestamp) -> Result<(), TestCaseError> {
        for step in steps {
            match step {
                Step::AgentJoined(agent) => {
                    prop_assert!(!self.there.contains(&agent.id), "{agent:?} joined twice");
                    self.there.push(agent.id.clone());
                }
                Step::AgentNamed(agent) if !self.there.contains(&agent.id) => {
                    prop_assert!(self.remove(&None), "{agent:?} named and not there");
                    self.there.push(agent.id.clone());
                }
                Step::AgentLeft(agent) => prop_assert!(self.remove(&agent.id), "{agent:?} left and was not there"),
                Step::Transferred(agent) => drop(self.remove(&agent.id)),
                Step::Ended(reason) => self.ends.push((now, reason.clone())),
                _ => {}
            }
        }
        Ok(())
    }

    fn remove(&mut self, id: &Option<String>) -> bool {
        let index = self.there.iter().position(|other| other == id);
        index.map(|index| self.there.swap_remove(index)).is_some()
    }
}

/// Gives a handover what arrives, and asks where it wants to. `scene` is what is true at the contact center.
fn play(
    handover: &mut Handover,
    mut arrivals: Vec<(Timestamp, Arrival)>,
    scene: impl Fn(Timestamp) -> Scene,
    mut answers: impl FnMut() -> bool,
) -> Result<Platform, TestCaseError> {
    arrivals.sort_by_key(|(time, _)| *time);
    let mut platform = Platform::default();
    for (now, arrival) in arrivals {
        while let Some(deadline) = handover.next_deadline().filter(|deadline| *deadline <= now) {
            platform.take(&handover.tick(deadline), deadline)?;
        }
        let mut ask = match &arrival {
            Arrival::Observation => true,
            Arrival::Push(event) => {
                let steps = handover.apply(event, now);
                platform.take(&steps, now)?;
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
                        prop_assert!(again.iter().all(|step| *step == Step::Observe), "{:?}", again);
                    }
                }
                steps.contains(&Step::Observe) && answers()
            }
        };
        // A question may be answered by nothing that asks again.
        while std::mem::take(&mut ask) {
            let truth = scene(now).observed();
            let steps = handover.observed(&truth, now);
            prop_assert!(!steps.contains(&Step::Observe));
            platform.take(&steps, now)?;
            let again = handover.observed(&truth, now);
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
    fn a_handover_ends_once_when_and_as_it_truly_ended(bytes in bytes()) {
        let mut choices = Choices(bytes.iter());
        let policy = Policy {
            observes: choices.below(2) == 0,
            after_end: choices.of([AfterEnd::Deliver, AfterEnd::Hold, AfterEnd::Reopen]),
            ..Policy::default()
        };
        let story = Story::new(&mut choices, BEGUN);
        let mut arrivals = arrivals(&mut choices, &story, Some(1));
        arrivals.push((story.end + 1_000_000, Arrival::Observation));

        let mut handover = Handover::begin(1, BEGUN, policy, None).expect("nothing is in progress");
        let platform = play(&mut handover, arrivals, |at| story.scene(at), || choices.below(3) > 0)?;

        prop_assert_eq!(platform.ends.len(), 1, "{:?}", story);
        let (at, reason) = &platform.ends[0];
        prop_assert!(*at >= story.end, "{:?} is before {}: {:?}", at, story.end, story);
        prop_assert_eq!(reason, &story.reason());
        prop_assert_eq!(handover.state(), State::Ended(reason));
    }
}

proptest! {
    #![proptest_config(config(100_000))]

    #[test]
    fn with_a_grace_it_ends_early_only_if_truly_nobody_was_there(bytes in bytes()) {
        let mut choices = Choices(bytes.iter());
        let policy = Policy { observes: true, unattended: Some(GRACE), ..Policy::default() };
        let story = Story::new(&mut choices, BEGUN);
        let mut arrivals = arrivals(&mut choices, &story, Some(1));
        arrivals.push((story.end + 1_000_000, Arrival::Observation));

        let mut handover = Handover::begin(1, BEGUN, policy, None).expect("nothing is in progress");
        let platform = play(&mut handover, arrivals, |at| story.scene(at), || true)?;

        prop_assert_eq!(platform.ends.len(), 1, "{:?}", story);
        let (at, reason) = &platform.ends[0];
        if *at < story.end {
            prop_assert_eq!(reason, &EndReason::Completed);
            prop_assert!(story.scene(at - GRACE).deserted(), "ended at {}: {:?}", at, story);
        }
    }

    #[test]
    fn what_is_told_late_of_one_handover_does_not_end_the_next(bytes in bytes()) {
        let mut choices = Choices(bytes.iter());
        let policy = Policy { observes: true, ..Policy::default() };
        let first = Story::new(&mut choices, BEGUN);
        let mut handover = Handover::begin(1, BEGUN, policy.clone(), None).expect("nothing is in progress");
        let ended = handover.observed(&first.scene(first.end).observed(), first.end);
        prop_assert!(ended.contains(&Step::Ended(first.reason())));

        let begun = first.end + choices.of([2000, 45_000, 600_000]);
        // Until our first message is there, the conversation is what the first handover left.
        let reopened = begun + choices.of([0, 300, 900]);
        let second = Story::new(&mut choices, begun);
        let mut told = arrivals(&mut choices, &second, Some(2));
        for (time, mut arrival) in arrivals(&mut Choices(bytes.iter()), &first, Some(1)) {
            if let Arrival::Push(event) = &mut arrival {
                event.handover = event.handover.filter(|_| choices.below(2) == 0);
            }
            told.push((time.max(begun + choices.of([0, 100, 30_000, 100_000])), arrival));
        }
        told.push((second.end + 1_000_000, Arrival::Observation));
        let scene = |at| if at < reopened { first.scene(at) } else { second.scene(at) };

        let mut next = Handover::begin(2, begun, policy, Some(&handover)).expect("the first has ended");
        next.delivered(&Delivery { message_id: None, conversation_id: None }, reopened);
        let platform = play(&mut next, told, scene, || true)?;

        prop_assert_eq!(platform.ends.len(), 1);
        let (at, reason) = &platform.ends[0];
        prop_assert!(*at >= second.end, "{:?} is before {}: {:?}", at, second.end, second);
        prop_assert_eq!(reason, &second.reason());
    }
}
