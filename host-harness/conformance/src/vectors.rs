//! Vectors: cases as data. `tests/vectors/README.md` in the repository specifies the format.

use crate::case::{Case, Subject, Verdict, answered, ensure, failed};
use crate::script::{Answer, Script};
use handover_host::TransportError;
use handover_host::contract::{
    Conversation, EventSource, Outbound, OutboundMessage, ProviderRequest, ProvisioningMode, Setting, Timestamp,
    Webhook,
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::time::{Duration, Instant, SystemTime};

/// A file of vectors for one provider.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct VectorFile {
    /// `description.name` of the provider that the vectors are for.
    pub provider: String,
    /// The first part of the cases' names.
    area: String,
    /// Where the facts come from; for readers.
    #[serde(rename = "source")]
    _source: String,
    /// Of every case that has none of its own.
    #[serde(default)]
    settings: Vec<(String, String)>,
    cases: Vec<Vector>,
}

/// A file is no file of vectors.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {error}")]
pub struct VectorError {
    file: String,
    error: serde_json::Error,
}

// Unknown members are refused all the same: they are no call.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Vector {
    name: String,
    settings: Option<Vec<(String, String)>>,
    /// What the contact center is asked, and what it answers, in this order.
    #[serde(default)]
    exchanges: Vec<Exchange>,
    #[serde(flatten)]
    call: Call,
    expect: Value,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Call {
    CheckSettings {},
    VerifyWebhook {
        headers: Vec<(String, String)>,
        body: Bytes,
    },
    MapAgentEvents {
        source: SourceKind,
        body: Bytes,
    },
    BuildOutboundMessage {
        conversation: Conversation,
        id: String,
        time: Timestamp,
        message: Box<OutboundMessage>,
    },
    Deliver {
        operation: String,
        body: Bytes,
    },
    FindDelivery {
        conversation: Conversation,
        operation: String,
        body: Bytes,
    },
    ObserveConversation {
        conversation: Conversation,
    },
    CheckConnection {},
    #[serde(rename_all = "kebab-case")]
    Provision {
        webhook_url: String,
        mode: ProvisioningMode,
    },
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum SourceKind {
    Webhook,
    EventBus,
    Trigger,
    Notification,
}

/// Bytes, in the form that shows them best.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Bytes {
    Utf8(String),
    Hex(String),
    /// Written without blanks.
    Json(Value),
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Exchange {
    /// `METHOD URL`.
    request: String,
    /// Headers that must be there.
    #[serde(default)]
    headers: Vec<(String, String)>,
    body: Option<Bytes>,
    answer: ScriptedAnswer,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", untagged, deny_unknown_fields)]
enum ScriptedAnswer {
    Response {
        status: u16,
        #[serde(default)]
        headers: Vec<(String, String)>,
        #[serde(default)]
        json: Value,
        /// In place of `json`: a body that is no valid JSON.
        utf8: Option<String>,
    },
    Error {
        error: NoAnswer,
    },
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum NoAnswer {
    Unreachable,
    TimedOut,
    Interrupted,
    ResponseTooLarge,
}

impl VectorFile {
    /// Reads a file; `name` is for the error.
    ///
    /// # Errors
    /// It is not in the format; where, and what was expected.
    pub fn parse(name: &str, text: &str) -> Result<Self, VectorError> {
        serde_json::from_str(text).map_err(|error| VectorError { file: name.into(), error })
    }

    pub(crate) async fn run(&self, subject: &Subject) -> Vec<Case> {
        let mut cases = Vec::new();
        for vector in &self.cases {
            let began = Instant::now();
            let settings = vector.settings.as_ref().unwrap_or(&self.settings);
            let settings = settings.iter().map(|(key, value)| Setting { key: key.clone(), value: value.clone() });
            let verdict = vector.run(subject, settings.collect()).await;
            let name = format!("{}/{}", self.area, vector.name);
            cases.push(Case { name, outcome: verdict.into(), took: began.elapsed() });
        }
        cases
    }
}

impl Vector {
    async fn run(&self, subject: &Subject, settings: Vec<Setting>) -> Verdict {
        let unchecked = || subject.provider().connect_unchecked(settings.clone());
        let actual = match &self.call {
            Call::CheckSettings {} => told(answered(subject.provider().check_settings(&settings).await)?)?,
            Call::VerifyWebhook { headers, body } => {
                let headers = headers.iter().map(|(name, value)| (name.clone(), value.clone().into_bytes())).collect();
                let webhook = Webhook { method: "POST".into(), path: "/".into(), headers, body: body.bytes()? };
                told(answered(unchecked().verify_webhook(&webhook).await)?)?
            }
            Call::MapAgentEvents { source, body } => {
                let source = match source {
                    SourceKind::Webhook => EventSource::Webhook,
                    SourceKind::EventBus => EventSource::EventBus,
                    SourceKind::Trigger => EventSource::Trigger,
                    SourceKind::Notification => EventSource::Notification,
                }(body.bytes()?);
                told(answered(unchecked().map_agent_events(&source).await)?)?
            }
            Call::BuildOutboundMessage { conversation, id, time, message } => {
                let outbound = Outbound { id: id.clone(), time: *time, message: OutboundMessage::clone(message) };
                let built = answered(unchecked().build_outbound_message(conversation, &outbound).await)?;
                told(built.map(|requests| requests.iter().map(as_json).collect::<Vec<_>>()))?
            }
            Call::Deliver { .. }
            | Call::FindDelivery { .. }
            | Call::ObserveConversation { .. }
            | Call::CheckConnection {}
            | Call::Provision { .. } => self.effect(subject, settings).await?,
        };
        compare(&self.expect, &actual, "")
    }

    /// An effect, and whether the contact center was asked what it should have been.
    async fn effect(&self, subject: &Subject, settings: Vec<Setting>) -> Result<Value, String> {
        let answers: VecDeque<Answer> = self.exchanges.iter().map(|exchange| exchange.answer.answer()).collect();
        let (connection, scripted) = subject.scripted(settings, Script::InTurn(answers)).await?;
        let actual = match &self.call {
            Call::Deliver { operation, body } => told(answered(connection.deliver(&request(operation, body)?).await)?)?,
            Call::FindDelivery { conversation, operation, body } => {
                let request = request(operation, body)?;
                told(answered(connection.find_delivery(conversation, &request).await)?)?
            }
            Call::ObserveConversation { conversation } => {
                told(answered(connection.observe_conversation(conversation).await)?)?
            }
            Call::Provision { webhook_url, mode } => {
                json!(connection.provision(webhook_url, *mode).await.map_err(failed)?)
            }
            _ => json!(connection.check_connection(None).await.map_err(failed)?),
        };
        let asked = scripted.asked();
        for (number, (expected, asked)) in self.exchanges.iter().zip(&asked).enumerate() {
            expected.compare(asked).map_err(|error| format!("request {}: {error}", number + 1))?;
        }
        ensure!(asked.len() == self.exchanges.len(), "{} requests instead of {}", asked.len(), self.exchanges.len());
        Ok(actual)
    }
}

impl Exchange {
    fn compare(&self, asked: &http::Request<Vec<u8>>) -> Verdict {
        let line = format!("{} {}", asked.method(), asked.uri());
        ensure!(line == self.request, "{line} instead of {}", self.request);
        for (name, value) in &self.headers {
            let sent = asked.headers().get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
            ensure!(sent.as_ref() == Some(value), "header {name} is {sent:?} instead of {value:?}");
        }
        match &self.body {
            None => Ok(()),
            Some(Bytes::Json(expected)) => {
                let sent: Value = serde_json::from_slice(asked.body()).map_err(|error| format!("the body: {error}"))?;
                compare(expected, &sent, "the body")
            }
            Some(expected) => {
                ensure!(expected.bytes()? == *asked.body(), "the body is {:?}", String::from_utf8_lossy(asked.body()));
                Ok(())
            }
        }
    }
}

impl ScriptedAnswer {
    fn answer(&self) -> Answer {
        match self {
            Self::Error { error: NoAnswer::Unreachable } => Err(TransportError::Unreachable),
            Self::Error { error: NoAnswer::TimedOut } => Err(TransportError::TimedOut),
            Self::Error { error: NoAnswer::Interrupted } => Err(TransportError::Interrupted),
            Self::Error { error: NoAnswer::ResponseTooLarge } => Err(TransportError::TooLarge),
            Self::Response { status, headers, json, utf8 } => {
                let body = utf8.clone().unwrap_or_else(|| json.to_string());
                let mut response = http::Response::new(body.into_bytes());
                *response.status_mut() = http::StatusCode::from_u16(*status).unwrap_or_default();
                for (name, value) in headers {
                    let date = date(value);
                    let value = date.as_deref().unwrap_or(value);
                    if let (Ok(name), Ok(value)) = (name.parse::<http::HeaderName>(), value.parse()) {
                        response.headers_mut().append(name, value);
                    }
                }
                Ok(response)
            }
        }
    }
}

/// The HTTP date that `<now>` or `<now SECONDS>` stands for; the seconds have a sign.
fn date(value: &str) -> Option<String> {
    let seconds = value.strip_prefix("<now")?.strip_suffix('>')?.trim();
    let seconds: i64 = if seconds.is_empty() { 0 } else { seconds.parse().ok()? };
    let (now, distance) = (SystemTime::now(), Duration::from_secs(seconds.unsigned_abs()));
    let time = if seconds < 0 { now.checked_sub(distance) } else { now.checked_add(distance) };
    Some(httpdate::fmt_http_date(time?))
}

impl Bytes {
    fn bytes(&self) -> Result<Vec<u8>, String> {
        match self {
            Self::Utf8(text) => Ok(text.clone().into_bytes()),
            Self::Json(value) => Ok(value.to_string().into_bytes()),
            Self::Hex(digits) => {
                let digits: Vec<u32> =
                    digits.chars().map(|digit| digit.to_digit(16)).collect::<Option<_>>().ok_or("no hex digits")?;
                let (pairs, rest) = digits.as_chunks::<2>();
                ensure_even(rest)?;
                pairs
                    .iter()
                    .map(|[high, low]| u8::try_from(high * 16 + low).map_err(|error| error.to_string()))
                    .collect()
            }
        }
    }
}

fn ensure_even(rest: &[u32]) -> Verdict {
    ensure!(rest.is_empty(), "an odd number of hex digits");
    Ok(())
}

fn request(operation: &str, body: &Bytes) -> Result<ProviderRequest, String> {
    Ok(ProviderRequest {
        idempotency_key: "m-1".into(),
        recipient: "sess-42".into(),
        operation: operation.to_owned(),
        ttl_ms: None,
        body: body.bytes()?,
    })
}

/// An answer as JSON: `{"ok": …}` or `{"error": …}`.
fn told<T: serde::Serialize, E: serde::Serialize>(answer: Result<T, E>) -> Result<Value, String> {
    let told = match answer {
        Ok(answer) => serde_json::to_value(answer).map(|answer| json!({ "ok": answer })),
        Err(error) => serde_json::to_value(error).map(|error| json!({ "error": error })),
    };
    told.map_err(|error| error.to_string())
}

/// A request as JSON, with the body as JSON where it is some.
pub(crate) fn as_json(request: &ProviderRequest) -> Value {
    let body = serde_json::from_slice(&request.body)
        .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&request.body).into_owned()));
    json!({
        "idempotency-key": request.idempotency_key,
        "recipient": request.recipient,
        "operation": request.operation,
        "ttl-ms": request.ttl_ms,
        "body": body,
    })
}

/// In an expectation: any text that is not empty. For what is meant for people.
const ANY_TEXT: &str = "<any text>";

/// In an expectation: `<about N>`, a number that differs by one at most. For offsets in what cannot be parsed.
fn about(expected: &str) -> Option<u64> {
    expected.strip_prefix("<about ")?.strip_suffix('>')?.parse().ok()
}

/// Compares exactly, but for [`ANY_TEXT`] and [`about`]; tells the first place that differs.
fn compare(expected: &Value, actual: &Value, place: &str) -> Verdict {
    match (expected, actual) {
        (Value::String(text), Value::Number(number))
            if about(text).zip(number.as_u64()).is_some_and(|(about, number)| about.abs_diff(number) <= 1) =>
        {
            Ok(())
        }
        (Value::String(any), Value::String(text)) if any == ANY_TEXT && !text.is_empty() => Ok(()),
        (Value::Array(expected), Value::Array(actual)) => {
            for (number, (expected, actual)) in expected.iter().zip(actual).enumerate() {
                compare(expected, actual, &format!("{place}[{number}]"))?;
            }
            ensure!(
                expected.len() == actual.len(),
                "{place} has {} entries instead of {}",
                actual.len(),
                expected.len()
            );
            Ok(())
        }
        (Value::Object(expected), Value::Object(actual)) => {
            for name in expected.keys().chain(actual.keys()) {
                let null = Value::Null;
                let (expected, actual) = (expected.get(name).unwrap_or(&null), actual.get(name).unwrap_or(&null));
                compare(expected, actual, &format!("{place}.{name}"))?;
            }
            Ok(())
        }
        _ => {
            ensure!(expected == actual, "{place} is {actual} instead of {expected}");
            Ok(())
        }
    }
}
