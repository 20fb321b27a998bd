//! Files that are sent in the chat: kept in memory, for whoever knows their address.

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

/// Bytes of all files; the oldest go first.
const MOST_KEPT: usize = 64 << 20;

/// Bytes that a file counts for besides its content, so that empty ones have a bound as well: 65 536.
const OVERHEAD: usize = 1 << 10;

/// Bytes of a `Content-Type`; the two names of a media type have at most 127 characters each (RFC 6838, section 4.2).
const LONGEST_KIND: usize = 255;

#[derive(Default)]
pub(crate) struct Files(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    files: VecDeque<File>,
    bytes: usize,
}

#[derive(Clone)]
struct File {
    id: String,
    kind: HeaderValue,
    content: Bytes,
}

impl File {
    fn counts(&self) -> usize {
        self.content.len() + OVERHEAD
    }
}

impl Files {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, file: File) {
        let mut kept = self.kept();
        kept.bytes += file.counts();
        kept.files.push_back(file);
        while kept.bytes > MOST_KEPT
            && let Some(oldest) = kept.files.pop_front()
        {
            kept.bytes -= oldest.counts();
        }
    }

    fn find(&self, id: &str) -> Option<File> {
        self.kept().files.iter().find(|file| file.id == id).cloned()
    }
}

#[derive(Serialize)]
pub(crate) struct Address {
    url: String,
}

pub(crate) async fn keep(State(demo): State<Demo>, headers: HeaderMap, content: Bytes) -> Json<Address> {
    let id = uuid::Uuid::new_v4().to_string();
    let url = format!("{}/demo/files/{id}", demo.0.context.public);
    let unknown = HeaderValue::from_static("application/octet-stream");
    let kind = headers.get(CONTENT_TYPE).filter(|kind| kind.len() <= LONGEST_KIND).cloned().unwrap_or(unknown);
    demo.0.files.keep(File { id, kind, content });
    Json(Address { url })
}

/// Pictures, sound and films are shown; what could run in the page's own name is only saved.
pub(crate) async fn show(State(demo): State<Demo>, Path(id): Path<String>) -> Response {
    let Some(file) = demo.0.files.find(&id) else { return StatusCode::NOT_FOUND.into_response() };
    // RFC 9110, section 8.3.1: in any case, and parameters may follow.
    let kind = file.kind.to_str().unwrap_or_default().to_ascii_lowercase();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let shown = ["image/", "audio/", "video/"].iter().any(|family| kind.starts_with(family)) && kind != "image/svg+xml";
    let headers = [
        (CONTENT_TYPE, file.kind.clone()),
        (CONTENT_DISPOSITION, HeaderValue::from_static(if shown { "inline" } else { "attachment" })),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'")),
    ];
    (headers, file.content).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_files_are_bounded_as_well() {
        let files = Files::default();
        let empty = |id: usize| File {
            id: id.to_string(),
            kind: HeaderValue::from_static("text/plain"),
            content: Bytes::new(),
        };
        for id in 0..=65_536 {
            files.keep(empty(id));
        }
        assert_eq!(files.kept().files.len(), 65_536);
        assert!(files.find("0").is_none() && files.find("65536").is_some());
    }
}
