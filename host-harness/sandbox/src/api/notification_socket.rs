//! `/channels/{channelId}`: the WebSocket of a channel. No token is needed: whoever knows the id may connect.

use std::time::Duration;

use axum::extract::ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep, sleep_until};

use crate::cloud::Cloud;
use crate::delivery::frames::{heartbeat, is_ping, pong};
use crate::state::notification_channels::{Connected, SocketCommand};
use crate::wire::error::ApiError;

/// A client sends pings only.
const MAX_MESSAGE_BYTES: usize = 64 * 1024;

/// Connects to a channel. It counts as connected before the client hears that it is, so that nothing is missed.
pub(crate) async fn connect(
    State(cloud): State<Cloud>,
    Path(id): Path<String>,
    upgrade: WebSocketUpgrade,
) -> Result<Response, ApiError> {
    let connection = cloud.channels.with(|channels| channels.connect(&id, Timestamp::now()));
    let connection = connection.ok_or_else(ApiError::not_found)?;
    let (failed, connection_id) = (cloud.clone(), connection.id);
    let upgrade = upgrade
        .max_message_size(MAX_MESSAGE_BYTES)
        .on_failed_upgrade(move |_| failed.channels.with(|channels| channels.disconnected(connection_id)));
    Ok(upgrade.on_upgrade(async move |socket| serve(cloud, connection, socket).await).into_response())
}

async fn serve(cloud: Cloud, connection: Connected, socket: WebSocket) {
    let Connected { id, commands, expires } = connection;
    let mut stopping = cloud.stopping.clone();
    let lifetime = Duration::try_from(expires.duration_since(Timestamp::now())).unwrap_or_default();
    let heartbeat = Duration::from_millis(cloud.heartbeat_ms.max(1));
    tokio::select! {
        // An error says that the sender is gone, and so is the sandbox.
        _ = stopping.wait_for(|stopping| *stopping) => {}
        () = sleep(lifetime) => {}
        _ = talk(socket, commands, heartbeat) => {}
    }
    cloud.channels.with(|channels| channels.disconnected(id));
}

/// Runs the channel's errands, answers pings, and lets the heart beat. An error: the connection is gone.
async fn talk(
    mut socket: WebSocket,
    mut to_do: mpsc::Receiver<SocketCommand>,
    heartbeat_every: Duration,
) -> Result<(), axum::Error> {
    let mut beats = interval_at(Instant::now() + heartbeat_every, heartbeat_every);
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // What is late, and what follows it waits for.
    let mut late: Option<(Instant, String)> = None;
    loop {
        let due = late.as_ref().map(|(due, _)| *due);
        tokio::select! {
            () = async { sleep_until(due.unwrap_or_else(Instant::now)).await }, if due.is_some() => {
                if let Some((_, text)) = late.take() {
                    send(&mut socket, text).await?;
                }
            }
            commands = to_do.recv(), if due.is_none() => match commands {
                Some(SocketCommand::Send(text, 0)) => send(&mut socket, text).await?,
                Some(SocketCommand::Send(text, ms)) => late = Some((Instant::now() + Duration::from_millis(ms), text)),
                Some(SocketCommand::Close) | None => {
                    socket.send(Message::Close(None)).await?;
                    return Ok(());
                }
            },
            message = socket.recv() => match message {
                Some(Ok(Message::Text(text))) if is_ping(&text) => send(&mut socket, pong()).await?,
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Ok(()),
            },
            _ = beats.tick() => send(&mut socket, heartbeat()).await?,
        }
    }
}

async fn send(socket: &mut WebSocket, text: String) -> Result<(), axum::Error> {
    socket.send(Message::Text(Utf8Bytes::from(text))).await
}
