//! What the platform is told, in the form in which it is told: into the log, whence it is streamed, and to its callback.

use crate::mailbox::Told;
use crate::mailboxes::{Address, ChangeError};
use crate::served::Served;
use crate::store::{AppendError, Entry, StoreError};
use handover_host::contract::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// An event as the platform gets it.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
pub struct PlatformEvent {
    /// The same for the same event, however often it comes; no other has it.
    pub id: String,
    /// What happened: `queued`, `agent-joined`, `message`, `ended`…
    #[serde(rename = "type")]
    pub kind: String,
    /// When the gateway took it, in RFC 3339.
    pub timestamp: String,
    /// By which connection.
    pub connection: String,
    /// Whom it concerns.
    pub recipient: String,
    /// Which of the recipient's handovers, from 1.
    pub handover: u32,
    /// Counts the recipient's events, from 1, without gaps.
    pub number: u64,
    /// The id of the request that brought it, as it is in the logs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation: Option<String>,
    /// What is to be said of it; its form depends on the type, see `Event`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub data: Option<Box<RawValue>>,
}

/// An [`Event`](crate::mailbox::Event), read as far as is needed.
#[derive(Deserialize)]
struct Tagged<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

/// What publishing came to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Published {
    /// Something was published.
    pub(crate) progress: bool,
    /// When the mailbox is due now.
    pub(crate) due: Option<Timestamp>,
}

impl Served {
    /// Puts into the log what waits for it.
    pub(crate) async fn publish(&self, address: &Address) -> Result<Published, ChangeError<std::convert::Infallible>> {
        let rules = self.rules();
        let Some(mailbox) = self.mailboxes().load(address).await? else { return Ok(Published::default()) };
        let mut last = None;
        for told in mailbox.unpublished() {
            let event = self.wire(&address.recipient, &mailbox.event_id(told.number), told);
            let body = serde_json::to_vec(&event)
                .map_err(|error| StoreError::Broken(format!("an event that cannot be written: {error}")))?;
            let entry = Entry {
                connection: address.connection.clone(),
                recipient: address.recipient.clone(),
                number: told.number,
                time: told.time,
                body,
            };
            self.mailboxes().store().append(entry).await.map_err(|error| match error {
                AppendError::Store(error) => error,
                error @ AppendError::TooLarge(_) => StoreError::Broken(error.to_string()),
            })?;
            last = Some(told.number);
        }
        let Some(last) = last else { return Ok(Published { progress: false, due: mailbox.due(rules) }) };
        let due = self.mailboxes().change(address, rules, |mailbox| {
            mailbox.published(last, rules);
            Ok(mailbox.due(rules))
        });
        let due = due.await?.flatten();
        for told in mailbox.unpublished() {
            let event = self.wire(&address.recipient, "", told);
            self.counts().told(&event.kind, event.data.as_deref());
        }
        Ok(Published { progress: true, due })
    }

    /// As the platform gets it.
    pub(crate) fn wire(&self, recipient: &str, id: &str, told: &Told) -> PlatformEvent {
        let event: Option<Tagged<'_>> = serde_json::from_str(told.event.get()).ok();
        let time = i64::try_from(told.time).ok().and_then(|time| jiff::Timestamp::from_millisecond(time).ok());
        PlatformEvent {
            id: id.to_owned(),
            kind: event.as_ref().map(|event| event.kind.clone().into_owned()).unwrap_or_default(),
            timestamp: time.unwrap_or_default().to_string(),
            connection: self.name().to_owned(),
            recipient: recipient.to_owned(),
            handover: told.handover,
            number: told.number,
            correlation: told.correlation.clone(),
            data: event.and_then(|event| event.data.map(ToOwned::to_owned)),
        }
    }
}
