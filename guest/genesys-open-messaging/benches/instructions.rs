//! Counts the instructions of the pure functions with Valgrind. The count is the same in every run, even on a busy
//! machine. A count above its limit is an error.

#![allow(missing_docs, unused_qualifications, reason = "the library's macros generate some")]

use genesys_open_messaging::{events, outbound, webhook};
use gungraun::{Callgrind, EventKind, LibraryBenchmarkConfig, library_benchmark, library_benchmark_group, main};
use handover_guest::contract::{
    AgentEvent, Authenticity, Conversation, EventSource, Malformed, Outbound, OutboundMessage, ProviderRequest,
    Rejection, Setting, Unsupported, Webhook,
};
use std::hint::black_box;

/// The limits, five percent above the counts with the pinned compiler. Lower a limit when its function becomes faster.
const VERIFY: u64 = 148_500;
const MAP: u64 = 23_130;
const BUILD: u64 = 56_600;

fn at_most(instructions: u64) -> LibraryBenchmarkConfig {
    let mut tool = Callgrind::default();
    tool.hard_limits([(EventKind::Ir, instructions)]);
    let mut config = LibraryBenchmarkConfig::default();
    config.tool(tool);
    config
}

fn settings() -> Vec<Setting> {
    [
        ("host", "mypurecloud.de"),
        ("deployment-name", "BotHandover"),
        ("webhook-secret", "a-secret-of-16-or-more-chars"),
        ("client-id", "0a1b2c3d-0000-4000-8000-000000000002"),
        ("client-secret", "secret"),
    ]
    .map(|(key, value)| Setting { key: key.into(), value: value.into() })
    .into()
}

/// The body of the webhook for an agent's message of two thousand characters.
fn body() -> Vec<u8> {
    let text = "Good morning, how can I help? ".repeat(67);
    format!(
        r#"{{"id":"8a1b3c5d-0000-4000-8000-00000000000a","channel":{{"platform":"Open","type":"Private","messageId":"8a1b3c5d-0000-4000-8000-00000000000a","to":{{"id":"sess-42"}},"from":{{"id":"11111111-2222-4333-8444-555555555555","nickname":"BotHandover"}},"time":"2026-03-01T10:00:05.123Z"}},"type":"Text","text":"{text}","originatingEntity":"Human","direction":"Outbound","conversationId":"d06cb41e-f938-4dcf-b823-c8af1a39d7e5"}}"#
    )
    .into_bytes()
}

/// A webhook with a wrong signature, which costs as much to verify as a valid one.
fn signed() -> (Vec<Setting>, Webhook) {
    let signature = format!("sha256={}=", "A".repeat(43));
    let headers = [("content-type", "application/json"), ("x-hub-signature-256", &signature)];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec())).into();
    (settings(), Webhook { method: "POST".into(), path: "/".into(), headers, body: body() })
}

fn webhook_event() -> (Vec<Setting>, EventSource) {
    (settings(), EventSource::Webhook(body()))
}

fn user_message() -> (Vec<Setting>, Conversation, Outbound) {
    let id = Some("d06cb41e-f938-4dcf-b823-c8af1a39d7e5".into());
    let message = OutboundMessage::Text("Where is my order? ".repeat(105));
    (
        settings(),
        Conversation { recipient: "sess-42".into(), handover: 1, id },
        Outbound { id: "m-1".into(), time: 1_790_000_000_000, message },
    )
}

#[library_benchmark(config = at_most(VERIFY))]
#[bench::two_kilobytes(signed())]
fn verify((settings, webhook): (Vec<Setting>, Webhook)) -> Result<Authenticity, Rejection> {
    black_box(webhook::verify(&settings, &webhook))
}

#[library_benchmark(config = at_most(MAP))]
#[bench::two_kilobytes(webhook_event())]
fn map((settings, source): (Vec<Setting>, EventSource)) -> Result<Vec<AgentEvent>, Malformed> {
    black_box(events::map(&settings, &source))
}

#[library_benchmark(config = at_most(BUILD))]
#[bench::two_kilobytes(user_message())]
fn build(
    (settings, conversation, message): (Vec<Setting>, Conversation, Outbound),
) -> Result<Vec<ProviderRequest>, Unsupported> {
    black_box(outbound::build(&settings, &conversation, &message))
}

library_benchmark_group!(name = pure_functions, benchmarks = [verify, map, build]);

main!(library_benchmark_groups = pure_functions);
