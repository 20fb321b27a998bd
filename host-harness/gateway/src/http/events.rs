//! The platform's events as server-sent events (HTML Living Standard, section 9.2).

#![allow(unused_qualifications, reason = "utoipa generates it for a query")]

use super::problem::{Problem, Refusals};
use super::request::{BotConnection, Connection, Query};
use super::state::Gateway;
use crate::store::{LogEntry, Position, Store, StoreError};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive};
use axum::response::{IntoResponse, Sse};
use futures_util::{StreamExt, TryStreamExt};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use utoipa::IntoParams;

/// Streams the events of a connection, each with an id. A client that reconnects sends the last id that it received as
/// `Last-Event-ID`, or as the parameter `last-event-id` if it cannot set headers, and receives the events after it.
/// Without an id, or with an empty one, it receives all stored events. An event may be sent twice around an
/// interruption, with the same `id` in its data. Events that are older than the gateway's retention are missing, which
/// leaves gaps in the recipients' event numbers. The data is a `PlatformEvent`.
///
/// The response is 409 if the log does not contain the event with this id, because the store was restored from an older
/// copy. Then start without an id. A browser's `EventSource` does not reconnect after a response other than 200: on its
/// `error` event with `readyState` 2, open a new one.
#[utoipa::path(
    get,
    path = "/v1/connections/{connection}/events",
    params(("connection" = String, Path), ("Last-Event-ID" = Option<String>, Header), FollowQuery),
    responses(
        (status = 200, content_type = "text/event-stream", body = crate::platform_event::PlatformEvent),
        (status = 409, content_type = "application/problem+json", body = Problem, description = "The log does not contain the event with this id"),
        Refusals
    )
)]
pub(super) async fn follow(
    State(gateway): State<Gateway>,
    Connection(service): Connection,
    Query(query): Query<FollowQuery>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    stream(&gateway, service.mailboxes().store(), service.name(), &query, &headers).await
}

/// Streams the events of the sessions of a connection whose contact center asks the platform's bots, like the events of
/// handovers. The data is a `PlatformSessionEvent`.
#[utoipa::path(
    get,
    path = "/v1/bot-connections/{connection}/events",
    params(("connection" = String, Path), ("Last-Event-ID" = Option<String>, Header), FollowQuery),
    responses(
        (status = 200, content_type = "text/event-stream", body = crate::platform_event::PlatformSessionEvent),
        (status = 409, content_type = "application/problem+json", body = Problem, description = "The log does not contain the event with this id"),
        Refusals
    )
)]
pub(super) async fn follow_sessions(
    State(gateway): State<Gateway>,
    BotConnection(service): BotConnection,
    Query(query): Query<FollowQuery>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    stream(&gateway, service.sessions().records().store(), service.name(), &query, &headers).await
}

async fn stream(
    gateway: &Gateway,
    store: &dyn Store,
    connection: &str,
    query: &FollowQuery,
    headers: &HeaderMap,
) -> Result<impl IntoResponse + use<>, Problem> {
    let invalid = || Problem::new(400, "invalid-event-id", "expected the id of an event, as the stream sent it");
    let header = headers.get("last-event-id").map(|id| id.to_str().map_err(|_| invalid())).transpose()?;
    let id = header.filter(|id| !id.is_empty()).or(query.last_event_id.as_deref()).filter(|id| !id.is_empty());
    let after = match id {
        None => Position::default(),
        Some(id) => {
            let id = EventId::parse(id).ok_or_else(invalid)?;
            if !id.is_in(store, connection).await? {
                let detail = "the log does not contain the event with this id, because the store was restored from an older copy; \
                            start without Last-Event-ID";
                return Err(Problem::new(409, "unknown-event-id", detail));
            }
            id.position
        }
    };
    let entries = store.follow(connection, after).await?;
    let stop = gateway.0.stop.clone();
    let events = entries.map_ok(event).take_until(async move { stop.cancelled().await });
    // A proxy must not buffer the events.
    let unbuffered = [("cache-control", "no-store"), ("x-accel-buffering", "no")];
    Ok((unbuffered, Sse::new(events).keep_alive(KeepAlive::default())))
}

/// The position to continue from.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[into_params(parameter_in = Query, rename_all = "kebab-case")]
pub(super) struct FollowQuery {
    /// The same as `Last-Event-ID`, which takes precedence.
    #[serde(default)]
    last_event_id: Option<String>,
}

/// The id of an event in the stream: its position and a digest of its content. A log that was restored from an older
/// copy may have other events at the same positions.
struct EventId {
    position: Position,
    /// Absent in ids of earlier versions.
    digest: Option<String>,
}

impl EventId {
    fn of(log_entry: &LogEntry) -> Self {
        Self { position: log_entry.position, digest: Some(digest(log_entry)) }
    }

    fn parse(id: &str) -> Option<Self> {
        let (position, digest) = match id.split_once('-') {
            Some((position, digest)) => (position, Some(digest)),
            None => (id, None),
        };
        let is_digest =
            |digest: &str| digest.len() == DIGEST_DIGITS && digest.bytes().all(|digit| digit.is_ascii_hexdigit());
        if digest.is_some_and(|digest| !is_digest(digest)) || !position.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        Some(Self { position: Position(position.parse().ok()?), digest: digest.map(String::from) })
    }

    /// Returns whether the log contains this event, or contained it before it was removed.
    async fn is_in(&self, store: &dyn Store, connection: &str) -> Result<bool, StoreError> {
        if self.position > store.last_position().await? {
            return Ok(false);
        }
        let Some(expected) = &self.digest else { return Ok(true) };
        match store.log_entry(connection, self.position).await? {
            Some(log_entry) => Ok(digest(&log_entry) == *expected),
            None => Ok(self.position < store.first_position().await?),
        }
    }
}

impl std::fmt::Display for EventId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.position.0)?;
        self.digest.as_ref().map_or(Ok(()), |digest| write!(f, "-{digest}"))
    }
}

/// Hexadecimal digits of a digest: enough to distinguish two events at one position.
const DIGEST_DIGITS: usize = 12;

fn digest(log_entry: &LogEntry) -> String {
    let mut hash = Sha256::digest(&log_entry.entry.body).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    hash.truncate(DIGEST_DIGITS);
    hash
}

fn event(log_entry: LogEntry) -> Event {
    // JSON is one line of UTF-8.
    Event::default().id(EventId::of(&log_entry).to_string()).data(String::from_utf8_lossy(&log_entry.entry.body))
}
