//! A handover in the words of Botpress: the events and the action of its interface `hitl`, version 0.4.0.

use super::Step;
use crate::contract::LeaveReason;

/// The event that tells Botpress of a step; the other steps are messages, or nothing to it.
///
/// `hitlStopped` has no reason, and its plugin takes each for "the agent closed the ticket"; one that comes after
/// `stopHitl` it ignores. `hitlAssigned` makes the plugin say that somebody has joined, so a name that is learnt later
/// is not another.
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
        | Step::Observe
        | Step::Leave(_) => None,
    }
}

/// What the `reason` of the action `stopHitl` means. Without one, or with one that is not known, a flow took the user
/// back.
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
    fn agents_who_come_and_the_end_are_events() {
        let agent = || Agent { id: Some("a".into()), name: None, picture: None };
        assert_eq!(event(&Step::AgentJoined(agent())), Some("hitlAssigned"));
        for reason in
            [EndReason::Completed, EndReason::Cancelled, EndReason::Expired, EndReason::Error("no route".into())]
        {
            assert_eq!(event(&Step::Ended(reason)), Some("hitlStopped"));
        }
        for step in [Step::AgentNamed(agent()), Step::AgentLeft(agent()), Step::Transferred(agent()), Step::Observe] {
            assert_eq!(event(&step), None);
        }
    }

    #[test]
    fn each_reason_to_stop_is_one_to_leave() {
        assert_eq!(leave_reason(Some("cancel")), LeaveReason::UserLeft);
        assert_eq!(leave_reason(Some("timeout")), LeaveReason::UserInactive);
        assert_eq!(leave_reason(None), LeaveReason::Withdrawn);
    }
}
