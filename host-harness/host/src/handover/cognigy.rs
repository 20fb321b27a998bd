//! Handovers in Cognigy's terms, for its lookup of a handover's status.

use super::{AlreadyInProgress, State};
use crate::contract::EndReason;

/// Returns the status of a handover, or of a start that was refused.
///
/// Cognigy's `completed` means that an agent handled the request; `cancelled` means that the handover ended before
/// that. An expired handover is `cancelled`: a flow that continues from `completed` would thank the user for a
/// conversation that did not take place.
#[must_use]
pub fn status(handover: Result<State<'_>, AlreadyInProgress>) -> &'static str {
    match handover {
        Ok(State::Queued) => "queue",
        Ok(State::Active) => "active",
        Ok(State::Ended(EndReason::Completed)) => "completed",
        Ok(State::Ended(EndReason::Cancelled | EndReason::Expired)) => "cancelled",
        Ok(State::Ended(EndReason::Error(_))) => "error",
        Err(AlreadyInProgress) => "already in progress",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_every_state_to_a_status() {
        assert_eq!(status(Ok(State::Queued)), "queue");
        assert_eq!(status(Ok(State::Active)), "active");
        assert_eq!(status(Ok(State::Ended(&EndReason::Completed))), "completed");
        assert_eq!(status(Ok(State::Ended(&EndReason::Cancelled))), "cancelled");
        assert_eq!(status(Ok(State::Ended(&EndReason::Expired))), "cancelled");
        assert_eq!(status(Ok(State::Ended(&EndReason::Error("no route".into())))), "error");
        assert_eq!(status(Err(AlreadyInProgress)), "already in progress");
    }
}
