//! A server that verifies webhooks and maps them, as the gateway does before it stores them, on one core.

use anyhow::{Context, bail};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::routing::post;
use handover_bench::{COMPONENT, native, settings};
use handover_gateway::{ServerLimits, serve};
use handover_host::contract::Webhook;
use handover_host::{Connection, Error, Host, Limits, VerifiedWebhook};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

const BODY: usize = 1 << 20;

/// Prints where it listens, and serves until it is killed.
pub(crate) fn run(kind: &str) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let router = match kind {
            "native" => {
                let settings = Arc::new(native::settings(&settings()));
                Router::new().fallback(post(natively)).with_state(settings)
            }
            "warm" => Router::new().fallback(post(plugged)).with_state(connection(u32::MAX).await?),
            "fresh" => Router::new().fallback(post(plugged)).with_state(connection(1).await?),
            other => bail!("there is no receiver {other}"),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?);
        let router = router.layer(DefaultBodyLimit::max(BODY));
        serve(listener, router, ServerLimits::default(), CancellationToken::new()).await;
        Ok(())
    })
}

async fn connection(reuse: u32) -> anyhow::Result<Connection> {
    let host = Host::builder().limits(Limits::default()).reuse(reuse).build()?;
    Ok(host.load(COMPONENT).await.context("the component does not load")?.connect_unchecked(settings()))
}

async fn plugged(State(connection): State<Connection>, parts: Parts, body: Bytes) -> StatusCode {
    let webhook = Webhook::from_http(&parts, body);
    match connection.receive_webhook(&webhook).await {
        Ok(VerifiedWebhook { events: Ok(events), .. }) if !events.is_empty() => StatusCode::OK,
        Err(Error::Provider(_)) => StatusCode::UNAUTHORIZED,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

async fn natively(
    State(settings): State<Arc<Vec<genesys_open_messaging::contract::Setting>>>,
    parts: Parts,
    body: Bytes,
) -> StatusCode {
    let webhook = native::webhook(Webhook::from_http(&parts, body));
    match native::receive(&settings, webhook) {
        Some(1..) => StatusCode::OK,
        Some(0) => StatusCode::INTERNAL_SERVER_ERROR,
        None => StatusCode::UNAUTHORIZED,
    }
}
