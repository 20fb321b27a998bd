//! What every store promises. Each function is one promise, kept by an empty store.

use futures_util::{FutureExt, Stream, StreamExt};
use handover_gateway::store::{
    AppendError, Change, Content, Entry, Family, LogEntry, MAX_BYTES, Position, Record, Revision, SaveError, Store,
    StoreError,
};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// Far more than any store takes for anything here; past it the test fails.
const SOON: Duration = Duration::from_secs(30);

/// A module of tests: each promise, kept by an empty store of this kind; `None` where there is no such store.
macro_rules! every_promise {
    ($empty:expr) => {
        $crate::promises::every_promise!($empty,
            a_record_is_made_once,
            a_record_is_changed_by_who_knows_its_revision,
            a_removed_record_leaves_no_revision_behind,
            families_and_keys_are_apart,
            of_many_who_change_one_record_each_counts_once,
            keys_come_in_pages,
            who_watches_is_told_what_is_due_and_then_each_change,
            the_log_takes_each_entry_once,
            who_follows_is_told_everything_in_order_from_any_position_on,
            a_forgotten_entry_leaves_its_position_unused,
            what_is_too_large_is_refused);
    };
    ($empty:expr, $($promise:ident),*) => {
        $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $promise() {
            let Some((store, _kept)) = $empty else { return };
            $crate::promises::$promise(std::sync::Arc::new(store)).await;
        })*
    };
}
pub(crate) use every_promise;

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
    timeout(SOON, stream.next()).await.expect("the store tells it").expect("the stream goes on").unwrap()
}

pub(crate) async fn made(store: &dyn Store, key: &str, due: Option<u64>) -> Revision {
    store.save(Family::Recipient, key, None, content("x", due)).await.unwrap()
}

fn is_conflict<T>(result: &Result<T, SaveError>) -> bool {
    matches!(result, Err(SaveError::Conflict))
}

pub(crate) async fn a_record_is_made_once(store: Arc<dyn Store>) {
    assert_eq!(text(&*store, Family::Recipient, "a").await, None);
    let revision = store.save(Family::Recipient, "a", None, content("first", Some(7))).await.unwrap();
    assert!(is_conflict(&store.save(Family::Recipient, "a", None, content("second", None)).await));
    let record = store.load(Family::Recipient, "a").await.unwrap();
    assert!(record == Some(Record { revision, content: content("first", Some(7)) }));
}

pub(crate) async fn a_record_is_changed_by_who_knows_its_revision(store: Arc<dyn Store>) {
    let first = made(&*store, "a", None).await;
    let second = store.save(Family::Recipient, "a", Some(first), content("y", Some(1))).await.unwrap();
    assert_ne!(first, second);
    assert!(is_conflict(&store.save(Family::Recipient, "a", Some(first), content("late", None)).await));
    assert!(is_conflict(&store.remove(Family::Recipient, "a", first).await));
    assert!(is_conflict(&store.save(Family::Recipient, "none", Some(second), content("z", None)).await));
    assert!(is_conflict(&store.remove(Family::Recipient, "none", second).await));
    assert_eq!(text(&*store, Family::Recipient, "a").await.as_deref(), Some("y"));
    assert_eq!(text(&*store, Family::Recipient, "none").await, None);
}

pub(crate) async fn a_removed_record_leaves_no_revision_behind(store: Arc<dyn Store>) {
    let old = made(&*store, "a", None).await;
    store.remove(Family::Recipient, "a", old).await.unwrap();
    assert_eq!(text(&*store, Family::Recipient, "a").await, None);
    assert!(is_conflict(&store.save(Family::Recipient, "a", Some(old), content("ghost", None)).await));
    let new = made(&*store, "a", None).await;
    assert_ne!(old, new);
    assert!(is_conflict(&store.remove(Family::Recipient, "a", old).await));
}

pub(crate) async fn families_and_keys_are_apart(store: Arc<dyn Store>) {
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

pub(crate) async fn of_many_who_change_one_record_each_counts_once(store: Arc<dyn Store>) {
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

pub(crate) async fn keys_come_in_pages(store: Arc<dyn Store>) {
    let all: Vec<_> = (0..25).map(|number| format!("{number:02}")).collect();
    for key in all.iter().rev() {
        made(&*store, key, None).await;
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

pub(crate) async fn who_watches_is_told_what_is_due_and_then_each_change(store: Arc<dyn Store>) {
    made(&*store, "never", None).await;
    let revision = made(&*store, "soon", Some(5)).await;
    store.save(Family::Conversation, "other", None, content("x", Some(1))).await.unwrap();
    let mut changes = store.watch(Family::Recipient).await.unwrap();
    let mut told = async || {
        let Change { key, due } = next(&mut changes).await;
        (key, due)
    };
    assert_eq!(told().await, ("soon".into(), Some(5)));
    let revision = store.save(Family::Recipient, "soon", Some(revision), content("y", None)).await.unwrap();
    assert_eq!(told().await, ("soon".into(), None));
    store.save(Family::DeadLetter, "other", None, content("x", Some(1))).await.unwrap();
    made(&*store, "new", Some(9)).await;
    assert_eq!(told().await, ("new".into(), Some(9)));
    store.remove(Family::Recipient, "soon", revision).await.unwrap();
    assert_eq!(told().await, ("soon".into(), None));
}

pub(crate) async fn the_log_takes_each_entry_once(store: Arc<dyn Store>) {
    for number in [1, 1, 2, 1, 2, 4, 3] {
        store.append(entry("c", "a", number)).await.unwrap();
    }
    store.append(entry("c", "b", 1)).await.unwrap();
    store.append(entry("d", "a", 1)).await.unwrap();
    // Who was forgotten and comes back.
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
    assert!(log.next().now_or_never().is_none(), "nothing more");
}

pub(crate) async fn who_follows_is_told_everything_in_order_from_any_position_on(store: Arc<dyn Store>) {
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

pub(crate) async fn a_forgotten_entry_leaves_its_position_unused(store: Arc<dyn Store>) {
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
    assert_eq!(next(&mut log).await.entry.number, 3, "that one is not older");
    store.remove_entries_before(u64::from(u32::MAX)).await.unwrap();
    assert_eq!(store.last_position().await.unwrap(), last, "it ends where its last entry was");
    store.append(entry("c", "a", 4)).await.unwrap();
    let mut log = store.follow("c", Position::default()).await.unwrap();
    let LogEntry { position, entry } = next(&mut log).await;
    assert_eq!(entry.number, 4);
    assert!(position > last);
}

pub(crate) async fn what_is_too_large_is_refused(store: Arc<dyn Store>) {
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
