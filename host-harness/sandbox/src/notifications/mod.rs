//! The notification service: channels, the topics that they subscribe to, and the WebSockets at their other end
//! ("developer center: notification service").

mod channel_api;
mod channels;
mod frames;
mod socket;
mod topics;

pub(crate) use self::channel_api::{add_topics, clear_topics, create, list, list_topics, replace_topics};
pub(crate) use self::channels::Channels;
pub(crate) use self::frames::frame;
pub(crate) use self::socket::connect;
pub(crate) use self::topics::conversation_topics;
