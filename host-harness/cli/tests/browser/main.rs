//! Tests of the demo page in a headless Chromium: `make browser-test`.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests fail by panicking")]

mod access;
mod agents;
mod chromium;
mod directions;
mod form;
mod network;
mod pace;
mod page;
mod pictures;
mod process;
mod talks;
