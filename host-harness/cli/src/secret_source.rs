//! Sources of secrets. A configuration file never contains a secret itself.

use anyhow::{Context, bail};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use std::path::{Path, PathBuf};

/// The source of a secret: `{ env = "NAME" }` or `{ file = "PATH" }`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SecretSource {
    /// An environment variable.
    Env(String),
    /// A file. Trailing line breaks are removed.
    File(PathBuf),
}

const EXPECTED: &str = "expected { env = \"NAME\" } or { file = \"PATH\" }, because secrets must not be in this file";

/// Implemented by hand, because derived errors would contain the secret.
impl<'de> Deserialize<'de> for SecretSource {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let members = toml::Value::deserialize(from)?;
        let mut members = members.as_table().into_iter().flatten();
        match (members.next(), members.next()) {
            (Some((name, toml::Value::String(value))), None) => match name.as_str() {
                "env" => Ok(Self::Env(value.clone())),
                "file" => Ok(Self::File(value.into())),
                _ => Err(D::Error::custom(EXPECTED)),
            },
            _ => Err(D::Error::custom(EXPECTED)),
        }
    }
}

impl SecretSource {
    /// Reads the secret. Relative paths are resolved against `folder`.
    pub(crate) fn read(&self, folder: &Path) -> anyhow::Result<String> {
        let secret = match self {
            Self::Env(name) => {
                std::env::var(name).with_context(|| format!("the environment variable {name} is not set"))?
            }
            Self::File(path) => {
                let path = folder.join(path);
                let text = std::fs::read_to_string(&path);
                text.with_context(|| format!("{}: the file cannot be read", path.display()))?
            }
        };
        let secret = secret.trim_end_matches(['\r', '\n']);
        if secret.is_empty() {
            bail!("the secret is empty");
        }
        Ok(secret.to_owned())
    }
}
