//! Limits how many calls run at the same time.

use tokio::sync::{Semaphore, SemaphorePermit};

/// Limits how many calls of a host, or of one connection, run at the same time.
pub(crate) struct Permits {
    calls: Semaphore,
    /// Fewer than `calls`, so that a contact center that does not answer cannot block pure calls.
    effects: Semaphore,
}

impl Permits {
    /// Creates `calls` permits. Three quarters of them also allow a call with effects. There is at least one of each.
    pub(crate) fn new(calls: u32) -> Self {
        let semaphore = |permits: u32| Semaphore::new(usize::try_from(permits).unwrap_or(Semaphore::MAX_PERMITS));
        Self { calls: semaphore(calls.max(1)), effects: semaphore((calls - calls.div_ceil(4)).max(1)) }
    }

    /// Waits for a permit for a pure call.
    pub(crate) async fn pure_call(&self) -> Permit<'_> {
        // The semaphores are never closed.
        Permit { _effect: None, _call: self.calls.acquire().await.ok() }
    }

    /// Returns a permit for a pure call if there is one now.
    pub(crate) fn try_pure_call(&self) -> Option<Permit<'_>> {
        Some(Permit { _effect: None, _call: Some(self.calls.try_acquire().ok()?) })
    }

    /// Waits for a permit for a call with effects.
    pub(crate) async fn call_with_effects(&self) -> Permit<'_> {
        let effect = self.effects.acquire().await.ok();
        Permit { _effect: effect, _call: self.calls.acquire().await.ok() }
    }
}

/// Allows one call until it is dropped.
pub(crate) struct Permit<'a> {
    _effect: Option<SemaphorePermit<'a>>,
    _call: Option<SemaphorePermit<'a>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn calls_with_effects_leave_a_permit_for_a_pure_call() {
        for (calls, with_effects) in [(0, 1), (1, 1), (2, 1), (3, 2), (4, 3), (1000, 750)] {
            let permits = Permits::new(calls);
            assert_eq!(permits.effects.available_permits(), with_effects, "{calls}");
            assert_eq!(permits.calls.available_permits(), calls.max(1) as usize, "{calls}");
        }
        let permits = Permits::new(2);
        let _effect = permits.call_with_effects().await;
        let _pure = permits.pure_call().await;
        assert_eq!(permits.calls.available_permits(), 0);
    }
}
