//! One schedule.

use crate::error::ScheduleError;
use crate::occurrences::{last_counted, later, occurrences};
use crate::rule::{Rule, Until, calendar_date};
use crate::zone::TimeZone;
use alloc::vec::Vec;
use time::{Date, PlainDateTime, SignedDuration, Time};

/// The maximum length of an occurrence, in days.
const MAX_DAYS: i32 = 366;

/// A period in local time, which may repeat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    start: PlainDateTime,
    /// From the start to the end, by the clock on the wall.
    length: SignedDuration,
    days: i32,
    rule: Option<Rule>,
    /// The date of the last occurrence that `COUNT` permits.
    last: Option<Date>,
}

/// Half-open, in milliseconds since 1970.
pub(crate) type Interval = (i64, i64);

impl Schedule {
    /// Reads a schedule. `start` and `end` are local: `2026-01-05T08:00:00`. `rule` is a recurrence rule (RFC 5545, section
    /// 3.3.10); without one, there is a single occurrence.
    ///
    /// Supported are the frequencies `DAILY`, `WEEKLY`, `MONTHLY` and `YEARLY`, with every part but `BYHOUR`, `BYMINUTE` and
    /// `BYSECOND` with other values than those of the start. `UNTIL` with a date only includes the whole day.
    ///
    /// # Errors
    /// A time or the rule is not valid.
    pub fn read(start: &str, end: &str, rule: Option<&str>) -> Result<Self, ScheduleError> {
        let (start, end) = (read_time("start", start)?, read_time("end", end)?);
        if end <= start {
            return Err(ScheduleError::EndsBeforeStart);
        }
        let length = end - start;
        let days = i32::try_from(length.whole_days()).ok().filter(|days| *days <= MAX_DAYS);
        let days = days.ok_or(ScheduleError::TooLong)?;
        let rule = rule.filter(|rule| !rule.trim().is_empty()).map(|rule| Rule::read(rule, start)).transpose()?;
        let last = rule.as_ref().and_then(|rule| last_counted(rule, start.date()));
        Ok(Self { start, length, days, rule, last })
    }

    /// Returns the occurrences that start on the dates from `from` to `until`, or that started before and last until
    /// `from`.
    pub(crate) fn intervals(&self, zone: TimeZone, from: Date, until: Date) -> Vec<Interval> {
        // An occurrence may end on the day after its last whole day, and a gap may move it.
        let earliest = later(from, -(self.days + 2)).unwrap_or(from);
        let until = self.last.map_or(until, |last| until.min(last));
        let dates = match &self.rule {
            Some(rule) => occurrences(rule, self.start.date(), earliest, until),
            None => Some(self.start.date()).filter(|date| (earliest..=until).contains(date)).into_iter().collect(),
        };
        dates.into_iter().filter_map(|date| self.interval(zone, date)).collect()
    }

    /// Returns the occurrence on a date. Returns `None` if it is after `UNTIL`.
    fn interval(&self, zone: TimeZone, date: Date) -> Option<Interval> {
        let start = PlainDateTime::new(date, self.start.time());
        let end = start.checked_add(self.length)?;
        let (starts, ends) = (zone.time_of(start), zone.time_of(end));
        let is_over = match self.rule.as_ref().and_then(|rule| rule.until) {
            Some(Until::Local(last)) => start > last,
            Some(Until::Utc(last)) => starts > last,
            None => false,
        };
        (!is_over).then_some((starts, ends))
    }
}

/// Reads `2026-01-05T08:00:00`, with or without a fraction of the second.
fn read_time(field: &'static str, text: &str) -> Result<PlainDateTime, ScheduleError> {
    let read = || {
        let (date, time) = text.trim().split_once('T')?;
        let (time, fraction) = time.split_once('.').unwrap_or((time, ""));
        let [year, month, day] = numbers(date, '-')?;
        let [hour, minute, second] = numbers(time, ':')?;
        fraction.bytes().all(|byte| byte.is_ascii_digit()).then_some(())?;
        let digits = fraction.bytes().chain(*b"000").take(3);
        let milliseconds = digits.fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0'));
        let part = |number: i16| u8::try_from(number).ok();
        let time = Time::from_hms_milli(part(hour)?, part(minute)?, part(second)?, milliseconds).ok()?;
        Some(PlainDateTime::new(calendar_date(year, month, day)?, time))
    };
    read().filter(|time| (1900..=2200).contains(&time.year())).ok_or(ScheduleError::InvalidTime(field))
}

/// Reads three numbers of digits only.
fn numbers(text: &str, separator: char) -> Option<[i16; 3]> {
    let mut numbers = [0; 3];
    let mut parts = text.split(separator);
    for number in &mut numbers {
        let part = parts.next().filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()))?;
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_local_times_with_and_without_a_fraction() {
        let expected = |milliseconds| {
            let time = Time::from_hms_milli(8, 30, 0, milliseconds).expect("a time");
            Ok(PlainDateTime::new(calendar_date(2026, 1, 5).expect("a date"), time))
        };
        for text in ["2026-01-05T08:30:00", " 2026-01-05T08:30:00.000 ", "2026-01-05T08:30:00.000000"] {
            assert_eq!(read_time("start", text), expected(0), "{text}");
        }
        for text in ["2026-01-05T08:30:00.25", "2026-01-05T08:30:00.250", "2026-01-05T08:30:00.2504"] {
            assert_eq!(read_time("start", text), expected(250), "{text}");
        }
        for text in [
            "",
            "2026-01-05",
            "2026-01-05T08:30",
            "2026-01-05T08:30:00Z",
            "2026-13-05T08:30:00",
            "1-2-3T4:5:6",
            "2026-01-05T08:30:00+01:00",
            "2026-+1-05T08:30:00",
            "99999-01-05T08:30:00",
        ] {
            assert_eq!(read_time("end", text), Err(ScheduleError::InvalidTime("end")), "{text}");
        }
    }

    #[test]
    fn refuses_an_end_before_the_start_and_a_long_period() {
        let read = |end| Schedule::read("2026-01-05T08:00:00", end, None);
        assert_eq!(read("2026-01-05T08:00:00"), Err(ScheduleError::EndsBeforeStart));
        assert_eq!(read("2027-02-05T08:00:00"), Err(ScheduleError::TooLong));
        assert!(read("2027-01-06T07:00:00").is_ok());
    }
}
