//! The conversation engine: assigns messages to conversations and manages participants and ends. No I/O; the time is an
//! argument. Sources: "Open Messaging API" and "Resource Center: threading timeline".

mod agent_actions;
mod conversation;
mod event;
mod message;
mod participant;
mod routing;
mod supervisors;

use std::collections::{BTreeMap, HashMap, VecDeque};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

pub(crate) use self::conversation::{Conversation, Ending, IntegrationRef, Summary, WrongPhase};
pub(crate) use self::event::{AcdOutcome, ConversationEvent, EventKind};
pub(crate) use self::message::{Customer, DeliveryState, Direction, Message, MessageType, Originator, new_message_id};
pub(crate) use self::participant::{Agent, DisconnectType, Participant, Purpose, Queue, State, SupervisorRole, WrapUp};
pub(crate) use self::routing::Routing;

/// The number of conversations that are kept. The oldest one is removed first.
const MAX_CONVERSATIONS: usize = 1_000;

/// An inbound message and its sender.
#[derive(Clone, Debug)]
pub(crate) struct Incoming {
    pub(crate) customer: Customer,
    /// `channel.metadata.customAttributes`. They are merged into the customer participant's attributes.
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) message: Message,
}

/// The result of receiving an inbound message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Received {
    pub(crate) conversation_id: String,
    /// The id of the message. For a dropped duplicate, the id of the first message.
    pub(crate) message_id: String,
    pub(crate) threading: Threading,
    /// Whether the message was dropped as a duplicate.
    pub(crate) is_duplicate: bool,
}

/// A conversation of another channel, which a flow transfers to a queue.
#[derive(Clone, Debug)]
pub(crate) struct Transfer {
    pub(crate) conversation_id: String,
    pub(crate) customer: Customer,
    /// What the flow sets with *Set Participant Data*.
    pub(crate) attributes: BTreeMap<String, String>,
    /// The id or the name of the queue. Without one, or if there is no such queue, the flow uses its own queue.
    pub(crate) queue: Option<String>,
    /// What the user and the bot said before.
    pub(crate) history: Vec<Message>,
}

/// How a message was assigned to its conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Threading {
    /// It opened a new conversation.
    Opened,
    /// It was added to the connected conversation.
    Joined,
    /// It reopened a conversation that had ended within the threading window.
    Reopened,
}

/// The settings of the conversation engine.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    /// The time after its end within which a conversation can be reopened. Zero: never.
    pub(crate) threading_window: SignedDuration,
    /// Whether a message with a repeated `channel.messageId` is dropped.
    pub(crate) drop_duplicates: bool,
    /// The queue to which the inbound message flow transfers, unless the customer requests one of `other_queues`.
    pub(crate) flow_queue: Queue,
    /// The other queues.
    pub(crate) other_queues: Vec<Queue>,
}

impl Rules {
    /// Returns the queue that the inbound message flow selects: the one in the customer's attribute `queueId`, which
    /// flows of several vendors read, or the flow's own queue.
    fn queue_for(&self, conversation: &Conversation) -> &Queue {
        let requested = conversation.attributes().and_then(|attributes| attributes.get("queueId"));
        requested.and_then(|id| self.queue(id)).unwrap_or(&self.flow_queue)
    }

    /// Returns the queue with this id.
    pub(crate) fn queue(&self, id: &str) -> Option<&Queue> {
        self.queues().find(|queue| queue.id == id)
    }

    /// Returns all queues.
    pub(crate) fn queues(&self) -> impl Iterator<Item = &Queue> {
        std::iter::once(&self.flow_queue).chain(&self.other_queues)
    }
}

/// The key that assigns a message to a conversation: the integration's id and the customer's id.
type ThreadKey = (String, String);

/// All conversations.
#[derive(Debug)]
pub(crate) struct Conversations {
    rules: Rules,
    by_id: HashMap<String, Conversation>,
    /// The ids of the conversations, oldest first.
    order: VecDeque<String>,
    threads: HashMap<ThreadKey, String>,
    /// The ids of the conversations that may have unpublished events.
    changed: Vec<String>,
}

impl Conversations {
    /// Creates an engine without conversations.
    pub(crate) fn new(rules: Rules) -> Self {
        Self { rules, by_id: HashMap::new(), order: VecDeque::new(), threads: HashMap::new(), changed: Vec::new() }
    }

    /// Returns the settings.
    pub(crate) fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Returns the settings for changes.
    pub(crate) fn rules_mut(&mut self) -> &mut Rules {
        &mut self.rules
    }

    /// Returns the conversation with this id.
    pub(crate) fn get(&self, id: &str) -> Option<&Conversation> {
        self.by_id.get(id)
    }

    /// Returns the conversation with this id for changes. [`Conversations::publish`] then publishes its events.
    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut Conversation> {
        let conversation = self.by_id.get_mut(id)?;
        self.changed.push(id.to_owned());
        Some(conversation)
    }

    /// Calls `publish` with each conversation that has unpublished events, and with these events.
    pub(crate) fn publish(&mut self, mut publish: impl FnMut(&mut Conversation, Vec<ConversationEvent>)) {
        for id in std::mem::take(&mut self.changed) {
            if let Some(conversation) = self.by_id.get_mut(&id) {
                let unpublished = conversation.take_unpublished();
                if !unpublished.is_empty() {
                    publish(conversation, unpublished);
                }
            }
        }
    }

    /// Returns all conversations, oldest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Conversation> {
        self.order.iter().filter_map(|id| self.by_id.get(id))
    }

    /// Returns the conversations that wait in a queue, oldest first, with the id of the queue and the beginning of the wait.
    pub(crate) fn waiting(&self) -> impl Iterator<Item = (&Conversation, &str, Timestamp)> {
        self.iter().filter_map(|conversation| {
            let (queue_id, since) = conversation.waits_in()?;
            Some((conversation, queue_id, since))
        })
    }

    /// Returns the conversations that wait in a queue, in the order in which agents will get them ("Resource Center:
    /// priority in a queue": a point of priority is worth a minute).
    pub(crate) fn ranked(&self, queue_id: &str) -> Vec<&Conversation> {
        let of_queue = self.waiting().filter(|(_, id, _)| *id == queue_id);
        let rank = |(conversation, _, since): (_, _, Timestamp)| {
            let conversation: &Conversation = conversation;
            let bonus = conversation.routing.priority.unwrap_or(0).saturating_mul(60_000);
            (since.as_millisecond().saturating_sub(bonus), conversation)
        };
        let mut ranked: Vec<_> = of_queue.map(rank).collect();
        ranked.sort_by_key(|(rank, _)| *rank);
        ranked.into_iter().map(|(_, conversation)| conversation).collect()
    }

    /// Returns the customer's conversation that has not ended.
    pub(crate) fn connected(&self, integration_id: &str, customer_id: &str) -> Option<&Conversation> {
        let id = self.threads.get(&(integration_id.to_owned(), customer_id.to_owned()))?;
        self.by_id.get(id).filter(|conversation| conversation.ended_at.is_none())
    }

    /// Adds an inbound message to the customer's connected conversation. If there is none, reopens the conversation
    /// that ended within the threading window, or opens a new one.
    pub(crate) fn receive(&mut self, integration: &IntegrationRef, incoming: Incoming, now: Timestamp) -> Received {
        let Incoming { customer, attributes, message } = incoming;
        let key = (integration.id.clone(), customer.id.clone());
        if let Some(duplicate) = self.duplicate(&key, &message) {
            return duplicate;
        }
        let (mut conversation, threading) = match self.remove(&key, now) {
            Some(conversation) if conversation.ended_at.is_none() => (conversation, Threading::Joined),
            Some(conversation) => (conversation, Threading::Reopened),
            None => (Conversation::new(integration, &customer, now), Threading::Opened),
        };
        let received = Received {
            conversation_id: conversation.id.clone(),
            message_id: message.id.clone(),
            threading,
            is_duplicate: false,
        };
        conversation.update_customer(customer, attributes);
        match threading {
            Threading::Joined => {}
            Threading::Opened | Threading::Reopened => {
                let queue = self.rules.queue_for(&conversation);
                conversation.enter_flow(queue, now);
            }
        }
        conversation.messages.push(message);
        self.insert(key, conversation, threading);
        received
    }

    /// Adds a conversation that a flow transfers to a queue (*Transfer to ACD*). Does nothing if it was transferred before.
    pub(crate) fn transfer(&mut self, transfer: Transfer, now: Timestamp) {
        let Transfer { conversation_id, customer, attributes, queue, history } = transfer;
        if self.by_id.contains_key(&conversation_id) {
            return;
        }
        // No integration of Open Messaging, so no webhook reports what the agent says.
        let channel = IntegrationRef { id: String::new(), name: "channel of the flow".to_owned() };
        let mut conversation = Conversation::new(&channel, &customer, now);
        conversation.id = conversation_id;
        let key = (channel.id, customer.id.clone());
        conversation.update_customer(customer, attributes);
        history.into_iter().for_each(|message| conversation.messages.push(message));
        let is_meant = |known: &&Queue| queue.as_ref().is_some_and(|queue| *queue == known.id || *queue == known.name);
        let queue = self.rules.queues().find(is_meant).unwrap_or(&self.rules.flow_queue);
        conversation.enter_flow(queue, now);
        self.insert(key, conversation, Threading::Opened);
    }

    /// Creates a conversation that has already ended, for an agentless message. Returns its id. The customer's next
    /// message reopens it, unless the customer has a connected conversation.
    pub(crate) fn open_ended(&mut self, integration: &IntegrationRef, customer_id: &str, now: Timestamp) -> String {
        let customer = Customer { id: customer_id.to_owned(), id_type: "Opaque", ..Customer::default() };
        let conversation = Conversation::ended(integration, &customer, now);
        let id = conversation.id.clone();
        let key = (integration.id.clone(), customer.id);
        let connected = self.connected(&key.0, &key.1).map(|connected| connected.id.clone());
        self.insert(key.clone(), conversation, Threading::Opened);
        if let Some(connected) = connected {
            self.threads.insert(key, connected);
        }
        id
    }

    /// Creates a conversation that an agent begins, without a queue. Returns its id, or `None` if the customer has a connected
    /// conversation. Unconfirmed: the participants of such a conversation.
    pub(crate) fn open_by_agent(
        &mut self,
        integration: &IntegrationRef,
        customer_id: &str,
        agent: Agent,
        now: Timestamp,
    ) -> Option<String> {
        if self.connected(&integration.id, customer_id).is_some() {
            return None;
        }
        let customer = Customer { id: customer_id.to_owned(), id_type: "Opaque", ..Customer::default() };
        let mut conversation = Conversation::new(integration, &customer, now);
        conversation.begin_by_agent(agent, now);
        let id = conversation.id.clone();
        self.insert((integration.id.clone(), customer.id), conversation, Threading::Opened);
        Some(id)
    }

    /// Returns the message with this id, and its conversation.
    pub(crate) fn message(&self, id: &str) -> Option<(&Conversation, &Message)> {
        self.by_id.values().find_map(|conversation| {
            let message = conversation.messages.iter().find(|message| message.id == id)?;
            Some((conversation, message))
        })
    }

    /// Records the delivery state of a message. The state only advances: a webhook response that arrives after the
    /// receipt does not overwrite the receipt. Returns `None` if there is no such message.
    pub(crate) fn record_delivery(
        &mut self,
        message_id: &str,
        delivery: DeliveryState,
        reasons: Vec<Value>,
    ) -> Option<()> {
        let message = self
            .by_id
            .values_mut()
            .find_map(|conversation| conversation.messages.iter_mut().find(|message| message.id == message_id))?;
        if delivery > message.delivery {
            message.delivery = delivery;
            message.reasons = reasons;
        }
        Some(())
    }

    /// Removes and returns the conversation that a message with `key` joins or reopens. The caller must insert it
    /// again.
    fn remove(&mut self, key: &ThreadKey, now: Timestamp) -> Option<Conversation> {
        let id = self.threads.get(key)?;
        let conversation = self.by_id.get(id)?;
        let window = self.rules.threading_window;
        let is_within_window = conversation.ended_at.is_none_or(|ended| now.duration_since(ended) < window);
        if is_within_window { self.by_id.remove(&id.clone()) } else { None }
    }

    /// Returns the result for a duplicate that is dropped, or `None` if the message is not a duplicate.
    fn duplicate(&self, key: &ThreadKey, message: &Message) -> Option<Received> {
        if !self.rules.drop_duplicates {
            return None;
        }
        let external_id = message.external_id.as_ref()?;
        let conversation = self.by_id.get(self.threads.get(key)?)?;
        let first = conversation.messages.iter().find(|first| first.external_id.as_ref() == Some(external_id))?;
        Some(Received {
            conversation_id: conversation.id.clone(),
            message_id: first.id.clone(),
            threading: Threading::Joined,
            is_duplicate: true,
        })
    }

    fn insert(&mut self, key: ThreadKey, conversation: Conversation, threading: Threading) {
        if threading == Threading::Opened {
            self.order.push_back(conversation.id.clone());
            self.threads.insert(key, conversation.id.clone());
        }
        self.changed.push(conversation.id.clone());
        self.by_id.insert(conversation.id.clone(), conversation);
        if self.order.len() > MAX_CONVERSATIONS
            && let Some(oldest) = self.order.pop_front()
        {
            self.by_id.remove(&oldest);
            self.threads.retain(|_, id| *id != oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::conversations::conversation::Phase;

    const HOUR: i64 = 3_600;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_772_359_200 + second).unwrap()
    }

    fn queue(id: &str) -> Queue {
        Queue { id: id.to_owned(), name: format!("queue {id}") }
    }

    fn conversations(window_seconds: i64) -> Conversations {
        Conversations::new(Rules {
            threading_window: SignedDuration::from_secs(window_seconds),
            drop_duplicates: false,
            flow_queue: queue("q1"),
            other_queues: vec![queue("q2")],
        })
    }

    fn integration(id: &str) -> IntegrationRef {
        IntegrationRef { id: id.to_owned(), name: "BotHandover".to_owned() }
    }

    fn incoming(from: &str, now: Timestamp) -> Incoming {
        let message = Message {
            id: new_message_id(),
            direction: Direction::Inbound,
            kind: MessageType::Text,
            text: Some("hello".to_owned()),
            content: Vec::new(),
            external_id: Some("mine-1".to_owned()),
            originator: None,
            time: now,
            recorded_at: now,
            delivery: DeliveryState::Received,
            reasons: Vec::new(),
        };
        let customer = Customer { id: from.to_owned(), id_type: "Opaque", ..Customer::default() };
        Incoming { customer, attributes: BTreeMap::new(), message }
    }

    fn receive(all: &mut Conversations, from: &str, second: i64) -> Received {
        all.receive(&integration("i1"), incoming(from, at(second)), at(second))
    }

    fn grace() -> Agent {
        Agent { user_id: "u1".to_owned(), name: "Grace Hopper".to_owned() }
    }

    /// Returns the purpose and the disconnect type of each participant. `None`: the participant is connected.
    fn participants(all: &Conversations, id: &str) -> Vec<(Purpose, Option<DisconnectType>)> {
        let participants = all.get(id).unwrap().participants.iter();
        participants.map(|one| (one.purpose, one.end.map(|(_, disconnect_type)| disconnect_type))).collect()
    }

    #[test]
    fn joins_a_connected_conversation_of_any_age() {
        let mut all = conversations(0);
        let first = receive(&mut all, "a", 0);
        assert_eq!(first.threading, Threading::Opened);
        let second = receive(&mut all, "a", 1_000 * HOUR);
        assert_eq!((second.threading, &second.conversation_id), (Threading::Joined, &first.conversation_id));
    }

    #[test]
    fn reopens_within_72_hours_of_the_end() {
        for (second, threading) in [(72 * HOUR - 1, Threading::Reopened), (72 * HOUR, Threading::Opened)] {
            let mut all = conversations(72 * HOUR);
            let first = receive(&mut all, "a", -500 * HOUR);
            all.get_mut(&first.conversation_id).unwrap().end_from_desk(at(0)).unwrap();
            let second = receive(&mut all, "a", second);
            assert_eq!(second.threading, threading);
            assert_eq!(second.conversation_id == first.conversation_id, threading == Threading::Reopened);
        }
    }

    #[test]
    fn threads_by_integration_and_customer() {
        let mut all = conversations(HOUR);
        let first = receive(&mut all, "a", 0);
        assert_ne!(receive(&mut all, "b", 0).conversation_id, first.conversation_id);
        let other = all.receive(&integration("i2"), incoming("a", at(0)), at(0));
        assert_ne!(other.conversation_id, first.conversation_id);
        assert!(all.connected("i1", "a").is_some());
        assert!(all.connected("i3", "a").is_none());
    }

    #[test]
    fn accepts_transfers_and_ends() {
        use DisconnectType::{Client, Peer, Transfer};
        let mut all = conversations(HOUR);
        let id = receive(&mut all, "a", 0).conversation_id;
        let conversation = all.get_mut(&id).unwrap();
        assert_eq!((conversation.phase(), conversation.queue_id()), (Phase::Waiting, Some("q1")));
        assert_eq!(conversation.transfer(&queue("q2"), at(1)), Err(WrongPhase::NoAgent));
        conversation.accept(grace(), at(1)).unwrap();
        assert_eq!(conversation.phase(), Phase::Connected);
        assert_eq!(conversation.accept(grace(), at(1)), Err(WrongPhase::HasAgent("Grace Hopper".to_owned())));
        conversation.transfer(&queue("q2"), at(2)).unwrap();
        assert_eq!((conversation.phase(), conversation.queue_id()), (Phase::Waiting, Some("q2")));
        conversation.accept(grace(), at(3)).unwrap();
        conversation.end_from_desk(at(4)).unwrap();
        assert_eq!(conversation.end_from_desk(at(5)), Err(WrongPhase::Ended));
        assert_eq!(conversation.accept(grace(), at(5)), Err(WrongPhase::Ended));
        assert_eq!(
            participants(&all, &id),
            [
                (Purpose::Customer, Some(Peer)),
                (Purpose::Acd, Some(Transfer)),
                (Purpose::Agent, Some(Transfer)),
                (Purpose::Acd, Some(Transfer)),
                (Purpose::Agent, Some(Client)),
            ],
        );
    }

    #[test]
    fn disconnect_type_is_client_or_peer() {
        use DisconnectType::{Client, Peer, Transfer};
        for (by, customer, agent) in [(Purpose::Customer, Client, Peer), (Purpose::Agent, Peer, Client)] {
            let mut all = conversations(HOUR);
            let id = receive(&mut all, "a", 0).conversation_id;
            let conversation = all.get_mut(&id).unwrap();
            conversation.accept(grace(), at(1)).unwrap();
            let participant = conversation.participants.iter().find(|one| one.purpose == by).unwrap().id.clone();
            assert_eq!(conversation.disconnect_participant("unknown", at(2)), None);
            assert_eq!(conversation.disconnect_participant(&participant, at(2)), Some(()));
            assert_eq!(conversation.phase(), Phase::Ended);
            assert_eq!(
                participants(&all, &id),
                [(Purpose::Customer, Some(customer)), (Purpose::Acd, Some(Transfer)), (Purpose::Agent, Some(agent))],
            );
        }
    }

    #[test]
    fn reopening_reconnects_and_queues_again() {
        let mut all = conversations(HOUR);
        let id = receive(&mut all, "a", 0).conversation_id;
        all.get_mut(&id).unwrap().end_from_platform(at(1));
        receive(&mut all, "a", 2);
        assert_eq!(all.get(&id).unwrap().phase(), Phase::Waiting);
        assert_eq!(
            participants(&all, &id),
            [(Purpose::Customer, None), (Purpose::Acd, Some(DisconnectType::Peer)), (Purpose::Acd, None)],
        );
    }

    #[test]
    fn delivery_state_only_advances() {
        let mut all = conversations(HOUR);
        let received = receive(&mut all, "a", 0);
        let state = |all: &Conversations| all.message(&received.message_id).unwrap().1.delivery;
        all.record_delivery(&received.message_id, DeliveryState::Delivered, Vec::new()).unwrap();
        all.record_delivery(&received.message_id, DeliveryState::Sent, Vec::new()).unwrap();
        assert_eq!(state(&all), DeliveryState::Delivered);
        assert_eq!(all.record_delivery("unknown", DeliveryState::Sent, Vec::new()), None);
    }

    #[test]
    fn display_name_prefers_the_nickname() {
        let customer = |nickname: Option<&str>, first: Option<&str>, last: Option<&str>| {
            let own = |text: Option<&str>| text.map(str::to_owned);
            let (nickname, first_name, last_name) = (own(nickname), own(first), own(last));
            Customer { id: "id".to_owned(), nickname, first_name, last_name, ..Customer::default() }.display_name()
        };
        assert_eq!(customer(Some("Ada L."), Some("Ada"), Some("Lovelace")), "Ada L.");
        assert_eq!(customer(None, Some("Ada"), Some("Lovelace")), "Ada Lovelace");
        assert_eq!(customer(None, None, Some("Lovelace")), "Lovelace");
        assert_eq!(customer(None, None, None), "id");
    }

    #[test]
    fn limits_conversations_messages_and_participants() {
        let mut all = conversations(HOUR);
        let first = receive(&mut all, "customer 0", 0);
        for number in 1..=1_000 {
            receive(&mut all, &format!("customer {number}"), 0);
        }
        assert!(all.get(&first.conversation_id).is_none(), "the oldest one is removed");
        assert_eq!((all.iter().count(), all.by_id.len(), all.threads.len()), (1_000, 1_000, 1_000));

        let id = receive(&mut all, "customer 7", 0).conversation_id;
        for second in 0..600 {
            receive(&mut all, "customer 7", second);
            let conversation = all.get_mut(&id).unwrap();
            conversation.accept(grace(), at(second)).unwrap();
            conversation.transfer(&queue("q2"), at(second)).unwrap();
        }
        let conversation = all.get(&id).unwrap();
        assert_eq!(conversation.messages.len(), 500);
        assert_eq!(conversation.participants.len(), 200);
        assert_eq!(conversation.phase(), Phase::Waiting);
        assert_eq!(conversation.participants[0].purpose, Purpose::Customer);
    }

    #[test]
    fn ignores_an_unknown_requested_queue() {
        let mut all = conversations(HOUR);
        for (requested, selected) in [("q2", "q2"), ("q3", "q1")] {
            let mut incoming = incoming(requested, at(0));
            incoming.attributes.insert("queueId".to_owned(), requested.to_owned());
            let id = all.receive(&integration("i1"), incoming, at(0)).conversation_id;
            assert_eq!(all.get(&id).unwrap().queue_id(), Some(selected));
        }
    }
}
