//! The state of an organization, in memory. No I/O; the time is an argument.

pub(crate) mod bot_answer;
pub(crate) mod bot_connectors;
pub(crate) mod bot_manifest;
pub(crate) mod bot_sessions;
pub(crate) mod collection;
pub(crate) mod content_profiles;
pub(crate) mod conversations;
pub(crate) mod downloads;
pub(crate) mod faults;
pub(crate) mod flows;
pub(crate) mod integrations;
pub(crate) mod losses;
pub(crate) mod media;
pub(crate) mod messaging_settings;
pub(crate) mod notification_channels;
pub(crate) mod queue_figures;
pub(crate) mod request_log;
pub(crate) mod ring;
pub(crate) mod routing_names;
pub(crate) mod schedules;
pub(crate) mod shared;
pub(crate) mod tokens;
pub(crate) mod users;
