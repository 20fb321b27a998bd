//! The integrations of the Bot Connector and the Digital Bot Connector, with their credentials and bots.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::config::Secret;
use crate::state::bot_answer::Product;

/// A type of integration. Unconfirmed: the id of the Bot Connector, the names of the properties and the types of the
/// credentials, which Genesys does not publish.
#[derive(Debug)]
pub(crate) struct IntegrationType {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    /// The property with the URL, and its title.
    pub(crate) url: (&'static str, &'static str),
    /// The key of the credentials in the configuration, and their type.
    pub(crate) credentials: (&'static str, &'static str),
}

/// The Bot Connector.
pub(crate) const BOT_CONNECTOR: IntegrationType = IntegrationType {
    id: "genesys-bot-connector",
    name: "Genesys Bot Connector",
    url: ("handleUtteranceEndpoint", "Bot Connector Handle Utterance URI"),
    credentials: ("botConnectorCredentials", "userDefined"),
};

/// The Digital Bot Connector.
pub(crate) const DIGITAL_BOT_CONNECTOR: IntegrationType = IntegrationType {
    id: "genesys-digital-bot-connector",
    name: "Genesys Digital Bot Connector",
    url: ("botConnectorUri", "Bot Connector URI"),
    credentials: ("connectionSecret", "digitalBotConnectorSecret"),
};

/// All types of integration that the sandbox has.
pub(crate) const TYPES: [&IntegrationType; 2] = [&BOT_CONNECTOR, &DIGITAL_BOT_CONNECTOR];

/// The property with which the Digital Bot Connector accepts files in answers. Unconfirmed: the name.
pub(crate) const FILE_ATTACHMENTS: &str = "enableFileAttachments";

/// The maximum number of integrations of a type (help article "Configure the Genesys Digital Bot Connector integration").
const MAX_OF_A_TYPE: usize = 5;

/// An integration.
#[derive(Clone, Debug)]
pub(crate) struct BotIntegration {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) kind: &'static IntegrationType,
    pub(crate) is_enabled: bool,
    /// The version of the configuration, which a change must name.
    pub(crate) version: i64,
    pub(crate) properties: Value,
    pub(crate) advanced: Value,
    pub(crate) notes: String,
    /// References to credentials by their keys.
    pub(crate) credentials: Value,
    /// The registered bots (`BotList.chatBots`).
    pub(crate) bots: Value,
}

/// All integrations and credentials.
#[derive(Debug, Default)]
pub(crate) struct BotConnectors {
    pub(crate) integrations: Vec<BotIntegration>,
    credentials: Vec<Credentials>,
}

/// Credentials. The API never returns their fields.
#[derive(Debug)]
struct Credentials {
    id: String,
    kind: String,
    /// The headers of every request to the platform.
    fields: Vec<(String, Secret)>,
}

impl BotIntegration {
    /// Returns which product asks the bots.
    pub(crate) fn product(&self) -> Product {
        if self.kind.id == BOT_CONNECTOR.id {
            return Product::BotConnector;
        }
        Product::DigitalBotConnector { attachments: self.properties.get(FILE_ATTACHMENTS) == Some(&Value::Bool(true)) }
    }

    /// Returns the URL at which the platform's bots are asked.
    pub(crate) fn url(&self) -> Option<&str> {
        self.properties.get(self.kind.url.0)?.as_str()
    }
}

impl BotConnectors {
    /// Creates a disabled integration. Returns `None` if there are too many of this type.
    pub(crate) fn create(&mut self, name: &str, kind: &'static IntegrationType) -> Option<&BotIntegration> {
        let of_type = self.integrations.iter().filter(|integration| integration.kind.id == kind.id).count();
        if of_type >= MAX_OF_A_TYPE {
            return None;
        }
        self.integrations.push(BotIntegration {
            id: Uuid::new_v4().to_string(),
            name: name.to_owned(),
            kind,
            is_enabled: false,
            version: 1,
            properties: json!({}),
            advanced: json!({}),
            notes: String::new(),
            credentials: json!({}),
            bots: json!([]),
        });
        self.integrations.last()
    }

    pub(crate) fn get(&self, id: &str) -> Option<&BotIntegration> {
        self.integrations.iter().find(|integration| integration.id == id)
    }

    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut BotIntegration> {
        self.integrations.iter_mut().find(|integration| integration.id == id)
    }

    /// Stores credentials of a type. Returns their id.
    pub(crate) fn add_credentials(&mut self, kind: &str, fields: BTreeMap<String, String>) -> String {
        let id = Uuid::new_v4().to_string();
        let fields = fields.into_iter().map(|(name, value)| (name, Secret::from(value))).collect();
        self.credentials.push(Credentials { id: id.clone(), kind: kind.to_owned(), fields });
        id
    }

    /// Returns the headers of an integration's requests.
    pub(crate) fn secret_headers(&self, integration: &BotIntegration) -> Vec<(String, Secret)> {
        let reference = integration.credentials.get(integration.kind.credentials.0);
        let id = reference.and_then(|reference| reference.get("id")).and_then(Value::as_str);
        let found = self.credentials.iter().find(|one| Some(one.id.as_str()) == id);
        found.map(|credentials| credentials.fields.clone()).unwrap_or_default()
    }

    /// Whether all references are to credentials that exist and have the type that the integration needs.
    pub(crate) fn are_usable(&self, kind: &IntegrationType, references: &Map<String, Value>) -> bool {
        let (key, credential_type) = kind.credentials;
        references.iter().all(|(name, reference)| {
            let id = reference.get("id").and_then(Value::as_str);
            name == key && self.credentials.iter().any(|one| Some(one.id.as_str()) == id && one.kind == credential_type)
        })
    }
}
