//! The memory of all instances together.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Limits the linear memory of all instances of a host.
pub(crate) struct MemoryBudget {
    most: usize,
    taken: AtomicUsize,
}

/// The memory of one instance. Dropping it returns the memory to the budget.
pub(crate) struct MemoryShare {
    budget: Arc<MemoryBudget>,
    bytes: usize,
}

impl MemoryBudget {
    pub(crate) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { most, taken: AtomicUsize::new(0) })
    }

    /// Whether half of the budget is free. Otherwise idle instances could leave none for new calls.
    pub(crate) fn is_half_free(&self) -> bool {
        self.taken.load(Ordering::Relaxed) <= self.most / 2
    }

    pub(crate) fn share(self: &Arc<Self>) -> MemoryShare {
        MemoryShare { budget: Arc::clone(self), bytes: 0 }
    }
}

impl MemoryShare {
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Takes `by` bytes from the budget; takes none and returns `false` if fewer are left.
    pub(crate) fn grow(&mut self, by: usize) -> bool {
        let fits = |taken: usize| taken.checked_add(by).filter(|taken| *taken <= self.budget.most);
        let grown = self.budget.taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).is_ok();
        if grown {
            self.bytes += by;
        }
        grown
    }
}

impl Drop for MemoryShare {
    fn drop(&mut self) {
        self.budget.taken.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_has_is_missing_to_others_until_it_goes() {
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
