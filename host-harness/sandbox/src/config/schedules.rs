//! Schedules, schedule groups and emergency groups ("Architect API").

use serde::Deserialize;

/// A schedule.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ScheduleConfig {
    /// The name.
    pub name: String,
    /// The start of the first period: a local date and time, such as `2026-01-05T08:00:00.000`.
    pub start: String,
    /// The end of the first period: a local date and time.
    pub end: String,
    /// How it repeats (RFC 5545, section 3.3.10). Default: it does not.
    pub rrule: Option<String>,
}

/// A schedule group.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ScheduleGroupConfig {
    /// The name.
    pub name: String,
    /// The time zone, such as `Europe/Berlin`.
    pub time_zone: String,
    /// The names of the schedules in which it is open. Default: none.
    #[serde(default)]
    pub open: Vec<String>,
    /// The names of the schedules in which it is closed nevertheless. Default: none.
    #[serde(default)]
    pub closed: Vec<String>,
    /// The names of the schedules with its holidays. Default: none.
    #[serde(default)]
    pub holidays: Vec<String>,
}

/// An emergency group.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct EmergencyGroupConfig {
    /// The name.
    pub name: String,
    /// Whether the emergency is declared. The desk can change it. Default: `false`.
    #[serde(default)]
    pub enabled: bool,
}
