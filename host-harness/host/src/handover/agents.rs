//! Who is there: of each agent the latest that is known, in whatever order it was told.

use super::{SKEW, Step};
use crate::contract::{Agent, AgentEvent, EventKind, Timestamp};
use serde::{Deserialize, Serialize};

/// Agents to remember. A handover sees a handful; past that, what a forgotten one did can be told again.
const MOST: usize = 32;

/// What is known of the agents. All times are the latest, so that the order of telling is no matter.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Agents {
    seen: Vec<Seen>,
    last_arrival: Option<Timestamp>,
    last_word: Option<Timestamp>,
    last_departure: Option<Timestamp>,
    last_transfer: Option<Timestamp>,
    /// Of when the last observation is.
    observed: Option<Timestamp>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
struct Seen {
    agent: Agent,
    present: bool,
    at: Timestamp,
}

impl Seen {
    /// What a description of an agent who is there adds to what is known.
    fn named(&mut self, agent: &Agent) -> Vec<Step> {
        let named = self.agent.name.is_none() && agent.name.is_some();
        learn(&mut self.agent, agent);
        if named { vec![Step::AgentNamed(self.agent.clone())] } else { Vec::new() }
    }
}

/// What it means that an agent has left.
pub(super) enum Departure {
    /// The agent was there.
    Gone(Agent),
    /// No such agent was known to be there.
    Unseen,
    /// The agent was there when it was last observed, not much later than this.
    Doubtful,
    /// It is no news.
    Known,
}

impl Agents {
    /// Our clock was set back, and is now at this time: what a poll of the time before found must not outweigh what happens
    /// now. Times of the contact center stay; one later than now is ours.
    pub(super) fn step_back(&mut self, back: u64, now: Timestamp) {
        self.observed = self.observed.map(|at| at.saturating_sub(back));
        let latest = [&mut self.last_arrival, &mut self.last_word, &mut self.last_departure, &mut self.last_transfer];
        let times = latest.into_iter().flatten().chain(self.seen.iter_mut().map(|seen| &mut seen.at));
        for at in times.filter(|at| **at > now) {
            *at = at.saturating_sub(back);
        }
    }

    /// Whether anyone is there.
    pub(super) fn anyone(&self) -> bool {
        self.seen.iter().any(|seen| seen.present)
    }

    /// Whether this agent is there.
    pub(super) fn has(&self, agent: &Agent) -> bool {
        self.seen.iter().any(|seen| seen.present && same(&seen.agent, agent))
    }

    /// Whether an agent is to come: one has handed on, and none has come since.
    pub(super) fn expected(&self) -> bool {
        self.last_transfer > self.last_arrival
    }

    /// Whether nobody has been there since some time up to this one.
    pub(super) fn nobody_since(&self, at: Timestamp) -> bool {
        !self.anyone() && Some(at) > self.last_arrival.max(self.last_word) && Some(at) >= self.last_departure
    }

    /// Somebody wrote, no bot. Whether that shows that somebody is there: after a departure it has to be younger, or it
    /// is the last word of who left. It does not show that a transfer is through; others may be there.
    pub(super) fn spoke(&mut self, time: Option<Timestamp>) -> bool {
        self.last_word = self.last_word.max(time);
        self.last_departure.is_none() || time > self.last_departure
    }

    /// Somebody came. What has no time could be from before the transfer: it ends no waiting.
    pub(super) fn arrived(&mut self, time: Option<Timestamp>) {
        self.last_arrival = self.last_arrival.max(time);
    }

    /// Somebody handed on.
    pub(super) fn handed_on(&mut self, at: Timestamp) {
        self.last_transfer = self.last_transfer.max(Some(at));
    }

    /// An agent came.
    pub(super) fn joined(&mut self, agent: &Agent, at: Timestamp) -> Vec<Step> {
        if self.is_outdated(at) {
            return if !self.has(agent) && self.perhaps_skewed(at) { vec![Step::Observe] } else { Vec::new() };
        }
        if is_nameless(agent) {
            // Any departure since may be theirs, and whoever is there may be them.
            let old = Some(at) <= self.last_departure;
            if old || (self.anyone() && !self.expected()) {
                return Vec::new();
            }
        }
        match self.find(agent) {
            Some(seen) if seen.present => {
                seen.at = seen.at.max(at);
                seen.named(agent)
            }
            // At the same time, having left beats having come.
            Some(seen) if at <= seen.at => Vec::new(),
            _ => self.enter(agent, at),
        }
    }

    /// An agent went.
    pub(super) fn left(&mut self, agent: &Agent, at: Timestamp) -> Departure {
        if self.is_outdated(at) {
            return if self.has(agent) && self.perhaps_skewed(at) { Departure::Doubtful } else { Departure::Known };
        }
        let Some(seen) = self.find(agent) else {
            self.remember(Seen { agent: agent.clone(), present: false, at });
            self.last_departure = self.last_departure.max(Some(at));
            return Departure::Unseen;
        };
        if at < seen.at || (at == seen.at && !seen.present) {
            return Departure::Known;
        }
        seen.at = at;
        learn(&mut seen.agent, agent);
        let departure = if std::mem::replace(&mut seen.present, false) {
            Departure::Gone(seen.agent.clone())
        } else if is_nameless(agent) {
            // It may be another one without a name.
            Departure::Unseen
        } else {
            return Departure::Known;
        };
        self.last_departure = self.last_departure.max(Some(at));
        departure
    }

    /// The one agent who could be meant by one that is not known: the only one there, if either has no name.
    pub(super) fn only_candidate(&self, agent: &Agent, at: Timestamp) -> Option<Agent> {
        let mut present = self.seen.iter().filter(|seen| seen.present);
        let only = present.next().filter(|only| only.at <= at && (is_nameless(agent) || is_nameless(&only.agent)))?;
        present.next().is_none().then(|| only.agent.clone())
    }

    /// What an observation found, which was true when it was asked; nothing where a later one has answered already.
    pub(super) fn observed(&mut self, events: &[AgentEvent], asked: Timestamp) -> Option<Vec<Step>> {
        if Some(asked) < self.observed {
            return None;
        }
        let there = self.found(events, asked);
        let mut steps = Vec::new();
        for (agent, came) in &there {
            self.arrived(Some(*came));
            let anyone = self.anyone();
            match self.find(agent) {
                // What came while the answer was under way is newer.
                Some(seen) if !seen.present && seen.at > asked => {}
                Some(seen) if seen.present => steps.extend(seen.named(agent)),
                None if anyone && is_nameless(agent) => {}
                _ => steps.extend(self.enter(agent, asked).into_iter().filter(|step| *step != Step::Observe)),
            }
        }
        // One who is not named there may be anybody who is.
        let nameless = there.iter().any(|(agent, _)| is_nameless(agent));
        self.seen.retain(|seen| {
            let gone = !nameless && !there.iter().any(|(agent, _)| same(agent, &seen.agent));
            if seen.at <= asked && seen.present && gone {
                self.last_departure = self.last_departure.max(Some(asked));
                steps.push(Step::AgentLeft(seen.agent.clone()));
            }
            seen.at > asked || (seen.present && !gone)
        });
        self.observed = Some(asked);
        Some(steps)
    }

    /// Who is there by the events of an observation, and since when.
    fn found<'a>(&mut self, events: &'a [AgentEvent], asked: Timestamp) -> Vec<(&'a Agent, Timestamp)> {
        let mut events: Vec<_> = events.iter().map(|event| (event.time.unwrap_or(asked), &event.kind)).collect();
        events.sort_by_key(|(time, _)| *time);
        let mut there: Vec<(&Agent, Timestamp)> = Vec::new();
        for (time, kind) in events {
            match kind {
                EventKind::AgentJoined(agent) => {
                    there.retain(|(other, _)| !same(other, agent));
                    there.push((agent, time.min(asked)));
                }
                EventKind::AgentLeft(agent) => there.retain(|(other, _)| !same(other, agent)),
                EventKind::Transferred(agent) => {
                    there.retain(|(other, _)| !same(other, agent));
                    self.handed_on(time.min(asked));
                }
                _ => {}
            }
        }
        there
    }

    /// Somebody who was not known to be there is. A name that comes while somebody without one is there is theirs.
    fn enter(&mut self, agent: &Agent, at: Timestamp) -> Vec<Step> {
        let nameless = self.seen.iter().position(|seen| seen.present && is_nameless(&seen.agent));
        let somebody = nameless.filter(|_| !is_nameless(agent)).map(|index| self.seen.swap_remove(index));
        let at = somebody.as_ref().map_or(at, |somebody| at.max(somebody.at));
        let agent = match self.find(agent) {
            Some(seen) => {
                learn(&mut seen.agent, agent);
                (seen.present, seen.at) = (true, at);
                seen.agent.clone()
            }
            None => {
                self.remember(Seen { agent: agent.clone(), present: true, at });
                agent.clone()
            }
        };
        match somebody {
            Some(_) => vec![Step::AgentNamed(agent)],
            None if is_nameless(&agent) => vec![Step::AgentJoined(agent), Step::Observe],
            None => vec![Step::AgentJoined(agent)],
        }
    }

    fn find(&mut self, agent: &Agent) -> Option<&mut Seen> {
        self.seen.iter_mut().find(|seen| same(&seen.agent, agent))
    }

    fn remember(&mut self, seen: Seen) {
        if self.seen.len() >= MOST {
            let least = self.seen.iter().enumerate().min_by_key(|(_, seen)| (seen.present, seen.at));
            if let Some((index, _)) = least {
                self.seen.swap_remove(index);
            }
        }
        self.seen.push(seen);
    }

    /// An observation knew better.
    fn is_outdated(&self, at: Timestamp) -> bool {
        Some(at) <= self.observed
    }

    /// What an observation outweighed by less than clocks may differ is a reason to look again.
    fn perhaps_skewed(&self, at: Timestamp) -> bool {
        Some(at.saturating_add(SKEW)) > self.observed
    }
}

fn is_nameless(agent: &Agent) -> bool {
    agent.id.is_none() && agent.name.is_none()
}

/// Whether two descriptions are of one agent: by the id where both have one, else by the name.
fn same(one: &Agent, other: &Agent) -> bool {
    match (&one.id, &other.id, &one.name, &other.name) {
        (Some(one), Some(other), ..) => one == other,
        (.., Some(one), Some(other)) => one == other,
        _ => is_nameless(one) && is_nameless(other),
    }
}

/// Fills in what was not known.
fn learn(known: &mut Agent, told: &Agent) {
    let fill = |known: &mut Option<String>, told: &Option<String>| {
        if known.is_none() {
            known.clone_from(told);
        }
    };
    fill(&mut known.id, &told.id);
    fill(&mut known.name, &told.name);
    fill(&mut known.picture, &told.picture);
}
