//! Notification channels and their subscriptions. No I/O; the time is an argument.

use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::state::faults::DeliveryFault;

/// The maximum number of channels of a client.
pub(crate) const MAX_CHANNELS: usize = 20;

/// The maximum number of topics of a channel.
pub(crate) const MAX_TOPICS: usize = 1_000;

/// The maximum number of commands, mostly frames, in the queue of a connection. A client that reads too slowly to stay
/// below it is disconnected.
const MAX_FRAMES: usize = 1_000;

/// A command for the task of a channel's WebSocket.
#[derive(Debug)]
pub(crate) enum SocketCommand {
    /// Send this text after this delay in milliseconds.
    Send(String, u64),
    /// Close the connection.
    Close,
}

/// The connection of a channel.
#[derive(Debug)]
struct Connection {
    id: Uuid,
    commands: mpsc::Sender<SocketCommand>,
}

/// The parameters of the task of a channel's WebSocket.
#[derive(Debug)]
pub(crate) struct Connected {
    pub(crate) id: Uuid,
    pub(crate) commands: mpsc::Receiver<SocketCommand>,
    /// When the channel expires.
    pub(crate) expires: Timestamp,
}

/// A channel.
#[derive(Debug)]
pub(crate) struct Channel {
    pub(crate) id: String,
    client_id: String,
    pub(crate) topics: Vec<String>,
    pub(crate) expires: Timestamp,
    connection: Option<Connection>,
    /// The frame that is sent after the next one.
    held: Option<String>,
}

impl Channel {
    /// Sends `command` to the connection, if there is one. Drops the connection if it does not accept the command.
    fn command(&mut self, command: SocketCommand) {
        if let Some(connection) = &self.connection
            && connection.commands.try_send(command).is_err()
        {
            self.connection = None;
        }
    }

    fn send(&mut self, text: String, fault: Option<DeliveryFault>) {
        match fault {
            Some(DeliveryFault::Lost) => return,
            Some(DeliveryFault::Disordered) => {
                self.held = Some(text);
                return;
            }
            Some(DeliveryFault::Double) => self.command(SocketCommand::Send(text.clone(), 0)),
            Some(DeliveryFault::Late(_)) | None => {}
        }
        let delay_ms = if let Some(DeliveryFault::Late(ms)) = fault { ms } else { 0 };
        self.command(SocketCommand::Send(text, delay_ms));
        if let Some(held) = self.held.take() {
            self.command(SocketCommand::Send(held, 0));
        }
    }
}

/// All channels, oldest first.
#[derive(Debug)]
pub(crate) struct Channels {
    list: Vec<Channel>,
    lifetime: SignedDuration,
}

impl Channels {
    /// Creates an empty list. Each new channel expires after `lifetime_seconds`.
    pub(crate) fn new(lifetime_seconds: u64) -> Self {
        let lifetime = SignedDuration::from_secs(i64::try_from(lifetime_seconds).unwrap_or(i64::MAX));
        Self { list: Vec::new(), lifetime }
    }

    /// Creates a channel for a client. If the client has reached the maximum, its oldest unconnected channel is
    /// removed. Returns `None` if all of them are connected. Unconfirmed: whether Genesys Cloud removes the same
    /// channel.
    pub(crate) fn create(&mut self, client_id: &str, now: Timestamp) -> Option<&Channel> {
        self.remove_expired(now);
        if self.of(client_id).count() >= MAX_CHANNELS {
            let idle = |channel: &Channel| channel.client_id == client_id && channel.connection.is_none();
            let oldest = self.list.iter().position(idle)?;
            self.list.remove(oldest);
        }
        self.list.push(Channel {
            id: format!("streaming-0-{}", Uuid::new_v4().simple()),
            client_id: client_id.to_owned(),
            topics: Vec::new(),
            expires: now.saturating_add(self.lifetime).unwrap_or(Timestamp::MAX),
            connection: None,
            held: None,
        });
        self.list.last()
    }

    /// Returns a client's channels.
    pub(crate) fn of(&self, client_id: &str) -> impl Iterator<Item = &Channel> {
        self.list.iter().filter(move |channel| channel.client_id == client_id)
    }

    /// Returns a client's channel.
    pub(crate) fn get_mut(&mut self, client_id: &str, id: &str, now: Timestamp) -> Option<&mut Channel> {
        self.remove_expired(now);
        self.list.iter_mut().find(|channel| channel.client_id == client_id && channel.id == id)
    }

    /// Connects a WebSocket to the channel and closes its previous connection. Returns `None` if there is no such
    /// channel.
    pub(crate) fn connect(&mut self, id: &str, now: Timestamp) -> Option<Connected> {
        self.remove_expired(now);
        let channel = self.list.iter_mut().find(|channel| channel.id == id)?;
        channel.command(SocketCommand::Close);
        let (sender, commands) = mpsc::channel(MAX_FRAMES);
        let connected = Connected { id: Uuid::new_v4(), commands, expires: channel.expires };
        channel.connection = Some(Connection { id: connected.id, commands: sender });
        channel.held = None;
        Some(connected)
    }

    /// Removes the connection from its channel.
    pub(crate) fn disconnected(&mut self, connection_id: Uuid) {
        for channel in &mut self.list {
            if channel.connection.as_ref().is_some_and(|connection| connection.id == connection_id) {
                channel.connection = None;
            }
        }
    }

    /// Sends the frame of `topic` to every connected channel that subscribes to it. Calls `fault` once per channel.
    pub(crate) fn publish(&mut self, topic: &str, frame: &str, mut fault: impl FnMut() -> Option<DeliveryFault>) {
        let subscribed = self.list.iter_mut().filter(|channel| channel.topics.iter().any(|one| one == topic));
        for channel in subscribed.filter(|channel| channel.connection.is_some()) {
            channel.send(frame.to_owned(), fault());
        }
    }

    /// Sends `last_frame` to every connected channel and closes its socket. Returns the number of sockets.
    pub(crate) fn close_all(&mut self, last_frame: impl Fn() -> String) -> usize {
        let connected = self.list.iter_mut().filter(|channel| channel.connection.is_some());
        connected
            .map(|channel| {
                channel.command(SocketCommand::Send(last_frame(), 0));
                channel.command(SocketCommand::Close);
                channel.connection = None;
            })
            .count()
    }

    fn remove_expired(&mut self, now: Timestamp) {
        self.list.retain(|channel| channel.expires > now);
    }
}
