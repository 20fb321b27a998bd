//! Writes what registries of components need, into a folder:
//!
//! - `PROVIDER-VERSION.wasm`: a provider's component with metadata.
//! - `PROVIDER-VERSION.annotations.json`: the same metadata as annotations of an OCI manifest, which registries show.
//! - `handover-provider-VERSION.wasm`: the WIT of the contract as a package.
//!
//! Usage: `component-package COMPONENTS FOLDER REVISION [SOURCE]`. The components are in one folder, as cargo names them. The
//! revision is the commit, the source the URL of the repository.

use anyhow::{Context, bail};
use serde_json::{Map, Value};
use std::path::Path;
use wasm_metadata::{AddMetadata, AddMetadataField};
use wit_parser::Resolve;

/// The version of the contract.
const CONTRACT: &str = "0.1.0";
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The providers, with their descriptions.
const PROVIDERS: [(&str, &str); 2] = [
    (
        "genesys-open-messaging",
        "Human handover with Genesys Cloud Open Messaging, as a component of handover:provider.",
    ),
    ("genesys-bot-connector", "Bots for the Genesys Bot Connector, as a component of handover:provider."),
];
const LICENSES: &str = env!("CARGO_PKG_LICENSE");

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (components, folder, revision, source) = match &arguments[..] {
        [components, folder, revision] => (components, folder, revision, None),
        [components, folder, revision, source] => (components, folder, revision, Some(source.as_str())),
        _ => bail!("usage: component-package COMPONENTS FOLDER REVISION [SOURCE]"),
    };
    let folder = Path::new(folder);
    for (name, description) in PROVIDERS {
        let component = Path::new(components).join(name.replace('-', "_")).with_extension("wasm");
        let bytes = std::fs::read(&component).with_context(|| format!("{}: it cannot be read", component.display()))?;
        let package = Package { name, description, revision, source };
        write(folder, &format!("{name}-{VERSION}.wasm"), &package.with_metadata(&bytes)?)?;
        let annotations = serde_json::to_vec_pretty(&package.annotations())?;
        write(folder, &format!("{name}-{VERSION}.annotations.json"), &annotations)?;
    }
    write(folder, &format!("handover-provider-{CONTRACT}.wasm"), &contract()?)
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
    let path = folder.join(name);
    std::fs::write(&path, bytes).with_context(|| format!("{}: it cannot be written", path.display()))
}

/// What a registry shows of a provider.
struct Package<'a> {
    name: &'a str,
    description: &'a str,
    revision: &'a str,
    source: Option<&'a str>,
}

impl Package<'_> {
    /// Returns the component with metadata (component model, custom sections of the tool conventions).
    fn with_metadata(&self, component: &[u8]) -> anyhow::Result<Vec<u8>> {
        let mut metadata = AddMetadata::default();
        metadata.name = AddMetadataField::Set(self.name.to_owned());
        metadata.version = AddMetadataField::Set(VERSION.parse()?);
        metadata.description = AddMetadataField::Set(self.description.parse()?);
        metadata.licenses = AddMetadataField::Set(LICENSES.parse()?);
        metadata.revision = AddMetadataField::Set(self.revision.parse()?);
        if let Some(source) = self.source {
            metadata.source = AddMetadataField::Set(source.parse().context("the source is no URL")?);
        }
        metadata.to_wasm(component)
    }

    /// Returns the annotations of an OCI manifest (OCI image specification, "Pre-Defined Annotation Keys").
    fn annotations(&self) -> Map<String, Value> {
        let annotations = [
            ("title", self.name),
            ("version", VERSION),
            ("description", self.description),
            ("licenses", LICENSES),
            ("revision", self.revision),
        ];
        let key = |(name, value): (&str, &str)| (format!("org.opencontainers.image.{name}"), value.into());
        annotations.into_iter().chain(self.source.map(|source| ("source", source))).map(key).collect()
    }
}

/// Returns the WIT of the contract as a package, which tools decode.
fn contract() -> anyhow::Result<Vec<u8>> {
    let mut resolve = Resolve::default();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit").join(CONTRACT);
    let (package, _) = resolve.push_dir(&folder).with_context(|| format!("{}: the WIT", folder.display()))?;
    wit_component::encode(&resolve, package, false)
}

#[cfg(test)]
mod tests {
    use super::{CONTRACT, LICENSES, Package, VERSION, contract};
    use wasm_metadata::{Metadata, Payload};
    use wit_component::DecodedWasm;

    const EMPTY: &str = "(component)";
    const SOURCE: &str = "https://example.com/handover";
    const PACKAGE: Package<'_> =
        Package { name: "my-provider", description: "A provider.", revision: "0123abc", source: Some(SOURCE) };

    #[test]
    fn the_component_has_the_metadata() {
        let component = wat::parse_str(EMPTY).expect("a component");
        let component = PACKAGE.with_metadata(&component).expect("the metadata is added");
        let Payload::Component { metadata, .. } = Payload::from_binary(&component).expect("it is readable") else {
            panic!("it is no component");
        };
        let Metadata { name, version, description, licenses, revision, source, .. } = metadata;
        let text = |field: Option<String>| field.unwrap_or_default();
        assert_eq!(name.as_deref(), Some(PACKAGE.name));
        assert_eq!(text(version.map(|field| field.to_string())), VERSION);
        assert_eq!(text(description.map(|field| field.to_string())), PACKAGE.description);
        assert_eq!(text(licenses.map(|field| field.to_string())), LICENSES);
        assert_eq!(text(revision.map(|field| field.to_string())), "0123abc");
        assert_eq!(text(source.map(|field| field.to_string())), SOURCE);
    }

    #[test]
    fn the_annotations_name_the_source_if_there_is_one() {
        let source = |annotations: serde_json::Map<_, _>| annotations.get("org.opencontainers.image.source").cloned();
        assert_eq!(source(PACKAGE.annotations()), Some(SOURCE.into()));
        assert_eq!(source(Package { source: None, ..PACKAGE }.annotations()), None);
    }

    #[test]
    fn the_wit_can_be_read_from_its_package() {
        let package = contract().expect("the WIT is encoded");
        let DecodedWasm::WitPackage(resolve, id) = wit_component::decode(&package).expect("it is readable") else {
            panic!("it is no package");
        };
        let package = resolve.packages.get(id).expect("the package");
        assert_eq!(package.name.to_string(), format!("handover:provider@{CONTRACT}"));
        assert!(package.worlds.contains_key("handover-provider"), "{:?}", package.worlds.keys());
    }
}
