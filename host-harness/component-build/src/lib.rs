//! Builds a WebAssembly component from a build script, so that a package that embeds one needs only `cargo build`.
//!
//! A separate cargo process builds the component for the wasm target. It uses a separate target directory, because the
//! outer cargo locks its own.

use std::env;
use std::path::PathBuf;
use std::process::Command;

/// The target of components.
const TARGET: &str = "wasm32-wasip2";

/// Builds the component of a package in this workspace as it is shipped, and returns its path. The build script runs
/// again when one of `sources` (files or folders relative to the workspace root) changes.
///
/// # Errors
/// Returns a message if cargo fails. Cargo's own output is printed as errors of the build script.
pub fn build(package: &str, sources: &[&str]) -> Result<PathBuf, String> {
    build_with_profile(package, sources, "release")
}

/// Builds a component that only tests load: faster, with a slower result. Otherwise like [`build`].
///
/// # Errors
/// Those of [`build`].
pub fn build_for_tests(package: &str, sources: &[&str]) -> Result<PathBuf, String> {
    // A profile has its own folder. Otherwise a component that depends on a shipped one would overwrite it.
    build_with_profile(package, sources, "test-component")
}

fn build_with_profile(package: &str, sources: &[&str], profile: &str) -> Result<PathBuf, String> {
    // Read at run time, because several checkouts may share a target directory and therefore this compiled crate.
    let package_folder = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").ok_or("CARGO_MANIFEST_DIR is not set")?);
    let root = package_folder
        .ancestors()
        .find(|folder| folder.join("wit").is_dir())
        .ok_or("no parent folder contains a folder wit")?;
    for source in ["Cargo.toml", "Cargo.lock", "wit"].iter().chain(sources) {
        println!("cargo::rerun-if-changed={}", root.join(source).display());
    }
    // …/target/PROFILE/build/PACKAGE-HASH/out
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("OUT_DIR is not set: call this from a build script")?);
    let target = out.ancestors().nth(4).ok_or("OUT_DIR is not below a target directory")?.join("components");

    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .args(["build", "--quiet", "--locked", "--profile", profile, "--target", TARGET, "--package", package])
        .arg("--target-dir")
        .arg(&target)
        .current_dir(root);
    // The flags and wrappers of the outer build, such as clippy, do not apply to the component.
    for variable in ["CARGO_ENCODED_RUSTFLAGS", "RUSTFLAGS", "RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER", "CLIPPY_ARGS"]
    {
        cargo.env_remove(variable);
    }
    let output = cargo.output().map_err(|error| format!("cargo cannot be started: {error}"))?;
    if !output.status.success() {
        // Cargo does not show the standard error of a build script, but it shows `cargo::error` lines.
        for line in String::from_utf8_lossy(&output.stderr).lines() {
            println!("cargo::error={line}");
        }
        return Err(format!(
            "the component {package} cannot be built; if the target {TARGET} is missing, run `make setup`"
        ));
    }
    Ok(target.join(TARGET).join(profile).join(package.replace('-', "_")).with_extension("wasm"))
}
