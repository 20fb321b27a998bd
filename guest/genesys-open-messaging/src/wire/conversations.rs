//! The bodies of requests about a conversation that is in progress, and of callbacks (Conversations API, Routing API), with
//! the fields of the responses that this provider reads.

use alloc::{collections::BTreeMap, string::String, vec::Vec};
use genesys_cloud::wire::Reference;
use handover_guest::json_types;
use serde::Serialize;

/// The body of `PUT /api/v2/conversations/{conversationId}/tags`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConversationTagsUpdate<'a> {
    /// The external tag, by which people find the conversation.
    pub external_tag: &'a str,
}

/// The body of `PATCH /api/v2/conversations/{conversationId}/secureattributes`. The `version` is for `PUT` only.
#[derive(Debug, Serialize)]
pub struct ConversationSecureAttributes<'a> {
    /// The attributes to set.
    pub attributes: BTreeMap<&'a str, &'a str>,
}

/// The body of `PATCH /api/v2/routing/conversations/{conversationId}`. An absent field changes nothing; an empty list
/// removes all skills.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RoutingConversationAttributesRequest {
    /// The priority, from -25 000 000 to 25 000 000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<i64>,
    /// The ids of the skills.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub skill_ids: Vec<String>,
    /// The id of the language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language_id: Option<String>,
}

/// The body of `POST …/participants/{participantId}/replace`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TransferRequest<'a> {
    /// `Unattended`: without a consultation before.
    pub transfer_type: &'static str,
    /// The id of the new queue.
    pub queue_id: &'a str,
}

/// The body of `POST /api/v2/conversations/callbacks`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateCallbackCommand<'a> {
    /// The queue and the skills of the agent.
    pub routing_data: RoutingData,
    /// The name of the person to call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callback_user_name: Option<&'a str>,
    /// The telephone numbers.
    pub callback_numbers: [&'a str; 1],
    /// When to call, in ISO 8601. At once if it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callback_scheduled_time: Option<&'a str>,
    /// Attributes of the participant.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub data: BTreeMap<&'a str, &'a str>,
}

/// The body of `POST /api/v2/quality/surveys`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateSurveyRequest<'a> {
    /// The conversation that the survey is about.
    pub conversation_id: &'a str,
    /// The context id of a published form. All its versions have the same.
    pub survey_form_context_id: &'a str,
}

/// The body of `PATCH …/participants/{participantId}/attributes`.
#[derive(Debug, Serialize)]
pub struct ParticipantAttributes<'a> {
    /// The attributes to set.
    pub attributes: BTreeMap<&'a str, String>,
}

/// `RoutingData`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RoutingData {
    /// The id of the queue.
    pub queue_id: String,
    /// The id of the language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language_id: Option<String>,
    /// The priority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<i64>,
    /// The ids of the skills.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub skill_ids: Vec<String>,
}

json_types! {
    /// `CreateCallbackResponse`.
    pub struct CreateCallbackResponse {
        /// The conversation of the callback, which is not that of the messages.
        "conversation" => conversation: object(Reference),
    }

    /// A [`CreateSurveyRequest`] when it is read.
    pub struct BuiltSurvey {
        /// The conversation that the survey is about.
        "conversationId" => conversation_id: text,
    }

    /// `CreateSurveyResponse`.
    pub struct CreateSurveyResponse {
        /// The link for the customer.
        "customerSurveyUrl" => customer_survey_url: text,
    }

    /// `ConversationSummariesGetResponse`.
    pub struct ConversationSummariesGetResponse {
        /// The summary of the whole conversation.
        "summary" => summary: object(ConversationSummary),
        /// The summaries of its parts, such as one for each agent.
        "sessionSummaries" => session_summaries: objects(ConversationSummary),
    }

    /// `ConversationSummary` and `ConversationSessionSummary`.
    pub struct ConversationSummary {
        /// The text.
        "text" => text: text,
        /// The progress. It is readable when it is `Completed`.
        "status" => status: text,
        /// The text as the agent changed it.
        "editedSummary" => edited_summary: object(ConversationEditedInput),
    }

    /// `ConversationEditedInput`.
    pub struct ConversationEditedInput {
        /// The text.
        "text" => text: text,
    }

    /// `RoutingSkill` and `Language`.
    pub struct Skill {
        /// The UUID.
        "id" => id: text,
        /// The name.
        "name" => name: text,
        /// `active`, `inactive` or `deleted`.
        "state" => state: text,
    }
}
