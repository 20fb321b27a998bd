//! Which path leads where.

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{any, get, patch, post};

use crate::cloud::Cloud;
use crate::error::ApiError;
use crate::{conversation_api, desk, gate, inbound, integration_api, oauth, queues, user_api};

/// All of the sandbox: login, API and the agent's side, on one origin.
pub(crate) fn router(cloud: Cloud) -> Router {
    // A path that nobody knows is the API's to refuse.
    api(&cloud).merge(login(&cloud)).merge(desk()).with_state(cloud)
}

fn login(cloud: &Cloud) -> Router<Cloud> {
    Router::new().route("/oauth/token", post(oauth::token)).layer(from_fn_with_state(cloud.clone(), gate::oauth_gate))
}

fn api(cloud: &Cloud) -> Router<Cloud> {
    const INTEGRATIONS: &str = "/api/v2/conversations/messaging/integrations/open";
    const MESSAGES: &str = "/api/v2/conversations/messages/{id}";
    Router::new()
        .route(INTEGRATIONS, get(integration_api::list).post(integration_api::create))
        .route(
            &format!("{INTEGRATIONS}/{{id}}"),
            get(integration_api::get).patch(integration_api::update).delete(integration_api::delete),
        )
        .route("/api/v2/routing/queues", get(queues::list))
        .route("/api/v2/routing/queues/{id}", get(queues::get))
        .route("/api/v2/users/{id}", get(user_api::get))
        .route(&format!("{MESSAGES}/inbound/open/message"), post(inbound::message))
        .route(&format!("{MESSAGES}/inbound/open/event"), post(inbound::event))
        .route(&format!("{MESSAGES}/inbound/open/receipt"), post(inbound::receipt))
        .route(&format!("{MESSAGES}/inbound/open/structured/response"), post(inbound::structured_response))
        .route(MESSAGES, get(conversation_api::get).patch(conversation_api::update))
        .route(&format!("{MESSAGES}/details"), get(conversation_api::message_details))
        .route(&format!("{MESSAGES}/participants/{{pid}}"), patch(conversation_api::update_participant))
        .route(&format!("{MESSAGES}/participants/{{pid}}/attributes"), patch(conversation_api::update_attributes))
        .fallback(async || ApiError::not_found())
        .method_not_allowed_fallback(async || ApiError::method_not_allowed())
        .layer(from_fn_with_state(cloud.clone(), gate::api_gate))
}

fn desk() -> Router<Cloud> {
    const CONVERSATION: &str = "/sandbox/conversations/{id}";
    Router::new()
        .route("/sandbox/conversations", get(desk::list))
        .route(CONVERSATION, get(desk::get))
        .route(&format!("{CONVERSATION}/accept"), post(desk::accept))
        .route(&format!("{CONVERSATION}/text"), post(desk::text))
        .route(&format!("{CONVERSATION}/typing"), post(desk::typing))
        .route(&format!("{CONVERSATION}/attachment"), post(desk::attachment))
        .route(&format!("{CONVERSATION}/message"), post(desk::message))
        .route(&format!("{CONVERSATION}/transfer"), post(desk::transfer))
        .route(&format!("{CONVERSATION}/disconnect"), post(desk::disconnect))
        .route("/sandbox/faults", get(desk::pending_faults).post(desk::order_fault).delete(desk::clear_faults))
        .route("/sandbox/tokens/revoke", post(desk::revoke_tokens))
        .route("/sandbox/webhooks", get(desk::webhooks))
        .route("/sandbox/requests", get(desk::requests))
        .route("/sandbox/{*rest}", any(desk::nothing_here))
}
