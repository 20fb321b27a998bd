//! What happens to real gateways on bad days: nobody reads the log, the disk is full, an older copy of the store is
//! restored, the clock is wrong. Messages go both ways meanwhile; none may be lost, doubled or disordered.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::expect_used, clippy::panic, reason = "a test")]
#![allow(dead_code, reason = "shared with the crash test, which uses the rest")]

#[path = "../crash/account.rs"]
mod account;
#[path = "../crash/center.rs"]
mod center;
#[path = "../crash/gateway.rs"]
mod gateway;
#[path = "../crash/platform.rs"]
mod platform;
#[path = "../crash/proxy.rs"]
mod proxy;

mod clock;
mod disk;
mod log;
mod restore;
mod stage;
