//! The gateway's HTTP interface: webhooks, the platform's API, and endpoints for operators.

mod authorization;
mod bot_connector;
mod dead_letters;
mod events;
mod operation;
mod platform;
mod problem;
mod request;
mod sessions;
mod state;
mod tokens;
mod webhooks;

pub use self::state::Gateway;
pub use self::tokens::{InvalidTokens, Tokens};

use axum::routing::{any, get, post};
use std::time::Duration;
use utoipa::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The timeout of a request that needs only the store.
const TIMEOUT: Duration = Duration::from_secs(9);
/// The timeout of a request that calls the contact center or the platform: as long as a call of a plugin may take.
const LONG_TIMEOUT: Duration = Duration::from_secs(65);

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Handover gateway",
        description = "Connects a bot platform with the human agents of contact centers.\n\nEvery request requires a bearer token. \
                       A request that is answered with 2xx is durable. Errors are problem details (RFC 9457) whose `code` is stable.\n\nA request may have 1 MiB, a \
                       webhook 512 KiB. A larger one, or one that exceeds the queue of a recipient, is answered with 413. \
                       A transcript that is too long loses its oldest messages. An `Idempotency-Key` has 1 to \
                       512 visible ASCII characters; the gateway keeps the last 1 000 of a recipient for 24 hours.\n\nThe first event of a handover is `queued`, or `reopened` if an agent reopened it."
    ),
    components(schemas(crate::mailbox::Event, crate::session::SessionEvent, problem::Problem)),
    security(("token" = []))
)]
struct Document;

impl Gateway {
    /// Returns the router.
    pub fn router(&self) -> axum::Router {
        let (platform, _) = platform_api().split_for_parts();
        let guarded = platform
            .route("/metrics", get(operation::metrics))
            .route_layer(axum::middleware::from_fn_with_state(self.clone(), authorization::require));
        axum::Router::new()
            .route("/handover/{path}", post(webhooks::receive))
            .route("/bot-connector/{connection}", any(bot_connector::at_root))
            .route("/bot-connector/{connection}/", any(bot_connector::at_root))
            .route("/bot-connector/{connection}/{*path}", any(bot_connector::below))
            .route("/healthz", get(operation::healthz))
            .route("/readyz", get(operation::readyz))
            .merge(guarded)
            .fallback(webhooks::receive_at_other_spelling)
            .method_not_allowed_fallback(problem::method_not_allowed)
            .layer(axum::middleware::from_fn(request::trace))
            .with_state(self.clone())
    }

    /// Protects other routes with the tokens.
    pub fn guard(&self, routes: axum::Router) -> axum::Router {
        routes.route_layer(axum::middleware::from_fn_with_state(self.clone(), authorization::require))
    }
}

/// Returns the OpenAPI document of the platform's API, as JSON.
#[must_use]
pub fn document() -> String {
    let (_, mut document) = platform_api().split_for_parts();
    let token = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
    document.components.get_or_insert_default().add_security_scheme("token", token);
    // It contains only text and numbers.
    document.to_pretty_json().unwrap_or_default() + "\n"
}

fn platform_api() -> OpenApiRouter<Gateway> {
    let within = |timeout| axum::middleware::from_fn(move |request, next| request::within(timeout, request, next));
    let quick = OpenApiRouter::new()
        .routes(routes!(platform::connections))
        .routes(routes!(platform::begin, platform::state, platform::end))
        .routes(routes!(platform::send))
        .routes(routes!(events::follow))
        .routes(routes!(events::follow_sessions))
        .routes(routes!(sessions::connections))
        .routes(routes!(sessions::show))
        .routes(routes!(sessions::answer))
        .routes(routes!(dead_letters::list))
        .routes(routes!(dead_letters::show, dead_letters::delete))
        .layer(within(TIMEOUT));
    let slow = OpenApiRouter::new()
        .routes(routes!(platform::check))
        .routes(routes!(platform::availability))
        .routes(routes!(sessions::check))
        .routes(routes!(dead_letters::redrive))
        .layer(within(LONG_TIMEOUT));
    OpenApiRouter::with_openapi(Document::openapi()).merge(quick).merge(slow)
}
