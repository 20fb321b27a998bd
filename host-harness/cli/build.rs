//! Builds the plugins for Genesys Cloud, which the binary carries.

fn main() {
    for (package, variable) in
        [("genesys-open-messaging", "GENESYS_OPEN_MESSAGING"), ("genesys-bot-connector", "GENESYS_BOT_CONNECTOR")]
    {
        match component_build::build(package, &["guest"]) {
            Ok(component) => println!("cargo::rustc-env={variable}={}", component.display()),
            Err(error) => println!("cargo::error={error}"),
        }
    }
}
