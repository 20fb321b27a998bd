//! The keys of the settings, their defaults and their limits.

use handover_guest::contract::IntegerRange;

/// The region.
pub const HOST: &str = "host";
/// The name of the Open Messaging integration.
pub const DEPLOYMENT_NAME: &str = "deployment-name";
/// The queue that the flow should transfer to.
pub const QUEUE: &str = "queue";
/// The secret that webhooks are signed with, as text.
pub const WEBHOOK_SECRET: &str = "webhook-secret";
/// The same, for bytes that are no text.
pub const WEBHOOK_SECRET_BASE64: &str = "webhook-secret-base64";
/// The key of the event bus.
pub const EVENT_BUS_KEY: &str = "event-bus-key";
/// The key of the trigger.
pub const TRIGGER_KEY: &str = "trigger-key";
/// The id of the OAuth client.
pub const CLIENT_ID: &str = "client-id";
/// The secret of the OAuth client.
pub const CLIENT_SECRET: &str = "client-secret";
/// Whether the agent sees who the user is.
pub const SEND_PROFILE: &str = "send-profile";
/// Whether webhooks are accepted without a secret.
pub const ALLOW_UNSIGNED_WEBHOOKS: &str = "allow-unsigned-webhooks";
/// The language that agents should speak.
pub const LANGUAGE: &str = "language";
/// What agents should be able to do.
pub const SKILL: &str = "skill";
/// How soon.
pub const PRIORITY: &str = "priority";
/// Participant data for the flow.
pub const ATTRIBUTE: &str = "attribute";
/// How the user's address is made.
pub const THREAD: &str = "thread";
/// The name of the inbound message flow.
pub const FLOW: &str = "flow";
/// The first message when the platform gives none.
pub const START_TEXT: &str = "start-text";
/// What the agent reads when the user left and the conversation cannot be closed.
pub const LEAVE_TEXT: &str = "leave-text";
/// Characters in one message.
pub const TEXT_LIMIT: &str = "text-limit";
/// Whether messages of bots are for the user.
pub const SHOW_BOT_MESSAGES: &str = "show-bot-messages";
/// What the user learns of the agent's name.
pub const AGENT_NAME: &str = "agent-name";
/// The name of every agent.
pub const AGENT_ALIAS: &str = "agent-alias";
/// Where the AI Copilot Workspace is.
pub const COPILOT_URL: &str = "copilot-url";
/// The platform's API key in its link.
pub const COPILOT_TOKEN: &str = "copilot-token";
/// The organization in its link.
pub const COPILOT_ORGANIZATION: &str = "copilot-organization";
/// The project in its link.
pub const COPILOT_PROJECT: &str = "copilot-project";
/// The configuration in its link.
pub const COPILOT_CONFIG: &str = "copilot-config";

pub(super) const PER_RECIPIENT: &str = "per-recipient";
pub(super) const PER_HANDOVER: &str = "per-handover";
pub(super) const FULL: &str = "full";
pub(super) const FIRST: &str = "first";
pub(super) const ALIAS: &str = "alias";

pub(super) const DEFAULT_START_TEXT: &str = "The user asks for a person.";
pub(super) const DEFAULT_LEAVE_TEXT: &str = "The user has left the chat.";
pub(super) const DEFAULT_AGENT_ALIAS: &str = "Agent";
/// Genesys documents no limit for Open Messaging; connectors in use take this one.
pub(super) const DEFAULT_TEXT_LIMIT: usize = 5000;
pub(super) const TEXT_LIMIT_RANGE: IntegerRange = IntegerRange { minimum: 100, maximum: 10_000 };
/// Routing API, `RoutingConversationAttributesRequest`.
pub(super) const PRIORITY_RANGE: IntegerRange = IntegerRange { minimum: -25_000_000, maximum: 25_000_000 };

/// The origin of the API.
pub const API: &str = "api";
/// The origin of OAuth.
pub const LOGIN: &str = "login";

/// Genesys refuses to create an integration with a shorter secret.
pub(super) const MIN_SECRET_BYTES: usize = 16;
