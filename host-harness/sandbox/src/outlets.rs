//! Where what happened goes: into the log, and out by the event bus, the trigger and the notification service.

use jiff::Timestamp;
use uuid::Uuid;

use crate::config::{DetailTopic, TriggerStyle, Unconfirmed};
use crate::conversation_api::conversation_json;
use crate::conversations::{Conversation, Happening};
use crate::detail_events::{DetailEvent, detail_event};
use crate::event_bodies::{event_bus_body, trigger_body};
use crate::event_posts::{EventCourier, EventDestination, EventPost};
use crate::faults::{EventFault, Faults, Outlet};
use crate::losses::{Losses, Lossy};
use crate::notifications::{Channels, conversation_topics, frame};
use crate::ring::Ring;
use crate::shared::Shared;

/// How many events are remembered.
pub(crate) const MAX_EVENTS_REMEMBERED: usize = 5_000;

/// Everybody who is told what happens. Cloning shares it.
#[derive(Clone, Debug)]
pub(crate) struct Outlets {
    pub(crate) organization_id: Uuid,
    pub(crate) division_id: Uuid,
    pub(crate) unconfirmed: Unconfirmed,
    pub(crate) event_bus: Option<EventDestination>,
    pub(crate) trigger: Option<EventDestination>,
    pub(crate) trigger_style: TriggerStyle,
    /// Whether events go through notification channels.
    pub(crate) notifies: bool,
    pub(crate) log: Shared<Ring<DetailEvent>>,
    pub(crate) courier: EventCourier,
    pub(crate) channels: Shared<Channels>,
    pub(crate) faults: Shared<Faults>,
    pub(crate) losses: Shared<Losses>,
}

impl Outlets {
    /// Tells everybody what happened in `conversation`, which shows how it is now.
    pub(crate) fn tell(&self, conversation: &Conversation, happenings: &[Happening]) {
        let division_id = self.division_id.to_string();
        for happening in happenings {
            if let Some(event) = detail_event(conversation, happening, &division_id, &self.unconfirmed) {
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
        let Some(destination) = wanting(self.event_bus.as_ref(), event.topic) else { return };
        let organization_id = self.organization_id.to_string();
        let body = event_bus_body(event, &organization_id, self.unconfirmed.event_bus_topic, Timestamp::now());
        self.courier.send(EventPost {
            outlet: Outlet::EventBus,
            conversation_id: event.conversation_id.clone(),
            topic: event.topic,
            body: body.to_string().into_bytes(),
            destination: destination.clone(),
            fault: self.fault(Outlet::EventBus),
        });
    }

    fn post_to_trigger(&self, event: &DetailEvent) {
        let Some(destination) = wanting(self.trigger.as_ref(), event.topic) else { return };
        self.courier.send(EventPost {
            outlet: Outlet::Trigger,
            conversation_id: event.conversation_id.clone(),
            topic: event.topic,
            body: trigger_body(event, self.trigger_style).to_string().into_bytes(),
            destination: destination.clone(),
            fault: self.fault(Outlet::Trigger),
        });
    }

    fn notify(&self, topic: &str, frame: &str) {
        if self.notifies {
            self.channels.with(|channels| channels.publish(topic, frame, || self.fault(Outlet::Notification)));
        }
    }

    /// What happens to the next event that goes out there: what is ordered, or else what chance has it.
    fn fault(&self, outlet: Outlet) -> Option<EventFault> {
        let what = match outlet {
            Outlet::EventBus => Lossy::EventBus,
            Outlet::Trigger => Lossy::Trigger,
            Outlet::Notification => Lossy::Notification,
        };
        let ordered = self.faults.with(|faults| faults.for_event(outlet));
        ordered.or_else(|| self.losses.with(|losses| losses.strikes(what)).then_some(EventFault::Lost))
    }
}

fn wanting(destination: Option<&EventDestination>, topic: DetailTopic) -> Option<&EventDestination> {
    destination.filter(|destination| destination.wants(topic))
}
