//! Checks what the platform and waiting users learn about queues and hours of operation.

use super::outcome::{failed, passed, unreadable_check, warning};
use crate::api::Api;
use crate::hours::{Hours, hours};
use crate::lookup::FoundQueue;
use crate::settings::QueuePolicy;
use alloc::{format, string::String};
use handover_guest::contract::*;
use handover_guest::imports::Imports;
use handover_guest::time;

/// Checks whether waiting users get their position and the estimated wait in this queue.
pub(super) fn check_queue_state(api: &mut Api<'_, impl Imports>, queue: &str) -> Check {
    const NAME: &str = "queue-state";
    const REMEDY: &str = "Give the OAuth client a role with analytics:queueObservation:view and routing:queue:view, or set \
         queue-state-interval to 0.";
    let waiting = match api.waiting(queue) {
        Ok(waiting) => {
            waiting.count.map_or_else(|| "an unknown number of users".into(), |count| format!("{count} users"))
        }
        Err(failure) => return unreadable_check(NAME, failure, REMEDY),
    };
    match api.estimated_wait(queue, None) {
        Ok(Some(seconds)) => passed(NAME, &format!("{waiting} wait; the estimated wait is {seconds} s")),
        Ok(None) => passed(NAME, &format!("{waiting} wait; Genesys estimates no wait")),
        Err(failure) => unreadable_check(NAME, failure, REMEDY),
    }
}

/// Warns if Genesys ends inactive conversations of a queue by itself. Returns `None` if it does not.
pub(super) fn check_queue_inactivity(queue: &FoundQueue) -> Option<Check> {
    let seconds = queue.ends_after_seconds?;
    Some(warning(
        "queue-inactivity",
        &format!("Genesys ends a conversation of the queue after {seconds} s without a message"),
        &format!(
            "If the platform should speak before that, set user-inactivity of the gateway to less than {seconds} s, or change the \
             inactivity timeout in Admin > Contact Center > Queues."
        ),
    ))
}

/// Checks the schedule group and the emergency group. Returns `None` if the settings name neither.
pub(super) fn check_opening_hours(api: &mut Api<'_, impl Imports>, policy: &QueuePolicy<'_>) -> Option<Check> {
    const NAME: &str = "opening-hours";
    const REMEDY: &str = "Compare schedule-group and emergency-group with Admin > Routing, and give the OAuth client a role with \
         routing:scheduleGroup:view, routing:schedule:view and routing:emergencyGroup:view.";
    if policy.schedule_group.is_none() && policy.emergency_group.is_none() {
        return None;
    }
    Some(match hours(api, policy.schedule_group, policy.emergency_group) {
        Ok(Hours::Open) => passed(NAME, "open now"),
        Ok(Hours::Unlimited) => passed(NAME, "no emergency, and no schedule group is configured"),
        Ok(Hours::Emergency) => passed(NAME, "closed now because of an emergency"),
        Ok(Hours::Closed(Some(at))) => passed(NAME, &format!("closed now; opens at {}", formatted(at))),
        Ok(Hours::Closed(None)) => warning(
            NAME,
            "closed now, and no schedule opens within a year",
            "Compare the open schedules of the schedule group with Admin > Routing > Schedules.",
        ),
        Ok(Hours::Unknown(why)) => warning(
            NAME,
            &format!("the platform cannot learn whether it is open: {why}"),
            "Correct the schedule in Admin > Routing > Schedules.",
        ),
        Err(failure) => failed(NAME, failure, REMEDY),
    })
}

fn formatted(at: Timestamp) -> String {
    time::format(at).unwrap_or_default()
}
