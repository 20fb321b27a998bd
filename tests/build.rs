//! Builds the components under test.

fn main() {
    for (variable, package, sources) in [
        ("GENESYS_COMPONENT", "genesys-open-messaging", &["guest"][..]),
        ("ECHO_COMPONENT", "handover-echo", &["guest"][..]),
        ("MUTANT_COMPONENT", "mutant-guest", &["guest", "tests/guests/mutant", "tests/guests/slot"][..]),
        ("EVIL_COMPONENT", "evil-guest", &["tests/guests/evil", "tests/guests/slot"][..]),
    ] {
        match component_build::build(package, sources) {
            Ok(component) => println!("cargo::rustc-env={variable}={}", component.display()),
            Err(error) => println!("cargo::error={error}"),
        }
    }
}
