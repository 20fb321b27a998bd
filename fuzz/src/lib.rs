//! What the fuzz targets have in common.

use handover_guest::contract::{
    EventSource, HttpError, Malformed, Request, Response, Setting, Timestamp, Webhook,
};
use genesys_open_messaging::events;
use handover_guest::imports::Imports;
use handover_host::{Connection, Host, Limits};
use std::sync::LazyLock;
use tokio::runtime::{Builder, Runtime};

/// The component in its host, a fresh instance for each call; it believes what nobody signed.
pub static CONNECTION: LazyLock<(Runtime, Connection)> = LazyLock::new(|| {
    let runtime = Builder::new_current_thread().enable_time().build().expect("a runtime");
    let mut limits = Limits::default();
    limits.concurrent_calls = 1;
    let host = Host::builder().limits(limits).build().expect("a host");
    let component = std::fs::read(env!("GENESYS_COMPONENT")).expect("the component");
    let settings = ["allow-unsigned-webhooks=true", "host=mypurecloud.de", "thread=per-handover"];
    let setting = |line: &str| {
        let (key, value) = line.split_once('=').expect("a setting");
        handover_host::contract::Setting { key: key.into(), value: value.into() }
    };
    let connection = runtime.block_on(async {
        host.load(&component).await.expect("it loads").connect_unchecked(settings.map(setting).into())
    });
    (runtime, connection)
});

/// A header a line, then an empty line, then the body; the last of them decides where it ends.
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

/// Maps bytes, and demands what the contract promises: any JSON object maps, and ids have a bound.
pub fn map(source: EventSource) {
    let (EventSource::Webhook(body)
    | EventSource::EventBus(body)
    | EventSource::Trigger(body)
    | EventSource::Notification(body)) = &source;
    let settings = [Setting { key: "thread".into(), value: "per-handover".into() }];
    let json = serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok() && std::str::from_utf8(body).is_ok();
    let object = json && body.trim_ascii_start().first() == Some(&b'{');
    match events::map(&settings, &source) {
        Ok(events) => {
            assert!(json, "what is no JSON maps");
            assert!(events.iter().all(|event| event.id.len() <= 512 && !event.id.is_empty()));
        }
        Err(why) => {
            assert!(!object, "an object does not map: {why:?}");
            assert_eq!(json, why == Malformed::NotAnObject);
        }
    }
}

/// A setting a line, its key before the first `=`.
pub fn settings(text: &str) -> Vec<Setting> {
    let setting = |line: &str| {
        let (key, value) = line.split_once('=').unwrap_or((line, ""));
        Setting { key: key.into(), value: value.into() }
    };
    text.lines().map(setting).collect()
}

/// Settings with which every call goes its way.
pub fn usable() -> Vec<Setting> {
    settings(
        "host=mypurecloud.de\ndeployment-name=BotHandover\nqueue=Support\nflow=Flow\n\
         webhook-secret=a-secret-of-16-or-more-chars\nclient-id=id\nclient-secret=secret",
    )
}

/// A contact center that answers with the bytes it is given, piece by piece.
pub struct Answers<'a> {
    rest: &'a [u8],
    asked: usize,
}

impl<'a> Answers<'a> {
    /// Each answer is a byte that says the status, two that say the length, and the body.
    pub fn new(data: &'a [u8]) -> Self {
        Self { rest: data, asked: 0 }
    }
}

impl Imports for Answers<'_> {
    fn send(&mut self, _: &Request) -> Result<Response, HttpError> {
        self.asked += 1;
        assert!(self.asked < 1000, "it asks for ever");
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
        (key == "token" && self.asked > 0).then(|| br#"{"token":"t","expires":18446744073709551615}"#.to_vec())
    }

    fn cache(&mut self, _: &str, _: &[u8], _: u32) {}

    fn now(&mut self) -> Timestamp {
        1_772_359_200_123
    }
}
