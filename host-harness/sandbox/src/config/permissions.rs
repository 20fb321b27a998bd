//! The permissions that the roles of an OAuth client grant. Scopes do not apply to client credentials.

use serde::Deserialize;

macro_rules! permissions {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// A permission, with the name that Genesys Cloud's API explorer lists for each operation.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
        #[non_exhaustive]
        pub enum Permission {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)*
        }

        impl Permission {
            /// All permissions that the sandbox checks.
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$variant),*];

            /// Returns Genesys's name for the permission.
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
    /// Reading a message by id. An alternative to [`Permission::MessageView`].
    WebMessagingView = "conversation:webmessaging:view",
    /// Parking a conversation. Sufficient to change its state.
    MessagePark = "conversation:message:park",
    /// Disconnecting a conversation or a participant.
    CommunicationDisconnect = "conversation:communication:disconnect",
    /// Wrapping up. Sufficient to change a participant's state.
    ParticipantWrapup = "conversation:participant:wrapup",
    /// Recording. Sufficient to change a participant's state.
    CallRecord = "conversation:call:record",
    /// Listing and reading integrations.
    IntegrationView = "messaging:integration:view",
    /// Creating an integration.
    IntegrationAdd = "messaging:integration:add",
    /// Changing an integration.
    IntegrationEdit = "messaging:integration:edit",
    /// Deleting an integration.
    IntegrationDelete = "messaging:integration:delete",
    /// Reading the identity resolution of an integration. An alternative to [`Permission::IntegrationView`].
    IdentityResolutionView = "messaging:identityResolutionOpen:view",
    /// Changing the identity resolution of an integration. An alternative to [`Permission::IntegrationEdit`].
    IdentityResolutionEdit = "messaging:identityResolutionOpen:edit",
    /// Listing and reading queues.
    QueueView = "routing:queue:view",
    /// Creating a queue.
    QueueAdd = "routing:queue:add",
    /// Counting waiting conversations and agents on queue.
    QueueObservationView = "analytics:queueObservation:view",
    /// Listing and reading schedules.
    ScheduleView = "routing:schedule:view",
    /// Listing and reading schedule groups.
    ScheduleGroupView = "routing:scheduleGroup:view",
    /// Listing and reading emergency groups.
    EmergencyGroupView = "routing:emergencyGroup:view",
    /// Listing recipients and attaching them to flows.
    RecipientManage = "routing:message:manage",
    /// Changing the priority, skills and language of a waiting conversation.
    RoutingConversationEdit = "routing:conversation:edit",
    /// Listing flows.
    FlowView = "architect:flow:view",
    /// Reading the threading timeline.
    ThreadingTimelineView = "conversation:threadingTimeline:view",
    /// Changing the threading timeline.
    ThreadingTimelineEdit = "conversation:threadingTimeline:edit",
    /// Changing the external tag of a conversation.
    ExternalTagEdit = "conversation:externalTag:edit",
    /// Changing the secure attributes of a conversation.
    ParticipantAttributesEdit = "conversation:participant:attributesedit",
    /// Reading the summaries of a conversation.
    SummaryView = "conversation:summary:view",
    /// Creating a survey.
    SurveyAdd = "quality:survey:add",
    /// Creating a callback.
    CallbackCreate = "conversation:callback:create",
    /// Transferring a conversation.
    BlindTransfer = "conversation:communication:blindTransfer",
    /// Sending an agentless message to a customer.
    MessageCreate = "conversation:message:create",
    /// Asking a bot without a channel.
    TextbotsSessionExecute = "textbots:session:execute",
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
    /// Subscribing to detail events. Unconfirmed: whether this is the required permission.
    ConversationDetailView = "analytics:conversationDetail:view",
    /// Reading a user. Unconfirmed: whether this is the required permission.
    UserView = "directory:user:view",
    /// Listing and reading integrations of all kinds but messaging, their types and configurations.
    PlatformIntegrationView = "integrations:integration:view",
    /// Creating such an integration, or credentials.
    PlatformIntegrationAdd = "integrations:integration:add",
    /// Changing such an integration.
    PlatformIntegrationEdit = "integrations:integration:edit",
    /// Reading the bots of a Bot Connector.
    BotConnectorView = "integration:botconnector:view",
    /// Registering the bots of a Bot Connector.
    BotConnectorEdit = "integration:botconnector:edit",
    /// Answering later than in the response.
    BotConnectorSend = "integration:botconnector:send",
}
