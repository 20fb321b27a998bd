//! What the platform is to be told: first into the log, then, where it wants that, to its callback.

use super::{Full, NoRoom, Rules, TooLarge};
use handover_host::contract::{
    Agent, AgentEvent, AgentMessage, EndReason, EventKind, MessageReceipt, QueueState, Timestamp,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::VecDeque;

/// Entries that wait at most, and the bytes of all of them.
const MAX_ENTRIES: usize = 256;
const MAX_BYTES: usize = 192 << 10;
/// What is stored of an entry besides the event, in bytes.
const OVERHEAD: usize = 180;
/// Messages held for the next handover at most, and the bytes of all of them; of more, the oldest are told at once.
const MAX_HELD: usize = 20;
const MAX_HELD_BYTES: usize = 32 << 10;

/// Something that the platform is told.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case", tag = "type", content = "data")]
pub enum Event {
    /// The user waits in this place.
    Queued(QueueState),
    /// An agent has come.
    AgentJoined(Agent),
    /// Who an agent is that has come already.
    AgentNamed(Agent),
    /// An agent has gone; others may be there or come.
    AgentLeft(Agent),
    /// An agent has handed on; another will come.
    Transferred(Agent),
    /// To be shown.
    Message(AgentMessage),
    /// To be shown; said after the end.
    LateMessage(AgentMessage),
    /// An agent is typing; for so many milliseconds from the event's time.
    Typing(u32),
    /// News of a message that the platform sent.
    Receipt(MessageReceipt),
    /// An agent wrote after the end: another handover has begun.
    Reopened,
    /// The handover is over.
    Ended(EndReason),
}

/// An event with what belongs to it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct QueuedEvent {
    /// Counts the recipient's events, from 1.
    #[serde(rename = "n")]
    pub number: u64,
    /// Of which handover.
    #[serde(rename = "h")]
    pub handover: u32,
    /// When it was taken.
    #[serde(rename = "t")]
    pub time: Timestamp,
    /// The id of the request that brought it.
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    pub correlation: Option<String>,
    /// Part of its id.
    #[serde(rename = "m", default, skip_serializing_if = "String::is_empty")]
    pub process_id: String,
    /// An [`Event`] in JSON.
    #[serde(rename = "e")]
    pub event: Box<RawValue>,
}

impl PartialEq for QueuedEvent {
    fn eq(&self, other: &Self) -> bool {
        (self.number, self.handover, self.time, &self.correlation, &self.process_id, self.event.get())
            == (other.number, other.handover, other.time, &other.correlation, &other.process_id, other.event.get())
    }
}

impl QueuedEvent {
    /// Whether it is that an agent types.
    pub(super) fn is_typing(&self) -> bool {
        // As `Event` is written: the type first.
        self.event.get().starts_with(r#"{"type":"typing""#)
    }

    /// Whether an agent who was typing then does not type any more.
    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        #[derive(Deserialize)]
        struct Typing {
            data: u32,
        }
        let lasts = self.is_typing().then(|| serde_json::from_str::<Typing>(self.event.get()).ok()).flatten();
        lasts.is_some_and(|typing| self.time.saturating_add(u64::from(typing.data)) < now)
    }

    /// The id of the agent's message that it is, if it is one.
    pub(super) fn message(&self) -> Option<String> {
        #[derive(Deserialize)]
        struct Tagged {
            r#type: String,
            data: Identified,
        }
        #[derive(Deserialize)]
        struct Identified {
            id: String,
        }
        let tagged: Tagged = serde_json::from_str(self.event.get()).ok()?;
        matches!(tagged.r#type.as_str(), "message" | "late-message").then_some(tagged.data.id)
    }
}

/// How a callback went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallbackOutcome {
    /// The platform took it.
    Accepted,
    /// To be tried again, after so many seconds at least if the platform said so; why it went wrong.
    Retry(Option<u32>, String),
    /// The platform does not want it; why.
    Refused(String),
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct EventQueue {
    /// The number and the time of the last one.
    last: u64,
    last_time: Timestamp,
    /// The id of the request that is being taken in.
    #[serde(skip)]
    correlation: Option<String>,
    /// Part of the ids of what comes from now on.
    #[serde(skip)]
    process_id: String,
    /// Up to this one they are in the log.
    published: u64,
    /// Up to this one they were called back, or none of that was wanted.
    called: u64,
    waiting: VecDeque<QueuedEvent>,
    /// Messages of agents for the next handover.
    held: VecDeque<HeldMessage>,
    attempts: u32,
    first_tried: Option<Timestamp>,
    not_before: Timestamp,
    given_up: Option<String>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(transparent)]
struct HeldMessage(Box<RawValue>);

impl PartialEq for HeldMessage {
    fn eq(&self, other: &Self) -> bool {
        self.0.get() == other.0.get()
    }
}

impl HeldMessage {
    fn size(&self) -> usize {
        self.0.get().len() + OVERHEAD
    }
}

impl EventQueue {
    /// Whether these can be taken in. Typing needs no room: where there is none, it is dropped.
    pub(super) fn admit(&self, events: &[AgentEvent]) -> Result<(), NoRoom> {
        let matters = |event: &&AgentEvent| !matches!(event.kind, EventKind::Ignored(_) | EventKind::Typing(_));
        let size = |event: &AgentEvent| serde_json::to_vec(&event.kind).map_or(0, |bytes| bytes.len() + OVERHEAD);
        let sizes: Vec<usize> = events.iter().filter(matters).map(size).collect();
        let more: usize = sizes.iter().sum();
        if sizes.len() > MAX_ENTRIES || more > MAX_BYTES {
            return Err(TooLarge.into());
        }
        let fits = self.waiting.len() + sizes.len() <= MAX_ENTRIES && self.waiting_bytes() + more <= MAX_BYTES;
        if sizes.is_empty() || fits { Ok(()) } else { Err(Full.into()) }
    }

    fn waiting_bytes(&self) -> usize {
        self.waiting.iter().map(|queued| queued.event.get().len() + OVERHEAD).sum()
    }

    pub(super) fn push(&mut self, event: Event, handover: u32, time: Timestamp) {
        let is_typing = matches!(event, Event::Typing(_));
        let Some(event) = written(&event) else { return };
        if is_typing && (self.waiting.len() >= MAX_ENTRIES || self.waiting_bytes() >= MAX_BYTES) {
            return;
        }
        // One that is not in the log yet gives its place to the newer one.
        let published = self.published;
        let waiting =
            self.waiting.back_mut().filter(|queued| is_typing && queued.is_typing() && queued.number > published);
        match waiting {
            Some(queued) if queued.handover == handover => (queued.event, queued.time) = (event, time),
            _ => self.push_written(event, handover, time),
        }
        self.drop_typing();
    }

    /// Typing that is followed by anything is over. What is not in the log yet has to come there, for it has a number.
    fn drop_typing(&mut self) {
        let (last, published) = (self.last, self.published);
        let tried = self.next_to_call();
        self.waiting.retain(|queued| !queued.is_typing() || queued.number == last || queued.number > published);
        // How the calls of one event went says nothing of the next one.
        if self.next_to_call() != tried {
            self.reset_attempts();
        }
    }

    /// The number of the event that is called back next, whether it is in the log yet or not.
    fn next_to_call(&self) -> Option<u64> {
        self.waiting.iter().map(|queued| queued.number).find(|number| *number > self.called)
    }

    /// The next event has not been tried yet.
    fn reset_attempts(&mut self) {
        (self.attempts, self.first_tried, self.not_before, self.given_up) = (0, None, 0, None);
    }

    /// The clock went back by so many milliseconds.
    pub(super) fn step_back(&mut self, back: u64) {
        self.last_time = self.last_time.saturating_sub(back);
        self.first_tried = self.first_tried.map(|at| at.saturating_sub(back));
        self.not_before = self.not_before.saturating_sub(back);
    }

    /// Whether events wait for the log or for the callback.
    pub(super) fn has_work(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Whether messages wait for the next handover.
    pub(super) fn contains(&self) -> bool {
        !self.held.is_empty()
    }

    /// There will be no next handover: what was held is told, as late.
    pub(super) fn release_late(&mut self, handover: u32, time: Timestamp) {
        for held in std::mem::take(&mut self.held) {
            self.push_held(&held, "late-message", handover, time);
        }
    }

    fn push_written(&mut self, event: Box<RawValue>, handover: u32, time: Timestamp) {
        self.last = self.last.saturating_add(1);
        self.last_time = self.last_time.max(time);
        let (correlation, process_id) = (self.correlation.clone(), self.process_id.clone());
        self.waiting.push_back(QueuedEvent { number: self.last, handover, time, correlation, process_id, event });
    }

    /// Keeps a message for the next handover. What there is no room for is told as what it is, late.
    pub(super) fn hold(&mut self, message: &AgentMessage, handover: u32, time: Timestamp) {
        self.held.extend(serde_json::value::to_raw_value(message).ok().map(HeldMessage));
        while self.held.len() > MAX_HELD || self.held.iter().map(HeldMessage::size).sum::<usize>() > MAX_HELD_BYTES {
            let Some(oldest) = self.held.pop_front() else { break };
            self.push_held(&oldest, "late-message", handover, time);
        }
    }

    pub(super) fn release(&mut self, handover: u32, time: Timestamp) {
        for held in std::mem::take(&mut self.held) {
            self.push_held(&held, "message", handover, time);
        }
    }

    /// As an [`Event`] of this type would be written.
    fn push_held(&mut self, held: &HeldMessage, kind: &'static str, handover: u32, time: Timestamp) {
        #[derive(Serialize)]
        struct Tagged<'a> {
            r#type: &'static str,
            data: &'a RawValue,
        }
        if let Ok(event) = serde_json::value::to_raw_value(&Tagged { r#type: kind, data: &held.0 }) {
            self.push_written(event, handover, time);
        }
    }

    /// What comes from now on was brought by this request.
    pub(super) fn correlate(&mut self, correlation: Option<String>) {
        self.correlation = correlation;
    }

    pub(super) fn set_process_id(&mut self, process_id: &str) {
        process_id.clone_into(&mut self.process_id);
    }

    /// When the last one came.
    pub(super) fn last_time(&self) -> Timestamp {
        self.last_time
    }

    /// What is not in the log yet, the oldest first.
    pub(super) fn unpublished(&self) -> impl Iterator<Item = &QueuedEvent> {
        self.waiting.iter().filter(|queued| queued.number > self.published)
    }

    pub(super) fn published(&mut self, number: u64, rules: &Rules) {
        self.published = self.published.max(number.min(self.last));
        self.drop_typing();
        if !rules.has_callback {
            self.called = self.called.max(self.published);
        }
        self.forget();
    }

    /// The event to be called back next, if it may be now, or else when.
    pub(super) fn to_call(&self, rules: &Rules) -> Option<(Timestamp, &QueuedEvent)> {
        if !rules.has_callback {
            return None;
        }
        let next = self.waiting.iter().find(|queued| queued.number > self.called && queued.number <= self.published)?;
        Some((self.not_before, next))
    }

    /// Why the event that is next will not be called back, if nobody tries any more.
    pub(super) fn given_up(&self) -> Option<&str> {
        self.given_up.as_deref()
    }

    pub(super) fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Somebody calls the next event back from now on. To be stored before it is done, so that a call that was cut short
    /// counts as well. Returns how often it was tried before.
    pub(super) fn try_next(&mut self, now: Timestamp) -> u32 {
        let before = self.attempts;
        self.attempts = before.saturating_add(1);
        self.first_tried.get_or_insert(now);
        before
    }

    pub(super) fn called(&mut self, number: u64, outcome: CallbackOutcome, chance: f64, now: Timestamp, rules: &Rules) {
        // Typing that is over was dropped meanwhile: its outcome is not that of what is next.
        if self.next_to_call() != Some(number) {
            return;
        }
        match outcome {
            CallbackOutcome::Accepted => self.done(number),
            CallbackOutcome::Refused(why) => self.given_up = Some(why),
            CallbackOutcome::Retry(after, why) => {
                let first = *self.first_tried.get_or_insert(now);
                match rules.retries.next(self.attempts, after, chance, first, now) {
                    Some(at) => self.not_before = at,
                    None => self.given_up = Some(why),
                }
            }
        }
    }

    /// Nothing is left to do about it.
    pub(super) fn done(&mut self, number: u64) {
        if number <= self.called {
            return;
        }
        self.called = number;
        self.reset_attempts();
        self.forget();
    }

    fn forget(&mut self) {
        let done = self.called.min(self.published);
        while self.waiting.front().is_some_and(|queued| queued.number <= done) {
            self.waiting.pop_front();
        }
    }
}

/// None of these types can fail to be written: their keys are text, and their numbers finite or `null`.
fn written(event: &Event) -> Option<Box<RawValue>> {
    serde_json::value::to_raw_value(event).ok()
}
