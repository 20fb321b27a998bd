//! `handover dead-letters`

use super::NO;
use crate::arguments::{DeadLetterAct, DeadLetters as Arguments, GatewayAddress};
use crate::output;
use anyhow::Context;
use reqwest::{Client, Method, StatusCode, Url};
use serde_json::Value;
use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

/// The timeout of a request to the gateway. Redriving an event waits for the platform.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    match arguments.act {
        DeadLetterAct::List { at } => list(&Api::new(&at)?).await,
        DeadLetterAct::Show { at, id } => Api::new(&at)?.act(Method::GET, &[&id]).await,
        DeadLetterAct::Redrive { at, id } => Api::new(&at)?.act(Method::POST, &[&id, "redrive"]).await,
        DeadLetterAct::Drop { at, id } => Api::new(&at)?.act(Method::DELETE, &[&id]).await,
    }
}

struct Api {
    letters: Url,
    token: String,
    client: Client,
}

impl Api {
    fn new(at: &GatewayAddress) -> anyhow::Result<Self> {
        let no_url = || format!("{}: expected a URL such as http://127.0.0.1:8080", at.gateway);
        let mut letters = Url::parse(&at.gateway).with_context(no_url)?;
        let path = letters.path_segments_mut().ok().with_context(no_url);
        path?.pop_if_empty().extend(["v1", "connections", &at.connection, "dead-letters"]);
        let token = std::env::var(&at.token_env).with_context(|| {
            format!("the environment variable {} is not set; set it to one of the gateway's tokens", at.token_env)
        })?;
        Ok(Self { letters, token, client: Client::builder().timeout(REQUEST_TIMEOUT).build()? })
    }

    async fn ask(&self, method: Method, url: Url) -> anyhow::Result<(StatusCode, Value)> {
        let answer = self.client.request(method, url).bearer_auth(&self.token).send().await;
        let answer = answer.map_err(reqwest::Error::without_url).context("the gateway cannot be called")?;
        let (status, body) = (answer.status(), answer.bytes().await?);
        Ok((status, serde_json::from_slice(&body).unwrap_or(Value::Null)))
    }

    async fn act(&self, method: Method, rest: &[&str]) -> anyhow::Result<ExitCode> {
        let mut url = self.letters.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.extend(rest);
        }
        let (status, body) = self.ask(method, url).await?;
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
        let mut url = api.letters.clone();
        url.query_pairs_mut().append_pair("after", &after);
        let (status, body) = api.ask(Method::GET, url).await?;
        if !status.is_success() {
            return Ok(refused(status, &body));
        }
        let letters =
            body.as_array().context("the response is not a list of dead letters; is this the URL of a gateway?")?;
        for letter in letters {
            output::print(letter)?;
        }
        match letters.last().and_then(|letter| letter["id"].as_str()) {
            Some(last) => after = last.to_owned(),
            None => return Ok(ExitCode::SUCCESS),
        }
    }
}

fn refused(status: StatusCode, body: &Value) -> ExitCode {
    let why = body["detail"].as_str().unwrap_or("the gateway refused the request");
    // Standard error may be closed; the exit status still reports the refusal.
    let _ = writeln!(std::io::stderr(), "handover: {status}: {why}");
    ExitCode::from(NO)
}
