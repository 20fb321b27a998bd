//! The trace of requests and webhooks, shown beside the conversation.

use async_trait::async_trait;
use handover_host::{Transport, TransportError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// A shared list of trace lines.
#[derive(Clone, Default)]
pub(super) struct Trace(Arc<Mutex<Vec<String>>>);

impl Trace {
    pub(super) fn add(&self, line: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }

    /// Removes and returns all lines.
    pub(super) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A transport that adds each request to the trace, without headers and bodies, because they contain keys and message
/// texts.
pub(super) struct Recorder<T> {
    transport: T,
    trace: Trace,
}

impl<T> Recorder<T> {
    pub(super) fn new(transport: T, trace: Trace) -> Self {
        Self { transport, trace }
    }
}

#[async_trait]
impl<T: Transport> Transport for Recorder<T> {
    async fn send(&self, request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, TransportError> {
        let line = format!("{:<5} {}", request.method(), shorten(request.uri().path()));
        let start = Instant::now();
        let result = self.transport.send(request).await;
        let elapsed = start.elapsed().as_millis();
        self.trace.add(match &result {
            Ok(response) => format!("→ {line}  {} in {elapsed} ms", response.status().as_u16()),
            Err(error) => format!("→ {line}  {error}"),
        });
        result
    }
}

/// Returns a path with ids shortened to four characters and without `/api/v2`.
fn shorten(path: &str) -> String {
    let shorten_id = |segment: &str| match segment.get(..4) {
        Some(head) if segment.len() == 36 && segment.matches('-').count() == 4 => format!("{head}…"),
        _ => segment.to_owned(),
    };
    path.trim_start_matches("/api/v2").split('/').map(shorten_id).collect::<Vec<_>>().join("/")
}
