//! The trace beside the conversation.

use async_trait::async_trait;
use handover_host::{Transport, TransportError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// Queued lines at most.
#[derive(Clone, Default)]
pub(super) struct Trace(Arc<Mutex<Vec<String>>>);

impl Trace {
    pub(super) fn add(&self, line: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }

    pub(super) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A transport that records requests without headers and bodies, which contain keys and message texts.
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
        let began = Instant::now();
        let answer = self.transport.send(request).await;
        let took = began.elapsed().as_millis();
        self.trace.add(match &answer {
            Ok(response) => format!("→ {line}  {} in {took} ms", response.status().as_u16()),
            Err(error) => format!("→ {line}  {error}"),
        });
        answer
    }
}

/// Returns a path with shortened ids.
fn shorten(path: &str) -> String {
    let short = |segment: &str| match segment.get(..4) {
        Some(head) if segment.len() == 36 && segment.matches('-').count() == 4 => format!("{head}…"),
        _ => segment.to_owned(),
    };
    path.trim_start_matches("/api/v2").split('/').map(short).collect::<Vec<_>>().join("/")
}
