//! Tests of the command line.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests fail by panicking")]

mod documents;
mod folder;
mod offline;
mod output;
mod sandbox;
mod secrets;
mod serving;
