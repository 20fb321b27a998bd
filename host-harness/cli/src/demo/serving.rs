//! The page, with a gateway and a local Genesys Cloud behind it.

use super::{cloud, connect};
use crate::running::Running;
use crate::{output, plugin};
use anyhow::Context;
use genesys_sandbox::Sandbox;
use handover_demo::Stage;
use handover_gateway::mailbox::{DOUBT, Retries, Rules};
use handover_gateway::store::sqlite::SqliteStore;
use handover_gateway::{Gateway, Mailboxes, Metrics, Options, Served, Tokens, Wire};
use handover_host::handover::Policy;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

const CONNECTION: &str = "demo";
const PATH: &str = "genesysCloudOM";
/// How long events are kept, in milliseconds: for as long as anybody looks at a demo.
const KEEP_EVENTS: u64 = 24 * 60 * 60 * 1_000;
/// The local Genesys Cloud counts none.
const OBSERVATIONS: NonZeroU32 = NonZeroU32::new(6_000).unwrap();

/// Impatient, for somebody looks on.
fn rules() -> Rules {
    Rules {
        policy: Policy { observes: true, ..Policy::default() },
        replay_window: 600_000,
        observe_every: Some(500),
        calls_back: false,
        retries: Retries { first: 500, longest: 5_000, give_up: 60_000 },
        doubt: DOUBT,
        keep: 2 * KEEP_EVENTS,
    }
}

/// Serves the page until it is stopped.
pub(crate) async fn serve(listen: SocketAddr) -> anyhow::Result<()> {
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| format!("{listen} cannot be listened on; choose another: --listen 127.0.0.1:0"))?;
    let address = listener.local_addr()?;
    let mut config = cloud(&format!("http://{address}/handover/{PATH}"));
    config.media.outbound = vec!["*/*".into()];
    config.requests_per_minute = 0;
    config.unconfirmed.inbound_receipts = true;
    let sandbox = Sandbox::start(config).await?;
    let announced = sandbox.announcement();

    let connection = connect(&plugin::load(None).await?, announced).await?;

    let folder = tempfile::tempdir().context("there is no place for a folder")?;
    let mailboxes = Mailboxes::new(Arc::new(SqliteStore::open(&folder.path().join("handover.sqlite"))?));
    let (metrics, wire, stop) = (Metrics::default(), Wire::default(), CancellationToken::new());
    let options = Options {
        rules: rules(),
        callback: None,
        path: Some(PATH.into()),
        integration_id: None,
        logs_bodies: false,
        observations: OBSERVATIONS,
        wire: wire.clone(),
    };
    let served = vec![Served::new(CONNECTION, connection, options, mailboxes.clone(), &metrics)?];
    let token = [uuid::Uuid::new_v4(), uuid::Uuid::new_v4()].map(|part| part.simple().to_string()).concat();
    let tokens = Tokens::new(std::slice::from_ref(&token))?;
    let gateway = Gateway::new(served.clone(), mailboxes.clone(), tokens, metrics, stop.clone());
    let router = gateway.router();
    let desk = Some(announced.origin.clone());
    let router =
        router.merge(Stage { gateway, wire, desk, stop: stop.clone(), public: format!("http://{address}") }.router()?);

    let page = format!("http://{address}/demo/#token={token}");
    output::print(format_args!("The web chat and the agent's desk: {page}\nThey run until you press Ctrl-C."))?;
    Running { served, mailboxes, keep_events: KEEP_EVENTS, listener, router, stop }.until_stopped().await?;
    sandbox.stop().await;
    Ok(())
}
