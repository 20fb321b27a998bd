//! Genesys at its worst: what should arrive arrives once, what cannot becomes a dead letter.

use super::{Stand, TOKEN, read, rules, until};
use axum::http::StatusCode;
use genesys_sandbox::Config;
use handover_gateway::mailbox::{Retries, Rules};
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn whatever_goes_wrong_a_message_arrives_once_and_in_order() {
    let stand = Stand::new().await;
    let conversation = stand.accepted("sess-42").await;
    let mut expected = vec!["Help!".to_owned()];
    for (name, fault) in [
        ("429", json!({ "on": "api", "path": "/inbound/", "fault": "rate-limited", "retryAfterSeconds": 1 })),
        ("500", json!({ "on": "api", "path": "/inbound/", "fault": "server-error", "status": 500 })),
        ("503", json!({ "on": "api", "path": "/inbound/", "fault": "server-error", "status": 503, "count": 3 })),
        ("hang", json!({ "on": "api", "path": "/inbound/", "fault": "hang" })),
        // Genesys has it, and the answer breaks off.
        ("cut", json!({ "on": "api", "path": "/inbound/", "fault": "cut" })),
    ] {
        stand.world.order("faults", fault).await;
        let (first, second) = (format!("during {name}"), format!("after {name}"));
        stand.say("sess-42", &first).await;
        stand.say("sess-42", &second).await;
        stand.until_arrived(&conversation, &second).await;
        expected.extend([first, second]);
        assert_eq!(stand.arrived(&conversation).await, expected);
    }
    // The token has expired, or was taken back.
    stand.world.order("tokens/revoke", json!({})).await;
    stand.say("sess-42", "with another token").await;
    stand.until_arrived(&conversation, "with another token").await;
    expected.push("with another token".into());
    assert_eq!(stand.arrived(&conversation).await, expected);

    // After 500 and a hang nobody knows; 503 says that nothing was done. What was cut off, Genesys's own receipt has confirmed.
    // On a machine that is busy, more may take too long.
    assert!(stand.metric("handover_lookups_total{connection=\"acme\",outcome=\"not-arrived\"}").await >= 2);
    assert_eq!(stand.metric("handover_possibly_duplicated_total{connection=\"acme\"}").await, 0);
    assert_eq!(stand.metric("handover_dead_letters_total{connection=\"acme\"}").await, 0);
}

#[tokio::test]
async fn what_no_receipt_confirms_is_looked_up_before_it_is_sent_again() {
    let mut config = Config::default();
    config.unconfirmed.inbound_receipts = false;
    let stand = Stand::before(config, &[], rules(), None).await;
    let conversation = stand.accepted("sess-42").await;
    stand.world.order("faults", json!({ "on": "api", "path": "/inbound/", "fault": "cut" })).await;
    stand.say("sess-42", "one").await;
    stand.say("sess-42", "two").await;
    stand.until_arrived(&conversation, "two").await;
    assert_eq!(stand.arrived(&conversation).await, ["Help!", "one", "two"]);
    assert_eq!(stand.metric("handover_lookups_total{connection=\"acme\",outcome=\"arrived\"}").await, 1);
}

#[tokio::test]
async fn a_token_that_expires_is_replaced() {
    let mut config = Config::default();
    config.clients[0].token_seconds = 1;
    let stand = Stand::before(config, &[], rules(), None).await;
    let conversation = stand.accepted("sess-42").await;
    for text in ["one", "two", "three"] {
        tokio::time::sleep(Duration::from_millis(1_100)).await;
        stand.say("sess-42", text).await;
        stand.until_arrived(&conversation, text).await;
    }
    assert_eq!(stand.arrived(&conversation).await, ["Help!", "one", "two", "three"]);
}

/// Genesys refuses the client whose secret it does not know as it refuses one that was deleted.
#[tokio::test]
async fn a_client_that_was_revoked_makes_dead_letters_that_say_so() {
    let settings = [("client-secret", "revoked-client-secret")];
    let stand = Stand::before(Config::default(), &settings, impatient(), None).await;
    stand.begin("sess-42").await;
    let events = stand.events(None, "ended").await;
    assert!(events.last().expect("events").1["data"]["error"].is_string(), "{events:?}");
    let (_, listed) = stand.ask("GET", "dead-letters", Value::Null).await;
    let reason = listed[0]["reason"].as_str().expect("a reason");
    assert!(reason.contains("client"), "{reason}");
    assert!(!reason.contains("revoked-client-secret"), "{reason}");
    let connections = stand.http.get(format!("{}/v1/connections", stand.url)).bearer_auth(TOKEN);
    assert_eq!(read(connections).await.1[0]["credentials"], "refused");
    assert!(stand.metric("handover_credentials_refused_total{connection=\"acme\"}").await >= 1);
}

fn impatient() -> Rules {
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
async fn what_is_given_up_is_a_dead_letter_with_its_reason_and_can_be_redriven() {
    let stand = Stand::with(impatient(), None).await;
    let conversation = stand.accepted("sess-42").await;
    let fault = json!({ "on": "api", "path": "/inbound/", "fault": "server-error", "status": 503, "count": 1000 });
    stand.world.order("faults", fault).await;
    let message = stand.say("sess-42", "one").await;
    let failed =
        |event: &Value| event["data"]["message-id"] == *message && event["data"]["status"]["failed"].is_array();
    let (mut seen, mut receipt) = stand.events(None, "receipt").await.pop().expect("events");
    while !failed(&receipt) {
        (seen, receipt) = stand.events(Some(&seen), "receipt").await.pop().expect("events");
    }

    let letters = async || stand.ask("GET", "dead-letters", Value::Null).await.1;
    let listed = letters().await;
    assert_eq!(listed.as_array().map(Vec::len), Some(1), "{listed}");
    let letter = &listed[0];
    assert_eq!((&letter["recipient"], &letter["about"]), (&json!("sess-42"), &json!(message)));
    assert_eq!(letter["to"], "contact-center");
    assert!(letter["reason"].as_str().is_some_and(|reason| reason.contains("503")), "{letter}");
    assert!(!letter.to_string().contains("one\""), "it shows what it says: {letter}");
    let path = format!("dead-letters/{}", letter["id"].as_str().expect("an id"));
    assert_eq!(stand.ask("GET", &path, Value::Null).await, (StatusCode::OK, letter.clone()));

    let url = format!("{}/sandbox/faults", stand.world.sandbox.announcement().origin);
    stand.http.delete(url).send().await.expect("an answer");
    assert_eq!(stand.ask("POST", &format!("{path}/redrive"), Value::Null).await.0, StatusCode::ACCEPTED);
    stand.until_arrived(&conversation, "one").await;
    assert_eq!(stand.arrived(&conversation).await, ["Help!", "one"]);
    assert_eq!(letters().await, json!([]));
    assert_eq!(stand.ask("POST", &format!("{path}/redrive"), Value::Null).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_handover_that_cannot_begin_ends_and_its_letter_can_be_dropped() {
    let stand = Stand::with(impatient(), None).await;
    let fault = json!({ "on": "api", "path": "/inbound/", "fault": "server-error", "status": 500, "count": 1000 });
    stand.world.order("faults", fault).await;
    stand.begin("sess-42").await;
    let events = stand.events(None, "ended").await;
    assert!(events.last().expect("events").1["data"]["error"].is_string(), "{events:?}");
    let (_, listed) = stand.ask("GET", "dead-letters", Value::Null).await;
    let path = format!("dead-letters/{}", listed[0]["id"].as_str().expect("an id"));
    let (status, refused) = stand.ask("POST", &format!("{path}/redrive"), Value::Null).await;
    assert_eq!((status, &refused["code"]), (StatusCode::CONFLICT, &json!("not-deliverable")));
    assert_eq!(stand.ask("DELETE", &path, Value::Null).await.0, StatusCode::NO_CONTENT);
    assert_eq!(stand.ask("GET", "dead-letters", Value::Null).await.1, json!([]));
}

#[tokio::test]
async fn one_recipient_who_waits_holds_up_no_other() {
    let stand = Stand::new().await;
    let slow = stand.accepted("slow").await;
    let quick = stand.accepted("quick").await;
    stand.world.order("faults", json!({ "on": "api", "path": "/inbound/", "fault": "hang" })).await;
    stand.say("slow", "one").await;
    // The fault has struck.
    until("the request", async || {
        let pending = stand.world.desk("faults").await;
        (pending["faults"] == json!([])).then_some(())
    })
    .await;
    stand.say("quick", "one").await;
    stand.until_arrived(&quick, "one").await;
    assert_eq!(stand.arrived(&slow).await, ["Help!"]);
    stand.until_arrived(&slow, "one").await;
    assert_eq!(stand.arrived(&slow).await, ["Help!", "one"]);
}
