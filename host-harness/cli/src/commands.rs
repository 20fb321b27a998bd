//! The implementations of the commands, one per file.

pub(crate) mod build;
pub(crate) mod check;
pub(crate) mod command_reference;
pub(crate) mod compile;
pub(crate) mod conformance;
pub(crate) mod copilot_url;
pub(crate) mod dead_letters;
pub(crate) mod demo;
pub(crate) mod features;
pub(crate) mod inspect;
pub(crate) mod map;
pub(crate) mod provision;
pub(crate) mod redact;
pub(crate) mod register_bots;
pub(crate) mod sandbox;
pub(crate) mod serve;
pub(crate) mod store;
pub(crate) mod verify;

/// The exit status of a negative result: rejected, malformed, unsupported, or a failed check or test case.
const NEGATIVE_RESULT: u8 = 1;
