//! Detail events by HTTP: from the event bus, and from the workflow that a trigger starts. One lane for each of the
//! two and each conversation, in which order is kept.

use std::time::Duration;

use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use jiff::Timestamp;
use serde::Serialize;
use tokio::time::sleep;
use url::Url;

use crate::config::{DetailTopic, EventBusConfig, Secret, TriggerConfig, TriggerStyle};
use crate::faults::{EventFault, Outlet};
use crate::lane_tasks::LaneTasks;
use crate::lanes::Place;
use crate::post::{Post, Poster};
use crate::ring::Ring;
use crate::shared::Shared;
use crate::wire::time_text;

/// How many attempts are remembered.
const MAX_ATTEMPTS_REMEMBERED: usize = 2_000;

/// What the fault `wrong-key` sends.
const WRONG_KEY: &str = "not-the-key-that-was-agreed-upon";

/// Where the events of one outlet go, and which.
#[derive(Clone, Debug)]
pub(crate) struct EventDestination {
    url: Url,
    header: HeaderName,
    key: Option<Secret>,
    topics: Vec<DetailTopic>,
}

impl EventDestination {
    /// The event bus's; `None` without a URL. Refuses with the field that makes no sense.
    pub(crate) fn event_bus(config: &EventBusConfig) -> Result<Option<Self>, &'static str> {
        let Some(url) = &config.url else { return Ok(None) };
        let url = parse_url(url).ok_or("event-bus.url")?;
        require_header_value(config.key.as_ref(), "event-bus.key")?;
        Ok(Some(Self { url, header: AUTHORIZATION, key: config.key.clone(), topics: config.topics.clone() }))
    }

    /// The trigger's; `None` without a URL. Refuses with the field that makes no sense.
    pub(crate) fn trigger(config: &TriggerConfig) -> Result<Option<Self>, &'static str> {
        let Some(url) = &config.url else { return Ok(None) };
        let url = parse_url(url).ok_or("trigger.url")?;
        let header = config.header.parse().map_err(|_| "trigger.header")?;
        require_header_value(config.key.as_ref(), "trigger.key")?;
        let topics = match config.style {
            TriggerStyle::Cognigy => vec![DetailTopic::UserEnd],
            TriggerStyle::Full => vec![DetailTopic::UserStart, DetailTopic::UserEnd, DetailTopic::CustomerEnd],
        };
        Ok(Some(Self { url, header, key: config.key.clone(), topics }))
    }

    /// Whether events of `topic` go there.
    pub(crate) fn wants(&self, topic: DetailTopic) -> bool {
        self.topics.contains(&topic)
    }

    fn headers(&self, fault: Option<EventFault>) -> HeaderMap {
        let key = match fault {
            Some(EventFault::WrongKey) => Some(WRONG_KEY),
            _ => self.key.as_ref().map(Secret::expose),
        };
        let value = key.and_then(|key| HeaderValue::from_str(key).ok());
        value.map(|value| (self.header.clone(), value)).into_iter().collect()
    }
}

fn parse_url(text: &str) -> Option<Url> {
    Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

fn require_header_value(key: Option<&Secret>, field: &'static str) -> Result<(), &'static str> {
    match key {
        Some(key) if HeaderValue::from_str(key.expose()).is_err() => Err(field),
        _ => Ok(()),
    }
}

/// An event to post.
#[derive(Clone, Debug)]
pub(crate) struct EventPost {
    pub(crate) outlet: Outlet,
    pub(crate) conversation_id: String,
    pub(crate) topic: DetailTopic,
    pub(crate) body: Vec<u8>,
    pub(crate) destination: EventDestination,
    pub(crate) fault: Option<EventFault>,
}

/// One attempt to post an event, as `GET /sandbox/event-posts` lists it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EventAttempt {
    on: Outlet,
    conversation_id: String,
    topic: DetailTopic,
    /// From 1; a second delivery of the fault `double` starts at 1 again. 0: nothing was sent.
    attempt: u32,
    /// What the receiver answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    /// Why there is no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// When the attempt was over.
    time: String,
}

/// Posts events in the background.
#[derive(Clone, Debug)]
pub(crate) struct EventCourier {
    poster: Poster,
    pub(crate) lanes: LaneTasks<EventPost>,
    attempts: Shared<Ring<EventAttempt>>,
}

impl EventCourier {
    /// One that has nothing to do yet.
    pub(crate) fn new(poster: Poster) -> Self {
        Self { poster, lanes: LaneTasks::default(), attempts: Shared::new(Ring::new(MAX_ATTEMPTS_REMEMBERED)) }
    }

    /// Puts `event` at the end of its lane.
    pub(crate) fn send(&self, event: EventPost) {
        if event.fault == Some(EventFault::Lost) {
            return self.note_attempt(&event, 0, Err("lost, as ordered".to_owned()));
        }
        let lane = format!("{:?} {}", event.outlet, event.conversation_id);
        let place = if event.fault == Some(EventFault::Disordered) { Place::AfterTheNext } else { Place::Last };
        let courier = self.clone();
        let deliver = move |event| {
            let courier = courier.clone();
            async move { courier.deliver(event).await }
        };
        if let Some(event) = self.lanes.put(&lane, event, place, deliver) {
            self.note_attempt(&event, 0, Err("too many events wait".to_owned()));
        }
    }

    /// Every attempt that is remembered, the oldest first.
    pub(crate) fn attempts(&self) -> Vec<EventAttempt> {
        self.attempts.with(|attempts| attempts.iter().cloned().collect())
    }

    async fn deliver(&self, event: EventPost) {
        if let Some(EventFault::Late(ms)) = event.fault {
            sleep(Duration::from_millis(ms)).await;
        }
        let headers = event.destination.headers(event.fault);
        let post = Post { url: event.destination.url.clone(), headers, body: event.body.clone() };
        let note = |attempt, result| self.note_attempt(&event, attempt, result);
        let taken = self.poster.send(&post, note).await;
        if taken.is_ok() && event.fault == Some(EventFault::Double) {
            // It was taken once: what becomes of the repeat changes nothing.
            let _ = self.poster.send(&post, note).await;
        }
    }

    fn note_attempt(&self, event: &EventPost, attempt: u32, result: Result<StatusCode, String>) {
        tracing::debug!(outlet = ?event.outlet, topic = event.topic.name(), attempt, ?result, "event");
        let (status, error) = match result {
            Ok(status) => (Some(status.as_u16()), None),
            Err(error) => (None, Some(error)),
        };
        let attempt = EventAttempt {
            on: event.outlet,
            conversation_id: event.conversation_id.clone(),
            topic: event.topic,
            attempt,
            status,
            error,
            time: time_text(Timestamp::now()),
        };
        self.attempts.with(|attempts| attempts.push(attempt));
    }
}
