//! The actions of agents: accept, decline and transfer a conversation, add other agents, and wrap up.

use jiff::Timestamp;

use crate::state::conversations::conversation::{Conversation, WrongPhase};
use crate::state::conversations::event::{AcdOutcome, EventKind};
use crate::state::conversations::participant::{Agent, DisconnectType, Participant, Purpose, Queue, State, WrapUp};

impl Conversation {
    /// Offers the waiting conversation to an agent.
    pub(crate) fn offer(&mut self, agent: Agent, now: Timestamp) -> Result<(), WrongPhase> {
        self.require_unattended()?;
        self.require_no_alert()?;
        self.alert(agent, now);
        Ok(())
    }

    /// Connects the agent who begins the conversation.
    pub(super) fn begin_by_agent(&mut self, agent: Agent, now: Timestamp) {
        self.alert(agent, now);
        self.connect_alerted(now);
    }

    /// Connects the agent. If another agent is being alerted, returns an error.
    pub(crate) fn accept(&mut self, agent: Agent, now: Timestamp) -> Result<(), WrongPhase> {
        self.require_unattended()?;
        if !self.alerting().is_some_and(|alerted| alerted.is(&agent)) {
            self.require_no_alert()?;
            self.alert(agent.clone(), now);
        }
        self.leave_queue(DisconnectType::Transfer, &AcdOutcome::Answered(agent.user_id), now);
        self.connect_alerted(now);
        Ok(())
    }

    /// Ends the alert of an agent who does not accept. The conversation keeps waiting. If no agent is being alerted, it
    /// is offered to `agent` first.
    pub(crate) fn not_accepted(
        &mut self,
        agent: Option<Agent>,
        disconnect_type: DisconnectType,
        now: Timestamp,
    ) -> Result<(), WrongPhase> {
        self.require_open()?;
        match (self.alerting(), agent) {
            (None, None) => return Err(WrongPhase::NotAlerted),
            (None, Some(agent)) => self.offer(agent, now)?,
            (Some(alerted), Some(agent)) if !alerted.is(&agent) => {
                return Err(WrongPhase::Alerted(alerted.name.clone()));
            }
            (Some(_), _) => {}
        }
        self.leave_agents(State::Alerting, disconnect_type, now);
        // A conversation that was transferred directly to the agent is not in a queue.
        if self.connected(Purpose::Acd).is_none()
            && let Some(queue) = self.last_queue()
        {
            self.wait_in(&queue, now);
        }
        Ok(())
    }

    /// Transfers the conversation from the agents to `queue`, where it waits again.
    pub(crate) fn transfer(&mut self, queue: &Queue, now: Timestamp) -> Result<(), WrongPhase> {
        self.require_agent()?;
        self.leave_agents(State::Connected, DisconnectType::Transfer, now);
        self.wait_in(queue, now);
        Ok(())
    }

    /// Transfers the conversation from the agents to another agent, who is alerted.
    pub(crate) fn transfer_to_agent(&mut self, agent: Agent, now: Timestamp) -> Result<(), WrongPhase> {
        self.require_agent()?;
        self.require_absent(&agent)?;
        self.leave_agents(State::Connected, DisconnectType::Transfer, now);
        self.alert(agent, now);
        Ok(())
    }

    /// Transfers the conversation from its queue or its agents to `queue`.
    pub(crate) fn replace_with_queue(&mut self, queue: &Queue, now: Timestamp) -> Result<(), WrongPhase> {
        self.release(now)?;
        self.wait_in(queue, now);
        Ok(())
    }

    /// Transfers the conversation from its queue or its agents to an agent, who is alerted.
    pub(crate) fn replace_with_agent(&mut self, agent: Agent, now: Timestamp) -> Result<(), WrongPhase> {
        self.require_absent(&agent)?;
        self.release(now)?;
        self.alert(agent, now);
        Ok(())
    }

    /// Connects another agent.
    pub(crate) fn join_conference(&mut self, agent: Agent, now: Timestamp) -> Result<(), WrongPhase> {
        self.require_agent()?;
        self.require_absent(&agent)?;
        self.alert(agent, now);
        self.connect_alerted(now);
        Ok(())
    }

    /// Disconnects one of several agents: `agent`, or the one who joined first.
    pub(crate) fn leave_conference(&mut self, agent: Option<&Agent>, now: Timestamp) -> Result<(), WrongPhase> {
        self.require_agent()?;
        if self.agents().nth(1).is_none() {
            return Err(WrongPhase::NoConference);
        }
        let leaving = match agent {
            Some(agent) => self.agents().find(|present| present.is(agent)).ok_or(WrongPhase::NotPresent)?,
            None => self.agents().next().ok_or(WrongPhase::NoAgent)?,
        };
        let id = leaving.id.clone();
        self.leave(&id, DisconnectType::Client, &EventKind::AgentLeft, now);
        Ok(())
    }

    /// Completes the after-call work of `agent`, or of the agent who left last. Agents who have already completed it
    /// are skipped.
    pub(crate) fn wrap_up(&mut self, agent: Option<&Agent>, done: WrapUp) -> Result<(), WrongPhase> {
        let at = done.at;
        let participant = self.participants.iter_mut().rev().find(|one| {
            one.purpose == Purpose::Agent
                && one.connected_at.is_some()
                && one.state() == State::Disconnected
                && one.wrap_up.is_none()
                && agent.is_none_or(|agent| one.is(agent))
        });
        let participant = participant.ok_or(WrongPhase::NothingToWrapUp)?;
        participant.wrap_up = Some(done);
        let participant = participant.clone();
        self.record(EventKind::WrappedUp, participant, at);
        Ok(())
    }

    fn alert(&mut self, agent: Agent, now: Timestamp) {
        let queue_id = self.queue_id().map(str::to_owned);
        let participant = Participant::alerted(agent, queue_id, now);
        self.join(participant.clone());
        self.record(EventKind::AgentAlerted, participant, now);
    }

    fn connect_alerted(&mut self, now: Timestamp) {
        let alerted = self.participants.iter_mut().find(|one| one.state() == State::Alerting);
        if let Some(participant) = alerted {
            participant.connected_at = Some(now);
            let participant = participant.clone();
            self.record(EventKind::AgentConnected, participant, now);
        }
    }

    fn release(&mut self, now: Timestamp) -> Result<(), WrongPhase> {
        self.require_open()?;
        self.leave_queue(DisconnectType::Transfer, &AcdOutcome::FlowOut, now);
        self.leave_agents(State::Alerting, DisconnectType::Transfer, now);
        self.leave_agents(State::Connected, DisconnectType::Transfer, now);
        Ok(())
    }

    fn leave_agents(&mut self, state: State, disconnect_type: DisconnectType, now: Timestamp) {
        let leaves = |one: &&Participant| one.purpose == Purpose::Agent && one.state() == state && !one.is_silent();
        let leaving = self.participants.iter().filter(leaves);
        let ids: Vec<_> = leaving.map(|one| one.id.clone()).collect();
        for id in ids {
            self.leave(&id, disconnect_type, &EventKind::AgentLeft, now);
        }
    }

    fn leave_queue(&mut self, disconnect_type: DisconnectType, outcome: &AcdOutcome, now: Timestamp) {
        if let Some(id) = self.connected(Purpose::Acd).map(|acd| acd.id.clone()) {
            self.leave(&id, disconnect_type, &EventKind::QueueLeft(outcome.clone()), now);
        }
    }

    fn require_unattended(&self) -> Result<(), WrongPhase> {
        self.require_open()?;
        match self.agent() {
            Some(present) => Err(WrongPhase::HasAgent(present.name.clone())),
            None => Ok(()),
        }
    }

    fn require_no_alert(&self) -> Result<(), WrongPhase> {
        match self.alerting() {
            Some(alerted) => Err(WrongPhase::Alerted(alerted.name.clone())),
            None => Ok(()),
        }
    }

    fn require_absent(&self, agent: &Agent) -> Result<(), WrongPhase> {
        let present = self.participants.iter().find(|one| one.state() != State::Disconnected && one.is(agent));
        match present {
            Some(present) => Err(WrongPhase::AlreadyPresent(present.name.clone())),
            None => Ok(()),
        }
    }
}
