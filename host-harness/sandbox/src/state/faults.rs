//! Faults that tests order for webhooks, events and API requests. No I/O.

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The number of orders that may be pending.
const MAX_ORDERS: usize = 1_000;

/// The highest `count` of an order.
const MAX_COUNT: u32 = 1_000;

/// An order in the format of requests and responses.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Order {
    /// The target.
    on: Target,
    /// The kind of fault.
    fault: Kind,
    /// The remaining number of times that the fault applies.
    #[serde(default = "once")]
    count: u32,
    /// API only: applies to requests whose path contains this text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    /// `late` only: the delay in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ms: Option<u64>,
    /// `rate-limited` only: the value of `Retry-After`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retry_after_seconds: Option<u64>,
    /// `server-error` only: the status, 500 to 599.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
}

fn once() -> u32 {
    1
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Target {
    Webhook,
    Api,
    EventBus,
    Trigger,
    Notification,
}

/// The transport of detail events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum EventTransport {
    /// Posts of the event bus.
    EventBus,
    /// Posts of the trigger.
    Trigger,
    /// Frames of notification channels.
    Notification,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Double,
    Late,
    Disordered,
    Cut,
    WrongSignature,
    WrongKey,
    Lost,
    RateLimited,
    ServerError,
    Hang,
}

/// A fault in the delivery of a webhook or an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DeliveryFault {
    /// It is delivered twice.
    Double,
    /// It is delayed by this many milliseconds. The later ones of its conversation are delayed as well. For a frame:
    /// the later ones of its channel.
    Late(u64),
    /// It is sent after the next one of its conversation. For a frame: of its channel.
    Disordered,
    /// It is never sent.
    Lost,
}

/// A fault of a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WebhookFault {
    /// A fault in the delivery.
    Delivery(DeliveryFault),
    /// Half of the body is sent as if it were complete, with the signature of the complete body.
    Cut,
    /// The signature is well-formed but wrong.
    WrongSignature,
}

/// A fault of a detail event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EventFault {
    /// A fault in the delivery.
    Delivery(DeliveryFault),
    /// The post has a key other than the configured one.
    WrongKey,
}

/// A fault of an API request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ApiFault {
    /// 429.
    RateLimited {
        /// The value of `Retry-After`.
        retry_after_seconds: u64,
    },
    /// This 5xx.
    ServerError(StatusCode),
    /// No response is sent, and the request is not processed.
    Hang,
    /// The request is processed, but the connection closes in the middle of the response body.
    Cut,
}

/// Why an order is invalid. The message states what is expected.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum OrderError {
    /// The fault does not exist for this target.
    #[error(
        "this fault does not exist there; webhook: double, late, disordered, cut, wrong-signature, lost; api: rate-limited, server-error, hang, cut; event-bus and trigger: double, late, disordered, lost, wrong-key; notification: double, late, disordered, lost"
    )]
    WrongTarget,
    /// A required field is missing.
    #[error("this fault requires `{0}`")]
    Missing(&'static str),
    /// The order has a field that does not belong to the fault.
    #[error("`{0}` does not belong to this fault")]
    Superfluous(&'static str),
    /// Not a 5xx.
    #[error("`status` must be from 500 to 599")]
    NotServerError,
    /// `count` is zero or too high.
    #[error("`count` must be from 1 to {MAX_COUNT}")]
    Count,
    /// Too many orders are pending.
    #[error("{MAX_ORDERS} orders are pending; DELETE /sandbox/faults clears them")]
    TooMany,
}

#[derive(Clone, Copy, Debug)]
enum Fault {
    Webhook(WebhookFault),
    Api(ApiFault),
    Event(EventTransport, EventFault),
}

impl Order {
    fn fault(&self) -> Result<Fault, OrderError> {
        if !(1..=MAX_COUNT).contains(&self.count) {
            return Err(OrderError::Count);
        }
        let fault = match self.on {
            Target::Webhook => Fault::Webhook(self.webhook_fault()?),
            Target::Api => Fault::Api(self.api_fault()?),
            Target::EventBus => Fault::Event(EventTransport::EventBus, self.event_fault()?),
            Target::Trigger => Fault::Event(EventTransport::Trigger, self.event_fault()?),
            Target::Notification => {
                Fault::Event(EventTransport::Notification, EventFault::Delivery(self.delivery_fault()?))
            }
        };
        self.refuse_superfluous()?;
        Ok(fault)
    }

    fn webhook_fault(&self) -> Result<WebhookFault, OrderError> {
        match self.fault {
            Kind::Cut => Ok(WebhookFault::Cut),
            Kind::WrongSignature => Ok(WebhookFault::WrongSignature),
            _ => self.delivery_fault().map(WebhookFault::Delivery),
        }
    }

    fn event_fault(&self) -> Result<EventFault, OrderError> {
        match self.fault {
            Kind::WrongKey => Ok(EventFault::WrongKey),
            _ => self.delivery_fault().map(EventFault::Delivery),
        }
    }

    fn delivery_fault(&self) -> Result<DeliveryFault, OrderError> {
        match self.fault {
            Kind::Double => Ok(DeliveryFault::Double),
            Kind::Late => Ok(DeliveryFault::Late(self.ms.ok_or(OrderError::Missing("ms"))?)),
            Kind::Disordered => Ok(DeliveryFault::Disordered),
            Kind::Lost => Ok(DeliveryFault::Lost),
            _ => Err(OrderError::WrongTarget),
        }
    }

    fn api_fault(&self) -> Result<ApiFault, OrderError> {
        match self.fault {
            Kind::RateLimited => {
                let retry_after_seconds = self.retry_after_seconds.ok_or(OrderError::Missing("retryAfterSeconds"))?;
                Ok(ApiFault::RateLimited { retry_after_seconds })
            }
            Kind::ServerError => Ok(ApiFault::ServerError(self.server_error()?)),
            Kind::Hang => Ok(ApiFault::Hang),
            Kind::Cut => Ok(ApiFault::Cut),
            _ => Err(OrderError::WrongTarget),
        }
    }

    fn server_error(&self) -> Result<StatusCode, OrderError> {
        let status = self.status.ok_or(OrderError::Missing("status"))?;
        StatusCode::from_u16(status).ok().filter(StatusCode::is_server_error).ok_or(OrderError::NotServerError)
    }

    fn refuse_superfluous(&self) -> Result<(), OrderError> {
        let checks = [
            ("path", self.path.is_some(), self.on == Target::Api),
            ("ms", self.ms.is_some(), self.fault == Kind::Late),
            ("retryAfterSeconds", self.retry_after_seconds.is_some(), self.fault == Kind::RateLimited),
            ("status", self.status.is_some(), self.fault == Kind::ServerError),
        ];
        match checks.into_iter().find(|(_, present, known)| *present && !*known) {
            Some((name, ..)) => Err(OrderError::Superfluous(name)),
            None => Ok(()),
        }
    }

    /// Whether it applies to a request to `path`. An order without a path does not apply to token requests, because
    /// they would use it up.
    fn applies_to(&self, path: &str) -> bool {
        match &self.path {
            Some(part) => path.contains(part.as_str()),
            None => path.starts_with("/api/"),
        }
    }
}

/// The pending orders. The oldest order that applies is used.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    pending: Vec<(Order, Fault)>,
}

impl Faults {
    /// Adds an order.
    pub(crate) fn order(&mut self, order: Order) -> Result<(), OrderError> {
        let fault = order.fault()?;
        if self.pending.len() >= MAX_ORDERS {
            return Err(OrderError::TooMany);
        }
        self.pending.push((order, fault));
        Ok(())
    }

    /// Returns the pending orders with their remaining counts.
    pub(crate) fn pending(&self) -> Vec<Order> {
        self.pending.iter().map(|(order, _)| order.clone()).collect()
    }

    /// Removes all orders.
    pub(crate) fn clear(&mut self) {
        self.pending.clear();
    }

    /// Returns the fault for the next webhook and uses it up.
    pub(crate) fn for_webhook(&mut self) -> Option<WebhookFault> {
        self.use_up(|_, fault| match fault {
            Fault::Webhook(fault) => Some(fault),
            _ => None,
        })
    }

    /// Returns the fault for the next event of `transport` and uses it up.
    pub(crate) fn for_event(&mut self, transport: EventTransport) -> Option<EventFault> {
        self.use_up(|_, fault| match fault {
            Fault::Event(on, fault) if on == transport => Some(fault),
            _ => None,
        })
    }

    /// Returns the fault for a request to `path` and uses it up.
    pub(crate) fn for_request(&mut self, path: &str) -> Option<ApiFault> {
        self.use_up(|order, fault| match fault {
            Fault::Api(fault) if order.applies_to(path) => Some(fault),
            _ => None,
        })
    }

    /// Decrements the first order that `select` accepts, and returns its fault.
    fn use_up<T>(&mut self, select: impl Fn(&Order, Fault) -> Option<T>) -> Option<T> {
        let found = self.pending.iter_mut().enumerate().find_map(|(index, (order, fault))| {
            let selected = select(order, *fault)?;
            order.count -= 1;
            Some((index, order.count, selected))
        });
        let (index, remaining, selected) = found?;
        if remaining == 0 {
            self.pending.remove(index);
        }
        Some(selected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn order(order: Value) -> Result<Faults, OrderError> {
        let mut faults = Faults::default();
        faults.order(serde_json::from_value(order).unwrap())?;
        Ok(faults)
    }

    #[test]
    fn order_applies_count_times() {
        let mut faults = order(json!({ "on": "webhook", "fault": "late", "ms": 20, "count": 2 })).unwrap();
        assert_eq!(faults.for_request("/api/v2/x"), None);
        assert_eq!(faults.for_webhook(), Some(WebhookFault::Delivery(DeliveryFault::Late(20))));
        assert_eq!(faults.pending().len(), 1);
        assert_eq!(faults.for_webhook(), Some(WebhookFault::Delivery(DeliveryFault::Late(20))));
        assert_eq!(faults.for_webhook(), None);
        assert!(faults.pending().is_empty());
    }

    #[test]
    fn path_selects_the_requests() {
        let mut faults = order(json!({ "on": "api", "fault": "cut", "path": "/inbound/" })).unwrap();
        assert_eq!(faults.for_request("/api/v2/routing/queues"), None);
        assert_eq!(faults.for_request("/api/v2/conversations/messages/1/inbound/open/message"), Some(ApiFault::Cut));
    }

    #[test]
    fn without_a_path_the_token_request_is_excluded() {
        let mut faults = order(json!({ "on": "api", "fault": "hang" })).unwrap();
        assert_eq!(faults.for_request("/oauth/token"), None);
        assert_eq!(faults.for_request("/api/v2/routing/queues"), Some(ApiFault::Hang));
    }

    #[test]
    fn rejects_invalid_orders() {
        for (order_json, error) in [
            (json!({ "on": "api", "fault": "double" }), OrderError::WrongTarget),
            (json!({ "on": "webhook", "fault": "hang" }), OrderError::WrongTarget),
            (json!({ "on": "webhook", "fault": "late" }), OrderError::Missing("ms")),
            (json!({ "on": "api", "fault": "rate-limited" }), OrderError::Missing("retryAfterSeconds")),
            (json!({ "on": "api", "fault": "server-error" }), OrderError::Missing("status")),
            (json!({ "on": "api", "fault": "server-error", "status": 404 }), OrderError::NotServerError),
            (json!({ "on": "webhook", "fault": "lost", "count": 0 }), OrderError::Count),
            (json!({ "on": "webhook", "fault": "lost", "path": "/x" }), OrderError::Superfluous("path")),
            (json!({ "on": "webhook", "fault": "lost", "ms": 1 }), OrderError::Superfluous("ms")),
            (json!({ "on": "webhook", "fault": "wrong-key" }), OrderError::WrongTarget),
            (json!({ "on": "notification", "fault": "wrong-key" }), OrderError::WrongTarget),
            (json!({ "on": "event-bus", "fault": "cut" }), OrderError::WrongTarget),
            (json!({ "on": "trigger", "fault": "late" }), OrderError::Missing("ms")),
            (json!({ "on": "trigger", "fault": "lost", "path": "/x" }), OrderError::Superfluous("path")),
        ] {
            assert_eq!(order(order_json).unwrap_err(), error);
        }
    }
}
