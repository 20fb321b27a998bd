//! The memory budget of all instances.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Limits the linear memory of all instances of a host.
pub(crate) struct MemoryBudget {
    limit: usize,
    used: AtomicUsize,
}

/// The memory of one instance. Dropping it returns the memory to the budget.
pub(crate) struct MemoryShare {
    budget: Arc<MemoryBudget>,
    bytes: usize,
}

impl MemoryBudget {
    pub(crate) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { limit, used: AtomicUsize::new(0) })
    }

    /// Returns whether half of the budget is free. Otherwise idle instances could leave no memory for new calls.
    pub(crate) fn is_half_free(&self) -> bool {
        self.used.load(Ordering::Relaxed) <= self.limit / 2
    }

    pub(crate) fn share(self: &Arc<Self>) -> MemoryShare {
        MemoryShare { budget: Arc::clone(self), bytes: 0 }
    }
}

impl MemoryShare {
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Reserves `by` bytes; reserves none and returns `false` if fewer are left.
    pub(crate) fn grow(&mut self, by: usize) -> bool {
        let fits = |used: usize| used.checked_add(by).filter(|used| *used <= self.budget.limit);
        let grown = self.budget.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).is_ok();
        if grown {
            self.bytes += by;
        }
        grown
    }
}

impl Drop for MemoryShare {
    fn drop(&mut self) {
        self.budget.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dropping_an_instance_frees_its_reserved_memory() {
        let budget = MemoryBudget::new(10);
        let (mut one, mut other) = (budget.share(), budget.share());
        assert!(one.grow(7) && !other.grow(4) && other.grow(3) && !one.grow(1) && !one.grow(usize::MAX));
        drop(one);
        assert!(other.grow(7) && !other.grow(1));
        assert_eq!(other.bytes(), 10);
        assert!(!budget.is_half_free());
        drop(other);
        assert!(budget.is_half_free());
    }
}
