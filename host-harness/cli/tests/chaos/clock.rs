//! The clocks of the gateway and the contact center differ.

use crate::environment::{Environment, until};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Messages that each user and each agent sends.
const MESSAGES: usize = 20;

const HOUR: i64 = 3_600;

/// A wall clock that a test can set. A preloaded library adds the seconds in a file to the machine's wall clock; the
/// monotonic clock does not change. (libfaketime sometimes returns the machine's time to multithreaded processes.)
struct Clock {
    library: PathBuf,
    file: PathBuf,
}

impl Clock {
    /// Returns `None` except on Linux.
    fn new(folder: &Path) -> Option<Self> {
        if !cfg!(target_os = "linux") {
            eprintln!("clock tests skipped: setting the clock of a process requires Linux");
            return None;
        }
        let (library, file) = (folder.join("clock.so"), folder.join("clock"));
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/chaos/clock.c");
        let compiler = Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(source).status();
        assert!(compiler.expect("a C compiler").success());
        std::fs::write(&file, 0_i64.to_ne_bytes()).unwrap();
        Some(Self { library, file })
    }

    /// Sets the clock ahead of the machine's clock by this number of seconds.
    fn set(&self, seconds: i64) {
        let file = File::options().write(true).open(&self.file).unwrap();
        file.write_all_at(&seconds.to_ne_bytes(), 0).unwrap();
    }

    /// Makes the process use this clock.
    fn apply(&self, mut command: Command) -> Command {
        command.env("LD_PRELOAD", &self.library).env("CLOCK_FILE", &self.file);
        command
    }
}

/// Ends handovers immediately while the gateway's clock is off by this number of seconds.
async fn end_handovers_immediately(seconds: i64) {
    // Only polling detects ends.
    let environment = Environment::start("poll-interval = \"2s\"\n").await;
    let Some(clock) = Clock::new(environment.folder.path()) else {
        return;
    };
    clock.set(seconds);
    let gateway = environment.start_gateway(clock.apply(environment.command())).await;
    for handover in 1..=4 {
        for (user, is_accepted) in [("ada", true), ("alan", false)] {
            environment.platform.begin(user).await;
            let conversation = match is_accepted {
                true => environment.center.accept(user).await,
                false => environment.center.conversation(user).await,
            };
            environment.center.end(&conversation).await;
            let kinds = || {
                let events = environment.platform.received().into_iter();
                let events = events.filter(|event| event.recipient == user && event.handover == handover);
                events.map(|event| event.kind).collect::<Vec<_>>()
            };
            let expected = format!("the end of handover {handover} of {user}");
            until(&expected, async || kinds().iter().any(|kind| kind == "ended")).await;
            assert_eq!(kinds()[0], "queued");
            assert_eq!(kinds().iter().filter(|kind| *kind == "ended").count(), 1);
        }
    }
    gateway.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fast_clock_matches_each_end_to_its_handover() {
    end_handovers_immediately(2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_clock_matches_each_end_to_its_handover() {
    end_handovers_immediately(-2).await;
}

/// Shifts the clock by this number of seconds for four seconds, then sets it back.
async fn shift_the_clock_and_back(seconds: i64) {
    let environment = Environment::start("").await;
    let Some(clock) = Clock::new(environment.folder.path()) else {
        return;
    };
    let mut gateway = environment.start_gateway(clock.apply(environment.command())).await;
    let conversations = environment.begin(4).await;
    let talks = environment.talk(&conversations, MESSAGES, Duration::from_millis(500));
    tokio::time::sleep(Duration::from_secs(2)).await;
    clock.set(seconds);
    tokio::time::sleep(Duration::from_secs(4)).await;
    clock.set(0);
    let undeliverable = environment.settle(talks, &conversations, MESSAGES).await;
    eprintln!("clock shifted by {seconds} s: the contact center stopped retrying {undeliverable} messages");
    assert!(gateway.is_running());
    gateway.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_jump_of_two_hours_forward_and_back_loses_nothing() {
    shift_the_clock_and_back(2 * HOUR).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_jump_of_two_hours_back_and_forward_loses_nothing() {
    shift_the_clock_and_back(-2 * HOUR).await;
}

/// A retry that is due in a few seconds is not delayed by four more minutes.
#[tokio::test(flavor = "multi_thread")]
async fn a_clock_jump_of_four_minutes_back_delays_no_retry() {
    let environment = Environment::start("").await;
    let Some(clock) = Clock::new(environment.folder.path()) else {
        return;
    };
    let gateway = environment.start_gateway(clock.apply(environment.command())).await;
    let conversations = environment.begin(4).await;
    environment.center.rate_limit(4, 3).await;
    let talks = environment.talk(&conversations, 5, Duration::from_millis(500));
    tokio::time::sleep(Duration::from_secs(2)).await;
    // The platform and the contact center accept a difference of five minutes.
    clock.set(-240);
    assert_eq!(environment.settle(talks, &conversations, 5).await, 0);
    gateway.stop();
}
