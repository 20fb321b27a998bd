//! Serves the demo page with a gateway and a local Genesys Cloud.

use super::{bots, connect, sandbox_config};
use crate::{output, plugin};
use anyhow::Context;
use genesys_sandbox::Sandbox;
use handover_demo::DemoContext;
use handover_gateway::mailbox::{CallbackRules, LOOKUP_DELAY, OUTCOME_TIMEOUT, RECONCILIATION_DELAY, Retries, Rules};
use handover_gateway::session::SessionRules;
use handover_gateway::store::Store;
use handover_gateway::store::sqlite::SqliteStore;
use handover_gateway::{
    BotOptions, BotService, ConnectionService, Gateway, Mailboxes, Metrics, Options, Parts, Repository, Sessions,
    Tokens, Trace, run,
};
use handover_host::contract::{BotAnswer, BotHandover, NextStep};
use handover_host::handover::Policy;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

const CONNECTION: &str = "demo";
const BOT_CONNECTION: &str = "demo-bots";
const PATH: &str = "genesysCloudOM";
/// The time for which events are kept.
const KEEP_EVENTS: Duration = Duration::from_secs(24 * 60 * 60);
/// The time in which the page answers a turn (Bot Connector, "Time, loops, errors").
const ANSWER_WITHIN: Duration = Duration::from_secs(7);
/// The maximum number of polls per minute. It is high because the local Genesys Cloud has no rate limit.
const POLLS_PER_MINUTE: NonZeroU32 = NonZeroU32::new(6_000).unwrap();

/// Returns rules with short times, because a person uses the demo interactively.
fn rules() -> Rules {
    Rules {
        policy: Policy { can_poll: true, ..Policy::default() },
        replay_window: Duration::from_secs(600),
        poll_interval: Some(Duration::from_millis(500)),
        has_callback: false,
        retries: Retries {
            initial_delay: Duration::from_millis(500),
            max_delay: Duration::from_secs(5),
            give_up_after: Duration::from_secs(60),
        },
        lookup_delay: LOOKUP_DELAY,
        reconciliation_delay: Some(RECONCILIATION_DELAY),
        outcome_timeout: Some(OUTCOME_TIMEOUT),
        agents_begin: true,
        retention: 2 * KEEP_EVENTS,
    }
}

/// Returns the rules for the bot. If the page is closed, the user is handed over.
fn session_rules() -> SessionRules {
    let retries = rules().retries;
    SessionRules {
        callback: CallbackRules { has_callback: false, retries },
        follows_handovers: false,
        answer_within: ANSWER_WITHIN,
        timeout_answer: BotAnswer {
            messages: Vec::new(),
            next: NextStep::Handover(BotHandover::default()),
            parameters: Vec::new(),
        },
    }
}

/// Serves the page until it is stopped.
pub(crate) async fn serve(listen: SocketAddr) -> anyhow::Result<()> {
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| format!("cannot listen on {listen}; choose another address: --listen 127.0.0.1:0"))?;
    let address = listener.local_addr()?;
    let mut config = sandbox_config(&format!("http://{address}/handover/{PATH}"));
    config.media.outbound = vec!["*/*".into()];
    config.requests_per_minute = 0;
    config.unconfirmed.inbound_receipts = true;
    let sandbox = Sandbox::start(config).await?;
    let announcement = sandbox.announcement();

    let connection = connect(&plugin::load(None).await?, announcement).await?;

    let folder = tempfile::tempdir().context("cannot create a temporary folder")?;
    let (metrics, trace, stop) = (Metrics::default(), Trace::default(), CancellationToken::new());
    let store = SqliteStore::open(&folder.path().join("handover.sqlite"))?;
    let store: Arc<dyn Store> = Arc::new(store);
    let mailboxes = Mailboxes::new(Arc::clone(&store), metrics.clone());
    let sessions = Sessions::new(Repository::new(store, metrics.clone()));
    let options = Options {
        rules: rules(),
        callback: None,
        path: Some(PATH.into()),
        integration_id: None,
        logs_bodies: false,
        redaction: None,
        translation: None,
        polls: POLLS_PER_MINUTE,
        trace: trace.clone(),
    };
    let handovers = ConnectionService::new(CONNECTION, connection, options, mailboxes.clone(), &metrics)?;
    let url = format!("http://{address}/bot-connector/{BOT_CONNECTION}");
    let bot_connection = bots::connect(&bots::provider().await?, announcement, &url, &bots::bots()).await?;
    let options = BotOptions {
        rules: session_rules(),
        callback: None,
        followed_by: Some(handovers.clone()),
        bots: bots::bots(),
        logs_bodies: false,
        trace: trace.clone(),
    };
    let bots = vec![BotService::new(BOT_CONNECTION, bot_connection, options, sessions.clone(), &metrics)?];
    let services = vec![handovers];
    let token = [uuid::Uuid::new_v4(), uuid::Uuid::new_v4()].map(|part| part.simple().to_string()).concat();
    let tokens = Tokens::new(std::slice::from_ref(&token))?;
    let gateway = Gateway::new(services.clone(), bots.clone(), mailboxes.clone(), tokens, metrics, stop.clone());
    let router = gateway.router();
    let desk = Some(announcement.origin.clone());
    let router = router
        .merge(DemoContext { gateway, trace, desk, stop: stop.clone(), public: format!("http://{address}") }.router()?);

    let page = format!("http://{address}/demo/#token={token}");
    output::print(format_args!("The web chat and the agent's desk: {page}\nPress Ctrl-C to stop."))?;
    run(Parts { services, mailboxes, bots, sessions, keep_events: KEEP_EVENTS, listener, router, stop }).await?;
    sandbox.stop().await;
    Ok(())
}
