//! How the contract's types are read back from storage: they themselves are only written.

use crate::contract;
use serde::{Deserialize, Serialize};

#[derive(Deserialize, Serialize)]
#[serde(remote = "contract::Agent")]
pub(super) struct Agent {
    id: Option<String>,
    name: Option<String>,
    picture: Option<String>,
}

#[derive(Deserialize, Serialize)]
#[serde(remote = "contract::QueueState")]
pub(super) struct QueueState {
    position: Option<u32>,
    estimated_wait_seconds: Option<u32>,
}

#[derive(Deserialize, Serialize)]
#[serde(remote = "contract::EndReason", rename_all = "kebab-case")]
pub(super) enum EndReason {
    Completed,
    Cancelled,
    Expired,
    Error(String),
}
