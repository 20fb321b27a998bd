//! Whether agents can serve a user, before a handover.

use crate::api::{Api, permitted};
use crate::hours::{Hours, hours};
use crate::settings::Prepared;
use handover_guest::contract::*;
use handover_guest::imports::Imports;

/// Returns whether agents can serve a user with this routing.
///
/// # Errors
/// The failure, classified by what the caller can do about it, as in the contract.
pub fn check(imports: &mut impl Imports, settings: &Prepared<'_>, routing: &Routing) -> Result<Availability, Failure> {
    let policy = settings.queue()?;
    let mut api = Api::new(imports, settings)?;
    let unknown = Availability {
        state: AvailabilityState::Unknown,
        agents: None,
        waiting: None,
        estimated_wait_seconds: None,
        opens_at: None,
    };
    // A queue that does not exist is an error even if it is closed.
    let queue = api.queue_id(routing.queue.as_deref().map(str::trim).filter(|queue| !queue.is_empty()))?;
    let hours = hours(&mut api, policy.schedule_group, policy.emergency_group)?;
    let closed = |opens_at| Availability { state: AvailabilityState::Closed, opens_at, ..unknown };
    match hours {
        Hours::Closed(opens_at) => return Ok(closed(opens_at)),
        Hours::Emergency => return Ok(closed(None)),
        Hours::Open | Hours::Unlimited | Hours::Unknown(_) => {}
    }
    // The client may lack a permission for one of the numbers.
    let (agents, waiting, wait) = match &queue {
        Some(queue) => (
            permitted(api.agents_on_queue(queue))?.flatten(),
            permitted(api.waiting(queue))?.and_then(|waiting| waiting.count),
            permitted(api.estimated_wait(queue, None))?.flatten(),
        ),
        None => (None, None, None),
    };
    let state = match (hours, agents) {
        (_, Some(0)) => AvailabilityState::Closed,
        (Hours::Open, _) | (Hours::Unlimited, Some(_)) => AvailabilityState::Open,
        _ => AvailabilityState::Unknown,
    };
    Ok(Availability { state, agents, waiting, estimated_wait_seconds: wait, opens_at: None })
}
