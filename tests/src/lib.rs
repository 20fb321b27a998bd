//! Tests that cross the boundaries between the crates.
