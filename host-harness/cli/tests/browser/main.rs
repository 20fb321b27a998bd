//! The demo page in a headless Chromium, as a person uses it: `make browser-test`.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test says what it expects and fails by panicking"
)]

mod access;
mod agents;
mod chromium;
mod form;
mod network;
mod pace;
mod page;
mod pictures;
mod process;
mod talks;
