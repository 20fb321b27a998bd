//! The platform's callback. Each event is posted to it.

use crate::mailbox::{CallbackOutcome, REQUEST_TIMEOUT};
use crate::platform_event::DeliverableEvent;
use crate::signed_client::{PostError, SignedClient, SignedClientError, read_json};
use reqwest::header::{HeaderMap, HeaderValue};
use std::time::Duration;

/// The platform's callback. Cheap to clone.
#[derive(Clone)]
pub struct Callback {
    platform: SignedClient,
}

impl Callback {
    /// Creates a callback at this URL that signs with each of these secrets (`whsec_…`).
    ///
    /// # Errors
    /// The URL or a secret is not valid.
    pub fn new(url: &str, secrets: Vec<String>) -> Result<Self, SignedClientError> {
        Ok(Self { platform: SignedClient::new(url, secrets, REQUEST_TIMEOUT)? })
    }

    /// Posts an event. From the second `attempt` on, the platform may have processed it before.
    pub(crate) async fn call(&self, event: &impl DeliverableEvent, attempt: u32) -> CallbackOutcome {
        match self.post(event, attempt).await {
            Ok(_) => CallbackOutcome::Accepted,
            Err(error) => error.into(),
        }
    }

    /// Posts an event like [`call`](Self::call), and returns the JSON of the response, if there is any. `within` is the time
    /// after which no response is of use.
    pub(crate) async fn ask(
        &self,
        event: &impl DeliverableEvent,
        attempt: u32,
        within: Duration,
    ) -> (CallbackOutcome, Option<Vec<u8>>) {
        let asked = async { read_json(self.post(event, attempt).await?).await };
        match tokio::time::timeout(within, asked).await {
            Ok(Ok(body)) => (CallbackOutcome::Accepted, body),
            Ok(Err(error)) => (error.into(), None),
            Err(_) => (CallbackOutcome::Retry(None, "the server did not answer in time".into()), None),
        }
    }

    async fn post(&self, event: &impl DeliverableEvent, attempt: u32) -> Result<reqwest::Response, PostError> {
        let mut headers = HeaderMap::new();
        headers.insert("webhook-attempt", attempt.into());
        if let Some(Ok(correlation)) = event.correlation().map(HeaderValue::from_str) {
            headers.insert("x-request-id", correlation);
        }
        self.platform.post(event.id(), headers, event).await
    }
}

impl From<PostError> for CallbackOutcome {
    fn from(error: PostError) -> Self {
        match error {
            PostError::Temporary { after_seconds, why } => Self::Retry(after_seconds, why),
            PostError::Permanent(why) => Self::Refused(why),
        }
    }
}
