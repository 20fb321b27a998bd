//! What agents attached, at an address of the sandbox's own.

use std::collections::HashMap;

use axum::extract::{Path, State};
use axum::response::Redirect;
use uuid::Uuid;

use crate::cloud::Cloud;
use crate::config::AttachmentDownloads;
use crate::error::ApiError;

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
}

/// `GET /api/v2/downloads/{id}`: redirects to where the attachment is.
pub(crate) async fn download(State(cloud): State<Cloud>, Path(id): Path<String>) -> Result<Redirect, ApiError> {
    if cloud.unconfirmed.attachment_downloads == AttachmentDownloads::Expired {
        return Err(ApiError::not_found());
    }
    let url = cloud.downloads.with(|downloads| downloads.0.get(&id).cloned());
    url.map(|url| Redirect::temporary(&url)).ok_or_else(ApiError::not_found)
}
