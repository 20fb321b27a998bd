//! All that concerns one recipient: the handover, and what waits on either side of it. Pure: no I/O, no clock and no
//! chance of its own.
//!
//! ```text
//! events ──▶ Seen ──▶ Handover ──▶ Feed ──▶ log, callback          messages ──▶ Outbox ──▶ contact center
//! ```
//!
//! It is one record of the [store](crate::store), changed by compare-and-set, so what belongs together changes
//! together: an event is taken and its consequences wait, or neither. Whoever works on it takes a [`Turn`] first, which
//! is stored before anything is done; a turn that nobody ended was cut short, and what it was about is in doubt.

mod feed;
mod outbox;
mod replies;
mod rules;
mod seen;
mod turn;

pub use self::feed::{CallbackOutcome, Event, Told};
pub use self::outbox::{DeliveryOutcome, Found, Item, MOST_BYTES, MOST_REQUESTS, Reason};
pub use self::replies::{Replied, Reply};
pub use self::rules::{DOUBT, REQUEST_TIMEOUT, Retries, Rules, TURN};
pub use self::seen::{Origin, Refused, Source};
pub use self::turn::{DeadContent, DeadLetter, Lane, Task, Turn};

use self::feed::Feed;
use self::outbox::Outbox;
use self::replies::Replies;
use self::seen::Seen;
use handover_host::contract::{
    AgentEvent, AgentMessage, Delivery, DeliveryReceipt, EndReason, EventKind, FailureReason, LeaveReason,
    MessageReceipt, Outbound, OutboundMessage, ProviderRequest, ReceiptOutcome, ReceiptStatus, Timestamp,
};
use handover_host::handover::{AlreadyInProgress, Handover, State, Step};
use serde::{Deserialize, Serialize};

/// Milliseconds between a reason to observe and the observation: what comes in between is asked together.
const SOON: u64 = 1_000;

/// All that concerns one recipient of one connection. To be stored as it is.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Mailbox {
    /// Unique among all mailboxes that ever were: the beginning of every id that is made here.
    tag: String,
    recipient: String,
    handover: Option<Handover>,
    /// The contact center's ids of the conversations that it had, the latest last.
    conversations: Vec<String>,
    /// The time of the last part of the last message that was sent.
    spoken: Timestamp,
    /// The latest time at which it was worked on.
    #[serde(default)]
    latest: Timestamp,
    /// Counts the messages that were sent.
    messages: u64,
    observe: Option<Timestamp>,
    /// When something happened last that is a reason to observe and was not observed since.
    reason_to_observe: Option<Timestamp>,
    /// Since when the contact center says that there is nothing to observe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unobservable: Option<Timestamp>,
    seen: Seen,
    replies: Replies,
    outbox: Outbox,
    feed: Feed,
    turns: turn::Turns,
    /// Whose work the ids are that are made from now on.
    #[serde(skip)]
    maker: String,
}

/// Milliseconds by which the clocks of gateways may differ: a greater step back is a clock that was set.
const CLOCKS_DIFFER: u64 = 10_000;
/// Milliseconds that a leave waits for the id of a conversation that there is, or may be.
const WAIT_FOR_CONVERSATION: u64 = 30_000;
/// Milliseconds until a poll that showed an end that may be the previous handover's is repeated.
const ASK_AGAIN: u64 = 5_000;

/// Too much waits already. It can be tried again when some of it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too much waits for this recipient already; try again later")]
pub struct Full;

/// It is more than there is ever room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("more than a recipient has room for: {MOST_REQUESTS} messages to the contact center, or {MOST_BYTES} bytes")]
pub struct TooLarge;

/// Why there is no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRoom {
    /// There will be, when some of what waits is done.
    #[error(transparent)]
    Full(#[from] Full),
    /// There never will be.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
}

/// Why nothing can be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no handover is in progress; begin one first")]
pub struct NoHandover;

/// Why a handover cannot begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotBegun {
    /// Another one has not ended.
    #[error(transparent)]
    AlreadyInProgress(#[from] AlreadyInProgress),
}

/// Why events are not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    /// They are not to be believed.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// There is no room.
    #[error(transparent)]
    NoRoom(#[from] NoRoom),
}

/// How many events of a webhook were news, and how many repeats.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Never taken before.
    pub new: usize,
    /// Taken before, from this source or another.
    pub repeated: usize,
}

impl Mailbox {
    /// An empty one. `tag`: 1 to 40 letters, digits and hyphens that no other mailbox has, nor ever had.
    #[must_use]
    pub fn new(tag: String, recipient: String) -> Self {
        Self {
            tag,
            recipient,
            handover: None,
            conversations: Vec::new(),
            spoken: 0,
            latest: 0,
            messages: 0,
            observe: None,
            reason_to_observe: None,
            unobservable: None,
            seen: Seen::default(),
            replies: Replies::default(),
            outbox: Outbox::default(),
            feed: Feed::default(),
            turns: turn::Turns::default(),
            maker: String::new(),
        }
    }

    /// Whoever works on it from now on. It is part of the ids that are made: a store that goes on from an older copy
    /// counts again from there, and no other message or event may get an id that one had before. At most 40 letters,
    /// digits and hyphens. Not stored.
    pub fn made_by(&mut self, maker: &str) {
        maker.clone_into(&mut self.maker);
        self.feed.made_by(maker);
    }

    /// What no other mailbox has, nor ever had: its events are counted by it.
    #[must_use]
    pub fn tag(&self) -> &str {
        &self.tag
    }

    /// Whose it is: the user's address in the contact center.
    #[must_use]
    pub fn recipient(&self) -> &str {
        &self.recipient
    }

    /// Whether something waits to be delivered, called back or written into the log.
    #[must_use]
    pub fn has_something_to_do(&self) -> bool {
        self.outbox.peek().is_some() || self.feed.has_something_to_do()
    }

    /// The handover in progress, or the last one.
    #[must_use]
    pub fn handover(&self) -> Option<&Handover> {
        self.handover.as_ref()
    }

    /// The contact center's ids of the conversations that it had, the latest last; a bounded number.
    #[must_use]
    pub fn conversations(&self) -> &[String] {
        &self.conversations
    }

    /// The id of an event: the same for the same event, and no other has it.
    #[must_use]
    pub fn event_id(&self, told: &Told) -> String {
        format!("{}-e{}{}", self.tag, told.number, suffix(&told.maker))
    }

    /// Events that come from now on were brought by the request of this id, of at most 64 bytes. Not stored.
    pub fn correlate(&mut self, correlation: Option<String>) {
        self.feed.correlate(correlation);
    }

    /// What the platform was answered to the request of this key, and what it had asked.
    #[must_use]
    pub fn reply(&self, key: &str, now: Timestamp) -> Option<&Reply> {
        self.replies.get(key, now)
    }

    /// Keeps an answer, so that the same request gets it again.
    pub fn replied(&mut self, key: &str, reply: Reply, now: Timestamp) {
        self.replies.put(key, reply, now);
    }

    /// The number of the next handover, and the lines that its agents know already.
    #[must_use]
    pub fn next_handover(&self) -> (u32, Option<Timestamp>) {
        self.handover.as_ref().map_or((1, None), |handover| (handover.next_number(), handover.delivered_until()))
    }

    /// A message of the platform's with its id and its time, which grows from message to message. It counts only when
    /// it is [sent](Self::send).
    #[must_use]
    pub fn outbound(&self, message: OutboundMessage, now: Timestamp) -> Outbound {
        let number = self.messages.saturating_add(1);
        let id = format!("{}.{number}{}", self.tag, suffix(&self.maker));
        Outbound { id, time: now.max(self.spoken.saturating_add(1)), message }
    }

    /// To be called before anything else with a mailbox that was read. If the clock went back since it was written, what
    /// waits for a time waits as long as it was to, and not until the clock is there again. Returns whether it went back;
    /// the mailbox must be stored then, or it would wait anew from each time that it is read.
    pub fn notice_time(&mut self, now: Timestamp) -> bool {
        let back = self.latest.saturating_sub(now);
        let went_back = back > CLOCKS_DIFFER;
        if went_back {
            for at in [&mut self.observe, &mut self.reason_to_observe, &mut self.unobservable].into_iter().flatten() {
                *at = at.saturating_sub(back);
            }
            self.outbox.step_back(back);
            self.feed.step_back(back);
            self.turns.step_back(back);
            if let Some(handover) = &mut self.handover {
                handover.step_back(back, now);
            }
            self.latest = now;
        }
        self.latest = self.latest.max(now);
        went_back
    }

    /// Begins a handover. What was said after the end of the last one, and held, is told now.
    ///
    /// # Errors
    /// One is in progress.
    pub fn begin(&mut self, now: Timestamp, rules: &Rules) -> Result<u32, NotBegun> {
        let (number, _) = self.next_handover();
        let mut next = Handover::begin(number, now, rules.policy.clone(), self.handover.as_ref())?;
        // The first event of every handover.
        let waiting = next.begin_waiting();
        self.succeed(next, waiting.into_iter().collect(), now, rules);
        Ok(number)
    }

    /// Another handover takes the place of the last one. What waits still for that one keeps its conversation.
    fn succeed(&mut self, next: Handover, first: Vec<Step>, now: Timestamp, rules: &Rules) {
        if let Some(last) = &self.handover {
            self.outbox.outlive(last);
        }
        let number = next.number();
        self.handover = Some(next);
        self.act(first, now, rules);
        self.feed.release(number, now);
        self.observe = rules.observe_after(now);
        (self.reason_to_observe, self.unobservable) = (None, None);
    }

    /// Takes a message into the outbox: the requests that it was built to, or, without any, the message itself, to be
    /// built when what is before it has been delivered.
    ///
    /// # Errors
    /// No handover is in progress, or too much waits.
    pub fn send(
        &mut self,
        outbound: &Outbound,
        requests: Option<Vec<ProviderRequest>>,
        now: Timestamp,
    ) -> Result<(), SendError> {
        // What became of an agent's message can be known after the end only.
        let is_receipt = matches!(outbound.message, OutboundMessage::Receipt(_));
        let Some(handover) = self.handover.as_mut().filter(|handover| is_receipt || is_open(handover)) else {
            return Err(NoHandover.into());
        };
        let parts = requests.as_ref().map_or(1, Vec::len);
        self.outbox.push(outbound, requests, handover.number(), now)?;
        if matches!(
            outbound.message,
            OutboundMessage::Text(_) | OutboundMessage::Attachment(_) | OutboundMessage::Answer(_)
        ) {
            handover.user_spoke(now);
        }
        self.count(outbound, parts);
        Ok(())
    }

    /// Puts a request that was given up last of what waits, the same bytes; once, however often it is asked for.
    ///
    /// # Errors
    /// Its handover is over, or it was never built; or too much waits.
    pub fn redrive(&mut self, letter: &DeadLetter, now: Timestamp) -> Result<(), SendError> {
        let DeadContent::Outbound { handover, message, request: Some(request), reason, .. } = &letter.content else {
            return Err(NoHandover.into());
        };
        let open = self.handover.as_ref().filter(|open| is_open(open) && open.number() == *handover);
        open.ok_or(NoHandover)?;
        // No idempotency key has a blank in it.
        let key = format!("redrive {}", letter.id);
        if self.replies.get(&key, now).is_none() {
            self.outbox.redrive(message, request, reason, *handover, now)?;
            let reply = Reply { asked: String::new(), replied: Replied::Sent(message.clone()) };
            self.replies.put(&key, reply, now);
        }
        Ok(())
    }

    /// The user's side ends the handover.
    ///
    /// # Errors
    /// No handover is in progress.
    pub fn leave(&mut self, reason: LeaveReason, now: Timestamp, rules: &Rules) -> Result<(), NoHandover> {
        let Some(handover) = self.handover.as_mut().filter(|handover| is_open(handover)) else {
            return Err(NoHandover);
        };
        let steps = handover.leave(reason, now);
        self.act(steps, now, rules);
        Ok(())
    }

    /// Takes the events of one webhook: all of them, or none.
    ///
    /// # Errors
    /// One is too old, or contradicts what was taken before; or too much waits.
    pub fn take_in(
        &mut self,
        events: &[AgentEvent],
        origin: &Origin,
        now: Timestamp,
        rules: &Rules,
    ) -> Result<Taken, NotTaken> {
        self.seen.admit(events, origin, now, rules)?;
        self.feed.admit(events)?;
        let mut taken = Taken::default();
        for event in events {
            if self.seen.take(event, origin, now, rules) {
                taken.new += 1;
                self.apply(event, now, rules);
            } else {
                taken.repeated += 1;
            }
        }
        Ok(taken)
    }

    /// The whole answer of an observation of the conversation with the thread of this number, which was asked at this time.
    pub fn observed(&mut self, thread: u32, events: &[AgentEvent], asked: Timestamp, now: Timestamp, rules: &Rules) {
        self.unobservable = None;
        let has_room = self.feed.admit(events).is_ok();
        let Some(handover) = self.handover.as_mut().filter(|handover| handover.thread() == thread) else { return };
        if !has_room {
            // Nothing of it is taken: it is asked for again when some of what waits is done.
            self.observe = self.observe.and(rules.observe_after(now));
            return;
        }
        if is_open(handover) {
            // What has happened since it was asked may not be in the answer.
            self.reason_to_observe = self.reason_to_observe.filter(|reason| *reason >= asked);
            let soon = self.reason_to_observe.map(|reason| reason.saturating_add(SOON));
            self.observe = soon.or(rules.observe_after(now));
        }
        // What was told before is not told again; who is there is a fact each time.
        let told =
            |kind: &EventKind| matches!(kind, EventKind::Message(_) | EventKind::Receipt(_) | EventKind::Typing(_));
        let origin = Origin::observation();
        let fresh: Vec<AgentEvent> = events
            .iter()
            .filter(|event| !told(&event.kind) || self.seen.take(event, &origin, now, rules))
            .cloned()
            .collect();
        let steps = handover.observed(&fresh, asked);
        let undecided = is_open(handover) && fresh.iter().any(|event| matches!(event.kind, EventKind::Ended(_)));
        self.act(steps, now, rules);
        if undecided {
            let again = now.saturating_add(ASK_AGAIN);
            self.observe = self.observe.map(|at| at.min(again));
        }
    }

    /// The contact center will never answer an observation of the conversation with the thread of this number. A handover
    /// that cannot be observed for as long as anything is tried has nobody any more.
    pub fn unobservable(&mut self, thread: u32, now: Timestamp, rules: &Rules) {
        let Some(handover) = self.handover.as_mut().filter(|handover| handover.thread() == thread) else { return };
        if !is_open(handover) {
            return;
        }
        self.observe = rules.observe_after(now);
        self.reason_to_observe = None;
        let since = *self.unobservable.get_or_insert(now);
        if now.saturating_sub(since) >= rules.retries.give_up {
            let steps = handover.failed("the contact center knows nothing of the conversation any more", now);
            self.act(steps, now, rules);
        }
    }

    /// Another time for the next observation, if there is to be one still.
    pub fn observe_at(&mut self, at: Timestamp) {
        self.observe = self.observe.map(|_| at);
    }

    /// The contact center took a request, or was found to have it.
    fn arrived(&mut self, item: &Item, delivery: &Delivery, now: Timestamp) {
        match self.handover.as_mut().filter(|handover| handover.number() == item.handover()) {
            Some(handover) => {
                handover.delivered(delivery, now);
                if let Some(until) = item.tells_until() {
                    handover.told(until);
                }
            }
            None => self.outbox.arrived(item.handover(), delivery.conversation_id.as_deref()),
        }
        if let Some(conversation) = &delivery.conversation_id {
            self.had(&conversation.clone());
        }
    }

    /// A request will never be delivered: the platform hears of it, and a handover that cannot begin is over.
    fn undeliverable(&mut self, item: &Item, why: &str, now: Timestamp, rules: &Rules) {
        let number = item.handover();
        if item.may_have_arrived() {
            match self.handover.as_mut().filter(|handover| handover.number() == number) {
                Some(handover) => handover.perhaps_delivered(),
                None => self.outbox.arrived(number, None),
            }
        }
        if item.counts() {
            self.feed.push(Event::Receipt(failed(item.message(), why)), number, now);
        }
        if item.starts()
            && let Some(handover) = self.handover.as_mut().filter(|handover| handover.number() == number)
        {
            let mut steps = handover.failed("the contact center did not take the handover", now);
            // It has a part of it: agents are not to wait for somebody who is not there.
            if handover.conversation().is_some() && !steps.is_empty() {
                steps.insert(0, Step::Leave(LeaveReason::Withdrawn));
            }
            self.act(steps, now, rules);
        }
    }

    /// An event was given up that the platform should have been told: if it is an agent's message, the agent hears of it
    /// while the handover lasts.
    fn not_shown(&mut self, told: &Told, now: Timestamp) {
        if let Some(message) = told.message() {
            let receipt =
                DeliveryReceipt { message_id: message, outcome: ReceiptOutcome::Failed(FailureReason::Other) };
            let outbound = self.outbound(OutboundMessage::Receipt(receipt), now);
            // Where too much waits already, the agent hears nothing, as of a receipt that is not delivered.
            if self.outbox.push(&outbound, None, told.handover, now).is_ok() {
                self.count(&outbound, 1);
            }
        }
    }

    fn apply(&mut self, event: &AgentEvent, now: Timestamp, rules: &Rules) {
        if let EventKind::Receipt(receipt) = &event.kind {
            self.outbox.receipt(receipt);
        }
        let Some(handover) = self.handover.as_mut() else { return };
        let steps = handover.apply(event, now);
        if let Some(conversation) = &event.conversation_id {
            self.had(conversation);
        }
        self.act(steps, now, rules);
    }

    fn act(&mut self, steps: Vec<Step>, now: Timestamp, rules: &Rules) {
        for step in steps {
            let Some(handover) = &self.handover else { return };
            let number = handover.number();
            match step {
                Step::Queued(state) => self.feed.push(Event::Queued(state), number, now),
                Step::AgentJoined(agent) => self.feed.push(Event::AgentJoined(agent), number, now),
                Step::AgentNamed(agent) => self.feed.push(Event::AgentNamed(agent), number, now),
                Step::AgentLeft(agent) => self.feed.push(Event::AgentLeft(agent), number, now),
                Step::Transferred(agent) => self.feed.push(Event::Transferred(agent), number, now),
                Step::Message(message) => self.feed.push(Event::Message(message), number, now),
                Step::LateMessage(message) => self.feed.push(Event::LateMessage(message), number, now),
                Step::HoldMessage(message) => self.feed.hold(&message, number, now),
                Step::Typing(milliseconds) => self.feed.push(Event::Typing(milliseconds), number, now),
                Step::Receipt(receipt) => self.feed.push(Event::Receipt(receipt), number, now),
                Step::Reopen(message) => self.reopen(message, number, now, rules),
                Step::Observe => {
                    let soon = now.saturating_add(SOON);
                    self.observe = Some(self.observe.map_or(soon, |at| at.min(soon)));
                    self.reason_to_observe = Some(now);
                }
                Step::Leave(reason) => {
                    // Nobody needs what has not been delivered yet: the start and the leave cancel out.
                    if handover.is_unknown_to_the_contact_center() {
                        self.outbox.withdraw(number);
                    }
                    let outbound = self.outbound(OutboundMessage::Leave(reason), now);
                    self.count(&outbound, 1);
                    self.outbox.push_always(&outbound, number, now);
                }
                Step::Ended(reason) => self.end(reason, number, now),
            }
        }
    }

    fn end(&mut self, reason: EndReason, number: u32, now: Timestamp) {
        (self.observe, self.reason_to_observe) = (None, None);
        self.feed.push(Event::Ended(reason), number, now);
    }

    /// An agent wrote after the end, and the operator wants another handover for it.
    fn reopen(&mut self, message: AgentMessage, ended: u32, now: Timestamp, rules: &Rules) {
        // The one that the message named, or the last.
        let conversation = self.conversations.last().cloned();
        let next = self.handover.as_ref().map(|last| last.reopen(now, rules.policy.clone(), conversation));
        let Some(Ok(next)) = next else { return self.feed.push(Event::LateMessage(message), ended, now) };
        let number = next.number();
        self.succeed(next, Vec::new(), now, rules);
        self.feed.push(Event::Reopened, number, now);
        self.feed.push(Event::Message(message), number, now);
    }

    /// Its parts follow one another by a millisecond each.
    fn count(&mut self, outbound: &Outbound, parts: usize) {
        self.messages = self.messages.saturating_add(1);
        let further = u64::try_from(parts.saturating_sub(1)).unwrap_or(0);
        self.spoken = self.spoken.max(outbound.time.saturating_add(further));
    }

    fn had(&mut self, conversation: &str) {
        /// What comes late for an older one names the recipient besides, mostly.
        const MOST: usize = 20;
        if self.conversations.last().is_some_and(|last| last == conversation) {
            return;
        }
        self.conversations.retain(|known| known != conversation);
        self.conversations.push(conversation.to_owned());
        if self.conversations.len() > MOST {
            self.conversations.remove(0);
        }
    }
}

/// Why a message is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// There is nobody to send it to.
    #[error(transparent)]
    NoHandover(#[from] NoHandover),
    /// There is no room.
    #[error(transparent)]
    NoRoom(#[from] NoRoom),
}

fn suffix(maker: &str) -> String {
    if maker.is_empty() { String::new() } else { format!("-{maker}") }
}

fn is_open(handover: &Handover) -> bool {
    !matches!(handover.state(), State::Ended(_))
}

fn failed(message: &str, why: &str) -> MessageReceipt {
    MessageReceipt { message_id: message.to_owned(), status: ReceiptStatus::Failed(vec![why.to_owned()]), final_: true }
}
