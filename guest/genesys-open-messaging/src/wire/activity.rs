//! The fields of Genesys's responses about queues that this provider reads: estimated waits (Routing API) and the
//! activity of conversations and agents (Analytics API).

use handover_guest::json_types;
use serde::Serialize;

json_types! {
    /// `EstimatedWaitTimePredictions`.
    pub struct EstimatedWaitTimePredictions {
        /// One prediction for each kind of media that was asked for.
        "results" => results: objects(PredictionResults),
    }

    /// A prediction.
    pub struct PredictionResults {
        /// The kind of media: `MESSAGE`, `ALL` …
        "intent" => intent: text,
        /// The estimated wait, in seconds.
        "estimatedWaitTimeSeconds" => estimated_wait_time_seconds: integer,
    }

    /// `ConversationActivityResponse` and `RoutingActivityResponse`.
    pub struct ActivityResponse {
        /// One result for each group.
        "results" => results: objects(ActivityData),
    }

    /// `ConversationActivityData` and `RoutingActivityData`.
    pub struct ActivityData {
        /// The values of the metrics.
        "data" => data: objects(ActivityMetricValue),
        /// Whether entities are missing.
        "truncated" => truncated: boolean,
        /// The conversations that were counted, if the query asked for details.
        "entities" => entities: objects(ActivityEntityData),
    }

    /// `ConversationActivityMetricValue` and `RoutingActivityMetricValue`.
    pub struct ActivityMetricValue {
        /// The metric.
        "metric" => metric: text,
        /// The number of conversations or agents.
        "count" => count: integer,
    }

    /// `ConversationActivityEntityData`.
    pub struct ActivityEntityData {
        /// When the conversation began to wait, in ISO 8601.
        "activityDate" => activity_date: text,
        /// The id of the conversation.
        "conversationId" => conversation_id: text,
        /// The priority in the queue.
        "routingPriority" => routing_priority: number,
    }
}

/// `ConversationActivityQuery` and `RoutingActivityQuery`.
#[derive(Debug, Serialize)]
pub struct ActivityQuery<'a> {
    /// The metrics.
    pub metrics: [ActivityQueryMetric<'a>; 1],
    /// The filter.
    pub filter: ActivityQueryFilter<'a>,
}

/// `ConversationActivityQueryMetric` and `RoutingActivityQueryMetric`.
#[derive(Debug, Serialize)]
pub struct ActivityQueryMetric<'a> {
    /// The metric.
    pub metric: &'a str,
    /// Whether the response lists what was counted.
    pub details: bool,
}

/// `ConversationActivityQueryFilter` and `RoutingActivityQueryFilter`.
#[derive(Debug, Serialize)]
pub struct ActivityQueryFilter<'a> {
    /// `and`: all predicates apply.
    #[serde(rename = "type")]
    pub kind: &'a str,
    /// The predicates.
    pub predicates: &'a [ActivityQueryPredicate<'a>],
}

/// `ConversationActivityQueryPredicate` and `RoutingActivityQueryPredicate`.
#[derive(Debug, Serialize)]
pub struct ActivityQueryPredicate<'a> {
    /// The dimension, such as `queueId`.
    pub dimension: &'a str,
    /// The value.
    pub value: &'a str,
}
