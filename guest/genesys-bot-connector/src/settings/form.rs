//! The form in which an operator configures a connection.

use super::keys::*;
use SettingKind::{Boolean, Secret, Text};
use alloc::{vec, vec::Vec};
use genesys_cloud::account::{API, LOGIN, client_id_field, client_secret_field, host_field};
use handover_guest::contract::*;
use handover_guest::settings::{choice, field, repeatable, required, with_default};

/// Describes this provider.
#[must_use]
pub fn description() -> Description {
    Description {
        name: env!("CARGO_PKG_NAME").into(),
        title: "Genesys Bot Connector".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        settings: form(),
        origins: vec![API.into(), LOGIN.into()],
        abilities: vec![Ability::Provisioning],
    }
}

/// The fields, in the order in which an operator fills them in.
pub(super) fn form() -> Vec<SettingField> {
    vec![
        required(host_field()),
        with_default(
            BOT_CONNECTOR,
            field(
                choice(&[BOT_CONNECTOR, DIGITAL_BOT_CONNECTOR]),
                PRODUCT,
                "Product",
                "bot-connector: Genesys waits for each answer, and the bots are registered at Genesys. digital-bot-connector: \
                 the bot may answer later if there is an OAuth client, and Genesys reads the list of bots from the \
                 platform.",
                BOT_CONNECTOR,
            ),
        ),
        field(
            Text,
            INTEGRATION,
            "Integration",
            "The name or the id of the integration, under Admin > Integrations. Needed to register bots; provisioning creates an \
             integration with this name.",
            "Acme bots",
        ),
        with_default(
            DEFAULT_HEADER,
            field(
                Text,
                HEADER,
                "Header",
                "The header in which Genesys sends the secret: the field name in the integration's credentials.",
                DEFAULT_HEADER,
            ),
        ),
        repeatable(required(field(
            Secret,
            SECRET,
            "Secret",
            "The value of that field, at least 16 characters. To rotate it without downtime, enter the new one before the old \
             one, change it in the integration's credentials, and remove the old one.",
            "an-example-of-a-secret",
        ))),
        client_id_field(),
        client_secret_field(),
        with_default(
            DEFAULT_HANDOVER_INTENT,
            field(
                Text,
                HANDOVER_INTENT,
                "Handover intent",
                "The intent with which a bot hands the user over. The flow's path for it transfers to an agent; it has the \
                 slots queueId and summary.",
                DEFAULT_HANDOVER_INTENT,
            ),
        ),
        with_default(
            DEFAULT_TALKING_INTENT,
            field(
                Text,
                TALKING_INTENT,
                "Talking intent",
                "The intent of an answer after which the bot waits for the user, in the Bot Connector only. Its slot turn \
                 changes with each answer, because Genesys ends a session whose intent and slots do not change.",
                DEFAULT_TALKING_INTENT,
            ),
        ),
        with_default(
            "false",
            field(
                Boolean,
                ATTACHMENTS,
                "File attachments",
                "Send files as attachments: only if it is enabled in the integration of the Digital Bot Connector. Otherwise \
                 the user gets their URLs as text.",
                "false",
            ),
        ),
        with_default(
            DEFAULT_PLATFORM,
            field(
                Text,
                PLATFORM,
                "Platform",
                "The name of the platform, as Architect shows it beside the bots.",
                "Acme",
            ),
        ),
    ]
}
