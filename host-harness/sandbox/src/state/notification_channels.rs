//! Channels and what they subscribe to. No I/O; the time is an argument.

use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::state::faults::DeliveryFault;

/// How many channels a client may have.
pub(crate) const MAX_CHANNELS: usize = 20;

/// How many topics a channel may subscribe to.
pub(crate) const MAX_TOPICS: usize = 1_000;

/// How many frames may wait for a client that reads slowly; then its connection is given up.
const MAX_FRAMES: usize = 1_000;

/// What the task at a channel's WebSocket is to do.
#[derive(Debug)]
pub(crate) enum SocketCommand {
    /// Send this text, after so many milliseconds.
    Send(String, u64),
    /// Close the connection.
    Close,
}

/// The sandbox's end of a channel's connection.
#[derive(Debug)]
struct Connection {
    id: Uuid,
    commands: mpsc::Sender<SocketCommand>,
}

/// What the task at a channel's WebSocket needs to know.
#[derive(Debug)]
pub(crate) struct Connected {
    pub(crate) id: Uuid,
    /// What it is to do.
    pub(crate) commands: mpsc::Receiver<SocketCommand>,
    /// When the channel is no more.
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
    /// The frame that goes after the next one.
    held: Option<String>,
}

impl Channel {
    /// Sends `errand`, if anybody is connected.
    fn run(&mut self, commands: SocketCommand) {
        if let Some(connection) = &self.connection
            && connection.commands.try_send(commands).is_err()
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
            Some(DeliveryFault::Double) => self.run(SocketCommand::Send(text.clone(), 0)),
            Some(DeliveryFault::Late(_)) | None => {}
        }
        let late_ms = if let Some(DeliveryFault::Late(ms)) = fault { ms } else { 0 };
        self.run(SocketCommand::Send(text, late_ms));
        if let Some(held) = self.held.take() {
            self.run(SocketCommand::Send(held, 0));
        }
    }
}

/// All channels, the oldest first.
#[derive(Debug)]
pub(crate) struct Channels {
    list: Vec<Channel>,
    lifetime: SignedDuration,
}

impl Channels {
    /// None yet; each will live for `lifetime_seconds`.
    pub(crate) fn new(lifetime_seconds: u64) -> Self {
        let lifetime = SignedDuration::from_secs(i64::try_from(lifetime_seconds).unwrap_or(i64::MAX));
        Self { list: Vec::new(), lifetime }
    }

    /// A new channel of a client. When the client has as many as it may, its oldest that nobody is connected to makes
    /// room; `None`: there is none. That room is made so is unconfirmed.
    pub(crate) fn create(&mut self, client_id: &str, now: Timestamp) -> Option<&Channel> {
        self.forget_expired(now);
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

    /// A client's channels.
    pub(crate) fn of(&self, client_id: &str) -> impl Iterator<Item = &Channel> {
        self.list.iter().filter(move |channel| channel.client_id == client_id)
    }

    /// A client's channel.
    pub(crate) fn get_mut(&mut self, client_id: &str, id: &str, now: Timestamp) -> Option<&mut Channel> {
        self.forget_expired(now);
        self.list.iter_mut().find(|channel| channel.client_id == client_id && channel.id == id)
    }

    /// Connects a WebSocket to the channel, whose connection, if it had one, is closed. `None`: there is no such
    /// channel.
    pub(crate) fn connect(&mut self, id: &str, now: Timestamp) -> Option<Connected> {
        self.forget_expired(now);
        let channel = self.list.iter_mut().find(|channel| channel.id == id)?;
        channel.run(SocketCommand::Close);
        let (sender, commands) = mpsc::channel(MAX_FRAMES);
        let connected = Connected { id: Uuid::new_v4(), commands, expires: channel.expires };
        channel.connection = Some(Connection { id: connected.id, commands: sender });
        channel.held = None;
        Some(connected)
    }

    /// The connection is gone.
    pub(crate) fn disconnected(&mut self, connection_id: Uuid) {
        for channel in &mut self.list {
            if channel.connection.as_ref().is_some_and(|connection| connection.id == connection_id) {
                channel.connection = None;
            }
        }
    }

    /// Sends the frame of `topic` to every connected channel that subscribes to it. `fault` is asked once for each.
    pub(crate) fn publish(&mut self, topic: &str, frame: &str, mut fault: impl FnMut() -> Option<DeliveryFault>) {
        let subscribed = self.list.iter_mut().filter(|channel| channel.topics.iter().any(|one| one == topic));
        for channel in subscribed.filter(|channel| channel.connection.is_some()) {
            channel.send(frame.to_owned(), fault());
        }
    }

    /// Sends `last_frame` to every connected channel and closes its socket. Returns the number of sockets.
    pub(crate) fn close_all(&mut self, last_frame: &str) -> usize {
        let connected = self.list.iter_mut().filter(|channel| channel.connection.is_some());
        connected
            .map(|channel| {
                channel.run(SocketCommand::Send(last_frame.to_owned(), 0));
                channel.run(SocketCommand::Close);
                channel.connection = None;
            })
            .count()
    }

    fn forget_expired(&mut self, now: Timestamp) {
        self.list.retain(|channel| channel.expires > now);
    }
}
