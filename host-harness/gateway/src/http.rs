//! The gateway's HTTP interface: webhooks, the platform's API, and endpoints for operators.

mod dead_letters;
mod events;
mod json_text;
mod operation;
mod platform;
mod problem;
mod request;
mod tokens;
mod webhooks;

pub use self::tokens::{InvalidTokens, Tokens};

use crate::connection_service::ConnectionService;
use crate::mailboxes::Mailboxes;
use crate::metrics::Metrics;
use axum::routing::{get, post};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use utoipa::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Bytes of the body of a platform's request at most.
const MAX_BODY_BYTES: usize = 1 << 20;
/// Bytes of a webhook's body at most: twice what an event bus sends (Amazon EventBridge: 256 KB).
const MAX_WEBHOOK_BYTES: usize = 512 << 10;
/// The timeout of a request that needs only the store.
const TIMEOUT: Duration = Duration::from_secs(9);
/// The timeout of a request that calls the contact center or the platform: as long as a call of a plugin may take.
const LONG_TIMEOUT: Duration = Duration::from_secs(65);

/// The HTTP interface. Cheap to clone.
#[derive(Clone)]
pub struct Gateway(Arc<Inner>);

struct Inner {
    services: BTreeMap<String, ConnectionService>,
    mailboxes: Mailboxes,
    tokens: Tokens,
    metrics: Metrics,
    /// Limits the log messages about refused webhooks.
    refusals: DefaultDirectRateLimiter,
    stop: CancellationToken,
}

/// Refused webhooks in the log a minute at most. The metrics count all of them.
const MAX_REFUSALS_LOGGED: NonZeroU32 = NonZeroU32::new(60).unwrap();

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
    components(schemas(crate::mailbox::Event, problem::Problem)),
    security(("token" = []))
)]
struct Document;

impl Gateway {
    /// Creates the interface of these connections for clients with one of these tokens. When `stop` is cancelled,
    /// streams of events end.
    #[must_use]
    pub fn new(
        services: Vec<ConnectionService>,
        mailboxes: Mailboxes,
        tokens: Tokens,
        metrics: Metrics,
        stop: CancellationToken,
    ) -> Self {
        let services = services.into_iter().map(|services| (services.name().to_owned(), services)).collect();
        let refusals = RateLimiter::direct(Quota::per_minute(MAX_REFUSALS_LOGGED));
        Self(Arc::new(Inner { services, mailboxes, tokens, metrics, refusals, stop }))
    }

    /// Returns the router.
    pub fn router(&self) -> axum::Router {
        let (platform, _) = platform_api().split_for_parts();
        let guarded = platform
            .route("/metrics", get(operation::metrics))
            .route_layer(axum::middleware::from_fn_with_state(self.clone(), tokens::require));
        axum::Router::new()
            .route("/handover/{path}", post(webhooks::receive))
            .route("/healthz", get(operation::healthz))
            .route("/readyz", get(operation::readyz))
            .merge(guarded)
            .fallback(webhooks::receive_at_other_spelling)
            .method_not_allowed_fallback(problem::method_not_allowed)
            .layer(axum::middleware::from_fn(request::trace))
            .with_state(self.clone())
    }

    /// Returns the services, ordered by name.
    pub fn connections(&self) -> impl Iterator<Item = &ConnectionService> {
        self.0.services.values()
    }

    /// Protects other routes with the tokens.
    pub fn guard(&self, routes: axum::Router) -> axum::Router {
        routes.route_layer(axum::middleware::from_fn_with_state(self.clone(), tokens::require))
    }

    fn service(&self, name: &str) -> Result<&ConnectionService, problem::Problem> {
        self.0.services.get(name).ok_or_else(|| problem::Problem::new(404, "no-connection", "no such connection"))
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
        .routes(routes!(dead_letters::list))
        .routes(routes!(dead_letters::show, dead_letters::delete))
        .layer(within(TIMEOUT));
    let slow = OpenApiRouter::new()
        .routes(routes!(platform::check))
        .routes(routes!(dead_letters::redrive))
        .layer(within(LONG_TIMEOUT));
    OpenApiRouter::with_openapi(Document::openapi()).merge(quick).merge(slow)
}
