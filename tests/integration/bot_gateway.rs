//! Flows of a local Genesys Cloud ask a bot through the gateway. The platform answers in the response to its callback, or
//! with the API.

use crate::bots::{SECRET, bots};
use crate::support::{limits, settings};
use crate::world::World as Center;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use genesys_sandbox::Config;
use handover_gateway::mailbox::{CallbackRules, LOOKUP_DELAY, Retries, Rules};
use handover_gateway::session::SessionRules;
use handover_gateway::store::sqlite::SqliteStore;
use handover_gateway::{
    BotOptions, BotService, Callback, ConnectionService, Gateway, Mailboxes, Metrics, Options, Repository,
    ServerLimits, Sessions, Tokens, Trace, Worker, serve,
};
use handover_host::contract::{BotAnswer, BotHandover, BotMessage, CheckOutcome, NextStep, ProvisioningMode};
use handover_host::handover::Policy;
use handover_host::{AllowedOrigins, BotConnection, Host, HttpClient, HttpClientLimits};
use serde_json::{Value, json};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

const TOKEN: &str = "a-token-of-20-or-more";
const CALLBACK_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// The platform's callback. It answers what the user says, unless that is `by API` or begins with `slowly`.
#[derive(Clone, Default)]
struct Platform {
    events: Arc<Mutex<Vec<Value>>>,
}

impl Platform {
    fn events(&self, kind: &str) -> Vec<Value> {
        self.events.lock().expect("events").iter().filter(|event| event["type"] == kind).cloned().collect()
    }

    /// Waits for the first event of this type.
    async fn event(&self, kind: &str) -> Value {
        for _ in 0..600 {
            if let Some(event) = self.events(kind).first() {
                return event.clone();
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("no event {kind}");
    }
}

fn echo(event: &Value) -> Option<Value> {
    let text = event["data"]["turn"]["input"]["text"].as_str().unwrap_or_default();
    let next = match text {
        "by API" | "slowly" => return None,
        "a human" => json!({ "handover": { "queue": "Support", "summary": "Wants Pro" } }),
        "done" => json!({ "complete": { "intent": "finished" } }),
        "undeclared" => json!({ "complete": { "intent": "invented" } }),
        _ => json!("wait"),
    };
    Some(json!({ "messages": [{ "text": format!("You said: {text}") }], "next": next }))
}

async fn receive(State(platform): State<Platform>, body: Bytes) -> Response {
    let event: Value = serde_json::from_slice(&body).expect("JSON");
    platform.events.lock().expect("events").push(event.clone());
    match echo(&event).filter(|_| event["type"] == "turn") {
        Some(answer) => axum::Json(answer).into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    }
}

struct World {
    center: Center,
    platform: Platform,
    integration: String,
    url: String,
    http: reqwest::Client,
    metrics: Metrics,
    _folder: TempDir,
    _stop: DropGuard,
}

async fn connect(center: &Center, product: &str) -> BotConnection {
    let announced = center.sandbox.announcement();
    let settings = settings(&[
        ("host", &announced.origin),
        ("product", product),
        ("integration", "Acme bots"),
        ("secret", SECRET),
        ("client-id", &announced.client_id),
        ("client-secret", &announced.client_secret),
    ]);
    let client = HttpClient::new(HttpClientLimits::default()).expect("a client");
    let host = Host::builder().limits(limits()).http(client).build().expect("a host");
    let provider = host.load(handover_tests::BOT_CONNECTOR).await.expect("the provider loads");
    let allowed = AllowedOrigins::none().allow(&announced.origin).expect("an origin");
    provider.connect_bots(settings, &allowed).await.expect("the connection")
}

fn rules() -> SessionRules {
    let retries = Retries {
        initial_delay: Duration::from_millis(100),
        max_delay: Duration::from_secs(1),
        give_up_after: Duration::from_secs(60),
    };
    let sorry = BotMessage { text: Some("I am getting somebody.".into()), content: vec![] };
    SessionRules {
        callback: CallbackRules { has_callback: false, retries },
        follows_handovers: false,
        answer_within: Duration::from_millis(1_500),
        timeout_answer: BotAnswer {
            messages: vec![sorry],
            next: NextStep::Handover(BotHandover::default()),
            parameters: vec![],
        },
    }
}

/// The rules of the connection that follows handovers.
fn following_rules() -> Rules {
    Rules {
        policy: Policy { can_poll: true, ..Policy::default() },
        replay_window: Duration::from_secs(600),
        poll_interval: Some(Duration::from_millis(200)),
        has_callback: false,
        retries: rules().callback.retries,
        lookup_delay: LOOKUP_DELAY,
        reconciliation_delay: None,
        outcome_timeout: None,
        agents_begin: false,
        retention: Duration::from_secs(86_400),
    }
}

impl World {
    async fn start(product: &str) -> Self {
        let center = Center::new(Config { requests_per_minute: 0, ..Config::default() }).await;
        let connection = connect(&center, product).await;

        let platform = Platform::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let callback = format!("http://{}/", listener.local_addr().expect("an address"));
        let app = axum::Router::new().fallback(receive).with_state(platform.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });

        let folder = tempfile::tempdir().expect("a folder");
        let store = Arc::new(SqliteStore::open(&folder.path().join("handover.sqlite")).expect("a store"));
        let metrics = Metrics::default();
        let mailboxes = Mailboxes::new(store.clone(), metrics.clone());
        let sessions = Sessions::new(Repository::new(store, metrics.clone()));
        let callback = Callback::new(&callback, vec![CALLBACK_SECRET.into()]).expect("a callback");
        let options = Options {
            rules: following_rules(),
            callback: Some(callback.clone()),
            path: None,
            integration_id: None,
            logs_bodies: false,
            redaction: None,
            translation: None,
            polls: NonZeroU32::new(6_000).expect("a nonzero number"),
            trace: Trace::default(),
        };
        let handovers =
            ConnectionService::new("acme-handovers", center.connection.clone(), options, mailboxes.clone(), &metrics);
        let handovers = handovers.expect("a name");
        let options = BotOptions {
            rules: rules(),
            callback: Some(callback),
            followed_by: Some(handovers.clone()),
            bots: bots(),
            logs_bodies: false,
            trace: Trace::default(),
        };
        let service = BotService::new("acme", connection.clone(), options, sessions.clone(), &metrics).expect("a name");
        let stop = CancellationToken::new();
        let tokens = Tokens::new(&[TOKEN.to_owned()]).expect("tokens");
        let gateway = Gateway::new(
            vec![handovers.clone()],
            vec![service.clone()],
            mailboxes.clone(),
            tokens,
            metrics.clone(),
            stop.clone(),
        );
        tokio::spawn(Worker::new(vec![handovers], mailboxes).run(stop.clone()));
        tokio::spawn(Worker::new(vec![service], sessions.records().clone()).run(stop.clone()));
        tokio::spawn(sessions.wake());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(serve(listener, gateway.router(), ServerLimits::default(), stop.clone()));

        connection.provision(&format!("{url}/bot-connector/acme"), ProvisioningMode::Apply).await.expect("provisioned");
        if product == "bot-connector" {
            connection.register_bots(&bots()).await.expect("registered");
        }
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        let mut world = Self {
            center,
            platform,
            integration: String::new(),
            url,
            http,
            metrics,
            _folder: folder,
            _stop: stop.drop_guard(),
        };
        world.integration = world.find_integration().await;
        world
    }

    async fn find_integration(&self) -> String {
        let list = self.center.api_get(&format!("{}/api/v2/integrations", self.origin())).await;
        list["entities"][0]["id"].as_str().expect("an id").to_owned()
    }

    fn origin(&self) -> &str {
        &self.center.sandbox.announcement().origin
    }

    /// Calls the sandbox.
    async fn sandbox(&self, path: &str, body: Value) -> Value {
        let url = format!("{}/sandbox/{path}", self.origin());
        let answer = self.http.post(url).json(&body).send().await.expect("an answer");
        assert!(answer.status().is_success(), "{path}: {}", answer.text().await.expect("text"));
        answer.json().await.expect("JSON")
    }

    async fn begin(&self) -> String {
        let action = json!({
            "integrationId": self.integration,
            "bot": "acme-support",
            "version": "1",
            "language": "en-us",
            "parameters": { "customerTier": "gold" },
        });
        self.sandbox("bot-sessions", action).await["id"].as_str().expect("an id").to_owned()
    }

    async fn say(&self, session: &str, text: &str) -> Value {
        self.sandbox(&format!("bot-sessions/{session}/messages"), json!({ "text": text })).await
    }

    async fn run(&self, session: &str) -> Value {
        let url = format!("{}/sandbox/bot-sessions/{session}", self.origin());
        self.http.get(url).send().await.expect("an answer").json().await.expect("JSON")
    }

    /// Calls the gateway's API.
    async fn api(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let url = format!("{}/v1/bot-connections/acme/{path}", self.url);
        let request = self.http.request(method.parse().expect("a method"), url).bearer_auth(TOKEN);
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        let answer = request.send().await.expect("an answer");
        (answer.status().as_u16(), answer.json().await.expect("JSON"))
    }

    async fn answer(&self, session: &str, turn: u32, answer: Value) -> (u16, Value) {
        self.api("PUT", &format!("sessions/{session}/turns/{turn}/answer"), Some(answer)).await
    }
}

fn says(text: &str) -> Value {
    json!({ "messages": [{ "text": text }], "next": "wait" })
}

#[tokio::test]
async fn a_platform_answers_in_the_response_to_its_callback() {
    for product in ["bot-connector", "digital-bot-connector"] {
        let world = World::start(product).await;
        let session = world.begin().await;
        for number in 1..=5 {
            let run = world.say(&session, "hello").await;
            assert_eq!(run["messages"].as_array().map(Vec::len), Some(2 * number), "{run}");
            assert_eq!(run["messages"][2 * number - 1]["text"], "You said: hello");
        }
        let run = world.say(&session, "a human").await;
        let slots = json!({ "queueId": "Support", "summary": "Wants Pro" });
        assert_eq!(run["outcome"], json!({ "intent": "handover", "slots": slots, "parameters": {} }), "{product}");

        let ended = world.platform.event("ended").await;
        assert_eq!((&ended["session"], &ended["data"]), (&json!(session), &json!("handed-over")));
        let turns = world.platform.events("turn");
        assert_eq!(turns.len(), 6);
        // Genesys sends the parameters with the first turn only.
        let tier = json!([{ "key": "customerTier", "value": "gold", "confidential": false }]);
        assert!(turns.iter().all(|turn| turn["data"]["turn"]["parameters"] == tier), "{turns:?}");
        let (status, view) = world.api("GET", &format!("sessions/{session}"), None).await;
        assert_eq!(
            (status, &view["end"], view["turns"].as_array().map(Vec::len)),
            (200, &json!("handed-over"), Some(6))
        );
        let metrics = world.metrics.text();
        assert!(
            metrics.contains(r#"handover_bot_requests_total{connection="acme",outcome="answered"} 5"#),
            "{metrics}"
        );
    }
}

#[tokio::test]
async fn a_platform_answers_with_the_api() {
    let world = World::start("bot-connector").await;
    let session = world.begin().await;
    let (run, ()) = tokio::join!(world.say(&session, "by API"), async {
        world.platform.event("turn").await;
        assert_eq!(world.answer("none", 1, says("x")).await.1["code"], "no-session");
        assert_eq!(world.answer(&session, 2, says("x")).await.1["code"], "no-turn");
        let undeclared = json!({ "next": { "complete": { "intent": "invented" } } });
        let (status, problem) = world.answer(&session, 1, undeclared).await;
        assert_eq!((status, &problem["code"]), (422, &json!("undeclared")));
        assert!(
            problem["detail"]
                .as_str()
                .expect("a detail")
                .ends_with("declares no intent `invented`; it declares `finished`")
        );
        let slots = json!([{ "slot": { "name": "topic", "kind": "integer" }, "values": ["1"] }]);
        let typed = json!({ "next": { "complete": { "intent": "finished", "slots": slots } } });
        assert_eq!(world.answer(&session, 1, typed).await.1["code"], "undeclared");
        let large = says(&"x".repeat(130 << 10));
        assert_eq!(world.answer(&session, 1, large).await.0, 413);

        assert_eq!(world.answer(&session, 1, says("Here")).await, (202, json!({ "delivery": "response" })));
        assert_eq!(world.answer(&session, 1, says("Here")).await.0, 202, "the same again");
        assert_eq!(world.answer(&session, 1, says("Other")).await.1["code"], "already-answered");
    });
    assert_eq!(run["messages"][1]["text"], "Here");
    assert_eq!(run["messages"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn a_turn_that_is_not_answered_in_time_gets_the_operators_answer() {
    let world = World::start("bot-connector").await;
    let session = world.begin().await;
    let run = world.say(&session, "slowly").await;
    assert_eq!(run["messages"][1]["text"], "I am getting somebody.");
    assert_eq!(run["outcome"]["intent"], "handover");
    assert_eq!(world.platform.event("turn-timed-out").await["data"], json!({ "number": 1 }));
    assert_eq!(world.platform.event("ended").await["data"], "handed-over");
    assert_eq!(world.answer(&session, 1, says("Late")).await.1["code"], "too-late");
}

#[tokio::test]
async fn an_invalid_answer_to_a_callback_is_reported() {
    let world = World::start("bot-connector").await;
    let session = world.begin().await;
    let (run, ()) = tokio::join!(world.say(&session, "undeclared"), async {
        let refused = world.platform.event("answer-refused").await;
        assert_eq!(refused["data"]["number"], 1);
        let reason = refused["data"]["reason"].as_str().expect("a reason");
        assert!(reason.contains("declares no intent `invented`"), "{reason}");
        // The turn can still be answered.
        assert_eq!(world.answer(&session, 1, says("Sorry")).await.0, 202);
    });
    assert_eq!(run["messages"][1]["text"], "Sorry");
}

#[tokio::test]
async fn a_late_answer_arrives_once() {
    let world = World::start("digital-bot-connector").await;
    let session = world.begin().await;
    let run = world.say(&session, "slowly").await;
    assert_eq!((&run["outcome"], run["messages"].as_array().map(Vec::len)), (&Value::Null, Some(1)));
    assert_eq!(world.answer(&session, 1, says("Late")).await, (202, json!({ "delivery": "late-answer" })));
    assert_eq!(world.answer(&session, 1, says("Late")).await, (202, json!({ "delivery": "late-answer" })));
    assert_eq!(world.answer(&session, 1, says("Other")).await.1["code"], "already-answered");
    let arrived = async |expected: usize| {
        for _ in 0..200 {
            let run = world.run(&session).await;
            if run["messages"].as_array().map(Vec::len) >= Some(expected) {
                return run;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("no late answer");
    };
    assert_eq!(arrived(2).await["messages"][1]["text"], "Late");

    // A next turn and its answer, to the end of the session.
    let run = world.say(&session, "done").await;
    assert_eq!((&run["outcome"]["intent"], run["messages"].as_array().map(Vec::len)), (&json!("finished"), Some(4)));
    assert_eq!(world.platform.event("ended").await["data"], "completed");
}

#[tokio::test]
async fn a_late_answer_to_a_closed_session_is_refused() {
    let world = World::start("digital-bot-connector").await;
    let session = world.begin().await;
    world.say(&session, "slowly").await;
    world.sandbox(&format!("bot-sessions/{session}/expire"), json!({})).await;
    assert_eq!(world.answer(&session, 1, says("Late")).await.0, 202);
    let refused = world.platform.event("answer-refused").await;
    assert_eq!((&refused["data"]["number"], &refused["data"]["may-have-arrived"]), (&json!(1), &json!(false)));
    let reason = refused["data"]["reason"].as_str().expect("a reason");
    assert!(reason.contains("409"), "{reason}");
}

/// The requests are as Genesys sends them, from outside of our code.
#[tokio::test]
async fn requests_that_are_not_turns_are_refused() {
    let world = World::start("digital-bot-connector").await;
    let url = format!("{}/bot-connector/acme", world.url);
    let request = |method: reqwest::Method, path: &str| world.http.request(method, format!("{url}{path}"));
    let secret = |request: reqwest::RequestBuilder| request.header("verify-token", SECRET);
    let status = async |request: reqwest::RequestBuilder| request.send().await.expect("an answer").status().as_u16();
    assert_eq!(status(request(reqwest::Method::GET, "/bots")).await, 403);
    assert_eq!(status(request(reqwest::Method::GET, "/bots").header("verify-token", "wrong")).await, 403);
    let listed = secret(request(reqwest::Method::GET, "/bots")).send().await.expect("an answer");
    assert_eq!(listed.headers()["content-type"], "application/json");
    let listed: Value = listed.json().await.expect("JSON");
    assert_eq!(listed["entities"][0]["id"], "acme-support");
    assert_eq!(status(secret(request(reqwest::Method::GET, "/bots/acme-support"))).await, 200);
    assert_eq!(status(secret(request(reqwest::Method::GET, "/bots/other"))).await, 404);
    assert_eq!(status(secret(request(reqwest::Method::POST, ""))).await, 404, "that is v1");
    assert_eq!(status(secret(request(reqwest::Method::POST, "/messages").body("[]"))).await, 400);
    let large = "x".repeat(129 << 10);
    assert_eq!(status(secret(request(reqwest::Method::POST, "/messages").body(large))).await, 413);
    let turn = |bot: &str| {
        let turn = json!({ "botId": bot, "botVersion": "1", "botSessionId": "s-1", "messageId": "m-1",
            "inputMessage": { "type": "Text", "text": "hello" }, "languageCode": "en-us", "botSessionTimeout": 720,
            "genesysConversationId": "c-1" });
        secret(request(reqwest::Method::POST, "/messages").json(&turn))
    };
    assert_eq!(status(turn("other")).await, 404);
    // The same message twice, at once and later: one turn, and one answer.
    let (first, second) = tokio::join!(turn("acme-support").send(), turn("acme-support").send());
    let (first, second) = (first.expect("an answer"), second.expect("an answer"));
    let (first, second): (Value, Value) = (first.json().await.expect("JSON"), second.json().await.expect("JSON"));
    assert_eq!(first["replyMessages"][0]["text"], "You said: hello");
    assert_eq!(first, second);
    let third: Value = turn("acme-support").send().await.expect("an answer").json().await.expect("JSON");
    assert_eq!(first, third);
    assert_eq!(world.platform.events("turn").len(), 1);
    let unknown = world.http.get(format!("{}/bot-connector/other/bots", world.url));
    assert_eq!(status(unknown).await, 404);
}

/// The doctor makes Genesys ask the bot, as a flow does.
#[tokio::test]
async fn the_doctor_asks_the_bot() {
    for product in ["bot-connector", "digital-bot-connector"] {
        let world = World::start(product).await;
        let connection = connect(&world.center, product).await;
        let checks = connection.check_connection(Some("acme-support")).await.expect("checked");
        let probe = checks.iter().find(|check| check.name == "bot-probe").expect("the probe");
        assert_eq!((probe.outcome, probe.message.as_str()), (CheckOutcome::Ok, "the bot answered (MoreData)"));
        let turns = world.platform.events("turn");
        assert_eq!(turns.len(), 1, "{turns:?}");
        // A UUID of version 8 (RFC 9562, section 5.8).
        let session = turns[0]["session"].as_str().expect("an id");
        let groups: Vec<_> = session.split('-').map(str::len).collect();
        assert_eq!(
            (groups.as_slice(), session.get(14..15), session.get(19..20)),
            (&[8, 4, 4, 4, 12][..], Some("8"), Some("8"))
        );
        let checks = connection.check_connection(Some("other")).await.expect("checked");
        assert!(checks.iter().any(|check| check.name == "bot-probe" && check.outcome == CheckOutcome::Error));
    }
}

/// The whole story: the bot hands over with a queue and a summary, the agent sees them and what was said, and the platform
/// is told of the agent and of the end.
#[tokio::test]
async fn the_platform_is_told_what_becomes_of_a_handover() {
    let world = World::start("bot-connector").await;
    let session = world.begin().await;
    world.say(&session, "hello").await;
    let run = world.say(&session, "a human").await;
    let conversation = run["conversationId"].as_str().expect("an id");
    let desk = world.center.sandbox_get(&format!("conversations/{conversation}")).await;
    assert_eq!(desk["attributes"]["summary"], "Wants Pro");
    let said: Vec<_> = desk["messages"].as_array().expect("messages").iter().map(|message| &message["text"]).collect();
    assert_eq!(said, ["hello", "You said: hello", "a human", "You said: a human"]);

    let queued = world.platform.event("queued").await;
    assert_eq!((&queued["connection"], &queued["recipient"]), (&json!("acme-handovers"), &json!(conversation)));
    let act = async |action: &str, body: Value| {
        world.center.sandbox_post(&format!("conversations/{conversation}/{action}"), body).await;
    };
    act("accept", json!({ "name": "Grace Hopper" })).await;
    assert_eq!(world.platform.event("agent-joined").await["recipient"], conversation);
    act("text", json!({ "text": "Hello, Grace here." })).await;
    // The channel is Genesys's, so the platform can send nothing there.
    let url = format!("{}/v1/connections/acme-handovers/recipients/{conversation}", world.url);
    let sent =
        world.http.post(format!("{url}/messages")).bearer_auth(TOKEN).json(&json!({ "text": "Hi" })).send().await;
    let sent = sent.expect("an answer");
    assert_eq!(sent.status(), 409);
    assert_eq!(sent.json::<Value>().await.expect("JSON")["code"], "followed");
    act("disconnect", json!({})).await;
    let ended = async {
        loop {
            let ended = world.platform.events("ended");
            if let Some(ended) = ended.iter().find(|event| event["recipient"] == conversation) {
                return ended["data"].clone();
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let ended = tokio::time::timeout(Duration::from_secs(20), ended).await.expect("the end is reported");
    assert_eq!(ended, "completed");
    assert_eq!(world.platform.events("message"), [] as [Value; 0], "the user reads them in Genesys's channel");
}

/// A conversation of the platform's own channel has a mailbox, which reports its handover.
#[tokio::test]
async fn a_conversation_of_the_platforms_own_is_not_followed() {
    let world = World::start("bot-connector").await;
    let own = format!("{}/v1/connections/acme-handovers/recipients", world.url);
    let begun = world.http.post(format!("{own}/sess-42/handover")).bearer_auth(TOKEN).json(&json!({ "text": "Help" }));
    assert_eq!(begun.send().await.expect("an answer").status(), 202);
    let conversation = loop {
        let handover = world.http.get(format!("{own}/sess-42/handover")).bearer_auth(TOKEN).send().await;
        let handover: Value = handover.expect("an answer").json().await.expect("JSON");
        if let Some(conversation) = handover["conversation"].as_str() {
            break conversation.to_owned();
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let turn = json!({ "botId": "acme-support", "botSessionId": "s-own", "genesysConversationId": conversation,
        "inputMessage": { "type": "Text", "text": "a human" } });
    // The slash is one that operators append to a URL.
    let asked =
        world.http.post(format!("{}/bot-connector/acme/", world.url)).header("verify-token", SECRET).json(&turn);
    assert_eq!(asked.send().await.expect("an answer").status(), 200);
    assert_eq!(world.platform.event("ended").await["session"], "s-own");
    // Longer than a worker needs for a task that is due.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let followed = world.http.get(format!("{own}/{conversation}/handover")).bearer_auth(TOKEN).send().await;
    assert_eq!(followed.expect("an answer").status(), 404);
}

/// A sender that is not authenticated yet cannot hold a connection.
#[tokio::test]
async fn a_body_that_does_not_arrive_is_refused() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let world = World::start("bot-connector").await;
    let address = world.url.trim_start_matches("http://");
    let mut stream = tokio::net::TcpStream::connect(address).await.expect("a connection");
    let request = format!("POST /bot-connector/acme HTTP/1.1\r\nhost: {address}\r\ncontent-length: 100\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut response = [0; 64];
    let read = tokio::time::timeout(Duration::from_secs(20), stream.read(&mut response)).await;
    let read = read.expect("a response").expect("a response");
    assert!(response[..read].starts_with(b"HTTP/1.1 408"), "{}", String::from_utf8_lossy(&response));
}
