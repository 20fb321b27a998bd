//! The end of a handover, known for certain: two hundred of them in a local Genesys Cloud that loses half of what it
//! should tell, by each of the ways in which it tells.

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
/// The second of each user's is the same conversation, opened again.
const HANDOVERS: u32 = 2;
const AT_ONCE: usize = 10;
const EVENT_BUS_KEY: &str = "a-key-for-the-event-bus";
const TRIGGER_KEY: &str = "a-key-for-the-trigger";
/// A handover whose end nobody found by then has none.
const PATIENCE: Duration = Duration::from_secs(60);

/// A Genesys Cloud that tells a platform by every way there is.
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

/// A notification channel: its path, and where its frames come from.
async fn channel(world: &World, token: &str) -> (String, String) {
    let channels = format!("{}/api/v2/notifications/channels", world.sandbox.announcement().origin);
    let made = world.desk.post(&channels).bearer_auth(token).json(&json!({})).send().await.expect("an answer");
    let made: Value = made.json().await.expect("JSON");
    let (id, uri) = (made["id"].as_str().expect("an id"), made["connectUri"].as_str().expect("an address"));
    (format!("{channels}/{id}/subscriptions"), uri.to_owned())
}

/// One user, who is handed over several times.
struct Story<'a> {
    world: &'a World,
    platform: &'a Platform,
    token: &'a str,
    subscriptions: &'a str,
    recipient: String,
    chance: Rng,
    written: Vec<String>,
}

impl Story<'_> {
    async fn act(&self, conversation: &str, act: &str, body: Value) {
        self.world.order(&format!("conversations/{conversation}/{act}"), body).await;
    }

    async fn write(&mut self, conversation: &str) {
        let text = format!("{} no. {}", self.recipient, self.written.len());
        self.act(conversation, "text", json!({ "text": text })).await;
        self.written.push(text);
    }

    /// The customer's side is closed by somebody else than the platform.
    async fn close_customer(&self, conversation: &str) {
        let origin = &self.world.sandbox.announcement().origin;
        let path = format!("{origin}/api/v2/conversations/messages/{conversation}");
        let seen: Value = self
            .world
            .desk
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
        let answer = self.world.desk.patch(path).bearer_auth(self.token).json(&body).send().await.expect("an answer");
        assert!(answer.status().is_success(), "{}", answer.status());
    }

    fn ends(&self) -> Vec<(u32, EndReason)> {
        self.platform.book(&self.recipient, |book| book.ends.clone())
    }

    /// What is not an end is not taken for one, however long ago it was.
    async fn not_over(&mut self, number: u32, after: &str) {
        if self.chance.u8(..4) == 0 {
            sleep(Duration::from_millis(400)).await;
        }
        let ends = self.ends();
        assert!(ends.iter().all(|(ended, _)| *ended != number), "{}: ended after {after}: {ends:?}", self.recipient);
    }

    /// What happens in the queue, and whether anybody takes the conversation from it.
    async fn queue(&mut self, number: u32, conversation: &str) -> bool {
        if self.chance.u8(..3) == 0 {
            self.act(conversation, "decline", json!({ "name": "Dan" })).await;
            self.not_over(number, "a decline").await;
        }
        if self.chance.u8(..4) == 0 {
            self.act(conversation, "no-answer", json!({ "name": "Ned" })).await;
            self.not_over(number, "nobody answering").await;
        }
        if self.chance.u8(..6) == 0 {
            return false;
        }
        self.act(conversation, "accept", json!({ "name": "Grace Hopper" })).await;
        true
    }

    async fn talk(&mut self, number: u32, conversation: &str) {
        self.write(conversation).await;
        if self.chance.u8(..3) == 0 {
            self.act(conversation, "transfer", json!({})).await;
            self.not_over(number, "a transfer").await;
            self.act(conversation, "accept", json!({ "name": "Ada Yonath" })).await;
            self.act(conversation, "wrap-up", json!({ "code": "done", "name": "Grace Hopper" })).await;
            self.not_over(number, "after-call work").await;
            self.write(conversation).await;
        }
        if self.chance.u8(..4) == 0 {
            self.act(conversation, "conference", json!({ "name": "Barbara Liskov" })).await;
            self.act(conversation, "leave-conference", json!({})).await;
            self.not_over(number, "one of two leaving").await;
            self.write(conversation).await;
        }
    }

    /// Ends it in one way of several; the reason that everybody should learn.
    async fn end(&mut self, conversation: &str, attended: bool) -> EndReason {
        match self.chance.u8(..4) {
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
                // Nobody can have completed what nobody took.
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
        let request = self.world.desk.post(self.subscriptions).bearer_auth(self.token).json(&topics);
        assert!(request.send().await.expect("an answer").status().is_success());

        let attended = self.queue(number, &conversation).await;
        if attended {
            self.talk(number, &conversation).await;
        }
        self.not_over(number, "nothing that ends it").await;
        let expected = self.end(&conversation, attended).await;
        let found = async {
            while self.ends().len() < number as usize {
                sleep(Duration::from_millis(20)).await;
            }
        };
        assert!(timeout(PATIENCE, found).await.is_ok(), "{}: no end of handover {number}", self.recipient);
        // What is late may still come.
        sleep(Duration::from_millis(300)).await;
        let ends = self.ends();
        assert_eq!(ends.len(), number as usize, "{}: {ends:?}", self.recipient);
        let (ended, reason) = ends.last().expect("an end");
        let same = matches!((reason, &expected), (EndReason::Error(_), EndReason::Error(_))) || *reason == expected;
        assert!(*ended == number && same, "{}: {reason:?} instead of {expected:?}", self.recipient);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_handovers_end_once_each_with_the_right_reason_though_half_is_lost() {
    let (world, platform) = set_up().await;
    let token = world.token().await;
    let (subscriptions, uri) = channel(&world, &token).await;
    tokio::spawn(platform.clone().hear(uri));
    tokio::spawn(platform.clone().poll(Duration::from_millis(250)));

    let story = async |seed: u64| {
        let mut story = Story {
            world: &world,
            platform: &platform,
            token: &token,
            subscriptions: &subscriptions,
            recipient: format!("user-{seed}"),
            chance: Rng::with_seed(seed),
            written: Vec::new(),
        };
        for number in 1..=HANDOVERS {
            story.handover(number).await;
        }
        let shown = platform.book(&story.recipient, |book| book.shown.clone());
        assert_eq!(shown, story.written, "{}", story.recipient);
        story.ends().len()
    };
    let ends = futures_util::StreamExt::fold(
        futures_util::StreamExt::buffer_unordered(futures_util::stream::iter((1..=RECIPIENTS).map(story)), AT_ONCE),
        0,
        async |sum, ends| sum + ends,
    );
    assert_eq!(ends.await, 200);

    // Each source told something, so that each was tried.
    let told = platform.told();
    for source in ["event-bus", "trigger", "notification", "webhook"] {
        assert!(told.get(source).is_some_and(|count| *count > 20), "{source}: {told:?}");
    }
}
