//! `handover build`

use super::NO;
use crate::arguments::Build;
use crate::{output, plugin};
use anyhow::Context;
use handover_host::Error;
use handover_host::contract::{Conversation, Outbound, OutboundMessage, ProviderRequest, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};
use std::process::ExitCode;

/// The input: the contract's records in one object.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Message {
    recipient: String,
    #[serde(default = "first")]
    handover: u32,
    conversation: Option<String>,
    id: String,
    time: Timestamp,
    message: OutboundMessage,
}

fn first() -> u32 {
    1
}

pub(crate) async fn run(arguments: Build) -> anyhow::Result<ExitCode> {
    let connection = plugin::connect(&arguments.connection).await?;
    let text = plugin::input(&arguments.message)?;
    let Message { recipient, handover, conversation, id, time, message } =
        serde_json::from_slice(&text).with_context(|| {
            format!("{}: this is not a message; see `handover build --help`", arguments.message.display())
        })?;
    let conversation = Conversation { recipient, handover, id: conversation };
    match connection.build_outbound_message(&conversation, &Outbound { id, time, message }).await {
        Ok(requests) => {
            for request in &requests {
                output::print(shown(request))?;
            }
            return Ok(ExitCode::SUCCESS);
        }
        Err(Error::Provider(why)) => output::print(json!({ "unsupported": why }))?,
        Err(Error::Call(error)) => output::print(json!({ "error": error.to_string() }))?,
    }
    Ok(ExitCode::from(NO))
}

/// Returns a request as JSON, with its body as JSON if it is some.
fn shown(request: &ProviderRequest) -> Value {
    let text = || String::from_utf8_lossy(&request.body).into_owned();
    json!({
        "idempotency-key": request.idempotency_key,
        "recipient": request.recipient,
        "operation": request.operation,
        "ttl-ms": request.ttl_ms,
        "body": serde_json::from_slice(&request.body).unwrap_or_else(|_| Value::String(text())),
    })
}
