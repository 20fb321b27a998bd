//! What the operator enters, and what a provider says of itself.

use serde::Serialize;
use std::fmt;
use wasmtime::component::{ComponentType, Lift, Lower};

/// One value that the operator entered for a connection.
///
/// A key may stand in several settings where `description` says that it repeats (two live secrets during a
/// rotation); the order is the operator's.
#[derive(Clone, ComponentType, Eq, Lift, Lower, PartialEq)]
#[component(record)]
pub struct Setting {
    /// One of the keys that `describe` names.
    pub key: String,
    /// What the operator entered, untouched; [`SettingKind`] says in which form.
    pub value: String,
}

/// All settings of one connection. Every call carries them; the provider keeps none.
pub type Settings = Vec<Setting>;

/// Which numbers a setting takes.
#[derive(Clone, ComponentType, Copy, Debug, Eq, Lift, Lower, PartialEq, Serialize)]
#[component(record)]
#[serde(rename_all = "kebab-case")]
pub struct NumberRange {
    /// The smallest.
    pub least: i64,
    /// The largest.
    pub most: i64,
}

/// How a setting is entered.
#[derive(Clone, ComponentType, Debug, Eq, Lift, Lower, PartialEq, Serialize)]
#[component(variant)]
#[serde(rename_all = "kebab-case")]
pub enum SettingKind {
    /// One line of text.
    #[component(name = "text")]
    Text,
    /// One line that is shown to nobody and written into no log.
    #[component(name = "secret")]
    Secret,
    /// `true` or `false`.
    #[component(name = "switch")]
    Switch,
    /// A whole number in decimal digits.
    #[component(name = "number")]
    Number(NumberRange),
    /// One of these words.
    #[component(name = "choice")]
    Choice(Vec<String>),
}

/// One field of the form in which an operator enters a connection.
#[derive(Clone, ComponentType, Debug, Eq, Lift, Lower, PartialEq, Serialize)]
#[component(record)]
#[serde(rename_all = "kebab-case")]
pub struct SettingField {
    /// The key, in kebab-case; stable for ever.
    pub key: String,
    /// What the form calls it.
    pub label: String,
    /// One or two sentences for the operator: what it is and where it is found.
    pub help: String,
    /// What the form shows for it.
    pub kind: SettingKind,
    /// No connection without it.
    pub required: bool,
    /// The key may be given more than once.
    pub repeats: bool,
    /// What holds when it is absent; missing where nothing does.
    pub default: Option<String>,
    /// A value that is well-formed, if nobody's. The examples of all fields together pass `check-settings`.
    pub example: String,
}

/// How grave a problem is.
#[derive(Clone, ComponentType, Copy, Debug, Eq, Lift, Lower, PartialEq, Serialize)]
#[component(enum)]
#[repr(u8)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// The settings cannot be used.
    #[component(name = "error")]
    Error,
    /// They can be used; somebody should look.
    #[component(name = "warning")]
    Warning,
}

/// One thing wrong with the settings.
#[derive(Clone, ComponentType, Debug, Eq, Lift, Lower, PartialEq, Serialize)]
#[component(record)]
#[serde(rename_all = "kebab-case")]
pub struct SettingsProblem {
    /// Whether it keeps the settings from being used.
    pub severity: Severity,
    /// The key concerned, also where the setting is absent.
    pub key: String,
    /// Which of the settings given, counted from 0, an empty one included; missing where there is none with the key.
    pub index: Option<u32>,
    /// What is wrong. Never repeats the value of a secret.
    pub message: String,
    /// What was expected, or what to do.
    pub remedy: String,
}

/// A place on the network that the provider talks to, under a short name.
#[derive(Clone, ComponentType, Debug, Eq, Lift, Lower, PartialEq, Serialize)]
#[component(record)]
#[serde(rename_all = "kebab-case")]
pub struct Origin {
    /// The name that requests use, one of those in `description`.
    pub name: String,
    /// Scheme, host and port if not the scheme's own, in lower case, without a path: `https://api.example.com`.
    pub url: String,
}

/// What follows from settings that can be used.
#[derive(Clone, ComponentType, Debug, Eq, Lift, Lower, PartialEq, Serialize)]
#[component(record)]
#[serde(rename_all = "kebab-case")]
pub struct AcceptedSettings {
    /// Where each origin is with these settings. The host lends only those that the operator allowed.
    pub origins: Vec<Origin>,
    /// Problems of severity `warning` only.
    pub warnings: Vec<SettingsProblem>,
}

/// Something a provider can do beyond text both ways. What is not named, it answers with `unsupported`.
#[derive(Clone, ComponentType, Copy, Debug, Eq, Lift, Lower, PartialEq, Serialize)]
#[component(enum)]
#[repr(u8)]
#[serde(rename_all = "kebab-case")]
pub enum Ability {
    /// Transcript of the talk before the handover.
    #[component(name = "transcript")]
    Transcript,
    /// Attachments from the user to the agent.
    #[component(name = "attachments-out")]
    AttachmentsOut,
    /// Attachments from the agent to the user.
    #[component(name = "attachments-in")]
    AttachmentsIn,
    /// "The user is typing", shown to the agent.
    #[component(name = "typing-out")]
    TypingOut,
    /// "The agent is typing", shown to the user.
    #[component(name = "typing-in")]
    TypingIn,
    /// Answers to quick replies, cards and pickers.
    #[component(name = "answers")]
    Answers,
    /// Telling the agent that a message was shown, or was not.
    #[component(name = "receipts-out")]
    ReceiptsOut,
    /// Telling the platform what became of its messages.
    #[component(name = "receipts-in")]
    ReceiptsIn,
    /// The user can end the handover.
    #[component(name = "leave")]
    Leave,
    /// Handovers can be observed, so that an end nobody announced is found.
    #[component(name = "observation")]
    Observation,
    /// What the connection needs at the contact centre can be made there.
    #[component(name = "provisioning")]
    Provisioning,
}

/// What a provider is.
#[derive(Clone, ComponentType, Debug, Eq, Lift, Lower, PartialEq, Serialize)]
#[component(record)]
#[serde(rename_all = "kebab-case")]
pub struct Description {
    /// The machine's name, in kebab-case; stable for ever.
    pub name: String,
    /// The name for people.
    pub title: String,
    /// The provider's own version (Semantic Versioning), not the contract's.
    pub version: String,
    /// The settings form, in the order in which to show it.
    pub settings: Vec<SettingField>,
    /// The names of the origins that it may send requests to.
    pub origins: Vec<String>,
    /// What it can do beyond text both ways.
    pub abilities: Vec<Ability>,
}

/// The value may be a secret: only the key is printed.
impl fmt::Debug for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Setting").field("key", &self.key).finish_non_exhaustive()
    }
}
