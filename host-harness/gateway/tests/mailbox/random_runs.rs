//! Random runs of a mailbox: gateways are killed at any moment, responses of the contact center and the platform are
//! lost, and webhooks are late or duplicated. Each message must arrive once and in order on either side.

use super::{NOW, agent_message, request, rules, text};
use fastrand::Rng;
use handover_gateway::mailbox::{
    CallbackOutcome, Channel, DeliveryOutcome, EventOrigin, Lease, LookupOutcome, Mailbox, Source, Task,
};
use handover_host::contract::{AgentEvent, Delivery, Failure, RetryAdvice, RetryCause, Timestamp};
use std::collections::BTreeMap;

/// The time within which a request arrives, if it arrives, in milliseconds.
const MAX_TRANSIT_MS: u64 = 5_000;
/// The time that a gateway waits for a response, in milliseconds.
const RESPONSE_TIMEOUT_MS: u64 = 10_000;

#[test]
fn each_message_arrives_once_and_in_order_despite_interruptions() {
    let mut looked_up = 0;
    for seed in 0..400 {
        looked_up += Run::new(seed).play();
    }
    // The runs must exercise unknown outcomes.
    assert!(looked_up > 400, "only {looked_up} requests had an unknown outcome");
}

struct Run {
    seed: u64,
    rng: Rng,
    now: Timestamp,
    /// The stored mailbox.
    record: String,
    revision: u64,
    running: Vec<RunningTask>,
    sent: Vec<String>,
    /// The requests in transit to the contact center, with their arrival times.
    in_transit: Vec<(Timestamp, String)>,
    contact_center: Vec<String>,
    webhooks: Vec<(Timestamp, AgentEvent)>,
    agent_messages: Vec<String>,
    log: BTreeMap<u64, String>,
    platform: Vec<u64>,
    looked_up: usize,
}

/// A task that a gateway performs.
struct RunningTask {
    gateway: usize,
    lease: Lease,
    since: Timestamp,
    until: Timestamp,
    arrives: bool,
}

impl Run {
    fn new(seed: u64) -> Self {
        let mut mailbox = Mailbox::new("mailbox".to_owned(), "user-1".to_owned());
        mailbox.begin(NOW, &rules()).expect("no handover is in progress");
        Self {
            seed,
            rng: Rng::with_seed(seed),
            now: NOW,
            record: serde_json::to_string(&mailbox).expect("it serializes"),
            revision: 0,
            running: Vec::new(),
            sent: Vec::new(),
            in_transit: Vec::new(),
            contact_center: Vec::new(),
            webhooks: Vec::new(),
            agent_messages: Vec::new(),
            log: BTreeMap::new(),
            platform: Vec::new(),
            looked_up: 0,
        }
    }

    fn load(&self) -> Mailbox {
        serde_json::from_str(&self.record).expect("it deserializes")
    }

    fn save(&mut self, mailbox: &Mailbox) {
        self.record = serde_json::to_string(mailbox).expect("it serializes");
        self.revision += 1;
    }

    /// Plays the run. Returns the number of lookups of requests with an unknown outcome.
    fn play(mut self) -> usize {
        for _ in 0..120 {
            match self.rng.u8(..10) {
                0 => self.send(),
                1 => self.agent_writes(),
                2 => self.webhook(),
                3 => self.publish(),
                4 | 5 => self.lease_one(),
                6 | 7 => self.finish_one(),
                8 => self.kill(),
                _ => self.advance(self.rng.clone().u64(..4_000)),
            }
        }
        // From here on, no gateway is killed.
        for _ in 0..10_000 {
            self.webhook();
            self.publish();
            self.lease_one();
            self.finish_one();
            self.advance(500);
            let is_caught_up =
                self.platform.last() == self.log.keys().last() && self.load().unpublished().next().is_none();
            if is_caught_up
                && self.webhooks.is_empty()
                && self.running.is_empty()
                && self.contact_center.len() >= self.sent.len()
            {
                break;
            }
        }
        self.check();
        self.looked_up
    }

    fn send(&mut self) {
        let mut mailbox = self.load();
        let outbound = mailbox.outbound(text("content"), self.now);
        let requests: Vec<_> = (0..self.rng.usize(1..3)).map(|part| format!("{}#{part}", outbound.id)).collect();
        let built = requests.iter().map(|key| request(key)).collect();
        mailbox.send(&outbound, Some(built), self.now).expect("there is room");
        self.save(&mailbox);
        self.sent.extend(requests);
    }

    fn agent_writes(&mut self) {
        let id = format!("m{}", self.agent_messages.len());
        self.webhooks.push((self.now, agent_message(&id, self.now)));
        self.agent_messages.push(id);
    }

    /// Accepts the oldest webhook, which may be delivered again.
    fn webhook(&mut self) {
        let Some((_, event)) = self.webhooks.first().cloned() else { return };
        let mut mailbox = self.load();
        let origin = EventOrigin::new(Source::Webhook, event.id.as_bytes());
        mailbox.accept(&[event], &origin, self.now, &rules()).expect("the webhook is accepted");
        self.save(&mailbox);
        if self.rng.bool() {
            self.webhooks.remove(0);
        }
    }

    fn publish(&mut self) {
        let mut mailbox = self.load();
        let events: Vec<_> = mailbox.unpublished().cloned().collect();
        let cut = self.rng.usize(..=events.len());
        for event in &events[..cut] {
            // The store drops entries whose number it already has.
            if self.log.keys().last().is_none_or(|last| *last < event.number) {
                self.log.insert(event.number, event.event.get().to_owned());
            }
        }
        if cut > 0 && self.rng.bool() {
            mailbox.published(events[cut - 1].number, &rules());
            self.save(&mailbox);
        }
    }

    fn lease_one(&mut self) {
        let gateway = self.rng.usize(..3);
        let channel = if self.rng.bool() { Channel::Outbound } else { Channel::Callback };
        // A gateway leases a channel only once at a time.
        if self.running.iter().any(|running| running.gateway == gateway && running.lease.channel == channel) {
            return;
        }
        let mut mailbox = self.load();
        let before = mailbox.clone();
        let lease = mailbox.lease(channel, &gateway.to_string(), self.now, &rules());
        if mailbox != before {
            self.save(&mailbox);
        }
        let Some(lease) = lease else { return };
        let until = self.now + self.rng.u64(1..RESPONSE_TIMEOUT_MS);
        let arrives = self.rng.u8(..4) > 0;
        if let (Task::Deliver { request, .. }, true) = (&lease.task, arrives) {
            self.in_transit.push((self.now + self.rng.u64(..MAX_TRANSIT_MS), request.idempotency_key.clone()));
        }
        self.running.push(RunningTask { gateway, lease, since: self.now, until, arrives });
    }

    fn advance(&mut self, milliseconds: u64) {
        self.now += milliseconds;
        let now = self.now;
        self.in_transit.sort();
        let (arrived, in_transit) = std::mem::take(&mut self.in_transit).into_iter().partition(|(at, _)| *at <= now);
        self.in_transit = in_transit;
        self.contact_center.extend(Vec::from_iter::<Vec<(u64, String)>>(arrived).into_iter().map(|(_, key)| key));
    }

    fn kill(&mut self) {
        let gateway = self.rng.usize(..3);
        self.running.retain(|running| running.gateway != gateway);
    }

    fn finish_one(&mut self) {
        if self.running.is_empty() {
            return;
        }
        let running = self.running.remove(self.rng.usize(..self.running.len()));
        // The gateway waits for the response, but drops the task after its timeout.
        let wait = running.until.saturating_sub(self.now);
        self.advance(wait);
        if self.now > running.since + RESPONSE_TIMEOUT_MS {
            return;
        }
        let (mut mailbox, rules, now) = (self.load(), rules(), self.now);
        let random = self.rng.f64();
        match running.lease.task {
            Task::Deliver { item, request } => {
                let known = self.contact_center.contains(&request.idempotency_key);
                let outcome = match (known, self.rng.u8(..3)) {
                    (true, 0 | 1) => DeliveryOutcome::Delivered(delivery()),
                    (false, 0) if !running.arrives => DeliveryOutcome::Failed(Failure::Retry(advice(false))),
                    (_, 1) => DeliveryOutcome::Unknown("the plugin was stopped".to_owned()),
                    _ => DeliveryOutcome::Failed(Failure::Retry(advice(true))),
                };
                mailbox.delivered(item, outcome, random, now, &rules);
            }
            Task::Find { item, request, .. } => {
                self.looked_up += 1;
                let looked_up = match (self.rng.u8(..4), self.contact_center.contains(&request.idempotency_key)) {
                    (0, _) => LookupOutcome::Failed(Failure::Retry(advice(false))),
                    (_, true) => LookupOutcome::Arrived(delivery()),
                    (_, false) => LookupOutcome::NotArrived,
                };
                mailbox.looked_up(item, looked_up, random, now, &rules);
            }
            Task::CallBack { event, .. } => {
                if running.arrives {
                    self.platform.push(event.number);
                }
                let is_accepted = running.arrives && self.rng.bool();
                let unanswered = CallbackOutcome::Retry(None, "no answer".to_owned());
                let outcome = if is_accepted { CallbackOutcome::Accepted } else { unanswered };
                mailbox.called_back(event.number, outcome, random, now, &rules);
            }
            Task::Poll { conversation: _, .. } => mailbox.polled(1, &[], running.since, now, &rules),
            Task::Build { .. }
            | Task::FetchMessages { .. }
            | Task::PollOutcome { .. }
            | Task::StoreDeadLetter(_)
            | Task::Remove => panic!("seed {}: unexpected task", self.seed),
        }
        self.save(&mailbox);
    }

    fn check(&self) {
        let seed = self.seed;
        assert_eq!(self.contact_center, self.sent, "seed {seed}: the contact center has each request once, in order");
        let numbers: Vec<u64> = self.log.keys().copied().collect();
        let all: Vec<u64> = (1..=numbers.len() as u64).collect();
        assert_eq!(numbers, all, "seed {seed}: the log has no gap");
        let logged: Vec<&str> =
            self.log.values().map(|event| message_text(event)).filter(|text| !text.is_empty()).collect();
        assert_eq!(logged, self.agent_messages, "seed {seed}: the log has each message once, in order");
        let mut platform = self.platform.clone();
        platform.dedup();
        assert_eq!(platform, all, "seed {seed}: the platform has each event, with repeats directly after it");
    }
}

/// Returns the plain text of the message in an event, or an empty string.
fn message_text(event: &str) -> &str {
    let Some((_, rest)) = event.split_once(r#""plain-text":""#) else { return "" };
    rest.split('"').next().unwrap_or_default()
}

fn delivery() -> Delivery {
    Delivery { conversation_id: Some("conversation-1".to_owned()), ..Delivery::default() }
}

fn advice(may_have_arrived: bool) -> RetryAdvice {
    RetryAdvice {
        cause: RetryCause::Network,
        after_seconds: None,
        may_have_arrived,
        message: "the connection was closed".to_owned(),
    }
}
