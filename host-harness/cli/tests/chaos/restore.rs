//! An older copy of the store is restored.

use crate::stage::{Stage, until};
use reqwest::StatusCode;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_of_a_log_that_was_restored_and_has_grown_reads_it_anew() {
    let stage = Stage::set("[store]\nsqlite = \"FOLDER/handover.sqlite\"\n").await;
    let file = stage.folder.path().join("handover.sqlite");
    let copy = stage.folder.path().join("copy.sqlite");

    let gateway = stage.start(stage.command()).await;
    let conversations = stage.begin(2).await;
    gateway.stop();
    // All of it is in the one file.
    assert!(!stage.folder.path().join("handover.sqlite-wal").exists());
    std::fs::copy(&file, &copy).unwrap();

    let gateway = stage.start(stage.command()).await;
    stage.center.talk(&conversations[0].1, "user-0", 5, Duration::ZERO).await;
    let heard = |text: &str| stage.platform.heard().iter().any(|heard| heard.text.as_deref() == Some(text));
    until("heard", async || heard("in user-0 4")).await;
    let last = stage.platform.last_id().await;
    assert_eq!(stage.platform.follow(&last).await, StatusCode::OK);
    gateway.stop();

    std::fs::copy(&copy, &file).unwrap();
    let gateway = stage.start(stage.command()).await;
    // At once, and when the log is longer than it was before.
    assert_eq!(stage.platform.follow(&last).await, StatusCode::CONFLICT);
    stage.center.talk(&conversations[1].1, "user-1", 20, Duration::ZERO).await;
    until("heard", async || heard("in user-1 19")).await;
    assert_eq!(stage.platform.follow(&last).await, StatusCode::CONFLICT);
    let log = stage.platform.log().await;
    let texts: Vec<_> = log.iter().filter_map(|heard| heard.text.clone()).collect();
    assert_eq!(texts, (0..20).map(|number| format!("in user-1 {number}")).collect::<Vec<_>>());
    gateway.stop();
}
