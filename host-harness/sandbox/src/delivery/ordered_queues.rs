//! Named queues that keep the order of their items. No I/O.

use std::collections::{HashMap, VecDeque};

/// The maximum number of items in a queue.
const MAX_WAITING: usize = 1_000;

/// The maximum number of queues that have items.
const MAX_QUEUES: usize = 10_000;

/// The position at which an item is inserted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Position {
    /// At the end.
    Last,
    /// After the next item that is inserted. If none is inserted, the item is never removed.
    AfterTheNext,
}

/// The queues by name.
#[derive(Debug)]
pub(crate) struct OrderedQueues<T>(HashMap<String, Queue<T>>);

#[derive(Debug)]
struct Queue<T> {
    waiting: VecDeque<T>,
    /// The items of [`Position::AfterTheNext`].
    held: Vec<T>,
    /// Whether a task empties the queue.
    running: bool,
}

// The derived implementations would require `T: Default`.
impl<T> Default for OrderedQueues<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self { waiting: VecDeque::new(), held: Vec::new(), running: false }
    }
}

impl<T> OrderedQueues<T> {
    /// Inserts `item` into a queue. Returns the item if the queue is full or if there are too many queues.
    pub(crate) fn put(&mut self, queue: &str, item: T, position: Position) -> Option<T> {
        if self.0.len() >= MAX_QUEUES && !self.0.contains_key(queue) {
            return Some(item);
        }
        let queue = self.0.entry(queue.to_owned()).or_default();
        if queue.waiting.len() + queue.held.len() >= MAX_WAITING {
            return Some(item);
        }
        match position {
            Position::AfterTheNext => queue.held.push(item),
            Position::Last => {
                queue.waiting.push_back(item);
                queue.waiting.extend(queue.held.drain(..));
            }
        }
        None
    }

    /// Whether the queue has items but no task that empties it. The caller must then start the task.
    pub(crate) fn start(&mut self, queue: &str) -> bool {
        match self.0.get_mut(queue) {
            Some(queue) if !queue.running && !queue.waiting.is_empty() => {
                queue.running = true;
                true
            }
            _ => false,
        }
    }

    /// Removes and returns the next item of the queue. If there is none, the task of the queue must end.
    pub(crate) fn next(&mut self, name: &str) -> Option<T> {
        let queue = self.0.get_mut(name)?;
        let next = queue.waiting.pop_front();
        if next.is_none() {
            queue.running = false;
            if queue.held.is_empty() {
                self.0.remove(name);
            }
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drain(queues: &mut OrderedQueues<&'static str>, queue: &str) -> Vec<&'static str> {
        std::iter::from_fn(|| queues.next(queue)).collect()
    }

    #[test]
    fn keeps_the_order_except_for_after_the_next() {
        let mut queues = OrderedQueues::default();
        queues.put("a", "1", Position::AfterTheNext);
        assert!(!queues.start("a"), "the only item is held until the next one");
        queues.put("a", "2", Position::Last);
        queues.put("b", "x", Position::Last);
        queues.put("a", "3", Position::Last);
        assert!(queues.start("a"));
        assert!(!queues.start("a"), "the queue already has a task");
        assert_eq!(drain(&mut queues, "a"), ["2", "1", "3"]);
        assert!(queues.start("b"));
        queues.put("a", "4", Position::Last);
        assert!(queues.start("a"), "the previous task has ended");
    }

    #[test]
    fn limits_items_and_queues() {
        let mut queues = OrderedQueues::default();
        for _ in 0..MAX_WAITING {
            assert_eq!(queues.put("a", "x", Position::Last), None);
        }
        assert_eq!(queues.put("a", "one more", Position::Last), Some("one more"));
        for number in 1..MAX_QUEUES {
            assert_eq!(queues.put(&number.to_string(), "x", Position::Last), None);
        }
        assert_eq!(queues.put("another", "x", Position::Last), Some("x"));
        drain(&mut queues, "a");
        assert_eq!(queues.put("another", "x", Position::Last), None, "an empty queue does not count");
    }
}
