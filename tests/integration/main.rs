//! One binary for all, since each has wasmtime in it.

mod bad_input;
mod component;
mod conformance;
mod end_to_end;
mod limits;
mod loading;
mod signatures;
mod support;
