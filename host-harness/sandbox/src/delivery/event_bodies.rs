//! The bodies of posted detail events, for Amazon EventBridge and for a trigger's workflow. No I/O.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::config::{TopicName, TriggerStyle};
use crate::delivery::detail_events::{DetailEvent, topic_name};
use crate::wire::json::json_of;

/// The AWS account of the partner event source. The value is arbitrary.
const ACCOUNT: &str = "123456789012";

/// The AWS region of the partner event source. The value is arbitrary.
const REGION: &str = "eu-central-1";

/// Returns an AWS event. `detail-type` and `source` have the format of EventBridge's partner integration. Unconfirmed:
/// whether `topicName` contains the conversation's id.
pub(crate) fn event_bus_body(event: &DetailEvent, organization_id: &str, topic: TopicName, now: Timestamp) -> Value {
    let template = topic_name("{id}", event.topic);
    let topic_name = match topic {
        TopicName::Template => template.clone(),
        TopicName::Filled => event.topic_name(),
    };
    json!({
        "version": "0",
        "id": Uuid::new_v4().to_string(),
        "detail-type": template,
        "source": format!("aws.partner/genesys.com/cloud/{organization_id}/sandbox"),
        "account": ACCOUNT,
        "time": format!("{now:.0}"),
        "region": REGION,
        "resources": [],
        "detail": {
            "topicName": topic_name,
            "eventBody": event.body,
            "metadata": { "CorrelationId": Uuid::new_v4().to_string() },
        },
    })
}

/// Returns the body that the workflow's data action posts.
pub(crate) fn trigger_body(event: &DetailEvent, style: TriggerStyle) -> Value {
    let mut body = Map::new();
    let mut copy = |from: &str, to: &str| {
        if let Some(value) = event.body.get(from) {
            body.insert(to.to_owned(), value.clone());
        }
    };
    copy("addressTo", "userId");
    copy("disconnectType", "disconnectType");
    if style == TriggerStyle::Full {
        for field in ["conversationId", "participantId", "eventTime"] {
            copy(field, field);
        }
    }
    body.insert("topic".to_owned(), json_of(&topic_name("id", event.topic)));
    Value::Object(body)
}
