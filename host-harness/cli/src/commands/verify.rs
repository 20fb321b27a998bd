//! `handover verify`

use super::NEGATIVE_RESULT;
use crate::arguments::Verify;
use crate::{output, plugin};
use handover_host::Error;
use handover_host::contract::Webhook;
use serde_json::json;
use std::process::ExitCode;

pub(crate) async fn run(arguments: Verify) -> anyhow::Result<ExitCode> {
    let connection = plugin::connect(&arguments.connection).await?;
    let body = plugin::input(&arguments.body)?;
    let webhook = Webhook { method: "POST".into(), path: "/".into(), headers: arguments.headers, body };
    // If the call fails, the webhook is not authentic.
    let (verdict, status) = match connection.verify_webhook(&webhook).await {
        Ok(how) => (json!({ "verdict": "authentic", "how": how }), ExitCode::SUCCESS),
        Err(Error::Provider(reason)) => {
            (json!({ "verdict": "rejected", "why": reason }), ExitCode::from(NEGATIVE_RESULT))
        }
        Err(Error::Call(error)) => {
            (json!({ "verdict": "rejected", "error": error.to_string() }), ExitCode::from(NEGATIVE_RESULT))
        }
    };
    output::print(&verdict)?;
    Ok(status)
}
