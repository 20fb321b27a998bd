//! Tests of the SQLite store.

use crate::contract::{content, contract_tests, create, entry, next, text};
use futures_util::{FutureExt, StreamExt};
use handover_gateway::store::sqlite::{OpenError, SqliteStore};
use handover_gateway::store::{Entry, Family, MAX_BYTES, Position, Revision, SaveError, Store};
use rusqlite::Connection;
use std::path::Path;
use tempfile::TempDir;

fn empty() -> (SqliteStore, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    (SqliteStore::open(&folder.path().join("gateway.db")).unwrap(), folder)
}

/// Reopens the file of a dropped store once the store's thread has ended.
async fn reopen(path: &Path) -> SqliteStore {
    loop {
        match SqliteStore::open(path) {
            Err(OpenError::InUse(_)) => tokio::task::yield_now().await,
            opened => return opened.unwrap(),
        }
    }
}

contract_tests!(Some(empty()));

#[tokio::test]
async fn acknowledged_changes_survive_a_reopen() {
    let (store, folder) = empty();
    let removed: Revision = create(&store, "removed", None).await;
    store.remove(Family::Recipient, "removed", removed).await.unwrap();
    let kept = store.save(Family::Recipient, "kept", None, content("value", Some(3))).await.unwrap();
    store.append(entry("c", "a", 1)).await.unwrap();
    drop(store);

    let store = reopen(&folder.path().join("gateway.db")).await;
    assert_eq!(text(&store, Family::Recipient, "kept").await.as_deref(), Some("value"));
    let recreated = create(&store, "removed", None).await;
    assert_ne!(recreated, removed, "a revision is never used again");
    assert_eq!(next(&mut store.watch(Family::Recipient).await.unwrap()).await.key, "kept");
    store.save(Family::Recipient, "kept", Some(kept), content("changed", None)).await.unwrap();
    store.append(entry("c", "a", 1)).await.unwrap();
    store.append(entry("c", "a", 2)).await.unwrap();
    let mut log = store.follow("c", Position::default()).await.unwrap();
    assert_eq!(next(&mut log).await.entry.number, 1);
    assert_eq!(next(&mut log).await.entry.number, 2);
}

#[tokio::test]
async fn completes_and_reports_a_write_whose_caller_is_gone() {
    let (store, _folder) = empty();
    let mut changes = store.watch(Family::Recipient).await.unwrap();
    // The first poll queues the write; then the future is dropped, as when a client disconnects.
    let _ = store.save(Family::Recipient, "a", None, content("x", Some(1))).now_or_never();
    assert_eq!(next(&mut changes).await.key, "a");
    assert_eq!(text(&store, Family::Recipient, "a").await.as_deref(), Some("x"));
}

#[tokio::test]
async fn a_slow_watcher_receives_every_due_record() {
    let (store, _folder) = empty();
    let mut changes = store.watch(Family::Recipient).await.unwrap();
    let writes = (0..2_000).map(|number| {
        let store = store.clone();
        tokio::spawn(async move { create(&store, &number.to_string(), Some(number)).await })
    });
    for write in writes.collect::<Vec<_>>() {
        write.await.unwrap();
    }
    let mut reported = std::collections::HashSet::new();
    while reported.len() < 2_000 {
        reported.insert(next(&mut changes).await.key);
    }
}

#[tokio::test]
async fn a_failed_write_does_not_affect_others_in_its_transaction() {
    let (store, _folder) = empty();
    let revision = create(&store, "a", None).await;
    let tasks = (0..100).map(|number| {
        let store = store.clone();
        tokio::spawn(async move {
            // Even numbers change the same record, and only the first of them has the current revision.
            let expected = (number % 2 == 0).then_some(revision);
            let key = if expected.is_some() { "a".to_owned() } else { number.to_string() };
            (expected, store.save(Family::Recipient, &key, expected, content("y", None)).await)
        })
    });
    let mut changed = 0;
    for task in tasks.collect::<Vec<_>>() {
        match task.await.unwrap() {
            (None, result) => assert!(result.is_ok()),
            (Some(_), Ok(_)) => changed += 1,
            (Some(_), Err(error)) => assert!(matches!(error, SaveError::Conflict)),
        }
    }
    assert_eq!(changed, 1);
}

/// Returns the numbers of the entries in the log.
async fn numbers(store: &SqliteStore) -> Vec<u64> {
    let mut log = store.follow("c", Position::default()).await.unwrap();
    let mut numbers = Vec::new();
    while let Some(log_entry) = log.next().now_or_never() {
        numbers.push(log_entry.unwrap().unwrap().entry.number);
    }
    numbers
}

#[tokio::test]
async fn changes_a_record_and_the_log_together() {
    let (store, _folder) = empty();
    let transactional = store.transactional().expect("SQLite has transactions");
    let save = |expected, value, numbers: &[u64]| {
        let entries = numbers.iter().map(|number| entry("c", "a", *number)).collect();
        transactional.save_and_append(Family::Recipient, "a", expected, content(value, Some(1)), entries)
    };
    let mut changes = store.watch(Family::Recipient).await.unwrap();
    let first = save(None, "first", &[1, 2]).await.unwrap();
    assert_eq!(next(&mut changes).await.key, "a");
    save(Some(first), "second", &[2, 3]).await.unwrap();
    assert!(matches!(save(Some(first), "stale", &[4]).await, Err(SaveError::Conflict)));
    assert_eq!(text(&store, Family::Recipient, "a").await.as_deref(), Some("second"));
    assert_eq!(numbers(&store).await, [1, 2, 3], "an entry is appended once, and not if the record conflicts");
    assert_eq!(store.last_position().await.unwrap(), Position(3));
}

#[tokio::test]
async fn keeps_a_record_whose_entries_are_not_appended() {
    let (store, folder) = empty();
    let path = folder.path().join("gateway.db");
    let revision = create(&store, "a", None).await;
    drop(store);
    drop(reopen(&path).await);
    let refuse_the_second = "CREATE TRIGGER refuse BEFORE INSERT ON log WHEN NEW.number = 2
        BEGIN SELECT RAISE(ABORT, 'the test refuses it'); END";
    Connection::open(&path).unwrap().execute_batch(refuse_the_second).unwrap();

    let store = reopen(&path).await;
    let entries = vec![entry("c", "a", 1), entry("c", "a", 2)];
    let transactional = store.transactional().expect("SQLite has transactions");
    let together =
        transactional.save_and_append(Family::Recipient, "a", Some(revision), content("changed", None), entries);
    let (refused, _) = tokio::join!(together, create(&store, "other", None));
    assert!(matches!(refused, Err(SaveError::Store(_))));
    assert_eq!(text(&store, Family::Recipient, "a").await.as_deref(), Some("x"));
    assert!(numbers(&store).await.is_empty());
    assert_eq!(text(&store, Family::Recipient, "other").await.as_deref(), Some("x"), "it was in the same transaction");

    let large = Entry { body: vec![b'x'; MAX_BYTES + 1], ..entry("c", "a", 1) };
    let refused =
        transactional.save_and_append(Family::Recipient, "a", Some(revision), content("changed", None), vec![large]);
    assert!(matches!(refused.await, Err(SaveError::TooLarge(size)) if size == MAX_BYTES + 1));
    assert_eq!(text(&store, Family::Recipient, "a").await.as_deref(), Some("x"));
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_read_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let (store, folder) = empty();
    create(&store, "a", None).await;
    for name in ["gateway.db", "gateway.db-wal", "gateway.db-shm"] {
        let mode = std::fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[tokio::test]
async fn refuses_a_file_that_is_in_use() {
    let (store, folder) = empty();
    let path = folder.path().join("gateway.db");
    let refused = SqliteStore::open(&path).err().unwrap();
    assert!(matches!(&refused, OpenError::InUse(file) if *file == path), "{refused}");
    assert!(refused.to_string().contains("NATS"), "{refused}");
    create(&store, "a", None).await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn refuses_a_file_in_use_under_any_name_and_without_its_lock_file() {
    let (store, folder) = empty();
    let path = folder.path().join("gateway.db");
    let (symbolic, hard) = (folder.path().join("symbolic.db"), folder.path().join("hard.db"));
    std::os::unix::fs::symlink(&path, &symbolic).unwrap();
    std::fs::hard_link(&path, &hard).unwrap();
    std::fs::remove_file(folder.path().join("gateway.db.lock")).unwrap();
    for name in [&symbolic, &hard, &path] {
        let refused = SqliteStore::open(name).err().unwrap();
        assert!(matches!(&refused, OpenError::InUse(file) if file == name), "{refused}");
    }
    create(&store, "a", None).await;
}

#[tokio::test]
async fn does_not_change_a_file_that_is_not_a_store() {
    let folder = tempfile::tempdir().unwrap();
    let others = folder.path().join("others.db");
    Connection::open(&others).unwrap().execute_batch("CREATE TABLE other (x)").unwrap();
    assert!(matches!(SqliteStore::open(&others), Err(OpenError::NotOurs(_))));
    let tables: u32 = Connection::open(&others)
        .unwrap()
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .unwrap();
    assert_eq!(tables, 1);

    let text = folder.path().join("notes.txt");
    std::fs::write(&text, "This is a text file, not a database. It is long enough to be read as a header.").unwrap();
    assert!(matches!(SqliteStore::open(&text), Err(OpenError::Sqlite { .. })));
    assert!(matches!(SqliteStore::open(Path::new("/nowhere/gateway.db")), Err(OpenError::Lock { .. })));
}

#[tokio::test]
async fn refuses_a_file_of_a_newer_version() {
    let (store, folder) = empty();
    let path = folder.path().join("gateway.db");
    drop(store);
    drop(reopen(&path).await);
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 2).unwrap();
    let refused = loop {
        match SqliteStore::open(&path) {
            Err(OpenError::InUse(_)) => tokio::task::yield_now().await,
            other => break other.err().unwrap(),
        }
    };
    assert!(matches!(refused, OpenError::TooNew { found: 2, known: 1, .. }), "{refused}");
}

#[tokio::test]
async fn reports_a_failed_write_and_recovers() {
    let (store, folder) = empty();
    create(&store, "before", None).await;
    drop(store);
    let path = folder.path().join("gateway.db");
    let store = reopen(&path).await;
    // Another process that holds the write lock for longer than SQLite waits acts like a disk that cannot write.
    let mut other = Connection::open(&path).unwrap();
    let blocking = other.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).unwrap();
    let refused = store.save(Family::Recipient, "a", None, content("x", None)).await.unwrap_err();
    assert!(matches!(&refused, SaveError::Store(handover_gateway::store::StoreError::Unavailable(_))), "{refused}");
    drop(blocking);
    create(&store, "a", None).await;
    assert_eq!(text(&store, Family::Recipient, "before").await.as_deref(), Some("x"));
}

/// The damaged pages are read by loads but not by the write of the readiness check.
#[tokio::test]
async fn a_file_with_a_damaged_index_or_values_is_not_ready() {
    for (what, sql) in [
        ("index", "SELECT rootpage FROM sqlite_master WHERE name = 'sqlite_autoindex_record_1'"),
        ("records", "SELECT rootpage FROM sqlite_master WHERE name = 'record'"),
        ("log", "SELECT rootpage FROM sqlite_master WHERE name = 'log'"),
    ] {
        let (store, folder) = empty();
        for number in 0..100 {
            create(&store, &format!("c/{number}"), None).await;
            store.append(entry("c", "a", number + 1)).await.unwrap();
        }
        store.ready().await.unwrap();
        drop(store);
        let path = folder.path().join("gateway.db");
        drop(reopen(&path).await);
        let connection = Connection::open(&path).unwrap();
        let size: u64 = connection.query_row("PRAGMA page_size", [], |row| row.get(0)).unwrap();
        let page: u64 = connection.query_row(sql, [], |row| row.get(0)).unwrap();
        drop(connection);
        let mut bytes = std::fs::read(&path).unwrap();
        let begin = usize::try_from((page - 1) * size).unwrap();
        bytes[begin..begin + 64].fill(0xa5);
        std::fs::write(&path, bytes).unwrap();
        let store = reopen(&path).await;
        assert!(store.ready().await.is_err(), "{what}");
    }
}
