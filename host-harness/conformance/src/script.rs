//! A network that says what a script tells it to, and a cache that can be emptied.

use async_trait::async_trait;
use handover_host::{Cache, MemoryCache, Transport, TransportError};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What the contact center answers.
#[derive(Clone)]
pub(crate) enum Script {
    /// The same, whatever is asked.
    Always(Answer),
    /// One after the other; after the last one nothing can be reached.
    InTurn(VecDeque<Answer>),
}

pub(crate) type Answer = Result<http::Response<Vec<u8>>, TransportError>;

/// The transport of a script; remembers what was asked.
#[derive(Clone)]
pub(crate) struct Scripted(Arc<Mutex<State>>);

struct State {
    script: Script,
    asked: Vec<http::Request<Vec<u8>>>,
}

impl Default for Scripted {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(State { script: Script::InTurn(VecDeque::new()), asked: Vec::new() })))
    }
}

impl Scripted {
    /// Begins another script.
    pub(crate) fn begin(&self, script: Script) {
        *self.state() = State { script, asked: Vec::new() };
    }

    /// What has been asked since the script began.
    pub(crate) fn asked(&self) -> Vec<http::Request<Vec<u8>>> {
        self.state().asked.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Transport for Scripted {
    async fn send(&self, request: http::Request<Vec<u8>>) -> Answer {
        let mut state = self.state();
        state.asked.push(request);
        match &mut state.script {
            Script::Always(answer) => answer.clone(),
            Script::InTurn(answers) => answers.pop_front().unwrap_or(Err(TransportError::Unreachable)),
        }
    }
}

/// A cache that can be emptied.
#[derive(Clone, Default)]
pub(crate) struct Forgetful(Arc<Mutex<Arc<MemoryCache>>>);

impl Forgetful {
    pub(crate) fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Arc::default();
    }

    fn current(&self) -> Arc<MemoryCache> {
        Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl Cache for Forgetful {
    async fn get(&self, connection: &str, key: &str) -> Option<Vec<u8>> {
        self.current().get(connection, key).await
    }

    async fn put(&self, connection: &str, key: &str, value: Vec<u8>, keep: Duration) {
        self.current().put(connection, key, value, keep).await;
    }
}
