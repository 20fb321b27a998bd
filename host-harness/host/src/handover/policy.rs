//! What the operator decides about handovers.

use serde::{Deserialize, Serialize};

/// What the operator decides about handovers. Times are in milliseconds; a missing one never passes.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Policy {
    /// What becomes of a message that was said after the end. Default: it is shown.
    pub after_end: AfterEnd,
    /// How long nobody may be there after the last known agent has left, other than by a transfer, until the handover
    /// counts as completed. Default: missing, for agents come back; then only an end ends it.
    pub unattended: Option<u64>,
    /// How long the user may wait in the queue until the platform takes them back. Counts anew when a transfer leads
    /// back to the queue. Default: missing, for how long is too long is the operator's to say.
    pub assignment_timeout: Option<u64>,
    /// How long the user may say nothing while it is their turn: since they, or the agents, last wrote, or an agent
    /// came. Default: missing, for many contact centers see to that themselves.
    pub user_inactivity: Option<u64>,
    /// The provider has the ability [`Observation`](crate::contract::Ability::Observation), and the host makes use of
    /// it. Default: no, and then nothing asks for it.
    pub observes: bool,
}

/// What becomes of a message that was said after the end.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AfterEnd {
    /// It is shown, as late.
    #[default]
    Deliver,
    /// It is kept for the next handover.
    Hold,
    /// It opens another handover, if a person wrote it; else it is shown, as late.
    Reopen,
}
