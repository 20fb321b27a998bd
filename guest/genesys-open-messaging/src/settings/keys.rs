//! The keys of the settings, their defaults and their limits.

pub use genesys_cloud::account::{API, CLIENT_ID, CLIENT_SECRET, HOST, LOGIN};

use handover_guest::contract::IntegerRange;

/// The name of the Open Messaging integration.
pub const DEPLOYMENT_NAME: &str = "deployment-name";
/// The queue that the flow should transfer to.
pub const QUEUE: &str = "queue";
/// The secret with which Genesys signs webhooks, as text.
pub const WEBHOOK_SECRET: &str = "webhook-secret";
/// Such a secret in base64, for bytes that are not text.
pub const WEBHOOK_SECRET_BASE64: &str = "webhook-secret-base64";
/// The key that the event bus sends.
pub const EVENT_BUS_KEY: &str = "event-bus-key";
/// The key that the trigger sends.
pub const TRIGGER_KEY: &str = "trigger-key";
/// Whether the user's profile is sent to the agent.
pub const SEND_PROFILE: &str = "send-profile";
/// Whether webhooks are accepted without a secret.
pub const ALLOW_UNSIGNED_WEBHOOKS: &str = "allow-unsigned-webhooks";
/// The language that agents should speak.
pub const LANGUAGE: &str = "language";
/// A skill that agents should have.
pub const SKILL: &str = "skill";
/// The priority in the queue.
pub const PRIORITY: &str = "priority";
/// The seconds between two requests for the estimated wait of a waiting user.
pub const QUEUE_STATE_INTERVAL: &str = "queue-state-interval";
/// The schedule group with the hours of operation.
pub const SCHEDULE_GROUP: &str = "schedule-group";
/// The emergency group that closes the contact center.
pub const EMERGENCY_GROUP: &str = "emergency-group";
/// Participant data for the flow.
pub const ATTRIBUTE: &str = "attribute";
/// How the user's address is formed.
pub const THREAD: &str = "thread";
/// What the recipients are.
pub const RECIPIENT_TYPE: &str = "recipient-type";
/// Whether provisioning makes Genesys look up the users' contact records.
pub const RESOLVE_IDENTITIES: &str = "resolve-identities";
/// The external source in which Genesys looks up opaque recipients.
pub const EXTERNAL_SOURCE: &str = "external-source";
/// The name of the inbound message flow.
pub const FLOW: &str = "flow";
/// The first message if the platform starts a handover without a text.
pub const START_TEXT: &str = "start-text";
/// Where the agent sees the platform's summary.
pub const SUMMARY: &str = "summary";
/// The message to the agent if the user leaves and the conversation cannot be closed.
pub const LEAVE_TEXT: &str = "leave-text";
/// The maximum number of characters in one message.
pub const TEXT_LIMIT: &str = "text-limit";
/// Whether the user sees messages of bots.
pub const SHOW_BOT_MESSAGES: &str = "show-bot-messages";
/// The part of the agent's name that the user sees.
pub const AGENT_NAME: &str = "agent-name";
/// The name that the user sees instead of the agent's.
pub const AGENT_ALIAS: &str = "agent-alias";
/// Whether the outcome contains the agent's notes.
pub const OUTCOME_NOTES: &str = "outcome-notes";
/// Whether the outcome contains Genesys's summary of the conversation.
pub const OUTCOME_SUMMARY: &str = "outcome-summary";
/// The context id of the form of surveys.
pub const SURVEY_FORM: &str = "survey-form";
/// The URL of the AI Copilot Workspace.
pub const COPILOT_URL: &str = "copilot-url";
/// The platform's API key in the link to the AI Copilot Workspace.
pub const COPILOT_TOKEN: &str = "copilot-token";
/// The organization in the link to the AI Copilot Workspace.
pub const COPILOT_ORGANIZATION: &str = "copilot-organization";
/// The project in the link to the AI Copilot Workspace.
pub const COPILOT_PROJECT: &str = "copilot-project";
/// The configuration in the link to the AI Copilot Workspace.
pub const COPILOT_CONFIG: &str = "copilot-config";

pub(super) const PER_RECIPIENT: &str = "per-recipient";
pub(super) const PER_HANDOVER: &str = "per-handover";
pub(super) const OPAQUE: &str = "opaque";
pub(super) const PHONE: &str = "phone";
pub(super) const EMAIL: &str = "email";
pub(super) const FULL: &str = "full";
pub(super) const FIRST: &str = "first";
pub(super) const ALIAS: &str = "alias";

pub(super) const AS_TEXT: &str = "text";
pub(super) const AS_ATTRIBUTE: &str = "attribute";
pub(super) const AS_BOTH: &str = "both";

pub(super) const DEFAULT_START_TEXT: &str = "The user asks for a person.";
pub(super) const DEFAULT_LEAVE_TEXT: &str = "The user has left the chat.";
pub(super) const DEFAULT_AGENT_ALIAS: &str = "Agent";
/// Genesys documents no limit for Open Messaging. Existing connectors use this one.
pub(super) const DEFAULT_TEXT_LIMIT: usize = 5000;
pub(super) const TEXT_LIMIT_RANGE: IntegerRange = IntegerRange { minimum: 100, maximum: 10_000 };
/// The valid priorities (Routing API, `RoutingConversationAttributesRequest`).
pub(super) const PRIORITY_RANGE: IntegerRange = IntegerRange { minimum: -25_000_000, maximum: 25_000_000 };
pub(super) const QUEUE_STATE_INTERVAL_RANGE: IntegerRange = IntegerRange { minimum: 0, maximum: 3600 };
pub(super) const DEFAULT_QUEUE_STATE_INTERVAL: u32 = 60;

/// Genesys refuses to create an integration with a shorter secret.
pub(super) const MIN_SECRET_BYTES: usize = 16;
