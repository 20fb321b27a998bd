//! Whether a contact center is open: schedules that repeat by a rule of RFC 5545, in a time zone.
//!
//! ```
//! use business_hours::{BusinessHours, Schedule};
//!
//! let weekdays = Schedule::read("2026-01-05T08:00:00", "2026-01-05T18:00:00", Some("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"))?;
//! let holiday = Schedule::read("2026-04-03T00:00:00", "2026-04-04T00:00:00", None)?;
//! let hours = BusinessHours::new("Europe/Berlin", vec![weekdays], vec![holiday])?;
//! // Good Friday, 2026-04-03T10:00:00+02:00. It opens on Monday at 8:00.
//! assert!(!hours.is_open(1_775_203_200_000));
//! assert_eq!(hours.opens_at(1_775_203_200_000), Some(1_775_455_200_000));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![no_std]

extern crate alloc;

mod error;
mod hours;
mod occurrences;
mod rule;
mod schedule;
mod zone;

pub use error::{ScheduleError, UnknownTimeZone};
pub use hours::BusinessHours;
pub use schedule::Schedule;
