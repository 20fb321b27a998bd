//! Detail events as HTTP posts of the event bus and of a trigger's workflow.

use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;
use url::Url;

use crate::config::{DetailTopic, EventBusConfig, Secret, TriggerConfig, TriggerStyle};
use crate::delivery::delivery_queue::{Outcome, Posting};
use crate::delivery::retrying_client::Post;
use crate::state::faults::{DeliveryFault, EventFault, EventTransport};

/// The key that the fault `wrong-key` sends.
const WRONG_KEY: &str = "wrong-key";

/// The destination of one transport and the topics that it receives.
#[derive(Clone, Debug)]
pub(crate) struct EventDestination {
    url: Url,
    header: HeaderName,
    key: Option<Secret>,
    topics: Vec<DetailTopic>,
}

impl EventDestination {
    /// Returns the destination of the event bus, or `None` if no URL is configured. An error names the invalid field.
    pub(crate) fn event_bus(config: &EventBusConfig) -> Result<Option<Self>, &'static str> {
        let Some(url) = &config.url else { return Ok(None) };
        let url = parse_url(url).ok_or("event-bus.url")?;
        require_header_value(config.key.as_ref(), "event-bus.key")?;
        Ok(Some(Self { url, header: AUTHORIZATION, key: config.key.clone(), topics: config.topics.clone() }))
    }

    /// Returns the destination of the trigger, or `None` if no URL is configured. An error names the invalid field.
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

    /// Whether it receives the events of `topic`.
    pub(crate) fn receives(&self, topic: DetailTopic) -> bool {
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
    pub(crate) transport: EventTransport,
    pub(crate) conversation_id: String,
    pub(crate) topic: DetailTopic,
    pub(crate) body: Vec<u8>,
    pub(crate) destination: EventDestination,
    pub(crate) fault: Option<EventFault>,
}

/// The description of an event in the list of attempts.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EventSummary {
    on: EventTransport,
    conversation_id: String,
    topic: DetailTopic,
}

impl Posting for EventPost {
    type Context = ();
    type Summary = EventSummary;

    fn queue(&self) -> String {
        format!("{:?} {}", self.transport, self.conversation_id)
    }

    fn delivery_fault(&self) -> Option<DeliveryFault> {
        match self.fault {
            Some(EventFault::Delivery(fault)) => Some(fault),
            _ => None,
        }
    }

    fn post(&self) -> Result<Post, &'static str> {
        let headers = self.destination.headers(self.fault);
        Ok(Post { url: self.destination.url.clone(), headers, body: self.body.clone() })
    }

    fn summary(&self) -> EventSummary {
        EventSummary { on: self.transport, conversation_id: self.conversation_id.clone(), topic: self.topic }
    }

    /// Does nothing, because the outcome of an event has no effect on the conversation.
    fn settled(&self, (): &(), _: &Outcome) {}
}
