//! Messages whose webhooks are lost for good.

use super::{TOKEN, TestGateway, rules, until};
use genesys_sandbox::Config;
use handover_gateway::mailbox::Rules;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

const HANDOVERS: usize = 200;
const MESSAGES: usize = 4;

/// The messages of each recipient, in the order of the stream: whether it is late, and its text.
type Published = BTreeMap<String, Vec<(bool, String)>>;

/// Half of all webhooks are lost, and Genesys does not repeat them. Every agent message reaches the platform once. What
/// came by webhook and what was found later are each in order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_message_reaches_the_platform_once_although_half_of_the_webhooks_are_lost() {
    let rules = Rules {
        reconciliation_delay: Some(Duration::from_secs(5)),
        poll_interval: Some(Duration::from_secs(5)),
        ..rules()
    };
    let gateway = TestGateway::with_config(Config::default(), &[("queue-state-interval", "0")], rules, None).await;
    let recipients: Vec<_> = (0..HANDOVERS).map(|number| format!("sess-{number}")).collect();
    for recipient in &recipients {
        gateway.begin(recipient).await;
    }
    gateway.world.sandbox_post("losses", json!({ "webhook": 0.5, "seed": 7 })).await;
    let conversations = until("all conversations", async || {
        let found = gateway.world.sandbox_get("conversations").await["conversations"].as_array()?.clone();
        (found.len() == HANDOVERS).then_some(found)
    })
    .await;
    let act = async |conversation: &Value, action: &str, body: Value| {
        let id = conversation["id"].as_str().expect("an id");
        gateway.world.sandbox_post(&format!("conversations/{id}/{action}"), body).await;
    };
    for conversation in &conversations {
        act(conversation, "accept", json!({ "name": "Grace Hopper" })).await;
    }
    for message in 0..MESSAGES {
        for conversation in &conversations {
            let recipient = conversation["from"]["id"].as_str().expect("a recipient");
            act(conversation, "text", json!({ "text": format!("{recipient} {message}") })).await;
        }
    }
    for conversation in &conversations {
        act(conversation, "disconnect", json!({})).await;
    }

    let events = gateway.http.get(format!("{}/v1/connections/acme/events", gateway.url)).bearer_auth(TOKEN);
    let mut stream = events.send().await.expect("an answer");
    let (mut text, mut published) = (String::new(), Published::new());
    let mut total = 0;
    while total < HANDOVERS * MESSAGES {
        let chunk = tokio::time::timeout(Duration::from_secs(60), stream.chunk()).await;
        let chunk = chunk.unwrap_or_else(|_| panic!("{total} messages of {}", HANDOVERS * MESSAGES));
        text.push_str(std::str::from_utf8(&chunk.expect("a chunk").expect("an open stream")).expect("UTF-8"));
        while let Some((line, rest)) = text.split_once('\n') {
            total += usize::from(line.strip_prefix("data: ").is_some_and(|data| record(data, &mut published)));
            text = rest.to_owned();
        }
    }
    let late = published.values().flatten().filter(|(is_late, _)| *is_late).count();
    println!("{late} of {total} messages were late");
    // Half of 800, give or take five standard deviations.
    assert!((330..=470).contains(&late), "{late}");
    for recipient in &recipients {
        let messages = &published[recipient];
        let numbers = |late: bool| -> Vec<&str> {
            messages.iter().filter(|(is_late, _)| *is_late == late).map(|(_, text)| text.as_str()).collect()
        };
        let mut all: Vec<_> = messages.iter().map(|(_, text)| text.clone()).collect();
        all.sort();
        let expected: Vec<_> = (0..MESSAGES).map(|message| format!("{recipient} {message}")).collect();
        assert_eq!(all, expected);
        assert!(numbers(true).is_sorted() && numbers(false).is_sorted(), "{messages:?}");
    }
    let compared = "handover_reconciliations_total{connection=\"acme\",outcome=\"compared\"}";
    until("all comparisons", async || (gateway.metric(compared).await == HANDOVERS as u64).then_some(())).await;
}

/// Records an event if it is a message. Returns whether it is.
fn record(data: &str, published: &mut Published) -> bool {
    let event: Value = serde_json::from_str(data).expect("JSON");
    let is_late = event["type"] == "late-message";
    if !is_late && event["type"] != "message" {
        return false;
    }
    let text = event["data"]["text"].as_str().expect("a text").to_owned();
    published.entry(event["recipient"].as_str().expect("a recipient").to_owned()).or_default().push((is_late, text));
    true
}
