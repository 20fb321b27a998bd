//! The settings for each kind of call. A policy reads only its own settings, so a mistake in other settings does not
//! prevent the verification of a webhook.

use super::keys::*;
use super::person::first_name;
use super::values::*;
use crate::region;
use alloc::{borrow::Cow, string::ToString};
use alloc::{format, string::String, vec::Vec};
use base64::{Engine, engine::general_purpose::STANDARD};
use handover_guest::contract::*;
use handover_guest::settings::values;

/// The settings for verifying webhooks.
#[derive(Debug)]
pub struct WebhookPolicy<'a> {
    secrets: Vec<Secret<'a>>,
    keys: Vec<(OperatorSource, Secret<'a>)>,
    /// Whether webhooks are accepted without a secret.
    pub unsigned_allowed: bool,
}

/// The bytes of a secret. `Debug` hides them.
pub struct Secret<'a>(Cow<'a, [u8]>);

impl core::fmt::Debug for Secret<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Secret")
    }
}

impl<'a> WebhookPolicy<'a> {
    /// Reads the settings. Fails if a secret is not valid.
    pub fn of(settings: &'a [Setting]) -> Result<Self, Unusable> {
        let (mut secrets, mut keys) = (Vec::new(), Vec::new());
        // A secret that consists of whitespace counts as empty.
        for setting in settings.iter().filter(|setting| !setting.value.trim().is_empty()) {
            let bytes = || Secret(setting.value.as_bytes().into());
            let key = || Secret(setting.value.trim().as_bytes().into());
            match setting.key.as_str() {
                WEBHOOK_SECRET => secrets.push(bytes()),
                WEBHOOK_SECRET_BASE64 => {
                    secrets.push(Secret(STANDARD.decode(&setting.value).map_err(|_| Unusable)?.into()));
                }
                EVENT_BUS_KEY => keys.push((OperatorSource::EventBus, key())),
                TRIGGER_KEY => keys.push((OperatorSource::Trigger, key())),
                _ => {}
            }
        }
        // Only a valid `true` allows unsigned webhooks.
        let unsigned_allowed = switch(settings, ALLOW_UNSIGNED_WEBHOOKS) == Ok(Some(true));
        Ok(Self { secrets, keys, unsigned_allowed })
    }

    /// The secrets, in the order of the settings.
    pub fn secrets(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.secrets.iter().map(|secret| secret.0.as_ref())
    }

    /// The keys of operator-built sources, in the order of the settings.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = (OperatorSource, &[u8])> {
        self.keys.iter().map(|(source, key)| (*source, key.0.as_ref()))
    }
}

/// How the user's address at Genesys is formed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thread {
    /// It is the recipient.
    PerRecipient,
    /// The recipient, `:` and the number of the handover.
    PerHandover,
}

impl Thread {
    /// Reads the setting. Fails if it is not valid.
    pub fn of(settings: &[Setting]) -> Result<Self, Unusable> {
        match text(settings, THREAD).as_deref() {
            None | Some(PER_RECIPIENT) => Ok(Self::PerRecipient),
            Some(PER_HANDOVER) => Ok(Self::PerHandover),
            Some(_) => Err(Unusable),
        }
    }

    /// Returns the recipient's address in a handover.
    #[must_use]
    pub fn address(self, conversation: &Conversation) -> String {
        match self {
            Self::PerRecipient => conversation.recipient.clone(),
            Self::PerHandover => format!("{}:{}", conversation.recipient, conversation.handover),
        }
    }

    /// Returns the recipient of an address, and the handover if the address contains it.
    #[must_use]
    pub fn recipient(self, address: &str) -> (String, Option<u32>) {
        let numbered = || {
            let (recipient, digits) = address.rsplit_once(':')?;
            let plain = !digits.starts_with('+') && !recipient.is_empty();
            Some((recipient.to_string(), Some(digits.parse().ok()?))).filter(|_| plain)
        };
        match self {
            Self::PerRecipient => None,
            Self::PerHandover => numbered(),
        }
        .unwrap_or_else(|| (address.to_string(), None))
    }
}

/// The settings for building messages.
#[derive(Debug)]
pub struct MessagePolicy {
    /// How the user's address is formed.
    pub thread: Thread,
    /// Participant data for the flow.
    pub attributes: AttributePolicy,
    /// Whether the profile is sent.
    pub send_profile: bool,
    /// The maximum number of characters in one message.
    pub text_limit: usize,
    /// The first message if the platform starts a handover without a text.
    pub start_text: String,
    /// The message to the agent if the conversation cannot be closed.
    pub leave_text: String,
    /// The link to the AI Copilot Workspace, if it is configured.
    pub copilot: Option<CopilotPolicy>,
}

impl MessagePolicy {
    /// Reads the settings. Fails if one is not valid.
    pub fn of(settings: &[Setting]) -> Result<Self, Unusable> {
        let text_limit = number(settings, TEXT_LIMIT, TEXT_LIMIT_RANGE)?;
        Ok(Self {
            thread: Thread::of(settings)?,
            attributes: AttributePolicy::of(settings)?,
            send_profile: switch(settings, SEND_PROFILE)?.unwrap_or(false),
            text_limit: text_limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(DEFAULT_TEXT_LIMIT),
            start_text: text(settings, START_TEXT).unwrap_or_else(|| DEFAULT_START_TEXT.into()),
            leave_text: text(settings, LEAVE_TEXT).unwrap_or_else(|| DEFAULT_LEAVE_TEXT.into()),
            copilot: CopilotPolicy::of(settings)?,
        })
    }
}

/// Participant data for the flow, unless the platform sets it.
#[derive(Debug)]
pub struct AttributePolicy {
    /// The queue: its id or its name.
    pub queue: Option<String>,
    /// The language.
    pub language: Option<String>,
    /// The skills.
    pub skills: Vec<String>,
    /// The priority, in digits.
    pub priority: Option<String>,
    /// The operator's own attributes, in their order.
    pub own: Vec<(String, String)>,
}

impl AttributePolicy {
    fn of(settings: &[Setting]) -> Result<Self, Unusable> {
        if values(settings, SKILL).any(|skill| skill.contains(',')) {
            return Err(Unusable);
        }
        let own = values(settings, ATTRIBUTE).map(|entry| {
            let (name, value) = split_attribute(entry).ok_or(Unusable)?;
            Ok((name.into(), value.into()))
        });
        Ok(Self {
            queue: text(settings, QUEUE),
            language: text(settings, LANGUAGE),
            skills: values(settings, SKILL).map(String::from).collect(),
            priority: number(settings, PRIORITY, PRIORITY_RANGE)?.map(|priority| priority.to_string()),
            own: own.collect::<Result<_, _>>()?,
        })
    }
}

/// The link to the AI Copilot Workspace.
pub struct CopilotPolicy {
    /// The URL of the workspace.
    pub url: String,
    /// `URLToken`.
    pub token: String,
    /// `organisationId`.
    pub organization: String,
    /// `projectId`.
    pub project: Option<String>,
    /// `configId`.
    pub config: String,
}

/// Hides the token.
impl core::fmt::Debug for CopilotPolicy {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("CopilotPolicy { .. }")
    }
}

impl CopilotPolicy {
    /// Reads the settings. Returns `None` if none of them has a value. Fails if a required one is missing or one is not
    /// valid.
    pub fn of(settings: &[Setting]) -> Result<Option<Self>, Unusable> {
        if [COPILOT_URL, COPILOT_TOKEN, COPILOT_ORGANIZATION, COPILOT_PROJECT, COPILOT_CONFIG]
            .iter()
            .all(|key| text(settings, key).is_none())
        {
            return Ok(None);
        }
        let part = |key| text(settings, key).ok_or(Unusable);
        let url = part(COPILOT_URL)?;
        if !is_copilot_url(&url) {
            return Err(Unusable);
        }
        let (token, organization, config) = (part(COPILOT_TOKEN)?, part(COPILOT_ORGANIZATION)?, part(COPILOT_CONFIG)?);
        Ok(Some(Self { url, token, organization, project: text(settings, COPILOT_PROJECT), config }))
    }
}

/// The settings for mapping events. Reading them never fails, because a failure would lose an event.
#[derive(Debug)]
pub struct EventPolicy {
    /// How the user's address is formed.
    pub thread: Thread,
    /// Whether the user sees messages of bots.
    pub show_bot_messages: bool,
    /// The part of an agent's name that the user sees.
    pub agent: AgentPolicy,
}

impl EventPolicy {
    /// Reads the settings. An invalid one counts as its default, except that an invalid `agent-name` counts as `alias`.
    #[must_use]
    pub fn of(settings: &[Setting]) -> Self {
        Self {
            thread: Thread::of(settings).unwrap_or(Thread::PerRecipient),
            show_bot_messages: switch(settings, SHOW_BOT_MESSAGES).ok().flatten().unwrap_or(true),
            agent: AgentPolicy::of(settings),
        }
    }
}

/// The part of an agent's name that the user sees.
#[derive(Debug, PartialEq, Eq)]
pub enum AgentPolicy {
    /// The whole name.
    Full,
    /// The first name, or the alias if the first name is not certain.
    First {
        /// The name to show instead.
        alias: String,
    },
    /// Only this name.
    Alias(String),
}

impl AgentPolicy {
    fn of(settings: &[Setting]) -> Self {
        let alias = || text(settings, AGENT_ALIAS).unwrap_or_else(|| DEFAULT_AGENT_ALIAS.into());
        match text(settings, AGENT_NAME).as_deref() {
            None | Some(FULL) => Self::Full,
            Some(FIRST) => Self::First { alias: alias() },
            Some(_) => Self::Alias(alias()),
        }
    }

    /// Returns the agent as the user sees it.
    #[must_use]
    pub fn shown(&self, id: Option<&str>, name: Option<&str>) -> Agent {
        let name = match self {
            Self::Full => name.map(String::from),
            Self::First { alias } => name.map(|name| first_name(name).unwrap_or(alias).into()),
            Self::Alias(alias) => Some(alias.clone()),
        };
        Agent { id: id.map(String::from), name, picture: None }
    }
}

/// The settings for calling the API.
pub struct Account {
    /// The id of the OAuth client.
    pub client_id: String,
    /// The secret of the OAuth client.
    pub client_secret: String,
    /// The integration's name.
    pub deployment_name: String,
    /// The queue, as entered.
    pub queue: Option<String>,
}

impl Account {
    /// Reads the settings. Fails if one is missing, which `check-settings` reports to the host.
    pub fn of(settings: &[Setting]) -> Result<Self, Unusable> {
        Ok(Self {
            client_id: text(settings, CLIENT_ID).ok_or(Unusable)?,
            client_secret: text(settings, CLIENT_SECRET).ok_or(Unusable)?,
            deployment_name: text(settings, DEPLOYMENT_NAME).ok_or(Unusable)?,
            queue: text(settings, QUEUE),
        })
    }
}

/// The settings for provisioning, in addition to the account.
pub struct ProvisioningPolicy {
    /// The secret for a new integration: the first one, which is the newest.
    pub webhook_secret: Option<String>,
    /// The name of the inbound message flow.
    pub flow: Option<String>,
    /// Whether the host is Genesys Cloud itself, rather than a proxy or a local Genesys Cloud.
    pub genesys_cloud: bool,
}

impl ProvisioningPolicy {
    /// Reads the settings.
    #[must_use]
    pub fn of(settings: &[Setting]) -> Self {
        let mut secrets = settings.iter().filter(|s| s.key == WEBHOOK_SECRET && !s.value.trim().is_empty());
        let region = text(settings, HOST).and_then(|host| region::normalize(&host));
        Self {
            webhook_secret: secrets.next().map(|setting| setting.value.clone()),
            flow: text(settings, FLOW),
            genesys_cloud: region.is_some_and(|region| region.is_genesys_cloud()),
        }
    }
}
