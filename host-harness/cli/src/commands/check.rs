//! `handover check`

use super::NEGATIVE_RESULT;
use crate::arguments::Check as Arguments;
use crate::plugin::{self, AnyConnection};
use crate::{output, progress};
use anyhow::{Context, bail};
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::http::request::Parts;
use handover_host::contract::{Check, CheckOutcome, EventSource, Webhook};
use handover_host::{Connection, Error};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// The time to wait for the webhook. A contact center sends it immediately.
const WEBHOOK_TIMEOUT: Duration = Duration::from_secs(20);

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let connection = plugin::connect_any(&arguments.connection).await?;
    if arguments.ask_bot.is_some() && matches!(connection, AnyConnection::Handover(_)) {
        bail!("--ask-bot is for providers of bots, such as --plugin genesys-bot-connector");
    }
    let spinner = progress::show("calling the contact center");
    let checks = match (connection, arguments.webhook_listen) {
        (AnyConnection::Handover(connection), None) => connection.check_connection(None).await?,
        (AnyConnection::Handover(connection), Some(address)) => with_probe(connection, address).await?,
        (AnyConnection::Bots(connection), None) => connection.check_connection(arguments.ask_bot.as_deref()).await?,
        (AnyConnection::Bots(_), Some(_)) => bail!("--webhook-listen is for providers of handovers"),
    };
    drop(spinner);
    for check in &checks {
        let outcome = match check.outcome {
            CheckOutcome::Ok => "ok",
            CheckOutcome::Warning => "warning",
            CheckOutcome::Error => "error",
            CheckOutcome::Skipped => "skipped",
        };
        output::print(format_args!("{outcome:<7}  {}: {}", check.name, check.message))?;
        if let Some(remedy) = &check.remedy {
            output::print(format_args!("         {remedy}"))?;
        }
    }
    let failed = checks.iter().any(|check| check.outcome == CheckOutcome::Error);
    Ok(if failed { ExitCode::from(NEGATIVE_RESULT) } else { ExitCode::SUCCESS })
}

/// Makes the contact center send a message to a test recipient, and waits for its webhook.
async fn with_probe(connection: Connection, address: SocketAddr) -> anyhow::Result<Vec<Check>> {
    let recipient = format!("handover-check-{}", uuid::Uuid::new_v4());
    let listener = TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
    let (sender, mut arrivals) = mpsc::channel(16);
    let server = tokio::spawn(axum::serve(listener, receiver(connection.clone(), sender)).into_future());
    let mut checks = connection.check_connection(Some(&recipient)).await?;
    let was_sent = |check: &Check| check.outcome == CheckOutcome::Ok && check.name == "webhook-probe";
    let round_trip = if checks.iter().any(was_sent) {
        let first_relevant = async {
            let mut rejected = None;
            while let Some(arrival) = arrivals.recv().await {
                match arrival {
                    Arrival::Authentic(recipients) if recipients.contains(&recipient) => return None,
                    Arrival::Authentic(_) => {}
                    Arrival::Rejected(reason) => rejected = Some(reason),
                }
                if rejected.is_some() {
                    break;
                }
            }
            rejected
        };
        match timeout(WEBHOOK_TIMEOUT, first_relevant).await {
            Ok(None) => round_trip(CheckOutcome::Ok, "the webhook arrived and is authentic".into()),
            Ok(Some(reason)) => {
                round_trip(CheckOutcome::Error, format!("a webhook arrived and is not authentic: {reason}"))
            }
            Err(_) => {
                round_trip(CheckOutcome::Error, format!("no webhook arrived within {} s", WEBHOOK_TIMEOUT.as_secs()))
            }
        }
    } else {
        round_trip(CheckOutcome::Skipped, "no message was sent".into())
    };
    server.abort();
    checks.push(round_trip);
    Ok(checks)
}

fn round_trip(outcome: CheckOutcome, message: String) -> Check {
    let remedy = "Forward the webhook URL of the contact center to this address, and compare the webhook secrets.";
    let remedy = (outcome == CheckOutcome::Error).then(|| remedy.into());
    Check { name: "webhook-round-trip".into(), outcome, message, remedy }
}

/// A received webhook.
enum Arrival {
    /// An authentic webhook, with the recipients of its events.
    Authentic(Vec<String>),
    /// A webhook that is not authentic, with the reason.
    Rejected(String),
}

fn receiver(connection: Connection, sender: mpsc::Sender<Arrival>) -> axum::Router {
    axum::Router::new().fallback(async move |parts: Parts, body: Bytes| {
        let webhook = Webhook::from_http(&parts, body);
        let arrival = match connection.verify_webhook(&webhook).await {
            Ok(_) => match connection.map_agent_events(&EventSource::Webhook(webhook.body)).await {
                Ok(events) => Arrival::Authentic(events.into_iter().filter_map(|event| event.recipient).collect()),
                _ => Arrival::Authentic(Vec::new()),
            },
            Err(Error::Provider(rejection)) => Arrival::Rejected(format!("{rejection:?}")),
            Err(Error::Call(error)) => Arrival::Rejected(error.to_string()),
        };
        let status = if matches!(arrival, Arrival::Authentic(_)) { StatusCode::OK } else { StatusCode::FORBIDDEN };
        // The channel is closed once the expected webhook has arrived.
        let _ = sender.send(arrival).await;
        status
    })
}
