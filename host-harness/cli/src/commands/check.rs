//! `handover check`

use super::NO;
use crate::arguments::Check as Arguments;
use crate::{output, plugin, progress};
use anyhow::Context;
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

/// The time to wait for the webhook. A contact center sends one at once.
const WEBHOOK_TIMEOUT: Duration = Duration::from_secs(20);

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let connection = plugin::connect(&arguments.connection).await?;
    let shown = progress::show("calling the contact center");
    let checks = match arguments.webhook_listen {
        None => connection.check_connection(None).await?,
        Some(address) => with_probe(connection, address).await?,
    };
    drop(shown);
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
    Ok(if failed { ExitCode::from(NO) } else { ExitCode::SUCCESS })
}

/// Asks the contact center to send a message to a test recipient, and waits for its webhook.
async fn with_probe(connection: Connection, address: SocketAddr) -> anyhow::Result<Vec<Check>> {
    let recipient = format!("handover-check-{}", uuid::Uuid::new_v4());
    let listener = TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
    let (arrived, mut arrivals) = mpsc::channel(16);
    let server = tokio::spawn(axum::serve(listener, receiver(connection.clone(), arrived)).into_future());
    let mut checks = connection.check_connection(Some(&recipient)).await?;
    let was_sent = |check: &Check| check.outcome == CheckOutcome::Ok && check.name == "webhook-probe";
    let round_trip = if checks.iter().any(was_sent) {
        let ours = async {
            let mut refused = None;
            while let Some(arrival) = arrivals.recv().await {
                match arrival {
                    Arrival::For(recipients) if recipients.contains(&recipient) => return None,
                    Arrival::For(_) => {}
                    Arrival::Refused(why) => refused = Some(why),
                }
                if refused.is_some() {
                    break;
                }
            }
            refused
        };
        match timeout(WEBHOOK_TIMEOUT, ours).await {
            Ok(None) => round_trip(CheckOutcome::Ok, "the webhook arrived and is authentic".into()),
            Ok(Some(why)) => round_trip(CheckOutcome::Error, format!("a webhook arrived and is not authentic: {why}")),
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
    /// An authentic webhook with its recipients.
    For(Vec<String>),
    Refused(String),
}

fn receiver(connection: Connection, arrived: mpsc::Sender<Arrival>) -> axum::Router {
    axum::Router::new().fallback(async move |parts: Parts, body: Bytes| {
        let webhook = Webhook::from_http(&parts, body);
        let arrival = match connection.verify_webhook(&webhook).await {
            Ok(_) => match connection.map_agent_events(&EventSource::Webhook(webhook.body)).await {
                Ok(events) => Arrival::For(events.into_iter().filter_map(|event| event.recipient).collect()),
                _ => Arrival::For(Vec::new()),
            },
            Err(Error::Provider(rejection)) => Arrival::Refused(format!("{rejection:?}")),
            Err(Error::Call(error)) => Arrival::Refused(error.to_string()),
        };
        let status = if matches!(arrival, Arrival::For(_)) { StatusCode::OK } else { StatusCode::FORBIDDEN };
        // There is no receiver once the message has arrived.
        let _ = arrived.send(arrival).await;
        status
    })
}
