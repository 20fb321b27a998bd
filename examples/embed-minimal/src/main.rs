//! Hands a user over to an agent, and prints the agent's events as JSON lines.
//!
//! Usage: `embed-minimal COMPONENT SETTINGS ORIGINS LISTEN`. `SETTINGS` is a file with `[{"key": "…", "value": "…"}]`;
//! `ORIGINS` are the origins that the component may reach, separated by commas; `LISTEN` is the address for webhooks.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, request::Parts};
use axum::{Router, routing::post};
use handover_host::contract::{Conversation, Outbound, OutboundMessage, Webhook};
use handover_host::{Connection, Error, Host, HttpClient, HttpClientLimits};
use std::time::{SystemTime, UNIX_EPOCH};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [component, settings, origins, listen] = &arguments[..] else {
        return Err("expected COMPONENT SETTINGS ORIGINS LISTEN".into());
    };
    let host = Host::builder().http(HttpClient::new(HttpClientLimits::default())?).build()?;
    let provider = host.load(&std::fs::read(component)?).await?;
    let settings = serde_json::from_slice(&std::fs::read(settings)?)?;
    let connection = provider.connect(settings, &origins.parse()?).await?;

    let listener = tokio::net::TcpListener::bind(listen).await?;

    // A real platform stores the requests before it delivers them, and retries as `Failure` says.
    let conversation = Conversation { recipient: "ada".into(), handover: 1, id: None };
    let time = u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())?;
    let message = OutboundMessage::Text("I would like to talk to a person".into());
    let message = Outbound { id: "message-1".into(), time, message };
    for request in connection.build_outbound_message(&conversation, &message).await? {
        connection.deliver(&request).await?;
    }

    let webhooks = Router::new().route("/", post(receive)).with_state(connection);
    Ok(axum::serve(listener, webhooks).await?)
}

/// Prints the events of an authentic webhook. A real platform stores them before it answers.
async fn receive(State(connection): State<Connection>, parts: Parts, body: Bytes) -> StatusCode {
    match connection.receive_webhook(&Webhook::from_http(&parts, body)).await {
        Ok(webhook) => {
            for event in webhook.events.unwrap_or_default() {
                println!("{}", serde_json::json!(event));
            }
            StatusCode::OK
        }
        Err(Error::Provider(_)) => StatusCode::UNAUTHORIZED,
        Err(Error::Call(_)) => StatusCode::SERVICE_UNAVAILABLE,
    }
}
