//! What Genesys reports about a queue: the estimated wait, the waiting conversations, and the agents on queue.

use crate::api::{Api, Call, Kind, accepted, read, segment};
use crate::wire::activity::{
    ActivityData, ActivityEntityData, ActivityMetricValue, ActivityQuery, ActivityQueryFilter, ActivityQueryMetric,
    ActivityQueryPredicate, ActivityResponse, EstimatedWaitTimePredictions, PredictionResults,
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use handover_guest::contract::*;
use handover_guest::encoding::query_value;
use handover_guest::http::unreadable;
use handover_guest::imports::Imports;
use handover_guest::time;

/// Messages wait in a queue apart from calls and chats (Analytics API, dimension `mediaType`).
const MEDIA_TYPE: &str = "message";
/// A point of priority counts as much as this wait, in milliseconds (Resource Center, "Priority in a queue": a minute).
const PRIORITY_POINT_MS: f64 = 60_000.0;

/// The conversations that wait in a queue.
pub(crate) struct Waiting {
    /// The number of them.
    pub(crate) count: Option<u32>,
    /// Their ids in the order in which agents will get them. Absent if Genesys did not list all of them.
    pub(crate) ids: Option<Vec<String>>,
}

impl<I: Imports> Api<'_, I> {
    /// Returns the estimated wait in a queue, in seconds: of a conversation that waits, or of a new one.
    pub(crate) fn estimated_wait(&mut self, queue: &str, conversation: Option<&str>) -> Result<Option<u32>, Failure> {
        let queue = segment(queue)?;
        let path = match conversation {
            Some(id) => format!("/api/v2/routing/queues/{queue}/estimatedwaittime?conversationId={}", query_value(id)),
            None => format!("/api/v2/routing/queues/{queue}/mediatypes/{MEDIA_TYPE}/estimatedwaittime"),
        };
        let response = accepted(self.call(&Call::get(path))?, Kind::Reads)?;
        let document = read(&response)?;
        let predictions = || EstimatedWaitTimePredictions::of(document.root()).results();
        let of_messages = predictions().find(|result| result.intent() == Some("MESSAGE"));
        let seconds = of_messages.or(predictions().next()).and_then(PredictionResults::estimated_wait_time_seconds);
        Ok(seconds.map(|seconds| u32::try_from(seconds).unwrap_or(u32::MAX)))
    }

    /// Returns the conversations that wait in a queue.
    pub(crate) fn waiting(&mut self, queue: &str) -> Result<Waiting, Failure> {
        let predicates = [
            ActivityQueryPredicate { dimension: "queueId", value: queue },
            ActivityQueryPredicate { dimension: "mediaType", value: MEDIA_TYPE },
        ];
        let metric = ActivityQueryMetric { metric: "oWaiting", details: true };
        let response = self.activity("/api/v2/analytics/conversations/activity/query", metric, &predicates)?;
        let document = read(&response)?;
        let results = || ActivityResponse::of(document.root()).results();
        let complete = document.is_clear() && !results().any(ActivityData::truncated);
        let mut ranked: Vec<_> =
            results().flat_map(ActivityData::entities).map(ranked).collect::<Option<_>>().unwrap_or_default();
        ranked.sort_by(|(one, _), (other, _)| one.total_cmp(other));
        let count = count(results(), "oWaiting");
        let is_whole = complete && count.is_none_or(|count| usize::try_from(count) == Ok(ranked.len()));
        Ok(Waiting { count, ids: is_whole.then(|| ranked.into_iter().map(|(_, id)| id.to_string()).collect()) })
    }

    /// Returns the number of agents who are on queue.
    pub(crate) fn agents_on_queue(&mut self, queue: &str) -> Result<Option<u32>, Failure> {
        let predicates = [ActivityQueryPredicate { dimension: "queueId", value: queue }];
        let metric = ActivityQueryMetric { metric: "oOnQueueUsers", details: false };
        let response = self.activity("/api/v2/analytics/routing/activity/query", metric, &predicates)?;
        Ok(count(ActivityResponse::of(read(&response)?.root()).results(), "oOnQueueUsers"))
    }

    fn activity(
        &mut self,
        path: &str,
        metric: ActivityQueryMetric<'_>,
        predicates: &[ActivityQueryPredicate<'_>],
    ) -> Result<Response, Failure> {
        let filter = ActivityQueryFilter { kind: "and", predicates };
        let query = ActivityQuery { metrics: [metric], filter };
        let body = serde_json::to_vec(&query).map_err(|_| unreadable("the query is not JSON"))?;
        accepted(self.call(&Call::query(path.into(), body))?, Kind::Reads)
    }
}

/// Returns a waiting conversation with its rank: the smaller, the sooner an agent gets it.
fn ranked<'d>(entity: ActivityEntityData<'d>) -> Option<(f64, &'d str)> {
    // Milliseconds since 1970 are far below 2^53.
    let since = entity.activity_date().and_then(time::parse)? as f64;
    let priority = entity.routing_priority().unwrap_or(0.0);
    Some((since - priority * PRIORITY_POINT_MS, entity.conversation_id()?))
}

/// Returns the sum of a metric. A queue without any value has no result, which counts as 0.
fn count<'d>(results: impl Iterator<Item = ActivityData<'d>>, metric: &str) -> Option<u32> {
    let values = results.flat_map(ActivityData::data).filter(|value| value.metric() == Some(metric));
    let sum = values.map(ActivityMetricValue::count).try_fold(0_u64, |sum, count| Some(sum.saturating_add(count?)))?;
    u32::try_from(sum).ok()
}
