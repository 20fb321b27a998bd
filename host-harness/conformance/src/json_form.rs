//! The JSON form of the contract's values that contain bytes: bytes are base64 (RFC 4648, section 4). The other types of
//! the contract have their JSON form in `handover_host::contract`.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use handover_host::contract::{
    AcceptedSettings, AgentEvent, Authenticity, BotResponse, EventSource, MappingError, ProviderRequest,
    ReceivedWebhook, Setting, Webhook,
};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Bytes in base64.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct Base64(pub(crate) Vec<u8>);

impl Serialize for Base64 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64_STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Base64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        BASE64_STANDARD.decode(text).map(Self).map_err(|_| D::Error::custom("expected base64 with padding"))
    }
}

/// A [`Setting`].
#[derive(Clone, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SettingJson {
    key: String,
    value: String,
}

impl From<&Setting> for SettingJson {
    fn from(setting: &Setting) -> Self {
        Self { key: setting.key.clone(), value: setting.value.clone() }
    }
}

impl From<SettingJson> for Setting {
    fn from(setting: SettingJson) -> Self {
        Self { key: setting.key, value: setting.value }
    }
}

/// [`AcceptedSettings`] with the prepared settings.
#[derive(Deserialize, Serialize)]
pub(crate) struct AcceptedSettingsJson {
    prepared: Base64,
    #[serde(flatten)]
    others: AcceptedSettings,
}

impl From<AcceptedSettings> for AcceptedSettingsJson {
    fn from(mut accepted: AcceptedSettings) -> Self {
        let prepared = Base64(std::mem::take(&mut accepted.prepared));
        Self { prepared, others: accepted }
    }
}

impl From<AcceptedSettingsJson> for AcceptedSettings {
    fn from(accepted: AcceptedSettingsJson) -> Self {
        Self { prepared: accepted.prepared.0, ..accepted.others }
    }
}

/// A [`Webhook`].
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WebhookJson {
    method: String,
    path: String,
    headers: Vec<(String, Base64)>,
    body: Base64,
}

impl From<&Webhook> for WebhookJson {
    fn from(webhook: &Webhook) -> Self {
        let headers = webhook.headers.iter().map(|(name, value)| (name.clone(), Base64(value.clone())));
        Self {
            method: webhook.method.clone(),
            path: webhook.path.clone(),
            headers: headers.collect(),
            body: Base64(webhook.body.clone()),
        }
    }
}

impl From<WebhookJson> for Webhook {
    fn from(webhook: WebhookJson) -> Self {
        let headers = webhook.headers.into_iter().map(|(name, value)| (name, value.0));
        Self { method: webhook.method, path: webhook.path, headers: headers.collect(), body: webhook.body.0 }
    }
}

/// A [`ProviderRequest`].
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct ProviderRequestJson {
    idempotency_key: String,
    recipient: String,
    operation: String,
    ttl_ms: Option<u32>,
    body: Base64,
}

impl From<&ProviderRequest> for ProviderRequestJson {
    fn from(request: &ProviderRequest) -> Self {
        Self {
            idempotency_key: request.idempotency_key.clone(),
            recipient: request.recipient.clone(),
            operation: request.operation.clone(),
            ttl_ms: request.ttl_ms,
            body: Base64(request.body.clone()),
        }
    }
}

impl From<ProviderRequestJson> for ProviderRequest {
    fn from(request: ProviderRequestJson) -> Self {
        Self {
            idempotency_key: request.idempotency_key,
            recipient: request.recipient,
            operation: request.operation,
            ttl_ms: request.ttl_ms,
            body: request.body.0,
        }
    }
}

/// A [`BotResponse`].
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BotResponseJson {
    status: u16,
    headers: Vec<(String, String)>,
    body: Base64,
}

impl From<BotResponse> for BotResponseJson {
    fn from(response: BotResponse) -> Self {
        Self { status: response.status, headers: response.headers, body: Base64(response.body) }
    }
}

impl From<BotResponseJson> for BotResponse {
    fn from(response: BotResponseJson) -> Self {
        Self { status: response.status, headers: response.headers, body: response.body.0 }
    }
}

/// An [`EventSource`].
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum EventSourceJson {
    Webhook(Base64),
    EventBus(Base64),
    Trigger(Base64),
    Notification(Base64),
}

impl From<&EventSource> for EventSourceJson {
    fn from(source: &EventSource) -> Self {
        match source {
            EventSource::Webhook(body) => Self::Webhook(Base64(body.clone())),
            EventSource::EventBus(body) => Self::EventBus(Base64(body.clone())),
            EventSource::Trigger(body) => Self::Trigger(Base64(body.clone())),
            EventSource::Notification(body) => Self::Notification(Base64(body.clone())),
        }
    }
}

impl From<EventSourceJson> for EventSource {
    fn from(source: EventSourceJson) -> Self {
        match source {
            EventSourceJson::Webhook(body) => Self::Webhook(body.0),
            EventSourceJson::EventBus(body) => Self::EventBus(body.0),
            EventSourceJson::Trigger(body) => Self::Trigger(body.0),
            EventSourceJson::Notification(body) => Self::Notification(body.0),
        }
    }
}

/// A result: `{"ok": …}` or `{"error": …}`.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ResultJson<T, E> {
    Ok(T),
    Error(E),
}

impl<T, E> From<Result<T, E>> for ResultJson<T, E> {
    fn from(result: Result<T, E>) -> Self {
        match result {
            Ok(value) => Self::Ok(value),
            Err(error) => Self::Error(error),
        }
    }
}

impl<T, E> From<ResultJson<T, E>> for Result<T, E> {
    fn from(result: ResultJson<T, E>) -> Self {
        match result {
            ResultJson::Ok(value) => Ok(value),
            ResultJson::Error(error) => Err(error),
        }
    }
}

/// A [`ReceivedWebhook`].
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReceivedWebhookJson {
    authenticity: Authenticity,
    events: ResultJson<Vec<AgentEvent>, MappingError>,
}

impl From<ReceivedWebhook> for ReceivedWebhookJson {
    fn from(received: ReceivedWebhook) -> Self {
        Self { authenticity: received.authenticity, events: received.events.into() }
    }
}

impl From<ReceivedWebhookJson> for ReceivedWebhook {
    fn from(received: ReceivedWebhookJson) -> Self {
        Self { authenticity: received.authenticity, events: received.events.into() }
    }
}
