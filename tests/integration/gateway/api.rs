//! What the platform asks for, and what it hears.

use super::{Stand, TOKEN, read, rules, until};
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use handover_gateway::Callback;
use handover_gateway::mailbox::Rules;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;

#[tokio::test]
async fn a_handover_goes_both_ways_and_the_platform_hears_of_everything_once() {
    let stand = Stand::new().await;
    let conversation = stand.accepted("sess-42").await;
    stand.say("sess-42", "one").await;
    stand.say("sess-42", "two").await;
    stand.until_arrived(&conversation, "two").await;
    assert_eq!(stand.arrived(&conversation).await, ["Help!", "one", "two"]);
    stand.world.order(&format!("conversations/{conversation}/text"), json!({ "text": "Hello" })).await;
    stand.events(None, "message").await;
    // Nobody announces it: only an observation finds it, as long as the agent is there.
    stand.events(None, "agent-joined").await;
    stand.world.order(&format!("conversations/{conversation}/disconnect"), json!({})).await;

    let events = stand.events(None, "ended").await;
    let kinds: Vec<_> = events.iter().map(|(_, event)| event["type"].as_str().expect("a type")).collect();
    for (kind, times) in [("agent-joined", 1), ("message", 1), ("ended", 1)] {
        assert_eq!(kinds.iter().filter(|found| **found == kind).count(), times, "{kind} in {kinds:?}");
    }
    let numbers: Vec<_> = events.iter().filter_map(|(_, event)| event["number"].as_u64()).collect();
    assert_eq!(numbers, (1..=events.len() as u64).collect::<Vec<_>>());
    let (_, message) = events.iter().find(|(_, event)| event["type"] == "message").expect("a message");
    assert_eq!((&message["recipient"], &message["connection"]), (&json!("sess-42"), &json!("acme")));
    assert_eq!((&message["handover"], &message["data"]["plain-text"]), (&json!(1), &json!("Hello")));
    // By the request that brought it.
    assert!(message["correlation"].is_string(), "{message}");
    assert_eq!(events.last().expect("events").1["data"], "completed");

    let (_, state) = stand.ask("GET", "recipients/sess-42/handover", Value::Null).await;
    assert_eq!((&state["state"], &state["reason"]), (&json!("ended"), &json!("completed")));
    let (status, refused) = stand.ask("POST", "recipients/sess-42/messages", json!({ "text": "three" })).await;
    assert_eq!((status, &refused["code"]), (StatusCode::CONFLICT, &json!("no-handover")));
}

#[tokio::test]
async fn whoever_comes_back_hears_what_came_after_the_last_event_that_they_saw() {
    let stand = Stand::new().await;
    let conversation = stand.accepted("sess-42").await;
    let say = async |text: &str| {
        stand.world.order(&format!("conversations/{conversation}/text"), json!({ "text": text })).await;
    };
    say("one").await;
    let (seen, _) = stand.events(None, "message").await.pop().expect("events");
    say("two").await;
    let events = stand.events(Some(&seen), "message").await;
    assert_eq!(events.last().expect("events").1["data"]["plain-text"], "two");
    assert!(events.iter().all(|(id, event)| *id != seen && event["data"]["plain-text"] != "one"), "{events:?}");
    let (status, refused) = read(stand.request("GET", "events").header("last-event-id", "x")).await;
    assert_eq!((status, &refused["code"]), (StatusCode::BAD_REQUEST, &json!("invalid-event-id")));
    // Two ids from a log that is gone: one past its end, and one whose position another event has by now.
    let (position, _) = seen.split_once('-').expect("a position and a digest");
    for gone in [format!("{}-0123456789ab", u64::MAX / 2), format!("{position}-0123456789ab")] {
        let (status, refused) = read(stand.request("GET", "events").header("last-event-id", &gone)).await;
        assert_eq!((status, &refused["code"]), (StatusCode::CONFLICT, &json!("unknown-event-id")), "{gone}");
    }
}

/// An EventSource has no headers of its own and, before its first event, no id. HTML Standard, section 9.2.
#[tokio::test]
async fn a_browser_reads_the_events_with_what_an_event_source_has() {
    let stand = Stand::new().await;
    let conversation = stand.accepted("sess-42").await;
    stand.world.order(&format!("conversations/{conversation}/text"), json!({ "text": "one" })).await;
    let events = stand.events(Some(""), "message").await;
    assert_eq!(events[0].1["type"], "queued", "an empty id is none");
    let (seen, _) = events.last().expect("events");
    stand.world.order(&format!("conversations/{conversation}/text"), json!({ "text": "two" })).await;
    let answer = stand.request("GET", &format!("events?last-event-id={seen}")).send().await;
    let mut answer = answer.expect("an answer");
    assert_eq!(answer.headers()["cache-control"], "no-store");
    assert_eq!(answer.headers()["x-accel-buffering"], "no");
    let mut text = String::new();
    while !text.contains("two") {
        let piece = tokio::time::timeout(Duration::from_secs(20), answer.chunk()).await.expect("in time");
        text.push_str(std::str::from_utf8(&piece.expect("a piece").expect("more")).expect("UTF-8"));
    }
    assert!(!text.contains("\"one\""), "{text}");
}

#[tokio::test]
async fn the_same_key_does_a_thing_once_and_another_thing_not_at_all() {
    let stand = Stand::new().await;
    let conversation = stand.accepted("sess-42").await;
    let say = async |text: &str| {
        let request = stand.request("POST", "recipients/sess-42/messages").header("idempotency-key", "key-1");
        read(request.json(&json!({ "text": text }))).await
    };
    let first = say("one").await;
    assert_eq!(first.0, StatusCode::ACCEPTED);
    assert_eq!(say("one").await, first);
    let (status, refused) = say("two").await;
    assert_eq!((status, &refused["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("key-reused")));
    stand.say("sess-42", "three").await;
    stand.until_arrived(&conversation, "three").await;
    assert_eq!(stand.arrived(&conversation).await, ["Help!", "one", "three"]);
}

/// Channels have long ids: those of Instagram's messages have 168 characters and more.
#[tokio::test]
async fn a_key_has_up_to_512_characters_and_half_a_surrogate_pair_is_replaced() {
    let stand = Stand::new().await;
    let conversation = stand.accepted("sess-42").await;
    let say = async |key: usize, body: &'static str| {
        let request = stand.request("POST", "recipients/sess-42/messages").header("idempotency-key", "k".repeat(key));
        read(request.header("content-type", "application/json").body(body)).await.0
    };
    assert_eq!(say(512, r#"{"text":"cut \ud83d"}"#).await, StatusCode::ACCEPTED);
    assert_eq!(say(513, r#"{"text":"one"}"#).await, StatusCode::BAD_REQUEST);
    stand.until_arrived(&conversation, "cut \u{fffd}").await;
}

#[tokio::test]
async fn the_user_leaves() {
    let stand = Stand::new().await;
    let conversation = stand.accepted("sess-42").await;
    let leave = stand.request("DELETE", "recipients/sess-42/handover").header("x-request-id", "request-7");
    assert_eq!(read(leave).await.0, StatusCode::ACCEPTED);
    let events = stand.events(None, "ended").await;
    let (_, ended) = events.last().expect("events");
    assert_eq!((&ended["data"], &ended["correlation"]), (&json!("cancelled"), &json!("request-7")));
    until("the end", async || {
        let seen = stand.world.desk(&format!("conversations/{conversation}")).await;
        (seen["state"] == "ended").then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_is_long_over_is_forgotten() {
    let stand = Stand::with(Rules { retention: Duration::from_millis(500), ..rules() }, None).await;
    stand.accepted("sess-42").await;
    stand.ask("DELETE", "recipients/sess-42/handover", Value::Null).await;
    until("the end of all memory", async || {
        let (status, _) = stand.ask("GET", "recipients/sess-42/handover", Value::Null).await;
        (status == StatusCode::NOT_FOUND).then_some(())
    })
    .await;
    stand.begin("sess-42").await;
}

#[tokio::test]
async fn nobody_is_let_in_without_a_token() {
    let stand = Stand::new().await;
    let paths = ["/v1/connections", "/v1/connections/acme/events", "/v1/connections/acme/dead-letters", "/metrics"];
    for path in paths {
        for token in [None, Some("a-token-of-20-or-mor"), Some("a-token-of-20-or-more-"), Some("")] {
            let request = stand.http.get(format!("{}{path}", stand.url));
            let request = match token {
                Some(token) => request.bearer_auth(token),
                None => request,
            };
            let answer = request.send().await.expect("an answer");
            assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{path} {token:?}");
            assert_eq!(answer.headers()["www-authenticate"], "Bearer");
        }
        let request = stand.http.get(format!("{}{path}", stand.url)).bearer_auth(TOKEN);
        assert_eq!(request.send().await.expect("an answer").status(), StatusCode::OK, "{path}");
    }
    for never in ["handover_lost", "handover_possibly_duplicated", "handover_dead_letters"] {
        let metrics = stand.http.get(format!("{}/metrics", stand.url)).bearer_auth(TOKEN).send().await;
        let metrics = metrics.expect("an answer").text().await.expect("text");
        assert!(metrics.contains(&format!("{never}_total{{connection=\"acme\"}} 0")), "{metrics}");
    }
    for open in ["/healthz", "/readyz"] {
        let answer = stand.http.get(format!("{}{open}", stand.url)).send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn what_cannot_be_is_refused_with_a_reason() {
    let stand = Stand::new().await;
    let long = format!("recipients/{}/handover", "x".repeat(257));
    for (method, path, body, status, code) in [
        ("GET", "recipients/nobody/handover", Value::Null, 404, "no-handover"),
        ("POST", "recipients/nobody/messages", json!({ "text": "x" }), 409, "no-handover"),
        ("DELETE", "recipients/nobody/handover", Value::Null, 409, "no-handover"),
        ("DELETE", "recipients/nobody/handover?reason=x", Value::Null, 400, "invalid-query"),
        ("POST", "recipients/nobody/messages", json!({ "txt": "x" }), 400, "invalid-body"),
        ("POST", "recipients/nobody/messages", json!({ "leave": "user-left" }), 422, "not-a-message"),
        ("POST", "recipients/a%0Ab/handover", json!({}), 400, "invalid-recipient"),
        ("POST", &long, json!({}), 400, "invalid-recipient"),
        ("POST", "recipients/nobody/handover", json!({ "text": "x".repeat(1_100_000) }), 413, "too-large"),
        ("GET", "dead-letters/none", Value::Null, 404, "no-dead-letter"),
        ("POST", "dead-letters/none/redrive", Value::Null, 404, "no-dead-letter"),
        ("PUT", "dead-letters", Value::Null, 405, "method-not-allowed"),
        ("GET", "nothing", Value::Null, 404, "not-found"),
    ] {
        let (found, problem) = stand.ask(method, path, body).await;
        assert_eq!((found.as_u16(), &problem["code"]), (status, &json!(code)), "{method} {path}: {problem}");
    }
    stand.begin("sess-42").await;
    let (status, problem) = stand.ask("POST", "recipients/sess-42/handover", json!({})).await;
    assert_eq!((status.as_u16(), &problem["code"]), (409, &json!("already-in-progress")));
}

#[tokio::test]
async fn the_document_in_the_repository_is_that_of_the_code() {
    let written = include_str!("../../../host-harness/gateway/openapi.json");
    assert!(written == handover_gateway::document(), "it has changed; run `make api`");
}

#[tokio::test]
async fn callbacks_are_signed_and_tried_again_in_order() {
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    type Taken = Arc<Mutex<Vec<(String, Value)>>>;
    let taken = Taken::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/events", listener.local_addr().expect("an address"));
    let to = Arc::clone(&taken);
    let attempts = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&attempts);
    let mut refusals = 2;
    let refuse = Arc::new(Mutex::new(move || {
        refusals -= 1;
        refusals >= 0
    }));
    let router = axum::Router::new().route(
        "/events",
        axum::routing::post(move |headers: HeaderMap, body: Bytes| async move {
            // By the library of the specification, which the gateway signs with as well; its own test has the vectors.
            standardwebhooks::Webhook::new(SECRET).expect("a secret").verify(&body, &headers).expect("a signature");
            heard.lock().expect("no panic").push(headers["webhook-attempt"].to_str().expect("text").to_owned());
            if (refuse.lock().expect("no panic"))() {
                return StatusCode::SERVICE_UNAVAILABLE;
            }
            let id = headers["webhook-id"].to_str().expect("text").to_owned();
            to.lock().expect("no panic").push((id, serde_json::from_slice(&body).expect("JSON")));
            StatusCode::NO_CONTENT
        }),
    );
    tokio::spawn(axum::serve(listener, router).into_future());
    let callback = Callback::new(&url, vec![SECRET.into()]).expect("a callback");
    let stand = Stand::with(rules(), Some(callback)).await;
    let conversation = stand.accepted("sess-42").await;
    stand.world.order(&format!("conversations/{conversation}/text"), json!({ "text": "Hello" })).await;
    stand.world.order(&format!("conversations/{conversation}/disconnect"), json!({})).await;
    let logged = stand.events(None, "ended").await;
    let called = until("the end", async || {
        let taken = taken.lock().expect("no panic").clone();
        taken.iter().any(|(_, event)| event["type"] == "ended").then_some(taken)
    });
    let called = called.await;
    let logged: Vec<Value> = logged.into_iter().map(|(_, event)| event).collect();
    assert!(called.iter().all(|(id, event)| event["id"] == **id));
    assert_eq!(called.into_iter().map(|(_, event)| event).collect::<Vec<_>>(), logged);
    // Refused twice, then taken; from then on each at once.
    assert_eq!(attempts.lock().expect("no panic")[..4], ["1", "2", "3", "1"]);
}
