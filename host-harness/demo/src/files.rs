//! Files that users and agents send, stored in memory. Anyone who knows a file's URL can download it.

use crate::Demo;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The maximum size of all files. Beyond it, the oldest files are dropped.
const MAX_TOTAL_BYTES: usize = 64 << 20;

/// Bytes that each file counts in addition to its content. They limit the number of empty files to 65 536.
const OVERHEAD_BYTES: usize = 1 << 10;

/// The maximum length of a `Content-Type`. Type and subtype have at most 127 characters each (RFC 6838, section 4.2).
const MAX_CONTENT_TYPE_BYTES: usize = 255;

#[derive(Default)]
pub(crate) struct Files(Mutex<Stored>);

#[derive(Default)]
struct Stored {
    files: VecDeque<File>,
    bytes: usize,
}

#[derive(Clone)]
struct File {
    id: String,
    content_type: HeaderValue,
    content: Bytes,
}

impl File {
    fn size(&self) -> usize {
        self.content.len() + OVERHEAD_BYTES
    }
}

impl Files {
    fn stored(&self) -> MutexGuard<'_, Stored> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn insert(&self, file: File) {
        let mut stored = self.stored();
        stored.bytes += file.size();
        stored.files.push_back(file);
        while stored.bytes > MAX_TOTAL_BYTES
            && let Some(oldest) = stored.files.pop_front()
        {
            stored.bytes -= oldest.size();
        }
    }

    fn find(&self, id: &str) -> Option<File> {
        self.stored().files.iter().find(|file| file.id == id).cloned()
    }
}

#[derive(Serialize)]
pub(crate) struct Uploaded {
    url: String,
}

pub(crate) async fn upload(State(demo): State<Demo>, headers: HeaderMap, content: Bytes) -> Json<Uploaded> {
    let id = uuid::Uuid::new_v4().to_string();
    let url = format!("{}/demo/files/{id}", demo.0.context.public);
    let unknown = HeaderValue::from_static("application/octet-stream");
    let content_type = headers.get(CONTENT_TYPE).filter(|value| value.len() <= MAX_CONTENT_TYPE_BYTES).cloned();
    let content_type = content_type.unwrap_or(unknown);
    demo.0.files.insert(File { id, content_type, content });
    Json(Uploaded { url })
}

/// Returns a file. Images, audio and video are displayed inline; other files are downloaded, because they could run
/// scripts in the page's origin.
pub(crate) async fn download(State(demo): State<Demo>, Path(id): Path<String>) -> Response {
    let Some(file) = demo.0.files.find(&id) else { return StatusCode::NOT_FOUND.into_response() };
    // A media type is case-insensitive and may have parameters (RFC 9110, section 8.3.1).
    let media_type = file.content_type.to_str().unwrap_or_default().to_ascii_lowercase();
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
    let inline = ["image/", "audio/", "video/"].iter().any(|prefix| media_type.starts_with(prefix))
        && media_type != "image/svg+xml";
    let headers = [
        (CONTENT_TYPE, file.content_type.clone()),
        (CONTENT_DISPOSITION, HeaderValue::from_static(if inline { "inline" } else { "attachment" })),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'")),
    ];
    (headers, file.content).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_the_number_of_empty_files() {
        let files = Files::default();
        let empty = |id: usize| File {
            id: id.to_string(),
            content_type: HeaderValue::from_static("text/plain"),
            content: Bytes::new(),
        };
        for id in 0..=65_536 {
            files.insert(empty(id));
        }
        assert_eq!(files.stored().files.len(), 65_536);
        assert!(files.find("0").is_none() && files.find("65536").is_some());
    }
}
