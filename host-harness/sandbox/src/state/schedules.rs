//! Schedules, schedule groups and emergency groups. The sandbox stores them; it does not evaluate them.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::config::{EmergencyGroupConfig, ScheduleConfig, ScheduleGroupConfig};

/// An object of the Architect API with its name, in the API's format.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) body: Value,
}

/// All schedules and groups of an organization.
#[derive(Debug, Default)]
pub(crate) struct Schedules {
    pub(crate) schedules: Vec<Named>,
    pub(crate) schedule_groups: Vec<Named>,
    pub(crate) emergency_groups: Vec<Named>,
}

/// A schedule group names a schedule that does not exist. Contains the name.
#[derive(Debug)]
pub(crate) struct UnknownSchedule(pub(crate) String);

impl Schedules {
    /// Creates the configured schedules and groups.
    pub(crate) fn new(
        schedules: &[ScheduleConfig],
        schedule_groups: &[ScheduleGroupConfig],
        emergency_groups: &[EmergencyGroupConfig],
    ) -> Result<Self, UnknownSchedule> {
        let schedules: Vec<_> = schedules.iter().map(schedule).collect();
        let groups = schedule_groups.iter().map(|group| schedule_group(group, &schedules));
        Ok(Self {
            schedule_groups: groups.collect::<Result<_, _>>()?,
            schedules,
            emergency_groups: emergency_groups.iter().map(emergency_group).collect(),
        })
    }

    /// Declares or ends an emergency. Returns `None` if there is no such group.
    pub(crate) fn set_emergency(&mut self, id: &str, enabled: bool) -> Option<Value> {
        let group = self.emergency_groups.iter_mut().find(|group| group.id == id)?;
        if let Some(member) = group.body.get_mut("enabled") {
            *member = json!(enabled);
        }
        Some(group.body.clone())
    }

    /// Replaces the schedules in which a group is closed.
    pub(crate) fn set_closed(&mut self, id: &str, names: &[String]) -> Result<Value, SetClosedError> {
        let closed = references(names, &self.schedules)?;
        let group = self.schedule_groups.iter_mut().find(|group| group.id == id).ok_or(SetClosedError::NoGroup)?;
        if let Some(member) = group.body.get_mut("closedSchedules") {
            *member = json!(closed);
        }
        Ok(group.body.clone())
    }
}

/// Why the schedules of a group are not replaced.
#[derive(Debug)]
pub(crate) enum SetClosedError {
    /// There is no such group.
    NoGroup,
    /// There is no such schedule.
    NoSchedule(UnknownSchedule),
}

impl From<UnknownSchedule> for SetClosedError {
    fn from(unknown: UnknownSchedule) -> Self {
        Self::NoSchedule(unknown)
    }
}

fn schedule(config: &ScheduleConfig) -> Named {
    let (start, end, rule) = (&config.start, &config.end, &config.rrule);
    named("schedules", &config.name, &[("start", json!(start)), ("end", json!(end)), ("rrule", json!(rule))])
}

fn schedule_group(config: &ScheduleGroupConfig, schedules: &[Named]) -> Result<Named, UnknownSchedule> {
    let members = [
        ("timeZone", json!(config.time_zone)),
        ("openSchedules", json!(references(&config.open, schedules)?)),
        ("closedSchedules", json!(references(&config.closed, schedules)?)),
        ("holidaySchedules", json!(references(&config.holidays, schedules)?)),
    ];
    Ok(named("schedulegroups", &config.name, &members))
}

/// Returns references to the schedules with these names.
fn references(names: &[String], schedules: &[Named]) -> Result<Vec<Value>, UnknownSchedule> {
    let reference = |name: &String| {
        let schedule = schedules.iter().find(|schedule| schedule.name == *name);
        let Named { id, .. } = schedule.ok_or_else(|| UnknownSchedule(name.clone()))?;
        Ok(json!({ "id": id, "name": name, "selfUri": format!("/api/v2/architect/schedules/{id}") }))
    };
    names.iter().map(reference).collect()
}

fn emergency_group(config: &EmergencyGroupConfig) -> Named {
    let members = [("enabled", json!(config.enabled)), ("emergencyCallFlows", json!([]))];
    named("emergencygroups", &config.name, &members)
}

/// Creates an object with the members that all have. An absent member is omitted.
fn named(kind: &str, name: &str, members: &[(&str, Value)]) -> Named {
    let id = Uuid::new_v4().to_string();
    let mut body = json!({
        "id": id,
        "name": name,
        "version": 1,
        "state": "active",
        "selfUri": format!("/api/v2/architect/{kind}/{id}"),
    });
    if let Some(object) = body.as_object_mut() {
        let present = members.iter().filter(|(_, value)| !value.is_null());
        object.extend(present.map(|(name, value)| ((*name).to_owned(), value.clone())));
    }
    Named { id, name: name.to_owned(), body }
}
