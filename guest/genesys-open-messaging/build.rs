//! Sets the component's stack to 64 KiB instead of the linker's 1 MiB, and its initial memory to 320 KiB.
//!
//! Page faults are most of the cost of a fresh instance, and a smaller stack touches fewer pages. The initial memory is
//! enough for the component's data (an eighth of a megabyte, which all instances share) and for an ordinary webhook, so the
//! heap does not need to grow (`handover-guest`, `runtime.rs`).

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_FAMILY").as_deref() == Ok("wasm") {
        println!("cargo::rustc-link-arg-cdylib=-zstack-size=65536");
        println!("cargo::rustc-link-arg-cdylib=--initial-memory=327680");
        // Without it, each index in the code has the five bytes that a linker may need.
        println!("cargo::rustc-link-arg-cdylib=--compress-relocations");
    }
}
