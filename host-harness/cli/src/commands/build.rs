//! `handover build`

use super::NEGATIVE_RESULT;
use crate::arguments::Build;
use crate::{output, plugin};
use anyhow::Context;
use handover_host::Error;
use handover_host::contract::{Conversation, Outbound, OutboundMessage, ProviderRequest, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};
use std::process::ExitCode;

/// The input: the records of the contract in one JSON object.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Message {
    recipient: String,
    #[serde(default = "first_handover")]
    handover: u32,
    conversation: Option<String>,
    id: String,
    time: Timestamp,
    message: OutboundMessage,
}

fn first_handover() -> u32 {
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
                output::print(request_json(request))?;
            }
            return Ok(ExitCode::SUCCESS);
        }
        Err(Error::Provider(reason)) => output::print(json!({ "unsupported": reason }))?,
        Err(Error::Call(error)) => output::print(json!({ "error": error.to_string() }))?,
    }
    Ok(ExitCode::from(NEGATIVE_RESULT))
}

/// Returns a request as JSON. Its body is a JSON value if it parses as JSON, and a string otherwise.
fn request_json(request: &ProviderRequest) -> Value {
    let text = || String::from_utf8_lossy(&request.body).into_owned();
    json!({
        "idempotency-key": request.idempotency_key,
        "recipient": request.recipient,
        "operation": request.operation,
        "ttl-ms": request.ttl_ms,
        "body": serde_json::from_slice(&request.body).unwrap_or_else(|_| Value::String(text())),
    })
}
