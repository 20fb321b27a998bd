//! A minimal bot platform. It accepts events by HTTP and WebSocket, verifies and maps them with the plugin, keeps the
//! state of each handover, polls when the state requires it, and records the results.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use futures_util::StreamExt;
use handover_host::Connection;
use handover_host::contract::{
    AgentEvent, Authenticity, Conversation, Delivery, EndReason, EventKind, EventSource, OperatorSource, Outbound,
    OutboundMessage, Timestamp, Webhook,
};
use handover_host::handover::{Handover, Policy, Step};
use handover_tests::answered;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::net::TcpListener;
use tokio_tungstenite::tungstenite::Message;

/// The state of one user.
pub(crate) struct UserState {
    pub(crate) handover: Handover,
    /// The number and the end reason of each ended handover.
    pub(crate) ends: Vec<(u32, EndReason)>,
    /// The text of each message that was shown.
    pub(crate) shown: Vec<String>,
}

#[derive(Clone)]
pub(crate) struct Platform(Arc<Inner>);

struct Inner {
    connection: Connection,
    users: Mutex<HashMap<String, UserState>>,
    /// The ids of the applied events.
    event_ids: Mutex<HashSet<String>>,
    /// The number of new events from each source.
    event_counts: Mutex<HashMap<&'static str, usize>>,
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    u64::try_from(since.as_millis()).expect("a time")
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no panic")
}

impl Platform {
    pub(crate) fn new(connection: Connection) -> Self {
        let (users, event_ids, event_counts) = (Mutex::default(), Mutex::default(), Mutex::default());
        Self(Arc::new(Inner { connection, users, event_ids, event_counts }))
    }

    /// Accepts webhooks, event bus events and triggers at one address.
    pub(crate) fn listen(&self, listener: TcpListener) {
        let router = axum::Router::new().fallback(receive_webhook).with_state(self.clone());
        tokio::spawn(axum::serve(listener, router).into_future());
    }

    /// Reads the frames of a notification channel until it closes.
    pub(crate) async fn read_notifications(self, uri: String) {
        let (mut socket, _) = tokio_tungstenite::connect_async(uri).await.expect("a channel");
        while let Some(Ok(frame)) = socket.next().await {
            if let Message::Text(text) = frame {
                self.map("notification", EventSource::Notification(text.as_bytes().to_vec())).await;
            }
        }
    }

    /// Polls each open handover repeatedly, with this pause between the rounds.
    pub(crate) async fn poll_repeatedly(self, pause: Duration) {
        loop {
            tokio::time::sleep(pause).await;
            let open: Vec<_> = lock(&self.0.users)
                .iter()
                .filter(|(_, state)| state.ends.iter().all(|(number, _)| *number != state.handover.number()))
                .map(|(recipient, _)| recipient.clone())
                .collect();
            for recipient in open {
                self.poll(&recipient).await;
            }
        }
    }

    /// Begins the next handover of a recipient. Returns the conversation id.
    pub(crate) async fn begin(&self, recipient: &str, start: OutboundMessage) -> String {
        let policy = Policy { can_poll: true, ..Policy::default() };
        let number = {
            let mut users = lock(&self.0.users);
            match users.get_mut(recipient) {
                Some(state) => {
                    let number = state.handover.next_number();
                    let handover = Handover::begin(number, now(), policy, Some(&state.handover));
                    state.handover = handover.expect("the previous handover has ended");
                    number
                }
                None => {
                    let handover = Handover::begin(1, now(), policy, None).expect("the first handover");
                    users.insert(recipient.to_owned(), UserState { handover, ends: Vec::new(), shown: Vec::new() });
                    1
                }
            }
        };
        let conversation = Conversation { recipient: recipient.to_owned(), handover: number, id: None };
        let outbound = Outbound { id: format!("{recipient}-{number}"), time: now(), message: start };
        let built = self.0.connection.build_outbound_message(&conversation, &outbound).await;
        let mut id = None;
        for request in built.expect("built") {
            let delivered: Delivery = self.0.connection.deliver(&request).await.expect("delivered");
            self.with_state(recipient, |state| state.handover.delivered(&delivered, now()));
            id = id.or(delivered.conversation_id);
        }
        id.expect("a conversation id")
    }

    pub(crate) fn with_state<R>(&self, recipient: &str, access: impl FnOnce(&mut UserState) -> R) -> R {
        access(lock(&self.0.users).get_mut(recipient).expect("a user"))
    }

    pub(crate) fn event_counts(&self) -> HashMap<&'static str, usize> {
        lock(&self.0.event_counts).clone()
    }

    async fn map(&self, name: &'static str, source: EventSource) {
        let events = self.0.connection.map_agent_events(&source).await.expect("an object");
        for event in events {
            if lock(&self.0.event_ids).insert(event.id.clone()) {
                *lock(&self.0.event_counts).entry(name).or_default() += 1;
                self.apply(&event);
            }
        }
    }

    /// Returns the recipient of an event. The conversation identifies it more reliably than the address.
    fn recipient_of(&self, event: &AgentEvent) -> Option<String> {
        let users = lock(&self.0.users);
        let by_conversation = event.conversation_id.as_deref().and_then(|conversation| {
            let matches = |state: &UserState| state.handover.conversation() == Some(conversation);
            users.iter().find(|(_, state)| matches(state)).map(|(recipient, _)| recipient.clone())
        });
        by_conversation.or_else(|| event.recipient.clone().filter(|recipient| users.contains_key(recipient)))
    }

    fn apply(&self, event: &AgentEvent) {
        if matches!(event.kind, EventKind::Ignored(_)) {
            return;
        }
        let Some(recipient) = self.recipient_of(event) else { return };
        let steps = self.with_state(&recipient, |state| {
            let steps = state.handover.apply(event, now());
            state.record(&steps);
            steps
        });
        if steps.contains(&Step::Poll) {
            let platform = self.clone();
            tokio::spawn(async move { platform.poll(&recipient).await });
        }
    }

    async fn poll(&self, recipient: &str) {
        let requested = now();
        let conversation = self.with_state(recipient, |state| Conversation {
            recipient: recipient.to_owned(),
            handover: state.handover.number(),
            id: state.handover.conversation().map(String::from),
        });
        if conversation.id.is_none() {
            return;
        }
        // A failed poll does no harm, because the next one follows.
        let Ok(events) = answered(self.0.connection.observe_conversation(&conversation).await).expect("no trap") else {
            return;
        };
        self.with_state(recipient, |state| {
            if state.handover.number() == conversation.handover {
                let steps = state.handover.polled(&events, requested);
                state.record(&steps);
            }
        });
    }
}

impl UserState {
    fn record(&mut self, steps: &[Step]) {
        for step in steps {
            match step {
                Step::Ended(reason) => self.ends.push((self.handover.number(), reason.clone())),
                Step::Message(message) | Step::LateMessage(message) => self.shown.push(message.plain_text.clone()),
                _ => {}
            }
        }
    }
}

async fn receive_webhook(State(platform): State<Platform>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let headers = headers.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect();
    let webhook = Webhook { method: "POST".into(), path: "/".into(), headers, body: body.to_vec() };
    let (name, source): (_, fn(Vec<u8>) -> _) =
        match answered(platform.0.connection.verify_webhook(&webhook).await).expect("no trap") {
            Ok(Authenticity::Signed(_)) => ("webhook", EventSource::Webhook),
            Ok(Authenticity::ApiKey(OperatorSource::EventBus)) => ("event-bus", EventSource::EventBus),
            Ok(Authenticity::ApiKey(OperatorSource::Trigger)) => ("trigger", EventSource::Trigger),
            Ok(Authenticity::Unchecked) | Err(_) => return StatusCode::FORBIDDEN,
        };
    platform.map(name, source(webhook.body)).await;
    StatusCode::OK
}
