//! A list of bounded length that drops its oldest items.

use std::collections::VecDeque;

/// A list of at most `limit` items, oldest first.
#[derive(Clone, Debug)]
pub(crate) struct Ring<T> {
    items: VecDeque<T>,
    limit: usize,
}

impl<T> Ring<T> {
    /// Creates an empty ring for at most `limit` items.
    pub(crate) fn new(limit: usize) -> Self {
        Self { items: VecDeque::new(), limit }
    }

    /// Appends `item` and drops the oldest item if there are more than `limit`.
    pub(crate) fn push(&mut self, item: T) {
        self.items.push_back(item);
        if self.items.len() > self.limit {
            self.items.pop_front();
        }
    }

    /// Returns the items, oldest first.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.items.iter()
    }

    /// Returns the items as mutable references, oldest first.
    pub(crate) fn iter_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut T> {
        self.items.iter_mut()
    }

    /// Returns the number of items.
    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }
}

#[cfg(test)]
mod tests {
    use super::Ring;

    #[test]
    fn drops_the_oldest_item() {
        let mut ring = Ring::new(2);
        for item in ["a", "b", "c"] {
            ring.push(item);
        }
        assert_eq!(ring.iter().copied().collect::<Vec<_>>(), ["b", "c"]);
        assert_eq!(ring.len(), 2);
    }
}
