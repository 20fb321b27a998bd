//! Settings, and descriptions of providers.

use serde::{Deserialize, Serialize};
use std::fmt;
use wasmtime::component::{ComponentType, Lift, Lower};

/// One value that the operator entered for a connection.
///
/// A repeatable key may occur in several settings (two valid secrets during a rotation). The order is the operator's.
#[derive(Clone, ComponentType, Deserialize, Eq, Lift, Lower, PartialEq)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct Setting {
    /// One of the keys in `description.settings`.
    pub key: String,
    /// The value exactly as the operator entered it. `setting-kind` defines its format.
    pub value: String,
}

/// All settings of one connection, as `check-settings` receives them.
pub type Settings = Vec<Setting>;

/// Accepted settings in the provider's own encoding, which all other calls receive. Opaque to the host. Contains
/// secrets.
///
/// Only the same version of the provider can read them: they contain `description.version` as text, and the provider
/// refuses those of another version. A host may keep them in memory or store them, and calls `check-settings` again if a
/// call answers with `stale-settings`.
pub type PreparedSettings = Vec<u8>;

/// The range of an integer setting. Both bounds are included.
#[derive(Clone, ComponentType, Copy, Debug, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[component(record)]
#[serde(rename_all = "kebab-case")]
pub struct IntegerRange {
    /// The smallest allowed value.
    pub minimum: i64,
    /// The largest allowed value.
    pub maximum: i64,
}

/// The type of a setting.
#[derive(Clone, ComponentType, Debug, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[component(variant)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum SettingKind {
    /// One line of text.
    #[component(name = "text")]
    Text,
    /// One line of text that is never displayed and never logged.
    #[component(name = "secret")]
    Secret,
    /// `true` or `false`.
    #[component(name = "boolean")]
    Boolean,
    /// An integer in decimal digits.
    #[component(name = "integer")]
    Integer(IntegerRange),
    /// One of these words.
    #[component(name = "choice")]
    Choice(Vec<String>),
}

/// One field of the form in which an operator configures a connection.
#[derive(Clone, ComponentType, Debug, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[component(record)]
#[serde(rename_all = "kebab-case")]
pub struct SettingField {
    /// The key, in kebab-case. It never changes.
    pub key: String,
    /// The label of the field.
    pub label: String,
    /// One or two sentences for the operator: what the value is and where to find it.
    pub help: String,
    /// The type of the value.
    pub kind: SettingKind,
    /// A connection cannot be made without a value.
    pub required: bool,
    /// The key may occur more than once.
    pub repeatable: bool,
    /// The value that applies if the setting is absent. Absent if there is none.
    #[component(name = "default-value")]
    pub default_value: Option<String>,
    /// A fictitious, well-formed value. The examples of all fields together pass `check-settings`.
    pub example: String,
}

/// The severity of a problem.
#[derive(Clone, ComponentType, Copy, Debug, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[component(enum)]
#[repr(u8)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// The settings cannot be used.
    #[component(name = "error")]
    Error,
    /// The settings can be used, but an operator should look at them.
    #[component(name = "warning")]
    Warning,
}

/// One problem with the settings.
#[derive(Clone, ComponentType, Debug, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[component(record)]
#[serde(rename_all = "kebab-case")]
pub struct SettingsProblem {
    /// Whether the problem prevents the settings from being used.
    pub severity: Severity,
    /// The key concerned, even if the setting is absent.
    pub key: String,
    /// The index of the setting concerned, counted from 0 and including empty settings. Absent if no setting has the
    /// key.
    pub index: Option<u32>,
    /// What is wrong. Never contains the value of a secret.
    pub message: String,
    /// What is expected, or what to do.
    pub remedy: String,
}

/// A network origin that the provider sends requests to, under a short name.
#[derive(Clone, ComponentType, Debug, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[component(record)]
#[serde(rename_all = "kebab-case")]
pub struct Origin {
    /// The name that requests use: one of `description.origins`.
    pub name: String,
    /// Scheme, host, and the port unless it is the default of the scheme, in lower case and without a path:
    /// `https://api.example.com`.
    pub url: String,
}

/// The algorithm of a signature.
#[derive(Clone, ComponentType, Copy, Debug, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[component(enum)]
#[repr(u8)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum SignatureAlgorithm {
    /// HMAC-SHA-256 (RFC 2104, RFC 6234) over the body. The tag has 32 bytes.
    #[component(name = "hmac-sha256")]
    #[serde(rename = "hmac-sha256")]
    HmacSha256,
}

/// An encoding of bytes as text.
#[derive(Clone, ComponentType, Copy, Debug, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[component(enum)]
#[repr(u8)]
#[serde(rename_all = "kebab-case")]
pub enum TextEncoding {
    /// The bytes are the UTF-8 of the text. For secrets only.
    #[component(name = "utf8")]
    Utf8,
    /// Base64 with the standard alphabet and padding (RFC 4648, section 4).
    #[component(name = "base64")]
    Base64,
    /// Hexadecimal digits in lower or upper case (RFC 4648, section 8).
    #[component(name = "hexadecimal")]
    Hexadecimal,
}

/// A secret among the settings.
#[derive(Clone, ComponentType, Copy, Debug, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[component(record)]
#[serde(rename_all = "kebab-case")]
pub struct SignatureSecret {
    /// The index of the setting, counted from 0. Its kind is `secret`.
    pub setting: u32,
    /// How the value of the setting represents the secret. The value counts exactly as entered.
    pub encoding: TextEncoding,
}

/// The signature of the contact center's webhooks as data, so that a host can verify it itself, faster than through
/// the provider and independently of it.
///
/// A webhook that has the header is authentic if its signature is valid. `verify-webhook` agrees: it answers with the
/// index of the first secret of `secrets` that signed the body, or with the first of these rejections that applies:
/// `multiple-signatures` if the header occurs more than once; `unsupported-algorithm` if its value does not begin
/// with `prefix`; `invalid-encoding` if the rest consists of 64 hexadecimal digits where base64 is expected;
/// `invalid-length` if the rest is longer than 88 bytes; `invalid-encoding` if the rest is not in the encoding;
/// `invalid-length` if the tag does not have the length of the algorithm; `signature-mismatch`.
///
/// Only `verify-webhook` decides about a webhook without the header.
#[derive(Clone, ComponentType, Debug, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[component(record)]
#[serde(rename_all = "kebab-case")]
pub struct WebhookSignature {
    /// The name of the header, in lower case.
    pub header: String,
    /// The text before the tag, such as `sha256=`. May be empty.
    pub prefix: String,
    /// The encoding of the tag.
    pub encoding: TextEncoding,
    /// The algorithm.
    pub algorithm: SignatureAlgorithm,
    /// The secrets, at least one. Each is valid by itself, so that a secret can be replaced without downtime.
    pub secrets: Vec<SignatureSecret>,
}

/// The result of checking settings that can be used.
#[derive(Clone, ComponentType, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[component(record)]
#[serde(rename_all = "kebab-case")]
pub struct AcceptedSettings {
    /// The settings for all other calls. Not in the JSON form.
    #[serde(skip)]
    pub prepared: PreparedSettings,
    /// The URL of each origin with these settings. The host grants only those that the operator allows.
    pub origins: Vec<Origin>,
    /// The names of the webhook headers that the provider reads, in lower case. The host may omit all others, and passes
    /// all occurrences of these.
    pub headers: Vec<String>,
    /// The signature of webhooks. Absent if it cannot be described, or if these settings permit unsigned webhooks.
    pub signature: Option<WebhookSignature>,
    /// Problems of severity `warning` only.
    pub warnings: Vec<SettingsProblem>,
}

/// Something that a provider can do beyond text in both directions. A provider answers with `unsupported` to everything
/// that it does not list.
#[derive(Clone, ComponentType, Copy, Debug, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[component(enum)]
#[repr(u8)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Ability {
    /// Sends the transcript of the conversation before the handover.
    #[component(name = "transcript")]
    Transcript,
    /// Attachments from the user to the agent.
    #[component(name = "outbound-attachments")]
    OutboundAttachments,
    /// Attachments from the agent to the user.
    #[component(name = "inbound-attachments")]
    InboundAttachments,
    /// Shows the agent that the user is typing.
    #[component(name = "outbound-typing")]
    OutboundTyping,
    /// Shows the user that the agent is typing.
    #[component(name = "inbound-typing")]
    InboundTyping,
    /// Answers to quick replies, cards and pickers.
    #[component(name = "answers")]
    Answers,
    /// Informs the agent whether a message was displayed to the user.
    #[component(name = "outbound-receipts")]
    OutboundReceipts,
    /// Informs the platform about the status of its messages.
    #[component(name = "inbound-receipts")]
    InboundReceipts,
    /// Lets the user end the handover.
    #[component(name = "leave")]
    Leave,
    /// The state of a handover can be polled, so that an unreported end is detected.
    #[component(name = "observation")]
    Observation,
    /// Creates what the connection needs at the contact center.
    #[component(name = "provisioning")]
    Provisioning,
    /// Reports before a handover whether agents are available.
    #[component(name = "availability")]
    Availability,
    /// Reports the position in the queue or the estimated wait.
    #[component(name = "queue-state")]
    QueueState,
    /// Requests a callback by telephone.
    #[component(name = "callbacks")]
    Callbacks,
    /// Changes the routing of a user who is waiting.
    #[component(name = "rerouting")]
    Rerouting,
    /// Shows the agent a summary.
    #[component(name = "summary")]
    Summary,
    /// Hides confidential attributes from scripts and reports.
    #[component(name = "confidential-attributes")]
    ConfidentialAttributes,
    /// Records the platform's reference on the conversation.
    #[component(name = "reference")]
    Reference,
    /// Reports what the agents recorded about a handover. Polling after the end shows it.
    #[component(name = "outcome")]
    Outcome,
    /// The agents' messages can be fetched, so that a lost webhook loses no message.
    #[component(name = "message-history")]
    MessageHistory,
    /// Sends a text to the user outside a handover.
    #[component(name = "proactive-messages")]
    ProactiveMessages,
    /// Invites the user to a survey of the contact center, or records a score.
    #[component(name = "surveys")]
    Surveys,
}

/// A description of the provider.
#[derive(Clone, ComponentType, Debug, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[component(record)]
#[serde(rename_all = "kebab-case")]
pub struct Description {
    /// The name for machines, in kebab-case. It never changes.
    pub name: String,
    /// The name for people.
    pub title: String,
    /// The version of the provider (Semantic Versioning), not of the contract.
    pub version: String,
    /// The fields of the settings form, in display order.
    pub settings: Vec<SettingField>,
    /// The names of the origins that the provider may send requests to.
    pub origins: Vec<String>,
    /// What the provider can do beyond text in both directions.
    pub abilities: Vec<Ability>,
}

/// Prints only the key, because the value may be a secret.
impl fmt::Debug for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Setting").field("key", &self.key).finish_non_exhaustive()
    }
}

/// Does not print the prepared settings, because they contain secrets.
impl fmt::Debug for AcceptedSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AcceptedSettings")
            .field("origins", &self.origins)
            .field("headers", &self.headers)
            .field("signature", &self.signature)
            .field("warnings", &self.warnings)
            .finish_non_exhaustive()
    }
}
