//! A list that forgets its oldest item rather than grow without bound.

use std::collections::VecDeque;

/// At most `limit` items, the oldest first.
#[derive(Clone, Debug)]
pub(crate) struct Ring<T> {
    items: VecDeque<T>,
    limit: usize,
}

impl<T> Ring<T> {
    /// An empty ring for at most `limit` items.
    pub(crate) fn new(limit: usize) -> Self {
        Self { items: VecDeque::new(), limit }
    }

    /// Appends `item`; drops the oldest when there are too many.
    pub(crate) fn push(&mut self, item: T) {
        self.items.push_back(item);
        if self.items.len() > self.limit {
            self.items.pop_front();
        }
    }

    /// The items, the oldest first.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.items.iter()
    }

    /// The items, the oldest first, to change.
    pub(crate) fn iter_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut T> {
        self.items.iter_mut()
    }

    /// How many items there are now.
    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }
}

#[cfg(test)]
mod tests {
    use super::Ring;

    #[test]
    fn forgets_the_oldest() {
        let mut ring = Ring::new(2);
        for item in ["a", "b", "c"] {
            ring.push(item);
        }
        assert_eq!(ring.iter().copied().collect::<Vec<_>>(), ["b", "c"]);
        assert_eq!(ring.len(), 2);
    }
}
