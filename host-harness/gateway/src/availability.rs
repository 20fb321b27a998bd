//! Whether agents are available before a handover. All gateways share the answers, because the contact center limits
//! requests and many users may ask at once.

use crate::clock::now;
use crate::connection_service::{ConnectionService, RecentFailure};
use crate::mailbox::REQUEST_TIMEOUT;
use crate::mailbox::time::after;
use crate::record;
use crate::store::{Content, Family, Revision, StoreError, none_on_conflict};
use handover_host::Error;
use handover_host::contract::{Availability, Failure, Routing, Timestamp};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The time for which an answer applies.
const VALIDITY: Duration = Duration::from_secs(60);
/// The time for which a failure applies, unless the contact center asks for a longer delay.
const FAILURE_VALIDITY: Duration = Duration::from_secs(10);
/// The maximum number of answers that are kept for a connection: one for each routing.
const MAX_ANSWERS: usize = 50;

/// The last answers for a connection, the latest last.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct StoredAvailability {
    answers: Vec<Answer>,
}

/// An answer for one routing.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Answer {
    routing: Routing,
    asked: Timestamp,
    availability: Availability,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unanswered {
    /// The provider did not answer.
    #[error(transparent)]
    Provider(#[from] Error<Failure>),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl StoredAvailability {
    /// Returns the answer for a routing if it still applies.
    fn find(&self, routing: &Routing, now: Timestamp) -> Option<&Availability> {
        let applies =
            |answer: &&Answer| answer.routing == *routing && answer.asked <= now && now < after(answer.asked, VALIDITY);
        self.answers.iter().find(applies).map(|answer| &answer.availability)
    }

    /// Adds an answer, and removes those that no longer apply.
    fn add(&mut self, answer: Answer) {
        let is_kept = |other: &Answer| other.routing != answer.routing && answer.asked < after(other.asked, VALIDITY);
        self.answers.retain(is_kept);
        if self.answers.len() >= MAX_ANSWERS {
            self.answers.remove(0);
        }
        self.answers.push(answer);
    }
}

/// Returns whether agents can serve a user with this routing, as the contact center reported within the last minute.
pub(crate) async fn check(service: &ConnectionService, routing: &Routing) -> Result<Availability, Unanswered> {
    if let Some(availability) = load(service).await?.0.find(routing, now()) {
        return Ok(availability.clone());
    }
    // Requests for the same answer wait for the first of them.
    let mut recent_failure = service.lock_availability().await;
    let (mut stored, revision) = load(service).await?;
    let asked = now();
    if let Some(availability) = stored.find(routing, asked) {
        return Ok(availability.clone());
    }
    if let Some(recent) = recent_failure.as_ref().filter(|recent| recent.routing == *routing && asked < recent.until) {
        return Err(Error::Provider(recent.failure.clone()).into());
    }
    let availability = match service.connection().with_call_time(REQUEST_TIMEOUT).check_availability(routing).await {
        Ok(availability) => availability,
        Err(Error::Provider(failure)) => {
            let until = after(now(), pause(&failure));
            *recent_failure = Some(RecentFailure { routing: routing.clone(), until, failure: failure.clone() });
            tracing::warn!(connection = service.name(), ?failure, "the availability of agents is unknown");
            return Err(Error::Provider(failure).into());
        }
        Err(error) => return Err(error.into()),
    };
    stored.add(Answer { routing: routing.clone(), asked, availability: availability.clone() });
    let content = Content { value: record::encode("availability", &stored)?, due: None };
    // After a conflict, another gateway has stored an answer in the meantime, and this one is asked for again.
    let saved = service.mailboxes().store().save(Family::Availability, service.name(), revision, content).await;
    if let Err(error) = none_on_conflict(saved) {
        tracing::warn!(connection = service.name(), %error, "the availability of agents cannot be stored");
    }
    Ok(availability)
}

/// Returns how long a failure applies.
fn pause(failure: &Failure) -> Duration {
    match failure {
        Failure::Retry(advice) => FAILURE_VALIDITY.max(Duration::from_secs(advice.after_seconds.unwrap_or(0).into())),
        _ => FAILURE_VALIDITY,
    }
}

async fn load(service: &ConnectionService) -> Result<(StoredAvailability, Option<Revision>), StoreError> {
    let record = service.mailboxes().store().load(Family::Availability, service.name()).await?;
    let revision = record.as_ref().map(|record| record.revision);
    // Answers of another version are worth nothing after a minute.
    let stored = record.and_then(|record| record::decode("availability", &record.content.value).ok());
    Ok((stored.unwrap_or_default(), revision))
}

#[cfg(test)]
mod tests {
    use super::*;
    use handover_host::contract::AvailabilityState;

    fn answer(queue: &str, asked: Timestamp, agents: u32) -> Answer {
        let routing = Routing { queue: Some(queue.into()), ..Routing::default() };
        let availability = Availability {
            state: AvailabilityState::Open,
            agents: Some(agents),
            waiting: None,
            estimated_wait_seconds: None,
            opens_at: None,
        };
        Answer { routing, asked, availability }
    }

    fn agents(stored: &StoredAvailability, queue: &str, now: Timestamp) -> Option<u32> {
        stored.find(&answer(queue, 0, 0).routing, now)?.agents
    }

    #[test]
    fn an_answer_applies_for_a_minute_to_its_routing() {
        let mut stored = StoredAvailability::default();
        stored.add(answer("a", 1_000, 1));
        stored.add(answer("b", 2_000, 2));
        assert_eq!(
            [agents(&stored, "a", 1_000), agents(&stored, "a", 60_999), agents(&stored, "a", 61_000)],
            [Some(1), Some(1), None]
        );
        assert_eq!([agents(&stored, "b", 61_999), agents(&stored, "c", 2_000)], [Some(2), None]);
        // A clock that was set back does not prolong it.
        assert_eq!(agents(&stored, "a", 999), None);
        stored.add(answer("a", 3_000, 3));
        assert_eq!((agents(&stored, "a", 3_000), stored.answers.len()), (Some(3), 2));
    }

    #[test]
    fn the_number_of_answers_is_bounded() {
        let mut stored = StoredAvailability::default();
        for queue in 0..100 {
            stored.add(answer(&queue.to_string(), 1_000, queue));
        }
        assert_eq!((stored.answers.len(), agents(&stored, "99", 1_000)), (MAX_ANSWERS, Some(99)));
        stored.add(answer("x", 61_000, 0));
        assert_eq!(stored.answers.len(), 1);
    }
}
