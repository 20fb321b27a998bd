//! Faults of Genesys: each message arrives once, or becomes a dead letter if it cannot be delivered.

use super::{TOKEN, TestGateway, rules, send, until};
use axum::http::StatusCode;
use genesys_sandbox::Config;
use handover_gateway::mailbox::{Retries, Rules};
use handover_gateway::store::{Content, Family, Store};
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn delivers_each_message_once_and_in_order_despite_faults() {
    let gateway = TestGateway::new().await;
    let conversation = gateway.begin_and_accept("sess-42").await;
    let mut expected = vec!["Help!".to_owned()];
    for (name, fault) in [
        ("429", json!({ "on": "api", "path": "/inbound/", "fault": "rate-limited", "retryAfterSeconds": 1 })),
        ("500", json!({ "on": "api", "path": "/inbound/", "fault": "server-error", "status": 500 })),
        ("503", json!({ "on": "api", "path": "/inbound/", "fault": "server-error", "status": 503, "count": 3 })),
        ("hang", json!({ "on": "api", "path": "/inbound/", "fault": "hang" })),
        // Genesys accepts the message but cuts the response.
        ("cut", json!({ "on": "api", "path": "/inbound/", "fault": "cut" })),
    ] {
        gateway.world.sandbox_post("faults", fault).await;
        let (first, second) = (format!("during {name}"), format!("after {name}"));
        gateway.send_text("sess-42", &first).await;
        gateway.send_text("sess-42", &second).await;
        gateway.until_arrived(&conversation, &second).await;
        expected.extend([first, second]);
        assert_eq!(gateway.arrived(&conversation).await, expected);
    }
    // The token has expired or is revoked.
    gateway.world.sandbox_post("tokens/revoke", json!({})).await;
    gateway.send_text("sess-42", "with another token").await;
    gateway.until_arrived(&conversation, "with another token").await;
    expected.push("with another token".into());
    assert_eq!(gateway.arrived(&conversation).await, expected);

    // The outcome is unknown after 500 and after a hang. 503 means that nothing was done. Genesys's receipt confirms
    // the message with the cut response. On a busy machine, more requests may time out.
    assert!(gateway.metric("handover_lookups_total{connection=\"acme\",outcome=\"not-arrived\"}").await >= 2);
    assert_eq!(gateway.metric("handover_possibly_duplicated_total{connection=\"acme\"}").await, 0);
    assert_eq!(gateway.metric("handover_dead_letters_total{connection=\"acme\"}").await, 0);
}

#[tokio::test]
async fn looks_up_an_unconfirmed_message_before_a_retry() {
    let mut config = Config::default();
    config.unconfirmed.inbound_receipts = false;
    let gateway = TestGateway::with_config(config, &[], rules(), None).await;
    let conversation = gateway.begin_and_accept("sess-42").await;
    gateway.world.sandbox_post("faults", json!({ "on": "api", "path": "/inbound/", "fault": "cut" })).await;
    gateway.send_text("sess-42", "one").await;
    gateway.send_text("sess-42", "two").await;
    gateway.until_arrived(&conversation, "two").await;
    assert_eq!(gateway.arrived(&conversation).await, ["Help!", "one", "two"]);
    assert_eq!(gateway.metric("handover_lookups_total{connection=\"acme\",outcome=\"arrived\"}").await, 1);
}

#[tokio::test]
async fn replaces_an_expired_token() {
    let mut config = Config::default();
    config.clients[0].token_seconds = 1;
    let gateway = TestGateway::with_config(config, &[], rules(), None).await;
    let conversation = gateway.begin_and_accept("sess-42").await;
    for text in ["one", "two", "three"] {
        tokio::time::sleep(Duration::from_millis(1_100)).await;
        gateway.send_text("sess-42", text).await;
        gateway.until_arrived(&conversation, text).await;
    }
    assert_eq!(gateway.arrived(&conversation).await, ["Help!", "one", "two", "three"]);
}

/// Genesys answers the same for a client with a wrong secret and for a deleted client.
#[tokio::test]
async fn a_revoked_client_creates_dead_letters_with_the_reason() {
    let settings = [("client-secret", "revoked-client-secret")];
    let gateway = TestGateway::with_config(Config::default(), &settings, rules_with_short_retries(), None).await;
    gateway.begin("sess-42").await;
    let events = gateway.events(None, "ended").await;
    assert!(events.last().expect("events").1["data"]["error"].is_string(), "{events:?}");
    let (_, listed) = gateway.call("GET", "dead-letters", Value::Null).await;
    let reason = listed[0]["reason"].as_str().expect("a reason");
    assert!(reason.contains("client"), "{reason}");
    assert!(!reason.contains("revoked-client-secret"), "{reason}");
    let connections = gateway.http.get(format!("{}/v1/connections", gateway.url)).bearer_auth(TOKEN);
    assert_eq!(send(connections).await.1[0]["credentials"], "refused");
    assert!(gateway.metric("handover_credentials_refused_total{connection=\"acme\"}").await >= 1);
}

fn rules_with_short_retries() -> Rules {
    Rules {
        retries: Retries {
            initial_delay: Duration::from_millis(50),
            max_delay: Duration::from_millis(200),
            give_up_after: Duration::from_millis(600),
        },
        ..rules()
    }
}

#[tokio::test]
async fn an_undeliverable_message_becomes_a_dead_letter_that_can_be_redriven() {
    let gateway = TestGateway::with_rules(rules_with_short_retries(), None).await;
    let conversation = gateway.begin_and_accept("sess-42").await;
    let fault = json!({ "on": "api", "path": "/inbound/", "fault": "server-error", "status": 503, "count": 1000 });
    gateway.world.sandbox_post("faults", fault).await;
    let message = gateway.send_text("sess-42", "one").await;
    let failed =
        |event: &Value| event["data"]["message-id"] == *message && event["data"]["status"]["failed"].is_array();
    let (mut seen, mut receipt) = gateway.events(None, "receipt").await.pop().expect("events");
    while !failed(&receipt) {
        (seen, receipt) = gateway.events(Some(&seen), "receipt").await.pop().expect("events");
    }

    let dead_letters = async || gateway.call("GET", "dead-letters", Value::Null).await.1;
    let listed = dead_letters().await;
    assert_eq!(listed.as_array().map(Vec::len), Some(1), "{listed}");
    let dead_letter = &listed[0];
    assert_eq!((&dead_letter["recipient"], &dead_letter["about"]), (&json!("sess-42"), &json!(message)));
    assert_eq!(dead_letter["to"], "contact-center");
    assert!(dead_letter["reason"].as_str().is_some_and(|reason| reason.contains("503")), "{dead_letter}");
    assert!(!dead_letter.to_string().contains("one\""), "the dead letter contains the text: {dead_letter}");
    let path = format!("dead-letters/{}", dead_letter["id"].as_str().expect("an id"));
    assert_eq!(gateway.call("GET", &path, Value::Null).await, (StatusCode::OK, dead_letter.clone()));

    let url = format!("{}/sandbox/faults", gateway.world.sandbox.announcement().origin);
    gateway.http.delete(url).send().await.expect("an answer");
    assert_eq!(gateway.call("POST", &format!("{path}/redrive"), Value::Null).await.0, StatusCode::ACCEPTED);
    gateway.until_arrived(&conversation, "one").await;
    assert_eq!(gateway.arrived(&conversation).await, ["Help!", "one"]);
    assert_eq!(dead_letters().await, json!([]));
    assert_eq!(gateway.call("POST", &format!("{path}/redrive"), Value::Null).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_handover_that_cannot_start_ends_and_its_dead_letter_can_be_deleted() {
    let gateway = TestGateway::with_rules(rules_with_short_retries(), None).await;
    let fault = json!({ "on": "api", "path": "/inbound/", "fault": "server-error", "status": 500, "count": 1000 });
    gateway.world.sandbox_post("faults", fault).await;
    gateway.begin("sess-42").await;
    let events = gateway.events(None, "ended").await;
    assert!(events.last().expect("events").1["data"]["error"].is_string(), "{events:?}");
    let (_, listed) = gateway.call("GET", "dead-letters", Value::Null).await;
    let path = format!("dead-letters/{}", listed[0]["id"].as_str().expect("an id"));
    let (status, refused) = gateway.call("POST", &format!("{path}/redrive"), Value::Null).await;
    assert_eq!((status, &refused["code"]), (StatusCode::CONFLICT, &json!("not-deliverable")));
    assert_eq!(gateway.call("DELETE", &path, Value::Null).await.0, StatusCode::NO_CONTENT);
    assert_eq!(gateway.call("GET", "dead-letters", Value::Null).await.1, json!([]));
}

#[tokio::test]
async fn a_delayed_recipient_does_not_block_others() {
    let gateway = TestGateway::new().await;
    let slow = gateway.begin_and_accept("slow").await;
    let quick = gateway.begin_and_accept("quick").await;
    gateway.world.sandbox_post("faults", json!({ "on": "api", "path": "/inbound/", "fault": "hang" })).await;
    gateway.send_text("slow", "one").await;
    // Wait until the fault has been applied.
    until("the request", async || {
        let pending = gateway.world.sandbox_get("faults").await;
        (pending["faults"] == json!([])).then_some(())
    })
    .await;
    gateway.send_text("quick", "one").await;
    gateway.until_arrived(&quick, "one").await;
    assert_eq!(gateway.arrived(&slow).await, ["Help!"]);
    gateway.until_arrived(&slow, "one").await;
    assert_eq!(gateway.arrived(&slow).await, ["Help!", "one"]);
}

#[tokio::test]
async fn a_mailbox_leaves_quarantine_when_another_gateway_removes_it() {
    let gateway = TestGateway::new().await;
    let unreadable = Content { value: b"{".to_vec(), due: Some(0) };
    // As another gateway does, past the mailboxes of this one.
    let saved = gateway.store.save(Family::Recipient, "acme/ada", None, unreadable).await.expect("saved");
    let quarantined = |count: u64| {
        let gateway = &gateway;
        async move || {
            let metric = "handover_quarantined_mailboxes{connection=\"acme\"}";
            (gateway.metric(metric).await == count).then_some(())
        }
    };
    until("the quarantine", quarantined(1)).await;
    gateway.store.remove(Family::Recipient, "acme/ada", saved).await.expect("removed");
    until("its end", quarantined(0)).await;
}
