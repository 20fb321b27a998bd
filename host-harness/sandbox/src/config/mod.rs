//! What a sandbox is started with. Every field has a default, so that `Config::default()` is a working Genesys Cloud.

mod events;
mod permissions;
mod secret;
mod unconfirmed;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr};

use serde::Deserialize;

pub use self::events::{DetailTopic, EventBusConfig, LossConfig, NotificationConfig, TriggerConfig, TriggerStyle};
pub use self::permissions::Permission;
pub use self::secret::Secret;
pub use self::unconfirmed::{
    AttachmentDownloads, CustomAttributes, CustomerAddress, DeclineType, ExpiryType, RefusedWebhook, TopicName,
    Unconfirmed, UserStart,
};

/// The settings of one [`Sandbox`](crate::Sandbox). Reads from TOML; unknown fields are refused.
///
/// Fields under [`unconfirmed`](Config::unconfirmed) are what Genesys's documentation leaves open.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// Where to listen; must be a loopback address, since the agent's side has no authentication. Port 0 takes a
    /// free one. Default `127.0.0.1:0`.
    pub listen: SocketAddr,
    /// The OAuth clients. At least one; the first is announced. Default: one with every permission.
    pub clients: Vec<ClientConfig>,
    /// The Open Messaging integrations. At least one; the first is announced. Default: one named `BotHandover`.
    pub integrations: Vec<IntegrationConfig>,
    /// The queues. At least one; the first is where the inbound message flow transfers to when the customer's
    /// `queueId` attribute names none of them. Default: one named `Support`.
    pub queues: Vec<QueueConfig>,
    /// The inbound message flows. The first is the one that the configured integrations are attached to. Default: one
    /// that says nothing.
    pub flows: Vec<FlowConfig>,
    /// The default messaging setting (platform configuration).
    pub typing: TypingConfig,
    /// The default supported content profile, which the configured integrations have.
    pub media: MediaConfig,
    /// Seconds after the end of a conversation in which an inbound message re-opens it; 0: never. Default 72 h, the
    /// threading timeline that Genesys Cloud starts with and its maximum.
    pub threading_window_seconds: u64,
    /// How long the creation of an integration takes, in milliseconds. Until then inbound messages find no such
    /// integration. Default 0.
    pub integration_creation_ms: u64,
    /// The estimated wait in every queue, in seconds. Default 60.
    pub estimated_wait_seconds: u64,
    /// How webhooks are sent.
    pub webhooks: WebhookConfig,
    /// Detail events by Amazon EventBridge. Off by default.
    pub event_bus: EventBusConfig,
    /// Detail events by a process automation trigger, whose workflow posts them. Off by default.
    pub trigger: TriggerConfig,
    /// Detail events and conversations by WebSocket.
    pub notifications: NotificationConfig,
    /// What is lost at random. Default nothing.
    pub losses: LossConfig,
    /// API requests per minute, of each token and of all tokens of a client together, logins included; 0: no limit.
    /// Default 300 (`token.rate.per.minute`, `client.credentials.token.rate.per.minute`, "developer center: organization
    /// limits").
    pub requests_per_minute: u32,
    /// What Genesys's documentation does not say.
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
    /// What the client's roles permit, by Genesys's names (`conversation:message:receive` …). Default: everything.
    pub permissions: BTreeSet<Permission>,
    /// How long a token is valid, in seconds. Genesys Cloud allows 5 min to 48 h; here anything from 1 is, so that
    /// expiry can be tested. Default 86 399, which is what a client with the default 24 h answers.
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
    /// The name. Default `BotHandover`.
    pub name: String,
    /// Where webhooks go. Unlike Genesys Cloud, `http://` and any port are accepted. Default none: what an agent
    /// writes is recorded as undeliverable.
    pub webhook_url: Option<String>,
    /// What webhooks are signed with; longer than 15 characters. Default: random.
    pub webhook_secret: Option<Secret>,
    /// Headers added to every webhook; their values may be keys, and so do not show either. Default none.
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
    /// The name. Default `Support`.
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
    /// The name. Default `Inbound Message`.
    pub name: String,
    /// What the flow says, as a bot, when a conversation opens, be it again. Default none.
    pub greeting: Option<String>,
    /// What the flow says, as a bot, whenever a conversation begins to wait in a queue. Default none.
    pub in_queue: Option<String>,
}

impl Default for FlowConfig {
    fn default() -> Self {
        Self { id: None, name: "Inbound Message".to_owned(), greeting: None, in_queue: None }
    }
}

/// Typing indicators. Both directions are disabled until an admin enables them ("Resource Center: platform
/// configuration profiles").
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct TypingConfig {
    /// From the customer to the agent. While disabled, typing events are accepted and dropped. Default `false`.
    pub inbound: bool,
    /// From the agent to the customer. While disabled, no webhook is sent. Default `false`.
    pub outbound: bool,
}

/// Allowed media types: `*/*`, `image/*` or `image/png` ("Resource Center: supported content profiles").
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct MediaConfig {
    /// From the customer; an attachment of another type is dropped. Default: everything.
    pub inbound: Vec<String>,
    /// From the agent, who cannot send another type. Default: JPEG, PNG and GIF.
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

/// Time limits and retries of webhooks ("developer center: validate webhook notifications").
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct WebhookConfig {
    /// How long the receiver may take to answer, in milliseconds. Default 10 000.
    pub timeout_ms: u64,
    /// How many times a webhook is sent again after a timeout, 429, 5xx or a failed connection. Default 5.
    pub retries: u32,
    /// The fixed pause before each retry, in milliseconds. Default 5 000.
    pub retry_delay_ms: u64,
}

impl Default for WebhookConfig {
    fn default() -> Self {
        Self { timeout_ms: 10_000, retries: 5, retry_delay_ms: 5_000 }
    }
}
