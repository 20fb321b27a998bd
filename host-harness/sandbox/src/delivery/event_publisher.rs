//! Publishes the events of conversations to the log, the event bus, the trigger and the notification service.

use jiff::Timestamp;
use uuid::Uuid;

use crate::config::{DetailTopic, TriggerStyle, Unconfirmed};
use crate::delivery::conversation_json::conversation_json;
use crate::delivery::delivery_queue::DeliveryQueue;
use crate::delivery::detail_events::{DetailEvent, detail_event};
use crate::delivery::event_bodies::{event_bus_body, trigger_body};
use crate::delivery::event_posts::{EventDestination, EventPost};
use crate::delivery::frames::frame;
use crate::delivery::topics::conversation_topics;
use crate::state::conversations::{Conversation, ConversationEvent};
use crate::state::faults::{DeliveryFault, EventFault, EventTransport, Faults};
use crate::state::losses::{LossTarget, Losses};
use crate::state::notification_channels::Channels;
use crate::state::ring::Ring;
use crate::state::shared::Shared;

/// The number of events that the log keeps.
pub(crate) const MAX_EVENTS: usize = 5_000;

/// Publishes events through every configured transport. Clones share the state.
#[derive(Clone, Debug)]
pub(crate) struct EventPublisher {
    pub(crate) organization_id: Uuid,
    pub(crate) division_id: Uuid,
    pub(crate) unconfirmed: Unconfirmed,
    pub(crate) event_bus: Option<EventDestination>,
    pub(crate) trigger: Option<EventDestination>,
    pub(crate) trigger_style: TriggerStyle,
    /// Whether events are sent through notification channels.
    pub(crate) notifications_enabled: bool,
    pub(crate) log: Shared<Ring<DetailEvent>>,
    pub(crate) posts: DeliveryQueue<EventPost>,
    pub(crate) channels: Shared<Channels>,
    pub(crate) faults: Shared<Faults>,
    pub(crate) losses: Shared<Losses>,
}

impl EventPublisher {
    /// Publishes `events` of `conversation`, and the current state of the conversation.
    pub(crate) fn publish(&self, conversation: &Conversation, events: &[ConversationEvent]) {
        let division_id = self.division_id.to_string();
        for event in events {
            if let Some(event) = detail_event(conversation, event, &division_id, &self.unconfirmed) {
                self.post_to_event_bus(&event);
                self.post_to_trigger(&event);
                self.notify(&event.topic_name(), &frame(&event.topic_name(), &event.body));
                self.log.with(|log| log.push(event));
            }
        }
        let body = conversation_json(conversation);
        for topic in conversation_topics(conversation) {
            self.notify(&topic, &frame(&topic, &body));
        }
    }

    fn post_to_event_bus(&self, event: &DetailEvent) {
        let Some(destination) = receiving(self.event_bus.as_ref(), event.topic) else { return };
        let organization_id = self.organization_id.to_string();
        let body = event_bus_body(event, &organization_id, self.unconfirmed.event_bus_topic, Timestamp::now());
        self.posts.send(EventPost {
            transport: EventTransport::EventBus,
            conversation_id: event.conversation_id.clone(),
            topic: event.topic,
            body: body.to_string().into_bytes(),
            destination: destination.clone(),
            fault: self.fault(EventTransport::EventBus),
        });
    }

    fn post_to_trigger(&self, event: &DetailEvent) {
        let Some(destination) = receiving(self.trigger.as_ref(), event.topic) else { return };
        self.posts.send(EventPost {
            transport: EventTransport::Trigger,
            conversation_id: event.conversation_id.clone(),
            topic: event.topic,
            body: trigger_body(event, self.trigger_style).to_string().into_bytes(),
            destination: destination.clone(),
            fault: self.fault(EventTransport::Trigger),
        });
    }

    fn notify(&self, topic: &str, frame: &str) {
        if self.notifications_enabled {
            self.channels.with(|channels| channels.publish(topic, frame, || self.frame_fault()));
        }
    }

    /// Returns the fault of the next frame.
    fn frame_fault(&self) -> Option<DeliveryFault> {
        match self.fault(EventTransport::Notification)? {
            EventFault::Delivery(fault) => Some(fault),
            // A frame has no key.
            EventFault::WrongKey => None,
        }
    }

    /// Returns the fault of the next event of `transport`: an ordered fault, or otherwise a random loss.
    fn fault(&self, transport: EventTransport) -> Option<EventFault> {
        let target = match transport {
            EventTransport::EventBus => LossTarget::EventBus,
            EventTransport::Trigger => LossTarget::Trigger,
            EventTransport::Notification => LossTarget::Notification,
        };
        let ordered = self.faults.with(|faults| faults.for_event(transport));
        ordered.or_else(|| {
            let is_lost = self.losses.with(|losses| losses.is_next_lost(target));
            is_lost.then_some(EventFault::Delivery(DeliveryFault::Lost))
        })
    }
}

fn receiving(destination: Option<&EventDestination>, topic: DetailTopic) -> Option<&EventDestination> {
    destination.filter(|destination| destination.receives(topic))
}
