//! One binary for all, since each has wasmtime in it.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test says what it expects and fails by panicking"
)]

mod bad_input;
mod component;
mod conformance;
mod end_to_end;
mod limits;
mod loading;
mod privacy;
mod signatures;
mod support;
