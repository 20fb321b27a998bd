//! Writes the contract's types for hosts in other languages, from the WIT:
//!
//! - `host-harness/contract.json`: all types and functions, resolved, for programs.
//! - `host-harness/node/src/contract.ts`: the types for TypeScript.
//! - `host-harness/python/handover_host/contract.py`: the types for Python.

mod contract;
mod python;
mod typescript;

use anyhow::Context;
use contract::Contract;
use std::path::{Path, PathBuf};

/// The version of the contract that the hosts implement.
const VERSION: &str = "0.1.0";

fn main() -> anyhow::Result<()> {
    for (path, text) in generate()? {
        std::fs::write(&path, text).with_context(|| format!("{}: it cannot be written", path.display()))?;
    }
    Ok(())
}

/// Returns each file with its text.
fn generate() -> anyhow::Result<Vec<(PathBuf, String)>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = root.join("wit").join(VERSION);
    let contract = Contract::read(&folder)?;
    let mut json = serde_json::to_string_pretty(&contract)?;
    json.push('\n');
    Ok(vec![
        (root.join("host-harness/contract.json"), json),
        (root.join("host-harness/node/src/contract.ts"), typescript::write(&contract)),
        (root.join("host-harness/python/handover_host/contract.py"), python::write(&contract)?),
    ])
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_files_fit_the_wit() {
        for (path, text) in super::generate().expect("the WIT is readable") {
            let found = std::fs::read_to_string(&path).expect("the file exists");
            assert!(found == text, "{}: run `make contract-types`", path.display());
        }
    }
}
