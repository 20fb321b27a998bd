//! `handover dead-letters`

use super::NEGATIVE_RESULT;
use crate::arguments::{DeadLetterAction, DeadLetters as Arguments, GatewayAddress};
use crate::output;
use anyhow::Context;
use reqwest::{Client, Method, StatusCode, Url};
use serde_json::Value;
use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

/// The timeout of a request to the gateway. A request that redrives an event waits for the platform.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    match arguments.action {
        DeadLetterAction::List { address } => list(&Api::new(&address)?).await,
        DeadLetterAction::Show { address, id } => Api::new(&address)?.request(Method::GET, &[&id]).await,
        DeadLetterAction::Redrive { address, id } => Api::new(&address)?.request(Method::POST, &[&id, "redrive"]).await,
        DeadLetterAction::Drop { address, id } => Api::new(&address)?.request(Method::DELETE, &[&id]).await,
    }
}

/// The dead-letter API of a connection.
struct Api {
    base_url: Url,
    token: String,
    client: Client,
}

impl Api {
    fn new(address: &GatewayAddress) -> anyhow::Result<Self> {
        let invalid_url = || format!("{}: expected a URL such as http://127.0.0.1:8080", address.gateway);
        let mut base_url = Url::parse(&address.gateway).with_context(invalid_url)?;
        let path = base_url.path_segments_mut().ok().with_context(invalid_url);
        path?.pop_if_empty().extend(["v1", "connections", &address.connection, "dead-letters"]);
        let token = std::env::var(&address.token_env).with_context(|| {
            format!("the environment variable {} is not set; set it to one of the gateway's tokens", address.token_env)
        })?;
        Ok(Self { base_url, token, client: Client::builder().timeout(REQUEST_TIMEOUT).build()? })
    }

    async fn send(&self, method: Method, url: Url) -> anyhow::Result<(StatusCode, Value)> {
        let response = self.client.request(method, url).bearer_auth(&self.token).send().await;
        let response = response.map_err(reqwest::Error::without_url).context("the gateway cannot be called")?;
        let (status, body) = (response.status(), response.bytes().await?);
        Ok((status, serde_json::from_slice(&body).unwrap_or(Value::Null)))
    }

    async fn request(&self, method: Method, path_segments: &[&str]) -> anyhow::Result<ExitCode> {
        let mut url = self.base_url.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.extend(path_segments);
        }
        let (status, body) = self.send(method, url).await?;
        if !status.is_success() {
            return Ok(refused(status, &body));
        }
        if !body.is_null() {
            output::print(&body)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

async fn list(api: &Api) -> anyhow::Result<ExitCode> {
    let mut after = String::new();
    loop {
        let mut url = api.base_url.clone();
        url.query_pairs_mut().append_pair("after", &after);
        let (status, body) = api.send(Method::GET, url).await?;
        if !status.is_success() {
            return Ok(refused(status, &body));
        }
        let dead_letters =
            body.as_array().context("the response is not a list of dead letters; is this the URL of a gateway?")?;
        for dead_letter in dead_letters {
            output::print(dead_letter)?;
        }
        match dead_letters.last().and_then(|dead_letter| dead_letter["id"].as_str()) {
            Some(last) => after = last.to_owned(),
            None => return Ok(ExitCode::SUCCESS),
        }
    }
}

fn refused(status: StatusCode, body: &Value) -> ExitCode {
    let reason = body["detail"].as_str().unwrap_or("the gateway refused the request");
    // Ignored because standard error may be closed. The exit status still reports the refusal.
    let _ = writeln!(std::io::stderr(), "handover: {status}: {reason}");
    ExitCode::from(NEGATIVE_RESULT)
}
