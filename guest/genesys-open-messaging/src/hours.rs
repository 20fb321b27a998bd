//! The hours of operation, from Genesys's schedule groups and emergency groups.
//!
//! Genesys does not connect them with queues, so the settings name them.

use crate::api::{Api, Call, Kind, accepted, read, segment};
use crate::wire::architect::{EmergencyGroup, Schedule, ScheduleGroup};
use alloc::{
    collections::{BTreeMap, BTreeSet},
    format,
    string::{String, ToString},
    vec::Vec,
};
use business_hours::BusinessHours;
use genesys_cloud::ids::is_uuid;
use genesys_cloud::wire::Reference;
use handover_guest::clip::clip;
use handover_guest::contract::*;
use handover_guest::encoding::query_value;
use handover_guest::http::Status;
use handover_guest::imports::Imports;
use handover_guest::json::Object;
use handover_guest::prepared;
use serde::{Deserialize, Serialize};

/// The seconds for which schedules are cached.
const SCHEDULES_TTL_SECONDS: u32 = 60;
/// The key in the cache. Each connection has its own cache.
const SCHEDULES: &str = "schedules";
const SCHEDULE_GROUPS: &str = "/api/v2/architect/schedulegroups";
const EMERGENCY_GROUPS: &str = "/api/v2/architect/emergencygroups";

/// Whether a contact center is within its hours of operation.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Hours {
    /// It is.
    Open,
    /// It is not. Contains the time at which it opens, if that is known.
    Closed(Option<Timestamp>),
    /// An emergency closes it.
    Emergency,
    /// The settings name no schedule group.
    Unlimited,
    /// A schedule cannot be evaluated. The reason is for people.
    Unknown(String),
}

/// A schedule group with its schedules, as cached.
#[derive(Default, Deserialize, Serialize)]
struct Schedules {
    zone: String,
    open: Vec<Period>,
    closed: Vec<Period>,
    /// Schedules of the group that do not exist.
    missing: u32,
}

#[derive(Clone, Deserialize, Serialize)]
struct Period {
    start: String,
    end: String,
    rule: Option<String>,
}

/// Returns whether it is within the hours of operation now.
///
/// # Errors
/// A group does not exist, or Genesys does not answer.
pub(crate) fn hours(
    api: &mut Api<'_, impl Imports>,
    schedule_group: Option<&str>,
    emergency_group: Option<&str>,
) -> Result<Hours, Failure> {
    if let Some(group) = emergency_group
        && is_emergency(api, group)?
    {
        return Ok(Hours::Emergency);
    }
    let Some(group) = schedule_group else { return Ok(Hours::Unlimited) };
    let schedules = match cached(api) {
        Some(schedules) => schedules,
        None => {
            let schedules = read_schedules(api, group)?;
            api.imports().cache(SCHEDULES, &prepared::encode(&schedules), SCHEDULES_TTL_SECONDS);
            schedules
        }
    };
    let now = api.imports().now();
    Ok(match business_hours(&schedules) {
        Ok(hours) if hours.is_open(now) => Hours::Open,
        Ok(hours) => Hours::Closed(hours.opens_at(now)),
        Err(why) => Hours::Unknown(why),
    })
}

fn cached(api: &mut Api<'_, impl Imports>) -> Option<Schedules> {
    let bytes = api.imports().cached(SCHEDULES)?;
    prepared::decode(&bytes).ok()
}

fn business_hours(schedules: &Schedules) -> Result<BusinessHours, String> {
    if schedules.missing > 0 {
        return Err(format!("{} schedules of the schedule group do not exist", schedules.missing));
    }
    let read = |periods: &[Period]| {
        let schedule = |period: &Period| {
            business_hours::Schedule::read(&period.start, &period.end, period.rule.as_deref())
                .map_err(|error| error.to_string())
        };
        periods.iter().map(schedule).collect::<Result<Vec<_>, _>>()
    };
    let (open, closed) = (read(&schedules.open)?, read(&schedules.closed)?);
    BusinessHours::new(&schedules.zone, open, closed).map_err(|error| error.to_string())
}

fn is_emergency(api: &mut Api<'_, impl Imports>, group: &str) -> Result<bool, Failure> {
    let found = find(api, EMERGENCY_GROUPS, group, |object| Some(EmergencyGroup::of(object).enabled()))?;
    found.ok_or_else(|| missing("emergency group", group))
}

fn read_schedules(api: &mut Api<'_, impl Imports>, group: &str) -> Result<Schedules, Failure> {
    let found = find(api, SCHEDULE_GROUPS, group, |object| {
        let group = ScheduleGroup::of(object);
        let closed = group.closed_schedules().chain(group.holiday_schedules());
        Some((group.time_zone().unwrap_or_default().to_string(), ids(group.open_schedules()), ids(closed)))
    })?;
    let (zone, open, closed) = found.ok_or_else(|| missing("schedule group", group))?;
    let wanted: BTreeSet<&str> = open.iter().chain(&closed).map(String::as_str).collect();
    let mut periods: BTreeMap<String, Period> = BTreeMap::new();
    api.pages("/api/v2/architect/schedules?", |page| {
        for schedule in page.entities().map(Schedule::of) {
            if let Some(id) = schedule.id().filter(|id| wanted.contains(id)) {
                periods.insert(id.into(), Period::of(schedule));
            }
        }
        (periods.len() == wanted.len()).then_some(())
    })?;
    let missing = u32::try_from(wanted.len().saturating_sub(periods.len())).unwrap_or(u32::MAX);
    let of = |ids: &[String]| ids.iter().filter_map(|id| periods.get(id).cloned()).collect();
    Ok(Schedules { open: of(&open), closed: of(&closed), zone, missing })
}

fn ids<'d>(references: impl Iterator<Item = Reference<'d>>) -> Vec<String> {
    references.filter_map(Reference::id).map(String::from).collect()
}

impl Period {
    fn of(schedule: Schedule<'_>) -> Self {
        let text = |field: Option<&str>| field.unwrap_or_default().to_string();
        Self { start: text(schedule.start()), end: text(schedule.end()), rule: schedule.rrule().map(String::from) }
    }
}

/// Finds a group by its id or its exact name.
fn find<R>(
    api: &mut Api<'_, impl Imports>,
    path: &str,
    group: &str,
    look: impl Fn(Object<'_>) -> Option<R>,
) -> Result<Option<R>, Failure> {
    if is_uuid(group) {
        let response = api.call(&Call::get(format!("{path}/{}", segment(group)?)))?;
        if Status::of(&response) == Status::NotFound {
            return Ok(None);
        }
        return Ok(look(read(&accepted(response, Kind::Reads)?)?.root()));
    }
    // The filter may match other names as well.
    api.pages(&format!("{path}?name={}&", query_value(group)), |page| {
        page.entities().find(|object| EmergencyGroup::of(*object).name() == Some(group)).and_then(&look)
    })
}

fn missing(kind: &str, group: &str) -> Failure {
    Failure::Credentials(format!("no {kind} has the id or the name {} of the settings", clip(group)))
}
