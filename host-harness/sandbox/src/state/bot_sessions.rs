//! The runs of *Call Bot Connector* and *Call Digital Bot Connector* in flows. A run asks a bot until the bot completes or
//! fails.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::state::bot_answer::{BotAnswer, BotState, Intents, Product};
use crate::state::conversations::{Customer, DeliveryState, Message, MessageType, Originator, Transfer};

/// Unconfirmed: v1 ends a run at the fourth answer in a row with the same intent and the same slots.
const MAX_EQUAL_ANSWERS: u32 = 3;

/// All runs.
#[derive(Debug, Default)]
pub(crate) struct BotSessions(Vec<BotSession>);

impl BotSessions {
    pub(crate) fn add(&mut self, session: BotSession) {
        self.0.push(session);
    }

    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut BotSession> {
        self.0.iter_mut().find(|session| session.id == id)
    }
}

/// The bot that a flow names.
#[derive(Clone, Debug)]
pub(crate) struct BotReference {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) language: String,
    /// The intents of the version, on the day on which the run began.
    pub(crate) intents: Intents,
}

/// A run of the action.
#[derive(Debug)]
pub(crate) struct BotSession {
    pub(crate) id: String,
    pub(crate) conversation_id: String,
    pub(crate) integration_id: String,
    pub(crate) product: Product,
    pub(crate) bot: BotReference,
    /// The session variables that the action sends.
    parameters: BTreeMap<String, String>,
    timeout_minutes: u32,
    /// What the user and the bot said, in order.
    messages: Vec<Value>,
    is_first_turn: bool,
    /// Whether the bot was asked and has not answered yet.
    pub(crate) is_asked: bool,
    last: Option<(Option<String>, Map<String, Value>)>,
    equal_answers: u32,
    outcome: Option<Outcome>,
    /// The outcomes after which the flow transfers to a queue: names of intents, and `Failure`.
    transfers: Vec<String>,
}

/// The outcome that stands for the path for failures.
const FAILURE: &str = "Failure";
/// The slots and output variables of a handover, by the names that flows of several vendors use.
const QUEUE: &str = "queueId";

/// The path that the flow takes.
#[derive(Clone, Debug)]
enum Outcome {
    /// The path of an intent.
    Intent {
        name: String,
        slots: Map<String, Value>,
        parameters: BTreeMap<String, String>,
    },
    Failure {
        error_type: String,
        message: String,
    },
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug)]
pub(crate) enum NoAnswer {
    TimedOut,
    /// Another status than 200, or no connection.
    Refused,
    Invalid,
}

impl BotSession {
    /// Begins a run.
    pub(crate) fn new(
        integration_id: String,
        product: Product,
        bot: BotReference,
        parameters: BTreeMap<String, String>,
        timeout_minutes: u32,
        transfers: Vec<String>,
    ) -> Self {
        Self {
            id: Uuid::new_v4().to_string(),
            conversation_id: Uuid::new_v4().to_string(),
            integration_id,
            product,
            bot,
            parameters,
            timeout_minutes,
            messages: Vec::new(),
            is_first_turn: true,
            is_asked: false,
            last: None,
            equal_answers: 0,
            outcome: None,
            transfers,
        }
    }

    /// Returns the transfer that follows the outcome: the flow sets the slots and the output variables as data of the
    /// participant. `None` if there is no outcome, or the flow does something else.
    pub(crate) fn transfer(&self, now: Timestamp) -> Option<Transfer> {
        let (path, mut attributes) = match self.outcome.as_ref()? {
            Outcome::Intent { name, slots, parameters } => {
                let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
                let slots = slots.iter().map(|(name, value)| (name.clone(), text(value)));
                (name.as_str(), parameters.clone().into_iter().chain(slots).collect::<BTreeMap<_, _>>())
            }
            Outcome::Failure { .. } => (FAILURE, BTreeMap::new()),
        };
        if !self.transfers.iter().any(|transfer| transfer == path) {
            return None;
        }
        let queue = attributes.remove(QUEUE);
        let message = |message: &Value| {
            let text = message.get("text").and_then(Value::as_str).unwrap_or_default().to_owned();
            if message.get("from").and_then(Value::as_str) == Some("user") {
                return Message::inbound(text, now);
            }
            let content = message.get("content").and_then(Value::as_array).cloned().unwrap_or_default();
            let kind = if content.is_empty() { MessageType::Text } else { MessageType::Structured };
            // The user has read it already.
            let delivery = DeliveryState::Sent;
            Message { text: Some(text), content, delivery, ..Message::outbound(kind, Originator::Bot, now) }
        };
        Some(Transfer {
            conversation_id: self.conversation_id.clone(),
            customer: Customer { id: format!("visitor-{}", self.id), id_type: "Opaque", ..Customer::default() },
            attributes,
            queue,
            history: self.messages.iter().map(message).collect(),
        })
    }

    /// Returns how many messages the user and the bot exchanged.
    pub(crate) fn message_count(&self) -> usize {
        self.messages.len()
    }

    /// Returns whether the bot can still answer.
    pub(crate) fn is_open(&self) -> bool {
        self.outcome.is_none()
    }

    /// Records what the user said, and returns the request to the bot.
    pub(crate) fn ask(&mut self, text: &str, payload: Option<&str>) -> Value {
        self.messages.push(json!({ "from": "user", "text": text, "payload": payload }));
        self.is_asked = true;
        let is_digital = self.product != Product::BotConnector;
        let input = payload.map_or_else(
            || json!({ "type": "Text", "text": text }),
            |payload| {
                let pressed = json!({ "type": "QuickReply", "text": text, "payload": payload });
                let content = json!([{ "contentType": "ButtonResponse", "buttonResponse": pressed }]);
                json!({ "type": "Structured", "text": text, "content": content })
            },
        );
        let mut request = vec![
            // In v1, this is the name of the bot.
            ("botId", json!(if is_digital { &self.bot.id } else { &self.bot.name })),
            ("botVersion", json!(self.bot.version)),
            ("botSessionId", json!(self.id)),
            ("inputMessage", input),
            ("languageCode", json!(self.bot.language)),
            ("botSessionTimeout", json!(self.timeout_minutes)),
            ("genesysConversationId", json!(self.conversation_id)),
        ];
        request.push(if is_digital {
            ("messageId", json!(Uuid::new_v4().to_string()))
        } else {
            ("chatBot", json!({ "id": self.bot.id, "name": self.bot.name }))
        });
        if self.is_first_turn && !self.parameters.is_empty() {
            request.push(("parameters", json!(self.parameters)));
        }
        self.is_first_turn = false;
        request.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// Records an answer, in the response to a turn or after it.
    pub(crate) fn answered(&mut self, answer: BotAnswer) {
        let content =
            |message: &Value| json!({ "from": "bot", "text": message.get("text"), "content": message.get("content") });
        self.messages.extend(answer.messages.iter().map(content));
        let (error_type, message) = answer.error;
        match (answer.state, answer.intent) {
            (BotState::Complete, Some(name)) => {
                self.outcome = Some(Outcome::Intent { name, slots: answer.slots, parameters: answer.parameters });
            }
            (BotState::Failed, _) => self.outcome = Some(Outcome::Failure { error_type, message }),
            (_, intent) => self.waits(intent, answer.slots),
        }
    }

    /// Counts equal answers, after too many of which v1 ends the run.
    fn waits(&mut self, intent: Option<String>, slots: Map<String, Value>) {
        let answer = Some((intent, slots));
        self.equal_answers = if self.last == answer { self.equal_answers + 1 } else { 1 };
        self.last = answer;
        if self.product == Product::BotConnector && self.equal_answers > MAX_EQUAL_ANSWERS {
            self.outcome = Some(Outcome::Failure {
                error_type: "NoMatchError".to_owned(),
                message: "the same intent without a changed slot value".to_owned(),
            });
        }
    }

    /// Records that there is no answer, with which the run ends.
    pub(crate) fn failed(&mut self, why: NoAnswer, message: String) {
        let error_type = match (self.product, why) {
            (Product::BotConnector, _) => "InternalServerError",
            (_, NoAnswer::TimedOut) => "ServiceProviderTimeout",
            (_, NoAnswer::Refused) => "ServiceProviderErrorResponse",
            (_, NoAnswer::Invalid) => "ServiceProviderInvalidResponse",
        };
        self.outcome = Some(Outcome::Failure { error_type: error_type.to_owned(), message });
    }

    /// Ends a run in which the user said nothing for too long.
    pub(crate) fn expire(&mut self) {
        if self.is_open() {
            let error_type = "NoInputError".to_owned();
            self.outcome = Some(Outcome::Failure { error_type, message: "the user said nothing in time".to_owned() });
        }
    }

    /// Returns the run for tests.
    pub(crate) fn view(&self) -> Value {
        let outcome = self.outcome.as_ref().map(|outcome| match outcome {
            Outcome::Intent { name, slots, parameters } => {
                json!({ "intent": name, "slots": slots, "parameters": parameters })
            }
            Outcome::Failure { error_type, message } => json!({ "errorType": error_type, "errorMessage": message }),
        });
        json!({
            "id": self.id,
            "conversationId": self.conversation_id,
            "integrationId": self.integration_id,
            "bot": { "id": self.bot.id, "version": self.bot.version, "language": self.bot.language },
            "messages": self.messages,
            "outcome": outcome,
        })
    }
}
