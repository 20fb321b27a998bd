//! Builds the components that the benchmarks measure.

use std::path::PathBuf;

fn main() {
    provide("GENESYS_OPEN_MESSAGING", component_build::build("genesys-open-messaging", &["guest"]));
    let evil = component_build::build_for_tests("evil-guest", &["tests/guests/evil", "tests/guests/slot"]);
    provide("EVIL_COMPONENT", evil);
}

/// Passes the path of a component to the benchmarks as an environment variable.
fn provide(variable: &str, component: Result<PathBuf, String>) {
    match component {
        Ok(component) => println!("cargo::rustc-env={variable}={}", component.display()),
        Err(error) => println!("cargo::error={error}"),
    }
}
