//! The time zones of the IANA database, from 2025 to 2045.

use time::{Date, PlainDateTime, UtcDateTime};

// `ZONES`: the offsets from UTC by the names of time zones, which are in lower case and sorted. Each offset is in seconds, with
// the time from which it applies, in seconds since 1970.
include!(concat!(env!("OUT_DIR"), "/zones.rs"));

/// A time zone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TimeZone {
    offsets: &'static [(u32, i32)],
}

impl TimeZone {
    /// Finds the time zone with a name, whose letters may be upper or lower case.
    pub(crate) fn find(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let at = ZONES.binary_search_by(|(known, _)| (*known).cmp(&name)).ok()?;
        ZONES.get(at).map(|(_, offsets)| Self { offsets })
    }

    /// Returns the local date at a time, in milliseconds since 1970.
    pub(crate) fn date(self, at: i64) -> Option<Date> {
        let seconds = at.div_euclid(1_000);
        let applies = |(from, _): &&(u32, i32)| i64::from(*from) <= seconds;
        let (_, offset) = self.offsets.iter().rev().find(applies).or(self.offsets.first())?;
        UtcDateTime::from_unix_timestamp(seconds + i64::from(*offset)).ok().map(UtcDateTime::date)
    }

    /// Returns the time of a local time, in milliseconds since 1970. If a change of the clock skips the local time, it is later
    /// by the length of the gap. If the clock shows it twice, it is the first time (RFC 5545, section 3.3.5).
    pub(crate) fn time_of(self, local: PlainDateTime) -> i64 {
        let seconds = local.assume_utc().unix_timestamp();
        let mut offsets = self.offsets.iter().map(|(from, offset)| (i64::from(*from), i64::from(*offset)));
        let (_, mut applies) = offsets.next().unwrap_or_default();
        for (from, next) in offsets {
            // Before the change, or in the gap that it makes.
            if seconds - applies < from || seconds - next < from {
                break;
            }
            applies = next;
        }
        (seconds - applies) * 1_000 + i64::from(local.millisecond())
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::TimeZone;
    use alloc::format;
    use jiff::civil::DateTime;
    use jiff::{SignedDuration, Timestamp};
    use time::{Date, Month, PlainDateTime, Time};

    /// Compares with jiff around every change of every time zone: six hours before and after it, in steps of half an hour.
    #[test]
    fn agrees_with_jiff_around_every_change() {
        let (first, end): (Timestamp, Timestamp) =
            ("2025-01-01T00:00:00Z".parse().expect("a time"), "2045-12-31T00:00:00Z".parse().expect("a time"));
        let mut changes = 0;
        for name in jiff::tz::db().available() {
            let jiff_zone = jiff::tz::TimeZone::get(name.as_str()).expect("a time zone");
            let zone = TimeZone::find(name.as_str()).expect("a time zone");
            let times = jiff_zone.following(first).map(|change| change.timestamp()).take_while(|time| *time < end);
            for change in core::iter::once(first).chain(times) {
                changes += 1;
                for step in -12..=12 {
                    let time = Timestamp::from_second(change.as_second() + step * 1_800).expect("a time");
                    let local = jiff_zone.to_datetime(time);
                    let date = zone.date(time.as_millisecond()).expect("a date");
                    assert_eq!(format!("{date}"), format!("{}", local.date()), "{name} at {time}");
                    let expected = jiff_zone.to_timestamp(local).expect("a time").as_millisecond();
                    assert_eq!(zone.time_of(plain(local)), expected, "{name} at {local}");
                    // An hour later by the clock on the wall may be in a gap.
                    let later = local.checked_add(SignedDuration::from_hours(1)).expect("a time");
                    let expected = jiff_zone.to_timestamp(later).expect("a time").as_millisecond();
                    assert_eq!(zone.time_of(plain(later)), expected, "{name} at {later}");
                }
            }
        }
        assert!(changes > 5_000, "{changes}");
    }

    fn plain(time: DateTime) -> PlainDateTime {
        let part = |number: i8| u8::try_from(number).expect("a positive number");
        let month = Month::try_from(part(time.month())).expect("a month");
        let date = Date::from_calendar_date(time.year().into(), month, part(time.day())).expect("a date");
        let time = Time::from_hms(part(time.hour()), part(time.minute()), part(time.second())).expect("a time");
        PlainDateTime::new(date, time)
    }

    #[test]
    fn finds_names_in_any_case_only() {
        assert!(TimeZone::find("europe/BERLIN").is_some());
        assert!(TimeZone::find("UTC").is_some());
        for name in ["", "Europe", "Europe/Bielefeld", "CET-1CEST,M3.5.0,M10.5.0/3"] {
            assert!(TimeZone::find(name).is_none(), "{name}");
        }
    }
}
