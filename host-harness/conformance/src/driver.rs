//! The host under test, which loads the component and makes calls. `tests/hosts/README.md` in the repository specifies
//! the JSON of calls and results for hosts in other processes.

mod in_process;
mod process;
mod script;

pub(crate) use self::in_process::{InProcess, precompile};
pub use self::process::{HostProcess, StartError};

use crate::json_form::{Base64, SettingJson};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A host under test.
#[async_trait]
pub(crate) trait Driver: Send + Sync {
    /// Makes a call.
    ///
    /// # Errors
    /// The call failed: the provider trapped or exceeded a limit, or the host failed. The text is for people.
    async fn make(&self, call: &Call) -> Result<Made, String>;
}

/// A call of the contract.
#[derive(Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Call {
    /// The function, as the WIT names it.
    pub(crate) function: &'static str,
    #[serde(flatten)]
    pub(crate) settings: SettingsOfCall,
    /// The arguments by the names of the WIT, without the prepared settings.
    pub(crate) arguments: Value,
    pub(crate) network: Network,
    pub(crate) instance: Instance,
    pub(crate) verifier: VerifiedBy,
}

/// The settings of a call.
#[derive(Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SettingsOfCall {
    /// The host prepares them.
    Settings(Vec<SettingJson>),
    /// Prepared settings, which may not be the provider's.
    Prepared(Base64),
    /// For a function without prepared settings.
    None {},
}

/// What the provider can reach in a call with effects. Its cache is empty.
#[derive(Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Network {
    /// No origin.
    Offline,
    /// The origins that follow from the settings.
    Scripted(Script),
}

/// The answers of the contact center.
#[derive(Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Script {
    /// The answers to the first requests, in order.
    pub(crate) answers: Vec<Answer>,
    /// The answer to every further request.
    pub(crate) then: Answer,
}

/// The answer to a request.
#[derive(Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", untagged)]
pub(crate) enum Answer {
    Response { status: u16, headers: Vec<(String, String)>, body: Base64 },
    Error { error: NoAnswer },
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum NoAnswer {
    Unreachable,
    TimedOut,
    Interrupted,
    ResponseTooLarge,
}

/// The instance that serves a call.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Instance {
    /// A fresh one.
    Fresh,
    /// The one that served the last call with these settings.
    Kept,
}

/// Who verifies a webhook for `receive-webhook`, if the provider declares the signature.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum VerifiedBy {
    /// The host, if it reads declared signatures.
    Host,
    /// The provider.
    Provider,
}

/// The outcome of a call.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Made {
    /// What the function returned.
    pub(crate) result: Value,
    /// The requests to the contact center, in order.
    #[serde(default)]
    pub(crate) requests: Vec<Request>,
}

/// A request to the contact center.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Base64,
}
