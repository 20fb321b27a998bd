//! The dates on which a rule occurs.
//!
//! A rule divides the time into periods (days, weeks, months, years). The dates of each `INTERVAL`th period that satisfy
//! the rule are its occurrences.

use crate::rule::{Day, Frequency, Rule};
use alloc::vec::Vec;
use time::{Date, Month, SignedDuration, Weekday};

/// The maximum number of periods in which occurrences are counted for `COUNT`: daily in all supported years.
const MAX_COUNTED_PERIODS: i32 = 150_000;

/// Returns the dates from `from` to `until` on which a rule occurs that starts on `start`, in order.
pub(crate) fn occurrences(rule: &Rule, start: Date, from: Date, until: Date) -> Vec<Date> {
    let from = from.max(start);
    if from > until {
        return Vec::new();
    }
    let (first, last) = (period_of(rule, start, from), period_of(rule, start, until));
    // The first period at or after `first` that the interval keeps.
    let first = first + (rule.interval - first.rem_euclid(rule.interval)) % rule.interval;
    let periods = (first..=last).step_by(usize::try_from(rule.interval).unwrap_or(1));
    let dates = periods.flat_map(|period| dates_in(rule, start, period));
    dates.filter(|date| (from..=until).contains(date)).collect()
}

/// Returns the date of the last occurrence that `COUNT` permits. Returns `None` if the rule has no `COUNT`, or if its
/// last occurrence is too far away to matter.
pub(crate) fn last_counted(rule: &Rule, start: Date) -> Option<Date> {
    let count = usize::try_from(rule.count?).ok()?;
    let periods = (0..MAX_COUNTED_PERIODS).map_while(|number| number.checked_mul(rule.interval));
    let dates = periods.take_while(|period| is_supported(rule, start, *period));
    let dates = dates.flat_map(|period| dates_in(rule, start, period)).filter(|date| *date >= start);
    dates.take(count).enumerate().last().filter(|(index, _)| index + 1 == count).map(|(_, date)| date)
}

/// Returns the number of the period of a date, counted from the period of the start.
fn period_of(rule: &Rule, start: Date, date: Date) -> i32 {
    let months = |date: Date| date.year() * 12 + month_number(date);
    match rule.frequency {
        Frequency::Daily => days_between(start, date),
        Frequency::Weekly => days_between(week_of(rule, start), week_of(rule, date)) / 7,
        Frequency::Monthly => months(date) - months(start),
        Frequency::Yearly => date.year() - start.year(),
    }
}

fn is_supported(rule: &Rule, start: Date, period: i32) -> bool {
    first_day(rule, start, period).is_some_and(|first| first.year() < 2300)
}

/// Returns the first day of a period. Returns `None` beyond the years that can be represented.
fn first_day(rule: &Rule, start: Date, period: i32) -> Option<Date> {
    match rule.frequency {
        Frequency::Daily => later(start, period),
        Frequency::Weekly => later(week_of(rule, start), period.checked_mul(7)?),
        Frequency::Monthly => {
            let month = month_number(start) - 1 + period;
            let number = u8::try_from(month.rem_euclid(12) + 1).ok()?;
            Date::from_calendar_date(start.year() + month.div_euclid(12), Month::try_from(number).ok()?, 1).ok()
        }
        Frequency::Yearly => Date::from_ordinal_date(start.year().checked_add(period)?, 1).ok(),
    }
}

/// Returns the dates of a period on which the rule occurs, in order.
fn dates_in(rule: &Rule, start: Date, period: i32) -> Vec<Date> {
    let Some(first) = first_day(rule, start, period) else { return Vec::new() };
    let length = match rule.frequency {
        Frequency::Daily => 1,
        Frequency::Weekly => 7,
        Frequency::Monthly => days_in_month(first),
        Frequency::Yearly => days_in_year(first),
    };
    let days = (0..length).filter_map(|day| later(first, day));
    let dates: Vec<Date> = days.filter(|date| is_selected(rule, *date)).collect();
    if rule.positions.is_empty() {
        return dates;
    }
    let is_kept = |index: usize| {
        let index = i32::try_from(index).unwrap_or(i32::MAX);
        let length = i32::try_from(dates.len()).unwrap_or(i32::MAX);
        matches(&rule.positions, index, length)
    };
    dates.iter().enumerate().filter(|(index, _)| is_kept(*index)).map(|(_, date)| *date).collect()
}

/// Returns whether a date satisfies all parts of the rule but `BYSETPOS`.
fn is_selected(rule: &Rule, date: Date) -> bool {
    let day_of_month = || (i32::from(date.day()) - 1, days_in_month(date));
    let day_of_year = || (i32::from(date.ordinal()) - 1, days_in_year(date));
    let restricts =
        |numbers: &[i32], (index, length): (i32, i32)| numbers.is_empty() || matches(numbers, index, length);
    (rule.months.is_empty() || rule.months.contains(&month_number(date)))
        && (rule.month_days.is_empty() || restricts(&rule.month_days, day_of_month()))
        && (rule.year_days.is_empty() || restricts(&rule.year_days, day_of_year()))
        && (rule.weeks.is_empty() || restricts(&rule.weeks, week_number(rule, date)))
        && (rule.days.is_empty() || rule.days.iter().any(|day| is_day(rule, *day, date)))
}

/// Returns whether one of the numbers means the place with this index: from 1 at the beginning, or from -1 at the end.
fn matches(numbers: &[i32], index: i32, length: i32) -> bool {
    numbers.contains(&(index + 1)) || numbers.contains(&(index - length))
}

fn is_day(rule: &Rule, day: Day, date: Date) -> bool {
    if date.weekday() != day.weekday {
        return false;
    }
    let Some(ordinal) = day.ordinal else { return true };
    // A number counts the weekdays of the month, unless a yearly rule names no month.
    let of_year = rule.frequency == Frequency::Yearly && rule.months.is_empty();
    let (index, length) = match of_year {
        true => (i32::from(date.ordinal()) - 1, days_in_year(date)),
        false => (i32::from(date.day()) - 1, days_in_month(date)),
    };
    let (before, after) = (index / 7, (length - 1 - index) / 7);
    ordinal == before + 1 || ordinal == -(after + 1)
}

/// Returns the index of the week of a date within the year of the week, and the number of weeks of that year. The first
/// week of a year has at least four of its days.
fn week_number(rule: &Rule, date: Date) -> (i32, i32) {
    let week = week_of(rule, date);
    // The fourth day of a week is in the year of the week.
    let year = later(week, 3).unwrap_or(week).year();
    let (first, next) = (first_week(rule, year), first_week(rule, year.saturating_add(1)));
    (days_between(first, week) / 7, days_between(first, next) / 7)
}

/// Returns the first day of the first week of a year: the week with January 4.
fn first_week(rule: &Rule, year: i32) -> Date {
    Date::from_calendar_date(year, Month::January, 4).map_or(Date::MAX, |day| week_of(rule, day))
}

/// Returns the first day of the week of a date.
fn week_of(rule: &Rule, date: Date) -> Date {
    let days = since(date.weekday(), rule.week_start);
    later(date, -days).unwrap_or(date)
}

fn since(weekday: Weekday, start: Weekday) -> i32 {
    let days = |weekday: Weekday| i32::from(weekday.number_days_from_monday());
    (days(weekday) - days(start)).rem_euclid(7)
}

fn days_between(from: Date, to: Date) -> i32 {
    // All supported dates are within 400 years.
    i32::try_from((to - from).whole_days()).unwrap_or(i32::MAX)
}

/// Returns the date some days later. Returns `None` beyond the years that can be represented.
pub(crate) fn later(date: Date, days: i32) -> Option<Date> {
    date.checked_add(SignedDuration::days(days.into()))
}

fn month_number(date: Date) -> i32 {
    u8::from(date.month()).into()
}

fn days_in_month(date: Date) -> i32 {
    date.month().length(date.year()).into()
}

fn days_in_year(date: Date) -> i32 {
    time::util::days_in_year(date.year()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::string::String;
    use time::{PlainDateTime, Time};

    fn date(year: i32, month: u8, day: u8) -> Date {
        Date::from_calendar_date(year, Month::try_from(month).expect("a month"), day).expect("a date")
    }

    fn at_nine(date: Date) -> PlainDateTime {
        PlainDateTime::new(date, Time::from_hms(9, 0, 0).expect("a time"))
    }

    /// Returns the first dates of a rule that starts in 1997 at 9:00, as in RFC 5545, section 3.8.5.3.
    fn dates(rule: &str, start: Date, until: Date) -> String {
        let rule = Rule::read(rule, at_nine(start)).expect("a valid rule");
        let last = last_counted(&rule, start).unwrap_or(until);
        let dates = occurrences(&rule, start, start, until.min(last));
        dates
            .iter()
            .map(|date| format!("{}-{} ", month_number(*date), date.day()))
            .collect::<String>()
            .trim_end()
            .into()
    }

    #[test]
    fn the_examples_of_rfc_5545() {
        let from = |month, day| date(1997, month, day);
        let sep_2 = from(9, 2);
        for (rule, start, until, expected) in [
            ("FREQ=DAILY;COUNT=10", sep_2, from(12, 31), "9-2 9-3 9-4 9-5 9-6 9-7 9-8 9-9 9-10 9-11"),
            ("FREQ=DAILY;INTERVAL=10;COUNT=5", sep_2, from(12, 31), "9-2 9-12 9-22 10-2 10-12"),
            (
                "FREQ=WEEKLY;COUNT=10;WKST=SU;BYDAY=TU,TH",
                sep_2,
                from(12, 31),
                "9-2 9-4 9-9 9-11 9-16 9-18 9-23 9-25 9-30 10-2",
            ),
            (
                "FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=MO,WE,FR",
                from(9, 1),
                from(10, 3),
                "9-1 9-3 9-5 9-15 9-17 9-19 9-29 10-1 10-3",
            ),
            ("FREQ=MONTHLY;COUNT=4;BYDAY=1FR", from(9, 5), from(12, 31), "9-5 10-3 11-7 12-5"),
            ("FREQ=MONTHLY;INTERVAL=2;COUNT=4;BYDAY=1SU,-1SU", from(9, 7), from(12, 31), "9-7 9-28 11-2 11-30"),
            ("FREQ=MONTHLY;BYMONTHDAY=-3", from(9, 28), from(12, 31), "9-28 10-29 11-28 12-29"),
            ("FREQ=MONTHLY;COUNT=6;BYMONTHDAY=1,-1", from(9, 30), from(12, 31), "9-30 10-1 10-31 11-1 11-30 12-1"),
            ("FREQ=YEARLY;BYDAY=20MO", from(5, 19), from(12, 31), "5-19"),
            ("FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", from(5, 12), from(12, 31), "5-12"),
            ("FREQ=YEARLY;BYMONTH=3;BYDAY=TH", from(3, 13), from(12, 31), "3-13 3-20 3-27"),
            ("FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3", from(9, 4), from(12, 31), "9-4 10-7 11-6"),
            ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2", from(9, 29), from(12, 31), "9-29 10-30 11-27 12-30"),
            ("FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO", from(8, 5), from(12, 31), "8-5 8-10 8-19 8-24"),
            ("FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", from(8, 5), from(12, 31), "8-5 8-17 8-19 8-31"),
        ] {
            assert_eq!(dates(rule, start, until), expected, "{rule}");
        }
    }

    #[test]
    fn a_large_count_ends_too() {
        let start = date(1900, 1, 1);
        let rule = Rule::read("FREQ=DAILY;COUNT=40000", at_nine(start)).expect("a valid rule");
        // `date --date '1900-01-01 +39999 days' +%F`
        assert_eq!(last_counted(&rule, start), Some(date(2009, 7, 7)));
    }

    #[test]
    fn the_last_occurrence_may_be_beyond_all_years() {
        let start = date(2026, 2, 28);
        for rule in ["FREQ=YEARLY;INTERVAL=10000;COUNT=5", "FREQ=YEARLY;BYMONTHDAY=30;BYMONTH=2;COUNT=2"] {
            let rule = Rule::read(rule, at_nine(start)).expect("a valid rule");
            assert_eq!(last_counted(&rule, start), None);
        }
    }
}
