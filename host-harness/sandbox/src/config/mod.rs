//! The configuration of a sandbox. Every field has a default. `Config::default()` starts a working Genesys Cloud.

mod events;
mod permissions;
mod schedules;
mod secret;
mod unconfirmed;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr};

use serde::Deserialize;

pub use self::events::{DetailTopic, EventBusConfig, LossConfig, NotificationConfig, TriggerConfig, TriggerStyle};
pub use self::permissions::Permission;
pub use self::schedules::{EmergencyGroupConfig, ScheduleConfig, ScheduleGroupConfig};
pub use self::secret::Secret;
pub use self::unconfirmed::{
    AttachmentDownloads, CustomAttributes, CustomerAddress, DeclineType, ExpiryType, RefusedWebhook, TopicName,
    Unconfirmed, UserStart,
};

/// The configuration of one [`Sandbox`](crate::Sandbox). It deserializes from TOML and rejects unknown fields.
///
/// The fields of [`unconfirmed`](Config::unconfirmed) control behavior that Genesys's documentation leaves open.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// The listen address. It must be a loopback address because the agent's desk has no authentication. Port 0 selects
    /// a free port. Default: `127.0.0.1:0`.
    pub listen: SocketAddr,
    /// The OAuth clients. At least one is required; the first one is announced. Default: one with every permission.
    pub clients: Vec<ClientConfig>,
    /// The Open Messaging integrations. At least one is required; the first one is announced. Default: one named
    /// `BotHandover`.
    pub integrations: Vec<IntegrationConfig>,
    /// The queues. At least one is required. The inbound message flow transfers to the first one, unless the customer's
    /// `queueId` attribute contains the id of another one. Default: one named `Support`.
    pub queues: Vec<QueueConfig>,
    /// The inbound message flows. The configured integrations are attached to the first one. Default: one that sends no
    /// messages.
    pub flows: Vec<FlowConfig>,
    /// The default messaging setting (platform configuration).
    pub typing: TypingConfig,
    /// The default supported content profile. The configured integrations use it.
    pub media: MediaConfig,
    /// The time after the end of a conversation within which an inbound message reopens it, in seconds. 0: never.
    /// Default: 72 h, which is both the initial threading timeline of Genesys Cloud and its maximum.
    pub threading_window_seconds: u64,
    /// The time until the creation of an integration is completed, in milliseconds. Until then, inbound messages to the
    /// integration return 404. Default: 0.
    pub integration_creation_ms: u64,
    /// The estimated wait of the first conversation in every queue, in seconds. Each further one waits as long again.
    /// The desk can change it. Default: 60.
    pub estimated_wait_seconds: u64,
    /// The number of agents on queue, in every queue. The desk can change it. Default: 1.
    pub agents_on_queue: u32,
    /// The names of the skills. Default: none.
    pub skills: Vec<String>,
    /// The names of the languages. Default: none.
    pub languages: Vec<String>,
    /// The schedules. Default: none.
    pub schedules: Vec<ScheduleConfig>,
    /// The schedule groups. Default: none.
    pub schedule_groups: Vec<ScheduleGroupConfig>,
    /// The emergency groups. Default: none.
    pub emergency_groups: Vec<EmergencyGroupConfig>,
    /// The timeout and the retries of webhooks.
    pub webhooks: WebhookConfig,
    /// Detail events through Amazon EventBridge. Default: off.
    pub event_bus: EventBusConfig,
    /// Detail events through the workflow of a process automation trigger. Default: off.
    pub trigger: TriggerConfig,
    /// Detail events and conversations through WebSockets.
    pub notifications: NotificationConfig,
    /// The probabilities of random losses. Default: no losses.
    pub losses: LossConfig,
    /// The limit of API requests per minute. It applies to each token, and to all tokens of a client together. Logins
    /// count toward the limit of the client. 0: no limit. Default: 300 (`token.rate.per.minute`,
    /// `client.credentials.token.rate.per.minute`, "developer center: organization limits").
    pub requests_per_minute: u32,
    /// Behavior that Genesys's documentation leaves open.
    pub unconfirmed: Unconfirmed,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            clients: vec![ClientConfig::default()],
            integrations: vec![IntegrationConfig::default()],
            queues: vec![QueueConfig::default()],
            flows: vec![FlowConfig::default()],
            typing: TypingConfig::default(),
            media: MediaConfig::default(),
            threading_window_seconds: 72 * 60 * 60,
            integration_creation_ms: 0,
            estimated_wait_seconds: 60,
            agents_on_queue: 1,
            skills: Vec::new(),
            languages: Vec::new(),
            schedules: Vec::new(),
            schedule_groups: Vec::new(),
            emergency_groups: Vec::new(),
            webhooks: WebhookConfig::default(),
            event_bus: EventBusConfig::default(),
            trigger: TriggerConfig::default(),
            notifications: NotificationConfig::default(),
            losses: LossConfig::default(),
            requests_per_minute: 300,
            unconfirmed: Unconfirmed::default(),
        }
    }
}

/// An OAuth client for the client credentials grant.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ClientConfig {
    /// The client id. Default: a random UUID.
    pub id: Option<String>,
    /// The client secret. Default: random.
    pub secret: Option<Secret>,
    /// The permissions that the client's roles grant, by Genesys's names (`conversation:message:receive` …). Default:
    /// all.
    pub permissions: BTreeSet<Permission>,
    /// The lifetime of a token, in seconds. Genesys Cloud allows 5 min to 48 h. The sandbox allows shorter lifetimes,
    /// so that tests can let a token expire. Default: 86 399, which Genesys Cloud returns for a client with the default
    /// of 24 h.
    pub token_seconds: u64,
}

impl Default for ClientConfig {
    fn default() -> Self {
        Self { id: None, secret: None, permissions: Permission::ALL.into_iter().collect(), token_seconds: 86_399 }
    }
}

/// An Open Messaging integration that exists from the start.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct IntegrationConfig {
    /// The integration id. Default: a random UUID.
    pub id: Option<String>,
    /// The name. Default: `BotHandover`.
    pub name: String,
    /// The URL that receives the webhooks. Unlike Genesys Cloud, the sandbox accepts `http://` and any port. Default:
    /// none; an agent's messages are recorded as undeliverable.
    pub webhook_url: Option<String>,
    /// The secret that signs the webhooks. It must be longer than 15 characters. Default: random.
    pub webhook_secret: Option<Secret>,
    /// The headers that are added to every webhook. Their values can be keys and are redacted in `Debug` output.
    /// Default: none.
    pub webhook_headers: BTreeMap<String, Secret>,
}

impl Default for IntegrationConfig {
    fn default() -> Self {
        Self {
            id: None,
            name: "BotHandover".to_owned(),
            webhook_url: None,
            webhook_secret: None,
            webhook_headers: BTreeMap::new(),
        }
    }
}

/// A queue.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct QueueConfig {
    /// The queue id. Default: a random UUID.
    pub id: Option<String>,
    /// The name. Default: `Support`.
    pub name: String,
}

impl Default for QueueConfig {
    fn default() -> Self {
        Self { id: None, name: "Support".to_owned() }
    }
}

/// An inbound message flow.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct FlowConfig {
    /// The flow id. Default: a random UUID.
    pub id: Option<String>,
    /// The name. Default: `Inbound Message`.
    pub name: String,
    /// The message that the flow sends as a bot when a conversation is opened or reopened. Default: none.
    pub greeting: Option<String>,
    /// The message that the flow sends as a bot whenever a conversation enters a queue. Default: none.
    pub in_queue: Option<String>,
}

impl Default for FlowConfig {
    fn default() -> Self {
        Self { id: None, name: "Inbound Message".to_owned(), greeting: None, in_queue: None }
    }
}

/// Typing indicators. Both directions are disabled until an administrator enables them ("Resource Center: platform
/// configuration profiles").
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct TypingConfig {
    /// From the customer to the agent. While disabled, typing events are accepted and dropped. Default: `false`.
    pub inbound: bool,
    /// From the agent to the customer. While disabled, no webhook is sent. Default: `false`.
    pub outbound: bool,
}

/// Allowed media types: `*/*`, `image/*` or `image/png` ("Resource Center: supported content profiles").
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct MediaConfig {
    /// From the customer. Attachments of other types are dropped. Default: all types.
    pub inbound: Vec<String>,
    /// From the agent. The agent cannot send other types. Default: JPEG, PNG and GIF.
    pub outbound: Vec<String>,
}

impl Default for MediaConfig {
    fn default() -> Self {
        Self {
            inbound: vec!["*/*".to_owned()],
            outbound: ["image/jpeg", "image/png", "image/gif"].map(str::to_owned).to_vec(),
        }
    }
}

/// The timeout and the retries of webhooks ("developer center: validate webhook notifications").
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct WebhookConfig {
    /// The time within which the receiver must respond, in milliseconds. Default: 10 000.
    pub timeout_ms: u64,
    /// The number of retries after a timeout, 429, 5xx or a failed connection. Default: 5.
    pub retries: u32,
    /// The fixed delay before each retry, in milliseconds. Default: 5 000.
    pub retry_delay_ms: u64,
}

impl Default for WebhookConfig {
    fn default() -> Self {
        Self { timeout_ms: 10_000, retries: 5, retry_delay_ms: 5_000 }
    }
}
