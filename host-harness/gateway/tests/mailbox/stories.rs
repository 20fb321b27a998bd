//! Gateways that are killed at any moment, a contact center and a platform whose answers are lost, webhooks that come
//! twice and late: whatever happens, each message arrives once and in order, on either side.

use super::{NOW, request, rules, said, text};
use fastrand::Rng;
use handover_gateway::mailbox::{
    CallbackOutcome, Channel, DeliveryOutcome, EventOrigin, Lease, LookupOutcome, Mailbox, Source, Task,
};
use handover_host::contract::{AgentEvent, Delivery, Failure, RetryAdvice, RetryCause, Timestamp};
use std::collections::BTreeMap;

/// Milliseconds within which a request arrives, or never does.
const TRAVEL: u64 = 5_000;
/// Milliseconds after which whoever made a request does not wait for its answer any more.
const PATIENCE: u64 = 10_000;

#[test]
fn each_message_arrives_once_and_in_order_whatever_is_cut_short() {
    let mut resolved = 0;
    for seed in 0..400 {
        resolved += Story::new(seed).play();
    }
    // The stories are about doubt: not one of them would be one without it.
    assert!(resolved > 400, "{resolved} requests were in doubt");
}

struct Story {
    seed: u64,
    chance: Rng,
    now: Timestamp,
    /// As it is stored.
    record: String,
    revision: u64,
    running: Vec<Supervisor>,
    sent: Vec<String>,
    /// What is on its way to the contact center.
    traveling: Vec<(Timestamp, String)>,
    center: Vec<String>,
    webhooks: Vec<(Timestamp, AgentEvent)>,
    written: Vec<String>,
    log: BTreeMap<u64, String>,
    platform: Vec<u64>,
    looked_up: usize,
}

/// A task that a gateway is at.
struct Supervisor {
    gateway: usize,
    lease: Lease,
    since: Timestamp,
    until: Timestamp,
    arrives: bool,
}

impl Story {
    fn new(seed: u64) -> Self {
        let mut mailbox = Mailbox::new("tag".to_owned(), "user-1".to_owned());
        mailbox.begin(NOW, &rules()).expect("none is in progress");
        Self {
            seed,
            chance: Rng::with_seed(seed),
            now: NOW,
            record: serde_json::to_string(&mailbox).expect("it can be written"),
            revision: 0,
            running: Vec::new(),
            sent: Vec::new(),
            traveling: Vec::new(),
            center: Vec::new(),
            webhooks: Vec::new(),
            written: Vec::new(),
            log: BTreeMap::new(),
            platform: Vec::new(),
            looked_up: 0,
        }
    }

    fn load(&self) -> Mailbox {
        serde_json::from_str(&self.record).expect("it can be read")
    }

    fn save(&mut self, mailbox: &Mailbox) {
        self.record = serde_json::to_string(mailbox).expect("it can be written");
        self.revision += 1;
    }

    /// How many requests were in doubt.
    fn play(mut self) -> usize {
        for _ in 0..120 {
            match self.chance.u8(..10) {
                0 => self.send(),
                1 => self.agent_writes(),
                2 => self.webhook(),
                3 => self.publish(),
                4 | 5 => self.take_turn(),
                6 | 7 => self.finish_one(),
                8 => self.kill(),
                _ => self.pass(self.chance.clone().u64(..4_000)),
            }
        }
        // From here on nobody is killed, and nothing is lost.
        for _ in 0..10_000 {
            self.webhook();
            self.publish();
            self.take_turn();
            self.finish_one();
            self.pass(500);
            let heard = self.platform.last() == self.log.keys().last() && self.load().unpublished().next().is_none();
            if heard && self.webhooks.is_empty() && self.running.is_empty() && self.center.len() >= self.sent.len() {
                break;
            }
        }
        self.check();
        self.looked_up
    }

    fn send(&mut self) {
        let mut mailbox = self.load();
        let outbound = mailbox.outbound(text("words"), self.now);
        let requests: Vec<_> = (0..self.chance.usize(1..3)).map(|part| format!("{}#{part}", outbound.id)).collect();
        let built = requests.iter().map(|key| request(key)).collect();
        mailbox.send(&outbound, Some(built), self.now).expect("there is room");
        self.save(&mailbox);
        self.sent.extend(requests);
    }

    fn agent_writes(&mut self) {
        let id = format!("m{}", self.written.len());
        self.webhooks.push((self.now, said(&id, self.now)));
        self.written.push(id);
    }

    /// The oldest that has not been taken, perhaps not for the last time.
    fn webhook(&mut self) {
        let Some((_, event)) = self.webhooks.first().cloned() else { return };
        let mut mailbox = self.load();
        let origin = EventOrigin::new(Source::Webhook, event.id.as_bytes());
        mailbox.accept(&[event], &origin, self.now, &rules()).expect("it is believed");
        self.save(&mailbox);
        if self.chance.bool() {
            self.webhooks.remove(0);
        }
    }

    fn publish(&mut self) {
        let mut mailbox = self.load();
        let event: Vec<_> = mailbox.unpublished().cloned().collect();
        let cut = self.chance.usize(..=event.len());
        for event in &event[..cut] {
            // As the store does: once, by number.
            if self.log.keys().last().is_none_or(|last| *last < event.number) {
                self.log.insert(event.number, event.event.get().to_owned());
            }
        }
        if cut > 0 && self.chance.bool() {
            mailbox.published(event[cut - 1].number, &rules());
            self.save(&mailbox);
        }
    }

    fn take_turn(&mut self) {
        let gateway = self.chance.usize(..3);
        let channel = if self.chance.bool() { Channel::Outbound } else { Channel::Callback };
        // A gateway does not work on a channel twice at a time.
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
        let until = self.now + self.chance.u64(1..PATIENCE);
        let arrives = self.chance.u8(..4) > 0;
        if let (Task::Deliver { request, .. }, true) = (&lease.task, arrives) {
            self.traveling.push((self.now + self.chance.u64(..TRAVEL), request.idempotency_key.clone()));
        }
        self.running.push(Supervisor { gateway, lease, since: self.now, until, arrives });
    }

    fn pass(&mut self, milliseconds: u64) {
        self.now += milliseconds;
        let now = self.now;
        self.traveling.sort();
        let (arrived, traveling) = std::mem::take(&mut self.traveling).into_iter().partition(|(at, _)| *at <= now);
        self.traveling = traveling;
        self.center.extend(Vec::from_iter::<Vec<(u64, String)>>(arrived).into_iter().map(|(_, key)| key));
    }

    fn kill(&mut self) {
        let gateway = self.chance.usize(..3);
        self.running.retain(|running| running.gateway != gateway);
    }

    fn finish_one(&mut self) {
        if self.running.is_empty() {
            return;
        }
        let running = self.running.remove(self.chance.usize(..self.running.len()));
        // It waits for the answer, but not for longer than it may.
        let wait = running.until.saturating_sub(self.now);
        self.pass(wait);
        if self.now > running.since + PATIENCE {
            return;
        }
        let (mut mailbox, rules, now) = (self.load(), rules(), self.now);
        let chance = self.chance.f64();
        match running.lease.task {
            Task::Deliver { item, request } => {
                let known = self.center.contains(&request.idempotency_key);
                let outcome = match (known, self.chance.u8(..3)) {
                    (true, 0 | 1) => DeliveryOutcome::Delivered(delivery()),
                    (false, 0) if !running.arrives => DeliveryOutcome::Failed(Failure::Retry(advice(false))),
                    (_, 1) => DeliveryOutcome::Unknown("the plugin was stopped".to_owned()),
                    _ => DeliveryOutcome::Failed(Failure::Retry(advice(true))),
                };
                mailbox.delivered(item, outcome, chance, now, &rules);
            }
            Task::Find { item, request, .. } => {
                self.looked_up += 1;
                let looked_up = match (self.chance.u8(..4), self.center.contains(&request.idempotency_key)) {
                    (0, _) => LookupOutcome::Failed(Failure::Retry(advice(false))),
                    (_, true) => LookupOutcome::Arrived(delivery()),
                    (_, false) => LookupOutcome::NotArrived,
                };
                mailbox.looked_up(item, looked_up, chance, now, &rules);
            }
            Task::CallBack { event, .. } => {
                if running.arrives {
                    self.platform.push(event.number);
                }
                let taken = running.arrives && self.chance.bool();
                let lost = CallbackOutcome::Retry(None, "no answer".to_owned());
                let outcome = if taken { CallbackOutcome::Accepted } else { lost };
                mailbox.called_back(event.number, outcome, chance, now, &rules);
            }
            Task::Observe { conversation: _, .. } => mailbox.observed(1, &[], running.since, now, &rules),
            Task::Build { .. } | Task::StoreDeadLetter(_) | Task::Remove => {
                panic!("seed {}: there is no reason to", self.seed)
            }
        }
        self.save(&mailbox);
    }

    fn check(&self) {
        let seed = self.seed;
        assert_eq!(self.center, self.sent, "seed {seed}: the contact center has each request once, in order");
        let numbers: Vec<u64> = self.log.keys().copied().collect();
        let all: Vec<u64> = (1..=numbers.len() as u64).collect();
        assert_eq!(numbers, all, "seed {seed}: the log has no gap");
        let logged: Vec<&str> = self.log.values().map(|event| name(event)).filter(|name| !name.is_empty()).collect();
        assert_eq!(logged, self.written, "seed {seed}: the log has each message once, in order");
        let mut platform = self.platform.clone();
        platform.dedup();
        assert_eq!(platform, all, "seed {seed}: the platform heard each event, a repeat right after it");
    }
}

/// The name of the message in an event, by its text.
fn name(event: &str) -> &str {
    let Some((_, release)) = event.split_once(r#""plain-text":""#) else { return "" };
    release.split('"').next().unwrap_or_default()
}

fn delivery() -> Delivery {
    Delivery { message_id: None, conversation_id: Some("conversation-1".to_owned()) }
}

fn advice(may_have_arrived: bool) -> RetryAdvice {
    RetryAdvice {
        cause: RetryCause::Network,
        after_seconds: None,
        may_have_arrived,
        message: "the line was cut".to_owned(),
    }
}
