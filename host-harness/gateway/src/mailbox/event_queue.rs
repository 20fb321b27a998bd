//! Events for the platform: first for the log, then for the callback if there is one.

use super::capacity::{Full, NoRoom, TooLarge};
use super::rules::CallbackRules;
use handover_host::contract::{
    Agent, AgentEvent, AgentMessage, EndReason, EventKind, HandoverOutcome, MessageReceipt, QueueState,
    SurveyInvitation, Timestamp,
};
use handover_host::handover::InactivityPrompt;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::{BTreeMap, VecDeque};

/// The maximum number of entries in a queue, and the maximum size of all of them in bytes.
const MAX_ENTRIES: usize = 256;
const MAX_BYTES: usize = 192 << 10;
/// The stored bytes of an entry in addition to the event.
const OVERHEAD: usize = 180;
/// The maximum number of messages held for the next handover, and the maximum size of all of them in bytes. Beyond
/// that, the oldest messages are queued as late messages.
const MAX_HELD: usize = 20;
const MAX_HELD_BYTES: usize = 32 << 10;

/// Messages in the user's language, by their ids.
pub(crate) type Translations = BTreeMap<String, AgentMessage>;

/// A message to display: of an agent or a bot, in the user's language if the gateway has a translation.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub struct DisplayedMessage {
    /// The message.
    #[serde(flatten)]
    pub message: AgentMessage,
    /// The plain text before its translation. Absent if it was not translated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub original_text: Option<String>,
}

/// An event for the platform.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case", tag = "type", content = "data")]
pub enum Event {
    /// The user waits in the queue.
    Queued(QueueState),
    /// An agent joined.
    AgentJoined(Agent),
    /// The name of an agent who joined without one.
    AgentNamed(Agent),
    /// An agent left. Others may still be present or join.
    AgentLeft(Agent),
    /// An agent transferred the user. Another agent will join.
    Transferred(Agent),
    /// A message to display.
    Message(DisplayedMessage),
    /// A message to display that an agent wrote after the end, or whose webhook was lost during the handover.
    LateMessage(DisplayedMessage),
    /// An agent is typing, for this many milliseconds from the event's time.
    Typing(u32),
    /// A receipt for a message of the platform.
    Receipt(MessageReceipt),
    /// The user has been silent for a time that the operator configured. The platform may ask whether the user is still there.
    InactivityPrompt(InactivityPrompt),
    /// An agent wrote after the end, and another handover started.
    Reopened,
    /// An agent wrote to a user who never had a handover, and one started.
    BegunByAgent,
    /// The handover ended.
    Ended(EndReason),
    /// What the last agent recorded about the handover, after the end. At most once for each handover.
    Outcome(HandoverOutcome),
    /// An invitation to a survey of the contact center, which the platform requested.
    Survey(SurveyInvitation),
}

/// A queued event.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct QueuedEvent {
    /// The number of the event among the recipient's events, counted from 1.
    #[serde(rename = "n")]
    pub number: u64,
    /// The number of the handover; 0 if it belongs to none.
    #[serde(rename = "h")]
    pub handover: u32,
    /// The time at which the gateway accepted it.
    #[serde(rename = "t")]
    pub time: Timestamp,
    /// The id of the request that caused it.
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    pub correlation: Option<String>,
    /// The id of the process that queued it, which is a part of the event's id.
    #[serde(rename = "m", default, skip_serializing_if = "String::is_empty")]
    pub process_id: String,
    /// The [`Event`] as JSON.
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
    /// Returns whether the event is typing.
    pub(crate) fn is_typing(&self) -> bool {
        // `Event` is serialized with its type first.
        self.event.get().starts_with(r#"{"type":"typing""#)
    }

    /// Returns whether the event is typing that has ended by now.
    pub(crate) fn is_over(&self, now: Timestamp) -> bool {
        #[derive(Deserialize)]
        struct Typing {
            data: u32,
        }
        let lasts = self.is_typing().then(|| serde_json::from_str::<Typing>(self.event.get()).ok()).flatten();
        lasts.is_some_and(|typing| self.time.saturating_add(u64::from(typing.data)) < now)
    }

    /// Returns the id of the agent's message, if the event is one.
    pub(crate) fn message(&self) -> Option<String> {
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

/// The outcome of a callback attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallbackOutcome {
    /// The platform accepted the event.
    Accepted,
    /// Try again, after this many seconds if the platform requested a delay. Contains why the attempt failed.
    Retry(Option<u32>, String),
    /// The platform will never accept the event, for this reason.
    Refused(String),
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct EventQueue {
    /// The number and the time of the last event.
    last: u64,
    last_time: Timestamp,
    /// The id of the request that causes the next events.
    #[serde(skip)]
    correlation: Option<String>,
    /// The process that queues the next events.
    #[serde(skip)]
    process_id: String,
    /// The messages of the next events in the user's language.
    #[serde(skip)]
    translations: Translations,
    /// The last event in the log.
    published: u64,
    /// The last event that the platform accepted or that was given up.
    called: u64,
    waiting: VecDeque<QueuedEvent>,
    /// Messages of agents, held for the next handover.
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
    /// Checks that the queue has room for these events. Typing needs none: it is dropped instead.
    pub(crate) fn admit(&self, events: &[AgentEvent]) -> Result<(), NoRoom> {
        let matters = |event: &&AgentEvent| !matches!(event.kind, EventKind::Ignored(_) | EventKind::Typing(_));
        let size = |event: &AgentEvent| serde_json::to_vec(&event.kind).map_or(0, |bytes| bytes.len() + OVERHEAD);
        let sizes: Vec<usize> = events.iter().filter(matters).map(size).collect();
        let more: usize = sizes.iter().sum();
        if sizes.len() > MAX_ENTRIES || more > MAX_BYTES {
            return Err(TooLarge.into());
        }
        // A translation never makes a message too large for good.
        let translation = |event: &AgentEvent| match &event.kind {
            EventKind::Message(message) => self.translations.get(&message.id).map(serde_json::to_vec),
            _ => None,
        };
        let translated: usize = events.iter().filter_map(translation).flatten().map(|bytes| bytes.len()).sum();
        let more = (more + translated).min(MAX_BYTES);
        let fits = self.waiting.len() + sizes.len() <= MAX_ENTRIES && self.waiting_bytes() + more <= MAX_BYTES;
        if sizes.is_empty() || fits { Ok(()) } else { Err(Full.into()) }
    }

    fn waiting_bytes(&self) -> usize {
        self.waiting.iter().map(|queued| queued.event.get().len() + OVERHEAD).sum()
    }

    pub(crate) fn push(&mut self, event: Event, handover: u32, time: Timestamp) {
        let is_typing = matches!(event, Event::Typing(_));
        let Some(event) = written(&event) else { return };
        if is_typing && (self.waiting.len() >= MAX_ENTRIES || self.waiting_bytes() >= MAX_BYTES) {
            return;
        }
        // A newer typing event replaces one that is not in the log yet.
        let published = self.published;
        let waiting =
            self.waiting.back_mut().filter(|queued| is_typing && queued.is_typing() && queued.number > published);
        match waiting {
            Some(queued) if queued.handover == handover => (queued.event, queued.time) = (event, time),
            _ => self.push_written(event, handover, time),
        }
        self.drop_typing();
    }

    /// Queues an event that belongs to no handover. It is serialized like an [`Event`].
    pub(crate) fn push_event(&mut self, event: &impl Serialize, time: Timestamp) {
        if let Ok(event) = serde_json::value::to_raw_value(event) {
            self.push_written(event, 0, time);
        }
    }

    /// Drops typing that another event follows. Typing that is not in the log yet stays, because its number is assigned
    /// and numbers have no gaps.
    fn drop_typing(&mut self) {
        let (last, published) = (self.last, self.published);
        let tried = self.next_to_call();
        self.waiting.retain(|queued| !queued.is_typing() || queued.number == last || queued.number > published);
        // Attempts are counted per event.
        if self.next_to_call() != tried {
            self.reset_attempts();
        }
    }

    /// Returns the number of the next event for the callback, in the log or not.
    pub(crate) fn next_to_call(&self) -> Option<u64> {
        self.waiting.iter().map(|queued| queued.number).find(|number| *number > self.called)
    }

    /// Forgets the attempts of the last event.
    fn reset_attempts(&mut self) {
        (self.attempts, self.first_tried, self.not_before, self.given_up) = (0, None, 0, None);
    }

    /// Moves all times back with the clock.
    pub(crate) fn step_back(&mut self, back: u64) {
        self.last_time = self.last_time.saturating_sub(back);
        self.first_tried = self.first_tried.map(|at| at.saturating_sub(back));
        self.not_before = self.not_before.saturating_sub(back);
    }

    /// Returns whether any event waits for the log or the callback.
    pub(crate) fn has_work(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Returns whether messages are held for the next handover.
    pub(crate) fn holds_messages(&self) -> bool {
        !self.held.is_empty()
    }

    /// Queues the held messages as late, because there is no next handover.
    pub(crate) fn release_late(&mut self, handover: u32, time: Timestamp) {
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

    /// Returns a message as the platform displays it.
    pub(crate) fn displayed(&self, original: AgentMessage) -> DisplayedMessage {
        match self.translations.get(&original.id).filter(|message| **message != original) {
            Some(message) => DisplayedMessage { message: message.clone(), original_text: Some(original.plain_text) },
            None => DisplayedMessage { message: original, original_text: None },
        }
    }

    /// Sets the translations of the messages of the next events.
    pub(crate) fn set_translations(&mut self, translations: Translations) {
        self.translations = translations;
    }

    /// Holds a message for the next handover. Messages that exceed the capacity are queued as late.
    pub(crate) fn hold(&mut self, message: AgentMessage, handover: u32, time: Timestamp) {
        self.held.extend(serde_json::value::to_raw_value(&self.displayed(message)).ok().map(HeldMessage));
        while self.held.len() > MAX_HELD || self.held.iter().map(HeldMessage::size).sum::<usize>() > MAX_HELD_BYTES {
            let Some(oldest) = self.held.pop_front() else { break };
            self.push_held(&oldest, "late-message", handover, time);
        }
    }

    pub(crate) fn release(&mut self, handover: u32, time: Timestamp) {
        for held in std::mem::take(&mut self.held) {
            self.push_held(&held, "message", handover, time);
        }
    }

    /// Queues a held message, serialized like an [`Event`] of this type.
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

    /// Sets the id of the request that causes the next events.
    pub(crate) fn correlate(&mut self, correlation: Option<String>) {
        self.correlation = correlation;
    }

    pub(crate) fn set_process_id(&mut self, process_id: &str) {
        process_id.clone_into(&mut self.process_id);
    }

    /// Makes the next attempts soon, because something is urgent.
    pub(crate) fn try_soon(&mut self) {
        self.not_before = 0;
        self.attempts = self.attempts.min(1);
    }

    /// Returns the time of the last event.
    pub(crate) fn last_time(&self) -> Timestamp {
        self.last_time
    }

    /// Returns the events that are not in the log yet, the oldest first.
    pub(crate) fn unpublished(&self) -> impl Iterator<Item = &QueuedEvent> {
        self.waiting.iter().filter(|queued| queued.number > self.published)
    }

    pub(crate) fn published(&mut self, number: u64, rules: CallbackRules) {
        self.published = self.published.max(number.min(self.last));
        self.drop_typing();
        if !rules.has_callback {
            self.called = self.called.max(self.published);
        }
        self.forget();
    }

    /// Returns the next event for the callback, and the time from which it may be sent.
    pub(crate) fn to_call(&self, rules: CallbackRules) -> Option<(Timestamp, &QueuedEvent)> {
        if !rules.has_callback {
            return None;
        }
        let next = self.waiting.iter().find(|queued| queued.number > self.called && queued.number <= self.published)?;
        Some((self.not_before, next))
    }

    /// Returns why the next event was given up, if it was.
    pub(crate) fn given_up(&self) -> Option<&str> {
        self.given_up.as_deref()
    }

    pub(crate) fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Records that an attempt starts. The record is stored before the attempt, so that an interrupted attempt counts.
    /// Returns the number of earlier attempts.
    pub(crate) fn try_next(&mut self, now: Timestamp) -> u32 {
        let before = self.attempts;
        self.attempts = before.saturating_add(1);
        self.first_tried.get_or_insert(now);
        before
    }

    pub(crate) fn called(
        &mut self,
        number: u64,
        outcome: CallbackOutcome,
        chance: f64,
        now: Timestamp,
        rules: CallbackRules,
    ) {
        // The event was typing and has been dropped, so this outcome does not belong to the next event.
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

    /// Removes an event that needs no further attempt.
    pub(crate) fn done(&mut self, number: u64) {
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

/// Serializes an event. It cannot fail: keys are text, and numbers are finite or `null`.
fn written(event: &Event) -> Option<Box<RawValue>> {
    serde_json::value::to_raw_value(event).ok()
}
