//! Maps failed calls to what the caller can do about them.

use crate::wire::ErrorBody;
use alloc::format;
use handover_guest::http::{Kind, Status, unreadable};
use handover_guest::{clip::clip, contract::*, http, json};

/// The name of the contact center in messages.
pub(super) const GENESYS: &str = "Genesys";

/// Returns the response if it is successful, or the failure that it means.
///
/// # Errors
/// That failure.
pub fn accepted(response: Response, kind: Kind) -> Result<Response, Failure> {
    match Status::of(&response) {
        Status::Success => Ok(response),
        _ => Err(refusal(&response, kind)),
    }
}

/// Reads a response that must be a JSON object.
///
/// # Errors
/// It is none.
pub fn read(response: &Response) -> Result<json::Document<'_>, Failure> {
    let document = json::read(&response.body).ok_or_else(|| unreadable("the response is not JSON"))?;
    if document.is_object() { Ok(document) } else { Err(unreadable("the response is not a JSON object")) }
}

/// Returns the failure for an unsuccessful response (Genesys developer center, "Response codes" and "Rate limits").
pub(super) fn refusal(response: &Response, kind: Kind) -> Failure {
    let document = json::read(&response.body);
    let body = document.as_ref().map(|body| ErrorBody::of(body.root()));
    // The message of an error may repeat the content of the request, so failures contain only its code. An exception is
    // 403, whose message names the missing permission.
    let code = body.and_then(ErrorBody::code).map(|code| format!(" {}", clip(code))).unwrap_or_default();
    match Status::of(response) {
        Status::Unauthorized => {
            let status = response.status;
            Failure::Credentials(format!("Genesys rejected the access token and a new one ({status}{code})"))
        }
        Status::Forbidden => Failure::Credentials(format!(
            "the OAuth client lacks a permission ({}{code}): {}",
            response.status,
            clip(body.and_then(ErrorBody::message).unwrap_or("Genesys does not say which"))
        )),
        _ => http::refusal(GENESYS, response, kind, &code),
    }
}
