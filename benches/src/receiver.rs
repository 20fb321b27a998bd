//! A single-threaded server that verifies and maps webhooks, as the gateway does before it stores them.

use anyhow::{Context, bail};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::routing::post;
use handover_bench::{COMPONENT, native, settings};
use handover_gateway::{ServerLimits, serve};
use handover_host::contract::ReceivedWebhook;
use handover_host::contract::Webhook;
use handover_host::{Connection, Error, Host, Limits};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// The maximum size of a request body, in bytes.
const MAX_BODY_BYTES: usize = 1 << 20;

/// Prints the address of the server and serves until the process is killed.
pub(crate) fn run(kind: &str) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let router = match kind {
            "native" => {
                let settings = Arc::new(native::prepare(&settings()).context("the settings are refused")?);
                Router::new().fallback(post(receive_natively)).with_state(settings)
            }
            "warm" => Router::new().fallback(post(receive_with_plugin)).with_state(connection(u32::MAX).await?),
            "fresh" => Router::new().fallback(post(receive_with_plugin)).with_state(connection(1).await?),
            other => bail!("unknown receiver {other}; expected native, warm or fresh"),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?);
        let router = router.layer(DefaultBodyLimit::max(MAX_BODY_BYTES));
        serve(listener, router, ServerLimits::default(), CancellationToken::new()).await;
        Ok(())
    })
}

async fn connection(reuse: u32) -> anyhow::Result<Connection> {
    let host = Host::builder().limits(Limits::default()).reuse(reuse).build()?;
    let provider = host.load(COMPONENT).await.context("the component cannot be loaded")?;
    provider.connect_offline(settings()).await.context("the settings are refused")
}

async fn receive_with_plugin(State(connection): State<Connection>, parts: Parts, body: Bytes) -> StatusCode {
    let webhook = Webhook::from_http(&parts, body);
    match connection.receive_webhook(&webhook).await {
        Ok(ReceivedWebhook { events: Ok(events), .. }) if !events.is_empty() => StatusCode::OK,
        Err(Error::Provider(_)) => StatusCode::UNAUTHORIZED,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

async fn receive_natively(State(settings): State<Arc<Vec<u8>>>, parts: Parts, body: Bytes) -> StatusCode {
    let webhook = native::webhook(Webhook::from_http(&parts, body));
    match native::receive(&settings, webhook) {
        Some(1..) => StatusCode::OK,
        Some(0) => StatusCode::INTERNAL_SERVER_ERROR,
        None => StatusCode::UNAUTHORIZED,
    }
}
