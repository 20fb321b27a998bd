//! `/api/v2/downloads/{id}`: agents' attachments.

use axum::extract::{Path, State};
use axum::response::Redirect;

use crate::cloud::Cloud;
use crate::config::AttachmentDownloads;
use crate::wire::error::ApiError;

/// `GET /api/v2/downloads/{id}`: redirects to the attachment.
pub(crate) async fn download(State(cloud): State<Cloud>, Path(id): Path<String>) -> Result<Redirect, ApiError> {
    if cloud.unconfirmed.attachment_downloads == AttachmentDownloads::Expired {
        return Err(ApiError::not_found());
    }
    let url = cloud.downloads.with(|downloads| downloads.get(&id).map(str::to_owned));
    url.map(|url| Redirect::temporary(&url)).ok_or_else(ApiError::not_found)
}
