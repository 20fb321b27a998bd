//! The settings for each kind of call. `check-settings` reads them once and encodes them; a call decodes the policy that
//! it needs, which borrows from the encoded bytes.

use super::keys::*;
use super::person::first_name;
use super::values::*;
use alloc::{borrow::Cow, string::ToString};
use alloc::{format, string::String, vec::Vec};
use base64::{Engine, engine::general_purpose::STANDARD};
use genesys_cloud::account::Credentials;
use genesys_cloud::region;
use handover_guest::contract::*;
use handover_guest::settings::values;
use serde::{Deserialize, Serialize};

/// The settings for verifying webhooks.
#[derive(Debug, Deserialize, Serialize)]
pub struct WebhookPolicy<'a> {
    #[serde(borrow)]
    secrets: Vec<Secret<'a>>,
    #[serde(borrow)]
    event_bus_keys: Vec<Secret<'a>>,
    #[serde(borrow)]
    trigger_keys: Vec<Secret<'a>>,
    /// Whether webhooks are accepted without a secret.
    pub unsigned_allowed: bool,
}

/// The bytes of a secret. `Debug` hides them.
#[derive(Deserialize, Serialize)]
struct Secret<'a>(#[serde(borrow)] Cow<'a, [u8]>);

impl core::fmt::Debug for Secret<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Secret")
    }
}

impl<'a> WebhookPolicy<'a> {
    /// Reads the settings. Fails if a secret is not valid.
    pub fn of(settings: &'a [Setting]) -> Result<Self, Unusable> {
        let (mut secrets, mut event_bus_keys, mut trigger_keys) = (Vec::new(), Vec::new(), Vec::new());
        // A secret that consists of whitespace counts as empty.
        for setting in settings.iter().filter(|setting| !setting.value.trim().is_empty()) {
            let bytes = || Secret(setting.value.as_bytes().into());
            let key = || Secret(setting.value.trim().as_bytes().into());
            match setting.key.as_str() {
                WEBHOOK_SECRET => secrets.push(bytes()),
                WEBHOOK_SECRET_BASE64 => {
                    secrets.push(Secret(STANDARD.decode(&setting.value).map_err(|_| Unusable)?.into()));
                }
                EVENT_BUS_KEY => event_bus_keys.push(key()),
                TRIGGER_KEY => trigger_keys.push(key()),
                _ => {}
            }
        }
        // Only a valid `true` allows unsigned webhooks.
        let unsigned_allowed = switch(settings, ALLOW_UNSIGNED_WEBHOOKS) == Ok(Some(true));
        Ok(Self { secrets, event_bus_keys, trigger_keys, unsigned_allowed })
    }

    /// The secrets, in the order of the settings.
    pub fn secrets(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.secrets.iter().map(|secret| secret.0.as_ref())
    }

    /// The keys of operator-built sources.
    pub fn keys(&self) -> impl Iterator<Item = (OperatorSource, &[u8])> {
        let event_bus = self.event_bus_keys.iter().map(|key| (OperatorSource::EventBus, key.0.as_ref()));
        event_bus.chain(self.trigger_keys.iter().map(|key| (OperatorSource::Trigger, key.0.as_ref())))
    }
}

/// How the user's address at Genesys is formed.
#[derive(Debug, Clone, Copy, Deserialize, PartialEq, Eq, Serialize)]
pub enum Thread {
    /// It is the recipient.
    PerRecipient,
    /// The recipient, `:` and the number of the handover.
    PerHandover,
}

impl Thread {
    /// Reads the setting. Fails if it is not valid.
    pub fn of(settings: &[Setting]) -> Result<Self, Unusable> {
        match text(settings, THREAD) {
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
#[derive(Debug, Deserialize, Serialize)]
pub struct MessagePolicy<'a> {
    /// How the user's address is formed.
    pub thread: Thread,
    /// What the user's address is.
    pub recipient_type: RecipientType,
    /// Participant data for the flow.
    #[serde(borrow)]
    pub attributes: AttributePolicy<'a>,
    /// Whether the profile is sent.
    pub send_profile: bool,
    /// The maximum number of characters in one message.
    pub text_limit: usize,
    /// The first message if the platform starts a handover without a text.
    pub start_text: &'a str,
    /// Where the agent sees the summary.
    pub summary: SummaryPlace,
    /// The message to the agent if the conversation cannot be closed.
    pub leave_text: &'a str,
    /// The context id of the form of surveys.
    pub survey_form: Option<&'a str>,
    /// The link to the AI Copilot Workspace, if it is configured.
    #[serde(borrow)]
    pub copilot: Option<CopilotPolicy<'a>>,
}

impl<'a> MessagePolicy<'a> {
    /// Reads the settings. Fails if one is not valid.
    pub fn of(settings: &'a [Setting]) -> Result<Self, Unusable> {
        let text_limit = number(settings, TEXT_LIMIT, TEXT_LIMIT_RANGE)?;
        Ok(Self {
            thread: Thread::of(settings)?,
            recipient_type: RecipientType::of(settings)?,
            attributes: AttributePolicy::of(settings)?,
            send_profile: switch(settings, SEND_PROFILE)?.unwrap_or(false),
            text_limit: text_limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(DEFAULT_TEXT_LIMIT),
            start_text: text(settings, START_TEXT).unwrap_or(DEFAULT_START_TEXT),
            summary: SummaryPlace::of(settings)?,
            survey_form: text(settings, SURVEY_FORM),
            leave_text: text(settings, LEAVE_TEXT).unwrap_or(DEFAULT_LEAVE_TEXT),
            copilot: CopilotPolicy::of(settings)?,
        })
    }
}

/// What the platform's recipients are (`OpenMessagingFromRecipient.idType`).
#[derive(Debug, Clone, Copy, Deserialize, PartialEq, Eq, Serialize)]
pub enum RecipientType {
    /// Ids without a meaning for Genesys.
    Opaque,
    /// Telephone numbers.
    Phone,
    /// Email addresses.
    Email,
}

impl RecipientType {
    fn of(settings: &[Setting]) -> Result<Self, Unusable> {
        match text(settings, RECIPIENT_TYPE) {
            None | Some(OPAQUE) => Ok(Self::Opaque),
            Some(PHONE) => Ok(Self::Phone),
            Some(EMAIL) => Ok(Self::Email),
            Some(_) => Err(Unusable),
        }
    }
}

/// Where the agent sees the platform's summary.
#[derive(Debug, Clone, Copy, Deserialize, PartialEq, Eq, Serialize)]
pub enum SummaryPlace {
    /// In the first message.
    Text,
    /// In participant data.
    Attribute,
    /// In both.
    Both,
}

impl SummaryPlace {
    fn of(settings: &[Setting]) -> Result<Self, Unusable> {
        match text(settings, SUMMARY) {
            None | Some(AS_TEXT) => Ok(Self::Text),
            Some(AS_ATTRIBUTE) => Ok(Self::Attribute),
            Some(AS_BOTH) => Ok(Self::Both),
            Some(_) => Err(Unusable),
        }
    }

    /// Returns whether it is in the first message.
    #[must_use]
    pub fn is_text(self) -> bool {
        self != Self::Attribute
    }

    /// Returns whether it is in participant data.
    #[must_use]
    pub fn is_attribute(self) -> bool {
        self != Self::Text
    }
}

/// Participant data for the flow, unless the platform sets it.
#[derive(Debug, Deserialize, Serialize)]
pub struct AttributePolicy<'a> {
    /// The queue: its id or its name.
    pub queue: Option<&'a str>,
    /// The language.
    pub language: Option<&'a str>,
    /// The skills.
    #[serde(borrow)]
    pub skills: Vec<&'a str>,
    /// The priority.
    pub priority: Option<i64>,
    /// The operator's own attributes, in their order.
    #[serde(borrow)]
    pub own: Vec<(&'a str, &'a str)>,
}

impl<'a> AttributePolicy<'a> {
    fn of(settings: &'a [Setting]) -> Result<Self, Unusable> {
        if values(settings, SKILL).any(|skill| skill.contains(',')) {
            return Err(Unusable);
        }
        let own = values(settings, ATTRIBUTE).map(|entry| split_attribute(entry).ok_or(Unusable));
        Ok(Self {
            queue: text(settings, QUEUE),
            language: text(settings, LANGUAGE),
            skills: values(settings, SKILL).collect(),
            priority: number(settings, PRIORITY, PRIORITY_RANGE)?,
            own: own.collect::<Result<_, _>>()?,
        })
    }
}

/// The link to the AI Copilot Workspace.
#[derive(Deserialize, Serialize)]
pub struct CopilotPolicy<'a> {
    /// The URL of the workspace.
    pub url: &'a str,
    /// `URLToken`.
    pub token: &'a str,
    /// `organisationId`.
    pub organization: &'a str,
    /// `projectId`.
    pub project: Option<&'a str>,
    /// `configId`.
    pub config: &'a str,
}

/// Hides the token.
impl core::fmt::Debug for CopilotPolicy<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("CopilotPolicy { .. }")
    }
}

impl<'a> CopilotPolicy<'a> {
    /// Reads the settings. Returns `None` if none of them has a value. Fails if a required one is missing or one is not
    /// valid.
    pub fn of(settings: &'a [Setting]) -> Result<Option<Self>, Unusable> {
        if [COPILOT_URL, COPILOT_TOKEN, COPILOT_ORGANIZATION, COPILOT_PROJECT, COPILOT_CONFIG]
            .iter()
            .all(|key| text(settings, key).is_none())
        {
            return Ok(None);
        }
        let part = |key| text(settings, key).ok_or(Unusable);
        let url = part(COPILOT_URL)?;
        if !is_copilot_url(url) {
            return Err(Unusable);
        }
        let (token, organization, config) = (part(COPILOT_TOKEN)?, part(COPILOT_ORGANIZATION)?, part(COPILOT_CONFIG)?);
        Ok(Some(Self { url, token, organization, project: text(settings, COPILOT_PROJECT), config }))
    }
}

/// The settings for mapping events.
#[derive(Debug, Deserialize, Serialize)]
pub struct EventPolicy<'a> {
    /// How the user's address is formed.
    pub thread: Thread,
    /// Whether the user sees messages of bots.
    pub show_bot_messages: bool,
    /// The part of an agent's name that the user sees.
    #[serde(borrow)]
    pub agent: AgentPolicy<'a>,
    /// Whether the outcome contains the agent's notes.
    pub outcome_notes: bool,
    /// Whether the outcome contains Genesys's summary.
    pub outcome_summary: bool,
}

impl<'a> EventPolicy<'a> {
    /// Reads the settings. Fails if one is not valid.
    pub fn of(settings: &'a [Setting]) -> Result<Self, Unusable> {
        Ok(Self {
            thread: Thread::of(settings)?,
            show_bot_messages: switch(settings, SHOW_BOT_MESSAGES)?.unwrap_or(true),
            agent: AgentPolicy::of(settings),
            outcome_notes: switch(settings, OUTCOME_NOTES)?.unwrap_or(false),
            outcome_summary: switch(settings, OUTCOME_SUMMARY)?.unwrap_or(false),
        })
    }
}

/// The part of an agent's name that the user sees.
#[derive(Debug, Deserialize, PartialEq, Eq, Serialize)]
pub enum AgentPolicy<'a> {
    /// The whole name.
    Full,
    /// The first name, or the alias if the first name is not certain.
    First {
        /// The name to show instead.
        alias: &'a str,
    },
    /// Only this name.
    Alias(&'a str),
}

impl<'a> AgentPolicy<'a> {
    fn of(settings: &'a [Setting]) -> Self {
        let alias = || text(settings, AGENT_ALIAS).unwrap_or(DEFAULT_AGENT_ALIAS);
        match text(settings, AGENT_NAME) {
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
            Self::Alias(alias) => Some((*alias).into()),
        };
        Agent { id: id.map(String::from), name, picture: None }
    }
}

/// The settings for calling the API.
#[derive(Deserialize, Serialize)]
pub struct Account<'a> {
    /// The OAuth client.
    #[serde(borrow)]
    pub credentials: Credentials<'a>,
    /// The integration's name.
    pub deployment_name: &'a str,
    /// The queue, as entered.
    pub queue: Option<&'a str>,
}

impl<'a> Account<'a> {
    /// Reads the settings. Fails if one is missing.
    pub fn of(settings: &'a [Setting]) -> Result<Self, Unusable> {
        Ok(Self {
            credentials: Credentials::of(settings).ok_or(Unusable)?,
            deployment_name: text(settings, DEPLOYMENT_NAME).ok_or(Unusable)?,
            queue: text(settings, QUEUE),
        })
    }
}

/// The settings for the state of queues and for the hours of operation.
#[derive(Debug, Deserialize, Serialize)]
pub struct QueuePolicy<'a> {
    /// The minimum seconds between two requests for the estimated wait of a user. Absent if the state of the queue is
    /// not requested.
    pub state_interval_seconds: Option<u32>,
    /// The schedule group with the hours of operation: its id or its name.
    pub schedule_group: Option<&'a str>,
    /// The emergency group that closes the contact center: its id or its name.
    pub emergency_group: Option<&'a str>,
}

impl<'a> QueuePolicy<'a> {
    /// Reads the settings. Fails if one is not valid.
    pub fn of(settings: &'a [Setting]) -> Result<Self, Unusable> {
        let interval = number(settings, QUEUE_STATE_INTERVAL, QUEUE_STATE_INTERVAL_RANGE)?;
        let seconds = interval.and_then(|seconds| u32::try_from(seconds).ok()).unwrap_or(DEFAULT_QUEUE_STATE_INTERVAL);
        Ok(Self {
            state_interval_seconds: Some(seconds).filter(|seconds| *seconds > 0),
            schedule_group: text(settings, SCHEDULE_GROUP),
            emergency_group: text(settings, EMERGENCY_GROUP),
        })
    }
}

/// The settings for the doctor and for provisioning, in addition to the account.
#[derive(Deserialize, Serialize)]
pub struct SetupPolicy<'a> {
    /// The secret for a new integration: the first one, which is the newest.
    pub webhook_secret: Option<&'a str>,
    /// The name of the inbound message flow.
    pub flow: Option<&'a str>,
    /// Whether Genesys looks up the users' contact records.
    pub resolve_identities: bool,
    /// The external source in which Genesys looks up opaque recipients.
    pub external_source: Option<&'a str>,
    /// Whether the host is Genesys Cloud itself, rather than a proxy or a local Genesys Cloud.
    pub genesys_cloud: bool,
    /// What an operator should look at: what is wrong, and what to do.
    #[serde(borrow)]
    pub warnings: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

impl<'a> SetupPolicy<'a> {
    /// Reads the settings.
    #[must_use]
    pub fn of(settings: &'a [Setting], warnings: &[SettingsProblem]) -> Self {
        let mut secrets = settings.iter().filter(|s| s.key == WEBHOOK_SECRET && !s.value.trim().is_empty());
        let region = text(settings, HOST).and_then(region::normalize);
        let warning = |problem: &SettingsProblem| {
            (format!("{}: {}", problem.key, problem.message).into(), problem.remedy.to_string().into())
        };
        Self {
            webhook_secret: secrets.next().map(|setting| setting.value.as_str()),
            flow: text(settings, FLOW),
            resolve_identities: switch(settings, RESOLVE_IDENTITIES) == Ok(Some(true)),
            external_source: text(settings, EXTERNAL_SOURCE),
            genesys_cloud: region.is_some_and(|region| region.is_genesys_cloud()),
            warnings: warnings.iter().map(warning).collect(),
        }
    }
}
