//! Builds a WebAssembly component from a build script, so that `cargo build` alone is enough for whoever embeds one.
//!
//! The component is built by a cargo of its own: another target and always the release profile, whatever the outer
//! build is. Its target directory is its own as well: the outer cargo holds the lock of the other
//! one, and a package that others depend on would overwrite the component with its library's.

use std::env;
use std::path::PathBuf;
use std::process::Command;

/// The target of components.
const TARGET: &str = "wasm32-wasip2";

/// Builds the component of a package of this workspace, and has the build script run again when one of `sources`
/// (files or folders from the workspace's root) changes. Returns the component's path.
///
/// # Errors
/// What cargo could not do, for people; its own messages have become errors of the build script.
pub fn build(package: &str, sources: &[&str]) -> Result<PathBuf, String> {
    // Of the package that is being built, at run time: several checkouts may share a target directory, and with it this
    // crate as it was compiled for one of them.
    let built = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").ok_or("CARGO_MANIFEST_DIR is not set")?);
    let root = built.ancestors().find(|folder| folder.join("wit").is_dir()).ok_or("there is no folder wit above")?;
    for source in ["Cargo.toml", "Cargo.lock", "wit"].iter().chain(sources) {
        println!("cargo::rerun-if-changed={}", root.join(source).display());
    }
    // …/target/PROFILE/build/PACKAGE-HASH/out
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("OUT_DIR is not set: call this from a build script")?);
    let target =
        out.ancestors().nth(4).ok_or("OUT_DIR is not below a target directory")?.join("components").join(package);

    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .args(["build", "--quiet", "--locked", "--release", "--target", TARGET, "--package", package])
        .arg("--target-dir")
        .arg(&target)
        .current_dir(root);
    // The outer build's flags and wrappers (clippy is one) are not meant for the component.
    for variable in ["CARGO_ENCODED_RUSTFLAGS", "RUSTFLAGS", "RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER", "CLIPPY_ARGS"]
    {
        cargo.env_remove(variable);
    }
    let output = cargo.output().map_err(|error| format!("cargo cannot be started: {error}"))?;
    if !output.status.success() {
        // Standard error of a build script is shown by nobody; a line of `cargo::error` is.
        for line in String::from_utf8_lossy(&output.stderr).lines() {
            println!("cargo::error={line}");
        }
        return Err(format!(
            "the component {package} cannot be built; if the target {TARGET} is missing, run `make setup`"
        ));
    }
    Ok(target.join(TARGET).join("release").join(package.replace('-', "_")).with_extension("wasm"))
}
