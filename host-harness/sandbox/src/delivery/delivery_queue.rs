//! Sends posts in the background. Posts of the same queue are sent in order. Each attempt is recorded.

use std::fmt::Debug;
use std::time::Duration;

use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use tokio::time::sleep;

use crate::delivery::ordered_queues::Position;
use crate::delivery::queue_workers::QueueWorkers;
use crate::delivery::retrying_client::{NotAccepted, Post, RetryingClient};
use crate::state::faults::DeliveryFault;
use crate::state::ring::Ring;
use crate::state::shared::Shared;
use crate::wire::json::time_text;

/// The number of attempts that are kept.
const MAX_ATTEMPTS: usize = 2_000;

/// An item that a [`DeliveryQueue`] sends.
pub(crate) trait Posting: Clone + Send + Sync + 'static {
    /// The context of [`Posting::settled`].
    type Context: Clone + Send + Sync + 'static;

    /// The description of the posting in the list of attempts.
    type Summary: Clone + Debug + Send + Serialize;

    /// Returns the name of its queue. The postings of one queue are sent in order.
    fn queue(&self) -> String;

    /// Returns the fault that applies to the delivery.
    fn delivery_fault(&self) -> Option<DeliveryFault>;

    /// Returns the request, or why there is none.
    fn post(&self) -> Result<Post, &'static str>;

    /// Returns the description for the list of attempts.
    fn summary(&self) -> Self::Summary;

    /// Called once, after the delivery has succeeded or has finally failed. Not called for a posting that waits for the
    /// next one of its queue forever. [`DeliveryQueue::send`] may call it, so do not send while holding a lock that it
    /// acquires.
    fn settled(&self, context: &Self::Context, outcome: &Outcome);
}

/// The outcome of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The receiver responded with 2xx.
    Accepted,
    /// The posting was lost because of a fault or a random loss. For the sender, it counts as sent.
    Lost,
    /// The receiver responded with a status that is not retried. The text contains the status.
    Refused(String),
    /// All retries failed, or too many postings were queued.
    Failed(String),
    /// There is no request. The text contains the reason.
    Undeliverable(String),
}

/// One attempt to send a posting, as `/sandbox/webhooks` and `/sandbox/event-posts` list it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Attempt<S> {
    #[serde(flatten)]
    posting: S,
    /// The number of the attempt, starting at 1. The second delivery of the fault `double` starts at 1 again. 0:
    /// nothing was sent.
    attempt: u32,
    /// The status of the response.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    /// Why there is no response.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// When the attempt ended.
    time: String,
}

/// Sends postings in the background. Clones share the queues.
#[derive(Clone, Debug)]
pub(crate) struct DeliveryQueue<P: Posting> {
    client: RetryingClient,
    workers: QueueWorkers<(P, Post)>,
    attempts: Shared<Ring<Attempt<P::Summary>>>,
    context: P::Context,
}

impl<P: Posting> DeliveryQueue<P> {
    /// Creates an empty queue.
    pub(crate) fn new(client: RetryingClient, context: P::Context) -> Self {
        Self { client, workers: QueueWorkers::default(), attempts: Shared::new(Ring::new(MAX_ATTEMPTS)), context }
    }

    /// Appends `posting` to its queue.
    pub(crate) fn send(&self, posting: P) {
        let post = match posting.post() {
            Ok(post) => post,
            Err(reason) => {
                self.record(&posting, 0, Err(reason.to_owned()));
                return posting.settled(&self.context, &Outcome::Undeliverable(reason.to_owned()));
            }
        };
        let position = match posting.delivery_fault() {
            Some(DeliveryFault::Lost) => {
                self.record(&posting, 0, Err("lost, as ordered".to_owned()));
                return posting.settled(&self.context, &Outcome::Lost);
            }
            Some(DeliveryFault::Disordered) => Position::AfterTheNext,
            _ => Position::Last,
        };
        let queue = self.clone();
        let deliver = move |(posting, post)| {
            let queue = queue.clone();
            async move { queue.deliver(posting, post).await }
        };
        if let Some((posting, _)) = self.workers.put(&posting.queue(), (posting, post), position, deliver) {
            let error = "too many deliveries are waiting";
            self.record(&posting, 0, Err(error.to_owned()));
            posting.settled(&self.context, &Outcome::Failed(error.to_owned()));
        }
    }

    /// Returns the recorded attempts, oldest first.
    pub(crate) fn attempts(&self) -> Vec<Attempt<P::Summary>> {
        self.attempts.with(|attempts| attempts.iter().cloned().collect())
    }

    /// Stops the deliveries and waits until they have stopped. Queued postings are not sent.
    pub(crate) async fn stop(&self) {
        self.workers.stop().await;
    }

    /// Stops the deliveries without waiting.
    pub(crate) fn abort(&self) {
        self.workers.abort();
    }

    async fn deliver(&self, posting: P, post: Post) {
        let fault = posting.delivery_fault();
        if let Some(DeliveryFault::Late(ms)) = fault {
            sleep(Duration::from_millis(ms)).await;
        }
        let record = |attempt, result| self.record(&posting, attempt, result);
        let outcome = match self.client.send(&post, record).await {
            Ok(()) => Outcome::Accepted,
            Err(NotAccepted { reason, refused: true }) => Outcome::Refused(reason),
            Err(NotAccepted { reason, refused: false }) => Outcome::Failed(reason),
        };
        posting.settled(&self.context, &outcome);
        if outcome == Outcome::Accepted && fault == Some(DeliveryFault::Double) {
            // The result of the second delivery is irrelevant, because the first one was accepted.
            let _ = self.client.send(&post, record).await;
        }
    }

    fn record(&self, posting: &P, attempt: u32, result: Result<StatusCode, String>) {
        let summary = posting.summary();
        tracing::debug!(posting = ?summary, attempt, ?result, "delivery");
        let (status, error) = match result {
            Ok(status) => (Some(status.as_u16()), None),
            Err(error) => (None, Some(error)),
        };
        let time = time_text(Timestamp::now());
        let attempt = Attempt { posting: summary, attempt, status, error, time };
        self.attempts.with(|attempts| attempts.push(attempt));
    }
}
