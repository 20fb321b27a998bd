//! A bot platform in a few lines: it takes what comes by HTTP and by WebSocket, has the plugin verify and map it, keeps
//! the state of each handover, asks when it should, and writes down what it learns.

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

/// What the platform knows of one user.
pub(crate) struct Book {
    pub(crate) handover: Handover,
    /// The number of each handover that ended, and why.
    pub(crate) ends: Vec<(u32, EndReason)>,
    /// The text of each message that was shown.
    pub(crate) shown: Vec<String>,
}

#[derive(Clone)]
pub(crate) struct Platform(Arc<Inner>);

struct Inner {
    connection: Connection,
    books: Mutex<HashMap<String, Book>>,
    /// The ids of events that were taken.
    seen: Mutex<HashSet<String>>,
    /// How many events each source brought that were not known yet.
    told: Mutex<HashMap<&'static str, usize>>,
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
        let (books, seen, told) = (Mutex::default(), Mutex::default(), Mutex::default());
        Self(Arc::new(Inner { connection, books, seen, told }))
    }

    /// Takes webhooks and what operators build, all at one address.
    pub(crate) fn listen(&self, listener: TcpListener) {
        let router = axum::Router::new().fallback(take).with_state(self.clone());
        tokio::spawn(axum::serve(listener, router).into_future());
    }

    /// Takes the frames of a notification channel until it closes.
    pub(crate) async fn hear(self, uri: String) {
        let (mut socket, _) = tokio_tungstenite::connect_async(uri).await.expect("a channel");
        while let Some(Ok(frame)) = socket.next().await {
            if let Message::Text(text) = frame {
                self.map("notification", EventSource::Notification(text.as_bytes().to_vec())).await;
            }
        }
    }

    /// Asks after each open handover, again and again.
    pub(crate) async fn poll(self, pause: Duration) {
        loop {
            tokio::time::sleep(pause).await;
            let open: Vec<_> = lock(&self.0.books)
                .iter()
                .filter(|(_, book)| book.ends.iter().all(|(number, _)| *number != book.handover.number()))
                .map(|(recipient, _)| recipient.clone())
                .collect();
            for recipient in open {
                self.observe(&recipient).await;
            }
        }
    }

    /// Begins the next handover of a recipient; the conversation's id.
    pub(crate) async fn begin(&self, recipient: &str, start: OutboundMessage) -> String {
        let policy = Policy { observes: true, ..Policy::default() };
        let number = {
            let mut books = lock(&self.0.books);
            match books.get_mut(recipient) {
                Some(book) => {
                    let number = book.handover.next_number();
                    book.handover = Handover::begin(number, now(), policy, Some(&book.handover)).expect("it has ended");
                    number
                }
                None => {
                    let handover = Handover::begin(1, now(), policy, None).expect("the first");
                    books.insert(recipient.to_owned(), Book { handover, ends: Vec::new(), shown: Vec::new() });
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
            self.book(recipient, |book| book.handover.delivered(&delivered, now()));
            id = id.or(delivered.conversation_id);
        }
        id.expect("the conversation's id")
    }

    pub(crate) fn book<R>(&self, recipient: &str, look: impl FnOnce(&mut Book) -> R) -> R {
        look(lock(&self.0.books).get_mut(recipient).expect("a user"))
    }

    pub(crate) fn told(&self) -> HashMap<&'static str, usize> {
        lock(&self.0.told).clone()
    }

    async fn map(&self, name: &'static str, source: EventSource) {
        let events = self.0.connection.map_agent_events(&source).await.expect("an object");
        for event in events {
            if lock(&self.0.seen).insert(event.id.clone()) {
                *lock(&self.0.told).entry(name).or_default() += 1;
                self.apply(&event);
            }
        }
    }

    /// The conversation tells more surely than the address whose event it is.
    fn whose(&self, event: &AgentEvent) -> Option<String> {
        let books = lock(&self.0.books);
        let known = event.conversation_id.as_deref().and_then(|conversation| {
            let fits = |book: &Book| book.handover.conversation() == Some(conversation);
            books.iter().find(|(_, book)| fits(book)).map(|(recipient, _)| recipient.clone())
        });
        known.or_else(|| event.recipient.clone().filter(|recipient| books.contains_key(recipient)))
    }

    fn apply(&self, event: &AgentEvent) {
        if matches!(event.kind, EventKind::Ignored(_)) {
            return;
        }
        let Some(recipient) = self.whose(event) else { return };
        let steps = self.book(&recipient, |book| {
            let steps = book.handover.apply(event, now());
            book.note(&steps);
            steps
        });
        if steps.contains(&Step::Observe) {
            let platform = self.clone();
            tokio::spawn(async move { platform.observe(&recipient).await });
        }
    }

    async fn observe(&self, recipient: &str) {
        let asked = now();
        let conversation = self.book(recipient, |book| Conversation {
            recipient: recipient.to_owned(),
            handover: book.handover.number(),
            id: book.handover.conversation().map(String::from),
        });
        if conversation.id.is_none() {
            return;
        }
        // Losing a poll is nothing: there is the next.
        let Ok(events) = answered(self.0.connection.observe_conversation(&conversation).await).expect("no trap") else {
            return;
        };
        self.book(recipient, |book| {
            if book.handover.number() == conversation.handover {
                let steps = book.handover.observed(&events, asked);
                book.note(&steps);
            }
        });
    }
}

impl Book {
    fn note(&mut self, steps: &[Step]) {
        for step in steps {
            match step {
                Step::Ended(reason) => self.ends.push((self.handover.number(), reason.clone())),
                Step::Message(message) | Step::LateMessage(message) => self.shown.push(message.plain_text.clone()),
                _ => {}
            }
        }
    }
}

async fn take(State(platform): State<Platform>, headers: HeaderMap, body: Bytes) -> StatusCode {
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
