//! The settings of a connection: the form ([`description`]), what is wrong with what was entered ([`check`]), and what it
//! means for each kind of call (the policies).

mod check;
mod form;
mod person;
mod policy;

pub use check::check;
pub use form::description;
pub use policy::{
    Account, AgentPolicy, AttributePolicy, CopilotPolicy, EventPolicy, MessagePolicy, ProvisioningPolicy, Secret,
    Thread, WebhookPolicy,
};

use crate::contract::*;
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use core::ops::RangeInclusive;

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
/// Whether webhooks are believed without a secret.
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

const PER_RECIPIENT: &str = "per-recipient";
const PER_HANDOVER: &str = "per-handover";
const FULL: &str = "full";
const FIRST: &str = "first";
const ALIAS: &str = "alias";

const DEFAULT_START_TEXT: &str = "The user asks for a person.";
const DEFAULT_LEAVE_TEXT: &str = "The user has left the chat.";
const DEFAULT_AGENT_ALIAS: &str = "Agent";
/// Genesys documents no limit for Open Messaging; connectors in use take this one.
const DEFAULT_TEXT_LIMIT: usize = 5000;
const TEXT_LIMIT_RANGE: IntegerRange = IntegerRange { minimum: 100, maximum: 10_000 };
/// Routing API, `RoutingConversationAttributesRequest`.
const PRIORITY_RANGE: IntegerRange = IntegerRange { minimum: -25_000_000, maximum: 25_000_000 };

/// The origin of the API.
pub const API: &str = "api";
/// The origin of OAuth.
pub const LOGIN: &str = "login";

/// Genesys refuses to create an integration with a shorter secret.
const SHORTEST_SECRET: usize = 16;

/// The values under a key that are not empty, without the blanks around them.
fn all<'a>(settings: &'a [Setting], key: &str) -> impl Iterator<Item = &'a str> {
    settings.iter().filter(move |setting| setting.key == key).map(|s| s.value.trim()).filter(|value| !value.is_empty())
}

/// The first value that is not empty, without the blanks around it, and its place.
fn find<'a>(settings: &'a [Setting], key: &str) -> Option<(u32, &'a str)> {
    let (index, setting) = (0..).zip(settings).find(|(_, setting)| setting.key == key && !setting.value.is_empty())?;
    Some((index, setting.value.trim()))
}

fn text(settings: &[Setting], key: &str) -> Option<String> {
    find(settings, key).map(|(_, value)| value.to_string()).filter(|value| !value.is_empty())
}

/// On and off at once, or another word, is neither.
fn switch(settings: &[Setting], key: &str) -> Result<Option<bool>, Unusable> {
    let mut values = settings.iter().filter(|setting| setting.key == key && !setting.value.is_empty());
    match (values.next().map(|setting| setting.value.as_str()), values.next()) {
        (None, _) => Ok(None),
        (Some("false"), None) => Ok(Some(false)),
        (Some("true"), None) => Ok(Some(true)),
        _ => Err(Unusable),
    }
}

fn number(settings: &[Setting], key: &str, range: IntegerRange) -> Result<Option<i64>, Unusable> {
    text(settings, key).map(|digits| parse_number(&digits, range).ok_or(Unusable)).transpose()
}

fn parse_number(digits: &str, range: IntegerRange) -> Option<i64> {
    let range: RangeInclusive<i64> = range.minimum..=range.maximum;
    digits.parse().ok().filter(|number| range.contains(number) && !digits.starts_with('+'))
}

/// `name=value`; the value may be empty or hold further equals signs.
fn split_attribute(entry: &str) -> Option<(&str, &str)> {
    let (name, value) = entry.split_once('=')?;
    Some((name.trim(), value.trim())).filter(|(name, _)| !name.is_empty())
}

/// The link's parameters are put behind it.
fn is_copilot_url(url: &str) -> bool {
    let host = url.strip_prefix("https://").and_then(|rest| rest.split('/').next());
    host.is_some_and(|host| !host.is_empty() && !host.contains('@'))
        && url.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'?' | b'#' | b'\\'))
}

/// The settings cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unusable;
