//! Which path leads where.

use axum::Router;
use axum::extract::Path;
use axum::middleware::from_fn_with_state;
use axum::routing::{any, get, patch, post};

use crate::cloud::Cloud;
use crate::config::AttachmentDownloads;
use crate::error::ApiError;
use crate::messaging_settings::DEFAULT;
use crate::{
    agentless_api, content_profile_api, conversation_api, desk, downloads, flow_api, gate, inbound, integration_api,
    messaging_setting_api, notifications, oauth, queues, recipient_api, routing_api, threading_api, user_api,
};

/// All of the sandbox: login, API and the agent's side, on one origin.
pub(crate) fn router(cloud: Cloud) -> Router {
    // A path that nobody knows is the API's to refuse.
    api(&cloud).merge(login(&cloud)).merge(channels(&cloud)).merge(downloads(&cloud)).merge(desk()).with_state(cloud)
}

fn login(cloud: &Cloud) -> Router<Cloud> {
    Router::new().route("/oauth/token", post(oauth::token)).layer(from_fn_with_state(cloud.clone(), gate::oauth_gate))
}

/// The far end of `connectUri`, where no token is asked for.
fn channels(cloud: &Cloud) -> Router<Cloud> {
    Router::new()
        .route("/channels/{id}", get(notifications::connect))
        .layer(from_fn_with_state(cloud.clone(), gate::channel_gate))
}

/// What agents attached. Whether a token is asked for is unconfirmed.
fn downloads(cloud: &Cloud) -> Router<Cloud> {
    let route = Router::new().route("/api/v2/downloads/{id}", get(downloads::download));
    match cloud.unconfirmed.attachment_downloads {
        AttachmentDownloads::Authorized => route.layer(from_fn_with_state(cloud.clone(), gate::api_gate)),
        _ => route.layer(from_fn_with_state(cloud.clone(), gate::oauth_gate)),
    }
}

fn api(cloud: &Cloud) -> Router<Cloud> {
    const INTEGRATIONS: &str = "/api/v2/conversations/messaging/integrations/open";
    const PROFILES: &str = "/api/v2/conversations/messaging/supportedcontent";
    const SETTINGS: &str = "/api/v2/conversations/messaging/settings";
    const RECIPIENTS: &str = "/api/v2/routing/message/recipients";
    const CHANNELS: &str = "/api/v2/notifications/channels";
    const MESSAGES: &str = "/api/v2/conversations/messages/{id}";
    Router::new()
        .route("/api/v2/conversations/messaging/integrations", get(integration_api::list))
        .route(INTEGRATIONS, get(integration_api::list).post(integration_api::create))
        .route(
            &format!("{INTEGRATIONS}/{{id}}"),
            get(integration_api::get).patch(integration_api::update).delete(integration_api::delete),
        )
        .route(PROFILES, get(content_profile_api::list).post(content_profile_api::create))
        .route(
            &format!("{PROFILES}/{{id}}"),
            get(content_profile_api::get).patch(content_profile_api::update).delete(content_profile_api::delete),
        )
        .route(SETTINGS, get(messaging_setting_api::list).post(messaging_setting_api::create))
        .route(
            &format!("{SETTINGS}/{{id}}"),
            get(messaging_setting_api::get).patch(messaging_setting_api::update).delete(messaging_setting_api::delete),
        )
        .route(
            &format!("{SETTINGS}/default"),
            get(async |state, caller| messaging_setting_api::get(state, caller, Path(DEFAULT.to_owned())).await)
                .put(messaging_setting_api::set_default),
        )
        .route("/api/v2/routing/queues", get(queues::list).post(queues::create))
        .route("/api/v2/routing/queues/{id}", get(queues::get))
        .route("/api/v2/routing/queues/{id}/mediatypes/message/estimatedwaittime", get(queues::estimated_wait))
        .route("/api/v2/routing/conversations/{id}", patch(routing_api::update))
        .route(RECIPIENTS, get(recipient_api::list))
        .route(&format!("{RECIPIENTS}/{{id}}"), get(recipient_api::get).put(recipient_api::update))
        .route("/api/v2/flows", get(flow_api::list))
        .route("/api/v2/conversations/messaging/threadingtimeline", get(threading_api::get).put(threading_api::update))
        .route("/api/v2/conversations/messages/agentless", post(agentless_api::send))
        .route("/api/v2/users/{id}", get(user_api::get))
        .route(&format!("{MESSAGES}/inbound/open/message"), post(inbound::message))
        .route(&format!("{MESSAGES}/inbound/open/event"), post(inbound::event))
        .route(&format!("{MESSAGES}/inbound/open/receipt"), post(inbound::receipt))
        .route(&format!("{MESSAGES}/inbound/open/structured/response"), post(inbound::structured_response))
        .route(MESSAGES, get(conversation_api::get).patch(conversation_api::update))
        .route(&format!("{MESSAGES}/details"), get(conversation_api::message_details))
        .route(&format!("{MESSAGES}/messages/bulk"), post(conversation_api::messages))
        .route(&format!("{MESSAGES}/participants/{{pid}}"), patch(conversation_api::update_participant))
        .route(&format!("{MESSAGES}/participants/{{pid}}/replace"), post(routing_api::replace))
        .route(&format!("{MESSAGES}/participants/{{pid}}/attributes"), patch(conversation_api::update_attributes))
        .route(CHANNELS, get(notifications::list).post(notifications::create))
        .route(
            &format!("{CHANNELS}/{{id}}/subscriptions"),
            get(notifications::list_topics)
                .post(notifications::add_topics)
                .put(notifications::replace_topics)
                .delete(notifications::clear_topics),
        )
        .fallback(async || ApiError::not_found())
        .method_not_allowed_fallback(async || ApiError::method_not_allowed())
        .layer(from_fn_with_state(cloud.clone(), gate::api_gate))
}

fn desk() -> Router<Cloud> {
    const CONVERSATION: &str = "/sandbox/conversations/{id}";
    Router::new()
        .route("/sandbox/conversations", get(desk::list))
        .route(CONVERSATION, get(desk::get))
        .route(&format!("{CONVERSATION}/offer"), post(desk::offer))
        .route(&format!("{CONVERSATION}/accept"), post(desk::accept))
        .route(&format!("{CONVERSATION}/decline"), post(desk::decline))
        .route(&format!("{CONVERSATION}/no-answer"), post(desk::no_answer))
        .route(&format!("{CONVERSATION}/conference"), post(desk::conference))
        .route(&format!("{CONVERSATION}/leave-conference"), post(desk::leave_conference))
        .route(&format!("{CONVERSATION}/supervise"), post(desk::supervise))
        .route(&format!("{CONVERSATION}/wrap-up"), post(desk::wrap_up))
        .route(&format!("{CONVERSATION}/expire"), post(desk::expire))
        .route(&format!("{CONVERSATION}/fail"), post(desk::fail))
        .route(&format!("{CONVERSATION}/text"), post(desk::text))
        .route(&format!("{CONVERSATION}/typing"), post(desk::typing))
        .route(&format!("{CONVERSATION}/attachment"), post(desk::attachment))
        .route(&format!("{CONVERSATION}/structured"), post(desk::structured))
        .route(&format!("{CONVERSATION}/message"), post(desk::message))
        .route(&format!("{CONVERSATION}/transfer"), post(desk::transfer))
        .route(&format!("{CONVERSATION}/disconnect"), post(desk::disconnect))
        .route("/sandbox/faults", get(desk::pending_faults).post(desk::order_fault).delete(desk::clear_faults))
        .route("/sandbox/losses", get(desk::losses).post(desk::set_losses))
        .route("/sandbox/events", get(desk::events))
        .route("/sandbox/event-posts", get(desk::event_posts))
        .route("/sandbox/notifications/close", post(desk::close_notifications))
        .route("/sandbox/tokens/revoke", post(desk::revoke_tokens))
        .route("/sandbox/webhooks", get(desk::webhooks))
        .route("/sandbox/requests", get(desk::requests))
        .route("/sandbox/{*rest}", any(desk::nothing_here))
}
