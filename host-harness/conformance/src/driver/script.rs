//! A transport with scripted answers, and a cache that can be cleared.

use super::{Answer, Network, NoAnswer, Request};
use crate::json_form::Base64;
use async_trait::async_trait;
use handover_host::{Cache, MemoryCache, Transport, TransportError};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

type Answered = Result<http::Response<Vec<u8>>, TransportError>;

/// A transport that answers from a script and records the requests.
#[derive(Clone, Default)]
pub(crate) struct Scripted(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    answers: VecDeque<Answered>,
    /// The answer after these; `None` is unreachable.
    then: Option<Answered>,
    requests: Vec<Request>,
}

impl Scripted {
    /// Starts a script and clears the recorded requests.
    pub(crate) fn begin(&self, network: &Network) -> Result<(), String> {
        let (answers, then) = match network {
            Network::Offline => (VecDeque::new(), None),
            Network::Scripted(script) => {
                (script.answers.iter().map(answered).collect::<Result<_, _>>()?, Some(answered(&script.then)?))
            }
        };
        *self.state() = State { answers, then, requests: Vec::new() };
        Ok(())
    }

    /// Returns the requests since the script started.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.state().requests.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn answered(answer: &Answer) -> Result<Answered, String> {
    let (status, headers, body) = match answer {
        Answer::Response { status, headers, body } => (status, headers, body),
        Answer::Error { error } => {
            return Ok(Err(match error {
                NoAnswer::Unreachable => TransportError::Unreachable,
                NoAnswer::TimedOut => TransportError::TimedOut,
                NoAnswer::Interrupted => TransportError::Interrupted,
                NoAnswer::ResponseTooLarge => TransportError::TooLarge,
            }));
        }
    };
    let mut response = http::Response::builder().status(*status);
    for (name, value) in headers {
        response = response.header(name, value);
    }
    Ok(Ok(response.body(body.0.clone()).map_err(|error| format!("an answer of the script: {error}"))?))
}

fn recorded(request: http::Request<Vec<u8>>) -> Request {
    let header = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    Request {
        method: request.method().to_string(),
        url: request.uri().to_string(),
        headers: request.headers().iter().map(header).collect(),
        body: Base64(request.into_body()),
    }
}

#[async_trait]
impl Transport for Scripted {
    async fn send(&self, request: http::Request<Vec<u8>>) -> Answered {
        let mut state = self.state();
        state.requests.push(recorded(request));
        let then = state.then.clone().unwrap_or(Err(TransportError::Unreachable));
        state.answers.pop_front().unwrap_or(then)
    }
}

/// A cache that can be cleared.
#[derive(Clone, Default)]
pub(crate) struct ClearableCache(Arc<Mutex<Arc<MemoryCache>>>);

impl ClearableCache {
    pub(crate) fn clear(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Arc::default();
    }

    fn current(&self) -> Arc<MemoryCache> {
        Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl Cache for ClearableCache {
    async fn get(&self, connection: &str, key: &str) -> Option<Vec<u8>> {
        self.current().get(connection, key).await
    }

    async fn put(&self, connection: &str, key: &str, value: Vec<u8>, keep: Duration) {
        self.current().put(connection, key, value, keep).await;
    }
}
