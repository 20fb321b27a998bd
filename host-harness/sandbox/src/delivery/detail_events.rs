//! Detail events: the topics `v2.detail.events.conversation.{id}.…` and their bodies ("developer center:
//! notifications, available topics"). No I/O.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use crate::config::{CustomerAddress, DetailTopic, ExpiryType, Unconfirmed, UserStart};
use crate::state::conversations::{
    AcdOutcome, Conversation, ConversationEvent, DisconnectType, EventKind, Participant, Purpose,
};
use crate::wire::json::set;

/// The value of `provider`. Unconfirmed.
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
    /// Returns the topic's name with the conversation's id.
    pub(crate) fn topic_name(&self) -> String {
        topic_name(&self.conversation_id, self.topic)
    }
}

/// Returns the name of a topic of the conversation `id`.
pub(crate) fn topic_name(id: &str, topic: DetailTopic) -> String {
    format!("v2.detail.events.conversation.{id}.{}", topic.name())
}

/// Returns the detail event for `event`, or `None` if Genesys Cloud publishes none.
pub(crate) fn detail_event(
    conversation: &Conversation,
    event: &ConversationEvent,
    division_id: &str,
    unconfirmed: &Unconfirmed,
) -> Option<DetailEvent> {
    let ConversationEvent { kind, at, participant } = event;
    if participant.is_silent() {
        return None;
    }
    let topic = topic_of(kind, unconfirmed)?;
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
    let customer_address =
        if topic == DetailTopic::CustomerEnd { unconfirmed.customer_end_address } else { CustomerAddress::To };
    let (to, from) = match customer_address {
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
    match kind {
        EventKind::AgentLeft | EventKind::CustomerLeft => {
            set_end(&mut body, participant, unconfirmed.expiry);
            set_durations(&mut body, participant);
        }
        EventKind::QueueLeft(outcome) => {
            set_end(&mut body, participant, unconfirmed.expiry);
            set_outcome(&mut body, outcome);
            set_milliseconds(&mut body, "connectedDurationMs", participant.connected_at, Some(*at));
        }
        EventKind::WrappedUp => set_wrap_up(&mut body, participant),
        EventKind::CustomerConnected
        | EventKind::QueueEntered
        | EventKind::AgentAlerted
        | EventKind::AgentConnected
        | EventKind::Supervised => {}
    }
    Some(DetailEvent { topic, conversation_id: conversation.id.clone(), body })
}

fn topic_of(kind: &EventKind, unconfirmed: &Unconfirmed) -> Option<DetailTopic> {
    match kind {
        EventKind::CustomerConnected | EventKind::Supervised => None,
        EventKind::QueueEntered => Some(DetailTopic::AcdStart),
        EventKind::QueueLeft(_) => Some(DetailTopic::AcdEnd),
        EventKind::AgentAlerted => (unconfirmed.user_start == UserStart::Alerting).then_some(DetailTopic::UserStart),
        EventKind::AgentConnected => (unconfirmed.user_start == UserStart::Connected).then_some(DetailTopic::UserStart),
        EventKind::AgentLeft => Some(DetailTopic::UserEnd),
        EventKind::WrappedUp => Some(DetailTopic::Acw),
        EventKind::CustomerLeft => Some(DetailTopic::CustomerEnd),
    }
}

fn set_end(body: &mut Value, participant: &Participant, expiry: ExpiryType) {
    let Some((_, disconnect_type)) = participant.end else { return };
    let text = match disconnect_type {
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

/// Sets the durations. An agent who did not accept has no `interactingDurationMs`. Unconfirmed: that the field is then
/// absent.
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
