//! What waits to be sent, in lanes in which order is kept. Pure.

use std::collections::{HashMap, VecDeque};

/// How many things of one lane may wait.
const MAX_WAITING: usize = 1_000;

/// How many lanes may have things that wait.
const MAX_LANES: usize = 10_000;

/// Where in its lane something goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// At the end.
    Last,
    /// After the one that comes next; never out, if there is none.
    AfterTheNext,
}

/// Lanes by name.
#[derive(Debug)]
pub(crate) struct Lanes<T>(HashMap<String, Lane<T>>);

#[derive(Debug)]
struct Lane<T> {
    waiting: VecDeque<T>,
    /// Those that go after the next one.
    held: Vec<T>,
    /// Whether a task empties it.
    running: bool,
}

// Derived `Default`s would ask for `T: Default`.
impl<T> Default for Lanes<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T> Default for Lane<T> {
    fn default() -> Self {
        Self { waiting: VecDeque::new(), held: Vec::new(), running: false }
    }
}

impl<T> Lanes<T> {
    /// Puts `thing` into a lane. Gives it back when too many wait.
    pub(crate) fn put(&mut self, lane: &str, thing: T, place: Place) -> Option<T> {
        if self.0.len() >= MAX_LANES && !self.0.contains_key(lane) {
            return Some(thing);
        }
        let lane = self.0.entry(lane.to_owned()).or_default();
        if lane.waiting.len() + lane.held.len() >= MAX_WAITING {
            return Some(thing);
        }
        match place {
            Place::AfterTheNext => lane.held.push(thing),
            Place::Last => {
                lane.waiting.push_back(thing);
                lane.waiting.extend(lane.held.drain(..));
            }
        }
        None
    }

    /// Whether the lane needs a task that empties it; the caller then is to start it.
    pub(crate) fn starts(&mut self, lane: &str) -> bool {
        match self.0.get_mut(lane) {
            Some(lane) if !lane.running && !lane.waiting.is_empty() => {
                lane.running = true;
                true
            }
            _ => false,
        }
    }

    /// The lane's next thing; none ends its task.
    pub(crate) fn next(&mut self, name: &str) -> Option<T> {
        let lane = self.0.get_mut(name)?;
        let next = lane.waiting.pop_front();
        if next.is_none() {
            lane.running = false;
            if lane.held.is_empty() {
                self.0.remove(name);
            }
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn emptied(lanes: &mut Lanes<&'static str>, lane: &str) -> Vec<&'static str> {
        std::iter::from_fn(|| lanes.next(lane)).collect()
    }

    #[test]
    fn order_is_kept_but_for_what_goes_after_the_next() {
        let mut lanes = Lanes::default();
        lanes.put("a", "1", Place::AfterTheNext);
        assert!(!lanes.starts("a"), "nothing can be sent yet");
        lanes.put("a", "2", Place::Last);
        lanes.put("b", "x", Place::Last);
        lanes.put("a", "3", Place::Last);
        assert!(lanes.starts("a"));
        assert!(!lanes.starts("a"), "one task is enough");
        assert_eq!(emptied(&mut lanes, "a"), ["2", "1", "3"]);
        assert!(lanes.starts("b"));
        lanes.put("a", "4", Place::Last);
        assert!(lanes.starts("a"), "its task has ended");
    }

    #[test]
    fn no_lane_and_no_number_of_lanes_grows_without_bound() {
        let mut lanes = Lanes::default();
        for _ in 0..MAX_WAITING {
            assert_eq!(lanes.put("a", "x", Place::Last), None);
        }
        assert_eq!(lanes.put("a", "one more", Place::Last), Some("one more"));
        for number in 1..MAX_LANES {
            assert_eq!(lanes.put(&number.to_string(), "x", Place::Last), None);
        }
        assert_eq!(lanes.put("another", "x", Place::Last), Some("x"));
        emptied(&mut lanes, "a");
        assert_eq!(lanes.put("another", "x", Place::Last), None, "an emptied lane makes room");
    }
}
