//! The routes.

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{any, get, patch, post, put};

use crate::api::{
    agentless, analytics, annotations, bot_connectors, callbacks, collections, conversations, downloads, flows, gate,
    identity_resolution, inbound, integrations, notification_channels, notification_socket, oauth, queues, recipients,
    routing, routing_names, schedules, surveys, textbots, threading, users,
};
use crate::cloud::Cloud;
use crate::config::AttachmentDownloads;
use crate::desk::{self, agent_actions, controls, messages, queues as desk_queues, structured_messages};
use crate::state::content_profiles::ContentProfile;
use crate::state::messaging_settings::MessagingSetting;
use crate::wire::error::ApiError;

/// Returns the routes of the login, the API and the desk. They share one origin.
pub(crate) fn router(cloud: Cloud) -> Router {
    // The fallback of the API handles unknown paths.
    api(&cloud)
        .merge(login(&cloud))
        .merge(channel_sockets(&cloud))
        .merge(attachments(&cloud))
        .merge(desk())
        .with_state(cloud)
}

fn login(cloud: &Cloud) -> Router<Cloud> {
    Router::new().route("/oauth/token", post(oauth::token)).layer(from_fn_with_state(cloud.clone(), gate::oauth_gate))
}

/// Returns the route of `connectUri`. It requires no token.
fn channel_sockets(cloud: &Cloud) -> Router<Cloud> {
    Router::new()
        .route("/channels/{id}", get(notification_socket::connect))
        .layer(from_fn_with_state(cloud.clone(), gate::channel_gate))
}

/// Returns the route of agents' attachments. Unconfirmed: whether it requires a token.
fn attachments(cloud: &Cloud) -> Router<Cloud> {
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
    const BOTS: &str = "/api/v2/integrations";
    Router::new()
        .route("/api/v2/conversations/messaging/integrations", get(integrations::list))
        .route(INTEGRATIONS, get(integrations::list).post(integrations::create))
        .route(
            &format!("{INTEGRATIONS}/{{id}}"),
            get(integrations::get).patch(integrations::update).delete(integrations::delete),
        )
        .route(
            "/api/v2/conversations/messaging/identityresolution/integrations/open/{id}",
            get(identity_resolution::get).put(identity_resolution::set_config),
        )
        .route(PROFILES, get(collections::list::<ContentProfile>).post(collections::create::<ContentProfile>))
        .route(
            &format!("{PROFILES}/{{id}}"),
            get(collections::get::<ContentProfile>)
                .patch(collections::update::<ContentProfile>)
                .delete(collections::delete::<ContentProfile>),
        )
        .route(SETTINGS, get(collections::list::<MessagingSetting>).post(collections::create::<MessagingSetting>))
        .route(
            &format!("{SETTINGS}/{{id}}"),
            get(collections::get::<MessagingSetting>)
                .patch(collections::update::<MessagingSetting>)
                .delete(collections::delete::<MessagingSetting>),
        )
        .route(&format!("{SETTINGS}/default"), get(collections::default_setting).put(collections::set_default_setting))
        .route("/api/v2/routing/queues", get(queues::list).post(queues::create))
        .route("/api/v2/routing/queues/{id}", get(queues::get))
        .route("/api/v2/routing/queues/{id}/estimatedwaittime", get(queues::estimated_wait_of_conversation))
        .route("/api/v2/routing/queues/{id}/mediatypes/message/estimatedwaittime", get(queues::estimated_wait))
        .route("/api/v2/analytics/conversations/activity/query", post(analytics::query_conversations))
        .route("/api/v2/analytics/routing/activity/query", post(analytics::query_routing))
        .route("/api/v2/architect/schedules", get(schedules::list_schedules))
        .route("/api/v2/architect/schedules/{id}", get(schedules::get_schedule))
        .route("/api/v2/architect/schedulegroups", get(schedules::list_schedule_groups))
        .route("/api/v2/architect/schedulegroups/{id}", get(schedules::get_schedule_group))
        .route("/api/v2/architect/emergencygroups", get(schedules::list_emergency_groups))
        .route("/api/v2/architect/emergencygroups/{id}", get(schedules::get_emergency_group))
        .route("/api/v2/routing/conversations/{id}", patch(routing::update))
        .route("/api/v2/routing/skills", get(routing_names::list_skills))
        .route("/api/v2/routing/languages", get(routing_names::list_languages))
        .route("/api/v2/conversations/callbacks", post(callbacks::create))
        .route("/api/v2/quality/surveys", post(surveys::create))
        .route("/api/v2/conversations/{id}/tags", put(annotations::set_tags))
        .route("/api/v2/conversations/{id}/secureattributes", patch(annotations::add_secure_attributes))
        .route("/api/v2/conversations/{id}/summaries", get(annotations::list_summaries))
        .route(RECIPIENTS, get(recipients::list))
        .route(&format!("{RECIPIENTS}/{{id}}"), get(recipients::get).put(recipients::update))
        .route("/api/v2/flows", get(flows::list))
        .route("/api/v2/conversations/messaging/threadingtimeline", get(threading::get).put(threading::update))
        .route("/api/v2/conversations/messages/agentless", post(agentless::send))
        .route("/api/v2/users/{id}", get(users::get))
        .route(&format!("{MESSAGES}/inbound/open/message"), post(inbound::message))
        .route(&format!("{MESSAGES}/inbound/open/event"), post(inbound::event))
        .route(&format!("{MESSAGES}/inbound/open/receipt"), post(inbound::receipt))
        .route(&format!("{MESSAGES}/inbound/open/structured/response"), post(inbound::structured_response))
        .route(MESSAGES, get(conversations::get).patch(conversations::update))
        .route(&format!("{MESSAGES}/details"), get(conversations::message_details))
        .route(&format!("{MESSAGES}/messages/bulk"), post(conversations::messages))
        .route(&format!("{MESSAGES}/participants/{{pid}}"), patch(conversations::update_participant))
        .route(&format!("{MESSAGES}/participants/{{pid}}/replace"), post(routing::replace))
        .route(&format!("{MESSAGES}/participants/{{pid}}/attributes"), patch(conversations::update_attributes))
        .route(&format!("{BOTS}/types"), get(bot_connectors::list_types))
        .route(&format!("{BOTS}/types/{{type_id}}/configschemas/{{config_type}}"), get(bot_connectors::get_schema))
        .route(&format!("{BOTS}/credentials"), post(bot_connectors::create_credentials))
        .route(BOTS, get(bot_connectors::list).post(bot_connectors::create))
        .route(&format!("{BOTS}/{{id}}"), get(bot_connectors::get).patch(bot_connectors::update))
        .route(
            &format!("{BOTS}/{{id}}/config/current"),
            get(bot_connectors::get_configuration).put(bot_connectors::set_configuration),
        )
        .route(&format!("{BOTS}/botconnector/{{id}}/bots"), get(bot_connectors::get_bots).put(bot_connectors::set_bots))
        .route("/api/v2/textbots/bots/execute", post(textbots::execute))
        .route(&format!("{BOTS}/botconnectors/{{id}}/bots"), get(bot_connectors::list_read_bots))
        .route(&format!("{BOTS}/botconnectors/outgoing/messages"), post(bot_connectors::send_outgoing_message))
        .route(CHANNELS, get(notification_channels::list).post(notification_channels::create))
        .route(
            &format!("{CHANNELS}/{{id}}/subscriptions"),
            get(notification_channels::list_topics)
                .post(notification_channels::add_topics)
                .put(notification_channels::replace_topics)
                .delete(notification_channels::clear_topics),
        )
        .fallback(async || ApiError::not_found())
        .method_not_allowed_fallback(async || ApiError::method_not_allowed())
        .layer(from_fn_with_state(cloud.clone(), gate::api_gate))
}

fn desk() -> Router<Cloud> {
    const CONVERSATION: &str = "/sandbox/conversations/{id}";
    Router::new()
        .route("/sandbox/conversations", get(desk::conversations::list).post(messages::begin))
        .route(CONVERSATION, get(desk::conversations::get))
        .route(&format!("{CONVERSATION}/offer"), post(agent_actions::offer))
        .route(&format!("{CONVERSATION}/accept"), post(agent_actions::accept))
        .route(&format!("{CONVERSATION}/decline"), post(agent_actions::decline))
        .route(&format!("{CONVERSATION}/no-answer"), post(agent_actions::no_answer))
        .route(&format!("{CONVERSATION}/conference"), post(agent_actions::conference))
        .route(&format!("{CONVERSATION}/leave-conference"), post(agent_actions::leave_conference))
        .route(&format!("{CONVERSATION}/supervise"), post(agent_actions::supervise))
        .route(&format!("{CONVERSATION}/wrap-up"), post(agent_actions::wrap_up))
        .route(&format!("{CONVERSATION}/summary"), post(desk::conversations::summarize))
        .route(&format!("{CONVERSATION}/expire"), post(agent_actions::expire))
        .route(&format!("{CONVERSATION}/fail"), post(agent_actions::fail))
        .route(&format!("{CONVERSATION}/text"), post(messages::text))
        .route(&format!("{CONVERSATION}/typing"), post(messages::typing))
        .route(&format!("{CONVERSATION}/attachment"), post(messages::attachment))
        .route(&format!("{CONVERSATION}/structured"), post(structured_messages::structured))
        .route(&format!("{CONVERSATION}/message"), post(messages::message))
        .route(&format!("{CONVERSATION}/transfer"), post(agent_actions::transfer))
        .route(&format!("{CONVERSATION}/disconnect"), post(agent_actions::disconnect))
        .route("/sandbox/callbacks", get(desk::callbacks::list))
        .route("/sandbox/bot-sessions", post(desk::bot_sessions::begin))
        .route("/sandbox/bot-sessions/{id}", get(desk::bot_sessions::get))
        .route("/sandbox/bot-sessions/{id}/messages", post(desk::bot_sessions::say))
        .route("/sandbox/bot-sessions/{id}/expire", post(desk::bot_sessions::expire))
        .route(
            "/sandbox/faults",
            get(controls::pending_faults).post(controls::order_fault).delete(controls::clear_faults),
        )
        .route("/sandbox/losses", get(controls::losses).post(controls::set_losses))
        .route("/sandbox/queues/{id}", post(desk_queues::set_figures))
        .route("/sandbox/schedule-groups", get(desk_queues::list_schedule_groups))
        .route("/sandbox/schedule-groups/{id}", post(desk_queues::set_closed))
        .route("/sandbox/emergency-groups", get(desk_queues::list_emergencies))
        .route("/sandbox/emergency-groups/{id}", post(desk_queues::set_emergency))
        .route("/sandbox/events", get(controls::events))
        .route("/sandbox/event-posts", get(controls::event_posts))
        .route("/sandbox/notifications/close", post(controls::close_notifications))
        .route("/sandbox/tokens/revoke", post(controls::revoke_tokens))
        .route("/sandbox/webhooks", get(controls::webhooks))
        .route("/sandbox/requests", get(controls::requests))
        .route("/sandbox/{*rest}", any(desk::conversations::not_found))
}
