//! Handovers in Botpress's terms: the events and the action of its interface `hitl`, version 0.4.0.

use super::Step;
use crate::contract::LeaveReason;

/// Returns Botpress's event for a step; `None` for a message or a step without an event.
///
/// `hitlStopped` has no reason: the plugin treats every `hitlStopped` as "the agent closed the ticket" and ignores one
/// after `stopHitl`. `hitlAssigned` makes the plugin report that an agent joined, so a name that becomes known later
/// causes no second event.
#[must_use]
pub fn event(step: &Step) -> Option<&'static str> {
    match step {
        Step::AgentJoined(_) => Some("hitlAssigned"),
        Step::Ended(_) => Some("hitlStopped"),
        Step::Queued(_)
        | Step::AgentNamed(_)
        | Step::AgentLeft(_)
        | Step::Transferred(_)
        | Step::Message(_)
        | Step::LateMessage(_)
        | Step::HoldMessage(_)
        | Step::Reopen(_)
        | Step::Typing(_)
        | Step::Receipt(_)
        | Step::Poll
        | Step::InactivityPrompt(_)
        | Step::Leave(_)
        | Step::Outcome(_) => None,
    }
}

/// Returns the meaning of the `reason` of the action `stopHitl`. Without a known reason, a flow took the user back.
#[must_use]
pub fn leave_reason(reason: Option<&str>) -> LeaveReason {
    match reason {
        Some("cancel") => LeaveReason::UserLeft,
        Some("timeout") => LeaveReason::UserInactive,
        _ => LeaveReason::Withdrawn,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{Agent, EndReason};

    #[test]
    fn maps_joined_agents_and_the_end_to_events() {
        let agent = || Agent { id: Some("a".into()), name: None, picture: None };
        assert_eq!(event(&Step::AgentJoined(agent())), Some("hitlAssigned"));
        for reason in
            [EndReason::Completed, EndReason::Cancelled, EndReason::Expired, EndReason::Error("no route".into())]
        {
            assert_eq!(event(&Step::Ended(reason)), Some("hitlStopped"));
        }
        for step in [Step::AgentNamed(agent()), Step::AgentLeft(agent()), Step::Transferred(agent()), Step::Poll] {
            assert_eq!(event(&step), None);
        }
    }

    #[test]
    fn maps_each_stop_reason_to_a_leave_reason() {
        assert_eq!(leave_reason(Some("cancel")), LeaveReason::UserLeft);
        assert_eq!(leave_reason(Some("timeout")), LeaveReason::UserInactive);
        assert_eq!(leave_reason(None), LeaveReason::Withdrawn);
    }
}
