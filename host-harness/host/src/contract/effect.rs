//! What became of an effect.

use serde::{Deserialize, Serialize};
use wasmtime::component::{ComponentType, Lift, Lower};

/// A request that the contact centre took.
#[derive(Clone, ComponentType, Debug, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case")]
pub struct Delivery {
    /// The contact centre's id of the message; missing where it gives none.
    pub message: Option<String>,
    /// The contact centre's id of the conversation; missing where the answer does not tell.
    pub conversation: Option<String>,
}

/// What is known of a request whose delivery came to no answer.
#[derive(Clone, ComponentType, Debug, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(variant)]
#[serde(rename_all = "kebab-case")]
pub enum Finding {
    /// The contact centre has it.
    #[component(name = "arrived")]
    Arrived(Delivery),
    /// The contact centre does not have it: delivering it again doubles nothing.
    #[component(name = "missing")]
    Missing,
    /// The contact centre keeps nothing by which to tell, or the conversation's id is not known.
    #[component(name = "unknown")]
    Unknown,
}

/// Why to try again.
#[derive(Clone, ComponentType, Copy, Debug, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(enum)]
#[repr(u8)]
#[serde(rename_all = "kebab-case")]
pub enum RetryCause {
    /// Too many requests.
    #[component(name = "rate-limited")]
    RateLimited,
    /// The contact centre answered with a fault of its own.
    #[component(name = "server-error")]
    ServerError,
    /// It could not be reached, or the connection broke.
    #[component(name = "network")]
    Network,
    /// It did not answer in time.
    #[component(name = "timed-out")]
    TimedOut,
    /// Something that is made asynchronously is not ready.
    #[component(name = "not-ready")]
    NotReady,
}

/// When to try again, and whether that can double something.
#[derive(Clone, ComponentType, Debug, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case")]
pub struct RetryAdvice {
    /// Why.
    pub cause: RetryCause,
    /// Seconds to wait at least, where the contact centre said so.
    pub after: Option<u32>,
    /// The request may have taken effect although no answer says so.
    #[component(name = "may-have-arrived")]
    pub may_have_arrived: bool,
    /// For people. Holds no secret and no message text.
    pub message: String,
}

/// Why an effect did not take place, and what to do about it.
#[derive(Clone, ComponentType, Debug, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(variant)]
#[serde(rename_all = "kebab-case")]
pub enum Failure {
    /// Try again, the same bytes.
    #[component(name = "retry")]
    Retry(RetryAdvice),
    /// Nothing will work until somebody mends the credentials, their rights or what the settings name; what, for
    /// people.
    #[component(name = "credentials")]
    Credentials(String),
    /// This will never work; why, for people.
    #[component(name = "never")]
    Never(String),
}

/// How one check of the doctor went.
#[derive(Clone, ComponentType, Copy, Debug, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(enum)]
#[repr(u8)]
#[serde(rename_all = "kebab-case")]
pub enum CheckOutcome {
    /// It works.
    #[component(name = "passed")]
    Passed,
    /// It works; somebody should look.
    #[component(name = "warned")]
    Warned,
    /// It does not work.
    #[component(name = "failed")]
    Failed,
    /// It could not be tried because an earlier one failed.
    #[component(name = "skipped")]
    Skipped,
}

/// One check of the doctor.
#[derive(Clone, ComponentType, Debug, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case")]
pub struct Check {
    /// Stable name, in kebab-case.
    pub name: String,
    /// How it went.
    pub outcome: CheckOutcome,
    /// What was found. Holds no secret.
    pub message: String,
    /// How to mend it; missing where nothing needs mending.
    pub remedy: Option<String>,
}

/// Whether to change anything at the contact centre.
#[derive(Clone, ComponentType, Copy, Debug, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(enum)]
#[repr(u8)]
#[serde(rename_all = "kebab-case")]
pub enum ProvisioningMode {
    /// Only look, and say what would be done.
    #[component(name = "plan")]
    Plan,
    /// Make what is missing.
    #[component(name = "apply")]
    Apply,
}

/// What became of one thing that the connection needs at the contact centre.
#[derive(Clone, ComponentType, Copy, Debug, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(enum)]
#[repr(u8)]
#[serde(rename_all = "kebab-case")]
pub enum StepOutcome {
    /// It is there already, as it should be.
    #[component(name = "present")]
    Present,
    /// It has been made or changed.
    #[component(name = "done")]
    Done,
    /// [`ProvisioningMode::Apply`] would make or change it.
    #[component(name = "planned")]
    Planned,
    /// Only a person can do it; the message says how.
    #[component(name = "by-hand")]
    ByHand,
    /// It could not be done.
    #[component(name = "failed")]
    Failed,
    /// It was not tried because an earlier one failed, or waits for a person.
    #[component(name = "skipped")]
    Skipped,
}

/// One step of provisioning.
#[derive(Clone, ComponentType, Debug, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case")]
pub struct ProvisioningStep {
    /// Stable name, in kebab-case.
    pub name: String,
    /// What became of it.
    pub outcome: StepOutcome,
    /// What is there, what was done, or what to do. Holds no secret.
    pub message: String,
}
