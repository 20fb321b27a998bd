//! Sends webhooks as Genesys does.

use crate::center::Center;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// The number of connections of a flood. Each sends a webhook as soon as the last one is answered.
const CONNECTIONS: usize = 64;

pub(crate) struct Webhooks {
    integration: String,
    secret: String,
    sent: usize,
}

/// The times from when each webhook was due until it was answered with 200.
pub(crate) struct Measured {
    times: Vec<Duration>,
    pub(crate) failed: usize,
}

impl Measured {
    /// Panics if no webhook was answered with 200.
    pub(crate) fn percentile(&self, share: f64) -> Duration {
        assert!(!self.times.is_empty(), "no webhook was answered with 200");
        self.times[((self.times.len() - 1) as f64 * share) as usize]
    }
}

/// The address of a user.
pub(crate) fn recipient(number: usize) -> String {
    format!("user-{number}")
}

impl Webhooks {
    pub(crate) fn new(center: &Center) -> Self {
        Self { integration: center.integration_id().into(), secret: center.webhook_secret().into(), sent: 0 }
    }

    /// Returns the request with an agent's text to one of the first `recipients` users ("Open Messaging", outbound
    /// messages).
    fn next(&mut self, recipients: usize) -> Vec<u8> {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        let time = jiff::Timestamp::from_millisecond(now.as_millis() as i64).unwrap();
        let (id, integration) = (format!("{:032x}", self.sent), &self.integration);
        let recipient = recipient(fastrand::usize(0..recipients));
        self.sent += 1;
        let body = format!(
            r#"{{"id":"{id}","channel":{{"id":"{integration}","platform":"Open","type":"Private","to":{{"id":"{recipient}","idType":"Opaque"}},"from":{{"id":"{integration}","nickname":"Grace"}},"time":"{time}","messageId":"{id}"}},"type":"Text","text":"Hello, how can I help?","originatingEntity":"Human","direction":"Outbound"}}"#,
        );
        let mut mac = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes()).unwrap();
        mac.update(body.as_bytes());
        let signature = BASE64_STANDARD.encode(mac.finalize().into_bytes());
        format!(
            "POST /handover/genesysCloudOM HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
             x-hub-signature-256: sha256={signature}\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .into_bytes()
    }

    /// Sends as many webhooks as are answered. Returns how many a second were answered with 200.
    pub(crate) async fn flood(&mut self, port: u16, recipients: usize, duration: Duration) -> f64 {
        let end = Instant::now() + duration;
        let mut connections = JoinSet::new();
        let webhooks = Arc::new(Mutex::new(Self {
            integration: self.integration.clone(),
            secret: self.secret.clone(),
            sent: self.sent,
        }));
        for _ in 0..CONNECTIONS {
            let webhooks = Arc::clone(&webhooks);
            connections.spawn(async move {
                let (mut connection, mut answered) = (Connection::open(port).await, 0);
                while Instant::now() < end {
                    let request = webhooks.lock().unwrap().next(recipients);
                    let status = connection.send(&request).await;
                    assert_eq!(status, "200", "the flood exceeds a limit");
                    answered += 1;
                }
                answered
            });
        }
        let answered: usize = connections.join_all().await.into_iter().sum();
        self.sent = webhooks.lock().unwrap().sent;
        answered as f64 / duration.as_secs_f64()
    }

    /// Sends webhooks at a constant rate, however slowly they are answered.
    pub(crate) async fn at_rate(&mut self, port: u16, recipients: usize, rate: usize, seconds: usize) -> Measured {
        let idle: Arc<Mutex<VecDeque<Connection>>> = Arc::default();
        let (start, mut answers) = (Instant::now(), JoinSet::new());
        for number in 0..rate * seconds {
            let due = start + Duration::from_secs_f64(number as f64 / rate as f64);
            tokio::time::sleep_until(due.into()).await;
            let (request, idle) = (self.next(recipients), Arc::clone(&idle));
            answers.spawn(async move {
                let connection = idle.lock().unwrap().pop_front();
                let mut connection = match connection {
                    Some(connection) => connection,
                    None => Connection::open(port).await,
                };
                let accepted = connection.send(&request).await == "200";
                // Any other response has a body, which may not have arrived.
                if accepted {
                    idle.lock().unwrap().push_back(connection);
                }
                // Measured from the due time, so that a slow response does not delay the schedule.
                (accepted, due.elapsed())
            });
        }
        let (mut times, mut failed) = (Vec::new(), 0);
        while let Some(answer) = answers.join_next().await {
            match answer.unwrap() {
                (true, time) => times.push(time),
                (false, _) => failed += 1,
            }
        }
        times.sort();
        Measured { times, failed }
    }
}

/// A connection to a receiver.
struct Connection {
    stream: TcpStream,
    response: Vec<u8>,
}

impl Connection {
    async fn open(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, response: Vec::new() }
    }

    /// Sends a request and returns the status of its response. After any other status than 200, the connection cannot
    /// be used again.
    async fn send(&mut self, request: &[u8]) -> String {
        self.stream.write_all(request).await.unwrap();
        self.response.clear();
        while !self.response.ends_with(b"\r\n\r\n") {
            if self.stream.read_buf(&mut self.response).await.unwrap() == 0
                || self.response.get(9..12).is_some_and(|status| status != b"200")
            {
                break;
            }
        }
        String::from_utf8_lossy(self.response.get(9..12).unwrap_or(b"none")).into_owned()
    }
}
