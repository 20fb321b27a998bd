//! The cache for providers.

use async_trait::async_trait;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A cache for providers. It may forget a value at any time, and several machines may share it.
///
/// `connection` identifies the plugin and all settings, so no connection reads another one's values. The futures are
/// polled on the provider's stack and may use about 500 KiB of it.
#[async_trait]
pub trait Cache: Send + Sync {
    /// Returns a stored value, if the cache still has it.
    async fn get(&self, connection: &str, key: &str) -> Option<Vec<u8>>;
    /// Stores a value for at most `ttl`; zero removes it.
    async fn put(&self, connection: &str, key: &str, value: Vec<u8>, ttl: Duration);
}

/// The maximum number of entries per connection. A provider needs a few.
const MAX_ENTRIES: usize = 32;
/// The maximum size of all values together, in bytes.
const MAX_BYTES: usize = 64 << 20;
/// The longest TTL: two days, the longest lifetime of a Genesys token.
const MAX_TTL: Duration = Duration::from_secs(48 * 60 * 60);

/// A cache in this process: at most 32 entries per connection and 64 MiB in total, for at most two days. Values that
/// exceed this are not stored.
#[derive(Default)]
pub struct MemoryCache {
    entries: Mutex<Entries>,
}

#[derive(Default)]
struct Entries {
    connections: HashMap<String, HashMap<String, Entry>>,
    /// The bytes of all values.
    bytes: usize,
}

struct Entry {
    value: Vec<u8>,
    until: Instant,
}

impl MemoryCache {
    fn entries(&self) -> MutexGuard<'_, Entries> {
        // A cache stays usable after a panic.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entries {
    fn remove(&mut self, connection: &str, key: &str) {
        if let Some(entries) = self.connections.get_mut(connection) {
            self.bytes -= entries.remove(key).map_or(0, |entry| entry.value.len());
            if entries.is_empty() {
                self.connections.remove(connection);
            }
        }
    }

    fn remove_expired(&mut self, now: Instant) {
        for entries in self.connections.values_mut() {
            entries.retain(|_, entry| entry.until > now);
        }
        self.connections.retain(|_, entries| !entries.is_empty());
        self.bytes = self.connections.values().flat_map(HashMap::values).map(|entry| entry.value.len()).sum();
    }

    fn has_room(&self, connection: &str, value: &[u8]) -> bool {
        self.bytes + value.len() <= MAX_BYTES
            && self.connections.get(connection).is_none_or(|own| own.len() < MAX_ENTRIES)
    }
}

/// Prints only the size of the values, because they may be tokens.
impl std::fmt::Debug for MemoryCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemoryCache").field("bytes", &self.entries().bytes).finish_non_exhaustive()
    }
}

#[async_trait]
impl Cache for MemoryCache {
    async fn get(&self, connection: &str, key: &str) -> Option<Vec<u8>> {
        let entries = self.entries();
        let entry = entries.connections.get(connection)?.get(key)?;
        (entry.until > Instant::now()).then(|| entry.value.clone())
    }

    async fn put(&self, connection: &str, key: &str, value: Vec<u8>, ttl: Duration) {
        let mut entries = self.entries();
        entries.remove(connection, key);
        let now = Instant::now();
        if ttl.is_zero() {
            return;
        }
        if !entries.has_room(connection, &value) {
            entries.remove_expired(now);
        }
        if entries.has_room(connection, &value) {
            entries.bytes += value.len();
            let entry = Entry { value, until: now + ttl.min(MAX_TTL) };
            entries.connections.entry(connection.into()).or_default().insert(key.into(), entry);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn separates_connections_and_expires_entries_with_zero_ttl() {
        let cache = MemoryCache::default();
        cache.put("a", "token", b"1".to_vec(), Duration::from_secs(60)).await;
        assert_eq!(cache.get("a", "token").await.as_deref(), Some(&b"1"[..]));
        assert_eq!(cache.get("b", "token").await, None);
        cache.put("a", "token", b"2".to_vec(), Duration::ZERO).await;
        assert_eq!(cache.get("a", "token").await, None);
    }

    #[tokio::test]
    async fn one_connection_cannot_fill_the_cache_for_others() {
        let cache = MemoryCache::default();
        for number in 0..=MAX_ENTRIES {
            cache.put("a", &number.to_string(), vec![0; 10], Duration::from_secs(60)).await;
        }
        assert_eq!(cache.entries().bytes, MAX_ENTRIES * 10);
        assert_eq!(cache.get("a", &MAX_ENTRIES.to_string()).await, None);
        cache.put("b", "token", b"1".to_vec(), Duration::from_secs(60)).await;
        assert_eq!(cache.get("b", "token").await.as_deref(), Some(&b"1"[..]));
        cache.put("b", "all", vec![0; MAX_BYTES], Duration::from_secs(60)).await;
        assert_eq!(cache.get("b", "all").await, None);
    }

    #[tokio::test]
    async fn expired_entries_free_their_space() {
        let cache = MemoryCache::default();
        for number in 0..MAX_ENTRIES {
            cache.put("a", &number.to_string(), vec![0; 10], Duration::from_nanos(1)).await;
        }
        cache.put("a", "new", b"1".to_vec(), Duration::from_secs(60)).await;
        assert_eq!(cache.get("a", "new").await.as_deref(), Some(&b"1"[..]));
        assert_eq!(cache.entries().bytes, 1);
        // Putting a key again replaces its value and counts it once.
        cache.put("a", "new", b"22".to_vec(), Duration::from_secs(60)).await;
        assert_eq!(cache.entries().bytes, 2);
    }
}
