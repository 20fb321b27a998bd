//! What supervisors do in a conversation: they read along, coach the agent, or speak with the customer.
//!
//! No published detail event tells of them; that there is none is unconfirmed.

use jiff::Timestamp;

use super::happening::What;
use super::{Agent, Conversation, Participant, Purpose, Supervision, SupervisorRole, WrongPhase};

impl Conversation {
    /// A supervisor takes up a role beside the agent who came first, or another role than before.
    pub(crate) fn supervise(
        &mut self,
        supervisor: Agent,
        role: SupervisorRole,
        now: Timestamp,
    ) -> Result<(), WrongPhase> {
        self.require_agent()?;
        let watched_id = self.agent().map(|agent| agent.id.clone()).ok_or(WrongPhase::NoAgent)?;
        let present = self.participants.iter().position(|one| one.is_connected() && one.is(&supervisor));
        let participant = match present.and_then(|at| self.participants.get_mut(at)) {
            Some(present) if present.supervision.is_none() => {
                return Err(WrongPhase::TakesPart(present.name.clone()));
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
                joining.supervision = Some(Supervision { role, watched_id });
                self.join(joining.clone());
                joining
            }
        };
        self.note(What::Supervised, participant, now);
        Ok(())
    }
}
