//! The form in which an operator configures a connection.

use super::keys::*;
use SettingKind::{Boolean, Integer, Secret, Text};
use alloc::{vec, vec::Vec};
use genesys_cloud::account::{client_id_field, client_secret_field, host_field};
use handover_guest::contract::*;
use handover_guest::settings::{choice, field, repeatable, required, with_default};

/// Describes this provider.
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
            Ability::Availability,
            Ability::QueueState,
            Ability::MessageHistory,
            Ability::Callbacks,
            Ability::Rerouting,
            Ability::Summary,
            Ability::ConfidentialAttributes,
            Ability::Reference,
            Ability::Outcome,
            Ability::ProactiveMessages,
            Ability::Surveys,
        ],
    }
}

/// The fields, in the order in which an operator fills them in.
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
        required(host_field()),
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
            "The queue for this connection: its id, or its name where the inbound message flow looks it up by name. The \
             flow gets it as the participant data queueId (and queueName for a name). Leave it empty if the flow decides.",
            "d59d0280-0000-4000-8000-000000000001",
        ),
        repeatable(field(
            Secret,
            WEBHOOK_SECRET,
            "Webhook Secret",
            "The integration's Outbound Notification Webhook Signature Secret Token. To rotate it without downtime, enter \
             the new one before the old one, and remove the old one once Genesys signs with the new one. Provisioning \
             sets the first one in a new integration.",
            "an-example-of-a-secret",
        )),
        repeatable(field(
            Secret,
            WEBHOOK_SECRET_BASE64,
            "Webhook Secret (base64)",
            "A webhook secret whose bytes are not text, in base64.",
            "YW4tZXhhbXBsZS1vZi1hLXNlY3JldA==",
        )),
        required(client_id_field()),
        required(client_secret_field()),
        with_default(
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
        repeatable(field(
            Secret,
            EVENT_BUS_KEY,
            "Event bus key",
            "The key that the API destination of Amazon EventBridge sends in Authorization, if EventBridge pushes the events \
             of agents and ends. It sends them to the URL of the webhook. At least 16 characters.",
            "an-example-of-a-bus-key",
        )),
        repeatable(field(
            Secret,
            TRIGGER_KEY,
            "Trigger key",
            "The key that a workflow's Web Services Data Action sends in Authorization, if a workflow pushes these events. \
             Different from the key of the event bus; at least 16 characters.",
            "an-example-of-a-trigger-key",
        )),
        with_default(
            "false",
            field(
                Boolean,
                ALLOW_UNSIGNED_WEBHOOKS,
                "Allow unsigned webhooks",
                "Accept webhooks without a secret. Anyone who knows the URL of the webhook can then write as the agent. Has no \
                 effect if a secret is configured.",
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
            "The language that agents should speak, as the flow knows it. The flow gets it as myLanguage.",
            "english",
        ),
        repeatable(field(
            Text,
            SKILL,
            "Skill",
            "A skill that agents should have, as the flow knows it, without a comma. The flow gets all of them as mySkills, \
             separated by commas.",
            "escalation",
        )),
        field(
            Integer(PRIORITY_RANGE),
            PRIORITY,
            "Priority",
            "A higher priority is served sooner; a point is worth a minute in the queue. The flow gets it as priority.",
            "1",
        ),
        repeatable(field(
            Text,
            ATTRIBUTE,
            "Custom attribute",
            "Participant data for the flow, as name=value.",
            "section=returns",
        )),
        with_default(
            PER_RECIPIENT,
            field(
                choice(&[PER_RECIPIENT, PER_HANDOVER]),
                THREAD,
                "Thread",
                "per-recipient: the user keeps one address, and Genesys may join a new handover to the last conversation \
                 (within the threading timeline). per-handover: each has an address of its own, and so a conversation of \
                 its own. Change it while no handover is active.",
                PER_RECIPIENT,
            ),
        ),
        with_default(
            OPAQUE,
            field(
                choice(&[OPAQUE, PHONE, EMAIL]),
                RECIPIENT_TYPE,
                "Recipient type",
                "What the platform's recipients are: opaque ids, telephone numbers in international format, or email \
                 addresses. Genesys can find the contact records of the latter two.",
                OPAQUE,
            ),
        ),
        with_default(
            "false",
            field(
                Boolean,
                RESOLVE_IDENTITIES,
                "Resolve identities",
                "Provisioning makes Genesys look up the contact record of each recipient (permission \
                 messaging:identityResolutionOpen:view and :edit).",
                "false",
            ),
        ),
        field(
            Text,
            EXTERNAL_SOURCE,
            "External source",
            "The id of the external source that issued the platform's recipients, from Admin > External Contacts > External Sources. \
             For recipients of the type opaque.",
            "0a1b2c3d-0000-4000-8000-000000000004",
        ),
        field(
            Text,
            SCHEDULE_GROUP,
            "Schedule group",
            "The id or the name of the schedule group with the hours of operation, which the platform can ask for before a \
             handover (permissions routing:scheduleGroup:view and routing:schedule:view). Without it, the hours are not \
             checked.",
            "Support hours",
        ),
        field(
            Text,
            EMERGENCY_GROUP,
            "Emergency group",
            "The id or the name of the emergency group that closes the contact center while it is active (permission \
             routing:emergencyGroup:view).",
            "Support emergency",
        ),
        with_default(
            "60",
            field(
                Integer(QUEUE_STATE_INTERVAL_RANGE),
                QUEUE_STATE_INTERVAL,
                "Interval of the queue state",
                "The seconds between two requests for the estimated wait of a waiting user (permission routing:queue:view), \
                 who also gets a position (permission analytics:queueObservation:view). 0: neither is requested.",
                "60",
            ),
        ),
        field(Text, FLOW, "Flow", "The name of the inbound message flow, for provisioning.", "BotHandover flow"),
    ]
}

fn messages() -> Vec<SettingField> {
    vec![
        with_default(
            DEFAULT_START_TEXT,
            field(
                Text,
                START_TEXT,
                "First message",
                "The first message to the agent if the platform starts a handover without a text.",
                DEFAULT_START_TEXT,
            ),
        ),
        with_default(
            AS_TEXT,
            field(
                choice(&[AS_TEXT, AS_ATTRIBUTE, AS_BOTH]),
                SUMMARY,
                "Summary",
                "Where the agent sees the platform's summary of the conversation: as the first message, as the participant data \
                 summary (shortened to 1000 characters), or both.",
                AS_TEXT,
            ),
        ),
        with_default(
            DEFAULT_LEAVE_TEXT,
            field(
                Text,
                LEAVE_TEXT,
                "Leave message",
                "The message to the agent if the user leaves and the OAuth client may not close the conversation (permission \
                 conversation:communication:disconnect).",
                DEFAULT_LEAVE_TEXT,
            ),
        ),
        with_default(
            "5000",
            field(
                Integer(TEXT_LIMIT_RANGE),
                TEXT_LIMIT,
                "Text limit",
                "Characters of one message to the agent at most. A longer text becomes several messages. Genesys documents no limit.",
                "5000",
            ),
        ),
        with_default(
            "true",
            field(
                Boolean,
                SHOW_BOT_MESSAGES,
                "Show bot messages",
                "Show the user the messages of the flow and of Genesys's bots, with their author. Genesys also sends proactive texts \
                 back as messages of a bot.",
                "true",
            ),
        ),
        with_default(
            FULL,
            field(
                choice(&[FULL, FIRST, ALIAS]),
                AGENT_NAME,
                "Agent's name",
                "The part of the name that the user sees: the full name, the first name (or the alias if the first name is not \
                 certain, as in a name of one word), or the alias.",
                FULL,
            ),
        ),
        with_default(
            DEFAULT_AGENT_ALIAS,
            field(Text, AGENT_ALIAS, "Agent's alias", "The name that the user sees instead of the agent's.", "Agent"),
        ),
        field(
            Text,
            SURVEY_FORM,
            "Survey form",
            "The context id of the published survey form to which the platform may invite users after a handover (permission \
             quality:survey:add). The API lists it as contextId of the form.",
            "0a1b2c3d-0000-4000-8000-000000000003",
        ),
        with_default(
            "false",
            field(
                Boolean,
                OUTCOME_NOTES,
                "Agents' notes",
                "Report the notes of the agents with the outcome of a handover. Agents write them for agents.",
                "false",
            ),
        ),
        with_default(
            "false",
            field(
                Boolean,
                OUTCOME_SUMMARY,
                "Genesys's summary",
                "Report Genesys's summary of the conversation with the outcome of a handover, where it is licensed (permission \
                 conversation:summary:view).",
                "false",
            ),
        ),
    ]
}

fn copilot() -> Vec<SettingField> {
    vec![
        field(
            Text,
            COPILOT_URL,
            "AI Copilot URL",
            "The URL of the AI Copilot Workspace. Agents then get a link to the user's session as the participant data \
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
            "The id that the platform's API returns when the workspace is created.",
            "fbe5297e-0000-4000-8000-000000000003",
        ),
    ]
}
