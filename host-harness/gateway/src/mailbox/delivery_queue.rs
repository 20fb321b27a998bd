//! Requests for the contact center, delivered in order and one at a time.

use super::capacity::{Full, MAX_BYTES, MAX_REQUESTS, NoRoom, TooLarge};
use super::rules::Rules;
use super::time::after;
use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use handover_host::contract::{
    Delivery, Failure, MessageReceipt, Outbound, OutboundMessage, ProviderRequest, Timestamp,
};
use handover_host::handover::Handover;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::VecDeque;

/// The stored bytes of an item in addition to its content.
const OVERHEAD: usize = 400;
/// The maximum number of repetitions of a request whose outcome cannot be looked up. An agent may see its message this
/// many additional times.
const MAX_BLIND_RETRIES: u32 = 3;

/// The number of the handover of a message that belongs to none.
pub(super) const NO_HANDOVER: u32 = 0;

#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct DeliveryQueue {
    last: u64,
    items: VecDeque<Item>,
}

/// A request, or a message that is not built yet.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Item {
    number: u64,
    message: String,
    handover: u32,
    kind: MessageKind,
    content: Content,
    /// The message has only this request, so a receipt for the message is about this request.
    only: bool,
    since: Timestamp,
    attempts: u32,
    first_tried: Option<Timestamp>,
    not_before: Timestamp,
    progress: Progress,
    /// A receipt shows that the contact center has the message.
    confirmed: bool,
    /// The contact center's id of the conversation. Set when its handover is no longer the current one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    conversation: Option<String>,
    /// The number of repetitions although the outcome was unknown.
    #[serde(default)]
    blind_retries: u32,
    /// The time up to which the agents know the transcript once the request has arrived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    transcript_until: Option<Timestamp>,
    /// The user left before any request of the handover arrived, so the item need not be delivered.
    #[serde(default)]
    withdrawn: bool,
    /// Its handover is no longer the current one, and no request of the handover arrived.
    #[serde(default)]
    nothing_arrived: bool,
    /// The number of the handover whose address the conversation has. Set when the item's handover is no longer the
    /// current one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    thread: Option<u32>,
    /// Why the last attempt failed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    last_failure: String,
}

/// Kinds of messages, as far as they differ in delivery.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MessageKind {
    /// The start of a handover.
    Start,
    /// A text, an attachment or an answer. The platform gets a receipt for it.
    #[default]
    Content,
    /// The user is typing.
    #[serde(alias = "sign")]
    Typing,
    /// A receipt for an agent's message.
    Receipt,
    /// The end of a handover by the user.
    Leave,
    /// A message for the contact center itself, such as a change of the routing. The gateway makes its receipt.
    Instruction,
    /// A request for a survey, or its score. Like an instruction, but sent after the end.
    Survey,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Content {
    Request(Request),
    Message(Box<Outbound>),
}

/// [`ProviderRequest`] as stored.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", remote = "ProviderRequest")]
pub(crate) struct StoredRequest {
    idempotency_key: String,
    recipient: String,
    operation: String,
    ttl_ms: Option<u32>,
    #[serde(serialize_with = "write_bytes", deserialize_with = "read_bytes")]
    body: Vec<u8>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(transparent)]
struct Request(#[serde(with = "StoredRequest")] ProviderRequest);

/// An optional request as stored.
pub(super) mod optional_request {
    use super::{ProviderRequest, Request};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<S: Serializer>(request: &Option<ProviderRequest>, to: S) -> Result<S::Ok, S::Error> {
        request.clone().map(Request).serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<ProviderRequest>, D::Error> {
        Ok(Option::<Request>::deserialize(from)?.map(|Request(request)| request))
    }
}

/// The progress of an item.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Progress {
    Waiting,
    /// A worker started to deliver it at this time, and may have been interrupted.
    Attempting(Timestamp),
    /// An attempt ended with an unknown outcome, at this time.
    OutcomeUnknown(Timestamp),
    /// It will not be delivered.
    Dead(Reason),
}

/// Why a request became a dead letter.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The contact center will never accept it.
    Refused(String),
    /// Retries ended. Contains the failure of the last attempt.
    GivenUp(String),
    /// Retries ended, and it may have arrived. Contains the failure of the last attempt.
    OutcomeUnknown(String),
    /// The message could not be built.
    NotBuilt(String),
    /// The handover had ended before the delivery.
    HandoverOver,
}

/// The outcome of a delivery attempt.
#[derive(Clone, Debug, PartialEq)]
pub enum DeliveryOutcome {
    /// The contact center accepted it.
    Delivered(Delivery),
    /// The provider reports a failure.
    Failed(Failure),
    /// The attempt was interrupted, so the outcome is unknown.
    Unknown(String),
}

/// The result of looking up a request whose outcome was unknown.
#[derive(Clone, Debug, PartialEq)]
pub enum LookupOutcome {
    /// It arrived.
    Arrived(Delivery),
    /// It did not arrive.
    NotArrived,
    /// The contact center cannot report whether it arrived.
    Unknown,
    /// The lookup failed.
    Failed(Failure),
}

/// The next action for the first item.
pub(super) enum Next<'a> {
    Build(&'a Outbound),
    Deliver(&'a ProviderRequest),
    Find(&'a ProviderRequest),
    Confirmed,
    DeadLetter(&'a Reason),
}

impl MessageKind {
    fn of(message: &OutboundMessage) -> Self {
        match message {
            OutboundMessage::Start(_) => Self::Start,
            OutboundMessage::Text(_) | OutboundMessage::Attachment(_) | OutboundMessage::Answer(_) => Self::Content,
            OutboundMessage::RequestSurvey | OutboundMessage::SurveyScore(_) => Self::Survey,
            OutboundMessage::Reroute(_)
            | OutboundMessage::Annotate(_)
            | OutboundMessage::Callback(_)
            | OutboundMessage::ProactiveText(_) => Self::Instruction,
            OutboundMessage::Typing => Self::Typing,
            OutboundMessage::Receipt(_) => Self::Receipt,
            OutboundMessage::Leave(_) => Self::Leave,
        }
    }

    /// Returns whether a repetition is harmless. Such an item is repeated instead of looked up.
    fn is_repeatable(self) -> bool {
        matches!(self, Self::Typing | Self::Receipt)
    }

    pub(super) fn is_content(&self) -> bool {
        *self == Self::Content
    }

    /// Returns whether the contact center accepts such a message after the handover ended.
    pub(super) fn may_follow_the_end(self) -> bool {
        matches!(self, Self::Leave | Self::Receipt | Self::Survey)
    }
}

impl Reason {
    /// Returns the reason as a text.
    #[must_use]
    pub fn description(&self) -> &str {
        match self {
            Self::Refused(why) | Self::GivenUp(why) | Self::OutcomeUnknown(why) | Self::NotBuilt(why) => why,
            Self::HandoverOver => "the handover ended before the message was delivered",
        }
    }
}

impl Item {
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    pub(super) fn handover(&self) -> u32 {
        self.handover
    }

    pub(super) fn message(&self) -> &str {
        &self.message
    }

    pub(super) fn conversation(&self) -> Option<&str> {
        self.conversation.as_deref()
    }

    pub(super) fn nothing_arrived(&self) -> bool {
        self.nothing_arrived
    }

    pub(super) fn thread(&self) -> Option<u32> {
        self.thread
    }

    pub(super) fn attempts(&self) -> u32 {
        self.attempts
    }

    pub(super) fn since(&self) -> Timestamp {
        self.since
    }

    pub(super) fn kind(&self) -> MessageKind {
        self.kind
    }

    pub(super) fn is_only(&self) -> bool {
        self.only
    }

    pub(super) fn starts(&self) -> bool {
        self.kind == MessageKind::Start
    }

    /// Returns whether the request is repeated if its outcome stays unknown.
    pub(super) fn is_repeated_blindly(&self, now: Timestamp, rules: &Rules) -> bool {
        // A second callback would ring the user again, so the platform decides.
        !self.is_instruction() && self.blind_retries < MAX_BLIND_RETRIES && self.ends(rules) > now
    }

    /// Returns whether the platform gets a receipt.
    pub(super) fn has_receipt(&self) -> bool {
        matches!(self.kind, MessageKind::Start | MessageKind::Content | MessageKind::Instruction | MessageKind::Survey)
    }

    /// Returns whether the contact center sends no receipt for it, although the platform gets one.
    pub(super) fn is_instruction(&self) -> bool {
        matches!(self.kind, MessageKind::Instruction | MessageKind::Survey)
    }

    pub(super) fn leaves(&self) -> bool {
        self.kind == MessageKind::Leave
    }

    pub(super) fn transcript_until(&self) -> Option<Timestamp> {
        self.transcript_until
    }

    /// Returns whether it may have arrived although it was given up.
    pub(super) fn may_have_arrived(&self) -> bool {
        self.blind_retries > 0 || matches!(self.progress, Progress::Dead(Reason::OutcomeUnknown(_)))
    }

    pub(super) fn request(&self) -> Option<&ProviderRequest> {
        match &self.content {
            Content::Request(request) => Some(&request.0),
            Content::Message(_) => None,
        }
    }

    pub(super) fn next(&self) -> Next<'_> {
        match (&self.progress, &self.content) {
            (Progress::Dead(reason), _) => Next::DeadLetter(reason),
            (_, Content::Message(outbound)) => Next::Build(outbound),
            (Progress::Waiting, Content::Request(request)) => Next::Deliver(&request.0),
            (_, Content::Request(request)) if self.kind.is_repeatable() => Next::Deliver(&request.0),
            (Progress::Attempting(_) | Progress::OutcomeUnknown(_), _) if self.confirmed => Next::Confirmed,
            (Progress::Attempting(_) | Progress::OutcomeUnknown(_), Content::Request(request)) => {
                Next::Find(&request.0)
            }
        }
    }

    pub(super) fn ready(&self) -> Timestamp {
        match self.progress {
            Progress::Dead(_) => 0,
            Progress::Attempting(_) | Progress::OutcomeUnknown(_) if self.confirmed => 0,
            _ => self.not_before,
        }
    }

    fn is_expired(&self, now: Timestamp) -> bool {
        let ttl = self.request().and_then(|request| request.ttl_ms);
        ttl.is_some_and(|ttl| self.since.saturating_add(u64::from(ttl)) < now || self.attempts > 0)
    }

    /// Returns whether it can be dropped without a dead letter.
    fn is_moot(&self, open: Option<u32>, now: Timestamp) -> bool {
        let moot = match self.progress {
            Progress::Waiting => open != Some(self.handover),
            Progress::Dead(_) => true,
            Progress::Attempting(_) | Progress::OutcomeUnknown(_) => false,
        };
        let given_up = matches!(self.progress, Progress::Dead(_));
        self.is_expired(now)
            || (self.kind == MessageKind::Typing && moot)
            || (self.kind == MessageKind::Receipt && given_up)
            || (self.withdrawn && self.progress == Progress::Waiting && self.blind_retries == 0)
    }

    fn size(&self) -> usize {
        match &self.content {
            Content::Request(request) => stored_size(&request.0),
            // Rare, for example if the user leaves before the start is delivered.
            Content::Message(outbound) => serde_json::to_vec(outbound).map_or(0, |bytes| bytes.len() + OVERHEAD),
        }
    }
}

impl DeliveryQueue {
    pub(super) fn push(
        &mut self,
        outbound: &Outbound,
        requests: Option<Vec<ProviderRequest>>,
        handover: u32,
        now: Timestamp,
    ) -> Result<(), NoRoom> {
        let kind = MessageKind::of(&outbound.message);
        if kind == MessageKind::Typing {
            self.push_typing(outbound, requests.unwrap_or_default(), handover, now);
            return Ok(());
        }
        let Some(requests) = requests else {
            // Built, the message is a third longer, because requests are stored in base64.
            if serde_json::to_vec(outbound).map_or(0, |bytes| bytes.len()) > MAX_BYTES / 2 {
                return Err(TooLarge.into());
            }
            self.admit(&[])?;
            self.push_always(outbound, handover, now);
            return Ok(());
        };
        self.admit(&requests)?;
        if matches!(kind, MessageKind::Start | MessageKind::Content) {
            // Content ends typing, so content must not wait for the delivery of typing.
            self.items.retain(|item| item.kind != MessageKind::Typing || item.progress != Progress::Waiting);
        }
        let (only, count) = (requests.len() == 1, requests.len());
        for (part, request) in (1..).zip(requests) {
            self.append(outbound, Content::Request(Request(request)), only, handover, now);
            if let Some(item) = self.items.back_mut().filter(|_| part == count) {
                item.transcript_until = transcript_known_until(&outbound.message, now);
            }
        }
        Ok(())
    }

    /// Queues at most one typing event, and none if the queue is full or there is no conversation yet.
    fn push_typing(&mut self, outbound: &Outbound, requests: Vec<ProviderRequest>, handover: u32, now: Timestamp) {
        if self.items.iter().any(|item| item.kind == MessageKind::Typing) || self.admit(&requests).is_err() {
            return;
        }
        for request in requests {
            self.append(outbound, Content::Request(Request(request)), true, handover, now);
        }
    }

    /// Checks that the queue has room for these requests, or for one message that is not built.
    fn admit(&self, requests: &[ProviderRequest]) -> Result<(), NoRoom> {
        let more: usize = requests.iter().map(stored_size).sum();
        if requests.len() > MAX_REQUESTS || more > MAX_BYTES {
            return Err(TooLarge.into());
        }
        let bytes = self.items.iter().map(Item::size).sum::<usize>() + more;
        let fits = self.items.len() + requests.len().max(1) <= MAX_REQUESTS && bytes <= MAX_BYTES;
        if fits { Ok(()) } else { Err(Full.into()) }
    }

    /// Marks the requests of a handover as withdrawn: they are not delivered unless an attempt is under way.
    pub(super) fn withdraw(&mut self, handover: u32) {
        for item in self.items.iter_mut().filter(|item| item.handover == handover && item.kind != MessageKind::Leave) {
            item.withdrawn = true;
        }
    }

    /// Moves all times back with the clock.
    pub(super) fn step_back(&mut self, back: u64) {
        for item in &mut self.items {
            item.since = item.since.saturating_sub(back);
            item.first_tried = item.first_tried.map(|at| at.saturating_sub(back));
            item.not_before = item.not_before.saturating_sub(back);
            if let Progress::Attempting(at) | Progress::OutcomeUnknown(at) = &mut item.progress {
                *at = at.saturating_sub(back);
            }
        }
    }

    /// Queues a dead request of this message again. If the reason shows that it may have arrived, it is looked up
    /// first.
    pub(super) fn redrive(
        &mut self,
        message: &str,
        kind: MessageKind,
        request: &ProviderRequest,
        reason: &Reason,
        handover: u32,
        now: Timestamp,
    ) -> Result<(), NoRoom> {
        self.admit(std::slice::from_ref(request))?;
        let content = Content::Request(Request(ProviderRequest { ttl_ms: None, ..request.clone() }));
        self.last = self.last.saturating_add(1);
        let item = Item::new(self.last, message, handover, kind, content, now);
        let progress = match reason {
            Reason::OutcomeUnknown(_) => Progress::OutcomeUnknown(now),
            _ => Progress::Waiting,
        };
        self.items.push_back(Item { progress, ..item });
        Ok(())
    }

    /// Copies the known facts about a handover to its requests, because it is no longer the current handover.
    pub(super) fn detach(&mut self, handover: &Handover) {
        for item in self.items.iter_mut().filter(|item| item.handover == handover.number()) {
            item.conversation = handover.conversation().map(String::from);
            item.thread = Some(handover.thread());
            item.nothing_arrived = handover.is_unknown_to_the_contact_center();
        }
    }

    /// Records that a request of an earlier handover arrived or may have arrived.
    pub(super) fn arrived(&mut self, handover: u32, conversation: Option<&str>) {
        for item in self.items.iter_mut().filter(|item| item.handover == handover) {
            item.nothing_arrived = false;
            if let Some(conversation) = conversation {
                item.conversation = Some(conversation.to_owned());
            }
        }
    }

    /// Queues a leave regardless of the capacity; there is one per handover.
    pub(super) fn push_always(&mut self, outbound: &Outbound, handover: u32, now: Timestamp) {
        self.append(outbound, Content::Message(Box::new(outbound.clone())), false, handover, now);
    }

    fn append(&mut self, outbound: &Outbound, content: Content, only: bool, handover: u32, now: Timestamp) {
        self.last = self.last.saturating_add(1);
        let item = Item::new(self.last, &outbound.id, handover, MessageKind::of(&outbound.message), content, now);
        self.items.push_back(Item { only, ..item });
    }

    /// Returns the first item, after dropping obsolete ones. Requests of an ended handover must not reopen its
    /// conversation, so they become dead letters, except for leaves and receipts.
    pub(super) fn front(&mut self, open: Option<u32>, now: Timestamp) -> Option<&Item> {
        while self.items.front().is_some_and(|item| item.is_moot(open, now)) {
            self.items.pop_front();
        }
        let item = self.items.front_mut()?;
        let may_follow_the_end = item.kind.may_follow_the_end() || item.handover == NO_HANDOVER;
        if item.progress == Progress::Waiting && !may_follow_the_end && open != Some(item.handover) {
            item.progress = Progress::Dead(Reason::HandoverOver);
        }
        Some(item)
    }

    pub(super) fn peek(&self) -> Option<&Item> {
        self.items.front()
    }

    fn find(&mut self, number: u64) -> Option<&mut Item> {
        self.items.iter_mut().find(|item| item.number == number)
    }

    /// Records that an attempt starts.
    pub(super) fn begin(&mut self, number: u64, now: Timestamp, rules: &Rules) {
        if let Some(item) = self.find(number) {
            item.progress = Progress::Attempting(now);
            item.first_tried.get_or_insert(now);
            // The earliest lookup, if a worker finds the attempt interrupted.
            item.not_before = after(now, rules.lookup_delay);
        }
    }

    /// Replaces a message with the requests built from it.
    pub(super) fn built(&mut self, number: u64, requests: Vec<ProviderRequest>) {
        let Some(at) = self.items.iter().position(|item| item.number == number) else { return };
        let Some(item) = self.items.remove(at) else { return };
        let only = requests.len() == 1;
        for request in requests.into_iter().rev() {
            self.last = self.last.saturating_add(1);
            let content = Content::Request(Request(request));
            self.items.insert(at, Item { number: self.last, content, only, ..item.clone() });
        }
    }

    pub(super) fn dead(&mut self, number: u64, reason: Reason) {
        if let Some(item) = self.find(number) {
            item.progress = Progress::Dead(reason);
        }
    }

    /// Returns whether a request of a message is queued.
    pub(super) fn has_message(&self, message: &str) -> bool {
        self.items.iter().any(|item| item.message == message)
    }

    /// Drops the requests of a message.
    pub(super) fn drop_message(&mut self, message: &str) {
        self.items.retain(|item| item.message != message);
    }

    /// Removes an item and returns it.
    pub(super) fn remove(&mut self, number: u64) -> Option<Item> {
        let at = self.items.iter().position(|item| item.number == number)?;
        self.items.remove(at)
    }

    /// Records a failure: the item is retried, looked up or given up.
    pub(super) fn failed(&mut self, number: u64, failure: Failure, chance: f64, now: Timestamp, rules: &Rules) {
        let Some(item) = self.find(number) else { return };
        item.attempts = item.attempts.saturating_add(1);
        let (after_seconds, is_indeterminate, why) = match failure {
            Failure::Permanent(why) => {
                item.progress = Progress::Dead(Reason::Refused(clipped(why)));
                return;
            }
            Failure::Unsupported => {
                item.progress = Progress::Dead(Reason::Refused("the provider does not support it".into()));
                return;
            }
            // Retried, because an operator may correct the credentials.
            Failure::Credentials(why) => (None, false, why),
            // Retried, because nothing was sent.
            Failure::StaleSettings => (None, false, STALE_SETTINGS.into()),
            Failure::Retry(advice) => (advice.after_seconds, advice.may_have_arrived, advice.message),
        };
        item.last_failure = clipped(why);
        let next = rules.retries.next(item.attempts, after_seconds, chance, item.first_tried(), now);
        // A repeatable item needs no lookup.
        if is_indeterminate && !item.kind.is_repeatable() {
            // The request is looked up before it is given up.
            item.not_before = next.unwrap_or(now).max(after(now, rules.lookup_delay));
            item.progress = Progress::OutcomeUnknown(now);
            return;
        }
        match next {
            Some(at) => (item.progress, item.not_before) = (Progress::Waiting, at),
            None => item.progress = Progress::Dead(Reason::GivenUp(item.last_failure.clone())),
        }
    }

    /// Records that a request did not arrive: it is retried or given up.
    pub(super) fn missing(&mut self, number: u64, now: Timestamp, rules: &Rules) {
        let Some(item) = self.find(number) else { return };
        item.not_before = now;
        item.progress = if item.ends(rules) <= now {
            Progress::Dead(Reason::GivenUp(item.last_failure.clone()))
        } else {
            Progress::Waiting
        };
    }

    /// Records that the outcome stays unknown: the request is repeated a few times, unless it is an instruction.
    pub(super) fn unknown(&mut self, number: u64, now: Timestamp, rules: &Rules) {
        let Some(item) = self.find(number) else { return };
        if !item.is_repeated_blindly(now, rules) {
            let why = format!("{}; it is unknown whether it arrived nevertheless", item.last_failure);
            item.progress = Progress::Dead(Reason::OutcomeUnknown(why));
            return;
        }
        item.blind_retries += 1;
        (item.progress, item.not_before) = (Progress::Waiting, now);
    }

    /// Records that the lookup failed.
    pub(super) fn not_found(&mut self, number: u64, failure: Failure, chance: f64, now: Timestamp, rules: &Rules) {
        let Some(item) = self.find(number) else { return };
        item.attempts = item.attempts.saturating_add(1);
        let (after, why) = match failure {
            Failure::Retry(advice) => (advice.after_seconds, advice.message),
            Failure::Permanent(why) | Failure::Credentials(why) => (None, why),
            Failure::Unsupported => (None, "the provider does not support lookups".into()),
            Failure::StaleSettings => (None, STALE_SETTINGS.into()),
        };
        match rules.retries.next(item.attempts, after, chance, item.first_tried(), now) {
            Some(at) => item.not_before = at,
            None => item.progress = Progress::Dead(Reason::OutcomeUnknown(clipped(why))),
        }
    }

    /// Records a receipt: the contact center has the message.
    pub(super) fn receipt(&mut self, receipt: &MessageReceipt) {
        for item in self.items.iter_mut().filter(|item| item.only && item.message == receipt.message_id) {
            item.confirmed = true;
        }
    }
}

impl Item {
    fn new(number: u64, message: &str, handover: u32, kind: MessageKind, content: Content, now: Timestamp) -> Self {
        Self {
            number,
            message: message.to_owned(),
            handover,
            kind,
            content,
            only: false,
            since: now,
            attempts: 0,
            first_tried: None,
            not_before: 0,
            progress: Progress::Waiting,
            confirmed: false,
            conversation: None,
            blind_retries: 0,
            transcript_until: None,
            withdrawn: false,
            nothing_arrived: false,
            thread: None,
            last_failure: String::new(),
        }
    }

    fn first_tried(&self) -> Timestamp {
        self.first_tried.unwrap_or(self.since)
    }

    /// Returns the time at which retries end.
    fn ends(&self, rules: &Rules) -> Timestamp {
        after(self.first_tried(), rules.retries.give_up_after)
    }
}

/// Returns the time up to which the agents know the transcript once a message has arrived.
fn transcript_known_until(message: &OutboundMessage, now: Timestamp) -> Option<Timestamp> {
    match message {
        // A line with a future time must not hide later lines from the next transcript.
        OutboundMessage::Start(start) => start.transcript.iter().map(|line| line.time.min(now)).max(),
        OutboundMessage::Text(_) | OutboundMessage::Attachment(_) | OutboundMessage::Answer(_) => Some(now),
        OutboundMessage::Typing
        | OutboundMessage::Receipt(_)
        | OutboundMessage::Leave(_)
        | OutboundMessage::Reroute(_)
        | OutboundMessage::Annotate(_)
        | OutboundMessage::Callback(_)
        | OutboundMessage::ProactiveText(_)
        | OutboundMessage::RequestSurvey
        | OutboundMessage::SurveyScore(_) => None,
    }
}

/// The failure of a provider that refuses the settings that it prepared itself.
const STALE_SETTINGS: &str = "the provider refuses the settings that it prepared";

/// Shortens a text from a plugin.
fn clipped(why: String) -> String {
    const MAX_CHARACTERS: usize = 300;
    if why.len() <= MAX_CHARACTERS { why } else { why.chars().take(MAX_CHARACTERS).collect() }
}

/// Returns the stored size of a request. Base64 turns three bytes into four.
fn stored_size(request: &ProviderRequest) -> usize {
    request.body.len().div_ceil(3) * 4 + request.recipient.len() + request.idempotency_key.len() + OVERHEAD
}

fn write_bytes<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    BASE64_STANDARD_NO_PAD.encode(bytes).serialize(serializer)
}

fn read_bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text = String::deserialize(deserializer)?;
    BASE64_STANDARD_NO_PAD.decode(text).map_err(serde::de::Error::custom)
}
