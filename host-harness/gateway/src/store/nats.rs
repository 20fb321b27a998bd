//! A store in NATS JetStream, for any number of gateways: a key-value bucket for each kind of record, and a stream for
//! the log.
//!
//! The servers decide what is durable. A single server syncs to the disk at intervals (`sync_interval`, two minutes by
//! default; `always` syncs each message). Three servers store each message twice before they acknowledge it.

use super::contract::{
    AppendError, Change, Content, Entry, Family, LogEntry, MAX_BYTES, Position, Record, Revision, SaveError, Store,
    StoreError, TransactionalStore,
};
use async_nats::jetstream::consumer::{DeliverPolicy, pull};
use async_nats::jetstream::context::{Context, PublishErrorKind};
use async_nats::jetstream::kv::{self, CreateErrorKind, Operation, UpdateError, UpdateErrorKind};
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::stream::{self as jetstream, LastRawMessageErrorKind};
use async_nats::{Client, HeaderMap};
use async_trait::async_trait;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use futures_util::stream::{BoxStream, StreamExt, TryStreamExt};
use handover_host::Cache;
use handover_host::contract::Timestamp;
use std::time::Duration;

/// The header with the number of an entry in its stream.
const NUMBER: &str = "Handover-Number";
/// The header with the time of an entry, in milliseconds since 1970.
const TIME: &str = "Handover-Time";

/// The header with the stream of an entry.
const STREAM_ID: &str = "Handover-Stream";

/// Stored as the time if nothing is due.
const NEVER: Timestamp = Timestamp::MAX;
/// How long a bucket keeps the marker of a removed key, for watchers.
const REMOVAL_MARKER_TTL: Duration = Duration::from_secs(60 * 60);

/// A store in NATS JetStream. Cheap to clone.
#[derive(Clone)]
pub struct NatsStore {
    context: Context,
    recipients: kv::Store,
    conversations: kv::Store,
    dead_letters: kv::Store,
    bot_sessions: kv::Store,
    availability: kv::Store,
    log: jetstream::Stream,
    /// The prefix of the log's subjects.
    subjects: String,
}

/// The layout of the store. All gateways of one store must have the same layout.
#[derive(Clone, Debug)]
pub struct Layout {
    /// The prefix of the names of buckets and stream: letters, digits, `-` and `_`.
    pub prefix: String,
    /// The number of servers that store each message.
    pub replicas: usize,
}

impl Default for Layout {
    fn default() -> Self {
        Self { prefix: "handover".into(), replicas: 1 }
    }
}

/// The header that marks a removed key (ADR-8 of NATS).
const OPERATION: &str = "KV-Operation";

impl NatsStore {
    /// Connects to servers (`nats://…`, several separated by commas) and opens the store. `credentials`: the content of
    /// a NATS credentials file.
    ///
    /// # Errors
    /// As for [`open`](Self::open).
    pub async fn connect(servers: &str, credentials: Option<&str>, layout: &Layout) -> Result<Self, StoreError> {
        let options = async_nats::ConnectOptions::new().name("handover-gateway");
        let options = match credentials {
            None => options,
            Some(credentials) => options
                .credentials(credentials)
                .map_err(|_| broken("the NATS credentials are not the content of a credentials file"))?,
        };
        let servers: Vec<&str> = servers.split(',').map(str::trim).collect();
        let client = options.connect(servers).await.map_err(unavailable)?;
        Self::open(client, layout).await
    }

    /// Opens the store, or creates what is missing.
    ///
    /// # Errors
    /// The servers are older than NATS 2.11, unreachable or without JetStream, or buckets or stream have another
    /// layout.
    pub async fn open(client: Client, layout: &Layout) -> Result<Self, StoreError> {
        if !client.is_server_compatible(2, 11, 0) {
            let found = client.server_info().version;
            return Err(StoreError::Broken(format!("NATS {found} is too old; version 2.11 or later is required")));
        }
        let context = async_nats::jetstream::new(client);
        let Layout { prefix, replicas } = layout;
        let log = jetstream::Config {
            name: format!("{prefix}-log"),
            subjects: vec![format!("{prefix}.log.>")],
            num_replicas: *replicas,
            ..Default::default()
        };
        Ok(Self {
            recipients: bucket(&context, format!("{prefix}-recipient"), *replicas).await?,
            conversations: bucket(&context, format!("{prefix}-conversation"), *replicas).await?,
            dead_letters: bucket(&context, format!("{prefix}-dead-letter"), *replicas).await?,
            bot_sessions: bucket(&context, format!("{prefix}-bot-session"), *replicas).await?,
            availability: bucket(&context, format!("{prefix}-availability"), *replicas).await?,
            log: context.get_or_create_stream(log).await.map_err(unavailable)?,
            subjects: format!("{prefix}.log"),
            context,
        })
    }

    /// Opens a cache for plugins that all gateways share.
    ///
    /// # Errors
    /// The servers are unreachable, or the bucket has another layout.
    pub async fn cache(&self, layout: &Layout) -> Result<NatsCache, StoreError> {
        let config = kv::Config {
            bucket: format!("{}-cache", layout.prefix),
            history: 1,
            max_age: MAX_CACHE_TTL,
            // Lost values can be obtained again.
            num_replicas: 1,
            ..Default::default()
        };
        Ok(NatsCache(self.context.create_key_value(config).await.map_err(unavailable)?))
    }

    fn bucket(&self, family: Family) -> &kv::Store {
        match family {
            Family::Recipient => &self.recipients,
            Family::Conversation => &self.conversations,
            Family::DeadLetter => &self.dead_letters,
            Family::BotSession => &self.bot_sessions,
            Family::Availability => &self.availability,
        }
    }
}

async fn bucket(context: &Context, bucket: String, replicas: usize) -> Result<kv::Store, StoreError> {
    let limit_markers = Some(REMOVAL_MARKER_TTL);
    let config = kv::Config { bucket, history: 1, num_replicas: replicas, limit_markers, ..Default::default() };
    context.create_key_value(config).await.map_err(unavailable)
}

#[allow(clippy::needless_pass_by_value, reason = "it is for map_err")]
fn unavailable(error: impl std::error::Error) -> StoreError {
    StoreError::Unavailable(error.to_string())
}

fn broken(what: &str) -> StoreError {
    StoreError::Broken(what.to_owned())
}

/// Encodes a text for keys and subjects of NATS, which allow few characters.
fn encoded(text: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(text)
}

fn decoded(text: &str) -> Result<String, StoreError> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| broken("a key that no gateway created"))?;
    String::from_utf8(bytes).map_err(|_| broken("a key that no gateway created"))
}

fn to_bytes(content: &Content) -> Vec<u8> {
    [&content.due.unwrap_or(NEVER).to_be_bytes(), content.value.as_slice()].concat()
}

fn from_bytes(bytes: &[u8]) -> Result<Content, StoreError> {
    let (due, value) = bytes.split_first_chunk().ok_or_else(|| broken("a record that no gateway created"))?;
    let due = Timestamp::from_be_bytes(*due);
    Ok(Content { value: value.to_vec(), due: (due != NEVER).then_some(due) })
}

/// Returns when a record is due; `None` for a removed one.
fn due(entry: &kv::Entry) -> Result<Option<Timestamp>, StoreError> {
    if entry.operation == Operation::Put { Ok(from_bytes(&entry.value)?.due) } else { Ok(None) }
}

fn not_saved(error: UpdateError) -> SaveError {
    match error.kind() {
        UpdateErrorKind::WrongLastRevision => SaveError::Conflict,
        _ => SaveError::Store(unavailable(error)),
    }
}

fn number(headers: &HeaderMap, name: &str) -> Result<u64, StoreError> {
    let value = headers.get(name).and_then(|value| value.as_str().parse().ok());
    value.ok_or_else(|| broken("an entry that no gateway created"))
}

fn is_of(headers: &HeaderMap, stream_id: &str) -> bool {
    headers.get(STREAM_ID).is_some_and(|found| found.as_str() == stream_id)
}

#[async_trait]
impl Store for NatsStore {
    async fn load(&self, family: Family, key: &str) -> Result<Option<Record>, StoreError> {
        // Reads from the leader, because a replica may not have the latest acknowledged message.
        let bucket = self.bucket(family);
        let subject = format!("{}{}", bucket.prefix, encoded(key));
        match bucket.stream.get_last_raw_message_by_subject(&subject).await {
            Ok(message) if message.headers.get(OPERATION).is_some() => Ok(None),
            Ok(message) => {
                Ok(Some(Record { revision: Revision(message.sequence), content: from_bytes(&message.payload)? }))
            }
            Err(error) if matches!(error.kind(), LastRawMessageErrorKind::NoMessageFound) => Ok(None),
            Err(error) => Err(unavailable(error)),
        }
    }

    async fn save(
        &self,
        family: Family,
        key: &str,
        expected: Option<Revision>,
        content: Content,
    ) -> Result<Revision, SaveError> {
        if content.value.len() > MAX_BYTES {
            return Err(SaveError::TooLarge(content.value.len()));
        }
        let (bucket, key, value) = (self.bucket(family), encoded(key), to_bytes(&content).into());
        let saved = match expected {
            Some(Revision(expected)) => bucket.update(key, value, expected).await.map_err(not_saved)?,
            None => bucket.create(key, value).await.map_err(|error| match error.kind() {
                CreateErrorKind::AlreadyExists => SaveError::Conflict,
                _ => SaveError::Store(unavailable(error)),
            })?,
        };
        Ok(Revision(saved))
    }

    async fn remove(&self, family: Family, key: &str, expected: Revision) -> Result<(), SaveError> {
        self.bucket(family)
            .purge_expect_revision_with_ttl(encoded(key), expected.0, REMOVAL_MARKER_TTL)
            .await
            .map_err(not_saved)
    }

    async fn keys(&self, family: Family, after: Option<&str>, limit: usize) -> Result<Vec<String>, StoreError> {
        let keys: Vec<_> =
            self.bucket(family).keys().await.map_err(unavailable)?.try_collect().await.map_err(unavailable)?;
        let mut keys = keys.iter().map(|key| decoded(key)).collect::<Result<Vec<_>, _>>()?;
        keys.retain(|key| after.is_none_or(|after| key.as_str() > after));
        keys.sort_unstable();
        keys.truncate(limit);
        Ok(keys)
    }

    async fn watch(&self, family: Family) -> Result<BoxStream<'static, Result<Change, StoreError>>, StoreError> {
        let bucket = self.bucket(family);
        let now = bucket.stream.get_info().await.map_err(unavailable)?.state.last_sequence;
        let entries = bucket.watch_with_history(">").await.map_err(unavailable)?;
        let changes = entries.map_err(unavailable).try_filter_map(move |entry| async move {
            let due = due(&entry)?;
            // An old record that is not due is not reported.
            let is_reported = due.is_some() || entry.revision > now;
            Ok(if is_reported { Some(Change { key: decoded(&entry.key)?, due }) } else { None })
        });
        Ok(changes.boxed())
    }

    async fn append(&self, entry: Entry) -> Result<(), AppendError> {
        if entry.body.len() > MAX_BYTES {
            return Err(AppendError::TooLarge(entry.body.len()));
        }
        let subject = format!("{}.{}.{}", self.subjects, encoded(&entry.connection), encoded(&entry.recipient));
        let body = bytes::Bytes::from(entry.body);
        loop {
            let last = match self.log.get_last_raw_message_by_subject(&subject).await {
                Ok(last)
                    if is_of(&last.headers, &entry.stream_id) && number(&last.headers, NUMBER)? >= entry.number =>
                {
                    return Ok(());
                }
                Ok(last) => last.sequence,
                Err(error) if matches!(error.kind(), LastRawMessageErrorKind::NoMessageFound) => 0,
                Err(error) => return Err(unavailable(error).into()),
            };
            let message = PublishMessage::build()
                .payload(body.clone())
                .header(STREAM_ID, entry.stream_id.as_str())
                .header(NUMBER, entry.number.to_string())
                .header(TIME, entry.time.to_string())
                .expected_last_subject_sequence(last);
            let published = match self.context.send_publish(subject.clone(), message).await {
                Ok(acknowledged) => acknowledged.await,
                Err(error) => Err(error),
            };
            match published {
                Ok(_) => return Ok(()),
                // Another gateway appended first; check whether it was this entry.
                Err(error) if error.kind() == PublishErrorKind::WrongLastSequence => {}
                Err(error) => return Err(unavailable(error).into()),
            }
        }
    }

    async fn follow(
        &self,
        connection: &str,
        after: Position,
    ) -> Result<BoxStream<'static, Result<LogEntry, StoreError>>, StoreError> {
        let connection = connection.to_owned();
        let consumer = pull::OrderedConfig {
            filter_subject: format!("{}.{}.*", self.subjects, encoded(&connection)),
            deliver_policy: DeliverPolicy::ByStartSequence { start_sequence: after.0.saturating_add(1) },
            ..Default::default()
        };
        let consumer = self.log.create_consumer(consumer).await.map_err(unavailable)?;
        let messages = consumer.messages().await.map_err(unavailable)?;
        let entries = messages.map_err(unavailable).and_then(move |message| {
            let connection = connection.clone();
            async move {
                let position = message.info().map_err(|_| broken("a message without a position"))?.stream_sequence;
                let none = HeaderMap::new();
                let headers = message.headers.as_ref().unwrap_or(&none);
                let recipient = message.subject.rsplit('.').next().unwrap_or_default();
                Ok(LogEntry {
                    position: Position(position),
                    entry: Entry {
                        connection,
                        recipient: decoded(recipient)?,
                        stream_id: headers.get(STREAM_ID).map(ToString::to_string).unwrap_or_default(),
                        number: number(headers, NUMBER)?,
                        time: number(headers, TIME)?,
                        body: message.payload.to_vec(),
                    },
                })
            }
        });
        Ok(entries.boxed())
    }

    async fn log_entry(&self, connection: &str, position: Position) -> Result<Option<LogEntry>, StoreError> {
        let message = match self.log.get_raw_message(position.0).await {
            Ok(message) => message,
            Err(error) if matches!(error.kind(), LastRawMessageErrorKind::NoMessageFound) => return Ok(None),
            Err(error) => return Err(unavailable(error)),
        };
        let prefix = format!("{}.{}.", self.subjects, encoded(connection));
        let Some(recipient) = message.subject.strip_prefix(prefix.as_str()) else { return Ok(None) };
        Ok(Some(LogEntry {
            position,
            entry: Entry {
                connection: connection.to_owned(),
                recipient: decoded(recipient)?,
                stream_id: message.headers.get(STREAM_ID).map(ToString::to_string).unwrap_or_default(),
                number: number(&message.headers, NUMBER)?,
                time: number(&message.headers, TIME)?,
                body: message.payload.to_vec(),
            },
        }))
    }

    async fn first_position(&self) -> Result<Position, StoreError> {
        Ok(Position(self.log.get_info().await.map_err(unavailable)?.state.first_sequence))
    }

    async fn last_position(&self) -> Result<Position, StoreError> {
        Ok(Position(self.log.get_info().await.map_err(unavailable)?.state.last_sequence))
    }

    /// The stream answers if a majority of its servers is available.
    async fn ready(&self) -> Result<(), StoreError> {
        self.last_position().await.map(|_| ())
    }

    async fn remove_entries_before(&self, before: Timestamp) -> Result<(), StoreError> {
        let state = self.log.get_info().await.map_err(unavailable)?.state;
        if state.messages == 0 {
            return Ok(());
        }
        let consumer = pull::OrderedConfig { headers_only: true, ..Default::default() };
        let consumer = self.log.create_consumer(consumer).await.map_err(unavailable)?;
        let mut messages = consumer.messages().await.map_err(unavailable)?;
        // All entries before this position are older. The log is ordered by time, up to the differences of the
        // gateways' clocks.
        let mut keep = state.first_sequence;
        while keep <= state.last_sequence {
            let Some(message) = messages.try_next().await.map_err(unavailable)? else { break };
            let none = HeaderMap::new();
            if number(message.headers.as_ref().unwrap_or(&none), TIME)? >= before {
                break;
            }
            keep =
                message.info().map_err(|_| broken("a message without a position"))?.stream_sequence.saturating_add(1);
        }
        self.log.purge().sequence(keep).await.map_err(unavailable)?;
        Ok(())
    }

    /// A cluster changes one message at a time.
    fn transactional(&self) -> Option<&dyn TransactionalStore> {
        None
    }
}

/// The longest TTL in the cache: two days, the longest lifetime of a Genesys token.
const MAX_CACHE_TTL: Duration = Duration::from_secs(48 * 60 * 60);

/// A cache in NATS that all gateways share. A failed read counts as a missing value.
#[derive(Clone, Debug)]
pub struct NatsCache(kv::Store);

#[async_trait]
impl Cache for NatsCache {
    async fn get(&self, connection: &str, key: &str) -> Option<Vec<u8>> {
        let entry = match self.0.entry(cache_key(connection, key)).await {
            Ok(entry) => entry.filter(|entry| entry.operation == Operation::Put)?,
            Err(error) => {
                tracing::debug!(%error, "the cache cannot be read");
                return None;
            }
        };
        let content = from_bytes(&entry.value).ok()?;
        content.due.is_some_and(|until| until > crate::clock::now()).then_some(content.value)
    }

    async fn put(&self, connection: &str, key: &str, value: Vec<u8>, keep: Duration) {
        let keep = u64::try_from(keep.min(MAX_CACHE_TTL).as_millis()).unwrap_or_default();
        let until = crate::clock::now().saturating_add(keep);
        let content = Content { value, due: Some(until) };
        if let Err(error) = self.0.put(cache_key(connection, key), to_bytes(&content).into()).await {
            tracing::debug!(%error, "the cache cannot be written");
        }
    }
}

fn cache_key(connection: &str, key: &str) -> String {
    encoded(&format!("{connection}/{key}"))
}
