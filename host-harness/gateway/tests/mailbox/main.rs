//! Tests of the mailbox, without I/O.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests fail by panicking"
)]

mod examples;
mod instructions;
mod outcomes;
mod random_runs;
mod reconciliation;

use handover_gateway::mailbox::{Retries, Rules};
use handover_host::contract::{
    AgentEvent, AgentMessage, Author, EventKind, OutboundMessage, ProviderRequest, Timestamp,
};
use handover_host::handover::Policy;
use std::time::Duration;

/// A time in 2026.
const NOW: Timestamp = 1_790_000_000_000;

fn rules() -> Rules {
    Rules {
        policy: Policy { can_poll: true, ..Policy::default() },
        replay_window: Duration::from_secs(900),
        poll_interval: Some(Duration::from_secs(60)),
        has_callback: true,
        retries: Retries {
            initial_delay: Duration::from_secs(1),
            max_delay: Duration::from_secs(60),
            give_up_after: Duration::from_secs(3_600),
        },
        lookup_delay: Duration::from_secs(15),
        reconciliation_delay: None,
        outcome_timeout: None,
        agents_begin: false,
        retention: Duration::from_secs(86_400),
    }
}

fn text(content: &str) -> OutboundMessage {
    OutboundMessage::Text(content.to_owned())
}

fn request(key: &str) -> ProviderRequest {
    ProviderRequest {
        idempotency_key: key.to_owned(),
        recipient: "user-1".to_owned(),
        operation: "message".to_owned(),
        ttl_ms: None,
        body: key.as_bytes().to_vec(),
    }
}

fn typing(key: &str) -> ProviderRequest {
    ProviderRequest { operation: "event".to_owned(), ttl_ms: Some(5_000), ..request(key) }
}

fn agent_message(id: &str, time: Timestamp) -> AgentEvent {
    let message = AgentMessage {
        id: id.to_owned(),
        author: Author::Human,
        agent: None,
        text: Some(id.to_owned()),
        content: Vec::new(),
        plain_text: id.to_owned(),
    };
    event(id, time, EventKind::Message(message))
}

fn event(id: &str, time: Timestamp, kind: EventKind) -> AgentEvent {
    AgentEvent {
        id: id.to_owned(),
        recipient: Some("user-1".to_owned()),
        handover: None,
        conversation_id: None,
        time: Some(time),
        kind,
    }
}
