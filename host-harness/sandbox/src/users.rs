//! The agents as users of the organisation: `GET /api/v2/users/{id}`.

use axum::extract::{Path, State};
use axum::{Extension, Json};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::cloud::Cloud;
use crate::conversations::Agent;
use crate::error::ApiError;
use crate::permissions::{Permission, require};
use crate::ring::Ring;
use crate::tokens::Caller;

/// How many users are kept. The oldest is forgotten first.
const MAX_USERS: usize = 1_000;

/// Everybody who ever accepted a conversation.
#[derive(Debug)]
pub(crate) struct Users(Ring<Agent>);

impl Users {
    /// Nobody yet.
    pub(crate) fn new() -> Self {
        Self(Ring::new(MAX_USERS))
    }

    /// The user of this name, who comes into being when first named.
    pub(crate) fn named(&mut self, name: &str) -> Agent {
        if let Some(agent) = self.0.iter().find(|agent| agent.name == name) {
            return agent.clone();
        }
        let agent = Agent { user_id: Uuid::new_v4().to_string(), name: name.to_owned() };
        self.0.push(agent.clone());
        agent
    }

    fn get(&self, id: &str) -> Option<Agent> {
        self.0.iter().find(|agent| agent.user_id == id).cloned()
    }
}

/// `GET /api/v2/users/{id}`.
pub(crate) async fn get(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    require(&caller, Permission::UserView)?;
    let agent = cloud.users.with(|users| users.get(&id)).ok_or_else(ApiError::not_found)?;
    Ok(Json(json!({
        "id": agent.user_id,
        "name": agent.name,
        "state": "active",
        "version": 1,
        "selfUri": format!("/api/v2/users/{}", agent.user_id),
    })))
}
