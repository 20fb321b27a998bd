//! Flows of a local Genesys Cloud ask a bot that answers through the Bot Connector's provider. The integration is set up by
//! `provision` and `register-bots`.

use crate::support::{limits, settings};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::IntoResponse;
use genesys_sandbox::{Config, Sandbox};
use handover_host::contract::{
    Attribute, Bot, BotAnswer, BotHandover, BotMessage, BotRequest, BotResponse, BotResult, BotVersion, Button,
    ButtonAction, Content, Failure, Intent, NextStep, ProvisioningMode, Slot, SlotType, SlotValue, StepOutcome, Turn,
    Webhook,
};
use handover_host::{AllowedOrigins, BotConnection, Error, Host, HttpClient, HttpClientLimits};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

pub(crate) const SECRET: &str = "a-secret-of-16-or-more-chars";

fn topic() -> Slot {
    Slot { name: "topic".into(), kind: SlotType::Text, is_collection: false }
}

pub(crate) fn bots() -> Vec<Bot> {
    let finished = Intent { name: "finished".into(), slots: vec![topic()] };
    let version = BotVersion { version: "1".into(), languages: vec!["en-us".into()], intents: vec![finished] };
    vec![Bot { id: "acme-support".into(), name: "Acme support".into(), description: None, versions: vec![version] }]
}

/// The platform, with one bot. What the user says decides the answer.
struct Platform {
    connection: BotConnection,
    /// The number of turns of each session.
    turns: Mutex<HashMap<String, u32>>,
    last_turn: Mutex<Option<Turn>>,
}

impl Platform {
    async fn respond(&self, request: &Webhook) -> BotResponse {
        let status = |status| BotResponse { status, headers: vec![], body: vec![] };
        match self.connection.verify_bot_request(request).await {
            Ok(_) => {}
            Err(Error::Provider(_)) => return status(403),
            Err(Error::Call(error)) => panic!("{error}"),
        }
        let response = match self.connection.map_bot_request(request).await.expect("mapped") {
            BotRequest::Turn(turn) => {
                let number = {
                    let mut turns = self.turns.lock().expect("turns");
                    let number = turns.entry(turn.session_id.clone()).or_default();
                    *number += 1;
                    *number
                };
                let answer = answer(&turn);
                *self.last_turn.lock().expect("a turn") = Some(turn.clone());
                self.connection.build_bot_response(&turn, number, &answer).await
            }
            BotRequest::ListBots => self.connection.build_bot_list(&bots(), None).await,
            BotRequest::GetBot(id) => self.connection.build_bot_list(&bots(), Some(&id)).await,
            BotRequest::Unknown => return status(404),
        };
        response.expect("built")
    }
}

fn says(text: &str, content: Vec<Content>, next: NextStep) -> BotAnswer {
    BotAnswer { messages: vec![BotMessage { text: Some(text.into()), content }], next, parameters: vec![] }
}

fn answer(turn: &Turn) -> BotAnswer {
    match turn.input.payload.as_deref().unwrap_or(&turn.input.text) {
        "plans" => {
            let button = |text: &str, payload: &str| {
                let action = ButtonAction::Answer(payload.into());
                Content::QuickReply(Button { text: text.into(), action, image: None })
            };
            says("Basic or Pro?", vec![button("Basic", "plan-basic"), button("Pro", "plan-pro")], NextStep::Wait)
        }
        "plan-pro" => {
            let slots = vec![SlotValue { slot: topic(), values: vec!["Pro".into()] }];
            says("Done.", vec![], NextStep::Complete(BotResult { intent: "finished".into(), slots }))
        }
        "a human" => {
            let attributes = vec![Attribute { key: "plan".into(), value: "pro".into(), confidential: false }];
            let (queue, summary) = (Some("Support".into()), Some("Wants Pro".into()));
            says("One moment.", vec![], NextStep::Handover(BotHandover { queue, summary, attributes }))
        }
        "fail" => says("Sorry.", vec![], NextStep::Fail("no model".into())),
        "later" => BotAnswer { messages: vec![], next: NextStep::Wait, parameters: vec![] },
        text => says(&format!("You said: {text}"), vec![], NextStep::Wait),
    }
}

async fn receive(
    State(platform): State<Arc<Platform>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> impl IntoResponse {
    let request = Webhook {
        method: method.to_string(),
        path: uri.path().strip_prefix("/acme").expect("the path of the connection").to_owned(),
        headers: headers.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect(),
        body: body.to_vec(),
    };
    let response = platform.respond(&request).await;
    (StatusCode::from_u16(response.status).expect("a status"), response.body)
}

/// A local Genesys Cloud whose integration asks the platform.
struct World {
    sandbox: Sandbox,
    platform: Arc<Platform>,
    integration: String,
    http: reqwest::Client,
}

impl World {
    async fn start(product: &str) -> Self {
        let sandbox = Sandbox::start(Config::default()).await.expect("the sandbox starts");
        let announced = sandbox.announcement();
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
        let connection = provider.connect_bots(settings, &allowed).await.expect("the connection");
        let platform = Platform { connection, turns: Mutex::default(), last_turn: Mutex::default() };
        let platform = Arc::new(platform);

        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/acme", listener.local_addr().expect("an address"));
        let app = axum::Router::new().fallback(receive).with_state(platform.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        let steps = platform.connection.provision(&url, ProvisioningMode::Apply).await.expect("provisioned");
        let outcomes: Vec<_> = steps.iter().map(|step| step.outcome).collect();
        assert!(!outcomes.contains(&StepOutcome::Failed), "{steps:?}");

        let http = reqwest::Client::new();
        let mut world = Self { sandbox, platform, integration: String::new(), http };
        let list = world.api_get("/api/v2/integrations").await;
        world.integration = list["entities"][0]["id"].as_str().expect("an id").to_owned();
        world
    }

    async fn api_get(&self, path: &str) -> Value {
        let announced = self.sandbox.announcement();
        let login = self.http.post(format!("{}/oauth/token", announced.origin));
        let login = login.basic_auth(&announced.client_id, Some(&announced.client_secret));
        let login = login.header("content-type", "application/x-www-form-urlencoded");
        let login = login.body("grant_type=client_credentials").send().await.expect("an answer");
        let token: Value = login.json().await.expect("JSON");
        let request = self.http.get(format!("{}{path}", announced.origin));
        let request = request.bearer_auth(token["access_token"].as_str().expect("a token"));
        request.send().await.expect("an answer").json().await.expect("JSON")
    }

    /// Calls the sandbox.
    async fn post(&self, path: &str, body: Value) -> Value {
        let url = format!("{}/sandbox/{path}", self.sandbox.announcement().origin);
        let answer = self.http.post(url).json(&body).send().await.expect("an answer");
        assert!(answer.status().is_success(), "{path}: {}", answer.text().await.expect("text"));
        answer.json().await.expect("JSON")
    }

    /// Begins a run. Returns its id.
    async fn begin(&self) -> String {
        let action = json!({
            "integrationId": self.integration,
            "bot": "acme-support",
            "version": "1",
            "language": "en-us",
            "parameters": { "customerTier": "gold" },
        });
        self.post("bot-sessions", action).await["id"].as_str().expect("an id").to_owned()
    }

    async fn say(&self, session: &str, input: Value) -> Value {
        self.post(&format!("bot-sessions/{session}/messages"), input).await
    }

    async fn get(&self, session: &str) -> Value {
        let url = format!("{}/sandbox/bot-sessions/{session}", self.sandbox.announcement().origin);
        self.http.get(url).send().await.expect("an answer").json().await.expect("JSON")
    }

    fn last_turn(&self) -> Turn {
        self.platform.last_turn.lock().expect("a turn").clone().expect("a turn")
    }

    /// A user asks, chooses a plan, and another one wants a human.
    async fn story(&self) {
        let session = self.begin().await;
        let run = self.say(&session, json!({ "text": "plans" })).await;
        let [_, reply] = run["messages"].as_array().expect("messages").as_slice() else { panic!("{run}") };
        assert_eq!(reply["text"], "Basic or Pro?");
        assert_eq!(reply["content"][1]["quickReply"], json!({ "text": "Pro", "payload": "plan-pro" }));
        let tier = Attribute { key: "customerTier".into(), value: "gold".into(), confidential: false };
        assert_eq!(self.last_turn().parameters, [tier]);
        let run = self.say(&session, json!({ "text": "Pro", "payload": "plan-pro" })).await;
        assert_eq!(run["outcome"], json!({ "intent": "finished", "slots": { "topic": "Pro" }, "parameters": {} }));

        let session = self.begin().await;
        let run = self.say(&session, json!({ "text": "a human" })).await;
        let slots = json!({ "queueId": "Support", "summary": "Wants Pro" });
        let outcome = json!({ "intent": "handover", "slots": slots, "parameters": { "plan": "pro" } });
        assert_eq!((&run["messages"][1]["text"], &run["outcome"]), (&json!("One moment."), &outcome));

        let session = self.begin().await;
        let run = self.say(&session, json!({ "text": "fail" })).await;
        assert_eq!(run["outcome"], json!({ "errorType": "bot-failed", "errorMessage": "no model" }));

        // More turns than the loop guard of v1 allows for equal answers.
        let session = self.begin().await;
        for _ in 0..6 {
            let run = self.say(&session, json!({ "text": "echo" })).await;
            assert_eq!(run["outcome"], Value::Null);
        }
    }
}

#[tokio::test]
async fn a_flow_asks_through_the_bot_connector() {
    let world = World::start("bot-connector").await;
    world.platform.connection.register_bots(&bots()).await.expect("registered");
    world.story().await;
    let checks = world.platform.connection.check_connection(None).await.expect("checked");
    assert!(checks.iter().all(|check| check.outcome == handover_host::contract::CheckOutcome::Ok), "{checks:?}");
}

#[tokio::test]
async fn a_flow_asks_through_the_digital_bot_connector() {
    let world = World::start("digital-bot-connector").await;
    world.story().await;
}

#[tokio::test]
async fn the_digital_bot_connector_gets_a_late_answer() {
    let world = World::start("digital-bot-connector").await;
    let session = world.begin().await;
    let run = world.say(&session, json!({ "text": "later" })).await;
    assert_eq!((&run["outcome"], run["messages"].as_array().map(Vec::len)), (&Value::Null, Some(1)));
    let turn = world.last_turn();
    assert!(turn.permits_late_answer);
    let connection = &world.platform.connection;
    let result = BotResult { intent: "finished".into(), slots: vec![] };
    for (time, next) in [(1, NextStep::Wait), (2, NextStep::Complete(result))] {
        let request =
            connection.build_late_answer(&turn, &says("Here it is", vec![], next), time).await.expect("built");
        let delivery = connection.deliver_late_answer(&request).await.expect("delivered");
        assert!(delivery.message_id.is_some());
    }
    let run = world.get(&session).await;
    let texts: Vec<_> = run["messages"].as_array().expect("messages").iter().map(|message| &message["text"]).collect();
    assert_eq!(texts, ["later", "Here it is", "Here it is"]);
    assert_eq!(run["outcome"]["intent"], "finished");

    let request =
        connection.build_late_answer(&turn, &says("Too late", vec![], NextStep::Wait), 3).await.expect("built");
    let failed = connection.deliver_late_answer(&request).await;
    assert!(matches!(failed, Err(Error::Provider(Failure::Permanent(_)))), "{failed:?}");
}
