//! Tests of flows that ask bots, with a bot whose answers are written by hand.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::support::{Genesys, Response, config};

const PATH: &str = "/api/v2/integrations";
const SECRET: &str = "a-secret-of-16-or-more-chars";

/// A bot with prepared answers. The status 0 stands for no answer.
#[derive(Clone, Default)]
struct Bot {
    answers: Arc<Mutex<VecDeque<(u16, Value)>>>,
    requests: Arc<Mutex<Vec<(String, HeaderMap, Value)>>>,
}

impl Bot {
    async fn start(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/bots-of-acme", listener.local_addr().unwrap());
        let app = axum::Router::new().fallback(answer).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        url
    }

    fn will_answer(&self, status: u16, body: Value) {
        self.answers.lock().unwrap().push_back((status, body));
    }

    fn requests(&self) -> Vec<(String, HeaderMap, Value)> {
        self.requests.lock().unwrap().clone()
    }
}

async fn answer(
    State(bot): State<Bot>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, String) {
    let body = serde_json::from_slice(&body).unwrap_or_default();
    bot.requests.lock().unwrap().push((format!("{method} {}", uri.path()), headers, body));
    let (status, body) = bot.answers.lock().unwrap().pop_front().unwrap();
    if status == 0 {
        std::future::pending::<()>().await;
    }
    (StatusCode::from_u16(status).unwrap(), body.to_string())
}

/// An organization whose integration asks a bot.
struct World {
    genesys: Genesys,
    bot: Bot,
    integration: String,
}

impl World {
    /// Sets up an integration of a type, with these further properties.
    async fn start(kind: &str, url_property: &str, credentials: (&str, &str), properties: Value) -> Self {
        let (genesys, bot) = (Genesys::start(config()).await, Bot::default());
        let created = json!({ "name": "Bots", "integrationType": { "id": kind } });
        let integration = genesys.call("POST", PATH, created).await.body["id"].as_str().unwrap().to_owned();
        let (key, credential_type) = credentials;
        let body = json!({ "type": { "name": credential_type }, "credentialFields": { "verify-token": SECRET } });
        let id = genesys.call("POST", &format!("{PATH}/credentials"), body).await.body["id"].clone();
        let current = format!("{PATH}/{integration}/config/current");
        let mut configuration = genesys.get(&current).await.body;
        configuration["properties"] = properties;
        configuration["properties"][url_property] = json!(bot.start().await);
        configuration["credentials"] = json!({ key: { "id": id } });
        assert_eq!(genesys.call("PUT", &current, configuration).await.status, 200);
        let enable = json!({ "intendedState": "ENABLED" });
        assert_eq!(genesys.call("PATCH", &format!("{PATH}/{integration}"), enable).await.status, 200);
        Self { genesys, bot, integration }
    }

    async fn bot_connector() -> Self {
        let credentials = ("botConnectorCredentials", "userDefined");
        let world = Self::start("genesys-bot-connector", "handleUtteranceEndpoint", credentials, json!({})).await;
        let slots = json!({
            "topic": { "name": "topic", "type": "String" },
            "count": { "name": "count", "type": "integer" },
            "tags": { "name": "tags", "type": "StringCollection" },
            "queueId": { "name": "queueId", "type": "String" },
            "summary": { "name": "summary", "type": "String" },
        });
        let turn = json!({ "turn": { "name": "turn", "type": "Integer" } });
        let intents = json!([{ "name": "finished", "slots": slots }, { "name": "talking", "slots": turn }]);
        let version = json!({ "version": "1", "supportedLanguages": ["en-us"], "intents": intents });
        let list = json!({ "chatBots": [{ "id": "acme-support", "name": "Acme support", "versions": [version] }] });
        let path = format!("{PATH}/botconnector/{}/bots", world.integration);
        assert_eq!(world.genesys.call("PUT", &path, list).await.status, 204);
        world
    }

    async fn digital(properties: Value) -> Self {
        let credentials = ("connectionSecret", "digitalBotConnectorSecret");
        Self::start("genesys-digital-bot-connector", "botConnectorUri", credentials, properties).await
    }

    /// Begins a run. A Digital Bot Connector gets this manifest.
    async fn begin(&self, manifest: Option<Value>) -> Response {
        if let Some(manifest) = manifest {
            self.bot.will_answer(200, manifest);
        }
        let action = json!({
            "integrationId": self.integration,
            "bot": "acme-support",
            "version": "1",
            "language": "en-us",
            "parameters": { "customerTier": "gold" },
        });
        self.genesys.desk("POST", "bot-sessions", action).await
    }

    /// Begins a run of a flow that transfers to a queue afterwards.
    async fn begun_with_transfer(&self) -> String {
        let action = json!({
            "integrationId": self.integration, "bot": "acme-support", "version": "1", "language": "en-us",
            "transferAfter": ["finished", "Failure"],
        });
        self.genesys.desk("POST", "bot-sessions", action).await.body["id"].as_str().unwrap().to_owned()
    }

    async fn begun(&self, manifest: Option<Value>) -> String {
        let answer = self.begin(manifest).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body["id"].as_str().unwrap().to_owned()
    }

    /// Says something in a run, and returns the run after this answer of the bot.
    async fn turn(&self, session: &str, status: u16, answer: Value) -> Value {
        self.bot.will_answer(status, answer);
        self.say(session, json!({ "text": "Hi" })).await
    }

    async fn say(&self, session: &str, input: Value) -> Value {
        let answer = self.genesys.desk("POST", &format!("bot-sessions/{session}/messages"), input).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body
    }

    async fn late(&self, session: &str, change: impl FnOnce(&mut Value)) -> Response {
        let mut body = json!({
            "botId": "acme-support",
            "botVersion": "1",
            "botSessionId": session,
            "languageCode": "en-us",
            "botState": "Complete",
            "intent": "finished",
            "replyMessages": [{ "type": "Text", "text": "Here it is" }],
        });
        change(&mut body);
        self.genesys.call("POST", &format!("{PATH}/botconnectors/outgoing/messages"), body).await
    }
}

/// The entry of a bot in v2 ("Digital Bot Connector (v2) Customer API Spec").
fn manifest() -> Value {
    let entities = json!([{ "name": "topic", "type": "String" }, { "name": "tags", "type": "StringCollection" }]);
    json!({
        "id": "acme-support",
        "name": "Acme support",
        "provider": "Acme",
        "description": "Front desk",
        "versions": [{
            "version": "1",
            "supportedLanguages": ["en-us"],
            "intents": [{ "name": "finished", "entities": entities }],
        }],
    })
}

fn talking(turn: i64) -> Value {
    json!({ "replymessages": [{ "type": "Text", "text": "Yes?" }], "botState": "MoreData", "intent": "talking", "slotValues": { "turn": turn } })
}

fn more_data() -> Value {
    json!({ "botState": "MoreData", "replyMessages": [] })
}

#[tokio::test]
async fn v1_sends_the_shape_of_a_live_log() {
    let world = World::bot_connector().await;
    let session = world.begun(None).await;
    let run = world.turn(&session, 200, talking(1)).await;
    assert_eq!(run["outcome"], Value::Null);
    assert_eq!(run["messages"][1], json!({ "from": "bot", "text": "Yes?", "content": null }));
    world.bot.will_answer(200, talking(2));
    world.say(&session, json!({ "text": "Pro", "payload": "plan-pro" })).await;
    let requests = world.bot.requests();
    let (line, headers, first) = &requests[0];
    assert_eq!((line.as_str(), headers["verify-token"].to_str().unwrap()), ("POST /bots-of-acme", SECRET));
    let expected = json!({
        // The name, not the id.
        "botId": "Acme support",
        "botVersion": "1",
        "botSessionId": session,
        "inputMessage": { "type": "Text", "text": "Hi" },
        "languageCode": "en-us",
        "botSessionTimeout": 4320,
        "chatBot": { "id": "acme-support", "name": "Acme support" },
        "genesysConversationId": run["conversationId"],
        "parameters": { "customerTier": "gold" },
    });
    assert_eq!(*first, expected);
    let second = &requests[1].2;
    assert_eq!(second.get("parameters"), None, "parameters come with the first turn only");
    assert_eq!(
        second["inputMessage"],
        json!({
            "type": "Structured",
            "text": "Pro",
            "content": [{
                "contentType": "ButtonResponse",
                "buttonResponse": { "type": "QuickReply", "text": "Pro", "payload": "plan-pro" },
            }],
        })
    );
}

#[tokio::test]
async fn v1_takes_the_path_of_the_intent() {
    let world = World::bot_connector().await;
    let session = world.begun(None).await;
    // In capital letters, as two products send it.
    let run = world
        .turn(
            &session,
            200,
            json!({
                "replymessages": [],
                "botState": "COMPLETE",
                "intent": "finished",
                "confidence": 1.0,
                "slotValues": { "topic": "billing", "count": 3, "tags": ["vip"] },
                "parameters": { "sentiment": "good" },
                "endOfTask": true,
            }),
        )
        .await;
    let slots = json!({ "topic": "billing", "count": 3, "tags": ["vip"] });
    assert_eq!(run["outcome"], json!({ "intent": "finished", "slots": slots, "parameters": { "sentiment": "good" } }));
    let again = world.genesys.desk("POST", &format!("bot-sessions/{session}/messages"), json!({ "text": "Hi" })).await;
    assert_eq!(again.status, 409, "the run is over");
}

#[tokio::test]
async fn v1_fails_after_four_equal_answers() {
    let world = World::bot_connector().await;
    let session = world.begun(None).await;
    for _ in 0..3 {
        assert_eq!(world.turn(&session, 200, talking(1)).await["outcome"], Value::Null);
    }
    assert_eq!(world.turn(&session, 200, talking(2)).await["outcome"], Value::Null, "a changed slot begins anew");
    for _ in 0..2 {
        assert_eq!(world.turn(&session, 200, talking(2)).await["outcome"], Value::Null);
    }
    assert_eq!(world.turn(&session, 200, talking(2)).await["outcome"]["errorType"], "NoMatchError");
}

#[tokio::test]
async fn v1_refuses_invalid_answers() {
    let world = World::bot_connector().await;
    let complete = |more: Value| {
        let mut answer = json!({ "replymessages": [], "botState": "Complete", "intent": "finished" });
        answer.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        (200, answer)
    };
    let cases = [
        (403, json!({})),
        (500, json!({})),
        (200, json!([])),
        complete(json!({ "botState": "Done" })),
        complete(json!({ "intent": null })),
        complete(json!({ "intent": "none" })),
        complete(json!({ "parameters": { "count": 3 } })),
        complete(json!({ "slotValues": { "topic": 3 } })),
        complete(json!({ "slotValues": { "count": "3" } })),
        complete(json!({ "slotValues": { "tags": "vip" } })),
        complete(json!({ "slotValues": { "other": "x" } })),
        complete(json!({ "replymessages": [{ "type": "Text" }] })),
        complete(json!({ "replymessages": [{ "type": "Structured", "text": "x" }] })),
        complete(json!({ "replymessages": [{ "type": "Text", "text": "x", "content": [{
            "contentType": "Attachment",
            "attachment": { "id": "1", "mediaType": "File", "url": "https://a.example/f", "filename": "f" },
        }] }] })),
    ];
    for (status, answer) in cases {
        let session = world.begun(None).await;
        let outcome = world.turn(&session, status, answer.clone()).await["outcome"].clone();
        assert_eq!(outcome["errorType"], "InternalServerError", "{status} {answer}: {outcome}");
    }
    assert_eq!(world.bot.requests().len(), 14, "nothing is repeated");
}

#[tokio::test]
async fn v2_reads_the_manifest_and_sends_messages() {
    let world = World::digital(json!({})).await;
    let session = world.begun(Some(manifest())).await;
    let complete = json!({
        "botState": "Complete",
        "intent": "finished",
        "replyMessages": null,
        "entities": [
            { "name": "topic", "type": "String", "value": "billing" },
            { "name": "tags", "type": "StringCollection", "values": ["vip"] },
        ],
    });
    let run = world.turn(&session, 200, complete).await;
    let slots = json!({ "topic": "billing", "tags": ["vip"] });
    assert_eq!(run["outcome"], json!({ "intent": "finished", "slots": slots, "parameters": {} }));
    let requests = world.bot.requests();
    let (line, headers, _) = &requests[0];
    assert_eq!(line, "GET /bots-of-acme/bots/acme-support");
    assert_eq!(headers["verify-token"].to_str().unwrap(), SECRET);
    let (line, _, message) = &requests[1];
    assert_eq!(line, "POST /bots-of-acme/messages");
    assert_eq!((&message["botId"], &message["botSessionTimeout"]), (&json!("acme-support"), &json!(720)));
    assert!(message["messageId"].is_string() && message.get("chatBot").is_none(), "{message}");
}

#[tokio::test]
async fn v2_refuses_manifests_that_do_not_fit() {
    let world = World::digital(json!({})).await;
    for (pointer, field) in [("", "provider"), ("", "description"), ("/versions/0", "intents")] {
        let mut incomplete = manifest();
        incomplete.pointer_mut(pointer).and_then(Value::as_object_mut).unwrap().remove(field).unwrap();
        assert_eq!(world.begin(Some(incomplete)).await.status, 409, "{field}");
    }
    let mut other = manifest();
    other["versions"][0]["supportedLanguages"] = json!(["en-US"]);
    assert_eq!(world.begin(Some(other)).await.status, 409, "languages are matched in every letter");
    world.bot.will_answer(404, json!({}));
    assert_eq!(world.begin(None).await.status, 409);
}

#[tokio::test]
async fn v2_repeats_a_message_after_5xx() {
    let world = World::digital(json!({})).await;
    let session = world.begun(Some(manifest())).await;
    world.bot.will_answer(500, json!({}));
    world.bot.will_answer(503, json!({}));
    assert_eq!(world.turn(&session, 200, more_data()).await["outcome"], Value::Null);
    let requests = world.bot.requests();
    let ids: Vec<_> = requests[1..].iter().map(|(_, _, body)| body["messageId"].clone()).collect();
    assert_eq!((ids.len(), &ids[0], &ids[0]), (3, &ids[1], &ids[2]));

    for _ in 0..2 {
        world.bot.will_answer(500, json!({}));
    }
    let outcome = world.turn(&session, 500, json!({})).await["outcome"].clone();
    assert_eq!(outcome["errorType"], "ServiceProviderErrorResponse");
    let session = world.begun(Some(manifest())).await;
    let outcome = world.turn(&session, 403, json!({})).await["outcome"].clone();
    assert_eq!(outcome["errorType"], "ServiceProviderErrorResponse", "a 4xx is not repeated");
}

#[tokio::test]
async fn v2_names_timeouts_and_invalid_answers() {
    let world = World::digital(json!({})).await;
    let session = world.begun(Some(manifest())).await;
    world.bot.will_answer(0, json!({}));
    let outcome = world.say(&session, json!({ "text": "Hi", "timeoutMs": 100 })).await["outcome"].clone();
    assert_eq!(outcome["errorType"], "ServiceProviderTimeout");

    let attachment = json!({
        "contentType": "Attachment",
        "attachment": { "id": "1", "mediaType": "File", "url": "https://a.example/f", "filename": "f" },
    });
    let reply =
        json!({ "botState": "MoreData", "replyMessages": [{ "type": "Text", "text": "", "content": [attachment] }] });
    let entity = |entity: Value| json!({ "botState": "Complete", "intent": "finished", "entities": [entity] });
    let button = json!({ "type": "Postback", "text": "Yes", "payload": "y" });
    let card = json!({ "contentType": "Card", "card": { "title": "Sure?", "actions": [button, button] } });
    let invalid = [
        reply.clone(),
        entity(json!({ "name": "topic", "type": "Integer", "value": "3" })),
        entity(json!({ "name": "topic", "type": "String" })),
        entity(json!({ "name": "other", "type": "String", "value": "x" })),
        json!({ "botState": "MoreData", "replyMessages": [{ "type": "Structured", "text": "Sure?", "content": [card] }] }),
    ];
    for answer in invalid {
        let session = world.begun(Some(manifest())).await;
        let outcome = world.turn(&session, 200, answer.clone()).await["outcome"].clone();
        assert_eq!(outcome["errorType"], "ServiceProviderInvalidResponse", "{answer}");
    }
    let world = World::digital(json!({ "enableFileAttachments": true })).await;
    let session = world.begun(Some(manifest())).await;
    assert_eq!(world.turn(&session, 200, reply).await["outcome"], Value::Null, "files are enabled");
}

#[tokio::test]
async fn a_failed_bot_and_a_silent_user_end_the_run() {
    let world = World::bot_connector().await;
    let session = world.begun(None).await;
    let failed = json!({
        "replymessages": [],
        "botState": "Failed",
        "errorInfo": { "errorCode": "bot-failed", "errorMessage": "no model" },
    });
    let outcome = world.turn(&session, 200, failed).await["outcome"].clone();
    assert_eq!(outcome, json!({ "errorType": "bot-failed", "errorMessage": "no model" }));
    let session = world.begun(None).await;
    let path = format!("bot-sessions/{session}");
    let expired = world.genesys.desk("POST", &format!("{path}/expire"), Value::Null).await;
    assert_eq!(expired.body["outcome"]["errorType"], "NoInputError");
    assert_eq!(world.genesys.desk("GET", &path, Value::Null).await.body, expired.body);
}

#[tokio::test]
async fn v2_accepts_late_answers() {
    let world = World::digital(json!({})).await;
    let session = world.begun(Some(manifest())).await;
    world.turn(&session, 200, more_data()).await;
    let code = async |change: fn(&mut Value)| world.late(&session, change).await.code().to_owned();
    assert_eq!(code(|body| body["botSessionId"] = json!("x")).await, "session.not.found");
    assert_eq!(code(|body| body["botId"] = json!("x")).await, "session.bot.id.mismatch");
    assert_eq!(code(|body| body["botVersion"] = json!("2")).await, "session.bot.version.mismatch");
    assert_eq!(code(|body| body["intent"] = json!("none")).await, "bad.request");

    let answer = world.late(&session, |_| ()).await;
    assert_eq!(answer.status, 200);
    assert!(answer.body["messageId"].is_string());
    let run = world.genesys.desk("GET", &format!("bot-sessions/{session}"), Value::Null).await.body;
    assert_eq!((&run["messages"][1]["text"], &run["outcome"]["intent"]), (&json!("Here it is"), &json!("finished")));
    assert_eq!(code(|_| ()).await, "session.already.closed");

    let session = world.begun(Some(manifest())).await;
    let disable = json!({ "intendedState": "DISABLED" });
    world.genesys.call("PATCH", &format!("{PATH}/{}", world.integration), disable).await;
    let answer = world.late(&session, |_| ()).await;
    assert_eq!((answer.status, answer.code()), (409, "integration.not.active"));
    assert_eq!(world.begin(None).await.status, 409);
}

#[tokio::test]
async fn a_disabled_integration_asks_no_bot() {
    let world = World::bot_connector().await;
    let session = world.begun(None).await;
    let path = format!("{PATH}/{}", world.integration);
    world.genesys.call("PATCH", &path, json!({ "intendedState": "DISABLED" })).await;
    let say = format!("bot-sessions/{session}/messages");
    assert_eq!(world.genesys.desk("POST", &say, json!({ "text": "Hi" })).await.status, 409);
    world.genesys.call("PATCH", &path, json!({ "intendedState": "ENABLED" })).await;
    assert_eq!(world.turn(&session, 200, talking(1)).await["outcome"], Value::Null);
    assert_eq!(world.bot.requests().len(), 1);
}

/// Fact: "Agents see what bot and user said before" (Digital Bot Connector, section 6).
#[tokio::test]
async fn the_flow_transfers_to_an_agent_with_the_history() {
    let world = World::bot_connector().await;
    let session = world.begun_with_transfer().await;
    world.turn(&session, 200, talking(1)).await;
    let slots = json!({ "topic": "billing", "queueId": "Support", "summary": "Wants Pro" });
    let done = json!({
        "replymessages": [{ "type": "Text", "text": "One moment." }], "botState": "Complete", "intent": "finished",
        "slotValues": slots, "parameters": { "plan": "pro" },
    });
    let run = world.turn(&session, 200, done).await;
    assert_eq!(run["conversation"], "waiting");
    let id = run["conversationId"].as_str().unwrap();
    let conversation = world.genesys.desk("GET", &format!("conversations/{id}"), Value::Null).await.body;
    let attributes = json!({ "topic": "billing", "summary": "Wants Pro", "plan": "pro" });
    assert_eq!(conversation["attributes"], attributes);
    let queue = world.genesys.get("/api/v2/routing/queues").await.body["entities"][0]["id"].clone();
    assert_eq!(conversation["queueId"], queue);
    let history: Vec<_> = conversation["messages"].as_array().unwrap().iter().collect();
    assert_eq!(history.len(), 4);
    assert_eq!((&history[3]["text"], &history[3]["originatingEntity"]), (&json!("One moment."), &json!("Bot")));
    assert_eq!((&history[2]["text"], &history[2]["direction"]), (&json!("Hi"), &json!("Inbound")));

    world.genesys.act_ok(id, "accept", json!({ "name": "Grace Hopper" })).await;
    world.genesys.act_ok(id, "text", json!({ "text": "Hello, Grace here." })).await;
    let run = world.say(&session, json!({ "text": "Hello!" })).await;
    let said: Vec<_> = run["messages"].as_array().unwrap().iter().skip(4).collect();
    assert_eq!((&said[0]["from"], &said[0]["text"]), (&json!("agent"), &json!("Hello, Grace here.")));
    assert_eq!((&said[1]["from"], &said[1]["text"]), (&json!("user"), &json!("Hello!")));
    assert_eq!(run["conversation"], "connected");
    // The API knows the conversation, by which its end can be followed.
    let found = world.genesys.get(&format!("/api/v2/conversations/messages/{id}")).await;
    assert_eq!((found.status, &found.body["id"]), (200, &json!(id)));

    world.genesys.act_ok(id, "disconnect", json!({})).await;
    let after = world.genesys.desk("POST", &format!("bot-sessions/{session}/messages"), json!({ "text": "?" })).await;
    assert_eq!(after.status, 409);
}

#[tokio::test]
async fn the_flow_transfers_after_a_failure() {
    let world = World::bot_connector().await;
    let session = world.begun_with_transfer().await;
    let run = world.turn(&session, 500, json!({})).await;
    assert_eq!(
        (&run["outcome"]["errorType"], &run["conversation"]),
        (&json!("InternalServerError"), &json!("waiting"))
    );
}

/// The shapes are those of the SDK's `PostTextRequest` and `PostTextResponse`.
#[tokio::test]
async fn a_bot_is_asked_without_a_channel() {
    let world = World::bot_connector().await;
    let request = |change: &dyn Fn(&mut Value)| {
        let mut request = json!({
            "botId": "acme-support", "botAlias": "1", "integrationId": world.integration,
            "botSessionId": "d7e0b98d-0000-4000-8000-000000000002", "languageCode": "en-us",
            "postTextMessage": { "type": "Text", "text": "Hi" }, "botSessionTimeoutMinutes": 11,
            "botChannels": ["Messaging"], "messagingPlatformType": "Unknown",
        });
        change(&mut request);
        request
    };
    const EXECUTE: &str = "/api/v2/textbots/bots/execute";
    world.bot.will_answer(200, talking(1));
    let answer = world.genesys.call("POST", EXECUTE, request(&|_| {})).await;
    assert_eq!((answer.status, &answer.body["botState"]), (200, &json!("MoreData")), "{}", answer.body);
    assert_eq!(answer.body["intentName"], "talking");
    // The same session goes on.
    let done = json!({ "botState": "Complete", "intent": "finished", "slotValues": { "count": 3 } });
    world.bot.will_answer(200, done);
    let answer = world.genesys.call("POST", EXECUTE, request(&|_| {})).await;
    assert_eq!((&answer.body["botState"], &answer.body["slots"]), (&json!("Complete"), &json!({ "count": "3" })));
    let sessions: Vec<_> = world.bot.requests().into_iter().map(|(_, _, body)| body["botSessionId"].clone()).collect();
    assert_eq!(sessions, ["d7e0b98d-0000-4000-8000-000000000002"; 2]);

    let other = "d7e0b98d-0000-4000-8000-000000000003";
    world.bot.will_answer(500, json!({}));
    let failed = world.genesys.call("POST", EXECUTE, request(&|body| body["botSessionId"] = json!(other))).await;
    assert_eq!(failed.body, json!({ "botState": "Failed" }));
    let short = request(&|body| body["botSessionTimeoutMinutes"] = json!(10));
    assert_eq!(world.genesys.call("POST", EXECUTE, short).await.status, 400);
    let unknown = request(&|body| {
        body["botSessionId"] = json!("d7e0b98d-0000-4000-8000-000000000004");
        body["botId"] = json!("other");
    });
    assert_eq!(world.genesys.call("POST", EXECUTE, unknown).await.status, 404);
}
