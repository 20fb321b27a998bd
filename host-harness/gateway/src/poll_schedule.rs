//! Which recipient may be polled next. More polls may be due than the contact center permits, so each gets a time of its own,
//! in the order in which they became due. A lottery would let some wait for very long.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

/// How long a time is kept for a recipient whose poll does not come.
const GRACE: Duration = Duration::from_secs(60);

/// The times of the polls that are due.
#[derive(Debug)]
pub(crate) struct PollSchedule {
    /// The time that one request takes of the limit.
    period: Duration,
    /// The time without polls that later polls may make up for.
    burst: Duration,
    /// When the next request that has no time yet may be made.
    next_free: Instant,
    /// The times of the recipients that wait.
    assigned: HashMap<String, Instant>,
    /// When unused times were removed.
    swept: Instant,
}

impl PollSchedule {
    /// Creates a schedule for this number of requests a minute. After a time without polls, up to `burst` may be made at once.
    pub(crate) fn new(requests_per_minute: NonZeroU32, burst: NonZeroU32, now: Instant) -> Self {
        let period = Duration::from_secs(60) / requests_per_minute.get();
        Self { period, burst: period * burst.get(), next_free: now, assigned: HashMap::new(), swept: now }
    }

    /// Returns whether a poll of a recipient, which makes this number of requests, may be made now. Otherwise returns how long
    /// it waits for its time.
    pub(crate) fn check(&mut self, recipient: &str, requests: NonZeroU32, now: Instant) -> Result<(), Duration> {
        self.sweep(now);
        let time = match self.assigned.get(recipient) {
            Some(time) => *time,
            None => self.assign(recipient, requests, now),
        };
        if time <= now { Ok(()) } else { Err(time - now) }
    }

    fn assign(&mut self, recipient: &str, requests: NonZeroU32, now: Instant) -> Instant {
        let time = self.next_free.max(now.checked_sub(self.burst).unwrap_or(now));
        self.next_free = time + self.period * requests.get();
        self.assigned.insert(recipient.to_owned(), time);
        time
    }

    /// Records that the poll of a recipient is made.
    pub(crate) fn polled(&mut self, recipient: &str) {
        self.assigned.remove(recipient);
    }

    /// Removes times whose polls did not come, such as those of handovers that have ended.
    fn sweep(&mut self, now: Instant) {
        if now.saturating_duration_since(self.swept) >= GRACE {
            self.swept = now;
            self.assigned.retain(|_, time| now.saturating_duration_since(*time) < GRACE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    const TWO: NonZeroU32 = NonZeroU32::new(2).unwrap();
    const BURST: NonZeroU32 = NonZeroU32::new(10).unwrap();

    #[test]
    fn every_recipient_is_polled_although_more_polls_are_due_than_permitted() {
        // 75 requests a minute permit the polls of 200 recipients, two requests each, every 320 seconds.
        let start = Instant::now();
        let mut schedule = PollSchedule::new(NonZeroU32::new(75).unwrap(), BURST, start);
        let mut due: Vec<_> = (0..200).map(|number| start + Duration::from_millis(number * 37)).collect();
        let mut polled: BTreeMap<usize, Vec<Duration>> = BTreeMap::new();
        let (mut now, mut requests) = (start, 0);
        while now < start + Duration::from_secs(3_600) {
            for (number, due) in due.iter_mut().enumerate().filter(|(_, due)| **due <= now) {
                let recipient = number.to_string();
                *due = match schedule.check(&recipient, TWO, now) {
                    Ok(()) => {
                        schedule.polled(&recipient);
                        requests += 2;
                        polled.entry(number).or_default().push(now - start);
                        now + Duration::from_secs(60)
                    }
                    Err(wait) => now + wait,
                };
            }
            now += Duration::from_millis(100);
        }
        assert_eq!(polled.len(), 200);
        for (number, times) in &polled {
            let longest = times.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or_default();
            assert!((11..=12).contains(&times.len()) && longest <= Duration::from_secs(390), "{number}: {longest:?}");
        }
        assert!((75 * 58..=75 * 60 + BURST.get()).contains(&requests), "{requests}");
    }

    #[test]
    fn a_time_that_is_not_used_does_not_last() {
        let start = Instant::now();
        let mut schedule = PollSchedule::new(NonZeroU32::new(60).unwrap(), BURST, start);
        for number in 0..20 {
            let _ = schedule.check(&number.to_string(), NonZeroU32::MIN, start);
        }
        let later = start + Duration::from_secs(600);
        assert_eq!(schedule.check("new", NonZeroU32::MIN, later), Ok(()));
        assert_eq!(schedule.assigned.len(), 1);
    }

    #[test]
    fn a_poll_keeps_its_time_until_it_is_made() {
        let start = Instant::now();
        let mut schedule = PollSchedule::new(NonZeroU32::new(60).unwrap(), BURST, start);
        assert_eq!(schedule.check("a", NonZeroU32::new(5).unwrap(), start), Ok(()));
        assert_eq!(schedule.check("b", NonZeroU32::MIN, start), Err(Duration::from_secs(5)));
        assert_eq!(schedule.check("c", NonZeroU32::MIN, start), Err(Duration::from_secs(6)));
        let later = start + Duration::from_secs(2);
        assert_eq!(schedule.check("b", NonZeroU32::MIN, later), Err(Duration::from_secs(3)));
        assert_eq!(schedule.check("c", NonZeroU32::MIN, start + Duration::from_secs(6)), Ok(()));
        assert_eq!(schedule.check("b", NonZeroU32::MIN, start + Duration::from_secs(7)), Ok(()));
    }
}
