//! Runs real gateway processes under operational faults: a closed log pipe, a full disk, a restored older copy of the
//! store, a wrong clock. Messages flow in both directions meanwhile. None may be lost, duplicated or reordered.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::expect_used, clippy::panic, reason = "a test")]
#![allow(dead_code, reason = "shared with the crash test, which uses the rest")]

#[path = "../crash/center.rs"]
mod center;
#[path = "../crash/gateway.rs"]
mod gateway;
#[path = "../crash/platform.rs"]
mod platform;
#[path = "../crash/proxy.rs"]
mod proxy;
#[path = "../crash/report.rs"]
mod report;

mod clock;
mod disk;
mod environment;
mod log;
mod restore;
