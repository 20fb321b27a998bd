//! The schedule of mailboxes. Pure.

use crate::mailbox::LEASE;
use crate::mailbox::time::after;
use handover_host::contract::Timestamp;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

/// The delay after work that failed.
pub(super) const RETRY_DELAY: Duration = Duration::from_secs(1);

/// The times at which workers must look at mailboxes. Each key occurs at most once.
#[derive(Debug, Default)]
pub(super) struct Schedule {
    entries: HashMap<Arc<str>, Entry>,
    order: BTreeSet<(Timestamp, Arc<str>)>,
    /// Until this time, reported times may come from the clock before it was set back.
    distrusted_until: Option<Timestamp>,
}

/// How long work may report times from before the clock was set back.
const DISTRUST: Duration = LEASE;

#[derive(Debug)]
struct Entry {
    due: Timestamp,
    at: Timestamp,
}

impl Schedule {
    /// Records a change: the mailbox is due at this time, or never. It is scheduled `delay` later, unless the same
    /// change was reported earlier with a shorter delay.
    pub(super) fn changed(&mut self, key: &str, due: Option<Timestamp>, delay: Duration, now: Timestamp) {
        let Some(due) = due else { return self.drop(key) };
        let at = self.bounded(after(due.max(now), delay), now);
        // The same change, reported by the store as well.
        if self.entries.get(key).is_some_and(|known| known.due == due && known.at <= at) {
            return;
        }
        self.drop(key);
        self.put(key.into(), due, at);
    }

    /// Schedules a mailbox for this time or earlier, but not before `soonest`.
    pub(super) fn at_latest(&mut self, key: &str, due: Timestamp, soonest: Timestamp, now: Timestamp) {
        let at = self.bounded(due.max(soonest), now);
        if self.entries.get(key).is_none_or(|known| known.at > at) {
            self.drop(key);
            self.put(key.into(), due, at);
        }
    }

    /// Returns the next scheduled time.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.order.first().map(|(at, _)| *at)
    }

    /// Removes and returns a mailbox that is due now.
    pub(super) fn pop_due(&mut self, now: Timestamp) -> Option<Arc<str>> {
        self.order.first().filter(|(at, _)| *at <= now)?;
        let (_, key) = self.order.pop_first()?;
        self.entries.remove(&key);
        Some(key)
    }

    /// Schedules all mailboxes for now, because the clock was set back and it is unknown how long they have waited. For
    /// some time, later reports are scheduled soon for the same reason.
    pub(super) fn bring_forward(&mut self, now: Timestamp) {
        self.distrusted_until = Some(after(now, DISTRUST));
        for (_, key) in std::mem::take(&mut self.order) {
            if let Some(entry) = self.entries.get_mut(&key) {
                entry.at = entry.at.min(now);
                self.order.insert((entry.at, key));
            }
        }
    }

    /// Returns when to look at a mailbox that is due at this time.
    fn bounded(&mut self, at: Timestamp, now: Timestamp) -> Timestamp {
        self.distrusted_until = self.distrusted_until.filter(|until| *until > now);
        match self.distrusted_until {
            Some(_) => at.min(after(now, RETRY_DELAY)),
            None => at,
        }
    }

    fn put(&mut self, key: Arc<str>, due: Timestamp, at: Timestamp) {
        self.order.insert((at, Arc::clone(&key)));
        self.entries.insert(key, Entry { due, at });
    }

    fn drop(&mut self, key: &str) {
        if let Some((key, entry)) = self.entries.remove_entry(key) {
            self.order.remove(&(entry.at, key));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due_now(schedule: &mut Schedule, now: Timestamp) -> Vec<String> {
        std::iter::from_fn(|| schedule.pop_due(now)).map(|key| key.to_string()).collect()
    }

    #[test]
    fn returns_due_mailboxes_in_order_and_once() {
        let mut schedule = Schedule::default();
        schedule.changed("b", Some(20), Duration::ZERO, 5);
        schedule.changed("a", Some(10), Duration::ZERO, 5);
        schedule.changed("c", Some(30), Duration::ZERO, 5);
        assert_eq!(schedule.next(), Some(10));
        assert_eq!(due_now(&mut schedule, 25), ["a", "b"]);
        assert_eq!(schedule.next(), Some(30));
        assert_eq!(due_now(&mut schedule, 25), [""; 0]);
    }

    #[test]
    fn an_echo_does_not_postpone_but_a_later_change_replaces() {
        let mut schedule = Schedule::default();
        schedule.changed("a", Some(10), Duration::ZERO, 10);
        schedule.changed("a", Some(10), Duration::from_millis(500), 10);
        assert_eq!(schedule.next(), Some(10));
        schedule.changed("b", Some(10), Duration::from_millis(500), 10);
        schedule.changed("b", Some(10), Duration::ZERO, 10);
        assert_eq!(due_now(&mut schedule, 10), ["a", "b"], "the first report wins");
        schedule.changed("a", Some(10), Duration::ZERO, 10);
        schedule.changed("a", Some(11), Duration::from_millis(500), 10);
        assert_eq!(schedule.next(), Some(511));
        schedule.changed("a", None, Duration::ZERO, 10);
        assert_eq!(schedule.next(), None);
    }

    #[test]
    fn a_clock_set_back_postpones_no_task() {
        let mut schedule = Schedule::default();
        schedule.changed("b", Some(3_600_010), Duration::ZERO, 3_600_000);
        schedule.changed("a", Some(3_600_005), Duration::ZERO, 3_600_000);
        assert_eq!(due_now(&mut schedule, 1_000), [""; 0]);
        schedule.bring_forward(1_000);
        assert_eq!(due_now(&mut schedule, 1_000), ["a", "b"]);
        assert_eq!(schedule.next(), None);
    }

    #[test]
    fn times_from_before_the_step_postpone_no_task() {
        let mut schedule = Schedule::default();
        schedule.bring_forward(1_000);
        schedule.changed("a", Some(3_600_005), Duration::ZERO, 1_100);
        schedule.at_latest("b", 3_600_010, 1_200, 1_200);
        assert_eq!(due_now(&mut schedule, 2_100), ["a"]);
        assert_eq!(due_now(&mut schedule, 2_200), ["b"]);
        schedule.changed("c", Some(3_600_020), Duration::ZERO, after(1_000, DISTRUST));
        assert_eq!(schedule.next(), Some(3_600_020), "it is a time of the new clock");
    }

    #[test]
    fn work_brings_a_task_forward_and_never_postpones_it() {
        let mut schedule = Schedule::default();
        schedule.changed("a", Some(100), Duration::ZERO, 0);
        schedule.at_latest("a", 90, 200, 0);
        assert_eq!(schedule.next(), Some(100));
        schedule.at_latest("a", 50, 50, 0);
        assert_eq!(schedule.next(), Some(50));
        assert_eq!(due_now(&mut schedule, 50), ["a"]);
        schedule.at_latest("a", 0, 60, 0);
        assert_eq!(schedule.next(), Some(60));
    }
}
