//! The component's stack: 64 KiB instead of the linker's 1 MiB. A fresh instance touches fewer pages, and page faults
//! are most of what a fresh instance costs. And its memory: 256 KiB from the beginning, so that what comes of an ordinary
//! webhook fits without growing it (`src/runtime.rs`).

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_FAMILY").as_deref() == Ok("wasm") {
        println!("cargo::rustc-link-arg-cdylib=-zstack-size=65536");
        println!("cargo::rustc-link-arg-cdylib=--initial-memory=262144");
    }
}
