//! What the platform learns before a handover and while the user waits.

use super::{Options, TOKEN, TestGateway, configure_webhooks, rules, run_gateway, send, store_in, until};
use crate::world::World;
use axum::http::StatusCode;
use genesys_sandbox::{Config, EmergencyGroupConfig, QueueConfig, ScheduleConfig, ScheduleGroupConfig};
use handover_gateway::mailbox::Rules;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::net::TcpListener;

const QUEUE: &str = "d59d0280-0000-4000-8000-000000000001";

fn config() -> Config {
    Config { queues: vec![QueueConfig { id: Some(QUEUE.into()), name: "Support".into() }], ..Config::default() }
}

/// A configuration in which the contact center is open from one second to another of every day, in UTC.
fn with_hours(start: &str, end: &str) -> Config {
    let schedule = ScheduleConfig {
        name: "Daily".into(),
        start: format!("2026-01-01T{start}"),
        end: format!("2026-01-01T{end}"),
        rrule: Some("FREQ=DAILY".into()),
    };
    let group = ScheduleGroupConfig {
        name: "Support hours".into(),
        time_zone: "UTC".into(),
        open: vec!["Daily".into()],
        closed: Vec::new(),
        holidays: Vec::new(),
    };
    let emergency = EmergencyGroupConfig { name: "Fire".into(), enabled: false };
    Config { schedules: vec![schedule], schedule_groups: vec![group], emergency_groups: vec![emergency], ..config() }
}

async fn gateway(config: Config, settings: &[(&str, &str)], rules: Rules) -> TestGateway {
    TestGateway::with_config(config, settings, rules, None).await
}

async fn availability(gateway: &TestGateway, query: &str) -> (StatusCode, Value) {
    gateway.call("GET", &format!("availability{query}"), Value::Null).await
}

fn no_polls() -> Rules {
    Rules { poll_interval: None, ..rules() }
}

#[tokio::test]
async fn asks_once_a_minute_for_each_routing() {
    let gateway = gateway(config(), &[], no_polls()).await;
    gateway.begin("sess-1").await;
    until("the conversation", async || {
        let conversations = gateway.world.sandbox_get("conversations").await;
        (conversations["conversations"].as_array()?.len() == 1).then_some(())
    })
    .await;
    let open = json!({ "state": "open", "agents": 1, "waiting": 1, "estimated-wait-seconds": 120, "opens-at": null });
    assert_eq!(availability(&gateway, "").await, (StatusCode::OK, open.clone()));
    assert_eq!(availability(&gateway, "").await, (StatusCode::OK, open.clone()));
    assert_eq!(gateway.world.request_count("/activity/query").await, 2);
    assert_eq!(availability(&gateway, &format!("?queue={QUEUE}")).await, (StatusCode::OK, open));
    assert_eq!(gateway.world.request_count("/activity/query").await, 4);
}

#[tokio::test]
async fn gateways_share_the_answers() {
    let first = gateway(config(), &[], no_polls()).await;
    let (_, open) = availability(&first, "").await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/v1/connections/acme/availability", listener.local_addr().expect("an address"));
    let connections = [("acme", &first.world, None)];
    let _second = run_gateway(first.store.clone(), listener, &connections, &no_polls(), None);
    first.world.sandbox_post(&format!("queues/{QUEUE}"), json!({ "agentsOnQueue": 9 })).await;
    assert_eq!(send(first.http.get(url).bearer_auth(TOKEN)).await, (StatusCode::OK, open));
    assert_eq!(first.world.request_count("/activity/query").await, 2);
}

#[tokio::test]
async fn is_closed_without_agents_and_outside_the_hours() {
    // Open for the second of midnight, so it is closed now, unless now is midnight.
    let settings = [("schedule-group", "Support hours"), ("emergency-group", "Fire")];
    let closed = gateway(with_hours("00:00:00", "00:00:01"), &settings, no_polls()).await;
    let (status, answer) = availability(&closed, "").await;
    assert_eq!((status, &answer["state"]), (StatusCode::OK, &json!("closed")));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time").as_secs();
    assert_eq!(answer["opens-at"], (now / 86_400 + 1) * 86_400_000);
    assert_eq!(closed.world.request_count("/activity/query").await, 0);

    let open = gateway(with_hours("00:00:00", "23:59:59"), &settings, no_polls()).await;
    assert_eq!(availability(&open, "").await.1["state"], "open");
    let groups = open.world.sandbox_get("emergency-groups").await;
    let fire = groups["emergencyGroups"][0]["id"].as_str().expect("an id");
    open.world.sandbox_post(&format!("emergency-groups/{fire}"), json!({ "enabled": true })).await;
    // Another routing, because the answer to the first one applies for a minute.
    assert_eq!(availability(&open, "?priority=1").await.1["state"], "closed");

    let nobody = gateway(config(), &[], no_polls()).await;
    nobody.world.sandbox_post(&format!("queues/{QUEUE}"), json!({ "agentsOnQueue": 0 })).await;
    assert_eq!(availability(&nobody, "").await.1["state"], "closed");
}

#[tokio::test]
async fn a_wrong_name_is_a_problem_and_not_closed() {
    let wrong_queue = gateway(config(), &[], no_polls()).await;
    let (status, problem) = availability(&wrong_queue, "?queue=Nobody").await;
    assert_eq!((status, &problem["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("invalid-routing")));
    let (status, problem) = availability(&wrong_queue, "?colour=blue").await;
    assert_eq!((status, &problem["code"]), (StatusCode::BAD_REQUEST, &json!("invalid-query")));

    let wrong_group = gateway(config(), &[("schedule-group", "Support hours")], no_polls()).await;
    let (status, problem) = availability(&wrong_group, "").await;
    assert_eq!((status, &problem["code"]), (StatusCode::BAD_GATEWAY, &json!("refused")));
    assert!(problem["detail"].as_str().expect("a detail").contains("Support hours"), "{problem}");
}

#[tokio::test]
async fn reports_the_position_and_the_wait_when_they_change() {
    let gateway = gateway(config(), &[("queue-state-interval", "1")], rules()).await;
    gateway.begin("sess-1").await;
    gateway.begin("sess-2").await;
    let queued = async |recipient: &str| -> Vec<Value> {
        let events = gateway.world.http.get(format!("{}/v1/connections/acme/events", gateway.url)).bearer_auth(TOKEN);
        let mut answer = events.send().await.expect("an answer");
        let mut text = String::new();
        while let Ok(chunk) = tokio::time::timeout(Duration::from_millis(300), answer.chunk()).await {
            text.push_str(std::str::from_utf8(&chunk.expect("a chunk").expect("an open stream")).expect("UTF-8"));
        }
        let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
        let events = data.map(|data| serde_json::from_str::<Value>(data).expect("JSON"));
        let ours = events.filter(|event| event["type"] == "queued" && event["recipient"] == recipient);
        ours.map(|event| event["data"].clone()).collect()
    };
    let state = |position: u32, wait: u32| json!({ "position": position, "estimated-wait-seconds": wait });
    until("both positions", async || {
        let (first, second) = (queued("sess-1").await, queued("sess-2").await);
        let both: Vec<_> = first.last().into_iter().chain(second.last()).cloned().collect();
        let expected = [[state(1, 60), state(2, 120)], [state(2, 120), state(1, 60)]];
        expected.iter().any(|expected| both == expected).then_some(())
    })
    .await;
    gateway.world.sandbox_post(&format!("queues/{QUEUE}"), json!({ "estimatedWaitSeconds": 50 })).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let before = queued("sess-1").await;
    assert!(!before.contains(&state(1, 50)) && !before.contains(&state(2, 100)), "less than a fifth: {before:?}");
    gateway.world.sandbox_post(&format!("queues/{QUEUE}"), json!({ "estimatedWaitSeconds": 30 })).await;
    until("the shorter wait", async || {
        queued("sess-1").await.iter().any(|state| state["estimated-wait-seconds"].as_u64() <= Some(60)).then_some(())
    })
    .await;
    let unknown = json!({ "position": null, "estimated-wait-seconds": null });
    assert_eq!(queued("sess-1").await[0], unknown, "the first event has no state yet");
}

/// Genesys's limit is 300 requests a minute for each client. Here, a minute takes three seconds: the limit applies to each
/// window of three seconds, and intervals are a twentieth of the defaults.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_waiting_users_stay_within_the_limit_of_requests() {
    const WINDOW: Duration = Duration::from_secs(3);
    const HANDOVERS: usize = 200;
    let mut config = Config { ..config() };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = configure_webhooks(&listener, &mut config);
    let world = World::with(config, &[("queue-state-interval", "3")]).await;
    let folder = tempfile::tempdir().expect("a folder");
    let rules = Rules { poll_interval: Some(WINDOW), ..rules() };
    let polls = NonZeroU32::new(150 * 20).expect("a nonzero number");
    let options = Options { polls, ..super::options(&rules, None, None) };
    let _stop = super::run_gateway_with(store_in(&folder), listener, &[("acme", &world, options)]);
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");

    // Each request of the log, by its time and its place among the requests of that time.
    let mut requests: BTreeSet<(String, usize)> = BTreeSet::new();
    let look = async |requests: &mut BTreeSet<(String, usize)>| {
        let log = world.sandbox_get("requests").await;
        let (mut last, mut place) = (String::new(), 0);
        for request in log["requests"].as_array().expect("a list") {
            assert_ne!(request["status"], 429, "{request}");
            let time = request["time"].as_str().expect("a time").to_owned();
            place = if time == last { place + 1 } else { 0 };
            last.clone_from(&time);
            requests.insert((time, place));
        }
    };
    for number in 0..HANDOVERS {
        let begin =
            http.post(format!("{url}/v1/connections/acme/recipients/sess-{number}/handover")).bearer_auth(TOKEN);
        assert_eq!(send(begin.json(&json!({ "text": "Help!" }))).await.0, StatusCode::ACCEPTED);
        tokio::time::sleep(Duration::from_millis(30)).await;
        if number % 50 == 49 {
            look(&mut requests).await;
        }
    }
    let began = Instant::now();
    while began.elapsed() < 10 * WINDOW {
        tokio::time::sleep(Duration::from_secs(2)).await;
        look(&mut requests).await;
    }
    let ended: Vec<_> =
        world.sandbox_get("conversations").await["conversations"].as_array().expect("a list")[..20].to_vec();
    for conversation in &ended {
        let id = conversation["id"].as_str().expect("an id");
        world.sandbox_post(&format!("conversations/{id}/disconnect"), json!({})).await;
    }
    let deadline = Instant::now() + 20 * WINDOW;
    for conversation in &ended {
        let recipient = conversation["from"]["id"].as_str().expect("a recipient");
        loop {
            let state =
                http.get(format!("{url}/v1/connections/acme/recipients/{recipient}/handover")).bearer_auth(TOKEN);
            if send(state).await.1["state"] == "ended" {
                break;
            }
            assert!(Instant::now() < deadline, "the end of {recipient} was not found");
            tokio::time::sleep(Duration::from_millis(500)).await;
            look(&mut requests).await;
        }
    }
    let times: Vec<jiff::Timestamp> = requests.iter().map(|(time, _)| time.parse().expect("a time")).collect();
    let window = jiff::SignedDuration::try_from(WINDOW).expect("a duration");
    let within =
        |start: &jiff::Timestamp| times.iter().filter(|time| *time >= start && **time < *start + window).count();
    let most = times.iter().map(within).max().unwrap_or(0);
    println!("{} requests, at most {most} in a window", times.len());
    assert!(most <= 300, "{most} requests in a window");
    assert!(times.len() > HANDOVERS * 3, "{} requests: nothing was polled", times.len());
}
