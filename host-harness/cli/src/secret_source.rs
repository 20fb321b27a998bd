//! Where a secret is, for it is not written into a file of settings.

use anyhow::{Context, bail};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use std::path::{Path, PathBuf};

/// Where a secret is: `{ env = "NAME" }` or `{ file = "PATH" }`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SecretSource {
    /// A variable of the environment.
    Env(String),
    /// A file; a line break at its end does not count.
    File(PathBuf),
}

const EXPECTED: &str = "expected { env = \"NAME\" } or { file = \"PATH\" }, for no secret is written here";

/// By hand, for the errors that are derived repeat what was there instead: the secret.
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
    /// What is there. Relative files are found from `folder`.
    pub(crate) fn read(&self, folder: &Path) -> anyhow::Result<String> {
        let secret = match self {
            Self::Env(name) => {
                std::env::var(name).with_context(|| format!("the environment has no variable {name}; set it"))?
            }
            Self::File(path) => {
                let path = folder.join(path);
                let text = std::fs::read_to_string(&path);
                text.with_context(|| format!("{}: the file cannot be read", path.display()))?
            }
        };
        let secret = secret.trim_end_matches(['\r', '\n']);
        if secret.is_empty() {
            bail!("there is nothing in it; put the secret there");
        }
        Ok(secret.to_owned())
    }
}
