//! The log's reader goes away, as in `handover serve 2>&1 | head`.

use crate::stage::Stage;
use std::io::Read;
use std::time::Duration;

/// What each user and each agent says.
const EACH: usize = 20;

#[tokio::test(flavor = "multi_thread")]
async fn the_reader_of_the_log_goes_away_and_nothing_is_lost() {
    let stage = Stage::set("[log]\nlevel = \"debug\"\n").await;
    let (mut reader, writer) = std::io::pipe().unwrap();
    let mut command = stage.command();
    command.stderr(writer);
    let mut gateway = stage.start(command).await;
    let conversations = stage.begin(4).await;
    let talks = stage.talk(&conversations, EACH, Duration::from_millis(200));
    let reading = tokio::task::spawn_blocking(move || reader.read_exact(&mut [0; 2_000]));
    reading.await.unwrap().unwrap();
    // The reader is dropped: whoever writes to the pipe from now on gets EPIPE.
    let given_up = stage.settle(talks, &conversations, EACH).await;
    assert_eq!(given_up, 0);
    assert!(stage.metric("handover_log_lines_lost_total").await > 0);
    assert!(gateway.lives());
    gateway.stop();
}
