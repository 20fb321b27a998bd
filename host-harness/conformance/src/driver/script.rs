//! A transport with scripted responses, and a cache that can be cleared.

use async_trait::async_trait;
use handover_host::{Cache, MemoryCache, Transport, TransportError};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The responses of the contact center.
#[derive(Clone)]
pub(crate) enum Script {
    /// The same response to every request.
    Always(Answer),
    /// One response for each request, in this order. Later requests fail as unreachable.
    Sequence(VecDeque<Answer>),
}

pub(crate) type Answer = Result<http::Response<Vec<u8>>, TransportError>;

/// A transport that answers from a script and records the requests.
#[derive(Clone)]
pub(crate) struct Scripted(Arc<Mutex<State>>);

struct State {
    script: Script,
    requests: Vec<http::Request<Vec<u8>>>,
}

impl Default for Scripted {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(State { script: Script::Sequence(VecDeque::new()), requests: Vec::new() })))
    }
}

impl Scripted {
    /// Starts a script and clears the recorded requests.
    pub(crate) fn begin(&self, script: Script) {
        *self.state() = State { script, requests: Vec::new() };
    }

    /// Returns the requests since the script started.
    pub(crate) fn requests(&self) -> Vec<http::Request<Vec<u8>>> {
        self.state().requests.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Transport for Scripted {
    async fn send(&self, request: http::Request<Vec<u8>>) -> Answer {
        let mut state = self.state();
        state.requests.push(request);
        match &mut state.script {
            Script::Always(answer) => answer.clone(),
            Script::Sequence(answers) => answers.pop_front().unwrap_or(Err(TransportError::Unreachable)),
        }
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
