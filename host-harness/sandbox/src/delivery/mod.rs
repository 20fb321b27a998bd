//! The deliveries of the organization: webhooks, and detail events through the event bus, the trigger and the
//! notification service.

pub(crate) mod bot_client;
pub(crate) mod conversation_json;
pub(crate) mod delivery_queue;
pub(crate) mod detail_events;
pub(crate) mod event_bodies;
pub(crate) mod event_posts;
pub(crate) mod event_publisher;
pub(crate) mod frames;
pub(crate) mod ordered_queues;
pub(crate) mod queue_workers;
pub(crate) mod retrying_client;
pub(crate) mod signature;
pub(crate) mod topics;
pub(crate) mod webhook;
pub(crate) mod webhook_bodies;
