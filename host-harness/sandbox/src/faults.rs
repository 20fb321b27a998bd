//! Faults that are ordered to happen. Pure: orders in, the fault for one webhook, event or API request out.

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// How many orders may be pending.
const MAX_ORDERS: usize = 1_000;

/// How many times one order may happen.
const MAX_COUNT: u32 = 1_000;

/// An order as it comes in and is listed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Order {
    /// What it strikes.
    on: Target,
    /// What happens.
    fault: Kind,
    /// How many times it happens.
    #[serde(default = "once")]
    count: u32,
    /// API only: strikes requests whose path has this in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    /// `late` only: by how many milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ms: Option<u64>,
    /// `rate-limited` only: what `Retry-After` says.
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

/// A way in which detail events go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Outlet {
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

/// What happens to a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WebhookFault {
    /// It is delivered again after it was delivered.
    Double,
    /// It, and what follows it in its conversation, waits so many milliseconds.
    Late(u64),
    /// It is sent after the next one of its conversation.
    Disordered,
    /// Half of the body is sent, as if it were the whole; the signature is that of the whole.
    Cut,
    /// The signature is well-formed, and wrong.
    WrongSignature,
    /// It is never sent.
    Lost,
}

/// What happens to an event on its way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EventFault {
    /// It goes out again after it went out.
    Double,
    /// It, and what follows it (posts: of its conversation), waits so many milliseconds.
    Late(u64),
    /// It goes out after the next one (posts: of its conversation).
    Disordered,
    /// Posts: with another key than the one that was agreed upon.
    WrongKey,
    /// It never goes out.
    Lost,
}

/// What happens to an API request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ApiFault {
    /// 429.
    RateLimited {
        /// What `Retry-After` says.
        retry_after_seconds: u64,
    },
    /// This 5xx.
    ServerError(StatusCode),
    /// No answer, and nothing is done.
    Hang,
    /// Everything is done, but the connection closes in the middle of the answer's body.
    Cut,
}

/// An order that makes no sense. The message says why.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum OrderError {
    /// The fault is not one of the target's.
    #[error(
        "this fault does not exist there; webhook: double, late, disordered, cut, wrong-signature, lost; api: rate-limited, server-error, hang, cut; event-bus and trigger: double, late, disordered, lost, wrong-key; notification: double, late, disordered, lost"
    )]
    WrongTarget,
    /// A field is missing that the fault needs.
    #[error("this fault needs `{0}`")]
    Missing(&'static str),
    /// A field is present that the fault does not know.
    #[error("this fault knows no `{0}`")]
    Superfluous(&'static str),
    /// Not a 5xx.
    #[error("`status` must be from 500 to 599")]
    NotServerError,
    /// Nothing would happen, or too much.
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
    Event(Outlet, EventFault),
}

impl Order {
    fn fault(&self) -> Result<Fault, OrderError> {
        if !(1..=MAX_COUNT).contains(&self.count) {
            return Err(OrderError::Count);
        }
        let fault = match (self.on, self.fault) {
            (Target::Webhook, Kind::Double) => Fault::Webhook(WebhookFault::Double),
            (Target::Webhook, Kind::Late) => {
                Fault::Webhook(WebhookFault::Late(self.ms.ok_or(OrderError::Missing("ms"))?))
            }
            (Target::Webhook, Kind::Disordered) => Fault::Webhook(WebhookFault::Disordered),
            (Target::Webhook, Kind::Cut) => Fault::Webhook(WebhookFault::Cut),
            (Target::Webhook, Kind::WrongSignature) => Fault::Webhook(WebhookFault::WrongSignature),
            (Target::Webhook, Kind::Lost) => Fault::Webhook(WebhookFault::Lost),
            (Target::Api, Kind::RateLimited) => {
                let retry_after_seconds = self.retry_after_seconds.ok_or(OrderError::Missing("retryAfterSeconds"))?;
                Fault::Api(ApiFault::RateLimited { retry_after_seconds })
            }
            (Target::Api, Kind::ServerError) => Fault::Api(ApiFault::ServerError(self.server_error()?)),
            (Target::Api, Kind::Hang) => Fault::Api(ApiFault::Hang),
            (Target::Api, Kind::Cut) => Fault::Api(ApiFault::Cut),
            (Target::EventBus, _) => Fault::Event(Outlet::EventBus, self.event_fault()?),
            (Target::Trigger, _) => Fault::Event(Outlet::Trigger, self.event_fault()?),
            (Target::Notification, Kind::WrongKey) => return Err(OrderError::WrongTarget),
            (Target::Notification, _) => Fault::Event(Outlet::Notification, self.event_fault()?),
            _ => return Err(OrderError::WrongTarget),
        };
        self.refuse_superfluous()?;
        Ok(fault)
    }

    fn event_fault(&self) -> Result<EventFault, OrderError> {
        match self.fault {
            Kind::Double => Ok(EventFault::Double),
            Kind::Late => Ok(EventFault::Late(self.ms.ok_or(OrderError::Missing("ms"))?)),
            Kind::Disordered => Ok(EventFault::Disordered),
            Kind::Lost => Ok(EventFault::Lost),
            Kind::WrongKey => Ok(EventFault::WrongKey),
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

    /// Without a path an order strikes the API proper, so that the token request before it does not use it up.
    fn strikes(&self, path: &str) -> bool {
        match &self.path {
            Some(part) => path.contains(part.as_str()),
            None => path.starts_with("/api/"),
        }
    }
}

/// The pending orders. For one webhook or request the oldest that fits is taken.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    pending: Vec<(Order, Fault)>,
}

impl Faults {
    /// Takes an order.
    pub(crate) fn order(&mut self, order: Order) -> Result<(), OrderError> {
        let fault = order.fault()?;
        if self.pending.len() >= MAX_ORDERS {
            return Err(OrderError::TooMany);
        }
        self.pending.push((order, fault));
        Ok(())
    }

    /// The pending orders, with what is left of their counts.
    pub(crate) fn pending(&self) -> Vec<Order> {
        self.pending.iter().map(|(order, _)| order.clone()).collect()
    }

    /// Forgets all orders.
    pub(crate) fn clear(&mut self) {
        self.pending.clear();
    }

    /// The fault of the next webhook.
    pub(crate) fn for_webhook(&mut self) -> Option<WebhookFault> {
        self.take(|_, fault| match fault {
            Fault::Webhook(fault) => Some(fault),
            _ => None,
        })
    }

    /// The fault of the next event that goes out there.
    pub(crate) fn for_event(&mut self, outlet: Outlet) -> Option<EventFault> {
        self.take(|_, fault| match fault {
            Fault::Event(on, fault) if on == outlet => Some(fault),
            _ => None,
        })
    }

    /// The fault of a request to `path`.
    pub(crate) fn for_request(&mut self, path: &str) -> Option<ApiFault> {
        self.take(|order, fault| match fault {
            Fault::Api(fault) if order.strikes(path) => Some(fault),
            _ => None,
        })
    }

    fn take<T>(&mut self, fits: impl Fn(&Order, Fault) -> Option<T>) -> Option<T> {
        let found = self.pending.iter_mut().enumerate().find_map(|(index, (order, fault))| {
            let taken = fits(order, *fault)?;
            order.count -= 1;
            Some((index, order.count, taken))
        });
        let (index, left, taken) = found?;
        if left == 0 {
            self.pending.remove(index);
        }
        Some(taken)
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
    fn an_order_happens_as_often_as_it_says() {
        let mut faults = order(json!({ "on": "webhook", "fault": "late", "ms": 20, "count": 2 })).unwrap();
        assert_eq!(faults.for_request("/api/v2/x"), None);
        assert_eq!(faults.for_webhook(), Some(WebhookFault::Late(20)));
        assert_eq!(faults.pending().len(), 1);
        assert_eq!(faults.for_webhook(), Some(WebhookFault::Late(20)));
        assert_eq!(faults.for_webhook(), None);
        assert!(faults.pending().is_empty());
    }

    #[test]
    fn the_path_picks_the_request() {
        let mut faults = order(json!({ "on": "api", "fault": "cut", "path": "/inbound/" })).unwrap();
        assert_eq!(faults.for_request("/api/v2/routing/queues"), None);
        assert_eq!(faults.for_request("/api/v2/conversations/messages/1/inbound/open/message"), Some(ApiFault::Cut));
    }

    #[test]
    fn without_a_path_the_token_request_is_spared() {
        let mut faults = order(json!({ "on": "api", "fault": "hang" })).unwrap();
        assert_eq!(faults.for_request("/oauth/token"), None);
        assert_eq!(faults.for_request("/api/v2/routing/queues"), Some(ApiFault::Hang));
    }

    #[test]
    fn senseless_orders_are_refused() {
        for (senseless, why) in [
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
            assert_eq!(order(senseless).unwrap_err(), why);
        }
    }
}
