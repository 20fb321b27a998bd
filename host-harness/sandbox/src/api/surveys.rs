//! `POST /api/v2/quality/surveys` ("Quality API").

use axum::extract::State;
use axum::{Extension, Json};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::api::request::JsonBody;
use crate::cloud::Cloud;
use crate::config::Permission;
use crate::state::tokens::Caller;
use crate::wire::error::ApiError;
use crate::wire::schema::Object;

/// Creates a survey of a conversation, which nobody answers. Unconfirmed: that a conversation which has not ended returns 400,
/// and the form of the link.
pub(crate) async fn create(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    body: JsonBody,
) -> Result<Json<Value>, ApiError> {
    caller.require(Permission::SurveyAdd)?;
    let body = body.read()?;
    let request = Object::body(&body)?;
    let conversation_id = request.required_text("conversationId")?;
    let form = request.required_text("surveyFormContextId")?;
    let survey = cloud.conversations.with(|conversations| {
        let conversation = conversations.get_mut(conversation_id).ok_or_else(ApiError::not_found)?;
        if conversation.ended_at.is_none() {
            return Err(ApiError::bad_request("The conversation has not ended."));
        }
        Ok(conversation.survey.insert(Uuid::new_v4().to_string()).clone())
    })?;
    Ok(Json(json!({
        "id": survey,
        "conversation": { "id": conversation_id, "selfUri": format!("/api/v2/conversations/{conversation_id}") },
        "surveyForm": { "contextId": form },
        "status": "Pending",
        "surveyType": "Web",
        "customerSurveyUrl": format!("https://surveys.example.com/{survey}"),
        "selfUri": format!("/api/v2/quality/surveys/{survey}"),
    })))
}
