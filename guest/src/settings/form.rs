//! The form in which an operator enters a connection.

use super::*;
use SettingKind::{Boolean, Choice, Integer, Secret, Text};
use alloc::vec;

/// What this provider is.
#[must_use]
pub fn description() -> Description {
    Description {
        name: env!("CARGO_PKG_NAME").into(),
        title: "Genesys Cloud Open Messaging".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        settings: form(),
        origins: vec![API.into(), LOGIN.into()],
        abilities: vec![
            Ability::Transcript,
            Ability::OutboundAttachments,
            Ability::InboundAttachments,
            Ability::OutboundTyping,
            Ability::InboundTyping,
            Ability::Answers,
            Ability::OutboundReceipts,
            Ability::InboundReceipts,
            Ability::Leave,
            Ability::Observation,
            Ability::Provisioning,
        ],
    }
}

fn field(kind: SettingKind, key: &str, label: &str, help: &str, example: &str) -> SettingField {
    SettingField {
        key: key.into(),
        label: label.into(),
        help: help.into(),
        kind,
        required: false,
        repeatable: false,
        default: None,
        example: example.into(),
    }
}

fn required(field: SettingField) -> SettingField {
    SettingField { required: true, ..field }
}

fn repeated(field: SettingField) -> SettingField {
    SettingField { repeatable: true, ..field }
}

fn or(default: &str, field: SettingField) -> SettingField {
    SettingField { default: Some(default.into()), ..field }
}

fn choice(words: &[&str]) -> SettingKind {
    Choice(words.iter().map(|word| (*word).into()).collect())
}

/// In the order in which somebody sets a connection up: where it is, who asks, what is sent, what comes back.
pub(super) fn form() -> Vec<SettingField> {
    let mut form = connection();
    form.extend(keys());
    form.extend(routing());
    form.extend(messages());
    form.extend(copilot());
    form
}

fn connection() -> Vec<SettingField> {
    vec![
        required(field(
            Text,
            HOST,
            "Host",
            "The region's domain, such as mypurecloud.de or cac1.pure.cloud. The address of the login page or an AWS \
             region (eu-central-1) does as well; for a local Genesys Cloud, its address with the port.",
            "mypurecloud.de",
        )),
        required(field(
            Text,
            DEPLOYMENT_NAME,
            "Deployment Name",
            "The name of the Open Messaging integration, under Admin > Message > Platforms.",
            "BotHandover",
        )),
        field(
            Text,
            QUEUE,
            "Queue",
            "The queue for this connection: its id, or its name where the inbound message flow looks it up by name. Given \
             to the flow as the participant data queueId (and queueName for a name). Leave empty where the flow decides.",
            "d59d0280-0000-4000-8000-000000000001",
        ),
        repeated(field(
            Secret,
            WEBHOOK_SECRET,
            "Webhook Secret",
            "The integration's Outbound Notification Webhook Signature Secret Token. To change it without downtime, enter \
             the new one before the old one, and remove the old one once Genesys signs with the new one. Provisioning \
             gives the first one to a new integration.",
            "an-example-of-a-secret",
        )),
        repeated(field(
            Secret,
            WEBHOOK_SECRET_BASE64,
            "Webhook Secret (base64)",
            "A webhook secret whose bytes are no text, in base64.",
            "YW4tZXhhbXBsZS1vZi1hLXNlY3JldA==",
        )),
        required(field(
            Text,
            CLIENT_ID,
            "Client ID",
            "The OAuth client of the grant type Client Credentials, under Admin > Integrations > OAuth.",
            "0a1b2c3d-0000-4000-8000-000000000002",
        )),
        required(field(
            Secret,
            CLIENT_SECRET,
            "Client Secret",
            "The secret of that OAuth client.",
            "an-example-of-a-secret",
        )),
        or(
            "false",
            field(
                Boolean,
                SEND_PROFILE,
                "Send Profile information",
                "Send the user's name, e-mail address and picture to the agent.",
                "true",
            ),
        ),
    ]
}

fn keys() -> Vec<SettingField> {
    vec![
        repeated(field(
            Secret,
            EVENT_BUS_KEY,
            "Event bus key",
            "Where Amazon EventBridge tells of agents and ends: the key that its API destination sends in Authorization, \
             to the same address as the webhooks. At least 16 characters.",
            "an-example-of-a-bus-key",
        )),
        repeated(field(
            Secret,
            TRIGGER_KEY,
            "Trigger key",
            "Where a workflow's Web Services Data Action tells of them: the key that it sends in Authorization. Another \
             than the event bus's; at least 16 characters.",
            "an-example-of-a-trigger-key",
        )),
        or(
            "false",
            field(
                Boolean,
                ALLOW_UNSIGNED_WEBHOOKS,
                "Allow unsigned webhooks",
                "Believe webhooks although no secret is entered: then anybody who knows the address can speak as the \
                 agent. Has no effect once there is a secret.",
                "false",
            ),
        ),
    ]
}

fn routing() -> Vec<SettingField> {
    vec![
        field(
            Text,
            LANGUAGE,
            "Language",
            "The language that agents should speak, as the flow knows it. Given to the flow as myLanguage.",
            "english",
        ),
        repeated(field(
            Text,
            SKILL,
            "Skill",
            "What agents should be able to do, as the flow knows it: one skill, without a comma. All of them are given to the \
             flow as mySkills, separated by commas.",
            "escalation",
        )),
        field(
            Integer(PRIORITY_RANGE),
            PRIORITY,
            "Priority",
            "Higher is sooner; a point is worth a minute in the queue. Given to the flow as priority.",
            "1",
        ),
        repeated(field(
            Text,
            ATTRIBUTE,
            "Custom attribute",
            "Participant data for the flow, as name=value.",
            "section=returns",
        )),
        or(
            PER_RECIPIENT,
            field(
                choice(&[PER_RECIPIENT, PER_HANDOVER]),
                THREAD,
                "Thread",
                "per-recipient: the user keeps one address, and Genesys may join a new handover to the last conversation \
                 (within the threading timeline). per-handover: each has an address of its own, and so a conversation of \
                 its own. Change it while nobody is handed over.",
                PER_RECIPIENT,
            ),
        ),
        field(
            Text,
            FLOW,
            "Flow",
            "The name of the inbound message flow, for setting the connection up.",
            "BotHandover flow",
        ),
    ]
}

fn messages() -> Vec<SettingField> {
    vec![
        or(
            DEFAULT_START_TEXT,
            field(
                Text,
                START_TEXT,
                "First message",
                "What the agent reads first when the platform hands over without words.",
                DEFAULT_START_TEXT,
            ),
        ),
        or(
            DEFAULT_LEAVE_TEXT,
            field(
                Text,
                LEAVE_TEXT,
                "Leave message",
                "What the agent reads when the user leaves and the OAuth client may not close the conversation \
                 (permission conversation:communication:disconnect).",
                DEFAULT_LEAVE_TEXT,
            ),
        ),
        or(
            "5000",
            field(
                Integer(TEXT_LIMIT_RANGE),
                TEXT_LIMIT,
                "Longest message",
                "Characters in one message to the agent; longer texts become several. Genesys documents no limit.",
                "5000",
            ),
        ),
        or(
            "true",
            field(
                Boolean,
                SHOW_BOT_MESSAGES,
                "Show bot messages",
                "Show the user what the flow and Genesys's bots write, marked apart from what people write.",
                "true",
            ),
        ),
        or(
            FULL,
            field(
                choice(&[FULL, FIRST, ALIAS]),
                AGENT_NAME,
                "Agent's name",
                "What the user learns of it: the full name, the first name (the alias where it cannot be told from the family \
                 name, as in a name of one word), or the alias.",
                FULL,
            ),
        ),
        or(
            DEFAULT_AGENT_ALIAS,
            field(Text, AGENT_ALIAS, "Agent's alias", "The name of every agent, where the alias is shown.", "Agent"),
        ),
    ]
}

fn copilot() -> Vec<SettingField> {
    vec![
        field(
            Text,
            COPILOT_URL,
            "AI Copilot address",
            "Where the AI Copilot Workspace is. Agents then get the link to the user's talk as the participant data \
             copilotUrl.",
            "https://agent-assist.example.com/",
        ),
        field(
            Secret,
            COPILOT_TOKEN,
            "AI Copilot token",
            "The platform's API key that the link carries as URLToken. Agents see it.",
            "an-example-of-a-token",
        ),
        field(
            Text,
            COPILOT_ORGANIZATION,
            "AI Copilot organization",
            "The platform's id of the organization.",
            "63babf6e0000000000000001",
        ),
        field(
            Text,
            COPILOT_PROJECT,
            "AI Copilot project",
            "The platform's id of the project.",
            "64257f5a0000000000000002",
        ),
        field(
            Text,
            COPILOT_CONFIG,
            "AI Copilot configuration",
            "The id that the platform's API answers when the workspace is made.",
            "fbe5297e-0000-4000-8000-000000000003",
        ),
    ]
}
