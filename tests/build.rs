//! Builds the components under test.

use std::path::PathBuf;

fn main() {
    for (variable, package) in
        [("GENESYS_OPEN_MESSAGING", "genesys-open-messaging"), ("BOT_CONNECTOR_COMPONENT", "genesys-bot-connector")]
    {
        provide(variable, component_build::build(package, &["guest"]));
    }
    for (variable, package, sources) in [
        ("ECHO_COMPONENT", "handover-echo", &["guest"][..]),
        ("MUTANT_COMPONENT", "mutant-guest", &["guest", "tests/guests/mutant", "tests/guests/slot"][..]),
        ("BOT_MUTANT_COMPONENT", "bot-mutant-guest", &["guest", "tests/guests/bot-mutant", "tests/guests/slot"][..]),
        ("EVIL_COMPONENT", "evil-guest", &["tests/guests/evil", "tests/guests/slot"][..]),
    ] {
        provide(variable, component_build::build_for_tests(package, sources));
    }
}

/// Passes the path of a component to the tests as an environment variable.
fn provide(variable: &str, component: Result<PathBuf, String>) {
    match component {
        Ok(component) => println!("cargo::rustc-env={variable}={}", component.display()),
        Err(error) => println!("cargo::error={error}"),
    }
}
