//! All integration tests in one binary, because each binary links wasmtime.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests fail by panicking")]

mod architecture;
mod bad_input;
mod bot_gateway;
mod both_ways;
mod bots;
mod component;
mod conformance;
mod doctor;
mod egress;
mod end_to_end;
mod endings;
mod evil;
mod gateway;
mod limits;
mod loading;
mod platform;
mod privacy;
mod provisioning;
mod regressions;
mod signatures;
mod support;
mod world;
