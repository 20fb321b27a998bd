//! Agents' attachments with URLs of the sandbox.

use std::collections::HashMap;

use uuid::Uuid;

/// The maximum number of downloads.
const MAX_DOWNLOADS: usize = 1_000;

/// The URL of each attachment by its download id.
#[derive(Debug, Default)]
pub(crate) struct Downloads(HashMap<String, String>);

impl Downloads {
    /// Adds `url` and returns the path of its download. Returns `None` if there are too many downloads.
    pub(crate) fn add(&mut self, url: String) -> Option<String> {
        if self.0.len() >= MAX_DOWNLOADS {
            return None;
        }
        let id = Uuid::new_v4().to_string();
        let path = format!("/api/v2/downloads/{id}");
        self.0.insert(id, url);
        Some(path)
    }

    /// Returns the URL of a download.
    pub(crate) fn get(&self, id: &str) -> Option<&str> {
        self.0.get(id).map(String::as_str)
    }
}
