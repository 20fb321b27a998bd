//! `/channels/{channelId}`: the WebSocket of a channel. It requires no token. The channel id is sufficient to connect.

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

/// The maximum size of a message from the client, in bytes. Clients send only pings.
const MAX_MESSAGE_BYTES: usize = 64 * 1024;

/// Connects to a channel. The channel counts as connected before the client receives the response. This way, the client
/// misses no frames.
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
    let heartbeat_interval = Duration::from_millis(cloud.heartbeat_ms.max(1));
    tokio::select! {
        // An error means that the sandbox, which owns the sender, was dropped.
        _ = stopping.wait_for(|stopping| *stopping) => {}
        () = sleep(lifetime) => {}
        _ = run_socket(socket, commands, heartbeat_interval) => {}
    }
    cloud.channels.with(|channels| channels.disconnected(id));
}

/// Executes the channel's commands, responds to pings and sends heartbeats. Returns an error if the connection is lost.
async fn run_socket(
    mut socket: WebSocket,
    mut commands: mpsc::Receiver<SocketCommand>,
    heartbeat_interval: Duration,
) -> Result<(), axum::Error> {
    let mut heartbeats = interval_at(Instant::now() + heartbeat_interval, heartbeat_interval);
    heartbeats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // The delayed frame and the time to send it. Later commands wait for it.
    let mut delayed: Option<(Instant, String)> = None;
    loop {
        let due = delayed.as_ref().map(|(due, _)| *due);
        tokio::select! {
            () = async { sleep_until(due.unwrap_or_else(Instant::now)).await }, if due.is_some() => {
                if let Some((_, text)) = delayed.take() {
                    send(&mut socket, text).await?;
                }
            }
            command = commands.recv(), if due.is_none() => match command {
                Some(SocketCommand::Send(text, 0)) => send(&mut socket, text).await?,
                Some(SocketCommand::Send(text, ms)) => {
                    delayed = Some((Instant::now() + Duration::from_millis(ms), text));
                }
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
            _ = heartbeats.tick() => send(&mut socket, heartbeat()).await?,
        }
    }
}

async fn send(socket: &mut WebSocket, text: String) -> Result<(), axum::Error> {
    socket.send(Message::Text(Utf8Bytes::from(text))).await
}
