//! The fields of Genesys's schedules that this provider reads (Architect API).

use genesys_cloud::wire::Reference;
use handover_guest::json_types;

json_types! {
    /// A schedule group.
    pub struct ScheduleGroup {
        /// The UUID.
        "id" => id: text,
        /// The name.
        "name" => name: text,
        /// The time zone, such as `Europe/Berlin`.
        "timeZone" => time_zone: text,
        /// When it is open.
        "openSchedules" => open_schedules: objects(Reference),
        /// When it is closed nevertheless.
        "closedSchedules" => closed_schedules: objects(Reference),
        /// The holidays, when it is closed too.
        "holidaySchedules" => holiday_schedules: objects(Reference),
    }

    /// A schedule.
    pub struct Schedule {
        /// The UUID.
        "id" => id: text,
        /// The start of the first period: a local date and time without a time zone.
        "start" => start: text,
        /// The end of the first period: a local date and time without a time zone.
        "end" => end: text,
        /// How it repeats (RFC 5545, section 3.3.10). Absent if it does not.
        "rrule" => rrule: text,
    }

    /// An emergency group.
    pub struct EmergencyGroup {
        /// The UUID.
        "id" => id: text,
        /// The name.
        "name" => name: text,
        /// Whether the emergency is declared.
        "enabled" => enabled: boolean,
    }
}
