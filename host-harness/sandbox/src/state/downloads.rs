//! What agents attached, at an address of the sandbox's own.

use std::collections::HashMap;

use uuid::Uuid;

/// How many are kept.
const MAX_DOWNLOADS: usize = 1_000;

/// Where each attachment really is.
#[derive(Debug, Default)]
pub(crate) struct Downloads(HashMap<String, String>);

impl Downloads {
    /// The path under which `url` can be downloaded; `None` when there are too many.
    pub(crate) fn offer(&mut self, url: String) -> Option<String> {
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
