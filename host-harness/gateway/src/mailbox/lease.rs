//! Leases: exclusive rights of workers to work on a mailbox, and their tasks.

use super::delivery_queue::{MessageKind, Reason};
use super::event_queue::QueuedEvent;
use super::reconciliation::ReceivedMessages;
use super::rules::LEASE;
use super::time::after;
use handover_host::contract::{Conversation, Outbound, ProviderRequest, Timestamp};
use serde::{Deserialize, Serialize};

/// A kind of work on a mailbox. Both kinds can run at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Channel {
    /// Requests to the contact center.
    Outbound,
    /// Events to the platform's callback.
    Callback,
}

/// The exclusive right to work on one channel of a mailbox for a limited time.
#[derive(Clone, Debug, PartialEq)]
pub struct Lease {
    /// The task.
    pub task: Task,
    /// The channel.
    pub channel: Channel,
}

/// A task of a worker.
#[derive(Clone, Debug, PartialEq)]
pub enum Task {
    /// Build a message: [`Mailbox::built`](crate::mailbox::Mailbox::built).
    Build {
        /// The number of the item.
        item: u64,
        /// The message to build.
        message: Box<Outbound>,
        /// The conversation of its handover.
        conversation: Conversation,
    },
    /// Deliver a request: [`Mailbox::delivered`](crate::mailbox::Mailbox::delivered).
    Deliver {
        /// The number of the item.
        item: u64,
        /// The request to deliver.
        request: ProviderRequest,
    },
    /// Look up whether a request arrived: [`Mailbox::looked_up`](crate::mailbox::Mailbox::looked_up).
    Find {
        /// The number of the item.
        item: u64,
        /// The request to look up.
        request: ProviderRequest,
        /// The conversation of its handover.
        conversation: Conversation,
        /// The request is repeated if it stays unknown whether it arrived.
        repeats: bool,
    },
    /// Poll the conversation: [`Mailbox::polled`](crate::mailbox::Mailbox::polled).
    Poll {
        /// The conversation.
        conversation: Conversation,
        /// There is a reason to poll other than the interval.
        soon: bool,
        /// The user waits in the queue, so the provider may also request the state of the queue.
        waiting: bool,
    },
    /// Fetch the messages of an ended handover: [`Mailbox::reconciled`](crate::mailbox::Mailbox::reconciled).
    FetchMessages {
        /// The number of the handover.
        handover: u32,
        /// Its conversation.
        conversation: Conversation,
        /// Messages that must be among them.
        received: ReceivedMessages,
    },
    /// Poll the conversation of an ended handover for its outcome:
    /// [`Mailbox::outcome_polled`](crate::mailbox::Mailbox::outcome_polled).
    PollOutcome {
        /// The number of the handover.
        handover: u32,
        /// Its conversation.
        conversation: Conversation,
    },
    /// Call the platform back: [`Mailbox::called_back`](crate::mailbox::Mailbox::called_back).
    CallBack {
        /// The event's id.
        id: String,
        /// The event.
        event: QueuedEvent,
        /// The number of earlier attempts.
        attempts: u32,
    },
    /// Store a dead letter: [`Mailbox::dead_letter_stored`](crate::mailbox::Mailbox::dead_letter_stored).
    StoreDeadLetter(DeadLetter),
    /// Remove the mailbox, because its retention has passed.
    Remove,
}

/// A dead letter: an item that was given up.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct DeadLetter {
    /// A unique id. It is the same if the item is stored again.
    pub id: String,
    /// When it was queued.
    pub since: Timestamp,
    /// The number of attempts.
    pub attempts: u32,
    /// The item.
    pub content: DeadLetterContent,
}

/// The item that was given up.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum DeadLetterContent {
    /// A request for the contact center, or a message that could not be built.
    Outbound {
        /// The number of the item.
        item: u64,
        /// The number of the handover.
        handover: u32,
        /// The id of the platform's message.
        message: String,
        /// The kind of the message.
        #[serde(default, skip_serializing_if = "MessageKind::is_content")]
        kind: MessageKind,
        /// The message has no other request.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        only: bool,
        /// The request. Absent if it could not be built.
        #[serde(with = "super::delivery_queue::optional_request")]
        request: Option<ProviderRequest>,
        /// Why it was given up.
        reason: Reason,
    },
    /// An event for the platform's callback, and why it was given up.
    Callback(QueuedEvent, String),
}

/// The holder of each channel's lease.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(crate) struct Leases {
    outbound: Option<Holder>,
    callback: Option<Holder>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
struct Holder {
    by: String,
    until: Timestamp,
}

impl Leases {
    /// Moves all times back with the clock.
    pub(crate) fn step_back(&mut self, back: u64) {
        for holder in [&mut self.outbound, &mut self.callback].into_iter().flatten() {
            holder.until = holder.until.saturating_sub(back);
        }
    }

    /// Frees a channel for a worker. Returns `false` if another worker holds its lease.
    pub(crate) fn free(&mut self, channel: Channel, by: &str, now: Timestamp) -> bool {
        let holder = self.channel(channel);
        if holder.as_ref().is_some_and(|holder| holder.by != by && holder.until > now) {
            return false;
        }
        *holder = None;
        true
    }

    /// Leases a free channel to a worker.
    pub(crate) fn hold(&mut self, channel: Channel, by: &str, now: Timestamp) {
        *self.channel(channel) = Some(Holder { by: by.to_owned(), until: after(now, LEASE) });
    }

    /// Returns from when a worker can lease a channel.
    pub(crate) fn held_until(&self, channel: Channel) -> Timestamp {
        let holder = match channel {
            Channel::Outbound => &self.outbound,
            Channel::Callback => &self.callback,
        };
        holder.as_ref().map_or(0, |holder| holder.until)
    }

    /// Releases the lease of a worker.
    pub(crate) fn release(&mut self, channel: Channel, by: &str) {
        let holder = self.channel(channel);
        if holder.as_ref().is_some_and(|holder| holder.by == by) {
            *holder = None;
        }
    }

    fn channel(&mut self, channel: Channel) -> &mut Option<Holder> {
        match channel {
            Channel::Outbound => &mut self.outbound,
            Channel::Callback => &mut self.callback,
        }
    }
}
