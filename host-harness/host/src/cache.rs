//! Where providers keep what was expensive to learn.

use async_trait::async_trait;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A place for what providers want to remember. May forget at any time; may be shared by many machines.
///
/// `connection` is made from the plugin and all settings, so that no connection reads what another one put there.
#[async_trait]
pub trait Cache: Send + Sync {
    /// What was put, unless it is gone.
    async fn get(&self, connection: &str, key: &str) -> Option<Vec<u8>>;
    /// Keeps a value for at most this long; zero forgets it.
    async fn put(&self, connection: &str, key: &str, value: Vec<u8>, keep: Duration);
}

/// Entries in a [`MemoryCache`]: thousands of connections with a handful each.
const CAPACITY: usize = 50_000;

/// A cache in this process, for at most 50 000 entries.
#[derive(Default)]
pub struct MemoryCache {
    entries: Mutex<HashMap<(String, String), Entry>>,
}

struct Entry {
    value: Vec<u8>,
    until: Instant,
}

impl MemoryCache {
    fn entries(&self) -> std::sync::MutexGuard<'_, HashMap<(String, String), Entry>> {
        // A map that somebody panicked over is still a map, and this is a cache.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The values may be tokens: only their number is printed.
impl std::fmt::Debug for MemoryCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemoryCache").field("entries", &self.entries().len()).finish()
    }
}

#[async_trait]
impl Cache for MemoryCache {
    async fn get(&self, connection: &str, key: &str) -> Option<Vec<u8>> {
        let entries = self.entries();
        let entry = entries.get(&(connection.to_owned(), key.to_owned()))?;
        (entry.until > Instant::now()).then(|| entry.value.clone())
    }

    async fn put(&self, connection: &str, key: &str, value: Vec<u8>, keep: Duration) {
        let mut entries = self.entries();
        let key = (connection.to_owned(), key.to_owned());
        let now = Instant::now();
        let until = now.checked_add(keep).filter(|until| *until > now);
        let Some(until) = until else {
            entries.remove(&key);
            return;
        };
        if entries.len() >= CAPACITY {
            entries.retain(|_, entry| entry.until > now);
        }
        if entries.len() < CAPACITY || entries.contains_key(&key) {
            entries.insert(key, Entry { value, until });
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
    async fn a_full_cache_keeps_what_it_has() {
        let cache = MemoryCache::default();
        for number in 0..=CAPACITY {
            cache.put("a", &number.to_string(), vec![], Duration::from_secs(60)).await;
        }
        assert_eq!(cache.entries().len(), CAPACITY);
        assert_eq!(cache.get("a", "0").await, Some(vec![]));
    }
}
