//! Detail events: what happened in a conversation, in the words of the topics
//! `v2.detail.events.conversation.{id}.…` ("developer center: notifications, available topics"). Pure.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use crate::config::{CustomerAddress, DetailTopic, ExpiryType, Unconfirmed, UserStart};
use crate::conversations::{AcdOutcome, Conversation, DisconnectType, Happening, Participant, Purpose, What};
use crate::wire::set;

/// The text is unconfirmed.
const PROVIDER: &str = "PureCloud Messaging";

/// A detail event.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DetailEvent {
    pub(crate) topic: DetailTopic,
    pub(crate) conversation_id: String,
    /// `eventBody`.
    #[serde(rename = "eventBody")]
    pub(crate) body: Value,
}

impl DetailEvent {
    /// The topic's name, with the conversation's id in it.
    pub(crate) fn topic_name(&self) -> String {
        topic_name(&self.conversation_id, self.topic)
    }
}

/// The name of a topic of the conversation `id`.
pub(crate) fn topic_name(id: &str, topic: DetailTopic) -> String {
    format!("v2.detail.events.conversation.{id}.{}", topic.name())
}

/// The event that tells of `happening`, if one does.
pub(crate) fn detail_event(
    conversation: &Conversation,
    happening: &Happening,
    division_id: &str,
    unconfirmed: &Unconfirmed,
) -> Option<DetailEvent> {
    let Happening { what, at, participant } = happening;
    if participant.is_silent() {
        return None;
    }
    let topic = topic_of(what, unconfirmed)?;
    let mut body = json!({
        "eventTime": at.as_millisecond(),
        "conversationId": conversation.id,
        "participantId": participant.id,
        "sessionId": participant.session_id,
        "mediaType": "MESSAGE",
        "messageType": "OPEN",
        "provider": PROVIDER,
        "direction": "INBOUND",
        "divisionId": division_id,
        "conversationExternalContactIds": [],
    });
    let (customer, integration) = (&conversation.customer.id, &conversation.integration.id);
    let customer_is =
        if topic == DetailTopic::CustomerEnd { unconfirmed.customer_end_address } else { CustomerAddress::To };
    let (to, from) = match customer_is {
        CustomerAddress::To => (customer, integration),
        CustomerAddress::From => (integration, customer),
    };
    set(&mut body, "addressTo", json!(to));
    set(&mut body, "addressFrom", json!(from));
    if topic != DetailTopic::CustomerEnd {
        for (name, id) in [("userId", &participant.user_id), ("queueId", &participant.queue_id)] {
            if let Some(id) = id {
                set(&mut body, name, json!(id));
            }
        }
    }
    match what {
        What::AgentLeft | What::CustomerLeft => {
            set_end(&mut body, participant, unconfirmed.expiry);
            set_durations(&mut body, participant);
        }
        What::QueueLeft(outcome) => {
            set_end(&mut body, participant, unconfirmed.expiry);
            set_outcome(&mut body, outcome);
            set_milliseconds(&mut body, "connectedDurationMs", participant.connected_at, Some(*at));
        }
        What::WrappedUp => set_wrap_up(&mut body, participant),
        What::CustomerConnected | What::QueueEntered | What::AgentAlerted | What::AgentConnected | What::Supervised => {
        }
    }
    Some(DetailEvent { topic, conversation_id: conversation.id.clone(), body })
}

fn topic_of(what: &What, unconfirmed: &Unconfirmed) -> Option<DetailTopic> {
    match what {
        What::CustomerConnected | What::Supervised => None,
        What::QueueEntered => Some(DetailTopic::AcdStart),
        What::QueueLeft(_) => Some(DetailTopic::AcdEnd),
        What::AgentAlerted => (unconfirmed.user_start == UserStart::Alerting).then_some(DetailTopic::UserStart),
        What::AgentConnected => (unconfirmed.user_start == UserStart::Connected).then_some(DetailTopic::UserStart),
        What::AgentLeft => Some(DetailTopic::UserEnd),
        What::WrappedUp => Some(DetailTopic::Acw),
        What::CustomerLeft => Some(DetailTopic::CustomerEnd),
    }
}

fn set_end(body: &mut Value, participant: &Participant, expiry: ExpiryType) {
    let Some((_, why)) = participant.end else { return };
    let text = match why {
        DisconnectType::Client => "CLIENT",
        DisconnectType::Peer => "PEER",
        DisconnectType::System => "SYSTEM",
        DisconnectType::Transfer => "TRANSFER",
        DisconnectType::TransferNoAnswer => "NO_ANSWER_TRANSFER",
        DisconnectType::Error => "ERROR",
        DisconnectType::Inactivity => match expiry {
            ExpiryType::Timeout if participant.purpose == Purpose::Agent => "TIMEOUT",
            ExpiryType::Unknown if participant.purpose == Purpose::Agent => "UNKNOWN",
            _ => "INACTIVITY",
        },
    };
    set(body, "disconnectType", json!(text));
}

/// An agent who never took it did not interact; that the field then is absent is unconfirmed.
fn set_durations(body: &mut Value, participant: &Participant) {
    let end = participant.end.map(|(end, _)| end);
    set_milliseconds(body, "alertingDurationMs", participant.alerted_at, participant.connected_at.or(end));
    set_milliseconds(body, "interactingDurationMs", participant.connected_at, end);
}

fn set_outcome(body: &mut Value, outcome: &AcdOutcome) {
    let text = match outcome {
        AcdOutcome::Answered(user_id) => {
            set(body, "answeredUserId", json!(user_id));
            "ANSWERED"
        }
        AcdOutcome::Abandon => "ABANDON",
        AcdOutcome::FlowOut => "FLOW_OUT",
        AcdOutcome::Unknown => "UNKNOWN",
    };
    set(body, "acdOutcome", json!(text));
}

fn set_wrap_up(body: &mut Value, participant: &Participant) {
    let Some(done) = &participant.wrap_up else { return };
    set(body, "wrapupCode", json!(done.code));
    if let Some(notes) = &done.notes {
        set(body, "wrapupNotes", json!(notes));
    }
    set_milliseconds(body, "wrapupDurationMs", participant.end.map(|(end, _)| end), Some(done.at));
}

fn set_milliseconds(body: &mut Value, name: &str, from: Option<Timestamp>, to: Option<Timestamp>) {
    if let (Some(from), Some(to)) = (from, to) {
        set(body, name, json!(to.as_millisecond() - from.as_millisecond()));
    }
}
