//! Vectors: cases as data. `tests/vectors/README.md` in the repository specifies the format.

use crate::case::{Case, Verdict, ensure};
use crate::driver::{Answer, NoAnswer, Request};
use crate::json_form::Base64;
use crate::session::Subject;
use handover_host::contract::{
    Bot, BotAnswer, BotResponse, Conversation, EventSource, Outbound, OutboundMessage, ProviderRequest,
    ProvisioningMode, ReceivedWebhook, Rejection, Routing, Setting, Timestamp, Turn, Webhook,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use std::time::{Duration, Instant, SystemTime};

/// A file of vectors for one provider.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct VectorFile {
    /// The `description.name` of the provider to test.
    pub provider: String,
    /// The prefix of the case names.
    area: String,
    /// The source of the facts. Not evaluated.
    #[serde(rename = "source")]
    _source: String,
    /// The settings of cases that specify none.
    #[serde(default)]
    settings: Vec<(String, String)>,
    cases: Vec<Vector>,
}

/// A file is not a vector file.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {error}")]
pub struct VectorError {
    file: String,
    error: serde_json::Error,
}

// Not derived, because serde cannot combine `deny_unknown_fields` with `flatten`.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Map<String, Value>")]
struct Vector {
    name: String,
    settings: Option<Vec<(String, String)>>,
    /// The expected requests to the contact center and its responses, in order.
    exchanges: Vec<Exchange>,
    call: Call,
    expect: Value,
}

impl TryFrom<Map<String, Value>> for Vector {
    type Error = String;

    fn try_from(mut members: Map<String, Value>) -> Result<Self, String> {
        let name = member(&mut members, "name")?;
        let in_case = |error: String| format!("the case {name}: {error}");
        let settings = member(&mut members, "settings").map_err(in_case)?;
        let exchanges: Option<Vec<Exchange>> = member(&mut members, "exchanges").map_err(in_case)?;
        let expect = members.remove("expect").ok_or_else(|| in_case("it has no `expect`".into()))?;
        if members.len() != 1 {
            let names: Vec<_> = members.keys().map(String::as_str).collect();
            return Err(in_case(format!("expected exactly one call, got {names:?}")));
        }
        let call: Call = serde_json::from_value(Value::Object(members)).map_err(|error| in_case(error.to_string()))?;
        Ok(Self { settings, exchanges: exchanges.unwrap_or_default(), call, expect, name })
    }
}

/// Takes a member; `null` stands for a missing one.
fn member<T: DeserializeOwned>(members: &mut Map<String, Value>, name: &str) -> Result<T, String> {
    let value = members.remove(name).unwrap_or_default();
    serde_json::from_value(value).map_err(|error| format!("`{name}`: {error}"))
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum Call {
    CheckSettings {},
    VerifyWebhook {
        headers: Vec<(String, String)>,
        body: Bytes,
    },
    ReceiveWebhook {
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
    FetchAgentMessages {
        conversation: Conversation,
    },
    CheckAvailability {
        routing: Routing,
    },
    VerifyBotRequest {
        headers: Vec<(String, String)>,
    },
    MapBotRequest {
        method: String,
        path: String,
        body: Bytes,
    },
    #[serde(rename_all = "kebab-case")]
    BuildBotResponse {
        turn: Box<Turn>,
        turn_number: u32,
        answer: Box<BotAnswer>,
    },
    BuildBotList {
        bots: Vec<Bot>,
        id: Option<String>,
    },
    BuildLateAnswer {
        turn: Box<Turn>,
        answer: Box<BotAnswer>,
        time: Timestamp,
    },
    DeliverLateAnswer {
        operation: String,
        body: Bytes,
    },
    RegisterBots {
        bots: Vec<Bot>,
    },
    CheckConnection {
        probe: Option<String>,
    },
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

/// Bytes, in the most readable notation.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Bytes {
    Utf8(String),
    Hex(String),
    /// Serialized without whitespace.
    Json(Value),
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Exchange {
    /// `METHOD URL`.
    request: String,
    /// The required headers. Other headers are permitted.
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
        /// Replaces `json` with a body that is not valid JSON.
        utf8: Option<String>,
    },
    Error {
        error: NoAnswer,
    },
}

impl VectorFile {
    /// Parses a vector file. Only the error uses `name`.
    ///
    /// # Errors
    /// The text does not have the required format. The error contains the position and the expectation.
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
        let session = subject.session(&settings);
        let actual = match &self.call {
            Call::CheckSettings {} => result_as_json(subject.check_settings(&settings).await?)?,
            Call::VerifyWebhook { headers, body } => {
                let webhook = webhook(headers, body)?;
                let verified = session.verify_webhook(&webhook).await?;
                // If the provider declares its signature, the host verifies it.
                let received = session.receive_webhook(&webhook).await?;
                let received = received.map(|received| received.authenticity);
                ensure!(verified == received, "verify-webhook: {verified:?}, the declared signature: {received:?}");
                let received = session.verified_by_provider().receive_webhook(&webhook).await?;
                let received = received.map(|received| received.authenticity);
                ensure!(verified == received, "verify-webhook: {verified:?}, receive-webhook: {received:?}");
                result_as_json(verified)?
            }
            Call::ReceiveWebhook { headers, body } => {
                let webhook = webhook(headers, body)?;
                let by_provider = received_as_json(session.verified_by_provider().receive_webhook(&webhook).await?)?;
                let by_host = received_as_json(session.receive_webhook(&webhook).await?)?;
                ensure!(by_provider == by_host, "verified by the provider: {by_provider}, by the host: {by_host}");
                by_host
            }
            Call::MapAgentEvents { source, body } => {
                let source = match source {
                    SourceKind::Webhook => EventSource::Webhook,
                    SourceKind::EventBus => EventSource::EventBus,
                    SourceKind::Trigger => EventSource::Trigger,
                    SourceKind::Notification => EventSource::Notification,
                }(body.bytes()?);
                result_as_json(session.map_agent_events(&source).await?)?
            }
            Call::BuildOutboundMessage { conversation, id, time, message } => {
                let outbound = Outbound { id: id.clone(), time: *time, message: OutboundMessage::clone(message) };
                let built = session.build_outbound_message(conversation, &outbound).await?;
                result_as_json(built.map(|requests| requests.iter().map(as_json).collect::<Vec<_>>()))?
            }
            Call::VerifyBotRequest { headers } => {
                let request = webhook(headers, &Bytes::Utf8(String::new()))?;
                result_as_json(session.verify_bot_request(&request).await?)?
            }
            Call::MapBotRequest { method, path, body } => {
                let (method, path) = (method.clone(), path.clone());
                let request = Webhook { method, path, headers: Vec::new(), body: body.bytes()? };
                result_as_json(session.map_bot_request(&request).await?)?
            }
            Call::BuildBotResponse { turn, turn_number, answer } => {
                let built = session.build_bot_response(turn, *turn_number, answer).await?;
                result_as_json(built.map(|response| response_as_json(&response)))?
            }
            Call::BuildBotList { bots, id } => {
                let built = session.build_bot_list(bots, id.as_deref()).await?;
                result_as_json(built.map(|response| response_as_json(&response)))?
            }
            Call::BuildLateAnswer { turn, answer, time } => {
                let built = session.build_late_answer(turn, answer, *time).await?;
                result_as_json(built.map(|request| as_json(&request)))?
            }
            Call::DeliverLateAnswer { .. }
            | Call::RegisterBots { .. }
            | Call::Deliver { .. }
            | Call::FindDelivery { .. }
            | Call::ObserveConversation { .. }
            | Call::FetchAgentMessages { .. }
            | Call::CheckAvailability { .. }
            | Call::CheckConnection { .. }
            | Call::Provision { .. } => self.run_effect(subject, &settings).await?,
        };
        compare(&self.expect, &actual, "result")
    }

    /// Runs a call with effects, and compares its requests with the exchanges.
    async fn run_effect(&self, subject: &Subject, settings: &[Setting]) -> Result<Value, String> {
        let session = subject.session(settings);
        let session = session.answered(self.exchanges.iter().map(|exchange| exchange.answer.answer()).collect());
        let actual = match &self.call {
            Call::DeliverLateAnswer { operation, body } => {
                result_as_json(session.deliver_late_answer(&request(operation, body)?).await?)?
            }
            Call::RegisterBots { bots } => result_as_json(session.register_bots(bots).await?)?,
            Call::Deliver { operation, body } => result_as_json(session.deliver(&request(operation, body)?).await?)?,
            Call::FindDelivery { conversation, operation, body } => {
                let request = request(operation, body)?;
                result_as_json(session.find_delivery(conversation, &request).await?)?
            }
            Call::ObserveConversation { conversation } => {
                result_as_json(session.observe_conversation(conversation).await?)?
            }
            Call::FetchAgentMessages { conversation } => {
                result_as_json(session.fetch_agent_messages(conversation).await?)?
            }
            Call::CheckAvailability { routing } => result_as_json(session.check_availability(routing).await?)?,
            Call::Provision { webhook_url, mode } => result_as_json(session.provision(webhook_url, *mode).await?)?,
            other => {
                let probe = if let Call::CheckConnection { probe } = other { probe.as_deref() } else { None };
                result_as_json(session.check_connection(probe).await?)?
            }
        };
        let requests = session.requests();
        for (number, (exchange, request)) in self.exchanges.iter().zip(&requests).enumerate() {
            exchange.compare(request).map_err(|error| format!("request {}: {error}", number + 1))?;
        }
        let (actual_count, expected_count) = (requests.len(), self.exchanges.len());
        ensure!(actual_count == expected_count, "expected {expected_count} requests, got {actual_count}");
        Ok(actual)
    }
}

impl Exchange {
    fn compare(&self, request: &Request) -> Verdict {
        let line = format!("{} {}", request.method, request.url);
        ensure!(line == self.request, "expected {}, got {line}", self.request);
        for (name, value) in &self.headers {
            let sent = request.headers.iter().find(|(sent, _)| sent.eq_ignore_ascii_case(name)).map(|(_, value)| value);
            ensure!(sent == Some(value), "header {name}: expected {value:?}, got {sent:?}");
        }
        match &self.body {
            None => Ok(()),
            Some(Bytes::Json(expected)) => {
                let sent: Value = serde_json::from_slice(&request.body.0).map_err(|error| format!("body: {error}"))?;
                compare(expected, &sent, "body")
            }
            Some(expected) => {
                let (expected, sent) = (expected.bytes()?, &request.body.0);
                ensure!(
                    expected == *sent,
                    "body: expected {:?}, got {:?}",
                    String::from_utf8_lossy(&expected),
                    String::from_utf8_lossy(sent)
                );
                Ok(())
            }
        }
    }
}

impl ScriptedAnswer {
    fn answer(&self) -> Answer {
        match self {
            Self::Error { error } => Answer::Error { error: *error },
            Self::Response { status, headers, json, utf8 } => {
                let body = utf8.clone().unwrap_or_else(|| json.to_string());
                let header =
                    |(name, value): &(String, String)| (name.clone(), date(value).unwrap_or_else(|| value.clone()));
                let headers = headers.iter().map(header).collect();
                Answer::Response { status: *status, headers, body: Base64(body.into_bytes()) }
            }
        }
    }
}

/// Returns the HTTP date for `<now>` or `<now SECONDS>`. The seconds are an offset from now and may be negative.
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
                    digits.chars().map(|digit| digit.to_digit(16)).collect::<Option<_>>().ok_or("not hexadecimal")?;
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
    ensure!(rest.is_empty(), "odd number of hex digits");
    Ok(())
}

fn webhook(headers: &[(String, String)], body: &Bytes) -> Result<Webhook, String> {
    let headers = headers.iter().map(|(name, value)| (name.clone(), value.clone().into_bytes())).collect();
    Ok(Webhook { method: "POST".into(), path: "/".into(), headers, body: body.bytes()? })
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

/// Converts a result to JSON: `{"ok": …}` or `{"error": …}`.
fn result_as_json<T: serde::Serialize, E: serde::Serialize>(result: Result<T, E>) -> Result<Value, String> {
    let json = match result {
        Ok(value) => serde_json::to_value(value).map(|value| json!({ "ok": value })),
        Err(error) => serde_json::to_value(error).map(|error| json!({ "error": error })),
    };
    json.map_err(|error| error.to_string())
}

fn received_as_json(received: Result<ReceivedWebhook, Rejection>) -> Result<Value, String> {
    Ok(match received {
        Ok(ReceivedWebhook { authenticity, events }) => {
            json!({ "ok": { "authenticity": authenticity, "events": result_as_json(events)? } })
        }
        Err(rejection) => json!({ "error": rejection }),
    })
}

/// Converts a body to JSON. One that is not JSON becomes a string, and an empty one `null`.
fn body_as_json(body: &[u8]) -> Value {
    if body.is_empty() {
        return Value::Null;
    }
    serde_json::from_slice(body).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(body).into_owned()))
}

/// Converts a response to JSON.
pub(crate) fn response_as_json(response: &BotResponse) -> Value {
    json!({ "status": response.status, "headers": response.headers, "body": body_as_json(&response.body) })
}

/// Converts a request to JSON.
pub(crate) fn as_json(request: &ProviderRequest) -> Value {
    let body = body_as_json(&request.body);
    json!({
        "idempotency-key": request.idempotency_key,
        "recipient": request.recipient,
        "operation": request.operation,
        "ttl-ms": request.ttl_ms,
        "body": body,
    })
}

/// Matches every text that is not empty. For texts that people read.
const ANY_TEXT: &str = "<any text>";

/// Returns N for the expectation `<about N>`, which matches numbers that differ from N by at most one. For the offsets
/// of parse errors.
fn about(expected: &str) -> Option<u64> {
    expected.strip_prefix("<about ")?.strip_suffix('>')?.parse().ok()
}

/// Compares exactly, except for [`ANY_TEXT`] and [`about`]. The error names the path of the first difference.
fn compare(expected: &Value, actual: &Value, path: &str) -> Verdict {
    match (expected, actual) {
        (Value::String(text), Value::Number(number))
            if about(text).zip(number.as_u64()).is_some_and(|(about, number)| about.abs_diff(number) <= 1) =>
        {
            Ok(())
        }
        (Value::String(any), Value::String(text)) if any == ANY_TEXT && !text.is_empty() => Ok(()),
        (Value::Array(expected), Value::Array(actual)) => {
            for (number, (expected, actual)) in expected.iter().zip(actual).enumerate() {
                compare(expected, actual, &format!("{path}[{number}]"))?;
            }
            ensure!(
                expected.len() == actual.len(),
                "{path}: expected {} entries, got {}",
                expected.len(),
                actual.len()
            );
            Ok(())
        }
        (Value::Object(expected), Value::Object(actual)) => {
            for name in expected.keys().chain(actual.keys()) {
                let null = Value::Null;
                let (expected, actual) = (expected.get(name).unwrap_or(&null), actual.get(name).unwrap_or(&null));
                compare(expected, actual, &format!("{path}.{name}"))?;
            }
            Ok(())
        }
        _ => {
            ensure!(expected == actual, "{path}: expected {expected}, got {actual}");
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::VectorFile;
    use serde_json::{Value, json};

    fn parse(case: &Value) -> Result<VectorFile, String> {
        let file = json!({ "provider": "p", "area": "a", "source": "s", "cases": [case] });
        VectorFile::parse("vectors.json", &file.to_string()).map_err(|error| error.to_string())
    }

    #[test]
    fn refuses_a_case_with_an_unknown_member_or_not_exactly_one_call() {
        let call = json!({ "headers": [], "body": { "utf8": "" } });
        let case = json!({ "name": "n", "verify-webhook": call, "expect": { "ok": "unchecked" } });
        parse(&case).expect("a case");
        let with = |member: &str, value: Value| {
            let mut changed = case.clone();
            changed[member] = value;
            parse(&changed).expect_err(member)
        };
        let error = with("setings", json!([]));
        assert!(
            error.contains("the case n: expected exactly one call, got [\"setings\", \"verify-webhook\"]"),
            "{error}"
        );
        with("deliver", json!({ "operation": "message", "body": { "utf8": "" } }));
        with("verify-webhook", json!({ "headers": [], "body": { "utf8": "" }, "path": "/" }));
        with("verify-webhook", json!({ "headers": [] }));
        with("verify-webhook", json!({ "headers": [], "body": { "hex": 1 } }));
        with("exchanges", json!([{ "request": "GET https://a.b/" }]));
        for missing in ["name", "verify-webhook", "expect"] {
            let mut changed = case.clone();
            changed.as_object_mut().expect("an object").remove(missing);
            parse(&changed).expect_err(missing);
        }
    }
}
