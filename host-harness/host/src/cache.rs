//! Where providers keep what was expensive to learn.

use async_trait::async_trait;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A place for what providers want to remember. May forget at any time; may be shared by many machines.
///
/// `connection` is made from the plugin and all settings, so that no connection reads what another one put there. The
/// futures are polled on the plugin's own stack, of which they may use some 500 KiB.
#[async_trait]
pub trait Cache: Send + Sync {
    /// What was put, unless it is gone.
    async fn get(&self, connection: &str, key: &str) -> Option<Vec<u8>>;
    /// Keeps a value for at most this long; zero forgets it.
    async fn put(&self, connection: &str, key: &str, value: Vec<u8>, keep: Duration);
}

/// Entries of one connection; a provider needs a handful.
const ENTRIES: usize = 32;
/// Bytes of all values together.
const BYTES: usize = 64 << 20;
/// Nothing is kept longer: two days, the longest that Genesys lets a token live.
const LONGEST: Duration = Duration::from_secs(48 * 60 * 60);

/// A cache in this process: at most 32 entries for each connection and 64 MiB in all, for at most two days. What does
/// not fit is not kept.
#[derive(Default)]
pub struct MemoryCache {
    entries: Mutex<Entries>,
}

#[derive(Default)]
struct Entries {
    connections: HashMap<String, HashMap<String, Entry>>,
    /// Of all values.
    bytes: usize,
}

struct Entry {
    value: Vec<u8>,
    until: Instant,
}

impl MemoryCache {
    fn entries(&self) -> MutexGuard<'_, Entries> {
        // A map that somebody panicked over is still a map, and this is a cache.
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
        self.bytes + value.len() <= BYTES && self.connections.get(connection).is_none_or(|own| own.len() < ENTRIES)
    }
}

/// The values may be tokens: only their size is printed.
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

    async fn put(&self, connection: &str, key: &str, value: Vec<u8>, keep: Duration) {
        let mut entries = self.entries();
        entries.remove(connection, key);
        let now = Instant::now();
        if keep.is_zero() {
            return;
        }
        if !entries.has_room(connection, &value) {
            entries.remove_expired(now);
        }
        if entries.has_room(connection, &value) {
            entries.bytes += value.len();
            let entry = Entry { value, until: now + keep.min(LONGEST) };
            entries.connections.entry(connection.into()).or_default().insert(key.into(), entry);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_connection_has_its_own_entries_and_zero_seconds_forget() {
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
        for number in 0..=ENTRIES {
            cache.put("a", &number.to_string(), vec![0; 10], Duration::from_secs(60)).await;
        }
        assert_eq!(cache.entries().bytes, ENTRIES * 10);
        assert_eq!(cache.get("a", &ENTRIES.to_string()).await, None);
        cache.put("b", "token", b"1".to_vec(), Duration::from_secs(60)).await;
        assert_eq!(cache.get("b", "token").await.as_deref(), Some(&b"1"[..]));
        cache.put("b", "all", vec![0; BYTES], Duration::from_secs(60)).await;
        assert_eq!(cache.get("b", "all").await, None);
    }

    #[tokio::test]
    async fn what_has_expired_makes_room() {
        let cache = MemoryCache::default();
        for number in 0..ENTRIES {
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
