//! The operator restores an older copy of the store.

use crate::environment::{Environment, until};
use reqwest::StatusCode;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_id_from_before_a_restore_is_rejected() {
    let environment = Environment::start("[store]\nsqlite = \"FOLDER/handover.sqlite\"\n").await;
    let file = environment.folder.path().join("handover.sqlite");
    let copy = environment.folder.path().join("copy.sqlite");

    let gateway = environment.start_gateway(environment.command()).await;
    let conversations = environment.begin(2).await;
    gateway.stop();
    // The WAL has been merged into the database file.
    assert!(!environment.folder.path().join("handover.sqlite-wal").exists());
    std::fs::copy(&file, &copy).unwrap();

    let gateway = environment.start_gateway(environment.command()).await;
    environment.center.talk(&conversations[0].1, "user-0", 5, Duration::ZERO).await;
    let is_received =
        |text: &str| environment.platform.received().iter().any(|event| event.text.as_deref() == Some(text));
    until("received", async || is_received("in user-0 4")).await;
    let last = environment.platform.last_id().await;
    assert_eq!(environment.platform.follow(&last).await, StatusCode::OK);
    gateway.stop();

    std::fs::copy(&copy, &file).unwrap();
    let gateway = environment.start_gateway(environment.command()).await;
    // Both immediately after the restore and after the log has grown past its former length.
    assert_eq!(environment.platform.follow(&last).await, StatusCode::CONFLICT);
    environment.center.talk(&conversations[1].1, "user-1", 20, Duration::ZERO).await;
    until("received", async || is_received("in user-1 19")).await;
    assert_eq!(environment.platform.follow(&last).await, StatusCode::CONFLICT);
    let log = environment.platform.log().await;
    let texts: Vec<_> = log.iter().filter_map(|event| event.text.clone()).collect();
    assert_eq!(texts, (0..20).map(|number| format!("in user-1 {number}")).collect::<Vec<_>>());
    gateway.stop();
}
