//! Why schedules cannot be used.

use alloc::string::String;
use core::fmt;

/// A schedule cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ScheduleError {
    /// A time is not a local date and time such as `2026-01-05T08:00:00`, or not in the years 1900 to 2200. Contains the
    /// name of the field.
    InvalidTime(&'static str),
    /// The end is not after the start.
    EndsBeforeStart,
    /// It is longer than 366 days.
    TooLong,
    /// A part of the rule is not valid, or not supported. Contains at most 40 characters of the part.
    InvalidRule(String),
}

impl fmt::Display for ScheduleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidTime(field) => {
                write!(f, "the {field} is not a local date and time from 1900 to 2200, such as 2026-01-05T08:00:00")
            }
            Self::EndsBeforeStart => f.write_str("the end is not after the start"),
            Self::TooLong => f.write_str("the time from start to end exceeds 366 days"),
            Self::InvalidRule(part) => {
                write!(
                    f,
                    "the rule has the part {part:?}, which is invalid or not supported (RFC 5545, section 3.3.10)"
                )
            }
        }
    }
}

impl core::error::Error for ScheduleError {}

/// There is no time zone with the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownTimeZone;

impl fmt::Display for UnknownTimeZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the time zone is not in the IANA database")
    }
}

impl core::error::Error for UnknownTimeZone {}
