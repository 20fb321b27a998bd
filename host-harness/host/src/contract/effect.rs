//! The outcomes of calls with effects.

use super::{AgentEvent, Timestamp};
use serde::{Deserialize, Serialize};
use wasmtime::component::{ComponentType, Lift, Lower};

/// The contact center accepted a request.
#[derive(Clone, ComponentType, Debug, Default, Deserialize, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case")]
pub struct Delivery {
    /// The contact center's id of the message. Absent if it assigns none.
    #[component(name = "message-id")]
    pub message_id: Option<String>,
    /// The contact center's id of the conversation. Absent if the response does not contain it.
    #[component(name = "conversation-id")]
    pub conversation_id: Option<String>,
    /// Events that the response reports. In JSON, absent if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<AgentEvent>,
}

/// Whether agents can serve a user.
#[derive(Clone, ComponentType, Copy, Debug, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(enum)]
#[repr(u8)]
#[serde(rename_all = "kebab-case")]
pub enum AvailabilityState {
    /// Agents are available, or the queue accepts users who wait.
    #[component(name = "open")]
    Open,
    /// It is outside the hours of operation, or no agent is on queue.
    #[component(name = "closed")]
    Closed,
    /// The contact center does not report it.
    #[component(name = "unknown")]
    Unknown,
}

/// Whether agents can serve a user, before a handover starts.
#[derive(Clone, ComponentType, Debug, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case")]
pub struct Availability {
    /// Whether they can.
    pub state: AvailabilityState,
    /// The number of agents on queue. Absent if unknown.
    pub agents: Option<u32>,
    /// The number of users who are waiting. Absent if unknown.
    pub waiting: Option<u32>,
    /// The estimated time until an agent is available, in seconds. Absent if unknown.
    #[component(name = "estimated-wait-seconds")]
    pub estimated_wait_seconds: Option<u32>,
    /// When the hours of operation begin. Absent if the state is not `closed`, or if unknown.
    #[component(name = "opens-at")]
    pub opens_at: Option<Timestamp>,
}

/// The status of a request whose delivery outcome was unknown.
#[derive(Clone, ComponentType, Debug, Deserialize, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(variant)]
#[serde(rename_all = "kebab-case")]
pub enum DeliveryStatus {
    /// It arrived.
    #[component(name = "delivered")]
    Delivered(Delivery),
    /// It did not arrive, or delivering it again has the same effect. The host may deliver it again.
    #[component(name = "not-delivered")]
    NotDelivered,
    /// The contact center cannot report it, or the conversation's id is not known.
    #[component(name = "unknown")]
    Unknown,
}

/// Why to retry.
#[derive(Clone, ComponentType, Copy, Debug, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(enum)]
#[repr(u8)]
#[serde(rename_all = "kebab-case")]
pub enum RetryCause {
    /// Too many requests.
    #[component(name = "rate-limited")]
    RateLimited,
    /// The contact center failed.
    #[component(name = "server-error")]
    ServerError,
    /// The contact center is unreachable, or the connection broke.
    #[component(name = "network")]
    Network,
    /// The contact center did not respond in time.
    #[component(name = "timed-out")]
    TimedOut,
    /// Something that is created asynchronously is not ready yet.
    #[component(name = "not-ready")]
    NotReady,
}

/// When to retry, and whether that can create a duplicate.
#[derive(Clone, ComponentType, Debug, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case")]
pub struct RetryAdvice {
    /// Why.
    pub cause: RetryCause,
    /// The minimum delay in seconds. Absent if the contact center did not request one.
    #[component(name = "after-seconds")]
    pub after_seconds: Option<u32>,
    /// The outcome is unknown: the request may have taken effect.
    #[component(name = "may-have-arrived")]
    pub may_have_arrived: bool,
    /// For people. Contains no secret and no message text.
    pub message: String,
}

/// Why an effect failed, by what to do about it.
#[derive(Clone, ComponentType, Debug, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(variant)]
#[serde(rename_all = "kebab-case")]
pub enum Failure {
    /// Retry with the same bytes.
    #[component(name = "retry")]
    Retry(RetryAdvice),
    /// Nothing works until an operator corrects the credentials, their permissions, or a name in the settings. The
    /// message is for people.
    #[component(name = "credentials")]
    Credentials(String),
    /// The request can never succeed. The message is for people.
    #[component(name = "permanent")]
    Permanent(String),
    /// The provider does not support the call.
    #[component(name = "unsupported")]
    Unsupported,
    /// The prepared settings are not from this version of the provider. Call `check-settings` again.
    #[component(name = "stale-settings")]
    StaleSettings,
}

/// The result of a check of the connection.
#[derive(Clone, ComponentType, Copy, Debug, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(enum)]
#[repr(u8)]
#[serde(rename_all = "kebab-case")]
pub enum CheckOutcome {
    /// It works.
    #[component(name = "ok")]
    Ok,
    /// It works, but an operator should look at it.
    #[component(name = "warning")]
    Warning,
    /// It does not work.
    #[component(name = "error")]
    Error,
    /// It could not be checked, because an earlier check failed.
    #[component(name = "skipped")]
    Skipped,
}

/// One check of the connection.
#[derive(Clone, ComponentType, Debug, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case")]
pub struct Check {
    /// A stable name, in kebab-case.
    pub name: String,
    /// The result.
    pub outcome: CheckOutcome,
    /// What was found. Contains no secret.
    pub message: String,
    /// What to do. Absent if there is nothing to do.
    pub remedy: Option<String>,
}

/// Whether provisioning changes anything at the contact center.
#[derive(Clone, ComponentType, Copy, Debug, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(enum)]
#[repr(u8)]
#[serde(rename_all = "kebab-case")]
pub enum ProvisioningMode {
    /// Only report what would be done.
    #[component(name = "plan")]
    Plan,
    /// Create what is missing.
    #[component(name = "apply")]
    Apply,
}

/// The result of a provisioning step.
#[derive(Clone, ComponentType, Copy, Debug, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(enum)]
#[repr(u8)]
#[serde(rename_all = "kebab-case")]
pub enum StepOutcome {
    /// It exists as required.
    #[component(name = "present")]
    Present,
    /// It was created or changed.
    #[component(name = "applied")]
    Applied,
    /// `apply` would create or change it.
    #[component(name = "planned")]
    Planned,
    /// Only a person can do it. The message contains the instructions.
    #[component(name = "manual")]
    Manual,
    /// It failed.
    #[component(name = "failed")]
    Failed,
    /// It was not tried, because an earlier step failed or needs a person first.
    #[component(name = "skipped")]
    Skipped,
}

/// One provisioning step.
#[derive(Clone, ComponentType, Debug, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case")]
pub struct ProvisioningStep {
    /// A stable name, in kebab-case.
    pub name: String,
    /// The result.
    pub outcome: StepOutcome,
    /// What exists, what was done, or what to do. Contains no secret.
    pub message: String,
}
