//! The demo page: a web chat that uses the gateway's API, the agent desk of a local Genesys Cloud, and a live trace of
//! the messages between them.
//!
//! The page's own files are public and contain no data. The page's API requires a token of the gateway.

mod context;
mod desk;
mod files;
mod form;
mod page;
mod trace;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{any, get, post};
use files::Files;
use handover_gateway::{Gateway, Trace};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// The maximum size of a request body, and therefore of a file.
const MAX_BODY_BYTES: usize = 5 << 20;

/// What the demo page depends on.
pub struct DemoContext {
    /// The gateway that serves the page.
    pub gateway: Gateway,
    /// The trace of that gateway.
    pub trace: Trace,
    /// The origin of a local Genesys Cloud, for the agent desk. With a real Genesys Cloud, the page has no desk.
    pub desk: Option<String>,
    /// Ends all trace streams when it is cancelled.
    pub stop: CancellationToken,
    /// The origin at which the contact center and browsers download files from this server.
    pub public: String,
}

impl std::fmt::Debug for DemoContext {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DemoContext").field("desk", &self.desk).field("public", &self.public).finish_non_exhaustive()
    }
}

#[derive(Clone)]
struct Demo(Arc<Inner>);

struct Inner {
    context: DemoContext,
    files: Files,
    client: reqwest::Client,
}

impl DemoContext {
    /// Returns the routes of the page at `/demo/` and of its API.
    ///
    /// # Errors
    /// The HTTP client for the desk cannot be created.
    pub fn router(self) -> Result<Router, reqwest::Error> {
        let client = reqwest::Client::builder().no_proxy().build()?;
        let gateway = self.gateway.clone();
        let demo = Demo(Arc::new(Inner { context: self, files: Files::default(), client }));
        let api = Router::new()
            .route("/demo/api/context", get(context::show))
            .route("/demo/api/trace", get(trace::follow))
            .route("/demo/api/files", post(files::upload))
            .route("/demo/api/desk/{*path}", any(desk::forward))
            .route("/demo/api/connections/{connection}/form", get(form::show))
            .route("/demo/api/connections/{connection}/form/problems", post(form::find_problems))
            .route("/demo/api/connections/{connection}/form/checks", post(form::run_checks))
            .with_state(demo.clone());
        Ok(gateway
            .guard(api)
            .route("/demo", get(page::redirect))
            .route("/demo/", get(page::index))
            .route("/demo/{file}", get(page::file))
            .merge(Router::new().route("/demo/files/{id}", get(files::download)).with_state(demo))
            .layer(DefaultBodyLimit::max(MAX_BODY_BYTES)))
    }
}
