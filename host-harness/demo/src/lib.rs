//! A page to see handovers by: a web chat that speaks the gateway's own API, the agent's desk of a local Genesys Cloud,
//! and a trace of what passes between them.
//!
//! The page itself is for everybody and holds nothing; whatever it asks for takes a token of the gateway's.

mod context;
mod desk;
mod files;
mod form;
mod page;
mod watch;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{any, get, post};
use files::Files;
use handover_gateway::{Gateway, Trace};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Bytes of a file at most, and of anything else that the page sends.
const MOST_BODY: usize = 5 << 20;

/// What the page is for.
pub struct DemoContext {
    /// The gateway that it belongs to.
    pub gateway: Gateway,
    /// What passes through that gateway.
    pub trace: Trace,
    /// The origin of a local Genesys Cloud, whose agents the page plays; of a real one, none is played.
    pub desk: Option<String>,
    /// When it is cancelled, what is followed ends.
    pub stop: CancellationToken,
    /// Where the contact center and browsers reach this server, for files that are sent: an origin.
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
    /// The page at `/demo/`, and what it asks for.
    ///
    /// # Errors
    /// What keeps the client for the desk from being made.
    pub fn router(self) -> Result<Router, reqwest::Error> {
        let client = reqwest::Client::builder().no_proxy().build()?;
        let gateway = self.gateway.clone();
        let demo = Demo(Arc::new(Inner { context: self, files: Files::default(), client }));
        let asked = Router::new()
            .route("/demo/api/context", get(context::show))
            .route("/demo/api/trace", get(watch::follow))
            .route("/demo/api/files", post(files::keep))
            .route("/demo/api/desk/{*path}", any(desk::pass))
            .route("/demo/api/connections/{connection}/form", get(form::show))
            .route("/demo/api/connections/{connection}/form/problems", post(form::check))
            .route("/demo/api/connections/{connection}/form/checks", post(form::try_out))
            .with_state(demo.clone());
        Ok(gateway
            .guard(asked)
            .route("/demo", get(page::to_the_page))
            .route("/demo/", get(page::index))
            .route("/demo/{file}", get(page::file))
            .merge(Router::new().route("/demo/files/{id}", get(files::show)).with_state(demo))
            .layer(DefaultBodyLimit::max(MOST_BODY)))
    }
}
