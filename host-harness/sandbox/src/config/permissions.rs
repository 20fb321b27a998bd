//! What the roles of an OAuth client permit. Scopes do not apply to client credentials.

use serde::Deserialize;

macro_rules! permissions {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// A permission, by the name that Genesys Cloud's API explorer lists at each operation.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
        #[non_exhaustive]
        pub enum Permission {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)*
        }

        impl Permission {
            /// Every permission that the sandbox asks for.
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$variant),*];

            /// Genesys's name of it.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

permissions! {
    /// Inbound messages, events, receipts and structured responses.
    MessageReceive = "conversation:message:receive",
    /// Reading a message by id.
    MessageView = "conversation:message:view",
    /// Reading a message by id, the other permission that suffices.
    WebMessagingView = "conversation:webmessaging:view",
    /// Setting a conversation aside; suffices for changing its state.
    MessagePark = "conversation:message:park",
    /// Disconnecting a conversation or a participant.
    CommunicationDisconnect = "conversation:communication:disconnect",
    /// Wrapping up; suffices for changing a participant's state.
    ParticipantWrapup = "conversation:participant:wrapup",
    /// Recording; suffices for changing a participant's state.
    CallRecord = "conversation:call:record",
    /// Listing and reading integrations.
    IntegrationView = "messaging:integration:view",
    /// Creating an integration.
    IntegrationAdd = "messaging:integration:add",
    /// Changing an integration.
    IntegrationEdit = "messaging:integration:edit",
    /// Deleting an integration.
    IntegrationDelete = "messaging:integration:delete",
    /// Listing and reading queues.
    QueueView = "routing:queue:view",
    /// Creating a queue.
    QueueAdd = "routing:queue:add",
    /// Listing recipients and attaching them to flows.
    RecipientManage = "routing:message:manage",
    /// Changing priority, skills and language of a conversation that waits.
    RoutingConversationEdit = "routing:conversation:edit",
    /// Listing flows.
    FlowView = "architect:flow:view",
    /// Reading the threading timeline.
    ThreadingTimelineView = "conversation:threadingTimeline:view",
    /// Changing the threading timeline.
    ThreadingTimelineEdit = "conversation:threadingTimeline:edit",
    /// Transferring a conversation.
    BlindTransfer = "conversation:communication:blindTransfer",
    /// Writing to a customer without an agent.
    MessageCreate = "conversation:message:create",
    /// Listing and reading messaging settings.
    SettingView = "messaging:setting:view",
    /// Creating a messaging setting.
    SettingAdd = "messaging:setting:add",
    /// Changing a messaging setting.
    SettingEdit = "messaging:setting:edit",
    /// Deleting a messaging setting.
    SettingDelete = "messaging:setting:delete",
    /// Listing and reading supported content profiles.
    SupportedContentView = "messaging:supportedContent:view",
    /// Creating a supported content profile.
    SupportedContentAdd = "messaging:supportedContent:add",
    /// Changing a supported content profile.
    SupportedContentEdit = "messaging:supportedContent:edit",
    /// Deleting a supported content profile.
    SupportedContentDelete = "messaging:supportedContent:delete",
    /// Hearing detail events. That this is the permission is unconfirmed.
    ConversationDetailView = "analytics:conversationDetail:view",
    /// Reading a user. That this is the permission is unconfirmed.
    UserView = "directory:user:view",
}
