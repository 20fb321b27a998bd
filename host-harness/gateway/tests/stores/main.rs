//! Tests of the stores: their common contract, and the properties of each store.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests fail by panicking"
)]

mod contract;
mod nats;
mod sqlite;
