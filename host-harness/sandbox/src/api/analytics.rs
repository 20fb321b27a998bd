//! `POST /api/v2/analytics/{conversations,routing}/activity/query` ("Analytics API").

use axum::extract::State;
use axum::{Extension, Json};
use serde_json::{Value, json};

use crate::api::request::JsonBody;
use crate::cloud::Cloud;
use crate::config::Permission;
use crate::state::tokens::Caller;
use crate::wire::error::ApiError;
use crate::wire::json::time_text;
use crate::wire::schema::Object;

/// `ConversationActivityQueryMetric.metric`.
const CONVERSATION_METRICS: [&str; 5] =
    ["oAlerting", "oInteracting", "oLongestInteracting", "oLongestWaiting", "oWaiting"];

/// `ConversationActivityQueryPredicate.dimension`.
const CONVERSATION_DIMENSIONS: [&str; 22] = [
    "activeRouting",
    "addressFrom",
    "addressTo",
    "agentScore",
    "ani",
    "conversationId",
    "convertedFrom",
    "convertedTo",
    "direction",
    "dnis",
    "mediaType",
    "participantName",
    "queueId",
    "requestedLanguageId",
    "requestedRouting",
    "requestedRoutingSkillId",
    "routingPriority",
    "scoredAgentId",
    "sessionId",
    "teamId",
    "usedRouting",
    "userId",
];

/// `RoutingActivityQueryMetric.metric`.
const ROUTING_METRICS: [&str; 6] =
    ["oActiveUsers", "oMemberUsers", "oOffQueueUsers", "oOnQueueUsers", "oUserPresences", "oUserRoutingStatuses"];

/// `RoutingActivityQueryPredicate.dimension`.
const ROUTING_DIMENSIONS: [&str; 9] = [
    "organizationPresenceId",
    "presenceDate",
    "queueId",
    "queueMembershipStatus",
    "routingStatus",
    "routingStatusDate",
    "systemPresence",
    "teamId",
    "userId",
];

const FILTER_TYPES: [&str; 2] = ["and", "or"];

/// A metric that a query asks for.
struct Metric<'a> {
    name: &'a str,
    /// Whether the response lists what was counted.
    details: bool,
}

/// A query whose filter only compares dimensions with values.
struct Query<'a> {
    metrics: Vec<Metric<'a>>,
    predicates: Vec<(&'a str, &'a str)>,
}

/// Counts and lists waiting conversations. The sandbox supports the metric `oWaiting`, and filters by `queueId`,
/// `mediaType` and `conversationId`. Unconfirmed: a queue without waiting conversations has no result.
pub(crate) async fn query_conversations(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    body: JsonBody,
) -> Result<Json<Value>, ApiError> {
    caller.require(Permission::QueueObservationView)?;
    let body = body.read()?;
    let query = read_query(&Object::body(&body)?, &CONVERSATION_METRICS, &CONVERSATION_DIMENSIONS)?;
    require_supported(&query, "oWaiting", &["queueId", "mediaType", "conversationId"])?;
    let entities: Vec<_> = cloud.conversations.with(|conversations| {
        let waiting = conversations.waiting().filter(|(conversation, queue_id, _)| {
            query.predicates.iter().all(|(dimension, value)| match *dimension {
                "queueId" => queue_id == value,
                "conversationId" => conversation.id == *value,
                _ => *value == "message",
            })
        });
        let entity = waiting.map(|(conversation, queue_id, since)| {
            json!({
                "activityDate": time_text(since),
                "metric": "oWaiting",
                "conversationId": conversation.id,
                "queueId": queue_id,
                "mediaType": "message",
                "direction": "inbound",
                "routingPriority": conversation.routing.priority.unwrap_or(0),
            })
        });
        entity.collect()
    });
    Ok(Json(response(&query, "conversationId", entities)))
}

/// Counts the agents who are on queue. The sandbox supports the metric `oOnQueueUsers`, and the filter `queueId`.
pub(crate) async fn query_routing(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    body: JsonBody,
) -> Result<Json<Value>, ApiError> {
    caller.require(Permission::QueueObservationView)?;
    let body = body.read()?;
    let query = read_query(&Object::body(&body)?, &ROUTING_METRICS, &ROUTING_DIMENSIONS)?;
    require_supported(&query, "oOnQueueUsers", &["queueId"])?;
    let queues: Vec<String> = cloud.conversations.with(|conversations| {
        let ids = conversations.rules().queues().map(|queue| queue.id.clone());
        ids.filter(|id| query.predicates.iter().all(|(_, value)| id == value)).collect()
    });
    let agents: u32 = cloud.queue_figures.with(|all| queues.iter().map(|id| all.of(id).agents_on_queue).sum());
    let results = if agents == 0 {
        json!([])
    } else {
        json!([{ "data": [{ "metric": "oOnQueueUsers", "count": agents }], "truncated": false }])
    };
    Ok(Json(json!({ "results": results, "entityIdDimension": "userId" })))
}

fn response(query: &Query<'_>, entity_id: &str, entities: Vec<Value>) -> Value {
    if entities.is_empty() {
        return json!({ "results": [], "entityIdDimension": entity_id });
    }
    let data: Vec<_> =
        query.metrics.iter().map(|metric| json!({ "metric": metric.name, "count": entities.len() })).collect();
    let mut result = json!({ "data": data, "truncated": false });
    if query.metrics.iter().any(|metric| metric.details)
        && let Some(members) = result.as_object_mut()
    {
        members.insert("entities".to_owned(), json!(entities));
    }
    json!({ "results": [result], "entityIdDimension": entity_id })
}

fn read_query<'a>(
    body: &Object<'a>,
    metrics: &'static [&'static str],
    dimensions: &'static [&'static str],
) -> Result<Query<'a>, ApiError> {
    let metrics_of = body.objects("metrics")?;
    if metrics_of.is_empty() {
        return Err(ApiError::missing_field("metrics"));
    }
    let metric = |metric: &Object<'a>| {
        let name = metric.required_choice("metric", "Metric", metrics)?;
        Ok(Metric { name, details: metric.boolean("details")?.unwrap_or(false) })
    };
    let metrics = metrics_of.iter().map(metric).collect::<Result<_, ApiError>>()?;
    let Some(filter) = body.object("filter")? else { return Ok(Query { metrics, predicates: Vec::new() }) };
    filter.required_choice("type", "FilterType", &FILTER_TYPES)?;
    let predicate = |predicate: &Object<'a>| {
        let dimension = predicate.required_choice("dimension", "Dimension", dimensions)?;
        Ok((dimension, predicate.required_text("value")?))
    };
    let predicates = filter.objects("predicates")?.iter().map(predicate).collect::<Result<_, ApiError>>()?;
    Ok(Query { metrics, predicates })
}

/// Returns an error for what Genesys Cloud supports and the sandbox does not.
fn require_supported(query: &Query<'_>, metric: &str, dimensions: &[&str]) -> Result<(), ApiError> {
    let metrics = query.metrics.iter().map(|metric| metric.name).filter(|name| *name != metric);
    let others = query.predicates.iter().map(|(dimension, _)| *dimension).filter(|name| !dimensions.contains(name));
    match metrics.chain(others).next() {
        Some(name) => Err(ApiError::bad_request(format!("The sandbox does not support {name}."))),
        None => Ok(()),
    }
}
