//! Parses and formats times in ISO 8601, and parses HTTP dates.

use crate::contract::Timestamp;
use alloc::{format, string::String};
use time::format_description::well_known::{Rfc2822, Rfc3339};
use time::{OffsetDateTime, UtcDateTime};

/// Formats a time as `yyyy-MM-ddTHH:mm:ss.SSSZ`. Returns `None` after the year 9999.
pub fn format(time: Timestamp) -> Option<String> {
    let seconds = i64::try_from(time / 1000).ok()?;
    let (date, clock) = UtcDateTime::from_unix_timestamp(seconds).ok().map(|at| (at.date(), at.time()))?;
    let ((year, month, day), (hour, minute, second)) = (date.to_calendar_date(), clock.as_hms());
    let (month, milli) = (u8::from(month), time % 1000);
    Some(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z"))
}

/// Parses an RFC 3339 time, with a precision of milliseconds. Returns `None` for a time before 1970 and for any other
/// format.
pub fn parse(text: &str) -> Option<Timestamp> {
    let time = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    u64::try_from(time.unix_timestamp_nanos() / 1_000_000).ok()
}

/// Parses the date of an HTTP response (RFC 9110, section 5.6.7, `IMF-fixdate`), which is an RFC 2822 date in GMT.
pub fn parse_http_date(text: &str) -> Option<Timestamp> {
    let time = OffsetDateTime::parse(text, &Rfc2822).ok()?;
    u64::try_from(time.unix_timestamp()).ok()?.checked_mul(1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_and_formats_iso_8601() {
        assert_eq!(parse("2026-03-01T10:03:00.456Z"), Some(1_772_359_380_456));
        assert_eq!(parse("2026-03-01T11:03:00+01:00"), Some(1_772_359_380_000));
        assert_eq!(format(1_772_359_380_456).as_deref(), Some("2026-03-01T10:03:00.456Z"));
        assert_eq!(parse("yesterday"), None);
        assert_eq!(parse("1969-12-31T23:59:59Z"), None);
        assert_eq!(format(u64::MAX), None);
        assert_eq!(format(253_402_300_800_000), None);
    }

    #[test]
    fn parses_the_http_date_of_a_response() {
        // The example of RFC 9110, section 5.6.7; `date --date` returns 784111777 for it.
        assert_eq!(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777_000));
        assert_eq!(parse_http_date("1994-11-06T08:49:37Z"), None);
        assert_eq!(parse_http_date(""), None);
    }
}
