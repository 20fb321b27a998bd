//! What every store promises, and what is particular to each.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod nats;
mod promises;
mod sqlite;
