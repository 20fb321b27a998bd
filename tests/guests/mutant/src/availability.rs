//! Faults in `check-availability`.

use crate::failure::{fail, secret};
use crate::fault::on;
use crate::original;
use alloc::vec::Vec;
use handover_guest::contract::*;

pub(crate) fn check(mut settings: Vec<Setting>, mut routing: Routing) -> Result<Availability, Failure> {
    if on("availability: the platform's queue is ignored") {
        routing.queue = None;
    }
    if on("availability: schedules are ignored") {
        settings.retain(|setting| setting.key != "schedule-group");
    }
    if on("availability: emergencies are ignored") {
        settings.retain(|setting| setting.key != "emergency-group");
    }
    let secret = secret(&settings);
    let mut availability = match original::check_availability(&settings, &routing) {
        Err(Failure::Permanent(_) | Failure::Credentials(_)) if on("availability: an unknown name means closed") => {
            return Ok(closed());
        }
        answer => answer.map_err(|failure| fail(failure, &secret))?,
    };
    if on("availability: without agents it is open") && availability.agents == Some(0) {
        availability.state = AvailabilityState::Open;
    }
    if on("availability: unknown means open") && availability.state == AvailabilityState::Unknown {
        availability.state = AvailabilityState::Open;
    }
    if on("availability: unknown numbers are 0") {
        availability.agents.get_or_insert(0);
        availability.waiting.get_or_insert(0);
        availability.estimated_wait_seconds.get_or_insert(0);
    }
    if on("availability: the numbers are dropped") {
        (availability.agents, availability.waiting, availability.estimated_wait_seconds) = (None, None, None);
    }
    Ok(availability)
}

fn closed() -> Availability {
    let state = AvailabilityState::Closed;
    Availability { state, agents: None, waiting: None, estimated_wait_seconds: None, opens_at: None }
}
