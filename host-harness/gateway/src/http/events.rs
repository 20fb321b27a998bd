//! The platform's events as server-sent events (HTML Living Standard, section 9.2).

use super::Gateway;
use super::problem::{Problem, Refusals};
use super::request::Connection;
use crate::store::{Logged, Position, StoreError};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures_util::{Stream, StreamExt, TryStreamExt};

/// The events of a connection as they come, each with an id. Whoever comes back says the last one that they have seen
/// by `Last-Event-ID` and gets what came after it; whoever says none gets all that is kept. An event may come twice
/// around an interruption, with the same `id` in its data. What is older than the gateway keeps is missing, which shows
/// by the recipients' numbers. The data is a `PlatformEvent`.
#[utoipa::path(
    get,
    path = "/v1/connections/{connection}/events",
    params(("connection" = String, Path), ("Last-Event-ID" = Option<u64>, Header)),
    responses(
        (status = 200, content_type = "text/event-stream", body = crate::platform_event::PlatformEvent),
        (status = 409, content_type = "application/problem+json", body = Problem, description = "No event had this id yet"),
        Refusals
    )
)]
pub(super) async fn follow(
    State(gateway): State<Gateway>,
    Connection(served): Connection,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, StoreError>>>, Problem> {
    let after = match headers.get("last-event-id") {
        None => Position::default(),
        Some(id) => {
            let id = id.to_str().ok().and_then(|id| id.parse().ok());
            Position(id.ok_or_else(|| Problem::new(400, "invalid-event-id", "expected the id of an event: a number"))?)
        }
    };
    let store = served.mailboxes().store();
    if after > store.end().await? {
        let told = "no event had this id yet: the store goes on from an older copy; begin without Last-Event-ID";
        return Err(Problem::new(409, "unknown-event-id", told));
    }
    let logged = store.follow(served.name(), after).await?;
    let stop = gateway.0.stop.clone();
    let events = logged.map_ok(event).take_until(async move { stop.cancelled().await });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

fn event(logged: Logged) -> Event {
    // JSON in one line, of text that is UTF-8.
    Event::default().id(logged.position.0.to_string()).data(String::from_utf8_lossy(&logged.entry.body))
}
