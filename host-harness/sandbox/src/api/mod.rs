//! The endpoints of Genesys Cloud's API, one file per group.

pub(crate) mod agentless;
pub(crate) mod analytics;
pub(crate) mod annotations;
pub(crate) mod bot_connectors;
pub(crate) mod callbacks;
pub(crate) mod collections;
pub(crate) mod conversations;
pub(crate) mod downloads;
pub(crate) mod flows;
pub(crate) mod gate;
pub(crate) mod inbound;
pub(crate) mod inbound_body;
pub(crate) mod integrations;
pub(crate) mod notification_channels;
pub(crate) mod notification_socket;
pub(crate) mod oauth;
pub(crate) mod paging;
pub(crate) mod queues;
pub(crate) mod recipients;
pub(crate) mod request;
pub(crate) mod routing;
pub(crate) mod routing_names;
pub(crate) mod schedules;
pub(crate) mod textbots;
pub(crate) mod threading;
pub(crate) mod users;
