//! The agent's desk: a client for the agent interface of the local Genesys Cloud.

use anyhow::{Context, ensure};
use serde_json::Value;

pub(super) struct Desk {
    client: reqwest::Client,
    origin: String,
}

impl Desk {
    pub(super) fn new(origin: &str) -> Self {
        Self { client: reqwest::Client::new(), origin: origin.into() }
    }

    /// Returns a conversation as the agent sees it.
    pub(super) async fn conversation(&self, id: &str) -> anyhow::Result<Value> {
        let url = format!("{}/sandbox/conversations/{id}", self.origin);
        self.client.get(url).send().await?.json().await.context("the agent's desk does not show the conversation")
    }

    /// Performs an action in a conversation.
    pub(super) async fn act(&self, id: &str, action: &str, arguments: &Value) -> anyhow::Result<()> {
        let url = format!("{}/sandbox/conversations/{id}/{action}", self.origin);
        let response = self.client.post(url).json(arguments).send().await?;
        let status = response.status();
        ensure!(status.is_success(), "the agent cannot perform {action}: {status} {}", response.text().await?);
        Ok(())
    }
}
