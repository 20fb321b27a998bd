//! Builds the component that is fuzzed in the host.

fn main() {
    match component_build::build("genesys-open-messaging", &["guest"]) {
        Ok(component) => println!("cargo::rustc-env=GENESYS_OPEN_MESSAGING={}", component.display()),
        Err(error) => println!("cargo::error={error}"),
    }
}
