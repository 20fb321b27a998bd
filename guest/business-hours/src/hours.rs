//! Schedules together: when it is open, and when it opens.

use crate::error::UnknownTimeZone;
use crate::occurrences::later;
use crate::schedule::{Interval, Schedule};
use crate::zone::TimeZone;
use alloc::vec::Vec;
use time::Date;

/// How far ahead [`BusinessHours::opens_at`] looks, in days.
const MAX_DAYS_AHEAD: i32 = 366;

/// Business hours: open in any of the open schedules, except in those that close.
#[derive(Clone, Debug)]
pub struct BusinessHours {
    zone: TimeZone,
    open: Vec<Schedule>,
    closed: Vec<Schedule>,
}

impl BusinessHours {
    /// Creates business hours in a time zone of the IANA database, such as `Europe/Berlin`. The offsets
    /// from 2025 to 2045 are known.
    ///
    /// # Errors
    /// There is no such time zone.
    pub fn new(zone: &str, open: Vec<Schedule>, closed: Vec<Schedule>) -> Result<Self, UnknownTimeZone> {
        let zone = TimeZone::find(zone.trim()).ok_or(UnknownTimeZone)?;
        Ok(Self { zone, open, closed })
    }

    /// Returns whether it is open at a time, in milliseconds since 1970.
    #[must_use]
    pub fn is_open(&self, at: u64) -> bool {
        let Some((at, today)) = self.date(at) else { return false };
        let contains = |schedules: &[Schedule]| {
            let tomorrow = later(today, 1).unwrap_or(today);
            let intervals = schedules.iter().flat_map(|schedule| schedule.intervals(self.zone, today, tomorrow));
            intervals.into_iter().any(|(start, end)| (start..end).contains(&at))
        };
        contains(&self.open) && !contains(&self.closed)
    }

    /// Returns the next time at which it opens, in milliseconds since 1970. Returns `None` if it is open, or if it does not
    /// open within a year.
    #[must_use]
    pub fn opens_at(&self, after: u64) -> Option<u64> {
        if self.is_open(after) {
            return None;
        }
        let (after, today) = self.date(after)?;
        let until = later(today, MAX_DAYS_AHEAD)?;
        let sorted = |schedules: &[Schedule]| {
            let intervals = schedules.iter().flat_map(|schedule| schedule.intervals(self.zone, today, until));
            let mut intervals: Vec<Interval> = intervals.filter(|(_, end)| *end > after).collect();
            intervals.sort_unstable();
            intervals
        };
        let closed = sorted(&self.closed);
        let opens = |(start, end): Interval| {
            let after_closed =
                |at: i64, (from, until): &Interval| if (*from..*until).contains(&at) { *until } else { at };
            let at = closed.iter().fold(start.max(after), after_closed);
            (at < end).then_some(at)
        };
        let first = sorted(&self.open).into_iter().filter_map(opens).min()?;
        u64::try_from(first).ok()
    }

    /// Returns a time as a signed number, and its local date.
    fn date(&self, at: u64) -> Option<(i64, Date)> {
        let at = i64::try_from(at).ok()?;
        Some((at, self.zone.date(at)?))
    }
}
