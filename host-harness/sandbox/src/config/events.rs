//! Who is told of detail events, and how reliably.

use serde::{Deserialize, Serialize};

use crate::config::secret::Secret;

/// The detail events of a conversation: `v2.detail.events.conversation.{id}.` and this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
pub enum DetailTopic {
    /// An agent came.
    #[serde(rename = "user.start")]
    UserStart,
    /// An agent went, which need not be the end of the conversation.
    #[serde(rename = "user.end")]
    UserEnd,
    /// The conversation ended.
    #[serde(rename = "customer.end")]
    CustomerEnd,
    /// An agent's after-call work is done.
    #[serde(rename = "acw")]
    Acw,
    /// The conversation waits in a queue.
    #[serde(rename = "acd.start")]
    AcdStart,
    /// It waits there no more.
    #[serde(rename = "acd.end")]
    AcdEnd,
}

impl DetailTopic {
    /// Every one.
    pub const ALL: [Self; 6] =
        [Self::UserStart, Self::UserEnd, Self::CustomerEnd, Self::Acw, Self::AcdStart, Self::AcdEnd];

    /// The end of the topic's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::UserStart => "user.start",
            Self::UserEnd => "user.end",
            Self::CustomerEnd => "customer.end",
            Self::Acw => "acw",
            Self::AcdStart => "acd.start",
            Self::AcdEnd => "acd.end",
        }
    }
}

/// Amazon EventBridge, whose API destination posts to a URL. Time limit and retries are those of
/// [`WebhookConfig`](super::WebhookConfig).
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct EventBusConfig {
    /// Where events go. Default none: they go nowhere.
    pub url: Option<String>,
    /// What `Authorization` says. Default none: the header is absent.
    pub key: Option<Secret>,
    /// Which events. Default: all.
    pub topics: Vec<DetailTopic>,
}

impl Default for EventBusConfig {
    fn default() -> Self {
        Self { url: None, key: None, topics: DetailTopic::ALL.to_vec() }
    }
}

/// A process automation trigger, whose workflow posts to a URL by a data action. Time limit and retries are those of
/// [`WebhookConfig`](super::WebhookConfig).
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct TriggerConfig {
    /// Where events go. Default none: they go nowhere.
    pub url: Option<String>,
    /// The credential that the data action sends. Default none: the header is absent.
    pub key: Option<Secret>,
    /// The header that the credential goes in. Default `Authorization`.
    pub header: String,
    /// What is posted. Default [`TriggerStyle::Cognigy`].
    pub style: TriggerStyle,
}

impl Default for TriggerConfig {
    fn default() -> Self {
        Self { url: None, key: None, header: "Authorization".to_owned(), style: TriggerStyle::Cognigy }
    }
}

/// What a trigger's workflow posts, of which events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TriggerStyle {
    /// Of `user.end`: `userId` (the event's `addressTo`), `topic` and `disconnectType`.
    Cognigy,
    /// Of `user.start`, `user.end` and `customer.end`: the same, with `conversationId`, `participantId` and
    /// `eventTime`.
    Full,
}

/// The notification service.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct NotificationConfig {
    /// Whether events go out; channels can be made and connected to even if not. Default `true`.
    pub enabled: bool,
    /// How often a connected channel hears a heartbeat, in milliseconds. Default 30 000, which is unconfirmed.
    pub heartbeat_ms: u64,
    /// How long a channel lives, in seconds. Default 24 h.
    pub channel_seconds: u64,
}

impl Default for NotificationConfig {
    fn default() -> Self {
        Self { enabled: true, heartbeat_ms: 30_000, channel_seconds: 24 * 60 * 60 }
    }
}

/// How likely something is lost, from 0 (never) to 1 (always). What is lost follows from `seed`.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct LossConfig {
    /// A post of the event bus. Default 0.
    pub event_bus: f64,
    /// A post of the trigger. Default 0.
    pub trigger: f64,
    /// A frame of a notification channel. Default 0.
    pub notification: f64,
    /// A webhook, except receipts. Default 0.
    pub webhook: f64,
    /// The same seed loses the same ones. Default 1.
    pub seed: u64,
}

impl Default for LossConfig {
    fn default() -> Self {
        Self { event_bus: 0.0, trigger: 0.0, notification: 0.0, webhook: 0.0, seed: 1 }
    }
}
