//! The actions of supervisors: monitoring, coaching the agent, and writing to the customer.
//!
//! Detail events do not report these actions. Unconfirmed: whether Genesys Cloud has such events.

use jiff::Timestamp;

use crate::state::conversations::conversation::{Conversation, WrongPhase};
use crate::state::conversations::event::EventKind;
use crate::state::conversations::participant::{Agent, Participant, Purpose, Supervision, SupervisorRole};

impl Conversation {
    /// Connects a supervisor to the agent who joined first, or changes the role of a supervisor.
    pub(crate) fn supervise(
        &mut self,
        supervisor: Agent,
        role: SupervisorRole,
        now: Timestamp,
    ) -> Result<(), WrongPhase> {
        self.require_agent()?;
        let monitored_id = self.agent().map(|agent| agent.id.clone()).ok_or(WrongPhase::NoAgent)?;
        let present = self.participants.iter().position(|one| one.is_connected() && one.is(&supervisor));
        let participant = match present.and_then(|at| self.participants.get_mut(at)) {
            Some(present) if present.supervision.is_none() => {
                return Err(WrongPhase::AlreadyPresent(present.name.clone()));
            }
            Some(present) => {
                if let Some(supervision) = &mut present.supervision {
                    supervision.role = role;
                }
                present.clone()
            }
            None => {
                let mut joining = Participant::new(Purpose::Agent, supervisor.name, now);
                joining.user_id = Some(supervisor.user_id);
                joining.supervision = Some(Supervision { role, monitored_id });
                self.join(joining.clone());
                joining
            }
        };
        self.record(EventKind::Supervised, participant, now);
        Ok(())
    }
}
