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
