//! The structure of the code: no cycles between modules, and the dependencies that ARCHITECTURE.md describes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use syn::visit::Visit;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The modules of a crate by their paths (`[]` is the root), each with the modules that it refers to.
struct Modules {
    references: BTreeMap<Vec<String>, BTreeSet<Vec<String>>>,
}

/// Collects the paths in a file, except those in its tests.
#[derive(Default)]
struct Paths {
    /// Each path with the inline modules that contain it.
    paths: Vec<(Vec<String>, Vec<String>)>,
    children: Vec<String>,
    inline: Vec<String>,
}

fn is_test(attributes: &[syn::Attribute]) -> bool {
    let tokens = |attribute: &syn::Attribute| attribute.meta.require_list().map(|list| list.tokens.to_string());
    attributes.iter().any(|one| one.path().is_ident("cfg") && tokens(one).is_ok_and(|tokens| tokens == "test"))
}

impl<'a> Visit<'a> for Paths {
    fn visit_item_mod(&mut self, module: &'a syn::ItemMod) {
        match &module.content {
            None => self.children.push(module.ident.to_string()),
            Some(_) if is_test(&module.attrs) => {}
            Some(_) => {
                self.inline.push(module.ident.to_string());
                syn::visit::visit_item_mod(self, module);
                self.inline.pop();
            }
        }
    }

    fn visit_item_use(&mut self, item: &'a syn::ItemUse) {
        self.add_tree(&mut Vec::new(), &item.tree);
    }

    /// Macros such as `thiserror::Error` accept paths in their attributes.
    fn visit_attribute(&mut self, attribute: &'a syn::Attribute) {
        let Ok(list) = attribute.meta.require_list() else { return };
        let text = list.tokens.to_string();
        for path in text.split("crate :: ").skip(1) {
            let end = path.find(|c: char| !(c.is_alphanumeric() || "_: ".contains(c))).unwrap_or(path.len());
            let segments = path[..end].split("::").map(|segment| segment.trim().to_owned());
            self.add(std::iter::once("crate".to_owned()).chain(segments).collect());
        }
    }

    /// `pub(crate)` and `pub(super)` are not dependencies.
    fn visit_visibility(&mut self, _: &'a syn::Visibility) {}

    fn visit_path(&mut self, path: &'a syn::Path) {
        self.add(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        syn::visit::visit_path(self, path);
    }
}

impl Paths {
    fn add(&mut self, path: Vec<String>) {
        self.paths.push((self.inline.clone(), path));
    }

    fn add_tree(&mut self, prefix: &mut Vec<String>, tree: &syn::UseTree) {
        match tree {
            syn::UseTree::Path(path) => {
                prefix.push(path.ident.to_string());
                self.add_tree(prefix, &path.tree);
                prefix.pop();
            }
            syn::UseTree::Group(group) => group.items.iter().for_each(|tree| self.add_tree(prefix, tree)),
            syn::UseTree::Name(name) => self.add([&prefix[..], &[name.ident.to_string()]].concat()),
            syn::UseTree::Rename(name) => self.add([&prefix[..], &[name.ident.to_string()]].concat()),
            syn::UseTree::Glob(_) => self.add(prefix.clone()),
        }
    }
}

impl Modules {
    fn read(source: &Path) -> Self {
        let file = ["lib.rs", "main.rs"].map(|name| source.join(name)).into_iter().find(|file| file.exists());
        let mut files = BTreeMap::new();
        Self::collect(&file.expect("lib.rs or main.rs"), source, Vec::new(), &mut files);
        let known: BTreeSet<_> = files.keys().cloned().collect();
        let references = files.iter().map(|(module, paths)| {
            let children = paths.children.iter().map(|child| [&module[..], std::slice::from_ref(child)].concat());
            let referenced = paths.paths.iter().filter_map(|(inline, path)| {
                let absolute = resolve(&known, &[&module[..], &inline[..]].concat(), path)?;
                Some(longest(&known, Vec::new(), &absolute))
            });
            (module.clone(), children.chain(referenced).filter(|other| other != module).collect())
        });
        Self { references: references.collect() }
    }

    fn collect(file: &Path, folder: &Path, module: Vec<String>, files: &mut BTreeMap<Vec<String>, Paths>) {
        let text = fs::read_to_string(file).expect("a source file");
        let mut paths = Paths::default();
        paths.visit_file(&syn::parse_file(&text).expect("valid Rust"));
        for child in &paths.children {
            let candidates = [folder.join(format!("{child}.rs")), folder.join(child).join("mod.rs")];
            let file = candidates.into_iter().find(|file| file.exists()).expect("the module's file");
            Self::collect(&file, &folder.join(child), [&module[..], std::slice::from_ref(child)].concat(), files);
        }
        files.insert(module, paths);
    }

    /// Returns the cycles: sets of modules that depend on each other.
    fn cycles(&self) -> Vec<BTreeSet<String>> {
        let reach = |from: &Vec<String>| {
            let (mut reached, mut next) = (BTreeSet::new(), vec![from]);
            while let Some(module) = next.pop() {
                next.extend(self.references[module].iter().filter(|other| reached.insert((*other).clone())));
            }
            reached
        };
        let reached: BTreeMap<_, _> = self.references.keys().map(|module| (module, reach(module))).collect();
        let cycles = self.references.keys().filter(|module| reached[module].contains(*module)).map(|module| {
            let cycle = self
                .references
                .keys()
                .filter(|other| reached[module].contains(*other) && reached[other].contains(module));
            cycle.map(|module| if module.is_empty() { "the root".into() } else { module.join("/") }).collect()
        });
        cycles.collect::<BTreeSet<_>>().into_iter().collect()
    }
}

/// Returns the module that a path refers to: its longest prefix that is a module.
fn resolve(known: &BTreeSet<Vec<String>>, module: &[String], path: &[String]) -> Option<Vec<String>> {
    let mut absolute = match path.first()?.as_str() {
        "crate" => Vec::new(),
        "self" => module.to_vec(),
        "super" => module[..module.len().checked_sub(1)?].to_vec(),
        _ => {
            let child = [module, &path[..1]].concat();
            return known.contains(&child).then(|| longest(known, child, &path[1..]));
        }
    };
    let mut rest = &path[1..];
    while rest.first().is_some_and(|segment| segment == "super") {
        absolute.pop();
        rest = &rest[1..];
    }
    Some(longest(known, absolute, rest))
}

/// Extends `module` by the segments of `rest` for as long as the result is a module.
fn longest(known: &BTreeSet<Vec<String>>, mut module: Vec<String>, rest: &[String]) -> Vec<String> {
    for segment in rest {
        let next = [&module[..], std::slice::from_ref(segment)].concat();
        if !known.contains(&next) {
            break;
        }
        module = next;
    }
    module
}

#[test]
fn modules_have_no_cycles() {
    let mut found = Vec::new();
    for source in [
        "guest/kit/src",
        "guest/echo/src",
        "guest/genesys-cloud/src",
        "guest/genesys-open-messaging/src",
        "guest/genesys-bot-connector/src",
        "host-harness/gateway/src",
        "host-harness/sandbox/src",
    ] {
        let cycles = Modules::read(&root().join(source)).cycles();
        found.extend(cycles.into_iter().map(|cycle| format!("{source}: {cycle:?}")));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// The layers of the sandbox: a module uses only modules of the same or an earlier layer.
#[test]
fn the_sandbox_uses_its_layers_in_one_direction() {
    let layers = [&["config"][..], &["wire"], &["state"], &["delivery"], &["cloud"], &["api", "desk"]];
    let layer = |module: &[String]| {
        let folder = module.first()?;
        layers.iter().position(|names| names.contains(&folder.as_str()))
    };
    let modules = Modules::read(&root().join("host-harness/sandbox/src"));
    let mut upward = Vec::new();
    for (module, names) in &modules.references {
        let above = names.iter().filter(|name| layer(module).is_some() && layer(name) > layer(module));
        upward.extend(above.map(|name| format!("{} uses {}", module.join("/"), name.join("/"))));
    }
    assert!(upward.is_empty(), "{}", upward.join("\n"));
}

fn architecture() -> String {
    fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md")
}

/// Returns the text below a heading, up to the next heading.
fn section<'a>(text: &'a str, heading: &str) -> &'a str {
    let (_, below) = text.split_once(&format!("\n{heading}\n")).unwrap_or_else(|| panic!("no heading {heading}"));
    let next = below.match_indices("\n#").map(|(at, _)| at).next();
    &below[..next.unwrap_or(below.len())]
}

#[test]
fn architecture_md_names_every_module() {
    let text = architecture();
    let mut missing = Vec::new();
    for folder in [
        "guest/kit",
        "guest/genesys-cloud",
        "guest/genesys-open-messaging",
        "guest/genesys-bot-connector",
        "host-harness/host",
        "host-harness/gateway",
        "host-harness/sandbox",
        "host-harness/conformance",
        "host-harness/demo",
        "host-harness/cli",
    ] {
        let section = section(&text, &format!("### {folder}"));
        let modules = Modules::read(&root().join(folder).join("src"));
        let names: BTreeSet<_> = modules.references.keys().filter_map(|module| module.last()).collect();
        let unnamed = names.into_iter().filter(|name| !section.contains(&format!("`{name}`")));
        missing.extend(unnamed.map(|name| format!("{folder}: {name}")));
    }
    assert!(missing.is_empty(), "ARCHITECTURE.md does not name these modules:\n{}", missing.join("\n"));
}

#[test]
fn crate_dependencies_match_architecture_md() {
    let metadata = std::process::Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    let metadata: serde_json::Value = serde_json::from_slice(&metadata.stdout).expect("JSON");
    let mut found = BTreeMap::new();
    for package in metadata["packages"].as_array().expect("packages") {
        let dependencies = package["dependencies"].as_array().expect("dependencies").iter();
        let local = dependencies.filter(|one| one["path"].is_string() && one["kind"].is_null());
        let names: BTreeSet<_> = local.filter_map(|one| one["name"].as_str()).collect();
        if !names.is_empty() {
            found.insert(package["name"].as_str().expect("a name"), names);
        }
    }
    let text = architecture();
    let arrows = section(&text, "## Dependencies").lines().filter_map(|line| line.split_once(" → "));
    let described: BTreeMap<_, BTreeSet<_>> = arrows.map(|(from, to)| (from, to.split(", ").collect())).collect();
    assert_eq!(found, described);
}
