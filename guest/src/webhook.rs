//! Whether a webhook comes from whom it says.
//!
//! Genesys signs: `X-Hub-Signature-256: sha256=` and the HMAC-SHA-256 of the body in base64 (developer center, "Validate
//! webhook notifications"). What operators build to tell of agents and ends, on Amazon EventBridge or by a workflow's
//! data action, cannot sign; it sends a key in `Authorization`, to the same address.

use crate::contract::*;
use crate::settings::WebhookPolicy;
use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

const SIGNATURE: &str = "x-hub-signature-256";
const AUTHORIZATION: &str = "authorization";
const SCHEME: &[u8] = b"sha256=";
/// Bytes of an HMAC-SHA-256 tag; shorter ones are easier to forge and not what Genesys sends.
const TAG: usize = 32;
/// Characters of such a tag in base64, padding included.
const ENCODED_TAG: usize = 44;

/// Believes a webhook that any live secret signed, or that carries a right key instead of a signature.
///
/// Where there is a signature it alone counts: an integration may be configured to send an `Authorization` besides.
pub fn verify(settings: &[Setting], webhook: &Webhook) -> Result<Authenticity, Rejection> {
    let policy = WebhookPolicy::of(settings).map_err(|_| Rejection::InvalidSettings)?;
    let mut signatures = named(&webhook.headers, SIGNATURE);
    let signature = match (signatures.next(), signatures.next()) {
        (None, _) => match keyed(&policy, webhook) {
            Some(judged) => return judged,
            None => Err(Rejection::MissingSignature),
        },
        (Some(value), None) => Ok(value),
        (Some(_), Some(_)) => Err(Rejection::MultipleSignatures),
    };
    if policy.secrets().len() == 0 {
        return if policy.unsigned_allowed { Ok(Authenticity::Unchecked) } else { Err(Rejection::NoSecret) };
    }
    let tag = decode(signature?)?;
    (0..)
        .zip(policy.secrets())
        .find(|(_, secret)| signed_with(secret, &webhook.body, &tag))
        .map_or(Err(Rejection::SignatureMismatch), |(number, _)| Ok(Authenticity::Signed(number)))
}

fn named<'h>(headers: &'h [Header], name: &str) -> impl Iterator<Item = &'h [u8]> {
    headers.iter().filter(move |(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_slice())
}

/// What the key says; `None` where none was sent, or none is configured that it could be.
fn keyed(policy: &WebhookPolicy<'_>, webhook: &Webhook) -> Option<Result<Authenticity, Rejection>> {
    let mut sent = named(&webhook.headers, AUTHORIZATION);
    let first = sent.next().filter(|_| policy.keys().len() > 0)?;
    if sent.next().is_some() {
        return Some(Err(Rejection::KeyMismatch));
    }
    let source = policy.keys().find(|(_, key)| same(first, key) || bearer(first).is_some_and(|sent| same(sent, key)));
    Some(source.map_or(Err(Rejection::KeyMismatch), |(source, _)| Ok(Authenticity::ApiKey(source))))
}

/// The token of `Bearer` credentials (RFC 6750, section 2.1; the scheme in any case: RFC 9110, section 11.1).
fn bearer(credentials: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = credentials.split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"bearer ").then_some(token)
}

/// Compares what has no fixed length in constant time: by the tags of the two under one secret, whatever it is.
fn same(sent: &[u8], key: &[u8]) -> bool {
    let tag = |text: &[u8]| Hmac::<Sha256>::new_from_slice(b"compare").map(|mac| mac.chain_update(text));
    match (tag(sent), tag(key)) {
        (Ok(sent), Ok(key)) => key.verify_slice(&sent.finalize().into_bytes()).is_ok(),
        _ => false,
    }
}

fn decode(signature: &[u8]) -> Result<[u8; TAG], Rejection> {
    let encoded = signature.strip_prefix(SCHEME).ok_or(Rejection::UnsupportedAlgorithm)?;
    // Hex of the right length is also base64 of some other length; it is named for what it is.
    if encoded.len() == 2 * TAG && encoded.iter().all(u8::is_ascii_hexdigit) {
        return Err(Rejection::InvalidEncoding);
    }
    // Nothing longer is decoded: the length of a header is the sender's choice.
    if encoded.len() > 2 * ENCODED_TAG {
        return Err(Rejection::InvalidLength);
    }
    let tag = STANDARD.decode(encoded).map_err(|_| Rejection::InvalidEncoding)?;
    tag.try_into().map_err(|_| Rejection::InvalidLength)
}

/// Compares in constant time (`Mac::verify_slice`), so that an answer's duration tells nothing of the right tag.
fn signed_with(secret: &[u8], body: &[u8], tag: &[u8; TAG]) -> bool {
    Hmac::<Sha256>::new_from_slice(secret).is_ok_and(|mac| mac.chain_update(body).verify_slice(tag).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{ALLOW_UNSIGNED_WEBHOOKS, WEBHOOK_SECRET};
    use alloc::{vec, vec::Vec};

    // Body, secret and signature as OpenSSL computes them:
    // printf %s '{"id":"1","type":"Text","text":"hi"}' | openssl dgst -sha256 -hmac SECRET -binary | base64
    const SECRET: &str = "a-secret-of-16-or-more-chars";
    const BODY: &str = r#"{"id":"1","type":"Text","text":"hi"}"#;
    const SIGNATURE: &str = "sha256=+hcALFTvwwLTbRoZRcQTpCJvYi6u5ugh4xZW4HddeMk=";

    fn check(secrets: &[&str], headers: &[(&str, &str)], body: &str) -> Result<Authenticity, Rejection> {
        let settings: Vec<_> =
            secrets.iter().map(|s| Setting { key: WEBHOOK_SECRET.into(), value: (*s).into() }).collect();
        let headers = headers.iter().map(|(name, value)| ((*name).into(), value.as_bytes().to_vec())).collect();
        verify(&settings, &Webhook { method: "POST".into(), path: "/".into(), headers, body: body.into() })
    }

    fn signed(signature: &str) -> Result<Authenticity, Rejection> {
        check(&[SECRET], &[("X-Hub-Signature-256", signature)], BODY)
    }

    #[test]
    fn the_right_signature_is_believed_under_any_spelling_of_the_name() {
        for name in ["X-Hub-Signature-256", "x-hub-signature-256", "X-HUB-SIGNATURE-256"] {
            assert_eq!(check(&[SECRET], &[("a", "b"), (name, SIGNATURE)], BODY), Ok(Authenticity::Signed(0)));
        }
        assert_eq!(
            check(&["the-other-secret", SECRET], &[("X-Hub-Signature-256", SIGNATURE)], BODY),
            Ok(Authenticity::Signed(1))
        );
    }

    #[test]
    fn each_fault_has_its_own_rejection() {
        assert_eq!(check(&[SECRET], &[], BODY), Err(Rejection::MissingSignature));
        let twice = [("X-Hub-Signature-256", SIGNATURE), ("x-hub-signature-256", SIGNATURE)];
        assert_eq!(check(&[SECRET], &twice, BODY), Err(Rejection::MultipleSignatures));
        for scheme in [&SIGNATURE[7..], "SHA256=+hcALFTvwwLTbRoZRcQTpCJvYi6u5ugh4xZW4HddeMk=", "", "sha1=abc"] {
            assert_eq!(signed(scheme), Err(Rejection::UnsupportedAlgorithm), "{scheme}");
        }
        for encoding in [
            "sha256=fa17002c54efc302d36d1a1945c413a4226f622eaee6e821e31656e0775d78c9", // the same tag in hex
            "sha256=+hcALFTvwwLTbRoZRcQTpCJvYi6u5ugh4xZW4HddeMk",                      // no padding
            "sha256=-hcALFTvwwLTbRoZRcQTpCJvYi6u5ugh4xZW4HddeMk=",                     // the URL alphabet
            "sha256= +hcALFTvwwLTbRoZRcQTpCJvYi6u5ugh4xZW4HddeMk=",                    // a blank
            "sha256=+hcALFTvwwLTbRoZRcQTpCJvYi6u5ugh4xZW4HddeMl=",                     // bits that belong to no byte
        ] {
            assert_eq!(signed(encoding), Err(Rejection::InvalidEncoding), "{encoding}");
        }
        for length in
            ["sha256=", "sha256=+hcALFTvwwLTbRoZRcQTpA==", "sha256=+hcALFTvwwLTbRoZRcQTpCJvYi6u5ugh4xZW4HddeMk+hcA="]
        {
            assert_eq!(signed(length), Err(Rejection::InvalidLength), "{length}");
        }
        assert_eq!(signed("sha256=+hcALFTvwwLTbRoZRcQTpCJvYi6u5ugh4xZW4HddeMg="), Err(Rejection::SignatureMismatch));
        assert_eq!(
            check(&[SECRET], &[("X-Hub-Signature-256", SIGNATURE)], &[BODY, "\n"].concat()),
            Err(Rejection::SignatureMismatch)
        );
    }

    #[test]
    fn without_a_secret_only_the_switch_lets_anybody_in() {
        assert_eq!(check(&[], &[("X-Hub-Signature-256", SIGNATURE)], BODY), Err(Rejection::NoSecret));
        assert_eq!(check(&[""], &[], BODY), Err(Rejection::NoSecret));
        let webhook = Webhook { method: "POST".into(), path: "/".into(), headers: vec![], body: vec![] };
        let switch = |value: &str| Setting { key: ALLOW_UNSIGNED_WEBHOOKS.into(), value: value.into() };
        assert_eq!(verify(&[switch("true")], &webhook), Ok(Authenticity::Unchecked));
        assert_eq!(verify(&[switch("yes")], &webhook), Err(Rejection::NoSecret));
        let secret = Setting { key: WEBHOOK_SECRET.into(), value: SECRET.into() };
        assert_eq!(verify(&[switch("true"), secret], &webhook), Err(Rejection::MissingSignature));
    }
}
