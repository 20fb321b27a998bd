//! Detection of the end of a handover: 200 handovers in a local Genesys Cloud that loses half of the events of each
//! source.

use crate::platform::Platform;
use crate::world::{World, start};
use fastrand::Rng;
use genesys_sandbox::{Config, Secret};
use handover_host::contract::EndReason;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};

const RECIPIENTS: u64 = 100;
/// Per user. The second handover reopens the same conversation.
const HANDOVERS: u32 = 2;
const CONCURRENCY: usize = 10;
const EVENT_BUS_KEY: &str = "a-key-for-the-event-bus";
const TRIGGER_KEY: &str = "a-key-for-the-trigger";
/// Maximum time to detect an end.
const END_TIMEOUT: Duration = Duration::from_secs(60);

/// Returns a Genesys Cloud configuration that sends events to the platform from every source.
fn config(platform: &str) -> Config {
    let mut config = Config::default();
    config.integrations[0].webhook_url = Some(format!("{platform}/handover/genesysCloudOM"));
    config.requests_per_minute = 0;
    config.webhooks.retry_delay_ms = 50;
    config.event_bus.url = Some(platform.to_owned());
    config.event_bus.key = Some(Secret::from(EVENT_BUS_KEY.to_owned()));
    config.trigger.url = Some(platform.to_owned());
    config.trigger.key = Some(Secret::from(TRIGGER_KEY.to_owned()));
    config.losses.event_bus = 0.5;
    config.losses.trigger = 0.5;
    config.losses.notification = 0.5;
    config
}

async fn set_up() -> (World, Platform) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let keys = [("event-bus-key", EVENT_BUS_KEY), ("trigger-key", TRIGGER_KEY)];
    let world = World::with(config(&address), &keys).await;
    let platform = Platform::new(world.connection.clone());
    platform.listen(listener);
    (world, platform)
}

/// Creates a notification channel. Returns the URL of its subscriptions and of its WebSocket.
async fn channel(world: &World, token: &str) -> (String, String) {
    let channels = format!("{}/api/v2/notifications/channels", world.sandbox.announcement().origin);
    let created = world.http.post(&channels).bearer_auth(token).json(&json!({})).send().await.expect("an answer");
    let created: Value = created.json().await.expect("JSON");
    let (id, uri) = (created["id"].as_str().expect("an id"), created["connectUri"].as_str().expect("an address"));
    (format!("{channels}/{id}/subscriptions"), uri.to_owned())
}

/// A user with several handovers.
struct Scenario<'a> {
    world: &'a World,
    platform: &'a Platform,
    token: &'a str,
    subscriptions: &'a str,
    recipient: String,
    rng: Rng,
    sent: Vec<String>,
}

impl Scenario<'_> {
    async fn act(&self, conversation: &str, act: &str, body: Value) {
        self.world.sandbox_post(&format!("conversations/{conversation}/{act}"), body).await;
    }

    async fn write(&mut self, conversation: &str) {
        let text = format!("{} no. {}", self.recipient, self.sent.len());
        self.act(conversation, "text", json!({ "text": text })).await;
        self.sent.push(text);
    }

    /// Disconnects the customer, independently of the platform.
    async fn close_customer(&self, conversation: &str) {
        let origin = &self.world.sandbox.announcement().origin;
        let path = format!("{origin}/api/v2/conversations/messages/{conversation}");
        let seen: Value = self
            .world
            .http
            .get(&path)
            .bearer_auth(self.token)
            .send()
            .await
            .expect("an answer")
            .json()
            .await
            .expect("JSON");
        let mut participants = seen["participants"].as_array().expect("a list").iter();
        let customer = participants.rfind(|one| one["purpose"] == "customer").expect("a customer");
        let path = format!("{path}/participants/{}", customer["id"].as_str().expect("an id"));
        let body = json!({ "state": "disconnected" });
        let answer = self.world.http.patch(path).bearer_auth(self.token).json(&body).send().await.expect("an answer");
        assert!(answer.status().is_success(), "{}", answer.status());
    }

    fn ends(&self) -> Vec<(u32, EndReason)> {
        self.platform.with_state(&self.recipient, |state| state.ends.clone())
    }

    /// Asserts that the handover has not ended, immediately or after a random pause.
    async fn assert_not_ended(&mut self, number: u32, after: &str) {
        if self.rng.u8(..4) == 0 {
            sleep(Duration::from_millis(400)).await;
        }
        let ends = self.ends();
        assert!(ends.iter().all(|(ended, _)| *ended != number), "{}: ended after {after}: {ends:?}", self.recipient);
    }

    /// Performs random actions in the queue. Returns whether an agent accepts the conversation.
    async fn queue(&mut self, number: u32, conversation: &str) -> bool {
        if self.rng.u8(..3) == 0 {
            self.act(conversation, "decline", json!({ "name": "Dan" })).await;
            self.assert_not_ended(number, "a decline").await;
        }
        if self.rng.u8(..4) == 0 {
            self.act(conversation, "no-answer", json!({ "name": "Ned" })).await;
            self.assert_not_ended(number, "an unanswered offer").await;
        }
        if self.rng.u8(..6) == 0 {
            return false;
        }
        self.act(conversation, "accept", json!({ "name": "Grace Hopper" })).await;
        true
    }

    async fn talk(&mut self, number: u32, conversation: &str) {
        self.write(conversation).await;
        if self.rng.u8(..3) == 0 {
            self.act(conversation, "transfer", json!({})).await;
            self.assert_not_ended(number, "a transfer").await;
            self.act(conversation, "accept", json!({ "name": "Ada Yonath" })).await;
            self.act(conversation, "wrap-up", json!({ "code": "done", "name": "Grace Hopper" })).await;
            self.assert_not_ended(number, "after-call work").await;
            self.write(conversation).await;
        }
        if self.rng.u8(..4) == 0 {
            self.act(conversation, "conference", json!({ "name": "Barbara Liskov" })).await;
            self.act(conversation, "leave-conference", json!({})).await;
            self.assert_not_ended(number, "one of two agents leaving").await;
            self.write(conversation).await;
        }
    }

    /// Ends the conversation in a random way. Returns the expected reason.
    async fn end(&mut self, conversation: &str, attended: bool) -> EndReason {
        match self.rng.u8(..4) {
            0 => {
                self.close_customer(conversation).await;
                EndReason::Cancelled
            }
            1 => {
                self.act(conversation, "expire", json!({})).await;
                EndReason::Expired
            }
            2 => {
                self.act(conversation, "fail", json!({})).await;
                EndReason::Error(String::new())
            }
            _ => {
                self.act(conversation, "disconnect", json!({})).await;
                // A conversation that no agent accepted cannot be completed.
                if attended { EndReason::Completed } else { EndReason::Expired }
            }
        }
    }

    async fn handover(&mut self, number: u32) {
        let conversation = self.platform.begin(&self.recipient, start()).await;
        let topics = ["user.start", "user.end", "customer.end", "acw"];
        let topics: Vec<_> = topics
            .iter()
            .map(|name| json!({ "id": format!("v2.detail.events.conversation.{conversation}.{name}") }))
            .collect();
        let request = self.world.http.post(self.subscriptions).bearer_auth(self.token).json(&topics);
        assert!(request.send().await.expect("an answer").status().is_success());

        let attended = self.queue(number, &conversation).await;
        if attended {
            self.talk(number, &conversation).await;
        }
        self.assert_not_ended(number, "actions that do not end it").await;
        let expected = self.end(&conversation, attended).await;
        let found = async {
            while self.ends().len() < number as usize {
                sleep(Duration::from_millis(20)).await;
            }
        };
        assert!(timeout(END_TIMEOUT, found).await.is_ok(), "{}: no end of handover {number}", self.recipient);
        // Late events may still arrive.
        sleep(Duration::from_millis(300)).await;
        let ends = self.ends();
        assert_eq!(ends.len(), number as usize, "{}: {ends:?}", self.recipient);
        let (ended, reason) = ends.last().expect("an end");
        let is_expected =
            matches!((reason, &expected), (EndReason::Error(_), EndReason::Error(_))) || *reason == expected;
        assert!(*ended == number && is_expected, "{}: {reason:?} instead of {expected:?}", self.recipient);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_handover_ends_once_with_the_right_reason_although_events_are_lost() {
    let (world, platform) = set_up().await;
    let token = world.token().await;
    let (subscriptions, uri) = channel(&world, &token).await;
    tokio::spawn(platform.clone().read_notifications(uri));
    tokio::spawn(platform.clone().poll_repeatedly(Duration::from_millis(250)));

    let scenario = async |seed: u64| {
        let mut scenario = Scenario {
            world: &world,
            platform: &platform,
            token: &token,
            subscriptions: &subscriptions,
            recipient: format!("user-{seed}"),
            rng: Rng::with_seed(seed),
            sent: Vec::new(),
        };
        for number in 1..=HANDOVERS {
            scenario.handover(number).await;
        }
        let shown = platform.with_state(&scenario.recipient, |state| state.shown.clone());
        assert_eq!(shown, scenario.sent, "{}", scenario.recipient);
        scenario.ends().len()
    };
    let ends = futures_util::StreamExt::fold(
        futures_util::StreamExt::buffer_unordered(
            futures_util::stream::iter((1..=RECIPIENTS).map(scenario)),
            CONCURRENCY,
        ),
        0,
        async |sum, ends| sum + ends,
    );
    assert_eq!(ends.await, 200);

    // Asserts that the test exercised each source.
    let counts = platform.event_counts();
    for source in ["event-bus", "trigger", "notification", "webhook"] {
        assert!(counts.get(source).is_some_and(|count| *count > 20), "{source}: {counts:?}");
    }
}
