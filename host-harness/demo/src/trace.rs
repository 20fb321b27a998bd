//! Streams new trace entries as server-sent events. A slow client misses entries.

use crate::Demo;
use axum::extract::State;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures_util::{Stream, StreamExt, stream};
use std::convert::Infallible;
use tokio::sync::broadcast::error::RecvError;

pub(crate) async fn follow(State(demo): State<Demo>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let entries = stream::unfold(demo.0.context.trace.subscribe(), |mut receiver| async move {
        loop {
            match receiver.recv().await {
                Ok(entry) => return Some((Ok(Event::default().data(&*entry)), receiver)),
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return None,
            }
        }
    });
    let stop = demo.0.context.stop.clone();
    let entries = entries.take_until(async move { stop.cancelled().await });
    Sse::new(entries).keep_alive(KeepAlive::default())
}
