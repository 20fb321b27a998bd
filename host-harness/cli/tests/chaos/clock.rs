//! The gateway's clock is not the contact center's.

use crate::stage::{Stage, until};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// What each user and each agent says.
const EACH: usize = 20;

const HOUR: i64 = 3_600;

/// A clock that a test sets. A library that is preloaded adds the seconds in its file to what the machine's clock says;
/// the monotonic clock stays the machine's. (libfaketime gives processes with several threads the machine's time now and
/// then.)
struct Clock {
    library: PathBuf,
    file: PathBuf,
}

impl Clock {
    /// None but on Linux.
    fn new(folder: &Path) -> Option<Self> {
        if !cfg!(target_os = "linux") {
            eprintln!("clocks: skipped, only on Linux can a test set the clock of a process");
            return None;
        }
        let (library, file) = (folder.join("clock.so"), folder.join("clock"));
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/chaos/clock.c");
        let compiler = Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(source).status();
        assert!(compiler.expect("there is a C compiler").success());
        std::fs::write(&file, 0_i64.to_ne_bytes()).unwrap();
        Some(Self { library, file })
    }

    /// Sets it to so many seconds ahead of the machine's.
    fn set(&self, seconds: i64) {
        let file = File::options().write(true).open(&self.file).unwrap();
        file.write_all_at(&seconds.to_ne_bytes(), 0).unwrap();
    }

    fn rule(&self, mut command: Command) -> Command {
        command.env("LD_PRELOAD", &self.library).env("CLOCK_FILE", &self.file);
        command
    }
}

async fn handovers_that_end_at_once(seconds: i64) {
    // Polling alone tells of ends.
    let stage = Stage::set("poll-interval = \"2s\"\n").await;
    let Some(clock) = Clock::new(stage.folder.path()) else {
        return;
    };
    clock.set(seconds);
    let gateway = stage.start(clock.rule(stage.command())).await;
    for handover in 1..=4 {
        for (user, is_taken) in [("ada", true), ("alan", false)] {
            stage.platform.begin(user).await;
            let conversation = match is_taken {
                true => stage.center.accept(user).await,
                false => stage.center.conversation(user).await,
            };
            stage.center.end(&conversation).await;
            let kinds = || {
                let heard = stage.platform.heard();
                let of_this = heard.into_iter().filter(|heard| heard.recipient == user && heard.handover == handover);
                of_this.map(|heard| heard.kind).collect::<Vec<_>>()
            };
            let what = format!("the end of handover {handover} of {user}");
            until(&what, async || kinds().iter().any(|kind| kind == "ended")).await;
            assert_eq!(kinds()[0], "queued");
            assert_eq!(kinds().iter().filter(|kind| *kind == "ended").count(), 1);
        }
    }
    gateway.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_ahead_takes_no_end_for_that_of_the_handover_before() {
    handovers_that_end_at_once(2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_behind_takes_no_end_for_that_of_the_handover_before() {
    handovers_that_end_at_once(-2).await;
}

/// The clock is wrong for a while, and then right again.
async fn a_clock_that_is_set_twice(seconds: i64) {
    let stage = Stage::set("").await;
    let Some(clock) = Clock::new(stage.folder.path()) else {
        return;
    };
    let mut gateway = stage.start(clock.rule(stage.command())).await;
    let conversations = stage.begin(4).await;
    let talks = stage.talk(&conversations, EACH, Duration::from_millis(500));
    tokio::time::sleep(Duration::from_secs(2)).await;
    clock.set(seconds);
    tokio::time::sleep(Duration::from_secs(4)).await;
    clock.set(0);
    let given_up = stage.settle(talks, &conversations, EACH).await;
    eprintln!("clock set by {seconds} s: {given_up} messages were given up by the contact center itself");
    assert!(gateway.lives());
    gateway.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_goes_forward_by_two_hours_and_back_loses_nothing() {
    a_clock_that_is_set_twice(2 * HOUR).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_goes_back_by_two_hours_and_forward_loses_nothing() {
    a_clock_that_is_set_twice(-2 * HOUR).await;
}

/// What waits to be tried again a few seconds later does not wait for the four minutes more.
#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_goes_back_by_four_minutes_holds_up_nothing() {
    let stage = Stage::set("").await;
    let Some(clock) = Clock::new(stage.folder.path()) else {
        return;
    };
    let gateway = stage.start(clock.rule(stage.command())).await;
    let conversations = stage.begin(4).await;
    stage.center.refuse(4, 3).await;
    let talks = stage.talk(&conversations, 5, Duration::from_millis(500));
    tokio::time::sleep(Duration::from_secs(2)).await;
    // The platform and the contact center accept five minutes.
    clock.set(-240);
    assert_eq!(stage.settle(talks, &conversations, 5).await, 0);
    gateway.stop();
}
