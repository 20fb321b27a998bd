//! Which changes of the queue's state are worth a report.

use crate::contract::QueueState;

/// A wait that changes by more than this is reported, in seconds.
const MINUTE: u32 = 60;

/// Returns the state to report, or `None` if it is not worth a report: neither the position nor the estimated wait
/// changed by more than a fifth, nor the wait by more than a minute. An unknown number keeps its last value.
pub(super) fn changed(reported: &QueueState, state: &QueueState) -> Option<QueueState> {
    let wait = is_new(reported.estimated_wait_seconds, state.estimated_wait_seconds, |before, now| {
        is_another(before, now) || before.abs_diff(now) > MINUTE
    });
    (wait || is_new(reported.position, state.position, is_another)).then(|| QueueState {
        position: state.position.or(reported.position),
        estimated_wait_seconds: state.estimated_wait_seconds.or(reported.estimated_wait_seconds),
    })
}

fn is_new(before: Option<u32>, now: Option<u32>, differs: impl Fn(u32, u32) -> bool) -> bool {
    now.is_some_and(|now| before.is_none_or(|before| differs(before, now)))
}

/// Returns whether a number differs by more than a fifth of the one before.
fn is_another(before: u32, now: u32) -> bool {
    u64::from(before.abs_diff(now)) * 5 > u64::from(before)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(position: Option<u32>, estimated_wait_seconds: Option<u32>) -> QueueState {
        QueueState { position, estimated_wait_seconds }
    }

    #[test]
    fn reports_changes_of_more_than_a_fifth_or_a_minute() {
        for (before, now, reported) in [
            (100, 120, false),
            (100, 121, true),
            (100, 80, false),
            (100, 79, true),
            (1000, 1060, false),
            (1000, 1061, true),
            (1000, 939, true),
            (60, 60, false),
            (0, 0, false),
            (0, 1, true),
        ] {
            let changed = changed(&state(None, Some(before)), &state(None, Some(now)));
            assert_eq!(changed.is_some(), reported, "{before} {now}");
        }
        for (before, now, reported) in [(5, 4, false), (4, 3, true), (2, 1, true), (100, 90, false), (100, 79, true)] {
            let changed = changed(&state(Some(before), None), &state(Some(now), None));
            assert_eq!(changed.is_some(), reported, "{before} {now}");
        }
    }

    #[test]
    fn what_is_no_longer_known_keeps_its_last_value() {
        let before = state(Some(3), Some(100));
        assert_eq!(changed(&before, &state(None, None)), None);
        assert_eq!(changed(&before, &state(None, Some(50))), Some(state(Some(3), Some(50))));
        assert_eq!(changed(&state(None, None), &before), Some(before));
    }
}
