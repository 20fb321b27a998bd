//! The signature of a webhook ("developer center: validate webhook notifications").

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The header that carries the signature.
pub(crate) const SIGNATURE_HEADER: &str = "x-hub-signature-256";

/// Returns `sha256=` and the padded base64 of the HMAC-SHA-256 of `body`. The key is the UTF-8 bytes of `secret`.
pub(crate) fn signature(secret: &str, body: &[u8]) -> String {
    // HMAC accepts keys of any length. The constructor only fails for other MACs.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    mac.update(body);
    format!("sha256={}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::signature;

    /// Computed with OpenSSL: `openssl dgst -sha256 -hmac a-secret-of-16-or-more-chars -binary | base64`.
    #[test]
    fn matches_openssl() {
        assert_eq!(
            signature("a-secret-of-16-or-more-chars", br#"{"id":"1","type":"Text","text":"hi"}"#),
            "sha256=+hcALFTvwwLTbRoZRcQTpCJvYi6u5ugh4xZW4HddeMk=",
        );
    }

    /// RFC 4231, test case 2, in base64.
    #[test]
    fn matches_rfc_4231() {
        assert_eq!(
            signature("Jefe", b"what do ya want for nothing?"),
            "sha256=W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=",
        );
    }
}
