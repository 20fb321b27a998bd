//! The commands as people call them.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test says what it expects and fails by panicking"
)]

mod folder;
mod offline;
mod output;
mod sandboxed;
mod secrets;
mod serving;
