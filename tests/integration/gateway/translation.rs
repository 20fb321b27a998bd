//! Texts that a service of the operator translates.

use super::{TestGateway, options, rules, until};
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use genesys_sandbox::Config;
use handover_gateway::Options;
use handover_gateway::mailbox::Rules;
use handover_gateway::redaction::{Kind, Redaction};
use handover_gateway::translation::Translation;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const TIMEOUT: Duration = Duration::from_millis(500);

/// A service that writes who reads a text in front of it.
#[derive(Clone, Default)]
struct Service {
    requests: Arc<Mutex<Vec<Value>>>,
    failure: Arc<Mutex<Option<Failure>>>,
}

#[derive(Clone, Copy)]
enum Failure {
    Status,
    Silence,
    FewerTexts,
    EmptyTexts,
    NoJson,
    LongTexts,
    LongText,
}

impl Service {
    /// Starts the service. Returns its translation.
    async fn start(&self) -> Translation {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/translate", listener.local_addr().expect("an address"));
        let service = self.clone();
        let route = axum::routing::post(move |headers: HeaderMap, body: Bytes| service.translate(headers, body));
        tokio::spawn(axum::serve(listener, axum::Router::new().route("/translate", route)).into_future());
        Translation::new(&url, vec![SECRET.into()], TIMEOUT).expect("a service")
    }

    async fn translate(self, headers: HeaderMap, body: Bytes) -> (StatusCode, axum::Json<Value>) {
        // The library of the specification, which the gateway also uses to sign. Its own tests contain the vectors.
        standardwebhooks::Webhook::new(SECRET).expect("a secret").verify(&body, &headers).expect("a signature");
        let request: Value = serde_json::from_slice(&body).expect("JSON");
        self.requests.lock().expect("no panic").push(request.clone());
        let reader = request["for"].as_str().expect("a reader");
        let texts = request["texts"].as_array().expect("texts").iter();
        let translate = |text: &Value| match text.as_str().expect("a text") {
            "unchanged" => "unchanged".to_owned(),
            text => format!("[{reader}] {text}"),
        };
        let texts: Vec<_> = texts.map(translate).collect();
        if texts.contains(&"[user] slowly".to_owned()) {
            tokio::time::sleep(TIMEOUT / 2).await;
        }
        let failure = *self.failure.lock().expect("no panic");
        let status = if let Some(Failure::Status) = failure { StatusCode::BAD_GATEWAY } else { StatusCode::OK };
        let texts = match failure {
            Some(Failure::FewerTexts) => Vec::new(),
            Some(Failure::EmptyTexts) => vec![String::new(); texts.len()],
            Some(Failure::LongTexts) => vec!["x".repeat(40 << 10); texts.len()],
            Some(Failure::LongText) => vec!["x".repeat(5_001); texts.len()],
            Some(Failure::Silence) => {
                tokio::time::sleep(TIMEOUT * 4).await;
                texts
            }
            Some(Failure::NoJson) => return (StatusCode::OK, axum::Json(json!("none"))),
            Some(Failure::Status) | None => texts,
        };
        (status, axum::Json(json!({ "texts": texts })))
    }

    fn fail(&self, failure: Option<Failure>) {
        *self.failure.lock().expect("no panic") = failure;
    }

    fn requests(&self) -> Vec<Value> {
        self.requests.lock().expect("no panic").clone()
    }
}

async fn gateway(service: &Service, rules: &Rules) -> TestGateway {
    let options = Options { translation: Some(service.start().await), ..options(rules, None, None) };
    TestGateway::with_options(Config::default(), &[], options).await
}

impl TestGateway {
    async fn agent_does(&self, conversation: &str, action: &str, body: Value) {
        self.world.sandbox_post(&format!("conversations/{conversation}/{action}"), body).await;
    }

    /// Returns the data of the events of this type, once there are this many.
    async fn messages(&self, kind: &str, count: usize) -> Vec<Value> {
        until(kind, async || {
            let events = self.stored_events().await;
            let found: Vec<_> =
                events.into_iter().filter(|event| event["type"] == kind).map(|event| event["data"].clone()).collect();
            (found.len() >= count).then_some(found)
        })
        .await
    }

    /// Returns all events of the log.
    async fn stored_events(&self) -> Vec<Value> {
        let mut stream = self.request("GET", "events").send().await.expect("an answer");
        let (mut text, mut events) = (String::new(), Vec::new());
        while let Ok(chunk) = tokio::time::timeout(Duration::from_millis(300), stream.chunk()).await {
            text.push_str(std::str::from_utf8(&chunk.expect("a chunk").expect("an open stream")).expect("UTF-8"));
        }
        let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
        events.extend(data.map(|data| serde_json::from_str::<Value>(data).expect("JSON")));
        events
    }
}

#[tokio::test]
async fn translates_both_ways_and_keeps_the_original() {
    let service = Service::default();
    let gateway = gateway(&service, &rules()).await;
    let start = json!({
        "text": "Hilfe!",
        "transcript": [{ "speaker": "user", "time": 1_772_359_200_000_u64, "text": "Guten Tag" }],
        "attributes": [{ "key": "topic", "value": "Paket" }],
    });
    let (status, answer) = gateway.call("POST", "recipients/sess-42/handover", start).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{answer}");
    let expected =
        json!({ "connection": "acme", "recipient": "sess-42", "for": "agent", "texts": ["Guten Tag", "Hilfe!"] });
    assert_eq!(service.requests(), [expected]);
    let conversation = until("the conversation", async || {
        let all = gateway.world.sandbox_get("conversations").await;
        Some(all["conversations"][0]["id"].as_str()?.to_owned())
    })
    .await;
    gateway.until_arrived(&conversation, "[agent] Hilfe!").await;
    gateway.agent_does(&conversation, "accept", json!({ "name": "Grace Hopper" })).await;
    gateway.send_text("sess-42", "Wo ist es?").await;
    gateway.until_arrived(&conversation, "[agent] Wo ist es?").await;

    gateway.agent_does(&conversation, "text", json!({ "text": "At the depot." })).await;
    let messages = gateway.messages("message", 1).await;
    assert_eq!(messages[0]["text"], "[user] At the depot.");
    assert_eq!(messages[0]["plain-text"], "[user] At the depot.");
    assert_eq!(messages[0]["original-text"], "At the depot.");
    let last = service.requests().pop().expect("a request");
    assert_eq!(last["texts"], json!(["At the depot."]), "the plain text is the same text");

    gateway.agent_does(&conversation, "text", json!({ "text": "unchanged" })).await;
    let message = gateway.messages("message", 2).await.pop().expect("a message");
    assert_eq!((&message["text"], message.get("original-text")), (&json!("unchanged"), None));

    // A proactive text is the platform's own, in the user's language. The contact center sends it back.
    let (status, answer) =
        gateway.call("POST", "recipients/sess-42/messages", json!({ "proactive-text": "Ihr Paket ist da." })).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{answer}");
    let message = gateway.messages("message", 3).await.pop().expect("a message");
    assert_eq!((&message["text"], &message["author"]), (&json!("Ihr Paket ist da."), &json!("bot")));
    assert_eq!(gateway.metric("handover_translations_total{connection=\"acme\",outcome=\"translated\"}").await, 4);
}

#[tokio::test]
async fn long_texts_and_texts_that_become_too_long_stay() {
    let service = Service::default();
    let gateway = gateway(&service, &rules()).await;
    let conversation = gateway.begin_and_accept("sess-42").await;
    let requests = service.requests().len();
    let long = "Wort ".repeat((16 << 10) / 5 + 1);
    let start =
        json!({ "text": "Hilfe!", "transcript": [{ "speaker": "user", "time": 1_772_359_200_000_u64, "text": long }] });
    let (status, answer) = gateway.call("POST", "recipients/sess-43/handover", start).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{answer}");
    assert_eq!(service.requests().len(), requests, "more than 16 KiB are not sent");
    // Genesys refuses the text of an answer with more than 5000 characters, and the label that the service returns has more.
    service.fail(Some(Failure::LongText));
    let answer = json!({ "message-id": "m-1", "kind": "button", "text": "Ja", "payload": "yes" });
    let (status, answer) = gateway.call("POST", "recipients/sess-42/messages", json!({ "answer": answer })).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{answer}");
    gateway.until_arrived(&conversation, "Ja").await;
}

#[tokio::test]
async fn a_short_message_does_not_overtake_a_long_one() {
    let service = Service::default();
    let gateway = gateway(&service, &rules()).await;
    let conversation = gateway.begin_and_accept("sess-42").await;
    for text in ["slowly", "at once"] {
        gateway.agent_does(&conversation, "text", json!({ "text": text })).await;
    }
    let messages = gateway.messages("message", 2).await;
    let texts: Vec<_> = messages.iter().map(|message| message["text"].clone()).collect();
    assert_eq!(texts, [json!("[user] slowly"), json!("[user] at once")]);
}

#[tokio::test]
async fn the_original_goes_through_if_the_service_fails() {
    let service = Service::default();
    let gateway = gateway(&service, &rules()).await;
    let conversation = gateway.begin_and_accept("sess-42").await;
    let failures = [
        Failure::Status,
        Failure::Silence,
        Failure::FewerTexts,
        Failure::EmptyTexts,
        Failure::NoJson,
        Failure::LongTexts,
    ];
    for (number, failure) in failures.into_iter().enumerate() {
        service.fail(Some(failure));
        gateway.send_text("sess-42", &format!("Frage {number}")).await;
        gateway.until_arrived(&conversation, &format!("Frage {number}")).await;
        gateway.agent_does(&conversation, "text", json!({ "text": format!("Answer {number}") })).await;
        let message = gateway.messages("message", number + 1).await.pop().expect("a message");
        assert_eq!(message["text"], json!(format!("Answer {number}")));
        assert_eq!(message.get("original-text"), None);
    }
    let failed = "handover_translations_total{connection=\"acme\",outcome=\"failed\"}";
    assert_eq!(gateway.metric(failed).await, 2 * u64::try_from(failures.len()).expect("a small number"));
}

#[tokio::test]
async fn a_repeated_request_is_translated_once() {
    let service = Service::default();
    let gateway = gateway(&service, &rules()).await;
    let conversation = gateway.begin_and_accept("sess-42").await;
    let send = async || {
        let request = gateway.request("POST", "recipients/sess-42/messages").header("idempotency-key", "one");
        super::send(request.json(&json!({ "text": "Hallo" }))).await
    };
    let (first, again) = (send().await, send().await);
    assert_eq!(first, again);
    gateway.until_arrived(&conversation, "[agent] Hallo").await;
    let texts: Vec<_> = service.requests().into_iter().map(|request| request["texts"].clone()).collect();
    assert_eq!(texts, [json!(["Help!"]), json!(["Hallo"])]);
}

#[tokio::test]
async fn the_service_gets_no_personal_data_that_is_redacted() {
    let service = Service::default();
    let redaction = Redaction::new(&[Kind::CardNumber], [], false).expect("no patterns");
    let options = Options {
        translation: Some(service.start().await),
        redaction: Some(Arc::new(redaction)),
        ..options(&rules(), None, None)
    };
    let gateway = TestGateway::with_options(Config::default(), &[], options).await;
    gateway.begin("sess-42").await;
    gateway.send_text("sess-42", "4111111111111111").await;
    assert_eq!(service.requests()[1]["texts"], json!(["[card number]"]));
}

#[tokio::test]
async fn a_message_whose_webhook_was_lost_is_translated() {
    let rules = Rules { reconciliation_delay: Some(Duration::from_secs(2)), ..rules() };
    let service = Service::default();
    let gateway = gateway(&service, &rules).await;
    let conversation = gateway.begin_and_accept("sess-42").await;
    gateway.agent_does(&conversation, "text", json!({ "text": "It arrived" })).await;
    gateway.messages("message", 1).await;
    gateway.world.sandbox_post("losses", json!({ "webhook": 1.0, "seed": 7 })).await;
    gateway.agent_does(&conversation, "text", json!({ "text": "It was lost" })).await;
    gateway.agent_does(&conversation, "disconnect", json!({})).await;
    let late = gateway.messages("late-message", 1).await;
    assert_eq!(late[0]["text"], "[user] It was lost");
    assert_eq!(late[0]["original-text"], "It was lost");
    let for_user: Vec<_> = service.requests().into_iter().filter(|request| request["for"] == "user").collect();
    let texts: Vec<_> = for_user.iter().map(|request| request["texts"].clone()).collect();
    assert_eq!(texts, [json!(["It arrived"]), json!(["It was lost"])], "an accepted message is not translated again");
}
