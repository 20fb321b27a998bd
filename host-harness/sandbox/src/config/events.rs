//! The destinations of detail events, and the probabilities of losses.

use serde::{Deserialize, Serialize};

use crate::config::secret::Secret;

/// The last part of a detail event's topic, after `v2.detail.events.conversation.{id}.`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
pub enum DetailTopic {
    /// An agent is alerted or connected ([`UserStart`](super::UserStart)).
    #[serde(rename = "user.start")]
    UserStart,
    /// An agent left. The conversation may continue.
    #[serde(rename = "user.end")]
    UserEnd,
    /// The conversation ended.
    #[serde(rename = "customer.end")]
    CustomerEnd,
    /// An agent completed the after-call work.
    #[serde(rename = "acw")]
    Acw,
    /// The conversation entered a queue.
    #[serde(rename = "acd.start")]
    AcdStart,
    /// The conversation left the queue.
    #[serde(rename = "acd.end")]
    AcdEnd,
}

impl DetailTopic {
    /// All topics.
    pub const ALL: [Self; 6] =
        [Self::UserStart, Self::UserEnd, Self::CustomerEnd, Self::Acw, Self::AcdStart, Self::AcdEnd];

    /// Returns the last part of the topic's name, such as `user.end`.
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

/// Amazon EventBridge with an API destination, which posts events to a URL. [`WebhookConfig`](super::WebhookConfig)
/// sets the timeout and the retries.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct EventBusConfig {
    /// The URL that receives the events. Default: none; no events are sent.
    pub url: Option<String>,
    /// The value of the header `Authorization`. Default: none; the header is absent.
    pub key: Option<Secret>,
    /// The topics that are sent. Default: all.
    pub topics: Vec<DetailTopic>,
}

impl Default for EventBusConfig {
    fn default() -> Self {
        Self { url: None, key: None, topics: DetailTopic::ALL.to_vec() }
    }
}

/// A process automation trigger with a workflow whose data action posts events to a URL.
/// [`WebhookConfig`](super::WebhookConfig) sets the timeout and the retries.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct TriggerConfig {
    /// The URL that receives the events. Default: none; no events are sent.
    pub url: Option<String>,
    /// The credential that the data action sends. Default: none; the header is absent.
    pub key: Option<Secret>,
    /// The header that carries the credential. Default: `Authorization`.
    pub header: String,
    /// The topics and fields that are posted. Default: [`TriggerStyle::Cognigy`].
    pub style: TriggerStyle,
}

impl Default for TriggerConfig {
    fn default() -> Self {
        Self { url: None, key: None, header: "Authorization".to_owned(), style: TriggerStyle::Cognigy }
    }
}

/// The topics that a trigger's workflow posts, and their fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TriggerStyle {
    /// For `user.end`: `userId` (the event's `addressTo`), `topic` and `disconnectType`.
    Cognigy,
    /// For `user.start`, `user.end` and `customer.end`: the same fields, and also `conversationId`, `participantId` and
    /// `eventTime`.
    Full,
}

/// The notification service.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct NotificationConfig {
    /// Whether events are sent. If `false`, channels can still be created and connected. Default: `true`.
    pub enabled: bool,
    /// The interval between heartbeats on a connected channel, in milliseconds. Default: 30 000 (unconfirmed).
    pub heartbeat_ms: u64,
    /// The lifetime of a channel, in seconds. Default: 24 h.
    pub channel_seconds: u64,
}

impl Default for NotificationConfig {
    fn default() -> Self {
        Self { enabled: true, heartbeat_ms: 30_000, channel_seconds: 24 * 60 * 60 }
    }
}

/// The probabilities of random losses, from 0 (never) to 1 (always). `seed` determines which items are lost.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct LossConfig {
    /// The probability for a post of the event bus. Default: 0.
    pub event_bus: f64,
    /// The probability for a post of the trigger. Default: 0.
    pub trigger: f64,
    /// The probability for a frame of a notification channel. Default: 0.
    pub notification: f64,
    /// The probability for a webhook other than a receipt. Default: 0.
    pub webhook: f64,
    /// The seed of the random numbers. The same seed loses the same items. Default: 1.
    pub seed: u64,
}

impl Default for LossConfig {
    fn default() -> Self {
        Self { event_bus: 0.0, trigger: 0.0, notification: 0.0, webhook: 0.0, seed: 1 }
    }
}
