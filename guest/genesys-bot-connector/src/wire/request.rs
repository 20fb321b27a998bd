//! The body of a turn that Genesys posts. Both versions have the same fields, except where noted.

use handover_guest::json_types;

json_types! {
    /// A turn.
    pub struct BotRequest {
        /// The id of the bot; in v1, its name.
        "botId" => bot_id: text,
        /// The version of the bot.
        "botVersion" => bot_version: text,
        /// A run of the action in the flow, a UUID.
        "botSessionId" => bot_session_id: id,
        /// The id of the message, a UUID. Only in v2.
        "messageId" => message_id: id,
        /// What the user said.
        "inputMessage" => input_message: object(InputMessage),
        /// The language.
        "languageCode" => language_code: text,
        /// The minutes until the session ends without a turn.
        "botSessionTimeout" => bot_session_timeout: integer,
        /// The id of the conversation, a UUID.
        "genesysConversationId" => genesys_conversation_id: id,
        /// The registered bot. Only in v1.
        "chatBot" => chat_bot: object(ChatBot),
        /// The input variables of the action, as a map. Only in the first turn of v1.
        "parameters" => parameters: object,
    }

    /// What the user said.
    pub struct InputMessage {
        /// The text. May be empty.
        "text" => text: text,
        /// The pressed button, in a list.
        "content" => content: objects(Content),
        /// The pressed button, without a list, as one bot platform expects it.
        "buttonResponse" => button_response: object(ButtonResponse),
    }

    /// A part of the message.
    pub struct Content {
        /// The pressed button.
        "buttonResponse" => button_response: object(ButtonResponse),
    }

    /// A pressed button.
    pub struct ButtonResponse {
        /// The label.
        "text" => text: text,
        /// The payload.
        "payload" => payload: text,
    }

    /// The registered bot.
    pub struct ChatBot {
        /// The registered id.
        "id" => id: text,
    }
}
