//! The reader of the log exits, as in `handover serve 2>&1 | head`.

use crate::environment::Environment;
use std::io::Read;
use std::time::Duration;

/// Messages that each user and each agent sends.
const MESSAGES: usize = 20;

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_log_pipe_loses_no_messages() {
    let environment = Environment::start("[log]\nlevel = \"debug\"\n").await;
    let (mut reader, writer) = std::io::pipe().unwrap();
    let mut command = environment.command();
    command.stderr(writer);
    let mut gateway = environment.start_gateway(command).await;
    let conversations = environment.begin(4).await;
    let talks = environment.talk(&conversations, MESSAGES, Duration::from_millis(200));
    let reading = tokio::task::spawn_blocking(move || reader.read_exact(&mut [0; 2_000]));
    reading.await.unwrap().unwrap();
    // The reader is dropped: writes to the pipe fail with EPIPE from now on.
    let undeliverable = environment.settle(talks, &conversations, MESSAGES).await;
    assert_eq!(undeliverable, 0);
    assert!(environment.metric("handover_log_lines_lost_total").await > 0);
    assert!(gateway.is_running());
    gateway.stop();
}
