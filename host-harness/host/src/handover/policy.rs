//! The operator's policy for handovers.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::time::Duration;

/// The operator's policy for handovers. An absent duration never expires. Durations are serialized in milliseconds.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Policy {
    /// What happens to a message after the end. Default: it is displayed as late.
    pub after_end: AfterEnd,
    /// How long a handover stays open after the last known agent left without a transfer. Then it counts as completed.
    /// Default: absent, because agents may return; the handover then ends only with a reported end.
    #[serde(with = "milliseconds")]
    pub unattended: Option<Duration>,
    /// How long the user may wait in the queue until the handover ends. A transfer back to the queue restarts the
    /// timer. Default: absent, because the right time depends on the contact center.
    #[serde(with = "milliseconds")]
    pub assignment_timeout: Option<Duration>,
    /// How long the user may be silent after an agent joined or either side wrote. Default: absent, because many
    /// contact centers have such a timer of their own.
    #[serde(with = "milliseconds")]
    pub user_inactivity: Option<Duration>,
    /// The times of the user's silence after which the platform is asked to speak, before `user_inactivity` ends the
    /// handover: increasing. They count from the last message of an agent, and not while the user waits for an answer.
    /// Default: none.
    #[serde(with = "milliseconds_list", skip_serializing_if = "Vec::is_empty")]
    pub inactivity_prompts: Vec<Duration>,
    /// Whether conversations can be polled: the provider has the ability
    /// [`Observation`](crate::contract::Ability::Observation) and the host uses it. Default: no.
    pub can_poll: bool,
}

/// What happens to a message after the end.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AfterEnd {
    /// It is displayed as late.
    #[default]
    Deliver,
    /// It is held for the next handover.
    Hold,
    /// It starts another handover if a person wrote it; otherwise it is displayed as late.
    Reopen,
}

/// Optional durations in whole milliseconds.
mod milliseconds {
    use super::{Deserialize, Deserializer, Duration, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(time: &Option<Duration>, to: S) -> Result<S::Ok, S::Error> {
        time.map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX)).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
        Ok(Option::<u64>::deserialize(from)?.map(Duration::from_millis))
    }
}

/// Durations in whole milliseconds.
mod milliseconds_list {
    use super::{Deserialize, Deserializer, Duration, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(times: &[Duration], to: S) -> Result<S::Ok, S::Error> {
        let times: Vec<_> = times.iter().map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX)).collect();
        times.serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Duration>, D::Error> {
        Ok(Vec::<u64>::deserialize(from)?.into_iter().map(Duration::from_millis).collect())
    }
}
