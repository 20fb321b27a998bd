//! What providers for Genesys Cloud share: regions, the settings of an account, and calls to the API. Knows no product
//! of Genesys Cloud.

#![cfg_attr(target_family = "wasm", no_std)]

extern crate alloc;

pub mod account;
pub mod api;
pub mod ids;
pub mod region;
pub mod wire;
