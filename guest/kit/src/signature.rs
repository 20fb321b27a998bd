//! Verifies the signatures and keys of webhooks. Comparisons take constant time, so their duration reveals nothing
//! about the expected value.

use crate::contract::{
    Header, Rejection, Setting, SignatureAlgorithm, SignatureSecret, TextEncoding, Webhook, WebhookSignature,
};
use alloc::vec::Vec;
use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The length of an HMAC-SHA-256 tag, in bytes (RFC 2104, RFC 6234). Shorter tags are easier to forge and are not
/// accepted.
const TAG_BYTES: usize = 32;
/// The length of such a tag in base64, including padding.
const TAG_CHARACTERS: usize = 44;

/// Verifies a webhook whose header `name` consists of `prefix` and the HMAC-SHA-256 of the body in base64 (standard
/// alphabet, with padding). Returns the index of the secret that signed it.
///
/// # Errors
/// The reason for the rejection, such as [`Rejection::NoSecret`] if there is no secret.
pub fn verify_hmac_sha256<'s>(
    webhook: &Webhook,
    name: &str,
    prefix: &[u8],
    secrets: impl ExactSizeIterator<Item = &'s [u8]>,
) -> Result<u32, Rejection> {
    if secrets.len() == 0 {
        return Err(Rejection::NoSecret);
    }
    let mut signatures = header_values(&webhook.headers, name);
    let signature = signatures.next().ok_or(Rejection::MissingSignature)?;
    if signatures.next().is_some() {
        return Err(Rejection::MultipleSignatures);
    }
    let tag = decode(signature.strip_prefix(prefix).ok_or(Rejection::UnsupportedAlgorithm)?)?;
    let is_signed_with = |secret: &[u8]| {
        let mac = Hmac::<Sha256>::new_from_slice(secret);
        mac.is_ok_and(|mac| mac.chain_update(&webhook.body).verify_slice(&tag).is_ok())
    };
    let signed = (0..).zip(secrets).find(|(_, secret)| is_signed_with(secret));
    signed.map(|(index, _)| index).ok_or(Rejection::SignatureMismatch)
}

/// Declares the signature that [`verify_hmac_sha256`] verifies (contract, `webhook-signature`). The secrets are the values
/// of these keys, exactly as entered and in the order of the settings. Returns `None` if there is none.
#[must_use]
pub fn declare_hmac_sha256(
    header: &str,
    prefix: &str,
    settings: &[Setting],
    encodings: &[(&str, TextEncoding)],
) -> Option<WebhookSignature> {
    let secret = |(index, setting): (u32, &Setting)| {
        let (_, encoding) = encodings.iter().find(|(key, _)| *key == setting.key)?;
        (!setting.value.trim().is_empty()).then_some(SignatureSecret { setting: index, encoding: *encoding })
    };
    let secrets: Vec<_> = (0..).zip(settings).filter_map(secret).collect();
    let (encoding, algorithm) = (TextEncoding::Base64, SignatureAlgorithm::HmacSha256);
    let (header, prefix) = (header.into(), prefix.into());
    (!secrets.is_empty()).then_some(WebhookSignature { header, prefix, encoding, algorithm, secrets })
}

fn decode(encoded: &[u8]) -> Result<[u8; TAG_BYTES], Rejection> {
    // A tag in hex is also base64, but of another length. This rejection names the likely mistake.
    if encoded.len() == 2 * TAG_BYTES && encoded.iter().all(u8::is_ascii_hexdigit) {
        return Err(Rejection::InvalidEncoding);
    }
    // The sender controls the length of the header, so a long one is not decoded.
    if encoded.len() > 2 * TAG_CHARACTERS {
        return Err(Rejection::InvalidLength);
    }
    let tag = STANDARD.decode(encoded).map_err(|_| Rejection::InvalidEncoding)?;
    tag.try_into().map_err(|_| Rejection::InvalidLength)
}

/// Returns whether the credentials are the key, either alone or as a `Bearer` token (RFC 6750, section 2.1). The scheme
/// is case-insensitive (RFC 9110, section 11.1).
#[must_use]
pub fn is_authorized(credentials: &[u8], key: &[u8]) -> bool {
    let token = credentials.split_at_checked(7).filter(|(scheme, _)| scheme.eq_ignore_ascii_case(b"bearer "));
    is_same_key(credentials, key) || token.is_some_and(|(_, token)| is_same_key(token, key))
}

/// Compares HMAC tags of the keys, because a comparison of the keys themselves would reveal their lengths.
fn is_same_key(sent: &[u8], key: &[u8]) -> bool {
    let tag = |text: &[u8]| Hmac::<Sha256>::new_from_slice(b"compare").map(|mac| mac.chain_update(text));
    match (tag(sent), tag(key)) {
        (Ok(sent), Ok(key)) => key.verify_slice(&sent.finalize().into_bytes()).is_ok(),
        _ => false,
    }
}

/// Returns the values of all headers with a name, ignoring case.
pub fn header_values<'h>(headers: &'h [Header], name: &str) -> impl Iterator<Item = &'h [u8]> {
    headers.iter().filter(move |(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_slice())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn verify(signature: &str, body: &[u8], secrets: &[&str]) -> Result<u32, Rejection> {
        let headers = vec![("x-signature".into(), signature.into())];
        let webhook = Webhook { method: "POST".into(), path: "/".into(), headers, body: body.to_vec() };
        verify_hmac_sha256(&webhook, "X-Signature", b"", secrets.iter().map(|secret| secret.as_bytes()))
    }

    #[test]
    fn verifies_the_test_vector_of_rfc_4231() {
        // RFC 4231, test case 2: 5bdcc146 bf60754e 6a042426 089575c7 5a003f08 9d273983 9dec58b9 64ec3843.
        const TAG: &str = "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=";
        const MESSAGE: &[u8] = b"what do ya want for nothing?";
        assert_eq!(verify(TAG, MESSAGE, &["Jefe"]), Ok(0));
        assert_eq!(verify(TAG, MESSAGE, &["another", "Jefe"]), Ok(1));
        assert_eq!(verify(TAG, MESSAGE, &["jefe"]), Err(Rejection::SignatureMismatch));
        assert_eq!(verify(TAG, b"what do ya want for nothing", &["Jefe"]), Err(Rejection::SignatureMismatch));
        assert_eq!(verify(TAG, MESSAGE, &[]), Err(Rejection::NoSecret));
    }

    #[test]
    fn authorizes_a_key_with_or_without_the_bearer_scheme() {
        for credentials in ["a-key", "Bearer a-key", "bearer a-key"] {
            assert!(is_authorized(credentials.as_bytes(), b"a-key"), "{credentials}");
        }
        let wrong: Vec<&[u8]> = vec![b"", b"a-key-", b"Bearer", b"Bearer  a-key", b"Basic a-key"];
        for credentials in wrong {
            assert!(!is_authorized(credentials, b"a-key"), "{credentials:?}");
        }
    }
}
