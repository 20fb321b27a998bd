//! `handover map`

use super::NEGATIVE_RESULT;
use crate::arguments::{Map, Source};
use crate::{output, plugin};
use handover_host::Error;
use handover_host::contract::EventSource;
use serde_json::json;
use std::process::ExitCode;

pub(crate) async fn run(arguments: Map) -> anyhow::Result<ExitCode> {
    let connection = plugin::connect(&arguments.connection).await?;
    let body = plugin::input(&arguments.body)?;
    let source = match arguments.source {
        Source::Webhook => EventSource::Webhook,
        Source::EventBus => EventSource::EventBus,
        Source::Trigger => EventSource::Trigger,
        Source::Notification => EventSource::Notification,
    };
    match connection.map_agent_events(&source(body)).await {
        Ok(events) => {
            for event in events {
                output::print(serde_json::to_value(event)?)?;
            }
            return Ok(ExitCode::SUCCESS);
        }
        Err(Error::Provider(reason)) => output::print(json!({ "malformed": reason }))?,
        Err(Error::Call(error)) => output::print(json!({ "error": error.to_string() }))?,
    }
    Ok(ExitCode::from(NEGATIVE_RESULT))
}
