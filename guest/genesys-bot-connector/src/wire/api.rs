//! The fields of Genesys's API responses that this provider reads.

use handover_guest::json_types;

json_types! {
    /// The response of `POST …/botconnectors/outgoing/messages` (`OutgoingMessageResponse`).
    pub struct OutgoingMessageResponse {
        /// Genesys's id of the message.
        "messageId" => message_id: text,
    }

    /// An integration (`Integration`).
    pub struct Integration {
        /// The UUID.
        "id" => id: text,
        /// The name.
        "name" => name: text,
        /// The type.
        "integrationType" => integration_type: object(IntegrationType),
        /// `ENABLED`, `DISABLED` or `DELETED`.
        "intendedState" => intended_state: text,
        /// The state that Genesys observes.
        "reportedState" => reported_state: object(IntegrationStatusInfo),
    }

    /// The state of an integration (`IntegrationStatusInfo`).
    pub struct IntegrationStatusInfo {
        /// `ACTIVE`, `ACTIVATING`, `INACTIVE`, `DEACTIVATING` or `ERROR`.
        "code" => code: text,
    }

    /// The registered bots of v1 (`BotList`).
    pub struct BotList {
        /// The bots.
        "chatBots" => chat_bots: objects(Bot),
    }

    /// A bot (`BotConnectorBot`).
    pub struct Bot {
        /// The id.
        "id" => id: text,
        /// The versions.
        "versions" => versions: objects(Version),
    }

    /// A version of a bot (`BotConnectorBotVersion`).
    pub struct Version {
        /// The version.
        "version" => version: text,
        /// The languages.
        "supportedLanguages" => supported_languages: texts,
    }

    /// The response of `POST /api/v2/textbots/bots/execute` (`PostTextResponse`).
    pub struct PostTextResponse {
        /// `Complete`, `Failed` or `MoreData`.
        "botState" => bot_state: text,
    }

    /// A type of integration (`IntegrationType`).
    pub struct IntegrationType {
        /// The id, such as `genesys-digital-bot-connector`.
        "id" => id: text,
        /// The name.
        "name" => name: text,
        /// The credentials by their keys in the configuration (`CredentialSpecification`).
        "credentials" => credentials: object,
    }

    /// The configuration of an integration (`IntegrationConfiguration`).
    pub struct Configuration {
        /// The name.
        "name" => name: text,
        /// The version, which a change must name.
        "version" => version: integer,
        /// The properties by their names.
        "properties" => properties: object,
        /// Further properties.
        "advanced" => advanced: object,
        /// Notes.
        "notes" => notes: text,
        /// The credentials by their keys.
        "credentials" => credentials: object,
    }

    /// The schema of the properties of a type of integration (`JsonSchemaDocument`).
    pub struct Schema {
        /// The properties by their names.
        "properties" => properties: object,
    }

    /// Credentials (`CredentialInfo`).
    pub struct CredentialInfo {
        /// The UUID.
        "id" => id: text,
    }
}
