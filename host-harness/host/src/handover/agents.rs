//! The agents of a handover: the latest fact about each, regardless of the order of arrival.

use super::{MAX_CLOCK_SKEW_MS, Step};
use crate::contract::{Agent, AgentEvent, EventKind, Timestamp};
use serde::{Deserialize, Serialize};

/// The maximum number of remembered agents. A handover has a few. Beyond the maximum, a forgotten agent may be reported
/// again.
const MAX_AGENTS: usize = 32;

/// The known facts about the agents. All times are maxima, so the order of arrival does not matter.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Agents {
    known: Vec<KnownAgent>,
    last_join: Option<Timestamp>,
    last_message: Option<Timestamp>,
    last_departure: Option<Timestamp>,
    last_transfer: Option<Timestamp>,
    /// The time of the last poll.
    last_poll: Option<Timestamp>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
struct KnownAgent {
    agent: Agent,
    present: bool,
    at: Timestamp,
}

impl KnownAgent {
    /// Completes an agent who is present with a later description. Reports a name that was missing.
    fn named(&mut self, agent: &Agent) -> Vec<Step> {
        let named = self.agent.name.is_none() && agent.name.is_some();
        complete(&mut self.agent, agent);
        if named { vec![Step::AgentNamed(self.agent.clone())] } else { Vec::new() }
    }
}

/// The meaning of an agent's departure.
pub(super) enum Departure {
    /// The agent was present.
    Left(Agent),
    /// No such agent was known to be present.
    Unknown,
    /// The last poll found the agent present, at most a clock difference after the departure.
    Uncertain,
    /// The departure is not new.
    Known,
}

impl Agents {
    /// Adjusts times after our clock was set back: an earlier poll must not override new events. The contact center's
    /// times do not change. A time later than `now` is from our clock.
    pub(super) fn step_back(&mut self, back: u64, now: Timestamp) {
        self.last_poll = self.last_poll.map(|at| at.saturating_sub(back));
        let latest = [&mut self.last_join, &mut self.last_message, &mut self.last_departure, &mut self.last_transfer];
        let times = latest.into_iter().flatten().chain(self.known.iter_mut().map(|known| &mut known.at));
        for at in times.filter(|at| **at > now) {
            *at = at.saturating_sub(back);
        }
    }

    /// Returns whether an agent is present.
    pub(super) fn is_anyone_present(&self) -> bool {
        self.known.iter().any(|known| known.present)
    }

    /// Returns whether this agent is present.
    pub(super) fn has(&self, agent: &Agent) -> bool {
        self.known.iter().any(|known| known.present && same(&known.agent, agent))
    }

    /// Returns whether an agent is expected: an agent transferred the user, and no agent has joined since.
    pub(super) fn is_agent_expected(&self) -> bool {
        self.last_transfer > self.last_join
    }

    /// Returns whether no agent is present and this time is after the last join and message and not before the last
    /// departure.
    pub(super) fn is_empty_since(&self, at: Timestamp) -> bool {
        !self.is_anyone_present() && Some(at) > self.last_join.max(self.last_message) && Some(at) >= self.last_departure
    }

    /// Records a message of a person. Returns whether it shows that an agent is present. A message that is not later
    /// than the last departure does not, because the agent who left may have written it. A message does not complete a
    /// transfer, because other agents may be present.
    pub(super) fn spoke(&mut self, time: Option<Timestamp>) -> bool {
        self.last_message = self.last_message.max(time);
        self.last_departure.is_none() || time > self.last_departure
    }

    /// Records the time of a join. An event without a time may precede a transfer, so it does not complete one.
    pub(super) fn arrived(&mut self, time: Option<Timestamp>) {
        self.last_join = self.last_join.max(time);
    }

    /// Records a transfer.
    pub(super) fn transferred(&mut self, at: Timestamp) {
        self.last_transfer = self.last_transfer.max(Some(at));
    }

    /// Records that an agent joined.
    pub(super) fn joined(&mut self, agent: &Agent, at: Timestamp) -> Vec<Step> {
        if self.is_outdated(at) {
            return if !self.has(agent) && self.may_be_skewed(at) { vec![Step::Poll] } else { Vec::new() };
        }
        if is_nameless(agent) {
            // Any later departure may be this agent's, and any agent who is present may be this one.
            let old = Some(at) <= self.last_departure;
            if old || (self.is_anyone_present() && !self.is_agent_expected()) {
                return Vec::new();
            }
        }
        match self.find(agent) {
            Some(known) if known.present => {
                known.at = known.at.max(at);
                known.named(agent)
            }
            // If the times are equal, a departure overrides a join.
            Some(known) if at <= known.at => Vec::new(),
            _ => self.add(agent, at),
        }
    }

    /// Records that an agent left.
    pub(super) fn left(&mut self, agent: &Agent, at: Timestamp) -> Departure {
        if self.is_outdated(at) {
            return if self.has(agent) && self.may_be_skewed(at) { Departure::Uncertain } else { Departure::Known };
        }
        let Some(known) = self.find(agent) else {
            self.remember(KnownAgent { agent: agent.clone(), present: false, at });
            self.last_departure = self.last_departure.max(Some(at));
            return Departure::Unknown;
        };
        if at < known.at || (at == known.at && !known.present) {
            return Departure::Known;
        }
        known.at = at;
        complete(&mut known.agent, agent);
        let departure = if std::mem::replace(&mut known.present, false) {
            Departure::Left(known.agent.clone())
        } else if is_nameless(agent) {
            // It may be another agent without a name.
            Departure::Unknown
        } else {
            return Departure::Known;
        };
        self.last_departure = self.last_departure.max(Some(at));
        departure
    }

    /// Returns the agent that an unknown agent must be: the only one who is present, if either has no name.
    pub(super) fn only_candidate(&self, agent: &Agent, at: Timestamp) -> Option<Agent> {
        let mut present = self.known.iter().filter(|known| known.present);
        let only = present.next().filter(|only| only.at <= at && (is_nameless(agent) || is_nameless(&only.agent)))?;
        present.next().is_none().then(|| only.agent.clone())
    }

    /// Applies the result of a poll. Returns `None` if a later poll was already applied.
    pub(super) fn polled(&mut self, events: &[AgentEvent], asked: Timestamp) -> Option<Vec<Step>> {
        if Some(asked) < self.last_poll {
            return None;
        }
        let present_agents = self.found(events, asked);
        let mut steps = Vec::new();
        for (agent, joined_at) in &present_agents {
            self.arrived(Some(*joined_at));
            let is_anyone_present = self.is_anyone_present();
            match self.find(agent) {
                // An event that arrived since the poll is newer.
                Some(known) if !known.present && known.at > asked => {}
                Some(known) if known.present => steps.extend(known.named(agent)),
                None if is_anyone_present && is_nameless(agent) => {}
                _ => steps.extend(self.add(agent, asked).into_iter().filter(|step| *step != Step::Poll)),
            }
        }
        // An agent without a name in the result may be any known one.
        let nameless = present_agents.iter().any(|(agent, _)| is_nameless(agent));
        self.known.retain(|known| {
            let gone = !nameless && !present_agents.iter().any(|(agent, _)| same(agent, &known.agent));
            if known.at <= asked && known.present && gone {
                self.last_departure = self.last_departure.max(Some(asked));
                steps.push(Step::AgentLeft(known.agent.clone()));
            }
            known.at > asked || (known.present && !gone)
        });
        self.last_poll = Some(asked);
        Some(steps)
    }

    /// Returns the agents who are present according to a poll, and when each joined.
    fn found<'a>(&mut self, events: &'a [AgentEvent], asked: Timestamp) -> Vec<(&'a Agent, Timestamp)> {
        let mut events: Vec<_> = events.iter().map(|event| (event.time.unwrap_or(asked), &event.kind)).collect();
        events.sort_by_key(|(time, _)| *time);
        let mut present_agents: Vec<(&Agent, Timestamp)> = Vec::new();
        for (time, kind) in events {
            match kind {
                EventKind::AgentJoined(agent) => {
                    present_agents.retain(|(other, _)| !same(other, agent));
                    present_agents.push((agent, time.min(asked)));
                }
                EventKind::AgentLeft(agent) => present_agents.retain(|(other, _)| !same(other, agent)),
                EventKind::Transferred(agent) => {
                    present_agents.retain(|(other, _)| !same(other, agent));
                    self.transferred(time.min(asked));
                }
                _ => {}
            }
        }
        present_agents
    }

    /// Adds an agent who was not known to be present. A name that appears while an agent without one is present belongs
    /// to that agent.
    fn add(&mut self, agent: &Agent, at: Timestamp) -> Vec<Step> {
        let nameless = self.known.iter().position(|known| known.present && is_nameless(&known.agent));
        let unnamed = nameless.filter(|_| !is_nameless(agent)).map(|index| self.known.swap_remove(index));
        let at = unnamed.as_ref().map_or(at, |unnamed| at.max(unnamed.at));
        let agent = match self.find(agent) {
            Some(known) => {
                complete(&mut known.agent, agent);
                (known.present, known.at) = (true, at);
                known.agent.clone()
            }
            None => {
                self.remember(KnownAgent { agent: agent.clone(), present: true, at });
                agent.clone()
            }
        };
        match unnamed {
            Some(_) => vec![Step::AgentNamed(agent)],
            None if is_nameless(&agent) => vec![Step::AgentJoined(agent), Step::Poll],
            None => vec![Step::AgentJoined(agent)],
        }
    }

    fn find(&mut self, agent: &Agent) -> Option<&mut KnownAgent> {
        self.known.iter_mut().find(|known| same(&known.agent, agent))
    }

    fn remember(&mut self, known: KnownAgent) {
        if self.known.len() >= MAX_AGENTS {
            let least = self.known.iter().enumerate().min_by_key(|(_, known)| (known.present, known.at));
            if let Some((index, _)) = least {
                self.known.swap_remove(index);
            }
        }
        self.known.push(known);
    }

    /// Returns whether a later poll overrides a fact with this time.
    fn is_outdated(&self, at: Timestamp) -> bool {
        Some(at) <= self.last_poll
    }

    /// Returns whether a fact is so close to a poll that a clock difference may reverse their order. Then another poll
    /// is needed.
    fn may_be_skewed(&self, at: Timestamp) -> bool {
        Some(at.saturating_add(MAX_CLOCK_SKEW_MS)) > self.last_poll
    }
}

fn is_nameless(agent: &Agent) -> bool {
    agent.id.is_none() && agent.name.is_none()
}

/// Returns whether two descriptions refer to the same agent: by id if both have one, otherwise by name.
fn same(one: &Agent, other: &Agent) -> bool {
    match (&one.id, &other.id, &one.name, &other.name) {
        (Some(one), Some(other), ..) => one == other,
        (.., Some(one), Some(other)) => one == other,
        _ => is_nameless(one) && is_nameless(other),
    }
}

/// Fills in missing fields.
fn complete(known: &mut Agent, reported: &Agent) {
    let fill = |known: &mut Option<String>, reported: &Option<String>| {
        if known.is_none() {
            known.clone_from(reported);
        }
    };
    fill(&mut known.id, &reported.id);
    fill(&mut known.name, &reported.name);
    fill(&mut known.picture, &reported.picture);
}
