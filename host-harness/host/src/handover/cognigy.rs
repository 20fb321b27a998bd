//! A handover in the words of Cognigy, for its lookup of the handover's status.

use super::{AlreadyInProgress, State};
use crate::contract::EndReason;

/// The status, or that of a start which was refused.
///
/// Cognigy's `completed` means that an agent has dealt with the matter, `cancelled` that it ended before. A handover that
/// expired is of the second kind: nobody did anything for too long, and a flow that goes on from `completed` would thank
/// the user for a talk that there was not.
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
    fn every_state_has_its_status() {
        assert_eq!(status(Ok(State::Queued)), "queue");
        assert_eq!(status(Ok(State::Active)), "active");
        assert_eq!(status(Ok(State::Ended(&EndReason::Completed))), "completed");
        assert_eq!(status(Ok(State::Ended(&EndReason::Cancelled))), "cancelled");
        assert_eq!(status(Ok(State::Ended(&EndReason::Expired))), "cancelled");
        assert_eq!(status(Ok(State::Ended(&EndReason::Error("no route".into())))), "error");
        assert_eq!(status(Err(AlreadyInProgress)), "already in progress");
    }
}
