//! The gateway's clock is not the contact center's.

use crate::stage::{Stage, until};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// What each user and each agent says.
const EACH: usize = 20;

const HOUR: i64 = 3_600;

/// A clock that a test sets, by libfaketime. Its monotonic clock is the machine's.
struct Clock {
    library: PathBuf,
    file: PathBuf,
}

impl Clock {
    /// None where libfaketime is not installed.
    fn new(folder: &Path) -> Option<Self> {
        let folders = std::fs::read_dir("/usr/lib").unwrap().map(|entry| entry.unwrap().path());
        let library = folders
            .chain([PathBuf::from("/usr/lib"), PathBuf::from("/usr/lib64"), PathBuf::from("/usr/local/lib")])
            .map(|folder| folder.join("faketime/libfaketime.so.1"))
            .find(|library| library.exists())?;
        Some(Self { library, file: folder.join("clock") })
    }

    /// Sets it to so many seconds ahead of the machine's.
    fn set(&self, seconds: i64) {
        let new = self.file.with_extension("new");
        std::fs::write(&new, format!("{seconds:+}")).unwrap();
        std::fs::rename(&new, &self.file).unwrap();
    }

    fn rule(&self, mut command: Command) -> Command {
        command
            .env("LD_PRELOAD", &self.library)
            .env("FAKETIME_TIMESTAMP_FILE", &self.file)
            .env("FAKETIME_NO_CACHE", "1")
            .env("DONT_FAKE_MONOTONIC", "1")
            .env("NO_FAKE_STAT", "1");
        command
    }
}

/// With `CI` set, nothing is skipped.
fn skipped() {
    let missing = "libfaketime is missing. On Debian: apt-get install faketime";
    assert!(std::env::var_os("CI").is_none(), "{missing}");
    eprintln!("clocks: skipped, {missing}");
}

async fn handovers_that_end_at_once(seconds: i64) {
    // Polling alone tells of ends.
    let stage = Stage::set("observe-every = \"2s\"\n").await;
    let Some(clock) = Clock::new(stage.folder.path()) else {
        return skipped();
    };
    clock.set(seconds);
    let gateway = stage.start(clock.rule(stage.command())).await;
    for handover in 1..=4 {
        for (user, is_taken) in [("ada", true), ("alan", false)] {
            stage.platform.begin(user).await;
            let conversation = match is_taken {
                true => stage.centre.accept(user).await,
                false => stage.centre.conversation(user).await,
            };
            stage.centre.end(&conversation).await;
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
        return skipped();
    };
    clock.set(0);
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
        return skipped();
    };
    clock.set(0);
    let gateway = stage.start(clock.rule(stage.command())).await;
    let conversations = stage.begin(4).await;
    stage.centre.refuse(4, 3).await;
    let talks = stage.talk(&conversations, 5, Duration::from_millis(500));
    tokio::time::sleep(Duration::from_secs(2)).await;
    // The platform and the contact center bear with five minutes.
    clock.set(-240);
    assert_eq!(stage.settle(talks, &conversations, 5).await, 0);
    gateway.stop();
}
