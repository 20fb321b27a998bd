//! Shared code of the fuzz targets.

pub mod json;

use genesys_open_messaging::events;
use genesys_open_messaging::settings::{EventPolicy, check};
use handover_guest::contract::{EventSource, HttpError, MappingError, Request, Response, Setting, Timestamp, Webhook};
use handover_guest::imports::Imports;
use handover_host::{Connection, Host, Limits};
use std::sync::LazyLock;
use tokio::runtime::{Builder, Runtime};

/// A connection to the component in its host. Each call uses a fresh instance. Unsigned webhooks are allowed.
pub static CONNECTION: LazyLock<(Runtime, Connection)> = LazyLock::new(|| {
    let runtime = Builder::new_current_thread().enable_time().build().expect("the runtime starts");
    let mut limits = Limits::default();
    limits.concurrent_calls = 1;
    let host = Host::builder().limits(limits).build().expect("the host starts");
    let component = std::fs::read(env!("GENESYS_OPEN_MESSAGING")).expect("the component is readable");
    let setting = |setting: Setting| handover_host::contract::Setting { key: setting.key, value: setting.value };
    let settings = settings(
        "host=mypurecloud.de\ndeployment-name=BotHandover\nallow-unsigned-webhooks=true\nclient-id=id\n\
         client-secret=secret\nthread=per-handover",
    );
    let connection = runtime.block_on(async {
        let provider = host.load(&component).await.expect("the component loads");
        let settings = settings.into_iter().map(setting).collect();
        provider.connect_offline(settings).await.expect("the settings are valid")
    });
    (runtime, connection)
});

/// Parses a webhook: one header per line, then a line without a colon, then the body. At most 200 headers are parsed.
pub fn webhook(data: &[u8]) -> Webhook {
    let mut webhook = Webhook { method: "POST".into(), path: "/".into(), headers: vec![], body: vec![] };
    let mut rest = data;
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let (line, after) = (&rest[..end], &rest[end + 1..]);
        rest = after;
        let Some(colon) = line.iter().position(|byte| *byte == b':').filter(|_| webhook.headers.len() < 200) else {
            break;
        };
        let name = String::from_utf8_lossy(&line[..colon]).into_owned();
        webhook.headers.push((name, line[colon + 1..].trim_ascii().to_vec()));
    }
    webhook.body = rest.to_vec();
    webhook
}

/// Maps a body and checks the guarantees of the contract: every JSON object can be mapped, and ids have 1 to 512 bytes.
pub fn map(source: EventSource) {
    let (EventSource::Webhook(body)
    | EventSource::EventBus(body)
    | EventSource::Trigger(body)
    | EventSource::Notification(body)) = &source;
    let settings = settings("thread=per-handover");
    let policy = EventPolicy::of(&settings).expect("the settings are valid");
    let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok() && std::str::from_utf8(body).is_ok();
    let is_object = is_json && body.trim_ascii_start().first() == Some(&b'{');
    match events::map(&policy, &source) {
        Ok(events) => {
            assert!(is_json, "a body that is not JSON was mapped");
            assert!(events.iter().all(|event| event.id.len() <= 512 && !event.id.is_empty()));
        }
        Err(reason) => {
            assert!(!is_object, "an object was not mapped: {reason:?}");
            assert_eq!(is_json, reason == MappingError::NotAnObject);
        }
    }
}

/// Parses settings: one per line, with the key before the first `=`.
pub fn settings(text: &str) -> Vec<Setting> {
    let setting = |line: &str| {
        let (key, value) = line.split_once('=').unwrap_or((line, ""));
        Setting { key: key.into(), value: value.into() }
    };
    text.lines().map(setting).collect()
}

/// Returns prepared settings, with which every operation is possible.
pub fn prepared_settings() -> Vec<u8> {
    let settings = settings(
        "host=mypurecloud.de\ndeployment-name=BotHandover\nqueue=Support\nflow=Flow\n\
         webhook-secret=a-secret-of-16-or-more-chars\nclient-id=id\nclient-secret=secret",
    );
    check(&settings).expect("the settings are valid").prepared
}

/// A contact center whose responses are decoded from fuzzer input.
pub struct FuzzedResponses<'a> {
    rest: &'a [u8],
    requests: usize,
}

impl<'a> FuzzedResponses<'a> {
    /// Each response consists of one byte that selects the status, two bytes with the length of the body, and the body.
    pub fn new(data: &'a [u8]) -> Self {
        Self { rest: data, requests: 0 }
    }
}

impl Imports for FuzzedResponses<'_> {
    fn send(&mut self, _: &Request) -> Result<Response, HttpError> {
        self.requests += 1;
        assert!(self.requests < 1000, "too many requests");
        let Some(([status, high, low], rest)) = self.rest.split_first_chunk::<3>() else {
            return Err(HttpError::TimedOut);
        };
        let statuses = [200, 200, 200, 201, 204, 302, 400, 401, 403, 404, 405, 409, 413, 429, 500, 501, 503];
        let length = usize::from(u16::from_be_bytes([*high, *low])).min(rest.len());
        let (body, rest) = rest.split_at(length);
        self.rest = rest;
        let status = statuses[usize::from(*status) % statuses.len()];
        Ok(Response { status, headers: vec![("retry-after".into(), body.to_vec())], body: body.to_vec() })
    }

    fn cached(&mut self, key: &str) -> Option<Vec<u8>> {
        (key == "token" && self.requests > 0).then(|| br#"{"token":"t","expires":18446744073709551615}"#.to_vec())
    }

    fn cache(&mut self, _: &str, _: &[u8], _: u32) {}

    fn now(&mut self) -> Timestamp {
        1_772_359_200_123
    }
}
