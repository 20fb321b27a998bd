//! What Genesys's documentation leaves open.

use serde::Deserialize;

/// Where Genesys's documentation is silent or contradicts itself. The defaults are what is harder on a client.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Unconfirmed {
    /// Status of a successful inbound call: 200 or 202. Default 200, the presumed one.
    pub inbound_status: u16,
    /// Status of a refused token request: 400 or 401. Default 400.
    pub oauth_failure_status: u16,
    /// Whether reading an integration shows its webhook secret. Default `false`.
    pub show_secret: bool,
    /// Whether a repeated `channel.messageId` is dropped. Default `false`: the agent sees it twice.
    pub drop_repeated_message_ids: bool,
    /// Whether receipts (`Published`, `Failed`) for inbound messages are sent by webhook. Default `true`.
    pub inbound_receipts: bool,
    /// Whether a typing event without a conversation opens one (only while inbound typing is enabled).
    /// Default `true`.
    pub typing_opens_conversation: bool,
    /// The largest `pageSize`; more is refused with 400. Default 100.
    pub max_page_size: u32,
    /// Whether a structured response must name a message that a webhook brought; else it is a 400. Default `true`.
    pub check_originating_message: bool,
    /// Whether there is an endpoint for structured responses; else it is a 404. Default `true`.
    pub structured_responses: bool,
    /// Whether an integration without a supported content profile passes no media; else it passes all. Default `true`.
    pub media_needs_profile: bool,
    /// When `user.start` is told. Default [`UserStart::Alerting`]: also of agents who then do not take it.
    pub user_start: UserStart,
    /// What `user.end` gives as the reason when an agent declines. Default [`DeclineType::Client`], which is also what
    /// an agent's end of the conversation is.
    pub decline: DeclineType,
    /// What `user.end` gives as the reason when the conversation ends for inactivity. Default
    /// [`ExpiryType::Inactivity`].
    pub expiry: ExpiryType,
    /// Which address of `customer.end` is the customer's. Default [`CustomerAddress::From`], unlike in `user.end`,
    /// where it is `addressTo`.
    pub customer_end_address: CustomerAddress,
    /// How `detail.topicName` of an event on the event bus is spelled. Default [`TopicName::Template`].
    pub event_bus_topic: TopicName,
    /// The longest text of an inbound message in characters, in more of which it is a 400; 0: no limit. Default 0.
    pub max_text_characters: u32,
    /// How many custom attributes a message may have; more is a 400. 0: no limit. Default 0.
    pub max_custom_attributes: u32,
    /// Bytes of all keys and values together; more is a 400. 0: no limit. Default 0.
    pub max_custom_attribute_bytes: u32,
    /// What becomes of `channel.metadata.customAttributes`, which is not in the published schema. Default
    /// [`CustomAttributes::Accepted`].
    pub custom_attributes: CustomAttributes,
    /// Where agents' attachments can be downloaded. Default [`AttachmentDownloads::AsGiven`].
    pub attachment_downloads: AttachmentDownloads,
    /// What a refused webhook (4xx but 429) does. Default [`RefusedWebhook::FailsMessage`].
    pub refused_webhook: RefusedWebhook,
    /// Whether a client without the permission is told so (403) before the resource is looked for and the body is
    /// checked. Default `true`.
    pub permissions_first: bool,
    /// Whether reading an integration without a messaging setting of its own shows the organization's default one.
    /// Default `true`.
    pub show_default_setting: bool,
    /// Whether an attachment at `http://` or at a private address is a 400: Genesys Cloud could not fetch it. Default
    /// `false`, for the files of a sandbox are on the same machine.
    pub refuse_private_attachments: bool,
    /// Whether topics of detail events are rejected to a client without `analytics:conversationDetail:view`.
    /// Default `true`.
    pub detail_topics_need_permission: bool,
}

impl Default for Unconfirmed {
    fn default() -> Self {
        Self {
            inbound_status: 200,
            oauth_failure_status: 400,
            show_secret: false,
            drop_repeated_message_ids: false,
            inbound_receipts: true,
            typing_opens_conversation: true,
            max_page_size: 100,
            check_originating_message: true,
            structured_responses: true,
            media_needs_profile: true,
            user_start: UserStart::Alerting,
            decline: DeclineType::Client,
            expiry: ExpiryType::Inactivity,
            customer_end_address: CustomerAddress::From,
            event_bus_topic: TopicName::Template,
            max_text_characters: 0,
            max_custom_attributes: 0,
            max_custom_attribute_bytes: 0,
            custom_attributes: CustomAttributes::Accepted,
            attachment_downloads: AttachmentDownloads::AsGiven,
            refused_webhook: RefusedWebhook::FailsMessage,
            permissions_first: true,
            show_default_setting: true,
            refuse_private_attachments: false,
            detail_topics_need_permission: true,
        }
    }
}

/// When `user.start` is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UserStart {
    /// When the conversation is offered to the agent.
    Alerting,
    /// When the agent takes it.
    Connected,
}

/// The reason that `user.end` gives when an agent declines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeclineType {
    /// `CLIENT`.
    Client,
    /// `TRANSFER`.
    Transfer,
    /// `NO_ANSWER_TRANSFER`.
    NoAnswerTransfer,
}

/// The reason that `user.end` gives when the conversation ends for inactivity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExpiryType {
    /// `INACTIVITY`.
    Inactivity,
    /// `TIMEOUT`.
    Timeout,
    /// `UNKNOWN`.
    Unknown,
}

/// Which of two addresses is the customer's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CustomerAddress {
    /// `addressTo`.
    To,
    /// `addressFrom`.
    From,
}

/// How the name of a topic is spelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TopicName {
    /// With `{id}` in it, as it stands.
    Template,
    /// With the conversation's id in it.
    Filled,
}

/// What becomes of custom attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CustomAttributes {
    /// They become the customer's attributes.
    Accepted,
    /// They are dropped without a word.
    Ignored,
    /// They are a 400.
    Refused,
}

/// Where agents' attachments can be downloaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AttachmentDownloads {
    /// At the address that the agent gave.
    AsGiven,
    /// At the sandbox, by anybody.
    Public,
    /// At the sandbox, with a token.
    Authorized,
    /// At the sandbox no more.
    Expired,
}

/// What a refused webhook does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RefusedWebhook {
    /// Its message fails.
    FailsMessage,
    /// Its message fails, and the conversation ends by an error.
    EndsConversation,
}
