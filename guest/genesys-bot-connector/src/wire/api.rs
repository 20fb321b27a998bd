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

    /// What Genesys reads from the platform in v2 (`BotListing`).
    pub struct BotListing {
        /// The bots.
        "entities" => entities: objects(Bot),
    }

    /// A bot.
    pub struct Bot {
        /// The id.
        "id" => id: text,
    }
}
