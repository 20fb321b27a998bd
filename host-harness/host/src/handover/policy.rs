//! The operator's policy for handovers.

use serde::{Deserialize, Serialize};

/// The operator's policy for handovers. Times are in milliseconds; an absent one never expires.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Policy {
    /// What happens to a message after the end. Default: it is displayed.
    pub after_end: AfterEnd,
    /// How long no agent may be present after the last known agent left without a transfer, until the handover counts
    /// as completed. Default: absent, because agents come back; then only an end ends it.
    pub unattended: Option<u64>,
    /// How long the user may wait in the queue until the handover ends. A transfer back to the queue restarts it.
    /// Default: absent, because the right time depends on the contact center.
    pub assignment_timeout: Option<u64>,
    /// How long the user may be silent after an agent joined or either side wrote. Default: absent, because many
    /// contact centers have such a timer.
    pub user_inactivity: Option<u64>,
    /// Whether conversations can be polled: the provider has the ability
    /// [`Observation`](crate::contract::Ability::Observation) and the host uses it. Default: no.
    pub observes: bool,
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
