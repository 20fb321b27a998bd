//! The address of a mailbox.

use serde::{Deserialize, Serialize};

/// The address of a mailbox.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Address {
    /// The connection's name, without a `/`.
    pub connection: String,
    /// The user's address in the contact center.
    pub recipient: String,
}

impl Address {
    pub(crate) fn key(&self) -> String {
        format!("{}/{}", self.connection, self.recipient)
    }

    pub(crate) fn of(key: &str) -> Option<Self> {
        let (connection, recipient) = key.split_once('/')?;
        Some(Self { connection: connection.to_owned(), recipient: recipient.to_owned() })
    }
}
