//! The wire as server-sent events: what passes from now on. Whoever is too slow misses some.

use crate::Demo;
use axum::extract::State;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures_util::{Stream, StreamExt, stream};
use std::convert::Infallible;
use tokio::sync::broadcast::error::RecvError;

pub(crate) async fn follow(State(demo): State<Demo>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let entries = stream::unfold(demo.0.context.trace.subscribe(), |mut watched| async move {
        loop {
            match watched.recv().await {
                Ok(entry) => return Some((Ok(Event::default().data(&*entry)), watched)),
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return None,
            }
        }
    });
    let stop = demo.0.context.stop.clone();
    let entries = entries.take_until(async move { stop.cancelled().await });
    Sse::new(entries).keep_alive(KeepAlive::default())
}
