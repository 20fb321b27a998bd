//! Reads recurrence rules (RFC 5545, section 3.3.10).

use crate::error::ScheduleError;
use alloc::{string::String, vec::Vec};
use time::{Date, Month, PlainDateTime, Time, Weekday};

/// The maximum length of a rule, in bytes.
const MAX_BYTES: usize = 1024;
/// The maximum interval between two periods.
const MAX_INTERVAL: i32 = 10_000;

/// The length of a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Frequency {
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

/// A day of the week, or a certain one of a month or a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Day {
    pub(crate) weekday: Weekday,
    /// 1 for the first, -1 for the last. Absent for all.
    pub(crate) ordinal: Option<i32>,
}

/// The last time at which an occurrence may start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Until {
    /// In the time zone of the schedule.
    Local(PlainDateTime),
    /// In milliseconds since 1970.
    Utc(i64),
}

/// A recurrence rule. An empty list does not restrict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) frequency: Frequency,
    pub(crate) interval: i32,
    pub(crate) count: Option<u32>,
    pub(crate) until: Option<Until>,
    pub(crate) days: Vec<Day>,
    pub(crate) month_days: Vec<i32>,
    pub(crate) months: Vec<i32>,
    pub(crate) year_days: Vec<i32>,
    pub(crate) weeks: Vec<i32>,
    /// The positions in each period that are kept (`BYSETPOS`).
    pub(crate) positions: Vec<i32>,
    pub(crate) week_start: Weekday,
}

impl Rule {
    /// Reads a rule of a schedule that starts at `start`. What the rule leaves open follows from the start.
    pub(crate) fn read(text: &str, start: PlainDateTime) -> Result<Self, ScheduleError> {
        if text.len() > MAX_BYTES {
            return Err(invalid(text));
        }
        let text = text.trim().to_ascii_uppercase();
        let text = text.strip_prefix("RRULE:").unwrap_or(&text);
        let mut rule = Self {
            frequency: Frequency::Daily,
            interval: 1,
            count: None,
            until: None,
            days: Vec::new(),
            month_days: Vec::new(),
            months: Vec::new(),
            year_days: Vec::new(),
            weeks: Vec::new(),
            positions: Vec::new(),
            week_start: Weekday::Monday,
        };
        let mut frequency = None;
        for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').ok_or_else(|| invalid(part))?;
            let read = match name.trim() {
                "FREQ" => read_frequency(value.trim()).map(|read| frequency = Some(read)),
                name => rule.read_part(name, value.trim(), start),
            };
            read.ok_or_else(|| invalid(part))?;
        }
        rule.frequency = frequency.ok_or_else(|| invalid("without FREQ"))?;
        rule.check_combination()?;
        rule.complete(start);
        Ok(rule)
    }

    fn read_part(&mut self, name: &str, value: &str, start: PlainDateTime) -> Option<()> {
        match name {
            "INTERVAL" => self.interval = number(value, 1, MAX_INTERVAL)?,
            "COUNT" => self.count = Some(value.parse().ok().filter(|count| *count > 0)?),
            "UNTIL" => self.until = Some(read_until(value)?),
            "BYDAY" => self.days = value.split(',').map(read_day).collect::<Option<_>>()?,
            "BYMONTHDAY" => self.month_days = numbers(value, 31)?,
            "BYMONTH" => self.months = numbers(value, 12).filter(|months| months.iter().all(|month| *month > 0))?,
            "BYYEARDAY" => self.year_days = numbers(value, 366)?,
            "BYWEEKNO" => self.weeks = numbers(value, 53)?,
            "BYSETPOS" => self.positions = numbers(value, 366)?,
            "WKST" => self.week_start = read_weekday(value)?,
            // An occurrence has one time of day, which the start sets.
            "BYHOUR" => same(value, start.hour())?,
            "BYMINUTE" => same(value, start.minute())?,
            "BYSECOND" => same(value, start.second())?,
            _ => return None,
        }
        Some(())
    }

    /// Refuses what RFC 5545 excludes: ordinals, week numbers, month days and year days where they have no meaning.
    fn check_combination(&self) -> Result<(), ScheduleError> {
        let is_long = matches!(self.frequency, Frequency::Monthly | Frequency::Yearly);
        let has_ordinal = self.days.iter().any(|day| day.ordinal.is_some());
        match () {
            () if has_ordinal && (!is_long || !self.weeks.is_empty()) => Err(invalid("BYDAY with a number")),
            () if !self.weeks.is_empty() && self.frequency != Frequency::Yearly => Err(invalid("BYWEEKNO")),
            () if !self.month_days.is_empty() && self.frequency == Frequency::Weekly => Err(invalid("BYMONTHDAY")),
            () if !self.year_days.is_empty() && self.frequency != Frequency::Yearly => Err(invalid("BYYEARDAY")),
            () => Ok(()),
        }
    }

    /// Adds what follows from the start: the day of a rule that names none.
    fn complete(&mut self, start: PlainDateTime) {
        let names_days =
            !(self.days.is_empty() && self.month_days.is_empty() && self.year_days.is_empty() && self.weeks.is_empty());
        if names_days {
            return;
        }
        match self.frequency {
            Frequency::Daily => {}
            Frequency::Weekly => self.days = [Day { weekday: start.date().weekday(), ordinal: None }].into(),
            Frequency::Monthly => self.month_days = [start.day().into()].into(),
            Frequency::Yearly => {
                self.month_days = [start.day().into()].into();
                if self.months.is_empty() {
                    self.months = [u8::from(start.month()).into()].into();
                }
            }
        }
    }
}

fn read_frequency(value: &str) -> Option<Frequency> {
    match value {
        "DAILY" => Some(Frequency::Daily),
        "WEEKLY" => Some(Frequency::Weekly),
        "MONTHLY" => Some(Frequency::Monthly),
        "YEARLY" => Some(Frequency::Yearly),
        _ => None,
    }
}

/// Reads `20261231T170000`, `20261231T160000Z`, or `20261231`, which includes the whole day.
fn read_until(value: &str) -> Option<Until> {
    let (local, is_utc) = value.strip_suffix('Z').map_or((value, false), |local| (local, true));
    let (day, time) = local.split_once('T').map_or((local, None), |(day, time)| (day, Some(time)));
    let time = match time {
        Some(time) => {
            let [hour, minute, second] = digits(time, [2, 2, 2])?;
            Time::from_hms(u8::try_from(hour).ok()?, u8::try_from(minute).ok()?, u8::try_from(second).ok()?).ok()?
        }
        None => Time::MAX,
    };
    let [year, month, day] = digits(day, [4, 2, 2])?;
    let until = PlainDateTime::new(calendar_date(year, month, day)?, time);
    match is_utc {
        true => Some(Until::Utc(until.assume_utc().unix_timestamp() * 1_000 + i64::from(until.millisecond()))),
        false => Some(Until::Local(until)),
    }
}

/// Returns a date, or `None` if the numbers mean none.
pub(crate) fn calendar_date(year: i16, month: i16, day: i16) -> Option<Date> {
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    Date::from_calendar_date(year.into(), month, u8::try_from(day).ok()?).ok()
}

/// Reads three numbers with these lengths that follow each other.
fn digits(text: &str, lengths: [usize; 3]) -> Option<[i16; 3]> {
    let mut rest = Some(text).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?;
    let mut numbers = [0; 3];
    for (number, length) in numbers.iter_mut().zip(lengths) {
        let (digits, behind) = rest.split_at_checked(length)?;
        (*number, rest) = (digits.parse().ok()?, behind);
    }
    rest.is_empty().then_some(numbers)
}

/// Reads `MO`, `1MO` or `-1MO`.
fn read_day(value: &str) -> Option<Day> {
    let value = value.trim();
    let (ordinal, weekday) = value.split_at_checked(value.len().checked_sub(2)?)?;
    let ordinal = if ordinal.is_empty() { None } else { Some(signed(ordinal, 53)?) };
    Some(Day { weekday: read_weekday(weekday)?, ordinal })
}

fn read_weekday(value: &str) -> Option<Weekday> {
    Some(match value {
        "MO" => Weekday::Monday,
        "TU" => Weekday::Tuesday,
        "WE" => Weekday::Wednesday,
        "TH" => Weekday::Thursday,
        "FR" => Weekday::Friday,
        "SA" => Weekday::Saturday,
        "SU" => Weekday::Sunday,
        _ => return None,
    })
}

/// Reads numbers other than 0, from `-maximum` to `maximum`.
fn numbers(value: &str, maximum: i32) -> Option<Vec<i32>> {
    value.split(',').map(|value| signed(value.trim(), maximum)).collect()
}

fn signed(value: &str, maximum: i32) -> Option<i32> {
    number(value, -maximum, maximum).filter(|number| *number != 0)
}

fn number(value: &str, minimum: i32, maximum: i32) -> Option<i32> {
    value.parse().ok().filter(|number| (minimum..=maximum).contains(number))
}

fn same(value: &str, own: u8) -> Option<()> {
    (value.parse() == Ok(own)).then_some(())
}

/// Returns the error for a part, with at most 40 characters of it.
fn invalid(part: &str) -> ScheduleError {
    ScheduleError::InvalidRule(part.chars().take(40).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{format, string::ToString};

    fn at(year: i16, month: i16, day: i16, hour: u8) -> PlainDateTime {
        PlainDateTime::new(
            calendar_date(year, month, day).expect("a date"),
            Time::from_hms(hour, 0, 0).expect("a time"),
        )
    }

    fn read(text: &str) -> Result<Rule, ScheduleError> {
        Rule::read(text, at(2026, 1, 5, 8))
    }

    #[test]
    fn tolerates_case_spaces_and_the_name_of_the_property() {
        let plain = read("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE");
        assert!(plain.is_ok());
        assert_eq!(read(" rrule:freq=weekly; interval=2; byday=mo, we; "), plain);
    }

    #[test]
    fn the_error_names_the_part() {
        for part in [
            "FREQ=HOURLY",
            "INTERVAL=0",
            "COUNT=0",
            "BYDAY=XX",
            "BYDAY=1",
            "BYDAY=",
            "BYMONTH=13",
            "BYMONTH=-1",
            "UNTIL=2026",
            "UNTIL=20261301",
            "UNTIL=20260101T2500",
            "BYHOUR=9",
            "BYHOUR=8,9",
            "X=1",
            "NOTHING",
            "INTERVAL=99999999999",
        ] {
            let error = read(&format!("{part};FREQ=DAILY")).expect_err(part);
            assert!(error.to_string().contains(part), "{error}");
        }
        assert!(read("INTERVAL=1").is_err());
        assert!(read(&"FREQ=DAILY;".repeat(200)).is_err());
        assert!(read("FREQ=WEEKLY;BYDAY=1MO").is_err());
    }

    #[test]
    fn the_time_of_day_of_the_start_may_be_repeated() {
        assert!(read("FREQ=DAILY;BYHOUR=8;BYMINUTE=0;BYSECOND=0").is_ok());
    }

    #[test]
    fn until_a_date_includes_the_day() {
        let until = |text: &str| read(&format!("FREQ=DAILY;UNTIL={text}")).expect("a valid rule").until;
        assert_eq!(
            until("20261231"),
            Some(Until::Local(PlainDateTime::new(calendar_date(2026, 12, 31).expect("a date"), Time::MAX)))
        );
        assert_eq!(until("20261231T170000"), Some(Until::Local(at(2026, 12, 31, 17))));
        // `date --date 2026-12-31T16:00:00Z +%s`
        assert_eq!(until("20261231T160000Z"), Some(Until::Utc(1_798_732_800_000)));
    }
}
