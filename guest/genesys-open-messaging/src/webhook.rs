//! Verifies that a webhook comes from Genesys, or from a source that the operator built.
//!
//! Genesys signs webhooks: `X-Hub-Signature-256` contains `sha256=` and the HMAC-SHA-256 of the body in base64
//! (developer center, "Validate webhook notifications"). Operator-built sources of events (Amazon EventBridge, a
//! workflow's data action) cannot sign. They send a key in `Authorization`, to the same URL.

use crate::settings::WebhookPolicy;
use crate::wire::{AUTHORIZATION, SIGNATURE, SIGNATURE_PREFIX};
use handover_guest::contract::*;
use handover_guest::signature::{header_values, is_authorized, verify_hmac_sha256};

/// Verifies a webhook. It must have a signature made with one of the secrets or, without a signature, one of the keys.
///
/// A signature takes precedence, because an integration may be configured to send an `Authorization` as well.
pub fn verify(policy: &WebhookPolicy<'_>, webhook: &Webhook) -> Result<Authenticity, Rejection> {
    if header_values(&webhook.headers, SIGNATURE).next().is_none()
        && let Some(verdict) = verify_key(policy, webhook)
    {
        return verdict;
    }
    if policy.secrets().len() == 0 && policy.unsigned_allowed {
        return Ok(Authenticity::Unchecked);
    }
    verify_hmac_sha256(webhook, SIGNATURE, SIGNATURE_PREFIX.as_bytes(), policy.secrets()).map(Authenticity::Signed)
}

/// Verifies the key in `Authorization`. Returns `None` if there is no such header, or if no key is configured.
fn verify_key(policy: &WebhookPolicy<'_>, webhook: &Webhook) -> Option<Result<Authenticity, Rejection>> {
    let mut sent = header_values(&webhook.headers, AUTHORIZATION);
    let first = sent.next().filter(|_| policy.keys().next().is_some())?;
    if sent.next().is_some() {
        return Some(Err(Rejection::KeyMismatch));
    }
    let source = policy.keys().find(|(_, key)| is_authorized(first, key));
    Some(source.map_or(Err(Rejection::KeyMismatch), |(source, _)| Ok(Authenticity::ApiKey(source))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{ALLOW_UNSIGNED_WEBHOOKS, WEBHOOK_SECRET};
    use alloc::{vec, vec::Vec};

    // OpenSSL computed the signature:
    // printf %s '{"id":"1","type":"Text","text":"hi"}' | openssl dgst -sha256 -hmac SECRET -binary | base64
    const SECRET: &str = "a-secret-of-16-or-more-chars";
    const BODY: &str = r#"{"id":"1","type":"Text","text":"hi"}"#;
    const SIGNATURE: &str = "sha256=+hcALFTvwwLTbRoZRcQTpCJvYi6u5ugh4xZW4HddeMk=";

    fn check(secrets: &[&str], headers: &[(&str, &str)], body: &str) -> Result<Authenticity, Rejection> {
        let settings: Vec<_> =
            secrets.iter().map(|s| Setting { key: WEBHOOK_SECRET.into(), value: (*s).into() }).collect();
        let headers = headers.iter().map(|(name, value)| ((*name).into(), value.as_bytes().to_vec())).collect();
        verify(
            &WebhookPolicy::of(&settings).expect("valid secrets"),
            &Webhook { method: "POST".into(), path: "/".into(), headers, body: body.into() },
        )
    }

    fn signed(signature: &str) -> Result<Authenticity, Rejection> {
        check(&[SECRET], &[("X-Hub-Signature-256", signature)], BODY)
    }

    #[test]
    fn accepts_a_valid_signature_in_any_case_of_the_header_name() {
        for name in ["X-Hub-Signature-256", "x-hub-signature-256", "X-HUB-SIGNATURE-256"] {
            assert_eq!(check(&[SECRET], &[("a", "b"), (name, SIGNATURE)], BODY), Ok(Authenticity::Signed(0)));
        }
        assert_eq!(
            check(&["the-other-secret", SECRET], &[("X-Hub-Signature-256", SIGNATURE)], BODY),
            Ok(Authenticity::Signed(1))
        );
    }

    #[test]
    fn names_the_reason_for_each_rejection() {
        assert_eq!(check(&[SECRET], &[], BODY), Err(Rejection::MissingSignature));
        let twice = [("X-Hub-Signature-256", SIGNATURE), ("x-hub-signature-256", SIGNATURE)];
        assert_eq!(check(&[SECRET], &twice, BODY), Err(Rejection::MultipleSignatures));
        for scheme in [&SIGNATURE[7..], "SHA256=+hcALFTvwwLTbRoZRcQTpCJvYi6u5ugh4xZW4HddeMk=", "", "sha1=abc"] {
            assert_eq!(signed(scheme), Err(Rejection::UnsupportedAlgorithm), "{scheme}");
        }
        for encoding in [
            "sha256=fa17002c54efc302d36d1a1945c413a4226f622eaee6e821e31656e0775d78c9", // hex instead of base64
            "sha256=+hcALFTvwwLTbRoZRcQTpCJvYi6u5ugh4xZW4HddeMk",                      // no padding
            "sha256=-hcALFTvwwLTbRoZRcQTpCJvYi6u5ugh4xZW4HddeMk=",                     // URL-safe alphabet
            "sha256= +hcALFTvwwLTbRoZRcQTpCJvYi6u5ugh4xZW4HddeMk=",                    // a space
            "sha256=+hcALFTvwwLTbRoZRcQTpCJvYi6u5ugh4xZW4HddeMl=",                     // nonzero trailing bits
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
    fn accepts_unsigned_webhooks_only_without_a_secret_and_if_allowed() {
        assert_eq!(check(&[], &[("X-Hub-Signature-256", SIGNATURE)], BODY), Err(Rejection::NoSecret));
        assert_eq!(check(&[""], &[], BODY), Err(Rejection::NoSecret));
        let webhook = Webhook { method: "POST".into(), path: "/".into(), headers: vec![], body: vec![] };
        let verify = |settings: &[Setting]| verify(&WebhookPolicy::of(settings).expect("valid secrets"), &webhook);
        let allow_unsigned = |value: &str| Setting { key: ALLOW_UNSIGNED_WEBHOOKS.into(), value: value.into() };
        assert_eq!(verify(&[allow_unsigned("true")]), Ok(Authenticity::Unchecked));
        assert_eq!(verify(&[allow_unsigned("yes")]), Err(Rejection::NoSecret));
        let secret = Setting { key: WEBHOOK_SECRET.into(), value: SECRET.into() };
        assert_eq!(verify(&[allow_unsigned("true"), secret]), Err(Rejection::MissingSignature));
    }
}
