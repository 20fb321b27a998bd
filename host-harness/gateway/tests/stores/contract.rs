//! Tests of the contract of all stores. Each function tests one rule on an empty store.

use futures_util::{FutureExt, Stream, StreamExt};
use handover_gateway::store::{
    AppendError, Change, Content, Entry, Family, LogEntry, MAX_BYTES, Position, Record, Revision, SaveError, Store,
    StoreError,
};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// The time after which a test fails because the store did not respond; far more than any store needs here.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(30);

/// Expands to one test for each rule, on an empty store of this kind; `None` skips the tests.
macro_rules! contract_tests {
    ($empty:expr) => {
        $crate::contract::contract_tests!($empty,
            creates_a_record_once,
            changes_a_record_only_at_its_revision,
            never_reuses_the_revision_of_a_removed_record,
            separates_families_and_keys,
            applies_each_of_many_concurrent_changes_once,
            lists_keys_in_pages,
            watch_streams_due_records_and_then_changes,
            appends_each_entry_once,
            follow_streams_all_entries_in_order_from_any_position,
            never_reuses_the_position_of_a_removed_entry,
            refuses_values_that_are_too_large);
    };
    ($empty:expr, $($rule:ident),*) => {
        $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $rule() {
            let Some((store, _guard)) = $empty else { return };
            $crate::contract::$rule(std::sync::Arc::new(store)).await;
        })*
    };
}
pub(crate) use contract_tests;

pub(crate) fn content(value: &str, due: Option<u64>) -> Content {
    Content { value: value.into(), due }
}

pub(crate) async fn text(store: &dyn Store, family: Family, key: &str) -> Option<String> {
    let record = store.load(family, key).await.unwrap();
    record.map(|record| String::from_utf8(record.content.value).unwrap())
}

pub(crate) fn entry(connection: &str, recipient: &str, number: u64) -> Entry {
    let body = format!("{connection} {recipient} {number}").into_bytes();
    let stream_id = "one".into();
    Entry { connection: connection.into(), recipient: recipient.into(), stream_id, number, time: 1_000 + number, body }
}

pub(crate) async fn next<T>(stream: &mut (impl Stream<Item = Result<T, StoreError>> + Unpin)) -> T {
    timeout(RESPONSE_TIMEOUT, stream.next()).await.expect("the store responds").expect("the stream continues").unwrap()
}

pub(crate) async fn create(store: &dyn Store, key: &str, due: Option<u64>) -> Revision {
    store.save(Family::Recipient, key, None, content("x", due)).await.unwrap()
}

fn is_conflict<T>(result: &Result<T, SaveError>) -> bool {
    matches!(result, Err(SaveError::Conflict))
}

pub(crate) async fn creates_a_record_once(store: Arc<dyn Store>) {
    assert_eq!(text(&*store, Family::Recipient, "a").await, None);
    let revision = store.save(Family::Recipient, "a", None, content("first", Some(7))).await.unwrap();
    assert!(is_conflict(&store.save(Family::Recipient, "a", None, content("second", None)).await));
    let record = store.load(Family::Recipient, "a").await.unwrap();
    assert!(record == Some(Record { revision, content: content("first", Some(7)) }));
}

pub(crate) async fn changes_a_record_only_at_its_revision(store: Arc<dyn Store>) {
    let first = create(&*store, "a", None).await;
    let second = store.save(Family::Recipient, "a", Some(first), content("y", Some(1))).await.unwrap();
    assert_ne!(first, second);
    assert!(is_conflict(&store.save(Family::Recipient, "a", Some(first), content("stale", None)).await));
    assert!(is_conflict(&store.remove(Family::Recipient, "a", first).await));
    assert!(is_conflict(&store.save(Family::Recipient, "none", Some(second), content("z", None)).await));
    assert!(is_conflict(&store.remove(Family::Recipient, "none", second).await));
    assert_eq!(text(&*store, Family::Recipient, "a").await.as_deref(), Some("y"));
    assert_eq!(text(&*store, Family::Recipient, "none").await, None);
}

pub(crate) async fn never_reuses_the_revision_of_a_removed_record(store: Arc<dyn Store>) {
    let old = create(&*store, "a", None).await;
    store.remove(Family::Recipient, "a", old).await.unwrap();
    assert_eq!(text(&*store, Family::Recipient, "a").await, None);
    assert!(is_conflict(&store.save(Family::Recipient, "a", Some(old), content("ghost", None)).await));
    let new = create(&*store, "a", None).await;
    assert_ne!(old, new);
    assert!(is_conflict(&store.remove(Family::Recipient, "a", old).await));
}

pub(crate) async fn separates_families_and_keys(store: Arc<dyn Store>) {
    let long = "k".repeat(512);
    let keys = ["a", "A", "a.b", "a/b", "a b", "*", ">", "ü'\"\\", "\u{1F600}", "\u{0}", "%", long.as_str()];
    for family in [Family::Recipient, Family::Conversation, Family::DeadLetter] {
        for key in keys {
            store.save(family, key, None, content(&format!("{family:?} {key}"), None)).await.unwrap();
        }
    }
    for family in [Family::Recipient, Family::Conversation, Family::DeadLetter] {
        for key in keys {
            assert_eq!(text(&*store, family, key).await, Some(format!("{family:?} {key}")));
        }
        let mut listed = store.keys(family, None, 100).await.unwrap();
        let mut expected = keys.to_vec();
        listed.sort();
        expected.sort_unstable();
        assert_eq!(listed, expected);
    }
}

pub(crate) async fn applies_each_of_many_concurrent_changes_once(store: Arc<dyn Store>) {
    store.save(Family::Recipient, "sum", None, content("0", None)).await.unwrap();
    let add = |store: Arc<dyn Store>| async move {
        for _ in 0..25 {
            loop {
                let Record { revision, content } = store.load(Family::Recipient, "sum").await.unwrap().unwrap();
                let sum: u32 = String::from_utf8(content.value).unwrap().parse().unwrap();
                let content = self::content(&(sum + 1).to_string(), None);
                match store.save(Family::Recipient, "sum", Some(revision), content).await {
                    Ok(_) => break,
                    Err(SaveError::Conflict) => {}
                    Err(error) => panic!("{error}"),
                }
            }
        }
    };
    let tasks: Vec<_> = (0..8).map(|_| tokio::spawn(add(Arc::clone(&store)))).collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(text(&*store, Family::Recipient, "sum").await.as_deref(), Some("200"));
}

pub(crate) async fn lists_keys_in_pages(store: Arc<dyn Store>) {
    let all: Vec<_> = (0..25).map(|number| format!("{number:02}")).collect();
    for key in all.iter().rev() {
        create(&*store, key, None).await;
    }
    let mut listed = Vec::new();
    loop {
        let page = store.keys(Family::Recipient, listed.last().map(String::as_str), 10).await.unwrap();
        assert!(page.len() <= 10);
        if page.is_empty() {
            break;
        }
        listed.extend(page);
    }
    assert_eq!(listed, all);
    assert!(store.keys(Family::DeadLetter, None, 10).await.unwrap().is_empty());
}

pub(crate) async fn watch_streams_due_records_and_then_changes(store: Arc<dyn Store>) {
    create(&*store, "never", None).await;
    let revision = create(&*store, "soon", Some(5)).await;
    store.save(Family::Conversation, "other", None, content("x", Some(1))).await.unwrap();
    let mut changes = store.watch(Family::Recipient).await.unwrap();
    let mut next_change = async || {
        let Change { key, due } = next(&mut changes).await;
        (key, due)
    };
    assert_eq!(next_change().await, ("soon".into(), Some(5)));
    let revision = store.save(Family::Recipient, "soon", Some(revision), content("y", None)).await.unwrap();
    assert_eq!(next_change().await, ("soon".into(), None));
    store.save(Family::DeadLetter, "other", None, content("x", Some(1))).await.unwrap();
    create(&*store, "new", Some(9)).await;
    assert_eq!(next_change().await, ("new".into(), Some(9)));
    store.remove(Family::Recipient, "soon", revision).await.unwrap();
    assert_eq!(next_change().await, ("soon".into(), None));
}

pub(crate) async fn appends_each_entry_once(store: Arc<dyn Store>) {
    for number in [1, 1, 2, 1, 2, 4, 3] {
        store.append(entry("c", "a", number)).await.unwrap();
    }
    store.append(entry("c", "b", 1)).await.unwrap();
    store.append(entry("d", "a", 1)).await.unwrap();
    // The recipient's mailbox was removed and created again.
    let another = |number| Entry { stream_id: "two".into(), ..entry("c", "a", number) };
    for number in [1, 1, 2] {
        store.append(another(number)).await.unwrap();
    }
    let mut log = store.follow("c", Position::default()).await.unwrap();
    let expected =
        [entry("c", "a", 1), entry("c", "a", 2), entry("c", "a", 4), entry("c", "b", 1), another(1), another(2)];
    for expected in expected {
        assert!(next(&mut log).await.entry == expected, "{} {}", expected.recipient, expected.number);
    }
    assert!(log.next().now_or_never().is_none(), "there are no more entries");
}

pub(crate) async fn follow_streams_all_entries_in_order_from_any_position(store: Arc<dyn Store>) {
    const ALL: u64 = 600;
    let writer = Arc::clone(&store);
    let writing = tokio::spawn(async move {
        for number in 1..=ALL {
            writer.append(entry("c", "a", number)).await.unwrap();
            writer.append(entry("d", "a", number)).await.unwrap();
        }
    });
    let mut log = store.follow("c", Position::default()).await.unwrap();
    let mut positions = vec![Position::default()];
    for number in 1..=ALL {
        let LogEntry { position, entry } = next(&mut log).await;
        assert!(position > *positions.last().unwrap());
        assert_eq!((entry.connection.as_str(), entry.number), ("c", number));
        positions.push(position);
    }
    writing.await.unwrap();
    for (after, next_number) in [(0, 1), (300, 301), (ALL as usize - 1, ALL)] {
        let mut log = store.follow("c", positions[after]).await.unwrap();
        assert_eq!(next(&mut log).await.entry.number, next_number);
    }
}

pub(crate) async fn never_reuses_the_position_of_a_removed_entry(store: Arc<dyn Store>) {
    for number in 1..=3 {
        store.append(entry("c", "a", number)).await.unwrap();
    }
    store.ready().await.unwrap();
    let mut log = store.follow("c", Position::default()).await.unwrap();
    next(&mut log).await;
    next(&mut log).await;
    let last = next(&mut log).await.position;
    store.remove_entries_before(1_003).await.unwrap();
    let mut log = store.follow("c", Position::default()).await.unwrap();
    assert_eq!(next(&mut log).await.entry.number, 3, "its time is not before the limit");
    store.remove_entries_before(u64::from(u32::MAX)).await.unwrap();
    assert_eq!(store.last_position().await.unwrap(), last, "the last position stays after the removal");
    store.append(entry("c", "a", 4)).await.unwrap();
    let mut log = store.follow("c", Position::default()).await.unwrap();
    let LogEntry { position, entry } = next(&mut log).await;
    assert_eq!(entry.number, 4);
    assert!(position > last);
}

pub(crate) async fn refuses_values_that_are_too_large(store: Arc<dyn Store>) {
    let fits = Content { value: vec![b'x'; MAX_BYTES], due: None };
    store.save(Family::Recipient, "a", None, fits.clone()).await.unwrap();
    assert!(store.load(Family::Recipient, "a").await.unwrap().unwrap().content == fits);
    let larger = Content { value: vec![b'x'; MAX_BYTES + 1], due: None };
    let refused = store.save(Family::Recipient, "b", None, larger.clone()).await;
    assert!(matches!(refused, Err(SaveError::TooLarge(size)) if size == MAX_BYTES + 1));
    store.append(Entry { body: fits.value, ..entry("c", "a", 1) }).await.unwrap();
    let refused = store.append(Entry { body: larger.value, ..entry("c", "a", 2) }).await;
    assert!(matches!(refused, Err(AppendError::TooLarge(_))));
}
