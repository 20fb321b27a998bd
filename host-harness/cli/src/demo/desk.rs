//! The agent's desk: the local Genesys Cloud's interface for agents.

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

    /// Returns everything that the agent sees of a conversation.
    pub(super) async fn conversation(&self, id: &str) -> anyhow::Result<Value> {
        let url = format!("{}/sandbox/conversations/{id}", self.origin);
        self.client.get(url).send().await?.json().await.context("the agent's desk does not show the conversation")
    }

    /// Performs an action in a conversation.
    pub(super) async fn act(&self, id: &str, act: &str, what: &Value) -> anyhow::Result<()> {
        let url = format!("{}/sandbox/conversations/{id}/{act}", self.origin);
        let answer = self.client.post(url).json(what).send().await?;
        let status = answer.status();
        ensure!(status.is_success(), "the agent cannot {act}: {status} {}", answer.text().await?);
        Ok(())
    }
}
