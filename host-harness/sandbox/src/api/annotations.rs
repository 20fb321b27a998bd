//! `/api/v2/conversations/{id}/{tags,secureattributes,summaries}` ("Conversations API").

use axum::extract::{Path, State};
use axum::{Extension, Json};
use serde_json::{Value, json};

use crate::api::request::JsonBody;
use crate::cloud::Cloud;
use crate::config::Permission;
use crate::state::conversations::{Conversation, Summary};
use crate::state::tokens::Caller;
use crate::wire::error::ApiError;
use crate::wire::json::{set, time_text};
use crate::wire::schema::Object;

type Answer = Result<Json<Value>, ApiError>;

/// `PUT …/tags`. Unconfirmed: the text of the response, and that a tag has at most 255 characters.
pub(crate) async fn set_tags(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    body: JsonBody,
) -> Answer {
    const MAX_CHARACTERS: usize = 255;
    caller.require(Permission::ExternalTagEdit)?;
    let body = body.read()?;
    let tag = Object::body(&body)?.owned_text("externalTag")?;
    if tag.as_ref().is_some_and(|tag| tag.chars().count() > MAX_CHARACTERS) {
        return Err(ApiError::malformed_field("externalTag"));
    }
    change(&cloud, &id, |conversation| conversation.external_tag = tag)
}

/// `PATCH …/secureattributes`. Unconfirmed: the text of the response.
pub(crate) async fn add_secure_attributes(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    body: JsonBody,
) -> Answer {
    caller.require(Permission::ParticipantAttributesEdit)?;
    let body = body.read()?;
    let attributes = Object::body(&body)?.string_map("attributes")?;
    change(&cloud, &id, |conversation| conversation.secure_attributes.extend(attributes))
}

fn change(cloud: &Cloud, id: &str, change: impl FnOnce(&mut Conversation)) -> Answer {
    cloud.conversations.with(|conversations| {
        change(conversations.get_mut(id).ok_or_else(ApiError::not_found)?);
        Ok(Json(json!(id)))
    })
}

/// `GET …/summaries`. The desk writes the summary.
pub(crate) async fn list_summaries(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Answer {
    caller.require(Permission::SummaryView)?;
    cloud.conversations.with(|conversations| {
        let conversation = conversations.get(&id).ok_or_else(ApiError::not_found)?;
        let mut body = json!({
            "conversation": { "id": id, "selfUri": format!("/api/v2/conversations/{id}") },
            "sessionSummaries": [],
        });
        if let Some(Summary { text, is_complete, created_at }) = &conversation.summary {
            let summary = json!({
                "id": id,
                "text": text,
                "status": if *is_complete { "Completed" } else { "Processing" },
                "mediaType": "Message",
                "dateCreated": time_text(*created_at),
            });
            set(&mut body, "summary", summary);
        }
        Ok(Json(body))
    })
}
