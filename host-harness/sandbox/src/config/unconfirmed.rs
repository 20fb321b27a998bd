//! Behavior that Genesys's documentation leaves open.

use serde::Deserialize;

/// Behavior for which Genesys's documentation is silent or contradicts itself. The defaults are the more demanding
/// choices for a client.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Unconfirmed {
    /// The status of a successful inbound request: 200 or 202. Default: 200, which is presumed.
    pub inbound_status: u16,
    /// The status of a rejected token request: 400 or 401. Default: 400.
    pub oauth_failure_status: u16,
    /// Whether reading an integration returns its webhook secret. Default: `false`.
    pub show_secret: bool,
    /// Whether a message with a repeated `channel.messageId` is dropped. Default: `false`; the agent sees it twice.
    pub drop_repeated_message_ids: bool,
    /// Whether receipts (`Published`, `Failed`) for inbound messages are sent by webhook. Default: `true`.
    pub inbound_receipts: bool,
    /// Whether a typing event opens a conversation if none is connected. Applies only while inbound typing is enabled.
    /// Default: `true`.
    pub typing_opens_conversation: bool,
    /// The maximum `pageSize`. A larger one returns 400. Default: 100.
    pub max_page_size: u32,
    /// Whether a structured response must refer to a message that was sent by webhook. If it does not, it returns 400.
    /// Default: `true`.
    pub check_originating_message: bool,
    /// Whether the endpoint for structured responses exists. If `false`, it returns 404. Default: `true`.
    pub structured_responses: bool,
    /// Whether an integration without a supported content profile allows no media. If `false`, it allows all media.
    /// Default: `true`.
    pub media_needs_profile: bool,
    /// When `user.start` is published. Default: [`UserStart::Alerting`]; it is then also published for agents who do
    /// not accept.
    pub user_start: UserStart,
    /// The `disconnectType` of `user.end` when an agent declines. Default: [`DeclineType::Client`], which is also the
    /// type when an agent ends the conversation.
    pub decline: DeclineType,
    /// The `disconnectType` of `user.end` when the conversation ends due to inactivity. Default:
    /// [`ExpiryType::Inactivity`].
    pub expiry: ExpiryType,
    /// The field of `customer.end` that contains the customer's address. Default: [`CustomerAddress::From`]. In
    /// `user.end`, it is `addressTo`.
    pub customer_end_address: CustomerAddress,
    /// The form of `detail.topicName` in an event on the event bus. Default: [`TopicName::Template`].
    pub event_bus_topic: TopicName,
    /// The maximum length of an inbound text, in characters. A longer text returns 400. 0: no limit. Default: 0.
    pub max_text_characters: u32,
    /// The maximum number of custom attributes of a message. More return 400. 0: no limit. Default: 0.
    pub max_custom_attributes: u32,
    /// The maximum size of all keys and values of the custom attributes together, in bytes. More return 400. 0: no
    /// limit. Default: 0.
    pub max_custom_attribute_bytes: u32,
    /// The effect of `channel.metadata.customAttributes`, which is not in the published schema. Default:
    /// [`CustomAttributes::Accepted`].
    pub custom_attributes: CustomAttributes,
    /// Where agents' attachments can be downloaded. Default: [`AttachmentDownloads::AsGiven`].
    pub attachment_downloads: AttachmentDownloads,
    /// The effect of a refused webhook (4xx except 429). Default: [`RefusedWebhook::FailsMessage`].
    pub refused_webhook: RefusedWebhook,
    /// Whether a missing permission (403) is checked before the resource and the body. Default: `true`.
    pub permissions_first: bool,
    /// Whether reading an integration without its own messaging setting returns the organization's default setting.
    /// Default: `true`.
    pub show_default_setting: bool,
    /// Whether an attachment with an `http://` URL or at a private address returns 400, because Genesys Cloud could not
    /// fetch it. Default: `false`, because the files of a sandbox are on the same machine.
    pub refuse_private_attachments: bool,
    /// Whether a client without `analytics:conversationDetail:view` cannot subscribe to topics of detail events.
    /// Default: `true`.
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

/// When `user.start` is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UserStart {
    /// When the conversation is offered to the agent.
    Alerting,
    /// When the agent accepts it.
    Connected,
}

/// The `disconnectType` of `user.end` when an agent declines.
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

/// The `disconnectType` of `user.end` when the conversation ends due to inactivity.
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

/// The field that contains the customer's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CustomerAddress {
    /// `addressTo`.
    To,
    /// `addressFrom`.
    From,
}

/// The form of a topic's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TopicName {
    /// With the literal text `{id}`.
    Template,
    /// With the conversation's id.
    Filled,
}

/// The effect of custom attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CustomAttributes {
    /// They become the customer's attributes.
    Accepted,
    /// They are dropped silently.
    Ignored,
    /// The request returns 400.
    Refused,
}

/// Where agents' attachments can be downloaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AttachmentDownloads {
    /// At the URL that the agent's request contains.
    AsGiven,
    /// At a URL of the sandbox, without a token.
    Public,
    /// At a URL of the sandbox, with a token.
    Authorized,
    /// At a URL of the sandbox that has expired.
    Expired,
}

/// The effect of a refused webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RefusedWebhook {
    /// Its message fails.
    FailsMessage,
    /// Its message fails, and the conversation ends due to an error.
    EndsConversation,
}
